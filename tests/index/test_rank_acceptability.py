"""What draws of ranks say, by hand."""

import numpy as np
import pytest

from hqd_index.index.uncertainty.rank_acceptability import (
    mean_distance,
    mean_shift,
    order_statistics,
    pairwise_shares,
    rank_counts,
    share_ranked_above,
    stable_pairs,
)

NAN = np.nan
DRAWS = np.array([[1, 2, 3], [1, 3, 2], [2, 1, 3], [1, 2, NAN], [1, 2, 3]], dtype=float)
"""Five draws of three units; the third has no score in one."""


def test_how_often_each_rank_is_taken():
    assert rank_counts(DRAWS).tolist() == [[4, 1, 0], [1, 3, 1], [0, 1, 3]]
    cube = np.stack([DRAWS, 4 - DRAWS], axis=1)
    assert np.array_equal(rank_counts(cube), [rank_counts(DRAWS), rank_counts(4 - DRAWS)])


def test_order_statistics_are_ranks_that_were_drawn():
    """Sorted: 1 1 1 1 2 | 1 2 2 2 3 | 2 3 3 3; the q-quantile is the ceil(q n)-th, at least the first."""
    low, middle, high = order_statistics(rank_counts(DRAWS), (0.2, 0.5, 0.8))
    assert low.tolist() == [1, 1, 2]
    assert middle.tolist() == [1, 2, 3]
    assert high.tolist() == [1, 2, 3]
    first, last = order_statistics(rank_counts(DRAWS), (0.0, 1.0))
    assert first.tolist() == [1, 1, 2] and last.tolist() == [2, 3, 3]


def test_order_statistics_agree_with_sorting():
    ranks = np.random.default_rng(1).integers(1, 32, (200, 31)).astype(float)
    ordered = np.sort(ranks, axis=0)
    for q, place in ((0.05, 9), (0.5, 99), (0.95, 189)):  # the 10th, 100th and 190th of 200
        assert np.array_equal(order_statistics(rank_counts(ranks), (q,))[0], ordered[place])
    odd = np.arange(1.0, 102)[:, None] + np.zeros(101)  # ranks 1 to 101, each drawn once: 0.05 x 101 = 5.05, so the 6th
    assert order_statistics(rank_counts(odd), (0.05, 0.95))[0][0] == 6 and order_statistics(rank_counts(odd), (0.95,))[0][0] == 96


def test_a_unit_that_no_draw_ranks_has_no_interval():
    ranks = np.array([[1.0, NAN], [1.0, NAN]])
    (median,) = order_statistics(rank_counts(ranks), (0.5,))
    assert median[0] == 1 and np.isnan(median[1])
    assert np.isnan(mean_distance(rank_counts(ranks), np.array([1.0, 2.0]))[1])


def test_shifts_by_hand():
    base = np.array([1.0, 2.0, 3.0])
    assert mean_distance(rank_counts(DRAWS), base).tolist() == [0.2, 0.4, 0.25]
    assert mean_shift(DRAWS, base) == pytest.approx([0, 2 / 3, 2 / 3, 0, 0])
    assert np.isnan(mean_shift(np.array([[NAN, NAN, NAN]]), base)).all()


def test_who_stands_above_whom():
    share = pairwise_shares(DRAWS)
    assert share[0].tolist() == [0, 0.8, 1] and share[1].tolist() == [0.2, 0, 0.75]
    assert share[2].tolist() == [0, 0.25, 0]
    first, other = np.nonzero(~np.eye(3, dtype=bool))
    assert np.array_equal(share_ranked_above(DRAWS, first, other), share[first, other])
    assert stable_pairs(share) == pytest.approx(1 / 3)  # only the first and the third are never reversed


def test_ties_are_neither_above_nor_below():
    share = pairwise_shares(np.array([[1.0, 1.0], [1.0, 2.0]]))
    assert share.tolist() == [[0, 0.5], [0, 0]] and stable_pairs(share) == 1
    assert np.isnan(stable_pairs(pairwise_shares(np.full((2, 2), NAN))))
    assert np.isnan(share_ranked_above(np.full((2, 2), NAN), np.array([0]), np.array([1]))).all()
