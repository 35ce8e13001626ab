"""Alarms on series worked by hand, and on falls planted in simulated panels."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.lists.alerts import alerts
from hqd_index.lists.robust_scores import (
    MAD_SCALE,
    alarms,
    falling_periods,
    few_years_factor,
    first_years,
    medians,
    medians_of_others,
    relative_to_peers,
    robust_score,
    scores_against_past,
    theil_sen,
)
from hqd_index.tables import check

from .frames import UNITS, density, frames, study

EXACT = 1e-12
LEVELS = (1.5, 2.5, 3.5)


def test_medians_are_numpys():
    values = np.random.default_rng(1).normal(size=(4, 9))
    values[values > 0.8] = np.nan
    assert medians(values) == pytest.approx(np.nanmedian(values, axis=-1), abs=EXACT)
    assert np.isnan(medians(np.full((1, 3), np.nan))).all()


def test_score_by_hand():
    """1, 2, 3, 4, 10: median 3, deviations 2, 1, 0, 1, 7, MAD 1; a value of 0 is 3 / 1.4826 on the bad side."""
    score, middle = robust_score(np.array(0.0), np.array([1.0, 2, 3, 4, 10]), 5)
    assert middle == 3 and score == pytest.approx(3 / MAD_SCALE, abs=EXACT)
    assert np.isnan(robust_score(np.array(0.0), np.array([1.0, 2, 3, 4]), 5)[0])  # too few
    assert np.isnan(robust_score(np.array(0.0), np.array([2.0, 2, 2, 2, 9]), 5)[0])  # MAD 0


def test_a_common_move_is_no_alarm_and_a_quiet_past_makes_none():
    """All fall by 9 in the last year: relative to their median nothing happened. Unit 0 was quiet: its spread is the usual."""
    quiet, usual = np.array([0.1, 0, 0.1, 0, 0.1, 0]), np.array([1.0, -1, 2, -2, 1, -1])
    values = np.stack([np.r_[quiet, 0.6], np.r_[usual, 0], np.r_[usual[::-1], 0], np.r_[-usual, 0]])
    fall = values - np.where(np.arange(7) == 6, 9.0, 0.0)
    assert relative_to_peers(fall)[..., -1] == pytest.approx(relative_to_peers(values)[..., -1], abs=EXACT)
    score = scores_against_past(-values, 5)[0][0, -1]
    six_years = 1.2 * np.sqrt(1 + np.pi / 12)  # b_n of Croux & Rousseeuw, and the error of a median of six
    assert score == pytest.approx((0.6 - 0.05) / (MAD_SCALE * 1.0 * six_years), abs=EXACT)  # own MAD 0.05, the others' 1


def test_chance_makes_a_red_alarm_no_more_often_than_meant():
    """Normal noise, five to twelve earlier years: beyond 3.5 in under 1.5 of 1,000 series-years, without the factor in 4."""
    noise = np.random.default_rng(11).normal(size=(200, 31, 13))
    scores = scores_against_past(relative_to_peers(noise), 5)[0]
    assert (scores[~np.isnan(scores)] > LEVELS[2]).mean() < 0.0015
    assert few_years_factor(np.array([1000])) == pytest.approx([1], abs=2e-3)


def test_the_unit_that_is_the_median_has_scores_too():
    """Unit 1 lies between the others every year: against the median of all it would be 0 throughout, against theirs it moves."""
    values = np.array([[0.0, 0, 0], [5, 6, 4], [10, 10, 10]])
    assert relative_to_peers(values)[1].tolist() == [0, 1, -1]
    generator = np.random.default_rng(9)
    wide = generator.normal(size=(2, 7, 4))
    wide[generator.random(wide.shape) < 0.2] = np.nan
    others = np.stack([np.nanmedian(np.delete(wide, k, axis=1), axis=1) for k in range(7)], axis=1)
    assert medians_of_others(wide) == pytest.approx(np.where(np.isnan(wide), np.nan, others), nan_ok=True, abs=EXACT)


def test_hysteresis_and_first_year():
    """On at 1.6, stays at 1.3 (not below 1.2), red, back to yellow at 1.3, off at 1.1; 1.3 alone starts nothing."""
    scores = np.array([[1.3, 1.6, 1.3, 3.6, 1.3, 1.1, np.nan, 2.6]])
    colours = alarms(scores, LEVELS, 0.3)
    assert colours.tolist() == [[0, 1, 1, 3, 1, 0, 0, 2]]
    assert first_years(colours > 0, np.arange(2013, 2021)).tolist() == [[0, 2014, 2014, 2014, 2014, 0, 0, 2020]]


def test_trend_is_bad_in_every_span():
    falling = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1])
    assert theil_sen(np.array([1.0, 9, 3])) == 1  # of 8, 1, -6
    assert falling_periods(falling, 3, 3).tolist() == [False] * 8 + [True]
    assert not falling_periods(np.r_[falling[:3], 6, 6, 6, falling[6:]], 3, 3).any()  # flat in the middle


def test_table_by_hand():
    """C39's days (more is worse) jump from 30 to 60 with a past of 28..32; its firms halve; inn2 ends two years early."""
    years = range(2012, 2020)
    wobble = {"C13": 0.0, "C17": 1.0, "C26": -1.0, "C39": 2.0}
    days = [
        ("smo2", unit, year, 30 + wobble[unit] * (year % 3 - 1) + (30 if (unit, year) == ("C39", 2019) else 0))
        for unit in UNITS for year in years
    ]  # fmt: skip
    old = [("inn2", "C13", year, 1.0) for year in range(2012, 2018)]
    indicators = pd.DataFrame([*days, *old], columns=["indicator", "unit", "year", "raw"]).assign(sample="all")
    firms = pd.concat([density([0] * 4).assign(year=2018), density([0] * 4).assign(year=2019)])
    firms["n_firms"] = firms["n_firms"].mask((firms["unit"] == "C39") & (firms["year"] == 2019), 25)
    made, absences = alerts(study(), frames(indicators=indicators, density=firms))
    rows = check("alerts", made)
    last = rows[rows["year"] == 2019].set_index(["kind", "unit"])
    assert last.loc[("level", "C39"), ["alarm", "bad_side", "first_year", "value"]].tolist() == [3, "high", 2019, 30 - 2 + 30]
    assert last.loc[("level", "C39"), "evidence"] == "indicators.csv: all, C39, smo2, 2012-2019"
    assert last.loc[("firms", "C39"), ["value", "threshold"]].tolist() == [-50, -10]
    assert last.loc[("stale", "C13"), ["node", "value", "first_year"]].tolist() == ["inn2", 24, 2019]
    assert {unit for kind, unit in last.index if kind == "level"} == {"C39"}
    assert any("inn2" in absence.reason[1] for absence in absences)


@pytest.mark.parametrize(("size", "precision", "recall"), [(8, 0.9, 0.9), (4, 0.9, 0.2), (2.5, 0.0, 0.0)])
def test_planted_falls_are_found(size, precision, recall):
    """Red level alarms among 3,100 series with falls in 10% of them, in SDs of the noise; no floor for the weakest."""
    generator = np.random.default_rng(7)
    shape = (100, 31, 13)
    noise = generator.normal(0, 1, shape) + generator.normal(0, 3, (100, 31, 1)) + generator.normal(0, 0.5, (100, 1, 13))
    fell = generator.random(shape[:2]) < 0.1
    noise[..., -1] -= size * fell
    red = alarms(scores_against_past(relative_to_peers(noise), 5)[0], LEVELS, 0.3)[..., -1] == 3
    assert (red & fell).sum() >= precision * red.sum() and (red & fell).sum() >= recall * fell.sum()
    assert red.any()
