"""What draws of ranks say, by hand."""

import numpy as np
import pytest

from hqd_index.index.uncertainty.rank_acceptability import (
    mean_distance,
    mean_shift,
    mean_shifts,
    order_statistics,
    pairwise_shares,
    rank_numbers,
    rank_shares,
    rank_values,
    share_ranked_above,
    stable_share,
)

NAN = np.nan
DRAWS = np.array([[1, 2, 3], [1, 3, 2], [2, 1, 3], [1, 2, 0], [1, 2, 3]], dtype=np.uint16)
"""Five draws of three units; the third has no rank (0) in one."""


def test_ranks_as_whole_numbers():
    scores = np.array([[3.0, 1, NAN], [1, 1, 5]])
    assert rank_numbers(scores).tolist() == [[1, 2, 0], [2, 2, 1]] and rank_numbers(scores).dtype == np.uint16
    assert np.array_equal(rank_values(rank_numbers(scores)), [[1, 2, NAN], [2, 2, 1]], equal_nan=True)


def test_how_often_each_rank_is_taken():
    shares = rank_shares(DRAWS, np.array([0, 2]))
    assert shares.units.tolist() == [0, 0, 2, 2] and shares.ranks.tolist() == [1, 2, 2, 3]
    assert shares.shares.tolist() == [0.8, 0.2, 0.2, 0.6]


def test_order_statistics_are_ranks_that_were_drawn():
    """Sorted: 1 1 1 1 2 | 1 2 2 2 3 | 2 3 3 3; the q-quantile is the ceil(q n)-th, at least the first."""
    low, middle, high = order_statistics(DRAWS, (0.2, 0.5, 0.8))
    assert low.tolist() == [1, 1, 2]
    assert middle.tolist() == [1, 2, 3]
    assert high.tolist() == [1, 2, 3]
    first, last = order_statistics(np.stack([DRAWS, DRAWS[::-1]], axis=1), (0.0, 1.0))
    assert first.tolist() == [[1, 1, 2]] * 2 and last.tolist() == [[2, 3, 3]] * 2


def test_order_statistics_agree_with_sorting():
    ranks = np.random.default_rng(1).integers(1, 32, (200, 31)).astype(np.uint16)
    ordered = np.sort(ranks, axis=0)
    for q, place in ((0.05, 9), (0.5, 99), (0.95, 189)):  # the 10th, 100th and 190th of 200
        assert np.array_equal(order_statistics(ranks, (q,))[0], ordered[place])
    odd = np.arange(1, 102, dtype=np.uint16)[:, None]  # ranks 1 to 101, each drawn once: 0.05 x 101 = 5.05, so the 6th
    assert [place[0] for place in order_statistics(odd, (0.05, 0.95))] == [6, 96]


def test_a_unit_that_no_draw_ranks_has_no_interval():
    ranks = np.array([[1, 0], [1, 0]], dtype=np.uint16)
    (median,) = order_statistics(ranks, (0.5,))
    assert median[0] == 1 and np.isnan(median[1])
    assert np.isnan(mean_distance(ranks, np.array([1.0, 2.0]))[1])
    assert rank_shares(ranks, np.array([1])).units.tolist() == []


def test_shifts_by_hand():
    base = np.array([1.0, 2.0, 3.0])
    assert mean_distance(DRAWS, base).tolist() == [0.2, 0.4, 0.25]
    assert mean_shifts(DRAWS, base) == pytest.approx([0, 2 / 3, 2 / 3, 0, 0])
    assert np.isnan(mean_shift(np.array([[NAN, NAN, NAN]]), base)).all()


def test_who_stands_above_whom():
    share = pairwise_shares(DRAWS)
    assert share[0].tolist() == [0, 0.8, 1] and share[1].tolist() == [0.2, 0, 0.75]
    assert share[2].tolist() == [0, 0.25, 0]
    first, other = np.nonzero(~np.eye(3, dtype=bool))
    assert np.array_equal(share_ranked_above(DRAWS, first, other), share[first, other])
    upper = np.triu_indices(3, k=1)
    assert stable_share(share[upper], share.T[upper]) == pytest.approx(1 / 3)  # only the first and the third never change order


def test_ties_are_neither_above_nor_below():
    share = pairwise_shares(np.array([[1, 1], [1, 2]], dtype=np.uint16))
    assert share.tolist() == [[0, 0.5], [0, 0]] and stable_share(share[0, 1:], share[1, :1]) == 1
    unranked = np.zeros((2, 2), dtype=np.uint16)
    assert np.isnan(pairwise_shares(unranked)).all() and np.isnan(stable_share(np.array([NAN]), np.array([NAN])))
    assert np.isnan(share_ranked_above(unranked, np.array([0]), np.array([1]))).all()
