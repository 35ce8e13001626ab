"""The leave-out index of the splittable tree in every declared design: what comes from firms, on firms never recognised."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...study.records import Study
from ..build import IndexArrays, index_of_leaves, join_children, normalised_leaves
from ..index_tables import cube
from ..scoring_plan import ScoringPlan
from .design_draws import DrawSource
from .index_designs import Designs

Array = NDArray[np.float64]


def splittable_scores(study: Study, designs: Designs, source: DrawSource, panel: pd.DataFrame) -> pd.DataFrame:
    """unit, year, a column for each design: the leaves from firms at its own global shares, joined by its own methods.

    Bounds, weights and ideal points are those of all firms. No rows without a leave-out sample or without such leaves.
    """
    rows = panel[panel["sample"] == "leave_out"]
    firm_leaves = frozenset(leaf for leaf in source.leaves if study.indicators.indicators[leaf].table == "firms")
    grid = pd.MultiIndex.from_product([source.years, source.units], names=["year", "unit"]).to_frame(index=False)
    if rows.empty or not firm_leaves:
        return grid.iloc[:0][["unit", "year"]]
    full_values, leave_out = np.moveaxis(source.values[-1], 0, -1), cube(rows, source.leaves, source.years, source.units)
    leaves_of_all, leaves_left_out = dict[Hashable, tuple[Array, Array, Array]](), dict[Hashable, Array]()
    scores_of_designs = {}
    for number in range(len(designs.combinations)):
        design = source.plan_of_design(number)
        columns = [source.leaves.index(leaf) for leaf in design.leaves]
        values = full_values[..., columns]
        if (scaling := design.scaling) not in leaves_of_all:
            leaves_of_all[scaling] = normalised_leaves(design, values)
        base_arrays = index_of_leaves(design, values, leaves_of_all[scaling])
        if scaling not in leaves_left_out:
            leaves_left_out[scaling] = normalised_leaves(design, leave_out[..., columns], base_arrays=base_arrays)[2]
        scores = part_scores(design, base_arrays, leaves_left_out[scaling], firm_leaves)
        if scores is not None:
            scores_of_designs[number] = 100 * scores
    return scores_by_design(grid, scores_of_designs.items())


def scores_by_design(grid: pd.DataFrame, scores: Iterable[tuple[int, Array]]) -> pd.DataFrame:
    """unit, year and a column of scores (T, U) for each design, named by its number."""
    columns = {str(number): values.ravel() for number, values in scores}
    return pd.concat([grid[["unit", "year"]], pd.DataFrame(columns, index=grid.index)], axis=1)


def part_scores(design: ScoringPlan, base_arrays: IndexArrays, normalised: Array, leaves: Collection[str]) -> Array | None:
    """(T, U): the root from some leaves of `normalised` alone, at their global shares in the base; None without any.

    With arithmetic means throughout this is the sum of global share x leaf over the sum of these shares.
    """
    leaf_columns = [
        _leaf_columns(design, normalised_values, leaves) for normalised_values in (base_arrays.normalised, normalised)
    ]
    weight: dict[str, Array] = {leaf: np.ones((1, 1)) for leaf in leaf_columns[0]}
    for family in design.families:
        children = [child for child in family.children if child in weight]
        if not children:
            continue
        child_positions = [family.children.index(child) for child in children]
        local = base_arrays.shares[family.node][..., child_positions] * np.stack(
            np.broadcast_arrays(*(weight[child] for child in children)), axis=-1
        )
        weight[family.node] = local.sum(axis=-1)
        share = np.divide(local, weight[family.node][..., None], out=np.zeros_like(local), where=local > 0)
        missing_children = len(family.children) - len(children)
        required_children = max(1, family.min_children - missing_children) if family.is_leaf_family else len(children)
        family_part = replace(family, children=tuple(children), min_children=required_children)
        reference, part_values = ([scores[child] for child in children] for scores in leaf_columns)
        for scores, leaf_block in zip(leaf_columns, (reference, part_values)):
            scores[family.node] = join_children(family_part, np.stack(leaf_block, -1), share, np.stack(reference, -1))
    return leaf_columns[1].get(design.tree.root)


def _leaf_columns(design: ScoringPlan, normalised: Array, leaves: Collection[str]) -> dict[str, Array]:
    in_tree = set(design.tree.leaves(design.tree.root))
    return {leaf: normalised[..., j] for j, leaf in enumerate(design.leaves) if leaf in leaves and leaf in in_tree}
