"""Correlations, reliability, adequacy, collinearity and components against COINr's ASEM output, closed forms and statsmodels."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.outliers_influence import variance_inflation_factor

from hqd_index.errors import EstimationError
from hqd_index.index.diagnostics import correlation_structure as structure
from hqd_index.index.diagnostics.indicator_coherence import pair_flag
from hqd_index.methods.column_statistics import correlation

COINR = 1e-9
"""The reference has 15 digits on a 0-100 scale; what is left are a few roundings."""
EXACT = 1e-12
ROUNDED = 5e-4
"""COINr prints flagged correlations with 3 decimals."""


@pytest.fixture(scope="module")
def asem(shared):
    folder = shared / "reference" / "coinr_asem"
    return lambda name: pd.read_csv(folder / f"{name}.csv", index_col="uCode" if name.startswith("dset") else None)


@pytest.fixture(scope="module")
def pillars(asem):
    return asem("lineage").groupby("Pillar")["Indicator"].apply(list).to_dict()


@pytest.fixture(scope="module")
def r(asem):
    values = asem("dset_Normalised")
    return pd.DataFrame(correlation(values.to_numpy()), index=values.columns, columns=values.columns)


def test_asem_correlations(asem, r):
    known = asem("corr_lev1_lev1")
    found = [r.loc[a, b] for a, b in zip(known["Var1"], known["Var2"])]
    assert found == pytest.approx(known["Correlation"].to_numpy(), abs=COINR)


def test_asem_flags_inside_a_pillar(asem, pillars, r):
    known = asem("corr_flags")
    flagged = {
        frozenset((a, b)): r.loc[a, b]
        for members in pillars.values()
        for a in members
        for b in members
        if a < b and pair_flag(r.loc[a, b], siblings=True, high=0.75) == "I-REDUNDANT"
    }
    listed = {frozenset(pair) for pair in zip(known["Ind1"], known["Ind2"])}
    assert {pair for pair, value in flagged.items() if value > 0} == listed  # COINr looks at positive ones only
    assert {pair for pair, value in flagged.items() if value < 0} == {frozenset(("RTAs", "TBTs"))}
    for row in known.itertuples():
        assert flagged[frozenset((row.Ind1, row.Ind2))] == pytest.approx(row.Corr, abs=ROUNDED)


def test_asem_cronbach(asem, pillars):
    values = asem("dset_Normalised")
    for row in asem("cronbach_pillars").itertuples():
        assert structure.cronbach(values[pillars[row.pillar]].to_numpy()) == pytest.approx(row.alpha, abs=COINR)
    assert structure.cronbach(values.to_numpy()) == pytest.approx(asem("cronbach_all")["alpha_all"].item(), abs=COINR)


@pytest.mark.parametrize("part", ["Conn", "Sust"])
def test_asem_components(asem, part):
    """Eigenvalues and vectors of the pillars below one sub-index; prcomp leaves signs open."""
    rotation, spread = asem(f"pca_lev2_{part}_rotation"), asem(f"pca_lev2_{part}_sdev")
    found = structure.components(correlation(asem("dset_Aggregated")[rotation["iCode"]].to_numpy()))
    assert found.variances == pytest.approx(spread["var"].to_numpy(), abs=COINR)
    assert found.explained_shares == pytest.approx(spread["prop"].to_numpy(), abs=COINR)
    known = rotation.drop(columns="iCode").to_numpy()
    assert np.abs(found.vectors) == pytest.approx(np.abs(known), abs=COINR)
    assert np.abs((found.vectors * known).sum(axis=0)) == pytest.approx(np.ones(known.shape[1]), abs=COINR)


def test_loadings_are_correlations_with_the_component():
    rows = np.random.default_rng(4).normal(size=(40, 3)) @ np.array([[1, 0.5, 0.2], [0, 1, 0.4], [0, 0, 1]])
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    found = structure.components(correlation(rows))
    for k in range(3):
        scores = z @ found.vectors[:, k]
        assert [np.corrcoef(z[:, j], scores)[0, 1] for j in range(3)] == pytest.approx(found.loadings[:, k], abs=EXACT)


def test_spearman_over_common_cells_as_scipy():
    values = np.random.default_rng(2).normal(size=(30, 4)).round(1)
    values[::4, 1], values[::5, 2] = np.nan, np.nan
    rho, common = structure.spearman(values), structure.common_cells(values)
    for j in range(4):
        for k in range(4):
            both = ~np.isnan(values[:, j]) & ~np.isnan(values[:, k])
            assert common[j, k] == both.sum()
            assert rho[j, k] == pytest.approx(stats.spearmanr(values[both, j], values[both, k]).statistic, abs=EXACT)


def test_spearman_needs_three_common_cells():
    values = np.array([[1.0, np.nan], [2, np.nan], [3, 1], [4, 2], [np.nan, 3]])
    assert np.isnan(structure.spearman(values)[0, 1])


def equicorrelated(rho, m=3):
    return np.full((m, m), rho) + (1 - rho) * np.eye(m)


def test_kmo_of_equal_correlations():
    """Three columns with r everywhere have partial correlations r/(1+r), so KMO = 1 / (1 + (1+r)^-2); two columns have 1/2."""
    found = structure.kmo(equicorrelated(0.5))
    assert found.overall == pytest.approx(1 / (1 + 1.5**-2), abs=EXACT)
    assert found.adequacy_by_column == pytest.approx([found.overall] * 3, abs=EXACT)
    assert structure.kmo(equicorrelated(0.5, 2)).overall == pytest.approx(0.5, abs=EXACT)
    assert not found.singular


def test_kmo_of_a_singular_matrix_is_flagged():
    r = np.array([[1, 1, 0.3], [1, 1, 0.3], [0.3, 0.3, 1]])
    assert structure.kmo(r).singular and 0 <= structure.kmo(r).overall <= 1


def test_bartlett_by_hand():
    """n = 21, m = 3, r = .5: det R = (1-r)^2 (1+2r) = .5; factor 20 - 11/6."""
    found = structure.bartlett(equicorrelated(0.5), 21)
    assert found.statistic == pytest.approx((20 - 11 / 6) * np.log(2), abs=EXACT)
    assert found.dof == 3 and found.p == pytest.approx(stats.chi2.sf(found.statistic, 3), abs=EXACT)


@pytest.mark.parametrize(("r", "n"), [(equicorrelated(0.5), 3), (np.ones((2, 2)), 30)])
def test_bartlett_refuses_a_singular_matrix(r, n):
    with pytest.raises(EstimationError, match="singular"):
        structure.bartlett(r, n)


def test_vif_as_statsmodels_and_as_the_inverse():
    rows = np.random.default_rng(3).normal(size=(50, 4)) @ np.triu(np.ones((4, 4)))
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    known = [variance_inflation_factor(z, j) for j in range(4)]
    assert structure.vif(rows) == pytest.approx(known, rel=1e-9)
    assert structure.vif(rows) == pytest.approx(np.diag(np.linalg.inv(correlation(rows))), rel=1e-9)


def test_vif_of_twins_is_infinite_and_leaves_the_others_finite():
    rows = np.random.default_rng(5).normal(size=(30, 3))
    rows = np.column_stack([rows, 3 - 2 * rows[:, 0]])
    found = structure.vif(rows)
    assert np.isinf(found[[0, 3]]).all() and np.isfinite(found[[1, 2]]).all()
    assert structure.identical_column_pairs(correlation(rows)) == [(0, 3)]


def test_cronbach_by_hand_and_degenerate():
    """Columns (1, 2, 3) and (1, 2, 3): alpha 1; (1, 2, 3) and (3, 2, 1): the sum is constant, NaN."""
    up, down = np.array([1.0, 2, 3]), np.array([3.0, 2, 1])
    assert structure.cronbach(np.column_stack([up, up])) == pytest.approx(1, abs=EXACT)
    assert np.isnan(structure.cronbach(np.column_stack([up, down])))
    # variances 2/3 and 8/3, of the sum (-1, -2, -3) 2/3: 2 (1 - (10/3) / (2/3)) = -8
    assert structure.cronbach(np.column_stack([up, -2 * up])) == pytest.approx(-8, abs=EXACT)


def test_usable_keeps_complete_rows_of_columns_that_vary():
    values = np.array([[1, 7, 2, np.nan], [2, 7, np.nan, np.nan], [3, 7, 5, np.nan], [5, 7, 1, np.nan]])
    found = structure.complete_table(values)
    assert found.columns.tolist() == [0, 2]
    assert found.rows.tolist() == [[1, 2], [3, 5], [5, 1]]
    with pytest.raises(EstimationError):
        structure.complete_table(values[:2])
