"""Simulated truth for the estimates that a study asks for, and what each says when its assumption fails."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.analyses.endogeneity import WEAK, named_quantities
from hqd_index.models.firms.bacon import sun_abraham
from hqd_index.models.firms.balanced_effects import balance_rows, balanced_effects, cohorts, entropy_balanced, matched
from hqd_index.models.firms.balancing import entropy_weights, log_odds, nearest_neighbours
from hqd_index.models.firms.conditional_test import truncated_quantile
from hqd_index.models.firms.dynamic_switchers import dynamic_switching
from hqd_index.models.firms.event_study import twfe
from hqd_index.models.firms.smoothness_interval import folded_quantile
from hqd_index.models.firms.trend_bounds import (
    EventPath,
    relative_breakdown,
    relative_magnitudes,
    smoothness,
    smoothness_breakdown,
)
from hqd_index.models.kernels.iv import effective_f_critical, iv_estimate
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.kernels.threshold import ratio_limit, threshold_estimate

ERRORS = 4  # standard errors within which an estimate of a simulated truth lies
YEARS = range(2010, 2020)


def firms(seed: int = 0, *, n: int = 400, effect: float = 0.5, trend: float = 0.0, selection: float = 1.0) -> pd.DataFrame:
    """Firms that grow with size; those recognised are larger, drift by `trend` a year, and half of them lose the status."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    first = np.where(rng.random(n) < 1 / (1 + np.exp(0.5 - selection * size)), rng.choice([2013, 2015], n), 9999)
    last = first + rng.choice([2, 99], n)
    unit, year = np.repeat(np.arange(n), len(YEARS)), np.tile(YEARS, n)
    valid = (year >= first[unit]) & (year < last[unit])
    drift = np.where(first[unit] < 9999, trend, 0.0) + 0.1 * size[unit]
    y = rng.normal(size=n)[unit] + drift * (year - 2010) + effect * valid + 0.3 * rng.normal(size=len(unit))
    return pd.DataFrame({
        "unit": unit, "year": year, "first": np.where(first == 9999, np.nan, first)[unit], "y": y, "valid": valid.astype(float),
        "ever": first[unit] < 9999, "covariate_size": size[unit],
    })  # fmt: skip


@pytest.mark.parametrize("method", ["entropy_balance", "psm"])
def test_balancing_takes_selection_out(method: str) -> None:
    """Growth by size biases plain differences; weighted controls bring the effect of the first year back."""
    data = firms(n=1500)
    unweighted = cohorts(data, ["size"])
    balanced = entropy_balanced(unweighted) if method == "entropy_balance" else matched(unweighted, neighbours=2, caliper=0.2)
    events = balanced_effects(balanced, data, "y", window=(-3, 3))
    at = events.time.index(0)
    assert abs(events.estimate[at] - 0.5) < ERRORS * events.se[at]
    plain = twfe(data, "y", window=(-3, 3))
    assert abs(plain.estimate[plain.time.index(0)] - 0.5) > ERRORS * plain.se[plain.time.index(0)]
    (row,) = balance_rows(balanced, ["size"])
    assert abs(row["difference_before"]) > 0.5 > 0.05 > abs(row["difference_after"])


def test_without_overlap_no_weights_and_no_score() -> None:
    rng = np.random.default_rng(0)
    treated, controls = rng.normal(8, 0.5, (20, 2)), rng.normal(0, 0.5, (60, 2))
    with pytest.raises(EstimationError, match="no overlap"):
        entropy_weights(treated, controls)
    with pytest.raises(EstimationError, match="no overlap"):
        log_odds(np.arange(80) < 20, np.concatenate([treated, controls]))
    assert not nearest_neighbours(np.array([5.0]), np.array([0.0, 1.0]), neighbours=1, caliper=1.0).matched.any()
    data = firms(n=300)
    data["covariate_size"] = np.where((data["first"] == 2013), data["covariate_size"] + 9, data["covariate_size"])
    balanced = entropy_balanced(tuple(cohort for cohort in cohorts(data, ["size"])))
    assert list(balanced.dropped) == [2013]
    assert any("2013" in caveat.en for caveat in balanced_effects(balanced, data, "y", window=(-2, 2)).caveats)


def test_neighbours_share_a_firm_and_respect_the_caliper() -> None:
    found = nearest_neighbours(np.array([0.0, 3.0]), np.array([0.2, -0.1, 9.0]), neighbours=2, caliper=0.5)
    assert found.matched.tolist() == [True, False] and found.weights.tolist() == [0.5, 0.5, 0.0]


def test_a_status_that_ends_is_followed_where_it_goes() -> None:
    """Two years on, half are out: the effect of the path is half of that of status, and the total per year is 0.5."""
    data = firms(3, n=2000, selection=0.0)
    data["y"] -= 0.1 * data["covariate_size"] * (data["year"] - 2010)
    found = dynamic_switching(data, "y", window=(-3, 3))
    events = dict(zip(found.events.time, zip(found.events.estimate, found.events.se)))
    share = data.loc[data["year"] == data["first"] + 2, "valid"].mean()
    for time, truth in ((-3, 0.0), (-2, 0.0), (0, 0.5), (1, 0.5), (2, 0.5 * share)):
        assert abs(events[time][0] - truth) < ERRORS * events[time][1]
    assert abs(found.total - 0.5) < ERRORS * found.total_se
    assert found.dose[:2].tolist() == [1.0, 2.0] and found.dose[2] == pytest.approx(2 + share)
    with pytest.raises(EstimationError, match="nobody changes status"):
        dynamic_switching(data.assign(valid=0.0), "y")


def path_of(data: pd.DataFrame) -> EventPath:
    events = sun_abraham(data, "y", window=(-3, 2))
    shown = [i for i, time in enumerate(events.time) if time != -1]
    return EventPath(events.estimate[shown], events.covariance[np.ix_(shown, shown)], 2, np.eye(3)[0])


def test_bounds_hold_what_a_violated_trend_makes_significant() -> None:
    """No effect, recognised firms drift: the plain interval leaves out zero, the robust ones do not and break down at 0."""
    path = path_of(firms(5, n=1500, effect=0.0, trend=0.15, selection=0.0))
    assert path.effect > 3 * path.se
    low, high = smoothness(path, 0.0)
    assert low < 0 < high and smoothness_breakdown(path) == 0
    low, high = relative_magnitudes(path, 1.5)
    assert low < 0 < high and 0 < relative_breakdown(path) < 1.5


def test_bounds_nest_and_meet_their_breakdown() -> None:
    path = path_of(firms(6, n=800, selection=0.0))
    ends = [relative_magnitudes(path, multiple) for multiple in (0.0, 0.5, 1.0, 2.0)]
    assert all(wide[0] <= narrow[0] and narrow[1] <= wide[1] for narrow, wide in pairwise(ends))
    where = smoothness_breakdown(path)
    assert where > 0 and abs(smoothness(path, where)[0]) < 1e-3 * path.effect
    plain = path.effect - 1.96 * path.se, path.effect + 1.96 * path.se
    assert ends[0] == pytest.approx(plain, abs=0.1 * path.se)  # without any violation: the hybrid test is nearly two-sided


def test_quantiles_by_their_definition() -> None:
    """Quantiles of |Z + 1.3| and of Z between 8 and 9, where the upper tail is all there is."""
    from scipy import stats

    assert stats.foldnorm.cdf(folded_quantile(0.95, 1.3), 1.3) == pytest.approx(0.95, abs=1e-10)
    for low, high in ((-1.0, 2.0), (8.0, 9.0), (-9.0, -8.0), (-np.inf, np.inf)):
        found = truncated_quantile(0.95, np.array([low]), np.array([high]))[0]
        assert found == pytest.approx(stats.truncnorm.ppf(0.95, low, high), abs=1e-6)


def unit_years(seed: int, *, below: float = 0.2, above: float = 1.0, units: int = 30, years: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = units * years
    data = pd.DataFrame({"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)})
    data["q"], data["x"], data["z"] = rng.uniform(size=n), rng.normal(size=n), rng.normal(size=n)
    data["y"] = np.where(data["q"] <= 0.4, below, above) * data["x"] + rng.normal(size=units)[data["unit"]] + rng.normal(size=n)
    return data


SPEC = Specification("t", ("y",), "x", (), ("unit", "year"))


def threshold(data: pd.DataFrame):
    return threshold_estimate(data, SPEC, "q", outcome="y", trim=0.1, draws=199, level=0.95, rng=np.random.default_rng(0))


def test_a_threshold_is_found_and_one_regime_is_not_rejected() -> None:
    found = threshold(unit_years(1))
    assert ratio_limit(0.95) == pytest.approx(7.35, abs=0.01)  # as Hansen prints it
    assert found.low <= 0.4 <= found.high and found.p <= 0.01 and found.below < 0.5 < found.above
    one = [threshold(unit_years(seed, above=0.2)).p for seed in range(40)]
    assert np.mean(np.array(one) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)


def of_one_regime(data: pd.DataFrame, y: np.ndarray, candidates: np.ndarray, controls: list[str]) -> tuple[float, np.ndarray]:
    """F of one slope against two and the sums of squares of two by candidate: least squares on all dummies."""
    dummies = pd.get_dummies(data[["unit", "year"]].astype(str), drop_first=True, dtype=float).to_numpy()
    x, q = data["x"].to_numpy(), data["q"].to_numpy()

    def squares(*slopes: np.ndarray) -> float:
        design = np.column_stack([*slopes, dummies, np.ones(len(x)), data[controls].to_numpy()])
        return float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum())

    two = np.array([squares(x * (q <= c), x * (q > c)) for c in candidates])
    freedom = len(data) - max(data["unit"].nunique(), data["year"].nunique())
    return (squares(x) - two.min()) / (two.min() / freedom), two


@pytest.mark.parametrize(("lost", "controls"), [([], []), ([5], []), ([], ["z"])])
def test_a_threshold_is_that_of_least_squares_on_dummies_and_so_is_its_bootstrap(lost: list[int], controls: list[str]) -> None:
    """Eight units of five years; residuals of one slope drawn by unit, or their signs where a unit lacks a year."""
    data = unit_years(3, units=8, years=5).drop(index=lost).reset_index(drop=True)
    found = threshold_estimate(
        data,
        replace(SPEC, controls=tuple(controls)),
        "q",
        outcome="y",
        trim=0.2,
        draws=7,
        level=0.95,
        rng=np.random.default_rng(4),
    )
    y = data["y"].to_numpy()
    f, two = of_one_regime(data, y, found.candidates, controls)
    best = int(two.argmin())
    ratio = (two - two[best]) / (two[best] / (len(data) - 8))
    inside = found.candidates[ratio <= ratio_limit(0.95)]
    assert (found.threshold, found.low, found.high) == (found.candidates[best], inside.min(), inside.max())
    assert found.likelihood_ratio == pytest.approx(ratio, abs=1e-8) and found.f == pytest.approx(f, rel=1e-8)
    assert found.share_below == (data["q"] <= found.threshold).mean() and min(found.share_below, 1 - found.share_below) >= 0.175
    dummies = pd.get_dummies(data[["unit", "year"]].astype(str), dtype=float).to_numpy()
    design = np.column_stack([data["x"], dummies, data[controls].to_numpy()])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    rng, drawn = np.random.default_rng(4), []
    if lost:
        for signs in rng.choice((-1.0, 1.0), size=(8, 7)).T:
            drawn.append(residual * signs[data["unit"]])
    else:
        for units in rng.integers(0, 8, size=(7, 8)):
            drawn.append(residual.reshape(8, 5)[units].ravel())
    law = np.array([of_one_regime(data, sample, found.candidates, controls)[0] for sample in drawn])
    assert found.critical == pytest.approx(np.quantile(law, (0.9, 0.95, 0.99)), rel=1e-6)
    assert found.p == ((law >= found.f).sum() + 1) / 8


def test_an_unbalanced_panel_draws_signs_and_a_constant_is_refused() -> None:
    assert threshold(unit_years(1).drop(index=[3, 77])).resampling == "signs"
    with pytest.raises(EstimationError, match="fewer than 2 values"):
        threshold(unit_years(1).assign(q=0.5))


def test_a_weak_instrument_is_called_so_and_the_argument_is_printed() -> None:
    data = unit_years(2)
    for strength, note in ((0.02, WEAK), (1.0, "")):
        iv = iv_estimate(data.assign(x=strength * data["z"] + data["x"]), SPEC, ["z"])
        quantities = {name: (value, text) for name, value, text in named_quantities(iv, "drawn by lot")}
        assert quantities["effective_f"][1] == note and quantities["exclusion"][1] == "drawn by lot"


def test_critical_value_of_the_effective_f_lies_between_its_limits() -> None:
    """K runs from 1 (one direction carries all) to q (all alike): the critical value falls from 23.11 as K grows."""
    one = effective_f_critical(np.diag([1.0, 1e-12, 1e-12]))
    alike = effective_f_critical(np.eye(3))
    assert one == pytest.approx(23.10851, abs=1e-4) and 10 < alike < one
