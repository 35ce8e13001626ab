"""The headline specification read: channels, contribution, verdicts, and what a referee asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ...errors import EstimationError
from ...study.records import SpecificationChoice, Study
from ..estimation_sample import SPLITTABLE, Wide
from ..kernels.inference import joint_draws, stream
from ..kernels.moderation import Moderated, all_moderated
from ..kernels.slx import UP, Spillover, slx
from ..kernels.specification import Estimate, Specification
from ..model_rows import (
    channel_rows,
    contribution_rows,
    density_text,
    fraction_items,
    hypothesis_rows,
    regression_rows,
    split_at_least_half,
    verdict_rows,
)
from ..store import Store
from .channels import JOINT_DRAWS, Part, decompose
from .contribution import Item, accounting, counterfactual, effects, shared, window
from .endogeneity import fit_long_difference, instrument_rows
from .mediators import read_mediators
from .oaxaca import read_oaxaca
from .omitted_variables import sensitivity_rows
from .policy import Ground, ground, simulated, with_links
from .pre_trend import pre_trend
from .robustness import (
    fit_rows,
    importance_items,
    kernel_rows,
    linked_items,
    moderation_rows,
    moved_before,
    random_rows,
    spillover_rows,
    trend_rows,
)
from .theory import Theory, read_theory
from .verdicts import NODES, Rule, composition_only, tests

CELLS_MEND = ("提供含行业、省份与专精特新状态的企业表", "give a firm table with industry, province and SRDI status")
CHANNELS_MEND = ("渠道分解用算术合成与固定权重的方案", "use arithmetic aggregation and fixed weights for the split")
RULE_MEND = (
    "在 regressions.yaml 写 hypotheses: {sesoi: 0.10, alpha: 0.05}",
    "write hypotheses: {sesoi: 0.10, alpha: 0.05} in regressions.yaml",
)
POLICY_MEND = (
    "以企业数计密度(measure: count)并提供 HS6 双边贸易数据(trade_hs6)",
    "let the density count firms (measure: count) and give bilateral trade by HS6 (trade_hs6)",
)
LINKS_MEND = ("在 sources.yaml 中加入读入表 io 的来源", "add a source for table io in sources.yaml")


@dataclass(frozen=True)
class Beside:
    """Tables that some readings need besides the estimation data; without one, not_made says what it would have given."""

    io_links: pd.DataFrame | None = None
    firm_cells: pd.DataFrame | None = None
    density: pd.DataFrame | None = None
    chokepoints: pd.DataFrame | None = None
    scenarios: pd.DataFrame | None = None
    mediators: pd.DataFrame | None = None


def read_headline(
    store: Store,
    wide: Wide,
    found: Estimate,
    choice: SpecificationChoice,
    study: Study,
    beside: Beside,
    theory: Theory | None = None,
) -> None:
    """Add the rows of all tables that rest on the headline specification."""
    rng = stream(study.study.seed, "joint", found.spec.id)
    joint = joint_draws(found.sums, draws=JOINT_DRAWS, rng=rng)
    parts = {sample: _channels(store, wide, found, study, sample, joint) for sample in wide.samples}
    _contribution(store, wide, found, study, parts)
    base = _policy(store, wide, found, choice, study, beside)
    read_oaxaca(store, wide, found, choice, study)
    read_mediators(store, wide, found, choice, study, beside.mediators)
    lead = _referee(store, wide, found, study)
    _verdicts(store, wide, found, study, lead)
    _spillover(store, wide, found, choice, study, beside.io_links, base)
    _endogeneity(store, wide, found, choice, study, beside.firm_cells)
    moderators = _moderation(store, wide, found, choice, study)
    if theory is not None:
        read_theory(store, wide, found, choice, study, theory, moderators, lead)


def _channels(store: Store, wide: Wide, found: Estimate, study: Study, sample: str, joint: np.ndarray) -> list[Part]:
    parts, faults = decompose(found, wide.frame, wide.tree, sample, joint=joint, level=study.regressions.inference.level)
    store.add("channels", channel_rows(parts, found.spec.id, sample))
    for fault in faults:
        store.missing(("channels",), fault, CHANNELS_MEND)
    return parts


def _contribution(store: Store, wide: Wide, found: Estimate, study: Study, parts: Mapping[str, list[Part]]) -> None:
    choice, level = study.regressions.contribution, study.regressions.inference.level
    root, sample = wide.tree.root, wide.frame.loc[found.rows]
    years = window(sample, found.spec.density, choice)
    if years is None:
        store.missing(("contribution",), EstimationError("the sample has one year only", zh="样本只有一年"))
    for kind in wide.samples:
        items = fraction_items(parts[kind], root)
        items += importance_items(found, wide, kind, seed=study.study.seed, level=level)
        if years is not None:
            items += accounting(found, sample, f"{kind}:{root}", years, choice, level=level)
            items += counterfactual(found, sample, f"{kind}:{root}", years, level=level)
        items += _told_apart(wide, found, sample, study) if kind == "all" else []
        store.add("contribution", contribution_rows(items, found.spec.id, kind))


def _policy(
    store: Store, wide: Wide, found: Estimate, choice: SpecificationChoice, study: Study, beside: Beside
) -> Ground | None:
    """Item G: what more recognitions would move; the ground it starts from is returned for the version with links."""
    none = pd.DataFrame(columns=["year", "chokepoint", "industries"])
    units = {str(u) for u in wide.frame.loc[found.rows, "unit"].unique()}
    try:
        if beside.density is None or beside.density.empty:
            raise EstimationError("policy simulation (G): no number of firms by unit", zh="政策模拟(G):没有各单位的企业数")
        density = choice.density or study.regressions.density
        base = ground(beside.density, none if beside.chokepoints is None else beside.chokepoints, units, density)
    except EstimationError as fault:
        store.missing(("contribution",), fault, POLICY_MEND)
        return None
    for kind in wide.samples:
        items = simulated(found, base, f"{kind}:{wide.tree.root}", level=study.regressions.inference.level)
        store.add("contribution", contribution_rows(items, found.spec.id, kind))
    return base


def _told_apart(wide: Wide, found: Estimate, sample: pd.DataFrame, study: Study) -> list[Item]:
    """Effect on all firms, composition and spillover: of the splittable part always, of the root when half of it can be split."""
    choice, level = study.regressions.contribution, study.regressions.inference.level
    root = wide.tree.root
    whole = len(wide.samples) > 1 and split_at_least_half(wide, root)
    kinds = ("all", "leave_out", "composition")
    made = effects(found, root, kinds if whole else ("all",), level=level)
    if SPLITTABLE in wide.shown:
        made += effects(found, SPLITTABLE, kinds, level=level)
    years = window(sample, found.spec.density, choice)
    return made + (shared(found, sample, root, years, choice, level=level) if whole and years else [])


def _referee(store: Store, wide: Wide, found: Estimate, study: Study) -> Estimate | None:
    """Randomisation p, kernel errors and the pre-trend test; the latter is returned for the verdicts."""
    settings, seed = study.regressions.inference, study.study.seed
    store.add("regression_diagnostics", kernel_rows(found, wide))
    store.add("regression_diagnostics", fit_rows(found, wide))
    try:
        rows, drawn = random_rows(found, wide, seed)
        store.add("regression_diagnostics", rows)
        store.add("placebo", drawn)
    except EstimationError as fault:
        store.missing(("placebo",), fault)
    names = wide.outcomes(wide.shown, composition=False)
    early = Specification(found.spec.id, names, found.spec.density, (), found.spec.fixed_effects)
    try:
        lead = pre_trend(wide.frame.loc[found.rows], early, draws=settings.draws, weights=settings.weights, seed=seed)
    except EstimationError:
        lead = None
    store.add("regression_diagnostics", trend_rows(found, lead, wide))
    return lead


def _verdicts(store: Store, wide: Wide, found: Estimate, study: Study, lead: Estimate | None) -> None:
    settings = study.regressions.hypotheses
    if settings is None:
        fault = EstimationError("no smallest effect of interest is set", zh="未设定最小关注效应(sesoi)")
        store.missing(("hypotheses",), fault, RULE_MEND)
        return
    rule = Rule(sesoi=settings.sesoi, alpha=settings.alpha)
    weights, seed = study.regressions.inference.weights, study.study.seed
    judged = {}
    for sample in wide.samples:
        judged[sample], dropped = tests(found, _outcomes(wide, sample), rule, seed=seed, weights=weights)
        store.add("regression_diagnostics", verdict_rows(judged[sample], dropped, found.spec.id, sample))
    only = composition_only(judged["all"], judged.get("leave_out", []))
    for sample, made in judged.items():
        notes = {"pre_trend": moved_before(lead, _outcomes(wide, sample), rule.alpha)}
        notes |= {"composition_only": only} if sample == "all" else {}
        store.add("hypotheses", hypothesis_rows(made, found, sample, rule, notes))


def _outcomes(wide: Wide, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column: H1 the root, H2a-H3c the six; on leave_out only what can be split."""
    chosen = {"H1": wide.tree.root} | {h: node for h, node in NODES.items() if node in wide.tree.nodes}
    if sample == "leave_out":
        chosen = {h: n for h, n in chosen.items() if split_at_least_half(wide, n)}
        if "H1" not in chosen and SPLITTABLE in wide.shown:
            chosen = {"H1": SPLITTABLE} | chosen
    return {h: f"{sample}:{node}" for h, node in chosen.items()}


def _spillover(
    store: Store,
    wide: Wide,
    found: Estimate,
    choice: SpecificationChoice,
    study: Study,
    io_links: pd.DataFrame | None,
    base: Ground | None,
) -> None:
    """Density of suppliers and customers: regressions with direct and complete links, H6, and item A with spillover."""
    settings, seed = study.regressions.inference, study.study.seed
    names = wide.outcomes(wide.shown, composition=False)
    spec = Specification(found.spec.id, names, found.spec.density, found.spec.controls, found.spec.fixed_effects)
    density = choice.density or study.regressions.density
    for rounds in ("direct", "complete"):
        try:
            if io_links is None or io_links.empty:
                raise EstimationError("no weights between units", zh="没有单位间的投入产出权重")
            made = slx(
                wide.frame.loc[found.rows], spec, io_links, rounds=rounds, draws=settings.draws, weights=settings.weights,
                seed=seed, level=settings.level, panel=wide.frame,
            )  # fmt: skip
        except EstimationError as fault:
            text = EstimationError(f"spillover (H6): {fault.en}", zh=f"外溢(H6):{fault.zh}")
            store.missing(("regressions", "hypotheses"), text, LINKS_MEND)
            return
        effect_text = "+".join(choice.fixed_effects)
        store.add("regressions", spillover_rows(made, effect_text, density_text(density), density.lag, wide))
        if rounds == "direct":
            _linked(store, wide, made, wide.frame.loc[found.rows], study)
            if base is not None:
                _linked_policy(store, wide, made, io_links, study, base)


def _linked_policy(store: Store, wide: Wide, made: Spillover, io_links: pd.DataFrame, study: Study, base: Ground) -> None:
    """Item G with what reaches suppliers and customers."""
    width = float(stats.t.ppf(0.5 + study.regressions.inference.level / 2, made.estimate.sums.g - 1))
    for kind in wide.samples:
        items = list(with_links(made, base, io_links, f"{kind}:{wide.tree.root}", width=width))
        store.add("contribution", contribution_rows(items, made.estimate.spec.id, kind))


def _linked(store: Store, wide: Wide, made: Spillover, sample_rows: pd.DataFrame, study: Study) -> None:
    """H6 and the accounting with spillover, from direct links."""
    settings, choice = study.regressions.hypotheses, study.regressions.contribution
    found, rows = made.estimate, sample_rows.merge(made.exposure, on=["unit", "year"], how="inner")
    t = float(stats.t.ppf(0.5 + study.regressions.inference.level / 2, found.sums.g - 1))
    years = window(rows, found.spec.density, choice)
    for sample in wide.samples:
        root = _outcomes(wide, sample).get("H1")
        if root is None:
            continue
        if years is not None:
            items = linked_items(made, rows, root, years, choice.min_change, t)
            store.add("contribution", contribution_rows(items, found.spec.id, sample))
        if settings is not None and UP in made.bootstraps:
            rule = Rule(sesoi=settings.sesoi, alpha=settings.alpha)
            judged, dropped = tests(
                found, {"H6": root}, rule, seed=study.study.seed, weights=study.regressions.inference.weights,
                term=made.term(UP), boot=made.bootstraps[UP],
            )  # fmt: skip
            store.add("hypotheses", hypothesis_rows(judged, found, sample, rule, {}))
            store.add("regression_diagnostics", verdict_rows(judged, dropped, found.spec.id, sample))


def _endogeneity(
    store: Store, wide: Wide, found: Estimate, choice: SpecificationChoice, study: Study, cells: pd.DataFrame | None
) -> None:
    """Long difference as rows of `regressions`, the shift-share instrument as table `endogeneity`."""
    settings, rows = study.regressions.inference, wide.frame.loc[found.rows]
    density = choice.density or study.regressions.density
    names = wide.outcomes(wide.shown, composition=False)
    spec = Specification(found.spec.id, names, found.spec.density, found.spec.controls, found.spec.fixed_effects)
    years = window(rows, found.spec.density, study.regressions.contribution)
    try:
        if years is None:
            raise EstimationError("long difference: one year only", zh="长差分:只有一年")
        far = fit_long_difference(
            rows, spec, years.first, years.last, draws=settings.draws, weights=settings.weights, seed=study.study.seed,
            level=settings.level,
        )  # fmt: skip
        store.add("regressions", regression_rows(far, choice.model_copy(update={"fixed_effects": ()}), density, wide))
    except EstimationError as fault:
        store.missing(("regressions",), fault)
    store.add("endogeneity", sensitivity_rows(found, wide))
    try:
        if cells is None or cells.empty:
            raise EstimationError("shift-share: no firms by industry and province", zh="份额移动工具变量:没有分行业、省份的企业")
        store.add("endogeneity", list(instrument_rows(found, wide, cells, density.lag, settings.level)))
    except EstimationError as fault:
        store.missing(("endogeneity",), fault, CELLS_MEND)


def _moderation(store: Store, wide: Wide, found: Estimate, choice: SpecificationChoice, study: Study) -> list[Moderated]:
    """Density x each moderator as rows of `regressions`, the interaction's p adjusted over moderators (Holm) in the note."""
    settings, rows = study.regressions.inference, wide.frame.loc[found.rows]
    names = wide.outcomes(wide.shown, composition=False)
    spec = Specification(found.spec.id, names, found.spec.density, found.spec.controls, found.spec.fixed_effects)
    made = []
    for one in all_moderated(
        rows, spec, tuple(study.regressions.moderators), draws=settings.draws, weights=settings.weights,
        seed=study.study.seed, level=settings.level,
    ):  # fmt: skip
        if isinstance(one, EstimationError):
            store.missing(("regressions",), one)
        else:
            made.append(one)
    density = choice.density or study.regressions.density
    store.add("regressions", moderation_rows(made, choice, density, wide))
    return made
