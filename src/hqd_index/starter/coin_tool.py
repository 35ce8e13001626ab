"""The JRC's COIN Tool workbook: sheet Database holds units, indicators and their frame, sheet Framework the names of nodes.

Places as COINr's `COINToolIn` reads them: codes of indicators in one row (Ind.01 ...), their names above it, then the codes of
sub-pillar, pillar, sub-index and index, the two goalposts, direction and weight; names and codes of units in columns B and C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..intake.meaning.glyphs import normalised_label
from ..intake.read.previews import SheetPreview
from .indicator_systems import IndicatorSystem, Leaf
from .sheet_tables import SheetColumn, SheetTable, sheet_column

CODE = re.compile(r"Ind\.\d+", re.IGNORECASE)
LEVELS = ("indicators", "pillars", "subindexes", "superindexes")
UNIT_NAME, UNIT_CODE = 1, 2
NAME, NODES, DIRECTION, WEIGHT = 1, (2, 3, 4, 5), 8, 9  # rows above the codes


def coin_tool(previews: Sequence[SheetPreview]) -> tuple[SheetTable, IndicatorSystem] | None:
    """The data and the tree of a COIN Tool workbook, or None where the sheets are not those of one."""
    database = next((preview for preview in previews if preview.sheet == "Database"), None)
    if database is None:
        return None
    code_row = next(
        (
            row_index
            for row_index, sheet_row in enumerate(database.rows)
            if sum(bool(CODE.fullmatch(cell)) for cell in sheet_row) > 1
        ),
        None,
    )
    if code_row is None or code_row < WEIGHT:
        return None
    framework = next((preview for preview in previews if preview.sheet == "Framework"), None)
    indicator_columns = [column_index for column_index, cell in enumerate(database.rows[code_row]) if CODE.fullmatch(cell)]
    sheet_rows = [
        sheet_row
        for sheet_row in database.rows[code_row + 1 :]
        if _cell_text(sheet_row, UNIT_CODE) and any(_cell_text(sheet_row, column_index) for column_index in indicator_columns)
    ]
    columns = [
        _column_by_label(database.rows[code_row], column_index, sheet_rows)
        for column_index in (UNIT_NAME, UNIT_CODE, *indicator_columns)
    ]
    table = SheetTable(database, code_row + 1, 0, tuple(columns), len(sheet_rows), rows_below=len(sheet_rows))
    return table, _system(database.rows, code_row, indicator_columns, framework, table.location)


def _cell_text(sheet_row: Sequence[str], column_index: int) -> str:
    return sheet_row[column_index] if column_index < len(sheet_row) else ""


def _column_by_label(labels: Sequence[str], column_index: int, sheet_rows: Sequence[Sequence[str]]) -> SheetColumn:
    return sheet_column(
        column_index,
        _cell_text(labels, column_index),
        tuple(_cell_text(sheet_row, column_index) for sheet_row in sheet_rows),
        (),
        (),
    )


def _system(
    sheet_rows: Sequence[Sequence[str]],
    code_row: int,
    indicator_columns: Sequence[int],
    framework: SheetPreview | None,
    location: str,
) -> IndicatorSystem:
    names, node_weights = _framework(framework)
    codes = [
        [_cell_text(sheet_rows[code_row - rows_above], column_index) for column_index in indicator_columns]
        for rows_above in NODES
    ]
    branching_levels = [level for level in codes[:-1] if len({code for code in level if code}) > 1]
    root = next((code for code in codes[-1] if code), "Index")
    leaves = []
    for position, column_index in enumerate(indicator_columns):
        node_name, direction, weight = (
            _cell_text(sheet_rows[code_row - rows_above], column_index) for rows_above in (NAME, DIRECTION, WEIGHT)
        )
        code = _cell_text(sheet_rows[code_row], column_index)
        path = (root, *(level[position] for level in reversed(branching_levels) if level[position]))
        sign = -1 if direction.startswith("-") else 1
        leaves.append(Leaf(node_name or code, path, "", sign, "", _parsed_number(weight), "", code))
    nodes = dict.fromkeys(node for leaf in leaves for node in leaf.path)
    levels = LEVELS[: len(branching_levels) + 1]
    return IndicatorSystem(
        location, "coin_tool", tuple(leaves), {node: names.get(node, node) for node in nodes}, node_weights, levels
    )


def _framework(preview: SheetPreview | None) -> tuple[dict[str, str], dict[str, float]]:
    """Names and weights of nodes by their codes."""
    if preview is None:
        return {}, {}
    header = next(
        (sheet_row for sheet_row in preview.rows if any("dimension" in normalised_label(cell) for cell in sheet_row)), ()
    )
    name_column = next((column_index for column_index, cell in enumerate(header) if "dimension" in normalised_label(cell)), None)
    weight_column = next((column_index for column_index, cell in enumerate(header) if "weight" in normalised_label(cell)), None)
    names_by_code, weights = {}, {}
    for sheet_row in preview.rows:
        code = next((cell for cell in sheet_row if re.fullmatch(r"(sp|p|si)\.\d+|Index", cell, re.IGNORECASE)), "")
        if code and name_column is not None and (node_name := _cell_text(sheet_row, name_column)) not in ("", "--", code):
            names_by_code[code] = node_name
        if code and weight_column is not None and (weight := _parsed_number(_cell_text(sheet_row, weight_column))) is not None:
            weights[code] = weight
    return names_by_code, weights


def _parsed_number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
