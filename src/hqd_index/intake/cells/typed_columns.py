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
    every = text_table(sheets, source, table, engine)
    aside = engine.collect(f"SELECT rid, aside AS reason FROM {every} WHERE aside IS NOT NULL ORDER BY rid")
    text = engine.view(f"SELECT * EXCLUDE (aside) FROM {every} WHERE aside IS NULL")
    present = tuple(name for name in engine.types(text) if name in table.columns)
    units, told = source_units(sheets, source, table, present, where)
    shifts = {name: _exponent_to_canonical(name, unit, table, where) for name, unit in units.items()}
    reading = ColumnReading(source, table, exact, present, units, shifts, engine)
    coded, unknown = coded_columns(text, reading)
    typed = _typed_columns(text, reading, coded, {})
    fixes, bad = _diagnoses(_unreadable_cells(text, typed, reading), reading)
    typed = _typed_columns(text, reading, coded, fixes) if fixes else typed
    told += [*_conversion_notices(fixes, where), *_zero_notices(text, reading, where)]
    return ParsedSource(text, typed, joined_findings([bad, unknown, _fraction_findings(typed, reading)]), aside, tuple(told))


def source_units(
    sheets: Sequence[Sheet], source: Source, table: CanonicalTable, present: Sequence[str], where: str
) -> tuple[dict[str, str], list[Notice]]:
    """Column -> unit its numbers are printed in: the study's word, else the header's bracket, else the canonical unit."""
    units, told = {}, []
    for name in present:
        column = table.columns[name]
        if column.dtype not in ("number", "integer"):
            continue
        printed = next((sheet.header.units[name] for sheet in sheets if name in sheet.header.units), None)
        declared = source.units.get(name)
        if printed is not None and exponent(printed, column.unit) is None:
            printed = None
        if printed and declared and exponent(printed, declared) != 0:
            told.append(_unit_conflict(name, printed, declared, where))
        units[name] = declared or printed or column.unit
    return units, told


def _exponent_to_canonical(name: str, unit: str, table: CanonicalTable, where: str) -> int:
    shift = exponent(unit, table.columns[name].unit)
    if shift is None:
        raise ConfigError(
            f"{name}: no conversion from {unit!r} to {table.columns[name].unit!r}; write a unit that differs by a power of ten",
            zh=f"{name}:无法从 {unit!r} 换算到 {table.columns[name].unit!r};请写只差 10 的幂的单位",
            where=f"{where}.units",
        )
    return shift


def _unit_conflict(name: str, printed: str, declared: str, where: str) -> Notice:
    return Notice(
        "W04",
        where,
        f"{name}: the header says {printed}, sources.yaml says {declared}; {declared} is used",
        f"{name}:表头写 {printed},sources.yaml 写 {declared};按 {declared} 读取",
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
    filled, read = (reading.engine.collect(f"SELECT {counts} FROM {rows}").iloc[0] for rows in (text, typed))
    return [name for name, cells, numbers in zip(names, filled, read) if numbers < cells]


def _diagnoses(cells: pd.DataFrame, reading: ColumnReading) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """(column -> text and value of the cells that config allows to convert; findings of the others)."""
    fixes: dict[str, list[tuple[str, str]]] = {}
    parts = []
    allowed = {"separators": reading.source.parse_separators, "units": reading.source.parse_units}
    for (name, text), rows in cells.groupby(["column", "value"], sort=True):
        found = diagnose(str(text), reading.units[str(name)])
        if found.proposed and allowed.get(found.conversion):
            fixes.setdefault(str(name), []).append((str(text), found.proposed))
        else:
            parts.append(
                rule_findings(rows, found.rule, expected=expected_text(found.rule, found.proposed, reading.units[str(name)]))
            )
    return {name: pd.DataFrame(pairs, columns=["text", "number"]) for name, pairs in fixes.items()}, joined_findings(parts)


def _conversion_notices(fixes: Mapping[str, pd.DataFrame], where: str) -> list[Notice]:
    """The texts that config let the program convert, listed."""
    pairs = [f"{name} {row.text!r} -> {row.number}" for name, rows in sorted(fixes.items()) for row in rows.itertuples()]
    if not pairs:
        return []
    listed = "; ".join(pairs[:20]) + (" ..." if len(pairs) > 20 else "")
    return [Notice("C08", where, f"{len(pairs)} kinds of cells converted: {listed}", f"已换算 {len(pairs)} 种单元格:{listed}")]


def _zero_notices(text: str, reading: ColumnReading, where: str) -> list[Notice]:
    told = []
    for name in reading.source.zero_is_missing:
        if name in reading.present:
            zero = f"{reading.number(name, quoted(name))} = 0"
            count = int(reading.engine.collect(f"SELECT count(*) AS n FROM {text} WHERE {zero}")["n"][0])
            en, zh = f"{name}: {count} zeros read as missing", f"{name}:{count} 个 0 按缺失读取"
            told.append(Notice("C09", where, en, zh))
    return told


def _typed_columns(text: str, reading: ColumnReading, coded: Mapping[str, str], fixes: Mapping[str, pd.DataFrame]) -> str:
    selected, joins = ["t.rid"], []
    for place, name in enumerate(reading.present):
        cell, other = f"t.{quoted(name)}", f"l{place}"
        if name in coded:
            edition = edition_sql(name, reading)
            joins.append(f"LEFT JOIN {coded[name]} AS {other} ON {cell} = {other}.text AND {edition} = {other}.edition")
            sql = f"CAST({other}.code AS {SQL_TYPES[reading.table.columns[name].dtype]})"
        elif name in fixes:
            joins.append(f"LEFT JOIN {reading.engine.scan(fixes[name])} AS {other} ON {cell} = {other}.text")
            sql = reading.number(name, f"coalesce({other}.number, {cell})")
        else:
            sql = reading.number(name, cell) if reading.is_numeric(name) else cell
        if name in reading.source.zero_is_missing:
            sql = f"NULLIF({sql}, 0)"
        selected.append(f"{sql} AS {quoted(name)}")
    return reading.engine.query(f"SELECT {', '.join(selected)} FROM {text} AS t {' '.join(joins)}")


def _fraction_findings(typed: str, reading: ColumnReading) -> pd.DataFrame:
    """Fractions and giants in whole-number columns: E06 for counts of patents and trademarks, else C01; C02."""
    wrong = {
        name: f"({cell} <> trunc({cell}) OR abs({cell}) > {INTEGER_LIMIT})"
        for name in reading.present
        if reading.table.columns[name].dtype == "integer" and (cell := quoted(name))
    }
    if not wrong:
        return joined_findings([])
    any_wrong = ", ".join(f"coalesce(bool_or({sql}), false)" for sql in wrong.values())
    found = reading.engine.collect(f"SELECT {any_wrong} FROM {typed}").iloc[0]
    parts = []
    for name in compress(wrong, found):
        cell = quoted(name)
        rows = reading.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", CAST({cell} AS VARCHAR) AS "value",
            abs({cell}) > {INTEGER_LIMIT} AS giant FROM {typed} WHERE {wrong[name]} ORDER BY rid"""
        )
        parts.append(rule_findings(rows[rows["giant"]], "C02"))
        parts.append(rule_findings(rows[~rows["giant"]], "E06" if reading.table.columns[name].unit == "件" else "C01"))
    return joined_findings(parts)
