"""What every method of a family owes: run over the family's table, so a new method is tested by being named there."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.methods import FAMILIES

from .samples import ALL, apply, named, sample, skewed

EXACT = 1e-12  # double rounding over 30 rows
SOLVED = 2e-4  # weights found by numerical optimisation; their objective is flat near the optimum
LOOSE = {"target": SOLVED, "bod": 1e-7, "factor": 1e-7, "pca": 1e-9, "scatter": 1e-9, "iterative": 1e-9, "knn": 1e-9}
DATA_FREE = {"equal", "given", "ahp", "priority", "fuzzy_ahp"}
BY_NAME = DATA_FREE - {"equal"} | {"target"}  # these know the children by name
MEANS = sorted(set(named("aggregate")) - {"topsis", "bod"})  # those two measure a distance from the best rows


def tolerance(name: str) -> float:
    return LOOSE.get(name, EXACT)


def unit_scaled(values: np.ndarray) -> np.ndarray:
    low, high = np.nanmin(values, axis=-2, keepdims=True), np.nanmax(values, axis=-2, keepdims=True)
    return (values - low) / (high - low)


def inputs(family: str, name: str = "", **change: object) -> np.ndarray:
    values = skewed(**change)  # type: ignore[arg-type]
    if family not in ("weight", "aggregate"):
        return values
    scaled = unit_scaled(values)
    return 0.01 + 0.99 * scaled if name and FAMILIES[family][name].needs == "positive" else scaled


def same(one: np.ndarray, other: np.ndarray, name: str) -> bool:
    return np.allclose(one, other, atol=tolerance(name), rtol=tolerance(name), equal_nan=True)


@pytest.mark.parametrize(("family", "name"), ALL)
def test_a_batch_is_its_draws_one_by_one(family: str, name: str) -> None:
    draws = np.stack([inputs(family, name, seed=1), inputs(family, name, seed=2)])
    draws[1, 3, 1] = draws[1, 9, 2] = np.nan
    batch = apply(sample(family, name), family, draws)
    assert batch.shape[0] == 2
    for draw, result in zip(draws, batch):
        assert same(apply(sample(family, name), family, draw), result, name)


@pytest.mark.parametrize(("family", "name"), ALL)
def test_arguments_are_not_changed(family: str, name: str) -> None:
    values = inputs(family, name)
    values[3, 1] = np.nan
    kept = values.copy()
    apply(sample(family, name), family, values)
    assert np.array_equal(values, kept, equal_nan=True)


@pytest.mark.parametrize("family", ["treat", "normalise"])
def test_columns_do_not_touch_each_other(family: str) -> None:
    for name in named(family):
        values = inputs(family)
        before = apply(sample(family, name), family, values)
        values[5:9, 1] = np.nan
        after = apply(sample(family, name), family, values)
        assert np.array_equal(before[:, [0, 2, 3]], after[:, [0, 2, 3]]), name
        assert np.isnan(after[5:9, 1]).all(), name
        assert not np.isnan(after[9:, 1]).any(), name


@pytest.mark.parametrize("name", named("impute"))
def test_imputing_keeps_what_was_observed_and_an_empty_column_empty(name: str) -> None:
    values = skewed()
    values[[2, 8, 15], [0, 1, 2]] = np.nan
    values[:, 3] = np.nan
    filled = apply(sample("impute", name), "impute", values)
    seen = ~np.isnan(values)
    assert np.array_equal(filled[seen], values[seen])
    assert np.isnan(filled[:, 3]).all()
    assert np.isnan(filled[[2, 8, 15], [0, 1, 2]]).all() == (name == "none")


@pytest.mark.parametrize("name", named("normalise"))
def test_more_is_better_and_constant_or_short_columns_are_empty(name: str) -> None:
    values = skewed()
    if name == "moderate":
        assert apply(sample("normalise", name), "normalise", values).max() == 1
    else:
        scaled = apply(sample("normalise", name), "normalise", values)
        for j, sign in enumerate([1, -1, 1, 1]):
            order = np.argsort(sign * values[:, j])
            assert (np.diff(scaled[order, j]) >= -EXACT).all()
    values[:, 0] = 0.7
    values[2:, 1] = np.nan
    values[:, 2] = np.nan
    scaled = apply(sample("normalise", name), "normalise", values)
    assert np.isnan(scaled[:, :3]).all()
    assert not np.isnan(scaled[:, 3]).any()


@pytest.mark.parametrize("name", named("normalise"))
def test_the_sign_that_is_promised_is_given(name: str) -> None:
    values = np.concatenate([skewed(25), skewed(25, seed=9)[:5]])
    for options in ({}, {"over": [2012, 2018]} if FAMILIES["normalise"][name].timed else {}):
        choice = sample("normalise", name, **options)
        sign = FAMILIES["normalise"][name].given_sign(choice.options)
        inner = values[:25] if not options else values
        scaled = apply(choice, "normalise", inner)
        assert sign == "any_sign" or (scaled[~np.isnan(scaled)] >= 0).all()
        assert sign != "positive" or (scaled[~np.isnan(scaled)] > 0).all()


@pytest.mark.parametrize("name", named("weight"))
def test_weights_are_shares(name: str) -> None:
    values = inputs("weight", name)
    shares = apply(sample("weight", name), "weight", values)
    assert shares.shape == ((30, 4) if name == "bod" else (1, 4))
    assert (shares >= 0).all()
    assert np.allclose(shares.sum(axis=-1), 1, atol=1e-9)
    values[:, 2] = np.nan
    shares = apply(sample("weight", name), "weight", values)
    assert (shares[..., 2] == 0).all()
    assert np.allclose(shares.sum(axis=-1), 1, atol=1e-9)


@pytest.mark.parametrize("name", named("weight"))
def test_permuted_rows_and_columns_permute_weights(name: str) -> None:
    values = inputs("weight", name)
    shares = apply(sample("weight", name), "weight", values)
    rows = np.random.default_rng(3).permutation(30)
    moved = apply(sample("weight", name), "weight", values[rows])
    assert same(moved, shares[rows] if name == "bod" else shares, name)
    if name not in BY_NAME:
        columns = np.array([2, 0, 3, 1])
        assert same(apply(sample("weight", name), "weight", values[:, columns]), shares[..., columns], name)


@pytest.mark.parametrize("name", sorted(set(named("weight")) - DATA_FREE))
def test_a_constant_column_has_no_say(name: str) -> None:
    values = inputs("weight", name)
    values[:, 1] = 0.5
    shares = apply(sample("weight", name), "weight", values)
    if name != "bod":  # there the constant is part of each unit's own best
        assert shares[..., 1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", sorted(set(named("weight")) - DATA_FREE - {"bod"}))
def test_two_rows_are_too_few_to_draw_weights_from(name: str) -> None:
    with pytest.raises(EstimationError):
        apply(sample("weight", name), "weight", inputs("weight", name)[:2])


@pytest.mark.parametrize("name", [n for n in named("weight") if FAMILIES["weight"][n].needs != "any_sign"])
def test_weights_defined_for_shares_refuse_negatives_by_name(name: str) -> None:
    values = inputs("weight", name)
    values[3, 1] = -0.1
    with pytest.raises(EstimationError, match=r"b: .*negative"):
        apply(sample("weight", name), "weight", values)


@pytest.mark.parametrize("name", named("aggregate"))
def test_scores_permute_with_rows_and_ignore_empty_cells(name: str) -> None:
    values = inputs("aggregate") + 0.1
    shares = np.array([[0.4, 0.3, 0.2, 0.1]])
    call = FAMILIES["aggregate"][name].function
    scores = call(values, shares)
    rows = np.random.default_rng(4).permutation(30)
    assert np.allclose(call(values[rows], shares), scores[rows], atol=EXACT)
    columns = np.array([2, 0, 3, 1])
    assert np.allclose(call(values[:, columns], shares[:, columns]), scores, atol=EXACT)
    values[:, 3] = np.nan
    assert np.allclose(call(values, np.array([[0.5, 0.25, 0.25, 0]])), call(values[:, :3], np.array([[0.5, 0.25, 0.25]])))
    values[7, 1:] = np.nan
    assert np.isnan(call(values, np.array([[0.5, 0.25, 0.25, 0]]), min_children=2)[7])
    assert np.isnan(call(np.full((5, 3), np.nan), np.full((1, 3), 1 / 3))).all()


@pytest.mark.parametrize("name", MEANS)
def test_equal_children_score_as_any_of_them(name: str) -> None:
    column = np.linspace(0.2, 0.9, 12)[:, None]
    same_children, alone = np.repeat(column, 3, axis=1), np.array([[1.0]])
    call = FAMILIES["aggregate"][name].function
    assert np.allclose(call(same_children, np.array([[0.5, 0.3, 0.2]])), call(column, alone), atol=EXACT)


@pytest.mark.parametrize("name", [n for n in MEANS if FAMILIES["aggregate"][n].needs == "non_negative"])
def test_means_of_non_negative_values_mark_negative_rows(name: str) -> None:
    values = np.array([[0.5, 0.5], [-0.1, 0.5], [0.0, 0.5]])
    scores = FAMILIES["aggregate"][name].function(values, np.array([[0.5, 0.5]]))
    assert np.isnan(scores[1])
    assert scores[2] == (0 if name != "power" else pytest.approx((0.5 * 0.5**0.5) ** 2))
    idle = FAMILIES["aggregate"][name].function(values, np.array([[0.0, 1.0]]))
    assert idle[2] == pytest.approx(0.5)  # a zero that weighs nothing collapses nothing


def test_every_method_says_where_it_comes_from_in_both_languages() -> None:
    for family, name in ALL:
        method = FAMILIES[family][name]
        assert method.label_zh and method.label_en and method.source and len(method.summary) > 20, name
