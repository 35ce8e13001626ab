"""How much of the index moves with one indicator, whatever its weight is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
KNOTS = 12
"""Enough for four turns of E[y|x]; the penalty decides how many are used."""
MIN_OBSERVATIONS = 10
"""Rows below which a curve cannot be distinguished from noise."""
PENALTIES = np.logspace(-9, 6, 61)


def importance(x: Array, y: Array) -> float:
    """S = Var(E[y|x]) / Var(y), the correlation ratio of y on x (Paruolo, Saisana and Saltelli 2013).

    E[y|x] is a penalised natural cubic spline with 12 knots at quantiles of x, penalty on the integral of f''^2, its
    strength by generalised cross-validation (Wood 2006, section 4.1.2); for a straight relation S is r^2.
    Over the rows that have both. NaN with fewer than 10 rows, or where x or y does not vary.
    """
    is_observed = ~(np.isnan(x) | np.isnan(y))
    x, y = x[is_observed], y[is_observed]
    if len(x) < MIN_OBSERVATIONS or x.min() == x.max() or y.min() == y.max():
        return float("nan")
    smooth_fit = _smoothing_fit(x, y - y.mean())
    return float(min(smooth_fit.var() / y.var(), 1.0))


def _smoothing_fit(x: Array, y: Array) -> Array:
    """The penalised spline's values at x, with the penalty that has the least n RSS / (n - edf)^2."""
    distinct_points = np.unique((x - x.min()) / (x.max() - x.min()))
    knots = distinct_points[np.unique(np.linspace(0, len(distinct_points) - 1, KNOTS).round().astype(int))]
    basis, roughness = _natural_cubic((x - x.min()) / (x.max() - x.min()), knots)
    q, r = np.linalg.qr(basis)
    inverse = np.linalg.inv(r)
    strength, rotation = np.linalg.eigh(inverse.T @ roughness @ inverse)
    rotated_response = (q @ rotation).T @ y
    shrinkage = 1 / (1 + PENALTIES[:, None] * np.maximum(strength, 0.0))
    residual = (y @ y) - (rotated_response**2).sum() + (((1 - shrinkage) * rotated_response) ** 2).sum(axis=1)
    freedom = len(y) - shrinkage.sum(axis=1)
    best_index = int(np.argmin(np.where(freedom > 0, residual / np.where(freedom > 0, freedom, 1.0) ** 2, np.inf)))
    smooth_values: Array = (q @ rotation) @ (shrinkage[best_index] * rotated_response)
    return smooth_values


def _natural_cubic(x: Array, knots: Array) -> tuple[Array, Array]:
    """Basis (n, k), whose coefficients are the values at the knots, and the matrix of the penalty on f''."""
    if len(knots) < 3:
        from_left_knot = (x - knots[0]) / (knots[-1] - knots[0])
        return np.column_stack([1 - from_left_knot, from_left_knot]), np.zeros((2, 2))
    step = np.diff(knots)
    inner_spacing = np.arange(len(knots) - 2)
    second_differences, gram = np.zeros((len(inner_spacing), len(knots))), np.zeros((len(inner_spacing), len(inner_spacing)))
    second_differences[inner_spacing, inner_spacing], second_differences[inner_spacing, inner_spacing + 2] = (
        1 / step[:-1],
        1 / step[1:],
    )
    second_differences[inner_spacing, inner_spacing + 1] = -1 / step[:-1] - 1 / step[1:]
    gram[inner_spacing, inner_spacing] = (step[:-1] + step[1:]) / 3
    gram[inner_spacing[:-1], inner_spacing[1:]] = gram[inner_spacing[1:], inner_spacing[:-1]] = step[1:-1] / 6
    curvature = np.linalg.solve(gram, second_differences)
    curvature_at_knots = np.vstack([np.zeros(len(knots)), curvature, np.zeros(len(knots))])
    knot_index = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(step) - 1)
    width, to_right_knot, from_left_knot = step[knot_index], knots[knot_index + 1] - x, x - knots[knot_index]
    basis = np.zeros((len(x), len(knots)))
    rows = np.arange(len(x))
    basis[rows, knot_index], basis[rows, knot_index + 1] = to_right_knot / width, from_left_knot / width
    basis += ((to_right_knot**3 / width - width * to_right_knot) / 6)[:, None] * curvature_at_knots[knot_index]
    basis += ((from_left_knot**3 / width - width * from_left_knot) / 6)[:, None] * curvature_at_knots[knot_index + 1]
    return basis, second_differences.T @ curvature
