"""Importance, composition and resilience: hand-worked cases and exact sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.analyses.resilience import episodes, resilience
from hqd_index.models.firms.sources_of_change import FHK, MELITZ_POLANEC, foster_decomposition, melitz_polanec
from hqd_index.models.kernels.partial import partial_out
from hqd_index.models.kernels.shapley import importance, r2_of, shapley
from hqd_index.models.kernels.specification import Specification, estimate

from .known_panels import index_panel

EXACT = 1e-12


def test_shapley_of_two_regressors_by_hand() -> None:
    """R2 alone .36 and .16, together .40 (unit variances, correlation r): shares (.36 + .40 - .16)/2 and (.16 + .40 - .36)/2."""
    gram = np.array([[1.0, 0.6], [0.6, 1.0]])
    cross = np.array([0.6, 0.4])
    joint = float(r2_of(gram, cross, np.array(1.0), [0, 1]))
    assert joint == pytest.approx((0.36 + 0.16 - 2 * 0.6 * 0.6 * 0.4) / (1 - 0.36))
    found = shapley(gram, cross, np.array(1.0), [[0], [1]])
    assert found == pytest.approx([(0.36 + joint - 0.16) / 2, (0.16 + joint - 0.36) / 2])


def test_shapley_of_orthogonal_groups_is_their_own_r2() -> None:
    gram, cross = np.diag([1.0, 2.0, 4.0]), np.array([0.3, 0.4, 0.8])
    assert shapley(gram, cross, np.array(1.0), [[0, 1], [2]]) == pytest.approx([0.09 + 0.08, 0.16])


def test_importance_adds_up_to_the_within_r2() -> None:
    data = index_panel().query("sample == 'all'").assign(noise=np.random.default_rng(0).normal(size=31 * 12))
    spec = Specification("i", ("hqd",), "density_lag", ("size", "noise"))
    found = importance(
        partial_out(data, Specification("i", ("hqd",), "density_lag")), "hqd",
        {"density": ["density_lag"], "controls": ["size", "noise"]}, draws=99,
    )  # fmt: skip
    assert found.r2 == pytest.approx(estimate(data, spec, draws=99).sums.r2_within[0])
    assert (found.low < found.share).all() and (found.share < found.high).all()
    with pytest.raises(EstimationError, match="13 groups"):
        importance(partial_out(data, spec), "hqd", {str(i): ["size"] for i in range(13)})


@pytest.fixture
def firms() -> pd.DataFrame:
    """a and b stay, c leaves, d enters."""
    return pd.DataFrame(
        [("a", 1, 1.0, 50), ("b", 1, 2.0, 30), ("c", 1, 0.5, 20), ("a", 2, 1.2, 60), ("b", 2, 2.0, 60), ("d", 2, 3.0, 80)],
        columns=["firm_id", "year", "tfp", "revenue"],
    )


def test_foster_by_hand(firms: pd.DataFrame) -> None:
    """Means 1.2, 2.16; shares .5 .3 .2, then .3 .3 .4: .5 x .2, -.2 x -.2, -.2 x .2, entry .4 x 1.8, exit .2 x .7."""
    found = foster_decomposition(firms, "tfp", "revenue", (1, 2)).iloc[0]
    assert [found[c] for c in FHK] == pytest.approx([0.10, 0.04, -0.04, 0.72, 0.14], abs=EXACT)
    kinds = pd.Series({"a": "srdi", "b": "other", "c": "other", "d": "srdi"})
    split = foster_decomposition(firms, "tfp", "revenue", (1, 2), kinds).set_index("group")
    assert split.loc["srdi", "entry"] == pytest.approx(0.72) and split[list(FHK)].to_numpy().sum() == pytest.approx(2.16 - 1.2)


def test_melitz_polanec_by_hand(firms: pd.DataFrame) -> None:
    """Survivors: plain mean 1.5 to 1.6, covariance -.125 to 0; entry .4 (3 - 1.6), exit .2 (1.375 - .5)."""
    found = melitz_polanec(firms, "tfp", "revenue", (1, 2))
    assert [found[c] for c in MELITZ_POLANEC] == pytest.approx([0.1, 0.125, 0.56, 0.175], abs=EXACT)
    assert sum(found.values()) == pytest.approx(0.96, abs=EXACT)


def test_composition_adds_up_on_random_firms() -> None:
    rng = np.random.default_rng(2)
    rows = [(f"f{i}", t, rng.normal(), rng.exponential()) for i in range(200) for t in (1, 2) if rng.random() < 0.8]
    frame = pd.DataFrame(rows, columns=["firm_id", "year", "tfp", "revenue"])
    means = [np.average(r["tfp"], weights=r["revenue"]) for _, r in frame.groupby("year")]
    assert foster_decomposition(frame, "tfp", "revenue", (1, 2))[list(FHK)].to_numpy().sum() == pytest.approx(
        means[1] - means[0], abs=EXACT
    )
    assert sum(melitz_polanec(frame, "tfp", "revenue", (1, 2)).values()) == pytest.approx(means[1] - means[0], abs=EXACT)


def test_episodes_by_hand() -> None:
    """a falls by 2 at once, back in its third year; b never falls; c falls by 1 a year late, back after two; d never returns."""
    years = range(2017, 2023)
    paths = {"a": [10, 8, 9, 10, 11, 11], "b": [5, 6, 7, 7, 7, 7], "c": [4, 4, 3, 4, 4, 4], "d": [4, 3, 3, 3, 3, 3]}
    levels = pd.DataFrame(
        [(u, y, float(v)) for u, path in paths.items() for y, v in zip(years, path)], columns=["unit", "year", "v"]
    )
    found = episodes(levels, "v", (2018,)).set_index("unit")
    assert found["fall"].to_dict() == {"a": 2.0, "b": -1.0, "c": 1.0, "d": 1.0}
    assert found["recovery"].to_dict() == {"a": 2.0, "b": 0.0, "c": 2.0, "d": 5.0}
    assert found["censored"].to_dict() == {"a": False, "b": False, "c": False, "d": True}


def test_resilience_recovers_what_dampens_the_fall() -> None:
    """Fall = 1 + exposure - .5 density x exposure at each of three shocks, back after two years."""
    rng = np.random.default_rng(4)
    units = [f"u{i}" for i in range(60)]
    exposure = pd.Series(rng.uniform(0, 2, 60), index=units)
    density = pd.DataFrame({"unit": np.repeat(units, 10), "year": np.tile(range(2015, 2025), 60)})
    density["density"] = rng.uniform(0, 2, len(density))
    before = density.set_index(["unit", "year"])["density"]
    rows = []
    for u in units:
        level = pd.Series(20.0, index=range(2015, 2025))
        for shock in (2018, 2020, 2022):
            fall = 1 + exposure[u] - 0.5 * (before[u, shock - 1] - 1) * (exposure[u] - 1) + rng.normal(0, 0.1)
            level[shock] -= fall
        rows += [(u, y, v) for y, v in level.items()]
    levels = pd.DataFrame(rows, columns=["unit", "year", "v"])
    found = resilience(levels, "v", density, exposure, draws=199)
    fit = found.estimates["fall"]
    assert fit.coefficient[:, 0] == pytest.approx([0.0, 1.0, -0.5], abs=0.1)
    assert len(found.episodes) == 180 and fit.sums.g == 60
    with pytest.raises(EstimationError, match="no shock year"):
        resilience(levels[levels["year"] > 2022], "v", density, exposure)
