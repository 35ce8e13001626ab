"""Sobol' indices against functions whose indices are known in closed form."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.uncertainty.sobol_indices import saltelli, sobol_indices

NOISE = 0.02
"""Scrambled Sobol' points at N = 4,096: the estimators' standard deviations here are below 0.007."""


def estimated(function, factors, base=4096):
    stream = np.random.default_rng(7)
    return sobol_indices(function(saltelli(base, factors, stream).all), factors, stream)


def test_ishigami():
    """Ishigami and Homma (1990), a = 7, b = 0.1: S = .3139, .4424, 0; ST = .5576, .4424, .2437 (closed form)."""

    def ishigami(u):
        x = np.pi * (2 * u - 1)
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    found = estimated(ishigami, 3)
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=NOISE)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=NOISE)
    assert (found.first_low <= found.first).all() and (found.first <= found.first_high).all()


def test_g_function():
    """Sobol' g-function: V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1 (Saltelli and Sobol' 1995)."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    part = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + part) - 1
    total = part * np.prod(1 + part) / (1 + part) / variance
    found = estimated(lambda u: np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=1), 4)
    assert found.first == pytest.approx(part / variance, abs=NOISE)
    assert found.total == pytest.approx(total, abs=NOISE)


def test_a_shift_of_the_output_changes_nothing():
    """Uncentred estimators fail this by far: y + 1000 has the same variance."""
    one = estimated(lambda u: u[:, 0] + u[:, 1] ** 2, 2, base=256)
    other = estimated(lambda u: 1000 + u[:, 0] + u[:, 1] ** 2, 2, base=256)
    assert one.first == pytest.approx(other.first, abs=1e-9)


def test_no_variance_is_not_zero_and_missing_is_refused():
    assert np.isnan(estimated(lambda u: np.ones(len(u)), 2, base=64).first).all()
    with pytest.raises(EstimationError):
        estimated(lambda u: np.where(u[:, 0] > 0.9, np.nan, 1.0), 2, base=64)
