"""Confidence sets for ranks (Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91: 476-518)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RankSets:
    """Lowest and highest rank each unit may have at the level asked for, (U,) each; NaN where the unit has no score."""

    low: Array
    high: Array
    simultaneous_low: Array
    simultaneous_high: Array


def rank_sets(estimate: Array, draws: Array, *, level: float = 0.95) -> RankSets:
    """Marginal and simultaneous sets from scores (U,) and their bootstrap draws (B, U).

    A unit's rank is at least 1 + the units surely above it and at most U - the units surely below it, where `surely` is by
    intervals of all differences with one critical value: the level's quantile of the largest studentised difference, per
    unit (marginal) or over all pairs (simultaneous). A pair whose difference does not vary keeps its published order.
    """
    is_ranked = ~(np.isnan(estimate) | np.isnan(draws).any(axis=0))
    difference = estimate[is_ranked][:, None] - estimate[is_ranked]
    errors = draws[:, is_ranked] - estimate[is_ranked]
    error_spread, largest_distances = np.zeros_like(difference), np.zeros((len(errors), len(difference)))
    for unit, unit_errors in enumerate(errors.T):
        distances = np.abs(unit_errors[:, None] - errors)
        error_spread[unit] = (unit_errors[:, None] - errors).std(axis=0)
        largest_distances[:, unit] = np.divide(
            distances, error_spread[unit], out=np.zeros_like(distances), where=error_spread[unit] > 0
        ).max(axis=1, initial=0)
    critical_values = np.quantile(largest_distances, level, axis=0, method="higher")
    overall_distance = np.quantile(largest_distances.max(axis=1, initial=0), level, method="higher")
    return RankSets(
        *_rank_bounds(difference, error_spread * critical_values[:, None], is_ranked),
        *_rank_bounds(difference, error_spread * overall_distance, is_ranked),
    )


def interval_sets(estimate: Array, draws: Array, *, level: float = 0.95) -> RankSets:
    """Sets from scores (U,) and bootstrap draws (B, U) without comparing pairs: mostly wider, at a cost linear in units.

    Every unit has an interval, estimate +- critical value x its own spread, the critical value the level's quantile of the
    largest studentised error of all units; two units are surely in order where their intervals do not meet. As
    |e_i - e_j| <= |e_i| + |e_j|, the sets hold all true ranks at once at the level or more; the marginal ones are the same.
    """
    is_ranked = ~(np.isnan(estimate) | np.isnan(draws).any(axis=0))
    scores, errors = estimate[is_ranked], draws[:, is_ranked] - estimate[is_ranked]
    spread = errors.std(axis=0)
    max_errors = np.divide(np.abs(errors), spread, out=np.zeros_like(errors), where=spread > 0).max(axis=1, initial=0)
    margin = np.quantile(max_errors, level, method="higher") * spread
    units_surely_above = len(scores) - np.searchsorted(np.sort(scores - margin), scores + margin, side="right")
    units_surely_below = np.searchsorted(np.sort(scores + margin), scores - margin, side="left")
    low, high = (np.full(len(is_ranked), np.nan) for _ in range(2))
    low[is_ranked], high[is_ranked] = 1 + units_surely_above, len(scores) - units_surely_below
    return RankSets(low, high, low, high)


def _rank_bounds(difference: Array, margin: Array, is_ranked: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Lowest and highest rank when `difference +- margin` holds every true difference."""
    units_surely_above = (difference + margin < 0).sum(axis=1)
    units_surely_below = (difference - margin > 0).sum(axis=1)
    low, high = (np.full(len(is_ranked), np.nan) for _ in range(2))
    low[is_ranked] = 1 + units_surely_above
    high[is_ranked] = is_ranked.sum() - units_surely_below
    return low, high
