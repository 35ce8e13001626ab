"""Long to wide: a table with one row per cell (key, name of the variable, value) becomes one row per key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import CanonicalTable, Column
from ...engines.duckdb import Engine, literal, quoted
from ...study.records import Reshape, Source
from ..cells.column_reading import SQL_TYPES, Exact, ParsedSource
from ..cells.typed_columns import parse_source, with_year
from ..meaning.numbers import diagnose
from ..meaning.units import exponent
from ..records.intake_notice import Notice
from ..rules.duplicate_rows import duplicate_findings
from ..rules.row_rules import limits_sql
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .joined_sources import without_rows
from .text_columns import Sheet

UNLISTED = "unlisted"
CONTEXT = ("statement_date", "disclose_date", "statement_type", "industry_code", "industry_version")
NAME, VALUE, UNIT = "reshape_name", "reshape_value", "reshape_unit"
Limits = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class LongSource:
    """What a long source is read with."""

    reshape: Reshape
    source: Source
    table: CanonicalTable
    exact: Exact
    limits: Limits
    files: pd.DataFrame
    engine: Engine
    where: str

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(self.reshape.columns.values()))


@dataclass(frozen=True)
class LongTable:
    """A long table while it is made wide: text and typed rows by `rid`, with NAME (canonical column) and VALUE."""

    text: str
    typed: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    keys: ParsedSource


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
    contradictions = duplicate_findings(kept_rows, long.text, (*key, NAME), shape.files, engine)
    findings = joined_findings(
        [findings, contradictions.assign(column=contradictions["column"].str.replace(NAME, shape.reshape.names))]
    )
    kept_rows = without_rows(kept_rows, findings["rid"], engine)
    members = engine.query(
        f"SELECT min(rid) OVER (PARTITION BY {', '.join(map(quoted, key))}) AS rid, rid AS member FROM {kept_rows}"
    )
    text, typed = (_wide_rows(rows, members, shape) for rows in (long.text, long.typed))
    return ParsedSource(
        text, typed, findings, out_of_scope, long.notices, members, notes=long.keys.notes, repairs=long.keys.repairs
    )


def _long_table(sheets: Sequence[Sheet], shape: LongSource) -> LongTable:
    """Keys read as in any table; names mapped to columns; values converted from the unit of their name."""
    engine, reshape, source = shape.engine, shape.reshape, shape.source
    key_rows, keys = _read_keys(sheets, shape)
    marks = ", ".join(literal(mark) for mark in source.missing)
    value_sql = f"CASE WHEN {VALUE} NOT IN ({marks}) THEN {VALUE} END" if marks else VALUE
    cells = engine.view(f"SELECT * REPLACE ({value_sql} AS {VALUE}) FROM {key_rows.text}")
    columns_by_name = engine.scan(pd.DataFrame(list(reshape.columns.items()), columns=["raw", "canonical"]))
    units, notices = _units_of_values(cells, columns_by_name, shape)
    exponents = [(name, exponent(unit, shape.table.columns[name].unit) or 0) for name, unit in units.items()]
    exponent_table = engine.scan(pd.DataFrame(exponents, columns=["canonical", "shift"]))
    number = f"TRY_CAST(t.{VALUE} || 'e' || CAST(s.shift AS VARCHAR) AS {SQL_TYPES[shape.exact]})"
    number = f"CASE WHEN isfinite(CAST({number} AS DOUBLE)) THEN {number} END"
    text_keys, typed_keys = (", ".join(f"{alias}.{quoted(name)}" for name in keys) for alias in "ty")
    rows = f"FROM {cells} AS t JOIN {columns_by_name} AS n ON n.raw = t.{NAME} JOIN {exponent_table} AS s USING (canonical)"
    text = engine.query(f"SELECT t.rid, {text_keys}, n.canonical AS {NAME}, t.{VALUE} {rows}")
    read_keys = f"JOIN {key_rows.typed} AS y USING (rid)"
    typed = engine.query(f"SELECT t.rid, {typed_keys}, n.canonical AS {NAME}, {number} AS {VALUE} {rows} {read_keys}")
    findings = [key_rows.findings, _unreadable_values(text, typed, units, engine)]
    out_of_scope = pd.concat([key_rows.out_of_scope, key_rows.code_scope], ignore_index=True)
    unlisted = _unlisted_rows(cells, columns_by_name, shape)
    if reshape.drop_unlisted:
        out_of_scope = pd.concat([out_of_scope, unlisted[["rid"]].assign(reason=UNLISTED)], ignore_index=True)
    else:
        findings.append(rule_findings(unlisted, "C03"))
    return LongTable(text, typed, joined_findings(findings), out_of_scope, (*key_rows.notices, *notices), key_rows)


def _read_keys(sheets: Sequence[Sheet], shape: LongSource) -> tuple[ParsedSource, list[str]]:
    """The long rows with typed keys; name, value and unit still text."""
    long_columns = {NAME: Column("text", "", "变量", "variable"), VALUE: Column("text", "", "数值", "value")}
    long_columns |= {UNIT: Column("text", "", "单位", "unit")} if shape.reshape.units else {}
    columns = shape.table.columns
    keys = {name: columns[name] for name in (*shape.table.key, *CONTEXT) if name in columns}
    long_schema = replace(shape.table, columns={**keys, **long_columns})
    plain_source = shape.source.model_copy(update={"reshape": None, "units": {}, "zero_is_missing": (), "blank_is_zero": ()})
    long_sheets = [_with_reshape_columns(sheet, shape.reshape) for sheet in sheets]
    parsed = parse_source(long_sheets, plain_source, long_schema, shape.exact, shape.engine, shape.where)
    key_rows = with_year(parsed, shape.engine)
    typed_columns = shape.engine.types(key_rows.typed)
    return key_rows, [name for name in keys if name in typed_columns]


def _with_reshape_columns(sheet: Sheet, reshape: Reshape) -> Sheet:
    places = dict(sheet.header.positions)
    for part, name in ((reshape.names, NAME), (reshape.values, VALUE), (reshape.units, UNIT)):
        if part:
            places[name] = places.pop(f"reshape:{part}")
    return replace(sheet, header=replace(sheet.header, positions=places))


def _unlisted_rows(cells: str, columns_by_name: str, shape: LongSource) -> pd.DataFrame:
    return shape.engine.collect(
        f"""SELECT rid, {NAME} AS "value", {literal(shape.reshape.names or "")} AS "column" FROM {cells}
        WHERE {NAME} IS NULL OR {NAME} NOT IN (SELECT raw FROM {columns_by_name}) ORDER BY rid"""
    )


def _units_of_values(cells: str, columns_by_name: str, shape: LongSource) -> tuple[dict[str, str], list[Notice]]:
    """Column -> unit its values are read with: the study's word, else the label most cells carry among those that fit."""
    label = f"trim(t.{UNIT})" if shape.reshape.units else "''"
    year = "t.year" if "year" in shape.engine.types(cells) else "''"
    labels = shape.engine.collect(
        f"""SELECT n.canonical AS name, {label} AS label, {year} AS year, count(*) AS cells,
        median(abs(TRY_CAST(t.{VALUE} AS DOUBLE))) AS middle
        FROM {cells} AS t JOIN {columns_by_name} AS n ON n.raw = t.{NAME} WHERE {label} <> '' GROUP BY ALL ORDER BY ALL"""
    )
    units: dict[str, str] = {}
    notices: list[Notice] = []
    for name in shape.columns:
        column_labels = labels[labels["name"] == name]
        canonical = shape.table.columns[name].unit
        fitting = column_labels[[exponent(label, canonical) is not None for label in column_labels["label"]]]
        commonest = fitting.groupby("label")["cells"].sum().sort_values(kind="stable").index[-1] if len(fitting) else canonical
        units[name] = shape.source.units.get(name) or str(commonest)
        notices += _unit_label_notices(name, units[name], column_labels, shape.where)
    return units, notices


def _unit_label_notices(name: str, unit: str, labels: pd.DataFrame, where: str) -> list[Notice]:
    """W04 where cells carry another unit than the one read with; whether numbers jump with the label is reported, never used."""
    notices = []
    median = labels.loc[labels["label"] == unit, "middle"].median()
    for label, rows in labels.groupby("label", sort=True):
        if exponent(str(label), unit) == 0:
            continue
        years = ", ".join(sorted(set(rows["year"].astype(str))))
        ratio = f"{rows['middle'].median() / median:.3g}" if median > 0 else "-"
        en = f"{name}: unit label {label!r} in {years}, read as {unit!r}; ratio of medians {ratio}; nothing converted"
        zh = f"{name}:{years} 年单位标注为 {label!r},按 {unit!r} 读取;中位数之比 {ratio};未作换算"
        notices.append(Notice("W04", where, en, zh))
    return notices


def _unreadable_values(text: str, typed: str, units: Mapping[str, str], engine: Engine) -> pd.DataFrame:
    rows = engine.collect(
        f"""SELECT t.rid, t.{NAME} AS "column", t.{VALUE} AS "value" FROM {text} AS t JOIN {typed} AS y USING (rid)
        WHERE t.{VALUE} IS NOT NULL AND y.{VALUE} IS NULL ORDER BY t.rid"""
    )
    findings = []
    for (name, cell), cell_rows in rows.groupby(["column", "value"], sort=True):
        diagnosis = diagnose(str(cell), units[str(name)])
        findings.append(
            rule_findings(cell_rows, diagnosis.rule, expected=expected_text(diagnosis.rule, diagnosis.proposed, units[str(name)]))
        )
    return joined_findings(findings)


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
