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
    first, total = _pair(y, np.ones((1, base)))
    counts = stream.multinomial(base, np.full(base, 1 / base), size=resamples).astype(np.float64)
    firsts, totals = (np.sort(drawn, axis=0) for drawn in _pair(y, counts))
    low, high = int(0.025 * resamples), int(np.ceil(0.975 * resamples)) - 1
    return Indices(first[0], firsts[low], firsts[high], total[0], totals[low], totals[high])


def _pair(y: Array, counts: Array) -> tuple[Array, Array]:
    """(S, ST) (resamples, k), each row of the design counted `counts` (resamples, N) times."""
    a, b, ab = y[0], y[1], y[2:]
    size = counts.sum(axis=1)
    mean = counts @ (a + b) / (2 * size)
    variance = counts @ (a**2 + b**2) / (2 * size) - mean**2
    first = counts @ (b * (ab - a)).T / size[:, None]
    total = counts @ ((a - ab) ** 2).T / size[:, None]
    return first / variance[:, None], total / (2 * variance[:, None])
