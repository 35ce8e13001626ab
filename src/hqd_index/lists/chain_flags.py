"""Flags of the chain map: chokepoint, gap, blockage, weak, strong; 1, 0, or NaN where what a rule needs is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ..study.records import ChainFlags, Chokepoint

FLAGS = ("chokepoint", "gap", "blockage", "weak", "strong")
PROBLEMS = ("chokepoint", "gap", "blockage", "weak")
"""Flags that call for action; strong is none of them."""


def any_rule(*verdicts: pd.Series) -> pd.Series:
    """1 where one is true, 0 where all are known and none is, else NaN (a rule that could still be met)."""
    columns = pd.concat(verdicts, axis=1)
    met = columns.eq(1.0).any(axis=1)
    return pd.Series(np.where(met, 1.0, np.where(columns.isna().any(axis=1), np.nan, 0.0)), index=columns.index)


def all_rules(*verdicts: pd.Series) -> pd.Series:
    """1 where all are true, 0 where one is known not to be, else NaN."""
    columns = pd.concat(verdicts, axis=1)
    failed = columns.eq(0.0).any(axis=1)
    return pd.Series(np.where(failed, 0.0, np.where(columns.isna().any(axis=1), np.nan, 1.0)), index=columns.index)


def compared(values: pd.Series, is_met: pd.Series) -> pd.Series:
    """A verdict as 1 or 0; NaN where the value is missing."""
    return is_met.astype(float).where(values.notna())


def year_quantile(nodes: pd.DataFrame, column: str, percentile: float) -> pd.Series:
    """The percentile of a column over the nodes of each one's year."""
    return nodes["year"].map(nodes.groupby("year")[column].quantile(percentile / 100)).astype(float)


def gap(nodes: pd.DataFrame, rules: ChainFlags) -> pd.Series:
    """Fewer domestic firms than `gap_firms`, or self-sufficiency below its threshold."""
    return any_rule(
        compared(nodes["n_firms"], nodes["n_firms"] < rules.gap_firms),
        compared(nodes["self_sufficiency"], nodes["self_sufficiency"] < rules.gap_self_sufficiency),
    )


def blockage(nodes: pd.DataFrame, rules: ChainFlags) -> pd.Series:
    """A blockage indicator far on the bad side, or receivable days high and rising."""
    verdicts = [
        compared(nodes[column], nodes[column] < rules.blockage_z)
        for column in (f"z_{indicator}" for indicator in rules.blockage_indicators)
        if column in nodes
    ]
    if "days" in nodes:
        high = compared(nodes["days"], nodes["days"] >= year_quantile(nodes, "days", rules.blockage_days_pct))
        verdicts.append(all_rules(high, nodes["days_rising"]))
    return any_rule(*verdicts) if verdicts else pd.Series(np.nan, index=nodes.index)


def weak(nodes: pd.DataFrame, rules: ChainFlags) -> pd.Series:
    """Comparative disadvantage in a central industry."""
    central = nodes["betweenness"] >= year_quantile(nodes, "betweenness", rules.weak_centrality_pct)
    return all_rules(compared(nodes["nrca"], nodes["nrca"] < rules.weak_nrca), compared(nodes["betweenness"], central))


def strong(nodes: pd.DataFrame, rules: ChainFlags) -> pd.Series:
    """High comparative advantage and a large share in the world's exports."""
    advantage = nodes["nrca"] >= year_quantile(nodes, "nrca", rules.strong_nrca_pct)
    return all_rules(
        compared(nodes["nrca"], advantage), compared(nodes["world_share"], nodes["world_share"] >= rules.strong_world_share)
    )


RULES: Mapping[str, Callable[[pd.DataFrame, ChainFlags], pd.Series]] = {
    "gap": gap,
    "blockage": blockage,
    "weak": weak,
    "strong": strong,
}
"""Flag -> its rule; the chokepoint of a product is the verdict of table chokepoints, that of an industry its products'."""
CHOKEPOINT_THRESHOLDS = ("hhi_import", "hhi_world", "import_export_ratio")
FLAG_THRESHOLDS: Mapping[str, tuple[str, ...]] = {
    "gap": ("gap_firms", "gap_self_sufficiency"),
    "blockage": ("blockage_z", "blockage_days_pct"),
    "weak": ("weak_nrca", "weak_centrality_pct"),
    "strong": ("strong_nrca_pct", "strong_world_share"),
}
HIGHEST_PERCENTILE = 99.0


def flags(nodes: pd.DataFrame, rules: ChainFlags) -> pd.DataFrame:
    """One column per flag, for industries."""
    return pd.DataFrame({"chokepoint": nodes["chokepoint"]} | {name: rule(nodes, rules) for name, rule in RULES.items()})


def neighbouring_rules(rules: ChainFlags, threshold: str, factor: float, spread: float) -> ChainFlags:
    """The rules with one threshold moved: times the factor, or by (factor - 1) x `spread` where it is 0."""
    value = float(getattr(rules, threshold))
    neighbour = value * factor if value else (factor - 1) * spread
    return rules.model_copy(update={threshold: min(neighbour, HIGHEST_PERCENTILE) if threshold.endswith("_pct") else neighbour})


def product_flags(products: pd.DataFrame, rule: Chokepoint, **thresholds: float) -> pd.Series:
    """The lasting verdict on each product-year under other thresholds of rules A to C, from the published columns.

    NaN in the first `window` - 1 years, whose history is not published.
    """
    limits = {name: float(getattr(rule, name)) for name in CHOKEPOINT_THRESHOLDS} | thresholds
    second = (
        products["hhi_world"] > limits["hhi_world"]
        if rule.variant == "geodep"
        else products["extra_bloc_share"] > rule.extra_bloc_share
    )
    imported = products["imports"] > 0
    raw = (products["hhi_import"] > limits["hhi_import"]) & second & imported
    raw &= products["import_export_ratio"] > limits["import_export_ratio"]
    grid = products.assign(raw=raw.astype(float)).pivot(index="year", columns="hs6", values="raw")
    grid = grid.reindex(range(int(grid.index.min()), int(grid.index.max()) + 1)).fillna(0.0)
    verdict = (grid.rolling(rule.window).sum() >= rule.min_years).astype(float)
    verdict.iloc[: rule.window - 1] = np.nan
    keys = pd.MultiIndex.from_frame(products[["year", "hs6"]])
    return pd.Series(verdict.stack(future_stack=True).reindex(keys).to_numpy(), index=products.index)
