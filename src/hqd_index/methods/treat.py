"""Outliers and skew tamed before normalising: `treat(values)` on `(..., n, m)`, column by column."""

from __future__ import annotations

from .method import Array, Method


def none(values: Array) -> Array:
    """The values as they are."""
    return values


TREAT: dict[str, Method] = {"none": Method(none, "不处理", "none", "-")}
