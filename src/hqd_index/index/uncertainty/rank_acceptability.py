"""What draws of ranks say: how often each rank is taken, intervals, who stands above whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Whole = NDArray[np.intp]
ROWS = 512


def taken(ranks: Array) -> Counts:
    """How many draws (axis 0 of `ranks`, (draws, ..., U)) give a unit each rank: (..., U, U), rank 1 first.

    A draw without a score for the unit counts nowhere (Lahdelma and Salminen 2001: divided by draws, the acceptability).
    """
    units = ranks.shape[-1]
    cells = ranks[0].size
    counts = np.zeros(cells * (units + 1), dtype=np.int64)
    offset = np.arange(cells) * (units + 1)
    for start in range(0, len(ranks), ROWS):
        block = np.nan_to_num(ranks[start : start + ROWS], nan=0.0).reshape(-1, cells).astype(np.int64)
        counts += np.bincount((block + offset).ravel(), minlength=len(counts))
    return counts.reshape(*ranks.shape[1:], units + 1)[..., 1:]


def order_statistics(counts: Counts, shares: tuple[float, ...]) -> list[Array]:
    """For each share q the least rank that at least q of the draws do not exceed, (..., U): always a rank that was drawn.

    NaN for a unit that no draw ranks.
    """
    running = np.cumsum(counts, axis=-1)
    whole = running[..., -1:]
    found = [(running < np.maximum(np.ceil(q * whole - ROUNDING), 1)).sum(axis=-1) + 1.0 for q in shares]
    return [np.where(whole[..., 0] > 0, rank, np.nan) for rank in found]


def among_the_first(counts: Counts, k: int, draws: int) -> Array:
    """Share of the draws in which a unit is among the first k, (..., U); NaN for a unit that no draw ranks."""
    share = counts[..., :k].sum(axis=-1) / draws
    return np.where(counts.sum(axis=-1) > 0, share, np.nan)


ROUNDING = 1e-9  # 0.95 x 200 must be 190, not 190.00000000000003


def mean_distance(counts: Counts, base: Array) -> Array:
    """Mean |rank - base| of each unit over the draws that rank it, (..., U); NaN where there are none."""
    distance = np.abs(np.arange(1, counts.shape[-1] + 1) - base[..., None])
    with np.errstate(invalid="ignore", divide="ignore"):
        return (counts * distance).sum(axis=-1) / counts.sum(axis=-1)


def mean_shift(ranks: Array, base: Array) -> Array:
    """Mean |rank - base| of each draw (draws, ..., U) over units ranked in both; NaN where there are none."""
    shift = np.abs(ranks - base)
    there = ~np.isnan(shift)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, shift, 0.0).sum(axis=-1) / there.sum(axis=-1)


def beats(ranks: Array) -> Array:
    """Share of draws of ranks (draws, U) in which i stands above j, of those that rank both; (U, U)."""
    wins = np.zeros((ranks.shape[1],) * 2)
    both = np.zeros_like(wins)
    for start in range(0, len(ranks), ROWS):
        block = ranks[start : start + ROWS]
        there = (~np.isnan(block)).astype(np.float64)
        wins += (block[:, :, None] < block[:, None, :]).sum(axis=0)
        both += there.T @ there
    return np.divide(wins, both, out=np.full_like(wins, np.nan), where=both > 0)


def stands_above(ranks: Array, units: Whole, others: Whole) -> Array:
    """What `beats` has at each of some pairs (units[k], others[k]): (pairs,)."""
    one, other = ranks[:, units], ranks[:, others]
    both = np.count_nonzero(~np.isnan(one + other), axis=0)
    return np.divide(np.count_nonzero(one < other, axis=0), both, out=np.full(len(units), np.nan), where=both > 0)


def stable_pairs(share: Array) -> float:
    """Share of pairs that no draw puts the other way round, from `beats`; NaN without pairs."""
    upper = np.triu_indices(len(share), k=1)
    above, below = share[upper], share.T[upper]
    known = ~np.isnan(above)
    return float(np.mean((above[known] == 0) | (below[known] == 0))) if known.any() else float("nan")
