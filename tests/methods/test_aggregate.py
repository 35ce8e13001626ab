"""Aggregation by hand."""

import numpy as np
import pytest
from scipy.optimize import linprog

from hqd_index.errors import EstimationError
from hqd_index.methods.aggregate import (
    AGGREGATE,
    ampi,
    arithmetic,
    bod,
    geometric,
    harmonic,
    is_collapsed,
    minimum,
    mpi,
    owa,
    power,
    topsis,
)
from hqd_index.methods.aggregate_compromise import rsr, vikor

EXACT = 1e-12
SOLVED = 1e-8  # linear programs end 1e-9 from a corner
HALVES = np.array([[0.5, 0.5]])
SQUARE = np.array([[1.0, 3.0], [2.0, 1.0], [3.0, 2.0]])  # both columns: mean 2, variance 2/3, range 2


def test_means_in_closed_form() -> None:
    row, shares = np.array([[1.0, 4.0]]), HALVES
    assert arithmetic(row, shares)[0] == pytest.approx(2.5)
    assert geometric(row, shares)[0] == pytest.approx(2.0)
    assert harmonic(row, shares)[0] == pytest.approx(1.6)
    assert power(row, shares, p=0.5)[0] == pytest.approx(2.25)
    for p, mean in ((1, arithmetic), (0, geometric), (-1, harmonic)):
        assert power(row, shares, p=p)[0] == pytest.approx(mean(row, shares)[0])
    assert minimum(row, shares)[0] == 1


@pytest.mark.parametrize("mean", [arithmetic, geometric, harmonic, power])
def test_shares_are_rescaled_over_the_cells_present(mean) -> None:  # type: ignore[no-untyped-def]
    gap = np.nan
    rows = np.array([[2.0, 8.0, gap], [2.0, gap, gap], [gap, gap, gap], [0.7, 0.7, 0.7]])
    shares = np.array([[0.2, 0.6, 0.2]])
    expected = mean(np.array([[2.0, 8.0]]), np.array([[0.25, 0.75]]))[0]
    assert np.allclose(mean(rows, shares), [expected, 2.0, gap, 0.7], atol=EXACT, equal_nan=True)
    assert np.allclose(mean(rows, shares, min_children=2), [expected, gap, gap, 0.7], atol=EXACT, equal_nan=True)


def test_cells_that_weigh_nothing_give_no_score() -> None:
    assert np.isnan(arithmetic(np.array([[np.nan, 5.0]]), np.array([[1.0, 0.0]])))


def test_zero_collapse_is_found_where_it_happens() -> None:
    rows = np.array([[0.0, 1.0], [0.2, 1.0]])
    assert geometric(rows, HALVES)[0] == harmonic(rows, HALVES)[0] == 0
    assert is_collapsed(rows, HALVES).tolist() == [True, False]
    assert is_collapsed(rows, np.array([[0.0, 1.0]])).tolist() == [False, False]


def test_weights_may_differ_by_unit() -> None:
    rows = np.array([[1.0, 3.0], [1.0, 3.0]])
    assert arithmetic(rows, np.array([[1.0, 0.0], [0.0, 1.0]])).tolist() == [1.0, 3.0]


def test_topsis_by_hand() -> None:
    """Best (.8, .2), worst (0, 0) after weighing: distances (.2, .8), (.8, .2), (.41, .41)."""
    rows, shares = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [np.nan, 0.2]]), np.array([[0.8, 0.2]])
    assert np.allclose(topsis(rows, shares), [0.8, 0.2, 0.5, np.nan], atol=EXACT, equal_nan=True)
    assert topsis(rows[2:3], shares, reference=rows)[0] == pytest.approx(0.5)  # ideal points of the whole sample
    with pytest.raises(EstimationError, match="all equal"):
        topsis(np.full((3, 2), 0.4), shares)


def test_topsis_equal_to_another_implementation() -> None:
    pytest.importorskip("pyrepo_mcda")
    from pyrepo_mcda.mcda_methods import TOPSIS
    from pyrepo_mcda.normalizations import minmax_normalization

    values, weights = np.random.default_rng(1).random((12, 4)), np.array([0.4, 0.3, 0.2, 0.1])
    types = np.ones(4)
    scaled = minmax_normalization(values, types)
    theirs = TOPSIS(normalization_method=minmax_normalization)(values, weights, types)
    assert np.allclose(topsis(scaled, weights[None]), theirs, atol=EXACT)


@pytest.mark.parametrize("name", ["vikor", "grey_relation", "grey_topsis"])
def test_relative_scores_refuse_equal_rows_and_need_every_cell(name: str) -> None:
    rows = np.array([[0.2, 0.9], [0.6, 0.3], [1.0, 0.1], [np.nan, 0.5]])
    score = AGGREGATE[name].function
    with pytest.raises(EstimationError, match="all equal"):
        score(np.full((3, 2), 0.4), HALVES)
    scores = score(rows, HALVES)
    assert np.isnan(scores[3]) and ((scores[:3] >= 0) & (scores[:3] <= 1)).all()
    assert np.allclose(score(rows, np.array([[0.0, 1.0]]))[:3], score(rows[:3, 1:], np.ones((1, 1))), atol=EXACT)
    assert score(rows[1:2], HALVES, reference=rows)[0] == pytest.approx(scores[1])  # ends of the whole sample


def test_vikor_where_only_regret_varies() -> None:
    """Gaps (0, .5), (.5, 0), (.25, .25): S is .5 throughout and left out, R .5, .5 and .25 decides whatever v."""
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    assert np.allclose(vikor(rows, HALVES, v=0.9), [0, 0, 1], atol=EXACT)


def test_rank_sum_ratio_shares_ties_and_takes_ranks_from_the_reference() -> None:
    rows = np.array([[3.0, 1.0], [3.0, 2.0], [5.0, 2.0], [7.0, 9.0]])  # ranks 1.5 1.5 3 4 and 1 2.5 2.5 4, of 4
    assert np.allclose(rsr(rows, HALVES), [2.5 / 8, 4 / 8, 5.5 / 8, 1], atol=EXACT)
    assert np.allclose(rsr(rows[2:3], HALVES, reference=rows), [5.5 / 8], atol=EXACT)
    flat = np.array([[1.0, 4.0], [2.0, 4.0], [3.0, 4.0]])
    assert np.allclose(rsr(flat, HALVES, ranks="fractional"), [1.5 / 3, 2 / 3, 2.5 / 3], atol=EXACT)


def test_mpi_by_hand() -> None:
    """z = +-1.2247, 0: children at .87753, 1, 1.12247; unit 1 has M = 1, S^2 = .015; units 2 and 3 S^2 = .00375."""
    step = 0.1 * np.sqrt(1.5)
    middle = np.array([1.0, 1 - step / 2, 1 + step / 2])
    penalty = np.array([0.015, 0.00375, 0.00375]) / middle
    assert np.allclose(mpi(SQUARE, HALVES), middle - penalty, atol=EXACT)
    assert np.allclose(mpi(SQUARE, HALVES, composite="bad"), middle + penalty, atol=EXACT)
    assert np.allclose(mpi(SQUARE[:, :1], np.ones((1, 1))), [1 - step, 1, 1 + step], atol=EXACT)
    gap = np.array([[1.0, 3.0], [2.0, np.nan], [3.0, 2.0], [2.0, 1.0]])
    assert np.isnan(mpi(gap, HALVES)).tolist() == [False, True, False, False]


def test_ampi_by_hand() -> None:
    """Children at 1 + .3 (x - 2): (.7, 1.3), (1, .7), (1.3, 1); M = 1, .85, 1.15; S^2 = .09, .0225, .0225."""
    expected = [1 - 0.09, 0.85 - 0.0225 / 0.85, 1.15 - 0.0225 / 1.15]
    assert np.allclose(ampi(SQUARE, HALVES), expected, atol=EXACT)
    assert np.allclose(ampi(SQUARE[:1], HALVES, reference=SQUARE), expected[:1], atol=EXACT)


def test_owa_by_hand() -> None:
    """Q(.5) = .5^(7/3) for the better half."""
    better = 0.5 ** (7 / 3)
    assert owa(np.array([[0.3, 0.9]]), HALVES, orness=0.3)[0] == pytest.approx(better * 0.9 + (1 - better) * 0.3)
    rows, shares = np.random.default_rng(2).random((6, 3)), np.array([[0.5, 0.3, 0.2]])
    assert np.allclose(owa(rows, shares, orness=0.5), arithmetic(rows, shares), atol=EXACT)
    assert np.allclose(owa(rows, shares, orness=1e-4), rows.min(axis=1), atol=1e-3)
    assert np.allclose(owa(rows, shares, orness=1 - 1e-4), rows.max(axis=1), atol=2e-3)


def test_bod_scores_are_those_of_the_dual_program() -> None:
    """min sum l with sum_i l_i z_ij >= z_kj: the least bundle of rows that does what row k does (Cherchye et al. 2007)."""
    values, shares = np.random.default_rng(3).random((25, 4)), np.full((1, 4), 0.25)
    dual = [linprog(np.ones(25), A_ub=-values.T, b_ub=-row, method="highs").fun for row in values]
    assert np.allclose(bod(values, shares), dual, atol=SOLVED)
    idle = np.array([[0.5, 0.5, 0.0, 0.0]])
    assert np.allclose(bod(values, idle), bod(values[:, :2], HALVES), atol=SOLVED)
    values[0], values[1, 2], values[2, 3] = 0.0, np.nan, -0.1
    scores = bod(values, shares)
    assert scores[0] == 0 and np.isnan(scores[1:3]).all()
    assert np.allclose(bod(2 * values, shares, reference=values), 2 * scores, atol=SOLVED, equal_nan=True)
