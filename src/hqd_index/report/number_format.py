"""How numbers are written for people: decimals, percentages, p values, stars, a dash where there is none."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

MISSING = "—"


def is_missing(value: Any) -> bool:
    """Whether a cell holds no value (None, NaN, pandas NA)."""
    return value is None or value is pd.NA or bool(value != value)


def number(value: Any, digits: int = 2) -> str:
    """The value with a fixed number of decimals and a true minus sign; a dash where there is none."""
    if is_missing(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{float(value):,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def integer(value: Any) -> str:
    """An integer with thousands separators."""
    return number(value, 0)


def percent(value: Any, digits: int = 1) -> str:
    """A share as a percentage."""
    return MISSING if is_missing(value) else number(100 * float(value), digits) + "%"


def p_value(value: Any, *, smallest_shown: float = 0.001) -> str:
    """p to three decimals; below the smallest that can be resolved (decimals, draws, sign vectors) that bound."""
    if is_missing(value):
        return MISSING
    shown_limit = max(smallest_shown, 0.001)
    return f"< {shown_limit:.3f}" if float(value) < shown_limit else f"{float(value):.3f}"


def stars(p: Any) -> str:
    """***, **, * for 1%, 5%, 10% (the convention of Chinese economics journals)."""
    if is_missing(p):
        return ""
    return "***" if p <= 0.01 else "**" if p <= 0.05 else "*" if p <= 0.1 else ""
