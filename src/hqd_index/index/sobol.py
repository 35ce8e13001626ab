"""Sobol' indices: how much of an output's variance each choice explains, alone and with its interactions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from ..errors import EstimationError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sampled:
    """Points in the unit cube: `a`, `b` (N, k) and `ab[i]` = a with column i taken from b (k, N, k)."""

    a: Array
    b: Array
    ab: Array

    @property
    def all(self) -> Array:
        """(N (k + 2), k): a, b, then each ab."""
        return np.concatenate([self.a, self.b, *self.ab])


@dataclass(frozen=True)
class Indices:
    """First-order and total index per factor with 95% bootstrap ends; NaN where the output does not vary."""

    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array


def saltelli(base: int, factors: int, stream: np.random.Generator) -> Sampled:
    """Saltelli (2002) design on a scrambled Sobol' sequence; `base` a power of two."""
    points = qmc.Sobol(2 * factors, rng=stream).random(base)
    a, b = points[:, :factors], points[:, factors:]
    ab = np.repeat(a[None], factors, axis=0)
    for i in range(factors):
        ab[i, :, i] = b[:, i]
    return Sampled(a, b, ab)


def indices(outputs: Array, factors: int, stream: np.random.Generator, *, resamples: int = 200) -> Indices:
    """S_i = mean(y_B (y_ABi - y_A)) / Var (Saltelli 2010) on centred y, ST_i = mean((y_A - y_ABi)^2) / 2 Var (Jansen 1999).

    `outputs (N (k + 2),)` in the order of `Sampled.all`. EstimationError when an output is NaN: a mean over the rest would
    look like an answer. Uncentred S_i scatters ten times as much (index_methods section 7), so y is centred first.
    """
    if np.isnan(outputs).any():
        raise EstimationError(
            "a design gave no score; Sobol' indices need every design", zh="有设计未得到得分;Sobol 指数要求每个设计都有结果"
        )
    base = len(outputs) // (factors + 2)
    y = (outputs - outputs.mean()).reshape(factors + 2, base)
    if y.std() <= 1e-12 * max(1.0, float(np.abs(outputs).max())):
        nothing = np.full(factors, np.nan)
        return Indices(*(nothing,) * 6)
    first, total = _pair(y)
    drawn = [_pair(y[:, stream.integers(0, base, base)]) for _ in range(resamples)]
    firsts, totals = np.sort([f for f, _ in drawn], axis=0), np.sort([t for _, t in drawn], axis=0)
    ends = (int(0.025 * resamples), int(np.ceil(0.975 * resamples)) - 1)
    return Indices(first, firsts[ends[0]], firsts[ends[1]], total, totals[ends[0]], totals[ends[1]])


def _pair(y: Array) -> tuple[Array, Array]:
    a, b, ab = y[0], y[1], y[2:]
    variance = np.concatenate([a, b]).var()
    return (b * (ab - a)).mean(axis=1) / variance, ((a - ab) ** 2).mean(axis=1) / (2 * variance)
