"""Weights that make controls look like the treated: entropy balancing, and the nearest neighbours by propensity score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ...errors import EstimationError
from ...linear_algebra import COLUMNS, GRAM, symmetric_inverse
from ..kernels.within import Array

BALANCED = 1e-9  # of a standard deviation: means differ by no more once entropy balancing has converged
STEPS = 200
HALVINGS = 40
SOLVED = 1e-12  # of the rows: score of the logit
SEPARATED = 5.0  # log odds of every row once no error is left: they go on growing


@dataclass(frozen=True)
class Matches:
    """Weights (n,) of controls, summing to the treated that are matched, and which of the treated are."""

    weights: Array
    matched: np.ndarray


def entropy_weights(treated: Array, controls: Array) -> Array:
    """Shares (n,) of the controls (n, k) nearest to equal ones (Kullback-Leibler) whose means are those of the treated.

    Hainmueller 2012: exp(z'a) scaled to sum 1, a by Newton steps with halving. EstimationError where no positive weights can
    reach the means (no overlap).
    """
    centre, spread = controls.mean(axis=0), controls.std(axis=0)
    varies = spread > COLUMNS * np.maximum(np.abs(controls).max(axis=0, initial=0.0), np.finfo(float).tiny)
    gap = np.abs(treated.mean(axis=0) - centre)
    if (gap[~varies] > COLUMNS * np.maximum(np.abs(centre[~varies]), 1.0)).any():
        raise _no_overlap()
    z = (controls[:, varies] - treated.mean(axis=0)[varies]) / spread[varies]
    a = np.zeros(z.shape[1])
    for _ in range(STEPS):
        shares = special.softmax(z @ a)
        slope = z.T @ shares
        if np.abs(slope).max(initial=0.0) <= BALANCED:
            return np.asarray(shares)
        curvature = (z * shares[:, None]).T @ z - np.outer(slope, slope)
        step = symmetric_inverse(curvature, tolerance=GRAM) @ slope
        a = a - _halved(z, a, step) * step
        if np.abs(z @ a).max(initial=0.0) > 500:
            break
    raise _no_overlap()


def _halved(z: Array, a: Array, step: Array) -> float:
    """The largest of 1, 1/2, 1/4 ... at which the log of the sum of weights falls."""
    value_at_start, length = float(special.logsumexp(z @ a)), 1.0
    for _ in range(HALVINGS):
        if float(special.logsumexp(z @ (a - length * step))) <= value_at_start:
            break
        length /= 2
    return length


def _no_overlap() -> EstimationError:
    return EstimationError(
        "no overlap: no weights of the controls reach the treated firms' means of the covariates",
        zh="没有重叠:对照企业的任何权重都达不到处理组的协变量均值",
    )


def log_odds(treated: np.ndarray, covariates: Array) -> Array:
    """Fitted log odds (n,) of treatment, logit by maximum likelihood with a constant.

    EstimationError where the covariates separate the two groups (no overlap) or none varies.
    """
    spread = covariates.std(axis=0)
    varies = spread > COLUMNS * np.maximum(np.abs(covariates).max(axis=0, initial=0.0), np.finfo(float).tiny)
    x = np.column_stack([np.ones(len(covariates)), (covariates - covariates.mean(axis=0))[:, varies] / spread[varies]])
    b, y = np.zeros(x.shape[1]), treated.astype(float)
    b[0] = special.logit(np.clip(y.mean(), 1e-12, 1 - 1e-12))
    for _ in range(STEPS):
        odds = x @ b
        p = special.expit(odds)
        score = x.T @ (y - p)
        if odds[treated].min() > odds[~treated].max() and np.abs(odds).min() > SEPARATED:
            break
        if np.abs(score).max() <= SOLVED * len(y):
            return np.asarray(odds)
        b = b + symmetric_inverse((x * (p * (1 - p))[:, None]).T @ x, tolerance=GRAM) @ score
    raise EstimationError(
        "no overlap: the covariates tell treated firms from the others without error, so that no propensity score exists",
        zh="没有重叠:协变量可以完全区分处理组与对照组,倾向得分不存在",
    )


def nearest_neighbours(treated: Array, controls: Array, *, neighbours: int, caliper: float) -> Matches:
    """Each of the treated takes its `neighbours` nearest controls in log odds, with replacement, at most `caliper` away.

    Equal distances are shared out in the order of the controls. A unit without any control in reach is left unmatched.
    """
    order = np.argsort(controls, kind="stable")
    ranked = controls[order]
    weights = np.zeros(len(controls))
    matched = np.zeros(len(treated), dtype=bool)
    for i, value in enumerate(treated):
        position = int(np.searchsorted(ranked, value))
        window = np.arange(max(position - neighbours, 0), min(position + neighbours, len(ranked)))
        distance = np.abs(ranked[window] - value)
        nearest = window[np.argsort(distance, kind="stable")][:neighbours]
        nearest = nearest[np.abs(ranked[nearest] - value) <= caliper]
        if len(nearest):
            matched[i] = True
            weights[order[nearest]] += 1 / len(nearest)
    return Matches(weights, matched)
