"""Derived columns: row formulas and named functions of columns.yaml, each able to use those before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby

import numpy as np
import pandas as pd

from ..engines import Engine, quoted
from ..errors import ConfigError, DataError
from ..expressions import parse, row_sql
from ..study.column_facts import row_key
from ..study.records import Derived, Study
from .tfp import tfp

ColumnFunction = Callable[..., pd.Series]


def derive(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables with the derived columns of columns.yaml, each able to use those before it.

    ConfigError for an unknown function or a lookup of what is not there.
    """
    derived_tables = dict(tables)
    for table_name, columns in study.columns.tables.items():
        if table_name not in derived_tables:
            continue
        for is_formula, group in groupby(columns.items(), lambda item: item[1].function is None):
            if is_formula:
                formulas = {column: derived_column.formula or "" for column, derived_column in group}
                derived_tables[table_name] = _formula_columns(study, engine, table_name, derived_tables[table_name], formulas)
                continue
            for column, derived_column in group:
                derived_tables[table_name] = (
                    lookup(study, engine, derived_tables, table_name, column, **derived_column.options)
                    if derived_column.function == "lookup"
                    else _function_column(study, engine, table_name, derived_tables[table_name], column, derived_column)
                )
        if columns and list(columns.values())[-1].function in (None, "lookup"):  # a function leaves a table and its column
            derived_tables[table_name] = _materialised_table(study, engine, table_name, derived_tables[table_name])
    return derived_tables


def _materialised_table(study: Study, engine: Engine, table_name: str, table: str) -> str:
    """The view as a table in the order of its key: lags leave rows in an order that threads choose."""
    key = ", ".join(map(quoted, row_key(study, table_name))) or "ALL"
    return engine.query(f"SELECT * FROM {table} ORDER BY {key}")


def _formula_columns(study: Study, engine: Engine, table_name: str, table: str, formulas: Mapping[str, str]) -> str:
    """The table with a column for each formula; formulas that do not use one another share a query, and its sorting for lags."""
    partition = [key_column for key_column in row_key(study, table_name) if key_column != "year"]
    types, select_items = engine.types(table), dict[str, str]()
    for column, formula in formulas.items():
        names = parse(formula, columns=None, aggregate=False, location=f"columns.yaml tables.{table_name}.{column}").columns
        if names & select_items.keys():
            table = _with_columns(engine, table_name, table, select_items)
            types, select_items = engine.types(table), {}
        expression = parse(formula, columns=types, aggregate=False, location=f"columns.yaml tables.{table_name}.{column}")
        select_items[column] = row_sql(expression, types, partition=partition)
    return _with_columns(engine, table_name, table, select_items)


def _with_columns(engine: Engine, table_name: str, table: str, select_items: dict[str, str]) -> str:
    columns = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in select_items.items())
    return engine.view(f"SELECT *, {columns} FROM {table}", f"{table_name}_{next(reversed(select_items))}")


def lookup(
    study: Study, engine: Engine, tables: Mapping[str, str], table_name: str, new_column: str, *, table: str, column: str
) -> str:
    """The column of another table whose key this one holds: an industry's price index for each of its firms.

    ConfigError where the table, its key or the column is missing.
    """
    key = row_key(study, table) if table in tables else ()
    missing_names = (
        [table]
        if table not in tables
        else [key_column for key_column in key if key_column not in engine.types(tables[table_name])]
    )
    missing_names += [column] if table in tables and column not in engine.types(tables[table]) else []
    if missing_names:
        raise ConfigError(
            f"lookup of {table}.{column}: {missing_names} not there",
            zh=f"lookup {table}.{column}:缺少 {missing_names}",
            location=f"columns.yaml tables.{table_name}.{new_column}",
        )
    lookup_sql = f'SELECT {", ".join(key)}, "{column}" AS "{new_column}" FROM {tables[table]}'
    return engine.view(
        f"SELECT * FROM {tables[table_name]} LEFT JOIN ({lookup_sql}) USING ({', '.join(key)})", f"{table_name}_{new_column}"
    )


def _function_column(study: Study, engine: Engine, table_name: str, table: str, column: str, derived_column: Derived) -> str:
    """The table with the function's column beside the others."""
    if derived_column.function is None or derived_column.function not in COLUMN_FUNCTIONS:
        raise ConfigError(
            f"columns.yaml tables.{table_name}.{column}: unknown function "
            f"{derived_column.function!r}; known: {sorted(COLUMN_FUNCTIONS)}"
        )
    if not engine.count(table):  # a table without a file
        return engine.view(f"SELECT *, CAST(NULL AS DOUBLE) AS {quoted(column)} FROM {table}", f"{table_name}_{column}")
    function = partial(COLUMN_FUNCTIONS[derived_column.function], **derived_column.options)
    return engine.with_function(table, row_key(study, table_name), function, column, f"{table_name}_{column}")


def chain(links: pd.DataFrame, *, of: str = "ppi", base: int, by: str = "industry_code") -> pd.Series:
    """A fixed-base index (base year = 100) from previous-year = 100 links; missing links break the chain to NaN beyond them.

    DataError when the base year is not in the data.
    """
    wide_links = links.pivot(index="year", columns=by, values=of).sort_index().astype(float)
    if base not in wide_links.index:
        raise DataError(
            f"chain({of}): base year {base} is not in the data; years: {wide_links.index.min()}-{wide_links.index.max()}",
            zh=f"chain({of}):基年 {base} 不在数据中;现有年份 {wide_links.index.min()}-{wide_links.index.max()}",
        )
    steps = np.log(wide_links.to_numpy() / 100)
    steps[0] = 0.0
    level = np.cumsum(steps, axis=0)
    levels_from_base = 100 * np.exp(level - level[wide_links.index.get_loc(base)])
    long_levels = pd.DataFrame(levels_from_base, index=wide_links.index, columns=wide_links.columns).stack()
    keys = pd.MultiIndex.from_arrays([links["year"], links[by]])
    return pd.Series(long_levels.reindex(keys).to_numpy(), index=links.index)


COLUMN_FUNCTIONS: dict[str, ColumnFunction] = {"chain": chain, "tfp": tfp}
