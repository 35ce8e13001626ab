"""mpdta's published figures, other implementations, and a panel in which two-way effects are wrong and the others right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.firms.bacon import sun_abraham
from hqd_index.models.firms.event_panel import Panel
from hqd_index.models.firms.event_study import did2s, imputation, twfe
from hqd_index.models.firms.group_time import callaway_santanna, group_time

EXACT = 1e-10  # averages of cells
PUBLISHED = 5e-5  # four decimals
SE = 1e-6  # relative, as the reference suggests
WIDE = (-4, 3)


@pytest.fixture(scope="module")
def mpdta(shared: Path) -> pd.DataFrame:
    data = pd.read_csv(shared / "data/did_mpdta/mpdta.csv")
    first = data["first.treat"].where(data["first.treat"] > 0)
    return data.assign(unit=data["countyreal"], first=first)[["unit", "year", "first", "lemp"]]


@pytest.fixture(scope="module")
def known(shared: Path) -> dict:
    entries = json.loads((shared / "reference/econometrics.json").read_text(encoding="utf-8"))["benchmarks"]
    return next(e for e in entries if e["id"] == "mpdta_group_time_att")


def test_group_time_effects(mpdta: pd.DataFrame, known: dict) -> None:
    found = group_time(mpdta, "lemp", controls="never")
    cells = {(c["group"], c["year"]): c for c in known["recomputed"]["att_gt"]}
    assert {(int(g), int(t)) for g, t in zip(found.group, found.year)} == set(cells)
    for g, t, att, se in zip(found.group, found.year, found.att, found.se):
        assert att == pytest.approx(cells[g, t]["att"], abs=EXACT)
        assert se == pytest.approx(cells[g, t]["se_analytic"], rel=SE)
        assert att == pytest.approx(known["published_also"]["att_gt"][f"{int(g)},{int(t)}"], abs=PUBLISHED)


def test_dynamic_and_simple_averages(mpdta: pd.DataFrame, known: dict) -> None:
    found = callaway_santanna(mpdta, "lemp", controls="never")
    for time, att, se in zip(found.time, found.estimate, found.se):
        answer = known["recomputed"]["dynamic"][str(time)]
        assert att == pytest.approx(answer["att"], abs=EXACT)
        assert se == pytest.approx(answer["se_analytic"], rel=SE)
    simple = known["recomputed"]["simple"]
    assert found.overall == pytest.approx(simple["att"], abs=EXACT)
    assert found.overall == pytest.approx(known["stated_value"]["simple"], abs=PUBLISHED)
    assert found.overall_se == pytest.approx(simple["se_analytic"], rel=SE)


def test_static_two_way_effect(mpdta: pd.DataFrame) -> None:
    """Published TWFE -.0366; CV1 .013265 as in the linear benchmark."""
    found = twfe(mpdta, "lemp")
    assert found.overall == pytest.approx(-0.03654893667406707, rel=1e-8)
    assert found.overall_se == pytest.approx(0.013265155429338964, rel=SE)


def test_event_study_regression_equals_pyfixest(mpdta: pd.DataFrame) -> None:
    pf = pytest.importorskip("pyfixest")
    found = twfe(mpdta, "lemp", window=WIDE)
    data = mpdta.assign(event=(mpdta["year"] - mpdta["first"]).clip(*WIDE))
    names = {t: f"e{t + 4}" for t in found.time if t != -1}
    data = data.assign(**{name: (data["event"] == t).astype(float) for t, name in names.items()})
    raw = pf.feols(
        f"lemp ~ {' + '.join(names.values())} | unit + year", data, vcov={"CRV1": "unit"}, ssc=pf.ssc(k_adj=False, G_adj=False)
    )
    at = [i for i, t in enumerate(found.time) if t != -1]
    assert found.estimate[at] == pytest.approx(raw.coef().to_numpy(), rel=1e-6)
    g, n, k = 500, 2500, len(names) + 5
    assert found.se[at] == pytest.approx(raw.se().to_numpy() * np.sqrt(g / (g - 1) * (n - 1) / (n - k)), rel=1e-6)


def test_two_stage_equals_least_squares_on_dummies(mpdta: pd.DataFrame) -> None:
    """pyfixest's iteration of this design stops at -0.033721; -0.033715854236636 is what least squares on dummies gives."""
    pf = pytest.importorskip("pyfixest")
    later = mpdta[mpdta["first"] != 2004]  # units with one untreated year are singletons there and break its variance
    treated = (later["year"] >= later["first"]).to_numpy()
    design = np.column_stack([pd.get_dummies(later[e]).to_numpy(float) for e in ("unit", "year")])
    y = later["lemp"].to_numpy()
    effects = np.linalg.lstsq(design[~treated], y[~treated], rcond=1e-10)[0]
    found = did2s(later, "lemp")
    assert found.overall == pytest.approx((y - design @ effects)[treated].mean(), abs=1e-10)
    assert found.overall == pytest.approx(-0.033715854236636, abs=1e-10)
    data = later.assign(treat=treated.astype(float))
    other = pf.did2s(data, "lemp", first_stage="~ 0 | unit + year", second_stage="~ treat", treatment="treat", cluster="unit")
    assert found.overall_se == pytest.approx(float(other.se().iloc[0]), rel=5e-3)  # theirs carries a factor of its own


def test_imputation_by_hand(mpdta: pd.DataFrame) -> None:
    """Effects fitted by least squares with dummies on untreated rows; variance from the weights that this implies."""
    data = mpdta[mpdta["unit"].isin(sorted(mpdta["unit"].unique())[:80])].sort_values(["unit", "year"])
    treated = (data["year"] >= data["first"]).to_numpy()
    design = np.column_stack([pd.get_dummies(data[e]).to_numpy(float) for e in ("unit", "year")])
    y = data["lemp"].to_numpy()
    fit = design @ np.linalg.lstsq(design[~treated], y[~treated], rcond=None)[0]
    found = imputation(data, "lemp")
    event = (data["year"] - data["first"]).to_numpy()
    for t in (0, 1):
        chosen = event == t
        j = found.time.index(t)
        assert found.estimate[j] == pytest.approx((y - fit)[chosen].mean(), abs=1e-8)
        weight = chosen / chosen.sum()
        v = np.where(treated, weight, -design @ np.linalg.pinv(design[~treated].T @ design[~treated]) @ design.T @ weight)
        gap = y - fit
        centred = gap.copy()
        for g in np.unique(data["first"].to_numpy()[chosen]):
            cell = chosen & (data["first"].to_numpy() == g)
            centred[cell] -= gap[cell].mean()
        by_unit = np.bincount(pd.factorize(data["unit"])[0], v * centred)
        assert found.se[j] == pytest.approx(np.sqrt((by_unit**2).sum()), rel=1e-6)
    assert found.overall == pytest.approx(did2s(data, "lemp").overall, abs=1e-8)


def staggered(seed: int, *, trend: float = 0.0, units: int = 300, years: int = 12) -> pd.DataFrame:
    """Effects 0.5 (1 + e) by event time e for cohorts 5 and 8, a third never treated; `trend` is a lead of the treated."""
    rng = np.random.default_rng(seed)
    first = rng.choice([5.0, 8.0, np.nan], size=units)
    year = np.arange(years)
    event = year[None, :] - first[:, None]
    y = rng.normal(size=(units, 1)) + 0.1 * year + rng.normal(size=(units, years)) * 0.5
    y = y + np.where(event >= 0, 0.5 * (1 + event), 0.0) + np.where(np.isnan(event), 0.0, trend * year)
    keys = {"unit": np.repeat(np.arange(units), years), "year": np.tile(year, units), "first": np.repeat(first, years)}
    return pd.DataFrame(keys | {"y": y.ravel()})


def test_two_way_effects_fail_where_the_others_do_not() -> None:
    """Dynamic effects: the static coefficient is far off the mean effect of treated cells, the robust ones are not."""
    data = staggered(1)
    treated = data[data["year"] >= data["first"]]
    truth = (0.5 * (1 + treated["year"] - treated["first"])).mean()
    plain = twfe(data, "y")
    assert abs(plain.overall - truth) > 3 * plain.overall_se
    for found in (imputation(data, "y"), did2s(data, "y")):
        assert abs(found.overall - truth) < 3 * found.overall_se
    for found in (imputation(data, "y"), did2s(data, "y"), callaway_santanna(data, "y")):
        for t in range(4):
            j = found.time.index(t)
            assert abs(found.estimate[j] - 0.5 * (1 + t)) < 3.5 * found.se[j], (found.estimator, t)


@pytest.mark.parametrize("estimator", [twfe, imputation, did2s, callaway_santanna])
def test_pre_trend_test(estimator) -> None:
    """Leads are jointly zero without a trend; with one of .1 a year they are not."""
    calm = [estimator(staggered(seed), "y").pre_trend()[2] for seed in range(8)]
    assert min(calm) > 0.001 and np.median(calm) > 0.1
    assert estimator(staggered(1, trend=0.1), "y").pre_trend()[2] < 0.01


def test_unbalanced_rows_and_always_treated_units() -> None:
    """Units treated from their first year have no base and leave; a gap in the panel leaves the others as they are."""
    data = staggered(2, units=60)
    early = data[data["unit"] == 0].assign(unit=999, first=0.0)
    gaps = pd.concat([data.sample(frac=0.9, random_state=1), early])
    for estimator in (twfe, imputation, did2s, callaway_santanna):
        found = estimator(gaps, "y")
        assert np.isfinite(found.estimate).all() and found.units == 60
    with pytest.raises(EstimationError):
        twfe(early, "y")


def test_outcomes_of_one_panel_share_their_rows_only_where_they_are_the_same() -> None:
    """Estimates from one panel, in any order of rows, are those from a frame of their own: two outcomes alike, one with gaps."""
    data = staggered(3, units=60)
    data = data.assign(twice=2 * data["y"], gaps=data["y"].where(np.random.default_rng(1).random(len(data)) < 0.9))
    panel = Panel(data.sample(frac=1, random_state=2))
    for outcome in ("y", "twice", "gaps"):
        for estimator in (twfe, imputation, did2s, sun_abraham):
            shared, alone = estimator(panel, outcome), estimator(data[["unit", "year", "first", outcome]], outcome)
            assert shared.n == alone.n and np.array_equal(shared.estimate, alone.estimate)
            assert np.array_equal(shared.covariance, alone.covariance) and shared.overall == alone.overall
