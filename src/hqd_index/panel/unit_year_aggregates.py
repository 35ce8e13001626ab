"""Formulas of a table as values of unit-years, each an exact aggregate of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..engines import Engine, quoted
from ..errors import ConfigError
from ..expressions import Expression, aggregate_sql, lag_columns, parse, scale_columns
from ..study.column_facts import row_key
from ..study.records import Control, Indicator, Study

QUANTILE_BYTES = 80_000_000  # at once; states of several threads, grown by doubling, take up to four times as much
VALUE_BYTES = 8


def aggregate_columns(
    study: Study, engine: Engine, tables: Mapping[str, str], formulas: Mapping[str, Indicator] | Mapping[str, Control]
) -> pd.DataFrame:
    """unit, year and one column per formula, each an exact aggregate of its table; outer-joined.

    ConfigError for a table that no source feeds.
    """
    frames = []
    for table in sorted({formula.table for formula in formulas.values()}):
        if table not in tables:
            indicators = [indicator for indicator, leaf_formula in formulas.items() if leaf_formula.table == table]
            raise ConfigError(
                f"table {table!r} is needed by {indicators} but no source feeds it "
                f"with the unit columns {list(study.study.unit.by)} and year",
                zh=f"指标 {indicators} 需要数据表 {table!r},但没有来源提供该表(须含单元列 {list(study.study.unit.by)} 和 year)",
            )
        table_formulas = {id: formula for id, formula in formulas.items() if formula.table == table}
        frames.append(_table_columns(study, engine, tables[table], table, table_formulas))
    if not frames:
        return pd.DataFrame({"unit": pd.Series(dtype="str"), "year": pd.Series(dtype="int64")})
    merged_frame = frames[0]
    for frame in frames[1:]:
        merged_frame = merged_frame.merge(frame, on=["unit", "year"], how="outer", validate="one_to_one")
    return merged_frame.sort_values(["unit", "year"], ignore_index=True)


def parsed_aggregate(formula: Indicator | Control, types: Mapping[str, str], *, location: str) -> Expression:
    """The formula of an indicator or control bound to the columns of its table."""
    return parse(formula.formula, columns=types, aggregate=True, location=location, partial_sum=formula.partial_sum)


def aggregate_rows(
    table: str,
    expressions: Collection[Expression],
    types: Mapping[str, str],
    row_key_columns: Sequence[str],
    *,
    on_grid: bool = False,
) -> str:
    """SQL of the rows that formulas aggregate: the table with the columns that lags, and sums `on_grid`, are read from."""
    unit = [column for column in row_key_columns if column != "year"]
    lags = {column: sql for expression in expressions for column, sql in lag_columns(expression, types, partition=unit).items()}
    lag_selects = "".join(f', {sql} AS "{column}"' for column, sql in lags.items())
    rows = f"(SELECT *{lag_selects} FROM {table})"
    scales = {column: sql for expression in expressions for column, sql in scale_columns(expression, types).items()}
    if not on_grid or not scales:
        return rows
    scale_selects = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in scales.items())
    return f"(SELECT * FROM {rows} AS r CROSS JOIN (SELECT {scale_selects} FROM {rows} AS r) AS s)"


@dataclass(frozen=True)
class BoundFormulas:
    """Formulas bound to a table: parsed, and the SQL of each aggregate."""

    table: str
    types: Mapping[str, str]
    row_key: Sequence[str]
    parsed: Mapping[str, Expression]
    aggregates: Mapping[str, str]

    def rows(self, ids: Iterable[str]) -> str:
        """SQL of the rows that some of the formulas aggregate."""
        return aggregate_rows(self.table, [self.parsed[id] for id in ids], self.types, self.row_key, on_grid=True)


def bound_formulas(
    study: Study, engine: Engine, table: str, table_name: str, formulas: Mapping[str, Indicator | Control]
) -> BoundFormulas:
    """The formulas of a table parsed, and their aggregates as SQL."""
    types = engine.types(table)
    key_columns = [key_column for key_column in row_key(study, table_name) if key_column in types] or ["unit", "year"]
    parsed = {id: parsed_aggregate(formula, types, location=f"{table_name}.{id}") for id, formula in formulas.items()}
    complete_columns = _complete_columns(engine, table, {column for formula in parsed.values() for column in formula.columns})
    aggregates = {
        id: aggregate_sql(formula, types, key=key_columns, on_grid=True, complete_columns=complete_columns)
        for id, formula in parsed.items()
    }
    return BoundFormulas(table, types, key_columns, parsed, aggregates)


def _table_columns(
    study: Study, engine: Engine, table: str, table_name: str, formulas: Mapping[str, Indicator | Control]
) -> pd.DataFrame:
    bound = bound_formulas(study, engine, table, table_name, formulas)
    return formula_values(engine, bound, list(formulas))[["unit", "year", *formulas]].astype(value_types(formulas))


def value_types(formulas: Iterable[str]) -> dict[str, str]:
    """The types of the values of formulas beside their year."""
    return dict.fromkeys(formulas, "float64") | {"year": "int64"}


def formula_values(engine: Engine, bound: BoundFormulas, ids: Sequence[str], row_counts: pd.Series | None = None) -> pd.DataFrame:
    """unit, year and the formulas asked for; `row_counts`: rows of each year, where they are known."""
    quantiles = [id for id in ids if bound.parsed[id].uses_quantile]
    stretches = []
    if quantiles:
        stretches = _year_stretches(_row_counts(engine, bound.table) if row_counts is None else row_counts, len(quantiles))
    values_apart = quantiles if len(stretches) > 1 else []
    values_together = [id for id in ids if id not in values_apart]

    def unit_years(some_ids: Sequence[str], years: tuple[int, int] | None = None) -> pd.DataFrame:
        return _unit_years(engine, bound.rows(some_ids), [f"{bound.aggregates[id]} AS {quoted(id)}" for id in some_ids], years)

    frames = [unit_years(values_together)] if values_together else []
    if values_apart:
        frames.append(pd.concat([unit_years(values_apart, years) for years in stretches]))
    return merged(frames)


def _unit_years(engine: Engine, rows: str, aggregates: Iterable[str], years: tuple[int, int] | None = None) -> pd.DataFrame:
    """unit, year and the aggregates, of the years from the first to the last of a stretch or of all."""
    within = f" AND year BETWEEN {years[0]} AND {years[1]}" if years else ""
    return engine.collect(
        f"SELECT {', '.join(['unit', 'year', *aggregates])} FROM {rows} WHERE unit IS NOT NULL{within} "
        "GROUP BY unit, year ORDER BY unit, year"
    )


def _row_counts(engine: Engine, table: str) -> pd.Series:
    """How many rows of a unit each year has."""
    counts = engine.collect(f"SELECT year, count(*) AS n FROM {table} WHERE unit IS NOT NULL GROUP BY year ORDER BY year")
    return counts.set_index("year")["n"]


def _year_stretches(row_counts: pd.Series, quantile_count: int) -> list[tuple[int, int]]:
    """First and last year of the stretches whose quantiles are taken at once: a quantile holds every value of its rows."""
    row_limit = QUANTILE_BYTES // (VALUE_BYTES * quantile_count)
    if row_counts.sum() <= row_limit:
        return []
    years = row_counts.index.to_series().astype("int64")
    stretch_numbers = row_counts.astype("int64").cumsum() // row_limit
    return [(int(stretch.min()), int(stretch.max())) for _, stretch in years.groupby(stretch_numbers)]


def _complete_columns(engine: Engine, table: str, columns: Collection[str]) -> frozenset[str]:
    """The columns that have a value in every row of a table."""
    if not columns:
        return frozenset()
    counts = ", ".join(f"count({quoted(column)}) AS {quoted(column)}" for column in sorted(columns))
    value_counts = engine.collect(f'SELECT count(*) AS "all rows", {counts} FROM {table}').iloc[0]
    return frozenset(column for column in columns if value_counts[column] == value_counts["all rows"])


def merged(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The columns of several frames of the same unit-years."""
    merged_frame = frames[0]
    for frame in frames[1:]:
        merged_frame = merged_frame.merge(frame, on=["unit", "year"], how="left", validate="one_to_one")
    return merged_frame
