"""Text columns -> typed columns, exactly; what does not parse is a finding, never a silent NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal, quoted
from ...errors import ConfigError
from ...study.records import Source
from ..layout.text_columns import Sheet, text_table
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .coded_columns import coded_columns, edition_sql
from .column_reading import SQL_TYPES, ColumnReading, Exact, ParsedSource
from .number_text import diagnose
from .units_of_measure import exponent

INTEGER_LIMIT = 2**31 - 1


def parse_source(
    sheets: Sequence[Sheet], source: Source, table: CanonicalTable, exact: Exact, engine: Engine, where: str
) -> ParsedSource:
    """Typed columns of a source in canonical units; whole-number columns stay decimal until rules have judged them."""
    all_rows = text_table(sheets, source, table, engine)
    aside = engine.collect(f"SELECT rid, aside AS reason FROM {all_rows} WHERE aside IS NOT NULL ORDER BY rid")
    text = engine.view(f"SELECT * EXCLUDE (aside) FROM {all_rows} WHERE aside IS NULL")
    columns = tuple(name for name in engine.types(text) if name in table.columns)
    units, notices = source_units(sheets, source, table, columns, where)
    shifts = {name: _exponent_to_canonical(name, unit, table, where) for name, unit in units.items()}
    reading = ColumnReading(source, table, exact, columns, units, shifts, engine)
    codes_by_column, unknown_texts = coded_columns(text, reading)
    typed = _typed_columns(text, reading, codes_by_column, {})
    conversions, unreadable = _diagnoses(_unreadable_cells(text, typed, reading), reading)
    typed = _typed_columns(text, reading, codes_by_column, conversions) if conversions else typed
    notices += [*_conversion_notices(conversions, where), *_zero_notices(text, reading, where)]
    return ParsedSource(
        text, typed, joined_findings([unreadable, unknown_texts, _fraction_findings(typed, reading)]), aside, tuple(notices)
    )


def source_units(
    sheets: Sequence[Sheet], source: Source, table: CanonicalTable, present: Sequence[str], where: str
) -> tuple[dict[str, str], list[Notice]]:
    """Column -> unit its numbers are printed in: the study's word, else the header's bracket, else the canonical unit."""
    units, notices = {}, []
    for name in present:
        column = table.columns[name]
        if column.dtype not in ("number", "integer"):
            continue
        printed_unit = next((sheet.header.units[name] for sheet in sheets if name in sheet.header.units), None)
        declared = source.units.get(name)
        if printed_unit is not None and exponent(printed_unit, column.unit) is None:
            printed_unit = None
        if printed_unit and declared and exponent(printed_unit, declared) != 0:
            notices.append(_unit_conflict(name, printed_unit, declared, where))
        units[name] = declared or printed_unit or column.unit
    return units, notices


def _exponent_to_canonical(name: str, unit: str, table: CanonicalTable, where: str) -> int:
    shift = exponent(unit, table.columns[name].unit)
    if shift is None:
        raise ConfigError(
            f"{name}: no conversion from {unit!r} to {table.columns[name].unit!r}; write a unit that differs by a power of ten",
            zh=f"{name}:无法从 {unit!r} 换算到 {table.columns[name].unit!r};请写只差 10 的幂的单位",
            where=f"{where}.units",
        )
    return shift


def _unit_conflict(name: str, printed_unit: str, declared: str, where: str) -> Notice:
    return Notice(
        "W04",
        where,
        f"{name}: the header says {printed_unit}, sources.yaml says {declared}; {declared} is used",
        f"{name}:表头写 {printed_unit},sources.yaml 写 {declared};按 {declared} 读取",
    )


def _unreadable_cells(text: str, typed: str, reading: ColumnReading) -> pd.DataFrame:
    """rid, column, value of the filled cells that are not plain numbers."""
    parts = []
    for name in _columns_with_unread_cells(text, typed, reading):
        cell = quoted(name)
        parts.append(
            f"""SELECT rid, {literal(name)} AS "column", {cell} AS "value" FROM {text}
            WHERE {cell} IS NOT NULL AND ({reading.number(name, cell)}) IS NULL"""
        )
    if not parts:
        return pd.DataFrame({"rid": [], "column": [], "value": []})
    return reading.engine.collect(" UNION ALL ".join(parts) + ' ORDER BY rid, "column"')


def _columns_with_unread_cells(text: str, typed: str, reading: ColumnReading) -> list[str]:
    """The columns with fewer numbers than filled cells."""
    names = list(filter(reading.is_numeric, reading.present))
    if not names:
        return []
    counts = ", ".join(f"count({quoted(name)})" for name in names)
    filled_counts, number_counts = (reading.engine.collect(f"SELECT {counts} FROM {rows}").iloc[0] for rows in (text, typed))
    return [name for name, filled_cells, numbers in zip(names, filled_counts, number_counts) if numbers < filled_cells]


def _diagnoses(cells: pd.DataFrame, reading: ColumnReading) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """(column -> text and value of the cells that config allows to convert; findings of the others)."""
    conversions: dict[str, list[tuple[str, str]]] = {}
    findings = []
    allowed_conversions = {"separators": reading.source.parse_separators, "units": reading.source.parse_units}
    for (name, text), rows in cells.groupby(["column", "value"], sort=True):
        diagnosis = diagnose(str(text), reading.units[str(name)])
        if diagnosis.proposed and allowed_conversions.get(diagnosis.conversion):
            conversions.setdefault(str(name), []).append((str(text), diagnosis.proposed))
        else:
            findings.append(
                rule_findings(
                    rows, diagnosis.rule, expected=expected_text(diagnosis.rule, diagnosis.proposed, reading.units[str(name)])
                )
            )
    return {name: pd.DataFrame(pairs, columns=["text", "number"]) for name, pairs in conversions.items()}, joined_findings(
        findings
    )


def _conversion_notices(conversions: Mapping[str, pd.DataFrame], where: str) -> list[Notice]:
    """The texts that config let the program convert, listed."""
    examples = [f"{name} {row.text!r} -> {row.number}" for name, rows in sorted(conversions.items()) for row in rows.itertuples()]
    if not examples:
        return []
    listed = "; ".join(examples[:20]) + (" ..." if len(examples) > 20 else "")
    return [
        Notice("C08", where, f"{len(examples)} kinds of cells converted: {listed}", f"已换算 {len(examples)} 种单元格:{listed}")
    ]


def _zero_notices(text: str, reading: ColumnReading, where: str) -> list[Notice]:
    notices = []
    for name in reading.source.zero_is_missing:
        if name in reading.present:
            zero = f"{reading.number(name, quoted(name))} = 0"
            count = int(reading.engine.collect(f"SELECT count(*) AS n FROM {text} WHERE {zero}")["n"][0])
            en, zh = f"{name}: {count} zeros read as missing", f"{name}:{count} 个 0 按缺失读取"
            notices.append(Notice("C09", where, en, zh))
    return notices


def _typed_columns(
    text: str, reading: ColumnReading, codes_by_column: Mapping[str, str], conversions: Mapping[str, pd.DataFrame]
) -> str:
    selected, joins = ["t.rid"], []
    for place, name in enumerate(reading.present):
        cell, codes = f"t.{quoted(name)}", f"l{place}"
        if name in codes_by_column:
            edition = edition_sql(name, reading)
            joins.append(f"LEFT JOIN {codes_by_column[name]} AS {codes} ON {cell} = {codes}.text AND {edition} = {codes}.edition")
            sql = f"CAST({codes}.code AS {SQL_TYPES[reading.table.columns[name].dtype]})"
        elif name in conversions:
            joins.append(f"LEFT JOIN {reading.engine.scan(conversions[name])} AS {codes} ON {cell} = {codes}.text")
            sql = reading.number(name, f"coalesce({codes}.number, {cell})")
        else:
            sql = reading.number(name, cell) if reading.is_numeric(name) else cell
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
