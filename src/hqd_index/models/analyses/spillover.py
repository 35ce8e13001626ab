"""Density of suppliers and customers: the index on both, H6, and items A and G with what reaches along the chain."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...errors import EstimationError
from ..contribution_items import TOTAL, ContributionItem, Window, changes, contribution_rows, window
from ..estimation_sample import SAMPLES
from ..headline import Headline
from ..kernels.judgements import tests
from ..kernels.reference_distributions import t_quantile
from ..kernels.slx import DOWNSTREAM, UPSTREAM, Spillover, slx
from ..model_rows import Mend, Row, Rows, merged_rows, reported_outcomes, term_row
from .hypotheses import Context, hypothesis_outcomes, splits_of, verdict_tables
from .policy import linked_policy_items, policy_baseline

LINKS_MEND: Mend = ("在 sources.yaml 中加入读入表 io 的来源", "add a source for table io in sources.yaml")
NOTE = "weights of one base year, own links left out"


def fit_spillover(headline: Headline, rounds: str) -> Spillover:
    """The headline with linked density, `rounds` direct or complete. EstimationError without links between units."""
    links = headline.inputs.io_links
    if links.empty:
        raise EstimationError("no weights between units", zh="没有单位间的投入产出权重")
    panel = headline.sample.frame
    return slx(headline.rows, headline.specification, links, rounds=rounds, panel=panel, **headline.settings)


def spillover_rows(spillover: Spillover, headline: Headline) -> Iterator[Row]:
    """Rows of `regressions` for the specification with linked density."""
    estimate, p = spillover.estimate, spillover.p_wild
    for j, _ in reported_outcomes(estimate, headline.sample):
        for k in range(len(estimate.terms)):
            yield term_row(estimate, j, k, headline.density, note=NOTE, p_wild=p[k, j], not_controls=(UPSTREAM, DOWNSTREAM))


def direct_spillover(headline: Headline) -> Rows:
    """Direct links: their regressions, H6, and the accounting and the policy simulation with them."""
    spillover = fit_spillover(headline, "direct")
    regressions: Rows = {"regressions": list(spillover_rows(spillover, headline))}
    return merged_rows([regressions, _linked_accounting(spillover, headline), _verdicts(spillover, headline),
                   _linked_policy(spillover, headline)])  # fmt: skip


def complete_spillover(headline: Headline) -> Rows:
    """Complete links, by the Leontief and Ghosh inverses."""
    return {"regressions": list(spillover_rows(fit_spillover(headline, "complete"), headline))}


def _t_quantile(spillover: Spillover, headline: Headline) -> float:
    return t_quantile(0.5 + headline.level / 2, spillover.estimate.sums.g - 1)


def linked_items(
    spillover: Spillover, observations: pd.DataFrame, outcome: str, years: Window, min_change: float, t: float
) -> list[ContributionItem]:
    """Item A with spillover: beta x change in density + psi x change in linked density, over the change of the index."""
    estimate = spillover.estimate
    names = [term for term in (estimate.spec.density, UPSTREAM, DOWNSTREAM) if term in estimate.terms]
    mean_changes = {term: changes(observations, outcome, term, years).to_numpy(dtype=float)[-1] for term in names}  # the last row
    index_change = float(mean_changes[estimate.spec.density][1])
    weights = {spillover.term(term): float(density_change[0]) for term, density_change in mean_changes.items()}
    value, error = estimate.combination(weights, estimate.outcome_index(outcome))
    interval_ends = (value - t * error, value + t * error)
    contribution_items = [
        ContributionItem(
            "A", TOTAL, years.first, years.last_year, "explained_with_links", value, *interval_ends, measure="score/100"
        )
    ]
    if abs(index_change) >= min_change:
        low, high = sorted(interval_end / index_change for interval_end in interval_ends)
        share = value / index_change
        contribution_items.append(
            ContributionItem("A", TOTAL, years.first, years.last_year, "share_with_links", share, low, high, "share of change")
        )
    return contribution_items


def _linked_accounting(spillover: Spillover, headline: Headline) -> Rows:
    """Item A with spillover in every sample."""
    observations = headline.rows.merge(spillover.exposure, on=["unit", "year"], how="inner")
    choice, spec = headline.study.regressions.contribution, spillover.estimate.spec
    years = window(observations, spec.density, choice)
    if years is None:
        return {}
    t, row_tables = _t_quantile(spillover, headline), []
    for sample in headline.sample.samples:
        if root_column := hypothesis_outcomes(headline.sample, sample).get("H1"):
            accounting_rows = linked_items(spillover, observations, root_column, years, choice.min_change, t)
            row_tables.append({"contribution": contribution_rows(accounting_rows, spec.id, sample)})
    return merged_rows(row_tables)


def _verdicts(spillover: Spillover, headline: Headline) -> Rows:
    """H6: the density of suppliers moves the index."""
    rule, estimate, tests_by_sample = headline.rule, spillover.estimate, {}
    for sample in headline.sample.samples:
        root_column = hypothesis_outcomes(headline.sample, sample).get("H1")
        if root_column is None or rule is None or UPSTREAM not in spillover.bootstraps:
            continue
        tests_by_sample[sample] = tests(
            estimate, {"H6": root_column}, rule, seed=headline.seed, weights=headline.settings["weights"],
            term=spillover.term(UPSTREAM), bootstrap=spillover.bootstraps[UPSTREAM],
        )  # fmt: skip
    if rule is None:
        return {}
    splits = splits_of(*(tests_by_sample[sample][0] if sample in tests_by_sample else [] for sample in SAMPLES))
    return merged_rows(
        verdict_tables(*sample_tests, estimate, sample, rule, Context(splits=splits if sample == "all" else {}))
        for sample, sample_tests in tests_by_sample.items()
    )


def _linked_policy(spillover: Spillover, headline: Headline) -> Rows:
    """Item G with what reaches suppliers and customers; none where the simulation cannot be made."""
    try:
        baseline = policy_baseline(headline)
    except EstimationError:
        return {}  # analysis `policy` says why
    width, links, row_tables = _t_quantile(spillover, headline), headline.inputs.io_links, []
    for sample in headline.sample.samples:
        policy_rows = list(linked_policy_items(spillover, baseline, links, headline.sample.root_column(sample), width=width))
        row_tables.append({"contribution": contribution_rows(policy_rows, spillover.estimate.spec.id, sample)})
    return merged_rows(row_tables)
