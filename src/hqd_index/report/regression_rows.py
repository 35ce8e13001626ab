"""Rows of `regressions` that page, paper and figures quote: the headline specification and the density."""

from __future__ import annotations

import pandas as pd

from .results import Results


def headline_rows(results: Results) -> pd.DataFrame:
    """Rows of the density in the headline specification, with the interval also in standard deviations (low, high)."""
    rows, chosen = results.table("regressions"), headline_spec(results)
    if rows.empty or chosen is None:
        return rows.iloc[0:0]
    rows = density_rows(rows[rows["spec"] == chosen]).dropna(subset=["estimate", "estimate_sd"])
    scale = (rows["estimate_sd"] / rows["estimate"]).where(rows["estimate"] != 0)
    return rows.assign(low=rows["ci_low"] * scale, high=rows["ci_high"] * scale)


def density_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose term is the density, of whole samples."""
    return rows[(rows["term"] == "density") & (rows["subset"].fillna("") == "")]


def headline_spec(results: Results) -> str | None:
    """Id of the specification that the study calls its headline, or the last one estimated."""
    rows = results.table("regressions")
    known = set(rows["spec"].unique()) if len(rows) else set()
    listed = [spec for spec in results.study.regressions.specifications if spec.id in known]
    return next((spec.id for spec in listed if spec.headline), listed[-1].id if listed else None)
