"""Weights that are best for something: each unit's own standing, or a wanted importance of the indicators."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np

from ..errors import EstimationError
from .column_statistics import bounds, complete_rows
from .method import Array, MethodNote, Share, SharesByChild
from .shares import refuse_few_rows, refuse_negative
from .weight_components import row_notes, shares_per_draw

PRECISION = 1e-10
MAX_ITERATIONS = 500
FRONTIER = 1e-6  # a score this near to 1 is on the frontier: solutions are exact to 1e-9
ATTAINMENT_TOLERANCE = 0.01  # a share of importance this near to its target has reached it


def bod(values: Array, *, floor: Share = 0.0, cap: Share = 1.0) -> Array:
    """Each unit's own best weights (..., n, m), scaled to sum 1 (Melyn and Moesen 1991; Cherchye et al. 2007).

    The benefit-of-the-doubt score itself is `aggregate: {method: bod}`; a mean with these shares ranks otherwise, as each
    unit's weights are scaled apart.

    max sum_j w_j z_kj with sum_j w_j z_ij <= 1 for every row i, w >= 0, and each share w_j / sum w within `floor` and
    `cap`. Of several best, the w of least length. A row with a missing cell gets zeros, hence no score; an all-zero row
    gets equal shares.
    """
    multipliers = bod_multipliers(values, floor=floor, cap=cap)
    multiplier_sums = multipliers.sum(axis=-1, keepdims=True)
    return np.where(multiplier_sums > 0, multipliers / np.where(multiplier_sums > 0, multiplier_sums, 1.0), 0.0)


def bod_multipliers(values: Array, *, reference: Array | None = None, floor: Share = 0.0, cap: Share = 1.0) -> Array:
    """The weights (..., n, m) before scaling: sum_j w_j z_kj is unit k's benefit-of-the-doubt score.

    The score is at most 1 against the rows themselves; against others (`reference`) it may pass 1.
    """
    source = values if reference is None else reference
    for table in (values, source):
        refuse_negative(np.fmin.reduce(table, axis=-2, keepdims=True) < 0, "bod")
    draws, sources = values.reshape(-1, *values.shape[-2:]), source.reshape(-1, *source.shape[-2:])
    return np.stack([_multipliers(draw, source_rows, floor, cap) for draw, source_rows in zip(draws, sources)]).reshape(
        values.shape
    )


def frontier_notes(values: Array, *, floor: Share, cap: Share) -> Iterator[MethodNote]:
    """How many rows score 1, and so cannot be distinguished, and the share of rows with every cell."""
    rows = ~np.isnan(values[:, ~np.isnan(values).all(axis=0)]).any(axis=1)
    scores = np.vecdot(np.nan_to_num(values), bod_multipliers(values, floor=floor, cap=cap))
    count = int((scores[rows] >= 1 - FRONTIER).sum())
    yield MethodNote("rows_at_1", count, "I-FRONTIER" if count > 1 else "")
    yield MethodNote("complete_rows", float(rows.mean()), "I-INCOMPLETE" if not rows.all() else "")


def _multipliers(values: Array, source: Array, floor: float, cap: float) -> Array:
    columns = ~np.isnan(source).all(axis=0)
    rows, complete_sources = (~np.isnan(value_table[:, columns]).any(axis=1) for value_table in (values, source))
    units, frontier = values[np.ix_(rows, columns)], source[np.ix_(complete_sources, columns)]
    constraints = _shares_held(units.shape[1], floor, cap)
    result = np.zeros(values.shape)
    result[np.ix_(rows, columns)] = np.array([_best_multipliers(unit, frontier, constraints) for unit in units]).reshape(
        units.shape
    )
    return result


def _shares_held(child_count: int, floor: float, cap: float) -> Array:
    """Rows g with g w >= 0: every share at least `floor` and at most `cap` of their sum."""
    return np.vstack([np.eye(child_count) - floor, *([cap - np.eye(child_count)] if cap < 1 else [])])


def _best_multipliers(unit: Array, table: Array, constraints: Array) -> Array:
    from scipy.optimize import linprog

    if not unit.any():
        return np.ones(len(unit))
    lower_bounds = np.vstack([table, -constraints])
    right_side = np.concatenate([np.ones(len(table)), np.zeros(len(constraints))])
    solution = linprog(-unit, A_ub=lower_bounds, b_ub=right_side, bounds=(0, None), method="highs")
    if not solution.success:
        raise EstimationError("too few columns vary for floor and cap to hold", zh="有变化的列太少,无法满足 floor 与 cap")
    best_score = -solution.fun * (1 - PRECISION)
    return _shortest_solution(np.vstack([unit, -lower_bounds]), np.concatenate([[best_score], -right_side]))


def _shortest_solution(coefficients: Array, limits: Array) -> Array:
    """The shortest x with left x >= right, by non-negative least squares (Lawson and Hanson 1974, chapter 23)."""
    from scipy.optimize import nnls

    target = np.zeros(coefficients.shape[1] + 1)
    target[-1] = 1.0
    constraint_rows = np.vstack([coefficients.T, limits])
    residuals = constraint_rows @ nnls(constraint_rows, target)[0] - target
    return np.maximum(-residuals[:-1] / residuals[-1], 0.0)


def target(values: Array, *, targets: SharesByChild, importance: Literal["correlation", "ratio"] = "correlation") -> Array:
    """The shares under which the indicators' importance comes nearest to its targets (Becker et al. 2017).

    min over w >= 0, sum w = 1 of sum_j (s_j / sum s - tau_j)^2, with s_j the squared correlation of indicator j with the
    arithmetic index, or its correlation ratio (see `importances`). Targets are scaled to sum 1 over the columns that
    vary. Rows with a missing cell are left out.
    """
    refuse_few_rows(values)
    is_varying = ~np.isnan(bounds(values)[0])
    varying_targets = np.where(is_varying, targets, np.nan)
    draws = zip(values.reshape(-1, *values.shape[-2:]), varying_targets.reshape(-1, values.shape[-1]))
    shares = [
        shares_per_draw(draw, partial(_nearest_weights, target_shares=tau[~np.isnan(tau)], measure=importance))
        for draw, tau in draws
    ]
    return np.stack(shares).reshape(*values.shape[:-2], 1, values.shape[-1])


def target_notes(values: Array, *, targets: Array, importance: Literal["correlation", "ratio"]) -> Iterator[MethodNote]:
    """Each child's target and the share of importance its weight gives it."""
    yield from row_notes(values)
    shares = target(values, targets=targets, importance=importance)[0]
    varying_columns = np.flatnonzero(~np.isnan(bounds(complete_rows(values))[0][0]))
    if not len(varying_columns):
        return
    rows = complete_rows(values)[:, varying_columns]
    importance_reached, row_targets = importances(rows, rows @ shares[varying_columns], importance), targets[varying_columns]
    for child, share_reached, tau in zip(
        varying_columns.tolist(), importance_reached / importance_reached.sum(), row_targets / row_targets.sum()
    ):
        yield MethodNote("target", float(tau), child=child)
        yield MethodNote(
            "importance_share", float(share_reached), "I-TARGET" if abs(share_reached - tau) > ATTAINMENT_TOLERANCE else "", child
        )


def importances(child_rows: Array, index: Array, measure: Literal["correlation", "ratio"]) -> Array:
    """Share of the index's variance (m,) that each column of rows (n, m) accounts for by itself (Paruolo et al. 2013).

    `correlation`: the squared correlation; `ratio`: Var(E[index | x_j]) / Var(index), with a cubic for E.
    """
    y = index - index.mean()
    total_square = float(y @ y)
    if measure == "correlation":
        deviations = child_rows - child_rows.mean(axis=0)
        return (deviations.T @ y) ** 2 / ((deviations**2).sum(axis=0) * total_square)
    fitted = [np.polynomial.Polynomial.fit(column, y, 3)(column) for column in child_rows.T]
    return np.array([float(fit @ fit) for fit in fitted]) / total_square


def _nearest_weights(child_rows: Array, *, target_shares: Array, measure: Literal["correlation", "ratio"]) -> Array:
    from scipy.optimize import minimize

    count = child_rows.shape[1]
    tau = target_shares / target_shares.sum()

    def miss(w: Array) -> float:
        s = importances(child_rows, child_rows @ w, measure)
        return float(((s / s.sum() - tau) ** 2).sum())

    starts = [np.full(count, 1 / count), tau, *(np.full(count, 0.5 / count) + 0.5 * np.eye(count))]
    solutions = [
        minimize(
            miss,
            start_weights,
            method="SLSQP",
            bounds=[(0, 1)] * count,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            options={"ftol": PRECISION, "maxiter": MAX_ITERATIONS},
        )
        for start_weights in starts
    ]
    return np.clip(min(solutions, key=lambda attempt: attempt.fun).x, 0.0, None)


CHERCHYE = "Melyn and Moesen 1991; Cherchye et al. 2007, Social Indicators Research 82"
BECKER = "Paruolo, Saisana and Saltelli 2013, JRSS A 176(3); Becker et al. 2017, Ecological Indicators 80"


BOD_SHARES = "v_k = argmax Σ_j v_j z_{kj} (v ≥ 0, Σ_j v_j z_{ij} ≤ 1 ∀ i)        w_{kj} = v_{kj} / Σ_l v_{kl}"
NEAREST = "w = argmin Σ_j (s_j / Σ_k s_k − τ_j)^2 (w ≥ 0, Σ_j w_j = 1)"
TARGET = {
    "correlation": f"{NEAREST}        s_j = r(z_j, Σ_k w_k z_k)^2",
    "ratio": f"{NEAREST}        y = Σ_k w_k z_k        s_j = Var(E[y | z_j]) / Var(y)",
}
