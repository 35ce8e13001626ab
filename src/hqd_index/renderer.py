"""SVG from charts, PDF and PNG from SVG; outside `report`, so that a process that only draws imports nothing else.

The libraries load with the first drawing, or before, where a pool names them in `preload`.
"""

from __future__ import annotations

import re
from pathlib import Path

POINTS = 72
"""Points in an inch."""
RESOURCE_LINES = re.compile(rb"(?:^ */[A-Za-z]+\d+ \d+ 0 R\n){2,}", re.MULTILINE)
"""Names of a page's resources with the objects they stand for, one a line."""


def svg(spec: str) -> str:
    """A Vega-Lite specification as SVG; RuntimeError where it is none."""
    import vl_convert

    try:
        return str(vl_convert.vegalite_to_svg(spec))
    except ValueError as error:
        raise RuntimeError(f"drawing failed: {error}") from error


def print_files(drawing: str, pdf: Path, png: Path, scale: float, ppi: float) -> None:
    """An SVG written as a one-page PDF with its fonts embedded, and that page, `scale` times its size, as PNG.

    The converter shapes every text anew for each format, which takes longest: the PNG is the PDF seen. RuntimeError where the
    SVG is none.
    """
    import pypdfium2
    import vl_convert

    try:
        pdf_bytes = _ordered_resources(vl_convert.svg_to_pdf(drawing))
    except ValueError as error:
        raise RuntimeError(f"drawing failed: {error}") from error
    pdf.write_bytes(pdf_bytes)
    with pypdfium2.PdfDocument(pdf_bytes) as document:
        image = document[0].render(scale=scale * ppi / POINTS).to_pil()
        image.save(png, dpi=(ppi, ppi), compress_level=3)  # higher is no smaller here


def _ordered_resources(pdf_bytes: bytes) -> bytes:
    """The same file with each page's resources in the order of their lines: the converter's order is another every time."""
    return RESOURCE_LINES.sub(lambda lines: b"".join(sorted(lines[0].splitlines(keepends=True))), pdf_bytes)
