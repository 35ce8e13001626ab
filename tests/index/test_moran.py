"""Moran's I and its local form by hand and by enumeration; weights with islands and gaps."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.moran import (
    Weights,
    lisa,
    moran,
    row_standardised,
    spatial_lag,
    weight_matrix,
)

EXACT = 1e-12
DRAWS = 9999
SAMPLING = 3 * np.sqrt(0.25 / DRAWS)
"""Three standard errors of a share from 9,999 draws."""

LINE = np.diag([1.0, 1, 1], 1) + np.diag([1.0, 1, 1], -1)
VALUES = np.array([[1.0, 2, 3, 4]])


def test_four_on_a_line_by_hand():
    """z = -1.5, -.5, .5, 1.5: z'Wz = 2 (.75 - .25 + .75), S0 = 6, z'z = 5: I = (4/6)(2.5/5) = 1/3."""
    found = moran(VALUES, LINE)
    assert found.i == pytest.approx([1 / 3], abs=EXACT) and found.expected_value == pytest.approx(-1 / 3, abs=EXACT)


def test_p_is_the_share_of_all_orders():
    """Of the 24 orders of four values, those whose I lies at least 2/3 from -1/3, enumerated."""
    w = row_standardised(LINE)
    z = VALUES[0] - VALUES[0].mean()
    every = np.array([(z[list(o)] @ w @ z[list(o)]) / (z @ z) for o in permutations(range(4))])
    observed = z @ w @ z / (z @ z)
    share = (np.abs(every + 1 / 3) >= np.abs(observed + 1 / 3) - EXACT).mean()
    found = moran(VALUES, w, permutations=DRAWS)
    assert found.i[0] == pytest.approx(observed, abs=EXACT)
    assert found.p[0] == pytest.approx(share, abs=SAMPLING)


def test_z_is_over_all_orders():
    """Mean and deviation of I over the 120 orders of five values, with weights that are not symmetric."""
    rng = np.random.default_rng(3)
    w, y = rng.random((5, 5)) * (1 - np.eye(5)), rng.normal(size=5)
    z = y - y.mean()
    every = np.array([5 / w.sum() * (z[list(o)] @ w @ z[list(o)]) / (z @ z) for o in permutations(range(5))])
    found = moran(y[None, :], w)
    assert found.z[0] == pytest.approx((found.i[0] - every.mean()) / every.std(), rel=1e-9)


def test_p_is_never_zero():
    """A ring of neighbours with values in order: no permutation of 40 comes near, so p = 1 / (B + 1)."""
    ring = row_standardised(np.roll(np.eye(40), 1, axis=0) + np.roll(np.eye(40), -1, axis=0))
    values = np.sin(2 * np.pi * np.arange(40) / 40)[None, :]
    assert moran(values, ring, permutations=99).p[0] == pytest.approx(1 / 100, abs=EXACT)
    assert lisa(values, ring, permutations=99).p.min() == pytest.approx(1 / 100, abs=EXACT)


def test_local_p_is_the_share_of_all_orders_of_the_others():
    rng = np.random.default_rng(1)
    w, y = row_standardised(rng.random((5, 5))), rng.normal(size=5)
    z = y - y.mean()
    found = lisa(y[None, :], w, permutations=DRAWS)
    assert found.local_statistics[0] == pytest.approx(z * (w @ z) / (z @ z / 5), abs=EXACT)
    for i in range(5):
        others = [j for j in range(5) if j != i]
        lags = np.array([w[i, others] @ z[list(o)] for o in permutations(others)])
        share = (np.abs(lags - lags.mean()) >= np.abs(w[i] @ z - lags.mean()) - EXACT).mean()
        assert found.p[0, i] == pytest.approx(share, abs=SAMPLING)
        upper = (np.sign(z[i]) * lags >= np.sign(z[i]) * (w[i] @ z) - EXACT).mean()
        assert found.folded_p[0, i] == pytest.approx(min(upper, 1 - upper), abs=SAMPLING)


def test_local_values_sum_to_the_global_one():
    """sum I_i = S0 I (Anselin 1995), for any weights."""
    rng = np.random.default_rng(2)
    w, values = rng.random((31, 31)) * (1 - np.eye(31)), rng.normal(size=(3, 31))
    assert lisa(values, w, permutations=99).local_statistics.sum(axis=1) == pytest.approx(w.sum() * moran(values, w).i, rel=1e-9)


def test_false_discovery_by_hand():
    """Benjamini-Hochberg of .01, .04, .03, .005 (n = 4): .02, .04, .04, .02."""
    from hqd_index.index.dynamics.moran import _discoveries

    p = np.array([[0.01, 0.04, np.nan, 0.03, 0.005]])
    assert _discoveries(p)[0] == pytest.approx([0.02, 0.04, np.nan, 0.04, 0.02], abs=EXACT, nan_ok=True)


def test_quadrants():
    """On a line with 4, 3, -2, -5 the ends and middles stand with neighbours on their own side, except where it turns."""
    w = row_standardised(LINE)
    assert lisa(np.array([[4.0, 3, -2, -5]]), w, permutations=99).quadrant[0].tolist() == ["HH", "HH", "LL", "LL"]
    assert lisa(np.array([[4.0, -3, 4, -5]]), w, permutations=99).quadrant[0].tolist() == ["HL", "LH", "HL", "LH"]


def test_p_under_independence_keeps_its_size():
    rng = np.random.default_rng(5)
    w = row_standardised(rng.random((20, 20)) ** 4)
    p = moran(rng.normal(size=(400, 20)), w, permutations=199).p
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))


def test_same_seed_same_p():
    values = np.random.default_rng(6).normal(size=(2, 10))
    w = row_standardised(np.ones((10, 10)) - np.eye(10) + np.diag(np.ones(9), 1))
    assert (moran(values, w, seed=1).p == moran(values, w, seed=1).p).all()
    assert (lisa(values, w, seed=1).p != lisa(values, w, seed=2).p).any()


def test_equal_values_have_no_association():
    w, values = row_standardised(LINE), np.array([[2.0, 2, 2, 2], [1e-14, 2e-14, 3e-14, 4e-14]])
    assert np.isnan(moran(values, w).i[0]) and np.isnan(moran(values, w).p[0]) and np.isfinite(moran(values, w).i[1])
    assert np.isnan(lisa(values, w).p[0]).all() and (lisa(values, w).quadrant[0] == "").all()


def test_islands_are_named_or_kept_on_request():
    matrix = np.array([[9.0, 1, 0], [2, 0, 2], [0, 0, 5]])
    with pytest.raises(EstimationError, match="without any link: 3"):
        row_standardised(matrix)
    assert row_standardised(matrix, allow_islands=True).tolist() == [[0, 1, 0], [0.5, 0, 0.5], [0, 0, 0]]
    found = lisa(np.array([[1.0, 2, 4]]), row_standardised(matrix, allow_islands=True), permutations=99)
    assert np.isnan(found.p[0, 2]) and np.isfinite(found.p[0, :2]).all()


def test_fewer_than_three_units_are_refused():
    with pytest.raises(EstimationError):
        moran(np.array([[1.0, 2]]), np.array([[0.0, 1], [1, 0]]))


def test_a_row_of_w_is_what_a_unit_takes_in():
    links = pd.DataFrame(
        [("a", "b", 0.3), ("c", "b", 0.1), ("b", "a", 0.2), ("a", "a", 0.9), ("x", "a", 0.5)],
        columns=["from_unit", "to_unit", "upstream"],
    )
    found = weight_matrix(links, ["a", "b", "c", "d"])
    assert found.matrix.tolist() == [[0, 0.2, 0, 0], [0.3, 0, 0.1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert found.is_linked.tolist() == [True, True, True, False]
    with pytest.raises(EstimationError, match="negative"):
        weight_matrix(links.assign(upstream=-1.0), ["a", "b"])


def test_lag_over_the_neighbours_present():
    """b takes 3/4 from a and 1/4 from c; without c all from a; without itself none."""
    weights = Weights(np.array([[0.0, 1, 0], [3, 0, 1], [1, 1, 0]]), np.array([True, True, True]))
    found = spatial_lag(np.array([[1.0, 2, 5], [1, 2, np.nan], [1, np.nan, 5]]), weights)
    assert found[:, 1] == pytest.approx([2, 1, np.nan], abs=EXACT, nan_ok=True)
    assert np.isnan(found[2, 0]) and np.isnan(found[1, 2])
