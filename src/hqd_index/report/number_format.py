"""How numbers are written for people: decimals, percentages, p values, stars, a dash where there is none."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

MISSING = "—"


def is_missing(cell_value: Any) -> bool:
    """Whether a cell holds no value (None, NaN, pandas NA)."""
    return cell_value is None or cell_value is pd.NA or bool(cell_value != cell_value)


def number(quantity: Any, digits: int = 2) -> str:
    """The value with a fixed number of decimals and a true minus sign; a dash where there is none."""
    if is_missing(quantity):
        return MISSING
    if math.isinf(quantity):
        return "∞" if quantity > 0 else "−∞"
    text = f"{float(quantity):,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def integer(quantity: Any) -> str:
    """An integer with thousands separators."""
    return number(quantity, 0)


def percent(quantity: Any, digits: int = 1) -> str:
    """A share as a percentage."""
    return MISSING if is_missing(quantity) else number(100 * float(quantity), digits) + "%"


def p_value(quantity: Any, *, smallest_shown: float = 0.001) -> str:
    """p to three decimals; below the smallest that can be resolved (decimals, draws, sign vectors) that bound."""
    if is_missing(quantity):
        return MISSING
    shown_limit = max(smallest_shown, 0.001)
    return f"< {shown_limit:.3f}" if float(quantity) < shown_limit else f"{float(quantity):.3f}"


def stars(p: Any) -> str:
    """***, **, * for 1%, 5%, 10% (the convention of Chinese economics journals)."""
    if is_missing(p):
        return ""
    return "***" if p <= 0.01 else "**" if p <= 0.05 else "*" if p <= 0.1 else ""
