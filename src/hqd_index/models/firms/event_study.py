"""Staggered adoption at firm level: two-way effects, imputation, two-stage and group-time estimators on one data frame.

Data: one row per unit and year with `first`, the first treated year (NaN: never). The treatment does not switch off:
with exits this is the effect of ever having been treated (intention to treat).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...linear_algebra import GRAM, symmetric_inverse, symmetric_rank
from ..kernels.reference_distributions import f_tail
from ..kernels.within import Array, Codes
from .estimable import Caveat, clustered_fit, collinear_times, no_counterfactual, not_identified, number_text, unmatched_rows
from .event_panel import GapDesign, Layout, OutcomeRows, Panel, event_dummies, panel_of, unit_sums

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
    caveats: tuple[Caveat, ...] = ()

    @property
    def se(self) -> Array:
        return np.sqrt(np.diag(self.covariance))

    def pre_trend(self) -> tuple[float, int, float]:
        """(F, q, p) of all leads being zero, F(q, units - 1) with q the rank of their variance; NaN without leads."""
        lead_positions = [i for i, t in enumerate(self.time) if t < 0 and self.covariance[i, i] > 0]
        if not lead_positions:
            return np.nan, 0, np.nan
        b, v = self.estimate[lead_positions], self.covariance[np.ix_(lead_positions, lead_positions)]
        scale = 1 / np.sqrt(np.diag(v))
        q = symmetric_rank(v * scale[:, None] * scale[None, :], tolerance=GRAM)
        f = float(b @ symmetric_inverse(v, tolerance=GRAM, diagonal_scale=np.diag(v)) @ b) / q
        return f, q, f_tail(f, q, self.units - 1)


def twfe(
    firm_years: pd.DataFrame | Panel, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)
) -> Events:
    """Two-way fixed effects event study, base -1, clustered by unit (CV1). Biased when effects differ by cohort.

    Every event time has its dummy, those of `window` are reported; without never-treated units the earliest lead is a base too.
    `overall` is the static coefficient of being treated. Further effects (industry-year ...) by column name.
    """
    outcome_rows = panel_of(firm_years).rows(outcome, effects)
    layout = outcome_rows.layout
    second_base = set() if np.isnan(layout.event).any() else {int(np.nanmin(layout.event))}
    dummies, event_times = event_dummies(layout.event, omitted_periods={-1, *second_base})
    y, *columns = layout.absorber.residual(np.column_stack([outcome_rows.y, layout.treated, dummies])).T
    post, x = columns[0], np.column_stack(columns[1:]) if event_times else np.zeros((len(y), 0))

    def factor(slopes: int) -> float:
        g, n = layout.units, len(outcome_rows.y)
        return g / (g - 1) * (n - 1) / (n - slopes - other_levels(layout.effects))

    fit = clustered_fit(x, y, dummies.sum(axis=0), layout.unit, factor)
    static = clustered_fit(post[:, None], y, np.array([layout.treated.sum()]), layout.unit, factor)
    times = np.array(event_times)
    if not static.is_identified[0] or not (times[fit.is_identified] >= 0).any():
        raise not_identified(outcome, "twfe", layout)
    shown_positions = np.flatnonzero((times >= window[0]) & (times <= window[1]) & fit.is_identified)
    return event_effects(
        "twfe", layout, times[shown_positions].tolist(),
        fit.coefficient[shown_positions], fit.covariance[np.ix_(shown_positions, shown_positions)],
        float(static.coefficient[0]), float(np.sqrt(static.covariance[0, 0])), has_base_period=True,
        caveats=(*_two_bases(second_base), *collinear_times(times[~fit.is_identified])),
    )  # fmt: skip


def _two_bases(second_base: set[int]) -> tuple[Caveat, ...]:
    """Without never-treated units a trend in event time is not identified: two event times are set to zero."""
    if not second_base:
        return ()
    names = number_text({-1, *second_base})
    zh = f"没有从未处理的单位:事件期 {names} 同作基期,事件时间的线性趋势设为零"
    en = f"no unit is never treated: event times {names} are both base, a trend in event time is taken as zero"
    return (Caveat(zh, en, omission=False),)


def other_levels(effects: tuple[Codes, ...]) -> int:
    """Parameters of the effects but the first, which is the unit."""
    return sum(int(effect_codes.max()) for effect_codes in effects[1:]) + 1


def positions_in_window(event_times: list[int], window: tuple[int, int]) -> list[int]:
    """Positions of the event times that lie in the window, both ends included."""
    return [i for i, t in enumerate(event_times) if window[0] <= t <= window[1]]


def event_effects(
    estimator: str,
    layout: Layout,
    event_times: list[int],
    b: Array,
    v: Array,
    overall_effect: float,
    se: float,
    *,
    has_base_period: bool = False,
    caveats: tuple[Caveat, ...] = (),
) -> Events:
    """With `has_base_period`, period -1 is put in at zero."""
    if has_base_period:
        base_position = sum(t < -1 for t in event_times)
        event_times, b = [*event_times[:base_position], -1, *event_times[base_position:]], np.insert(b, base_position, 0.0)
        v = np.insert(np.insert(v, base_position, 0.0, axis=0), base_position, 0.0, axis=1)
    treated = len(np.unique(layout.unit[~np.isnan(layout.first)]))
    return Events(estimator, tuple(event_times), b, v, overall_effect, se, len(layout.event), layout.units, treated, caveats)


def imputation(
    firm_years: pd.DataFrame | Panel, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)
) -> Events:
    """Borusyak, Jaravel & Spiess 2024: effects fitted on untreated rows, their gap averaged by event time from 0 on.

    Variance: unit sums of v x residual, where treated residuals are taken from the cohort-by-event-time mean (their
    eq. 8, conservative). Leads come from a regression on untreated rows alone, as the paper advises for its pre-test.
    Rows whose unit or period has no untreated row are left out.
    """
    outcome_rows = panel_of(firm_years).rows(outcome, effects)
    layout = outcome_rows.layout
    target = layout.treated & layout.untreated.identified_rows
    if not target.any():
        raise no_counterfactual(outcome, "imputation", layout)
    event_times = [t for t in range(0, window[1] + 1) if (layout.event[target] == t).any()]
    weight = np.stack([_equal_weights(target & (layout.event == t)) for t in event_times] + [_equal_weights(target)], axis=1)
    effect = weight.T @ outcome_rows.gap
    influence = _influence(outcome_rows, weight, target)
    covariance = influence.T @ influence
    lead_weights = _leads(outcome_rows, window)
    joint_covariance = np.zeros((len(lead_weights[0]) + len(event_times),) * 2)
    joint_covariance[: len(lead_weights[0]), : len(lead_weights[0])] = lead_weights[2]
    joint_covariance[len(lead_weights[0]) :, len(lead_weights[0]) :] = covariance[:-1, :-1]
    all_times = [*lead_weights[0], *event_times]
    return event_effects(
        "imputation",
        layout,
        all_times,
        np.concatenate([lead_weights[1], effect[:-1]]),
        joint_covariance,
        float(effect[-1]),
        float(np.sqrt(covariance[-1, -1])),
        caveats=(*unmatched_rows(layout, layout.untreated.identified_rows), *collinear_times(lead_weights[3])),
    )


def _equal_weights(is_averaged: np.ndarray) -> Array:
    """Weights that average over the rows chosen."""
    return is_averaged / max(int(is_averaged.sum()), 1)


def _influence(outcome_rows: OutcomeRows, weight: Array, is_target: np.ndarray) -> Array:
    """(units, k): sums over rows of v x residual. On untreated rows v = -D (D0'D0)^-1 D1'w, on treated rows v = w."""
    layout, untreated_fit, gap = outcome_rows.layout, outcome_rows.layout.untreated, outcome_rows.gap
    level_weights = untreated_fit.solve_normal_equations(np.asarray(untreated_fit.dummies.T @ weight))
    v = np.where(untreated_fit.untreated_rows[:, None], -(untreated_fit.dummies @ level_weights), weight)
    codes = pd.factorize(pd.MultiIndex.from_arrays([layout.first[is_target], layout.event[is_target]]))[0]
    for k in range(weight.shape[1]):
        # the cell mean, weighted by squared weights: the choice that makes the variance conservative
        power = np.bincount(codes, weight[is_target, k] ** 2)
        squared_sums = np.bincount(codes, weight[is_target, k] ** 2 * gap[is_target])
        mean_effects = np.divide(squared_sums, power, out=np.zeros_like(squared_sums), where=power > 0)
        residual = gap.copy()
        residual[is_target] -= mean_effects[codes]
        v[:, k] = v[:, k] * residual
    return unit_sums(v, layout.unit)


def _leads(outcome_rows: OutcomeRows, window: tuple[int, int]) -> tuple[list[int], Array, Array, list[int]]:
    """Leads window[0]..-1 from untreated rows alone, and those dropped as collinear; base: earlier rows, never-treated units."""
    untreated_fit = outcome_rows.layout.untreated
    event = outcome_rows.layout.event[untreated_fit.untreated_rows]
    event_times = [t for t in range(window[0], 0) if (event == t).any()]
    if not (event < window[0]).any():  # no earlier rows of the treated: their first lead is the base
        event_times = event_times[1:]
    if not event_times or not np.isnan(event).any():
        return [], np.zeros(0), np.zeros((0, 0)), []
    dummies = (event[:, None] == np.array(event_times)[None, :]).astype(float)
    y, *columns = untreated_fit.absorber.residual(np.column_stack([outcome_rows.y[untreated_fit.untreated_rows], dummies])).T
    x = np.column_stack(columns)
    n, unit = len(y), untreated_fit.effects[0]
    g, k = int(unit.max()) + 1, other_levels(untreated_fit.effects)
    fit = clustered_fit(x, y, dummies.sum(axis=0), unit, lambda slopes: g / (g - 1) * (n - 1) / (n - slopes - k))
    identified_positions = np.flatnonzero(fit.is_identified)
    times = np.array(event_times)
    collinear_times = times[~fit.is_identified].tolist()
    return (
        times[identified_positions].tolist(),
        fit.coefficient[identified_positions],
        fit.covariance[np.ix_(identified_positions, identified_positions)],
        collinear_times,
    )


def did2s(
    firm_years: pd.DataFrame | Panel, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)
) -> Events:
    """Gardner 2022: effects fitted on untreated rows, the gap regressed on event-time dummies; GMM variance by unit.

    Point estimates from 0 on are those of imputation; leads use the same first stage, so they are the gaps before treatment.
    """
    outcome_rows = panel_of(firm_years).rows(outcome, effects)
    layout, identified_rows = outcome_rows.layout, outcome_rows.layout.untreated.identified_rows
    if not (layout.treated & identified_rows).any():
        raise no_counterfactual(outcome, "did2s", layout)
    event_times, by_event_time, overall = layout.gap_designs
    b, covariance = _second_stage(outcome_rows, by_event_time)
    overall_effect, overall_variance = _second_stage(outcome_rows, overall)
    window_positions = positions_in_window(event_times, window)
    v = covariance[np.ix_(window_positions, window_positions)]
    return event_effects(
        "did2s", layout, [event_times[i] for i in window_positions], b[window_positions], v,
        float(overall_effect[0]), float(np.sqrt(overall_variance[0, 0])),
        caveats=unmatched_rows(layout, identified_rows),
    )  # fmt: skip


def _second_stage(outcome_rows: OutcomeRows, design: GapDesign) -> tuple[Array, Array]:
    """OLS of the gap on x; influence of unit g = (x'x)^-1 (x_g'u_g - x'D (D0'D0)^-1 D0_g'e_g)."""
    untreated_fit, gap = outcome_rows.layout.untreated, outcome_rows.gap
    b = design.inverse_gram @ (design.x.T @ (gap * untreated_fit.identified_rows))
    u = (gap - design.x @ b) * untreated_fit.identified_rows
    row_scores = design.x * u[:, None] - np.where(
        untreated_fit.untreated_rows[:, None], design.first_stage_part * gap[:, None], 0.0
    )
    score = unit_sums(row_scores, outcome_rows.layout.unit)
    return b, np.asarray(design.inverse_gram @ (score.T @ score) @ design.inverse_gram)
