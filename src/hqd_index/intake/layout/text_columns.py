"""Sheets of cells -> one table of canonical text columns per source, rows that are no data put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable, Column
from ...engines.duckdb import Engine, literal, quoted
from ...study.records import Source
from ..read.sheet_cells import BLANKS, SheetCells
from ..records.scope_reasons import BLANK, HEADER, TOTAL
from .header_rows import HeaderMap

FILE_SPAN = 10**13  # rid = number of the sheet x FILE_SPAN + row; a multiple of ROW_SPAN, so rid % ROW_SPAN is the row shown


@dataclass(frozen=True)
class Sheet:
    """Cells with their header understood, and the number of the file in this run."""

    number: int
    cells: SheetCells
    header: HeaderMap


def text_table(sheets: Sequence[Sheet], source: Source, table: CanonicalTable, engine: Engine) -> str:
    """One trimmed text column per canonical column, NULL where missing, with `rid` and what is known of the row.

    `aside` (NULL, blank, header, note or total), `lead` and `filled` (the first text and the number of filled cells of a row
    without any value: it may be a note), `marks` (the columns where a declared mark stands for something missing).
    """
    selects = [f"({_sheet_sql(sheet, source, table)})" for sheet in sheets]
    return engine.query(" UNION ALL BY NAME ".join(selects))


IDS = ("firm", "uscc", "hs6", "area")
MARK_OF, NEXT_MARK = "\x1f", "\x1e"
ROW_FACTS = ("aside", "lead", "filled", "marks")


def _sheet_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    positions = sheet.header.positions
    columns = {name: _cell_sql(name, place, source, table, padded=sheet.cells.has_padding) for name, place in positions.items()}
    columns |= {name: literal(value) for name, value in source.constants.items() if name in table.columns}
    selected = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    width = len(sheet.cells.labels)
    row_facts = [
        f"{_scope_reason_sql(sheet, source, table)} AS aside",
        *_lead_sql(width, value_places(positions, table)),
        f"{_marks_sql(positions, source, table)} AS marks",
    ]
    trimmed = ["row", *(f"{_trim_sql(f'c{place}')} AS c{place}" for place in range(width))] if sheet.cells.has_padding else ["*"]
    trimmed += [
        f"c{place} AS r{place}" for name, place in positions.items() if sheet.cells.has_padding and _is_id(name, source, table)
    ]
    rid = f"{sheet.number * FILE_SPAN} + row AS rid"
    inside = f"SELECT {', '.join(trimmed)} FROM {quoted(sheet.cells.table)}"
    return f"SELECT {rid}, {', '.join(row_facts)}, {selected} FROM ({inside})"


def value_places(positions: Mapping[str, int], table: CanonicalTable) -> list[int]:
    """Where values stand: the number and flag columns outside the key, else the columns outside it, else all but the first."""
    non_key = {name: place for name, place in positions.items() if name not in table.key}
    measured = [place for name, place in non_key.items() if _is_measured(table.columns.get(name))]
    if measured:
        return measured
    first = min(positions.values(), default=0)
    return [place for place in non_key.values() if place != first]


def _is_measured(column: Column | None) -> bool:
    return column is not None and column.dtype in ("number", "integer", "flag")


def _lead_sql(width: int, values: Sequence[int]) -> list[str]:
    """`lead` and `filled` of rows without a value; of rows with one filled cell where the table has no values."""
    cells = [f"c{place}" for place in range(width)]
    filled = " + ".join(f"CAST({cell} <> '' AS TINYINT)" for cell in cells)
    empty = " AND ".join(f"c{place} = ''" for place in values) or f"({filled}) = 1"
    texts = ", ".join(f"NULLIF({cell}, '')" for cell in cells)
    first = f"coalesce({texts})"
    return [f"CASE WHEN {empty} THEN {first} END AS lead", f"CASE WHEN {empty} THEN {filled} END AS filled"]


def _marks_sql(positions: Mapping[str, int], source: Source, table: CanonicalTable) -> str:
    """Each column in which a mark was read as missing, and the mark."""
    cases = []
    for name, place in positions.items():
        if is_plain_text(name, table):
            continue
        marks = [f"c{place} = {literal(mark)}" for mark in missing_marks(name, source, table) if mark]
        if marks:
            cases.append(
                f"CASE WHEN {' OR '.join(marks)} THEN {literal(name + MARK_OF)} || c{place} || '{NEXT_MARK}' ELSE '' END"
            )
    return " || ".join(cases) or "''"


def missing_marks(name: str, source: Source, table: CanonicalTable) -> tuple[str, ...]:
    """The texts that mean missing in a column; NA is a code of units (Namibia) where the study does not declare it."""
    marks = tuple(dict.fromkeys(("", *source.missing)))
    column = table.columns.get(name)
    is_unit_code = name in table.key and column is not None and column.dtype == "text" and column.code != "firm"
    declared = "missing" in source.model_fields_set
    return tuple(mark for mark in marks if mark != "NA") if is_unit_code and not declared else marks


def _trim_sql(cell: str) -> str:
    """The cell without blanks around it; looking for a blank first is sixteen times cheaper than trimming every cell."""
    return f"CASE WHEN {_has_blank(cell)} THEN trim({cell}, {literal(BLANKS)}) ELSE {cell} END"


def _has_blank(cell: str) -> str:
    return "(" + " OR ".join(f"contains({cell}, {literal(blank)})" for blank in BLANKS) + ")"


def _cell_sql(name: str, place: int, source: Source, table: CanonicalTable, *, padded: bool) -> str:
    """The cell, NULL where it is blank or a missing mark; an id keeps its blanks, which its reading takes away and counts."""
    cell = f"c{place}"
    printed = f"r{place}" if padded and _is_id(name, source, table) else cell
    if is_plain_text(name, table):
        return f"NULLIF({cell}, '')" if printed == cell else f"CASE WHEN {cell} <> '' THEN {printed} END"
    present = " AND ".join(f"{cell} <> {literal(mark)}" for mark in missing_marks(name, source, table))
    return f"CASE WHEN {present} THEN {printed} END"  # half the time of NOT IN


def _is_id(name: str, source: Source, table: CanonicalTable) -> bool:
    column = table.columns.get(name)
    return name in source.pad or (column is not None and column.code in IDS)


def is_plain_text(name: str, table: CanonicalTable) -> bool:
    """Whether any text but a blank is a value (a firm may be named NA)."""
    column = table.columns.get(name)
    return column is not None and column.dtype == "text" and not column.code and not column.categories and name not in table.key


def _scope_reason_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    width, positions = len(sheet.cells.labels), sheet.header.positions
    others_blank = " AND ".join(f"c{place} = ''" for place in range(width - 1, 0, -1)) or "true"
    cases = [f"WHEN {others_blank} AND c0 = '' THEN '{BLANK}'"]
    labels = {place: sheet.cells.labels[place] for place in positions.values() if sheet.cells.labels[place]}
    if len(labels) > 1:
        repeated = " AND ".join(f"c{place} = {literal(label)}" for place, label in labels.items())
        cases.append(f"WHEN {repeated} THEN '{HEADER}'")
    totals = ", ".join(literal(total) for total in source.totals)
    for name, place in positions.items():
        column = table.columns.get(name)
        if totals and column and column.dtype == "text" and (name in table.key or column.code):
            cases.append(
                f"WHEN c{place} IN ({totals}) OR regexp_replace(c{place}, '[\\s\u3000]', '', 'g') IN ({totals}) THEN '{TOTAL}'"
            )
    return f"CASE {' '.join(cases)} END"
