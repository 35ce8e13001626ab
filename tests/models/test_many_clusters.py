"""With many clusters the bootstrap, the gap decomposition and the verdicts left out in turn go by factors: the same numbers."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.analyses import oaxaca
from hqd_index.models.kernels import contrasts, judgements, score_maps
from hqd_index.models.kernels.clusters import cluster_sums
from hqd_index.models.kernels.contrasts import contrast
from hqd_index.models.kernels.partial import partial_out
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.kernels.wild import draw_signs, wild_of
from hqd_index.models.multiverse import specification_curve

G, YEARS, OUTCOMES, DRAWS = 40, 8, 3, 1_500
ROUNDING = 1e-9
"""The same sums in another order."""


@pytest.fixture(scope="module")
def sums():
    random = np.random.default_rng(8)
    unit, year = np.repeat(np.arange(G), YEARS), np.tile(np.arange(YEARS), G)
    x = random.normal(size=(G * YEARS, 2)) + 0.1 * unit[:, None]
    y = x @ random.normal(size=(2, OUTCOMES)) + random.normal(size=(G * YEARS, OUTCOMES)) * (1 + unit[:, None] / G)
    return cluster_sums(y, x, (unit, year), unit, terms=("density", "wage"), labels=[f"u{k}" for k in range(G)])


@pytest.fixture
def few(monkeypatch):
    """Forty clusters count as many."""
    for module in (score_maps, contrasts, judgements):
        monkeypatch.setattr(module, "DENSE_CLUSTERS", G - 1)


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
def test_the_bootstrap_by_factors_is_that_by_matrices(sums, few, monkeypatch, weights):
    signs = draw_signs(G, DRAWS, weights, np.random.default_rng(1))
    many = wild_of(sums, signs)
    assert not many.score_map.is_dense
    lines = [many.line(j) for j in range(OUTCOMES)]
    monkeypatch.setattr(score_maps, "DENSE_CLUSTERS", G)
    matrices = wild_of(sums, signs)
    assert matrices.score_map.is_dense
    for name in ("estimate", "error", "numerators", "a"):
        np.testing.assert_allclose(getattr(many, name), getattr(matrices, name), rtol=ROUNDING, atol=1e-12)
    for j, line in enumerate(lines):
        for name in ("numerators_x", "b", "d"):
            np.testing.assert_allclose(getattr(line, name), getattr(matrices.line(j), name), rtol=ROUNDING, atol=1e-9)
    assert many.p().tolist() == matrices.p().tolist()


def test_signs_of_many_clusters_take_a_byte_and_are_fair():
    signs = draw_signs(1_000, 400, "rademacher", np.random.default_rng(2)).vectors
    assert signs.dtype == np.int8 and set(np.unique(signs)) == {-1, 1}
    assert abs(signs.mean()) < 5 / np.sqrt(signs.size)
    assert draw_signs(20, 400, "rademacher", np.random.default_rng(2)).vectors.dtype == np.float64


def test_a_contrast_by_factors_is_that_by_matrices(sums, few, monkeypatch):
    restriction = np.zeros((2, 2, OUTCOMES))
    restriction[0, 0, 0], restriction[0, 0, 1], restriction[1, 0, 2] = 1, -1, 1
    many = contrast(sums, restriction, rng=np.random.default_rng(3), draws=999, weights="webb")
    monkeypatch.setattr(contrasts, "DENSE_CLUSTERS", G)
    matrices = contrast(sums, restriction, rng=np.random.default_rng(3), draws=999, weights="webb")
    assert many.p_wild == matrices.p_wild and many.wald == pytest.approx(matrices.wald, rel=ROUNDING)


def test_gaps_without_each_unit_from_sums_by_unit():
    random = np.random.default_rng(4)
    positions, high = np.repeat(np.arange(30), 6), np.repeat(np.arange(30) % 2 == 0, 6)
    x = np.column_stack([random.normal(5, 100, 180), np.tile(np.eye(6)[:, 1:], (30, 1))])
    y = random.normal(size=(180, 2)) + 0.01 * x[:, :1] + high[:, None]
    for weights in (None, random.uniform(1, 2, 180)):
        splits = list(oaxaca.splits_without_units(y, x, high, positions, weights))
        for unit in (0, 7, 29):
            rows = positions != unit
            expected = oaxaca.twofold(y[rows], x[rows], high[rows], None if weights is None else weights[rows])
            for name in ("group_means", "levels", "unexplained", "coefficient"):
                np.testing.assert_allclose(getattr(splits[unit], name), getattr(expected, name), rtol=1e-8, atol=1e-10)


def test_spreads_within_effects_by_demeaning_are_those_by_dummies(monkeypatch):
    random = np.random.default_rng(6)
    rows = pd.DataFrame({"unit": np.repeat([f"u{k}" for k in range(30)], 6), "year": np.tile(range(6), 30)})
    rows = rows.assign(density=random.normal(size=180)).drop(index=[3, 50])
    partialled = partial_out(rows, Specification("s", (), "density", (), ("unit", "year")))
    y = random.normal(size=(len(rows), 3)) + np.arange(len(rows))[:, None]
    y = np.column_stack([y, partialled.cluster])  # constant within units
    y -= y.mean(axis=0)
    by_dummies = specification_curve.effects_spread(partialled, y)
    monkeypatch.setattr(specification_curve, "DENSE_CLUSTERS", 10)
    by_demeaning = specification_curve.effects_spread(partialled, y)
    np.testing.assert_allclose(by_demeaning, by_dummies, rtol=ROUNDING)
    assert np.isnan(by_demeaning[3]) and not np.isnan(by_demeaning[:3]).any()
