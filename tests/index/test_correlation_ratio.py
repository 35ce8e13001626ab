"""The correlation ratio against analytic first-order indices and closed forms."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from hqd_index.index.diagnostics.correlation_ratio import _natural_cubic, importance

EXACT = 1e-6
"""The penalty's grid ends at 1e6, where a straight line is left to this accuracy."""
SAMPLING = 0.03
"""Three standard errors of a correlation ratio from 4,000 draws, and the bias of a spline with a dozen knots."""


def test_ishigami_first_order_indices():
    """y = sin x1 + 7 sin^2 x2 + .1 x3^4 sin x1 on (-pi, pi)^3: S = .3139, .4424, 0 (Ishigami and Homma 1990)."""
    x = np.random.default_rng(1).uniform(-np.pi, np.pi, size=(4000, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = [importance(x[:, j], y) for j in range(3)]
    assert found == pytest.approx([0.3139, 0.4424, 0.0], abs=SAMPLING)


def test_a_straight_line_is_r_squared_even_with_an_outlier():
    x = np.append(np.random.default_rng(2).exponential(size=200), 1e6)
    assert importance(x, 3 - 2 * x) == pytest.approx(1, abs=EXACT)


def test_basis_and_penalty_are_those_of_the_natural_spline():
    """Through given values at uneven knots: scipy's natural cubic spline, and the integral of its squared curvature."""
    knots, heights = np.array([0.0, 0.1, 0.35, 0.5, 1]), np.array([1.0, -2, 0.5, 3, 1])
    x = np.linspace(0, 1, 41)
    known = CubicSpline(knots, heights, bc_type="natural")
    basis, rough = _natural_cubic(x, knots)
    assert basis @ heights == pytest.approx(known(x), abs=1e-12)
    bend = known(knots, 2)  # piecewise linear, so its square integrates by Simpson's rule exactly
    middle = (bend[1:] + bend[:-1]) / 2
    area = (np.diff(knots) * (bend[1:] ** 2 + 4 * middle**2 + bend[:-1] ** 2) / 6).sum()
    assert heights @ rough @ heights == pytest.approx(area, rel=1e-12)


def test_two_values_of_x_give_the_between_share():
    """x = 0 or 1: Var(E[y|x]) is the variance of the group means; here 1 of 1 + 1/4."""
    x = np.repeat([0.0, 1.0], 10)
    y = 2 * x + np.tile([-0.5, 0.5], 10)
    assert importance(x, y) == pytest.approx(1 / 1.25, abs=EXACT)


def test_a_symmetric_curve_that_correlation_does_not_see():
    x = np.linspace(-1, 1, 101)
    assert np.corrcoef(x, x**2)[0, 1] == pytest.approx(0, abs=1e-12)
    assert importance(x, x**2) > 0.99


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones(20), np.arange(20.0)),
        (np.arange(20.0), np.ones(20)),
        (np.arange(9.0), np.arange(9.0)),
        (np.full(20, np.nan), np.arange(20.0)),
    ],
    ids=["constant x", "constant y", "nine rows", "missing"],
)
def test_not_defined(x, y):
    assert np.isnan(importance(x, y))


def test_missing_cells_are_left_out():
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    y = np.sin(x) + 0.1 * rng.normal(size=60)
    gap = x.copy()
    gap[::3] = np.nan
    keep = ~np.isnan(gap)
    assert importance(gap, y) == importance(x[keep], y[keep])
