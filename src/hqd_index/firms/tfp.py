"""Total factor productivity of firm-years, as a column of table firms: `tfp: {function: tfp, options: {...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..engines.duckdb import Engine, quoted
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
        return {name: getattr(self, name) for name in ("output", *INPUTS)}

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once."""
        names = ["firm_id", "year", self.by, *self.quantities.values(), *self.deflators.values(), *(self.costs or {}).values()]
        return list(dict.fromkeys(names))


def tfp(
    frame: pd.DataFrame,
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
    log_tfp = pd.Series(np.nan, index=frame.index, dtype=float)
    values = production_rows(frame, recipe)
    for _, part in values.groupby(by):
        log_tfp.loc[part.index] = _index_tfp(part) if method == "index" else _wlp_tfp(part)
    return log_tfp


def elasticities(frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """industry, method, input, estimate, se, first_stage, n behind `tfp`: mean cost shares, or the production function."""
    rows = []
    for industry, industry_rows in production_rows(frame, recipe).groupby(recipe.by):
        estimates = _production_function(industry_rows) if recipe.method == "wlp" else None
        for name in INPUTS[:2] if estimates else INPUTS:
            row = {
                "industry": industry,
                "method": recipe.method,
                "input": name,
                "n": estimates.n if estimates else len(industry_rows),
            }
            if estimates:
                row |= {
                    "estimate": getattr(estimates, name),
                    "se": getattr(estimates, f"se_{name}"),
                    "first_stage": estimates.first_stage,
                }
            else:
                row |= {"estimate": industry_rows[f"share_{name}"].mean(), "se": np.nan, "first_stage": np.nan}
            rows.append(row)
    return pd.DataFrame(rows, columns=["industry", "method", "input", "estimate", "se", "first_stage", "n"])


def elasticity_table(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """Table `elasticities`: those of every tfp column of the firm table, by the name of the column."""
    columns = study.columns.tables.get("firms", {}) if "firms" in tables else {}
    recipes = {name: Recipe(**derived.options) for name, derived in columns.items() if derived.function == "tfp"}
    if not recipes:
        return pd.DataFrame(columns=["column", "industry", "method", "input", "estimate", "se", "first_stage", "n"])
    selects = ", ".join(quoted(name) for name in dict.fromkeys(name for recipe in recipes.values() for name in recipe.columns))
    frame = engine.collect(f"SELECT {selects} FROM {tables['firms']}")
    return pd.concat([elasticities(frame, recipe).assign(column=name) for name, recipe in recipes.items()], ignore_index=True)


def production_rows(frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """firm_id, year, industry, logarithms of output and inputs, cost shares: the whole rows, in the order of firm and year."""
    keys = ["firm_id", "year", recipe.by]
    for name in recipe.columns:
        if name not in frame.columns:
            en, zh = unknown("column", name, frame.columns, kind_zh="列 ")
            raise ConfigError(f"tfp: {en}", zh=f"tfp:{zh}", location=CONFIG_LOCATION)
    rows = frame[recipe.columns].sort_values(["firm_id", "year"], kind="stable")
    blocks = [rows[keys], _logs(rows, recipe)]
    if recipe.method == "index":
        blocks.append(_shares(rows, recipe.costs or {}))
    return pd.concat(blocks, axis=1).dropna()


def _check_columns_of(option: str, columns: Mapping[str, str], needed: tuple[str, ...]) -> None:
    if set(columns) != set(needed):
        raise ConfigError(
            f"tfp: {option} must name a column for each of {', '.join(needed)}; given: {', '.join(columns) or 'none'}",
            zh=f"tfp:{option} 须为 {'、'.join(needed)} 各指定一列;现有:{'、'.join(columns) or '无'}",
            location=CONFIG_LOCATION,
        )


def _logs(rows: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Logarithms of quantities, money deflated; missing where a value or a price is not positive."""
    logs = {}
    for name, column in recipe.quantities.items():
        price = _positive(rows[recipe.deflators[name]]) / 100 if name in MONEY else 1.0
        logs[name] = np.log(_positive(rows[column]) / price)
    return pd.DataFrame(logs, index=rows.index)


def _positive(column: pd.Series) -> pd.Series:
    values = column.astype(float)
    return values.where(values > 0)


def _shares(rows: pd.DataFrame, costs: Mapping[str, str]) -> pd.DataFrame:
    """Cost shares of the inputs; missing where a cost is not positive."""
    input_costs = pd.DataFrame({f"share_{name}": _positive(rows[costs[name]]) for name in INPUTS}, index=rows.index)
    return input_costs.div(input_costs.sum(axis=1, skipna=False), axis=0)


def _index_tfp(rows: pd.DataFrame) -> Array:
    inputs, shares = rows[list(INPUTS)].to_numpy(), rows[[f"share_{name}" for name in INPUTS]].to_numpy()
    return multilateral(rows["output"].to_numpy(), inputs, shares, rows["year"].to_numpy())


def _wlp_tfp(rows: pd.DataFrame) -> Array:
    estimates = _production_function(rows)
    log_tfp = (rows["output"] - estimates.labour * rows["labour"] - estimates.capital * rows["capital"]).to_numpy()
    years = rows["year"].to_numpy()
    return np.asarray(log_tfp - log_tfp[years == years.min()].mean())


def _production_function(rows: pd.DataFrame) -> Elasticities:
    firm = pd.factorize(rows["firm_id"])[0]
    output, labour, capital, materials = (rows[name].to_numpy() for name in ("output", *INPUTS))
    return wooldridge(output, labour, capital, materials, firm, rows["year"].to_numpy())


LABELS = {
    "column": ("生产率列", "productivity column", ""),
    "industry": ("行业", "industry", ""),
    "method": ("方法(index 指数法,wlp 广义矩)", "method (index numbers, or wlp: GMM)", ""),
    "input": ("投入", "input", ""),
    "estimate": ("产出弹性(指数法为平均成本份额)", "elasticity (index: mean cost share)", ""),
    "se": ("标准误(聚类到企业)", "standard error, clustered by firm", ""),
    "first_stage": ("第一阶段 F(滞后劳动)", "first-stage F of lagged labour", ""),
    "n": ("观测数", "observations", ""),
}
