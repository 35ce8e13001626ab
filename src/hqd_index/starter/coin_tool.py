"""The JRC's COIN Tool workbook: sheet Database holds units, indicators and their frame, sheet Framework the names of nodes.

Places as COINr's `COINToolIn` reads them: codes of indicators in one row (Ind.01 ...), their names above it, then the codes of
sub-pillar, pillar, sub-index and index, the two goalposts, direction and weight; names and codes of units in columns B and C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..intake.meaning.glyphs import normalised_label
from ..intake.read.previews import SheetPreview
from .found_tables import FoundColumn, FoundTable, found_column
from .indicator_systems import IndicatorSystem, Leaf

CODE = re.compile(r"Ind\.\d+", re.IGNORECASE)
LEVELS = ("indicators", "pillars", "subindexes", "superindexes")
UNIT_NAME, UNIT_CODE = 1, 2
NAME, NODES, DIRECTION, WEIGHT = 1, (2, 3, 4, 5), 8, 9  # rows above the codes


def coin_tool(previews: Sequence[SheetPreview]) -> tuple[FoundTable, IndicatorSystem] | None:
    """The data and the tree of a COIN Tool workbook, or None where the sheets are not those of one."""
    database = next((preview for preview in previews if preview.sheet == "Database"), None)
    if database is None:
        return None
    at = next((n for n, row in enumerate(database.rows) if sum(bool(CODE.fullmatch(cell)) for cell in row) > 1), None)
    if at is None or at < WEIGHT:
        return None
    framework = next((preview for preview in previews if preview.sheet == "Framework"), None)
    places = [place for place, cell in enumerate(database.rows[at]) if CODE.fullmatch(cell)]
    rows = [row for row in database.rows[at + 1 :] if _cell(row, UNIT_CODE) and any(_cell(row, place) for place in places)]
    columns = [_column(database.rows[at], place, rows) for place in (UNIT_NAME, UNIT_CODE, *places)]
    table = FoundTable(database, at + 1, 0, tuple(columns), len(rows))
    return table, _system(database.rows, at, places, framework, table.location)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _column(labels: Sequence[str], place: int, rows: Sequence[Sequence[str]]) -> FoundColumn:
    return found_column(place, _cell(labels, place), tuple(_cell(row, place) for row in rows), (), ())


def _system(
    rows: Sequence[Sequence[str]], at: int, places: Sequence[int], framework: SheetPreview | None, location: str
) -> IndicatorSystem:
    names, node_weights = _framework(framework)
    codes = [[_cell(rows[at - up], place) for place in places] for up in NODES]
    used = [level for level in codes[:-1] if len({code for code in level if code}) > 1]
    root = next((code for code in codes[-1] if code), "Index")
    leaves = []
    for position, place in enumerate(places):
        name, direction, weight = (_cell(rows[at - up], place) for up in (NAME, DIRECTION, WEIGHT))
        code = _cell(rows[at], place)
        path = (root, *(level[position] for level in reversed(used) if level[position]))
        sign = -1 if direction.startswith("-") else 1
        leaves.append(Leaf(name or code, path, "", sign, "", _number(weight), "", code))
    nodes = dict.fromkeys(node for leaf in leaves for node in leaf.path)
    levels = LEVELS[: len(used) + 1]
    return IndicatorSystem(
        location, "coin_tool", tuple(leaves), {node: names.get(node, node) for node in nodes}, node_weights, levels
    )


def _framework(preview: SheetPreview | None) -> tuple[dict[str, str], dict[str, float]]:
    """Names and weights of nodes by their codes."""
    if preview is None:
        return {}, {}
    header = next((row for row in preview.rows if any("dimension" in normalised_label(cell) for cell in row)), ())
    name_place = next((place for place, cell in enumerate(header) if "dimension" in normalised_label(cell)), None)
    weight_place = next((place for place, cell in enumerate(header) if "weight" in normalised_label(cell)), None)
    names, weights = {}, {}
    for row in preview.rows:
        code = next((cell for cell in row if re.fullmatch(r"(sp|p|si)\.\d+|Index", cell, re.IGNORECASE)), "")
        if code and name_place is not None and (name := _cell(row, name_place)) not in ("", "--", code):
            names[code] = name
        if code and weight_place is not None and (weight := _number(_cell(row, weight_place))) is not None:
            weights[code] = weight
    return names, weights


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
