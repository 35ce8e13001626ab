"""Competition ranks 1, 2, 2, 4, the best first; a tie is a score within `TIE` of the first of its group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TIE = 1e-9
"""On the 0-100 scale: far above rounding noise (1e-13), far below any difference a person could mean."""

Array = NDArray[np.float64]


def competition(scores: Array, *, tie: float = TIE) -> Array:
    """Ranks of `scores (..., n)` along the last axis, 1 is the highest; NaN keeps no rank (NaN)."""
    rows = scores.reshape(-1, scores.shape[-1])
    order = np.argsort(-rows, axis=-1)
    group_starts = _group_starts(np.take_along_axis(rows, order, axis=-1), tie)
    ranks = np.empty(rows.shape)
    np.put_along_axis(ranks, order, group_starts + 1.0, axis=-1)
    return np.where(np.isnan(scores), np.nan, ranks.reshape(scores.shape))


def _group_starts(sorted_scores: Array, tie: float) -> NDArray[np.intp]:
    """For rows of scores sorted downwards (r, n), the position of the first of each one's tie group."""
    with np.errstate(invalid="ignore"):
        is_new_rank = sorted_scores[:, :-1] - sorted_scores[:, 1:] > tie
    group_starts = np.tile(np.arange(sorted_scores.shape[-1]), (len(sorted_scores), 1))
    rows_with_ties = np.flatnonzero(~is_new_rank.all(axis=-1))
    if len(rows_with_ties):
        group_starts[rows_with_ties] = _starts_with_ties(sorted_scores[rows_with_ties], is_new_rank[rows_with_ties], tie)
    return group_starts


def _starts_with_ties(sorted_scores: Array, is_new_rank: NDArray[np.bool_], tie: float) -> NDArray[np.intp]:
    """As above for rows (r, n) where `differs (r, n - 1)` marks each score that differs from the one before."""
    group_starts = np.zeros(sorted_scores.shape, dtype=np.intp)
    group_starts[:, 1:] = np.maximum.accumulate(np.where(is_new_rank, np.arange(1, sorted_scores.shape[-1]), 0), axis=-1)
    with np.errstate(invalid="ignore"):
        exceeds_tie = np.take_along_axis(sorted_scores, group_starts, axis=-1) - sorted_scores > tie
    for row_index in np.flatnonzero(exceeds_tie.any(axis=-1)):
        group_starts[row_index] = _group_starts_by_unit(sorted_scores[row_index], tie)
    return group_starts


def _group_starts_by_unit(sorted_scores: Array, tie: float) -> NDArray[np.intp]:
    """As above for one row in which near-ties form a chain longer than `tie`."""
    group_starts = np.zeros(len(sorted_scores), dtype=np.intp)
    for i in range(1, len(sorted_scores)):
        group_starts[i] = group_starts[i - 1] if sorted_scores[group_starts[i - 1]] - sorted_scores[i] <= tie else i
    return group_starts
