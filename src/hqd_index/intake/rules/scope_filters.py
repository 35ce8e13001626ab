"""Rows that are right but not meant: opening balances, and what the filters of the study leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from ...canonical_types import expression_types
from ...engines.duckdb import literal, quoted
from ...expressions import parse, row_sql
from ..cells.column_reading import ParsedSource
from ..records.row_ledger import OUT_OF_SCOPE, READ, VALIDATE
from ..records.scope_reasons import OPENING, OTHER_YEAR
from ..table_step import TableStep
from .row_rules import with_all_columns

OUT_COLUMNS = ["rid", "stage", "outcome", "reason"]


def scope_filter_rows(step: TableStep, source_ids: Iterable[str], parsed: Sequence[ParsedSource]) -> Iterable[pd.DataFrame]:
    """Rows left out (rid, stage, reason): opening balances, the study's own filters, codes that are right but out of scope."""
    for source_id, source_rows in zip(source_ids, parsed):
        yield from opening_rows(step, source_rows.typed)
        yield from _rows_of_other_years(step, source_id, source_rows.typed)
        yield from study_filter_rows(step, source_id, with_all_columns(source_rows.typed, step.table, step.exact, step.engine))
        yield source_rows.code_scope.assign(stage=VALIDATE)


def opening_rows(step: TableStep, rows: str) -> Iterator[pd.DataFrame]:
    """Opening balances: rows of 1 January."""
    if "statement_date" in step.engine.types(rows):
        opening = "month(statement_date) = 1 AND day(statement_date) = 1"
        yield step.engine.collect(f"SELECT rid, '{VALIDATE}' AS stage, '{OPENING}' AS reason FROM {rows} WHERE {opening}")


def _rows_of_other_years(step: TableStep, source_id: str, rows: str) -> Iterator[pd.DataFrame]:
    """Rows dated in another year than the one year the study gives a file, where that year alone has one row for each key."""
    types, key = step.engine.types(rows), step.table.key
    if "year" not in step.study.sources.sources[source_id].constants or not {"year", *key} <= set(types):
        return
    keys = ", ".join(map(quoted, key))
    for name in (name for name, sql_type in types.items() if sql_type == "date" and name != "disclose_date"):
        same = f"year({quoted(name)}) = year"
        counts = step.engine.collect(
            f"""SELECT max(n) AS most, min(dated) AS least, max(dated) AS dated FROM (
                SELECT count(*) AS n, count(*) FILTER ({same}) AS dated FROM {rows} GROUP BY {keys})"""
        ).iloc[0]
        if counts["most"] > 1 and counts["least"] == counts["dated"] == 1:
            condition = f"year({quoted(name)}) <> year"
            yield step.engine.collect(
                f"SELECT rid, '{VALIDATE}' AS stage, '{OTHER_YEAR}' AS reason FROM {rows} WHERE {condition}"
            )


def study_filter_rows(step: TableStep, source_id: str, rows: str) -> Iterator[pd.DataFrame]:
    """Rows that a filter of the study leaves out; a filter on columns that `rows` lack waits until they are there."""
    types = step.engine.types(rows)
    column_types = {**expression_types(step.table, step.study.study.unit.by), **types}
    partition = [name for name in step.table.key if name != "year"]
    for place, choice in enumerate(step.study.sources.sources[source_id].out_of_scope):
        location = f"sources.yaml sources.{source_id}.out_of_scope.{place}"
        expression = parse(choice.when, columns=column_types, aggregate=False, location=location)
        if expression.columns <= set(types):
            reason = literal(choice.reason[step.study.study.language])
            test = row_sql(expression, types, partition=partition)
            yield step.engine.collect(f"SELECT rid, '{VALIDATE}' AS stage, {reason} AS reason FROM {rows} WHERE {test}")


def first_reasons(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One line per row out of scope: the first reason counts."""
    all_rows = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=OUT_COLUMNS)], ignore_index=True)
    all_rows = all_rows.reindex(columns=OUT_COLUMNS).astype(object)
    all_rows = all_rows.assign(stage=all_rows["stage"].fillna(READ), outcome=all_rows["outcome"].fillna(OUT_OF_SCOPE))
    return all_rows.drop_duplicates("rid", ignore_index=True).astype({"rid": "int64"})
