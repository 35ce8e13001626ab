"""Treatment of outliers and skew, by hand and against numpy and scipy."""

import numpy as np
import pytest
from scipy import stats

from hqd_index.errors import EstimationError
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.column_statistics import quantile
from hqd_index.methods.treat import box_cox, log, signed_log, skew_and_kurtosis, winsorise, winsorise_skewed, yeo_johnson

EXACT = 1e-12


def column(*cells: float) -> np.ndarray:
    return np.array(cells, dtype=float)[:, None]


def test_quantiles_as_numpy_has_them() -> None:
    values = np.random.default_rng(1).normal(size=(2, 37, 3))
    values[0, ::5, 1] = np.nan
    for q in (0.0, 0.03, 0.5, 0.97, 1.0):
        assert np.allclose(quantile(values, q), np.nanquantile(values, q, axis=-2, keepdims=True), atol=EXACT)
    assert np.isnan(quantile(np.full((4, 1), np.nan), 0.5)).all()


def test_skew_and_kurtosis_as_scipy_has_them() -> None:
    values = np.random.default_rng(2).exponential(size=(25, 2))
    skew, kurtosis = skew_and_kurtosis(values)
    assert np.allclose(skew[0], stats.skew(values, bias=False), atol=EXACT)
    assert np.allclose(kurtosis[0], stats.kurtosis(values, bias=False), atol=EXACT)


def test_winsorise_pulls_in_both_tails_by_the_bounds_of_the_reference() -> None:
    values = column(*range(101))
    assert winsorise(values, p=0.05).min() == 5
    assert winsorise(values, p=0.05).max() == 95
    assert winsorise(column(-50, 500), reference=values, p=0.05).ravel().tolist() == [5, 95]


def test_the_skew_rule_counts_points_that_move_together() -> None:
    base = list(np.linspace(0, 1, 30))
    tied = column(*base, 10, 10)  # both must move: 2 points
    assert winsorise_skewed(tied, max_points=2).max() == 1
    high_and_low = winsorise_skewed(column(*base, 30), max_points=5)
    assert high_and_low.max() == 1
    assert high_and_low.min() == 0


def test_the_skew_rule_takes_the_log_of_the_original_when_winsorising_is_not_enough() -> None:
    values = column(*2.0 ** np.arange(24))
    low, high = values.min(), values.max()
    expected = np.log(values - low + 0.01 * (high - low))
    assert np.allclose(winsorise_skewed(values, max_points=1), expected, atol=EXACT)
    untouched = winsorise_skewed(values, max_points=1, then_log=False)
    assert untouched[-1] == untouched[-2] == 2.0**22


def test_the_skew_rule_makes_no_column_constant() -> None:
    """Two values, one of them rare: the next value would be the other end."""
    values = column(*[0.0] * 30, 1.0)
    assert len(np.unique(winsorise_skewed(values))) == 2


def test_the_skew_rule_on_another_sample_uses_the_bounds_of_the_first() -> None:
    whole = column(*np.linspace(0, 1, 30), 50)
    assert winsorise_skewed(column(0.5, 3.0, -1.0), reference=whole).ravel().tolist() == [0.5, 1.0, 0.0]


def test_logs() -> None:
    assert np.allclose(log(column(0, 1), offset=1.0), column(0, np.log(2)), atol=EXACT)
    assert np.allclose(signed_log(column(-3, 0, 3)), column(-np.log(4), 0, np.log(4)), atol=EXACT)
    with pytest.raises(EstimationError, match="inn2: log needs"):
        bind(Choice(method="log"), "treat").for_children(["inn1", "inn2"])(np.array([[1.0, 2.0], [3.0, 0.0]]))


def test_power_transforms_as_scipy_has_them() -> None:
    values = np.random.default_rng(3).exponential(size=(60, 2)) + 0.1
    values[4, 1] = np.nan
    expected, _ = stats.boxcox(values[:, 0])
    assert np.allclose(box_cox(values)[:, 0], expected, atol=1e-9)
    kept = ~np.isnan(values[:, 1])
    expected, _ = stats.yeojohnson(values[kept, 1] - 1)
    treated = yeo_johnson(values - 1)
    assert np.allclose(treated[kept, 1], expected, atol=1e-9)
    assert np.isnan(treated[4, 1])
    assert np.allclose(box_cox(values, power=0.0), np.log(values), atol=EXACT, equal_nan=True)
