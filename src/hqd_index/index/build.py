"""Scores from raw indicator values: impute, treat and normalise columns, then weigh and aggregate families, leaves first.

Arrays are (..., T, U, m): years, units, leaves; leading axes are draws, so one design and ten thousand run the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .plan import Columns, Family, Plan, Span

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Computed:
    """Leaf values after each step; by node, shares (..., T or 1, U or 1, children) and scores (..., T, U) in [0, 1] units."""

    filled: Array
    treated: Array
    normalised: Array
    imputed: NDArray[np.bool_]
    shares: Mapping[str, Array]
    scores: Mapping[str, Array]


def compute(design: Plan, values: Array, *, base: Computed | None = None) -> Computed:
    """The index of `values (..., T, U, m)`.

    With `base` (leave-out), whatever a method learns from data (treatment, bounds, weights, ideal points) is learnt from that.
    """
    filled = _by_columns(design, [values], partial(_impute, groups=design.groups))
    treated = _by_columns(design, [filled, filled if base is None else base.filled], _treat)
    reference = treated if base is None else base.treated
    normalised = _by_columns(design, [treated, reference], partial(_normalise, years=design.years))
    shares = weigh(design, normalised) if base is None else base.shares
    shares, scores = _aggregate(design, normalised, dict(shares), base)
    return Computed(filled, treated, normalised, np.isnan(values) & ~np.isnan(filled), shares, scores)


def root_score(design: Plan, normalised: Array, shares: Mapping[str, Array]) -> Array:
    """The root's scores (..., T, U) from leaf values and given shares, either of which may carry leading draws.

    A sum of sums is one matrix product with the leaves' shares in the whole, unless cells are missing here and there.
    """
    absent = np.isnan(normalised)
    scattered = (absent.any(axis=(-3, -2)) & ~absent.all(axis=(-3, -2))).any()
    fixed = all(share.shape[-3:-1] == (1, 1) for share in shares.values())
    if scattered or not fixed or not all(family.additive for family in design.families):
        return _aggregate(design, normalised, dict(shares))[1][design.tree.root]
    values = np.where(absent, 0.0, normalised) if absent.any() else normalised
    return (_pooled(values) @ whole_shares(design, shares)[..., None])[..., 0].reshape(
        *_lead(values, shares), *values.shape[-3:-1]
    )


def _lead(values: Array, shares: Mapping[str, Array]) -> tuple[int, ...]:
    return np.broadcast_shapes(values.shape[:-3], next(iter(shares.values())).shape[:-3])


def whole_shares(design: Plan, shares: Mapping[str, Array]) -> Array:
    """Each leaf's share in the root, (..., m): the product of shares down the tree."""
    whole: dict[str, Array] = {design.tree.root: np.ones(1)}
    for family in reversed(design.families):
        local = shares[family.node][..., 0, 0, :]
        for position, child in enumerate(family.children):
            whole[child] = whole[family.node] * local[..., position]
    return np.stack(np.broadcast_arrays(*(whole[leaf] for leaf in design.leaves)), axis=-1)


def _by_columns(design: Plan, arrays: Sequence[Array], step: Callable[..., Array]) -> Array:
    """A step applied to each block of columns with its own functions; one block needs no copies."""
    if len(design.columns) == 1:
        return step(*arrays, design.columns[0])
    out = np.empty_like(arrays[0])
    for block in design.columns:
        out[..., block.positions] = step(*(array[..., block.positions] for array in arrays), block)
    return out


def _impute(values: Array, block: Columns, groups: NDArray[np.intp]) -> Array:
    return block.impute(values.swapaxes(-3, -2), groups=groups).swapaxes(-3, -2)


def _treat(values: Array, reference: Array, block: Columns) -> Array:
    return _unpooled(block.treat(_pooled(values), reference=_pooled(reference)), values.shape)


def _normalise(values: Array, reference: Array, block: Columns, years: tuple[int, ...]) -> Array:
    if block.span == "each_year":
        return block.normalise(values, reference=reference, direction=block.direction)
    rows = span_rows(reference, block.span, years)
    return _unpooled(block.normalise(_pooled(values), reference=rows, direction=block.direction), values.shape)


def weigh(design: Plan, normalised: Array) -> dict[str, Array]:
    """Shares of every family from the flat weights of the leaves; empty where families weigh their own children."""
    if design.flat is None:
        return {}
    assert design.flat.weigh is not None
    flat = _shares(design.flat, normalised, design.years)
    position = {leaf: j for j, leaf in enumerate(design.leaves)}
    total = {leaf: flat[..., j] for leaf, j in position.items()}
    shares = {}
    for family in design.families:
        parts = np.stack([total[child] for child in family.children], axis=-1)
        whole = parts.sum(axis=-1)
        total[family.node] = whole
        with np.errstate(invalid="ignore", divide="ignore"):
            shares[family.node] = np.where(whole[..., None] > 0, parts / whole[..., None], 0.0)
    return shares


def _aggregate(
    design: Plan, normalised: Array, shares: dict[str, Array], base: Computed | None = None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Shares and scores of every node, children before parents; given shares are kept."""
    scores = _leaf_scores(design, normalised)
    learnt = _leaf_scores(design, base.normalised) | dict(base.scores) if base else scores
    for family in design.families:
        children = _stacked(family, scores)
        if family.node not in shares:
            shares[family.node] = _shares(family, children, design.years)
        reference = _stacked(family, learnt) if base else children
        scores[family.node] = _join(family, children, shares[family.node], reference)
    return shares, {family.node: scores[family.node] for family in design.families}


def _leaf_scores(design: Plan, normalised: Array) -> dict[str, Array]:
    return {leaf: normalised[..., j] for j, leaf in enumerate(design.leaves)}


def _stacked(family: Family, scores: Mapping[str, Array]) -> Array:
    return np.stack([scores[child] for child in family.children], axis=-1)


def _join(family: Family, children: Array, share: Array, reference: Array) -> Array:
    """Rows are pooled over years before they are joined, because ideal points and the like belong to the whole panel."""
    fixed = share.shape[-3:-1] == (1, 1)
    rows = share[..., 0, :, :] if fixed else _pooled(np.broadcast_to(share, children.shape))
    joined = family.aggregate(_pooled(children), rows, reference=_pooled(reference), min_children=family.min_children)
    return joined.reshape(children.shape[:-1])


def _shares(family: Family, children: Array, years: tuple[int, ...]) -> Array:
    """A family's weights, as (..., 1, 1, k), (..., T, 1, k) or (..., T, U, k)."""
    assert family.weigh is not None
    if family.span == "each_year":
        return family.weigh(children)
    weights = family.weigh(span_rows(children, family.span, years))
    if weights.shape[-2] == 1:
        return weights[..., None, :]
    return _unpooled(weights, children.shape)


def span_rows(values: Array, span: Span, years: tuple[int, ...]) -> Array:
    """The rows (..., r, m) over which a statistic is taken: all years, or a base window."""
    if isinstance(span, str):
        return _pooled(values)
    inside = np.array([span[0] <= year <= span[1] for year in years])
    return _pooled(values[..., inside, :, :])


def _pooled(values: Array) -> Array:
    return values.reshape(*values.shape[:-3], values.shape[-3] * values.shape[-2], values.shape[-1])


def _unpooled(values: Array, shape: tuple[int, ...]) -> Array:
    return values.reshape(shape)
