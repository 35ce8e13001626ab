"""H1 to H3c judged on the headline, and the rows that every verdict makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import EstimationError
from ..estimation_sample import EstimationSample
from ..headline import Headline
from ..kernels.judgements import NODES, HypothesisTest, VerdictsWithoutCluster, tests
from ..kernels.specification import Estimate
from ..kernels.verdicts import Grade, Split, VerdictRule, grade, rules_out, split
from ..model_rows import Mend, Row, Rows, merged_rows, quantity_row, split_outcome
from .identification import breakdowns, identification

RULE_MEND: Mend = (
    "在 regressions.yaml 写 hypotheses: {sesoi: 0.10, alpha: 0.05}",
    "write hypotheses: {sesoi: 0.10, alpha: 0.05} in regressions.yaml",
)


@dataclass(frozen=True)
class Context:
    """What a line of `hypotheses` says beside its test: of hypotheses, by name."""

    notes: Mapping[str, frozenset[str]] = field(default_factory=dict)  # addition -> hypotheses that carry it
    splits: Mapping[str, Split] = field(default_factory=dict)
    grades: Mapping[str, tuple[Grade, tuple[str, ...]]] = field(default_factory=dict)  # description where absent
    breakdown: Mapping[str, float] = field(default_factory=dict)


NO_CONTEXT = Context()


def hypothesis_rows(
    judged_tests: Sequence[HypothesisTest], estimate: Estimate, sample: str, rule: VerdictRule, context: Context
) -> Iterator[Row]:
    """Rows of `hypotheses`."""
    for test in judged_tests:
        hypothesis_id = test.hypothesis
        additions = [
            *test.additions,
            *(addition for addition, noted_hypotheses in context.notes.items() if hypothesis_id in noted_hypotheses),
        ]
        grade_key, lacking_conditions = context.grades.get(hypothesis_id, ("description", ()))
        breakdown_multiple = context.breakdown.get(hypothesis_id, np.nan)
        yield {
            "hypothesis": hypothesis_id, "spec": estimate.spec.id, "sample": sample, "outcome": split_outcome(test.outcome)[1],
            "estimate_sd": test.estimate, "ci_low": test.low, "ci_high": test.high, "ci90_low": test.narrow[0],
            "ci90_high": test.narrow[1], "rules_out": rules_out(test.narrow), "p_wild": test.p_wild,
            "p_adjusted": test.p_adjusted, "n_obs": estimate.sums.n, "n_clusters": estimate.sums.g, "mde": test.mde,
            "sesoi": rule.sesoi, "alpha": rule.alpha, "verdict": test.verdict, "size": test.size or "",
            "split": context.splits.get(hypothesis_id, ""), "grade": grade_key, "grade_lacks": ";".join(lacking_conditions),
            "breakdown": breakdown_multiple if np.isfinite(breakdown_multiple) else np.nan, "additions": ";".join(additions),
        }  # fmt: skip


def splits_of(all_firms: Sequence[HypothesisTest], leave_out: Sequence[HypothesisTest]) -> dict[str, Split]:
    """Hypothesis -> what the firms never recognised say of an effect that is supported on all firms."""
    without_srdi = {test.hypothesis: test.verdict for test in leave_out}
    split_by_id = {test.hypothesis: split(test.verdict, without_srdi.get(test.hypothesis)) for test in all_firms}
    return {hypothesis: split_part for hypothesis, split_part in split_by_id.items() if split_part is not None}


def fragile_rows(
    judged_tests: Sequence[HypothesisTest], verdicts_without: VerdictsWithoutCluster, estimate: Estimate, sample: str
) -> Iterator[Row]:
    """Rows of `regression_diagnostics` for each cluster whose absence changes a verdict."""
    for test in judged_tests:
        column = f"{sample}:{split_outcome(test.outcome)[1]}"
        for label, verdict in verdicts_without[test.hypothesis].items():
            if verdict != test.verdict:
                note = f"{test.hypothesis}: {verdict} without {label}"
                yield quantity_row(estimate, column, "verdict_without", np.nan, note)


def verdict_tables(
    judged_tests: Sequence[HypothesisTest],
    verdicts_without: VerdictsWithoutCluster,
    estimate: Estimate,
    sample: str,
    rule: VerdictRule,
    context: Context = NO_CONTEXT,
) -> Rows:
    """Both tables that a verdict has rows in."""
    return {
        "hypotheses": list(hypothesis_rows(judged_tests, estimate, sample, rule, context)),
        "regression_diagnostics": list(fragile_rows(judged_tests, verdicts_without, estimate, sample)),
    }


def hypothesis_outcomes(estimation_sample: EstimationSample, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column: H1 the root, H2a-H3c the six; on leave_out only what can be split."""
    root = estimation_sample.root_in(sample)
    nodes = {hypothesis: node for hypothesis, node in NODES.items() if node in estimation_sample.tree.nodes}
    if sample == "leave_out":
        nodes = {hypothesis: node for hypothesis, node in nodes.items() if estimation_sample.mostly_firms(node)}
    columns = ({"H1": root} if root else {}) | nodes
    return {hypothesis: f"{sample}:{node}" for hypothesis, node in columns.items()}


def hypotheses(headline: Headline) -> Rows:
    """Verdicts in every sample. EstimationError when the study has fixed no smallest effect of interest."""
    rule, weights = headline.rule, headline.settings["weights"]
    if rule is None:
        raise EstimationError("no smallest effect of interest is set", zh="未设定最小关注效应(sesoi)")
    outcomes = {sample: hypothesis_outcomes(headline.sample, sample) for sample in headline.sample.samples}
    verdicts_by_hypothesis = {
        sample: tests(headline.estimate, columns, rule, seed=headline.seed, weights=weights)
        for sample, columns in outcomes.items()
    }
    splits = splits_of(
        verdicts_by_hypothesis["all"][0], verdicts_by_hypothesis["leave_out"][0] if "leave_out" in verdicts_by_hypothesis else []
    )
    return merged_rows(
        verdict_tables(
            judged_tests, verdicts_without, headline.estimate, sample, rule,
            _context(headline, sample, outcomes[sample], verdicts_by_hypothesis[sample], splits),
        )
        for sample, (judged_tests, verdicts_without) in verdicts_by_hypothesis.items()
    )  # fmt: skip


def _context(
    headline: Headline,
    sample: str,
    outcomes: Mapping[str, str],
    judgement_pair: tuple[Sequence[HypothesisTest], VerdictsWithoutCluster],
    splits: Mapping[str, Split],
) -> Context:
    """Pre-trends, grades and breakdown multiples of the tests in one sample; the split belongs to all firms."""
    rule, (judged_tests, verdicts_without) = headline.rule, judgement_pair
    assert rule is not None
    grades, multiples = {}, breakdowns(headline)
    for test in judged_tests:
        dropped = verdicts_without[test.hypothesis].values()
        is_unanimous = len(dropped) == headline.estimate.sums.g and set(dropped) == {test.verdict}
        spillover = sample != "all" or splits.get(test.hypothesis) == "spillover_supported"
        evidence = identification(headline, test, same_without_one=is_unanimous, spillover=spillover)
        grades[test.hypothesis] = grade(test.verdict, evidence, rule)
    return Context(
        notes=headline.trended_before(outcomes), splits=splits if sample == "all" else {}, grades=grades,
        breakdown={hypothesis: multiples.get(column, np.nan) for hypothesis, column in outcomes.items()},
    )  # fmt: skip
