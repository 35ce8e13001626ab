"""The matrix products against one regression at a time, and the joint test under the null and under an effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.models.multiverse.joint_test import joint_test
from hqd_index.models.multiverse.specification_curve import (
    Scores,
    Universe,
    choice_shares,
    distinct_designs,
    multiverse,
)

from .known_panels import density, errors

EXACT = 1e-9  # relative; both sides are direct solves
DESIGNS = 40
EVERY = np.ones(DESIGNS, dtype=bool)


def world(seed: int = 0, *, effect: float = 0.0, designs: int = DESIGNS) -> tuple[Scores, list[Universe]]:
    """Designs that differ by weighting (two kinds) and noise; specifications by effects, controls and years."""
    rng = np.random.default_rng(seed)
    x, common = density(20, 9, rng, concentrated=False), errors(20, 9, rng)
    keys = pd.DataFrame({"unit": np.repeat([f"u{i:02d}" for i in range(20)], 9), "year": np.tile(range(2014, 2023), 20)})
    data = keys.assign(x=x.ravel(), x2=(x + 0.3 * rng.normal(size=x.shape)).ravel(), c=rng.normal(size=180))
    kind = np.arange(designs) % 2
    values = (effect + 0.3 * kind)[None, :] * data[["x"]].to_numpy() * (effect > 0) + common.ravel()[:, None]
    values = values + 0.5 * rng.normal(size=(180, designs)) + 0.2 * data[["c"]].to_numpy()
    scores = Scores(keys, values, pd.DataFrame({"weight": np.where(kind, "entropy", "equal"), "noise": np.arange(designs) % 3}))
    universes = [
        Universe(Specification("twfe", (), "x", ("c",)), {"effects": "two", "controls": "yes"}, data),
        Universe(Specification("unit", (), "x", (), ("unit",)), {"effects": "unit", "controls": "no"}, data),
        Universe(Specification("pooled", (), "x2", ("c",), ()), {"effects": "none", "controls": "yes"}, data),
        Universe(Specification("late", (), "x"), {"effects": "two", "controls": "no"}, data[data["year"] > 2015]),
    ]
    return scores, universes


def test_one_unit_and_too_few_rows_are_reasons() -> None:
    scores, universes = world()
    one = [replace(u, data=u.data[u.data["unit"] == "u03"]) for u in universes[1:3]]
    few = replace(universes[2], data=universes[2].data.query("unit in ('u01', 'u02') and year == 2014"))
    curve = multiverse(scores, [*one, few])
    assert np.isnan(curve.estimate).all()
    assert [str(fault).partition(": ")[2][:19] for fault in curve.errors] == ["one cluster; at lea"] * 2 + ["2 rows for 2 parame"]


def test_equals_one_regression_at_a_time() -> None:
    scores, universes = world()
    curve = multiverse(scores, universes)
    assert curve.declared_count == 4 * DESIGNS and not curve.errors
    for s, u in enumerate(universes):
        for d in (0, 7, 33):
            frame = u.data.merge(scores.keys.assign(y=scores.values[:, d]), on=["unit", "year"])
            spec = Specification(u.spec.id, ("y",), u.spec.density, u.spec.controls, u.spec.fixed_effects)
            fit = estimate(frame, spec, draws=99)
            scale = fit.scale()[0, 0]
            assert curve.estimate[s, d] == pytest.approx(fit.coefficient[0, 0] * scale, rel=EXACT)
            assert curve.se_cv1[s, d] == pytest.approx(fit.se_cv1[0, 0] * scale, rel=EXACT)
            assert curve.se_cv3[s, d] == pytest.approx(fit.se_cv3[0, 0] * scale, rel=EXACT)
            assert curve.p_cv3[s, d] == pytest.approx(fit.p_cv3[0, 0], rel=1e-7)


def test_group_year_is_a_choice_that_equals_its_own_regression() -> None:
    """Half the units are in each group; the universe beside the two-way one is run, named and counted."""
    scores, universes = world()
    data = universes[0].data.assign(group_year=lambda d: d["unit"].isin([f"u{i:02d}" for i in range(10)]) + 2 * d["year"])
    grouped = Universe(Specification("grouped", (), "x", ("c",), ("unit", "group_year")), {"effects": "unit+group_year"}, data)
    curve = multiverse(scores, [universes[0], grouped])
    assert curve.declared_count == 2 * DESIGNS == curve.shares(0.05, EVERY)["run"]
    spec = Specification("grouped", ("y",), "x", ("c",), ("unit", "group_year"))
    fit = estimate(data.assign(y=scores.values[:, 7]), spec, draws=99)
    for found, known in ((curve.estimate, fit.coefficient), (curve.se_cv1, fit.se_cv1), (curve.se_cv3, fit.se_cv3)):
        assert found[1, 7] == pytest.approx(known[0, 0] * fit.scale()[0, 0], rel=EXACT)
    levels = choice_shares(curve, scores, EVERY).set_index("choice")["levels"]
    assert levels["effects"] == 2


def test_twins_count_once() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=(100, 3))
    twins = np.concatenate([base, np.exp(base), base + 1e-6 * rng.normal(size=base.shape), -base], axis=1)
    assert distinct_designs(twins).tolist() == [True] * 3 + [False] * 6 + [True] * 3
    many = np.tile(base, 200)
    assert distinct_designs(many).sum() == 3


def test_gaps_and_constant_densities_are_told() -> None:
    scores, universes = world()
    values = scores.values.copy()
    values[5, 3] = np.nan
    flat = Universe(Specification("flat", (), "x"), {"effects": "two"}, universes[0].data.assign(x=1.0))
    curve = multiverse(Scores(scores.keys, values, scores.choices), [universes[0], flat])
    assert np.isnan(curve.estimate[0]).tolist() == [d == 3 for d in range(DESIGNS)]
    assert np.isnan(curve.estimate[1]).all() and "does not vary" in str(curve.errors[0])
    assert curve.shares(0.05, EVERY)["run"] == DESIGNS - 1


def test_the_choice_that_decides_is_found() -> None:
    """Entropy designs carry a larger effect by construction: weighting explains more than the number of the noise."""
    scores, universes = world(effect=0.2)
    curve = multiverse(scores, universes)
    shares = choice_shares(curve, scores, EVERY).set_index("choice")["share"]
    assert shares["weight"] > 10 * shares["noise"]
    assert curve.shares(0.05, EVERY)["positive"] == 1.0


def test_joint_test_has_size_and_power() -> None:
    """40 worlds without effect: p of the median at most 5% in about 5%; with an effect it is the smallest possible."""
    found = []
    for seed in range(40):
        scores, universes = world(seed, designs=8)
        found.append(joint_test(scores, universes, np.ones(8, dtype=bool), alpha=0.05, draws=39, seed=seed))
    for p in ("p_median", "p_significant"):
        assert np.mean([getattr(f, p) <= 0.05 for f in found]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)
    scores, universes = world(3, effect=0.3)
    strong = joint_test(scores, universes, EVERY, alpha=0.05, draws=99)
    assert strong.p_median == strong.p_significant == 0.01
    curve = multiverse(scores, universes)
    assert strong.median == pytest.approx(abs(float(np.median(curve.estimate))), rel=1e-9)
    assert strong.significant == pytest.approx(float((curve.p_cv1 <= 0.05).mean()), abs=0.02)
