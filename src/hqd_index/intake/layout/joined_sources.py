"""Sources of one table put together: stacked when they hold the same columns, joined by key when they hold different ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ...engines.duckdb import Engine, quoted
from ..cells.column_reading import Parsed
from ..rules.duplicate_rows import duplicates
from ..rules.rule_catalogue import joined

SHARED = {"rid", "industry_version", "statement_date", "disclose_date", "statement_type", "address_type", "scope"}


def combined(parsed: Sequence[Parsed], key: Sequence[str], files: pd.DataFrame, engine: Engine) -> Parsed:
    """One parsed table; its `members` name the raw rows behind each row where that is not one."""
    if len(parsed) == 1:
        return parsed[0]
    held = [set(engine.types(one.typed)) - SHARED - set(key) for one in parsed]
    apart = sum(map(len, held)) == len(set().union(*held))
    if key and apart:
        return _join([_unique(one, key, files, engine) for one in parsed], key, engine)
    return _stack(parsed, engine)


def _stack(parsed: Sequence[Parsed], engine: Engine) -> Parsed:
    text, typed = (_union([getattr(one, part) for one in parsed], engine) for part in ("text", "typed"))
    return _of(parsed, text, typed, engine.query(_members_sql(parsed)) if any(one.members for one in parsed) else None)


def _unique(one: Parsed, key: Sequence[str], files: pd.DataFrame, engine: Engine) -> Parsed:
    """The source with its own duplicates found and its faulty rows left out, ready to be joined."""
    kept = without(one.typed, one.findings["rid"], engine)
    findings = joined([one.findings, duplicates(kept, one.text, key, files, engine)])
    kept, text = (without(rows, findings["rid"], engine) for rows in (one.typed, one.text))
    return replace(one, typed=kept, text=text, findings=findings)


def _join(parsed: Sequence[Parsed], key: Sequence[str], engine: Engine) -> Parsed:
    """One row per key, each value from the one source that has it."""
    keys = ", ".join(map(quoted, key))
    typed = _union([one.typed for one in parsed], engine)
    rows = engine.query(f"SELECT rid AS part, min(rid) OVER (PARTITION BY {keys}) AS rid FROM {typed}")
    made = [_grouped(_union([getattr(one, name) for one in parsed], engine), rows, engine) for name in ("text", "typed")]
    members = engine.query(f"SELECT r.rid, m.member FROM {rows} AS r JOIN ({_members_sql(parsed)}) AS m ON m.rid = r.part")
    return _of(parsed, made[0], made[1], members)


def _grouped(table: str, rows: str, engine: Engine) -> str:
    values = ", ".join(f"any_value(t.{quoted(name)}) AS {quoted(name)}" for name in engine.types(table) if name != "rid")
    return engine.query(f"SELECT r.rid, {values} FROM {table} AS t JOIN {rows} AS r ON r.part = t.rid GROUP BY r.rid")


def _members_sql(parsed: Sequence[Parsed]) -> str:
    parts = [f"SELECT rid, {'member' if one.members else 'rid AS member'} FROM {one.members or one.typed}" for one in parsed]
    return " UNION ALL ".join(parts)


def _union(names: Sequence[str], engine: Engine) -> str:
    return engine.query(" UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in names))


def _of(parsed: Sequence[Parsed], text: str, typed: str, members: str | None) -> Parsed:
    aside = pd.concat([one.aside for one in parsed], ignore_index=True)
    notices = tuple(notice for one in parsed for notice in one.notices)
    return Parsed(text, typed, joined([one.findings for one in parsed]), aside, notices, members)


def without(rows: str, rids: pd.Series, engine: Engine) -> str:
    """A view of the rows whose id is not among those given."""
    if rids.empty:
        return rows
    gone = engine.scan(pd.DataFrame({"rid": rids.drop_duplicates().astype("int64")}))
    return engine.view(f"SELECT * FROM {rows} WHERE rid NOT IN (SELECT rid FROM {gone})")  # an anti join would hash the wide rows


def expanded(out: pd.DataFrame, members: str | None, engine: Engine) -> pd.DataFrame:
    """The rows taken out, each replaced by the raw rows that made it."""
    if members is None or out.empty:
        return out
    pairs = engine.collect(f"SELECT rid, member FROM {members} ORDER BY ALL")
    wide = out.merge(pairs, on="rid", how="left", validate="many_to_many")
    member = wide.pop("member").astype("Int64")
    return wide.assign(rid=member.fillna(wide["rid"].astype("int64")).astype("int64"))
