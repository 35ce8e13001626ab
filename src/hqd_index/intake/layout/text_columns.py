"""Sheets of cells -> one table of canonical text columns per source, rows that are no data put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal, quoted
from ...study.records import Source
from ..read.delimited_text import NOTE_MARKS
from ..read.sheet_cells import BLANKS, SheetCells
from ..records.scope_reasons import BLANK, NOTE, TOTAL
from .header_rows import HeaderMap

FILE_SPAN = 10**13  # rid = number of the sheet x FILE_SPAN + row; a multiple of ROW_SPAN, so rid % ROW_SPAN is the row shown


@dataclass(frozen=True)
class Sheet:
    """Cells with their header understood, and the number of the file in this run."""

    number: int
    cells: SheetCells
    header: HeaderMap


def text_table(sheets: Sequence[Sheet], source: Source, table: CanonicalTable, engine: Engine) -> str:
    """`rid`, `aside` (NULL, blank, note or total) and one trimmed text column per canonical column, NULL where missing."""
    selects = [f"({_sheet_sql(sheet, source, table)})" for sheet in sheets]
    return engine.query(" UNION ALL BY NAME ".join(selects))


def _sheet_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    columns = {name: _cell_sql(name, place, source, table) for name, place in sheet.header.positions.items()}
    columns |= {name: literal(value) for name, value in source.constants.items() if name in table.columns}
    selected = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    width = len(sheet.cells.labels)
    scope_reason = _scope_reason_sql(width, sheet.header.positions, source, table)
    trimmed = ["row", *(f"{_trim_sql(f'c{place}')} AS c{place}" for place in range(width))] if sheet.cells.padded else ["*"]
    rid = f"{sheet.number * FILE_SPAN} + row AS rid"
    return (
        f"SELECT {rid}, {scope_reason} AS aside, {selected} FROM (SELECT {', '.join(trimmed)} FROM {quoted(sheet.cells.table)})"
    )


def _trim_sql(cell: str) -> str:
    """The cell without blanks around it; looking for a blank first is sixteen times cheaper than trimming every cell."""
    return f"CASE WHEN {_has_blank(cell)} THEN trim({cell}, {literal(BLANKS)}) ELSE {cell} END"


def _has_blank(cell: str) -> str:
    return "(" + " OR ".join(f"contains({cell}, {literal(blank)})" for blank in BLANKS) + ")"


def _cell_sql(name: str, place: int, source: Source, table: CanonicalTable) -> str:
    cell = f"c{place}"
    if name in source.pad:
        padded = f"lpad({cell}, CAST(greatest({source.pad[name]}, length({cell})) AS INTEGER), '0')"
        cell = f"CASE WHEN regexp_full_match({cell}, '[0-9]+') THEN {padded} ELSE {cell} END"
    if is_plain_text(name, table):
        return f"NULLIF({cell}, '')"
    present = " AND ".join(f"{cell} <> {literal(mark)}" for mark in dict.fromkeys(("", *source.missing)))
    return f"CASE WHEN {present} THEN {cell} END"  # half the time of NOT IN


def is_plain_text(name: str, table: CanonicalTable) -> bool:
    """Whether any text but a blank is a value (a firm may be named NA)."""
    column = table.columns.get(name)
    return column is not None and column.dtype == "text" and not column.code and not column.categories and name not in table.key


def _scope_reason_sql(width: int, positions: Mapping[str, int], source: Source, table: CanonicalTable) -> str:
    others_blank = " AND ".join(f"c{place} = ''" for place in range(width - 1, 0, -1)) or "true"
    cases = [f"WHEN {others_blank} AND c0 = '' THEN '{BLANK}'"]
    if width > 1:
        marks = " OR ".join(f"starts_with(c0, {literal(mark)})" for mark in NOTE_MARKS)
        cases.append(f"WHEN {others_blank} AND ({marks}) THEN '{NOTE}'")
    totals = ", ".join(literal(total) for total in source.totals)
    for name, place in positions.items():
        column = table.columns.get(name)
        if totals and column and column.dtype == "text" and (name in table.key or column.code):
            cases.append(
                f"WHEN c{place} IN ({totals}) OR regexp_replace(c{place}, '[\\s\u3000]', '', 'g') IN ({totals}) THEN '{TOTAL}'"
            )
    return f"CASE {' '.join(cases)} END"
