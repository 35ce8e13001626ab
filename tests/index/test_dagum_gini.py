"""Dagum's decomposition by hand, its identity, and its degenerate cases."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.dagum_gini import IDENTITY, dagum

EXACT = 1e-12


def test_two_groups_by_hand():
    """A = 1, 3; B = 2, 6. G = 32/(2 16 3) = 1/3; G_AA = G_BB = 1/4; G_AB = 10/24, d = 9/4, q = 1/4, D = .8.

    G_w = (1/4)(1/2)(1/3) + (1/4)(1/2)(2/3) = 1/8; G_nb = (5/12)(1/2)(.8) = 1/6; G_t = (5/12)(1/2)(.2) = 1/24.
    """
    found = dagum(np.array([1.0, 2, 3, 6]), ["A", "B", "A", "B"])
    assert found.groups == ("A", "B") and found.sizes == (2, 2)
    assert found.gini == pytest.approx(1 / 3, abs=EXACT)
    assert (found.within, found.between_groups, found.transvariation) == pytest.approx((1 / 8, 1 / 6, 1 / 24), abs=EXACT)
    assert found.gini_by_pair == pytest.approx(np.array([[1 / 4, 5 / 12], [5 / 12, 1 / 4]]), abs=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_identity_and_the_sorted_formula_of_gini(seed):
    """G = sum (2i - n - 1) y_(i) / (n sum y), computed apart from any pair; the parts add up to it."""
    rng = np.random.default_rng(seed)
    y = np.sort(rng.lognormal(size=60).round(seed))
    found = dagum(y, rng.choice(list("abcd"), size=60))
    place = np.arange(1, 61)
    assert found.gini == pytest.approx(((2 * place - 61) * y).sum() / (60 * y.sum()), abs=EXACT)
    assert abs(found.gini - found.within - found.between_groups - found.transvariation) < IDENTITY
    assert min(found.within, found.between_groups, found.transvariation) >= 0


def test_groups_that_do_not_overlap_have_no_transvariation():
    found = dagum(np.array([1.0, 2, 10, 12]), ["a", "a", "b", "b"])
    assert found.transvariation == pytest.approx(0, abs=EXACT) and found.between_groups > found.within


def test_scale_and_order_change_nothing():
    y, groups = np.array([1.0, 2, 3, 6, 4]), np.array(["A", "B", "A", "B", "C"])
    one, other = dagum(y, groups), dagum(1000 * y[::-1], groups[::-1])
    assert one.gini_by_pair == pytest.approx(other.gini_by_pair, abs=EXACT) and one.between_groups == pytest.approx(
        other.between_groups, abs=EXACT
    )


def test_degenerate():
    equal = dagum(np.array([2.0, 2, 2]), ["a", "a", "b"])
    assert (equal.gini, equal.within, equal.between_groups, equal.transvariation) == (0, 0, 0, 0)
    zeros = dagum(np.array([0.0, 0, 1, 3]), ["a", "a", "b", "c"])  # a group of zeros, groups of one
    assert zeros.gini_by_pair[0, 0] == 0 and zeros.gini_by_pair[1, 1] == 0
    left_out = dagum(np.array([1.0, 2, 3, 6, np.nan]), ["A", "B", "A", "B", "B"])
    assert left_out.sizes == (2, 2) and left_out.gini == pytest.approx(1 / 3, abs=EXACT)


@pytest.mark.parametrize("y", [[-1.0, 2], [0.0, 0], [1.0, np.nan]], ids=["negative", "all zero", "one unit"])
def test_refused(y):
    with pytest.raises(EstimationError):
        dagum(np.array(y), ["a", "b"])
