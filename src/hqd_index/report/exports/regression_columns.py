"""Columns of the published panel that only some regressions need, so that `regressions` can be estimated again from it.

`splittable`: the part of the root computed from firm tables. `<node>_leaders`, `<node>_others`: the index of those firms.
`base_<name>`: a moderator's or weight's value before density began. `via_<name>`: a mediator.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...models.analyses.interactions import path_shares_of_early_years
from ...models.estimation_sample import SPLITTABLE, base_values, base_year
from ..regression_rows import firm_shares
from ..results import Results

KEY = ["unit", "year"]
MEDIATOR_PREFIX = "via_"


def with_regression_columns(results: Results, panel: pd.DataFrame) -> pd.DataFrame:
    """The panel (unit, year, `density_lag` if the study has one) with those columns that its tables allow."""
    if "density_lag" not in panel or results.table("regressions").empty:
        return panel
    for columns in (*_firm_share_columns(results), *_mediators(results)):
        panel = panel.merge(columns, on=KEY, how="left")
    for columns in _base_values(results, panel):
        panel = panel.merge(columns, on="unit", how="left")
    return panel


def _firm_share_columns(results: Results) -> Iterator[pd.DataFrame]:
    """The splittable part of the root by sample, and the index of leading and of other firms."""
    root, shares = firm_shares(results)
    is_partial = 0 < sum(shares.values()) < 1 - 1e-12
    cells = results.table("indicators")
    for sample, suffix in (("all", ""), ("leave_out", "_lo")) if is_partial else ():
        normalised_values = cells[cells["sample"] == sample].pivot(index=KEY, columns="indicator", values="normalised")
        yield _weighted_mean(normalised_values, shares).rename(f"{SPLITTABLE}{suffix}").reset_index()
    leader_scores = results.table("leader_scores")
    for group, rows in leader_scores.groupby("sample") if len(leader_scores) else ():
        normalised_values = rows.pivot(index=KEY, columns="node", values="score")
        if is_partial and set(shares) <= set(normalised_values):
            yield _weighted_mean(normalised_values, shares).rename(f"{SPLITTABLE}_{group}").reset_index()
        elif root in normalised_values:
            yield normalised_values[root].rename(f"{root}_{group}").reset_index()


def _weighted_mean(leaf_values: pd.DataFrame, shares: dict[str, float]) -> pd.Series:
    weighted_leaf: pd.Series = sum(
        (share * leaf_values[leaf] for leaf, share in shares.items()), start=pd.Series(0.0, index=leaf_values.index)
    )
    return weighted_leaf / sum(shares.values())


def _mediators(results: Results) -> Iterator[pd.DataFrame]:
    values = results.table("mediator_values")
    if len(values):
        yield values.rename(columns=lambda column: column if column in KEY else f"{MEDIATOR_PREFIX}{column}").astype(
            {"year": "int64"}
        )


def _base_values(results: Results, panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    moderators = results.table("moderators")
    if len(moderators.columns) > len(KEY) and panel["density_lag"].notna().any():
        yield base_values(moderators, base_year(panel, "density_lag")).reset_index()
    paths = results.table("paths")
    if len(paths):
        yield path_shares_of_early_years(paths, results.study.modes.window)
