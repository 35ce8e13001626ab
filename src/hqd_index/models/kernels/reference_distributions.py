"""Tails and quantiles of the distributions that tests refer to, bit for bit those of scipy.stats, which takes long to import."""

from __future__ import annotations

import numpy as np
from scipy import special


def normal_quantile(p: float) -> float:
    """The value that a standard normal stays below with probability p."""
    return float(special.ndtri(p))


def normal_tail(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return float(special.ndtr(-z))


def t_quantile(p: float, df: float) -> float:
    """The value that t(df) stays below with probability p; NaN without degrees of freedom."""
    return float(special.stdtrit(df, p))


def t_tail(t: float, df: float) -> float:
    """P(T > t) of t(df); NaN without degrees of freedom."""
    return float(special.stdtr(df, -t))


def f_quantile(p: float, df: float, df_error: float) -> float:
    """The value that F(df, df_error) stays below with probability p; NaN without degrees of freedom."""
    return float(special.fdtri(df, df_error, p))


def f_tail(f: float, df: float, df_error: float) -> float:
    """P(F > f) of F(df, df_error), 1 below zero (rounding of a form that is none); NaN without degrees of freedom."""
    return float(special.fdtrc(df, df_error, np.maximum(f, 0.0)))


def chi2_tail(x: float, df: float) -> float:
    """P(X > x) of chi-squared(df), 1 below zero."""
    return float(special.chdtrc(df, np.maximum(x, 0.0)))
