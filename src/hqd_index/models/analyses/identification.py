"""Effect or selection on trends? The estimate net of such a trend, the breakdown multiple, group x year effects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...errors import EstimationError
from ..headline import Headline
from ..kernels.exposure_trend import TREND, ExposureTrend, breakdown
from ..kernels.inference import interval
from ..kernels.judgements import HypothesisTest
from ..kernels.specification import GROUP_YEAR, Estimate
from ..kernels.verdicts import EQUIVALENCE, Identification, Interval
from ..kernels.within import Array
from ..model_rows import Row, Rows, not_made, quantity_row, reported_outcomes, term_row

CONSERVATIVE = "net of a trend by later density; conservative: absorbs part of a growing effect (Wolfers 2006)"
NO_SLOPE = "no pre-trend in the direction of the estimate"
TREND_MEND = ("增加首次认定之前的年份", "add years before the first recognition")


def scaled_interval(estimate: Estimate, j: int, level: float = EQUIVALENCE) -> Interval:
    """CV3 interval of the density in within standard deviations."""
    scale = float(estimate.scale()[0, j])
    low, high = interval(estimate.coefficient[0, j], estimate.se_cv3[0, j], estimate.sums.g, level)
    return float(low) * scale, float(high) * scale


def breakdowns(headline: Headline) -> dict[str, float]:
    """Outcome column -> breakdown multiple; empty where trends before recognition cannot be estimated."""
    trend, net, fitted = headline.early_trend, headline.net_of_trend, headline.estimate
    if trend is None or isinstance(net, EstimationError):
        return {}
    columns = [column for column in trend.spec.outcomes if trend.varies(trend.outcome_index(column))]
    fit_positions, trend_positions = (
        [fitted.outcome_index(column) for column in columns],
        [trend.outcome_index(column) for column in columns],
    )
    multiples: Array = breakdown(
        fitted.low[0, fit_positions], fitted.high[0, fit_positions], fitted.coefficient[0, fit_positions],
        trend.low[0, trend_positions], trend.high[0, trend_positions], net.kappa,
    )  # fmt: skip
    return dict(zip(columns, map(float, multiples)))


def identification(headline: Headline, test: HypothesisTest, *, same_without_one: bool, spillover: bool) -> Identification:
    """What the grade of one test on the headline rests on."""
    trend, net, groups = headline.early_trend, headline.net_of_trend, headline.by_group_year
    column = test.outcome
    randomisation_p, movable_share = _randomisation(headline, column)
    pre_trend_p = np.nan if trend is None else float(trend.p_wild[trend.outcome_index(column)])
    net_interval = (np.nan, np.nan)
    if not isinstance(net, EstimationError):
        net_interval = scaled_interval(net.estimate, net.estimate.outcome_index(column))
    group_year = (np.nan, np.nan)
    if not isinstance(groups, EstimationError):
        j = groups.outcome_index(column)
        group_year = (float(groups.coefficient[0, j]), float(groups.p_wild[j]))
    return Identification(
        pre_trend_p=pre_trend_p, net_interval=net_interval, group_year=group_year, randomisation_p=randomisation_p,
        movable=movable_share, same_without_one=same_without_one, spillover=spillover,
    )  # fmt: skip


def _randomisation(headline: Headline, column: str) -> tuple[float, float]:
    """p by permuted density paths, and the share of units whose path can be permuted; NaN and 0 where none can be."""
    try:
        permutation = headline.permuted
    except EstimationError:
        return np.nan, 0.0
    return float(permutation.p()[headline.estimate.outcome_index(column)]), permutation.exchangeable / permutation.units


def trend_rows(headline: Headline, net_estimate: ExposureTrend) -> Iterator[Row]:
    """Rows of `regressions`: density and the trend beside it, and the controls."""
    fitted = net_estimate.estimate
    for j, _ in reported_outcomes(fitted, headline.sample):
        for k in range(len(fitted.terms)):
            yield term_row(
                fitted, j, k, headline.density, note=f"{CONSERVATIVE}; VIF {net_estimate.vif:.2f}", not_controls=(TREND,)
            )


def net_diagnostics(headline: Headline, net_estimate: ExposureTrend) -> Iterator[Row]:
    """VIF of density beside the trend, and 90% CV3 interval of the net estimate in SDs."""
    yield quantity_row(headline.estimate, ":", "exposure_trend_vif", net_estimate.vif, CONSERVATIVE)
    for j, column in reported_outcomes(net_estimate.estimate, headline.sample):
        low, high = scaled_interval(net_estimate.estimate, j)
        yield quantity_row(headline.estimate, column, "exposure_trend_ci90_low", low)
        yield quantity_row(headline.estimate, column, "exposure_trend_ci90_high", high)


def breakdown_rows(headline: Headline) -> Iterator[Row]:
    """Breakdown multiple of each reported outcome, empty with a note where no pre-trend goes the way of the estimate."""
    multiples = breakdowns(headline)
    for _, column in reported_outcomes(headline.estimate, headline.sample):
        if column in multiples:
            breakdown_multiple = multiples[column]
            note = (
                NO_SLOPE
                if np.isinf(breakdown_multiple)
                else "times the largest credible pre-trend until the interval reaches zero"
            )
            yield quantity_row(
                headline.estimate, column, "breakdown", breakdown_multiple if np.isfinite(breakdown_multiple) else np.nan, note
            )


def group_rows(headline: Headline, groups: Estimate) -> Iterator[Row]:
    """Estimate in SDs and bootstrap p with group x year effects."""
    scale = groups.scale()[0]
    for j, column in reported_outcomes(groups, headline.sample):
        yield quantity_row(headline.estimate, column, f"{GROUP_YEAR}_sd", float(groups.coefficient[0, j] * scale[j]))
        yield quantity_row(headline.estimate, column, f"{GROUP_YEAR}_p", float(groups.p_wild[j]))


def trends(headline: Headline) -> Rows:
    """Rows of regressions, regression_diagnostics and not_made on trends that could produce the estimate."""
    net, groups = headline.net_of_trend, headline.by_group_year
    observations: Rows = {"regressions": [], "regression_diagnostics": list(breakdown_rows(headline)), "not_made": []}
    if isinstance(net, EstimationError):
        observations["not_made"] += not_made(("regressions",), net, TREND_MEND)
    else:
        observations["regressions"] += trend_rows(headline, net)
        observations["regression_diagnostics"] += net_diagnostics(headline, net)
    if not isinstance(groups, EstimationError):
        observations["regression_diagnostics"] += group_rows(headline, groups)
    return observations
