"""H4, H5, H6b and H8 read from the headline's rows: where modes act, what paths strengthen, whom SRDI firms lift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ...errors import EstimationError
from ...study.records import SpecificationChoice, Study
from ..estimation_sample import Wide
from ..kernels.moderation import Moderated, all_moderated
from ..kernels.specification import Estimate, Specification
from ..model_rows import hypothesis_rows, verdict_rows
from ..store import Store
from .interactions import PATH, channels_of, early_paths, interaction_tests, path_names, root_of, stepped, usable
from .leading_firms import NAMES as LEADER_SAMPLES
from .leading_firms import firm_estimates, group_rows, index_estimate
from .mode_matrix import SAMPLE, matrix_diagnostics, matrix_rows, matrix_test, mode_matrix
from .robustness import moderation_rows, moved_before
from .verdicts import Rule, Test, composition_only, tests

MODES_MEND = (
    "提供带专精特新状态、研发、商标、海外收入、配套等列的企业表,并在 modes.yaml 写测度项",
    "give firms with SRDI status, R&D, trademarks, overseas sales and customers, and name items in modes.yaml",
)
MODERATOR_MEND = (
    "在 regressions.yaml 的 moderators 写调节变量(如基础研究、营商环境),并列入 hypotheses.moderators",
    "write a moderator such as basic research under moderators of regressions.yaml and list it in hypotheses.moderators",
)
LEADERS_MEND = ("提供覆盖首次认定之前年份的企业表", "give firms from the years before the first recognition")


def _nothing(*columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True)
class Theory:
    """Tables that these hypotheses rest on, empty where the study has none."""

    mode_densities: pd.DataFrame = field(default_factory=lambda: _nothing("version", "unit", "year", "mode", "soft"))
    paths: pd.DataFrame = field(default_factory=lambda: _nothing("path", "unit", "year", "indicator", "value"))
    leader_scores: pd.DataFrame = field(default_factory=lambda: _nothing("sample", "unit", "year", "node", "score"))
    leader_firms: pd.DataFrame = field(default_factory=lambda: _nothing("firm", "unit", "year", "sample"))


@dataclass(frozen=True)
class Frame:
    """What all readings share: where rows go, the headline and how it was asked for, the rule of the verdicts if any."""

    store: Store
    wide: Wide
    found: Estimate
    choice: SpecificationChoice
    study: Study
    lead: Estimate | None

    @property
    def rule(self) -> Rule | None:
        said = self.study.regressions.hypotheses
        return Rule(sesoi=said.sesoi, alpha=said.alpha) if said else None

    @property
    def settings(self) -> dict[str, object]:
        said = self.study.regressions.inference
        return {"draws": said.draws, "weights": said.weights, "seed": self.study.study.seed, "level": said.level}

    @property
    def rows(self) -> pd.DataFrame:
        return self.wide.frame.loc[self.found.rows]

    @property
    def spec(self) -> Specification:
        names = self.wide.outcomes(self.wide.shown, composition=False)
        found = self.found.spec
        return Specification(found.id, names, found.density, found.controls, found.fixed_effects)

    def missing(self, hypothesis: str, fault: EstimationError, mend: tuple[str, str]) -> None:
        text = EstimationError(f"{hypothesis}: {fault.en}", zh=f"{hypothesis}:{fault.zh}")
        self.store.missing(("hypotheses",), text, mend)

    def judged(self, made: Sequence[Test], found: Estimate, sample: str, notes: Mapping[str, frozenset[str]]) -> None:
        if self.rule is not None:
            self.store.add("hypotheses", hypothesis_rows(made, found, sample, self.rule, notes))


def read_theory(
    store: Store, wide: Wide, found: Estimate, choice: SpecificationChoice, study: Study, theory: Theory,
    moderators: Sequence[Moderated], lead: Estimate | None,
) -> None:  # fmt: skip
    """Add mode_matrix, the interactions with paths and the lines of H4, H5, H6b and H8 to `hypotheses`."""
    frame = Frame(store, wide, found, choice, study, lead)
    _modes(frame, theory.mode_densities)
    _paths(frame, theory.paths)
    _leaders(frame, theory)
    _moderators(frame, moderators)


def _modes(frame: Frame, densities: pd.DataFrame) -> None:
    settings = frame.study.regressions.inference
    lag = (frame.choice.density or frame.study.regressions.density).lag
    try:
        made = mode_matrix(
            frame.wide, frame.rows, frame.spec, densities, lag, draws=settings.draws, weights=settings.weights,
            seed=frame.study.study.seed, level=settings.level,
        )  # fmt: skip
    except EstimationError as fault:
        frame.missing("H4", fault, MODES_MEND)
        return
    frame.store.add("mode_matrix", matrix_rows(made, frame.wide))
    frame.store.add("regression_diagnostics", matrix_diagnostics(made))
    if frame.rule is None:
        return
    test, dropped = matrix_test(made, frame.wide, frame.rule, seed=frame.study.study.seed, draws=settings.draws)
    before = moved_before(frame.lead, {n: f"{SAMPLE}:{n}" for n in made.nodes}, frame.rule.alpha)
    frame.judged([test], made.estimate, SAMPLE, {"pre_trend": frozenset({"H4"} if before else ())})
    frame.store.add("regression_diagnostics", verdict_rows([test], {"H4": dropped}, made.estimate.spec.id, SAMPLE))


def _paths(frame: Frame, paths: pd.DataFrame) -> None:
    names = path_names(paths)
    if not names:
        frame.missing(
            "H5", EstimationError("no path index; see paths in this table", zh="没有路径指数,原因见本表 paths"), MODES_MEND
        )
        return
    rows = frame.rows.merge(early_paths(paths, frame.study.modes.window), on="unit", how="left")
    made, faults = usable(_moderated(frame, rows, names))
    for fault in faults:
        frame.missing("H5", fault, MODES_MEND)
    _interactions(frame, made, {m.name: m.name.removeprefix(PATH) for m in made})


def _moderated(frame: Frame, rows: pd.DataFrame, names: Sequence[str]) -> list[Moderated | EstimationError]:
    said = frame.study.regressions.inference
    return list(
        all_moderated(
            rows, frame.spec, names, draws=said.draws, weights=said.weights, seed=frame.study.study.seed, level=said.level
        )
    )


def _interactions(frame: Frame, made: Sequence[Moderated], paths: Mapping[str, str]) -> None:
    """Rows of the interactions with paths, and one verdict for each channel named."""
    density = frame.choice.density or frame.study.regressions.density
    frame.store.add("regressions", moderation_rows(made, frame.choice, density, frame.wide))
    outcomes = {s: {m.name: channels_of(frame.wide, paths[m.name], s) for m in made} for s in frame.wide.samples}
    _families(frame, made, outcomes)


def _families(frame: Frame, made: Sequence[Moderated], outcomes: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """One family per sample, Holm's p; `outcomes` is sample -> moderator -> hypothesis -> column."""
    rule = frame.rule
    if rule is None:
        return
    judged: dict[str, list[tuple[Estimate, Moderated, Test]]] = {}
    for sample, chosen in outcomes.items():
        judged[sample] = []
        for one in made:
            weights, seed = frame.study.regressions.inference.weights, frame.study.study.seed
            found, dropped = interaction_tests(one, chosen[one.name], rule, seed=seed, weights=weights)
            judged[sample] += [(one.estimate, one, test) for test in found]
            frame.store.add("regression_diagnostics", verdict_rows(found, dropped, one.estimate.spec.id, sample))
    final = {sample: stepped(found, rule) for sample, found in judged.items()}
    only = composition_only(final.get("all", []), final.get("leave_out", []))
    for sample, tried in judged.items():
        for (estimate, *_), test in zip(tried, final[sample]):
            notes = {"pre_trend": moved_before(frame.lead, {test.hypothesis: test.outcome}, rule.alpha)}
            notes |= {"composition_only": only} if sample == "all" else {}
            frame.judged([test], estimate, sample, notes)


def _moderators(frame: Frame, made: Sequence[Moderated]) -> None:
    said = frame.study.regressions.hypotheses
    named = said.moderators if said else ()
    chosen = [one for one in made if one.name in named]
    for name in named:
        if name not in {one.name for one in chosen}:
            frame.missing("H8", EstimationError(f"{name} could not be used", zh=f"{name} 无法使用"), MODERATOR_MEND)
    if not named:
        text = EstimationError("no moderator is named as a hypothesis", zh="没有把任何调节变量列为假设")
        frame.missing("H8", text, MODERATOR_MEND)
        return
    outcomes: dict[str, dict[str, dict[str, str]]] = {}
    for sample in frame.wide.samples:
        root = root_of(frame.wide, sample)
        outcomes[sample] = {one.name: {"H8": f"{sample}:{root}"} if root else {} for one in chosen}
    _families(frame, chosen, outcomes)


def _leaders(frame: Frame, theory: Theory) -> None:
    """H6b on the leave-out index of leaders and of others, and on their firm outcomes."""
    rule, settings, seed = frame.rule, frame.study.regressions.inference, frame.study.study.seed
    density = frame.choice.density or frame.study.regressions.density
    for sample in LEADER_SAMPLES:
        try:
            made = index_estimate(frame.wide, frame.rows, frame.spec, theory.leader_scores, sample, settings, seed)
        except EstimationError as fault:
            frame.missing("H6b", fault, LEADERS_MEND)
            continue
        frame.store.add("regressions", group_rows(made, sample, density))
        if rule is not None:
            judged, dropped = tests(made, {"H6b": made.spec.outcomes[0]}, rule, seed=seed, weights=settings.weights)
            frame.judged(judged, made, sample, {})
            frame.store.add("regression_diagnostics", verdict_rows(judged, dropped, made.spec.id, sample))
    _leader_firms(frame, theory)


def _leader_firms(frame: Frame, theory: Theory) -> None:
    rule, settings, seed = frame.rule, frame.study.regressions.inference, frame.study.study.seed
    density = frame.choice.density or frame.study.regressions.density
    for made in firm_estimates(frame.wide, frame.spec, theory.leader_firms, settings, seed):
        if isinstance(made, EstimationError):
            frame.missing("H6b", made, LEADERS_MEND)
            continue
        found, sample = made
        frame.store.add("regressions", group_rows(found, sample, density))
        if rule is not None:
            judged, dropped = tests(found, {"H6b": found.spec.outcomes[0]}, rule, seed=seed, weights=settings.weights)
            frame.judged(judged, found, sample, {"firm_level": frozenset({"H6b"})})
            frame.store.add("regression_diagnostics", verdict_rows(judged, dropped, found.spec.id, sample))
