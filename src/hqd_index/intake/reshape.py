"""Long to wide: a table with one row per cell (key, name of the variable, value) becomes one row per key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ..canonical import CanonicalTable, Column
from ..engines.duckdb import Engine, literal, quoted
from ..study.models import Reshape, Source
from .duplicates import duplicates
from .findings import expected_text, finding, joined
from .notice import Notice
from .number import diagnose
from .parse import SQL_TYPES, Exact, Parsed, parse
from .rules import limits_sql
from .text import Sheet
from .units import exponent

UNLISTED = "unlisted"
NAME, VALUE, UNIT = "reshape_name", "reshape_value", "reshape_unit"
Limits = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class Long:
    """A long table while it is made wide: text and typed rows by `rid`, with NAME (canonical column) and VALUE."""

    text: str
    typed: str
    key: tuple[str, ...]
    findings: pd.DataFrame
    aside: pd.DataFrame
    notices: tuple[Notice, ...]


def parse_long(
    sheets: Sequence[Sheet],
    source: Source,
    table: CanonicalTable,
    exact: Exact,
    limits: Limits,
    files: pd.DataFrame,
    engine: Engine,
    where: str,
) -> Parsed:
    """The wide rows of a long source; a cell that does not parse, is out of range or contradicts another is left out alone."""
    assert source.reshape is not None
    long = _long(sheets, source, source.reshape, table, exact, engine, where)
    found = joined([long.findings, _out_of_range(long, limits, engine), _blank(long, engine)])
    kept = _surviving(long.typed, found, engine)
    found = joined([found, duplicates(kept, long.text, (*long.key, NAME), files, engine)])
    kept = _surviving(long.typed, found, engine)
    text = _surviving(long.text, found, engine)
    members = engine.query(f"SELECT min(rid) OVER (PARTITION BY {_listed(long.key)}) AS rid, rid AS member FROM {kept}")
    names = list(dict.fromkeys(source.reshape.columns.values()))
    return Parsed(
        _wide(text, members, long.key, names, engine),
        _wide(kept, members, long.key, names, engine),
        found,
        long.aside,
        long.notices,
        members,
    )


def _listed(key: Sequence[str]) -> str:
    return ", ".join(map(quoted, key))


def _long(
    sheets: Sequence[Sheet], source: Source, reshape: Reshape, table: CanonicalTable, exact: Exact, engine: Engine, where: str
) -> Long:
    """Keys read as in any table; names mapped to columns; values converted from the unit most cells of a name carry."""
    renamed = [_renamed(sheet, reshape) for sheet in sheets]
    parts = {NAME: Column("text", "", "变量", "variable"), VALUE: Column("text", "", "数值", "value")}
    parts |= {UNIT: Column("text", "", "单位", "unit")} if reshape.units else {}
    keys = {name: table.columns[name] for name in (*table.key, "disclose_date", "industry_version") if name in table.columns}
    plain = replace(table, columns={**keys, **parts})
    read = parse(renamed, replace_reshape(source), plain, exact, engine, where)
    marks = ", ".join(literal(mark) for mark in source.missing)
    filled = f"CASE WHEN {VALUE} NOT IN ({marks}) THEN {VALUE} END" if marks else VALUE
    cells = engine.view(f"SELECT * REPLACE ({filled} AS {VALUE}) FROM {read.text}")
    named = engine.scan(pd.DataFrame(list(reshape.columns.items()), columns=["raw", "canonical"]))
    unlisted = engine.collect(
        f"""SELECT rid, {NAME} AS "value", '{reshape.names}' AS "column" FROM {cells}
        WHERE {NAME} IS NULL OR {NAME} NOT IN (SELECT raw FROM {named}) ORDER BY rid"""
    )
    units, shifts, told = _units(cells, named, reshape, source, table, engine, where)
    value = f"TRY_CAST(t.{VALUE} || 'e' || CAST(s.shift AS VARCHAR) AS {SQL_TYPES[exact]})"
    value = f"CASE WHEN isfinite(CAST({value} AS DOUBLE)) THEN {value} END"
    held = [name for name in keys if name in engine.types(read.typed)]
    in_text, in_typed = (", ".join(f"{one}.{quoted(name)}" for name in held) for one in "ty")
    rows = f"FROM {cells} AS t JOIN {named} AS n ON n.raw = t.{NAME} JOIN {shifts} AS s USING (canonical)"
    text = engine.query(f"SELECT t.rid, {in_text}, n.canonical AS {NAME}, t.{VALUE} {rows}")
    read_keys = f"JOIN {read.typed} AS y USING (rid)"
    typed = engine.query(f"SELECT t.rid, {in_typed}, n.canonical AS {NAME}, {value} AS {VALUE} {rows} {read_keys}")
    bad = _bad_values(text, typed, units, engine)
    aside = read.aside
    findings = [read.findings, bad]
    if reshape.drop_unlisted:
        aside = pd.concat([aside, unlisted[["rid"]].assign(reason=UNLISTED)], ignore_index=True)
    else:
        findings.append(finding(unlisted, "C03"))
    found = joined(findings)
    return Long(text, typed, table.key, found[~found["rid"].isin(aside["rid"])], aside, (*read.notices, *told))


def replace_reshape(source: Source) -> Source:
    """The source read as it stands: its values are text until their unit is known."""
    return source.model_copy(update={"reshape": None, "units": {}, "zero_is_missing": ()})


def _renamed(sheet: Sheet, reshape: Reshape) -> Sheet:
    places = dict(sheet.headed.positions)
    for part, name in ((reshape.names, NAME), (reshape.values, VALUE), (reshape.units, UNIT)):
        if part:
            places[name] = places.pop(f"reshape:{part}")
    return replace(sheet, headed=replace(sheet.headed, positions=places))


def _units(
    text: str, named: str, reshape: Reshape, source: Source, table: CanonicalTable, engine: Engine, where: str
) -> tuple[dict[str, str], str, list[Notice]]:
    """Column -> unit of its values (the study's word, else the label most cells carry), shifts, and W04 for other labels."""
    label = f"trim(t.{UNIT})" if reshape.units else "''"
    year = "t.year" if "year" in engine.types(text) else "''"
    labels = engine.collect(
        f"""SELECT n.canonical AS name, {label} AS label, {year} AS year, count(*) AS cells,
        median(abs(TRY_CAST(t.{VALUE} AS DOUBLE))) AS middle
        FROM {text} AS t JOIN {named} AS n ON n.raw = t.{NAME} GROUP BY ALL ORDER BY ALL"""
    )
    units: dict[str, str] = {}
    told: list[Notice] = []
    for name in dict.fromkeys(reshape.columns.values()):
        mine = labels[(labels["name"] == name) & labels["label"].notna() & (labels["label"] != "")]
        most = mine.groupby("label")["cells"].sum().sort_values(kind="stable").index[-1] if len(mine) else ""
        unit = source.units.get(name) or most or table.columns[name].unit
        told += _other_labels(name, unit, mine, table.columns[name].unit, where)
        units[name] = unit
    shifts = [(name, exponent(unit, table.columns[name].unit) or 0) for name, unit in units.items()]
    return units, engine.scan(pd.DataFrame(shifts, columns=["canonical", "shift"])), told


def _other_labels(name: str, unit: str, labels: pd.DataFrame, canonical: str, where: str) -> list[Notice]:
    """W04 where cells carry another unit than the one read with; whether the numbers jump with the label is told, never used."""
    told = []
    if exponent(unit, canonical) is None:
        en = f"{name}: unit label {unit!r} cannot be {canonical!r}; numbers are taken as {canonical!r}; check the source"
        zh = f"{name}:单位标注 {unit!r} 无法换算为 {canonical!r};数值按 {canonical!r} 读取,请核对来源"
        told.append(Notice("W04", where, en, zh))
    middle = labels.loc[labels["label"] == unit, "middle"].median()
    for label, rows in labels[labels["label"] != unit].groupby("label", sort=True):
        if exponent(str(label), unit) == 0:
            continue
        years = ", ".join(sorted(set(rows["year"].astype(str))))
        ratio = rows["middle"].median() / middle if middle else float("nan")
        en = f"{name}: unit label {label!r} in {years}, else {unit!r}; median ratio {ratio:.3g}; nothing converted"
        zh = f"{name}:{years} 年单位标注为 {label!r},其余为 {unit!r};中位数之比 {ratio:.3g};未作换算"
        told.append(Notice("W04", where, en, zh))
    return told


def _bad_values(text: str, typed: str, units: Mapping[str, str], engine: Engine) -> pd.DataFrame:
    rows = engine.collect(
        f"""SELECT t.rid, t.{NAME} AS "column", t.{VALUE} AS "value" FROM {text} AS t JOIN {typed} AS y USING (rid)
        WHERE t.{VALUE} IS NOT NULL AND y.{VALUE} IS NULL ORDER BY t.rid"""
    )
    parts = []
    for (name, cell), some in rows.groupby(["column", "value"], sort=True):
        rule = diagnose(str(cell), units[str(name)])
        parts.append(finding(some, rule.rule, expected=expected_text(rule.rule, rule.proposed, units[str(name)])))
    return joined(parts)


def _out_of_range(long: Long, limits: Limits, engine: Engine) -> pd.DataFrame:
    parts = []
    for name, bounds in limits.items():
        rows = engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE} AS "value" FROM {long.typed} AS y JOIN {long.text} AS t
            USING (rid) WHERE y.{NAME} = {literal(name)} AND NOT ({limits_sql(f"y.{VALUE}", bounds)}) ORDER BY y.rid"""
        )
        parts.append(finding(rows, "C02"))
    return joined(parts)


def _blank(long: Long, engine: Engine) -> pd.DataFrame:
    parts = []
    for name in long.key:
        blank = f"{quoted(name)} IS NULL ORDER BY rid"
        rows = engine.collect(f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {long.text} WHERE {blank}""")
        parts.append(finding(rows, "C04"))
    return joined(parts)


def _surviving(rows: str, found: pd.DataFrame, engine: Engine) -> str:
    gone = engine.scan(pd.DataFrame({"rid": found["rid"].astype("int64")}).drop_duplicates())
    return engine.view(f"SELECT * FROM {rows} ANTI JOIN {gone} USING (rid)")


def _wide(rows: str, members: str, key: Sequence[str], names: Sequence[str], engine: Engine) -> str:
    """One row per key: its rid is the smallest of its members'."""
    held = [name for name in engine.types(rows) if name not in ("rid", NAME, VALUE)]
    fixed = ", ".join(f"arg_min(r.{quoted(name)}, r.rid) AS {quoted(name)}" for name in held)
    cells = ", ".join(f"max(r.{VALUE}) FILTER (WHERE r.{NAME} = {literal(name)}) AS {quoted(name)}" for name in names)
    return engine.query(
        f"""SELECT m.rid, {fixed}, {cells} FROM {rows} AS r JOIN {members} AS m ON m.member = r.rid GROUP BY m.rid"""
    )
