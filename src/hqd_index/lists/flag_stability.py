"""Under how many neighbouring thresholds a node keeps its flags."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..study.records import ChainFlags, Chokepoint, Lists
from .chain_flags import CHOKEPOINT_THRESHOLDS, FLAG_THRESHOLDS, RULES, neighbouring_rules, product_flags
from .chain_nodes import NODE_YEAR, by_industry


def industry_stability(
    nodes: pd.DataFrame, base_flags: pd.DataFrame, lists: Lists, product_settings: list[pd.Series]
) -> pd.Series:
    """Share of settings, each a threshold moved to a neighbour, under which the flag it decides is what it was.

    Settings that a node's data leave undecided do not count; NaN where none is left. `product_settings` are verdicts on the
    nodes, one per setting of the chokepoint rule.
    """
    agreements = [agreement(verdict, base_flags["chokepoint"]) for verdict in product_settings]
    for flag, thresholds in FLAG_THRESHOLDS.items():
        for threshold in thresholds:
            agreements += [
                agreement(RULES[flag](nodes, rules), base_flags[flag])
                for rules in _settings(lists.flags, threshold, nodes, lists.neighbours)
            ]
    return pd.concat(agreements, axis=1).mean(axis=1) if agreements else pd.Series(np.nan, index=nodes.index)


def chokepoint_settings(products: pd.DataFrame, rule: Chokepoint, factors: tuple[float, ...]) -> list[pd.Series]:
    """The verdict on each product-year under each neighbouring threshold of rules A, B and C."""
    if products.empty:
        return []
    return [
        product_flags(products, rule, **{threshold: factor * float(getattr(rule, threshold))})
        for threshold in CHOKEPOINT_THRESHOLDS
        if rule.variant == "geodep" or threshold != "hhi_world"
        for factor in factors
    ]


def of_industries(nodes: pd.DataFrame, products: pd.DataFrame, verdict: pd.Series) -> pd.Series:
    """The verdict on products as one on industries: 1 where one of its products is flagged."""
    rows = by_industry(products[["hs6", "year", "industries"]].assign(verdict=verdict))
    top = rows.groupby(["industry", "year"])["verdict"].max()
    return pd.Series(top.reindex(pd.MultiIndex.from_frame(nodes[NODE_YEAR])).to_numpy(), index=nodes.index)


def agreement(verdict: pd.Series, base: pd.Series) -> pd.Series:
    """1 where the verdict is the base's, 0 where it is not, NaN where either is unknown."""
    return (verdict == base).astype(float).where(verdict.notna() & base.notna())


def _settings(rules: ChainFlags, threshold: str, nodes: pd.DataFrame, factors: tuple[float, ...]) -> list[ChainFlags]:
    spread = float(nodes["nrca"].std()) if threshold == "weak_nrca" else 1.0
    return [neighbouring_rules(rules, threshold, factor, spread) for factor in factors]
