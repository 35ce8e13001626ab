"""Sheets of cells -> one table of canonical text columns per source, rows that are no data put aside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable, Column
from ...engines import Engine, literal, quoted
from ...study.records import Source
from ..read.sheet_cells import BLANKS, SheetCells
from ..records.scope_reasons import BLANK_ROW, HEADER_ROW, TOTAL_ROW
from .header_rows import HeaderMap

WIDE = 200  # columns
CHAIN = 100  # of the 1,000 levels that an expression may have
FILE_SPAN = 10**13  # rid = number of the sheet x FILE_SPAN + row; a multiple of ROW_SPAN, so rid % ROW_SPAN is the row shown


@dataclass(frozen=True)
class Sheet:
    """Cells with their header understood, and the number of the file in this run."""

    sheet_number: int
    cells: SheetCells
    header: HeaderMap


def text_table(sheets: Sequence[Sheet], source: Source, table: CanonicalTable, engine: Engine) -> str:
    """One trimmed text column per canonical column, NULL where missing, with `rid` and what is known of the row.

    `aside` (NULL, blank, header, note or total), `lead` and `filled` (the first text and the number of filled cells of a row
    without any value: it may be a note), `marks` (the columns where a declared mark stands for something missing).
    """
    sheet_queries = [f"({_sheet_sql(sheet, source, table)})" for sheet in sheets]
    return engine.query(" UNION ALL BY NAME ".join(sheet_queries))


IDS = ("firm", "uscc", "hs6", "area")
MARK_SEPARATOR, MARK_TERMINATOR = "\x1f", "\x1e"
ROW_FACTS = ("aside", "lead", "filled", "marks")


def _sheet_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    column_indices = sheet.header.positions
    columns = {
        column_name: _cell_sql(column_name, column_index, source, table, has_padding=sheet.cells.has_padding)
        for column_name, column_index in column_indices.items()
    }
    columns |= {
        column_name: literal(constant) for column_name, constant in source.constants.items() if column_name in table.columns
    }
    select_list = ", ".join(f"{sql} AS {quoted(column_name)}" for column_name, sql in columns.items())
    column_count = len(sheet.cells.labels)
    row_facts = [
        f"{_scope_reason_sql(sheet, source, table)} AS aside",
        *_lead_sql(column_count, value_column_indices(column_indices, table)),
        f"{_missing_marks_sql(column_indices, source, table)} AS marks",
    ]
    trimmed_cells = (
        ["row", *(f"{_trim_sql(f'c{index}', is_wide=column_count > WIDE)} AS c{index}" for index in range(column_count))]
        if sheet.cells.has_padding
        else ["*"]
    )
    trimmed_cells += [
        f"c{column_index} AS r{column_index}"
        for column_name, column_index in column_indices.items()
        if sheet.cells.has_padding and _is_id(column_name, source, table)
    ]
    rid = f"{sheet.sheet_number * FILE_SPAN} + row AS rid"
    cells_sql = f"SELECT {', '.join(trimmed_cells)} FROM {quoted(sheet.cells.table)}"
    return f"SELECT {rid}, {', '.join(row_facts)}, {select_list} FROM ({cells_sql})"


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


def _lead_sql(column_count: int, value_columns: Sequence[int]) -> list[str]:
    """`lead` and `filled` of rows without a value; of rows with one filled cell where the table has no values."""
    cells = [f"c{column_index}" for column_index in range(column_count)]
    filled_count_sql = _chained_sql(" + ", [f"CAST({cell} <> '' AS INTEGER)" for cell in cells])
    no_values_sql = " AND ".join(f"c{column_index} = ''" for column_index in value_columns) or f"({filled_count_sql}) = 1"
    cell_list = ", ".join(f"NULLIF({cell}, '')" for cell in cells)
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


def _missing_marks_sql(column_indices: Mapping[str, int], source: Source, table: CanonicalTable) -> str:
    """Each column in which a mark was read as missing, and the mark."""
    marks_by_column = {
        column_name: " OR ".join(
            f"c{column_index} = {literal(mark)}" for mark in missing_marks(column_name, source, table) if mark
        )
        for column_name, column_index in column_indices.items()
        if not is_plain_text(column_name, table)
    }
    marked_texts = [
        f"CASE WHEN {column_marks} THEN {literal(column_name + MARK_SEPARATOR)} || c{column_indices[column_name]} || "
        f"'{MARK_TERMINATOR}' ELSE '' END"
        for column_name, column_marks in marks_by_column.items()
        if column_marks
    ]
    if not marked_texts:
        return "''"
    is_marked = " OR ".join(column_marks for column_marks in marks_by_column.values() if column_marks)
    return f"CASE WHEN {is_marked} THEN {_chained_sql(' || ', marked_texts)} ELSE '' END"  # few rows have any


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


def _cell_sql(column_name: str, column_index: int, source: Source, table: CanonicalTable, *, has_padding: bool) -> str:
    """The cell, NULL where it is blank or a missing mark; an id keeps its blanks, which its reading takes away and counts."""
    cell = f"c{column_index}"
    printed_cell = f"r{column_index}" if has_padding and _is_id(column_name, source, table) else cell
    if is_plain_text(column_name, table):
        return f"NULLIF({cell}, '')" if printed_cell == cell else f"CASE WHEN {cell} <> '' THEN {printed_cell} END"
    presence_sql = " AND ".join(
        f"{cell} <> {literal(missing_mark)}" for missing_mark in missing_marks(column_name, source, table)
    )
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


def _scope_reason_sql(sheet: Sheet, source: Source, table: CanonicalTable) -> str:
    column_count, column_indices = len(sheet.cells.labels), sheet.header.positions
    others_blank = " AND ".join(f"c{column_index} = ''" for column_index in range(column_count - 1, 0, -1)) or "true"
    when_clauses = [f"WHEN {others_blank} AND c0 = '' THEN '{BLANK_ROW}'"]
    labels = {
        column_index: sheet.cells.labels[column_index]
        for column_index in column_indices.values()
        if sheet.cells.labels[column_index]
    }
    if len(labels) > 1:
        repeated_header = " AND ".join(f"c{column_index} = {literal(label)}" for column_index, label in labels.items())
        when_clauses.append(f"WHEN {repeated_header} THEN '{HEADER_ROW}'")
    totals = "|".join(map(_spaced_pattern, source.totals))
    for column_name, column_index in column_indices.items():
        column = table.columns.get(column_name)
        if totals and column and column.dtype == "text" and (column_name in table.key or column.code):
            when_clauses.append(f"WHEN regexp_full_match(c{column_index}, {literal(totals)}) THEN '{TOTAL_ROW}'")
    return f"CASE {' '.join(when_clauses)} END"
