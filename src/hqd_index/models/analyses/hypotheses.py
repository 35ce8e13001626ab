"""H1 to H3c judged on the headline, and the rows that every verdict makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...errors import EstimationError
from ..estimation_sample import EstimationSample
from ..headline import Headline
from ..kernels.specification import Estimate
from ..kernels.verdicts import NODES, HypothesisTest, VerdictRule, VerdictsWithout, composition_only, tests
from ..model_rows import Mend, Row, Rows, merged, quantity_row, split_outcome

RULE_MEND: Mend = (
    "在 regressions.yaml 写 hypotheses: {sesoi: 0.10, alpha: 0.05}",
    "write hypotheses: {sesoi: 0.10, alpha: 0.05} in regressions.yaml",
)


def hypothesis_rows(
    judged_tests: Sequence[HypothesisTest],
    estimate: Estimate,
    sample: str,
    rule: VerdictRule,
    notes: Mapping[str, frozenset[str]],
) -> Iterator[Row]:
    """Rows of `hypotheses`; `notes` says which hypotheses have which further addition."""
    for test in judged_tests:
        additions = [*test.additions, *(name for name, noted in notes.items() if test.hypothesis in noted)]
        yield {
            "hypothesis": test.hypothesis, "spec": estimate.spec.id, "sample": sample, "outcome": split_outcome(test.outcome)[1],
            "estimate_sd": test.estimate, "ci_low": test.low, "ci_high": test.high, "p_wild": test.p_wild,
            "p_adjusted": test.p_adjusted, "n_obs": estimate.sums.n, "n_clusters": estimate.sums.g, "mde": test.mde,
            "sesoi": rule.sesoi, "alpha": rule.alpha, "verdict": test.verdict, "additions": ";".join(additions),
        }  # fmt: skip


def fragile_rows(
    judged_tests: Sequence[HypothesisTest], verdicts_without: VerdictsWithout, estimate: Estimate, sample: str
) -> Iterator[Row]:
    """Rows of `regression_diagnostics` for each cluster whose absence changes a verdict."""
    for test in judged_tests:
        column = f"{sample}:{split_outcome(test.outcome)[1]}"
        for label, verdict in verdicts_without[test.hypothesis].items():
            if verdict != test.verdict:
                note = f"{test.hypothesis}: {verdict} without {label}"
                yield quantity_row(estimate, column, "verdict_without", np.nan, note)


def verdict_tables(
    judged_tests: Sequence[HypothesisTest], verdicts_without: VerdictsWithout, estimate: Estimate, sample: str, rule: VerdictRule,
    notes: Mapping[str, frozenset[str]],
) -> Rows:  # fmt: skip
    """Both tables that a verdict has rows in."""
    return {
        "hypotheses": list(hypothesis_rows(judged_tests, estimate, sample, rule, notes)),
        "regression_diagnostics": list(fragile_rows(judged_tests, verdicts_without, estimate, sample)),
    }


def hypothesis_outcomes(estimation_sample: EstimationSample, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column: H1 the root, H2a-H3c the six; on leave_out only what can be split."""
    root = estimation_sample.root_in(sample)
    nodes = {h: node for h, node in NODES.items() if node in estimation_sample.tree.nodes}
    if sample == "leave_out":
        nodes = {h: node for h, node in nodes.items() if estimation_sample.mostly_firms(node)}
    columns = ({"H1": root} if root else {}) | nodes
    return {h: f"{sample}:{node}" for h, node in columns.items()}


def hypotheses(headline: Headline) -> Rows:
    """Verdicts in every sample. EstimationError when the study has fixed no smallest effect of interest."""
    rule, weights = headline.rule, headline.settings["weights"]
    if rule is None:
        raise EstimationError("no smallest effect of interest is set", zh="未设定最小关注效应(sesoi)")
    outcomes = {sample: hypothesis_outcomes(headline.sample, sample) for sample in headline.sample.samples}
    judged = {
        sample: tests(headline.estimate, columns, rule, seed=headline.seed, weights=weights)
        for sample, columns in outcomes.items()
    }
    diagnostics = [
        {"regression_diagnostics": list(fragile_rows(judged_tests, verdicts_without, headline.estimate, sample))}
        for sample, (judged_tests, verdicts_without) in judged.items()
    ]
    composition_alone = composition_only(judged["all"][0], judged["leave_out"][0] if "leave_out" in judged else [])
    verdicts = []
    for sample, (judged_tests, _) in judged.items():
        notes = {"pre_trend": headline.trended_before(outcomes[sample])}
        notes |= {"composition_only": composition_alone} if sample == "all" else {}
        verdicts.append({"hypotheses": list(hypothesis_rows(judged_tests, headline.estimate, sample, rule, notes))})
    return merged([*diagnostics, *verdicts])
