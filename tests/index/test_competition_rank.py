"""Competition ranks with ties near the limit of what a double can tell."""

import numpy as np

from hqd_index.index.competition_rank import TIE, competition


def test_ties_share_the_better_place():
    assert competition(np.array([3.0, 5, 5, 1])).tolist() == [3, 1, 1, 4]


def test_a_tie_is_measured_from_the_first_of_its_group():
    """0, -0.6, -1.2 tolerances apart: the third is within one tolerance of the second but not of the first."""
    scores = 50 - np.array([0.0, 0.6, 1.2]) * TIE
    assert competition(scores).tolist() == [1, 1, 3]


def test_missing_scores_have_no_rank_and_take_no_place():
    ranks = competition(np.array([np.nan, 2.0, 1.0]))
    assert np.isnan(ranks[0]) and ranks[1:].tolist() == [1, 2]


def test_draws_are_ranked_row_by_row():
    scores = np.random.default_rng(0).normal(size=(50, 7)).round(1)
    alone = np.stack([competition(row) for row in scores])
    assert np.array_equal(competition(scores), alone)
