"""Transitions by hand, a chain with known probabilities, ergodic vectors in closed form, homogeneity against scipy."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.markov_chains import (
    ergodic,
    homogeneity,
    probabilities,
    quartile_cuts,
    state_of_values,
    transitions,
)

EXACT = 1e-12
P = np.array([[0.7, 0.2, 0.1, 0.0], [0.2, 0.5, 0.2, 0.1], [0.0, 0.3, 0.5, 0.2], [0.1, 0.0, 0.2, 0.7]])


def chain(matrix, *, years, units, seed):
    rng = np.random.default_rng(seed)
    state = np.empty((years, units), dtype=int)
    state[0] = rng.integers(4, size=units)
    cumulative = matrix.cumsum(axis=1)
    for t in range(1, years):
        state[t] = (rng.random(units)[:, None] > cumulative[state[t - 1]]).sum(axis=1)
    return state


def test_states_at_pooled_quartiles_ties_go_down():
    values = np.array([[1.0, 2, 3, 4], [5, 6, 7, np.nan]])
    points = quartile_cuts(values)
    assert points == pytest.approx([2.5, 4, 5.5], abs=EXACT)
    assert state_of_values(values, points).tolist() == [[0, 0, 1, 1], [2, 3, 3, -1]]


def test_a_gap_in_years_or_a_missing_state_breaks_the_chain():
    state = np.array([[0, 1, 2], [1, 1, -1], [3, 1, 3]])
    counts = transitions(state, [2000, 2001, 2002])[0]
    assert counts.sum() == 4 and counts[0, 1] == 1 and counts[1, 3] == 1 and counts[1, 1] == 2
    assert transitions(state, [2000, 2001, 2003])[0].sum() == 2


def test_a_known_chain_is_recovered():
    """30 years x 400 units: about 3,000 moves from each state, three standard errors 3 sqrt(p (1-p) / n) <= .028."""
    counts = transitions(chain(P, years=30, units=400, seed=1), list(range(30)))[0]
    error = 3 * np.sqrt(np.maximum(P * (1 - P), 1e-4) / counts.sum(axis=1, keepdims=True))
    assert (np.abs(probabilities(counts) - P) <= error).all()


def test_ergodic_in_closed_form():
    """A ladder with up u and down d has pi_i proportional to (u/d)^i; and pi P = pi for any irreducible chain."""
    u, d = 0.3, 0.1
    ladder = np.diag([1 - u, 1 - u - d, 1 - u - d, 1 - d]) + np.diag([u] * 3, 1) + np.diag([d] * 3, -1)
    assert ergodic(ladder) == pytest.approx(3.0 ** np.arange(4) / 40, abs=EXACT)
    assert ergodic(P) @ P == pytest.approx(ergodic(P), abs=EXACT)


def test_ergodic_is_not_made_up():
    empty = P.copy()
    empty[2] = np.nan
    two_closed = np.kron(np.eye(2), np.array([[0.5, 0.5], [0.5, 0.5]]))
    assert np.isnan(ergodic(empty)).all() and np.isnan(ergodic(two_closed)).all() and np.isnan(ergodic(np.eye(4))).all()
    assert np.isnan(probabilities(np.zeros((4, 4), dtype=int))).all()


def test_homogeneity_is_the_sum_of_row_tests():
    """For each state of origin a table of parts by states reached, without empty rows and columns (Pearson, no correction)."""
    counts = np.random.default_rng(3).integers(0, 30, size=(3, 4, 4))
    counts[:, 2, 3], counts[1, 0] = 0, 0
    statistic, dof = 0.0, 0
    for i in range(4):
        table = counts[:, i]
        table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
        known = chi2_contingency(table, correction=False)
        statistic, dof = statistic + known.statistic, dof + known.dof
    found = homogeneity(counts)
    assert found.chi2 == pytest.approx(statistic, rel=EXACT) and found.dof == dof


def test_homogeneity_has_its_size_and_some_power():
    same = [transitions(chain(P, years=12, units=60, seed=s), list(range(12)), halves(12, 60), part_count=2) for s in range(100)]
    rejected = np.mean([homogeneity(counts).p < 0.05 for counts in same])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    other = np.concatenate([chain(P, years=6, units=60, seed=1), chain(np.full((4, 4), 0.25), years=6, units=60, seed=2)])
    assert homogeneity(transitions(other, list(range(12)), halves(12, 60), part_count=2)).p < 0.001


def halves(years, units):
    return np.broadcast_to((np.arange(years) >= years // 2).astype(int)[:, None], (years, units))


def test_one_part_has_no_freedom():
    found = homogeneity(transitions(chain(P, years=5, units=20, seed=1), list(range(5))))
    assert found.chi2 == pytest.approx(0, abs=EXACT) and found.dof == 0 and np.isnan(found.p)


@pytest.mark.parametrize("values", [np.full((3, 4), 2.0), np.ones((3, 1)), np.full((2, 3), np.nan)])
def test_no_quartiles(values):
    with pytest.raises(EstimationError):
        quartile_cuts(values)


def test_one_year_is_refused():
    with pytest.raises(EstimationError):
        transitions(np.zeros((1, 5), dtype=int), [2000])
