"""Scores from a row's position among the others: distances to the best and the worst point, grey relation, ranks.

`reference (..., r, m)` gives the rows that best, worst and ranks are taken from, by default the values themselves. A row that
lacks a cell with a share has no score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ..errors import EstimationError
from .column_statistics import differ
from .method import Array, Share

Ranks = Literal["whole", "fractional"]
Distinguishing = Annotated[float, Field(gt=0, le=1)]


def vikor(values: Array, shares: Array, *, reference: Array | None = None, v: Share = 0.5, min_children: int = 1) -> Array:
    """1 - Q, Q = v (S - S*) / (S- - S*) + (1 - v) (R - R*) / (R- - R*): group utility S, regret R (Opricovic and Tzeng 2004).

    S sums and R is the greatest of the weighted gaps w (best - z) / (best - worst). S*, S-, R*, R- are the least and the
    greatest over the rows of the reference; where all of them agree in one, that one is left out. Rows that are all equal are
    refused.
    """
    source = values if reference is None else reference
    best_values, worst_values = _ideal_points(source, "vikor", shares)
    sums, regrets = _gaps(values, shares, best_values, worst_values)
    source_sums, source_regrets = (sums, regrets) if reference is None else _gaps(source, shares, best_values, worst_values)
    utility, regret = _rescaled_to_unit(sums, source_sums), _rescaled_to_unit(regrets, source_regrets)
    have_values = ~np.isnan(utility) & ~np.isnan(regret)
    mixed_score = np.where(have_values, v * utility + (1 - v) * regret, np.where(np.isnan(utility), regret, utility))
    return (1 - mixed_score) * _complete_mask(values, shares, min_children)


def grey_relation(
    values: Array, shares: Array, *, reference: Array | None = None, rho: Distinguishing = 0.5, min_children: int = 1
) -> Array:
    """sum w (d_min + rho d_max) / (d + rho d_max), d = best - z: the grey relational grade with the best point (Deng 1982).

    d_min and d_max are the least and the greatest of d over all cells of the reference; a smaller `rho` sets rows further
    apart. Rows that are all equal are refused.
    """
    source = values if reference is None else reference
    best_values, _ = _ideal_points(source, "grey_relation", shares)
    is_weighed = np.broadcast_to(shares > 0, source.shape)
    coefficients = _coefficients(best_values - values, np.where(is_weighed, best_values - source, np.nan), rho)
    return _weighted_sum(coefficients, shares) * _complete_mask(values, shares, min_children)


def grey_topsis(
    values: Array, shares: Array, *, reference: Array | None = None, rho: Distinguishing = 0.5, min_children: int = 1
) -> Array:
    """G+ / (G+ + G-), the grey relational grades with the best and with the worst point (Chen and Tzeng 2004).

    TOPSIS with grey relation in place of distance; grades as in grey_relation. Rows that are all equal are refused.
    """
    source = values if reference is None else reference
    best_values, worst_values = _ideal_points(source, "grey_topsis", shares)
    is_weighed = np.broadcast_to(shares > 0, source.shape)
    with_best = _weighted_sum(
        _coefficients(best_values - values, np.where(is_weighed, best_values - source, np.nan), rho), shares
    )
    with_worst = _weighted_sum(
        _coefficients(values - worst_values, np.where(is_weighed, source - worst_values, np.nan), rho), shares
    )
    return with_best / (with_best + with_worst) * _complete_mask(values, shares, min_children)


def rsr(values: Array, shares: Array, *, reference: Array | None = None, ranks: Ranks = "whole", min_children: int = 1) -> Array:
    """sum w R / N, R the rank of each cell among the N of its column, from the worst: the rank-sum ratio (Tian 1993).

    Equal cells share their mean rank. `fractional` (非整秩次) takes R = 1 + (N - 1) (z - worst) / (best - worst), which keeps
    distances; a column that does not vary has the rank (N + 1) / 2 throughout.
    """
    source = values if reference is None else reference
    count = np.maximum((~np.isnan(source)).sum(axis=-2, keepdims=True), 1)
    rank_places = _fractional_ranks(values, source, count) if ranks == "fractional" else _whole_ranks(values, source)
    return _weighted_sum(rank_places / count, shares) * _complete_mask(values, shares, min_children)


def _whole_ranks(values: Array, source: Array) -> Array:
    """Rank of each cell were it one of the reference column: cells below it, half of those equal to it, and a half."""
    lower_counts, equal_counts = np.zeros(values.shape), np.zeros(values.shape)
    for row in range(source.shape[-2]):
        other_row = source[..., row : row + 1, :]
        lower_counts += other_row < values
        equal_counts += other_row == values
    return np.where(np.isnan(values), np.nan, lower_counts + (equal_counts + 1) / 2)


def _fractional_ranks(values: Array, source: Array, count: Array) -> Array:
    worst_values, best_values = np.fmin.reduce(source, axis=-2, keepdims=True), np.fmax.reduce(source, axis=-2, keepdims=True)
    is_varying = differ(worst_values, best_values)
    place = (values - worst_values) / np.where(is_varying, best_values - worst_values, 1.0)
    return np.where(is_varying, 1 + (count - 1) * place, np.where(np.isnan(values), np.nan, (count + 1) / 2))


def _ideal_points(source: Array, method: str, shares: Array) -> tuple[Array, Array]:
    """Best and worst cell of each column of the reference; refused where no column with a share varies."""
    best_values, worst_values = np.fmax.reduce(source, axis=-2, keepdims=True), np.fmin.reduce(source, axis=-2, keepdims=True)
    is_known = ~np.isnan(best_values)
    if (is_known.any(axis=-1) & ~(differ(worst_values, best_values) & (shares > 0)).any(axis=-1)).any():
        raise EstimationError(f"{method} cannot rank rows that are all equal", zh=f"各行完全相同,{method} 无法排序")
    return best_values, worst_values


def _gaps(values: Array, shares: Array, best_values: Array, worst_values: Array) -> tuple[Array, Array]:
    """Sum and greatest of the weighted gaps of each row, over the columns that vary and have a share."""
    counts = differ(worst_values, best_values) & (shares > 0)
    gaps = np.where(counts, shares * (best_values - values) / np.where(counts, best_values - worst_values, 1.0), 0.0)
    return gaps.sum(axis=-1), gaps.max(axis=-1)


def _rescaled_to_unit(quantity: Array, source: Array) -> Array:
    """(q - least) / (greatest - least) over the rows of the source; NaN where the source does not vary."""
    low, high = np.fmin.reduce(source, axis=-1, keepdims=True), np.fmax.reduce(source, axis=-1, keepdims=True)
    is_varying = differ(low, high)
    return np.where(is_varying, (quantity - low) / np.where(is_varying, high - low, 1.0), np.nan)


def _coefficients(gaps: Array, source_gaps: Array, rho: float) -> Array:
    """Grey relational coefficients of gaps (..., n, m), least and greatest gap from those of the reference."""
    least_gap = np.fmin.reduce(np.fmin.reduce(source_gaps, axis=-1), axis=-1)[..., None, None]
    greatest_gap = np.fmax.reduce(np.fmax.reduce(source_gaps, axis=-1), axis=-1)[..., None, None]
    coefficients: Array = (least_gap + rho * greatest_gap) / (np.abs(gaps) + rho * greatest_gap)
    return coefficients


def _weighted_sum(cells: Array, shares: Array) -> Array:
    return np.where(shares > 0, shares * cells, 0.0).sum(axis=-1)


def _complete_mask(values: Array, shares: Array, min_children: int) -> Array:
    """1 for rows with enough children and every cell that has a share, NaN for the others."""
    is_missing = np.isnan(values)
    has_enough = values.shape[-1] - is_missing.sum(axis=-1) >= min_children
    has_gap = (is_missing & (shares > 0)).any(axis=-1)
    is_weighed = (~is_missing & (shares > 0)).any(axis=-1)
    return np.where(has_enough & ~has_gap & is_weighed, 1.0, np.nan)


def relative_caution(options: Mapping[str, Any]) -> tuple[str, str]:
    """Scores that depend on the other rows are relative."""
    return (
        "a score relative to the other rows: it moves when a unit or year is added, and has no exact decomposition",
        "得分相对于其他行而定:增减单元或年份都会改变,且不能精确分解",
    )


VIKOR = (
    "S_i = Σ_j w_j (max_j − z_{ij}) / (max_j − min_j)        R_i = max_j w_j (max_j − z_{ij}) / (max_j − min_j)"
    "        Q_i = v (S_i − S^*) / (S^− − S^*) + (1 − v) (R_i − R^*) / (R^− − R^*)        score_i = 1 − Q_i"
)
GREY_RELATION = "Δ_{ij} = max_j − z_{ij}        ξ_{ij} = (min Δ + ρ max Δ) / (Δ_{ij} + ρ max Δ)        S_i = Σ_j w_j ξ_{ij}"
GREY_TOPSIS = (
    "Δ_{ij}^+ = max_j − z_{ij}        Δ_{ij}^− = z_{ij} − min_j        ξ_{ij}^± = (min Δ^± + ρ max Δ^±) / (Δ_{ij}^± + ρ max Δ^±)"
    "        G_i^± = Σ_j w_j ξ_{ij}^±        S_i = G_i^+ / (G_i^+ + G_i^−)"
)
RSR = {
    "whole": "R_{ij} = rank(z_{ij})        S_i = Σ_j w_j R_{ij} / N_j",
    "fractional": "R_{ij} = 1 + (N_j − 1)(z_{ij} − min_j) / (max_j − min_j)        S_i = Σ_j w_j R_{ij} / N_j",
}
