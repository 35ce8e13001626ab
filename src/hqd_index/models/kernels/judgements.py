"""Hypotheses tested on one term of an estimate: verdict, size and additions of each, and its verdict without each cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .clusters import ClusterSums, leave_one_out_terms, sums_without_cluster
from .inference import coefficients, effective_clusters, interval, jackknife, random_stream
from .multiple_testing import romano_wolf
from .score_maps import DENSE_CLUSTERS
from .specification import Estimate
from .verdicts import EQUIVALENCE, SIZE, Interval, Size, Verdict, VerdictRule, mde, size, too_wide, verdict
from .wild import Signs, Wild, draw_signs, is_enumerable, wild_of
from .within import Array

DROP_ONE_DRAWS = 999  # bootstrap draws when each cluster is left out in turn; p is judged against alpha only
MIN_EFFECTIVE_CLUSTERS = 6  # as many as a sign bootstrap needs to reach p = 0.05
MOST_INFLUENTIAL = 5  # clusters left out in turn, for each outcome, of more than `DENSE_CLUSTERS`

NODES = {
    "H2a": "innovation", "H2b": "brand", "H2c": "upgrading",
    "H3a": "completeness", "H3b": "advantage", "H3c": "smoothness",
}  # fmt: skip


@dataclass(frozen=True)
class HypothesisTest:
    """One hypothesis judged: numbers in within standard deviations, verdict and additions as keys."""

    hypothesis: str
    outcome: str
    estimate: float
    low: float
    high: float
    narrow: Interval  # 90%
    p_wild: float
    p_adjusted: float
    mde: float
    verdict: Verdict
    size: Size | None
    additions: tuple[str, ...]


def smallest_attainable_p(cluster_count: int, bootstrap: Wild) -> float:
    """The smallest p that is evidence: with G clusters only 2^(G-1) different sign vectors exist."""
    return 2.0 ** (1 - cluster_count) if bootstrap.is_enumerated else 0.0


def attainable_with(cluster_count: int, draws: int, weights: str) -> float:
    """The same from the number of draws that was asked for."""
    return 2.0 ** (1 - cluster_count) if is_enumerable(cluster_count, draws, weights) else 0.0


@dataclass(frozen=True)
class Judgement:
    """Verdict on one hypothesis with its p, its p within the family, 90% and 95% intervals, and minimum detectable effect."""

    verdict: Verdict
    p: float
    p_adjusted: float
    narrow: Interval
    wide: Interval
    mde: float


VerdictsWithoutCluster = dict[str, dict[str, Verdict]]  # hypothesis -> {cluster left out: verdict without it}


def _judgements(
    cluster_sums: ClusterSums, bootstrap: Wild, error: Array, outcome_positions: Mapping[str, int], rule: VerdictRule, term: int
) -> dict[str, Judgement]:
    """By hypothesis, from CV3 errors (m,); the hypotheses with a node of their own form one family."""
    scale = cluster_sums.sd_terms[term] / np.where(cluster_sums.sd_outcomes > 0, cluster_sums.sd_outcomes, np.nan)
    effect, error = coefficients(cluster_sums)[term] * scale, error * scale
    p, (narrow_interval, wide_interval) = (
        bootstrap.p(),
        (interval(effect, error, cluster_sums.g, level) for level in (EQUIVALENCE, SIZE)),
    )
    family = [outcome_positions[hypothesis_id] for hypothesis_id in NODES if hypothesis_id in outcome_positions]
    stepwise_p = dict(zip(family, romano_wolf(bootstrap.t()[family], bootstrap.t_star(family)))) if family else {}
    judgements = {}
    for hypothesis, j in outcome_positions.items():
        adjusted_p = float(stepwise_p[j]) if hypothesis in NODES else float(p[j])
        evidence = max(adjusted_p, smallest_attainable_p(cluster_sums.g, bootstrap))
        ends_90, ends_95 = ((float(low[j]), float(high[j])) for low, high in (narrow_interval, wide_interval))
        verdict_key = verdict(float(effect[j]), evidence, ends_90, rule)
        detectable = mde(float(error[j]), cluster_sums.g, rule.alpha)
        judgements[hypothesis] = Judgement(verdict_key, float(p[j]), adjusted_p, ends_90, ends_95, detectable)
    return judgements


def _verdicts_without_clusters(
    cluster_sums: ClusterSums, signs: Signs, outcome_positions: Mapping[str, int], rule: VerdictRule, term: int
) -> VerdictsWithoutCluster:
    """Verdicts with each cluster left out in turn, empty when fewer than 3 clusters would remain; of many those that matter."""
    verdicts_without: VerdictsWithoutCluster = {hypothesis_id: {} for hypothesis_id in outcome_positions}
    if not outcome_positions or cluster_sums.g < 4 or not cluster_sums.complete:
        return verdicts_without
    columns = list(outcome_positions.values())
    reduced_positions = {hypothesis_id: i for i, hypothesis_id in enumerate(outcome_positions)}
    for g in influential_clusters(cluster_sums, columns, term):
        label, reduced_sums = cluster_sums.labels[g], sums_without_cluster(cluster_sums, g, columns)
        if np.linalg.norm(reduced_sums.coefficient_map[term]) == 0:
            continue
        error = jackknife(coefficients(reduced_sums)[term], leave_one_out_terms(reduced_sums, [term])[:, 0])
        bootstrap = wild_of(reduced_sums, signs, term=term)
        for hypothesis, judgement in _judgements(reduced_sums, bootstrap, error, reduced_positions, rule, term).items():
            verdicts_without[hypothesis][label] = judgement.verdict
    return verdicts_without


def influential_clusters(cluster_sums: ClusterSums, columns: Sequence[int], term: int) -> list[int]:
    """Every cluster of up to `DENSE_CLUSTERS`; of more the `MOST_INFLUENTIAL`, whose loss moves each outcome's estimate most."""
    if cluster_sums.g <= DENSE_CLUSTERS:
        return list(range(cluster_sums.g))
    jackknifed = leave_one_out_terms(cluster_sums, [term])[:, 0, columns]
    moves = np.abs(jackknifed - coefficients(cluster_sums)[term, columns])
    order = np.argsort(-np.nan_to_num(moves), axis=0, kind="stable")
    return sorted(set(order[:MOST_INFLUENTIAL].ravel().tolist()))


def tests(
    estimate: Estimate,
    outcomes: Mapping[str, str],
    rule: VerdictRule,
    *,
    seed: int,
    weights: str,
    term: int = 0,
    bootstrap: Wild | None = None,
) -> tuple[list[HypothesisTest], VerdictsWithoutCluster]:
    """Hypothesis -> outcome column of the estimate, judged on one term; and each verdict with one cluster left out.

    `fragile`: CV3-t and bootstrap p on different sides of alpha, or another verdict once some cluster is dropped.
    `few_clusters`: no p at or below alpha can arise with so few clusters. `uneven_clusters`: fewer than
    `MIN_EFFECTIVE_CLUSTERS` of them carry the term. `too_wide`: no effect could be shown negligible.
    `bootstrap` is that of the term (default: density).
    """
    law = bootstrap or estimate.bootstrap
    positions = {
        hypothesis_id: estimate.outcome_index(column)
        for hypothesis_id, column in outcomes.items()
        if estimate.varies(estimate.outcome_index(column))
    }
    judgements = _judgements(estimate.sums, law, estimate.se_cv3[term], positions, rule, term)
    signs = draw_signs(estimate.sums.g - 1, DROP_ONE_DRAWS, weights, random_stream(seed, "drop-one", estimate.spec.id))
    verdicts_without = _verdicts_without_clusters(estimate.sums, signs, positions, rule, term)
    scale, few_clusters = estimate.scale()[term], smallest_attainable_p(estimate.sums.g, law) > rule.alpha
    judged_tests = []
    for hypothesis, judgement in judgements.items():
        j = positions[hypothesis]
        cv3_agrees = bool(estimate.p_cv3[term, j] <= rule.alpha) == (judgement.p <= rule.alpha)
        changes = any(verdict_key != judgement.verdict for verdict_key in verdicts_without[hypothesis].values())
        caution_flags = {
            "few_clusters": few_clusters,
            "uneven_clusters": not few_clusters and effective_clusters(estimate.sums, term) < MIN_EFFECTIVE_CLUSTERS,
            "fragile": changes or not cv3_agrees,
            "too_wide": too_wide(judgement.narrow, rule),
        }
        judged_tests.append(
            HypothesisTest(
                hypothesis=hypothesis, outcome=outcomes[hypothesis], estimate=float(estimate.coefficient[term, j] * scale[j]),
                low=float(estimate.low[term, j] * scale[j]), high=float(estimate.high[term, j] * scale[j]),
                narrow=judgement.narrow, p_wild=judgement.p, p_adjusted=judgement.p_adjusted, mde=judgement.mde,
                verdict=judgement.verdict, size=size(judgement.verdict, judgement.wide, judgement.narrow, rule),
                additions=tuple(caution for caution, applies in caution_flags.items() if applies),
            )
        )  # fmt: skip
    return judged_tests, verdicts_without
