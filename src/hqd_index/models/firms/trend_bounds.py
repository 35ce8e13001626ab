"""What an event study still says when trends are not parallel: robust intervals and breakdown values (Rambachan & Roth 2023).

Relative magnitudes: from one period to the next, the difference in trends after treatment changes at most M times as much as
it did at most between two periods before it. Smoothness: its slope changes by at most M between two periods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..kernels.within import Array
from .conditional_test import Polyhedron, least_favourable, rejections, test_of_polyhedron
from .smoothness_interval import shortest_interval

GRID = 801  # values at which a test is evaluated before the ends of the set are found by bisection
SPREAD = 20.0  # standard errors on either side of the estimate that the grid spans
LARGEST = 10.0  # a breakdown value above this is reported as this
BREAKDOWN_STEPS = 40


@dataclass(frozen=True)
class EventPath:
    """Coefficients by event time without the base -1, which lies between `leads` of them before and the others after."""

    estimate: Array  # (k,)
    covariance: Array  # (k, k)
    leads: int
    target: Array  # (k - leads,) weights of the effects whose average is bounded

    @property
    def effect(self) -> float:
        return float(self.target @ self.estimate[self.leads :])

    @property
    def se(self) -> float:
        return float(np.sqrt(self.target @ self.covariance[self.leads :, self.leads :] @ self.target))


def relative_magnitudes(path: EventPath, multiple: float, *, level: float = 0.95) -> tuple[float, float]:
    """Ends of the robust interval under relative magnitudes `multiple`; infinite where the set leaves the grid."""
    tests = _relative_tests(path, multiple, level)

    def is_accepted(effects: Array) -> np.ndarray:
        return np.asarray(~np.logical_and.reduce([rejections(test, effects) for test in tests]))

    return _outer_ends(is_accepted, path)


def relative_breakdown(path: EventPath, *, level: float = 0.95) -> float:
    """The largest multiple at which zero is still rejected: 0 where it never is, `LARGEST` where it always is."""

    def is_zero_rejected(multiple: float) -> bool:
        return all(bool(rejections(test, np.zeros(1))[0]) for test in _relative_tests(path, multiple, level))

    return _breakdown(is_zero_rejected, LARGEST)


def smoothness(path: EventPath, change: float, *, level: float = 0.95) -> tuple[float, float]:
    """Ends of the shortest interval of fixed length under slopes that change by at most `change`."""
    centre, half = shortest_interval(path.estimate, path.covariance, path.leads, path.target, change, level=level)
    return centre - half, centre + half


def smoothness_breakdown(path: EventPath, *, level: float = 0.95) -> float:
    """The largest change of slope at which the interval still leaves out zero, in units of the outcome."""

    def is_zero_outside(change: float) -> bool:
        low, high = smoothness(path, change, level=level)
        return low > 0 or high < 0

    return _breakdown(is_zero_outside, LARGEST * max(abs(path.effect), path.se))


def _breakdown(is_significant: Callable[[float], bool], limit: float) -> float:
    """Where a conclusion that holds at 0 ends, by bisection."""
    if not is_significant(0.0):
        return 0.0
    if is_significant(limit):
        return limit
    low, high = 0.0, limit
    for _ in range(BREAKDOWN_STEPS):
        middle = (low + high) / 2
        if is_significant(middle):
            low = middle
        else:
            high = middle
        if high - low <= 1e-4 * max(high, 1e-12):
            break
    return low


def _outer_ends(is_accepted: Callable[[Array], np.ndarray], path: EventPath) -> tuple[float, float]:
    grid = path.effect + path.se * np.linspace(-SPREAD, SPREAD, GRID)
    accepted = np.flatnonzero(is_accepted(grid))
    if not len(accepted):
        return np.nan, np.nan
    first, last = int(accepted[0]), int(accepted[-1])
    low = -np.inf if first == 0 else _edge(is_accepted, float(grid[first]), float(grid[first - 1]))
    high = np.inf if last == GRID - 1 else _edge(is_accepted, float(grid[last]), float(grid[last + 1]))
    return low, high


def _edge(is_accepted: Callable[[Array], np.ndarray], inside: float, outside: float) -> float:
    """Where acceptance ends between a value that is accepted and one that is not."""
    for _ in range(30):
        middle = (inside + outside) / 2
        if is_accepted(np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return inside


def first_differences(leads: int, lags: int) -> Array:
    """(leads + lags, leads + lags): change of a path from each period to the next, its base in between at zero."""
    with_base = np.diff(np.eye(leads + lags + 1), axis=0)
    return np.asarray(np.delete(with_base, leads, axis=1))


def _relative_tests(path: EventPath, multiple: float, level: float) -> list[Polyhedron]:
    """One polyhedron for each period before treatment and each sign that may hold the largest change."""
    lags = len(path.estimate) - path.leads
    differences = first_differences(path.leads, lags)
    post = differences[path.leads :]
    tests = []
    for largest in differences[: path.leads]:
        for sign in (1.0, -1.0):
            bound = multiple * sign * largest
            rows = np.concatenate([post - bound, -post - bound])
            tests.append(test_of_polyhedron(rows, path.estimate, path.covariance, path.leads, path.target, level=level))
    return [least_favourable(test) for test in tests]
