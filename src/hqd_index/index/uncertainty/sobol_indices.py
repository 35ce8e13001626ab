"""Sobol' indices: how much of an output's variance each choice explains, alone and with its interactions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError

Array = NDArray[np.float64]
CONSTANT_TOLERANCE = 1e-12  # an output whose standard deviation is at most this share of its size does not vary
OUTPUTS = 256  # of which the indices are computed at once


@dataclass(frozen=True)
class SaltelliPoints:
    """Points in the unit cube: `a`, `b` (N, k) and `ab[i]` = a with column i taken from b (k, N, k)."""

    a: Array
    b: Array
    ab: Array

    @property
    def all(self) -> Array:
        """(N (k + 2), k): a, b, then each ab."""
        return np.concatenate([self.a, self.b, *self.ab])


@dataclass(frozen=True)
class SobolIndices:
    """First-order and total index per factor (..., k) with 95% bootstrap ends."""

    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array


def saltelli(base_size: int, factors: int, rng: np.random.Generator) -> SaltelliPoints:
    """Saltelli (2002) design on a scrambled Sobol' sequence; `base_size` a power of two."""
    from scipy.stats import qmc

    points = qmc.Sobol(2 * factors, rng=rng).random(base_size)
    first_sample, second_sample = points[:, :factors], points[:, factors:]
    ab = np.repeat(first_sample[None], factors, axis=0)
    for i in range(factors):
        ab[i, :, i] = second_sample[:, i]
    return SaltelliPoints(first_sample, second_sample, ab)


def sobol_indices(outputs: Array, factors: int, rng: np.random.Generator, *, resamples: int = 200) -> SobolIndices:
    """S_i = mean(y_B (y_ABi - y_A)) / Var (Saltelli 2010) on centred y, ST_i = mean((y_A - y_ABi)^2) / 2 Var (Jansen 1999).

    `outputs (..., N (k + 2))` in the order of `Sampled.all`; indices (..., k), NaN for an output that does not vary.
    EstimationError when an output is NaN somewhere: a mean over the rest would look like an answer. Uncentred S_i scatters
    ten times as much (index_methods section 7), so y is centred first.
    """
    if np.isnan(outputs).any():
        raise EstimationError(
            "a design gave no score; Sobol' indices need every design", zh="有设计未得到得分;Sobol 指数要求每个设计都有结果"
        )
    base = outputs.shape[-1] // (factors + 2)
    y = outputs - outputs.mean(axis=-1, keepdims=True)
    is_varying = y.std(axis=-1, keepdims=True) > CONSTANT_TOLERANCE * np.maximum(1.0, np.abs(outputs).max(axis=-1, keepdims=True))
    y = np.where(is_varying, y, np.nan).reshape(*outputs.shape[:-1], factors + 2, base)
    counts = rng.multinomial(base, np.full(base, 1 / base), size=resamples).astype(np.float64)
    if y.ndim < 3:
        return SobolIndices(*_indices(y, counts))
    blocks = [_indices(y[start : start + OUTPUTS], counts) for start in range(0, len(y), OUTPUTS)]
    return SobolIndices(*(np.concatenate(array_blocks) for array_blocks in zip(*blocks)))


def _indices(y: Array, counts: Array) -> tuple[Array, ...]:
    """First-order index and its ends, total index and its ends, of centred outputs (..., k + 2, N)."""
    first_order, total_order = (index_array[..., 0, :] for index_array in _mean_and_variance(y, np.ones((1, y.shape[-1]))))
    firsts, totals = (_confidence_bounds(resample) for resample in _mean_and_variance(y, counts))
    return (first_order, *firsts, total_order, *totals)


def _confidence_bounds(resamples: Array) -> tuple[Array, Array]:
    """The 2.5% and 97.5% order statistics of resamples (..., resamples, k), without those in which the output did not vary."""
    sorted_estimates = np.sort(resamples, axis=-2)
    resample_count = (~np.isnan(resamples)).sum(axis=-2, keepdims=True)
    low, high = (
        np.floor(0.025 * resample_count).astype(np.intp),
        np.maximum(np.ceil(0.975 * resample_count).astype(np.intp) - 1, 0),
    )
    return tuple(np.take_along_axis(sorted_estimates, quantile_index, axis=-2)[..., 0, :] for quantile_index in (low, high))  # type: ignore[return-value]


def _mean_and_variance(y: Array, row_counts: Array) -> tuple[Array, Array]:
    """(S, ST) (..., resamples, k) of y (..., k + 2, N), each row of the design counted `row_counts` (resamples, N) times."""
    a, b, ab = y[..., :1, :], y[..., 1:2, :], y[..., 2:, :]

    def mean(outputs: Array) -> Array:
        resampled_means = outputs.reshape(-1, outputs.shape[-1]) @ row_counts.T / row_counts.sum(axis=1)
        return resampled_means.reshape(*outputs.shape[:-1], -1).swapaxes(-1, -2)

    variance = mean(a**2 + b**2) / 2 - (mean(a + b) / 2) ** 2
    variance = np.where(variance > 0, variance, np.nan)
    return mean(b * (ab - a)) / variance, mean((a - ab) ** 2) / (2 * variance)
