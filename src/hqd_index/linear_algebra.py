"""Inverses, ranks and least squares of matrices that may be singular: every caller states from where on a direction is null.

A library's default cutoff lies within rounding, so that the processor decides whether a null direction is cut or inverted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GRAM = 1e-12
"""Of the largest eigenvalue of cross products, covariances and correlations. Rounding leaves 1e-16 to 1e-14 in a null direction;
a direction with information has more than 1e-12, which is a millionth of a column's length."""
COLUMNS = 1e-9
"""Of the largest singular value of columns, or of a column's length: rounding leaves 1e-16 to 1e-12 once effects are out."""


def symmetric_inverse(matrices: Array, *, tolerance: float, diagonal_scale: Array | None = None) -> Array:
    """Inverses (..., k, k) of symmetric matrices without negative eigenvalues, on the directions that carry information.

    Directions whose eigenvalue is at most `tolerance` of the largest are cut (Moore-Penrose). With `diagonal_scale` (..., k),
    what each row is measured by, the matrix is first divided by root sizes: rows in different units are then cut alike.
    """
    scale = (
        np.ones(matrices.shape[-1])
        if diagonal_scale is None
        else 1.0 / np.sqrt(np.where(diagonal_scale > 0, diagonal_scale, 1.0))
    )
    values, vectors = np.linalg.eigh(matrices * scale[..., :, None] * scale[..., None, :])
    informative = values > tolerance * np.abs(values).max(axis=-1, keepdims=True, initial=0.0)
    inverse = np.where(informative, 1.0 / np.where(informative, values, 1.0), 0.0)
    directions = vectors * scale[..., :, None]
    return np.asarray((directions * inverse[..., None, :]) @ np.swapaxes(directions, -1, -2))


def symmetric_rank(matrix: Array, *, tolerance: float) -> int:
    """How many eigenvalues of a symmetric matrix are above `tolerance` of the largest."""
    values = np.abs(np.linalg.eigvalsh(matrix))
    return int((values > tolerance * values.max(initial=0.0)).sum())


def rank(matrix: Array, *, tolerance: float) -> int:
    """How many singular values are above `tolerance` of the largest."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return int((values > tolerance * values.max(initial=0.0)).sum())


def least_squares(design: Array, outcomes: Array, *, tolerance: float) -> Array:
    """Coefficients (k,) or (k, m) of outcomes on the design (n, k), the shortest ones where columns are collinear.

    Singular values at most `tolerance` of the largest are cut: columns should be of comparable size.
    """
    return np.asarray(np.linalg.lstsq(design, outcomes, rcond=tolerance)[0])
