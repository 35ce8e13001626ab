"""Sigma by hand; beta on exact recursions and against least squares with dummies."""

import numpy as np
import pytest
import statsmodels.api as sm

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.convergence import beta, variation

EXACT = 1e-12
SOLVED = 1e-8
"""Alternating projections against least squares with dummies."""


def panel_of(slope, *, years=8, units=12, noise=0.0, unit_effect=0.0, seed=1):
    """ln y_{t+1} = (1 + slope) ln y_t + lambda_t + mu_i + noise: the recursion the regression states."""
    rng = np.random.default_rng(seed)
    logs, common = [rng.normal(size=units)], rng.normal(size=years)
    own = unit_effect * rng.normal(size=units)
    for t in range(years - 1):
        logs.append((1 + slope) * logs[-1] + common[t] + own + noise * rng.normal(size=units))
    return np.exp(np.array(logs)), list(range(2000, 2000 + years))


def test_variation_by_hand():
    """(1, 3): sigma 1, mu 2; (2, 2): 0; one value left: NaN; mean not positive: NaN."""
    found = variation(np.array([[1.0, 3], [2, 2], [2, np.nan], [-1, 1]]))
    assert found[:2] == pytest.approx([0.5, 0], abs=EXACT) and np.isnan(found[2:]).all()


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_variation_refuses_one_year_or_unit(shape):
    with pytest.raises(EstimationError):
        variation(np.ones(shape))


@pytest.mark.parametrize("slope", [-0.4, -0.05, 0.1])
def test_an_exact_recursion_is_recovered(slope):
    values, years = panel_of(slope)
    found = beta(values, years)
    assert found.slope == pytest.approx(slope, abs=SOLVED)
    if slope < 0:
        assert found.speed == pytest.approx(-np.log(1 + slope), abs=SOLVED)
        assert found.half_life == pytest.approx(np.log(2) / found.speed, rel=EXACT)
    else:
        assert np.isnan(found.speed) and np.isnan(found.half_life)


def test_the_whole_span_compounds():
    """Seven steps of (1 + b) give a slope of (1 + b)^7 - 1 and the same speed per year."""
    values, years = panel_of(-0.1)
    found = beta(values, years, span=7)
    assert found.slope == pytest.approx(0.9**7 - 1, abs=SOLVED)
    assert found.speed == pytest.approx(-np.log(0.9), abs=SOLVED)


def dummies(*codes):
    columns = [np.eye(code.max() + 1)[code][:, (0 if k == 0 else 1) :] for k, code in enumerate(codes)]
    return np.hstack(columns)


@pytest.mark.parametrize("unit_effects", [False, True])
def test_as_least_squares_with_dummies_and_clusters(unit_effects):
    """Slope and CV1 by statsmodels; with unit effects its factor counts them, ours does not (nested in the cluster)."""
    values, years = panel_of(-0.3, noise=0.2, unit_effect=0.5)
    values[2, 3] = np.nan
    start, growth = np.log(values[:-1]), np.log(values[1:] / values[:-1])
    there = ~np.isnan(growth)
    year, unit = (codes[there] for codes in np.indices(start.shape))
    effects = dummies(year, unit) if unit_effects else dummies(year)
    known = sm.OLS(growth[there], np.column_stack([start[there], effects])).fit(
        cov_type="cluster", cov_kwds={"groups": unit}, use_t=True
    )
    found = beta(values, years, unit_effects=unit_effects)
    n, k = there.sum(), 1 + effects.shape[1]
    nested = 11 if unit_effects else 0
    assert found.slope == pytest.approx(known.params[0], abs=SOLVED)
    assert found.se == pytest.approx(known.bse[0] * np.sqrt((n - k) / (n - k + nested)), rel=SOLVED)
    if not unit_effects:
        assert found.p == pytest.approx(known.pvalues[0], rel=1e-6)
    assert (found.pairs, found.units) == (n, 12)


def test_gaps_and_singletons():
    """Years 2000, 2001, 2003: one step of one year. A unit with a single pair is dropped under unit effects."""
    values, _ = panel_of(-0.3, years=3, noise=0.1)
    assert beta(values, [2000, 2001, 2003]).pairs == 12
    values[2, 0] = np.nan
    assert beta(values, [2000, 2001, 2002], unit_effects=True).pairs == 22


@pytest.mark.parametrize(
    ("values", "years", "why"),
    [
        (np.array([[1.0, 2, 3]]), [2000], "one year"),
        (np.array([[1.0, 2, 0], [1, 2, 3]]), [2000, 2001], "0 or negative"),
        (np.array([[1.0, 2], [2, 3]]), [2000, 2001], "three units"),
        (np.array([[2.0, 2, 2, 2], [1, 2, 3, 4]]), [2000, 2001], "do not differ"),
        (np.array([[1.0, 2, 3], [2, 3, 4]]), [2000, 2002], "1 apart"),
    ],
)
def test_refused(values, years, why):
    with pytest.raises(EstimationError, match=why):
        beta(values, years)
