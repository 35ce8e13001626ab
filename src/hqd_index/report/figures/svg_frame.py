"""What is around a drawing: room for its texts in any usual face, and a line that says where it comes from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape

from ..bilingual import Bilingual
from .figure_labels import text_width

CREDIT_SIZE = 9.0
CREDIT_HEIGHT = 16.0
TAG = re.compile(r"<(/?)(\w+)([^>]*?)(/?)>([^<]*)")
TRANSLATE = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)(?: rotate\(([-\d.]+)\))?")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
OPENING = re.compile(r'(<svg[^>]* width=")([\d.]+)(" height=")([\d.]+)(" viewBox=")[^"]*"')
PAPER = re.compile(r'(<rect class="paper") width="[\d.]+" height="[\d.]+"')

Box = tuple[float, float, float, float]
"""Start and end across, start and end down: x, y, x, y."""


def text_boxes(svg: str, pairs: Mapping[str, Bilingual]) -> Iterator[Box]:
    """The box of every text of a drawing, wide enough for either language and for any usual face."""
    offsets: list[tuple[float, float]] = [(0.0, 0.0)]
    for closing, tag, attributes, alone, content in TAG.findall(svg):
        if closing:
            offsets = offsets[:-1] if tag == "g" else offsets
            continue
        values = dict(ATTRIBUTE.findall(attributes))
        place = TRANSLATE.match(values.get("transform", ""))
        x, y = (float(place[1]), float(place[2])) if place else (0.0, 0.0)
        at = (offsets[-1][0] + x, offsets[-1][1] + y)
        if tag == "g" and not alone:
            offsets.append(at)
        elif tag == "text" and content.strip():
            text = unescape(content)
            width = max(map(text_width, pairs.get(text, Bilingual(text, text)))) * _size(values)
            yield _box(at, width, _size(values), values.get("text-anchor", "start"), float(place[3] or 0) if place else 0.0)


def _size(values: Mapping[str, str]) -> float:
    return float(values.get("font-size", "11px").removesuffix("px"))


def _box(at: tuple[float, float], width: float, size: float, anchor: str, degrees: float) -> Box:
    start = {"start": 0.0, "middle": -width / 2, "end": -width}[anchor]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [
        (at[0] + along * cosine - across * sine, at[1] + along * sine + across * cosine)
        for along in (start, start + width)
        for across in (-0.85 * size, 0.25 * size)
    ]
    (start_x, *_, end_x), (top, *_, bottom) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return start_x, top, end_x, bottom


def framed(svg: str, pairs: dict[str, Bilingual], credit: Bilingual) -> str:
    """The drawing with room for all its texts and, below, its credit, which the page hides and a saved file shows."""
    opening = OPENING.search(svg)
    if opening is None:
        raise ValueError("a drawing begins with an svg element that has width, height and viewBox")
    width, height = float(opening[2]), float(opening[4])
    boxes = [*text_boxes(svg, pairs), (0.0, 0.0, width, height)]
    start_x, top = (min(box[side] for box in boxes) for side in (0, 1))
    end_x, bottom = (max(box[side] for box in boxes) for side in (2, 3))
    end_x = max(end_x, start_x + 8 + CREDIT_SIZE * max(map(text_width, credit)))
    bottom += CREDIT_HEIGHT
    numbers = [f"{value:.2f}".rstrip("0").rstrip(".") for value in (start_x, top, end_x - start_x, bottom - top)]
    view, (_, _, full_width, full_height) = " ".join(numbers), numbers
    svg = OPENING.sub(rf'\g<1>{full_width}\g<3>{full_height}\g<5>{view}"', svg, count=1)
    size = f'x="{numbers[0]}" y="{numbers[1]}" width="{full_width}" height="{full_height}"'
    svg = PAPER.sub(rf"\g<1> {size}", svg, count=1)
    text = max(credit, key=text_width)
    pairs[text] = credit
    place = f'transform="translate({start_x + 4:.1f},{bottom - 4:.1f})"'
    line = f'<text class="credit" {place} font-family="sans-serif" font-size="{CREDIT_SIZE:g}px"'
    return svg.replace("</svg>", f'{line} fill="#56616c">{escape(text, quote=False)}</text></svg>')
