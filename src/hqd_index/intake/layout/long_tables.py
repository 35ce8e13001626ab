"""Long to wide: a table with one row per cell (key, name of the variable, value) becomes one row per key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import Column
from ...engines import literal, quoted
from ...study.records import Reshape
from ..cells.column_reading import ParsedSource, SourceRepairs
from ..cells.typed_columns import parse_source, with_year
from ..records.intake_notice import Notice
from ..rules.duplicate_rows import duplicate_findings
from ..rules.row_rules import limits_sql
from ..rules.rule_catalogue import joined_findings, rule_findings
from .long_names import name_readings
from .long_source import NAME_COLUMN, UNIT_COLUMN, VALUE_COLUMN, LongSource
from .long_values import (
    CONVERSION_COLUMNS,
    LongReading,
    conversion_join,
    fraction_findings,
    label_notices,
    placed_values,
    repair_queries,
    rows_in_one_unit,
    unread_values,
    value_sql,
)
from .note_rows import UnitsInNotes
from .row_ids import without_rows
from .text_columns import Sheet

UNLISTED_REASON = "unlisted"
CONTEXT = ("statement_date", "disclose_date", "statement_type", "industry_code", "industry_version")


@dataclass(frozen=True)
class LongTable:
    """A long table while it is made wide: text and typed rows by `rid`, with NAME (canonical column) and VALUE."""

    text_rows: str
    typed_rows: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    keys: ParsedSource
    comparable_rows: str  # the text rows with all values of a column in one unit
    repairs: tuple[str, ...]


def parse_long(
    sheets: Sequence[Sheet], long_source: LongSource, unlisted_findings: Callable[[str], list[pd.DataFrame]]
) -> ParsedSource:
    """The wide rows of a long source; a cell that does not parse, is out of range or contradicts another goes alone.

    `unlisted_findings` gives the rows (rid, stage, reason) that the study's filters on key columns leave out.
    """
    engine, key = long_source.engine, long_source.table.key
    long_table = _long_table(sheets, long_source)
    out_of_scope = pd.concat([long_table.out_of_scope, *unlisted_findings(long_table.typed_rows)], ignore_index=True)
    findings = joined_findings(
        [long_table.findings, _range_findings(long_table, long_source), _blank_key_findings(long_table, long_source)]
    )
    findings = findings[~findings["rid"].isin(out_of_scope["rid"])]
    kept_rows = without_rows(without_rows(long_table.typed_rows, out_of_scope["rid"], engine), findings["rid"], engine)
    contradictions = duplicate_findings(kept_rows, long_table.comparable_rows, (*key, NAME_COLUMN), long_source.files, engine)
    findings = joined_findings(
        [findings, contradictions.assign(column=contradictions["column"].str.replace(NAME_COLUMN, long_source.reshape.names))]
    )
    kept_rows = without_rows(kept_rows, findings["rid"], engine)
    members = engine.query(
        f"SELECT min(rid) OVER (PARTITION BY {', '.join(map(quoted, key))}) AS rid, rid AS member, "
        f'{NAME_COLUMN} AS "column" FROM {kept_rows}'
    )
    text_rows, typed_rows = (
        _rows_to_columns(row_table, members, long_source) for row_table in (long_table.text_rows, long_table.typed_rows)
    )
    return ParsedSource(
        text_rows,
        typed_rows,
        findings,
        out_of_scope,
        long_table.notices,
        members,
        notes=long_table.keys.notes,
        repairs=(_with_queries(long_table),),
    )


def _with_queries(long_table: LongTable) -> SourceRepairs:
    return replace(long_table.keys.repairs[0], queries=long_table.repairs)


def _long_table(sheets: Sequence[Sheet], long_source: LongSource) -> LongTable:
    """Keys read as in any table; names mapped to columns; values converted from the unit of their row, name or header."""
    engine, reshape, source = long_source.engine, long_source.reshape, long_source.source
    key_rows, keys = _read_keys(sheets, long_source)
    marks = ", ".join(literal(missing_mark) for missing_mark in source.missing)
    marked_sql = f"CASE WHEN {VALUE_COLUMN} NOT IN ({marks}) THEN {VALUE_COLUMN} END" if marks else VALUE_COLUMN
    cells = engine.view(f"SELECT * REPLACE ({marked_sql} AS {VALUE_COLUMN}) FROM {key_rows.text_rows}")
    printed_names = engine.collect(
        f"SELECT DISTINCT {NAME_COLUMN} AS name FROM {cells} WHERE {NAME_COLUMN} IS NOT NULL ORDER BY 1"
    )["name"]
    names = name_readings(list(printed_names), reshape.columns)
    placed_sheets = [with_units_in_notes(with_reshape_columns(sheet, reshape), key_rows.units_in_notes) for sheet in sheets]
    values = placed_values(cells, names, placed_sheets, long_source)
    text_keys, typed_keys = (", ".join(f"{table_alias}.{quoted(key_column)}" for key_column in keys) for table_alias in "ty")
    joined_sql = f"FROM {cells} AS t JOIN {values.placed_names} AS p USING (rid)"
    text_rows = engine.query(f"SELECT t.rid, {text_keys}, p.canonical AS {NAME_COLUMN}, t.{VALUE_COLUMN} {joined_sql}")
    no_conversions = pd.DataFrame([("", "", -1, "", -1, None)], columns=CONVERSION_COLUMNS)

    def typed_values(conversions: pd.DataFrame) -> str:
        number_sql = value_sql(long_source, [choice.power_of_ten for choice in values.units.values()], long_source.number_type)
        return engine.query(
            f"""SELECT t.rid, {typed_keys}, p.canonical AS {NAME_COLUMN}, {number_sql} AS {VALUE_COLUMN} {joined_sql}
            JOIN {key_rows.typed_rows} AS y USING (rid) LEFT JOIN {conversion_join(engine.scan(conversions))}"""
        )

    typed_rows = typed_values(no_conversions)
    conversions, unread_findings = unread_values(text_rows, typed_rows, values, long_source)
    typed_rows = typed_values(conversions) if len(conversions) else typed_rows
    findings = [key_rows.findings, unread_findings, fraction_findings(text_rows, typed_rows, long_source)]
    out_of_scope = pd.concat([key_rows.out_of_scope, key_rows.code_scope], ignore_index=True)
    unlisted_rows = _unlisted_rows(cells, values.placed_names, long_source)
    if reshape.drop_unlisted:
        out_of_scope = pd.concat([out_of_scope, unlisted_rows[["rid"]].assign(reason=UNLISTED_REASON)], ignore_index=True)
    else:
        findings.append(rule_findings(unlisted_rows, "C03"))
    notices = (*key_rows.notices, *values.notices, *label_notices(cells, values, long_source))
    repairs = repair_queries(LongReading(key_rows.text_rows, text_rows, typed_rows, conversions), values, long_source)
    return LongTable(
        text_rows,
        typed_rows,
        joined_findings(findings),
        out_of_scope,
        notices,
        key_rows,
        rows_in_one_unit(text_rows, values, engine),
        tuple(repairs),
    )


def _read_keys(sheets: Sequence[Sheet], long_source: LongSource) -> tuple[ParsedSource, list[str]]:
    """The long rows with typed keys; name, value and unit still text."""
    long_columns = {NAME_COLUMN: Column("text", "", "变量", "variable"), VALUE_COLUMN: Column("text", "", "数值", "value")}
    long_columns |= {UNIT_COLUMN: Column("text", "", "单位", "unit")} if long_source.reshape.units else {}
    columns = long_source.table.columns
    keys = {column_name: columns[column_name] for column_name in (*long_source.table.key, *CONTEXT) if column_name in columns}
    long_schema = replace(long_source.table, columns={**keys, **long_columns})
    key_source = long_source.source.model_copy(update={"reshape": None, "units": {}, "zero_is_missing": (), "blank_is_zero": ()})
    long_sheets = [with_reshape_columns(sheet, long_source.reshape) for sheet in sheets]
    parsed_source = parse_source(
        long_sheets, key_source, long_schema, long_source.number_type, long_source.engine, long_source.location
    )
    key_rows = with_year(parsed_source, long_source.engine)
    typed_columns = long_source.engine.types(key_rows.typed_rows)
    return key_rows, [column_name for column_name in keys if column_name in typed_columns]


def with_reshape_columns(sheet: Sheet, reshape: Reshape) -> Sheet:
    """The sheet with the columns that `reshape` names under the names they have here."""
    column_indices = dict(sheet.header.positions)
    for reshape_label, column_name in (
        (reshape.names, NAME_COLUMN),
        (reshape.values, VALUE_COLUMN),
        (reshape.units, UNIT_COLUMN),
    ):
        if reshape_label:
            column_indices[column_name] = column_indices.pop(f"reshape:{reshape_label}")
    printed_units = {
        column_name: sheet.header.printed_units[f"reshape:{reshape.values}"] for column_name in (VALUE_COLUMN,) if reshape.values
    }
    return replace(
        sheet,
        header=replace(sheet.header, positions=column_indices, printed_units={**sheet.header.printed_units, **printed_units}),
    )


def with_units_in_notes(sheet: Sheet, units: Mapping[int, UnitsInNotes]) -> Sheet:
    """The sheet with the units that its notes say beside those over the column of values."""
    notes = units.get(sheet.sheet_number, UnitsInNotes())
    units_by_column = {
        column_name: replace(printed_units, below=notes.below, between=notes.between)
        for column_name, printed_units in sheet.header.printed_units.items()
    }
    return replace(sheet, header=replace(sheet.header, printed_units=units_by_column))


def _unlisted_rows(cell_table: str, placed_names: str, long_source: LongSource) -> pd.DataFrame:
    return long_source.engine.collect(
        f"""SELECT rid, {NAME_COLUMN} AS "value", {literal(long_source.reshape.names or "")} AS "column" FROM {cell_table}
        WHERE rid NOT IN (SELECT rid FROM {placed_names}) ORDER BY rid"""
    )


def _range_findings(long_table: LongTable, long_source: LongSource) -> pd.DataFrame:
    findings = []
    for name, bounds in long_source.limits.items():
        cell_rows = long_source.engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE_COLUMN} AS "value" FROM {long_table.typed_rows} AS y
                JOIN {long_table.text_rows} AS t
            USING (rid) WHERE y.{NAME_COLUMN} = {literal(name)} AND NOT ({limits_sql(f"y.{VALUE_COLUMN}", bounds)})
            ORDER BY y.rid"""
        )
        findings.append(rule_findings(cell_rows, "C02"))
    return joined_findings(findings)


def _blank_key_findings(long_table: LongTable, long_source: LongSource) -> pd.DataFrame:
    findings = []
    for name in long_source.table.key:
        is_blank = f"{quoted(name)} IS NULL ORDER BY rid"
        cell_rows = long_source.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {long_table.text_rows} WHERE {is_blank}"""
        )
        findings.append(rule_findings(cell_rows, "C04"))
    return joined_findings(findings)


def _rows_to_columns(long_rows: str, members: str, long_source: LongSource) -> str:
    """One row per key from its members: its rid is the smallest of theirs."""
    key_columns = [
        column_name
        for column_name in long_source.engine.types(long_rows)
        if column_name not in ("rid", NAME_COLUMN, VALUE_COLUMN)
    ]
    key_values = ", ".join(f"arg_min(r.{quoted(column_name)}, r.rid) AS {quoted(column_name)}" for column_name in key_columns)
    cells = ", ".join(
        f"max(r.{VALUE_COLUMN}) FILTER (WHERE r.{NAME_COLUMN} = {literal(column_name)}) AS {quoted(column_name)}"
        for column_name in long_source.columns
    )
    sql = f"SELECT m.rid, {key_values}, {cells} FROM {long_rows} AS r JOIN {members} AS m ON m.member = r.rid GROUP BY m.rid"
    return long_source.engine.query(sql)
