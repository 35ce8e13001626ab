"""The published tables of an index: scores with ranks and coverage, weights with entropy, indicators step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..methods.weight import evenness
from ..study.indicator_tree import tree_of
from ..study.records import Label, Study
from .build import IndexArrays, compute, span_rows
from .competition_rank import competition
from .scoring_plan import Family, ScoringPlan, scoring_plan
from .unit_groups import groups_of
from .unscored_nodes import refuse_unscored

Array = NDArray[np.float64]
SPIKE = 0.9  # share of a column's total in one cell from which that cell decides its weight


@dataclass(frozen=True)
class IndexValues:
    """The design, the units, and by sample the raw leaf values (T, U, m) and the computation on them."""

    design: ScoringPlan
    units: tuple[str, ...]
    values: Mapping[str, Array]
    arrays_by_sample: Mapping[str, IndexArrays]


@dataclass(frozen=True)
class Index:
    """The design, the computation per sample, and its tables."""

    design: ScoringPlan
    arrays_by_sample: Mapping[str, IndexArrays]
    units: tuple[str, ...]
    scores: pd.DataFrame
    weights: pd.DataFrame
    indicators: pd.DataFrame


def build_index(study: Study, panel: pd.DataFrame, unit_names: pd.DataFrame, coverage: pd.DataFrame | None = None) -> Index:
    """The index of `panel` (sample, unit, year, n_firms and a column per leaf) with `unit_names` (unit, unit_zh, unit_en, group).

    `coverage` (sample, unit, year, indicator, n_firms, coverage) is that of the rows behind each indicator value.
    Scores are 100 x the aggregate; `leave_out` takes bounds and weights of `all`: composition and spillover add up exactly.
    """
    index_values, labels = compute_index(study, panel, unit_names), node_labels(study)
    refuse_unscored(index_values.design, index_values.values["all"], index_values.arrays_by_sample["all"])
    return Index(
        design=index_values.design,
        arrays_by_sample=index_values.arrays_by_sample,
        units=index_values.units,
        scores=scores_table(study, index_values, labels, unit_names),
        weights=weights_table(index_values.design, index_values.arrays_by_sample["all"], labels, scenario="base"),
        indicators=_indicators(index_values, panel, coverage),
    )


def compute_index(study: Study, panel: pd.DataFrame, unit_names: pd.DataFrame) -> IndexValues:
    """The index of a panel before it is written as tables."""
    units = tuple(sorted(panel["unit"].unique()))
    design = scoring_plan(study, sorted(int(year) for year in panel["year"].unique()), groups_of(unit_names, units))
    values = {
        str(sample): cube(sample_rows, design.leaves, design.years, units) for sample, sample_rows in panel.groupby("sample")
    }
    arrays_by_sample = {"all": compute(design, values["all"])}
    if "leave_out" in values:
        arrays_by_sample["leave_out"] = compute(design, values["leave_out"], base=arrays_by_sample["all"])
    return IndexValues(design, units, values, arrays_by_sample)


def node_labels(study: Study) -> dict[str, Label]:
    """Names of every node, leaves included; a node without a name is called by its id."""
    labels = dict(study.indicators.nodes) | {id: leaf.label for id, leaf in study.indicators.indicators.items()}
    return {node: labels.get(node, Label(zh=node, en=node)) for node in tree_of(study.indicators).order}


def cube(sample_rows: pd.DataFrame, leaves: Sequence[str], years: Sequence[int], units: Sequence[str]) -> Array:
    """Leaf values as (T, U, m); an absent unit-year is NaN."""
    grid = pd.MultiIndex.from_product([years, units], names=["year", "unit"])
    unit_year_rows = sample_rows.set_index(["year", "unit"])[list(leaves)].reindex(grid)
    return unit_year_rows.to_numpy(dtype=np.float64).reshape(len(years), len(units), len(leaves))


def coverage(design: ScoringPlan, index_arrays_of_sample: IndexArrays) -> dict[str, Array]:
    """Share of a node's weight that rests on leaves present, (T, U) by node."""
    observed_flags = {
        leaf: (~np.isnan(index_arrays_of_sample.normalised[..., j])).astype(float) for j, leaf in enumerate(design.leaves)
    }
    for family in design.families:
        child_flags = np.stack([observed_flags[child] for child in family.children], axis=-1)
        observed_flags[family.node] = np.clip((child_flags * index_arrays_of_sample.shares[family.node]).sum(axis=-1), 0, 1)
    return {family.node: observed_flags[family.node] for family in design.families}


def scores_table(study: Study, index_values: IndexValues, labels: Mapping[str, Label], unit_names: pd.DataFrame) -> pd.DataFrame:
    """Score, rank, coverage and flag of every inner node, by sample."""
    design, rank_from, frames_of_blocks, nodes = index_values.design, study.weighting.coverage.rank_from, [], []
    for sample, index_arrays in index_values.arrays_by_sample.items():
        node_coverage = coverage(design, index_arrays)
        for family in design.families:
            frames_of_blocks.append(_node_cells(design, index_arrays, family, node_coverage[family.node], rank_from))
            label = labels[family.node]
            nodes.append((family.node, label.zh, label.en, design.tree.level(family.node), sample))
    years, units = len(design.years), len(index_values.units)
    columns = {
        "unit": np.tile(np.array(index_values.units, dtype=object), years * len(frames_of_blocks)),
        "year": np.tile(np.repeat(design.years, units), len(frames_of_blocks)),
    }
    columns |= {
        column_name: np.concatenate([score_block[column_name].ravel() for score_block in frames_of_blocks])
        for column_name in frames_of_blocks[0]
    }
    node_columns = np.repeat(np.array(nodes, dtype=object), years * units, axis=0)
    frame = pd.DataFrame(columns | dict(zip(("node", "node_zh", "node_en", "level", "sample"), node_columns.T)))
    unit = unit_names.set_index("unit")
    return frame.assign(unit_zh=frame["unit"].map(unit["unit_zh"]), unit_en=frame["unit"].map(unit["unit_en"]))


def _node_cells(
    design: ScoringPlan, index_arrays: IndexArrays, family: Family, node_coverage: Array, rank_from: float
) -> dict[str, NDArray[Any]]:
    """Scores, ranks and flags of one node, (T, U) each; a unit-year is ranked from coverage `least`."""
    score = 100 * index_arrays.scores[family.node]
    ranks = competition(np.where(node_coverage >= rank_from, score, np.nan))
    children = np.stack([_node_values(design, index_arrays, child) for child in family.children], axis=-1)
    is_collapsed = (score == 0) & (children == 0).any(axis=-1) & (children > 0).any(axis=-1)
    flag_code = np.where(np.isnan(score), "too_few_children", np.where(node_coverage < rank_from, "low_coverage", ""))
    return {
        "score": score,
        "rank": ranks,
        "ranked_of": np.broadcast_to((~np.isnan(ranks)).sum(axis=-1, keepdims=True), ranks.shape),
        "coverage": node_coverage,
        "flag": np.where(is_collapsed, "zero_collapse", flag_code),
    }


def _node_values(design: ScoringPlan, index_arrays: IndexArrays, node: str) -> Array:
    if node in index_arrays.scores:
        return index_arrays.scores[node]
    return index_arrays.normalised[..., design.leaves.index(node)]


def weights_table(design: ScoringPlan, index_arrays: IndexArrays, labels: Mapping[str, Label], *, scenario: str) -> pd.DataFrame:
    """Each child's share in its parent and in the whole, with the entropy e and divergence d of its values (design 5.5).

    `effective` is share_global x cov(child, root) / var(root): the part of the index's variance that goes through the child.
    """
    rows = []
    share_of_node = {design.tree.root: np.ones(1)}
    for family in reversed(design.families):
        shares = index_arrays.shares[family.node]
        periods = design.years if shares.shape[-3] > 1 else (None,)
        local_shares = shares.mean(axis=-2)
        for child_position, child in enumerate(family.children):
            share_of_node[child] = share_of_node[family.node] * local_shares[:, child_position]
            child_values, absence_note = _node_values(design, index_arrays, child), _absence_note(design, index_arrays, child)
            for period, year in enumerate(periods):
                rows.append(
                    {"scenario": scenario, "year": year, "node": child, "parent": family.node, "method": family.method}
                    | {"level": design.tree.level(child), "node_zh": labels[child].zh, "node_en": labels[child].en}
                    | {
                        "share_local": local_shares[period, child_position],
                        "share_global": share_of_node[child][period % len(share_of_node[child])],
                    }
                    | _spread_statistics(child_values, family, design, year, absence_note)
                    | {"effective": share_of_node[child].mean() * _slope(child_values, index_arrays.scores[design.tree.root])}
                )
    return pd.DataFrame(rows)


def _absence_note(design: ScoringPlan, index_arrays: IndexArrays, node: str) -> str:
    """The note on a child without comparable values: no cell at all, or nothing that varies."""
    is_empty = node in design.leaves and np.isnan(index_arrays.completed_values[..., design.leaves.index(node)]).all()
    return "I-EMPTY" if is_empty else "I-CONST"


def _spread_statistics(
    child_values: Array, family: Family, design: ScoringPlan, year: int | None, absence_note: str
) -> dict[str, object]:
    """Cells, entropy e, divergence 1 - e, skewness, and a note on a column that carries no weight, or too much in one cell."""
    rows = (
        child_values[design.years.index(year)]
        if year is not None
        else span_rows(child_values[..., None], family.span, design.years)[..., 0]
    )
    known_values = rows[~np.isnan(rows)]
    if len(known_values) < 3:
        return {"cells": len(known_values), "entropy": np.nan, "divergence": np.nan, "skewness": np.nan, "note": absence_note}
    non_negative = bool((known_values >= 0).all())
    e = float(evenness(known_values[:, None])[0, 0]) if non_negative else np.nan
    is_sparse = len(known_values) < 0.5 * rows.size
    has_spike = non_negative and known_values.max() > SPIKE * known_values.sum()
    note = "I-SPARSE" if is_sparse else "I-SPIKE" if has_spike else ""
    return {
        "cells": len(known_values),
        "entropy": e,
        "divergence": 1 - e,
        "skewness": _skewness(known_values),
        "note": note,
    }


def _skewness(known_values: Array) -> float:
    """g1 = m3 / m2^1.5 of central moments (Fisher 1930), divisor n; missing without spread."""
    deviations = known_values - known_values.mean()
    squares = deviations**2
    return float((squares * deviations).mean() / squares.mean() ** 1.5) if known_values.std() > 0 else float("nan")


def _slope(child_values: Array, root_scores: Array) -> float:
    is_observed = ~(np.isnan(child_values) | np.isnan(root_scores))
    if is_observed.sum() < 3 or root_scores[is_observed].var() == 0:
        return float("nan")
    return float(np.cov(child_values[is_observed], root_scores[is_observed])[0, 1] / root_scores[is_observed].var(ddof=1))


def _indicators(index_values: IndexValues, panel: pd.DataFrame, coverage: pd.DataFrame | None) -> pd.DataFrame:
    """Raw, treated and normalised value of every leaf, a mark on imputed cells, firms used and coverage."""
    design = index_values.design
    index = pd.MultiIndex.from_product([design.years, index_values.units, design.leaves], names=["year", "unit", "indicator"])
    frames_of_blocks = []
    for sample, index_arrays in index_values.arrays_by_sample.items():
        leaf_arrays = {
            "raw": index_values.values[sample],
            "treated": index_arrays.treated,
            "normalised": index_arrays.normalised,
            "imputed": index_arrays.is_imputed,
        }
        leaf_block = pd.DataFrame(
            {column_name: cell.ravel() for column_name, cell in leaf_arrays.items()}, index=index
        ).reset_index()
        frames_of_blocks.append(leaf_block.assign(sample=sample))
    frame = pd.concat(frames_of_blocks, ignore_index=True)
    keys = ["sample", "unit", "year"]
    if coverage is None:
        firms = panel[[*keys, "n_firms"]]
        return frame.merge(firms, on=keys, how="left", validate="many_to_one").assign(coverage=np.nan)
    return frame.merge(coverage, on=[*keys, "indicator"], how="left", validate="one_to_one")
