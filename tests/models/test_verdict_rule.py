"""Every cell of the rule of verdicts, sizes, splits and grades by hand-made numbers, and the estimates that grades rest on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.kernels.exposure_trend import TREND, breakdown, exposure_trend, trend_column
from hqd_index.models.kernels.pre_trend import pre_trend
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.kernels.verdicts import (
    Identification,
    VerdictRule,
    grade,
    rules_out,
    size,
    split,
    too_wide,
    verdict,
)
from hqd_index.report.verdict_words import LACKS

RULE = VerdictRule(sesoi=0.10, alpha=0.05)
NAN = float("nan")
EXACT = 1e-9  # least squares without noise


@pytest.mark.parametrize(
    ("estimate", "p", "interval", "expected"),
    [
        (0.3, 0.05, (0.1, 0.5), "supported"),
        (0.02, 0.01, (0.01, 0.03), "supported"),
        (-0.3, 0.01, (-0.5, -0.1), "opposite_sign"),
        (0.0, 0.06, (-0.09, 0.09), "negligible"),
        (0.04, 0.06, (0.01, 0.09), "negligible"),
        (0.0, 0.06, (-0.09, 0.10), "inconclusive"),
        (0.0, 0.06, (-0.10, 0.09), "inconclusive"),
        (0.3, 0.06, (0.1, 0.5), "inconclusive"),
        (0.0, 0.06, (NAN, NAN), "inconclusive"),
    ],
)
def test_verdict(estimate: float, p: float, interval: tuple[float, float], expected: str) -> None:
    assert verdict(estimate, p, interval, RULE) == expected


@pytest.mark.parametrize(
    ("key", "wide", "narrow", "expected"),
    [
        ("supported", (0.11, 0.4), (0.13, 0.38), "matters"),
        ("supported", (0.10, 0.4), (0.12, 0.38), "size_open"),
        ("supported", (0.01, 0.105), (0.02, 0.095), "too_small"),
        ("supported", (0.01, 0.12), (0.02, 0.10), "size_open"),
        ("opposite_sign", (-0.4, -0.11), (-0.38, -0.13), None),
        ("negligible", (-0.1, 0.1), (-0.09, 0.09), None),
        ("inconclusive", (-0.3, 0.3), (-0.2, 0.2), None),
    ],
)
def test_size(key: str, wide: tuple[float, float], narrow: tuple[float, float], expected: str | None) -> None:
    assert size(key, wide, narrow, RULE) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("all_firms", "leave_out", "expected"),
    [
        ("supported", "supported", "spillover_supported"),
        ("supported", "opposite_sign", "spillover_opposite"),
        ("supported", "negligible", "composition_only"),
        ("supported", "inconclusive", "spillover_open"),
        ("supported", None, None),
        *((key, "supported", None) for key in ("opposite_sign", "negligible", "inconclusive")),
    ],
)
def test_split(all_firms: str, leave_out: str | None, expected: str | None) -> None:
    assert split(all_firms, leave_out) == expected  # type: ignore[arg-type]


def test_what_an_interval_rules_out_and_when_it_is_too_wide() -> None:
    assert rules_out((-0.08, 0.14)) == 0.14 and rules_out((-0.35, -0.1)) == 0.35
    assert not too_wide((0.2, 0.39), RULE) and too_wide((-0.1, 0.1), RULE) and too_wide((NAN, NAN), RULE)


SOUND = Identification(
    pre_trend_p=0.06, net_interval=(0.01, 0.3), group_year=(0.2, 0.10), randomisation_p=0.05, movable=0.90,
    same_without_one=True, spillover=True,
)  # fmt: skip
TURNED = {"net_interval": (-0.3, -0.01), "group_year": (-0.2, 0.10)}


@pytest.mark.parametrize(
    ("key", "change", "expected", "lacking"),
    [
        ("supported", {}, "credible", ()),
        ("opposite_sign", TURNED, "credible", ()),
        ("supported", {"spillover": False}, "suggestive", ("spillover",)),
        ("supported", {"randomisation_p": 0.051}, "suggestive", ("randomisation",)),
        ("supported", {"randomisation_p": NAN}, "suggestive", ("randomisation",)),
        ("supported", {"movable": 0.89}, "suggestive", ("movable",)),
        ("supported", {"same_without_one": False}, "suggestive", ("one_cluster",)),
        ("negligible", {}, "description", ("significance",)),
        ("inconclusive", {}, "description", ("significance",)),
        ("supported", {"pre_trend_p": 0.05}, "description", ("pre_trend",)),
        ("supported", {"pre_trend_p": NAN}, "description", ("years_before",)),
        ("supported", {"net_interval": (0.0, 0.3)}, "description", ("exposure_trend",)),
        ("supported", {"net_interval": (NAN, NAN)}, "description", ("exposure_trend",)),
        ("supported", TURNED, "description", ("exposure_trend", "group_year")),
        ("opposite_sign", {}, "description", ("exposure_trend", "group_year")),
        ("supported", {"group_year": (0.2, 0.101)}, "description", ("group_year",)),
        ("supported", {"group_year": (-0.2, 0.01)}, "description", ("group_year",)),
        ("supported", {"group_year": (NAN, NAN)}, "description", ("no_groups",)),
    ],
)
def test_grade(key: str, change: dict[str, object], expected: str, lacking: tuple[str, ...]) -> None:
    assert grade(key, replace(SOUND, **change), RULE) == (expected, lacking)  # type: ignore[arg-type]
    assert set(lacking) <= set(LACKS)


@pytest.mark.parametrize(
    ("headline", "slope", "expected"),
    [
        ((0.2, 0.1, 0.3), (-0.01, 0.02), 0.1 / (2.5 * 0.02)),
        ((0.2, -0.1, 0.5), (-0.01, 0.02), 0.0),
        ((0.2, 0.1, 0.3), (-0.02, -0.01), np.inf),
        ((-0.2, -0.3, -0.1), (-0.02, 0.01), 0.1 / (2.5 * 0.02)),
        ((-0.2, -0.3, 0.1), (-0.02, 0.01), 0.0),
        ((-0.2, -0.3, -0.1), (0.01, 0.02), np.inf),
        ((NAN, NAN, NAN), (-0.01, 0.02), NAN),
    ],
)
def test_breakdown_by_hand(headline: tuple[float, float, float], slope: tuple[float, float], expected: float) -> None:
    """kappa = 2.5: a pre-trend of at most .02 a year that goes on moves the estimate by .05, so an end at .1 is two of them."""
    estimate, low, high = (np.array([number]) for number in headline)
    multiple = breakdown(low, high, estimate, np.array([slope[0]]), np.array([slope[1]]), 2.5)
    assert multiple[0] == pytest.approx(expected, nan_ok=True)


def exposed(trend: float, effect: float, *, noise: float = 0.0) -> pd.DataFrame:
    """31 units x 12 years, density from the sixth year on; y = effect x density + trend x mean later density x year."""
    rng = np.random.default_rng(4)
    unit, year = np.repeat(np.arange(31), 12), np.tile(np.arange(2013, 2025), 31)
    pace = rng.gamma(3.0, size=31)[unit]
    density = pace * np.maximum(0, year - 2018) * (1 + 0.3 * rng.random(372))
    later = pd.Series(density).where(year >= 2019).groupby(unit).transform("mean").to_numpy()
    y = effect * density + trend * later * year + unit + 0.1 * year + noise * rng.normal(size=372)
    return pd.DataFrame({"unit": unit.astype(str), "year": year, "density": density, "y": y})


SPEC = Specification("twfe", ("y",), "density")


def test_the_net_estimate_recovers_the_effect_beside_a_trend() -> None:
    """The headline takes the trend for an effect, by kappa x trend exactly; the pre-period slope is that trend."""
    net = exposure_trend(exposed(0.02, 0.5), SPEC, draws=99)
    assert net.estimate.coefficient[:2, 0] == pytest.approx([0.5, 0.02], abs=EXACT)
    biased = exposure_trend(exposed(0.0, 0.5), SPEC, draws=99)
    assert biased.kappa == pytest.approx(net.kappa)
    early = pre_trend(exposed(0.02, 0.5, noise=1e-6), SPEC, draws=99)
    assert early is not None and early.coefficient[0, 0] == pytest.approx(0.02, abs=1e-5)


def test_kappa_and_vif_are_those_of_dummy_regressions() -> None:
    rows = exposed(0.02, 0.5, noise=1.0)
    dummies = pd.get_dummies(rows[["unit", "year"]].astype(str)).to_numpy(dtype=float)
    trend, density = trend_column(rows, "density").to_numpy(), rows["density"].to_numpy()
    assert trend[rows["year"] == 2018] == pytest.approx(0.0), "t0 is the year before the first density"
    kappa = np.linalg.lstsq(np.column_stack([density, dummies]), trend, rcond=None)[0][0]
    within = [v - dummies @ np.linalg.lstsq(dummies, v, rcond=None)[0] for v in (density, trend)]
    r2 = np.corrcoef(*within)[0, 1] ** 2
    net = exposure_trend(rows, SPEC, draws=99)
    assert net.kappa == pytest.approx(kappa, rel=EXACT) and net.vif == pytest.approx(1 / (1 - r2), rel=EXACT)


def test_a_density_that_is_itself_such_a_trend_is_refused() -> None:
    rows = exposed(0.0, 0.5)
    rows["density"] = (rows["unit"].astype(int) + 1) * (rows["year"] - 2012.0)
    with pytest.raises(EstimationError, match="density follows such a trend throughout"):
        exposure_trend(rows, SPEC, draws=99)
    assert TREND not in rows, "arguments are not changed"
