"""Rows that are right but not meant: opening balances, and what the filters of the study leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from ...canonical_types import expression_types
from ...engines import literal, quoted
from ...expressions import parse, row_sql
from ..cells.column_reading import ParsedSource
from ..records.row_ledger import OUT_OF_SCOPE_OUTCOME, READ_STAGE, VALIDATE_STAGE
from ..records.scope_reasons import OPENING_BALANCE, OTHER_YEAR
from ..table_step import TableStep
from .row_rules import with_all_columns

OUT_COLUMNS = ["rid", "stage", "outcome", "reason"]


def scope_filter_rows(
    table_step: TableStep, source_ids: Iterable[str], parsed_sources: Sequence[ParsedSource]
) -> Iterable[pd.DataFrame]:
    """Rows left out (rid, stage, reason): opening balances, the study's own filters, codes that are right but out of scope."""
    for source_id, source_rows in zip(source_ids, parsed_sources):
        yield from opening_rows(table_step, source_rows.typed_rows)
        yield from _rows_of_other_years(table_step, source_id, source_rows.typed_rows)
        yield from study_filter_rows(
            table_step,
            source_id,
            with_all_columns(source_rows.typed_rows, table_step.table, table_step.number_type, table_step.engine),
        )
        yield source_rows.code_scope.assign(stage=VALIDATE_STAGE)


def opening_rows(table_step: TableStep, typed_rows: str) -> Iterator[pd.DataFrame]:
    """Opening balances: rows of 1 January."""
    if "statement_date" in table_step.engine.types(typed_rows):
        first_of_january = "month(statement_date) = 1 AND day(statement_date) = 1"
        yield table_step.engine.collect(
            f"SELECT rid, '{VALIDATE_STAGE}' AS stage, '{OPENING_BALANCE}' AS reason FROM {typed_rows} WHERE {first_of_january}"
        )


def _rows_of_other_years(table_step: TableStep, source_id: str, typed_rows: str) -> Iterator[pd.DataFrame]:
    """Rows dated in another year than the one year the study gives a file, where that year alone has one row for each key."""
    types, key = table_step.engine.types(typed_rows), table_step.table.key
    if "year" not in table_step.study.sources.sources[source_id].constants or not {"year", *key} <= set(types):
        return
    keys = ", ".join(map(quoted, key))
    for column_name in (
        column_name for column_name, sql_type in types.items() if sql_type == "date" and column_name != "disclose_date"
    ):
        same_year_sql = f"year({quoted(column_name)}) = year"
        year_counts = table_step.engine.collect(
            f"""SELECT max(n) AS most, min(dated) AS least, max(dated) AS dated FROM (
                SELECT count(*) AS n, count(*) FILTER ({same_year_sql}) AS dated FROM {typed_rows} GROUP BY {keys})"""
        ).iloc[0]
        if year_counts["most"] > 1 and year_counts["least"] == year_counts["dated"] == 1:
            condition = f"year({quoted(column_name)}) <> year"
            yield table_step.engine.collect(
                f"SELECT rid, '{VALIDATE_STAGE}' AS stage, '{OTHER_YEAR}' AS reason FROM {typed_rows} WHERE {condition}"
            )


def study_filter_rows(table_step: TableStep, source_id: str, typed_rows: str) -> Iterator[pd.DataFrame]:
    """Rows that a filter of the study leaves out; a filter on columns that `typed_rows` lack waits until they are there."""
    dtypes = table_step.engine.types(typed_rows)
    column_types = {**expression_types(table_step.table, table_step.study.study.unit.by), **dtypes}
    partition_columns = [key_column for key_column in table_step.table.key if key_column != "year"]
    for filter_index, choice in enumerate(table_step.study.sources.sources[source_id].out_of_scope):
        location = f"sources.yaml sources.{source_id}.out_of_scope.{filter_index}"
        expression = parse(choice.when, columns=column_types, aggregate=False, location=location)
        if expression.columns <= set(dtypes):
            reason = literal(choice.reason[table_step.study.study.language])
            condition_sql = row_sql(expression, dtypes, partition=partition_columns)
            yield table_step.engine.collect(
                f"SELECT rid, '{VALIDATE_STAGE}' AS stage, {reason} AS reason FROM {typed_rows} WHERE {condition_sql}"
            )


def first_reasons(reason_tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One line per row out of scope: the first reason counts."""
    all_rows = pd.concat(
        [reason_table for reason_table in reason_tables if len(reason_table)] or [pd.DataFrame(columns=OUT_COLUMNS)],
        ignore_index=True,
    )
    all_rows = all_rows.reindex(columns=OUT_COLUMNS).astype(object)
    all_rows = all_rows.assign(
        stage=all_rows["stage"].fillna(READ_STAGE), outcome=all_rows["outcome"].fillna(OUT_OF_SCOPE_OUTCOME)
    )
    return all_rows.drop_duplicates("rid", ignore_index=True).astype({"rid": "int64"})
