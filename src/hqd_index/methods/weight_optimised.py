"""Weights that are best for something: each unit's own standing, or a wanted importance of the indicators."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
from scipy.optimize import linprog, minimize

from ..errors import ConfigError, EstimationError
from .columns import bounds
from .method import Array, Share, SharesByChild
from .shares import enough_rows, refuse_negative
from .weight_components import per_draw

PRECISION = 1e-12
ROUNDS = 500


def bod(values: Array, *, low: Share = 0.0, high: Share = 1.0) -> Array:
    """Each unit's own best weights (..., n, m), scaled to sum 1 (Melyn and Moesen 1991; Cherchye et al. 2007).

    max sum_j w_j z_kj with sum_j w_j z_ij <= 1 for every row i, w >= 0, and each part w_j z_kj between `low` and `high`
    of the whole. A row with a missing cell gets zeros, hence no score; an all-zero row gets equal shares.
    """
    multipliers = bod_multipliers(values, low=low, high=high)
    whole = multipliers.sum(axis=-1, keepdims=True)
    return np.where(whole > 0, multipliers / np.where(whole > 0, whole, 1.0), 0.0)


def bod_multipliers(values: Array, *, low: Share = 0.0, high: Share = 1.0) -> Array:
    """The weights (..., n, m) before scaling: sum_j w_j z_kj is unit k's benefit-of-the-doubt score, at most 1."""
    refuse_negative(np.fmin.reduce(values, axis=-2, keepdims=True) < 0, "bod")
    draws = values.reshape(-1, *values.shape[-2:])
    return np.stack([_multipliers(draw, low, high) for draw in draws]).reshape(values.shape)


def _multipliers(values: Array, low: float, high: float) -> Array:
    columns = ~np.isnan(values).all(axis=0)
    rows = ~np.isnan(values[:, columns]).any(axis=1)
    table = values[np.ix_(rows, columns)]
    found = np.array([_best_for(unit, table, low, high) for unit in table]).reshape(table.shape)
    result = np.zeros(values.shape)
    result[np.ix_(rows, columns)] = found
    return result


def _best_for(unit: Array, table: Array, low: float, high: float) -> Array:
    if not unit.any():
        return np.ones(len(unit))
    parts = np.diag(unit)
    limits = [low * unit - parts] * (low > 0) + [parts - high * unit] * (high < 1)
    left = np.vstack([table, *limits])
    right = np.concatenate([np.ones(len(table)), np.zeros(len(left) - len(table))])
    solution = linprog(-unit, A_ub=left, b_ub=right, bounds=(0, None), method="highs")
    if not solution.success or not solution.x.any():
        raise EstimationError(
            f"no weights keep every part between {low:g} and {high:g} of the score; widen low and high",
            zh=f"没有权重能使各部分都占得分的 {low:g} 至 {high:g};请放宽 low 与 high",
        )
    return np.maximum(solution.x, 0.0)


def low_high(options: Mapping[str, Any]) -> None:
    """Refuses share bounds that cross."""
    if not options["low"] < options["high"]:
        raise ConfigError("low must be below high", zh="low 应小于 high")


def target(values: Array, *, targets: SharesByChild, importance: Literal["correlation", "ratio"] = "correlation") -> Array:
    """The shares under which the indicators' importance comes nearest to its targets (Becker et al. 2017).

    min over w >= 0, sum w = 1 of sum_j (s_j / sum s - tau_j)^2, with s_j the squared correlation of indicator j with the
    arithmetic index, or its correlation ratio (see `importances`). Targets are scaled to sum 1 over the columns that
    vary. Rows with a missing cell are left out.
    """
    enough_rows(values)
    varies = ~np.isnan(bounds(values)[0])
    wanted = np.where(varies, targets, np.nan)
    draws = zip(values.reshape(-1, *values.shape[-2:]), wanted.reshape(-1, values.shape[-1]))
    found = [per_draw(draw, partial(_nearest, wanted=tau[~np.isnan(tau)], kind=importance)) for draw, tau in draws]
    return np.stack(found).reshape(*values.shape[:-2], 1, values.shape[-1])


def importances(z: Array, index: Array, kind: Literal["correlation", "ratio"]) -> Array:
    """Share of the index's variance (m,) that each column of z (n, m) accounts for by itself (Paruolo et al. 2013).

    `correlation`: the squared correlation; `ratio`: Var(E[index | z_j]) / Var(index), with a cubic for E.
    """
    y = index - index.mean()
    whole = float(y @ y)
    if kind == "correlation":
        apart = z - z.mean(axis=0)
        return (apart.T @ y) ** 2 / ((apart**2).sum(axis=0) * whole)
    fitted = [np.polynomial.Polynomial.fit(column, y, 3)(column) for column in z.T]
    return np.array([float(fit @ fit) for fit in fitted]) / whole


def _nearest(z: Array, *, wanted: Array, kind: Literal["correlation", "ratio"]) -> Array:
    count = z.shape[1]
    tau = wanted / wanted.sum()

    def miss(w: Array) -> float:
        s = importances(z, z @ w, kind)
        return float(((s / s.sum() - tau) ** 2).sum())

    starts = [np.full(count, 1 / count), tau, *(np.full(count, 0.5 / count) + 0.5 * np.eye(count))]
    found = [
        minimize(
            miss,
            start,
            method="SLSQP",
            bounds=[(0, 1)] * count,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            options={"ftol": PRECISION, "maxiter": ROUNDS},
        )
        for start in starts
    ]
    return np.clip(min(found, key=lambda result: result.fun).x, 0.0, None)


CHERCHYE = "Melyn and Moesen 1991; Cherchye et al. 2007, Social Indicators Research 82"
BECKER = "Paruolo, Saisana and Saltelli 2013, JRSS A 176(3); Becker et al. 2017, Ecological Indicators 80"
