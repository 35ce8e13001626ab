"""Run by `studio.py` as a process of its own: one job a line on the input, one answer a line on the output; no other imports."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import vl_convert

POINTS = 72
"""Points in an inch."""


def svg(spec: str) -> str:
    """A Vega-Lite specification as SVG."""
    return vl_convert.vegalite_to_svg(spec)


def prints(drawn: str, pdf: str, png: str, scale: float, ppi: float) -> str:
    """An SVG written as a one-page PDF with its fonts embedded, and that page, `scale` times its size, as PNG.

    The converter shapes every text anew for each format, which takes longest: the PNG is the PDF seen.
    """
    page = vl_convert.svg_to_pdf(drawn)
    Path(pdf).write_bytes(page)
    with pdfium.PdfDocument(page) as document:
        document[0].render(scale=scale * ppi / POINTS).to_pil().save(
            png, dpi=(ppi, ppi), compress_level=3
        )  # higher is no smaller here
    return png


JOBS: dict[str, Callable[..., str]] = {"svg": svg, "prints": prints}


def main() -> None:
    """Answers until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    for line in sys.stdin:
        job, options = json.loads(line)
        try:
            answer = {"made": JOBS[job](**options)}
        except Exception as fault:
            answer = {"fault": str(fault)}
        print(json.dumps(answer), flush=True)
    os._exit(0)  # everything is written; taking the engine apart takes a quarter of a second


if __name__ == "__main__":
    main()
