"""Variances and bootstrap against brute force and other implementations."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.kernels.inference import (
    effective_clusters,
    inflation,
    joint_draws,
    joint_wald,
    partial_leverage,
    random_stream,
)
from hqd_index.models.kernels.multiple_testing import romano_wolf
from hqd_index.models.kernels.specification import Specification, estimate, sums_of
from hqd_index.models.kernels.verdicts import mde
from hqd_index.models.kernels.wild import wild

from .known_panels import index_panel

EXACT = 1e-9  # relative; direct solves on both sides
DRAWS = 999


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """An unbalanced 8 x 7 panel with two regressors, two outcomes and weights."""
    rng = np.random.default_rng(5)
    data = index_panel(4, units=8, years=7).query("sample == 'all'").reset_index(drop=True)
    data["w"] = rng.uniform(0.5, 2, len(data))
    return data[rng.random(len(data)) < 0.85]


def refit(data: pd.DataFrame, outcome: str, regressors: list[str], weights: str | None = None) -> np.ndarray:
    """Slopes by weighted least squares with all dummies."""
    dummies = [pd.get_dummies(data[e]).to_numpy(float) for e in ("unit", "year")]
    design = np.column_stack([data[regressors].to_numpy(float), *dummies])
    root = np.sqrt(data[weights].to_numpy()) if weights else np.ones(len(data))
    return np.linalg.lstsq(design * root[:, None], data[outcome].to_numpy() * root, rcond=None)[0][: len(regressors)]


def specification(**changes: object) -> Specification:
    return Specification(**({"id": "s", "outcomes": ("hqd", "brand"), "density": "density_lag", "controls": ("size",)} | changes))


@pytest.mark.parametrize("weights", [None, "w"])
def test_jackknife_refits_every_effect(panel: pd.DataFrame, weights: str | None) -> None:
    found = estimate(panel, specification(weights=weights), draws=99)
    for j, outcome in enumerate(("hqd", "brand")):
        b = refit(panel, outcome, ["density_lag", "size"], weights)
        assert found.coefficient[:, j] == pytest.approx(b, rel=EXACT)
        left = [
            refit(panel[panel["unit"] != u], outcome, ["density_lag", "size"], weights) for u in sorted(panel["unit"].unique())
        ]
        g = len(left)
        assert found.se_cv3[:, j] == pytest.approx(np.sqrt((g - 1) / g * ((np.array(left) - b) ** 2).sum(axis=0)), rel=EXACT)


def test_bootstrap_is_the_enumeration_by_brute_force(panel: pd.DataFrame) -> None:
    """Every sign vector applied to the restricted residuals of a dummy regression, refitted from scratch."""
    data = panel.sort_values(["unit", "year"])
    dummies = [pd.get_dummies(data[e]).to_numpy(float) for e in ("unit", "year")]
    rest = np.column_stack([data["size"], *dummies])
    whole = np.column_stack([data["density_lag"], rest])
    y, codes = data["hqd"].to_numpy(), pd.factorize(data["unit"])[0]

    def t(outcome: np.ndarray) -> float:
        u = outcome - whole @ np.linalg.lstsq(whole, outcome, rcond=None)[0]
        x = whole[:, 0] - rest @ np.linalg.lstsq(rest, whole[:, 0], rcond=None)[0]
        return float(x @ outcome / np.sqrt((np.bincount(codes, x * u) ** 2).sum()))

    fitted = rest @ np.linalg.lstsq(rest, y, rcond=None)[0]
    observed = abs(t(y)) * (1 + 1e-9)
    drawn = [abs(t(fitted + np.array(v)[codes] * (y - fitted))) for v in itertools.product([-1.0, 1.0], repeat=codes.max() + 1)]
    found = estimate(data, specification(), draws=DRAWS)
    assert found.bootstrap.is_enumerated
    assert found.p_wild[0] == pytest.approx(np.mean(np.array(drawn) > observed), abs=1e-12)


def test_interval_holds_the_values_that_are_not_rejected(panel: pd.DataFrame) -> None:
    """p just inside either end is above 5%, just outside it is not; the value is tested by moving the outcome."""
    boot = estimate(panel, specification(), draws=DRAWS).bootstrap
    low, high = boot.interval(0, 0.95)
    for end, outwards in ((low, -1), (high, 1)):
        inside, outside = end - outwards * 1e-6, end + outwards * 1e-6
        assert boot.p_at(inside, 0) > 0.05 >= boot.p_at(outside, 0)
        moved = panel.assign(hqd=panel["hqd"] - outside * panel["density_lag"])
        assert estimate(moved, specification(), draws=DRAWS).p_wild[0] == pytest.approx(boot.p_at(outside, 0), abs=1e-12)


def test_against_pyfixest(panel: pd.DataFrame) -> None:
    """Raw sandwich of pyfixest (its own factors off: in 0.60 the default depends on the hash seed) times the stated factor."""
    pf = pytest.importorskip("pyfixest")
    raw = pf.feols(
        "hqd ~ density_lag + size | unit + year",
        panel,
        vcov={"CRV1": "unit"},
        ssc=pf.ssc(k_adj=False, G_adj=False),
        fixef_tol=1e-12,
    )
    found = estimate(panel, specification(), draws=99)
    n, g, k = found.sums.n, found.sums.g, found.sums.parameters
    assert k == 2 + 1 + panel["year"].nunique() - 1
    assert found.coefficient[:, 0] == pytest.approx(raw.coef().to_numpy(), rel=1e-8)
    assert found.se_cv1[:, 0] == pytest.approx(raw.se().to_numpy() * np.sqrt(g / (g - 1) * (n - 1) / (n - k)), rel=1e-6)
    assert found.sums.r2_within[0] == pytest.approx(raw._r2_within, rel=1e-8)


def test_against_linearmodels_and_statsmodels(panel: pd.DataFrame) -> None:
    """Coefficients of PanelOLS; the CV1 of statsmodels with dummies differs by the count of parameters alone."""
    import statsmodels.formula.api as smf
    from linearmodels.panel import PanelOLS

    found = estimate(panel, specification(), draws=99)
    indexed = panel.set_index(["unit", "year"])
    other = PanelOLS(indexed["hqd"], indexed[["density_lag", "size"]], entity_effects=True, time_effects=True).fit()
    assert found.coefficient[:, 0] == pytest.approx(other.params.to_numpy(), rel=1e-8)
    codes = pd.factorize(panel["unit"])[0]
    fit = smf.ols("hqd ~ density_lag + size + C(unit) + C(year)", panel).fit(cov_type="cluster", cov_kwds={"groups": codes})
    every, ours = fit.df_model + 1, found.sums.parameters
    ratio = np.sqrt((found.sums.n - every) / (found.sums.n - ours))
    assert found.se_cv1[:, 0] == pytest.approx(fit.bse[["density_lag", "size"]].to_numpy() * ratio, rel=1e-6)


def test_inflation_and_joint_test_equal_statsmodels(panel: pd.DataFrame) -> None:
    import statsmodels.formula.api as smf
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    data = panel.assign(other=panel["size"] + 0.5 * panel["density_lag"] + np.random.default_rng(0).normal(size=len(panel)))
    sums = sums_of(data, specification(controls=("size", "other")))[0]
    dummies = [pd.get_dummies(data[e], drop_first=True, dtype=float) for e in ("unit", "year")]
    x = np.column_stack([data[["density_lag", "size", "other"]], *dummies, np.ones(len(data))])
    within = [d - x[:, 3:] @ np.linalg.lstsq(x[:, 3:], d, rcond=None)[0] for d in x[:, :3].T]
    known = [variance_inflation_factor(np.column_stack(within), k) for k in range(3)]
    assert inflation(sums) == pytest.approx(known, rel=EXACT)
    codes = pd.factorize(data["unit"])[0]
    fit = smf.ols("hqd ~ density_lag + size + other", data).fit(cov_type="cluster", cov_kwds={"groups": codes})
    pooled = sums_of(data, specification(controls=("size", "other"), fixed_effects=()))[0]
    f, p = joint_wald(pooled, [1, 2], 0)
    other = fit.f_test("size = 0, other = 0")
    assert f == pytest.approx(float(np.squeeze(other.fvalue)), rel=1e-8) and p == pytest.approx(float(other.pvalue), rel=1e-6)


def test_no_effects_is_a_regression_with_a_constant(panel: pd.DataFrame) -> None:
    import statsmodels.formula.api as smf

    found = estimate(panel, specification(fixed_effects=()), draws=99)
    codes = pd.factorize(panel["unit"])[0]
    fit = smf.ols("hqd ~ density_lag + size", panel).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert found.coefficient[:, 0] == pytest.approx(fit.params[["density_lag", "size"]].to_numpy(), rel=1e-8)
    assert found.se_cv1[:, 0] == pytest.approx(fit.bse[["density_lag", "size"]].to_numpy(), rel=1e-6)
    assert found.sums.r2_within[0] == pytest.approx(fit.rsquared, rel=1e-8)


def test_effective_clusters_of_equal_and_of_one_loud_cluster() -> None:
    """Equal blocks: G* = G. One block with c times the spread of the other three: (3 + c^2)^2 / (3 + c^4)."""
    x = np.array([-1.0, 1.0] * 4)
    data = pd.DataFrame({"unit": np.repeat(list("abcd"), 2), "x": x, "y": np.arange(8.0) ** 2})
    spec = Specification("s", ("y",), "x", (), ("unit",))
    assert effective_clusters(sums_of(data, spec)[0]) == pytest.approx(4.0)
    data.loc[data["unit"] == "a", "x"] *= 3
    sums = sums_of(data, spec)[0]
    assert effective_clusters(sums) == pytest.approx(12**2 / (3 + 81))
    assert partial_leverage(sums) == pytest.approx([9 / 12, 1 / 12, 1 / 12, 1 / 12])


def test_a_term_that_lives_in_one_cluster_has_no_jackknife() -> None:
    """Without cluster a the regressor is constant: no CV3, instead of a number from a generalised inverse."""
    data = index_panel(2, units=6, years=6).query("sample == 'all'").reset_index(drop=True)
    data["only"] = np.where(data["unit"] == "C13", data["density_lag"], 0.0)
    found = estimate(data, Specification("s", ("hqd",), "only"), draws=99)
    assert np.isnan(found.se_cv3[0, 0]) and found.se_cv1[0, 0] > 0


def test_romano_wolf_by_hand() -> None:
    """|t| = (3, 1): the larger of |t*| exceeds 3 in 2 of 4 draws; then the second alone exceeds 1 in 2; monotone after that."""
    drawn = np.array([[4.0, 0.5], [0.1, 2.0], [1.0, 0.9], [0.2, -3.5]])
    assert romano_wolf(np.array([3.0, 1.0]), drawn).tolist() == [0.5, 0.5]
    assert romano_wolf(np.array([-1.5, 3.8]), drawn).tolist() == [0.25, 0.25]
    assert romano_wolf(np.array([-0.15, 3.6]), drawn).tolist() == [0.75, 0.25]


def test_minimum_detectable_effect() -> None:
    """Multipliers as published for this rule: 2.90 at G = 31, 2.91 at 28, 3.08 at 12."""
    assert [round(mde(1.0, g, 0.05), 2) for g in (31, 28, 12)] == [2.90, 2.91, 3.08]


def test_wild_weights_have_unit_variance_and_webb_reaches_few_clusters(panel: pd.DataFrame) -> None:
    sums = sums_of(panel, specification())[0]
    webb = wild(sums, rng=random_stream(1, "webb"), draws=DRAWS, weights="webb")
    assert not webb.is_enumerated and len(webb.numerators) == DRAWS
    assert np.var(webb.numerators[:, 0]) == pytest.approx(
        np.var(wild(sums, rng=random_stream(1, "r"), draws=DRAWS).numerators[:, 0]), rel=0.2
    )


def test_joint_draws_are_refits_on_resampled_clusters(panel: pd.DataFrame) -> None:
    """The first draw refitted on the stacked clusters, each copy with effects of its own."""
    sums = sums_of(panel, specification())[0]
    found = joint_draws(sums, draws=3, rng=np.random.default_rng(8))
    counts = np.random.default_rng(8).multinomial(sums.g, np.full(sums.g, 1 / sums.g), size=3)
    copies = [panel[panel["unit"] == u].assign(unit=f"{u}{c}") for u, n in zip(sums.labels, counts[0]) for c in range(n)]
    assert found[0] == pytest.approx(
        [refit(pd.concat(copies), y, ["density_lag", "size"])[0] for y in ("hqd", "brand")], rel=1e-7
    )


def test_with_five_clusters_no_value_is_rejected_at_five_percent(panel: pd.DataFrame) -> None:
    """32 sign vectors, 16 of each |t*|: the smallest p is 1/16, although none of the draws may be larger than t."""
    few = estimate(panel[panel["unit"].isin(sorted(panel["unit"].unique())[:5])], specification(), draws=DRAWS).bootstrap
    assert few.is_enumerated and few.interval(0, 0.95) == (-np.inf, np.inf)
    assert all(np.isfinite(few.interval(0, 0.90)))
