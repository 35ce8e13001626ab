"""The weight lab's data: normalised values, and every design that plain weighted joining reproduces; and that joining itself.

`scores` is the rule that weight_lab.js and the live sheet of the workbook repeat; a design whose published scores it does not
reproduce (other bounds, other joining) is shown as published, not recomputed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..index.competition_rank import TIE, competition
from ..study.indicator_tree import Tree, tree_of
from ..study.records import Study
from .bilingual import Bilingual
from .colours import node_colours
from .number_format import is_missing
from .results import BASE, Results
from .wording import wording

Array = NDArray[np.float64]
LINKED_AGGREGATIONS = ("arithmetic", "geometric", "harmonic", "power")
MAX_CELLS = 45_000
"""Values embedded at most (about 0.9 MB); of a longer panel the latest years are kept."""


@dataclass(frozen=True)
class Design:
    """A way to weigh and join: its tree, joining by node, shares by node and year (None: all years), and what it changes."""

    id: str
    label: Bilingual
    tree: Tree
    joins: Mapping[str, tuple[str, float]]
    shares: Mapping[int | None, Mapping[str, float]]
    min_children: int
    changes: Mapping[str, Any]

    def weights(self, year: int) -> Mapping[str, float]:
        """node -> share in its parent, that year."""
        return self.shares.get(year) or self.shares[None]


@dataclass(frozen=True)
class WeightLab:
    """Normalised values (T, U, m) with their labels, and the designs."""

    years: tuple[int, ...]
    units: tuple[str, ...]
    leaves: tuple[str, ...]
    values: Array
    designs: tuple[Design, ...]

    @cached_property
    def empty(self) -> frozenset[str]:
        """Leaves without any value: they carry no weight and have no slider."""
        return frozenset(leaf for j, leaf in enumerate(self.leaves) if np.isnan(self.values[..., j]).all())


def weight_lab(results: Results) -> WeightLab | None:
    """What the lab works on; None without normalised values, or when the base design joins in another way."""
    rows = results.table("indicators")
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty or not results.years:
        return None
    units = tuple(results.units["unit"])
    years = _latest_years(results, len(units) * len(results.leaves))
    by_indicator = rows.pivot(index=["year", "unit"], columns="indicator", values="normalised")
    grid = [(year, unit) for year in years for unit in units]
    values = by_indicator.reindex(index=grid, columns=results.leaves).to_numpy(dtype=np.float64)
    value_cube = values.reshape(len(years), len(units), len(results.leaves))
    base = _scenario_design(results, results.study, BASE, wording("page.lab.published_design"), {})
    if base is None:
        return None
    weight_lab_data = WeightLab(tuple(years), units, tuple(results.leaves), value_cube, (base,))
    designs = tuple(d for d in _all_designs(results, base) if reproduces_scores(weight_lab_data, d, results))
    if BASE not in (design.id for design in designs):  # weights of each unit's own (bod) are no design of the lab
        return None
    return WeightLab(weight_lab_data.years, units, weight_lab_data.leaves, value_cube, designs)


def _latest_years(results: Results, per_year: int) -> list[int]:
    all_years = sorted(int(year) for year in results.scores["year"].unique())
    return all_years[-max(1, MAX_CELLS // per_year) :]


def _all_designs(results: Results, base_design: Design) -> list[Design]:
    designs = [base_design]
    for id, scenario in results.study.scenarios.items():
        label = Bilingual(scenario.label.zh, scenario.label.en)
        design = _scenario_design(results, results.scenario_studies[id], id, label, scenario.changes)
        if design is not None:
            designs.append(design)
    return designs


def _scenario_design(results: Results, study: Study, id: str, label: Bilingual, changes: Mapping[str, Any]) -> Design | None:
    """A design as the weights table has it; None when a node is joined in a way the lab cannot repeat, or has other leaves."""
    tree = tree_of(study.indicators)
    rows = results.table("weights")
    rows = rows[rows["scenario"] == id]
    joins = {node: node_aggregation(study, tree, node) for node in tree.inner}
    has_known_leaves = set(tree.leaves(tree.root)) <= set(results.leaves)
    if rows.empty or not has_known_leaves or any(method not in LINKED_AGGREGATIONS for method, _ in joins.values()):
        return None
    years = [None if is_missing(year) else int(year) for year in rows["year"]]
    shares: dict[int | None, dict[str, float]] = {}
    for year, node, share in zip(years, rows["node"], rows["share_local"]):
        shares.setdefault(year, {})[node] = 0.0 if is_missing(share) else float(share)
    constant_shares = shares.get(None, {})
    shares = {year: {**constant_shares, **node_shares} for year, node_shares in shares.items()}
    return Design(id, label, tree, joins, shares, study.weighting.coverage.min_children, dict(changes))


def node_aggregation(study: Study, tree: Tree, node: str) -> tuple[str, float]:
    """(method, exponent) by which a node's children are joined; precedence branch > level > arithmetic."""
    branch = study.weighting.branches.get(node)
    level = tree.level(tree.children(node)[0])
    choice = (branch.aggregate if branch else None) or study.weighting.aggregate.get(level)
    if choice is None:
        return "arithmetic", 1.0
    return str(choice.method), float(choice.options.get("p", 1.0))


def scores(
    design: Design, leaves: Sequence[str], leaf_values: Array, shares: Mapping[str, float]
) -> tuple[dict[str, Array], Array]:
    """Scores (n,) of every inner node in [0, 1] units from values (n, m), and the root's coverage (n,)."""
    node_scores = {leaf: leaf_values[..., j] for j, leaf in enumerate(leaves)}
    coverage = {leaf: (~np.isnan(column)).astype(float) for leaf, column in node_scores.items()}
    for node in reversed(design.tree.inner):
        children = design.tree.children(node)
        weights = np.array([shares.get(child, 0.0) for child in children])
        child_scores = np.stack([node_scores[child] for child in children], axis=-1)
        has_leaves = not any(design.tree.children(child) for child in children)
        node_scores[node] = weighted_mean(
            child_scores, weights, *design.joins[node], min_children=design.min_children if has_leaves else len(children)
        )
        coverage[node] = np.stack([coverage[child] for child in children], axis=-1) @ weights
    return {node: node_scores[node] for node in design.tree.inner}, np.clip(coverage[design.tree.root], 0, 1)


def weighted_mean(child_scores: Array, weights: Array, method: str, exponent: float, *, min_children: int) -> Array:
    """A weighted mean of the cells present, shares rescaled over them; NaN below `min_children` cells or without weight."""
    is_observed = ~np.isnan(child_scores)
    total = np.where(is_observed, weights, 0.0).sum(axis=-1)
    power = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}.get(method, exponent)
    with np.errstate(divide="ignore", invalid="ignore"):
        transformed_cells = child_scores if power == 1 else np.log(child_scores) if power == 0 else child_scores**power
        weighted_sums = np.where(is_observed & (weights > 0), transformed_cells * weights, 0.0).sum(axis=-1) / total
        weighted_sums = weighted_sums if power == 1 else np.exp(weighted_sums) if power == 0 else weighted_sums ** (1 / power)
    return np.where((is_observed.sum(axis=-1) >= min_children) & (total > 0), weighted_sums, np.nan)


def scores_and_ranks(weight_lab_data: WeightLab, design: Design, rank_from: float) -> tuple[Array, Array]:
    """Scores on 0-100 and ranks of every year and unit, (T, U) each."""
    year_blocks = (
        [weight_lab_data.years] if set(design.shares) == {None} else [(year,) for year in weight_lab_data.years]
    )  # years of the same weights
    positions = {year: k for k, year in enumerate(weight_lab_data.years)}
    scores_by_block = [
        scores(design, weight_lab_data.leaves, weight_lab_data.values[[positions[y] for y in years]], design.weights(years[0]))
        for years in year_blocks
    ]
    index_scores = 100 * np.concatenate([scores_of_block[design.tree.root] for scores_of_block, _ in scores_by_block])
    coverage = np.concatenate([block_coverage for _, block_coverage in scores_by_block])
    return index_scores, competition(np.where(coverage >= rank_from, index_scores, np.nan))


def reproduces_scores(weight_lab_data: WeightLab, design: Design, results: Results) -> bool:
    """Whether the lab's own joining gives the published ranks, and scores within the tie rule, in every year."""
    if design.id == BASE:
        root_scores = results.scores[results.scores["node"] == results.tree.root]
    else:
        root_scores = results.index_scenarios
        root_scores = root_scores[root_scores["scenario"] == design.id]
    year_units = pd.MultiIndex.from_product([weight_lab_data.years, weight_lab_data.units])
    published_scores = root_scores.set_index(["year", "unit"])[["score", "rank"]].astype("float64").reindex(year_units).to_numpy()
    own_scores = np.stack(scores_and_ranks(weight_lab_data, design, results.study.weighting.coverage.rank_from), axis=-1).reshape(
        published_scores.shape
    )
    return bool(((np.isnan(own_scores) & np.isnan(published_scores)) | (np.abs(own_scores - published_scores) <= TIE)).all())


def lab_json(results: Results, weight_lab_data: WeightLab) -> dict[str, Any]:
    """The lab as JSON values for weight_lab.js."""
    return {
        "years": weight_lab_data.years,
        "units": [
            {"id": unit_id, "zh": results.unit_name(unit_id).zh, "en": results.unit_name(unit_id).en}
            for unit_id in weight_lab_data.units
        ],
        "leaves": weight_lab_data.leaves,
        "empty": sorted(weight_lab_data.empty),
        "names": _node_names(results, weight_lab_data),
        "values": [
            [
                [None if leaf_value != leaf_value else float(leaf_value) for leaf_value in unit_values]
                for unit_values in year_values
            ]
            for year_values in weight_lab_data.values
        ],
        "designs": [_design_json(results.study, design) for design in weight_lab_data.designs],
        "fixed": _published_scenarios(results, weight_lab_data),
        "ranges": _rank_ranges(results, weight_lab_data),
        "rankFrom": results.study.weighting.coverage.rank_from,
        "tie": TIE,
        "name": results.study.name,
    }


def _node_names(results: Results, weight_lab_data: WeightLab) -> dict[str, dict[str, str]]:
    """node -> names, over the trees of all designs."""
    rows = results.table("weights").drop_duplicates("node")
    node_names = {
        node_row["node"]: {"zh": node_row["node_zh"], "en": node_row["node_en"]} for node_row in rows.to_dict("records")
    }
    for design in weight_lab_data.designs:
        root_name = results.name(design.tree.root)
        node_names.setdefault(design.tree.root, {"zh": root_name.zh, "en": root_name.en})
    return node_names


def _design_json(study: Study, design: Design) -> dict[str, Any]:
    branches_weighted = {node: node for node, branch in study.weighting.branches.items() if branch.weight is not None}
    return {
        "id": design.id,
        "label": design.label._asdict(),
        "root": design.tree.root,
        "tree": {node: design.tree.children(node) for node in design.tree.inner},
        "levels": {node: design.tree.level(design.tree.children(node)[0]) for node in design.tree.inner},
        "joins": {node: list(join_method) for node, join_method in design.joins.items()},
        "least": design.min_children,
        "shares": {str(year or "all"): dict(by_node) for year, by_node in design.shares.items()},
        "colours": node_colours(design.tree),
        "changes": dict(design.changes),
        "branches": sorted(branches_weighted),
    }


def _published_scenarios(results: Results, weight_lab_data: WeightLab) -> list[dict[str, Any]]:
    """Scenarios the lab cannot recompute: their published scores and ranks by year."""
    known_designs, published_scenarios = {design.id for design in weight_lab_data.designs}, []
    rows = results.index_scenarios
    for id, scenario in results.study.scenarios.items():
        scenario_rows = rows[rows["scenario"] == id] if len(rows) else rows
        if id in known_designs or scenario_rows.empty:
            continue
        scores_by_year = {}
        for year in weight_lab_data.years:
            year_rows = scenario_rows[scenario_rows["year"] == year].set_index("unit").reindex(weight_lab_data.units)
            scores_by_year[str(year)] = [
                [_finite_or_none(score) for score in year_rows["score"]],
                [_finite_or_none(rank) for rank in year_rows["rank"]],
            ]
        label = {"zh": scenario.label.zh, "en": scenario.label.en}
        published_scenarios.append({"id": id, "label": label, "years": scores_by_year, "changes": dict(scenario.changes)})
    return published_scenarios


def _rank_ranges(results: Results, weight_lab_data: WeightLab) -> dict[str, list[list[float | None]]]:
    """Rank interval by year and unit."""
    from .grids.uncertainty_text import rank_range

    ranges = {}
    for year in weight_lab_data.years:
        low, high, _ = rank_range(results, year)
        if low:
            ranges[str(year)] = [
                [_finite_or_none(low.get(unit)), _finite_or_none(high.get(unit))] for unit in weight_lab_data.units
            ]
    return ranges


def _finite_or_none(number: Any) -> float | None:
    return None if is_missing(number) else float(number)
