"""Text columns -> typed columns, exactly; what does not parse is a finding, never a silent NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal, quoted
from ...study.records import Source
from ..layout.note_rows import note_rows_of, units_in_notes
from ..layout.text_columns import FILE_SPAN, MARK_OF, NEXT_MARK, ROW_FACTS, Sheet, text_table
from ..read.sheet_cells import ROW_SPAN
from ..records.intake_notice import Notice
from ..records.scope_reasons import NOTE
from ..rules.rule_catalogue import joined_findings, rule_findings
from .coded_columns import coded_columns, edition_sql
from .column_reading import SQL_TYPES, ColumnReading, Exact, ParsedSource, SourceRepairs
from .column_units import column_units
from .unread_numbers import conversion_notices, diagnoses, unreadable_cells

INTEGER_LIMIT = 2**31 - 1


def parse_source(
    sheets: Sequence[Sheet], source: Source, table: CanonicalTable, exact: Exact, engine: Engine, location: str
) -> ParsedSource:
    """Typed columns of a source in canonical units; whole-number columns stay decimal until rules have judged them."""
    all_rows = text_table(sheets, source, table, engine)
    notes = note_rows_of(sheets, all_rows, table, engine)
    out_of_scope = engine.collect(f"SELECT rid, aside AS reason FROM {all_rows} WHERE aside IS NOT NULL ORDER BY rid")
    out_of_scope = pd.concat([out_of_scope, pd.DataFrame({"rid": list(notes.rids), "reason": NOTE})], ignore_index=True)
    printed = _data_rows(all_rows, notes.rids, engine)
    columns = tuple(name for name in engine.types(printed) if name in table.columns)
    text = _filled_down(printed, [name for name in source.fill_down if name in columns], engine)
    below = units_in_notes(sheets, notes, all_rows, engine)
    units, notices = column_units(sheets, source, table, columns, location, below)
    reading = ColumnReading(source, table, exact, columns, units, engine)
    coded = coded_columns(text, reading, location)
    typed = _typed_columns(text, reading, coded.tables, {})
    conversions, unreadable = diagnoses(unreadable_cells(text, typed, reading, coded.tables), reading)
    typed = _typed_columns(text, reading, coded.tables, conversions) if conversions else typed
    typed, blank_notices = _with_blanks_as_zero(typed, text, all_rows, reading, location)
    notices += [
        *coded.notices,
        *conversion_notices(conversions, location),
        *_zero_notices(text, reading, location),
        *blank_notices,
    ]
    return ParsedSource(
        text,
        typed,
        joined_findings([unreadable, coded.findings, _fraction_findings(typed, reading)]),
        out_of_scope,
        tuple(notices),
        code_scope=coded.out_of_scope,
        notes=notes.set_aside,
        units_in_notes=below,
        shifts={name: units.shifts(name) for name in units.choices},
        repairs=(SourceRepairs(all_rows, printed, text, typed, reading, coded.tables, coded.repaired, conversions),),
    )


def with_year(parsed: ParsedSource, engine: Engine) -> ParsedSource:
    """The year of the statement date where a source gives no year of its own."""
    columns = engine.types(parsed.typed)
    if "year" in columns or "statement_date" not in columns:
        return parsed
    year = "year(y.statement_date)"
    typed = engine.query(f"SELECT y.*, CAST({year} AS DECIMAL(28,8)) AS year FROM {parsed.typed} AS y")
    text = engine.query(
        f"SELECT t.*, CAST({year} AS VARCHAR) AS year FROM {parsed.text} AS t JOIN {parsed.typed} AS y USING (rid)"
    )
    return replace(parsed, text=text, typed=typed)


def _data_rows(all_rows: str, notes: Sequence[int], engine: Engine) -> str:
    """A view of the rows that are neither set aside nor notes."""
    note_rids = f" AND rid NOT IN ({', '.join(map(str, notes))})" if notes else ""
    return engine.view(f"SELECT * EXCLUDE ({', '.join(ROW_FACTS)}) FROM {all_rows} WHERE aside IS NULL{note_rids}")


def _filled_down(rows: str, columns: Sequence[str], engine: Engine) -> str:
    """The rows with blank cells of the columns taken from the nearest filled row above in the same sheet and value column."""
    if not columns:
        return rows
    window = f"OVER (PARTITION BY rid // {ROW_SPAN} ORDER BY rid)"
    filled = ", ".join(f"last_value({quoted(name)} IGNORE NULLS) {window} AS {quoted(name)}" for name in columns)
    return engine.query(f"SELECT * REPLACE ({filled}) FROM {rows}")


def _zero_notices(text: str, reading: ColumnReading, location: str) -> list[Notice]:
    notices = []
    for name in reading.source.zero_is_missing:
        if name in reading.present:
            zero = f"{reading.number(name, reading.meant(name, quoted(name)))} = 0"
            count = int(reading.engine.collect(f"SELECT count(*) AS n FROM {text} WHERE {zero}")["n"][0])
            en, zh = f"{name}: {count} zeros read as missing", f"{name}:{count} 个 0 按缺失读取"
            notices.append(Notice("C09", location, en, zh))
    return notices


def _with_blanks_as_zero(typed: str, text: str, all_rows: str, reading: ColumnReading, location: str) -> tuple[str, list[Notice]]:
    """The rows with 0 in the empty cells of columns whose blanks mean none; a word that means missing is no blank."""
    columns = [name for name in reading.source.blank_is_zero if name in reading.present]
    if not columns:
        return typed, []
    marks = f"{literal(NEXT_MARK)} || a.marks"
    blanks = {
        name: f"t.{quoted(name)} IS NULL AND NOT contains({marks}, {literal(NEXT_MARK + name + MARK_OF)})" for name in columns
    }
    rows = f"FROM {typed} AS y JOIN {text} AS t USING (rid) JOIN {all_rows} AS a USING (rid)"
    cells = ", ".join(f"CASE WHEN {blank} THEN 0 ELSE y.{quoted(name)} END AS {quoted(name)}" for name, blank in blanks.items())
    counts = ", ".join(f"count(*) FILTER (WHERE {blank})" for blank in blanks.values())
    counted = reading.engine.collect(f"SELECT {counts} {rows}").iloc[0].tolist()
    notices = [
        Notice(
            "C09",
            location,
            f"{name}: {count} blanks read as 0 (blank_is_zero)",
            f"{name}:{count} 个空单元格按 0 读取(blank_is_zero)",
        )
        for name, count in zip(columns, counted)
    ]
    return reading.engine.query(f"SELECT y.* REPLACE ({cells}) {rows}"), notices


def _typed_columns(
    text: str, reading: ColumnReading, codes_by_column: Mapping[str, str], conversions: Mapping[str, pd.DataFrame]
) -> str:
    selected, joins = ["t.rid"], []
    for place, name in enumerate(reading.present):
        cell, codes = f"t.{quoted(name)}", f"l{place}"
        if name in codes_by_column:
            edition = edition_sql(name, reading)
            joins.append(f"LEFT JOIN {codes_by_column[name]} AS {codes} ON {cell} = {codes}.text AND {edition} = {codes}.edition")
            if reading.is_numeric(name):
                looked_up = f"CASE WHEN {codes}.text IS NULL THEN {cell} ELSE {codes}.code END"
                sql = reading.number(name, looked_up, "t.rid")
            else:
                sql = f"CAST({codes}.code AS {SQL_TYPES[reading.table.columns[name].dtype]})"
        elif name in conversions:
            texts = reading.engine.scan(conversions[name])
            joins.append(f"LEFT JOIN {texts} AS {codes} ON {cell} = {codes}.text AND t.rid // {FILE_SPAN} = {codes}.sheet")
            sql = reading.number(name, f"coalesce({codes}.number, {reading.meant(name, cell)})", "t.rid")
        else:
            sql = reading.number(name, reading.meant(name, cell), "t.rid") if reading.is_numeric(name) else cell
        if name in reading.source.zero_is_missing:
            sql = f"NULLIF({sql}, 0)"
        selected.append(f"{sql} AS {quoted(name)}")
    return reading.engine.query(f"SELECT {', '.join(selected)} FROM {text} AS t {' '.join(joins)}")


def _fraction_findings(typed: str, reading: ColumnReading) -> pd.DataFrame:
    """Fractions and giants in whole-number columns: E06 for counts of patents and trademarks, else C01; C02."""
    conditions = {
        name: f"({cell} <> trunc({cell}) OR abs({cell}) > {INTEGER_LIMIT})"
        for name in reading.present
        if reading.table.columns[name].dtype == "integer" and (cell := quoted(name))
    }
    if not conditions:
        return joined_findings([])
    any_broken = ", ".join(f"coalesce(bool_or({sql}), false)" for sql in conditions.values())
    broken_columns = reading.engine.collect(f"SELECT {any_broken} FROM {typed}").iloc[0]
    findings = []
    for name in compress(conditions, broken_columns):
        cell = quoted(name)
        rows = reading.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", CAST({cell} AS VARCHAR) AS "value",
            abs({cell}) > {INTEGER_LIMIT} AS giant FROM {typed} WHERE {conditions[name]} ORDER BY rid"""
        )
        findings.append(rule_findings(rows[rows["giant"]], "C02"))
        findings.append(rule_findings(rows[~rows["giant"]], "E06" if reading.table.columns[name].unit == "件" else "C01"))
    return joined_findings(findings)
