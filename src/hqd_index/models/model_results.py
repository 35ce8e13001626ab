"""All regressions of a study: each specification estimated for every node and both samples, then read as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ..errors import EstimationError
from ..study.records import SpecificationChoice, Study
from .analyses.headline_tables import Beside, read_headline
from .analyses.theory import Theory
from .composite import composite
from .estimation_data import density_column
from .estimation_sample import Wide, compared, controls_of, of_scenario, subset_text, widen
from .ineligible import MEND, barred
from .kernels.moderation import BASE
from .kernels.specification import Estimate, Specification, estimate
from .model_rows import diagnostic_rows, regression_rows, split_name
from .store import HEADLINE, Store

DENSITY_MEND = (
    "在 sources.yaml 中提供专精特新名单(srdi_list)或认定规则(status.criteria),至少覆盖两年",
    "give a list of SRDI firms (srdi_list) or a rule (status.criteria) in sources.yaml that covers at least two years",
)


@dataclass(frozen=True)
class ModelResults:
    """Published tables by name; `not_made` says what is missing in them and why. `estimates` by specification."""

    frames: Mapping[str, pd.DataFrame]
    estimates: Mapping[str, Estimate]


def headline(study: Study) -> SpecificationChoice | None:
    """The specification marked headline, else the last."""
    listed = study.regressions.specifications
    marked = [s for s in listed if s.headline]
    return marked[0] if marked else (listed[-1] if listed else None)


def regressions(
    data: pd.DataFrame,
    study: Study,
    *,
    weights: pd.DataFrame,
    moderators: pd.DataFrame | None = None,
    beside: Beside | None = None,
    theory: Theory | None = None,
) -> ModelResults:
    """Tables regressions, regression_diagnostics, channels, contribution, oaxaca, mediators, hypotheses, mode_matrix,
    endogeneity, placebo, not_made.

    `data` as `estimation_data` makes it; `weights` is the weights table of the index's own scenario; `moderators` (unit,
    year, a column each) what units were like: the base year counts; `beside` the tables for spillover, instrument and policy
    (without them not_made says so); `theory` what H4, H5 and H6b rest on (None: those are not asked). Outcomes are
    score/100, standardised estimates are in within standard deviations. What cannot be estimated is a row of `not_made`.
    """
    store, found = Store(), {}
    tree = composite(weights)
    wide = widen(data, tree, study, moderators)
    fault = _no_density(wide, study)
    if fault is not None:
        store.missing(("regressions", *HEADLINE), fault, DENSITY_MEND)
        return ModelResults(store.frames(), {})
    refused = barred(study)
    if refused is not None:
        store.missing(("regressions", *HEADLINE), refused, MEND)
        return ModelResults(store.frames(), {})
    chosen = headline(study)
    scenarios = beside.scenarios if beside else None
    roots = None if scenarios is None else scenarios[scenarios["node"] == wide.tree.root]
    for choice in study.regressions.specifications:
        try:
            scored = of_scenario(wide, choice, roots)
            found[choice.id] = _one(store, scored, choice, study, main=choice is chosen)
            if choice is chosen:
                read_headline(store, wide, found[choice.id], choice, study, beside or Beside(), theory)
        except EstimationError as reason:
            store.missing(("regressions", *HEADLINE) if choice is chosen else ("regressions",), reason)
    return ModelResults(store.frames(), found)


def _no_density(wide: Wide, study: Study) -> EstimationError | None:
    """Why no regression can be run at all, or None."""
    if not wide.samples:
        return EstimationError("the index has no score", zh="指数没有任何得分")
    if not study.regressions.specifications:
        return EstimationError("regressions.yaml lists no specification", zh="regressions.yaml 没有回归设定")
    if "density_lag" in wide.frame and wide.frame["density_lag"].notna().any():
        return None
    if "density" in wide.frame and wide.frame["density"].notna().any():
        lag, years = study.regressions.density.lag, sorted(wide.frame["year"].unique())
        span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
        return EstimationError(
            f"no SRDI density of {lag} year(s) before: the study's years are {span}",
            zh=f"没有滞后 {lag} 年的专精特新密度:研究年份为 {span}",
        )
    return EstimationError(
        "no SRDI density: no list and no rule says which firms are SRDI", zh="没有专精特新密度:既无名单也无认定规则"
    )


def specification(wide: Wide, choice: SpecificationChoice, study: Study, *, main: bool) -> Specification:
    """The frozen record: nodes of both samples; for the headline also leaves and the composition difference."""
    wanted = choice.outcomes or ((wide.tree.root,) if choice.scenario else wide.shown)
    nodes = [node for node in wanted if node in wide.shown]
    if not nodes:
        raise EstimationError(
            f"specification {choice.id}: none of its outcomes {', '.join(choice.outcomes)} is in the tree",
            zh=f"回归设定 {choice.id}:其结果变量 {'、'.join(choice.outcomes)} 均不在指标树中",
        )
    names = dict.fromkeys([*(wide.shown if main else nodes), *(wide.tree.leaves if main else ())])
    return Specification(
        id=choice.id,
        outcomes=wide.outcomes(list(names), composition=main),
        density=density_column(choice.density or study.regressions.density, study.regressions.density),
        controls=controls_of(choice, study),
        fixed_effects=choice.fixed_effects,
        weights=f"{BASE}{choice.weights}" if choice.weights else None,
        subset=subset_text(choice),
        label=(choice.label.zh, choice.label.en),
    )


def _one(store: Store, wide: Wide, choice: SpecificationChoice, study: Study, *, main: bool) -> Estimate:
    """Estimate one specification and add its rows."""
    settings, seed = study.regressions.inference, study.study.seed
    spec = specification(wide, choice, study, main=main)
    sample = compared(wide, choice, study)
    found = estimate(sample, spec, draws=settings.draws, weights=settings.weights, seed=seed, level=settings.level)
    density = choice.density or study.regressions.density
    store.add("regressions", regression_rows(found, choice, density, wide))
    left = len(wide.frame) - len(sample)
    store.add("regression_diagnostics", diagnostic_rows(found, wide, left, headline=main, level=settings.level))
    for j, column in enumerate(spec.outcomes):
        name, node = split_name(column)
        if node in wide.shown and name != "composition" and not found.sums.sd_outcomes[j] > 0:
            store.missing(("regressions",), _constant(spec.id, name, node))
    return found


def _constant(spec: str, sample: str, node: str) -> EstimationError:
    return EstimationError(
        f"specification {spec}, sample {sample}: {node} is constant once the fixed effects are out",
        zh=f"回归设定 {spec},样本 {sample}:{node} 在控制固定效应后为常数",
    )
