"""Chokepoint products: concentrated abroad, bought more than sold, and so for years rather than once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..study.records import Chokepoint


def chokepoint_verdicts(goods: pd.DataFrame, rule: Chokepoint) -> pd.DataFrame:
    """Product-years with rules A-E, the yearly verdict `chokepoint_raw` and the lasting one, `chokepoint` (1, 0, NaN).

    A: hhi_import above its threshold. B: hhi_world above its. C: imports / exports above its, `zero_export_ratio` without
    exports. geodep: A, B and C (Lefebvre & Wibaux 2024). eu2021: A, C and extra-bloc share of imports above its threshold
    (European Commission 2021). E: imports from the countries of control risk reach their share. A product that is not
    imported meets no rule.
    """
    ratio = (goods["imports"] / goods["exports"]).where(goods["exports"] > 0, rule.zero_export_ratio)
    verdicts = goods.assign(
        import_export_ratio=ratio.where(goods["imports"] > 0),
        rule_a=goods["hhi_import"] > rule.hhi_import,
        rule_b=goods["hhi_world"] > rule.hhi_world,
        rule_c=(goods["imports"] > 0) & (ratio > rule.import_export_ratio),
        rule_e=goods["control_risk_share"] >= rule.control_risk_share,
    )
    second_rule = verdicts["rule_b"] if rule.variant == "geodep" else verdicts["extra_bloc_share"] > rule.extra_bloc_share
    verdicts["chokepoint_raw"] = verdicts["rule_a"] & second_rule & verdicts["rule_c"]
    verdicts["chokepoint"] = lasting_verdicts(verdicts, rule)
    return verdicts


def lasting_verdicts(verdicts: pd.DataFrame, rule: Chokepoint) -> pd.Series:
    """Rule D: 1 where the yearly verdict holds in at least `min_years` of the last `window` calendar years, else 0.

    A year in which the product is not traded counts as not holding. NaN while fewer than `min_years` years of the window
    are in the data, so that a short history is no verdict.
    """
    years = sorted(set(verdicts["year"]))
    span = range(years[0], years[-1] + 1) if years else range(0)
    verdict_grid = verdicts.pivot(index="year", columns="hs6", values="chokepoint_raw").reindex(span)
    positive_years = verdict_grid.eq(True).astype(float).rolling(rule.window, min_periods=1).sum()
    observed_years = pd.Series([float(year in years) for year in span], index=span).rolling(rule.window, min_periods=1).sum()
    flags = (positive_years >= rule.min_years).astype(float).where(observed_years >= rule.min_years, np.nan)
    keys = pd.MultiIndex.from_frame(verdicts[["year", "hs6"]])
    return pd.Series(flags.stack(future_stack=True).reindex(keys).to_numpy(), index=verdicts.index)


def with_centrality(goods: pd.DataFrame, industries: pd.DataFrame, betweenness: pd.DataFrame, rule: Chokepoint) -> pd.DataFrame:
    """Rule F per product-year: `centrality` (that of its most central industry, NaN when unknown) and `rule_f`.

    `betweenness` holds industry_code, year, betweenness; the threshold is a percentile over the industries of the year.
    """
    known_betweenness = betweenness.dropna(subset="betweenness")
    level = known_betweenness.groupby("year")["betweenness"].quantile(rule.centrality_pct / 100)
    product_industries = industries.rename(columns={"from_code": "hs6", "to_code": "industry_code"})[["hs6", "industry_code"]]
    top_betweenness = (
        product_industries.merge(known_betweenness, on="industry_code").groupby(["year", "hs6"])["betweenness"].max()
    )
    goods_with_centrality = goods.assign(
        centrality=top_betweenness.reindex(pd.MultiIndex.from_frame(goods[["year", "hs6"]])).to_numpy(dtype=float)
    )
    return goods_with_centrality.assign(
        rule_f=goods_with_centrality["centrality"] >= goods_with_centrality["year"].map(level).astype(float)
    )


def industry_codes(industries: pd.DataFrame) -> pd.Series:
    """hs6 -> its industries, joined by '+'."""
    return industries.sort_values(["from_code", "to_code"]).groupby("from_code")["to_code"].agg("+".join)
