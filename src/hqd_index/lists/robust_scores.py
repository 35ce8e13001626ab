"""Robust scores of series by node and year: how far a value lies from a median, in 1.4826 x MAD.

Arrays are (..., years); more is better, a score is positive on the bad side; NaN where there is nothing to compare with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAD_SCALE = 1.4826
"""MAD of a normal distribution over its SD, inverted."""
MAD_FACTORS = (1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107)
"""By number of values: what an expected MAD x MAD_SCALE falls short of the SD by (Croux & Rousseeuw 1992, table of b_n)."""


def medians(values: Array) -> Array:
    """Median over the last axis of the values present; NaN where there is none."""
    count = (~np.isnan(values)).sum(axis=-1)
    ordered = np.sort(values, axis=-1)
    low, high = (np.clip((count - shift) // 2, 0, None)[..., None] for shift in (1, 0))
    middle = (np.take_along_axis(ordered, low, axis=-1) + np.take_along_axis(ordered, high, axis=-1))[..., 0] / 2
    return np.where(count > 0, middle, np.nan)


def robust_score(value: Array, reference: Array, fewest: int) -> tuple[Array, Array]:
    """(median - value) / (1.4826 MAD) over the reference's last axis, and the median; NaN below `fewest` or with MAD 0."""
    middle = medians(reference)
    spread = MAD_SCALE * medians(np.abs(reference - middle[..., None]))
    usable = ((~np.isnan(reference)).sum(axis=-1) >= fewest) & (spread > 0)
    return np.where(usable, (middle - value) / np.where(usable, spread, 1.0), np.nan), middle


def relative_to_peers(values: Array) -> Array:
    """Each value less the median of the other units in its year; `values` is (..., units, years).

    Less the median of all, the unit that is the median would be 0 every year: no spread, so no score.
    """
    return values - medians_of_others(values)


def medians_of_others(values: Array) -> Array:
    """Median over axis -2 of the values present, each one's own left out; NaN where it is missing or alone."""
    count = (~np.isnan(values)).sum(axis=-2, keepdims=True)
    order = np.argsort(values, axis=-2, kind="stable")  # NaN last
    ordered = np.take_along_axis(values, order, axis=-2)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(values.shape[-2])[:, None], order.shape), axis=-2)
    ends = []
    for shift in (2, 1):
        position = np.clip((count - shift) // 2, 0, None)
        ends.append(np.take_along_axis(ordered, np.minimum(position + (place <= position), values.shape[-2] - 1), axis=-2))
    return np.where(np.isnan(values) | (count < 2), np.nan, (ends[0] + ends[1]) / 2)


def scores_against_past(values: Array, fewest: int) -> tuple[Array, Array]:
    """Score of each year against the series' own earlier years, and their median; (..., units, years).

    The spread is at least the median spread of the units: a few years that were quiet by chance make no alarm.
    """
    pairs = [_score_against(values[..., t], values[..., :t], fewest) if t else _nothing(values) for t in range(values.shape[-1])]
    return np.stack([pair[0] for pair in pairs], axis=-1), np.stack([pair[1] for pair in pairs], axis=-1)


def scores_among_peers(values: Array, fewest: int) -> tuple[Array, Array]:
    """Score of each unit among the units of its year, and their median; `values` is (..., units, years)."""
    by_year = np.swapaxes(values, -1, -2)
    score, middle = robust_score(by_year.swapaxes(-1, -2), by_year[..., None, :, :], fewest)
    return score, np.broadcast_to(middle, score.shape)


def changes(values: Array, years: int) -> Array:
    """Each year less the mean of the `years` before it, all of which must be there."""
    change = np.full_like(values, np.nan)
    for t in range(years, values.shape[-1]):
        change[..., t] = values[..., t] - values[..., t - years : t].mean(axis=-1)
    return change


def change_scores(values: Array, years: int, fewest: int) -> tuple[Array, Array]:
    """Score of each change among the changes of all units in earlier years, and their median; (..., units, years)."""
    change = changes(values, years)
    pairs = []
    for t in range(values.shape[-1]):
        earlier = (
            change[..., :t].reshape(*values.shape[:-2], -1)[..., None, :] if t else np.full((*values.shape[:-2], 1, 1), np.nan)
        )
        pairs.append(robust_score(change[..., t], earlier, fewest))
    middles = [np.broadcast_to(pair[1], change.shape[:-1]) for pair in pairs]
    return np.stack([pair[0] for pair in pairs], axis=-1), np.stack(middles, axis=-1)


def theil_sen(values: Array) -> Array:
    """Median of the slopes between all pairs of years over the last axis; NaN where a year is missing."""
    years = values.shape[-1]
    first, second = np.triu_indices(years, k=1)
    slopes = (values[..., second] - values[..., first]) / (second - first)
    return np.where(np.isnan(values).any(axis=-1), np.nan, medians(slopes))


def falling_periods(values: Array, years: int, periods: int) -> NDArray[np.bool_]:
    """Whether the slope is negative in each of the last `periods` spans of `years` years, up to each year."""
    falling = np.zeros(values.shape, dtype=bool)
    for t in range(years * periods - 1, values.shape[-1]):
        spans = [values[..., t + 1 - years * (k + 1) : t + 1 - years * k] for k in range(periods)]
        falling[..., t] = np.all([theil_sen(span) < 0 for span in spans], axis=0)
    return falling


def alarms(scores: Array, levels: tuple[float, float, float], clearing: float) -> NDArray[np.int64]:
    """0 none, 1 yellow, 2 orange, 3 red: the highest level that a score exceeds; no alarm without a score.

    One that is on stays, at least yellow, until the score is below yellow - `clearing`.
    """
    on = np.zeros(scores.shape[:-1], dtype=bool)
    colours = np.zeros(scores.shape, dtype=np.int64)
    for t in range(scores.shape[-1]):
        score = scores[..., t]
        colour = sum((score > level).astype(np.int64) for level in levels)
        stays = on & (score >= levels[0] - clearing)
        colours[..., t] = np.where(stays, np.maximum(colour, 1), colour)
        on = colours[..., t] > 0
    return colours


def first_years(is_on: NDArray[np.bool_], years: NDArray[np.int64]) -> NDArray[np.int64]:
    """The year in which the present run of an alarm began; 0 where there is none."""
    first = np.zeros(is_on.shape, dtype=np.int64)
    for t in range(is_on.shape[-1]):
        before = first[..., t - 1] if t else np.zeros(is_on.shape[:-1], dtype=np.int64)
        first[..., t] = np.where(is_on[..., t], np.where(before > 0, before, years[t]), 0)
    return first


def _score_against(value: Array, past: Array, fewest: int) -> tuple[Array, Array]:
    middle = medians(past)
    spread = MAD_SCALE * medians(np.abs(past - middle[..., None]))
    usual = medians(np.where(spread > 0, spread, np.nan))[..., None]
    count = (~np.isnan(past)).sum(axis=-1)
    usable = (count >= fewest) & (spread > 0)
    scale = np.where(usable, np.maximum(spread, usual), 1.0) * few_years_factor(count)
    return np.where(usable, (middle - value) / scale, np.nan), middle


def few_years_factor(count: NDArray[np.int64]) -> Array:
    """By how much a spread from so many values falls short as a yardstick for the next one: 1.36 for six, to 1 for many.

    The MAD of few values is too small (Croux & Rousseeuw 1992), and their median itself has an error, pi / 2n of the variance.
    """
    n = np.maximum(count, 2).astype(float)
    bias = np.where(count < len(MAD_FACTORS), np.array(MAD_FACTORS)[np.minimum(count, len(MAD_FACTORS) - 1)], n / (n - 0.8))
    return np.asarray(bias * np.sqrt(1 + np.pi / (2 * n)))


def _nothing(values: Array) -> tuple[Array, Array]:
    blank = np.full(values.shape[:-1], np.nan)
    return blank, blank
