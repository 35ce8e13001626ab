"""The chain map, year by year: industries on a circle, joined by their largest inputs, with figures and flags of that year."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..figures.figure_labels import short_unit_name
from ..number_format import is_missing, number, percent
from ..results import Results
from ..wording import wording, wordings

MANY_NODES = 60
"""Nodes beyond which the map takes the whole width, in smaller letters."""
FACTS = {
    "imported_input_share": "2",
    "self_sufficiency": "%",
    "upstreamness": "2",
    "backward_linkage": "2",
    "forward_linkage": "2",
    "nrca": "2",
    "chokepoint_share": "2",
}
"""Figures of a node and how they are written; text/page.yaml has their names."""
FLAG_NAMES = wordings("page.map.flag")
"""Flags in the order in which one of several colours a node."""


@dataclass(frozen=True)
class Frame:
    """Side of the drawing, radii of the ring and of the labels, size of letters in pixels; ems of a label, largest node."""

    side: float
    ring: float
    labels: float
    letters: float
    ems: float
    node: float


FEW, MANY = Frame(820, 225, 242, 13, 12.5, 12), Frame(1120, 372, 384, 10.5, 15, 9)


@dataclass(frozen=True)
class NodePlace:
    """A node on the ring: its place and that of its label, and how the label is turned."""

    code: str
    name: Bilingual
    short: Bilingual
    x: float
    y: float
    label_x: float
    label_y: float
    turn: float
    anchor: str


@dataclass(frozen=True)
class NodeYear:
    """What is known of a node in a year: its radius, flags, SRDI coverage 0-1, place by priority, evidence, figures."""

    radius: float
    output: str | None = None
    flags: tuple[str, ...] = ()
    coverage: float | None = None
    place: int | None = None
    evidence: Bilingual = BLANK_TEXT
    facts: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class InputLink:
    """An input link: the seller's share in the buyer's domestic inputs."""

    seller: str
    buyer: str
    share: float


@dataclass(frozen=True)
class MapYear:
    """A year of the map; links, sizes and linkages are those of the input-output table of `io_year`."""

    year: int
    io_year: int
    nodes: dict[str, NodeYear]
    links: tuple[InputLink, ...]

    def counts(self) -> list[tuple[str, Bilingual, int]]:
        """Flags that some node has, by name, with how many nodes have them."""
        rows = [(flag, name, sum(flag in node.flags for node in self.nodes.values())) for flag, name in FLAG_NAMES.items()]
        return [row for row in rows if row[2]]


@dataclass(frozen=True)
class ChainMap:
    """Where nodes are, and what they are in each year; the last year is the one first shown."""

    frame: Frame
    nodes: tuple[NodePlace, ...]
    years: tuple[MapYear, ...]
    profiles: frozenset[str]
    by_experts: bool = False

    @property
    def latest(self) -> MapYear:
        return self.years[-1]

    def path(self, link: InputLink) -> str:
        """The curve of a link through the middle."""
        ends = {place.code: place for place in self.nodes}
        seller, buyer, middle = ends[link.seller], ends[link.buyer], self.frame.side / 2
        return f"M{seller.x:.1f} {seller.y:.1f}Q{middle:.0f} {middle:.0f} {buyer.x:.1f} {buyer.y:.1f}"


def chain_map(results: Results) -> ChainMap | None:
    """The map of the industries of table linkages in the years that an input-output table covers; None below three."""
    linkages, inputs = results.table("linkages"), results.table("main_inputs")
    if len(results.table("expert_links")):
        return _segment_map(results)
    if linkages.empty or inputs.empty:
        return None
    linkages = linkages.dropna(subset=["io_year"])
    known_sectors = {*inputs["sector"], *inputs["supplier"]}
    codes = sorted(str(code) for code in set(linkages["industry_code"]) & known_sectors)
    if len(codes) < 3:
        return None
    frame = MANY if len(codes) > MANY_NODES else FEW
    names = _names(results)
    places = tuple(_place(code, names.get(code, Bilingual(code, code)), k, len(codes), frame) for k, code in enumerate(codes))
    statuses = _flags_by_year(results)
    years = [_map_year(results, int(year), rows, codes, frame, statuses.get(int(year), {})) for year, rows in _by_year(linkages)]
    return ChainMap(frame, places, tuple(years), frozenset(results.units["unit"]))


def _segment_map(results: Results) -> ChainMap | None:
    """The map of an expert's links: nodes by stage, upstream first; flags of those that are industries or products."""
    rows = results.table("expert_links")
    stages = dict(zip(rows["supplier"], rows["supplier_stage"])) | dict(zip(rows["sector"], rows["sector_stage"]))
    names = {str(code): Bilingual(zh, en) for code, zh, en in zip(rows["supplier"], rows["supplier_zh"], rows["supplier_en"])}
    names |= {str(code): Bilingual(zh, en) for code, zh, en in zip(rows["sector"], rows["sector_zh"], rows["sector_en"])}
    codes = sorted(names, key=lambda code: (STAGE_ORDER.get(stages.get(code) or "", len(STAGE_ORDER)), code))
    frame = MANY if len(codes) > MANY_NODES else FEW
    places = tuple(_place(code, names[code], k, len(codes), frame) for k, code in enumerate(codes))
    links = tuple(
        InputLink(str(supplier), str(sector), 0.0 if is_missing(share) else float(share))
        for supplier, sector, share in zip(rows["supplier"], rows["sector"], rows["share"])
    )
    dated, statuses = int(str(rows["as_of"].max())[:4]), _flags_by_year(results)
    years = tuple(
        MapYear(year, dated, {code: NodeYear(radius=7, **statuses.get(year, {}).get(code, {})) for code in codes}, links)
        for year in sorted(statuses) or [dated]
    )
    return ChainMap(frame, places, years, frozenset(results.units["unit"]), by_experts=True)


STAGE_ORDER = {"upstream": 0, "midstream": 1, "downstream": 2}


def _by_year(rows: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    return list(rows.groupby("year", sort=True))


def _names(results: Results) -> dict[str, Bilingual]:
    network = results.table("network")
    names = {str(code): Bilingual(zh, en) for code, zh, en in zip(network["sector"], network["sector_zh"], network["sector_en"])}
    return {code: results.unit_name(code) if results.unit_name(code).zh != code else name for code, name in names.items()}


def _place(code: str, name: Bilingual, k: int, count: int, frame: Frame) -> NodePlace:
    angle, middle = 2 * math.pi * k / count - math.pi / 2, frame.side / 2
    x, y = middle + frame.ring * math.cos(angle), middle + frame.ring * math.sin(angle)
    label_x, label_y = middle + frame.labels * math.cos(angle), middle + frame.labels * math.sin(angle)
    reads_outward = math.cos(angle) >= -1e-9  # labels on the left read towards the ring, those on the right away from it
    turn, anchor = math.degrees(angle) + (0 if reads_outward else 180), "start" if reads_outward else "end"
    return NodePlace(code, name, short_unit_name(name.zh, name.en, frame.ems), x, y, label_x, label_y, turn, anchor)


def _map_year(
    results: Results, year: int, linkages: pd.DataFrame, codes: list[str], frame: Frame, statuses: dict[str, dict[str, Any]]
) -> MapYear:
    io_year = int(linkages["io_year"].max())
    network = results.table("network")
    output = dict(zip(*(network.loc[network["year"] == io_year, column] for column in ("sector", "gross_output"))))
    largest = max((output.get(code, 0.0) for code in codes), default=0.0) or 1.0
    facts = {str(record["industry_code"]): record for record in linkages.to_dict("records")}
    nodes = {
        code: NodeYear(
            radius=3 + (frame.node - 3) * math.sqrt(max(0.0, output.get(code, 0.0)) / largest),
            output=number(output[code] / 1e4, 0) if code in output else None,
            facts=tuple(_fact(facts.get(code, {}).get(column), style) for column, style in FACTS.items()),
            **statuses.get(code, {}),
        )
        for code in codes
    }
    inputs = results.table("main_inputs")
    inputs = inputs[(inputs["year"] == io_year) & inputs["sector"].isin(codes) & inputs["supplier"].isin(codes)]
    links = [
        InputLink(str(s), str(b), float(share)) for s, b, share in zip(inputs["supplier"], inputs["sector"], inputs["share"])
    ]
    return MapYear(year, io_year, nodes, tuple(links))


def _fact(value: Any, style: str) -> str | None:
    if is_missing(value):
        return None
    return percent(value) if style == "%" else number(value, int(style))


def _flags_by_year(results: Results) -> dict[int, dict[str, dict[str, Any]]]:
    """year -> industry -> flags, coverage, place and evidence as table priority has them for that year."""
    rows = results.table("priority")
    statuses: dict[int, dict[str, dict[str, Any]]] = {}
    for record in rows.to_dict("records"):
        statuses.setdefault(int(record["year"]), {})[str(record["node"])] = {
            "flags": tuple(flag for flag in FLAG_NAMES if not is_missing(record[flag]) and record[flag] == 1),
            "coverage": None if is_missing(record["srdi_coverage"]) else float(record["srdi_coverage"]),
            "place": None if is_missing(record["rank"]) else int(record["rank"]),
            "evidence": BLANK_TEXT
            if is_missing(record["evidence_zh"])
            else Bilingual(record["evidence_zh"], record["evidence_en"]),
        }
    return statuses


def chain_json(drawing: ChainMap) -> dict[str, Any]:
    """What the script draws another year from: places, names of figures, and per year nodes in order and links by position."""
    position = {place.code: k for k, place in enumerate(drawing.nodes)}
    years = [
        {
            "year": drawn_year.year,
            "io": drawn_year.io_year,
            "nodes": [_node_json(drawn_year.nodes[place.code]) for place in drawing.nodes],
            "links": [[position[link.seller], position[link.buyer], round(link.share, 4)] for link in drawn_year.links],
        }
        for drawn_year in drawing.years
    ]
    nodes = [
        {"id": place.code, "zh": place.name.zh, "en": place.name.en, "x": round(place.x, 1), "y": round(place.y, 1)}
        | ({"profile": 1} if place.code in drawing.profiles else {})
        for place in drawing.nodes
    ]
    labels = [wording(f"page.map.fact.{fact}")._asdict() for fact in FACTS]
    flags = {flag: {"zh": name.zh, "en": name.en} for flag, name in FLAG_NAMES.items()}
    basis = EXPERTS if drawing.by_experts else IO_TABLE
    return {
        "basis": {"zh": basis.zh, "en": basis.en},
        "side": drawing.frame.side,
        "nodes": nodes,
        "years": years,
        "labels": labels,
        "flags": flags,
    }


IO_TABLE, EXPERTS = wording("page.map.basis.io_table"), wording("page.map.basis.experts")
"""What links rest on, before its year."""


def _node_json(node: NodeYear) -> list[Any]:
    coverage = None if node.coverage is None else round(node.coverage, 4)
    evidence = [node.evidence.zh, node.evidence.en] if node.evidence.zh else None
    return [round(node.radius, 1), node.output, list(node.flags), coverage, node.place, evidence, list(node.facts)]
