"""One score of several children: `aggregate(values, shares, *, min_children)` gives `(..., n)`.

Shares `(..., 1, m)` or `(..., n, m)` are rescaled over the cells present. A row with fewer than `min_children` cells
present, or whose cells present weigh nothing, is NaN. Methods that place a row among the others (topsis, mpi, ampi) take
those others from `reference (..., r, m)`, by default the values themselves; they need all cells with a share of the row.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ..errors import EstimationError
from .aggregate_compromise import (
    GREY_RELATION,
    GREY_TOPSIS,
    RSR,
    VIKOR,
    grey_relation,
    grey_topsis,
    relative_caution,
    rsr,
    vikor,
)
from .column_statistics import bounds, mean, standardised
from .method import Array, Finite, Method, formula_by_option
from .shares import Mask
from .weight_optimised import CHERCHYE, bod_multipliers

Composite = Literal["good", "bad"]


def arithmetic(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """sum w z: a gap in one child is made good by another, one for one (OECD-JRC 2008)."""
    is_missing = np.isnan(values)
    if not is_missing.any() and values.shape[-1] >= min_children:
        return np.vecdot(values, shares)
    return np.vecdot(np.where(is_missing, 0.0, values), shares) * _rescaling(is_missing, shares, min_children)


def geometric(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """prod z^w: a gap in one child costs more the lower that child is (OECD-JRC 2008).

    A zero with a positive share makes the score 0 (see `collapsed`); a negative cell makes it NaN.
    """
    with np.errstate(divide="ignore"):
        log_values = np.log(_countable(values, shares))
    return np.exp(arithmetic(log_values, shares, min_children=min_children)) * _check_not_negative(values)


def harmonic(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """1 / sum (w / z): the lowest child counts most (OECD-JRC 2008). Zeros and negative cells as in geometric."""
    with np.errstate(divide="ignore"):
        inverse = 1 / np.abs(_countable(values, shares))
        return 1 / arithmetic(inverse, shares, min_children=min_children) * _check_not_negative(values)


def power(values: Array, shares: Array, *, p: Finite = 0.5, min_children: int = 1) -> Array:
    """(sum w z^p)^(1/p); p = 0 is geometric, 1 arithmetic, -1 harmonic (OECD-JRC 2008).

    For p <= 0 a zero with a positive share makes the score 0; a negative cell makes it NaN.
    """
    if p == 0:
        return geometric(values, shares, min_children=min_children)
    with np.errstate(divide="ignore"):
        powers = np.abs(_countable(values, shares)) ** p
        return arithmetic(powers, shares, min_children=min_children) ** (1 / p) * _check_not_negative(values)


def is_collapsed(values: Array, shares: Array) -> Mask:
    """Rows (..., n) that a single zero with a positive share brings to 0 under geometric, harmonic and power p <= 0."""
    return np.asarray(((values == 0) & (shares > 0)).any(axis=-1))


def topsis(values: Array, shares: Array, *, reference: Array | None = None, min_children: int = 1) -> Array:
    """D- / (D+ + D-), the weighted distances to the worst and the best point of the rows (Hwang and Yoon 1981).

    Rows that are all equal are refused.
    """
    source = values if reference is None else reference
    best_values = np.fmax.reduce(source, axis=-2, keepdims=True)
    worst_values = np.fmin.reduce(source, axis=-2, keepdims=True)
    to_best, to_worst = _distance(values, best_values, shares), _distance(values, worst_values, shares)
    span = to_best + to_worst
    if (span == 0).any():
        raise EstimationError("topsis cannot rank rows that are all equal", zh="各行完全相同,topsis 无法排序")
    return to_worst / span * _child_mask(values, min_children)


def mpi(
    values: Array,
    shares: Array,
    *,
    reference: Array | None = None,
    composite: Composite = "good",
    min_children: int = 1,
) -> Array:
    """M - S^2 / M of the children at 1 + 0.1 (z - mu) / sigma, + for a `bad` composite (De Muro et al. 2011).

    M and S are the weighted mean and deviation over the row's children; divisors n and m. The papers' index is 100 times
    this. One child gives M; a row with fewer than two of several children is NaN.
    """
    scaled_values = 1 + 0.1 * standardised(values, values if reference is None else reference)
    return _penalised_score(scaled_values, shares, composite, min_children)


def ampi(
    values: Array,
    shares: Array,
    *,
    reference: Array | None = None,
    composite: Composite = "good",
    min_children: int = 1,
) -> Array:
    """As mpi, of the children at 1 + 0.6 (z - mu) / (max - min) over all rows (Mazziotta and Pareto 2016).

    The goalposts lie half the range on either side of the rows' mean, which is at 1: levels compare between years.
    """
    source = values if reference is None else reference
    low, high = bounds(source)
    return _penalised_score(1 + 0.6 * (values - mean(source)) / (high - low), shares, composite, min_children)


def owa(
    values: Array,
    shares: Array,
    *,
    orness: Annotated[float, Field(gt=0, lt=1)] = 0.3,
    min_children: int = 1,
) -> Array:
    """sum (Q(S_r) - Q(S_r-1)) z_(r), children from best to worst, S their shares' running sum (Yager 1988; Torra 1997).

    Q(s) = s^((1 - orness) / orness): orness 0.5 is arithmetic, near 0 the worst child decides, near 1 the best.
    """
    is_missing = np.isnan(values)
    weights = np.where(is_missing, 0.0, shares)
    order = np.argsort(np.where(is_missing, np.inf, -values), axis=-1)
    sorted_values = np.take_along_axis(np.where(is_missing, 0.0, values), order, axis=-1)
    running_weight = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    with np.errstate(invalid="ignore"):
        share_reached = np.minimum(running_weight / running_weight[..., -1:], 1.0) ** ((1 - orness) / orness)
    scores = np.vecdot(sorted_values, np.diff(share_reached, axis=-1, prepend=0.0))
    return np.where(running_weight[..., -1] > 0, scores, np.nan) * _child_mask(values, min_children)


def minimum(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """The lowest child with a positive share: the weakest link decides (Leontief 1936)."""
    lowest_values = np.fmin.reduce(np.where(shares > 0, values, np.nan), axis=-1)
    return lowest_values * _child_mask(values, min_children)


def bod(values: Array, shares: Array, *, reference: Array | None = None, min_children: int = 1) -> Array:
    """max sum v z over v >= 0 with sum v z <= 1 in every row: each row's own best weights (Cherchye et al. 2007).

    The shares only say which children count. A row with a missing or negative child gets NaN, one of zeros 0; several rows
    may score 1.
    """
    tables = values, values if reference is None else reference
    countable = [np.where((shares > 0) & (table >= 0), table, np.nan) for table in tables]
    scores = np.vecdot(np.nan_to_num(countable[0]), bod_multipliers(countable[0], reference=countable[1]))
    is_missing = (np.isnan(countable[0]) & (shares > 0)).any(axis=-1) | ~(shares > 0).any(axis=-1)
    return np.where(is_missing, np.nan, scores) * _child_mask(values, min_children)


def _child_mask(values: Array, min_children: int) -> Array:
    """1 for rows with enough children present, NaN for the others."""
    child_counts = values.shape[-1] - np.count_nonzero(np.isnan(values), axis=-1)
    return np.where(child_counts >= min_children, 1.0, np.nan)


def _rescaling(is_missing: Mask, shares: Array, min_children: int) -> Array:
    """1 / share present of each row; NaN where too few children, or none with a share, are there."""
    present_share = np.vecdot((~is_missing).astype(np.float64), shares)
    has_children = (is_missing.shape[-1] - np.count_nonzero(is_missing, axis=-1) >= min_children) & (present_share > 0)
    return np.divide(1.0, present_share, out=np.full(present_share.shape, np.nan), where=has_children)


def _countable(values: Array, shares: Array) -> Array:
    """The values, with 1 where the share is 0 (0 times the log of 0 is 0) and where the value is negative."""
    return np.where((shares == 0) & ~np.isnan(values) | (values < 0), 1.0, values)


def _check_not_negative(values: Array) -> Array:
    """1 for rows without a negative cell, NaN for the others."""
    is_negative = values < 0
    return np.where(is_negative.any(axis=-1), np.nan, 1.0) if is_negative.any() else np.ones(1)


def _distance(values: Array, point: Array, shares: Array) -> Array:
    """Euclidean, over the children with a share."""
    return np.sqrt((np.where(shares > 0, shares * (values - point), 0.0) ** 2).sum(axis=-1))


def _penalised_score(scaled_values: Array, shares: Array, composite: Composite, min_children: int) -> Array:
    least_count = max(min_children, min(2, scaled_values.shape[-1]))
    mean_scores = arithmetic(scaled_values, shares, min_children=least_count)
    variance = arithmetic((scaled_values - mean_scores[..., None]) ** 2, shares, min_children=least_count)
    penalty = variance / mean_scores
    return mean_scores - penalty if composite == "good" else mean_scores + penalty


JRC = "OECD-JRC 2008, Handbook on Constructing Composite Indicators"

TOPSIS = (
    "D_i^+ = √(Σ_j w_j^2 (z_{ij} − max_j)^2)        D_i^− = √(Σ_j w_j^2 (z_{ij} − min_j)^2)        S_i = D_i^− / (D_i^+ + D_i^−)"
)
PENALISED_FORMULA = "M_i = Σ_j w_j y_{ij}        V_i = Σ_j w_j (y_{ij} − M_i)^2"
PENALTIES = {
    "good": f"{PENALISED_FORMULA}        S_i = M_i − V_i / M_i",
    "bad": f"{PENALISED_FORMULA}        S_i = M_i + V_i / M_i",
}
MPI = {composite: f"y_{{ij}} = 1 + 0.1 (z_{{ij}} − μ_j) / σ_j        {text}" for composite, text in PENALTIES.items()}
AMPI = {
    composite: f"y_{{ij}} = 1 + 0.6 (z_{{ij}} − μ_j) / (max_j − min_j)        {text}" for composite, text in PENALTIES.items()
}
OWA = "S_i = Σ_r (Q(W_r) − Q(W_{r−1})) z_{i(r)}        W_r = Σ_{s ≤ r} w_{(s)}        Q(u) = u^{(1 − θ)/θ}"
BOD = "S_k = max Σ_j v_j z_{kj} (v ≥ 0, Σ_j v_j z_{ij} ≤ 1 ∀ i)"
AGGREGATE: dict[str, Method] = {
    "arithmetic": Method(arithmetic, "算术平均", "arithmetic mean", "S_i = Σ_j w_j z_{ij}", JRC),
    "geometric": Method(
        geometric, "几何平均", "geometric mean", "S_i = Π_j z_{ij}^{w_j}", JRC, needs="non_negative", gives="non_negative"
    ),
    "harmonic": Method(
        harmonic, "调和平均", "harmonic mean", "S_i = 1 / Σ_j (w_j / z_{ij})", JRC, needs="non_negative", gives="non_negative"
    ),
    "power": Method(
        power, "幂平均", "power mean", "S_i = (Σ_j w_j z_{ij}^p)^{1/p}", JRC, needs="non_negative", gives="non_negative"
    ),
    "topsis": Method(topsis, "TOPSIS 法", "TOPSIS", TOPSIS, "Hwang and Yoon 1981", gives="non_negative"),
    "vikor": Method(
        vikor,
        "VIKOR 法",
        "VIKOR",
        VIKOR,
        "Opricovic and Tzeng 2004, European Journal of Operational Research 156(2)",
        caution=relative_caution,
    ),
    "grey_relation": Method(
        grey_relation,
        "灰色关联度",
        "grey relational grade",
        GREY_RELATION,
        "Deng 1989, Journal of Grey System 1(1)",
        gives="positive",
        caution=relative_caution,
    ),
    "grey_topsis": Method(
        grey_topsis,
        "灰色关联 TOPSIS 法",
        "TOPSIS with grey relation",
        GREY_TOPSIS,
        "Chen and Tzeng 2004, Mathematical and Computer Modelling 40(13)",
        gives="positive",
        caution=relative_caution,
    ),
    "rsr": Method(
        rsr,
        "秩和比法(RSR)",
        "rank-sum ratio",
        formula_by_option("ranks", RSR),
        "Tian 1993, The rank-sum ratio and its use (秩和比法及其应用)",
        gives="positive",
        caution=relative_caution,
    ),
    "mpi": Method(
        mpi,
        "MPI 惩罚均值",
        "Mazziotta-Pareto index",
        formula_by_option("composite", MPI),
        "De Muro, Mazziotta and Pareto 2011, Social Indicators Research 104",
    ),
    "ampi": Method(
        ampi,
        "调整 MPI",
        "adjusted MPI",
        formula_by_option("composite", AMPI),
        "Mazziotta and Pareto 2016, Social Indicators Research 127",
    ),
    "owa": Method(owa, "有序加权平均", "ordered weighted average", OWA, "Yager 1988; Torra 1997, Int. J. Intelligent Systems 12"),
    "bod": Method(
        bod, "数据包络(BoD)", "benefit of the doubt", BOD, CHERCHYE, needs="non_negative", gives="non_negative", batch=False
    ),
    "minimum": Method(minimum, "短板法", "weakest link", "S_i = min_{j : w_j > 0} z_{ij}", "Leontief 1936"),
}
