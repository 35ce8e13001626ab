"""Weights of the children of one node: `weight(values)` gives shares `(..., 1, m)`, non-negative with sum 1.

A column without any cell weighs 0; if no column can be told from another, those with cells share equally.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ..errors import ConfigError, EstimationError
from .columns import FEWEST_CELLS, cells
from .method import Array, ColumnError, Method, SharesByChild

ROWS_AT_ONCE = 2048  # so that a block and its logarithms stay in the processor's cache
TINY = np.finfo(np.float64).tiny
SUM_TOLERANCE = 1e-6


def as_shares(merits: Array, usable: npt.NDArray[np.bool_]) -> Array:
    """merits / sum of merits over the usable columns; equal shares of the usable where all merits are 0."""
    merits = np.where(usable, merits, 0.0)
    whole = merits.sum(axis=-1, keepdims=True)
    count = usable.sum(axis=-1, keepdims=True)
    return np.where(whole > 0, merits / np.where(whole > 0, whole, 1.0), usable / np.maximum(count, 1))


def enough_rows(values: Array) -> None:
    """Refuses data-driven weights on fewer than 3 rows."""
    if values.shape[-2] < FEWEST_CELLS:
        raise EstimationError(
            f"weights cannot be drawn from {values.shape[-2]} row(s): use 3 or more, or equal or given weights",
            zh=f"{values.shape[-2]} 行数据不足以计算客观权重:请提供至少 3 行,或改用 equal(等权)或 given(给定权重)",
        )


def equal(values: Array) -> Array:
    """1 / m over the columns that have cells."""
    present = cells(values) > 0
    return as_shares(present.astype(np.float64), present)


def given(values: Array, *, shares: SharesByChild, normalize: bool = False) -> Array:
    """The shares written in the study; those of empty columns are spread over the others in proportion."""
    return as_shares(np.broadcast_to(shares, cells(values).shape), cells(values) > 0)


def sum_to_one(options: Mapping[str, Any]) -> None:
    """Refuses given shares whose sum is not 1, unless they say `normalize: true`."""
    whole = float(np.sum(options["shares"]))
    if whole <= 0 or (abs(whole - 1) > SUM_TOLERANCE and not options.get("normalize", False)):
        raise ConfigError(
            f"given shares sum to {whole:.6g}, not 1; correct them or write normalize: true",
            zh=f"给定权重之和为 {whole:.6g},应为 1;请改正,或写 normalize: true",
        )


def evenness(values: Array) -> Array:
    """H_j / ln N_j, with H = -sum p ln p and p = x / sum x over the N_j cells present (Shannon 1948), within 0 and 1.

    0 ln 0 = 0. NaN for a column with fewer than 2 cells or without any positive one. Negative cells are refused.
    """
    count, whole, inner = cells(values), np.zeros(1), np.zeros(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        for block in row_blocks(values):
            present = np.where(np.isnan(block), 0.0, block)
            whole = whole + present.sum(axis=-2)
            inner = inner + np.einsum("...nm,...nm->...m", present, np.log(present + TINY))
        whole, inner = np.expand_dims(whole, -2), np.expand_dims(inner, -2)
        refuse_negative(np.isnan(inner), "entropy")
        even = (np.log(whole) - inner / whole) / np.log(count)
    return np.where((whole > 0) & (count > 1), np.clip(even, 0.0, 1.0), np.nan)


def entropy(values: Array, *, shift: Annotated[float, Field(ge=0, le=0.1)] = 0.0) -> Array:
    """(1 - e_j) / sum (1 - e), e = H_j / ln N_j over the N_j cells present (Shannon 1948); an all-zero column weighs 0.

    `shift` c replaces z by (1 - c) z + c before the shares are taken; 0.001 is the largest that leaves ranks alone.
    """
    enough_rows(values)
    even = evenness(values * (1 - shift) + shift if shift else values)
    return as_shares(1 - even, ~np.isnan(even))


def row_blocks(values: Array) -> Iterator[Array]:
    """Consecutive views of at most ROWS_AT_ONCE rows."""
    return (values[..., start : start + ROWS_AT_ONCE, :] for start in range(0, values.shape[-2], ROWS_AT_ONCE))


def refuse_negative(bad: npt.NDArray[np.bool_], name: str) -> None:
    """Refuses, by column, what is not defined for negative values; bad is (..., 1, m)."""
    if bad.any():
        columns = np.flatnonzero(bad.any(axis=tuple(range(bad.ndim - 1))))
        raise ColumnError(
            columns.tolist(),
            f"{name} is not defined for negative values; normalise with minmax first",
            f"{name} 不能用于负值;请先用 minmax 标准化",
        )


SHANNON = "Shannon 1948, Bell System Technical Journal 27"

WEIGHT: dict[str, Method] = {
    "equal": Method(equal, "等权", "equal", "-", timed=False),
    "given": Method(given, "给定权重", "given", "-", timed=False, check=sum_to_one),
    "entropy": Method(entropy, "熵值法", "entropy", SHANNON, needs="non_negative"),
}
