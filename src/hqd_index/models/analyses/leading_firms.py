"""H6b: does SRDI density lift the leading firms? The leave-out index of leaders and of others, and their firm outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ...errors import EstimationError
from ..estimation_data import KEY
from ..estimation_sample import SPLITTABLE, EstimationSample
from ..headline import Headline
from ..kernels.judgements import tests
from ..kernels.specification import Estimate, Specification
from ..model_rows import Mend, Row, Rows, merged_rows, term_row
from .hypotheses import NO_CONTEXT, Context, verdict_tables
from .interactions import hypothesis_not_made

LEADERS, OTHER_FIRMS = "leaders", "others"
GROUPS = (LEADERS, OTHER_FIRMS)
FIRM = "firm"
KEYS = (FIRM, "unit", "year", "sample")
LEADERS_MEND: Mend = (
    "提供含营业收入(revenue)与认定状态、覆盖首次认定之前年份的企业表;每个单元年至少要有 3 家领先企业",
    "give firms with revenue and SRDI status from the years before the first recognition; a unit-year needs 3 leading firms",
)
NOTE = "never-recognised firms; groups fixed in the base year"


def leader_firms(firm_years: pd.DataFrame, leader_status: pd.DataFrame, outcomes: list[str]) -> pd.DataFrame:
    """firm, unit, year, sample and one column per outcome of never-recognised firms that were there in the base year."""
    unrecognised_firm_years = firm_years[~firm_years["ever"].astype(bool)].rename(columns={"unit": FIRM})[
        [FIRM, "year", *outcomes]
    ]
    never_leader_marks = leader_status[leader_status["never"].astype(bool)].rename(columns={"firm_id": FIRM})
    groups = never_leader_marks["leader"].astype(bool).map({True: LEADERS, False: OTHER_FIRMS})
    firms_by_sample = never_leader_marks.assign(sample=groups)[[FIRM, "unit", "sample"]]
    return unrecognised_firm_years.merge(firms_by_sample, on=FIRM, how="inner", validate="many_to_one")[[*KEYS, *outcomes]]


def index_estimate(headline: Headline, group: str) -> Estimate:
    """Density on the index of one group: its part that comes from firms, which is all that can differ between groups."""
    sample, spec, scores = headline.sample, headline.specification, headline.inputs.leader_scores
    node = SPLITTABLE if SPLITTABLE in sample.reported_nodes else sample.tree.root
    if not sample.firm_share(sample.tree.root) > 0:
        raise EstimationError(f"{group}: no indicator is computed from firms", zh=f"{group}:没有由企业计算的指标")
    group_scores = scores[scores["sample"] == group]
    if group_scores["score"].notna().sum() == 0:
        raise EstimationError(f"{group}: no score of such firms", zh=f"{group}:没有这类企业的得分")
    column = f"{group}:{node}"
    outcome = _group_outcome(sample, group_scores, node).rename(column).reset_index()
    extended_rows = headline.rows.merge(outcome, on=KEY, how="left", validate="one_to_one")
    one_outcome_spec = Specification(f"{spec.id}_{group}", (column,), spec.density, spec.controls, spec.fixed_effects)
    return headline.estimate_of(extended_rows, one_outcome_spec)


def _group_outcome(sample: EstimationSample, scores: pd.DataFrame, node: str) -> pd.Series:
    """The index, or the part of it that comes from firm tables, at the index's own shares."""
    values = scores.pivot(index=KEY, columns="node", values="score")
    if node != SPLITTABLE:
        return values[node]
    shares = {leaf: share for leaf, share in sample.tree.weights(sample.tree.root).items() if leaf in sample.firm_leaves}
    weighted: pd.Series = sum(
        (leaf_share * values[leaf] for leaf, leaf_share in shares.items()), start=pd.Series(0.0, index=values.index)
    )
    return weighted / sum(shares.values())


def firm_estimate(headline: Headline, group: str, outcome: str) -> Estimate:
    """A firm outcome of one group on the density of the firm's industry: firm and year effects, clustered by industry.

    The firms were never recognised; the industry of the base year stays theirs.
    """
    spec, frame, firms = headline.specification, headline.sample.frame, headline.inputs.leader_firms
    regressors = frame[[*KEY, spec.density, *(control for control in spec.controls if control in frame)]]
    extended_rows = firms[firms["sample"] == group].merge(regressors, on=KEY, how="inner", validate="many_to_one")
    column = f"{group}:{outcome}"
    one_outcome_spec = Specification(f"firms_{outcome}", (column,), spec.density, spec.controls, (FIRM, "year"))
    try:
        return headline.estimate_of(extended_rows.rename(columns={outcome: column}), one_outcome_spec)
    except EstimationError as fault:
        raise EstimationError(f"{group}, {outcome}: {fault.en}", zh=f"{group},{outcome}:{fault.zh}") from fault


def _group_tables(headline: Headline, estimate: Estimate, group: str, context: Context = NO_CONTEXT) -> Rows:
    """Rows of `regressions` of one group and outcome, and the verdict on it."""
    observations: Rows = {
        "regressions": [term_row(estimate, 0, k, headline.density, note=NOTE) for k in range(len(estimate.terms))]
    }
    rule, outcome = headline.rule, estimate.spec.outcomes[0]
    if rule is None:
        return observations
    weights = headline.settings["weights"]
    judged_tests, verdicts_without = tests(estimate, {"H6b": outcome}, rule, seed=headline.seed, weights=weights)
    return merged_rows([observations, verdict_tables(judged_tests, verdicts_without, estimate, group, rule, context)])


def leader_indices(headline: Headline) -> Rows:
    """The leave-out index of leaders and of others."""
    row_tables: list[Mapping[str, Iterable[Row]]] = []
    for group in GROUPS:
        try:
            row_tables.append(_group_tables(headline, index_estimate(headline, group), group))
        except EstimationError as fault:
            row_tables.append({"not_made": hypothesis_not_made("H6b", fault, LEADERS_MEND)})
    return merged_rows(row_tables)


def leader_outcomes(headline: Headline) -> Rows:
    """Firm outcomes of leaders and of others."""
    firms = headline.inputs.leader_firms
    outcomes = [column for column in firms.columns if column not in KEYS]
    if not outcomes or firms.empty:
        raise EstimationError("no firm outcome of firms that were there in the base year", zh="没有基年已有企业的企业层面结果")
    row_tables: list[Mapping[str, Iterable[Row]]] = []
    for group in GROUPS:
        for outcome in outcomes:
            try:
                group_estimate = firm_estimate(headline, group, outcome)
                row_tables.append(
                    _group_tables(headline, group_estimate, group, Context(notes={"firm_level": frozenset({"H6b"})}))
                )
            except EstimationError as fault:
                row_tables.append({"not_made": hypothesis_not_made("H6b", fault, LEADERS_MEND)})
    return merged_rows(row_tables)
