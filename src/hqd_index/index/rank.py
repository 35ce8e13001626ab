"""Competition ranks 1, 2, 2, 4, the best first; a tie is a score within `TIE` of the first of its group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TIE = 1e-9
"""On the 0-100 scale: far above rounding noise (1e-13), far below any difference a person could mean."""

Array = NDArray[np.float64]


def competition(scores: Array, *, tie: float = TIE) -> Array:
    """Ranks of `scores (..., n)` along the last axis, 1 is the highest; NaN keeps no rank (NaN)."""
    order = np.argsort(-scores, axis=-1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=-1)
    first = _group_starts(ordered, tie)
    ranks = np.empty_like(scores, dtype=np.float64)
    np.put_along_axis(ranks, order, first + 1.0, axis=-1)
    return np.where(np.isnan(scores), np.nan, ranks)


def _group_starts(ordered: Array, tie: float) -> NDArray[np.intp]:
    """For scores sorted downwards, the position of the first of each one's tie group."""
    position = np.arange(ordered.shape[-1])
    with np.errstate(invalid="ignore"):
        apart = np.diff(ordered, axis=-1, prepend=np.inf) < -tie
        starts = np.maximum.accumulate(np.where(apart, position, 0), axis=-1)
        drift = np.take_along_axis(ordered, starts, axis=-1) - ordered > tie
    for row in np.argwhere(drift.any(axis=-1)):
        starts[tuple(row)] = _starts_one_by_one(ordered[tuple(row)], tie)
    return starts


def _starts_one_by_one(ordered: Array, tie: float) -> NDArray[np.intp]:
    """As above for one row in which near-ties form a chain longer than `tie`."""
    starts = np.zeros(len(ordered), dtype=np.intp)
    for i in range(1, len(ordered)):
        starts[i] = starts[i - 1] if ordered[starts[i - 1]] - ordered[i] <= tie else i
    return starts
