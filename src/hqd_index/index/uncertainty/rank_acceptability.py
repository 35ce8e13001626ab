"""What draws of ranks show: how often a unit takes each rank, intervals, which unit is above which.

Ranks of draws are whole numbers (draws, ..., U), 0 where a draw gives the unit no rank: two bytes each, so that ten thousand
draws of many units fit. Nothing here grows with units squared but `pairwise_shares`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..competition_rank import competition

Array = NDArray[np.float64]
Ranks = NDArray[np.unsignedinteger]
Positions = NDArray[np.intp]
NO_RANK = 0
ROUNDING = 1e-9  # 0.95 x 200 must be 190, not 190.00000000000003
PAIR_CELLS = 16 * 1024**2
"""Comparisons made at once."""


def rank_dtype(units: int) -> type[np.unsignedinteger]:
    """The smallest type that holds ranks of that many units."""
    return np.uint16 if units < np.iinfo(np.uint16).max else np.uint32


def rank_numbers(scores: Array) -> Ranks:
    """Competition ranks of scores (..., U) as whole numbers, `NO_RANK` where there is no score."""
    return np.nan_to_num(competition(scores), nan=NO_RANK).astype(rank_dtype(scores.shape[-1]))


def rank_values(ranks: Ranks) -> Array:
    """The same as numbers, NaN for no rank."""
    return np.where(ranks == NO_RANK, np.nan, ranks.astype(np.float64))


def order_statistics(ranks: Ranks, shares: tuple[float, ...]) -> list[Array]:
    """For each share q the least rank that at least q of the draws do not exceed, (..., U): always a rank that was drawn.

    NaN for a unit that no draw ranks. A draw without a score for the unit counts nowhere.
    """
    by_unit = np.sort(np.ascontiguousarray(np.moveaxis(ranks, 0, -1)), axis=-1, kind="stable")
    unranked_counts = (by_unit == NO_RANK).sum(axis=-1)
    ranked_counts = by_unit.shape[-1] - unranked_counts
    return [
        np.where(ranked_counts > 0, _entries_at(by_unit, unranked_counts + _place(ranked_counts, cumulative_share)), np.nan)
        for cumulative_share in shares
    ]


def _place(count: Positions, share: float) -> Positions:
    """Position of the order statistic among `count` values sorted upwards."""
    return np.maximum(np.ceil(share * count - ROUNDING), 1).astype(np.intp) - 1


def _entries_at(by_unit: Ranks, positions: Positions) -> Array:
    valid_positions = np.minimum(positions, by_unit.shape[-1] - 1)[..., None]
    return np.take_along_axis(by_unit, valid_positions, axis=-1)[..., 0].astype(np.float64)


def among_the_first(ranks: Ranks, k: int) -> Array:
    """Share of the draws in which a unit is among the first k, (..., U); NaN for a unit that no draw ranks."""
    share = np.count_nonzero((ranks != NO_RANK) & (ranks <= k), axis=0) / len(ranks)
    return np.where((ranks != NO_RANK).any(axis=0), share, np.nan)


def mean_distance(ranks: Ranks, base_ranks: Array) -> Array:
    """Mean |rank - base| of each unit over the draws that rank it, (..., U); NaN where there are none."""
    has_rank = ranks != NO_RANK
    distance = np.abs(ranks.astype(np.int32) - np.nan_to_num(base_ranks).astype(np.int32))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(has_rank, distance, 0).sum(axis=0) / has_rank.sum(axis=0)
    return np.where(np.isnan(base_ranks), np.nan, mean)


def mean_shift(ranks: Array, base_ranks: Array) -> Array:
    """Mean |rank - base| of each draw (draws, ..., U) over units ranked in both; NaN where there are none."""
    shift = np.abs(ranks - base_ranks)
    is_observed = ~np.isnan(shift)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(is_observed, shift, 0.0).sum(axis=-1) / is_observed.sum(axis=-1)


def mean_shifts(ranks: Ranks, base_ranks: Array) -> Array:
    """The same from whole numbers (draws, U), without a copy of them all as floating point."""
    return np.concatenate([mean_shift(rank_values(block), base_ranks) for block in _draw_blocks(ranks, ranks.shape[1])])


@dataclass(frozen=True)
class RankShares:
    """Units (positions), ranks and the share of the draws in which the unit takes the rank; ranks never taken are left out."""

    units: Positions
    ranks: Positions
    shares: Array


def rank_shares(ranks: Ranks, units: Positions) -> RankShares:
    """Rank acceptability (Lahdelma and Salminen 2001) of some units from draws (draws, U)."""
    counts_of_ranks = [np.bincount(ranks[:, unit]) for unit in units]
    ranks_of_units = [np.flatnonzero(count[NO_RANK + 1 :]) + NO_RANK + 1 for count in counts_of_ranks]
    shares = [count[unit_ranks] / len(ranks) for count, unit_ranks in zip(counts_of_ranks, ranks_of_units)]
    if not counts_of_ranks:
        return RankShares(units, np.zeros(0, dtype=np.intp), np.zeros(0))
    repeated_units = np.repeat(units, [len(unit_ranks) for unit_ranks in ranks_of_units])
    return RankShares(repeated_units, np.concatenate(ranks_of_units), np.concatenate(shares))


def pairwise_shares(ranks: Ranks) -> Array:
    """Share of draws of ranks (draws, U) in which i ranks above j, of those that rank both; (U, U)."""
    units = ranks.shape[1]
    win_counts, pair_counts = np.zeros((units, units)), np.zeros((units, units))
    for rank_block in _draw_blocks(ranks, units**2):
        has_rank = rank_block != NO_RANK
        # no rank is above nothing, and below nothing
        upper_ranks = np.where(has_rank, rank_block, np.iinfo(rank_block.dtype).max)
        win_counts += (upper_ranks[:, :, None] < rank_block[:, None, :]).sum(axis=0)
        pair_counts += has_rank.T.astype(np.float64) @ has_rank.astype(np.float64)
    return np.divide(win_counts, pair_counts, out=np.full_like(win_counts, np.nan), where=pair_counts > 0)


def _draw_blocks(ranks: Ranks, cells: int) -> Iterator[Ranks]:
    """Consecutive draws, as many as make `PAIR_CELLS` comparisons of `cells` each."""
    step = max(1, PAIR_CELLS // max(cells, 1))
    return (ranks[start : start + step] for start in range(0, len(ranks), step))


def share_ranked_above(ranks: Ranks, units: Positions, rivals: Positions) -> Array:
    """What `pairwise_shares` has at each of some pairs (units[k], rivals[k]): (pairs,)."""
    win_counts, pair_counts = np.zeros(len(units), dtype=np.intp), np.zeros(len(units), dtype=np.intp)
    step = max(1, PAIR_CELLS // max(len(ranks), 1))
    for start in range(0, len(units), step):
        pairs = slice(start, start + step)
        unit_ranks, rival_ranks = ranks[:, units[pairs]], ranks[:, rivals[pairs]]
        have_ranks = (unit_ranks != NO_RANK) & (rival_ranks != NO_RANK)
        pair_counts[pairs] = np.count_nonzero(have_ranks, axis=0)
        win_counts[pairs] = np.count_nonzero(have_ranks & (unit_ranks < rival_ranks), axis=0)
    return np.divide(win_counts, pair_counts, out=np.full(len(units), np.nan), where=pair_counts > 0)


def stable_share(shares: Array, reverse_shares: Array) -> float:
    """Share of pairs that no draw puts the other way round, from the share above in each direction; NaN without pairs."""
    is_comparable = ~np.isnan(shares)
    return (
        float(np.mean((shares[is_comparable] == 0) | (reverse_shares[is_comparable] == 0)))
        if is_comparable.any()
        else float("nan")
    )
