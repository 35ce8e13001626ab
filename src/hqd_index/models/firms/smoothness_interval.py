"""The shortest interval of fixed length for an effect when the slope of the difference in trends may change by at most M."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from ...errors import EstimationError
from ..kernels.within import Array

TOLERANCE = 1e-12
ITERATIONS = 500


def folded_quantile(level: float, shift: float) -> float:
    """The value that |Z + shift| stays below with probability `level`, Z standard normal."""

    def excess(c: float) -> float:
        return float(special.ndtr(c - shift)) - float(special.ndtr(-c - shift)) - level

    return float(optimize.brentq(excess, 0.0, abs(shift) + 10.0, xtol=1e-13))


@dataclass(frozen=True)
class _Estimators:
    """target'effects + v'leads for every v that is unbiased under a linear trend; w holds the running sums of v."""

    pre: Array
    cross: Array
    post: float
    target: Array
    change: float
    level: float

    @property
    def leads(self) -> int:
        return len(self.pre)

    @property
    def steps(self) -> float:
        """What w sums to: the linear trend that the target has picked up."""
        return float(np.arange(1, len(self.target) + 1) @ self.target)

    @property
    def weights(self) -> Array:
        """(leads, leads): v from w."""
        return np.asarray(np.eye(self.leads) - np.eye(self.leads, k=-1))

    @property
    def running(self) -> Array:
        """(leads, leads): running sums of w."""
        return np.tril(np.ones((self.leads, self.leads)))

    def error(self, w: Array) -> float:
        """Standard error of the estimator."""
        v = self.weights @ w
        return float(np.sqrt(np.maximum(float(v @ self.pre @ v + 2 * v @ self.cross) + self.post, 0.0)))

    def bias(self, total: float) -> float:
        """Largest bias, `total` the sum of the absolute running sums of w."""
        lags = len(self.target)
        tails: list[float] = [abs(float(np.arange(1, s + 1) @ self.target[lags - s :])) for s in range(1, lags + 1)]
        return self.change * (sum(tails) - self.steps + total)

    def half_length(self, w: Array, total: float) -> float:
        se = self.error(w)
        return se * folded_quantile(self.level, self.bias(total) / se)


def shortest_interval(
    estimate: Array, covariance: Array, leads: int, target: Array, change: float, *, level: float
) -> tuple[float, float]:
    """Centre and half length (Rambachan & Roth 2023, section 4.1; Armstrong & Kolesar 2018).

    Half length = se x folded normal quantile(bias / se), with bias at most M (c + sum |running sums of w|): convex in w.
    """
    post = float(target @ covariance[leads:, leads:] @ target)
    family = _Estimators(covariance[:leads, :leads], covariance[:leads, leads:] @ target, post, target, change, level)
    w = _shortest(family)
    half = family.half_length(w, float(np.abs(family.running @ w).sum()))
    return float(target @ estimate[leads:] + (family.weights @ w) @ estimate[:leads]), half


def _shortest(family: _Estimators) -> Array:
    """w of the shortest interval, found beside bounds u of the absolute running sums."""
    leads, scale = family.leads, np.sqrt(family.post)
    start = np.zeros(leads)
    start[-1] = family.steps
    limits = np.block([[-family.running, np.eye(leads)], [family.running, np.eye(leads)]])
    trend = np.concatenate([np.ones(leads), np.zeros(leads)])
    solution = optimize.minimize(
        lambda point: family.half_length(point[:leads], float(point[leads:].sum())) / scale,
        np.concatenate([start, np.abs(family.running @ start)]),
        method="SLSQP",
        constraints=[
            {"type": "ineq", "fun": lambda point: limits @ point, "jac": lambda _: limits},
            {"type": "eq", "fun": lambda point: trend @ point - family.steps, "jac": lambda _: trend},
        ],
        options={"ftol": TOLERANCE, "maxiter": ITERATIONS},
    )
    if not np.isfinite(solution.fun):
        raise EstimationError("bounds on trends: the shortest interval was not found", zh="平行趋势敏感性:未能求得最短区间")
    return np.asarray(solution.x[:leads])
