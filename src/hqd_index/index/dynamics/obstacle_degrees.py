"""What holds a unit back: the part of its distance from the best that each indicator accounts for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...study.records import Label
from ..competition_rank import competition
from ..index_tables import Index, coverage
from ..score_panel import RefusableItem, Refusals, ScorePanel, global_shares, table

Array = NDArray[np.float64]
ROUNDING = 1e-9
OBSTACLE_ITEM = RefusableItem(
    "obstacles",
    "obstacles",
    Label(zh="障碍度", en="obstacle degree"),
    Label(zh="标准化到 [0, 1](如 minmax)", en="normalise onto [0, 1], as minmax does"),
)


def obstacle(normalised_values: Array, shares: Array) -> Array:
    """O_j = w_j (1 - z_j) / sum_k w_k (1 - z_k), z (..., m) in [0, 1], w global weights (obstacle-degree model, 障碍度模型).

    A missing cell is left out and the others share the whole; all z = 1 gives NaN. Values outside [0, 1] are refused.
    """
    if (normalised_values < -ROUNDING).any() or (normalised_values > 1 + ROUNDING).any():
        minimum, maximum = np.nanmin(normalised_values), np.nanmax(normalised_values)
        raise EstimationError(
            f"normalised values lie between {minimum:.4g} and {maximum:.4g}, not between 0 and 1",
            zh=f"标准化值在 {minimum:.4g} 与 {maximum:.4g} 之间,不在 0 到 1 之内",
        )
    gap = shares * np.clip(1 - normalised_values, 0.0, 1.0)
    total_gap = np.nansum(gap, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total_gap > 0, gap / total_gap, np.nan)


def obstacles_table(index: Index, score_panel: ScorePanel, refusals: Refusals) -> pd.DataFrame:
    """Table `obstacles`: the degree of every leaf and of the nodes above it, and its place among those of its level."""
    design, index_arrays_of_sample = index.design, index.arrays_by_sample["all"]
    with refusals.refusing(design.tree.root, OBSTACLE_ITEM):
        shares_by_node = global_shares(design, index_arrays_of_sample)
        shares = np.stack(
            [np.broadcast_to(shares_by_node[leaf], index_arrays_of_sample.normalised.shape[:-1]) for leaf in design.leaves],
            axis=-1,
        )
        degree = obstacle(index_arrays_of_sample.normalised, shares)
        root_coverage = coverage(design, index_arrays_of_sample)[design.tree.root]
        frames_of_blocks = [_level_degrees(index, score_panel, degree, root_coverage, level) for level in design.tree.levels]
        return table("obstacles", pd.concat(frames_of_blocks, ignore_index=True))
    return table("obstacles", [])


def _level_degrees(index: Index, score_panel: ScorePanel, degree: Array, root_coverage: Array, level: str) -> pd.DataFrame:
    """Degrees of one level's nodes, each the sum over its leaves; places from the largest, ties in the order of ids."""
    tree = index.design.tree
    nodes = sorted(node for node in tree.order if node != tree.root and tree.level(node) == level)
    position = {leaf: j for j, leaf in enumerate(index.design.leaves)}
    degrees_by_node = [degree[..., [position[leaf] for leaf in tree.leaves(node)]] for node in nodes]
    degree_sums = np.stack(
        [
            np.where(np.isnan(node_degrees).all(axis=-1), np.nan, np.nansum(node_degrees, axis=-1))
            for node_degrees in degrees_by_node
        ],
        axis=-1,
    )
    keys = pd.MultiIndex.from_product([score_panel.years, score_panel.units, nodes], names=["year", "unit", "node"])
    level_table = keys.to_frame(index=False)
    level_table["degree"] = degree_sums.ravel()
    level_table["place"] = _descending_ranks(degree_sums).ravel()
    level_table["coverage"] = np.repeat(root_coverage.ravel(), len(nodes))
    for language in ("zh", "en"):
        level_table[f"unit_{language}"] = level_table["unit"].map(
            {unit: unit_labels[language] for unit, unit_labels in score_panel.unit_names.items()}
        )
        level_table[f"node_{language}"] = level_table["node"].map(
            {node: unit_labels[language] for node, unit_labels in score_panel.labels.items()}
        )
    return level_table.assign(level=level)


def _descending_ranks(degree: Array) -> Array:
    """1 for the largest along the last axis; ties (within the tolerance of ranks) in their given order; NaN has none."""
    order = np.argsort(competition(100 * degree), axis=-1, kind="stable")
    descending_ranks = np.empty_like(degree)
    np.put_along_axis(descending_ranks, order, np.broadcast_to(np.arange(1.0, degree.shape[-1] + 1), degree.shape), axis=-1)
    return np.where(np.isnan(degree), np.nan, descending_ranks)
