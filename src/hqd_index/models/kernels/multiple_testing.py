"""p values of several tests at once, adjusted so that a family errs with the stated probability: both are step-down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .wild import TIE
from .within import Array


def romano_wolf(t: Array, t_star: Array) -> Array:
    """Adjusted p of several tests (m,) from joint draws (B, m) of t* (Romano & Wolf 2005; same p rule as `Wild.p`)."""
    order = np.argsort(-np.abs(t), kind="stable")
    adjusted_p, running_maximum = np.full(len(t), np.nan), 0.0
    sizes = np.abs(t_star[:, order[::-1]])
    running_max = np.fmax.accumulate(sizes, axis=1)[:, ::-1]  # of each test and those after it
    for step, j in enumerate(order):
        if np.isnan(t[j]):
            continue
        running_maximum = max(running_maximum, float((running_max[:, step] > np.abs(t[j]) * (1 + TIE)).mean()))
        adjusted_p[j] = running_maximum
    return adjusted_p


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p (Holm 1979, by statsmodels); missing values stay missing and do not count."""
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p, dtype=float)
    is_observed = ~np.isnan(values)
    adjusted_p = np.full(len(values), np.nan)
    if is_observed.any():
        adjusted_p[is_observed] = multipletests(values[is_observed], method="holm")[1]
    return adjusted_p.tolist()
