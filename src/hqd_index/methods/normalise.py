"""Indicators made comparable: `normalise(values, *, reference, direction)`, where in the result more is better.

Bounds, means and ranks come from `reference (..., r, m)`. A column that is constant there, or has fewer than 3 cells
there, becomes all NaN in every method. `direction (m,)` is 1 or -1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from scipy.stats import rankdata

from ..errors import ConfigError
from .columns import bounds, deviation, mean
from .method import Array, Finite, Method, Positive, Sign

Ties = Literal["average", "min"]


def minmax(
    values: Array, *, reference: Array, direction: Array, to: tuple[Finite, Finite] = (0.0, 1.0), clip: bool = False
) -> Array:
    """(x - min) / (max - min), or (max - x) / (max - min) where less is better, stretched onto `to` (OECD-JRC 2008).

    Values outside the reference window may leave `to`; `clip` holds them inside.
    """
    low, high = bounds(reference)
    worst, best = np.where(direction > 0, low, high), np.where(direction > 0, high, low)
    scaled = values - worst
    scaled /= best - worst
    if to != (0.0, 1.0):
        scaled = to[0] + (to[1] - to[0]) * scaled
    return np.clip(scaled, *to, out=scaled) if clip else scaled


def zscore(
    values: Array,
    *,
    reference: Array,
    direction: Array,
    ddof: Annotated[int, Field(ge=0, le=1)] = 0,
    mean: Finite = 0.0,
    sd: Positive = 1.0,
) -> Array:
    """mean + sd (x - mu) / sigma, with the sign turned where less is better (OECD-JRC 2008); sigma divides by N - ddof."""
    return standardised(values, reference, ddof) * (direction * sd) + mean


def rank(values: Array, *, reference: Array, direction: Array, ties: Ties = "average") -> Array:
    """1 for the worst reference cell, N for the best; equal values share their mean or their least rank."""
    return ranks(values * direction, reference * direction, ties)


def standardised(values: Array, reference: Array, ddof: int = 0) -> Array:
    """(x - mu) / sigma of the reference rows; NaN where the reference is constant."""
    low, _ = bounds(reference)
    spread = np.where(np.isnan(low), np.nan, deviation(reference, ddof=ddof))
    apart = values - mean(reference)
    return np.divide(apart, spread, out=apart)


def ranks(values: Array, reference: Array, ties: Ties) -> Array:
    """The place each value takes among the reference cells: 1 + #(r < x), or halfway through its ties."""
    low, _ = bounds(reference)
    if values is reference or np.array_equal(values, reference, equal_nan=True):
        places = _places(values, ties)
    else:
        pool = np.concatenate([values, np.broadcast_to(reference, (*values.shape[:-2], *reference.shape[-2:]))], axis=-2)
        # a value's place in the pool, less its place among the values, counts the reference cells below it
        offset = 1.0 if ties == "min" else 0.5
        places = _places(pool, ties)[..., : values.shape[-2], :] - _places(values, ties) + offset
    return np.where(np.isnan(values) | np.isnan(low), np.nan, places)


def _places(values: Array, ties: Ties) -> Array:
    """Ranks within each column with missing cells at the end."""
    return rankdata(np.where(np.isnan(values), np.inf, values), method=ties, axis=-2)


def inside(options: Mapping[str, Any]) -> bool:
    """True where no value of the sample can leave the reference: all years, or each year by itself."""
    return isinstance(options.get("over", "all_years"), str)


def minmax_gives(options: Mapping[str, Any]) -> Sign:
    """The sign of min-max values: that of the lower end of `to`, unless a base window lets values leave it."""
    low = options.get("to", (0.0, 1.0))[0]
    if low < 0 or not (inside(options) or options.get("clip", False)):
        return "any_sign"
    return "positive" if low > 0 else "non_negative"


def rising(options: Mapping[str, Any]) -> None:
    """Refuses a `to` whose first number is not the smaller."""
    low, high = options["to"]
    if not low < high:
        raise ConfigError(f"to: [{low}, {high}] must rise, as in [0, 1]", zh=f"to: [{low}, {high}] 应由小到大,例如 [0, 1]")


OECD = "OECD-JRC 2008, Handbook on Constructing Composite Indicators"

NORMALISE: dict[str, Method] = {
    "minmax": Method(minmax, "极差标准化", "min-max", OECD, gives=minmax_gives, check=rising),
    "zscore": Method(zscore, "Z-score 标准化", "z-score", OECD),
    "rank": Method(rank, "排序", "rank", OECD, gives="positive"),
}
