"""Shapley (LMG) shares of explained variance, from cross products alone (Lindeman, Merenda & Gold 1980; item C)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from ...errors import EstimationError
from ...linear_algebra import GRAM, symmetric_inverse
from .inference import stream
from .partial import Partial
from .within import Array

LARGEST = 12  # groups: 4,096 regressions


@dataclass(frozen=True)
class Importance:
    """Share of R2 by group of regressors, with percentile intervals from resampled clusters; shares sum to `r2`."""

    groups: tuple[str, ...]
    share: Array
    low: Array
    high: Array
    r2: float


def r2_of(gram: Array, cross: Array, total: Array, subset: Sequence[int]) -> Array:
    """R2 (...) of the regressors chosen, which are of comparable size, from x'x (..., k, k), x'y (..., k) and y'y (...)."""
    positions = list(subset)
    if not positions:
        return np.zeros(np.shape(total))
    block, side = gram[..., positions, :][..., positions], cross[..., positions]
    solved = (symmetric_inverse(block, tolerance=GRAM) @ side[..., None])[..., 0]
    return np.asarray((side * solved).sum(axis=-1) / total)


def shapley(gram: Array, cross: Array, total: Array, groups: Sequence[Sequence[int]]) -> Array:
    """(..., groups): each group's mean gain in R2 over all orders of entry."""
    m = len(groups)
    worth = {}
    for size in range(m + 1):
        for subset in combinations(range(m), size):
            worth[subset] = r2_of(gram, cross, total, [j for g in subset for j in groups[g]])
    shares = []
    for g in range(m):
        gain = np.zeros(np.shape(total))
        for subset, value in worth.items():
            if g not in subset:
                weight = factorial(len(subset)) * factorial(m - len(subset) - 1) / factorial(m)
                gain = gain + weight * (worth[tuple(sorted((*subset, g)))] - value)
        shares.append(gain)
    return np.stack(shares, axis=-1)


def importance(
    part: Partial, outcome: str, groups: Mapping[str, Sequence[str]], *, draws: int = 199, seed: int = 0, level: float = 0.95
) -> Importance:
    """Shares of the within R2 of `outcome`; fixed effects are taken out and are no group.

    `groups` names the regressors of each group. EstimationError above 12 groups or for a constant outcome.
    """
    if len(groups) > LARGEST:
        raise EstimationError(f"{len(groups)} groups; at most {LARGEST}", zh=f"{len(groups)} 组,最多 {LARGEST} 组")
    names = [name for members in groups.values() for name in members]
    x = part.residual(part.rows[names].to_numpy(dtype=float))
    x = x / np.maximum(np.linalg.norm(x, axis=0), np.finfo(float).tiny)
    y = part.column(outcome)
    if not y @ y > 0:
        raise EstimationError(f"{outcome} is constant within the fixed effects", zh=f"{outcome} 在控制固定效应后为常数")
    blocks = part.blocks()
    gram = np.stack([x[b].T @ x[b] for b in blocks])
    cross, total = np.stack([x[b].T @ y[b] for b in blocks]), np.array([y[b] @ y[b] for b in blocks])
    positions = [[names.index(n) for n in members] for members in groups.values()]
    share = shapley(gram.sum(axis=0), cross.sum(axis=0), total.sum(), positions)
    counts = stream(seed, "importance", outcome).multinomial(part.g, np.full(part.g, 1 / part.g), size=draws).astype(float)
    resampled_shares = shapley(np.tensordot(counts, gram, 1), counts @ cross, counts @ total, positions)
    low, high = np.quantile(resampled_shares, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return Importance(tuple(groups), share, low, high, float(share.sum()))
