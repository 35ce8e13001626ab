"""Numbers of the kernels at their edges, in closed form. Each was a mistake that no other test saw (tests/mutation)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.kernels import clusters
from hqd_index.models.kernels import randomisation as randomisation_module
from hqd_index.models.kernels.clusters import leave_one_out, sums_without_cluster
from hqd_index.models.kernels.inference import coefficients, cv1, cv3, driscoll_kraay, interval, p_value, scores
from hqd_index.models.kernels.iv import TF, iv_estimate, tf_critical
from hqd_index.models.kernels.judgements import attainable_with
from hqd_index.models.kernels.pre_trend import pre_trend
from hqd_index.models.kernels.randomisation import randomisation
from hqd_index.models.kernels.reference_distributions import normal_quantile
from hqd_index.models.kernels.shift_share import SUM, Exposure, _residual_shocks, _sums_by_shock, _with_instrument, akm0
from hqd_index.models.kernels.specification import Specification, estimate, sums_of
from hqd_index.models.kernels.wild import WEBB

from .known_panels import index_panel

EXACT = 1e-12  # relative; one formula written twice


def specification(**changes: object) -> Specification:
    return Specification(**({"id": "s", "outcomes": ("hqd",), "density": "density_lag", "controls": ("size",)} | changes))


@pytest.mark.parametrize(("years", "reach"), [(2, 1), (8, 2), (30, 3), (60, 3)])
def test_driscoll_and_kraay_reach_as_far_as_their_rule(years: int, reach: int) -> None:
    """floor(4 (T/100)^(2/9)) is 1, 2, 3, 3 for 2, 8, 30 and 60 years; Bartlett weights 1 - l / (reach + 1)."""
    data = index_panel(3, units=6, years=years).query("sample == 'all'").reset_index(drop=True)
    sums, *_ = sums_of(data, specification(cluster="year", fixed_effects=("unit", "year") if years > 2 else ()))
    score = scores(sums)
    reach = min(reach, len(score) - 1)
    expected = (score**2).sum(axis=0)
    for lag in range(1, reach + 1):
        expected = expected + 2 * (1 - lag / (reach + 1)) * (score[lag:] * score[:-lag]).sum(axis=0)
    np.testing.assert_allclose(driscoll_kraay(sums), np.sqrt(np.maximum(expected, 0)), rtol=EXACT)
    assert not np.allclose(driscoll_kraay(sums), driscoll_kraay(sums, lags=reach - 1), rtol=1e-6)


@pytest.mark.parametrize("clusters", [1, 2])
def test_p_of_two_clusters_is_that_of_cauchy_and_one_cluster_takes_the_same(clusters: int) -> None:
    """t with one degree of freedom: p = 1 - 2 arctan(x) / pi."""
    p = p_value(np.array([2.0]), np.array([0.5]), clusters)
    np.testing.assert_allclose(p, 1 - 2 * np.arctan(4.0) / np.pi, rtol=1e-9)


@pytest.mark.parametrize(("clusters", "quantile"), [(1, 12.706204736), (2, 12.706204736), (3, 4.302652730), (11, 2.228138852)])
def test_an_interval_takes_t_of_one_degree_less_than_clusters(clusters: int, quantile: float) -> None:
    low, high = interval(np.array([1.0]), np.array([0.5]), clusters, 0.95)
    assert (low[0], high[0]) == (pytest.approx(1 - quantile / 2, rel=1e-8), pytest.approx(1 + quantile / 2, rel=1e-8))


@pytest.mark.parametrize("clusters", [4, 8])
def test_the_least_p_of_a_bootstrap_counts_its_sign_vectors(clusters: int) -> None:
    assert attainable_with(clusters, 9999, "rademacher") == 1 / 2 ** (clusters - 1)
    assert attainable_with(60, 9999, "rademacher") == 0.0


def test_the_critical_values_of_tf_are_those_of_the_table() -> None:
    """Lee et al. 2022, table 3: falling in ever smaller steps from 18.66 to 1.96; about 3.43 at F = 10; the sum is 242.38."""
    steps = -np.diff(TF)
    assert (len(TF), TF[0], TF[-1], round(sum(TF), 2)) == (84, 18.66, 1.96, 242.38)
    assert tf_critical(3.999) == np.inf and tf_critical(4.0) == 18.66 and tf_critical(4.5) < 18.66
    assert (steps >= 0).all() and (np.diff(steps) <= 0.0201).all()
    root = np.sqrt(10.0)
    assert np.interp(root, np.arange(2.0, 10.35, 0.1), TF) == pytest.approx(3.43, abs=0.01)


def test_every_year_but_the_first_has_its_sum_of_shares_as_a_control() -> None:
    years = (2015, 2016, 2017, 2018)
    exposure = Exposure(("a", "b"), years, ("x", "y"), np.array([[0.5, 0.2], [0.1, 0.3]]), np.ones((1, 4, 2)))
    observations = pd.DataFrame({"unit": ["a", "b"] * 4, "year": np.repeat(years, 2)})
    rows, spec = _with_instrument(observations, specification(), exposure)
    assert spec.controls == ("size", *(f"{SUM}_{year}" for year in years[1:]))
    for year in years[1:]:
        assert rows[f"{SUM}_{year}"].tolist() == [
            {"a": 0.7, "b": 0.4}[u] * (y == year) for u, y in zip(rows["unit"], rows["year"])
        ]


@pytest.mark.parametrize("lone", [False, True])
def test_sums_without_a_cluster_are_those_of_its_sample(lone: bool) -> None:
    """Coefficients, scores and jackknife; a term that lives in that cluster alone weighs nothing, the others as without it."""
    data = index_panel(5, units=7, years=6).query("sample == 'all'").reset_index(drop=True)
    data["only"] = np.where(data["unit"] == data["unit"].iloc[0], data["density_lag"] ** 2, 0.0)
    spec = specification(outcomes=("hqd", "brand"), controls=("size", "only") if lone else ("size",))
    sums, sound = sums_of(data, spec)[0], specification(outcomes=("brand",))
    for g, label in enumerate(sums.labels[:1] if lone else sums.labels):
        found = sums_without_cluster(sums, g, [1])
        expected = sums_of(data[data["unit"] != label], sound)[0]
        np.testing.assert_allclose(found.gram.sum(axis=0), np.eye(found.gram.shape[1]), atol=1e-9)
        for quantity in (coefficients, scores, leave_one_out):
            np.testing.assert_allclose(quantity(found)[..., :2, :], quantity(expected), rtol=1e-6, atol=1e-10)
        assert found.labels == expected.labels
        assert not lone or not scores(found)[:, 2].any()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("noise", [0.1, 30.0])
def test_ends_with_the_null_imposed_solve_their_equation_at_every_scale(scale: float, noise: float) -> None:
    """(z'(y - b x))^2 = c^2 sum_k score_k(b)^2 at each finite end; values between them where z is strong, else outside."""
    rng = np.random.default_rng(11)
    share, cell = rng.dirichlet(np.ones(9), size=60), np.arange(9)
    z = share @ rng.normal(size=9)
    z = z - z.mean()
    x = scale * (z + noise * rng.normal(size=60))
    y = scale * (2 * z + 0.5 * rng.normal(size=60))
    rays = akm0(share, cell, y, x, z, 0.95)
    finite = [end for ray in rays for end in ray if np.isfinite(end)]
    assert len(finite) == 2 and len(rays) == (1 if noise < 1 else 2)
    shocks = _residual_shocks(share, z)
    for b in finite:
        score = _sums_by_shock(share, shocks, cell, y - b * x)
        assert float(z @ (y - b * x)) ** 2 == pytest.approx(normal_quantile(0.975) ** 2 * float(score @ score), rel=1e-6)
    if len(rays) == 2:
        assert rays[0][0] == -np.inf and rays[1][1] == np.inf and rays[0][1] < rays[1][0]


def test_a_row_needs_every_instrument() -> None:
    """A row without one of two is left out, whichever of the two it is."""
    data = index_panel(8, units=8, years=8).query("sample == 'all'").reset_index(drop=True)
    rng = np.random.default_rng(2)
    data["z1"], data["z2"] = (data["density_lag"] + rng.normal(size=len(data)) for _ in range(2))
    data.loc[3, "z1"], data.loc[20, "z2"] = np.nan, np.inf
    found, expected, fewer = (
        iv_estimate(rows, specification(), ("z1", "z2"))
        for rows in (data, data.drop(index=[3, 20]), data.drop(index=[3, 20, 21]))
    )
    assert (found.n, found.estimate, found.f) == (expected.n, expected.estimate, expected.f)
    assert found.estimate != fewer.estimate


@pytest.mark.parametrize(
    ("first", "later", "units", "is_estimated"),
    [(2013, (1.0, 2.0, 4.0), "abc", True), (2012, (1.0, 2.0, 4.0), "abc", False), (2013, (2.0, 2.0, 2.0), "abc", False),
     (2013, (1.0, 3.0), "ab", True), (2013, (1.0,), "a", False), (2013, (0.0, 0.0, 0.0), "abc", False)],
)  # fmt: skip
def test_a_pre_trend_needs_three_years_without_density_and_units_that_differ_later(
    first: int, later: tuple[float, ...], units: str, is_estimated: bool
) -> None:
    rng = np.random.default_rng(1)
    rows = [(unit, year, size * (year >= first), rng.normal()) for unit, size in zip(units, later) for year in range(2010, 2016)]
    data = pd.DataFrame(rows, columns=["unit", "year", "density_lag", "hqd"])
    assert (pre_trend(data, specification(controls=()), draws=99) is not None) == is_estimated


def test_two_clusters_have_both_standard_errors_and_one_has_none() -> None:
    """CV3 of two: sqrt(1/2 sum of squares of the two estimates less the whole)."""
    data = index_panel(4, units=2, years=9).query("sample == 'all'").reset_index(drop=True)
    spec = specification(fixed_effects=("unit",), controls=())
    sums = sums_of(data, spec)[0]
    parts = [coefficients(sums_of(data[data["unit"] != unit], replace(spec, cluster="year"))[0]) for unit in sums.labels]
    whole = coefficients(sums)
    np.testing.assert_allclose(cv3(sums), np.sqrt(sum((part - whole) ** 2 for part in parts) / 2), rtol=1e-9)
    assert np.isfinite(cv1(sums)).all()
    alone = replace(sums, labels=sums.labels[:1], gram=sums.gram[:1], cross=sums.cross[:1])
    assert np.isnan(cv1(alone)).all() and np.isnan(cv3(alone)).all()


def test_an_outcome_without_variation_has_no_estimate_beside_one_that_has() -> None:
    data = index_panel(4, units=6, years=6).query("sample == 'all'").reset_index(drop=True).assign(flat=1.5)
    found = estimate(data, specification(outcomes=("hqd", "flat")), draws=99)
    assert np.isfinite(found.coefficient[:, 0]).all() and np.isnan(found.coefficient[:, 1]).all()
    assert found.varies(0) and not found.varies(1)


def test_permutations_are_the_same_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = index_panel(4, units=7, years=6).query("sample == 'all'").reset_index(drop=True)
    whole = randomisation(data, specification(), draws=9, seed=3)
    monkeypatch.setattr(randomisation_module, "BATCH", 1)
    pieces = randomisation(data, specification(), draws=9, seed=3)
    np.testing.assert_allclose(pieces.t_star, whole.t_star, rtol=1e-9)
    assert len(pieces.t_star) == 9


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_an_instrument_is_judged_alike_in_every_unit_of_the_density(scale: float) -> None:
    data = index_panel(8, units=8, years=8).query("sample == 'all'").reset_index(drop=True)
    data["z"] = data["density_lag"] + np.random.default_rng(2).normal(size=len(data))
    scaled = data.assign(density_lag=scale * data["density_lag"])
    found, expected = (iv_estimate(rows, specification(), ["z"]) for rows in (scaled, data))
    assert found.estimate * scale == pytest.approx(expected.estimate, rel=1e-8)
    assert found.f == pytest.approx(expected.f, rel=1e-8)


@pytest.mark.parametrize(("largest", "is_exact"), [(10**9, True), (10**3, True), (100, False)])
def test_sums_that_would_be_too_large_absorb_their_effects(largest: int, is_exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows and many columns, or the other way round: either limit is enough to do without the jackknife."""
    data = index_panel(4, units=6, years=6).query("sample == 'all'").reset_index(drop=True)
    expected = coefficients(sums_of(data, specification())[0])
    effects = data["year"].nunique() + 2
    monkeypatch.setattr(clusters, "LARGEST_SUMS", largest if largest != 100 else len(data) * effects)
    found = sums_of(data, specification())[0]
    np.testing.assert_allclose(coefficients(found), expected, rtol=1e-9)
    assert found.complete == is_exact and np.isfinite(cv3(found)).all() == is_exact


def test_a_control_far_from_zero_is_kept() -> None:
    """Within effects only what varies counts: a level of 10,000 million beside a spread of 1 loses digits, not the control."""
    data = index_panel(4, units=6, years=6).query("sample == 'all'").reset_index(drop=True)
    sums, moved = (sums_of(rows, specification())[0] for rows in (data, data.assign(size=data["size"] + 1e10)))
    assert moved.dropped_terms == () and moved.terms == ("density_lag", "size")
    np.testing.assert_allclose(coefficients(moved), coefficients(sums), rtol=1e-3, atol=1e-6)


def test_webbs_six_points() -> None:
    """Webb 2014: plus and minus the roots of 1/2, 1 and 3/2; mean 0, variance 1."""
    assert sorted(WEBB) == pytest.approx([-(1.5**0.5), -1, -(0.5**0.5), 0.5**0.5, 1, 1.5**0.5])


def test_effects_of_groups_need_groups() -> None:
    data = index_panel(4, units=6, years=6).query("sample == 'all'").reset_index(drop=True)
    with pytest.raises(EstimationError, match="no group for C13"):
        sums_of(data, specification(fixed_effects=("unit", "group_year")))
