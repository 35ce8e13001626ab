"""Merits turned into shares `(..., 1, m)` of the columns that count, held between a floor and a cap where asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import ConfigError, EstimationError
from .column_statistics import FEWEST_CELLS
from .method import Array, ColumnError

Mask = npt.NDArray[np.bool_]
LEAST_SHARE = 1e-12  # in place of 0, so that children of no weight can take up an excess, equally
ROUNDING = 1e-9
SUM_TOLERANCE = 1e-6  # shares that a study writes may miss 1 by this much


def as_shares(merits: Array, usable_columns: Mask) -> Array:
    """merits / sum of merits over the usable columns; equal shares of the usable where all merits are 0."""
    merits = np.where(usable_columns, merits, 0.0)
    total_merit = merits.sum(axis=-1, keepdims=True)
    count = usable_columns.sum(axis=-1, keepdims=True)
    return np.where(total_merit > 0, merits / np.where(total_merit > 0, total_merit, 1.0), usable_columns / np.maximum(count, 1))


def refuse_few_rows(values: Array) -> None:
    """Refuses data-driven weights on fewer than 3 rows."""
    if values.shape[-2] < FEWEST_CELLS:
        raise EstimationError(
            f"weights cannot be drawn from {values.shape[-2]} row(s): 3 or more are needed; add units or years, or weigh over "
            "all years together",
            zh=f"{values.shape[-2]} 行数据不足以计算客观权重,至少需要 3 行;请增加单元或年份,或改为各年合并(over: all_years)",
        )


def refuse_negative(is_refused: Mask, method_name: str) -> None:
    """Refuses, by column, what is not defined for negative values; bad is (..., 1, m)."""
    if is_refused.any():
        columns = np.flatnonzero(is_refused.any(axis=tuple(range(is_refused.ndim - 1))))
        raise ColumnError(
            columns.tolist(),
            f"{method_name} is not defined for negative values; normalise with minmax first",
            f"{method_name} 不能用于负值;请先用 minmax 标准化",
        )


def feasible(child_count: int, floor: float, cap: float) -> bool:
    """Whether `child_count` shares between floor and cap can sum to 1."""
    return floor <= cap and child_count * floor <= 1 + ROUNDING and child_count * cap >= 1 - ROUNDING


def refuse_infeasible(child_count: int, floor: float, cap: float) -> None:
    """ConfigError unless `child_count` children can keep the floor and the cap."""
    if not feasible(child_count, floor, cap):
        raise ConfigError(
            f"floor {floor:g} and cap {cap:g} cannot hold for {child_count} children: "
            f"floor may be at most {1 / child_count:.4g}, cap must be at least {1 / child_count:.4g}",
            zh=f"{child_count} 个子节点无法同时满足 floor {floor:g} 与 cap {cap:g}:"
            f"floor 至多 {1 / child_count:.4g},cap 至少 {1 / child_count:.4g}",
        )


def bounded_shares(shares: Array, usable_columns: Mask, *, floor: float, cap: float) -> Array:
    """clip(t w_j, floor, cap) over the usable columns, with the one t that makes the sum 1; a row of zeros stays."""
    count = usable_columns.sum(axis=-1, keepdims=True)
    if ((count > 0) & ((count * floor > 1 + ROUNDING) | (count * cap < 1 - ROUNDING))).any():
        raise EstimationError(
            f"too few columns vary for floor {floor:g} and cap {cap:g} to hold",
            zh=f"有变化的列太少,无法满足 floor {floor:g} 与 cap {cap:g}",
        )
    low, high = np.where(usable_columns, floor, 0.0), np.where(usable_columns, cap, 0.0)
    start = np.maximum(shares, LEAST_SHARE)
    has_weight = shares.sum(axis=-1, keepdims=True) > 0
    return np.where((count > 0) & has_weight, np.clip(_scaling_factor(start, low, high) * start, low, high), 0.0)


def _scaling_factor(start: Array, lower: Array, upper: Array) -> Array:
    """The t at which sum clip(t w, low, high), which rises in straight pieces, reaches 1."""
    knots = np.sort(np.concatenate([np.zeros_like(start[..., :1]), lower / start, upper / start], axis=-1), axis=-1)
    sums = np.clip(knots[..., :, None] * start[..., None, :], lower[..., None, :], upper[..., None, :]).sum(axis=-1)
    knot_index = np.maximum((sums <= 1).sum(axis=-1, keepdims=True) - 1, 0)
    next_knot = np.minimum(knot_index + 1, knots.shape[-1] - 1)
    t0, t1 = np.take_along_axis(knots, knot_index, -1), np.take_along_axis(knots, next_knot, -1)
    s0, s1 = np.take_along_axis(sums, knot_index, -1), np.take_along_axis(sums, next_knot, -1)
    rise = np.where(s1 > s0, s1 - s0, 1.0)
    return t0 + (1 - s0) * (t1 - t0) / rise
