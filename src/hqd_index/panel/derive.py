"""Derived columns: row formulas and named functions of columns.yaml, each able to use those before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..engines.duckdb import Engine
from ..errors import ConfigError, DataError
from ..expressions import parse, row_sql
from ..study.models import Study
from .units import row_key


def derive(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables with the derived columns of columns.yaml, each able to use those before it."""
    out = dict(tables)
    for name, columns in study.columns.tables.items():
        if name not in out:
            continue
        for column, derived in columns.items():
            if derived.function:
                out[name] = _by_function(engine, name, out[name], column, derived.function, derived.options)
            else:
                out[name] = _by_formula(study, engine, name, out[name], column, derived.formula or "")
    return out


def _by_formula(study: Study, engine: Engine, name: str, table: str, column: str, formula: str) -> str:
    types = engine.types(table)
    expression = parse(formula, columns=types, aggregate=False, where=f"columns.yaml tables.{name}.{column}")
    sql = row_sql(expression, types, partition=[key for key in row_key(study, name) if key != "year"])
    return engine.query(f'SELECT *, {sql} AS "{column}" FROM {table}', f"{name}_{column}")


def _by_function(engine: Engine, name: str, table: str, column: str, function: str, options: Mapping[str, Any]) -> str:
    if function not in COLUMN_FUNCTIONS:
        raise ConfigError(
            f"columns.yaml tables.{name}.{column}: unknown function {function!r}; known: {sorted(COLUMN_FUNCTIONS)}"
        )
    frame = engine.collect(table)
    made = COLUMN_FUNCTIONS[function](frame, **options)
    return engine.scan(frame.assign(**{column: made}), f"{name}_{column}")


def chain(frame: pd.DataFrame, *, of: str = "ppi", base: int, by: str = "industry_code") -> pd.Series:
    """A fixed-base index (base year = 100) from previous-year = 100 links; missing links break the chain to NaN beyond them."""
    wide = frame.pivot(index="year", columns=by, values=of).sort_index().astype(float)
    if base not in wide.index:
        raise DataError(
            f"chain({of}): base year {base} is not in the data; years: {wide.index.min()}-{wide.index.max()}",
            zh=f"chain({of}):基年 {base} 不在数据中;现有年份 {wide.index.min()}-{wide.index.max()}",
        )
    steps = np.log(wide.to_numpy() / 100)
    steps[0] = 0.0
    level = np.cumsum(steps, axis=0)
    fixed = 100 * np.exp(level - level[wide.index.get_loc(base)])
    long = pd.DataFrame(fixed, index=wide.index, columns=wide.columns).stack()
    keys = pd.MultiIndex.from_arrays([frame["year"], frame[by]])
    return pd.Series(long.reindex(keys).to_numpy(), index=frame.index)


COLUMN_FUNCTIONS: dict[str, Callable[..., pd.Series]] = {"chain": chain}
