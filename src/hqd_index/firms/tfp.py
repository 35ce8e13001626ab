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
from .productivity import Array, Elasticities, multilateral, wooldridge

INPUTS = ("labour", "capital", "materials")
MONEY = ("output", "capital", "materials")
WHERE = "columns.yaml tfp"


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
            raise ConfigError(f"tfp: {en}", zh=f"tfp:{zh}", where=WHERE)
        _each_named("deflators", self.deflators, MONEY)
        if self.method == "index":
            _each_named("costs", self.costs or {}, INPUTS)

    @property
    def quantities(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("output", *INPUTS)}

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once."""
        used = ["firm_id", "year", self.by, *self.quantities.values(), *self.deflators.values(), *(self.costs or {}).values()]
        return list(dict.fromkeys(used))


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
    out = pd.Series(np.nan, index=frame.index, dtype=float)
    values = measured(frame, recipe)
    for _, part in values.groupby(by):
        out.loc[part.index] = _index(part) if method == "index" else _wlp(part)
    return out


def elasticities(frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """industry, method, input, estimate, se, first_stage, n behind `tfp`: mean cost shares, or the production function."""
    rows = []
    for industry, part in measured(frame, recipe).groupby(recipe.by):
        found = _estimated(part) if recipe.method == "wlp" else None
        for name in INPUTS[:2] if found else INPUTS:
            row = {"industry": industry, "method": recipe.method, "input": name, "n": found.n if found else len(part)}
            if found:
                row |= {"estimate": getattr(found, name), "se": getattr(found, f"se_{name}"), "first_stage": found.first_stage}
            else:
                row |= {"estimate": part[f"share_{name}"].mean(), "se": np.nan, "first_stage": np.nan}
            rows.append(row)
    return pd.DataFrame(rows, columns=["industry", "method", "input", "estimate", "se", "first_stage", "n"])


def production(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """Table `elasticities`: those of every tfp column of the firm table, by the name of the column."""
    columns = study.columns.tables.get("firms", {}) if "firms" in tables else {}
    chosen = {name: Recipe(**each.options) for name, each in columns.items() if each.function == "tfp"}
    if not chosen:
        return pd.DataFrame(columns=["column", "industry", "method", "input", "estimate", "se", "first_stage", "n"])
    read = ", ".join(quoted(name) for name in dict.fromkeys(name for recipe in chosen.values() for name in recipe.columns))
    frame = engine.collect(f"SELECT {read} FROM {tables['firms']}")
    return pd.concat([elasticities(frame, recipe).assign(column=name) for name, recipe in chosen.items()], ignore_index=True)


def measured(frame: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """firm_id, year, industry, logarithms of output and inputs, cost shares: the whole rows, in the order of firm and year."""
    keys = ["firm_id", "year", recipe.by]
    for name in recipe.columns:
        if name not in frame.columns:
            en, zh = unknown("column", name, frame.columns, kind_zh="列 ")
            raise ConfigError(f"tfp: {en}", zh=f"tfp:{zh}", where=WHERE)
    rows = frame[recipe.columns].sort_values(["firm_id", "year"], kind="stable")
    parts = [rows[keys], _logs(rows, recipe)]
    if recipe.method == "index":
        parts.append(_shares(rows, recipe.costs or {}))
    return pd.concat(parts, axis=1).dropna()


def _each_named(option: str, given: Mapping[str, str], needed: tuple[str, ...]) -> None:
    if set(given) != set(needed):
        raise ConfigError(
            f"tfp: {option} must name a column for each of {', '.join(needed)}; given: {', '.join(given) or 'none'}",
            zh=f"tfp:{option} 须为 {'、'.join(needed)} 各指定一列;现有:{'、'.join(given) or '无'}",
            where=WHERE,
        )


def _logs(rows: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Logarithms of quantities, money deflated; missing where a value or a price is not positive."""
    out = {}
    for name, column in recipe.quantities.items():
        price = _positive(rows[recipe.deflators[name]]) / 100 if name in MONEY else 1.0
        out[name] = np.log(_positive(rows[column]) / price)
    return pd.DataFrame(out, index=rows.index)


def _positive(column: pd.Series) -> pd.Series:
    values = column.astype(float)
    return values.where(values > 0)


def _shares(rows: pd.DataFrame, costs: Mapping[str, str]) -> pd.DataFrame:
    """Cost shares of the inputs; missing where a cost is not positive."""
    spent = pd.DataFrame({f"share_{name}": _positive(rows[costs[name]]) for name in INPUTS}, index=rows.index)
    return spent.div(spent.sum(axis=1, skipna=False), axis=0)


def _index(rows: pd.DataFrame) -> Array:
    inputs, shares = rows[list(INPUTS)].to_numpy(), rows[[f"share_{name}" for name in INPUTS]].to_numpy()
    return multilateral(rows["output"].to_numpy(), inputs, shares, rows["year"].to_numpy())


def _wlp(rows: pd.DataFrame) -> Array:
    found = _estimated(rows)
    left = (rows["output"] - found.labour * rows["labour"] - found.capital * rows["capital"]).to_numpy()
    years = rows["year"].to_numpy()
    return np.asarray(left - left[years == years.min()].mean())


def _estimated(rows: pd.DataFrame) -> Elasticities:
    firm = pd.factorize(rows["firm_id"])[0]
    output, labour, capital, materials = (rows[name].to_numpy() for name in ("output", *INPUTS))
    return wooldridge(output, labour, capital, materials, firm, rows["year"].to_numpy())


FUNCTIONS = {"tfp": tfp}
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
