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
from .scoring_plan import Family, Plan, plan
from .unit_groups import groups_of

Array = NDArray[np.float64]
SPIKE = 0.9  # share of a column's total in one cell from which that cell decides its weight


@dataclass(frozen=True)
class IndexValues:
    """The design, the units, and by sample the raw leaf values (T, U, m) and the computation on them."""

    design: Plan
    units: tuple[str, ...]
    values: Mapping[str, Array]
    computed: Mapping[str, IndexArrays]


@dataclass(frozen=True)
class Index:
    """The design, the computation per sample, and its tables."""

    design: Plan
    computed: Mapping[str, IndexArrays]
    units: tuple[str, ...]
    scores: pd.DataFrame
    weights: pd.DataFrame
    indicators: pd.DataFrame


def build_index(study: Study, panel: pd.DataFrame, names: pd.DataFrame, coverage: pd.DataFrame | None = None) -> Index:
    """The index of `panel` (sample, unit, year, n_firms and a column per leaf) with `names` (unit, unit_zh, unit_en, group).

    `coverage` (sample, unit, year, indicator, n_firms, coverage) is that of the rows behind each indicator value.
    Scores are 100 x the aggregate; `leave_out` takes bounds and weights of `all`: composition and spillover add up exactly.
    """
    index_values, labels = compute_index(study, panel, names), node_labels(study)
    return Index(
        design=index_values.design,
        computed=index_values.computed,
        units=index_values.units,
        scores=scores_table(study, index_values, labels, names),
        weights=weights_table(index_values.design, index_values.computed["all"], labels, scenario="base"),
        indicators=_indicators(index_values, panel, coverage),
    )


def compute_index(study: Study, panel: pd.DataFrame, names: pd.DataFrame) -> IndexValues:
    """The index of a panel before it is written as tables."""
    units = tuple(sorted(panel["unit"].unique()))
    design = plan(study, sorted(int(year) for year in panel["year"].unique()), groups_of(names, units))
    values = {str(sample): cube(rows, design.leaves, design.years, units) for sample, rows in panel.groupby("sample")}
    computed = {"all": compute(design, values["all"])}
    if "leave_out" in values:
        computed["leave_out"] = compute(design, values["leave_out"], base=computed["all"])
    return IndexValues(design, units, values, computed)


def node_labels(study: Study) -> dict[str, Label]:
    """Names of every node, leaves included; a node without a name is called by its id."""
    labels = dict(study.indicators.nodes) | {id: leaf.label for id, leaf in study.indicators.indicators.items()}
    return {node: labels.get(node, Label(zh=node, en=node)) for node in tree_of(study.indicators).order}


def cube(rows: pd.DataFrame, leaves: Sequence[str], years: Sequence[int], units: Sequence[str]) -> Array:
    """Leaf values as (T, U, m); an absent unit-year is NaN."""
    grid = pd.MultiIndex.from_product([years, units], names=["year", "unit"])
    wide = rows.set_index(["year", "unit"])[list(leaves)].reindex(grid)
    return wide.to_numpy(dtype=np.float64).reshape(len(years), len(units), len(leaves))


def coverage(design: Plan, computed: IndexArrays) -> dict[str, Array]:
    """Share of a node's weight that rests on leaves present, (T, U) by node."""
    present = {leaf: (~np.isnan(computed.normalised[..., j])).astype(float) for j, leaf in enumerate(design.leaves)}
    for family in design.families:
        parts = np.stack([present[child] for child in family.children], axis=-1)
        present[family.node] = np.clip((parts * computed.shares[family.node]).sum(axis=-1), 0, 1)
    return {family.node: present[family.node] for family in design.families}


def scores_table(study: Study, index_values: IndexValues, labels: Mapping[str, Label], names: pd.DataFrame) -> pd.DataFrame:
    """Score, rank, coverage and flag of every inner node, by sample."""
    design, rank_from, blocks, nodes = index_values.design, study.weighting.coverage.rank_from, [], []
    for sample, result in index_values.computed.items():
        covered = coverage(design, result)
        for family in design.families:
            blocks.append(_node_cells(design, result, family, covered[family.node], rank_from))
            label = labels[family.node]
            nodes.append((family.node, label.zh, label.en, design.tree.level(family.node), sample))
    years, units = len(design.years), len(index_values.units)
    columns = {
        "unit": np.tile(np.array(index_values.units, dtype=object), years * len(blocks)),
        "year": np.tile(np.repeat(design.years, units), len(blocks)),
    }
    columns |= {name: np.concatenate([block[name].ravel() for block in blocks]) for name in blocks[0]}
    node_columns = np.repeat(np.array(nodes, dtype=object), years * units, axis=0)
    frame = pd.DataFrame(columns | dict(zip(("node", "node_zh", "node_en", "level", "sample"), node_columns.T)))
    unit = names.set_index("unit")
    return frame.assign(unit_zh=frame["unit"].map(unit["unit_zh"]), unit_en=frame["unit"].map(unit["unit_en"]))


def _node_cells(design: Plan, result: IndexArrays, family: Family, covered: Array, rank_from: float) -> dict[str, NDArray[Any]]:
    """Scores, ranks and flags of one node, (T, U) each; a unit-year is ranked from coverage `least`."""
    score = 100 * result.scores[family.node]
    ranks = competition(np.where(covered >= rank_from, score, np.nan))
    children = np.stack([_node_values(design, result, child) for child in family.children], axis=-1)
    collapsed = (score == 0) & (children == 0).any(axis=-1) & (children > 0).any(axis=-1)
    flag = np.where(np.isnan(score), "too_few_children", np.where(covered < rank_from, "low_coverage", ""))
    return {
        "score": score,
        "rank": ranks,
        "ranked_of": np.broadcast_to((~np.isnan(ranks)).sum(axis=-1, keepdims=True), ranks.shape),
        "coverage": covered,
        "flag": np.where(collapsed, "zero_collapse", flag),
    }


def _node_values(design: Plan, result: IndexArrays, node: str) -> Array:
    if node in result.scores:
        return result.scores[node]
    return result.normalised[..., design.leaves.index(node)]


def weights_table(design: Plan, result: IndexArrays, labels: Mapping[str, Label], *, scenario: str) -> pd.DataFrame:
    """Each child's share in its parent and in the whole, with the entropy e and divergence d of its values (design 5.5).

    `effective` is share_global x cov(child, root) / var(root): the part of the index's variance that goes through the child.
    """
    rows = []
    share_of_node = {design.tree.root: np.ones(1)}
    for family in reversed(design.families):
        shares = result.shares[family.node]
        periods = design.years if shares.shape[-3] > 1 else (None,)
        local = shares.mean(axis=-2)
        for position, child in enumerate(family.children):
            share_of_node[child] = share_of_node[family.node] * local[:, position]
            values, absence_note = _node_values(design, result, child), _absence_note(design, result, child)
            for period, year in enumerate(periods):
                rows.append(
                    {"scenario": scenario, "year": year, "node": child, "parent": family.node, "method": family.method}
                    | {"level": design.tree.level(child), "node_zh": labels[child].zh, "node_en": labels[child].en}
                    | {
                        "share_local": local[period, position],
                        "share_global": share_of_node[child][period % len(share_of_node[child])],
                    }
                    | _spread(values, family, design, year, absence_note)
                    | {"effective": share_of_node[child].mean() * _slope(values, result.scores[design.tree.root])}
                )
    return pd.DataFrame(rows)


def _absence_note(design: Plan, result: IndexArrays, node: str) -> str:
    """The note on a child without comparable values: no cell at all, or nothing that varies."""
    empty = node in design.leaves and np.isnan(result.completed[..., design.leaves.index(node)]).all()
    return "I-EMPTY" if empty else "I-CONST"


def _spread(values: Array, family: Family, design: Plan, year: int | None, absence_note: str) -> dict[str, object]:
    """Cells, entropy e, divergence 1 - e, skewness, and a note on a column that carries no weight, or too much in one cell."""
    rows = (
        values[design.years.index(year)] if year is not None else span_rows(values[..., None], family.span, design.years)[..., 0]
    )
    observed = rows[~np.isnan(rows)]
    if len(observed) < 3:
        return {"cells": len(observed), "entropy": np.nan, "divergence": np.nan, "skewness": np.nan, "note": absence_note}
    non_negative = bool((observed >= 0).all())
    e = float(evenness(observed[:, None])[0, 0]) if non_negative else np.nan
    sparse = len(observed) < 0.5 * rows.size
    spike = non_negative and observed.max() > SPIKE * observed.sum()
    note = "I-SPARSE" if sparse else "I-SPIKE" if spike else ""
    return {
        "cells": len(observed),
        "entropy": e,
        "divergence": 1 - e,
        "skewness": _skewness(observed),
        "note": note,
    }


def _skewness(observed: Array) -> float:
    """g1 = m3 / m2^1.5 of central moments (Fisher 1930), divisor n; missing without spread."""
    from scipy.stats import skew

    return float(skew(observed)) if observed.std() > 0 else float("nan")


def _slope(values: Array, root: Array) -> float:
    observed = ~(np.isnan(values) | np.isnan(root))
    if observed.sum() < 3 or root[observed].var() == 0:
        return float("nan")
    return float(np.cov(values[observed], root[observed])[0, 1] / root[observed].var(ddof=1))


def _indicators(index_values: IndexValues, panel: pd.DataFrame, coverage: pd.DataFrame | None) -> pd.DataFrame:
    """Raw, treated and normalised value of every leaf, a mark on imputed cells, firms used and coverage."""
    design = index_values.design
    index = pd.MultiIndex.from_product([design.years, index_values.units, design.leaves], names=["year", "unit", "indicator"])
    blocks = []
    for sample, result in index_values.computed.items():
        cells = {
            "raw": index_values.values[sample],
            "treated": result.treated,
            "normalised": result.normalised,
            "imputed": result.imputed,
        }
        block = pd.DataFrame({name: cell.ravel() for name, cell in cells.items()}, index=index).reset_index()
        blocks.append(block.assign(sample=sample))
    frame = pd.concat(blocks, ignore_index=True)
    keys = ["sample", "unit", "year"]
    if coverage is None:
        firms = panel[[*keys, "n_firms"]]
        return frame.merge(firms, on=keys, how="left", validate="many_to_one").assign(coverage=np.nan)
    return frame.merge(coverage, on=[*keys, "indicator"], how="left", validate="one_to_one")
