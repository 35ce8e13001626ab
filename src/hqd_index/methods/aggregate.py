"""One score of several children: `aggregate(values, shares, *, min_children)` gives `(..., n)`.

Shares `(..., 1, m)` or `(..., n, m)` are rescaled over the cells present. A row with fewer than `min_children` cells
present, or whose cells present weigh nothing, is NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .method import Array, Method


def arithmetic(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """sum w z: a gap in one child is made good by another, one for one (OECD-JRC 2008)."""
    missing = np.isnan(values)
    if not missing.any() and values.shape[-1] >= min_children:
        return _weighted(values, shares)
    return _weighted(np.where(missing, 0.0, values), shares) * _rescaling(missing, shares, min_children)


def geometric(values: Array, shares: Array, *, min_children: int = 1) -> Array:
    """prod z^w: a gap in one child costs more the lower that child stands (OECD-JRC 2008).

    A zero with a positive share makes the score 0 (see `collapsed`); a negative cell makes it NaN.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(_countable(values, shares))
    return np.exp(arithmetic(logs, shares, min_children=min_children)) * _not_negative(values)


def collapsed(values: Array, shares: Array) -> npt.NDArray[np.bool_]:
    """Rows (..., n) that a single zero with a positive share brings to 0 under geometric, harmonic and power means."""
    return ((values == 0) & (shares > 0)).any(axis=-1)


def _weighted(values: Array, shares: Array) -> Array:
    return np.einsum("...nm,...nm->...n", values, np.broadcast_to(shares, np.broadcast_shapes(values.shape, shares.shape)))


def _rescaling(missing: npt.NDArray[np.bool_], shares: Array, min_children: int) -> Array:
    """1 / share present of each row; NaN where too few children, or none with a share, are there."""
    present = _weighted((~missing).astype(np.float64), shares)
    enough = (missing.shape[-1] - np.count_nonzero(missing, axis=-1) >= min_children) & (present > 0)
    return np.divide(1.0, present, out=np.full(present.shape, np.nan), where=enough)


def _countable(values: Array, shares: Array) -> Array:
    """The values, with 1 where the share is 0 (0 times the log of 0 is 0) and where the value is negative."""
    return np.where((shares == 0) & ~np.isnan(values) | (values < 0), 1.0, values)


def _not_negative(values: Array) -> Array:
    """1 for rows without a negative cell, NaN for the others."""
    return np.where((values < 0).any(axis=-1), np.nan, 1.0)


OECD = "OECD-JRC 2008, Handbook on Constructing Composite Indicators"

AGGREGATE: dict[str, Method] = {
    "arithmetic": Method(arithmetic, "算术平均", "arithmetic mean", OECD),
    "geometric": Method(geometric, "几何平均", "geometric mean", OECD, needs="non_negative", gives="non_negative"),
}
