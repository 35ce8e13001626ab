"""Outliers and skew tamed before normalising: `treat(values)` on `(..., n, m)`, column by column.

What a method learns from the data it learns from `reference (..., r, m)`, by default the values themselves. Missing
cells stay missing; a column with fewer than 4 cells, or constant, is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .column_statistics import bounds, cell_counts, column_deviations, quantile, total
from .method import Array, ColumnError, Finite, Method, NonNegative

Points = Annotated[int, Field(ge=1)]
TailShare = Annotated[float, Field(gt=0, lt=0.5)]


def no_treatment(values: Array) -> Array:
    """The values as they are."""
    return values


def winsorise(values: Array, *, reference: Array | None = None, p: TailShare = 0.01) -> Array:
    """Values below the p-quantile raised to it, those above the (1 - p)-quantile lowered to it (Dixon 1960)."""
    source = values if reference is None else reference
    return np.clip(values, quantile(source, p), quantile(source, 1 - p))


def winsorise_skewed(
    values: Array,
    *,
    reference: Array | None = None,
    max_points: Points = 5,
    skewness: NonNegative = 2.0,
    kurtosis: Finite = 3.5,
    then_log: bool = True,
) -> Array:
    """Where |skew| and kurtosis reach their thresholds, the extreme points take the next value, one after the other.

    If max_points of them do not help, the column as it was gets log(x - min + 0.01 (max - min)) (Becker et al. 2022,
    the default order of COINr). Points that move together because they tie count each; a column is never made
    constant. Skew and excess kurtosis are the sample G1 and G2 (Joanes and Gill 1998).
    """
    source = values if reference is None else reference
    tamed = _winsorised(source, max_points, skewness, kurtosis)
    winsorised = np.clip(values, *_column_extremes(tamed))
    is_still_skewed = _is_skewed(tamed, skewness, kurtosis) & then_log
    low, high = _column_extremes(source)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(is_still_skewed, np.log(np.clip(values, low, high) - low + 0.01 * (high - low)), winsorised)


def log(values: Array, *, offset: Finite = 0.0) -> Array:
    """ln(x + offset); a cell where that is not positive is refused by column."""
    shifted_values = values + offset
    _refuse_columns(
        shifted_values <= 0,
        f"log needs x + offset > 0 (offset is {offset:g})",
        f"取对数要求 x + offset > 0(offset 为 {offset:g})",
    )
    return np.log(shifted_values)


def signed_log(values: Array) -> Array:
    """sign(x) ln(1 + |x|): a logarithm for values of any sign (Whittaker et al. 2005)."""
    return np.sign(values) * np.log1p(np.abs(values))


def box_cox(values: Array, *, reference: Array | None = None, power: Finite | None = None) -> Array:
    """(x^k - 1) / k, or ln x for k = 0, with the given power k or the likeliest one (Box and Cox 1964); x > 0."""
    source = values if reference is None else reference
    from scipy import special, stats

    _refuse_columns(values <= 0, "Box-Cox needs positive values; use yeo_johnson", "Box-Cox 变换只用于正值;请改用 yeo_johnson")
    return _columnwise(values, source, power, special.boxcox, lambda x: float(stats.boxcox_normmax(x, method="mle")))


def yeo_johnson(values: Array, *, reference: Array | None = None, power: Finite | None = None) -> Array:
    """Box-Cox for values of any sign, with the given power or the likeliest one (Yeo and Johnson 2000)."""
    from scipy import stats

    source = values if reference is None else reference
    return _columnwise(values, source, power, stats.yeojohnson, lambda x: float(stats.yeojohnson_normmax(x)))


def skew_and_kurtosis(values: Array) -> tuple[Array, Array]:
    """Sample skewness G1 and excess kurtosis G2 by column (Joanes and Gill 1998); NaN below 4 cells or without spread."""
    count = cell_counts(values).astype(np.float64)
    deviations = column_deviations(values)
    squared = deviations * deviations
    squares = total(squared)
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = np.sqrt(count) * total(squared * deviations) / squares**1.5 * np.sqrt(count * (count - 1)) / (count - 2)
        peak = count * total(squared * squared) / squares**2
        kurtosis = ((count + 1) * (peak - 3) + 6) * (count - 1) / ((count - 2) * (count - 3))
    is_defined = (count > 3) & ~np.isnan(bounds(values)[0])
    return np.where(is_defined, skew, np.nan), np.where(is_defined, kurtosis, np.nan)


def _is_skewed(values: Array, skewness: float, kurtosis: float) -> npt.NDArray[np.bool_]:
    skew, peak = skew_and_kurtosis(values)
    return (np.abs(skew) >= skewness) & (peak >= kurtosis)


def _column_extremes(values: Array) -> tuple[Array, Array]:
    return np.fmin.reduce(values, axis=-2, keepdims=True), np.fmax.reduce(values, axis=-2, keepdims=True)


def _winsorised(values: Array, max_points: int, skewness: float, kurtosis: float) -> Array:
    """The values after as many steps as help; only the columns that fail are worked on, those of all draws at once."""
    is_skewed = _is_skewed(values, skewness, kurtosis)[..., 0, :]
    result = values.copy()
    columns = result.swapaxes(-1, -2)
    columns[is_skewed] = _stepwise_winsorised(columns[is_skewed].T, max_points, skewness, kurtosis).T
    return result


def _stepwise_winsorised(values: Array, max_points: int, skewness: float, kurtosis: float) -> Array:
    """Columns (n, k), one end moved to its next value at each step, until they pass or have no points left to move."""
    moved_up, moved_down = np.zeros((2, 1, values.shape[-1]), dtype=np.intp)
    while True:
        lower_end, upper_end = _column_extremes(values)
        skew, peak = skew_and_kurtosis(values)
        upward = skew >= 0
        is_at_end = values == np.where(upward, upper_end, lower_end)
        rest_low, rest_high = _column_extremes(np.where(is_at_end, np.nan, values))
        is_skewed = (np.abs(skew) >= skewness) & (peak >= kurtosis)
        is_skewed &= (moved_up + moved_down < max_points) & (rest_low < rest_high)
        if not is_skewed.any():
            return values
        values = np.where(is_at_end & is_skewed, np.where(upward, rest_high, rest_low), values)
        moved_count = np.count_nonzero(is_at_end, axis=-2, keepdims=True)
        moved_up = np.where(is_skewed & upward, moved_count, moved_up)
        moved_down = np.where(is_skewed & ~upward, moved_count, moved_down)


def _refuse_columns(is_refused: npt.NDArray[np.bool_], en: str, zh: str) -> None:
    if is_refused.any():
        raise ColumnError(np.flatnonzero(is_refused.any(axis=tuple(range(is_refused.ndim - 1)))).tolist(), en, zh)


def _columnwise(
    values: Array,
    source: Array,
    power: float | None,
    transform: Callable[[Array, float], Array],
    likeliest: Callable[[Array], float],
) -> Array:
    """Each column through the transform, with a power of its own unless one is given."""
    source = np.broadcast_to(source, (*values.shape[:-2], *source.shape[-2:]))
    is_varying = ~np.isnan(bounds(source)[0]) & (cell_counts(source) > 3)
    results = values.copy()
    for place in zip(*np.nonzero(is_varying[..., 0, :])):
        column = (*place[:-1], slice(None), place[-1])
        known_values = source[column][~np.isnan(source[column])]
        results[column] = transform(values[column], likeliest(known_values) if power is None else power)
    return results


COINR = "Becker et al. 2022, J. Open Source Software 7(78)"

BOX_COX = "x′_{ij} = (x_{ij}^{λ_j} − 1) / λ_j (λ_j ≠ 0)        x′_{ij} = ln x_{ij} (λ_j = 0)"
YEO_JOHNSON = (
    "x′_{ij} = ((1 + x_{ij})^{λ_j} − 1) / λ_j (x_{ij} ≥ 0)        "
    "x′_{ij} = −((1 − x_{ij})^{2 − λ_j} − 1) / (2 − λ_j) (x_{ij} < 0)"
)


def winsorise_skewed_formula(options: Mapping[str, Any]) -> str:
    """The rule with its thresholds, and the logarithm where it may follow."""
    rule = (
        f"|G_{{1j}}| ≥ {options['skewness']:g} ∧ G_{{2j}} ≥ {options['kurtosis']:g} : "
        "x′_{ij} = min(max(x_{ij}, x_{(1+l)j}), x_{(N−u)j})"
    )
    logarithm = "        x′_{ij} = ln(x_{ij} − min_j + 0.01 (max_j − min_j))" if options["then_log"] else ""
    return rule + logarithm


TREAT: dict[str, Method] = {
    "none": Method(no_treatment, "不处理", "none", "x′_{ij} = x_{ij}", "-"),
    "winsorise": Method(
        winsorise,
        "缩尾(分位数)",
        "winsorise at quantiles",
        "x′_{ij} = min(max(x_{ij}, q_j(p)), q_j(1 − p))",
        "Dixon 1960, Ann. Math. Stat. 31(2)",
    ),
    "winsorise_skewed": Method(
        winsorise_skewed, "缩尾(偏度与峰度规则)", "winsorise where skewed", winsorise_skewed_formula, COINR
    ),
    "log": Method(log, "取对数", "logarithm", "x′_{ij} = ln(x_{ij} + c)", "OECD-JRC 2008", needs="positive"),
    "signed_log": Method(
        signed_log,
        "带符号对数",
        "signed logarithm",
        "x′_{ij} = sign(x_{ij}) ln(1 + |x_{ij}|)",
        "Whittaker et al. 2005, JRSS C 54(5)",
    ),
    "box_cox": Method(
        box_cox, "Box-Cox 变换", "Box-Cox", BOX_COX, "Box and Cox 1964, JRSS B 26(2)", needs="positive", batch=False
    ),
    "yeo_johnson": Method(
        yeo_johnson, "Yeo-Johnson 变换", "Yeo-Johnson", YEO_JOHNSON, "Yeo and Johnson 2000, Biometrika 87(4)", batch=False
    ),
}
