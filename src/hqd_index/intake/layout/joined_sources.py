"""Sources of one table put together: stacked when they hold the same columns, joined by key when they hold different ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ...engines.duckdb import Engine, quoted
from ..cells.column_reading import ParsedSource
from ..rules.duplicate_rows import duplicate_findings
from ..rules.rule_catalogue import joined_findings

CONTEXT_COLUMNS = {"rid", "industry_version", "statement_date", "disclose_date", "statement_type", "address_type", "scope"}


def combined_sources(parsed: Sequence[ParsedSource], key: Sequence[str], files: pd.DataFrame, engine: Engine) -> ParsedSource:
    """One parsed table; its `members` name the raw rows behind each row where that is not one."""
    if len(parsed) == 1:
        return parsed[0]
    held = [set(engine.types(one.typed)) - CONTEXT_COLUMNS - set(key) for one in parsed]
    apart = sum(map(len, held)) == len(set().union(*held))
    if key and apart:
        return _sources_by_key([_source_without_duplicates(one, key, files, engine) for one in parsed], key, engine)
    return _stacked_sources(parsed, engine)


def _stacked_sources(parsed: Sequence[ParsedSource], engine: Engine) -> ParsedSource:
    text, typed = (_union([getattr(one, part) for one in parsed], engine) for part in ("text", "typed"))
    return _combined_source(
        parsed, text, typed, engine.query(_members_sql(parsed)) if any(one.members for one in parsed) else None
    )


def _source_without_duplicates(one: ParsedSource, key: Sequence[str], files: pd.DataFrame, engine: Engine) -> ParsedSource:
    """The source with its own duplicates found and its faulty rows left out, ready to be joined."""
    kept = without_rows(one.typed, one.findings["rid"], engine)
    findings = joined_findings([one.findings, duplicate_findings(kept, one.text, key, files, engine)])
    kept, text = (without_rows(rows, findings["rid"], engine) for rows in (one.typed, one.text))
    return replace(one, typed=kept, text=text, findings=findings)


def _sources_by_key(parsed: Sequence[ParsedSource], key: Sequence[str], engine: Engine) -> ParsedSource:
    """One row per key, each value from the one source that has it."""
    keys = ", ".join(map(quoted, key))
    typed = _union([one.typed for one in parsed], engine)
    rows = engine.query(f"SELECT rid AS part, min(rid) OVER (PARTITION BY {keys}) AS rid FROM {typed}")
    made = [_one_row_per_key(_union([getattr(one, name) for one in parsed], engine), rows, engine) for name in ("text", "typed")]
    members = engine.query(f"SELECT r.rid, m.member FROM {rows} AS r JOIN ({_members_sql(parsed)}) AS m ON m.rid = r.part")
    return _combined_source(parsed, made[0], made[1], members)


def _one_row_per_key(table: str, rows: str, engine: Engine) -> str:
    values = ", ".join(f"any_value(t.{quoted(name)}) AS {quoted(name)}" for name in engine.types(table) if name != "rid")
    return engine.query(f"SELECT r.rid, {values} FROM {table} AS t JOIN {rows} AS r ON r.part = t.rid GROUP BY r.rid")


def _members_sql(parsed: Sequence[ParsedSource]) -> str:
    parts = [f"SELECT rid, {'member' if one.members else 'rid AS member'} FROM {one.members or one.typed}" for one in parsed]
    return " UNION ALL ".join(parts)


def _union(names: Sequence[str], engine: Engine) -> str:
    return engine.query(" UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in names))


def _combined_source(parsed: Sequence[ParsedSource], text: str, typed: str, members: str | None) -> ParsedSource:
    aside = pd.concat([one.out_of_scope for one in parsed], ignore_index=True)
    notices = tuple(notice for one in parsed for notice in one.notices)
    return ParsedSource(text, typed, joined_findings([one.findings for one in parsed]), aside, notices, members)


def without_rows(rows: str, rids: pd.Series, engine: Engine) -> str:
    """A view of the rows whose id is not among those given."""
    if rids.empty:
        return rows
    gone = engine.scan(pd.DataFrame({"rid": rids.drop_duplicates().astype("int64")}))
    return engine.view(f"SELECT * FROM {rows} WHERE rid NOT IN (SELECT rid FROM {gone})")  # an anti join would hash the wide rows


def by_raw_row(out: pd.DataFrame, members: str | None, engine: Engine) -> pd.DataFrame:
    """The rows taken out, each replaced by the raw rows that made it."""
    if members is None or out.empty:
        return out
    pairs = engine.collect(f"SELECT rid, member FROM {members} ORDER BY ALL")
    wide = out.merge(pairs, on="rid", how="left", validate="many_to_many")
    member = wide.pop("member").astype("Int64")
    return wide.assign(rid=member.fillna(wide["rid"].astype("int64")).astype("int64"))
