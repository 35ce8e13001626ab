"""Rank confidence sets: by hand where nothing is random, and their coverage on simulated scores."""

import numpy as np

from hqd_index.index.uncertainty.rank_confidence import rank_sets

REPLICATIONS = 400
LEVEL = 0.95
ALLOWANCE = 3 * np.sqrt(LEVEL * (1 - LEVEL) / REPLICATIONS)
"""Three Monte Carlo standard errors of a coverage of 95% in 400 replications."""


def test_certain_scores_have_one_rank():
    sets = rank_sets(np.array([3.0, 1.0, 2.0]), np.tile([3.0, 1.0, 2.0], (50, 1)))
    assert sets.low.tolist() == sets.high.tolist() == [1, 3, 2]


def test_two_close_units_share_a_set_and_a_far_one_does_not():
    stream = np.random.default_rng(1)
    scores = np.array([10.0, 10.1, 0.0])
    sets = rank_sets(scores, scores + stream.normal(size=(999, 3)))
    assert sets.low.tolist() == [1, 1, 3] and sets.high.tolist() == [2, 2, 3]


def test_a_unit_without_score_has_no_set():
    scores = np.array([2.0, np.nan, 1.0])
    sets = rank_sets(scores, np.tile(scores, (20, 1)))
    assert np.isnan(sets.low[1]) and sets.high[[0, 2]].tolist() == [1, 2]


def test_coverage():
    """True ranks of 8 units with normal errors lie in their marginal sets at least 95% of the time, jointly likewise."""
    stream = np.random.default_rng(2)
    truth = np.array([0, 0.2, 0.5, 1, 1.5, 2.5, 4, 6])
    ranks = len(truth) - np.arange(len(truth))
    marginal, joint = [], []
    for _ in range(REPLICATIONS):
        estimate = truth + stream.normal(size=len(truth))
        sets = rank_sets(estimate, estimate + stream.normal(size=(300, len(truth))), level=LEVEL)
        marginal.append((sets.low <= ranks) & (ranks <= sets.high))
        joint.append(((sets.simultaneous_low <= ranks) & (ranks <= sets.simultaneous_high)).all())
    assert (np.mean(marginal, axis=0) >= LEVEL - ALLOWANCE).all()
    assert np.mean(joint) >= LEVEL - ALLOWANCE
