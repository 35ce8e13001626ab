"""Scores one to three years ahead, published only where the back-test beats the naive forecast of no change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from .score_cubes import Array, ScoreCube

ITEM = "forecast"
HORIZONS = (1, 2, 3)
FEWEST_ORIGINS = 4
"""Years from which forecasts can be back-tested, at least."""
FEWEST_PAIRS = 30
"""Pairs of a score and the one `h` years later that a forecast is fitted to, at least."""


@dataclass(frozen=True)
class BackTest:
    """Errors of the forecast and of no change by origin (rows) and unit, each origin fitted on its own past alone."""

    errors: Array
    naive: Array

    @property
    def skill(self) -> float:
        """1 - MSE / MSE of no change."""
        return float(1 - np.nanmean(self.errors**2) / np.nanmean(self.naive**2))

    @property
    def gain(self) -> tuple[float, float]:
        """95% interval of the mean loss saved per origin, by t over the origins (Diebold & Mariano 1995)."""
        saved = np.nanmean(self.naive**2 - self.errors**2, axis=1)
        half = stdtrit(len(saved) - 1, 0.975) * saved.std(ddof=1) / np.sqrt(len(saved))
        return float(saved.mean() - half), float(saved.mean() + half)

    @property
    def bounds(self) -> tuple[float, float]:
        """2.5% and 97.5% quantiles of the errors (value less forecast)."""
        low, high = np.nanquantile(self.errors, [0.025, 0.975])
        return float(low), float(high)

    @property
    def coverage(self) -> float:
        """Share of an origin's errors inside the quantiles of the other origins' errors."""
        inside = []
        for k in range(len(self.errors)):
            low, high = np.nanquantile(np.delete(self.errors, k, axis=0), [0.025, 0.975])
            inside.append(np.nanmean((self.errors[k] >= low) & (self.errors[k] <= high)))
        return float(np.mean(inside))


def unit_means(scores: Array) -> Array:
    """Mean of each unit's scores so far; NaN where it has none."""
    known = ~np.isnan(scores)
    count = known.sum(axis=1)
    return np.asarray(np.where(count > 0, np.where(known, scores, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan))


def change_model(scores: Array, horizon: int) -> tuple[float, float] | None:
    """Mean change over the horizon and its slope on the distance from the unit's own mean so far; None with too few pairs."""
    now, change = [], []
    for t in range(1, scores.shape[1] - horizon):
        now.append(scores[:, t] - unit_means(scores[:, : t + 1]))
        change.append(scores[:, t + horizon] - scores[:, t])
    if not now:
        return None
    distance, response = np.concatenate(now), np.concatenate(change)
    known = ~np.isnan(distance) & ~np.isnan(response)
    if known.sum() < FEWEST_PAIRS:
        return None
    distance, response = distance[known], response[known]
    spread = distance.var()
    slope = float(np.mean((distance - distance.mean()) * (response - response.mean())) / spread) if spread > 0 else 0.0
    return float(response.mean() - slope * distance.mean()), slope


def forecast(scores: Array, horizon: int) -> Array | None:
    """The score of each unit `horizon` years after the last column, from the columns there are."""
    model = change_model(scores, horizon)
    if model is None:
        return None
    distance = scores[:, -1] - unit_means(scores)
    return np.asarray(scores[:, -1] + model[0] + model[1] * distance)


def back_test(scores: Array, horizon: int) -> BackTest | None:
    """The forecast made at every year that has a past to fit and a later year to be held against."""
    errors, naive = [], []
    for origin in range(1, scores.shape[1] - horizon):
        made = forecast(scores[:, : origin + 1], horizon)
        if made is not None and not np.isnan(scores[:, origin + horizon] - made).all():
            errors.append(scores[:, origin + horizon] - made)
            naive.append(scores[:, origin + horizon] - scores[:, origin])
    return BackTest(np.array(errors), np.array(naive)) if len(errors) >= FEWEST_ORIGINS else None


def forecast_rows(cube: ScoreCube, names: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Skill and coverage of each node and horizon; forecasts of its units where the loss saved is above 0 with 95% confidence."""
    for node, scores in zip(cube.nodes, cube.values):
        for horizon in HORIZONS:
            tested = back_test(scores, horizon) if scores.shape[1] > horizon + 1 else None
            if tested is None:
                continue
            year = int(cube.years[-1]) + horizon
            low, high = tested.gain
            row = {"item": ITEM, "node": node, "year": year, "node_zh": names[node][0], "node_en": names[node][1]}
            note = SKILL if low > 0 else NO_SKILL
            count = int((~np.isnan(tested.errors)).sum())
            yield row | {"quantity": "forecast_skill", "value": tested.skill, "n": count} | note
            yield row | {
                "quantity": "forecast_gain",
                "value": (low + high) / 2,
                "low": low,
                "high": high,
                "n": len(tested.errors),
            }
            yield row | {"quantity": "forecast_coverage", "value": tested.coverage, "n": count}
            if low > 0:
                yield from _units(cube, scores, horizon, tested, row)


def _units(cube: ScoreCube, scores: Array, horizon: int, tested: BackTest, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    made = forecast(scores, horizon)
    if made is None:
        return
    low, high = tested.bounds
    for unit, value in zip(cube.units, made):
        if not np.isnan(value):
            yield row | {"quantity": "forecast", "unit": unit, "value": value, "low": value + low, "high": value + high}


SKILL = {"note_zh": "回测优于“不变”,列出预测", "note_en": "beats no change in the back-test: forecasts are listed"}
NO_SKILL = {"note_zh": "回测不优于“不变”,不作预测", "note_en": "does not beat no change in the back-test: no forecast"}
