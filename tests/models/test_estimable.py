"""Firm panels on which an estimator has nothing to stand on: it says why, drops by name, and what it gives is right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.firms.bacon import goodman_bacon, sun_abraham
from hqd_index.models.firms.event_study import Events, did2s, imputation, twfe
from hqd_index.models.firms.group_time import callaway_santanna

EFFECT = 0.5
EXACT = 1e-8  # noise is zero: what is identified comes out to rounding
ESTIMATORS = (twfe, imputation, did2s, callaway_santanna, sun_abraham)


def firms(cohorts: list[float], *, size: int = 12, years: int = 12, skip: tuple[int, ...] = ()) -> pd.DataFrame:
    """`size` firms a cohort (NaN never) in years 0.., without `skip`; unit and year effects plus EFFECT x (1 + event time)."""
    rng = np.random.default_rng(0)
    first = np.repeat(cohorts, size)
    year = np.array([t for t in range(years) if t not in skip])
    event = year[None, :] - first[:, None]
    y = rng.normal(size=(len(first), 1)) + rng.normal(size=len(year)) + np.where(event >= 0, EFFECT * (1 + event), 0.0)
    keys = {"unit": np.repeat(np.arange(len(first)), len(year)), "year": np.tile(year, len(first))}
    return pd.DataFrame(keys | {"first": np.repeat(first, len(year)), "y": y.ravel()})


def effect(events: Events, time: int) -> float:
    return float(events.estimate[events.time.index(time)])


@pytest.mark.parametrize(
    ("data", "estimator", "reason"),
    [(firms([6.0]), estimator, "in 6 and none never") for estimator in (twfe, imputation, did2s)]
    + [
        (firms([6.0]), callaway_santanna, "controls"),
        (firms([6.0]), sun_abraham, "never treated"),
        (firms([6.0]), goodman_bacon, r"one cohort \(6\)"),
        (firms([5.0, 8.0]), twfe, "years between cohorts"),  # period 3: event times are not identified, with any two bases
        (firms([5.0, 8.0]), sun_abraham, "never treated"),
        (firms([6.0, np.nan], skip=(5,)), twfe, "no base year"),
        (firms([6.0, np.nan], skip=(5,)), sun_abraham, "no base year"),
        (firms([6.0, np.nan], skip=(5,)), callaway_santanna, "base year"),
        (firms([20.0, np.nan]), twfe, "before and after"),
        (firms([4.0, 5.0], skip=(4,)), goodman_bacon, "no year between"),
    ],
)
def test_what_is_not_identified_says_why(data: pd.DataFrame, estimator: Callable[..., object], reason: str) -> None:
    with pytest.raises(EstimationError, match=reason) as refusal:
        estimator(data, "y")
    assert refusal.value.zh != refusal.value.en


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_cohort_with_controls_is_exact(estimator: Callable[..., Events]) -> None:
    found = estimator(firms([6.0, np.nan]), "y")
    assert [effect(found, t) for t in (0, 3)] == pytest.approx([EFFECT, 4 * EFFECT], abs=EXACT)
    assert found.overall == pytest.approx(EFFECT * 3.5, abs=EXACT) and not found.caveats


def test_without_never_treated_firms_no_effect_rests_on_years_in_which_all_are_treated() -> None:
    data = firms([4.0, 6.0, 9.0])
    for estimator in (imputation, did2s, callaway_santanna):
        found = estimator(data, "y")
        assert [effect(found, t) for t in (0, 2)] == pytest.approx([EFFECT, 3 * EFFECT], abs=EXACT)
        assert any("cohorts dropped: 9 (no controls" in c.en or "treated rows dropped" in c.en for c in found.caveats)


def test_years_between_cohorts_that_identify_events_leave_two_bases_that_are_named() -> None:
    found = twfe(firms([4.0, 6.0, 7.0]), "y")
    assert np.isfinite(found.se).all() and found.se.max() < 1
    assert [c.en for c in found.caveats] == [
        "no unit is never treated: event times -7, -1 are both base, a trend in event time is taken as zero"
    ]


def test_a_cohort_without_base_year_is_dropped_by_name() -> None:
    """Cohort 6 is not observed in year 5; cohort 8 stands as it would alone."""
    data = firms([6.0, 8.0, np.nan])
    holed = data[~((data["first"] == 6) & (data["year"] == 5))]
    found, alone = sun_abraham(holed, "y"), sun_abraham(data[data["first"] != 6], "y")
    assert found.estimate == pytest.approx(alone.estimate, abs=EXACT)
    assert [c.en for c in found.caveats] == ["cohort 6 dropped: not observed in the year before treatment"]
    grouped = callaway_santanna(data[data["year"] != 5], "y")
    assert "cohorts dropped: 6 (no data in the year before treatment or in its own)" in [c.en for c in grouped.caveats]
    assert effect(grouped, 0) == pytest.approx(EFFECT, abs=EXACT)


def test_an_event_time_seen_in_one_cell_alone_is_dropped_by_name() -> None:
    """In year 11 only cohort 6 is observed: its event time 5 is the effect of that year, and nobody can tell them apart."""
    data = firms([6.0, np.nan])
    last = data[(data["year"] < 11) | (data["first"] == 6)]
    for estimator in (twfe, sun_abraham):
        found = estimator(last, "y", window=(-4, 5))
        assert 5 not in found.time and effect(found, 4) == pytest.approx(5 * EFFECT, abs=EXACT) and found.se.max() < 1
        assert "5" in found.caveats[-1].en and "collinear" in found.caveats[-1].en
    for estimator in (imputation, did2s):
        found = estimator(last, "y", window=(-4, 5))
        assert 5 not in found.time and found.caveats[0].en.startswith("12 of 72 treated rows dropped")


def test_untreated_rows_in_two_pieces_predict_nothing_across_them() -> None:
    """From year 6 on the untreated rows are those of entrants: levels of firms and years are each seen, but not together."""
    data = firms([6.0, np.nan])
    entrants = data[(data["first"] == 6) | (data["year"] >= 6)]
    for estimator in (imputation, did2s):
        with pytest.raises(EstimationError, match="no untreated rows"):
            estimator(entrants, "y")


def test_weights_on_unbalanced_panels_are_told() -> None:
    data = firms([6.0, 8.0, np.nan])
    found = callaway_santanna(data[~((data["unit"] == 0) & (data["year"] == 9))], "y")
    assert [c.en[:27] for c in found.caveats] == ["unbalanced: 1 of 36 units a"] and not found.caveats[0].omission
    assert callaway_santanna(data, "y").caveats == ()
    early = pd.concat([data, data[data["unit"] == 0].assign(unit=99, first=0.0)])
    assert callaway_santanna(early, "y").caveats[0].en == "cohorts dropped: 0 (treated by the first year, no base)"
