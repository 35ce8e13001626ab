"""Total factor productivity of firm-years, as a column of table firms: `tfp: {function: tfp, options: {...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..engines import Engine, quoted
from ..errors import ConfigError, unknown
from ..study.records import Study
from .production_function import Array, Elasticities, multilateral, wooldridge

INPUTS = ("labour", "capital", "materials")
MONEY = ("output", "capital", "materials")
CONFIG_LOCATION = "columns.yaml tfp"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Which columns are output, inputs, their prices (base = 100) and their nominal costs, and how they are put together.

    ConfigError where a price or a cost is missing or the method is unknown.
    """

    output: str
    labour: str
    capital: str
    materials: str
    deflators: Mapping[str, str]
    costs: Mapping[str, str] | None = None
    method: Literal["index", "wlp"] = "index"
    by: str = "industry_code"

    def __post_init__(self) -> None:
        if self.method not in ("index", "wlp"):
            en, zh = unknown("method", self.method, ("index", "wlp"), kind_zh="方法 ")
            raise ConfigError(f"tfp: {en}", zh=f"tfp:{zh}", location=CONFIG_LOCATION)
        _check_columns_of("deflators", self.deflators, MONEY)
        if self.method == "index":
            _check_columns_of("costs", self.costs or {}, INPUTS)

    @property
    def quantities(self) -> dict[str, str]:
        return {quantity: getattr(self, quantity) for quantity in ("output", *INPUTS)}

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once."""
        names = ["firm_id", "year", self.by, *self.quantities.values(), *self.deflators.values(), *(self.costs or {}).values()]
        return list(dict.fromkeys(names))


def tfp(
    firm_years: pd.DataFrame,
    *,
    output: str,
    labour: str,
    capital: str,
    materials: str,
    deflators: Mapping[str, str],
    costs: Mapping[str, str] | None = None,
    method: Literal["index", "wlp"] = "index",
    by: str = "industry_code",
) -> pd.Series:
    """ln TFP of each firm-year against its industry's mean firm in the first year; missing where an ingredient is.

    Options name columns of the table. index: gross output on three inputs, weighted by their costs, see `multilateral`.
    wlp: value added on labour and capital, materials the proxy, by industry, see `wooldridge`; an industry with too few
    firm-years is missing. Levels do not compare across industries, changes do. ConfigError on options.
    """
    recipe = Recipe(output=output, labour=labour, capital=capital, materials=materials, deflators=deflators, costs=costs,
                    method=method, by=by)  # fmt: skip
    log_tfp = pd.Series(np.nan, index=firm_years.index, dtype=float)
    values = production_rows(firm_years, recipe)
    for _, industry_rows in values.groupby(by):
        log_tfp.loc[industry_rows.index] = _index_tfp(industry_rows) if method == "index" else _wlp_tfp(industry_rows)
    return log_tfp


def elasticities(firm_years: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """industry, method, input, estimate, se, first_stage, n behind `tfp`: mean cost shares, or the production function."""
    rows = []
    for industry, industry_rows in production_rows(firm_years, recipe).groupby(recipe.by):
        estimates = _production_function(industry_rows) if recipe.method == "wlp" else None
        for input_name in INPUTS[:2] if estimates else INPUTS:
            elasticity_row = {
                "industry": industry,
                "method": recipe.method,
                "input": input_name,
                "n": estimates.n if estimates else len(industry_rows),
            }
            if estimates:
                elasticity_row |= {
                    "estimate": getattr(estimates, input_name),
                    "se": getattr(estimates, f"se_{input_name}"),
                    "first_stage": estimates.first_stage,
                }
            else:
                elasticity_row |= {"estimate": industry_rows[f"share_{input_name}"].mean(), "se": np.nan, "first_stage": np.nan}
            rows.append(elasticity_row)
    return pd.DataFrame(rows, columns=["industry", "method", "input", "estimate", "se", "first_stage", "n"])


def elasticity_table(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """Table `elasticities`: those of every tfp column of the firm table, by the name of the column."""
    columns = study.columns.tables.get("firms", {}) if "firms" in tables else {}
    recipes = {
        column_name: Recipe(**derived_column.options)
        for column_name, derived_column in columns.items()
        if derived_column.function == "tfp"
    }
    if not recipes:
        return pd.DataFrame(columns=["column", "industry", "method", "input", "estimate", "se", "first_stage", "n"])
    select_clause = ", ".join(
        quoted(column_name)
        for column_name in dict.fromkeys(column_name for recipe in recipes.values() for column_name in recipe.columns)
    )
    frame = engine.collect(f"SELECT {select_clause} FROM {tables['firms']}")
    return pd.concat(
        [elasticities(frame, recipe).assign(column=column_name) for column_name, recipe in recipes.items()], ignore_index=True
    )


def production_rows(firm_years: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """firm_id, year, industry, logarithms of output and inputs, cost shares: the whole rows, in the order of firm and year."""
    keys = ["firm_id", "year", recipe.by]
    for name in recipe.columns:
        if name not in firm_years.columns:
            en, zh = unknown("column", name, firm_years.columns, kind_zh="列 ")
            raise ConfigError(f"tfp: {en}", zh=f"tfp:{zh}", location=CONFIG_LOCATION)
    rows = firm_years[recipe.columns].sort_values(["firm_id", "year"], kind="stable")
    blocks = [rows[keys], _logs(rows, recipe)]
    if recipe.method == "index":
        blocks.append(_cost_shares(rows, recipe.costs or {}))
    return pd.concat(blocks, axis=1).dropna()


def _check_columns_of(option: str, columns: Mapping[str, str], required_columns: tuple[str, ...]) -> None:
    if set(columns) != set(required_columns):
        raise ConfigError(
            f"tfp: {option} must name a column for each of {', '.join(required_columns)}; given: {', '.join(columns) or 'none'}",
            zh=f"tfp:{option} 须为 {'、'.join(required_columns)} 各指定一列;现有:{'、'.join(columns) or '无'}",
            location=CONFIG_LOCATION,
        )


def _logs(firm_years: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Logarithms of quantities, money deflated; missing where a value or a price is not positive."""
    log_quantities = {}
    for quantity, column in recipe.quantities.items():
        price = _positive(firm_years[recipe.deflators[quantity]]) / 100 if quantity in MONEY else 1.0
        log_quantities[quantity] = np.log(_positive(firm_years[column]) / price)
    return pd.DataFrame(log_quantities, index=firm_years.index)


def _positive(column: pd.Series) -> pd.Series:
    values = column.astype(float)
    return values.where(values > 0)


def _cost_shares(firm_years: pd.DataFrame, costs: Mapping[str, str]) -> pd.DataFrame:
    """Cost shares of the inputs; missing where a cost is not positive."""
    input_costs = pd.DataFrame(
        {f"share_{input_name}": _positive(firm_years[costs[input_name]]) for input_name in INPUTS}, index=firm_years.index
    )
    return input_costs.div(input_costs.sum(axis=1, skipna=False), axis=0)


def _index_tfp(production: pd.DataFrame) -> Array:
    inputs, shares = production[list(INPUTS)].to_numpy(), production[[f"share_{input_name}" for input_name in INPUTS]].to_numpy()
    return multilateral(production["output"].to_numpy(), inputs, shares, production["year"].to_numpy())


def _wlp_tfp(production: pd.DataFrame) -> Array:
    estimates = _production_function(production)
    log_tfp = (
        production["output"] - estimates.labour * production["labour"] - estimates.capital * production["capital"]
    ).to_numpy()
    years = production["year"].to_numpy()
    return np.asarray(log_tfp - log_tfp[years == years.min()].mean())


def _production_function(production: pd.DataFrame) -> Elasticities:
    firm = pd.factorize(production["firm_id"])[0]
    output, labour, capital, materials = (production[quantity].to_numpy() for quantity in ("output", *INPUTS))
    return wooldridge(output, labour, capital, materials, firm, production["year"].to_numpy())
