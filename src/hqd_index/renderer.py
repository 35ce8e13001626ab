"""SVG from charts, PDF and PNG from SVG; outside `report`, so that a process that only draws imports nothing else.

The libraries load with the first drawing, or before, where a pool names them in `preload`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

POINTS = 72
"""Points in an inch."""
RESOURCE_LINES = re.compile(rb"(?:^ */[A-Za-z]+\d+ \d+ 0 R\n){2,}", re.MULTILINE)
"""Names of a page's resources with the objects they stand for, one a line."""
REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
CROSS_REFERENCE = re.compile(rb"^(\d{10}) \d{5} n", re.MULTILINE)
STREAM = b"\nstream\n"


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
        pdf_bytes = _ordered(vl_convert.svg_to_pdf(drawing))
    except ValueError as error:
        raise RuntimeError(f"drawing failed: {error}") from error
    pdf.write_bytes(pdf_bytes)
    with pypdfium2.PdfDocument(pdf_bytes) as document:
        image = document[0].render(scale=scale * ppi / POINTS).to_pil()
        image.save(png, dpi=(ppi, ppi), compress_level=3)  # higher is no smaller here


def _ordered(pdf_bytes: bytes) -> bytes:
    """The same file with its objects in the order in which they are met from the root, and resources in that of their lines.

    The converter's order of both is another every time.
    """
    start = int(pdf_bytes[pdf_bytes.rindex(b"startxref") :].split()[1])
    table, trailer = pdf_bytes[start:].split(b"trailer", 1)
    offsets = [int(offset) for offset in CROSS_REFERENCE.findall(table)]
    ends = dict(pairwise([*sorted(offsets), start]))
    objects = {number: _object_body(pdf_bytes[offset : ends[offset]]) for number, offset in enumerate(offsets, start=1)}
    new_numbers: dict[int, int] = {}
    waiting = _references(trailer)[::-1]
    while waiting:
        number = waiting.pop()
        if number not in new_numbers:
            new_numbers[number] = len(new_numbers) + 1
            waiting += _references(objects[number].partition(STREAM)[0])[::-1]
    new_pdf = bytearray(pdf_bytes[: min(offsets)])
    new_offsets = []
    for number, new_number in new_numbers.items():
        new_offsets.append(len(new_pdf))
        head, stream, content = objects[number].partition(STREAM)
        new_pdf += b"%d 0 obj\n" % new_number + _renumbered(head, new_numbers) + stream + content
    lines = b"".join(b"%010d 00000 n\r\n" % offset for offset in new_offsets)
    cross_references = b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(new_offsets) + 1) + lines
    new_trailer = _renumbered(trailer.partition(b"startxref")[0], new_numbers)
    size = b"/Size %d" % (len(new_offsets) + 1)
    closing = b"trailer" + re.sub(rb"/Size \d+", size, new_trailer) + b"startxref\n%d\n%%%%EOF" % len(new_pdf)
    return bytes(new_pdf) + cross_references + closing


def _object_body(numbered_object: bytes) -> bytes:
    """An object without its number, its resources in order."""
    head, stream, content = numbered_object.partition(b" 0 obj\n")[2].partition(STREAM)
    return RESOURCE_LINES.sub(lambda lines: b"".join(sorted(lines[0].splitlines(keepends=True))), head) + stream + content


def _references(head: bytes) -> list[int]:
    return [int(number) for number in REFERENCE.findall(head)]


def _renumbered(head: bytes, new_numbers: Mapping[int, int]) -> bytes:
    return REFERENCE.sub(lambda match: b"%d 0 R" % new_numbers[int(match[1])], head)
