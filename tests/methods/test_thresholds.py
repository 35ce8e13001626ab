"""What decides at an edge: equality, zero, a single cell, rounding; mistakes that no other test saw (tests/mutation)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import ConfigError, EstimationError
from hqd_index.methods import AGGREGATE, IMPUTE, NORMALISE, TREAT, WEIGHT, weight_ahp, weight_preferences
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.column_statistics import correlation, folded_reduction, spread_and_correlation
from hqd_index.methods.method import ColumnError
from hqd_index.methods.shares import as_shares, bounded_shares, refuse_negative
from hqd_index.methods.treat import box_cox, skew_and_kurtosis, winsorise_skewed
from hqd_index.methods.weight import check_sum, critic, evenness
from hqd_index.methods.weight_combined import check_mix
from hqd_index.methods.weight_optimised import frontier_notes, importances, target_notes

from .samples import CHILDREN, sample

STREAM = np.random.default_rng(16)
SPREAD = STREAM.uniform(size=(40, 1))
COPIES = np.hstack([SPREAD * k + k / 7 for k in (1.0, 3.0, 0.1, 1e-3, 777.7)])
"""Columns with correlation 1, which rounding may put beyond it."""


def test_rounding_is_no_conflict() -> None:
    """CRITIC: among copies there is none, and all weigh the same; beside another column a copy changes nothing of it."""
    assert critic(COPIES).tolist() == [[0.2] * 5]
    other = STREAM.uniform(size=(40, 1))
    r = np.corrcoef(SPREAD[:, 0], other[:, 0])[0, 1]
    deviation = np.hstack([COPIES[:, :2], other]).std(axis=0) * (1 - r) * [1, 1, 2]
    np.testing.assert_allclose(critic(np.hstack([COPIES[:, :2], other]))[0], deviation / deviation.sum(), rtol=1e-9)


def test_no_correlation_is_beyond_one() -> None:
    for r in (spread_and_correlation(COPIES)[1], correlation(np.where(SPREAD > 0.9, np.nan, COPIES))):
        assert np.nanmax(np.abs(r)) <= 1.0


def test_correlations_of_many_draws_with_gaps_are_those_of_pandas_one_by_one() -> None:
    """Few values and many gaps: pairs with 2 and 3 cells in common, columns that are flat where another has cells."""
    stream = np.random.default_rng(7)
    draws = np.where(stream.uniform(size=(2, 30, 7, 5)) < 0.3, np.nan, stream.integers(0, 3, size=(2, 30, 7, 5)).astype(float))
    found = correlation(draws)
    assert np.isnan(found).any(axis=(-1, -2)).mean() > 0.5
    for place in np.ndindex(2, 30):
        np.testing.assert_allclose(found[place], pd.DataFrame(draws[place]).corr(min_periods=3), atol=1e-9)


@pytest.mark.parametrize(("cells", "defined"), [(3, False), (4, True)])
def test_skewness_and_kurtosis_need_four_cells(cells: int, defined: bool) -> None:
    values = np.array([[1.0], [2.0], [4.0], [9.0]])[:cells]
    for moment in (*skew_and_kurtosis(values), *skew_and_kurtosis(np.vstack([values, [[np.nan]]]))):
        assert np.isfinite(moment).all() == defined


def test_one_cell_has_no_evenness() -> None:
    with np.errstate(all="raise"):
        found = evenness(np.array([[1.0, 0.5], [np.nan, 0.5], [np.nan, np.nan]]))
    assert np.isnan(found[0, 0]) and found[0, 1] == pytest.approx(1.0, abs=1e-12)


def test_topsis_counts_the_children_that_are_there_and_needs_those_with_a_share() -> None:
    values = np.array([[0.0, 1.0], [1.0, 0.0], [0.25, np.nan]])
    topsis = AGGREGATE["topsis"].function
    assert topsis(values, np.array([[1.0, 0.0]])).tolist() == [0.0, 1.0, 0.25]
    assert np.isnan(topsis(values, np.array([[1.0, 0.0]]), min_children=2)).tolist() == [False, False, True]
    assert np.isnan(topsis(values, np.array([[0.5, 0.5]]))).tolist() == [False, False, True]


def test_a_column_at_both_thresholds_is_winsorised_and_at_one_of_them_is_not() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [40.0]])
    skew, peak = (float(part[0, 0]) for part in skew_and_kurtosis(values))
    assert winsorise_skewed(values, skewness=skew, kurtosis=peak).max() == 4.0
    for skewness, kurtosis in ((skew * 1.01, peak), (skew, peak * 1.01)):
        assert winsorise_skewed(values, skewness=skewness, kurtosis=kurtosis).max() == 40.0


def test_box_cox_refuses_zero() -> None:
    with pytest.raises(EstimationError, match="positive"):
        box_cox(np.array([[0.0], [1.0], [2.0], [3.0]]), power=0.5)


def test_a_column_out_of_use_gets_no_share_below_a_cap() -> None:
    shares, usable = np.array([[0.9, 0.1, 0.0]]), np.array([[True, True, False]])
    assert bounded_shares(shares, usable, floor=0.2, cap=0.8)[0].tolist() == pytest.approx([0.8, 0.2, 0.0], abs=0)


@pytest.mark.parametrize(
    ("shares", "mend"), [([60.0, 40.0], "write 30% for 30"), ([61.0, 40.0], "correct them"), ([0.5, 0.4], "correct")]
)
def test_shares_that_sum_to_100_are_taken_for_percentages(shares: list[float], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        check_sum({"shares": np.array(shares)})


def test_methods_that_take_one_draw_at_a_time_are_these() -> None:
    slow = {
        name for family in (IMPUTE, TREAT, NORMALISE, WEIGHT, AGGREGATE) for name, method in family.items() if not method.batch
    }
    assert slow == {
        "knn", "iterative", "box_cox", "yeo_johnson", "pca", "pca_spss", "independence", "factor", "scatter", "bod", "target",
        "cilos", "idocriw",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["vikor", "grey_relation", "grey_topsis"])
@pytest.mark.parametrize("other", [np.nan, 3.0])
def test_rows_that_differ_only_where_nothing_weighs_have_no_rank(method: str, other: float) -> None:
    values = np.array([[1.0, 0.0, other], [1.0, 5.0, other], [1.0, 2.0, other]])
    with pytest.raises(EstimationError, match="all equal"):
        AGGREGATE[method].function(values, np.array([[0.5, 0.0, 0.5]]))
    assert np.isfinite(AGGREGATE[method].function(values[:, :2], np.array([[0.5, 0.5]]))).all()


def test_judgements_at_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.array([[1.0, 3.0, 5.0], [1 / 3, 1.0, 3.0], [1 / 5, 1 / 3, 1.0]])
    ratio = weight_ahp.consistency(matrix).ratio
    for limit, refused in ((ratio, True), (ratio * 1.01, False)):
        monkeypatch.setattr(weight_ahp, "LARGEST_RATIO", limit)
        weight_ahp.check_consistency({"matrices": matrix, "allow_inconsistent": True})
        if refused:
            with pytest.raises(ConfigError, match="contradict"):
                weight_ahp.check_consistency({"matrices": matrix, "allow_inconsistent": False})
        else:
            weight_ahp.check_consistency({"matrices": matrix, "allow_inconsistent": False})


def test_shares_of_zeros_stay_and_columns_refused_in_any_draw_are_named() -> None:
    assert bounded_shares(np.zeros((1, 3)), np.ones((1, 3), dtype=bool), floor=0.1, cap=0.9).tolist() == [[0.0] * 3]
    assert bounded_shares(np.zeros((1, 3)), np.zeros((1, 3), dtype=bool), floor=0.1, cap=0.9).tolist() == [[0.0] * 3]
    is_refused = np.zeros((2, 4, 1, 3), dtype=bool)
    is_refused[1, 2, 0, 1] = True
    with pytest.raises(ColumnError) as refusal:
        refuse_negative(is_refused, "entropy")
    assert list(refusal.value.columns) == [1]


def test_one_row_on_the_frontier_is_no_caution_and_two_are() -> None:
    alone = np.array([[1.0, 1.0], [0.5, 0.5], [0.2, 0.1]])
    for values, expected in ((alone, (1.0, "")), (np.vstack([alone, [[1.2, 0.1]]]), (2.0, "I-FRONTIER"))):
        note = next(note for note in frontier_notes(values, floor=0.0, cap=1.0) if note.quantity == "rows_at_1")
        assert (note.value, note.flag) == expected


@pytest.mark.parametrize("measure", ["correlation", "ratio"])
def test_an_index_of_one_child_is_all_of_that_child(measure: Literal["correlation", "ratio"]) -> None:
    rows = STREAM.uniform(1.0, 2.0, size=(30, 2))
    assert importances(rows, rows[:, 0], measure)[0] == pytest.approx(1.0, rel=1e-9)
    assert importances(rows, rows[:, 0], measure)[1] < 0.5


@pytest.mark.parametrize(
    ("by", "mix", "reason"),
    [("product", [0.5, 0.5], "belongs"), ("mean", [1.0], "needs 2"), ("mean", [0.6, 0.5], "sum to 1"), ("mean", None, "")],
)
def test_a_mix_is_as_long_as_what_it_mixes_and_sums_to_one(by: str, mix: list[float] | None, reason: str) -> None:
    options = {"by": by, "mix": mix, "of": ["entropy", "critic"]}
    if not reason:
        check_mix(options)
        check_mix(options | {"mix": [0.3, 0.7 + 1e-9]})
        return
    with pytest.raises(ConfigError, match=reason):
        check_mix(options)


@pytest.mark.parametrize("shape", [(1, 3), (2, 3), (5, 300), (7, 4), (3, 1, 2), (2, 129, 2)])
def test_a_folded_reduction_is_the_plain_one(shape: tuple[int, ...]) -> None:
    values = STREAM.uniform(size=shape)
    for ufunc in (np.fmin, np.fmax):
        for layout in (values, np.asfortranarray(values)):
            assert np.array_equal(folded_reduction(ufunc, layout), ufunc.reduce(values, axis=-2, keepdims=True))
    np.testing.assert_allclose(folded_reduction(np.add, values), values.sum(axis=-2, keepdims=True), rtol=1e-12)


def test_an_empty_column_gets_no_share_from_a_floor() -> None:
    values = np.column_stack([STREAM.uniform(size=(9, 3)), np.full(9, np.nan)])
    call = bind(Choice(method="equal", floor=0.2), "weight").for_children(["a", "b", "c", "d"])  # type: ignore[call-arg]
    assert call(values)[0].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])


def test_targets_are_noted_with_the_rows_they_rest_on() -> None:
    values = STREAM.uniform(size=(12, 2))
    values[4, 0] = np.nan
    notes = list(target_notes(values, targets=np.array([0.5, 0.5]), importance="correlation"))
    assert (notes[0].quantity, notes[0].value, notes[0].flag) == ("complete_rows", pytest.approx(11 / 12), "I-INCOMPLETE")
    assert [note.quantity for note in notes[1:]] == ["target", "importance_share"] * 2


def test_the_weakest_child_is_one_that_weighs() -> None:
    assert AGGREGATE["minimum"].function(np.array([[1.0, 5.0, 7.0]]), np.array([[0.0, 0.6, 0.4]])).tolist() == [5.0]


def test_equal_shares_where_no_merit_is_left() -> None:
    for usable, expected in (([True, False], [1.0, 0.0]), ([True, True], [0.5, 0.5]), ([False, False], [0.0, 0.0])):
        assert as_shares(np.zeros((1, 2)), np.array([usable])).tolist() == [expected]


def test_a_column_is_pulled_in_at_the_end_where_its_tail_is() -> None:
    """Skewness between 0 and 1: the tail is above, however light."""
    values = np.array([[-3.0], *[[0.0 + 0.01 * k] for k in range(12)], [3.5]])
    skew, peak = (float(part[0, 0]) for part in skew_and_kurtosis(values))
    assert 0 < skew < 1
    found = winsorise_skewed(values, skewness=skew / 2, kurtosis=peak / 2, max_points=1, then_log=False)
    assert (found.max(), found.min()) == (0.11, -3.0)
    mirrored = winsorise_skewed(-values, skewness=skew / 2, kurtosis=peak / 2, max_points=1, then_log=False)
    assert np.array_equal(mirrored, -found)


@pytest.mark.parametrize("name", [name for name, method in WEIGHT.items() if method.batch])
def test_draws_with_constant_and_empty_columns_are_weighed_one_by_one(name: str) -> None:
    draws = STREAM.uniform(0.1, 1.0, size=(3, 12, 4))
    draws[0, :, 2], draws[1, :, 0], draws[2, 3:6, 1] = 0.5, np.nan, np.nan
    choice = bind(sample("weight", name), "weight").for_children(CHILDREN)
    np.testing.assert_allclose(choice(draws), np.stack([choice(draw) for draw in draws]), atol=1e-12)


def test_judgements_of_eleven_children_are_too_many() -> None:
    with pytest.raises(ConfigError, match="at most 10 children, not 11"):
        weight_ahp.consistency(np.ones((11, 11)))
    assert weight_ahp.consistency(np.ones((10, 10))).ratio == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("place", [0, 1])
def test_one_judgement_that_does_not_rise_is_refused(place: int) -> None:
    triples = np.stack([np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2))])
    weight_preferences.check_fuzzy_judgements({"matrices": triples, "allow_inconsistent": False})
    triples[place, 0, 1] += 1.0
    with pytest.raises(ConfigError, match="must rise"):
        weight_preferences.check_fuzzy_judgements({"matrices": triples, "allow_inconsistent": True})


def test_a_column_that_no_component_holds_weighs_nothing_and_is_not_refused() -> None:
    """Correlations of [[1, r, 0], [r, 1, 0], [0, 0, 1]]: the first component alone counts, without the third column."""
    a, b, c = np.array([[1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]], dtype=float)
    shares = WEIGHT["pca_spss"].function(np.column_stack([a, a + 0.5 * b, c]))
    assert shares[0].tolist() == pytest.approx([0.5, 0.5, 0.0], abs=1e-12)


@pytest.mark.parametrize("name", ["grey_relation", "grey_topsis"])
def test_grey_grades_distinguish_by_one_half_unless_told(name: str) -> None:
    values, shares = STREAM.uniform(size=(6, 3)), np.array([[0.5, 0.3, 0.2]])
    grade = AGGREGATE[name].function
    assert np.array_equal(grade(values, shares), grade(values, shares, rho=0.5))
    assert not np.allclose(grade(values, shares), grade(values, shares, rho=1.0))


@pytest.mark.parametrize("name", [name for name, method in AGGREGATE.items() if method.batch])
def test_draws_with_gaps_are_aggregated_one_by_one(name: str) -> None:
    draws, shares = STREAM.uniform(0.1, 1.0, size=(4, 6, 3)), STREAM.dirichlet(np.ones(3), size=4)[:, None, :]
    draws[1, 2, 0] = np.nan
    grade = bind(sample("aggregate", name), "aggregate").for_children(CHILDREN[:3])
    together, apart = grade(draws, shares), np.stack([grade(draw, share) for draw, share in zip(draws, shares)])
    np.testing.assert_allclose(together, apart, atol=1e-12)
