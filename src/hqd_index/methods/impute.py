"""Missing cells filled: `impute(values)` on `(..., unit, year, m)`; a cell that is there is never touched.

A cell that a method has no ground for stays missing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .column_statistics import mean as column_mean
from .column_statistics import mean_and_deviation, quantile
from .method import Array, Method, formula_by_option

Count = Annotated[int, Field(ge=1)]
Within = Literal["unit", "year", "all"]
Groups = npt.NDArray[Any]
Statistic = Callable[[Array], Array]


def no_imputation(values: Array) -> Array:
    """The values as they are: what is missing stays missing."""
    return values


def linear(values: Array, *, max_gap: Count = 2) -> Array:
    """A straight line between the unit's years on either side, in gaps of at most max_gap years; never at the ends."""
    previous_year, next_year = _neighbouring_years(values)
    steps = np.maximum(next_year - previous_year, 1)
    share = (_year_positions(values) - previous_year) / steps
    earlier_value = np.take_along_axis(values, np.maximum(previous_year, 0), axis=-2)
    later_value = np.take_along_axis(values, np.minimum(next_year, values.shape[-2] - 1), axis=-2)
    is_interpolated = (previous_year >= 0) & (next_year < values.shape[-2]) & (next_year - previous_year - 1 <= max_gap)
    return _filled_values(values, np.where(is_interpolated, earlier_value + share * (later_value - earlier_value), np.nan))


def carry(values: Array, *, max_gap: Count = 1) -> Array:
    """The unit's last value, carried at most max_gap years forward."""
    previous_year, _ = _neighbouring_years(values)
    last_value = np.take_along_axis(values, np.maximum(previous_year, 0), axis=-2)
    within_gap = (previous_year >= 0) & (_year_positions(values) - previous_year <= max_gap)
    return _filled_values(values, np.where(within_gap, last_value, np.nan))


def mean(values: Array, *, within: Within = "year") -> Array:
    """The mean of the unit over its years, of the year over its units, or of all cells of the indicator."""
    return _filled_values(values, _statistic(values, within, column_mean))


def median(values: Array, *, within: Within = "year") -> Array:
    """The median of the unit over its years, of the year over its units, or of all cells of the indicator."""
    return _filled_values(values, _statistic(values, within, _median))


def group_mean(values: Array, *, groups: Groups) -> Array:
    """The mean of the units of the same group in the same year (OECD-JRC 2008); `groups` is (unit,)."""
    return _group_statistic(values, groups, column_mean)


def group_median(values: Array, *, groups: Groups) -> Array:
    """The median of the units of the same group in the same year; `groups` is (unit,)."""
    return _group_statistic(values, groups, _median)


def knn(values: Array, *, neighbours: Count = 5) -> Array:
    """The mean of the nearest unit-years in standardised indicators (Troyanskaya et al. 2001)."""
    from sklearn.impute import KNNImputer

    return _imputed_from_others(values, KNNImputer(n_neighbors=neighbours, keep_empty_features=True))


def iterative(values: Array, *, rounds: Count = 20) -> Array:
    """Each indicator regressed on the others in turn, by Bayesian ridge, until it settles (van Buuren 2011)."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    return _imputed_from_others(values, IterativeImputer(max_iter=rounds, random_state=0, keep_empty_features=True))


def _filled_values(values: Array, substitutes: Array) -> Array:
    return np.where(np.isnan(values), substitutes, values)


def _year_positions(values: Array) -> npt.NDArray[np.intp]:
    return np.arange(values.shape[-2])[:, None]


def _neighbouring_years(values: Array) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each cell the last year with a value (-1 if none) and the next (one past the end if none), itself included."""
    is_observed, years = ~np.isnan(values), _year_positions(values)
    previous_year = np.maximum.accumulate(np.where(is_observed, years, -1), axis=-2)
    reversed_years = np.flip(np.where(is_observed, years, values.shape[-2]), axis=-2)
    return previous_year, np.flip(np.minimum.accumulate(reversed_years, axis=-2), axis=-2)


def _statistic(values: Array, within: Within, statistic: Statistic) -> Array:
    """The statistic over the axes that `within` pools, shaped to broadcast against values."""
    if within == "unit":
        return statistic(values)
    if within == "year":
        return statistic(values.swapaxes(-3, -2)).swapaxes(-3, -2)
    pooled_values = values.reshape(*values.shape[:-3], -1, values.shape[-1])
    return statistic(pooled_values)[..., None, :]


def _median(values: Array) -> Array:
    return quantile(values, 0.5)


def _group_statistic(values: Array, groups: npt.NDArray[Any], statistic: Statistic) -> Array:
    substitutes = np.full(values.shape, np.nan)
    for group in dict.fromkeys(groups.tolist()):
        members = groups == group
        substitutes[..., members, :, :] = _statistic(values[..., members, :, :], "year", statistic)
    return _filled_values(values, substitutes)


def _imputed_from_others(values: Array, imputer: Any) -> Array:
    """Unit-years as rows of standardised indicators, filled by a scikit-learn imputer, one draw after the other."""
    draws = values.reshape(-1, values.shape[-3] * values.shape[-2], values.shape[-1])
    substitutes = np.stack([_imputed_draw(draw, imputer) for draw in draws]).reshape(values.shape)
    return _filled_values(values, substitutes)


def _imputed_draw(unit_years: Array, imputer: Any) -> Array:
    centre, scale = mean_and_deviation(unit_years)
    scale = np.where(scale > 0, scale, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "not converged" says nothing a reader could act on
        full_values = imputer.fit_transform((unit_years - centre) / scale) * scale + centre
    return np.where(np.isnan(unit_years).all(axis=0), np.nan, full_values)


JRC = "OECD-JRC 2008, Handbook on Constructing Composite Indicators"

MEANS = {
    "unit": "x̂_{ijt} = Σ_s x_{ijs} / T_{ij}",
    "year": "x̂_{ijt} = Σ_k x_{kjt} / n_{jt}",
    "all": "x̂_{ijt} = Σ_k Σ_s x_{kjs} / N_j",
}
MEDIANS = {"unit": "x̂_{ijt} = med_s x_{ijs}", "year": "x̂_{ijt} = med_k x_{kjt}", "all": "x̂_{ijt} = med_{k,s} x_{kjs}"}
KNN = (
    "d_{rs}^2 = (m / m_{rs}) Σ_k (u_{rk} − u_{sk})^2        u_{rk} = (x_{rk} − μ_k) / σ_k        x̂_{rj} = Σ_{s ∈ K(r)} x_{sj} / K"
)
IMPUTE: dict[str, Method] = {
    "none": Method(no_imputation, "不插补", "none", "x̂_{ijt} = x_{ijt}", "-"),
    "linear": Method(
        linear,
        "线性插值",
        "linear interpolation",
        "x̂_{ijt} = x_{ija} + (x_{ijb} − x_{ija}) (t − a) / (b − a)        a < t < b",
        JRC,
    ),
    "carry": Method(
        carry, "前值结转", "last value carried forward", "x̂_{ijt} = x_{ija}        a = max(s < t : x_{ijs} ∈ ℝ)", JRC
    ),
    "mean": Method(mean, "均值插补", "mean", formula_by_option("within", MEANS), JRC),
    "median": Method(median, "中位数插补", "median", formula_by_option("within", MEDIANS), JRC),
    "group_mean": Method(group_mean, "组内均值插补", "mean of the group", "x̂_{ijt} = Σ_{k ∈ g(i)} x_{kjt} / n_{jt,g(i)}", JRC),
    "group_median": Method(group_median, "组内中位数插补", "median of the group", "x̂_{ijt} = med_{k ∈ g(i)} x_{kjt}", JRC),
    "knn": Method(knn, "K 近邻插补", "nearest neighbours", KNN, "Troyanskaya et al. 2001, Bioinformatics 17(6)", batch=False),
    "iterative": Method(
        iterative,
        "迭代回归插补",
        "iterated regression",
        "x̂_{rj} = α_j + Σ_{k ≠ j} β_{jk} x̂_{rk}        β_j ~ N(0, I / λ_j)",
        "van Buuren and Groothuis-Oudshoorn 2011, J. Stat. Software 45(3)",
        batch=False,
    ),
}
