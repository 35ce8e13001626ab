"""Long to wide: a table with one row per cell (key, name of the variable, value) becomes one row per key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import Column
from ...engines.duckdb import literal, quoted
from ...study.records import Reshape
from ..cells.column_reading import ParsedSource, SourceRepairs
from ..cells.typed_columns import parse_source, with_year
from ..records.intake_notice import Notice
from ..rules.duplicate_rows import duplicate_findings
from ..rules.row_rules import limits_sql
from ..rules.rule_catalogue import joined_findings, rule_findings
from .joined_sources import without_rows
from .long_names import name_readings
from .long_source import NAME, UNIT, VALUE, LongSource
from .long_values import (
    ReadValues,
    fraction_findings,
    in_one_unit,
    label_notices,
    placed_values,
    repair_queries,
    unread_values,
    value_sql,
)
from .text_columns import Sheet

UNLISTED = "unlisted"
CONTEXT = ("statement_date", "disclose_date", "statement_type", "industry_code", "industry_version")


@dataclass(frozen=True)
class LongTable:
    """A long table while it is made wide: text and typed rows by `rid`, with NAME (canonical column) and VALUE."""

    text: str
    typed: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    keys: ParsedSource
    compared: str  # the text rows with all values of a column in one unit
    repairs: tuple[str, ...]


def parse_long(sheets: Sequence[Sheet], shape: LongSource, left_out: Callable[[str], list[pd.DataFrame]]) -> ParsedSource:
    """The wide rows of a long source; a cell that does not parse, is out of range or contradicts another goes alone.

    `left_out` gives the rows (rid, stage, reason) that the study's filters on key columns leave out.
    """
    engine, key = shape.engine, shape.table.key
    long = _long_table(sheets, shape)
    out_of_scope = pd.concat([long.out_of_scope, *left_out(long.typed)], ignore_index=True)
    findings = joined_findings([long.findings, _range_findings(long, shape), _blank_key_findings(long, shape)])
    findings = findings[~findings["rid"].isin(out_of_scope["rid"])]
    kept_rows = without_rows(without_rows(long.typed, out_of_scope["rid"], engine), findings["rid"], engine)
    contradictions = duplicate_findings(kept_rows, long.compared, (*key, NAME), shape.files, engine)
    findings = joined_findings(
        [findings, contradictions.assign(column=contradictions["column"].str.replace(NAME, shape.reshape.names))]
    )
    kept_rows = without_rows(kept_rows, findings["rid"], engine)
    members = engine.query(
        f"SELECT min(rid) OVER (PARTITION BY {', '.join(map(quoted, key))}) AS rid, rid AS member FROM {kept_rows}"
    )
    text, typed = (_wide_rows(rows, members, shape) for rows in (long.text, long.typed))
    return ParsedSource(
        text, typed, findings, out_of_scope, long.notices, members, notes=long.keys.notes, repairs=(_with_queries(long),)
    )


def _with_queries(long: LongTable) -> SourceRepairs:
    return replace(long.keys.repairs[0], queries=long.repairs)


def _long_table(sheets: Sequence[Sheet], shape: LongSource) -> LongTable:
    """Keys read as in any table; names mapped to columns; values converted from the unit of their row, name or header."""
    engine, reshape, source = shape.engine, shape.reshape, shape.source
    key_rows, keys = _read_keys(sheets, shape)
    marks = ", ".join(literal(mark) for mark in source.missing)
    marked_sql = f"CASE WHEN {VALUE} NOT IN ({marks}) THEN {VALUE} END" if marks else VALUE
    cells = engine.view(f"SELECT * REPLACE ({marked_sql} AS {VALUE}) FROM {key_rows.text}")
    texts = engine.collect(f"SELECT DISTINCT {NAME} AS name FROM {cells} WHERE {NAME} IS NOT NULL ORDER BY 1")["name"]
    names = name_readings(list(texts), reshape.columns)
    placed_sheets = [with_units_in_notes(with_reshape_columns(sheet, reshape), key_rows.units_in_notes) for sheet in sheets]
    values = placed_values(cells, names, placed_sheets, shape)
    text_keys, typed_keys = (", ".join(f"{alias}.{quoted(name)}" for name in keys) for alias in "ty")
    placed = f"FROM {cells} AS t JOIN {values.placed} AS p USING (rid)"
    text = engine.query(f"SELECT t.rid, {text_keys}, p.canonical AS {NAME}, t.{VALUE} {placed}")
    no_conversions = pd.DataFrame({"canonical": [""], "text": [""], "number": [None]}, dtype="str")

    def typed_values(conversions: pd.DataFrame) -> str:
        number = value_sql(shape, [choice.shift for choice in values.units.values()], shape.exact)
        converted = f"LEFT JOIN {engine.scan(conversions)} AS c ON c.canonical = p.canonical AND c.text = t.{VALUE}"
        return engine.query(
            f"""SELECT t.rid, {typed_keys}, p.canonical AS {NAME}, {number} AS {VALUE} {placed}
            JOIN {key_rows.typed} AS y USING (rid) {converted}"""
        )

    typed = typed_values(no_conversions)
    conversions, unread = unread_values(text, typed, values, shape)
    typed = typed_values(conversions) if len(conversions) else typed
    findings = [key_rows.findings, unread, fraction_findings(text, typed, shape)]
    out_of_scope = pd.concat([key_rows.out_of_scope, key_rows.code_scope], ignore_index=True)
    unlisted = _unlisted_rows(cells, values.placed, shape)
    if reshape.drop_unlisted:
        out_of_scope = pd.concat([out_of_scope, unlisted[["rid"]].assign(reason=UNLISTED)], ignore_index=True)
    else:
        findings.append(rule_findings(unlisted, "C03"))
    notices = (*key_rows.notices, *values.notices, *label_notices(cells, values, shape))
    repairs = repair_queries(ReadValues(key_rows.text, text, typed, conversions), values, shape)
    return LongTable(
        text, typed, joined_findings(findings), out_of_scope, notices, key_rows, in_one_unit(text, values, engine), tuple(repairs)
    )


def _read_keys(sheets: Sequence[Sheet], shape: LongSource) -> tuple[ParsedSource, list[str]]:
    """The long rows with typed keys; name, value and unit still text."""
    long_columns = {NAME: Column("text", "", "变量", "variable"), VALUE: Column("text", "", "数值", "value")}
    long_columns |= {UNIT: Column("text", "", "单位", "unit")} if shape.reshape.units else {}
    columns = shape.table.columns
    keys = {name: columns[name] for name in (*shape.table.key, *CONTEXT) if name in columns}
    long_schema = replace(shape.table, columns={**keys, **long_columns})
    plain_source = shape.source.model_copy(update={"reshape": None, "units": {}, "zero_is_missing": (), "blank_is_zero": ()})
    long_sheets = [with_reshape_columns(sheet, shape.reshape) for sheet in sheets]
    parsed = parse_source(long_sheets, plain_source, long_schema, shape.exact, shape.engine, shape.location)
    key_rows = with_year(parsed, shape.engine)
    typed_columns = shape.engine.types(key_rows.typed)
    return key_rows, [name for name in keys if name in typed_columns]


def with_reshape_columns(sheet: Sheet, reshape: Reshape) -> Sheet:
    """The sheet with the columns that `reshape` names under the names they have here."""
    places = dict(sheet.header.positions)
    for part, name in ((reshape.names, NAME), (reshape.values, VALUE), (reshape.units, UNIT)):
        if part:
            places[name] = places.pop(f"reshape:{part}")
    printed = {name: sheet.header.printed[f"reshape:{reshape.values}"] for name in (VALUE,) if reshape.values}
    return replace(sheet, header=replace(sheet.header, positions=places, printed={**sheet.header.printed, **printed}))


def with_units_in_notes(sheet: Sheet, units: Mapping[int, tuple[str, ...]]) -> Sheet:
    """The sheet with the units that its notes say beside those over the column of values."""
    printed = {name: replace(one, below=units.get(sheet.number, ())) for name, one in sheet.header.printed.items()}
    return replace(sheet, header=replace(sheet.header, printed=printed))


def _unlisted_rows(cells: str, placed: str, shape: LongSource) -> pd.DataFrame:
    return shape.engine.collect(
        f"""SELECT rid, {NAME} AS "value", {literal(shape.reshape.names or "")} AS "column" FROM {cells}
        WHERE rid NOT IN (SELECT rid FROM {placed}) ORDER BY rid"""
    )


def _range_findings(long: LongTable, shape: LongSource) -> pd.DataFrame:
    findings = []
    for name, bounds in shape.limits.items():
        rows = shape.engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE} AS "value" FROM {long.typed} AS y JOIN {long.text} AS t
            USING (rid) WHERE y.{NAME} = {literal(name)} AND NOT ({limits_sql(f"y.{VALUE}", bounds)}) ORDER BY y.rid"""
        )
        findings.append(rule_findings(rows, "C02"))
    return joined_findings(findings)


def _blank_key_findings(long: LongTable, shape: LongSource) -> pd.DataFrame:
    findings = []
    for name in shape.table.key:
        is_blank = f"{quoted(name)} IS NULL ORDER BY rid"
        rows = shape.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {long.text} WHERE {is_blank}"""
        )
        findings.append(rule_findings(rows, "C04"))
    return joined_findings(findings)


def _wide_rows(rows: str, members: str, shape: LongSource) -> str:
    """One row per key from its members: its rid is the smallest of theirs."""
    key_columns = [name for name in shape.engine.types(rows) if name not in ("rid", NAME, VALUE)]
    key_values = ", ".join(f"arg_min(r.{quoted(name)}, r.rid) AS {quoted(name)}" for name in key_columns)
    cells = ", ".join(f"max(r.{VALUE}) FILTER (WHERE r.{NAME} = {literal(name)}) AS {quoted(name)}" for name in shape.columns)
    sql = f"SELECT m.rid, {key_values}, {cells} FROM {rows} AS r JOIN {members} AS m ON m.member = r.rid GROUP BY m.rid"
    return shape.engine.query(sql)
