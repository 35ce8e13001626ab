"""2SLS against linearmodels, first stage against statsmodels, Anderson-Rubin and tF against what is known of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hqd_index.errors import EstimationError
from hqd_index.models.kernels.iv import iv_estimate, tf_critical
from hqd_index.models.kernels.specification import Specification

SPEC = Specification("iv", ("y",), "x", ("w",), ("unit", "year"))
EXACT = 1e-8  # relative; all sides solve the same normal equations


def panel(seed: int = 0, *, units: int = 20, years: int = 8, strength: float = 0.6, endogeneity: float = 1.0) -> pd.DataFrame:
    """x depends on z1, z2 and on the error of y; the coefficient is 0.5."""
    rng = np.random.default_rng(seed)
    n = units * years
    data = pd.DataFrame({"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)})
    common = rng.normal(size=(units, 1)).repeat(years, axis=1).ravel() * 0.3
    data["z1"], data["z2"], data["w"], e = (rng.normal(size=n) for _ in range(4))
    data["x"] = strength * (data["z1"] + 0.5 * data["z2"]) + 0.3 * data["w"] + endogeneity * e + rng.normal(size=n)
    data["y"] = 0.5 * data["x"] - 0.2 * data["w"] + e + common * data["z1"]
    return data


@pytest.mark.parametrize("instruments", [["z1"], ["z1", "z2"]])
def test_equals_linearmodels(instruments: list[str]) -> None:
    from linearmodels.iv import IV2SLS

    data = panel()
    dummies = pd.get_dummies(data[["unit", "year"]].astype(str), drop_first=True, dtype=float)
    exogenous = pd.concat([data[["w"]], dummies, pd.Series(1.0, data.index, name="one")], axis=1)
    known = IV2SLS(data["y"], exogenous, data[["x"]], data[instruments]).fit(
        cov_type="clustered", clusters=data["unit"], debiased=False
    )
    found = iv_estimate(data, SPEC, instruments)
    k = 2 + 1 + 7
    g, n = 20, 160
    assert found.estimate == pytest.approx(known.params["x"], rel=EXACT)
    assert found.se == pytest.approx(known.std_errors["x"] * np.sqrt(g / (g - 1) * (n - 1) / (n - k)), rel=EXACT)


def test_first_stage_is_a_cluster_robust_regression() -> None:
    """With one instrument F = t squared of the first stage, and the effective F is the same number."""
    from hqd_index.models.kernels.specification import estimate

    data = panel()
    first = estimate(data, Specification("f", ("x",), "z1", ("w",), ("unit", "year")), draws=99)
    found = iv_estimate(data, SPEC, ["z1"])
    assert found.first_stage[0] == pytest.approx(first.coefficient[0, 0], rel=EXACT)
    assert found.f == pytest.approx((first.coefficient[0, 0] / first.se_cv1[0, 0]) ** 2, rel=EXACT)
    assert found.f_effective == pytest.approx(found.f, rel=EXACT)


def test_effective_f_by_its_definition() -> None:
    """pi'Z'Z pi / tr(V Z'Z) with V the clustered variance of the first stage with dummies (Montiel Olea & Pflueger 2013)."""
    import statsmodels.formula.api as smf

    data = panel()
    first = smf.ols("x ~ z1 + z2 + w + C(unit) + C(year)", data).fit(cov_type="cluster", cov_kwds={"groups": data["unit"]})
    rest = [smf.ols(f"{z} ~ w + C(unit) + C(year)", data).fit().resid for z in ("z1", "z2")]
    power = np.array([[a @ b for b in rest] for a in rest])
    pi, v = first.params[["z1", "z2"]].to_numpy(), first.cov_params().loc[["z1", "z2"], ["z1", "z2"]].to_numpy()
    every, ours = first.df_model + 1, 3 + 1 + 7
    v = v * (160 - every) / (160 - ours)
    found = iv_estimate(data, SPEC, ["z1", "z2"])
    assert found.f_effective == pytest.approx(pi @ power @ pi / np.trace(v @ power), rel=1e-6)
    assert found.f == pytest.approx(pi @ np.linalg.solve(v, pi) / 2, rel=1e-6)
    assert found.first_stage_se == pytest.approx(np.sqrt(np.diag(v)), rel=1e-6)


def test_anderson_rubin_interval_solves_its_quadratic() -> None:
    """One instrument: (zy - b zx)^2 = c (Syy - 2 b Sxy + b^2 Sxx) has the ends as roots; p at an end is 5%."""
    data = panel(strength=0.25)
    found = iv_estimate(data, SPEC, ["z1"])
    assert len(found.ar) == 1
    for end in found.ar[0]:
        moved = data.assign(y=data["y"] - end * data["x"])
        assert iv_estimate(moved, SPEC, ["z1"]).ar_p == pytest.approx(0.05, abs=1e-6)
    low, high = found.ar[0]
    assert low < found.estimate < high


def test_irrelevant_instrument_gives_an_unbounded_set() -> None:
    data = panel(3, strength=0.0)
    found = iv_estimate(data, SPEC, ["z1"])
    assert found.f < stats.f.ppf(0.95, 1, 19)
    assert found.ar[0][0] == -np.inf and found.ar[-1][1] == np.inf
    assert found.tf_critical == np.inf or found.f >= 4


def test_anderson_rubin_set_of_a_weak_instrument_is_two_rays() -> None:
    """p is 5% at both ends, less between them, more beyond; with two instruments p is that of the reduced form's F."""
    data = panel(4, strength=0.05)
    (bottom, low), (high, top) = iv_estimate(data, SPEC, ["z1"]).ar

    def p(b: float) -> float:
        return iv_estimate(data.assign(y=data["y"] - b * data["x"]), SPEC, ["z1"]).ar_p

    assert (bottom, top) == (-np.inf, np.inf) and low < high
    assert p(low) == pytest.approx(0.05, abs=1e-6) and p(high) == pytest.approx(0.05, abs=1e-6)
    assert p((low + high) / 2) < 0.05 < min(p(low - 1), p(high + 1))
    reduced = Specification("rf", ("x",), "y", ("w",), ("unit", "year"))
    f = iv_estimate(panel(), reduced, ["z1", "z2"]).f
    assert iv_estimate(panel(), SPEC, ["z1", "z2"]).ar_p == pytest.approx(stats.f.sf(f, 2, 19), rel=1e-8)


def test_anderson_rubin_is_sized_right_where_2sls_is_not() -> None:
    """Weak instrument, strong endogeneity, true coefficient 0.5: share of 200 samples in which 0.5 is rejected at 5%."""
    reject_ar, reject_t = [], []
    for seed in range(200):
        data = panel(seed, strength=0.08, units=40, years=4, endogeneity=4.0)
        found = iv_estimate(data.assign(y=data["y"] - 0.5 * data["x"]), SPEC, ["z1", "z2"])
        reject_ar.append(found.ar_p <= 0.05)
        reject_t.append(abs(found.estimate / found.se) > stats.t.ppf(0.975, 39))
    noise = 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(reject_ar) <= 0.05 + noise < np.mean(reject_t)


def test_tf_anchors() -> None:
    """Published: 1.96 from F = 104.7, 3.43 at F = 10, no bounded interval below F = 4."""
    assert tf_critical(105) == pytest.approx(1.96, abs=0.01)
    assert tf_critical(10) == pytest.approx(3.43, abs=0.01)
    assert tf_critical(3.9) == np.inf and tf_critical(1e6) == 1.96


def test_faults_are_named() -> None:
    data = panel().assign(z3=lambda d: 2 * d["z1"] - d["w"], flat=1.0)
    with pytest.raises(EstimationError, match="z3"):
        iv_estimate(data, SPEC, ["z1", "z3"])
    with pytest.raises(EstimationError, match="flat"):
        iv_estimate(data, SPEC, ["flat"])
    with pytest.raises(EstimationError, match="2 clusters for 2 instruments"):
        iv_estimate(data[data["unit"] < 2], SPEC, ["z1", "z2"])


BARE = Specification("iv", ("y",), "x", (), ("unit",))


@pytest.mark.parametrize(
    ("change", "spec", "reason"),
    [
        ({"z1": lambda d: 2 * d["x"] + d["w"]}, SPEC, "x follows exactly from the instruments"),
        ({"x": lambda d: d["w"] - d["year"]}, SPEC, "x does not vary"),
        ({"y": lambda d: 3 * d["w"] + d["unit"]}, SPEC, "y does not vary"),
        ({"y": lambda d: 2 * d["x"]}, SPEC, "fit leaves no residual"),
        ({"z1": lambda d: d["z1"].where(d["unit"] == 3, 0.0)}, BARE, "too few of the 20 clusters"),
        ({"x": lambda d: residual(d["x"], d)}, BARE, "not identified: the instruments are unrelated"),
    ],
)
def test_what_has_only_rounding_is_refused(
    change: dict[str, Callable[[pd.DataFrame], pd.Series]], spec: Specification, reason: str
) -> None:
    """Each of these gave an estimate, an SE of 1e-16 or a library's word on singular matrices."""
    with pytest.raises(EstimationError, match=reason) as refusal:
        iv_estimate(panel().assign(**change), spec, ["z1"])
    assert refusal.value.zh != refusal.value.en


def residual(x: pd.Series, data: pd.DataFrame) -> pd.Series:
    """x less what z1 explains of it within units."""
    z, within = (column - column.groupby(data["unit"]).transform("mean") for column in (data["z1"], x))
    return x - data["z1"] * float((z * within).sum() / (z * z).sum())


def test_two_instruments_that_vary_in_one_cluster_have_no_variance() -> None:
    data = panel().assign(**{z: panel()[z].where(panel()["unit"] == 3, 0.0) for z in ("z1", "z2")})
    with pytest.raises(EstimationError, match="too few of the 20 clusters"):
        iv_estimate(data, BARE, ["z1", "z2"])
