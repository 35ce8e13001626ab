"""Statistics of columns `(..., n, m) -> (..., 1, m)` that leave missing cells out, for any number of draws at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .method import Array

CONSTANT = 1e-12  # a column whose range is at most this share of its largest value does not vary
FEWEST_CELLS = 3  # with two cells min-max is 0 and 1 whatever the data say


def cells(values: Array) -> npt.NDArray[np.intp]:
    """How many cells of each column are there."""
    return values.shape[-2] - np.count_nonzero(np.isnan(values), axis=-2, keepdims=True)


def total(values: Array) -> Array:
    """Sum of the cells present; 0 where none is."""
    plain = values.sum(axis=-2, keepdims=True)
    return np.nansum(values, axis=-2, keepdims=True) if np.isnan(plain).any() else plain


def mean(values: Array) -> Array:
    """Mean of the cells present; NaN where none is."""
    with np.errstate(invalid="ignore"):
        return total(values) / cells(values)


def centred(values: Array) -> Array:
    """Distance of each cell from its column's mean."""
    return values - mean(values)


def deviation(values: Array, *, ddof: int = 0) -> Array:
    """Standard deviation with divisor N_j - ddof."""
    apart = centred(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(total(np.square(apart, out=apart)) / (cells(values) - ddof))


def bounds(values: Array) -> tuple[Array, Array]:
    """Least and greatest cell; NaN for a column that is constant or has fewer than 3 cells."""
    low = np.fmin.reduce(values, axis=-2, keepdims=True)
    high = np.fmax.reduce(values, axis=-2, keepdims=True)
    varies = (high - low > CONSTANT * np.maximum(1.0, np.abs(high))) & (cells(values) >= FEWEST_CELLS)
    return np.where(varies, low, np.nan), np.where(varies, high, np.nan)


def quantile(values: Array, q: float) -> Array:
    """The q-quantile of the cells present, linear between order statistics (Hyndman and Fan 1996, type 7)."""
    ordered = np.sort(values, axis=-2)
    place = q * np.maximum(cells(values) - 1, 0)
    below = np.floor(place).astype(np.intp)
    lower = np.take_along_axis(ordered, below, axis=-2)
    upper = np.take_along_axis(ordered, np.ceil(place).astype(np.intp), axis=-2)
    return lower + (place - below) * (upper - lower)
