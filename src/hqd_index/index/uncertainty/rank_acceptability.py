"""What draws of ranks show: how often a unit takes each rank, intervals, which unit is above which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Positions = NDArray[np.intp]
ROWS = 512


def rank_counts(ranks: Array) -> Counts:
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
    cumulative_counts = np.cumsum(counts, axis=-1)
    draw_count = cumulative_counts[..., -1:]
    quantiles = [(cumulative_counts < np.maximum(np.ceil(q * draw_count - ROUNDING), 1)).sum(axis=-1) + 1.0 for q in shares]
    return [np.where(draw_count[..., 0] > 0, rank, np.nan) for rank in quantiles]


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
    observed = ~np.isnan(shift)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(observed, shift, 0.0).sum(axis=-1) / observed.sum(axis=-1)


def pairwise_shares(ranks: Array) -> Array:
    """Share of draws of ranks (draws, U) in which i ranks above j, of those that rank both; (U, U)."""
    win_counts = np.zeros((ranks.shape[1],) * 2)
    pair_counts = np.zeros_like(win_counts)
    for start in range(0, len(ranks), ROWS):
        block = ranks[start : start + ROWS]
        observed = (~np.isnan(block)).astype(np.float64)
        win_counts += (block[:, :, None] < block[:, None, :]).sum(axis=0)
        pair_counts += observed.T @ observed
    return np.divide(win_counts, pair_counts, out=np.full_like(win_counts, np.nan), where=pair_counts > 0)


def share_ranked_above(ranks: Array, units: Positions, rival_positions: Positions) -> Array:
    """What `beats` has at each of some pairs (units[k], others[k]): (pairs,)."""
    unit_ranks, ranks_of_rivals = ranks[:, units], ranks[:, rival_positions]
    pair_counts = np.count_nonzero(~np.isnan(unit_ranks + ranks_of_rivals), axis=0)
    return np.divide(
        np.count_nonzero(unit_ranks < ranks_of_rivals, axis=0),
        pair_counts,
        out=np.full(len(units), np.nan),
        where=pair_counts > 0,
    )


def stable_pairs(share: Array) -> float:
    """Share of pairs that no draw puts the other way round, from `beats`; NaN without pairs."""
    upper = np.triu_indices(len(share), k=1)
    upper_shares, lower_shares = share[upper], share.T[upper]
    is_comparable = ~np.isnan(upper_shares)
    return (
        float(np.mean((upper_shares[is_comparable] == 0) | (lower_shares[is_comparable] == 0)))
        if is_comparable.any()
        else float("nan")
    )
