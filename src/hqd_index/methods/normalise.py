"""Indicators made comparable: `normalise(values, *, reference, direction)`, where in the result more is better.

Bounds, means and ranks come from `reference (..., r, m)`. A column that is constant there, or has fewer than 3 cells
there, becomes all NaN in every method. `direction (m,)` is 1 or -1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ConfigError
from .column_statistics import bounds, cell_counts, quantile, standardised
from .column_statistics import mean as column_mean
from .method import Array, ByChild, Finite, Method, NonNegative, Positive, Sign, formula_by_option
from .shares import refuse_negative

NORMAL_MAD = 1.4826  # makes the MAD of a normal sample its standard deviation
Ties = Literal["average", "min"]


def minmax(
    values: Array, *, reference: Array, direction: Array, to: tuple[Finite, Finite] = (0.0, 1.0), clip: bool = False
) -> Array:
    """(x - min) / (max - min), or (max - x) / (max - min) where less is better, stretched onto `to` (OECD-JRC 2008).

    The upper end of `to` counts as 1, published as 100: [1, 100], [0.01, 1] and [10, 1000] are the same, so that no scale of
    scores depends on how its ends are written. Values outside the reference window may leave `to`; `clip` holds them inside.
    """
    low, high = bounds(reference)
    worst_values, best_values = np.where(direction > 0, low, high), np.where(direction > 0, high, low)
    scaled_values = values - worst_values
    scaled_values /= best_values - worst_values
    lower_end = to[0] / to[1]
    if lower_end != 0:
        scaled_values = lower_end + (1 - lower_end) * scaled_values
    return np.clip(scaled_values, lower_end, 1.0, out=scaled_values) if clip else scaled_values


def zscore(
    values: Array,
    *,
    reference: Array,
    direction: Array,
    ddof: Annotated[int, Field(ge=0, le=1)] = 0,
    mean: NonNegative = 0.0,
    sd: Positive = 1.0,
) -> Array:
    """mean + sd (x - mu) / sigma, with the sign turned where less is better (OECD-JRC 2008); sigma divides by N - ddof.

    A mean other than 0 counts as 1, published as 100: mean 100 with sd 10 gives 1 + 0.1 z.
    """
    unit = mean or 1.0
    return standardised(values, reference, ddof=ddof) * (direction * (sd / unit)) + mean / unit


def rank(values: Array, *, reference: Array, direction: Array, ties: Ties = "average") -> Array:
    """1 for the worst reference cell, N for the best; equal values share their mean or their least rank."""
    return ranks(values * direction, reference * direction, ties)


def prank(values: Array, *, reference: Array, direction: Array, ties: Ties = "average") -> Array:
    """(rank - 1) / (N_j - 1): the share of the other reference cells that a value leaves behind (OECD-JRC 2008)."""
    rank_places = rank(values, reference=reference, direction=direction, ties=ties)
    return (rank_places - 1) / np.maximum(cell_counts(reference) - 1, 1)


def borda(values: Array, *, reference: Array, direction: Array, ties: Ties = "average") -> Array:
    """rank - 1: the points a value earns against the reference cells (de Borda 1784)."""
    return rank(values, reference=reference, direction=direction, ties=ties) - 1


def dist2max(values: Array, *, reference: Array, direction: Array) -> Array:
    """1 - (max - x) / (max - min) of the directed values: equal to min-max onto [0, 1] (Becker et al. 2022)."""
    return minmax(values, reference=reference, direction=direction)


def fracmax(values: Array, *, reference: Array, direction: Array) -> Array:
    """x / max, or 1 - x / max where less is better (Becker et al. 2022); any negative cell is refused."""
    low, high = bounds(reference)
    refuse_negative((low < 0) | (np.fmin.reduce(values, axis=-2, keepdims=True) < 0), "fracmax")
    share = values / high
    return np.where(direction > 0, share, 1 - share)


def dist2ref(
    values: Array, *, reference: Array, direction: Array, at: Literal["mean", "median"] = "mean", cap: bool = False
) -> Array:
    """1 - (ref - x) / (ref - worst), with ref the mean or median of the reference rows (OECD-JRC 2008); `cap` ends at 1."""
    anchor = column_mean(reference) if at == "mean" else quantile(reference, 0.5)
    return _progress_to(anchor, values, reference, direction, cap)


def dist2targ(values: Array, *, reference: Array, direction: Array, targets: ByChild, cap: bool = False) -> Array:
    """1 - (target - x) / (target - worst): the way to a policy target by indicator (OECD-JRC 2008); `cap` ends at 1.

    NaN where the target is no better than the worst reference cell.
    """
    return _progress_to(targets, values, reference, direction, cap)


def goalposts(values: Array, *, reference: Array, direction: Array, low: ByChild, high: ByChild) -> Array:
    """(x - low) / (high - low), held within 0 and 1, between posts given by indicator (UNDP 1990)."""
    lower_bounds, _ = bounds(reference)
    scaled_values = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.where(np.isnan(lower_bounds), np.nan, np.where(direction > 0, scaled_values, 1 - scaled_values))


def robust(values: Array, *, reference: Array, direction: Array) -> Array:
    """(x - median) / (1.4826 MAD) (Hampel 1974); a column whose MAD is 0 counts as constant."""
    lower_bounds, _ = bounds(reference)
    median = quantile(reference, 0.5)
    spread = NORMAL_MAD * quantile(np.abs(reference - median), 0.5)
    return direction * (values - median) / np.where(np.isnan(lower_bounds) | (spread <= 0), np.nan, spread)


def moderate(values: Array, *, reference: Array, band: tuple[Finite, Finite]) -> Array:
    """1 - max(a - x, x - b, 0) / max(a - min, max - b): 1 inside the band [a, b], less on both sides of it.

    A band [a, a] is a single optimum. A band that holds every reference cell makes a constant, hence NaN.
    """
    lower_bounds, upper_bounds = bounds(reference)
    max_distance = np.maximum(band[0] - lower_bounds, upper_bounds - band[1])
    band_distance = np.maximum(np.maximum(band[0] - values, values - band[1]), 0.0)
    return 1 - band_distance / np.where(max_distance > 0, max_distance, np.nan)


def _progress_to(reference_point: Array, values: Array, reference: Array, direction: Array, cap: bool) -> Array:
    low, high = bounds(reference)
    worst_values = np.where(direction > 0, low, high)
    full_distance = (reference_point - worst_values) * direction
    scaled_values = (values - worst_values) * direction / np.where(full_distance > 0, full_distance, np.nan)
    return np.minimum(scaled_values, 1.0) if cap else scaled_values


def ranks(values: Array, reference: Array, ties: Ties) -> Array:
    """The place each value takes among the reference cells: 1 + #(r < x), or halfway through its ties."""
    low, _ = bounds(reference)
    if values is reference or np.array_equal(values, reference, equal_nan=True):
        rank_positions = _rank_positions(values, ties)
    else:
        pool = np.concatenate([values, np.broadcast_to(reference, (*values.shape[:-2], *reference.shape[-2:]))], axis=-2)
        # a value's place in the pool, less its place among the values, counts the reference cells below it
        offset = 1.0 if ties == "min" else 0.5
        rank_positions = _rank_positions(pool, ties)[..., : values.shape[-2], :] - _rank_positions(values, ties) + offset
    return np.where(np.isnan(values) | np.isnan(low), np.nan, rank_positions)


def _rank_positions(values: Array, ties: Ties) -> Array:
    """Ranks within each column with missing cells at the end."""
    from scipy.stats import rankdata

    return rankdata(np.where(np.isnan(values), np.inf, values), method=ties, axis=-2)


def is_within_bounds(options: Mapping[str, Any]) -> bool:
    """True where no value of the sample can leave the reference: all years, or each year by itself."""
    return isinstance(options.get("over", "all_years"), str)


def minmax_sign(options: Mapping[str, Any]) -> Sign:
    """The sign of min-max values: that of the lower end of `to`, unless a base window lets values leave it."""
    low = options.get("to", (0.0, 1.0))[0]
    if low < 0 or not (is_within_bounds(options) or options.get("clip", False)):
        return "any_sign"
    return "positive" if low > 0 else "non_negative"


def sign_within_bounds(options: Mapping[str, Any]) -> Sign:
    """Non-negative unless a base window lets values fall below its worst."""
    return "non_negative" if is_within_bounds(options) else "any_sign"


def increasing_pair(option: str, *, may_be_equal: bool = False) -> Callable[[Mapping[str, Any]], None]:
    """A check that refuses a pair whose first number is not the smaller (or, with `equal`, is the larger)."""

    def check(options: Mapping[str, Any]) -> None:
        low, high = options[option]
        if low > high or (low == high and not may_be_equal):
            raise ConfigError(
                f"{option}: [{low:g}, {high:g}] must rise, as in [0, 1]",
                zh=f"{option}: [{low:g}, {high:g}] 应由小到大,例如 [0, 1]",
            )

    return check


def check_range(options: Mapping[str, Any]) -> None:
    """Refuses ends that do not rise to a positive one."""
    increasing_pair("to")(options)
    low, high = options["to"]
    if high <= 0:
        raise ConfigError(
            f"to: [{low:g}, {high:g}] must end above 0, as its upper end is published as 100; [1, 100] keeps off 0",
            zh=f"to: [{low:g}, {high:g}] 的上端应大于 0(上端发布为 100);如需避开 0,请写 [1, 100]",
        )


def check_posts(options: Mapping[str, Any]) -> None:
    """Refuses posts of which one is not below its fellow."""
    for low, high in zip(options["low"], options["high"]):
        if not low < high:
            raise ConfigError(f"low {low:g} must be below high {high:g}", zh=f"low {low:g} 应小于 high {high:g}")


JRC = "OECD-JRC 2008, Handbook on Constructing Composite Indicators"
COINR = "Becker et al. 2022, J. Open Source Software 7(78)"

WORST_FORMULA = "b_j = min_j (d_j = 1)        b_j = max_j (d_j = −1)"
DIST2MAX = "z_{ij} = 1 − (max_j − x_{ij}) / (max_j − min_j)        z_{ij} = 1 − (x_{ij} − min_j) / (max_j − min_j)"
DIST2REF = {
    "mean": f"z_{{ij}} = 1 − (μ_j − x_{{ij}}) / (μ_j − b_j)        {WORST_FORMULA}",
    "median": f"z_{{ij}} = 1 − (med_j − x_{{ij}}) / (med_j − b_j)        {WORST_FORMULA}",
}
GOALPOSTS = (
    "y_{ij} = min(max((x_{ij} − l_j) / (h_j − l_j), 0), 1)        z_{ij} = y_{ij} (d_j = 1)        z_{ij} = 1 − y_{ij} (d_j = −1)"
)


def minmax_formula(options: Mapping[str, Any]) -> str:
    """Min-max where more and where less is better, with its lower end where that is not 0."""
    low, high = options["to"]
    ends = ["(x_{ij} − min_j) / (max_j − min_j)", "(max_j − x_{ij}) / (max_j − min_j)"]
    if low:
        lower_end = low / high
        ends = [f"{lower_end:g} + {1 - lower_end:g} {range_end}" for range_end in ends]
    return "        ".join(f"z_{{ij}} = {range_end}" for range_end in ends)


def zscore_formula(options: Mapping[str, Any]) -> str:
    """The z-score, about the mean and with the deviation that are asked for (a mean of M counts as 1)."""
    mean, unit = options["mean"], options["mean"] or 1.0
    factor = "" if options["sd"] == unit else f"{options['sd'] / unit:g} "
    return ("z_{ij} = 1 + " if mean else "z_{ij} = ") + factor + "d_j (x_{ij} − μ_j) / σ_j        d_j = ±1"


NORMALISE: dict[str, Method] = {
    "minmax": Method(minmax, "极差标准化", "min-max", minmax_formula, JRC, gives=minmax_sign, check=check_range),
    "zscore": Method(zscore, "Z-score 标准化", "z-score", zscore_formula, JRC),
    "rank": Method(rank, "排序", "rank", "z_{ij} = rank(d_j x_{ij})        d_j = ±1", JRC, gives="positive"),
    "prank": Method(
        prank,
        "百分位排序",
        "percentile rank",
        "z_{ij} = (rank(d_j x_{ij}) − 1) / (N_j − 1)        d_j = ±1",
        JRC,
        gives=sign_within_bounds,
    ),
    "borda": Method(
        borda,
        "波达得分",
        "Borda points",
        "z_{ij} = rank(d_j x_{ij}) − 1        d_j = ±1",
        "de Borda 1784",
        gives=sign_within_bounds,
    ),
    "dist2max": Method(dist2max, "距最优值", "distance to the best", DIST2MAX, COINR, gives=sign_within_bounds),
    "fracmax": Method(
        fracmax,
        "占最大值之比",
        "share of the maximum",
        "z_{ij} = x_{ij} / max_j        z_{ij} = 1 − x_{ij} / max_j",
        COINR,
        needs="non_negative",
        gives=sign_within_bounds,
    ),
    "dist2ref": Method(
        dist2ref, "距参照值", "distance to a reference", formula_by_option("at", DIST2REF), JRC, gives=sign_within_bounds
    ),
    "dist2targ": Method(
        dist2targ,
        "距目标值",
        "distance to a target",
        f"z_{{ij}} = 1 − (τ_j − x_{{ij}}) / (τ_j − b_j)        {WORST_FORMULA}",
        JRC,
        gives=sign_within_bounds,
    ),
    "goalposts": Method(
        goalposts, "目标门柱法", "goalposts", GOALPOSTS, "UNDP 1990", gives="non_negative", timed=False, check=check_posts
    ),
    "robust": Method(
        robust,
        "稳健标准化",
        "median and MAD",
        "z_{ij} = d_j (x_{ij} − med_j) / (1.4826 MAD_j)        d_j = ±1",
        "Hampel 1974, J. Am. Stat. Assoc. 69",
    ),
    "moderate": Method(
        moderate,
        "适度指标标准化",
        "target band",
        "z_{ij} = 1 − max(a − x_{ij}, x_{ij} − b, 0) / max(a − min_j, max_j − b)",
        "OECD-JRC 2008",
        gives=sign_within_bounds,
        check=increasing_pair("band", may_be_equal=True),
    ),
}
