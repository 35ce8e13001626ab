"""Rows of `regressions` that page, paper and figures quote: the headline specification and the density."""

from __future__ import annotations

import pandas as pd

from ..models.composite import composite
from ..study.records import SpecificationChoice
from .results import Results


def headline_rows(results: Results) -> pd.DataFrame:
    """Rows of the density in the headline specification, with the interval also in standard deviations (low, high)."""
    rows, headline = results.table("regressions"), headline_spec(results)
    if rows.empty or headline is None:
        return rows.iloc[0:0]
    rows = density_rows(rows[rows["spec"] == headline]).dropna(subset=["estimate", "estimate_sd"])
    scale = (rows["estimate_sd"] / rows["estimate"]).where(rows["estimate"] != 0)
    return rows.assign(low=rows["ci_low"] * scale, high=rows["ci_high"] * scale)


def density_rows(regression_rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose term is the density, of whole samples."""
    return regression_rows[(regression_rows["term"] == "density") & (regression_rows["subset"].fillna("") == "")]


def judged_outcome(results: Results, sample: str) -> str:
    """The outcome on which H1 is judged in a sample: the whole index, or its splittable part where most of it is not of firms."""
    rows = results.table("hypotheses")
    rows = rows[(rows["hypothesis"] == "H1") & (rows["sample"] == sample)] if len(rows) else rows
    return str(rows["outcome"].iloc[0]) if len(rows) else results.tree.root


def firm_shares(results: Results) -> tuple[str, dict[str, float]]:
    """The root, and the shares in it of the indicators computed from firms."""
    weights = results.table("weights")
    tree = composite(weights[weights["scenario"] == "base"])
    indicators = results.study.indicators.indicators
    return tree.root, {leaf: share for leaf, share in tree.weights(tree.root).items() if indicators[leaf].table == "firms"}


def headline_spec(results: Results) -> str | None:
    """Id of the specification that the study calls its headline, or the last one estimated."""
    study_specs = [spec for spec in results.study.regressions.specifications if spec.id in results.estimated_specs]
    return next((spec.id for spec in study_specs if spec.headline), study_specs[-1].id if study_specs else None)


def stepwise(results: Results) -> list[SpecificationChoice]:
    """Specifications that differ in controls and effects of units and years only: the columns of the baseline table."""
    headline = headline_spec(results)
    return [
        spec
        for spec in results.study.regressions.specifications
        if spec.density is None
        and spec.weights is None
        and spec.years is None
        and spec.scenario is None
        and not spec.drop_units
        and not spec.drop_years
        and ("group_year" not in spec.fixed_effects or spec.id == headline)
    ]
