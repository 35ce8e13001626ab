"""Rank confidence sets: by hand where nothing is random, and their coverage on simulated scores."""

import numpy as np

from hqd_index.index.uncertainty.rank_confidence import interval_sets, rank_sets

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


def test_sets_of_single_intervals_cover_and_hold_those_by_pairs():
    """The interval sets hold all true ranks at once at least 95% of the time, and are not much wider than those by pairs."""
    stream = np.random.default_rng(3)
    truth = np.array([0, 0.5, 1.5, 3, 3.2, 6, 9, 20])
    spread = np.array([0.1, 1, 1, 0.2, 2, 1, 0.5, 3])
    ranks = len(truth) - np.arange(len(truth))
    joint, widths = [], []
    for _ in range(REPLICATIONS):
        estimate = truth + spread * stream.normal(size=len(truth))
        draws = estimate + spread * stream.normal(size=(300, len(truth)))
        sets, by_pairs = interval_sets(estimate, draws, level=LEVEL), rank_sets(estimate, draws, level=LEVEL)
        joint.append(((sets.low <= ranks) & (ranks <= sets.high)).all())
        widths.append([(sets.high - sets.low).sum(), (by_pairs.simultaneous_high - by_pairs.simultaneous_low).sum()])
    wide, narrow = np.mean(widths, axis=0)
    assert narrow <= wide <= 1.5 * narrow
    assert np.mean(joint) >= LEVEL - ALLOWANCE


def test_sets_of_single_intervals_by_hand():
    """Errors +-1, +-1, +-0.1: the critical value is 1 spread, so 10 +- 1, 11.5 +- 1 and 5 +- 0.1."""
    estimate = np.array([10.0, 11.5, 5.0, np.nan])
    draws = estimate + np.array([[1, 1, 0.1, 0], [-1, -1, -0.1, 0]])
    sets = interval_sets(estimate, draws)
    assert sets.low[:3].tolist() == [1, 1, 3] and sets.high[:3].tolist() == [2, 2, 3] and np.isnan(sets.low[3])
    apart = interval_sets(np.array([10.0, 12.5, 5.0, np.nan]), np.add(draws, [0, 1, 0, 0]))
    assert apart.low[:3].tolist() == apart.high[:3].tolist() == [2, 1, 3]
    certain = interval_sets(np.array([3.0, 1.0, 2.0]), np.tile([3.0, 1.0, 2.0], (50, 1)))
    assert certain.low.tolist() == certain.high.tolist() == [1, 3, 2]
