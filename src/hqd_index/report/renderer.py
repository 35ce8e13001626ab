"""Run by `studio.py` as a process of its own: one job a line on the input, one answer a line on the output; no other imports."""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import vl_convert


def svg(spec: str) -> str:
    """A Vega-Lite specification as SVG."""
    return vl_convert.vegalite_to_svg(spec)


def png(drawn: str, path: str, scale: float, ppi: float) -> str:
    """An SVG written as PNG."""
    Path(path).write_bytes(vl_convert.svg_to_png(drawn, scale=scale, ppi=ppi))
    return path


def pdf(drawn: str, path: str) -> str:
    """An SVG written as a one-page PDF with its fonts embedded."""
    Path(path).write_bytes(vl_convert.svg_to_pdf(drawn))
    return path


JOBS: dict[str, Callable[..., str]] = {"svg": svg, "png": png, "pdf": pdf}


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


if __name__ == "__main__":
    main()
