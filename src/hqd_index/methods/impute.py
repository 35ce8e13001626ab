"""Missing cells filled: `impute(values)` on `(..., unit, year, m)`; a cell that is there is never touched."""

from __future__ import annotations

from .method import Array, Method


def none(values: Array) -> Array:
    """The values as they are: what is missing stays missing."""
    return values


IMPUTE: dict[str, Method] = {"none": Method(none, "不插补", "none", "-")}
