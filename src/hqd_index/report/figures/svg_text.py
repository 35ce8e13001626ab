"""Texts and ids of a rendered SVG: both languages in one, or one of them; its size in print; whether Chinese can be drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from ..bilingual import Bilingual
from .charts import FONT

PRINT_WIDTH = 160 / 25.4
"""Inches a figure takes at most in print: the text width of an A4 page with usual margins."""


MARK = re.compile(r'aria-label="row (\d+)" role="[^"]*" aria-roledescription="(?!line|area)[^"]*"')
"""What the renderer writes at a mark that draws a row of the figure's table; a line or a band draws many."""


def without_rows(svg: str) -> str:
    """The SVG without the rows of its marks, which only the page has a table for."""
    return re.sub(r' data-row="\d+"', "", svg)


def tidy_svg(svg: str, prefix: str) -> str:
    """The renderer's SVG with ids made unique by `prefix`, short coordinates, the same bytes for the same data."""
    svg = MARK.sub(r'data-row="\1"', svg)
    svg = re.sub(r'<path[^>]*class="(?:foreground|background)"[^>]*/>', lambda path: path[0] if "stroke=" in path[0] else "", svg)
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)  # the page names each figure as a whole
    ids = list(dict.fromkeys(re.findall(r'\sid="([^"]+)"', svg)))  # numbered by the renderer over its whole life
    for k, id in enumerate(ids):
        svg = svg.replace(f'id="{id}"', f'id="{prefix}-{k}"').replace(f"#{id})", f"#{prefix}-{k})")
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"\d+\.\d{3,}", _short_coordinate, tag[0]), svg)
    return svg.replace('<rect width="', '<rect class="paper" width="', 1)


def _short_coordinate(coordinate: re.Match[str]) -> str:
    """A coordinate to a hundredth of a pixel."""
    return f"{float(coordinate[0]):.2f}".rstrip("0").rstrip(".")


def bilingual_svg_texts(svg: str, bilingual_by_text: Mapping[str, Bilingual]) -> str:
    """The SVG with each text that has two languages written in both; the page's style shows one of them."""
    return _replace_texts(
        svg, bilingual_by_text, lambda zh, en: zh if zh == en else f'<tspan class="zh">{zh}</tspan><tspan class="en">{en}</tspan>'
    )


def svg_in_language(svg: str, bilingual_by_text: Mapping[str, Bilingual], language: str) -> str:
    """The SVG with each text that has two languages written in one."""
    return _replace_texts(svg, bilingual_by_text, lambda zh, en: en if language == "en" else zh)


def _replace_texts(svg: str, pairs: Mapping[str, Bilingual], write_text: Callable[[str, str], str]) -> str:
    """The SVG with the texts that have two languages replaced."""
    bilingual_by_text = {
        escape(svg_text_content, quote=False): bilingual_text for svg_text_content, bilingual_text in pairs.items()
    }

    def rewritten(element: re.Match[str]) -> str:
        bilingual_text = bilingual_by_text.get(element[2])
        return (
            element[0]
            if bilingual_text is None
            else f"{element[1]}>{write_text(*(escape(translation, quote=False) for translation in bilingual_text))}</text>"
        )

    return re.sub(r"(<text[^>]*)>([^<]*)</text>", rewritten, svg)


def print_scale(svg: str) -> float:
    """How much an SVG, whose own size is at 72 per inch, must shrink to fit a printed page."""
    width = float(re.search(r'<svg[^>]* width="([\d.]+)"', svg)[1])  # type: ignore[index]
    return min(1.0, 72 * PRINT_WIDTH / width)


def has_chinese_face() -> bool:
    """Whether this machine can draw Chinese: without a face, two different characters come out as the same box."""
    import vl_convert

    def rendered_png(sample_character: str) -> bytes:
        size = 'width="40" height="40"'
        sample_glyph = f'<text y="30" font-size="30" font-family="{FONT}">{sample_character}</text>'
        return bytes(vl_convert.svg_to_png(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{sample_glyph}</svg>'))

    return rendered_png("专") != rendered_png("新")
