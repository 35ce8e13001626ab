"""Scenarios beside the base design: the same panel scored in other ways, rank by rank."""

from __future__ import annotations

import pandas as pd

from ..study.models import Study
from ..study.vary import vary
from .frames import Index, build_index, node_labels, weights_table


def scenarios(study: Study, panel: pd.DataFrame, names: pd.DataFrame, base: Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(scenarios, weights): score and rank of every unit-year on each scenario's root and upper nodes, beside the base rank.

    shift = base rank - scenario rank: positive means the scenario ranks the unit better.
    """
    reference = _whole(base.scores).set_index(["unit", "year", "node"])["rank"].rename("base_rank")
    tables, weights = [], []
    for id, scenario in study.scenarios.items():
        changed = vary(study, scenario.changes)
        built = build_index(changed, panel[panel["sample"] == "all"], names)
        table = _whole(built.scores).assign(scenario=id, scenario_zh=scenario.label.zh, scenario_en=scenario.label.en)
        root = {built.design.tree.root: base.design.tree.root}
        keys = pd.MultiIndex.from_arrays([table["unit"], table["year"], table["node"].replace(root)])
        table["base_rank"] = reference.reindex(keys).to_numpy()
        table["shift"] = table["base_rank"] - table["rank"]
        tables.append(table)
        weights.append(weights_table(built.design, built.computed["all"], node_labels(changed), scenario=id))
    columns = ["scenario", "scenario_zh", "scenario_en", "unit", "year", "node", "score", "rank", "base_rank", "shift"]
    if not tables:
        return pd.DataFrame(columns=columns), base.weights.iloc[:0]
    return pd.concat(tables, ignore_index=True)[columns], pd.concat(weights, ignore_index=True)


def _whole(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of the whole sample."""
    return scores.loc[scores["sample"] == "all", ["unit", "year", "node", "score", "rank"]]
