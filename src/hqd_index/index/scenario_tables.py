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
from .index_tables import Index, compute_index, node_labels, scores_table, weights_table

Array = NDArray[np.float64]
FEWEST_RANKED = 3  # with two units every correlation of ranks is 1 or -1


@dataclass(frozen=True)
class ScenarioTables:
    """Tables: every score and rank per scenario; weights per scenario; agreement per scenario and year; range per unit-year."""

    scenarios: pd.DataFrame
    weights: pd.DataFrame
    agreement: pd.DataFrame
    ranges: pd.DataFrame


def scenarios(study: Study, panel: pd.DataFrame, unit_names: pd.DataFrame, base_index: Index) -> ScenarioTables:
    """The panel of all firms in each scenario; shift = base rank - scenario rank: positive where the scenario ranks better."""
    reference = _all_firms(base_index.scores).set_index(["unit", "year", "node"])["rank"].rename("base_rank")
    root = base_index.design.tree.root
    tables, weights, roots = [], [], []
    full_sample = panel[panel["sample"] == "all"]
    for id, scenario in study.scenarios.items():
        varied_config = vary(study, scenario.changes)
        index_values, labels = compute_index(varied_config, full_sample, unit_names), node_labels(varied_config)
        scores = scores_table(varied_config, index_values, labels, unit_names)
        scenario_table = _all_firms(scores).assign(scenario=id, scenario_zh=scenario.label.zh, scenario_en=scenario.label.en)
        is_root = scenario_table["node"] == index_values.design.tree.root
        rank_keys = pd.MultiIndex.from_arrays(
            [scenario_table["unit"], scenario_table["year"], scenario_table["node"].mask(is_root, root)]
        )
        scenario_table["base_rank"] = reference.reindex(rank_keys).to_numpy()
        scenario_table["shift"] = scenario_table["base_rank"] - scenario_table["rank"]
        tables.append(scenario_table)
        roots.append(scenario_table[is_root])
        weights.append(weights_table(index_values.design, index_values.arrays_by_sample["all"], labels, scenario=id))
    if not tables:
        return _no_scenarios(base_index)
    columns = ["scenario", "scenario_zh", "scenario_en", "unit", "year", "node", "score", "rank", "base_rank", "shift"]
    root_scores = pd.concat(roots, ignore_index=True)
    return ScenarioTables(
        scenarios=pd.concat(tables, ignore_index=True)[columns],
        weights=pd.concat(weights, ignore_index=True),
        agreement=_agreement(root_scores),
        ranges=_ranges(root_scores),
    )


def _no_scenarios(base_index: Index) -> ScenarioTables:
    scenario = ["scenario", "scenario_zh", "scenario_en"]
    return ScenarioTables(
        scenarios=pd.DataFrame(columns=[*scenario, "unit", "year", "node", "score", "rank", "base_rank", "shift"]),
        weights=base_index.weights.iloc[:0],
        agreement=pd.DataFrame(columns=[*scenario, "year", "ranked", "mean_shift", "max_shift", "spearman", "kendall"]),
        ranges=pd.DataFrame(columns=["unit", "year", "base_rank", "best", "worst", "mean", "scenarios"]),
    )


def _all_firms(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the whole sample."""
    return scores.loc[scores["sample"] == "all", ["unit", "year", "node", "score", "rank"]]


def _agreement(all_firms: pd.DataFrame) -> pd.DataFrame:
    """Per scenario and year, over units ranked in both: mean and largest |shift|, Spearman's rho and Kendall's tau-b."""
    rows = []
    ranks = all_firms[["rank", "base_rank"]].to_numpy(dtype=np.float64)
    is_ranked_twice = ~np.isnan(ranks).any(axis=1)
    group_keys = ["scenario", "scenario_zh", "scenario_en", "year"]
    groups: Mapping[Any, Any] = all_firms.groupby(group_keys, sort=False).indices
    for key, group_rows in groups.items():
        scenario_ranks, base_ranks = ranks[group_rows[is_ranked_twice[group_rows]]].T
        shifts = np.abs(scenario_ranks - base_ranks)
        agreement_row = dict(zip(group_keys, key)) | {"ranked": len(scenario_ranks)}
        agreement_row |= {"mean_shift": shifts.mean(), "max_shift": shifts.max()} if len(scenario_ranks) else {}
        rows.append(agreement_row | _correlations(scenario_ranks, base_ranks))
    return pd.DataFrame(rows)


def _correlations(first_ranks: Array, second_ranks: Array) -> dict[str, float]:
    """Spearman (1904) and Kendall (1938, ties as tau-b); missing where fewer than three units are ranked or all tie."""
    if len(first_ranks) < FEWEST_RANKED or np.ptp(first_ranks) == 0 or np.ptp(second_ranks) == 0:
        return {"spearman": float("nan"), "kendall": float("nan")}
    from scipy.stats import kendalltau, spearmanr

    return {
        "spearman": float(spearmanr(first_ranks, second_ranks).statistic),
        "kendall": float(kendalltau(first_ranks, second_ranks).statistic),
    }


def _ranges(all_firms: pd.DataFrame) -> pd.DataFrame:
    """Per unit-year: the base rank, the best, worst and mean rank over the scenarios that rank it, and how many do."""
    ranks = all_firms.groupby(["unit", "year"])["rank"].agg(best="min", worst="max", mean="mean", scenarios="count")
    base_ranks = all_firms.groupby(["unit", "year"])["base_rank"].first()
    return ranks.assign(base_rank=base_ranks).reset_index()
