"""Staggered adoption at firm level: two-way effects, imputation, two-stage and group-time estimators on one data frame.

Data: one row per unit and year with `first`, the first treated year (NaN: never). The treatment does not switch off:
with exits this is the effect of ever having been treated (intention to treat).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, sparse, stats
from scipy.sparse.linalg import splu

from ..errors import EstimationError
from .clusters import compact
from .within import Array, Codes, within

WINDOW = (-4, 3)


@dataclass(frozen=True)
class Events:
    """Effects by event time with their joint variance; `overall` is the mean over treated cells (imputation: simple)."""

    estimator: str
    time: tuple[int, ...]
    estimate: Array
    covariance: Array
    overall: float
    overall_se: float
    n: int
    units: int
    treated: int

    @property
    def se(self) -> Array:
        return np.sqrt(np.diag(self.covariance))

    def pre_trend(self) -> tuple[float, int, float]:
        """(F, number of leads, p) of all leads being zero, F(q, units - 1); NaN without leads."""
        at = [i for i, t in enumerate(self.time) if t < 0 and self.covariance[i, i] > 0]
        if not at:
            return np.nan, 0, np.nan
        b, v = self.estimate[at], self.covariance[np.ix_(at, at)]
        f = float(b @ np.linalg.pinv(v, hermitian=True) @ b) / len(at)
        return f, len(at), float(stats.f.sf(f, len(at), self.units - 1))


@dataclass(frozen=True)
class _Rows:
    """Arrays of the sample: codes of unit, period and the other effects, event time (NaN: never treated)."""

    y: Array
    unit: Codes
    effects: tuple[Codes, ...]
    event: Array
    year: Array
    first: Array

    @property
    def treated(self) -> np.ndarray:
        return np.nan_to_num(self.event, nan=-1.0) >= 0

    @property
    def units(self) -> int:
        return int(self.unit.max()) + 1


def _rows(data: pd.DataFrame, outcome: str, effects: tuple[str, ...]) -> _Rows:
    """Rows with an outcome; units treated in their first observed year have no base and are left out."""
    frame = data[data[outcome].notna()].sort_values(["unit", "year"], kind="stable")
    start = frame.groupby("unit")["year"].transform("min")
    frame = frame[~(frame["first"] <= start)]
    if frame.empty or frame["first"].notna().sum() == 0:
        raise EstimationError(
            f"{outcome}: no unit is observed both before and after treatment", zh=f"{outcome}:没有单位在处理前后都有观测"
        )
    codes = [compact(frame[e].to_numpy()) for e in ("unit", *effects)]
    event = (frame["year"] - frame["first"]).to_numpy(dtype=float)
    return _Rows(
        frame[outcome].to_numpy(dtype=float), codes[0], tuple(codes), event,
        frame["year"].to_numpy(dtype=float), frame["first"].to_numpy(dtype=float),
    )  # fmt: skip


def _dummies(rows: _Rows, *, without: set[int]) -> tuple[Array, list[int]]:
    """Dummies (n, k) of every event time but those in `without`: binned ends would assume that effects stay constant there."""
    times = sorted({int(t) for t in rows.event[~np.isnan(rows.event)]} - without)
    return (rows.event[:, None] == np.array(times)[None, :]).astype(float), times


def _clustered(x: Array, u: Array, unit: Codes, factor: float) -> Array:
    """Sandwich of residualised regressors with scores summed by unit."""
    bread = np.linalg.inv(x.T @ x)
    score = np.stack([np.bincount(unit, column) for column in (x * u[:, None]).T], axis=1)
    return np.asarray(factor * bread @ (score.T @ score) @ bread)


def least_squares(x: Array, y: Array) -> Array:
    """Coefficients (k,) of y (n,) on x (n, k) of full rank: normal equations and one step on what they leave.

    Twelve times faster than an orthogonal factorisation of a long x; dummies with effects taken out are far from collinear, and
    the step mends what squaring their condition number costs. LinAlgError where x has no full rank.
    """
    factor = linalg.cho_factor(x.T @ x)
    b = linalg.cho_solve(factor, x.T @ y)
    return np.asarray(b + linalg.cho_solve(factor, x.T @ (y - x @ b)))


def twfe(data: pd.DataFrame, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)) -> Events:
    """Two-way fixed effects event study, base -1, clustered by unit (CV1). Biased when effects differ by cohort.

    Every event time has its dummy, those of `window` are told; without never-treated units the earliest lead is a base too.
    `overall` is the static coefficient of being treated. Further effects (industry-year ...) by column name.
    """
    rows = _rows(data, outcome, effects)
    everyone = not np.isnan(rows.event).any()
    dummies, times = _dummies(rows, without={-1, int(np.nanmin(rows.event))} if everyone else {-1})
    y, *columns = within(np.column_stack([rows.y, rows.treated, dummies]), rows.effects).T
    post, x = columns[0], np.column_stack(columns[1:])
    k = sum(int(e.max()) for e in rows.effects[1:]) + 1
    g, n = rows.units, len(rows.y)

    def factor(slopes: int) -> float:
        return g / (g - 1) * (n - 1) / (n - slopes - k)

    b = least_squares(x, y)
    covariance = _clustered(x, y - x @ b, rows.unit, factor(len(times)))
    static = float(post @ y / (post @ post))
    static_v = _clustered(post[:, None], y - static * post, rows.unit, factor(1))
    told = _within_window(times, window)
    chosen = [times[i] for i in told]
    v = covariance[np.ix_(told, told)]
    return _events("twfe", rows, chosen, b[told], v, static, float(np.sqrt(static_v[0, 0])), base=True)


def _within_window(times: list[int], window: tuple[int, int]) -> list[int]:
    return [i for i, t in enumerate(times) if window[0] <= t <= window[1]]


def _events(
    name: str, rows: _Rows, times: list[int], b: Array, v: Array, overall: float, se: float, *, base: bool = False
) -> Events:
    """With `base`, period -1 is put in at zero."""
    if base:
        at = sum(t < -1 for t in times)
        times, b = [*times[:at], -1, *times[at:]], np.insert(b, at, 0.0)
        v = np.insert(np.insert(v, at, 0.0, axis=0), at, 0.0, axis=1)
    treated = len(np.unique(rows.unit[~np.isnan(rows.first)]))
    return Events(name, tuple(times), b, v, overall, se, len(rows.y), rows.units, treated)


# Imputation and two stages share the first one: effects fitted on the rows not yet treated.


@dataclass(frozen=True)
class _Untreated:
    """Dummies of all effects, their fit on untreated rows, and a solver of the normal equations of those rows."""

    dummies: sparse.csr_array
    clean: np.ndarray
    gap: Array  # y less the fit, all rows
    solve: Callable[[Array], Array]
    usable: np.ndarray  # rows whose effects are identified by untreated rows


def _first_stage(rows: _Rows) -> _Untreated:
    sizes = [int(e.max()) + 1 for e in rows.effects]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    n, clean = len(rows.y), ~rows.treated
    blocks = [sparse.csr_array((np.ones(n), (np.arange(n), e + s)), shape=(n, sum(sizes))) for e, s in zip(rows.effects, starts)]
    dummies = sparse.csr_array(sum(blocks[1:], start=blocks[0]))
    seen = np.asarray(dummies[clean].sum(axis=0)).ravel() > 0
    usable = ~(dummies @ (~seen).astype(float) > 0)
    solve = _normal_solver(dummies[clean][:, seen])

    def full(right: Array) -> Array:
        out = np.zeros((dummies.shape[1], right.shape[1]))
        out[seen] = solve(right[seen])
        return out

    fit = dummies @ full(np.asarray(dummies[clean].T @ rows.y[clean])[:, None])[:, 0]
    return _Untreated(dummies, clean, rows.y - fit, full, usable)


def _normal_solver(design: sparse.csr_array) -> Callable[[Array], Array]:
    """Solves design'design a = r for consistent r: a tiny ridge makes the factor exist, refinement takes it out again."""
    gram = sparse.csc_array(design.T @ design)
    scale = float(gram.diagonal().mean())
    factor = splu(sparse.csc_matrix(gram + sparse.eye_array(gram.shape[0]) * (1e-7 * scale)))

    def solve(right: Array) -> Array:
        found = np.zeros_like(right)
        for _ in range(6):
            found = found + factor.solve(np.ascontiguousarray(right - gram @ found))
        return found

    return solve


def imputation(
    data: pd.DataFrame, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)
) -> Events:
    """Borusyak, Jaravel & Spiess 2024: effects fitted on untreated rows, their gap averaged by event time from 0 on.

    Variance: unit sums of v x residual, where treated residuals are taken from the cohort-by-event-time mean (their
    eq. 8, conservative). Leads come from a regression on untreated rows alone, as the paper advises for its pre-test.
    Rows whose unit or period has no untreated row are left out.
    """
    rows = _rows(data, outcome, effects)
    fitted = _first_stage(rows)
    target = rows.treated & fitted.usable
    times = [t for t in range(0, window[1] + 1) if (rows.event[target] == t).any()]
    weight = np.stack([_even(target & (rows.event == t)) for t in times] + [_even(target)], axis=1)
    effect = weight.T @ fitted.gap
    influence = _influence(rows, fitted, weight, target)
    covariance = influence.T @ influence
    leads = _leads(rows, window)
    joint = np.zeros((len(leads[0]) + len(times),) * 2)
    joint[: len(leads[0]), : len(leads[0])] = leads[2]
    joint[len(leads[0]) :, len(leads[0]) :] = covariance[:-1, :-1]
    every = [*leads[0], *times]
    return _events(
        "imputation",
        rows,
        every,
        np.concatenate([leads[1], effect[:-1]]),
        joint,
        float(effect[-1]),
        float(np.sqrt(covariance[-1, -1])),
    )


def _even(chosen: np.ndarray) -> Array:
    """Weights that average over the rows chosen."""
    return chosen / max(int(chosen.sum()), 1)


def _influence(rows: _Rows, fitted: _Untreated, weight: Array, target: np.ndarray) -> Array:
    """(units, k): sums over rows of v x residual. On untreated rows v = -D (D0'D0)^-1 D1'w, on treated rows v = w."""
    back = fitted.solve(np.asarray(fitted.dummies.T @ weight))
    v = np.where(fitted.clean[:, None], -(fitted.dummies @ back), weight)
    codes = pd.factorize(pd.MultiIndex.from_arrays([rows.first[target], rows.event[target]]))[0]
    for k in range(weight.shape[1]):
        # the cell mean, weighted by squared weights: the choice that makes the variance conservative
        power = np.bincount(codes, weight[target, k] ** 2)
        total = np.bincount(codes, weight[target, k] ** 2 * fitted.gap[target])
        mean = np.divide(total, power, out=np.zeros_like(total), where=power > 0)
        residual = fitted.gap.copy()
        residual[target] -= mean[codes]
        v[:, k] = v[:, k] * residual
    return np.stack([np.bincount(rows.unit, column, minlength=rows.units) for column in v.T], axis=1)


def _leads(rows: _Rows, window: tuple[int, int]) -> tuple[list[int], Array, Array]:
    """Leads window[0]..-1 from untreated rows alone; the base is all earlier rows and never-treated units."""
    clean = ~rows.treated
    event = rows.event[clean]
    times = [t for t in range(window[0], 0) if (event == t).any()]
    if not (event < window[0]).any():  # no earlier rows of the treated: their first lead is the base
        times = times[1:]
    if not times or not np.isnan(event).any():
        return [], np.zeros(0), np.zeros((0, 0))
    effects = [compact(e[clean]) for e in rows.effects]
    dummies = (event[:, None] == np.array(times)[None, :]).astype(float)
    y, *columns = within(np.column_stack([rows.y[clean], dummies]), effects).T
    x = np.column_stack(columns)
    b = least_squares(x, y)
    n, g, k = len(y), int(effects[0].max()) + 1, sum(int(e.max()) for e in effects[1:]) + 1
    return times, b, _clustered(x, y - x @ b, effects[0], g / (g - 1) * (n - 1) / (n - len(times) - k))


def did2s(data: pd.DataFrame, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)) -> Events:
    """Gardner 2022: effects fitted on untreated rows, the gap regressed on event-time dummies; GMM variance by unit.

    Point estimates from 0 on are those of imputation; leads use the same first stage, so they are the gaps before treatment.
    """
    rows = _rows(data, outcome, effects)
    fitted = _first_stage(rows)
    dummies, times = _dummies(rows, without=set())
    use = fitted.usable
    seen = (dummies[use] != 0).any(axis=0)
    b, covariance = _second_stage(rows, fitted, dummies[:, seen] * use[:, None], use)
    overall, overall_v = _second_stage(rows, fitted, (rows.treated & use).astype(float)[:, None], use)
    times = [t for t, some in zip(times, seen) if some]
    told = _within_window(times, window)
    v = covariance[np.ix_(told, told)]
    return _events("did2s", rows, [times[i] for i in told], b[told], v, float(overall[0]), float(np.sqrt(overall_v[0, 0])))


def _second_stage(rows: _Rows, fitted: _Untreated, x: Array, use: np.ndarray) -> tuple[Array, Array]:
    """OLS of the gap on x; influence of unit g = (x'x)^-1 (x_g'u_g - x'D (D0'D0)^-1 D0_g'e_g)."""
    bread = np.linalg.inv(x.T @ x)
    b = bread @ (x.T @ (fitted.gap * use))
    u = (fitted.gap - x @ b) * use
    through = np.asarray(fitted.dummies @ fitted.solve(np.asarray(fitted.dummies.T @ x)))
    rowwise = x * u[:, None] - np.where(fitted.clean[:, None], through * fitted.gap[:, None], 0.0)
    score = np.stack([np.bincount(rows.unit, c, minlength=rows.units) for c in rowwise.T], axis=1)
    return b, np.asarray(bread @ (score.T @ score) @ bread)
