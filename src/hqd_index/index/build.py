"""Scores from raw indicator values: impute, treat and normalise columns, then weigh and aggregate families, leaves first.

Arrays are (..., T, U, m): years, units, leaves; leading axes are draws, so one design and ten thousand run the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .scoring_plan import Columns, Family, ScoringPlan, Span

Array = NDArray[np.float64]


@dataclass(frozen=True)
class IndexArrays:
    """Leaf values after each step; by node, shares (..., T or 1, U or 1, children) and scores (..., T, U) in [0, 1] units."""

    completed_values: Array
    treated: Array
    normalised: Array
    is_imputed: NDArray[np.bool_]
    shares: Mapping[str, Array]
    scores: Mapping[str, Array]


def compute(design: ScoringPlan, panel_values: Array, *, base: IndexArrays | None = None) -> IndexArrays:
    """The index of `panel_values (..., T, U, m)`.

    With `base` (leave-out), whatever a method learns from data (treatment, bounds, weights, ideal points) is learnt from that.
    """
    return index_of_leaves(design, panel_values, normalised_leaves(design, panel_values, base_arrays=base), base=base)


def index_of_leaves(
    design: ScoringPlan, panel_values: Array, leaves: tuple[Array, Array, Array], *, base: IndexArrays | None = None
) -> IndexArrays:
    """The index of `panel_values (..., T, U, m)`, whose imputed, treated and normalised values are `leaves`."""
    imputed_values, treated, normalised = leaves
    shares = flat_shares(design, normalised) if base is None else base.shares
    shares, scores = node_scores(design, normalised, shares, base=base)
    return IndexArrays(imputed_values, treated, normalised, np.isnan(panel_values) & ~np.isnan(imputed_values), shares, scores)


def normalised_leaves(
    design: ScoringPlan, panel_values: Array, *, base_arrays: IndexArrays | None = None
) -> tuple[Array, Array, Array]:
    """Leaf values imputed, then treated, then normalised."""
    imputed_values = _by_column_blocks(design, [panel_values], partial(_impute, unit_groups=design.groups))
    treated = _by_column_blocks(
        design, [imputed_values, imputed_values if base_arrays is None else base_arrays.completed_values], _treated_values
    )
    reference = treated if base_arrays is None else base_arrays.treated
    return imputed_values, treated, _by_column_blocks(design, [treated, reference], partial(_normalise, years=design.years))


def root_score(design: ScoringPlan, normalised: Array, shares: Mapping[str, Array], *, is_complete: bool) -> Array:
    """The root's scores (..., T, U) from leaf values and the shares of every family, either with leading draws.

    A leaf has no gaps, or is empty and weighs nothing (where `is_complete`, none is), and each family has children enough.
    Weighted sums of leaves are one matrix product each, which needs shares that all rows have in common; else it goes node
    by node.
    """
    if any(share.shape[-3:-1] != (1, 1) for share in shares.values()):
        return node_scores(design, normalised, shares)[1][design.tree.root]
    present_values, root = pool_years(normalised), design.tree.root
    if not is_complete:
        present_values = np.where(np.isnan(present_values), 0.0, present_values)
    scores: dict[str, Array] = {}
    for family in design.families:
        if family.node not in design.sums:
            children = _child_values(design, family, present_values, shares, scores)
            share = shares[family.node][..., 0, :, :]
            scores[family.node] = family.aggregate(children, share, min_children=family.min_children)
    root_scores = scores[root] if root in scores else (present_values @ leaf_shares(design, shares, [root]))[..., 0]
    return root_scores.reshape(*root_scores.shape[:-1], *normalised.shape[-3:-1])


def _child_values(
    design: ScoringPlan, family: Family, panel_values: Array, shares: Mapping[str, Array], scores: Mapping[str, Array]
) -> Array:
    """The children (..., n, k) of a family that is no weighted sum of leaves itself."""
    if family.is_leaf_family:
        return leaf_values(design, family, panel_values)
    sums = [child for child in family.children if child not in scores]
    leaf_sums = panel_values @ leaf_shares(design, shares, sums) if sums else panel_values[..., :0]
    if len(sums) == len(family.children):
        return leaf_sums
    children = [leaf_sums[..., sums.index(c)] if c in sums else scores[c] for c in family.children]
    return np.stack(np.broadcast_arrays(*children), axis=-1)


def leaf_shares(design: ScoringPlan, shares: Mapping[str, Array], nodes: Sequence[str]) -> Array:
    """Each leaf's share in some nodes, (..., m, nodes): the product of shares down the tree; 0 for leaves elsewhere."""
    leading_shapes = [shares[family.node].shape[:-3] for family in design.families]
    shares_of_leaves = np.zeros((*np.broadcast_shapes(*leading_shapes), len(design.leaves), len(nodes)))
    for node_position, node in enumerate(nodes):
        share_of_node: dict[str, Array] = {node: np.ones(1)}
        for family in reversed(design.families):
            if family.node in share_of_node:
                local_share = share_of_node[family.node][..., None] * shares[family.node][..., 0, 0, :]
                if family.is_leaf_family:
                    shares_of_leaves[..., design.leaf_positions(family.children), node_position] = local_share
                else:
                    share_of_node |= {child: local_share[..., k] for k, child in enumerate(family.children)}
    return shares_of_leaves


def _by_column_blocks(design: ScoringPlan, arrays: Sequence[Array], step: Callable[..., Array]) -> Array:
    """A step applied to each block of columns with its own functions; one block needs no copies."""
    if len(design.columns) == 1:
        return step(*arrays, design.columns[0])
    block_results = np.empty_like(arrays[0])
    for column_block in design.columns:
        block_results[..., column_block.positions] = step(
            *(value_array[..., column_block.positions] for value_array in arrays), column_block
        )
    return block_results


def _impute(panel_values: Array, column_block: Columns, unit_groups: NDArray[np.intp]) -> Array:
    return column_block.impute_columns(panel_values.swapaxes(-3, -2), groups=unit_groups).swapaxes(-3, -2)


def _treated_values(panel_values: Array, reference: Array, column_block: Columns) -> Array:
    return _split_by_year(column_block.treat(pool_years(panel_values), reference=pool_years(reference)), panel_values.shape)


def _normalise(panel_values: Array, reference: Array, column_block: Columns, years: tuple[int, ...]) -> Array:
    if column_block.span == "each_year":
        return column_block.normalise(panel_values, reference=reference, direction=column_block.direction)
    rows = span_rows(reference, column_block.span, years)
    return _split_by_year(
        column_block.normalise(pool_years(panel_values), reference=rows, direction=column_block.direction), panel_values.shape
    )


def flat_shares(design: ScoringPlan, normalised: Array) -> dict[str, Array]:
    """Shares of every family from the flat weights of the leaves; empty where families weigh their own children."""
    if design.flat_family is None:
        return {}
    return node_shares_of_leaf_shares(
        design, family_shares(design.flat_family, leaf_values(design, design.flat_family, normalised), design.years)
    )


def node_shares_of_leaf_shares(design: ScoringPlan, leaf_share_array: Array) -> dict[str, Array]:
    """Shares of every family from shares (..., m) of all leaves in the whole: a node's share is the sum of its leaves'."""
    assert design.flat_family is not None
    share_by_node = {leaf: leaf_share_array[..., j] for j, leaf in enumerate(design.flat_family.children)}
    shares = {}
    for family in design.families:
        child_totals = np.stack([share_by_node[child] for child in family.children], axis=-1)
        node_share = child_totals.sum(axis=-1)
        share_by_node[family.node] = node_share
        with np.errstate(invalid="ignore", divide="ignore"):
            shares[family.node] = np.where(node_share[..., None] > 0, child_totals / node_share[..., None], 0.0)
    return shares


def node_scores(
    design: ScoringPlan, normalised: Array, shares: Mapping[str, Array], *, base: IndexArrays | None = None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Shares and scores of every node, children before parents; given shares are kept, the others found."""
    family_weights = dict(shares)
    scores = _leaf_scores(design, normalised)
    reference_scores = _leaf_scores(design, base.normalised) | dict(base.scores) if base else scores
    for family in design.families:
        children = _stacked_children(family, scores)
        if family.node not in family_weights:
            family_weights[family.node] = family_shares(family, children, design.years)
        reference = _stacked_children(family, reference_scores) if base else children
        scores[family.node] = join_children(family, children, family_weights[family.node], reference)
    return family_weights, {family.node: scores[family.node] for family in design.families}


def leaf_values(design: ScoringPlan, family: Family, values_of_leaves: Array) -> Array:
    """The columns of a family of leaves, (..., k)."""
    return (
        values_of_leaves
        if family.children == design.leaves
        else np.take(values_of_leaves, design.leaf_positions(family.children), axis=-1)
    )


def _leaf_scores(design: ScoringPlan, normalised: Array) -> dict[str, Array]:
    return {leaf: normalised[..., j] for j, leaf in enumerate(design.leaves)}


def _stacked_children(family: Family, scores: Mapping[str, Array]) -> Array:
    return np.stack(np.broadcast_arrays(*(scores[child] for child in family.children)), axis=-1)


def join_children(family: Family, children: Array, share: Array, reference: Array) -> Array:
    """Rows are pooled over years before they are joined, because ideal points and the like belong to the whole panel."""
    if share.shape[-3:-1] == (1, 1):
        row_shares = share[..., 0, :, :]
    else:
        row_shares = pool_years(np.broadcast_to(share, np.broadcast_shapes(share.shape, children.shape)))
    row_scores = family.aggregate(
        pool_years(children), row_shares, reference=pool_years(reference), min_children=family.min_children
    )
    return row_scores.reshape(*row_scores.shape[:-1], *children.shape[-3:-1])


def family_shares(family: Family, children: Array, years: tuple[int, ...]) -> Array:
    """A family's own weights, as (..., 1, 1, k), (..., T, 1, k) or (..., T, U, k)."""
    assert family.weigh_children is not None
    if family.span == "each_year":
        return family.weigh_children(children)
    weights = family.weigh_children(span_rows(children, family.span, years))
    if weights.shape[-2] == 1:
        return weights[..., None, :]
    return _split_by_year(weights, children.shape)


def span_rows(panel_values: Array, span: Span, years: tuple[int, ...]) -> Array:
    """The rows (..., r, m) over which a statistic is taken: all years, or a base window."""
    if isinstance(span, str):
        return pool_years(panel_values)
    is_in_span = np.array([span[0] <= year <= span[1] for year in years])
    return pool_years(panel_values[..., is_in_span, :, :])


def pool_years(panel_values: Array) -> Array:
    """(..., T, U, m) as (..., T x U, m)."""
    return panel_values.reshape(*panel_values.shape[:-3], panel_values.shape[-3] * panel_values.shape[-2], panel_values.shape[-1])


def _split_by_year(panel_values: Array, leading_shape: tuple[int, ...]) -> Array:
    return panel_values.reshape(leading_shape)
