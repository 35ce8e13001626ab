"""Effects on firms beside controls weighted to be like them before recognition: entropy balancing and PSM-DID, cohort by cohort.

For the firms first recognised in year g, controls are never recognised; both are compared on covariates of g - 1, and the change
of an outcome since g - 1 is that of the treated less the weighted one of the controls. Averages weight cohorts by their firms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...linear_algebra import COLUMNS, least_squares
from ..kernels.within import Array
from .balancing import entropy_weights, log_odds, nearest_neighbours
from .estimable import Caveat, number_text
from .event_study import Events
from .firm_years import COVARIATE

BINS = 20


@dataclass(frozen=True)
class Cohort:
    """Firms first recognised in `year` and never recognised ones, both with covariates of the year before.

    `weights` sum to 1 over the treated and over the controls; `odds` are log odds of being treated.
    """

    year: int
    firms: np.ndarray
    treated: np.ndarray
    covariates: Array
    odds: Array
    weights: Array

    @property
    def size(self) -> int:
        """Treated firms that have a weight."""
        return int((self.treated & (self.weights > 0)).sum())


@dataclass(frozen=True)
class Balanced:
    """Cohorts with their weights by one method, those that could not be weighted, and the treated without a match."""

    method: str
    cohorts: tuple[Cohort, ...]
    dropped: Mapping[int, EstimationError]
    unmatched: int

    @property
    def treated(self) -> int:
        return sum(cohort.size for cohort in self.cohorts)


def cohorts(firm_years: pd.DataFrame, names: list[str]) -> tuple[Cohort, ...]:
    """Cohorts with covariates of the year before and log odds by a logit with an intercept of each cohort.

    EstimationError without a cohort that has treated firms and controls in the year before.
    """
    columns = [f"{COVARIATE}{name}" for name in names]
    complete = firm_years[np.isfinite(firm_years[columns].to_numpy(dtype=float)).all(axis=1)]
    parts = []
    for year in sorted(int(g) for g in firm_years["first"].dropna().unique()):
        base = complete[complete["year"] == year - 1]
        base = base[(base["first"] == year) | base["first"].isna()]
        treated = (base["first"] == year).to_numpy()
        if treated.any() and (~treated).any():
            parts.append((year, base["unit"].to_numpy(), treated, base[columns].to_numpy(dtype=float)))
    if not parts:
        raise EstimationError(
            "balancing: no firm has the covariates in the year before its recognition beside firms never recognised",
            zh="平衡:没有企业在认定前一年与从未认定的企业同时具有协变量",
        )
    treated = np.concatenate([part[2] for part in parts])
    values = np.concatenate([part[3] for part in parts])
    intercepts = np.repeat(np.eye(len(parts)), [len(part[1]) for part in parts], axis=0)[:, 1:]
    odds = log_odds(treated, np.column_stack([values, intercepts]))
    starts = np.cumsum([0, *(len(part[1]) for part in parts)])
    return tuple(
        Cohort(year, firms, is_treated, covariates, odds[start:end], np.zeros(len(firms)))
        for (year, firms, is_treated, covariates), start, end in zip(parts, starts[:-1], starts[1:])
    )


def entropy_balanced(unweighted: tuple[Cohort, ...]) -> Balanced:
    """Each cohort's controls weighted by entropy balancing; a cohort out of their reach is dropped with its reason."""
    weighted, dropped = [], {}
    for cohort in unweighted:
        weights = np.where(cohort.treated, 1 / cohort.treated.sum(), 0.0)
        try:
            weights[~cohort.treated] = entropy_weights(cohort.covariates[cohort.treated], cohort.covariates[~cohort.treated])
            weighted.append(_with_weights(cohort, weights))
        except EstimationError as fault:
            dropped[cohort.year] = fault
    return _balanced("entropy_balance", weighted, dropped, 0)


def matched(unweighted: tuple[Cohort, ...], *, neighbours: int, caliper: float) -> Balanced:
    """Each treated firm matched within its cohort; `caliper` in standard deviations of the log odds over all rows."""
    width = caliper * float(np.concatenate([cohort.odds for cohort in unweighted]).std())
    weighted, dropped, unmatched = [], {}, 0
    for cohort in unweighted:
        pairs = nearest_neighbours(
            cohort.odds[cohort.treated], cohort.odds[~cohort.treated], neighbours=neighbours, caliper=width
        )
        unmatched += int((~pairs.matched).sum())
        if not pairs.matched.any():
            dropped[cohort.year] = EstimationError(
                "no overlap: no control within the caliper", zh="没有重叠:卡尺之内没有对照企业"
            )
            continue
        weights = np.zeros(len(cohort.treated))
        weights[cohort.treated] = pairs.matched / pairs.matched.sum()
        weights[~cohort.treated] = pairs.weights / pairs.weights.sum()
        weighted.append(_with_weights(cohort, weights))
    return _balanced("psm", weighted, dropped, unmatched)


def _with_weights(cohort: Cohort, weights: Array) -> Cohort:
    return Cohort(cohort.year, cohort.firms, cohort.treated, cohort.covariates, cohort.odds, weights)


def _balanced(method: str, weighted: list[Cohort], dropped: dict[int, EstimationError], unmatched: int) -> Balanced:
    if not weighted:
        raise next(iter(dropped.values()))
    return Balanced(method, tuple(weighted), dropped, unmatched)


@dataclass(frozen=True)
class _Cell:
    cohort: int
    time: int
    estimate: float
    influence: Array  # (firms,)
    size: int


def balanced_effects(balanced: Balanced, firm_years: pd.DataFrame, outcome: str, *, window: tuple[int, int]) -> Events:
    """Effects by event time, base -1; influence values by firm.

    Those of entropy balancing are of residuals on the covariates (the weights are estimated, and balance them exactly), those of
    matching take the weights as fixed. EstimationError without any effect after recognition.
    """
    outcomes = firm_years.pivot(index="unit", columns="year", values=outcome)
    cells = [cell for cohort in balanced.cohorts for cell in _cells(cohort, outcomes, balanced.method)]
    times = sorted({cell.time for cell in cells if window[0] <= cell.time <= window[1]})
    if not any(time >= 0 for time in times):
        raise EstimationError(
            f"{outcome}, {balanced.method}: no change since the year before recognition is observed beside controls",
            zh=f"{outcome},{balanced.method}:没有可与对照比较的认定前一年以来的变化",
        )
    averages = [_average([cell for cell in cells if cell.time == time]) for time in times]
    overall, overall_influence = _average([cell for cell in cells if cell.time >= 0])
    influence = np.stack([values for _, values in averages], axis=1)
    position = sum(time < -1 for time in times)
    covariance = np.insert(np.insert(influence.T @ influence, position, 0.0, axis=0), position, 0.0, axis=1)
    return Events(
        balanced.method, (*times[:position], -1, *times[position:]), np.insert([b for b, _ in averages], position, 0.0),
        covariance, overall, float(np.sqrt(overall_influence @ overall_influence)), int(outcomes.notna().to_numpy().sum()),
        len(outcomes), balanced.treated, caveats=tuple(_caveats(balanced)),
    )  # fmt: skip


def _caveats(balanced: Balanced) -> Iterator[Caveat]:
    if balanced.dropped:
        years, reason = number_text(balanced.dropped), next(iter(balanced.dropped.values()))
        yield Caveat(f"剔除队列 {years}({reason.zh})", f"cohorts dropped: {years} ({reason.en})")
    if balanced.unmatched:
        yield Caveat(
            f"{balanced.unmatched} 家处理组企业没有匹配,已剔除", f"{balanced.unmatched} treated firms have no match and are out"
        )


def _cells(cohort: Cohort, outcomes: pd.DataFrame, method: str) -> Iterator[_Cell]:
    if cohort.year - 1 not in outcomes.columns:
        return
    positions = outcomes.index.get_indexer(pd.Index(cohort.firms))
    base = outcomes[cohort.year - 1].to_numpy(dtype=float)[positions]
    for year in outcomes.columns:
        if year == cohort.year - 1:
            continue
        change = outcomes[year].to_numpy(dtype=float)[positions] - base
        observed = np.isfinite(change) & (cohort.weights > 0)
        groups = [observed & cohort.treated, observed & ~cohort.treated]
        if not all(group.any() for group in groups):
            continue
        weights = sum(np.where(group, cohort.weights, 0.0) / cohort.weights[group].sum() for group in groups)
        d = np.where(observed, change, 0.0)
        effect = float(weights[groups[0]] @ d[groups[0]] - weights[groups[1]] @ d[groups[1]])
        residual = _residual(d, cohort.covariates, weights, groups) if method == "entropy_balance" else d
        signed = np.zeros(len(outcomes))
        for group, sign in zip(groups, (1.0, -1.0)):
            deviation = residual[group] - weights[group] @ residual[group]
            signed[positions[group]] += sign * weights[group] * deviation
        yield _Cell(cohort.year, int(year) - cohort.year, effect, signed, int(groups[0].sum()))


def _residual(change: Array, covariates: Array, weights: Array, groups: list[np.ndarray]) -> Array:
    """The change less its regression on the covariates among weighted controls."""
    controls = groups[1]
    spread = covariates[controls].std(axis=0)
    x = (covariates - covariates[controls].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(x)), x])
    root = np.sqrt(weights[controls])
    slopes = least_squares(design[controls] * root[:, None], change[controls] * root, tolerance=COLUMNS)
    return np.asarray(change - design @ slopes)


def _average(cells: list[_Cell]) -> tuple[float, Array]:
    sizes = np.array([cell.size for cell in cells], dtype=float)
    shares = sizes / sizes.sum()
    return float(shares @ [cell.estimate for cell in cells]), np.stack([cell.influence for cell in cells], axis=1) @ shares


def balance_rows(balanced: Balanced, names: list[str]) -> Iterator[dict[str, object]]:
    """Covariate by covariate: means, standardised differences and ratios of variances before and after weighting."""
    parts = balanced.cohorts
    share = np.concatenate([np.full(len(cohort.firms), cohort.size / balanced.treated) for cohort in parts])
    treated = np.concatenate([cohort.treated for cohort in parts])
    weight = np.concatenate([cohort.weights for cohort in parts]) * share
    plain = np.concatenate([np.where(c.treated, c.weights, 1 / (~c.treated).sum()) for c in parts]) * share
    values = np.concatenate([cohort.covariates for cohort in parts])
    firms = np.concatenate([cohort.firms for cohort in parts])
    control_weight = pd.Series(weight[~treated]).groupby(firms[~treated]).sum().to_numpy()
    effective = float(control_weight.sum() ** 2 / (control_weight**2).sum())
    for j, name in enumerate(names):
        x = values[:, j]
        mean, variance = _moments(x[treated], weight[treated])
        unweighted_moments = _moments(x[~treated], plain[~treated])
        weighted_moments = _moments(x[~treated], weight[~treated])
        sd = np.sqrt(variance)
        yield {
            "method": balanced.method, "covariate": name, "mean_treated": mean, "mean_controls": unweighted_moments[0],
            "mean_weighted": weighted_moments[0], "difference_before": _ratio(mean - unweighted_moments[0], sd),
            "difference_after": _ratio(mean - weighted_moments[0], sd),
            "variances_before": _ratio(variance, unweighted_moments[1]),
            "variances_after": _ratio(variance, weighted_moments[1]), "n_treated": balanced.treated,
            "n_controls": len(np.unique(firms[~treated & (weight > 0)])), "n_effective": effective,
            "n_unmatched": balanced.unmatched,
        }  # fmt: skip


def _moments(x: Array, weights: Array) -> tuple[float, float]:
    shares = weights / weights.sum()
    mean = float(shares @ x)
    return mean, float(shares @ (x - mean) ** 2)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else np.nan


def overlap_rows(unweighted: tuple[Cohort, ...]) -> Iterator[dict[str, object]]:
    """Shares of treated and control firm-cohorts by bins of the propensity score."""
    odds = np.concatenate([cohort.odds for cohort in unweighted])
    treated = np.concatenate([cohort.treated for cohort in unweighted])
    edges = np.linspace(odds.min(), odds.max(), BINS + 1)
    for group, members in (("treated", treated), ("controls", ~treated)):
        counts, _ = np.histogram(odds[members], edges)
        for i, count in enumerate(counts):
            yield {
                "firm_group": group, "bin": i + 1, "odds_low": float(edges[i]), "odds_high": float(edges[i + 1]), "n": int(count),
                "share": float(count / members.sum()),
            }  # fmt: skip
