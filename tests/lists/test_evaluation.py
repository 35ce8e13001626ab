"""Policy loop and forecasts on panels whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.lists.candidates import CandidateList
from hqd_index.lists.evaluation import evaluation
from hqd_index.lists.policy_loop import batches, nearest, policy_rows, within_effect
from hqd_index.lists.score_cubes import ScoreCube, score_cube
from hqd_index.lists.score_forecasts import BackTest, back_test, forecast, forecast_rows
from hqd_index.tables import check, empty

from .frames import UNITS, frames, study

EXACT = 1e-9
NAMES = {"hqd": ("指数", "index")}


def cube(values):
    values = np.asarray(values, dtype=float)
    return ScoreCube(
        ("hqd",), tuple(f"U{k:02d}" for k in range(len(values))), np.arange(2010, 2010 + values.shape[1]), values[None]
    )


def test_within_effect_is_least_squares_on_dummies():
    """With a hole in the panel; without variation NaN."""
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(6, 5)), generator.normal(size=(6, 5))
    y[2, 3] = np.nan
    unit, year = np.divmod(np.arange(30), 5)
    design = np.column_stack([x.ravel(), *(unit == k for k in range(6)), *(year == k for k in range(1, 5))]).astype(float)
    known = ~np.isnan(y.ravel())
    wanted = np.linalg.lstsq(design[known], y.ravel()[known], rcond=1e-12)[0][0]
    assert within_effect(y, x) == pytest.approx(wanted, abs=EXACT)
    assert np.isnan(within_effect(y, np.ones((6, 5))))


def planted(effect, seed=0, noise=0.2):
    """Thirty units, ten years; densities rise by unequal steps from 2014 on, the index follows a year later."""
    generator = np.random.default_rng(seed)
    gains = np.where(np.arange(10) >= 4, generator.gamma(1.0, 2.0, (30, 10)), 0.0)
    density = gains.cumsum(axis=1)
    lagged = np.c_[np.zeros(30), density[:, :-1]]
    return cube(50 + effect * lagged + generator.normal(0, noise, (30, 10)) + generator.normal(0, 3, (30, 1))), density


def test_a_planted_effect_is_predicted_and_comes():
    scores, density = planted(0.5)
    rows = pd.DataFrame(policy_rows(scores, density, 1)).set_index(["quantity", "year"])
    assert rows.loc["effect_frozen", "value"].to_numpy() == pytest.approx(0.5, abs=0.06)
    gap = rows.loc["difference"]
    assert ((gap["low"] <= gap["expected"]) & (gap["expected"] <= gap["high"])).mean() >= 0.75 and (gap["low"] > 0).all()


def test_nothing_after_the_freeze_enters_the_effect():
    scores, density = planted(0.5)
    later = scores.values.copy()
    later[..., 8:] += 100 * np.random.default_rng(1).normal(size=later[..., 8:].shape)
    first = {batch.year: batch.effect for batch in batches(scores, density, 1)}
    changed = {
        batch.year: batch.effect for batch in batches(ScoreCube(scores.nodes, scores.units, scores.years, later), density, 1)
    }
    assert {year: effect for year, effect in first.items() if year < 2018} == {y: e for y, e in changed.items() if y < 2018}


def test_regression_to_the_mean_is_not_taken_for_an_effect():
    """No effect; in each batch the lowest gain: they rise by themselves, and so do their matches."""
    selected, matched, gaps = [], [], []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        values = generator.normal(50, 5, (60, 10))
        density = np.cumsum((values < 50) & (np.arange(10) >= 3) & (generator.random((60, 10)) < 0.7), axis=1).astype(float)
        rows = pd.DataFrame(policy_rows(cube(values), density, 1)).set_index("quantity")
        selected.append(rows.loc["selected_change", "value"].mean())
        matched.append(rows.loc["matched_change", "value"].mean())
        gaps.append(rows.loc["difference", "value"].mean())
    assert np.mean(selected) > 1.5 and np.mean(matched) > 1.0 and abs(np.mean(gaps)) < 0.7


def test_nearest_by_hand():
    assert nearest(np.array([1.0, 5.0, 2.0, 6.0]), np.array([0, 1]), np.array([2, 3])).tolist() == [2, 3]


def test_a_trend_is_forecast_and_a_random_walk_is_not():
    """Units that rise by one a year, with noise: skill, and the forecast is one more. A walk without drift: no forecast."""
    generator = np.random.default_rng(4)
    level = generator.normal(50, 5, (40, 1))
    rising = level + np.arange(12) + generator.normal(0, 0.1, (40, 12))
    rows = pd.DataFrame(forecast_rows(cube(rising), NAMES))
    assert rows[rows["quantity"] == "forecast_skill"]["value"].min() > 0.9
    next_year = rows[(rows["quantity"] == "forecast") & (rows["year"] == 2022)].set_index("unit")
    assert next_year["value"].to_numpy() - level[:, 0] == pytest.approx(12, abs=0.5)
    assert (next_year["low"] < next_year["value"]).all() and len(next_year) == 40
    silent = [
        pd.DataFrame(forecast_rows(cube(np.random.default_rng(seed).normal(0, 1, (40, 12)).cumsum(axis=1)), NAMES))
        for seed in range(20)
    ]
    listed = np.mean([(rows["quantity"] == "forecast").any() for rows in silent])
    assert listed <= 0.2


def test_a_back_test_uses_the_past_of_each_origin_alone():
    generator = np.random.default_rng(6)
    scores = generator.normal(50, 2, (40, 10))
    later = scores.copy()
    later[:, 8:] += 30
    before, after = back_test(scores, 1), back_test(later, 1)
    assert np.array_equal(before.errors[:-2], after.errors[:-2]) and not np.array_equal(before.errors[-2:], after.errors[-2:])
    assert forecast(scores[:, :1], 1) is None


def test_skill_and_coverage_by_hand():
    """Errors of 1 where no change errs by 2: skill 3/4, loss saved 3 at each origin; all errors inside those of the others."""
    tested = BackTest(np.array([[1.0, -1.0]] * 4), np.array([[2.0, -2.0]] * 4))
    assert tested.skill == 0.75 and tested.gain == (3, 3) and tested.bounds == pytest.approx((-1, 1)) and tested.coverage == 1


def test_what_cannot_be_judged_has_a_reason():
    """Four units over three years: a cube, no batch and no back-test."""
    scores = pd.DataFrame([("all", unit, year, "hqd", 50.0) for unit in UNITS for year in (2018, 2019, 2020)],
                          columns=["sample", "unit", "year", "node", "score"])  # fmt: skip
    nothing = CandidateList(empty("candidates"), None, None, [])
    made, absences = evaluation(study(), None, nothing, frames(scores=scores, density=empty("density")))
    assert check("evaluation", made).empty and [absence.table for absence in absences] == ["evaluation"] * 3
    assert score_cube(scores.iloc[:0], ["hqd"]) is None
