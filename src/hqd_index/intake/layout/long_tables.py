"""Long to wide: a table with one row per cell (key, name of the variable, value) becomes one row per key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import CanonicalTable, Column
from ...engines.duckdb import Engine, literal, quoted
from ...study.records import Reshape, Source
from ..cells.column_reading import SQL_TYPES, Exact, ParsedSource
from ..cells.number_text import diagnose
from ..cells.typed_columns import parse_source
from ..cells.units_of_measure import exponent
from ..records.intake_notice import Notice
from ..rules.duplicate_rows import duplicate_findings
from ..rules.row_rules import limits_sql
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .joined_sources import without_rows
from .text_columns import Sheet

UNLISTED = "unlisted"
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


def parse_long(sheets: Sequence[Sheet], shape: LongSource, left_out: Callable[[str], list[pd.DataFrame]]) -> ParsedSource:
    """The wide rows of a long source; a cell that does not parse, is out of range or contradicts another goes alone.

    `left_out` gives the rows (rid, stage, reason) that the study's filters on key columns leave out.
    """
    engine, key = shape.engine, shape.table.key
    long = _long_table(sheets, shape)
    aside = pd.concat([long.out_of_scope, *left_out(long.typed)], ignore_index=True)
    found = joined_findings([long.findings, _range_findings(long, shape), _blank_key_findings(long, shape)])
    found = found[~found["rid"].isin(aside["rid"])]
    kept = without_rows(without_rows(long.typed, aside["rid"], engine), found["rid"], engine)
    twice = duplicate_findings(kept, long.text, (*key, NAME), shape.files, engine)
    found = joined_findings([found, twice.assign(column=twice["column"].str.replace(NAME, shape.reshape.names))])
    kept = without_rows(kept, found["rid"], engine)
    members = engine.query(f"SELECT min(rid) OVER (PARTITION BY {', '.join(map(quoted, key))}) AS rid, rid AS member FROM {kept}")
    text, typed = (_wide_rows(rows, members, shape) for rows in (long.text, long.typed))
    return ParsedSource(text, typed, found, aside, long.notices, members)


def _long_table(sheets: Sequence[Sheet], shape: LongSource) -> LongTable:
    """Keys read as in any table; names mapped to columns; values converted from the unit of their name."""
    engine, reshape, source = shape.engine, shape.reshape, shape.source
    read, keys = _read_keys(sheets, shape)
    marks = ", ".join(literal(mark) for mark in source.missing)
    filled = f"CASE WHEN {VALUE} NOT IN ({marks}) THEN {VALUE} END" if marks else VALUE
    cells = engine.view(f"SELECT * REPLACE ({filled} AS {VALUE}) FROM {read.text}")
    named = engine.scan(pd.DataFrame(list(reshape.columns.items()), columns=["raw", "canonical"]))
    units, told = _units_of_values(cells, named, shape)
    shifts = [(name, exponent(unit, shape.table.columns[name].unit) or 0) for name, unit in units.items()]
    shift = engine.scan(pd.DataFrame(shifts, columns=["canonical", "shift"]))
    number = f"TRY_CAST(t.{VALUE} || 'e' || CAST(s.shift AS VARCHAR) AS {SQL_TYPES[shape.exact]})"
    number = f"CASE WHEN isfinite(CAST({number} AS DOUBLE)) THEN {number} END"
    in_text, in_typed = (", ".join(f"{one}.{quoted(name)}" for name in keys) for one in "ty")
    rows = f"FROM {cells} AS t JOIN {named} AS n ON n.raw = t.{NAME} JOIN {shift} AS s USING (canonical)"
    text = engine.query(f"SELECT t.rid, {in_text}, n.canonical AS {NAME}, t.{VALUE} {rows}")
    read_keys = f"JOIN {read.typed} AS y USING (rid)"
    typed = engine.query(f"SELECT t.rid, {in_typed}, n.canonical AS {NAME}, {number} AS {VALUE} {rows} {read_keys}")
    findings, aside = [read.findings, _unreadable_values(text, typed, units, engine)], read.out_of_scope
    unlisted = _unlisted_rows(cells, named, shape)
    if reshape.drop_unlisted:
        aside = pd.concat([aside, unlisted[["rid"]].assign(reason=UNLISTED)], ignore_index=True)
    else:
        findings.append(rule_findings(unlisted, "C03"))
    return LongTable(text, typed, joined_findings(findings), aside, (*read.notices, *told))


def _read_keys(sheets: Sequence[Sheet], shape: LongSource) -> tuple[ParsedSource, list[str]]:
    """The long rows with typed keys; name, value and unit still text."""
    parts = {NAME: Column("text", "", "变量", "variable"), VALUE: Column("text", "", "数值", "value")}
    parts |= {UNIT: Column("text", "", "单位", "unit")} if shape.reshape.units else {}
    known = shape.table.columns
    keys = {name: known[name] for name in (*shape.table.key, "disclose_date", "industry_version") if name in known}
    plain = replace(shape.table, columns={**keys, **parts})
    as_it_stands = shape.source.model_copy(update={"reshape": None, "units": {}, "zero_is_missing": ()})
    renamed = [_with_reshape_columns(sheet, shape.reshape) for sheet in sheets]
    read = parse_source(renamed, as_it_stands, plain, shape.exact, shape.engine, shape.where)
    held = shape.engine.types(read.typed)
    return read, [name for name in keys if name in held]


def _with_reshape_columns(sheet: Sheet, reshape: Reshape) -> Sheet:
    places = dict(sheet.header.positions)
    for part, name in ((reshape.names, NAME), (reshape.values, VALUE), (reshape.units, UNIT)):
        if part:
            places[name] = places.pop(f"reshape:{part}")
    return replace(sheet, header=replace(sheet.header, positions=places))


def _unlisted_rows(cells: str, named: str, shape: LongSource) -> pd.DataFrame:
    return shape.engine.collect(
        f"""SELECT rid, {NAME} AS "value", {literal(shape.reshape.names)} AS "column" FROM {cells}
        WHERE {NAME} IS NULL OR {NAME} NOT IN (SELECT raw FROM {named}) ORDER BY rid"""
    )


def _units_of_values(cells: str, named: str, shape: LongSource) -> tuple[dict[str, str], list[Notice]]:
    """Column -> unit its values are read with: the study's word, else the label most cells carry among those that fit."""
    label = f"trim(t.{UNIT})" if shape.reshape.units else "''"
    year = "t.year" if "year" in shape.engine.types(cells) else "''"
    labels = shape.engine.collect(
        f"""SELECT n.canonical AS name, {label} AS label, {year} AS year, count(*) AS cells,
        median(abs(TRY_CAST(t.{VALUE} AS DOUBLE))) AS middle
        FROM {cells} AS t JOIN {named} AS n ON n.raw = t.{NAME} WHERE {label} <> '' GROUP BY ALL ORDER BY ALL"""
    )
    units: dict[str, str] = {}
    told: list[Notice] = []
    for name in shape.columns:
        mine = labels[labels["name"] == name]
        canonical = shape.table.columns[name].unit
        fitting = mine[[exponent(label, canonical) is not None for label in mine["label"]]]
        most = fitting.groupby("label")["cells"].sum().sort_values(kind="stable").index[-1] if len(fitting) else canonical
        units[name] = shape.source.units.get(name) or str(most)
        told += _unit_label_notices(name, units[name], mine, shape.where)
    return units, told


def _unit_label_notices(name: str, unit: str, labels: pd.DataFrame, where: str) -> list[Notice]:
    """W04 where cells carry another unit than the one read with; whether numbers jump with the label is told, never used."""
    told = []
    middle = labels.loc[labels["label"] == unit, "middle"].median()
    for label, rows in labels.groupby("label", sort=True):
        if exponent(str(label), unit) == 0:
            continue
        years = ", ".join(sorted(set(rows["year"].astype(str))))
        ratio = f"{rows['middle'].median() / middle:.3g}" if middle > 0 else "-"
        en = f"{name}: unit label {label!r} in {years}, read as {unit!r}; ratio of medians {ratio}; nothing converted"
        zh = f"{name}:{years} 年单位标注为 {label!r},按 {unit!r} 读取;中位数之比 {ratio};未作换算"
        told.append(Notice("W04", where, en, zh))
    return told


def _unreadable_values(text: str, typed: str, units: Mapping[str, str], engine: Engine) -> pd.DataFrame:
    rows = engine.collect(
        f"""SELECT t.rid, t.{NAME} AS "column", t.{VALUE} AS "value" FROM {text} AS t JOIN {typed} AS y USING (rid)
        WHERE t.{VALUE} IS NOT NULL AND y.{VALUE} IS NULL ORDER BY t.rid"""
    )
    parts = []
    for (name, cell), some in rows.groupby(["column", "value"], sort=True):
        rule = diagnose(str(cell), units[str(name)])
        parts.append(rule_findings(some, rule.rule, expected=expected_text(rule.rule, rule.proposed, units[str(name)])))
    return joined_findings(parts)


def _range_findings(long: LongTable, shape: LongSource) -> pd.DataFrame:
    parts = []
    for name, bounds in shape.limits.items():
        rows = shape.engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE} AS "value" FROM {long.typed} AS y JOIN {long.text} AS t
            USING (rid) WHERE y.{NAME} = {literal(name)} AND NOT ({limits_sql(f"y.{VALUE}", bounds)}) ORDER BY y.rid"""
        )
        parts.append(rule_findings(rows, "C02"))
    return joined_findings(parts)


def _blank_key_findings(long: LongTable, shape: LongSource) -> pd.DataFrame:
    parts = []
    for name in shape.table.key:
        blank = f"{quoted(name)} IS NULL ORDER BY rid"
        rows = shape.engine.collect(f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {long.text} WHERE {blank}""")
        parts.append(rule_findings(rows, "C04"))
    return joined_findings(parts)


def _wide_rows(rows: str, members: str, shape: LongSource) -> str:
    """One row per key from its members: its rid is the smallest of theirs."""
    held = [name for name in shape.engine.types(rows) if name not in ("rid", NAME, VALUE)]
    fixed = ", ".join(f"arg_min(r.{quoted(name)}, r.rid) AS {quoted(name)}" for name in held)
    cells = ", ".join(f"max(r.{VALUE}) FILTER (WHERE r.{NAME} = {literal(name)}) AS {quoted(name)}" for name in shape.columns)
    sql = f"SELECT m.rid, {fixed}, {cells} FROM {rows} AS r JOIN {members} AS m ON m.member = r.rid GROUP BY m.rid"
    return shape.engine.query(sql)
