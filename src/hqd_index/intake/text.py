"""Sheets of cells -> one table of canonical text columns per source, rows that are no data put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..canonical import CanonicalTable
from ..engines.duckdb import Engine, literal, quoted
from ..study.models import Source
from .cells import BLANK, NOTE, TOTAL, Cells
from .header import Headed
from .records import NOTE_MARKS

FILE_SPAN = 10**10  # rid = number of the file x FILE_SPAN + row
BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"


@dataclass(frozen=True)
class Sheet:
    """Cells with their header understood, and the number of the file in this run."""

    number: int
    cells: Cells
    headed: Headed


def text_table(sheets: Sequence[Sheet], source: Source, table: CanonicalTable, engine: Engine) -> str:
    """`rid`, `aside` (NULL, blank, note or total) and one trimmed text column per canonical column, NULL where missing."""
    parts = [f"({_sheet_sql(sheet, source, table)})" for sheet in sheets]
    return engine.query(" UNION ALL BY NAME ".join(parts))


def _sheet_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    columns = {name: _cell_sql(name, place, source, table) for name, place in sheet.headed.positions.items()}
    columns |= {name: literal(value) for name, value in source.constants.items() if name in table.columns}
    selected = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    aside = _aside_sql(len(sheet.cells.labels), list(sheet.headed.positions.items()), source, table)
    rid = f"{sheet.number * FILE_SPAN} + row AS rid"
    return f"SELECT {rid}, {aside} AS aside, {selected} FROM {quoted(sheet.cells.table)}"


def _cell_sql(name: str, place: int, source: Source, table: CanonicalTable) -> str:
    trimmed = f"trim(c{place}, {literal(BLANKS)})"
    if name in source.pad:
        padded = f"lpad({trimmed}, greatest({source.pad[name]}, length({trimmed})), '0')"
        trimmed = f"CASE WHEN regexp_full_match({trimmed}, '[0-9]+') THEN {padded} ELSE {trimmed} END"
    if is_plain_text(name, table):
        return f"NULLIF({trimmed}, '')"
    marks = ", ".join(literal(mark) for mark in dict.fromkeys(("", *source.missing)))
    return f"CASE WHEN {trimmed} NOT IN ({marks}) THEN {trimmed} END"


def is_plain_text(name: str, table: CanonicalTable) -> bool:
    """Whether any text but a blank is a value (a firm may be named NA)."""
    column = table.columns.get(name)
    return column is not None and column.dtype == "text" and not column.code and not column.categories and name not in table.key


def _aside_sql(width: int, positions: Sequence[tuple[str, int]], source: Source, table: CanonicalTable) -> str:
    rest = " AND ".join(f"trim(c{k}, {literal(BLANKS)}) = ''" for k in range(width - 1, 0, -1)) or "true"
    marks = " OR ".join(f"starts_with(trim(c0), {literal(mark)})" for mark in NOTE_MARKS)
    cases = [f"WHEN {rest} AND trim(c0, {literal(BLANKS)}) = '' THEN '{BLANK}'"]
    if width > 1:
        cases.append(f"WHEN {rest} AND ({marks}) THEN '{NOTE}'")
    named = [place for name, place in positions if name in table.columns and table.columns[name].dtype == "text"]
    if source.totals and named:
        totals = ", ".join(literal(total) for total in source.totals)
        keyed = [place for name, place in positions if place in named and (name in table.key or table.columns[name].code)]
        cases += [f"WHEN regexp_replace(c{place}, '\\s|\u3000', '', 'g') IN ({totals}) THEN '{TOTAL}'" for place in keyed]
    return f"CASE {' '.join(cases)} END"
