"""Sheets of cells -> one table of canonical text columns per source, rows that are no data put aside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable, Column
from ...engines import Engine, literal, quoted
from ...study.records import Source
from ..read.sheet_cells import BLANKS, SheetCells
from ..read.typed_cells_text import CENTS, STORED_KINDS, number_text_sql
from ..records.scope_reasons import BLANK_ROW, HEADER_ROW, TOTAL_ROW
from .header_rows import HeaderMap

WIDE = 200  # columns
MANY_CELLS = 10_000_000
MOST_SCANS = 32  # sheets that one query reads: planning it takes the square of their number
CHAIN = 100  # of the 1,000 levels that an expression may have
FILE_SPAN = 10**13  # rid = number of the sheet x FILE_SPAN + row; a multiple of ROW_SPAN, so rid % ROW_SPAN is the row shown


@dataclass(frozen=True)
class Sheet:
    """Cells with their header understood, the number of the file in this run, and the source that reads them."""

    sheet_number: int
    cells: SheetCells
    header: HeaderMap
    source_id: str


def text_table(sheets: Sequence[Sheet], source: Source, table: CanonicalTable, engine: Engine) -> str:
    """One trimmed text column per canonical column, NULL where missing, with `rid` and what is known of the row.

    `aside` (NULL, blank, header, note or total), `lead` and `filled` (the first text and the number of filled cells of a row
    without any value: it may be a note), `marks` (the columns where a declared mark stands for something missing).
    """
    numbers = stored_numbers(sheets, source, table)
    sheet_queries = [f"({_sheet_sql(sheet, source, table, numbers)})" for sheet in sheets]
    if len(sheets) <= MOST_SCANS and all(sheet.cells.typed for sheet in sheets):
        return engine.view(_stacked_sql(sheet_queries))
    parts: list[str] = []
    while len(sheet_queries) > MOST_SCANS:
        groups = [sheet_queries[start : start + MOST_SCANS] for start in range(0, len(sheet_queries), MOST_SCANS)]
        tables = [engine.query(_stacked_sql(group)) for group in groups]
        sheet_queries, parts = [f"SELECT * FROM {table}" for table in tables], [*parts, *tables]
    cell_count = sum(sheet.cells.rows * len(sheet.cells.labels) for sheet in sheets)
    all_rows = held_rows(_stacked_sql(sheet_queries), cell_count, engine)
    engine.drop(parts)
    return all_rows


def held_rows(query: str, cell_count: int, engine: Engine, constants: Mapping[str, str] | None = None) -> str:
    """The name of a relation that holds the result: a table, or of many cells a file, which takes no memory.

    `constants`: columns that have the same text in every row.
    """
    return engine.query(query) if cell_count < MANY_CELLS else engine.store(query, engine.new_name(), constants=constants)


def _stacked_sql(queries: Sequence[str]) -> str:
    return " UNION ALL BY NAME ".join(queries)


def stored_numbers(sheets: Sequence[Sheet], source: Source, table: CanonicalTable) -> dict[str, str]:
    """Number column -> how every sheet of the source stores it (double, integer or decimal); only where its text says no more.

    A column is read as text where the study gives some numbers a meaning of their own, or carries cells down.
    """
    kinds: dict[str, set[str]] = {}
    for sheet in sheets:
        for name, place in sheet.header.positions.items():
            typed = sheet.cells.typed
            kinds.setdefault(name, set()).add(typed.numbers.get(place, "") if typed else "")
    kinds = {name: _joint_kinds(kinds_of_name) for name, kinds_of_name in kinds.items()}
    if source.fill_down or source.decimal != "." or not all(sheet.cells.typed for sheet in sheets):
        return {}
    return {
        name: kind
        for name, (kind, *others) in ((name, sorted(kinds_of_name)) for name, kinds_of_name in kinds.items())
        if kind and not others and takes_stored_numbers(name, source, table)
    }


def _joint_kinds(kinds: set[str]) -> set[str]:
    """The kinds of a column in several sheets, without those whose numbers the others can hold too."""
    joint_kinds = {STORED_KINDS.get(kind, kind) for kind in kinds}
    if "double" in joint_kinds:
        return joint_kinds - {CENTS}
    return joint_kinds - {"integer"} if CENTS in joint_kinds else joint_kinds


def takes_stored_numbers(name: str, source: Source, table: CanonicalTable) -> bool:
    """Whether the numbers of a column mean themselves: the study gives none of them a meaning of its own."""
    column = table.columns.get(name)
    return (
        column is not None
        and column.dtype in ("number", "integer")
        and name not in {*source.values, *source.constants}
        and not any(map(_may_be_number, missing_marks(name, source, table)))
    )


def fine_numbers(sheets: Sequence[Sheet]) -> frozenset[str]:
    """The columns of stored numbers most of which have more than two decimals: it takes their text to read them exactly."""
    return frozenset(
        name
        for sheet in sheets
        for name, place in sheet.header.positions.items()
        if sheet.cells.typed and place in sheet.cells.typed.fine_places
    )


def short_numbers(sheets: Sequence[Sheet]) -> frozenset[str]:
    """The columns of stored numbers with decimals of which no sheet holds a large one: narrower ones take half the time.

    Where all sheets hold cents these are short as well, as cents are told from other doubles below a limit.
    """
    is_short: dict[str, list[bool]] = {}
    is_cents: dict[str, list[bool]] = {}
    for sheet in sheets:
        for name, place in sheet.header.positions.items():
            typed = sheet.cells.typed
            is_short.setdefault(name, []).append(typed is not None and place in typed.short_places)
            is_cents.setdefault(name, []).append(typed is not None and STORED_KINDS.get(typed.numbers.get(place, "")) == CENTS)
    return frozenset(name for name in is_short if all(is_short[name]) or all(is_cents[name]))


def stored_number(name: str) -> str:
    """What the column of stored numbers is called beside the column of their texts."""
    return f"stored {name}"


def _may_be_number(mark: str) -> bool:
    return any(character.isdigit() for character in mark) or "inf" in mark.lower()


IDS = ("firm", "uscc", "hs6", "area")
MARK_SEPARATOR, MARK_TERMINATOR = "\x1f", "\x1e"
ROW_FACTS = ("aside", "lead", "filled", "marks")


class SheetSql:
    """SQL of the cells of a sheet: of a number that is stored as one, text is made only where text is asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self.typed = sheet.cells.typed
        self.numbers = self.typed.numbers if self.typed else {}
        self.column_count = len(sheet.cells.labels)
        self.text_places = [place for place in range(self.column_count) if place not in self.numbers]

    def cell(self, place: int) -> str:
        """The text of a cell, '' where it is empty."""
        return number_text_sql(f"n{place}", self.numbers[place]) if place in self.numbers else f"c{place}"

    def is_blank(self, place: int) -> str:
        """Whether a cell is empty."""
        if self.typed and place in self.typed.complete_places:
            return "false"
        return f"n{place} IS NULL" if place in self.numbers else f"c{place} = ''"

    def rows(self, sheet: Sheet, id_places: Sequence[int]) -> str:
        """The rows by `rid` with trimmed texts; as r0, r1 ... the ids as they are printed.

        A condition on a row id is tested before texts are made, as the id is made here and not beside or above them.
        """
        cells = sheet.cells
        rid = f"{sheet.sheet_number * FILE_SPAN} + row AS rid"
        if not cells.has_padding:
            return f"SELECT {rid}, * FROM {quoted(self.typed.table if self.typed else cells.table)}"
        trimmed = [f"{_trim_sql(f'c{place}', is_wide=self.column_count > WIDE)} AS c{place}" for place in self.text_places]
        stored = [f"n{place}" for place in self.numbers]
        printed = [f"{f'c{place}' if place in self.text_places else self.cell(place)} AS r{place}" for place in id_places]
        table = self.typed.table if self.typed else cells.table
        return f"SELECT {', '.join([rid, *trimmed, *stored, *printed])} FROM {quoted(table)}"


def _sheet_sql(sheet: Sheet, source: Source, table: CanonicalTable, numbers: Mapping[str, str]) -> str:
    positions, sheet_sql = sheet.header.positions, SheetSql(sheet)
    id_places = [place for name, place in positions.items() if sheet.cells.has_padding and _is_id(name, source, table)]
    columns = {
        name: f"NULLIF({sheet_sql.cell(place)}, '')"  # of a stored number no mark can be the text
        if name in numbers
        else _cell_sql(name, sheet_sql.cell(place), f"r{place}" if place in id_places else "", source, table)
        for name, place in positions.items()
    }
    cells = ", ".join(f"{sql} AS {quoted(_read_cell(name))}" for name, sql in columns.items())
    values = {name: quoted(_read_cell(name)) for name in columns}
    values |= {name: literal(constant) for name, constant in source.constants.items() if name in table.columns}
    values |= {stored_number(name): f"n{positions[name]}" for name in numbers if name in positions}
    select_list = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in values.items())
    row_facts = [
        f"{_scope_reason_sql(sheet, sheet_sql, source, table)} AS aside",
        *_lead_sql(sheet_sql, value_column_indices(positions, table)),
        f"{_missing_marks_sql(positions, sheet_sql, table, numbers)} AS marks",
    ]
    rows = f"SELECT *, {cells} FROM ({sheet_sql.rows(sheet, id_places)})" if cells else sheet_sql.rows(sheet, id_places)
    return f"SELECT rid, {', '.join(row_facts)}, {select_list} FROM ({rows})"


def _read_cell(name: str) -> str:
    """What a column's cell is called once it is read, beside those of the sheet."""
    return f"read {name}"


def value_column_indices(column_indices: Mapping[str, int], table: CanonicalTable) -> list[int]:
    """The columns of values: the number and flag columns outside the key, else the columns outside it, else all but the first."""
    non_key = {column_name: column_index for column_name, column_index in column_indices.items() if column_name not in table.key}
    number_columns = [
        column_index for column_name, column_index in non_key.items() if _is_measured(table.columns.get(column_name))
    ]
    if number_columns:
        return number_columns
    first_index = min(column_indices.values(), default=0)
    return [column_index for column_index in non_key.values() if column_index != first_index]


def _is_measured(column: Column | None) -> bool:
    return column is not None and column.dtype in ("number", "integer", "flag")


def _lead_sql(sheet_sql: SheetSql, values: Sequence[int]) -> list[str]:
    """`lead` and `filled` of rows without a value; of rows with one filled cell where the table has no values."""
    all_places = range(sheet_sql.column_count)
    places = [place for place in all_places if place not in values] or all_places  # cells of values are empty in such rows
    filled_count_sql = _chained_sql(" + ", [f"CAST(NOT ({sheet_sql.is_blank(place)}) AS INTEGER)" for place in places])
    no_values_sql = " AND ".join(sheet_sql.is_blank(place) for place in values) or f"({filled_count_sql}) = 1"
    cell_list = ", ".join(f"NULLIF({sheet_sql.cell(place)}, '')" for place in places)
    first_cell = f"coalesce({cell_list})"
    return [
        f"CASE WHEN {no_values_sql} THEN {first_cell} END AS lead",
        f"CASE WHEN {no_values_sql} THEN {filled_count_sql} END AS filled",
    ]


def _chained_sql(operator: str, terms: Sequence[str]) -> str:
    """The terms joined in brackets of CHAIN each: the engine's parser nests every one of them in the ones before."""
    while len(terms) > CHAIN:
        terms = [f"({operator.join(terms[start : start + CHAIN])})" for start in range(0, len(terms), CHAIN)]
    return operator.join(terms)


def _missing_marks_sql(
    positions: Mapping[str, int], sheet_sql: SheetSql, table: CanonicalTable, numbers: Mapping[str, str]
) -> str:
    """Each column in which a mark was read as missing, and the mark: a cell with a text that is NULL once it is read."""
    marked_by_column = {
        name: f"{quoted(_read_cell(name))} IS NULL AND {sheet_sql.cell(place)} <> ''"
        for name, place in positions.items()
        if not is_plain_text(name, table) and name not in numbers
    }
    if not marked_by_column:
        return "''"
    mark_by_column = {
        name: f"{literal(name + MARK_SEPARATOR)} || {sheet_sql.cell(positions[name])} || '{MARK_TERMINATOR}'"
        for name in marked_by_column
    }
    marked_texts = [
        f"CASE WHEN {is_marked} THEN {mark_by_column[name]} ELSE '' END" for name, is_marked in marked_by_column.items()
    ]
    any_marked = " OR ".join(f"({is_marked})" for is_marked in marked_by_column.values())
    return f"CASE WHEN {any_marked} THEN {_chained_sql(' || ', marked_texts)} ELSE '' END"  # few rows have any


def missing_marks(column_name: str, source: Source, table: CanonicalTable) -> tuple[str, ...]:
    """The texts that mean missing in a column; NA is a code of units (Namibia) where the study does not declare it."""
    marks = tuple(dict.fromkeys(("", *source.missing)))
    column = table.columns.get(column_name)
    is_unit_code = column_name in table.key and column is not None and column.dtype == "text" and column.code != "firm"
    is_declared = "missing" in source.model_fields_set
    return tuple(missing_mark for missing_mark in marks if missing_mark != "NA") if is_unit_code and not is_declared else marks


def _trim_sql(cell: str, *, is_wide: bool) -> str:
    """The cell without blanks around it; looking for a blank first is sixteen times cheaper than trimming every cell.

    Of a table with very many columns it is the plan that costs: there every cell is trimmed.
    """
    if is_wide:
        return f"trim({cell}, {literal(BLANKS)})"
    return f"CASE WHEN {_has_blank(cell)} THEN trim({cell}, {literal(BLANKS)}) ELSE {cell} END"


def _has_blank(cell: str) -> str:
    return "(" + " OR ".join(f"contains({cell}, {literal(blank_character)})" for blank_character in BLANKS) + ")"


def _cell_sql(name: str, cell: str, id_cell: str, source: Source, table: CanonicalTable) -> str:
    """The cell, NULL where it is blank or a missing mark; an id, as printed, keeps the blanks that its reading counts."""
    printed_cell = id_cell or cell
    if is_plain_text(name, table):
        return f"NULLIF({cell}, '')" if printed_cell == cell else f"CASE WHEN {cell} <> '' THEN {printed_cell} END"
    presence_sql = " AND ".join(f"{cell} <> {literal(missing_mark)}" for missing_mark in missing_marks(name, source, table))
    return f"CASE WHEN {presence_sql} THEN {printed_cell} END"  # half the time of NOT IN


def _is_id(column_name: str, source: Source, table: CanonicalTable) -> bool:
    column = table.columns.get(column_name)
    return column_name in source.pad or (column is not None and column.code in IDS)


def is_plain_text(column_name: str, table: CanonicalTable) -> bool:
    """Whether any text but a blank is a value (a firm may be named NA)."""
    column = table.columns.get(column_name)
    return (
        column is not None
        and column.dtype == "text"
        and not column.code
        and not column.categories
        and column_name not in table.key
    )


def _spaced_pattern(label: str) -> str:
    """A pattern of the label, with or without blanks between its characters."""
    blanks = "[\\s\u3000]*"
    return blanks + blanks.join(map(re.escape, label)) + blanks


def _unless_digit_first(cell: str, condition: str, labels: Sequence[str]) -> str:
    """The condition on a cell that can only be one of the labels; most ids begin with a digit, and are not looked at further."""
    if any(label[:1].isdigit() for label in labels):
        return condition
    return f"CASE WHEN {cell} >= '0' AND {cell} < ':' THEN false ELSE {condition} END"


def _scope_reason_sql(sheet: Sheet, sheet_sql: SheetSql, source: Source, table: CanonicalTable) -> str:
    positions = sheet.header.positions
    all_blank = " AND ".join(map(sheet_sql.is_blank, range(sheet_sql.column_count - 1, -1, -1)))
    when_clauses = [f"WHEN {all_blank} THEN '{BLANK_ROW}'"]
    labels = {place: sheet.cells.labels[place] for place in positions.values() if sheet.cells.labels[place]}
    if len(labels) > 1 and not any(place in sheet_sql.numbers and not _may_be_number(label) for place, label in labels.items()):
        repeated = " AND ".join(f"{sheet_sql.cell(place)} = {literal(label)}" for place, label in labels.items())
        when_clauses.append(f"WHEN {repeated} THEN '{HEADER_ROW}'")
    totals = "|".join(map(_spaced_pattern, source.totals))
    for name, place in positions.items():
        column = table.columns.get(name)
        if totals and column and column.dtype == "text" and (name in table.key or column.code):
            is_total = f"regexp_full_match({sheet_sql.cell(place)}, {literal(totals)})"
            when_clauses.append(f"WHEN {_unless_digit_first(sheet_sql.cell(place), is_total, source.totals)} THEN '{TOTAL_ROW}'")
    return f"CASE {' '.join(when_clauses)} END"
