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


def compute(design: ScoringPlan, values: Array, *, base: IndexArrays | None = None) -> IndexArrays:
    """The index of `values (..., T, U, m)`.

    With `base` (leave-out), whatever a method learns from data (treatment, bounds, weights, ideal points) is learnt from that.
    """
    imputed_values, treated, normalised = normalised_leaves(design, values, base=base)
    shares = flat_shares(design, normalised) if base is None else base.shares
    shares, scores = node_scores(design, normalised, shares, base=base)
    return IndexArrays(imputed_values, treated, normalised, np.isnan(values) & ~np.isnan(imputed_values), shares, scores)


def normalised_leaves(design: ScoringPlan, values: Array, *, base: IndexArrays | None = None) -> tuple[Array, Array, Array]:
    """Leaf values imputed, then treated, then normalised."""
    imputed_values = _by_column_blocks(design, [values], partial(_impute, groups=design.groups))
    treated = _by_column_blocks(
        design, [imputed_values, imputed_values if base is None else base.completed_values], _treated_values
    )
    reference = treated if base is None else base.treated
    return imputed_values, treated, _by_column_blocks(design, [treated, reference], partial(_normalise, years=design.years))


def root_score(design: ScoringPlan, normalised: Array, shares: Mapping[str, Array], *, is_complete: bool) -> Array:
    """The root's scores (..., T, U) from leaf values and the shares of every family, either with leading draws.

    A leaf has no gaps, or is empty and weighs nothing (where `is_complete`, none is), and each family has children enough.
    Weighted sums of leaves are one matrix product each, which needs shares that all rows have in common; else it goes node
    by node.
    """
    if any(share.shape[-3:-1] != (1, 1) for share in shares.values()):
        return node_scores(design, normalised, shares)[1][design.tree.root]
    values, root = pool_years(normalised), design.tree.root
    if not is_complete:
        values = np.where(np.isnan(values), 0.0, values)
    scores: dict[str, Array] = {}
    for family in design.families:
        if family.node not in design.sums:
            children = _child_values(design, family, values, shares, scores)
            share = shares[family.node][..., 0, :, :]
            scores[family.node] = family.aggregate(children, share, min_children=family.min_children)
    root_scores = scores[root] if root in scores else (values @ leaf_shares(design, shares, [root]))[..., 0]
    return root_scores.reshape(*root_scores.shape[:-1], *normalised.shape[-3:-1])


def _child_values(
    design: ScoringPlan, family: Family, values: Array, shares: Mapping[str, Array], scores: Mapping[str, Array]
) -> Array:
    """The children (..., n, k) of a family that is no weighted sum of leaves itself."""
    if family.is_leaf_family:
        return leaf_values(design, family, values)
    sums = [child for child in family.children if child not in scores]
    summed = values @ leaf_shares(design, shares, sums) if sums else values[..., :0]
    if len(sums) == len(family.children):
        return summed
    children = [summed[..., sums.index(c)] if c in sums else scores[c] for c in family.children]
    return np.stack(np.broadcast_arrays(*children), axis=-1)


def leaf_shares(design: ScoringPlan, shares: Mapping[str, Array], nodes: Sequence[str]) -> Array:
    """Each leaf's share in some nodes, (..., m, nodes): the product of shares down the tree; 0 for leaves elsewhere."""
    leading_shapes = [shares[family.node].shape[:-3] for family in design.families]
    shares_of_leaves = np.zeros((*np.broadcast_shapes(*leading_shapes), len(design.leaves), len(nodes)))
    for position, node in enumerate(nodes):
        share_of_node: dict[str, Array] = {node: np.ones(1)}
        for family in reversed(design.families):
            if family.node in share_of_node:
                local_share = share_of_node[family.node][..., None] * shares[family.node][..., 0, 0, :]
                if family.is_leaf_family:
                    shares_of_leaves[..., design.leaf_positions(family.children), position] = local_share
                else:
                    share_of_node |= {child: local_share[..., k] for k, child in enumerate(family.children)}
    return shares_of_leaves


def _by_column_blocks(design: ScoringPlan, arrays: Sequence[Array], step: Callable[..., Array]) -> Array:
    """A step applied to each block of columns with its own functions; one block needs no copies."""
    if len(design.columns) == 1:
        return step(*arrays, design.columns[0])
    block_results = np.empty_like(arrays[0])
    for block in design.columns:
        block_results[..., block.positions] = step(*(value_array[..., block.positions] for value_array in arrays), block)
    return block_results


def _impute(values: Array, block: Columns, groups: NDArray[np.intp]) -> Array:
    return block.impute_columns(values.swapaxes(-3, -2), groups=groups).swapaxes(-3, -2)


def _treated_values(values: Array, reference: Array, block: Columns) -> Array:
    return _split_by_year(block.treat(pool_years(values), reference=pool_years(reference)), values.shape)


def _normalise(values: Array, reference: Array, block: Columns, years: tuple[int, ...]) -> Array:
    if block.span == "each_year":
        return block.normalise(values, reference=reference, direction=block.direction)
    rows = span_rows(reference, block.span, years)
    return _split_by_year(block.normalise(pool_years(values), reference=rows, direction=block.direction), values.shape)


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
    total = {leaf: leaf_share_array[..., j] for j, leaf in enumerate(design.flat_family.children)}
    shares = {}
    for family in design.families:
        child_totals = np.stack([total[child] for child in family.children], axis=-1)
        node_share = child_totals.sum(axis=-1)
        total[family.node] = node_share
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


def leaf_values(design: ScoringPlan, family: Family, values: Array) -> Array:
    """The columns of a family of leaves, (..., k)."""
    return values if family.children == design.leaves else np.take(values, design.leaf_positions(family.children), axis=-1)


def _leaf_scores(design: ScoringPlan, normalised: Array) -> dict[str, Array]:
    return {leaf: normalised[..., j] for j, leaf in enumerate(design.leaves)}


def _stacked_children(family: Family, scores: Mapping[str, Array]) -> Array:
    return np.stack(np.broadcast_arrays(*(scores[child] for child in family.children)), axis=-1)


def join_children(family: Family, children: Array, share: Array, reference: Array) -> Array:
    """Rows are pooled over years before they are joined, because ideal points and the like belong to the whole panel."""
    if share.shape[-3:-1] == (1, 1):
        rows = share[..., 0, :, :]
    else:
        rows = pool_years(np.broadcast_to(share, np.broadcast_shapes(share.shape, children.shape)))
    row_scores = family.aggregate(pool_years(children), rows, reference=pool_years(reference), min_children=family.min_children)
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


def span_rows(values: Array, span: Span, years: tuple[int, ...]) -> Array:
    """The rows (..., r, m) over which a statistic is taken: all years, or a base window."""
    if isinstance(span, str):
        return pool_years(values)
    is_in_span = np.array([span[0] <= year <= span[1] for year in years])
    return pool_years(values[..., is_in_span, :, :])


def pool_years(values: Array) -> Array:
    """(..., T, U, m) as (..., T x U, m)."""
    return values.reshape(*values.shape[:-3], values.shape[-3] * values.shape[-2], values.shape[-1])


def _split_by_year(values: Array, shape: tuple[int, ...]) -> Array:
    return values.reshape(shape)
