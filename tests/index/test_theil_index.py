"""Theil's index where arithmetic is easy, its degenerate cases, and that the parts add up."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.theil_index import theil

EXACT = 1e-12


def test_parts_in_closed_form():
    """y = 1, 1 and 3, 3: nothing within; between s = 1/4, 3/4 on p = 1/2: .25 ln .5 + .75 ln 1.5. One unit has all: ln n."""
    halves = theil(np.array([1.0, 1.0, 3.0, 3.0]), ["a", "a", "b", "b"])
    assert halves.within == pytest.approx(0, abs=EXACT)
    assert halves.between == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5), abs=EXACT)
    lone = theil(np.array([0.0, 0.0, 0.0, 2.0]), ["a", "a", "b", "b"])
    assert lone.theil == pytest.approx(np.log(4), abs=EXACT)
    assert lone.theil_by_group.tolist() == [0, pytest.approx(np.log(2), abs=EXACT)]


def test_parts_add_up_and_know_no_unit_of_measure():
    rng = np.random.default_rng(7)
    for size in (3, 31, 200):
        y, groups = rng.gamma(2, size=size), rng.choice(list("abcd"), size=size)
        parts = theil(y, groups)
        assert parts.within + parts.between == pytest.approx(parts.theil, abs=EXACT)
        assert theil(1e4 * y, groups).theil == pytest.approx(parts.theil, abs=EXACT)


def test_missing_equal_and_refused_values():
    assert theil(np.array([1.0, np.nan, 3.0]), ["a", "a", "b"]).sizes == (1, 1)
    assert theil(np.full(4, 0.7), ["a", "b", "a", "b"]).theil == pytest.approx(0, abs=EXACT)
    for values in ([-0.1, 1.0], [0.0, 0.0], [1.0, np.nan]):
        with pytest.raises(EstimationError):
            theil(np.array(values), ["a", "b"])
