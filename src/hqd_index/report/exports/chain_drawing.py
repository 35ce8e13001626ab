"""The chain map of the latest year as an SVG file of its own, for print: nothing moves, colours and names are in it."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ..page.chain_map import ChainMap, NodePlace
from ..results import Results
from ..wording import wording

COLOURS = {"gap": "#6f4b8b", "blockage": "#a8611b", "weak": "#8b7a2e", "strong": "#3d7a4f", "chokepoint": "#b03a2e"}
"""Those of the page's style."""
PLAIN, LINE, INK = "#0b5e6e", "#8b97a3", "#1c2733"
HEAD = 56.0
"""Pixels above the drawing for title and legend."""


def chain_svg(results: Results, drawing: ChainMap) -> str:
    """Title with the years, legend, links, nodes with coverage arcs, names in the study's language."""
    language, shown = results.language, drawing.latest
    side = drawing.frame.side
    basis = wording("page.map.basis.experts") if drawing.by_experts else wording("page.map.basis.io_table")
    title = wording("page.map.title", year=shown.year, basis=basis, io_year=shown.io_year)
    legend = "".join(
        f'<tspan fill="{COLOURS[flag]}">● </tspan>{escape(name.of(language))} {count}  ' for flag, name, count in shown.counts()
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-HEAD:g} {side:g} {side + HEAD:g}" font-family="sans-serif">',
        f'<text x="12" y="{22 - HEAD:g}" font-size="18" fill="{INK}">{escape(title.of(language))}</text>',
        f'<text x="12" y="{46 - HEAD:g}" font-size="14" fill="{INK}">{legend}</text>',
        f'<g fill="none" stroke="{LINE}" stroke-opacity="0.45">',
        *(f'<path d="{drawing.path(link)}" stroke-width="{0.6 + 6 * link.share:.2f}"/>' for link in shown.links),
        "</g>",
        *(_node(drawing, place, language) for place in drawing.nodes),
        "</svg>",
    ]
    return "\n".join([*lines, ""])


def _node(drawing: ChainMap, place: NodePlace, language: str) -> str:
    node = drawing.latest.nodes[place.code]
    colour = COLOURS[node.flags[0]] if node.flags else PLAIN
    at = f'cx="{place.x:.1f}" cy="{place.y:.1f}"'
    arc = (
        f'<circle {at} r="{node.radius + 2.5:.1f}" fill="none" stroke="{INK}" stroke-width="1.6" pathLength="100" '
        f'stroke-dasharray="{100 * node.coverage:.0f} 100"/>'
        if node.coverage
        else ""
    )
    turn = f"translate({place.label_x:.1f} {place.label_y:.1f}) rotate({place.turn:.1f})"
    return (
        f'<circle {at} r="{node.radius:.1f}" fill="{colour}"/>{arc}<text transform="{turn}" dy="4" text-anchor="{place.anchor}" '
        f'font-size="{drawing.frame.letters:g}" fill="{INK}">{escape(place.short.of(language))}</text>'
    )
