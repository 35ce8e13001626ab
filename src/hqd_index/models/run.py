"""All regressions of a study: each specification estimated for every node and both samples, then read as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import EstimationError, HqdError
from ..study.models import SpecificationChoice, Study
from .assemble import density_column
from .channels import JOINT_DRAWS, Part, decompose
from .composite import composite
from .contribution import Item, accounting, counterfactual, effects, shared, window
from .frames import (
    Row,
    channel_rows,
    contribution_rows,
    diagnostic_rows,
    fraction_items,
    hypothesis_rows,
    missing_row,
    regression_rows,
    split_at_least_half,
    split_name,
    verdict_rows,
)
from .inference import joint_draws, stream
from .sample import SPLITTABLE, Wide, compared, controls_of, subset_text, widen
from .specification import Estimate, Specification, estimate
from .verdicts import NODES, Rule, composition_only, tests

COLUMNS = {
    "regressions": "spec sample subset outcome term estimate estimate_sd se_cv1 se_cv3 p_cv1 p_cv3 p_wild ci_low ci_high "
    "n_obs n_clusters r2_within fixed_effects controls density lag note",
    "regression_diagnostics": "spec sample outcome quantity value note",
    "channels": "spec sample parent node share_local estimate se_cv3 p_wild p_adjusted part fraction ci_low ci_high gap note",
    "contribution": "item spec sample unit from_year to_year quantity value ci_low ci_high measure assumption",
    "hypotheses": "hypothesis spec sample outcome estimate_sd ci_low ci_high p_wild p_adjusted n_obs n_clusters mde sesoi "
    "alpha verdict additions",
    "not_made": "table reason_zh reason_en mend_zh mend_en",
}
DENSITY_MEND = (
    "在 sources.yaml 中提供专精特新名单(srdi_list)或认定规则(status.criteria),至少覆盖两年",
    "give a list of SRDI firms (srdi_list) or a rule (status.criteria) in sources.yaml that covers at least two years",
)
DATA_MEND = ("补充年份、单位或变量后重跑", "add years, units or the missing variables and run again")


@dataclass(frozen=True)
class ModelResults:
    """Published tables by name; `not_made` says what is missing in them and why. `estimates` by specification."""

    frames: Mapping[str, pd.DataFrame]
    estimates: Mapping[str, Estimate]


@dataclass
class _Rows:
    """Rows of each table as they are found."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def missing(self, names: tuple[str, ...], fault: HqdError, mend: tuple[str, str] = DATA_MEND) -> None:
        self.tables["not_made"] += [missing_row(name, fault, mend) for name in names]

    def frames(self) -> dict[str, pd.DataFrame]:
        made = {name: pd.DataFrame(rows, columns=COLUMNS[name].split()) for name, rows in self.tables.items()}
        made["not_made"] = made["not_made"].drop_duplicates(ignore_index=True)
        return made


def headline(study: Study) -> SpecificationChoice | None:
    """The specification marked headline, else the last."""
    listed = study.regressions.specifications
    marked = [s for s in listed if s.headline]
    return marked[0] if marked else (listed[-1] if listed else None)


def regressions(data: pd.DataFrame, study: Study, *, weights: pd.DataFrame) -> ModelResults:
    """Tables regressions, regression_diagnostics, channels, contribution, hypotheses, not_made.

    `data` as `estimation_data` makes it; `weights` is the weights table of the index's own scenario. Outcomes are
    score/100, standardised estimates are in within standard deviations. What cannot be estimated is a row of `not_made`.
    """
    rows, found = _Rows(), {}
    tree = composite(weights)
    wide = widen(data, tree, study)
    everything = ("regressions", "regression_diagnostics", "channels", "contribution", "hypotheses")
    fault = _no_density(wide, study)
    if fault is not None:
        rows.missing(everything, fault, DENSITY_MEND)
        return ModelResults(rows.frames(), {})
    chosen = headline(study)
    for choice in study.regressions.specifications:
        try:
            found[choice.id] = _one(rows, wide, choice, study, main=choice is chosen)
        except EstimationError as reason:
            rows.missing(everything if choice is chosen else ("regressions",), reason)
    return ModelResults(rows.frames(), found)


def _no_density(wide: Wide, study: Study) -> EstimationError | None:
    """Why no regression can be run at all, or None."""
    if not wide.samples:
        return EstimationError("the index has no score", zh="指数没有任何得分")
    if not study.regressions.specifications:
        return EstimationError("regressions.yaml lists no specification", zh="regressions.yaml 没有回归设定")
    if "density_lag" not in wide.frame or wide.frame["density_lag"].notna().sum() == 0:
        return EstimationError(
            "no SRDI density: no list and no rule says which firms are SRDI", zh="没有专精特新密度:既无名单也无认定规则"
        )
    return None


def specification(wide: Wide, choice: SpecificationChoice, study: Study, *, main: bool) -> Specification:
    """The frozen record: nodes of both samples; for the headline also leaves and the composition difference."""
    nodes = [n for n in (choice.outcomes or wide.shown) if n in wide.shown]
    names = dict.fromkeys([*(wide.shown if main else nodes), *(wide.tree.leaves if main else ())])
    return Specification(
        id=choice.id,
        outcomes=wide.outcomes(list(names), composition=main),
        density=density_column(choice.density or study.regressions.density, study.regressions.density),
        controls=controls_of(choice, study),
        fixed_effects=choice.fixed_effects,
        subset=subset_text(choice),
        label=(choice.label.zh, choice.label.en),
    )


def _one(rows: _Rows, wide: Wide, choice: SpecificationChoice, study: Study, *, main: bool) -> Estimate:
    """Estimate one specification and add its rows."""
    settings, seed = study.regressions.inference, study.study.seed
    spec = specification(wide, choice, study, main=main)
    sample = compared(wide, choice, study)
    found = estimate(sample, spec, draws=settings.draws, weights=settings.weights, seed=seed, level=settings.level)
    density = choice.density or study.regressions.density
    rows.tables["regressions"] += regression_rows(found, choice, density, wide)
    left = len(wide.frame) - len(sample)
    rows.tables["regression_diagnostics"] += diagnostic_rows(found, wide, left, headline=main, level=settings.level)
    for j, column in enumerate(spec.outcomes):
        name, node = split_name(column)
        if node in wide.shown and name != "composition" and not found.sums.sd_outcomes[j] > 0:
            rows.missing(("regressions",), _constant(spec.id, name, node))
    if main:
        _readings(rows, wide, found, study)
    return found


def _constant(spec: str, sample: str, node: str) -> EstimationError:
    return EstimationError(
        f"specification {spec}, sample {sample}: {node} is constant once the fixed effects are out",
        zh=f"回归设定 {spec},样本 {sample}:{node} 在控制固定效应后为常数",
    )


def _readings(rows: _Rows, wide: Wide, found: Estimate, study: Study) -> None:
    """Channels, contribution and verdicts of the headline specification."""
    rng = stream(study.study.seed, "joint", found.spec.id)
    joint = joint_draws(found.sums, draws=JOINT_DRAWS, rng=rng)
    parts = {sample: _channels(rows, wide, found, study, sample, joint) for sample in wide.samples}
    _contribution(rows, wide, found, study, parts)
    _verdicts(rows, wide, found, study)


def _channels(rows: _Rows, wide: Wide, found: Estimate, study: Study, sample: str, joint: np.ndarray) -> list[Part]:
    parts, faults = decompose(found, wide.frame, wide.tree, sample, joint=joint, level=study.regressions.inference.level)
    rows.tables["channels"] += channel_rows(parts, found.spec.id, sample)
    mend = ("渠道分解用算术合成与固定权重的方案", "use arithmetic aggregation and fixed weights for the split")
    for fault in faults:
        rows.missing(("channels",), fault, mend)
    return parts


def _contribution(rows: _Rows, wide: Wide, found: Estimate, study: Study, parts: Mapping[str, list[Part]]) -> None:
    choice, level = study.regressions.contribution, study.regressions.inference.level
    root, sample = wide.tree.root, wide.frame.loc[found.rows]
    items: dict[str, list[Item]] = {kind: [] for kind in wide.samples}
    years = window(sample, found.spec.density, choice)
    for kind in wide.samples:
        items[kind] += fraction_items(parts[kind], root)
        if years is not None:
            items[kind] += accounting(found, sample, f"{kind}:{root}", years, choice, level=level)
            items[kind] += counterfactual(found, sample, f"{kind}:{root}", years, level=level)
    if years is None:
        fault = EstimationError("the sample has one year only", zh="样本只有一年")
        rows.missing(("contribution",), fault)
    items["all"] += _told_apart(wide, found, sample, study)
    for kind, made in items.items():
        rows.tables["contribution"] += contribution_rows(made, found.spec.id, kind)


def _told_apart(wide: Wide, found: Estimate, sample: pd.DataFrame, study: Study) -> list[Item]:
    """Effect on all firms, composition and spillover: of the splittable part always, of the root when half of it can be split."""
    choice, level = study.regressions.contribution, study.regressions.inference.level
    both = len(wide.samples) > 1
    root = wide.tree.root
    whole = both and split_at_least_half(wide, root)
    kinds = ("all", "leave_out", "composition")
    made = effects(found, root, kinds if whole else ("all",), level=level)
    if SPLITTABLE in wide.shown:
        made += effects(found, SPLITTABLE, kinds, level=level)
    years = window(sample, found.spec.density, choice)
    return made + (shared(found, sample, root, years, choice, level=level) if whole and years else [])


def _verdicts(rows: _Rows, wide: Wide, found: Estimate, study: Study) -> None:
    settings = study.regressions.hypotheses
    if settings is None:
        fault = EstimationError("no smallest effect of interest is set", zh="未设定最小关注效应(sesoi)")
        mend = (
            "在 regressions.yaml 写 hypotheses: {sesoi: 0.10, alpha: 0.05}",
            "write hypotheses: {sesoi: 0.10, alpha: 0.05} in regressions.yaml",
        )
        rows.missing(("hypotheses",), fault, mend)
        return
    rule = Rule(sesoi=settings.sesoi, alpha=settings.alpha)
    judged = {}
    for sample in wide.samples:
        made, dropped = tests(
            found, _outcomes(wide, sample), rule, seed=study.study.seed, weights=study.regressions.inference.weights
        )
        judged[sample] = made
        rows.tables["regression_diagnostics"] += verdict_rows(made, dropped, found.spec.id, sample)
    only = composition_only(judged["all"], judged.get("leave_out", []))
    for sample, made in judged.items():
        here = only if sample == "all" else frozenset()
        rows.tables["hypotheses"] += hypothesis_rows(made, found, sample, rule, here)


def _outcomes(wide: Wide, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column: H1 the root, H2a-H3c the six; on leave_out only what can be split."""
    chosen = {"H1": wide.tree.root} | {h: node for h, node in NODES.items() if node in wide.tree.nodes}
    if sample == "leave_out":
        chosen = {h: n for h, n in chosen.items() if split_at_least_half(wide, n)}
        if "H1" not in chosen and SPLITTABLE in wide.shown:
            chosen = {"H1": SPLITTABLE} | chosen
    return {h: f"{sample}:{node}" for h, node in chosen.items()}
