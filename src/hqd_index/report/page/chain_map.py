"""The chain map: industries on a circle, joined by their largest input links; what a script may then light up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..figures.figure_labels import short_unit_name
from ..number_format import is_missing, number, percent
from ..results import Results

INPUTS_DRAWN = 3
"""Largest inputs drawn per industry."""
MAP_SIZE, RING_RADIUS, LABEL_RADIUS, LABEL_WIDTH = 760.0, 232.0, 250.0, 9.5
"""Side of the drawing, radius of the ring and of the labels in pixels; ems of a label."""
LINKAGE_FACTS: dict[str, tuple[Bilingual, str]] = {
    "imported_input_share": (Bilingual("中间品进口依赖（%）", "imported inputs (%)"), "2"),
    "self_sufficiency": (Bilingual("自给率", "self-sufficiency"), "%"),
    "upstreamness": (Bilingual("上游度", "upstreamness"), "2"),
    "nrca": (Bilingual("标准化显性比较优势", "normalised RCA"), "2"),
    "chokepoint_share": (Bilingual("卡脖子产品进口占比（%）", "chokepoint imports (%)"), "2"),
}


FLAG_NAMES = {
    "gap": Bilingual("断点", "gap"),
    "blockage": Bilingual("堵点", "blockage"),
    "weak": Bilingual("短板", "weak link"),
    "strong": Bilingual("长板", "strength"),
    "chokepoint": Bilingual("卡点", "chokepoint"),
}
"""Flags in the order in which one of several colours a node."""


@dataclass(frozen=True)
class NodeFlags:
    """What table priority says of an industry in its latest year: flags, SRDI coverage 0-1, its place, the evidence."""

    flags: tuple[str, ...] = ()
    coverage: float | None = None
    place: int | None = None
    evidence: Bilingual = BLANK_TEXT


@dataclass(frozen=True)
class IndustryNode:
    """An industry on the ring: its place and that of its label, how the label is turned, its size, figures and flags."""

    unit: str
    name: Bilingual
    short: Bilingual
    x: float
    y: float
    label_x: float
    label_y: float
    turn: float
    anchor: str
    radius: float
    facts: tuple[tuple[Bilingual, str], ...]
    status: NodeFlags = NodeFlags()


@dataclass(frozen=True)
class InputLink:
    """An input link: the seller's share in the buyer's inputs, drawn as a curve through the middle."""

    seller: str
    buyer: str
    share: float
    path: str
    width: float


@dataclass(frozen=True)
class ChainMap:
    """Links of one year; figures and flags of the nodes are of their own latest years, which the page says."""

    year: int
    facts_year: int | None
    flags_year: int | None
    flags: tuple[tuple[str, Bilingual, int], ...]
    nodes: tuple[IndustryNode, ...]
    links: tuple[InputLink, ...]


def chain_map(results: Results) -> ChainMap | None:
    """The map of the input-output weights between units; None without them."""
    rows = results.table("io_links")
    if rows.empty:
        return None
    units = [unit for unit in results.units["unit"] if unit in set(rows["from_unit"]) | set(rows["to_unit"])]
    if len(units) < 3:
        return None
    angles = {unit: 2 * math.pi * k / len(units) - math.pi / 2 for k, unit in enumerate(units)}
    facts, statuses = _latest_linkages(results), node_flags(results)
    size = rows.groupby("from_unit")["upstream"].sum()
    largest_size = float(size.max()) or 1.0
    nodes = tuple(
        replace(
            _industry_node(results, unit, angles[unit], math.sqrt(float(size.get(unit, 0.0)) / largest_size), facts),
            status=statuses.get(unit, NodeFlags()),
        )
        for unit in units
    )
    counts = [(flag, name, sum(flag in node.status.flags for node in nodes)) for flag, name in FLAG_NAMES.items()]
    return ChainMap(
        int(rows["year"].max()),
        latest_year(results, "linkages"),
        latest_year(results, "priority"),
        tuple(row for row in counts if row[2]),
        nodes,
        tuple(_input_links(rows[rows["from_unit"].isin(units) & rows["to_unit"].isin(units)], angles)),
    )


def latest_year(results: Results, table_name: str) -> int | None:
    """The last year of a table; None without rows."""
    rows = results.table(table_name)
    return None if rows.empty else int(rows["year"].max())


def node_flags(results: Results) -> dict[str, NodeFlags]:
    """unit -> flags, coverage, place and evidence of the latest year of table priority."""
    rows = results.table("priority")
    if rows.empty:
        return {}
    rows = rows[(rows["kind"] == "industry") & (rows["year"] == rows["year"].max())]
    return {
        str(record["node"]): NodeFlags(
            tuple(flag for flag in FLAG_NAMES if not is_missing(record[flag]) and record[flag] == 1),
            None if is_missing(record["srdi_coverage"]) else float(record["srdi_coverage"]),
            None if is_missing(record["rank"]) else int(record["rank"]),
            BLANK_TEXT if is_missing(record["evidence_zh"]) else Bilingual(record["evidence_zh"], record["evidence_en"]),
        )
        for record in rows.to_dict("records")
    }


def _latest_linkages(results: Results) -> dict[str, dict[str, Any]]:
    """unit -> figures of the latest year that has them."""
    rows = results.table("linkages")
    if rows.empty:
        return {}
    latest_rows = rows[rows["year"] == rows["year"].max()]
    return {
        str(record["industry_code"]): {str(column_name): cell_value for column_name, cell_value in record.items()}
        for record in latest_rows.to_dict("records")
    }


def _industry_node(
    results: Results, unit: str, angle: float, size: float, linkage_facts: dict[str, dict[str, Any]]
) -> IndustryNode:
    facts_shown = []
    for column, (label, number_style) in LINKAGE_FACTS.items():
        linkage_value = linkage_facts.get(unit, {}).get(column)
        if not is_missing(linkage_value):
            facts_shown.append(
                (label, percent(linkage_value) if number_style == "%" else number(linkage_value, int(number_style)))
            )
    x, y = MAP_SIZE / 2 + RING_RADIUS * math.cos(angle), MAP_SIZE / 2 + RING_RADIUS * math.sin(angle)
    label_x, label_y = MAP_SIZE / 2 + LABEL_RADIUS * math.cos(angle), MAP_SIZE / 2 + LABEL_RADIUS * math.sin(angle)
    reads_outward = math.cos(angle) >= -1e-9  # labels on the left read towards the ring, those on the right away from it
    rotation, anchor = math.degrees(angle) + (0 if reads_outward else 180), "start" if reads_outward else "end"
    name = results.unit_name(unit)
    short_name = short_unit_name(name.zh, name.en, LABEL_WIDTH)
    return IndustryNode(unit, name, short_name, x, y, label_x, label_y, rotation, anchor, 4 + 8 * size, tuple(facts_shown))


def _input_links(link_rows: pd.DataFrame, angles: dict[str, float]) -> list[InputLink]:
    """The largest inputs of every buyer."""
    link_rows = link_rows[link_rows["from_unit"] != link_rows["to_unit"]].sort_values(
        ["upstream", "from_unit", "to_unit"], ascending=[False, True, True]
    )
    largest_inputs = link_rows.groupby("to_unit").head(INPUTS_DRAWN)
    links = []
    for seller, buyer, share in zip(largest_inputs["from_unit"], largest_inputs["to_unit"], largest_inputs["upstream"]):
        if not share > 0:
            continue
        (x1, y1), (x2, y2) = (
            (MAP_SIZE / 2 + RING_RADIUS * math.cos(angles[unit_id]), MAP_SIZE / 2 + RING_RADIUS * math.sin(angles[unit_id]))
            for unit_id in (seller, buyer)
        )
        path = f"M{x1:.1f} {y1:.1f}Q{MAP_SIZE / 2:.0f} {MAP_SIZE / 2:.0f} {x2:.1f} {y2:.1f}"
        links.append(InputLink(seller, buyer, float(share), path, 0.6 + 6 * float(share)))
    return links
