"""Rows of a source without years, such as a register of firms: every row of the same firm takes its columns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ...engines import Engine, quoted
from ..cells.column_reading import JoinedRows, ParsedSource, SharedRows
from ..records.row_ledger import OUT_OF_SCOPE_OUTCOME, VALIDATE_STAGE
from ..records.scope_reasons import NO_YEAR_ROWS
from ..rules.rule_catalogue import joined_findings


def is_year_free(source: ParsedSource, key: Sequence[str], engine: Engine) -> bool:
    """Whether a source of a table by year has no years."""
    return "year" in key and "year" not in engine.types(source.typed_rows)


def with_year_free_rows(
    by_year: ParsedSource, year_free: ParsedSource, key: Sequence[str], *, comes_first: bool, engine: Engine
) -> ParsedSource:
    """The rows by year with the columns of the others; where both have a value, that of the source that comes first."""
    names = ", ".join(map(quoted, key))
    pairs = engine.query(
        f"SELECT y.rid, f.rid AS member FROM {by_year.typed_rows} AS y JOIN {year_free.typed_rows} AS f USING ({names})"
    )
    key_columns = (*key, "rid")
    tables = [
        _joined_rows(getattr(by_year, kind), getattr(year_free, kind), pairs, key_columns, comes_first, engine)
        for kind in ("text_rows", "typed_rows")
    ]
    previous_rows = by_year.shared
    rows = f"SELECT rid FROM {year_free.typed_rows}"
    shared_rows = SharedRows(
        engine.query(f"SELECT * FROM {pairs}" + (f" UNION ALL SELECT * FROM {previous_rows.pairs}" if previous_rows else "")),
        engine.query(rows + (f" UNION ALL SELECT * FROM {previous_rows.rows}" if previous_rows else "")),
    )
    known_columns = {*engine.types(by_year.typed_rows), *key_columns}
    own_columns = tuple(column for column in engine.types(year_free.typed_rows) if column not in known_columns)
    return replace(
        by_year,
        column_sources=(*by_year.column_sources, JoinedRows(pairs, own_columns)),
        text_rows=tables[0],
        typed_rows=tables[1],
        findings=joined_findings([by_year.findings, year_free.findings]),
        out_of_scope=pd.concat([by_year.out_of_scope, year_free.out_of_scope], ignore_index=True),
        notices=(*by_year.notices, *year_free.notices),
        shared=shared_rows,
        sheet_texts=None,
    )


def _joined_rows(
    yearly_rows: str, year_free_rows: str, pairs: str, key_columns: Sequence[str], comes_first: bool, engine: Engine
) -> str:
    columns, other_columns = (
        engine.types(yearly_rows),
        [column_name for column_name in engine.types(year_free_rows) if column_name not in key_columns],
    )
    values = [f"y.{quoted(column_name)}" for column_name in columns if column_name not in other_columns]
    for column_name in map(quoted, other_columns):
        value_pair = (f"f.{column_name}", f"y.{column_name}") if comes_first else (f"y.{column_name}", f"f.{column_name}")
        is_known_column = column_name.strip('"') in columns
        values.append(f"coalesce({', '.join(value_pair)}) AS {column_name}" if is_known_column else f"f.{column_name}")
    return engine.query(
        f"SELECT {', '.join(values)} FROM {yearly_rows} AS y LEFT JOIN {pairs} AS p ON p.rid = y.rid "
        f"LEFT JOIN {year_free_rows} AS f ON f.rid = p.member"
    )


def used_with_shared(used_rows: str, clean_sql: str, shared_rows: SharedRows | None, engine: Engine) -> str:
    """The raw rows used, those that several clean rows share once each."""
    if shared_rows is None:
        return used_rows
    return engine.view(
        f"SELECT rid FROM {used_rows} UNION ALL SELECT DISTINCT member FROM {shared_rows.pairs} SEMI JOIN {clean_sql} USING (rid)"
    )


def unused_shared_rows(used_rows: str, shared_rows: SharedRows | None, engine: Engine) -> pd.DataFrame:
    """The rows without years whose firm has no row that is used: out of scope."""
    if shared_rows is None:
        return pd.DataFrame(columns=["rid", "stage", "outcome", "reason"])
    sql = f"SELECT rid FROM {shared_rows.rows} WHERE rid NOT IN (SELECT rid FROM {used_rows}) ORDER BY rid"
    return engine.collect(sql).assign(stage=VALIDATE_STAGE, outcome=OUT_OF_SCOPE_OUTCOME, reason=NO_YEAR_ROWS)
