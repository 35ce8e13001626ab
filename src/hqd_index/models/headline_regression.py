"""The regressions of one specification as rows of tables, and that of the headline alone."""

from __future__ import annotations

import pandas as pd

from ..errors import EstimationError
from ..study.records import SpecificationChoice, Study
from .composite import composite
from .estimation_data import density_column
from .estimation_sample import (
    EstimationSample,
    comparable_rows,
    controls_of,
    estimation_sample,
    subset_text,
    with_scenario,
)
from .headline import inference_settings
from .ineligible import MEND as INELIGIBLE_MEND
from .ineligible import ineligibility_error
from .kernels.moderation import BASE
from .kernels.specification import Estimate, Specification, estimate
from .model_inputs import ModelInputs
from .model_rows import Mend, Rows, frames_of, not_made, regression_rows, split_outcome
from .specification_diagnostics import diagnostic_rows, influence_rows

TABLES = ("regressions", "regression_diagnostics")
DENSITY_MEND: Mend = (
    "在 sources.yaml 中提供专精特新名单(srdi_list)或认定规则(status.criteria),至少覆盖两年;"
    "没有企业数据时,在 regressions.yaml 的 density_source 中写明已公布的企业数在哪张表",
    "give a list of SRDI firms (srdi_list) or a rule (status.criteria) in sources.yaml that covers at least two years; "
    "without firm data, name the table of published counts under density_source in regressions.yaml",
)


def headline_regression(observations: pd.DataFrame, study: Study, inputs: ModelInputs) -> dict[str, pd.DataFrame]:
    """regressions and regression_diagnostics of the headline alone, the rows that `regressions` has of it, and not_made."""
    sample, choice = estimation_sample(observations, composite(inputs.weights), study, inputs.moderators), headline_choice(study)
    obstacle = no_regression(sample, study)
    if obstacle or choice is None:
        return frames_of({"not_made": not_made(TABLES, *obstacle)} if obstacle else {}, TABLES)
    try:
        scored_rows = with_scenario(sample, choice, inputs.scenarios)
        fitted = fitted_estimate(scored_rows, choice, study, is_headline=True)
        return frames_of(specification_tables(fitted, scored_rows, choice, study, is_headline=True), TABLES)
    except EstimationError as fault:
        return frames_of({"not_made": not_made(TABLES, fault)}, TABLES)


def headline_choice(study: Study) -> SpecificationChoice | None:
    """The specification marked headline, else the last; None where the study lists none."""
    all_specifications = study.regressions.specifications
    headline_specifications = [choice for choice in all_specifications if choice.headline]
    return headline_specifications[0] if headline_specifications else (all_specifications[-1] if all_specifications else None)


def no_regression(sample: EstimationSample, study: Study) -> tuple[EstimationError, Mend] | None:
    """Why a study has no regression at all and how to mend that, or None."""
    for fault, mend in ((_no_density(sample, study), DENSITY_MEND), (ineligibility_error(study), INELIGIBLE_MEND)):
        if fault is not None:
            return fault, mend
    return None


def _no_density(sample: EstimationSample, study: Study) -> EstimationError | None:
    """Why no regression can be run at all, or None."""
    if not sample.samples:
        return EstimationError("the index has no score", zh="指数没有任何得分")
    if not study.regressions.specifications:
        return EstimationError("regressions.yaml lists no specification", zh="regressions.yaml 没有回归设定")
    frame = sample.frame
    if "density_lag" in frame and frame["density_lag"].notna().any():
        return None
    if "density" in frame and frame["density"].notna().any():
        lag, years = study.regressions.density.lag, sorted(frame["year"].unique())
        year_span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
        return EstimationError(
            f"no SRDI density of {lag} year(s) before: the study's years are {year_span}",
            zh=f"没有滞后 {lag} 年的专精特新密度:研究年份为 {year_span}",
        )
    return EstimationError(
        "no SRDI density: no list, no rule and no published counts say which firms are SRDI",
        zh="没有专精特新密度:名单、认定规则和已公布的企业数都没有",
    )


def specification(sample: EstimationSample, choice: SpecificationChoice, study: Study, *, is_headline: bool) -> Specification:
    """The frozen record: nodes of both samples; for the headline also leaves and the composition difference."""
    tree, reported_nodes = sample.tree, sample.reported_nodes
    node_names = choice.outcomes or ((tree.root,) if choice.scenario else reported_nodes)
    nodes = [node for node in node_names if node in reported_nodes]
    if not nodes:
        raise EstimationError(
            f"specification {choice.id}: none of its outcomes {', '.join(choice.outcomes)} is in the tree",
            zh=f"回归设定 {choice.id}:其结果变量 {'、'.join(choice.outcomes)} 均不在指标树中",
        )
    outcomes = dict.fromkeys([*(reported_nodes if is_headline else nodes), *(tree.leaves if is_headline else ())])
    return Specification(
        id=choice.id,
        outcomes=sample.outcome_columns(list(outcomes), composition=is_headline),
        density=density_column(choice.density or study.regressions.density, study.regressions.density),
        controls=controls_of(choice, study),
        fixed_effects=choice.fixed_effects,
        weights=f"{BASE}{choice.weights}" if choice.weights else None,
        subset=subset_text(choice),
    )


def fitted_estimate(sample: EstimationSample, choice: SpecificationChoice, study: Study, *, is_headline: bool) -> Estimate:
    """The specification estimated on the rows that all its samples share."""
    spec = specification(sample, choice, study, is_headline=is_headline)
    return estimate(comparable_rows(sample, choice, study), spec, **inference_settings(study))


def specification_tables(
    fitted: Estimate, sample: EstimationSample, choice: SpecificationChoice, study: Study, *, is_headline: bool
) -> Rows:
    """Rows that every specification has; clusters are left out in turn for the headline alone."""
    incomplete_rows = len(sample.frame) - len(comparable_rows(sample, choice, study))
    diagnostics = list(diagnostic_rows(fitted, incomplete_rows))
    if is_headline:
        diagnostics += influence_rows(fitted, sample, study.regressions.inference.level)
    constant = [
        reason_row
        for j, column in enumerate(fitted.spec.outcomes)
        for name, node in [split_outcome(column)]
        if node in sample.reported_nodes and name != "composition" and not fitted.varies(j)
        for reason_row in not_made(("regressions",), _constant(fitted.spec.id, name, node))
    ]
    density = choice.density or study.regressions.density
    rows = list(regression_rows(fitted, density, sample))
    return {"regressions": rows, "regression_diagnostics": diagnostics, "not_made": constant}


def _constant(spec_id: str, sample: str, node: str) -> EstimationError:
    return EstimationError(
        f"specification {spec_id}, sample {sample}: {node} is constant once the fixed effects are out",
        zh=f"回归设定 {spec_id},样本 {sample}:{node} 在控制固定效应后为常数",
    )
