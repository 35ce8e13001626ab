"""Statistics of columns `(..., n, m) -> (..., 1, m)` that leave missing cells out, for any number of draws at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .method import Array

CONSTANT_TOLERANCE = 1e-12  # a column whose range is at most this share of its largest absolute value does not vary
REDUCTION_LENGTH = 256  # numbers in a row that a reduction runs over at once
FEWEST_CELLS = 3  # with two cells min-max is 0 and 1 whatever the data say


def folded_reduction(ufunc: np.ufunc, values: Array) -> Array:
    """The ufunc's reduction over rows, with several rows side by side: long inner loops are three times as fast."""
    if values.strides[-2] < values.strides[-1]:  # columns lie in one piece each
        reduced: Array = ufunc.reduce(values, axis=-2, keepdims=True)
        return reduced
    rows, columns = values.shape[-2:]
    side_by_side = max(1, min(rows, REDUCTION_LENGTH // max(columns, 1)))
    folded_rows = rows - rows % side_by_side
    wide_rows = values[..., :folded_rows, :].reshape(*values.shape[:-2], rows // side_by_side, side_by_side * columns)
    part_results = ufunc.reduce(wide_rows, axis=-2).reshape(*values.shape[:-2], side_by_side, columns)
    folded_result: Array = ufunc.reduce(part_results, axis=-2, keepdims=True)
    return (
        folded_result
        if folded_rows == rows
        else ufunc(folded_result, ufunc.reduce(values[..., folded_rows:, :], axis=-2, keepdims=True))
    )


def cell_counts(values: Array) -> NDArray[np.intp]:
    """How many cells of each column are there."""
    is_missing = np.isnan(values)
    if not is_missing.any():
        return np.full((*values.shape[:-2], 1, values.shape[-1]), values.shape[-2])
    return values.shape[-2] - np.count_nonzero(is_missing, axis=-2, keepdims=True)


def total(values: Array) -> Array:
    """Sum of the cells present; 0 where none is."""
    plain_sum = folded_reduction(np.add, values)
    return np.nansum(values, axis=-2, keepdims=True) if np.isnan(plain_sum).any() else plain_sum


def mean(values: Array) -> Array:
    """Mean of the cells present; NaN where none is."""
    with np.errstate(invalid="ignore"):
        return total(values) / cell_counts(values)


def column_deviations(values: Array) -> Array:
    """Distance of each cell from its column's mean."""
    return values - mean(values)


def deviation(values: Array, *, ddof: int = 0) -> Array:
    """Standard deviation with divisor N_j - ddof."""
    return root_mean_square(column_deviations(values), ddof=ddof)


def root_mean_square(deviations: Array, *, ddof: int = 0) -> Array:
    """Square root of the mean square with divisor N_j - ddof: the standard deviation where cells are centred."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(total(np.square(deviations)) / (cell_counts(deviations) - ddof))


def mean_and_deviation(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (divisor N_j)."""
    return mean(values), deviation(values)


def standardised(values: Array, reference: Array, *, ddof: int = 0) -> Array:
    """(x - mu) / sigma of the reference rows; NaN where the reference is constant."""
    low, _ = bounds(reference)
    centre = mean(reference)
    spread = np.where(np.isnan(low), np.nan, root_mean_square(reference - centre, ddof=ddof))
    deviations = values - centre
    return np.divide(deviations, spread, out=deviations)


def complete_rows(values: Array) -> Array:
    """The rows (r, m) of a table (n, m) without a missing cell in the columns that have any."""
    is_observed = ~np.isnan(values)
    return values[is_observed[:, is_observed.any(axis=0)].all(axis=1)]


def correlation(values: Array) -> Array:
    """Pearson r (..., m, m) over the cells each pair has in common; NaN with fewer than 3, or for a constant column."""
    return spread_and_correlation(values)[1]


def spread_and_correlation(values: Array) -> tuple[Array, Array]:
    """Standard deviation (..., 1, m) with divisor N_j, NaN for a constant column; the `correlation`."""
    is_varying, deviations = ~np.isnan(bounds(values)[0]), column_deviations(values)
    spread = np.where(is_varying, root_mean_square(deviations), np.nan)
    is_missing = np.isnan(deviations)
    if is_missing.any():
        return spread, _pairwise(np.where(is_missing | ~is_varying, 0.0, deviations), (~is_missing).astype(np.float64))
    z = np.divide(deviations, spread, out=deviations)
    return spread, np.clip(z.swapaxes(-1, -2) @ z / values.shape[-2], -1.0, 1.0)


def _pairwise(deviations: Array, is_observed: Array) -> Array:
    """Pearson r of columns measured from any point, over the cells each pair has in common: where both are `there` (1 or 0)."""
    common_counts = is_observed.swapaxes(-1, -2) @ is_observed
    sums = deviations.swapaxes(-1, -2) @ is_observed  # of j over the cells it shares with k
    squares = (deviations**2).swapaxes(-1, -2) @ is_observed
    with np.errstate(divide="ignore", invalid="ignore"):
        sums_of_squares = squares - sums**2 / common_counts
        product = deviations.swapaxes(-1, -2) @ deviations - sums * sums.swapaxes(-1, -2) / common_counts
        correlations = product / np.sqrt(sums_of_squares * sums_of_squares.swapaxes(-1, -2))
    is_flat = sums_of_squares <= CONSTANT_TOLERANCE * np.maximum(squares, np.finfo(np.float64).tiny)
    return np.where((common_counts < FEWEST_CELLS) | is_flat | is_flat.swapaxes(-1, -2), np.nan, np.clip(correlations, -1.0, 1.0))


def bounds(values: Array) -> tuple[Array, Array]:
    """Least and greatest cell; NaN for a column that is constant or has fewer than 3 cells."""
    low, high = folded_reduction(np.fmin, values), folded_reduction(np.fmax, values)
    is_varying = differ(low, high) & (cell_counts(values) >= FEWEST_CELLS)
    return np.where(is_varying, low, np.nan), np.where(is_varying, high, np.nan)


def differ(low: Array, high: Array) -> NDArray[np.bool_]:
    """Whether a least and a greatest value differ: relative to the larger of their sizes, so that no unit of measure decides."""
    return np.asarray(high - low > CONSTANT_TOLERANCE * np.maximum(np.abs(low), np.abs(high)))


def quantile(values: Array, q: float) -> Array:
    """The q-quantile of the cells present, linear between order statistics (Hyndman and Fan 1996, type 7)."""
    sorted_values = np.sort(values, axis=-2)
    place = q * np.maximum(cell_counts(values) - 1, 0)
    lower_place = np.floor(place).astype(np.intp)
    lower_values = np.take_along_axis(sorted_values, lower_place, axis=-2)
    upper_values = np.take_along_axis(sorted_values, np.ceil(place).astype(np.intp), axis=-2)
    return lower_values + (place - lower_place) * (upper_values - lower_values)
