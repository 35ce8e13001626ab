"""Group-time average effects of staggered adoption (Callaway & Sant'Anna 2021), without covariates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..kernels.within import Array
from .estimable import Caveat, number_text
from .event_study import WINDOW, Events


@dataclass(frozen=True)
class GroupTime:
    """ATT(g, t) per cell, with influence values (units, cells) for its standard errors and those of any average."""

    group: Array
    year: Array
    att: Array
    influence: Array
    cohort: Array  # first treated year of each unit, NaN never
    rows: int
    caveats: tuple[Caveat, ...] = ()

    @property
    def se(self) -> Array:
        return np.asarray(np.sqrt((self.influence**2).mean(axis=0) / len(self.influence)))

    def average(self, cell_positions: np.ndarray) -> tuple[float, Array]:
        """Mean over cells weighted by group size, and its influence values: the sizes are estimated too."""
        size = np.array([(self.cohort == g).mean() for g in self.group[cell_positions]])
        total = size.sum()
        share = size / total
        member = (self.cohort[:, None] == self.group[cell_positions][None, :]) - size
        of_share = member / total - member.sum(axis=1, keepdims=True) * share / total
        return float(share @ self.att[cell_positions]), self.influence[:, cell_positions] @ share + of_share @ self.att[
            cell_positions
        ]


def group_time(firm_years: pd.DataFrame, outcome: str, *, controls: Literal["never", "not_yet"] = "not_yet") -> GroupTime:
    """ATT(g, t) = change since the base year of group g less that of its controls.

    `firm_years`: unit, year, first (NaN never), outcome. Base year g - 1 for t >= g and t - 1 before (so that leads are one-year
    changes); controls are never treated, or not yet treated by the later of t and the base. Units count in a cell when
    observed in both years. Units treated in the first year are left out. EstimationError without any cell.
    """
    outcome_by_year = firm_years.pivot(index="unit", columns="year", values=outcome)
    every_cohort = firm_years.groupby("unit")["first"].first().reindex(outcome_by_year.index).to_numpy(dtype=float)
    years = outcome_by_year.columns.to_numpy(dtype=float)
    is_estimable = ~(every_cohort <= years[0])
    values, cohort = outcome_by_year.to_numpy(dtype=float)[is_estimable], every_cohort[is_estimable]
    cells = []
    for g in sorted(set(cohort[~np.isnan(cohort)]) & set(years)):
        for t in years[1:]:
            base_period = g - 1 if t >= g else t - 1
            if base_period in years:
                later_treated = np.isnan(cohort) if controls == "never" else ~(cohort <= max(t, base_period))
                cell = group_difference(
                    values[:, years == t][:, 0] - values[:, years == base_period][:, 0],
                    cohort == g,
                    later_treated & (cohort != g),
                )
                cells += [(g, t, *cell)] if cell else []
    effects = {(float(g), float(t)) for g, t, *_ in cells if t >= g}
    if not effects:
        zh, en = "没有任何处理组同时具备基期(处理前一年)和对照组", "no cohort has both a base year (the one before) and controls"
        reason_text = f"{outcome}, callaway_santanna: not identified: {en}"
        raise EstimationError(reason_text, zh=f"{outcome},callaway_santanna:无法识别:{zh}")
    group, year, att, influence = zip(*cells)
    caveats = (*_omission_caveats(every_cohort, years, effects), *_balance_caveats(values))
    return GroupTime(
        np.array(group), np.array(year), np.array(att), np.stack(influence, axis=1), cohort, int((~np.isnan(values)).sum()),
        caveats,
    )  # fmt: skip


def _omission_caveats(cohort: Array, years: Array, effects: set[tuple[float, float]]) -> Iterator[Caveat]:
    """Cohorts without any effect by reason, and years in which some cohort has none."""
    treated = {g for g in cohort[~np.isnan(cohort)] if g <= years[-1]}
    omitted_cohorts = treated - {g for g, _ in effects}
    reasons = {
        ("首个观测年份已处理,没有基期", "treated by the first year, no base"): {g for g in omitted_cohorts if g <= years[0]},
        ("处理前一年或处理当年没有数据", "no data in the year before treatment or in its own"): {
            g for g in omitted_cohorts if g > years[0] and not {g - 1, g} <= set(years)
        },
    }
    other_reason = ("没有同时观测到的对照", "no controls observed beside it")
    for (zh, en), cohorts in (reasons | {other_reason: omitted_cohorts.difference(*reasons.values())}).items():
        if cohorts:
            yield Caveat(f"剔除队列 {number_text(cohorts)}({zh})", f"cohorts dropped: {number_text(cohorts)} ({en})")
    omitted_times = {t for g in treated - omitted_cohorts for t in years[years >= g] if (g, t) not in effects}
    if omitted_times:
        yield Caveat(
            f"{number_text(omitted_times)} 年部分队列没有对照或观测,其效应不计入平均",
            f"some cohorts have no controls or rows in {number_text(omitted_times)}: these effects are in no average",
        )


def _balance_caveats(outcome_values: Array) -> Iterator[Caveat]:
    """How averages over cohorts are weighted where units are not observed in every year."""
    units = int(np.isnan(outcome_values).any(axis=1).sum())
    if units:
        yield Caveat(
            f"非平衡面板:{len(outcome_values)} 个单位中有 {units} 个并非每年有观测;各效应只用基期与当期均有观测的单位,"
            "跨队列平均的权重按队列的全部单位数",
            f"unbalanced: {units} of {len(outcome_values)} units are not observed in every year; "
            "an effect uses units observed in both of its years, averages weight cohorts by all their units",
            omission=False,
        )


def group_difference(outcome_change: Array, is_treated: np.ndarray, control: np.ndarray) -> tuple[float, Array] | None:
    """Difference of mean changes and its influence values n (1_g (d - m_g) / n_g - 1_c (d - m_c) / n_c)."""
    is_observed = ~np.isnan(outcome_change)
    is_treated, control = is_treated & is_observed, control & is_observed
    if not is_treated.any() or not control.any():
        return None
    d = np.where(is_observed, outcome_change, 0.0)
    m_g, m_c = d[is_treated].mean(), d[control].mean()
    influence = is_treated * (d - m_g) / is_treated.sum() - control * (d - m_c) / control.sum()
    return float(m_g - m_c), len(outcome_change) * influence


def callaway_santanna(
    firm_years: pd.DataFrame, outcome: str, *, window: tuple[int, int] = WINDOW, controls: Literal["never", "not_yet"] = "not_yet"
) -> Events:
    """ATT(g, t) averaged by event time over groups by size; `overall` averages all treated cells. Analytic variance."""
    cells = group_time(firm_years, outcome, controls=controls)
    event = cells.year - cells.group
    event_times = [t for t in range(window[0], window[1] + 1) if (event == t).any()]
    averages = [cells.average(event == t) for t in event_times]
    overall_effect, influence = cells.average(event >= 0)
    n = len(cells.cohort)
    joint_influence = np.stack([influence_values for _, influence_values in averages], axis=1)
    return Events(
        estimator="callaway_santanna", time=tuple(event_times), estimate=np.array([b for b, _ in averages]),
        covariance=joint_influence.T @ joint_influence / n**2,
        overall=overall_effect, overall_se=float(np.sqrt((influence**2).mean() / n)),
        n=cells.rows, units=n, treated=int((~np.isnan(cells.cohort)).sum()),
        caveats=cells.caveats,
    )  # fmt: skip
