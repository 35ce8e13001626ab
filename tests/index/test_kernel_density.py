"""Bandwidth by hand, the curve against scipy, peaks."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.kernel_density import bandwidth, density, peaks

EXACT = 1e-12


def test_bandwidth_by_hand():
    """1 .. 10: sigma = sqrt(8.25) = 2.87, IQR = 4.5 so IQR/1.34 = 3.36; h = .9 sigma 10^-.2. With 91 for 10 the IQR decides."""
    values = np.arange(1.0, 11)
    assert bandwidth(values) == pytest.approx(0.9 * np.sqrt(8.25) * 10**-0.2, abs=EXACT)
    values[-1] = 91
    assert bandwidth(values) == pytest.approx(0.9 * 4.5 / 1.34 * 10**-0.2, abs=EXACT)


def test_bandwidth_without_spread_in_the_middle_takes_sigma():
    values = np.array([0.0] + [5.0] * 9 + [10.0] + [np.nan])
    assert bandwidth(values) == pytest.approx(0.9 * np.sqrt(50 / 11) * 11**-0.2, abs=EXACT)


@pytest.mark.parametrize("values", [np.arange(9.0), np.full(20, 0.3), np.append(np.arange(9.0), np.nan)])
def test_bandwidth_refused(values):
    with pytest.raises(EstimationError):
        bandwidth(values)


def test_curve_as_scipy():
    values, at = np.random.default_rng(1).normal(size=31), np.linspace(-4, 4, 50)
    width = bandwidth(values)
    known = gaussian_kde(values, bw_method=width / values.std(ddof=1))(at)
    assert density(np.append(values, np.nan), at, width) == pytest.approx(known, abs=EXACT)


def test_peaks():
    at = np.linspace(0, 10, 201)
    two = density(np.array([2.0, 2.1, 7.9, 8.0]), at, 0.5)
    assert at[peaks(two)] == pytest.approx([2.05, 7.95], abs=0.05)
    assert peaks(np.array([0.0, 1, 1, 1, 0])).tolist() == [2]  # a flat top counts once, at its middle
    assert not len(peaks(np.array([0.0, 1, 2])))
