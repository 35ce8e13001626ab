"""Weights of years: the condition they must meet, the case of two years, the ends."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.time_weights import time_weights

EXACT = 1e-10  # a root found to 1e-14 in the log ratio


@pytest.mark.parametrize("degree", [0.001, 0.1, 0.3, 0.5, 0.8, 0.999])
@pytest.mark.parametrize("years", [2, 3, 13])
def test_weights_meet_their_degree_and_are_a_geometric_series(years, degree):
    w = time_weights(years, degree)
    place = (years - np.arange(1, years + 1)) / (years - 1)
    assert w.sum() == pytest.approx(1, abs=EXACT) and w @ place == pytest.approx(degree, abs=EXACT)
    ratios = w[1:] / w[:-1]
    assert np.allclose(ratios, ratios[0], rtol=1e-6)  # the least weights are 1e-30 where the degree is near 0
    assert (np.diff(w) > 0).all() == (degree < 0.5) or degree == 0.5


def test_no_other_weights_of_that_degree_have_more_entropy():
    w, rng = time_weights(6, 0.3), np.random.default_rng(4)
    place = (6 - np.arange(1, 7)) / 5
    null = np.linalg.svd(np.vstack([np.ones(6), place]))[2][2:]
    for direction in rng.normal(size=(50, 4)) @ null:
        other = w + 0.01 * direction
        assert -(w * np.log(w)).sum() >= -(other * np.log(other)).sum() - EXACT


def test_two_years_and_one():
    assert np.allclose(time_weights(2, 0.3), [0.3, 0.7], atol=EXACT)
    with pytest.raises(EstimationError):
        time_weights(1, 0.3)
