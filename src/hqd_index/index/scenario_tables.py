"""Scenarios beside the base design: the same panel scored in other ways, rank by rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..study.records import Study
from ..study.varied_study import vary
from .index_tables import Index, node_labels, scores_table, weights_table, work_out

Array = NDArray[np.float64]
FEWEST_RANKED = 3  # with two units every correlation of ranks is 1 or -1


@dataclass(frozen=True)
class Compared:
    """Tables: every score and rank per scenario; weights per scenario; agreement per scenario and year; range per unit-year."""

    scenarios: pd.DataFrame
    weights: pd.DataFrame
    agreement: pd.DataFrame
    ranges: pd.DataFrame


def scenarios(study: Study, panel: pd.DataFrame, names: pd.DataFrame, base: Index) -> Compared:
    """The panel of all firms in each scenario; shift = base rank - scenario rank: positive where the scenario ranks better."""
    reference = _whole(base.scores).set_index(["unit", "year", "node"])["rank"].rename("base_rank")
    root = base.design.tree.root
    tables, weights, roots = [], [], []
    everyone = panel[panel["sample"] == "all"]
    for id, scenario in study.scenarios.items():
        changed = vary(study, scenario.changes)
        worked, labels = work_out(changed, everyone, names), node_labels(changed)
        scores = scores_table(changed, worked, labels, names)
        table = _whole(scores).assign(scenario=id, scenario_zh=scenario.label.zh, scenario_en=scenario.label.en)
        top = table["node"] == worked.design.tree.root
        keys = pd.MultiIndex.from_arrays([table["unit"], table["year"], table["node"].mask(top, root)])
        table["base_rank"] = reference.reindex(keys).to_numpy()
        table["shift"] = table["base_rank"] - table["rank"]
        tables.append(table)
        roots.append(table[top])
        weights.append(weights_table(worked.design, worked.computed["all"], labels, scenario=id))
    if not tables:
        return _none(base)
    columns = ["scenario", "scenario_zh", "scenario_en", "unit", "year", "node", "score", "rank", "base_rank", "shift"]
    whole = pd.concat(roots, ignore_index=True)
    return Compared(
        scenarios=pd.concat(tables, ignore_index=True)[columns],
        weights=pd.concat(weights, ignore_index=True),
        agreement=_agreement(whole),
        ranges=_ranges(whole),
    )


def _none(base: Index) -> Compared:
    scenario = ["scenario", "scenario_zh", "scenario_en"]
    return Compared(
        scenarios=pd.DataFrame(columns=[*scenario, "unit", "year", "node", "score", "rank", "base_rank", "shift"]),
        weights=base.weights.iloc[:0],
        agreement=pd.DataFrame(columns=[*scenario, "year", "ranked", "mean_shift", "max_shift", "spearman", "kendall"]),
        ranges=pd.DataFrame(columns=["unit", "year", "base_rank", "best", "worst", "mean", "scenarios"]),
    )


def _whole(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the whole sample."""
    return scores.loc[scores["sample"] == "all", ["unit", "year", "node", "score", "rank"]]


def _agreement(whole: pd.DataFrame) -> pd.DataFrame:
    """Per scenario and year, over units ranked in both: mean and largest |shift|, Spearman's rho and Kendall's tau-b."""
    rows = []
    ranks = whole[["rank", "base_rank"]].to_numpy(dtype=np.float64)
    known = ~np.isnan(ranks).any(axis=1)
    by = ["scenario", "scenario_zh", "scenario_en", "year"]
    groups: Mapping[Any, Any] = whole.groupby(by, sort=False).indices
    for key, at in groups.items():
        one, other = ranks[at[known[at]]].T
        moved = np.abs(one - other)
        row = dict(zip(by, key)) | {"ranked": len(one)}
        row |= {"mean_shift": moved.mean(), "max_shift": moved.max()} if len(one) else {}
        rows.append(row | _correlations(one, other))
    return pd.DataFrame(rows)


def _correlations(one: Array, other: Array) -> dict[str, float]:
    """Spearman (1904) and Kendall (1938, ties as tau-b); missing where fewer than three units are ranked or all tie."""
    if len(one) < FEWEST_RANKED or np.ptp(one) == 0 or np.ptp(other) == 0:
        return {"spearman": float("nan"), "kendall": float("nan")}
    from scipy.stats import kendalltau, spearmanr

    return {"spearman": float(spearmanr(one, other).statistic), "kendall": float(kendalltau(one, other).statistic)}


def _ranges(whole: pd.DataFrame) -> pd.DataFrame:
    """Per unit-year: the base rank, the best, worst and mean rank over the scenarios that rank it, and how many do."""
    ranks = whole.groupby(["unit", "year"])["rank"].agg(best="min", worst="max", mean="mean", scenarios="count")
    first = whole.groupby(["unit", "year"])["base_rank"].first()
    return ranks.assign(base_rank=first).reset_index()
