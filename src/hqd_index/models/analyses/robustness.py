"""What a reader asks of the headline estimate before believing it: other errors, permuted paths, earlier trends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..headline import RANDOM_DRAWS, Headline
from ..kernels.clusters import cluster_sums, consecutive_codes
from ..kernels.inference import driscoll_kraay, inflation, joint_wald
from ..kernels.randomisation import MIN_EXCHANGEABLE, Randomisation
from ..kernels.specification import Specification, sums_of
from ..model_rows import Mend, Row, Rows, not_made, outcome_key, quantity_row, reported_outcomes, split_outcome

DIAGNOSTICS = "regression_diagnostics"
DENSITY_GAPS_MEND: Mend = (
    "补齐密度表中缺失的单位-年,或用 years、drop_units 取密度齐全的样本",
    "fill the unit-years that the density table lacks, or take a sample in which it is complete (years, drop_units)",
)


def kernel_error_rows(headline: Headline) -> Iterator[Row]:
    """Driscoll-Kraay standard errors: errors correlated across units and a few years."""
    observations, estimate = headline.rows, headline.estimate
    spec = estimate.spec
    codes, years = pd.factorize(observations["year"], sort=True)  # in order of time: the kernel runs over neighbours
    sums_by_year = cluster_sums(
        observations[list(spec.outcomes)].to_numpy(dtype=float),
        observations[list(estimate.terms)].to_numpy(dtype=float),
        [consecutive_codes(observations[effect].to_numpy()) for effect in spec.fixed_effects],
        codes.astype(np.intp),
        terms=estimate.terms,
        labels=[str(y) for y in years],
    )
    if sums_by_year.g < 2 or spec.density in sums_by_year.dropped_terms:
        return
    errors = driscoll_kraay(sums_by_year)
    for j, column in reported_outcomes(estimate, headline.sample):
        yield quantity_row(estimate, column, "se_driscoll_kraay", float(errors[0, j]))


def inflation_rows(headline: Headline) -> Iterator[Row]:
    """Variance inflation of each term."""
    for term, value in zip(headline.estimate.terms, inflation(headline.estimate.sums)):
        yield quantity_row(headline.estimate, ":", "vif", float(value), term)


def mundlak_rows(headline: Headline) -> Iterator[Row]:
    """The Mundlak form of the Hausman test: unit means beside the values, clustered; none without unit effects."""
    observations, estimate = headline.rows, headline.estimate
    if "unit" not in estimate.spec.fixed_effects:
        return
    mean_columns = [f"mean_{term}" for term in estimate.terms]
    unit_means = observations.groupby("unit")[list(estimate.terms)].transform("mean").set_axis(mean_columns, axis=1)
    outcomes_of_estimate = (column for _, column in reported_outcomes(estimate, headline.sample))
    roots = tuple(column for column in outcomes_of_estimate if split_outcome(column)[1] == headline.sample.tree.root)
    effects = tuple(effect for effect in estimate.spec.fixed_effects if effect != "unit")
    regressors = (*estimate.terms[1:], *mean_columns)
    spec = Specification(headline.id, roots, estimate.terms[0], regressors, effects, estimate.spec.cluster)
    cluster_sums, *_ = sums_of(pd.concat([observations, unit_means], axis=1), spec)
    positions = [k for k, term in enumerate(cluster_sums.terms) if term in mean_columns]
    if positions and cluster_sums.g > len(positions):
        for j, column in enumerate(roots):
            p = joint_wald(cluster_sums, positions, j)[1]
            yield quantity_row(estimate, column, "mundlak_p", p, "unit means of all regressors are zero together")


def robustness(headline: Headline) -> Rows:
    """Errors robust to correlation across units, variance inflation, and the Mundlak test."""
    return {DIAGNOSTICS: [*kernel_error_rows(headline), *inflation_rows(headline), *mundlak_rows(headline)]}


def placebo(headline: Headline) -> Rows:
    """p by permuted density paths, and the draws of the whole index; neither where too few units can exchange their paths."""
    estimate, permutation = headline.estimate, headline.permuted
    p, scale, outcomes_of_estimate = permutation.p(), estimate.scale()[0], reported_outcomes(estimate, headline.sample)
    note = f"{RANDOM_DRAWS} draws; {permutation.exchangeable} of {permutation.units} units exchange density paths"
    diagnostics = [quantity_row(estimate, "all:", "exchangeable_units", permutation.exchangeable, f"of {permutation.units}")]
    diagnostics += [quantity_row(estimate, column, "p_randomisation", float(p[j]), note) for j, column in outcomes_of_estimate]
    if not permutation.valid:
        return {
            DIAGNOSTICS: diagnostics,
            "not_made": not_made(("placebo",), _too_few_exchangeable(permutation), DENSITY_GAPS_MEND),
        }
    draws: list[Row] = []
    for j, column in outcomes_of_estimate:
        if split_outcome(column)[1] == headline.sample.tree.root:
            permuted_statistics = zip(permutation.estimates[:, j] * scale[j], permutation.t_star[:, j])
            draws += [
                outcome_key(estimate, column) | {"draw": i + 1, "estimate_sd": float(b), "t": float(t)}
                for i, (b, t) in enumerate(permuted_statistics)
            ]
    return {DIAGNOSTICS: diagnostics, "placebo": draws}


def _too_few_exchangeable(permutation: Randomisation) -> EstimationError:
    n_movable, units, min_share = permutation.exchangeable, permutation.units, f"{MIN_EXCHANGEABLE:g}"
    return EstimationError(
        f"randomisation inference: only {n_movable} of {units} units have a density in the same years as another, fewer than "
        f"{min_share} of them: no p and no placebo distribution",
        zh=f"随机化推断:{units} 个单位中只有 {n_movable} 个与其他单位有密度的年份相同,不足 {min_share},不给出 p 值与安慰剂分布",
    )


def earlier_trends(headline: Headline) -> Rows:
    """Pre-trend: slope per SD of later density and year, in SDs of the outcome, and its bootstrap p."""
    return {DIAGNOSTICS: list(_trend_rows(headline))}


def _trend_rows(headline: Headline) -> Iterator[Row]:
    estimate, trend = headline.estimate, headline.early_trend
    if trend is None:
        note = "no three years without density: cannot be tested"
        yield quantity_row(estimate, ":", "pre_trend_p", np.nan, note)
        return
    scale = trend.scale()[0]
    for _, column in reported_outcomes(estimate, headline.sample):
        j = trend.outcome_index(column)
        if trend.varies(j):
            yield quantity_row(estimate, column, "pre_trend_slope_sd", float(trend.coefficient[0, j] * scale[j]))
            yield quantity_row(estimate, column, "pre_trend_p", float(trend.p_wild[j]))
