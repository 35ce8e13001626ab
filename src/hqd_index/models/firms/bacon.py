"""What the static two-way coefficient is made of, and what it would be by cohort: Goodman-Bacon weights, Sun-Abraham."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ..kernels.within import Array
from .estimable import Caveat, clustered_fit, not_identified, number_text
from .event_panel import Layout, Panel, panel_of
from .event_study import WINDOW, Events, event_effects, other_levels, positions_in_window

NEVER_TREATED = "treated_never"
EARLY_AGAINST_LATE = "earlier_later_control"
LATE_AGAINST_EARLY = "later_earlier_control"


@dataclass(frozen=True)
class Bacon:
    """2x2 comparisons (kind, treated, control, weight, estimate): weights sum to 1 and reproduce the static coefficient."""

    pairs: pd.DataFrame
    units: int
    treated: int

    @property
    def coefficient(self) -> float:
        return float((self.pairs["weight"] * self.pairs["estimate"]).sum())

    def totals_by_comparison(self) -> pd.DataFrame:
        """Total weight and mean estimate by kind of comparison."""
        pairs = self.pairs.assign(part=self.pairs["weight"] * self.pairs["estimate"])
        total = pairs.groupby("kind")[["weight", "part"]].sum()
        return total.assign(estimate=total["part"] / total["weight"])[["weight", "estimate"]]


def goodman_bacon(firm_years: pd.DataFrame, outcome: str) -> Bacon:
    """Goodman-Bacon 2021, theorem 1, on the units observed in every year and not treated in the first.

    EstimationError when no unit is left that changes status.
    """
    outcome_by_year = firm_years.pivot(index="unit", columns="year", values=outcome).dropna()
    first_years = firm_years.groupby("unit")["first"].first().reindex(outcome_by_year.index)
    years = outcome_by_year.columns.to_numpy(dtype=float)
    first_years = first_years.where(first_years <= years[-1])
    outcome_by_year, first_years = outcome_by_year[~(first_years <= years[0])], first_years[~(first_years <= years[0])]
    cohorts = sorted(first_years.dropna().unique())
    if not cohorts or len(cohorts) + first_years.isna().any() < 2:
        raise _nothing_to_compare(outcome, cohorts, units=len(outcome_by_year))
    mean = {g: outcome_by_year[first_years == g].mean().to_numpy() for g in cohorts} | {
        np.nan: outcome_by_year[first_years.isna()].mean().to_numpy()
    }
    share = {g: float((first_years == g).mean()) for g in cohorts}
    pairs = pd.DataFrame(_comparison_pairs(cohorts, mean, share, float(first_years.isna().mean()), years))
    if pairs.empty:
        raise _nothing_to_compare(outcome, cohorts, units=len(outcome_by_year))
    return Bacon(
        pairs.assign(weight=pairs["weight"] / pairs["weight"].sum()), len(outcome_by_year), int(first_years.notna().sum())
    )


def _nothing_to_compare(outcome: str, cohorts: list[float], *, units: int) -> EstimationError:
    """Why there is no 2x2 comparison."""
    if not units:
        zh, en = "没有在每一年都有观测且首年未处理的单位", "no unit is observed in every year and untreated in the first"
    elif len(cohorts) > 1:
        years = number_text(cohorts)
        zh, en = (
            f"处理组 {years} 之间没有观测年份,也没有从未处理的单位",
            f"no year between cohorts {years} and no unit never treated",
        )
    elif cohorts:
        years = number_text(cohorts)
        zh, en = f"只有一个处理组({years}),没有从未处理的单位", f"one cohort ({years}) and no unit never treated"
    else:
        zh, en = "各年均有观测的单位中没有处理的", "no unit observed in every year is treated"
    return EstimationError(f"{outcome}, bacon: nothing to compare: {en}", zh=f"{outcome},bacon:没有可以比较的两组:{zh}")


def _comparison_pairs(
    cohorts: list[float], mean_outcomes: dict[float, Array], share: dict[float, float], never_treated_share: float, years: Array
) -> Iterator[dict[str, object]]:
    never_mean = next(mean_outcome for cohort_and_period, mean_outcome in mean_outcomes.items() if np.isnan(cohort_and_period))
    for k in cohorts:
        post, n = years >= k, share[k]
        treated_share = float(post.mean())
        if never_treated_share > 0:
            yield _comparison(
                NEVER_TREATED,
                k,
                np.nan,
                n * never_treated_share * treated_share * (1 - treated_share),
                _did_estimate(mean_outcomes[k], never_mean, post, ~post),
            )
        for later_cohort in (g for g in cohorts if g > k):
            later_post = years >= later_cohort
            if (later_post == post).all():  # no year between them: neither is a control for the other
                continue
            e, m = float(later_post.mean()), share[later_cohort]
            yield _comparison(
                EARLY_AGAINST_LATE,
                k,
                later_cohort,
                n * m * (treated_share - e) * (1 - treated_share),
                _did_estimate(mean_outcomes[k], mean_outcomes[later_cohort], post & ~later_post, ~post),
            )
            yield _comparison(
                LATE_AGAINST_EARLY,
                later_cohort,
                k,
                n * m * e * (treated_share - e),
                _did_estimate(mean_outcomes[later_cohort], mean_outcomes[k], later_post, post & ~later_post),
            )


def _comparison(comparison: str, treated_mean: float, control: float, weight: float, estimate: float) -> dict[str, object]:
    return {"kind": comparison, "treated": treated_mean, "control": control, "weight": weight, "estimate": estimate}


def _did_estimate(is_treated: Array, control: Array, is_after: np.ndarray, is_before: np.ndarray) -> float:
    return float(
        (is_treated[is_after].mean() - is_treated[is_before].mean()) - (control[is_after].mean() - control[is_before].mean())
    )


def sun_abraham(
    firm_years: pd.DataFrame | Panel, outcome: str, *, window: tuple[int, int] = WINDOW, effects: tuple[str, ...] = ("year",)
) -> Events:
    """Sun & Abraham 2021: a dummy for each cohort and event time (base -1), averaged over cohorts by their rows at that time.

    Controls are the never treated; clustered by unit (CV1), cohort shares taken as fixed. EstimationError without controls.
    """
    rows = panel_of(firm_years).rows(outcome, effects)
    layout = rows.layout
    if not np.isnan(layout.event).any():
        raise EstimationError(
            f"{outcome}, sun_abraham: not identified: no unit is never treated, and these are its controls",
            zh=f"{outcome},sun_abraham:无法识别:没有从未处理的单位,而该方法以其为对照",
        )
    dummies, cells = _cohort_dummies(layout)
    residuals = layout.absorber.residual(np.column_stack([rows.y, dummies]))
    g, n, k = layout.units, len(rows.y), other_levels(layout.effects)
    fit = clustered_fit(
        residuals[:, 1:], residuals[:, 0], dummies.sum(axis=0), layout.unit,
        lambda slopes: g / (g - 1) * (n - 1) / (n - slopes - k),
    )  # fmt: skip
    is_identified = fit.is_identified
    coefficients, covariance = fit.coefficient[is_identified], fit.covariance[np.ix_(is_identified, is_identified)]
    size, event = dummies.sum(axis=0)[is_identified], cells[is_identified, 1]
    if not (event >= 0).any():
        raise not_identified(outcome, "sun_abraham", layout)
    event_times = sorted(set(event.tolist()))
    average = np.stack([np.where(event == t, size, 0.0) / size[event == t].sum() for t in event_times])
    post = np.where(event >= 0, size, 0.0) / size[event >= 0].sum()
    window_positions = average[positions_in_window(event_times, window)]
    reported_times = [t for t in event_times if window[0] <= t <= window[1]]
    return event_effects(
        "sun_abraham", layout, reported_times,
        window_positions @ coefficients, window_positions @ covariance @ window_positions.T, float(post @ coefficients),
        float(np.sqrt(post @ covariance @ post)), has_base_period=True,
        caveats=tuple(_dropped_cells(layout, cells, is_identified)),
    )  # fmt: skip


def _dropped_cells(layout: Layout, cohort_times: NDArray[np.int64], is_identified: np.ndarray) -> Iterator[Caveat]:
    """Cohorts, or some of their event times, that are not identified."""
    for cohort in np.unique(cohort_times[~is_identified, 0]).tolist():
        of_cohort = cohort_times[:, 0] == cohort
        if not ((layout.first == cohort) & (layout.event == -1)).any():
            yield Caveat(
                f"剔除队列 {cohort}(处理前一年无观测)", f"cohort {cohort} dropped: not observed in the year before treatment"
            )
        elif not is_identified[of_cohort].any():
            yield Caveat(f"剔除队列 {cohort}(与固定效应共线)", f"cohort {cohort} dropped: collinear with the fixed effects")
        else:
            dropped_times = number_text(cohort_times[of_cohort & ~is_identified, 1])
            yield Caveat(
                f"剔除队列 {cohort} 共线的事件期 {dropped_times}",
                f"collinear event times of cohort {cohort} dropped: {dropped_times}",
            )


def _cohort_dummies(layout: Layout) -> tuple[Array, NDArray[np.int64]]:
    """Dummies (n, k) of each cohort and event time but -1, and these (k, 2) in order."""
    treated_positions = np.flatnonzero(~np.isnan(layout.event) & (layout.event != -1))
    cells, codes = np.unique(
        np.column_stack([layout.first[treated_positions], layout.event[treated_positions]]), axis=0, return_inverse=True
    )
    dummies = np.zeros((len(layout.event), len(cells)))
    dummies[treated_positions, codes] = 1.0
    return dummies, cells.astype(np.int64)
