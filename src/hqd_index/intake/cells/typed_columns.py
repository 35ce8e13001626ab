"""Text columns -> typed columns, exactly; what does not parse is a finding, never a silent NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, literal, quoted
from ...study.records import Source
from ..layout.note_rows import fact_rows, note_rows_of, units_in_notes
from ..layout.row_ids import without_rows
from ..layout.sheet_texts import RowReading, SheetTexts
from ..layout.text_columns import (
    FILE_SPAN,
    MANY_CELLS,
    MARK_SEPARATOR,
    MARK_TERMINATOR,
    ROW_FACTS,
    Sheet,
    fine_numbers,
    held_rows,
    short_numbers,
    stored_number,
    stored_numbers,
    text_table,
)
from ..read.sheet_cells import ROW_SPAN
from ..records.intake_notice import Notice
from ..records.scope_reasons import NOTE_ROW
from ..rules.rule_catalogue import joined_findings
from .coded_columns import code_join_sql, coded_columns
from .column_reading import SQL_TYPES, ColumnReading, NumberType, ParsedSource, SourceRepairs
from .column_units import column_units, refuse_units_among_cells
from .doubtful_numbers import doubtful_number_findings
from .unread_numbers import conversion_notices, diagnoses, unreadable_cells

FEW_CELLS = 20_000  # up to which it is cheaper to hold them than to plan how to compute them for each of a hundred queries
FEWEST_FRACTIONS = 3  # numbers strictly between 0 and 1 from which a column of percentages is suspected to hold shares


def parse_source(
    sheets: Sequence[Sheet],
    source: Source,
    table: CanonicalTable,
    number_type: NumberType,
    engine: Engine,
    location: str,
    *,
    is_held: bool = True,
) -> ParsedSource:
    """Typed columns of a source in canonical units; whole-number columns stay decimal until rules have judged them."""
    all_rows = text_table(sheets, source, table, engine)
    row_facts = fact_rows(all_rows, table, engine)
    notes = note_rows_of(sheets, all_rows, row_facts, table, source.fill_down, engine)
    out_of_scope = engine.collect(f"SELECT rid, aside AS reason FROM {row_facts} WHERE aside IS NOT NULL ORDER BY rid")
    note_rids = pd.Series(notes.rids, dtype="int64")  # without a type an empty one makes floats of all, which lose their digits
    out_of_scope = pd.concat([out_of_scope, pd.DataFrame({"rid": note_rids, "reason": NOTE_ROW})], ignore_index=True)
    numbers = stored_numbers(sheets, source, table)
    data_rows = without_rows(all_rows, out_of_scope["rid"], engine)
    printed_rows = _without_columns(data_rows, [*ROW_FACTS, *map(stored_number, numbers)], engine)
    columns = tuple(column_name for column_name in engine.types(printed_rows) if column_name in table.columns)
    text_rows = _rows_filled_down(
        printed_rows, [column_name for column_name in source.fill_down if column_name in columns], engine
    )
    note_units = units_in_notes(sheets, notes, row_facts, engine)
    units, notices = column_units(sheets, source, table, columns, location, note_units)
    stored_rows = _without_columns(data_rows, ROW_FACTS, engine) if numbers else ""
    row_count = sum(sheet.cells.rows for sheet in sheets)
    column_reading = ColumnReading(
        source,
        table,
        number_type,
        columns,
        units,
        engine,
        numbers,
        stored_rows,
        fine_numbers(sheets),
        short_numbers(sheets),
        row_count,
        is_held,
    )
    code_columns = coded_columns(text_rows, column_reading, location)
    typed_rows = _typed_columns(text_rows, column_reading, code_columns.tables, {})
    unread_cells = unreadable_cells(text_rows, typed_rows, column_reading, code_columns.tables)
    refuse_units_among_cells(unread_cells, units, source, table, sheets)
    conversions, unreadable = diagnoses(unread_cells, column_reading)
    typed_rows = _typed_columns(text_rows, column_reading, code_columns.tables, conversions) if conversions else typed_rows
    reading = None
    if not is_held and numbers and not source.blank_is_zero:
        reading = _row_reading(text_rows, column_reading, code_columns.tables, conversions)
    typed_rows, blank_notices = _with_blanks_as_zero(typed_rows, text_rows, all_rows, column_reading, location)
    notices += [
        *code_columns.notices,
        *conversion_notices(conversions, units, location),
        *_zero_notices(text_rows, column_reading, location),
        *_fraction_notices(typed_rows, column_reading, location),
        *blank_notices,
    ]
    return ParsedSource(
        text_rows,
        typed_rows,
        joined_findings(
            [unreadable, code_columns.findings, doubtful_number_findings(text_rows, typed_rows, unread_cells, column_reading)]
        ),
        out_of_scope,
        tuple(notices),
        code_scope=code_columns.out_of_scope,
        notes=notes.excluded_rows,
        units_in_notes=note_units,
        sheet_texts=SheetTexts(sheets, source, table, reading) if numbers else None,
        shifts={column_name: units.shifts(column_name) for column_name in units.choices},
        repairs=(
            SourceRepairs(
                row_facts,
                printed_rows,
                text_rows,
                typed_rows,
                column_reading,
                code_columns.tables,
                code_columns.repaired_columns,
                conversions,
            ),
        ),
    )


def with_year(parsed_source: ParsedSource, engine: Engine) -> ParsedSource:
    """The year of the statement date where a source gives no year of its own."""
    columns = engine.types(parsed_source.typed_rows)
    if "year" in columns or "statement_date" not in columns:
        return parsed_source
    year = "year(y.statement_date)"
    typed_rows = engine.query(f"SELECT y.*, CAST({year} AS DECIMAL(28,8)) AS year FROM {parsed_source.typed_rows} AS y")
    text_rows = engine.query(
        f"SELECT t.*, CAST({year} AS VARCHAR) AS year FROM {parsed_source.text_rows} AS t JOIN "
        f"{parsed_source.typed_rows} AS y USING (rid)"
    )
    return replace(parsed_source, text_rows=text_rows, typed_rows=typed_rows, sheet_texts=None)


def _without_columns(row_table: str, columns: Sequence[str], engine: Engine) -> str:
    """A view of the other columns."""
    return engine.view(f"SELECT * EXCLUDE ({', '.join(map(quoted, columns))}) FROM {row_table}")


def _rows_filled_down(source_rows: str, columns: Sequence[str], engine: Engine) -> str:
    """The rows with blank cells of the columns taken from the nearest filled row above in the same sheet and value column."""
    if not columns:
        return source_rows
    window = f"OVER (PARTITION BY rid // {ROW_SPAN} ORDER BY rid)"
    filled_sql = ", ".join(
        f"last_value({quoted(filled_column)} IGNORE NULLS) {window} AS {quoted(filled_column)}" for filled_column in columns
    )
    return engine.query(f"SELECT * REPLACE ({filled_sql}) FROM {source_rows}")


def _zero_notices(text_rows: str, column_reading: ColumnReading, location: str) -> list[Notice]:
    notices = []
    for name in column_reading.source.zero_is_missing:
        if name in column_reading.present_columns:
            zero = f"{column_reading.number_sql(name, column_reading.meaning_sql(name, quoted(name)))} = 0"
            zero_count = int(column_reading.engine.collect(f"SELECT count(*) AS n FROM {text_rows} WHERE {zero}")["n"][0])
            en, zh = f"{name}: {zero_count} zeros read as missing", f"{name}:{zero_count} 个 0 按缺失读取"
            notices.append(Notice("C09", location, en, zh))
    return notices


def _fraction_notices(typed_rows: str, column_reading: ColumnReading, location: str) -> list[Notice]:
    """W04 for a column of percentages that prints no unit and whose numbers all lie between 0 and 1."""
    names = [
        name
        for name, choices in column_reading.units.choices.items()
        if column_reading.table.columns[name].unit == "%"
        and name not in column_reading.source.units
        and not any(choice.is_printed for choice in choices.values())
    ]
    notices = []
    for name in names:
        cell = f"CAST({quoted(name)} AS DOUBLE)"
        low, high, middle_count = column_reading.engine.collect(
            f"SELECT min({cell}), max({cell}), count(*) FILTER (WHERE {cell} NOT IN (0, 1)) FROM {typed_rows}"
        ).iloc[0]
        if middle_count >= FEWEST_FRACTIONS and low >= 0 and high <= 1:
            en = f"{name} is in %, no unit is printed, and every number lies between 0 and 1: if these are shares, write "
            zh = f"{name} 以 % 为单位,文件未印单位,而全部数值都在 0 与 1 之间:若为比例,请在数据源写 "
            mend = f"`units: {{{name}: 1}}`"
            notices.append(Notice("W04", location, en + mend, zh + mend))
    return notices


def _with_blanks_as_zero(
    typed_rows: str, text_rows: str, all_rows: str, column_reading: ColumnReading, location: str
) -> tuple[str, list[Notice]]:
    """The rows with 0 in the empty cells of columns whose blanks mean none; a word that means missing is no blank."""
    columns = [
        column_name for column_name in column_reading.source.blank_is_zero if column_name in column_reading.present_columns
    ]
    if not columns:
        return typed_rows, []
    marks = f"{literal(MARK_TERMINATOR)} || a.marks"
    blank_conditions = {
        column_name: f"t.{quoted(column_name)} IS NULL AND NOT "
        f"contains({marks}, {literal(MARK_TERMINATOR + column_name + MARK_SEPARATOR)})"
        for column_name in columns
    }
    rows = f"FROM {typed_rows} AS y JOIN {text_rows} AS t USING (rid) JOIN {all_rows} AS a USING (rid)"
    cells = ", ".join(
        f"CASE WHEN {blank_condition} THEN 0 ELSE y.{quoted(column_name)} END AS {quoted(column_name)}"
        for column_name, blank_condition in blank_conditions.items()
    )
    counts = ", ".join(f"count(*) FILTER (WHERE {blank_condition})" for blank_condition in blank_conditions.values())
    blank_counts = column_reading.engine.collect(f"SELECT {counts} {rows}").iloc[0].tolist()
    notices = [
        Notice(
            "C09",
            location,
            f"{column_name}: {blank_count} blanks read as 0 (blank_is_zero)",
            f"{column_name}:{blank_count} 个空单元格按 0 读取(blank_is_zero)",
        )
        for column_name, blank_count in zip(columns, blank_counts)
    ]
    return column_reading.engine.query(f"SELECT y.* REPLACE ({cells}) {rows}"), notices


def _cast_sql(text_sql: str, dtype: str) -> str:
    return text_sql if dtype == "text" else f"CAST({text_sql} AS {SQL_TYPES[dtype]})"


def _coded_cell_sql(column_name: str, column_reading: ColumnReading, cell: str, code_alias: str) -> str:
    """The code of a cell whose text has one, joined as `code_alias`; else the cell as it is read."""
    if column_reading.is_stored(column_name):
        code_sql = column_reading.number_sql(column_name, f"{code_alias}.code", "t.rid")
        number_sql = column_reading.stored_number_sql(column_name, f"t.{quoted(stored_number(column_name))}")
        return f"CASE WHEN {code_alias}.text IS NULL THEN {number_sql} ELSE {code_sql} END"
    code_sql = f"CASE WHEN {code_alias}.text IS NULL THEN {cell} ELSE {code_alias}.code END"
    if column_reading.is_numeric(column_name):
        return column_reading.number_sql(column_name, code_sql, "t.rid")
    return _cast_sql(code_sql, column_reading.table.columns[column_name].dtype)


def _row_reading(
    text_rows: str, column_reading: ColumnReading, codes_by_column: Mapping[str, str], conversions: Mapping[str, pd.DataFrame]
) -> RowReading:
    def read_copy(all_rows: str) -> tuple[str, str]:
        stored_columns = [stored_number(name) for name in column_reading.stored_numbers]
        printed_rows = _without_columns(all_rows, [*ROW_FACTS, *stored_columns], column_reading.engine)
        reading = replace(column_reading, stored_rows=_without_columns(all_rows, ROW_FACTS, column_reading.engine), row_count=0)
        return printed_rows, _typed_columns(printed_rows, reading, codes_by_column, conversions)

    looked_up = {*codes_by_column, *conversions}
    plain_columns = tuple(name for name in column_reading.present_columns if name not in looked_up)
    plain_rows = _typed_columns(text_rows, replace(column_reading, present_columns=plain_columns), {}, {})
    return RowReading(plain_rows, read_copy)


def _typed_columns(
    text_rows: str, column_reading: ColumnReading, codes_by_column: Mapping[str, str], conversions: Mapping[str, pd.DataFrame]
) -> str:
    select_list, join_clauses, constants = ["t.rid"], [], {}
    for column_index, name in enumerate(column_reading.present_columns):
        cell, code_alias = f"t.{quoted(name)}", f"l{column_index}"
        if name in codes_by_column:
            join_clauses.append(code_join_sql(name, column_reading, codes_by_column[name], code_alias))
            sql = _coded_cell_sql(name, column_reading, cell, code_alias)
        elif name in conversions:
            converted_cells = column_reading.engine.scan(conversions[name])
            join_clauses.append(
                f"LEFT JOIN {converted_cells} AS {code_alias} ON {cell} = {code_alias}.text AND t.rid // {FILE_SPAN} = "
                f"{code_alias}.sheet"
            )
            sql = column_reading.number_sql(
                name, f"coalesce({code_alias}.number, {column_reading.meaning_sql(name, cell)})", "t.rid"
            )
        elif column_reading.is_stored(name):
            sql = column_reading.stored_number_sql(name, f"t.{quoted(stored_number(name))}")
        elif column_reading.is_numeric(name):
            sql = column_reading.number_sql(name, column_reading.meaning_sql(name, cell), "t.rid")
        else:
            sql = _cast_sql(cell, column_reading.table.columns[name].dtype)
            if sql == cell and name in column_reading.source.constants:
                constants[name] = column_reading.source.constants[name]
        if name in column_reading.source.zero_is_missing:
            sql = f"NULLIF({sql}, 0)"
        select_list.append(f"{sql} AS {quoted(name)}")
    rows = column_reading.stored_rows or text_rows
    is_cheap = all(column_reading.is_exact(name) for name in column_reading.present_columns if column_reading.is_numeric(name))
    query = f"SELECT {', '.join(select_list)} FROM {rows} AS t {' '.join(join_clauses)}"
    cell_count = column_reading.row_count * len(select_list)
    is_view = cell_count > FEW_CELLS and (cell_count < MANY_CELLS or not column_reading.is_held)
    if is_cheap and is_view:
        return column_reading.engine.view(query)
    return held_rows(query, cell_count, column_reading.engine, constants)
