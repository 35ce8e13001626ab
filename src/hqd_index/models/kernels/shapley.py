"""Shapley (LMG) shares of explained variance, from cross products alone (Lindeman, Merenda & Gold 1980; item C)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from ...errors import EstimationError
from ...linear_algebra import GRAM, symmetric_inverse
from .inference import random_stream
from .partial import PartialledRows
from .within import Array

MAX_GROUPS = 12  # groups: 4,096 regressions


@dataclass(frozen=True)
class Importance:
    """Share of R2 by group of regressors, with percentile intervals from resampled clusters; shares sum to `r2`."""

    groups: tuple[str, ...]
    share: Array
    low: Array
    high: Array
    r2: float


def r2_of(gram: Array, cross_products: Array, total_variation: Array, subset: Sequence[int]) -> Array:
    """R2 (...) of the regressors chosen, which are of comparable size, from x'x (..., k, k), x'y (..., k) and y'y (...)."""
    positions = list(subset)
    if not positions:
        return np.zeros(np.shape(total_variation))
    block, side = gram[..., positions, :][..., positions], cross_products[..., positions]
    solution = (symmetric_inverse(block, tolerance=GRAM) @ side[..., None])[..., 0]
    return np.asarray((side * solution).sum(axis=-1) / total_variation)


def shapley(gram: Array, cross_products: Array, total_variation: Array, regressor_groups: Sequence[Sequence[int]]) -> Array:
    """(..., groups): each group's mean gain in R2 over all orders of entry."""
    m = len(regressor_groups)
    r2_by_coalition = {}
    for size in range(m + 1):
        for subset in combinations(range(m), size):
            r2_by_coalition[subset] = r2_of(
                gram, cross_products, total_variation, [j for group_index in subset for j in regressor_groups[group_index]]
            )
    shares = []
    for group_index in range(m):
        gain = np.zeros(np.shape(total_variation))
        for subset, r2 in r2_by_coalition.items():
            if group_index not in subset:
                weight = factorial(len(subset)) * factorial(m - len(subset) - 1) / factorial(m)
                gain = gain + weight * (r2_by_coalition[tuple(sorted((*subset, group_index)))] - r2)
        shares.append(gain)
    return np.stack(shares, axis=-1)


def importance(
    partial_rows: PartialledRows,
    outcome: str,
    regressor_groups: Mapping[str, Sequence[str]],
    *,
    draws: int = 199,
    seed: int = 0,
    level: float = 0.95,
) -> Importance:
    """Shares of the within R2 of `outcome`; fixed effects are taken out and are no group.

    `regressor_groups` names the regressors of each group. EstimationError above 12 groups or for a constant outcome.
    """
    if len(regressor_groups) > MAX_GROUPS:
        raise EstimationError(
            f"{len(regressor_groups)} groups; at most {MAX_GROUPS}", zh=f"{len(regressor_groups)} 组,最多 {MAX_GROUPS} 组"
        )
    names = [regressor for members in regressor_groups.values() for regressor in members]
    x = partial_rows.residual(partial_rows.rows[names].to_numpy(dtype=float))
    x = x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)
    y = partial_rows.column(outcome)
    if not y @ y > 0:
        raise EstimationError(f"{outcome} is constant within the fixed effects", zh=f"{outcome} 在控制固定效应后为常数")
    row_blocks = partial_rows.cluster_blocks()
    gram = np.stack([x[b].T @ x[b] for b in row_blocks])
    cross_products, total_variation = np.stack([x[b].T @ y[b] for b in row_blocks]), np.array([y[b] @ y[b] for b in row_blocks])
    positions = [[names.index(n) for n in members] for members in regressor_groups.values()]
    share = shapley(gram.sum(axis=0), cross_products.sum(axis=0), total_variation.sum(), positions)
    counts = (
        random_stream(seed, "importance", outcome)
        .multinomial(partial_rows.g, np.full(partial_rows.g, 1 / partial_rows.g), size=draws)
        .astype(float)
    )
    resampled_shares = shapley(np.tensordot(counts, gram, 1), counts @ cross_products, counts @ total_variation, positions)
    low, high = np.quantile(resampled_shares, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return Importance(tuple(regressor_groups), share, low, high, float(share.sum()))
