"""Shift-share identities, a case in which AKM is plain clustering, and the placebo that conventional errors fail."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.analyses.endogeneity import _quantities
from hqd_index.models.kernels.partial import partial_out
from hqd_index.models.kernels.shift_share import Exposure, akm, leave_one_out, recentred_exposure, shift_share
from hqd_index.models.kernels.specification import Specification, estimate

SPEC = Specification("ss", ("y",), "x", (), ("unit", "year"))
EXACT = 1e-9
UNITS, YEARS, SHOCKS = 25, 6, 12


def exposure(rng: np.random.Generator, *, complete: bool = True, units: int = UNITS) -> Exposure:
    shares = rng.dirichlet(np.ones(SHOCKS) * 0.3, size=units) * (1.0 if complete else rng.uniform(0.5, 1, (units, 1)))
    return Exposure(
        tuple(f"u{i:02d}" for i in range(units)), tuple(range(2018, 2018 + YEARS)), tuple(f"k{k}" for k in range(SHOCKS)),
        shares, rng.normal(size=(1, YEARS, SHOCKS)).cumsum(axis=1),
    )  # fmt: skip


def panel(rng: np.random.Generator, design: Exposure, *, effect: float = 0.5, sector: float = 0.0) -> pd.DataFrame:
    """x follows the instrument; y has a component that units with like shares share."""
    units, years = len(design.units), len(design.years)
    z = design.instrument()
    x = z + rng.normal(size=z.shape)
    common = np.einsum("uk,tk->ut", design.shares, rng.normal(size=(years, SHOCKS)).cumsum(axis=0))
    y = effect * x + sector * common + rng.normal(size=z.shape)
    keys = {"unit": np.repeat(design.units, years), "year": np.tile(design.years, units)}
    return pd.DataFrame(keys | {"x": x.ravel(), "y": y.ravel()})


@pytest.mark.parametrize("complete", [True, False])
def test_shock_level_regression_gives_the_same_number(complete: bool) -> None:
    rng = np.random.default_rng(1)
    design = exposure(rng, complete=complete)
    found = shift_share(panel(rng, design), SPEC, design)
    assert found.shock_level == pytest.approx(found.iv.estimate, rel=EXACT)
    assert abs(found.iv.estimate - 0.5) < 4 * found.iv.se
    assert (found.akm0[0][0] < found.iv.estimate < found.akm0[0][1]) and found.se_akm > 0


def test_rotemberg_weights_add_up() -> None:
    rng = np.random.default_rng(2)
    design = exposure(rng)
    found = shift_share(panel(rng, design), SPEC, design)
    assert found.rotemberg["weight"].sum() == pytest.approx(1.0)
    assert (found.rotemberg["weight"] * found.rotemberg["estimate"]).sum() == pytest.approx(found.iv.estimate, rel=EXACT)


def test_akm_is_clustering_when_each_unit_has_one_shock() -> None:
    """Shares are dummies of groups, no effects: AKM = cluster-robust CV0 by group with the group-mean instrument."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(8), 5)
    share, shock = np.eye(8)[group], rng.normal(size=8)
    z = (shock - shock.mean())[group]
    e = rng.normal(size=40) + rng.normal(size=8)[group]
    found = akm(share, np.arange(8), e, z, float(z @ z))
    assert found == pytest.approx(np.sqrt((np.bincount(group, z * e) ** 2).sum()) / (z @ z), rel=EXACT)


def test_recentring_is_the_mean_over_all_permutations() -> None:
    rng = np.random.default_rng(4)
    shares, shocks = rng.dirichlet(np.ones(4), size=3), rng.normal(size=(1, 2, 4))
    design = Exposure(("a", "b", "c"), (1, 2), ("w", "x", "y", "z"), shares, shocks)
    orders = list(itertools.permutations(range(4)))
    expected = np.mean([np.einsum("uk,tk->ut", shares, shocks[0][:, list(o)]) for o in orders], axis=0)
    assert recentred_exposure(design).instrument() == pytest.approx(design.instrument() - expected)
    grouped = recentred_exposure(design, ("m", "m", "n", "n")).shocks[0]
    assert grouped[:, :2].sum(axis=1) == pytest.approx(0) and grouped[:, 2:].sum(axis=1) == pytest.approx(0)


def test_leave_one_out_shocks_by_hand() -> None:
    """Two units, one year, one province: the other's 3 recognitions among its 10 firms, 1 among 5; alone: 0."""
    assert leave_one_out(np.array([[[1.0]], [[3.0]]]), np.array([[5.0], [10.0]])).ravel().tolist() == [0.3, 0.2]
    assert leave_one_out(np.array([[[1.0]]]), np.array([[5.0]])).ravel().tolist() == [0.0]


def test_effective_shocks() -> None:
    """Equal shares: K. All on one: 1."""
    base = exposure(np.random.default_rng(0))
    even = Exposure(base.units, base.years, base.names, np.full((UNITS, SHOCKS), 1 / SHOCKS), base.shocks)
    one = Exposure(base.units, base.years, base.names, np.eye(SHOCKS)[np.zeros(UNITS, dtype=int)], base.shocks)
    assert even.effective_shocks() == pytest.approx(SHOCKS) and one.effective_shocks() == pytest.approx(1.0)


def test_placebo_shocks_fool_clustering_by_unit_and_less_so_akm() -> None:
    """Many units of like shares and no effect: clustered errors by unit over-reject, AKM0 does not (AKM 2019: up to 55%)."""
    by_unit, by_shock = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        design = exposure(rng, units=80)
        data = panel(rng, design, effect=0.0, sector=3.0)
        data["x"] = design.instrument().ravel() + 1e-3 * rng.normal(size=len(data))  # all but the instrument itself
        by_unit.append(estimate(data, SPEC, draws=99).p_cv1[0, 0] <= 0.05)
        low, high = shift_share(data, SPEC, design).akm0[0]
        by_shock.append(not low <= 0.0 <= high)
    noise = 3 * np.sqrt(0.05 * 0.95 / 60)
    assert np.mean(by_unit) > 0.20 > 0.05 + noise >= np.mean(by_shock)


def test_first_stage_uses_rows_with_exposure_only() -> None:
    rng = np.random.default_rng(5)
    design = exposure(rng)
    data = panel(rng, design)
    extra = pd.DataFrame({"unit": ["u00", "zz"], "year": [1999, 2019], "x": [1.0, 2.0], "y": [0.0, 0.0]})
    assert shift_share(pd.concat([data, extra]), SPEC, design).iv.n == UNITS * YEARS
    assert partial_out(data, SPEC).n == UNITS * YEARS


def test_a_first_stage_of_the_wrong_sign_is_named() -> None:
    rng = np.random.default_rng(5)
    design = exposure(rng)
    found = shift_share(panel(rng, design), SPEC, design)
    for sign, is_named in ((1.0, False), (-1.0, True)):
        iv = replace(found.iv, first_stage=sign * np.abs(found.iv.first_stage))
        notes = {quantity: note for quantity, _, note in _quantities(replace(found, iv=iv), "province")}
        assert all(("wrong sign" in notes[quantity]) is is_named for quantity in ("first_stage", "estimate"))
