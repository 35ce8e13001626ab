"""What was predicted for units that gained SRDI firms, and what came: by batch, beside matched units that did not gain.

Each batch is frozen at the end of its year: the effect is estimated on the years so far, and held against the change of the
index after the lag. All scores are of one vintage of weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from .score_cubes import Array, ScoreCube

ITEM = "policy"
FEWEST_UNITS = 3
"""Units that gained and matched ones, each at least."""


@dataclass(frozen=True)
class Batch:
    """One batch: the effect frozen, gains of density, later change of the index less the units' mean, and who is compared."""

    year: int
    effect: float
    gain: Array
    change: Array
    selected: NDArray[np.intp]
    matched: NDArray[np.intp]

    @property
    def predicted(self) -> Array:
        """Effect x gain of density, less the units' mean."""
        return np.asarray(self.effect * (self.gain - np.nanmean(self.gain)))


def within_effect(scores: Array, density: Array) -> float:
    """Coefficient of density with unit and year effects (units, years), on unit-years that have both; NaN without variation."""
    known = ~np.isnan(scores) & ~np.isnan(density)
    y, x = (np.where(known, values, 0.0) for values in (scores, density))
    for _ in range(200):  # alternating projections; one pass where the panel is balanced
        before = x.copy()
        for axis in (1, 0):
            count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
            y = np.where(known, y - y.sum(axis=axis, keepdims=True) / count, 0.0)
            x = np.where(known, x - x.sum(axis=axis, keepdims=True) / count, 0.0)
        if np.abs(x - before).max() < 1e-10:
            break
    total = float((x * x).sum())
    return float((x * y).sum() / total) if total > 1e-12 * max(1.0, float(np.nansum(density**2))) else float("nan")


def batches(cube: ScoreCube, density: Array, lag: int) -> Iterator[Batch]:
    """Every year in which densities rose unequally, whose effect can be estimated by then and whose outcome is in the data."""
    scores, years = cube.values[0], cube.years
    lagged = np.full_like(density, np.nan)
    lagged[:, lag:] = density[:, : density.shape[1] - lag] if lag else density
    for t in range(1, len(years) - max(lag, 1)):
        effect = within_effect(scores[:, : t + 1], lagged[:, : t + 1])
        gain = density[:, t] - density[:, t - 1]
        change = scores[:, t + max(lag, 1)] - scores[:, t]
        known = ~np.isnan(gain) & ~np.isnan(change)
        if np.isnan(effect) or known.sum() < 2 * FEWEST_UNITS:
            continue
        middle = np.median(gain[known])
        selected, others = np.flatnonzero(known & (gain > middle)), np.flatnonzero(known & (gain <= middle))
        if min(len(selected), len(others)) < FEWEST_UNITS:
            continue
        matched = nearest(scores[:, t], selected, others)
        yield Batch(int(years[t]), effect, gain, change - np.mean(change[known]), selected, matched)


def nearest(level: Array, selected: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each selected unit the other one with the nearest score at the freeze, with replacement."""
    return np.asarray(others[np.abs(level[selected][:, None] - level[others][None, :]).argmin(axis=1)])


def policy_rows(cube: ScoreCube, density: Array, lag: int) -> Iterator[dict[str, Any]]:
    """By batch: effect, mean predicted and realised change of the units that gained most, that of matched units, differences.

    By unit: realised beside predicted change.
    """
    for batch in batches(cube, density, lag):
        row: dict[str, Any] = {"item": ITEM, "year": batch.year}
        mine, theirs = batch.change[batch.selected], batch.change[batch.matched]
        predicted = batch.predicted
        gap = mine - theirs
        half = stdtrit(len(gap) - 1, 0.975) * gap.std(ddof=1) / np.sqrt(len(gap))
        yield row | {"quantity": "effect_frozen", "value": batch.effect}
        yield row | {
            "quantity": "selected_change", "value": float(mine.mean()), "expected": float(predicted[batch.selected].mean()),
            "n": len(mine),
        }  # fmt: skip
        yield row | {"quantity": "matched_change", "value": float(theirs.mean()), "n": len(np.unique(batch.matched))}
        yield row | {
            "quantity": "difference", "value": float(gap.mean()), "low": float(gap.mean() - half),
            "high": float(gap.mean() + half), "n": len(gap),
            "expected": float((predicted[batch.selected] - predicted[batch.matched]).mean()),
        }  # fmt: skip
        for k, unit in enumerate(cube.units):
            if not np.isnan(batch.change[k]) and not np.isnan(predicted[k]):
                yield row | {"quantity": "unit_change", "unit": unit, "value": batch.change[k], "expected": predicted[k]}
