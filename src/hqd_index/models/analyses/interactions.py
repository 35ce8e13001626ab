"""Density times what units were like: every moderator in the regressions, H5 on the paths, H8 on the moderators named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..estimation_data import KEY
from ..estimation_sample import EstimationSample
from ..headline import Headline
from ..kernels.judgements import HypothesisTest, smallest_attainable_p, tests
from ..kernels.moderation import BASE, INTERACTION_PREFIX, Moderated, all_moderated
from ..kernels.multiple_testing import holm
from ..kernels.verdicts import VerdictRule, verdict
from ..model_rows import DATA_MEND, Mend, Row, Rows, merged_rows, not_made, regression_rows
from .hypotheses import Context, fragile_rows, hypothesis_rows, splits_of
from .mode_matrix import MODES_MEND

PATH = "path_"
CHANNELS = {
    "focus": (("H5a", "safety"),),
    "capability": (("H5b", "quality"),),
    "integration": (("H5c", "smoothness"), ("H5d", "")),
}
SPILLOVER = "H5d"  # of integration: the effect on firms never recognised, so on the leave-out index alone
MODERATOR_MEND: Mend = (
    "在 regressions.yaml 的 moderators 写调节变量(如基础研究、营商环境),并列入 hypotheses.moderators",
    "write a moderator such as basic research under moderators of regressions.yaml and list it in hypotheses.moderators",
)

Outcomes = Mapping[str, Mapping[str, Mapping[str, str]]]  # sample -> moderator -> hypothesis -> column


def path_shares_of_early_years(paths: pd.DataFrame, years: int) -> pd.DataFrame:
    """unit, base_path_<name>: mean path index of each unit's first `years` years that have one; set before later outcomes."""
    index = paths[(paths["indicator"] == "index") & paths["value"].notna()].sort_values(["path", *KEY])
    early_rows = index[index.groupby(["path", "unit"]).cumcount() < years]
    shares_by_path = early_rows.groupby(["unit", "path"])["value"].mean().unstack("path")
    return shares_by_path.add_prefix(f"{BASE}{PATH}").reset_index()


def path_names(paths: pd.DataFrame) -> list[str]:
    """Moderators that `early_paths` gives, in the order of the theory."""
    observed_paths = set(paths["path"])
    return [f"{PATH}{path_name}" for path_name in CHANNELS if path_name in observed_paths]


def channels_of(estimation_sample: EstimationSample, path: str, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column of a path in one sample; on leave_out only what can be split."""
    columns: dict[str, str] = {}
    for hypothesis, node in CHANNELS[path]:
        if hypothesis == SPILLOVER:
            root_column = estimation_sample.root_in(sample) if sample == "leave_out" else None
            columns |= {hypothesis: f"{sample}:{root_column}"} if root_column else {}
        elif node in estimation_sample.tree.nodes and (sample == "all" or estimation_sample.mostly_firms(node)):
            columns[hypothesis] = f"{sample}:{node}"
    return columns


def moderation_rows(moderated_estimates: Sequence[Moderated], headline: Headline) -> Iterator[Row]:
    """Rows of `regressions`: every term of each moderated specification, with the interaction's p over all moderators."""
    p = np.array([moderation.bootstrap.p() for moderation in moderated_estimates])  # (moderators, outcomes)
    holm_p = np.array([holm(p_of_outcome) for p_of_outcome in p.T]).T
    for i, moderation in enumerate(moderated_estimates):
        for term_row_values in regression_rows(moderation.estimate, headline.density, headline.sample):
            j = moderation.estimate.outcome_index(f"{term_row_values['sample']}:{term_row_values['outcome']}")
            if term_row_values["term"] == f"{INTERACTION_PREFIX}{moderation.name}":
                note = f"Holm p over {len(moderated_estimates)} moderators: {holm_p[i, j]:.4f}"
                term_row_values |= {"p_wild": float(p[i, j]), "note": note}
            yield term_row_values


def moderation(headline: Headline) -> Rows:
    """Density x each moderator, the interaction's p adjusted over moderators (Holm) in the note."""
    moderated_estimates, errors = _estimates_and_errors(headline.moderated)
    not_made_rows = [reason_row for error in errors for reason_row in not_made(("regressions",), error, DATA_MEND)]
    return {"regressions": list(moderation_rows(moderated_estimates, headline)), "not_made": not_made_rows}


def paths(headline: Headline) -> Rows:
    """H5: density x each path on the channel that the theory names for it."""
    names = path_names(headline.inputs.paths)
    if not names:
        raise EstimationError("no path index; see paths in this table", zh="没有路径指数,原因见本表 paths")
    early_paths = path_shares_of_early_years(headline.inputs.paths, headline.study.modes.window)
    observations = headline.rows.merge(early_paths, on="unit", how="left")
    moderated_estimates, errors = _estimates_and_errors(
        all_moderated(observations, headline.specification, names, **headline.settings)
    )
    not_made_rows = [reason_row for error in errors for reason_row in hypothesis_not_made("H5", error, MODES_MEND)]
    columns = {
        sample: {m.name: channels_of(headline.sample, m.name.removeprefix(PATH), sample) for m in moderated_estimates}
        for sample in headline.sample.samples
    }
    regressions = {"regressions": list(moderation_rows(moderated_estimates, headline)), "not_made": not_made_rows}
    return merged_rows([regressions, _family_verdicts(headline, moderated_estimates, columns)])


def named_moderators(headline: Headline) -> Rows:
    """H8: the moderators that the study lists as hypotheses, each on the whole index."""
    hypotheses = headline.study.regressions.hypotheses
    names = hypotheses.moderators if hypotheses else ()
    if not names:
        raise EstimationError("no moderator is named as a hypothesis", zh="没有把任何调节变量列为假设")
    moderated_estimates = [moderation for moderation in _estimates_and_errors(headline.moderated)[0] if moderation.name in names]
    not_made_rows: list[Row] = []
    for name in names:
        if name not in {moderation.name for moderation in moderated_estimates}:
            fault = EstimationError(f"{name} could not be used", zh=f"{name} 无法使用")
            not_made_rows += hypothesis_not_made("H8", fault, MODERATOR_MEND)
    roots = {sample: headline.sample.root_in(sample) for sample in headline.sample.samples}
    columns = {
        sample: {moderation.name: {"H8": f"{sample}:{root_column}"} if root_column else {} for moderation in moderated_estimates}
        for sample, root_column in roots.items()
    }
    return merged_rows([{"not_made": not_made_rows}, _family_verdicts(headline, moderated_estimates, columns)])


def hypothesis_not_made(hypothesis: str, fault: EstimationError, remedy: Mend) -> list[Row]:
    """Rows of `not_made` for one hypothesis."""
    reason = EstimationError(f"{hypothesis}: {fault.en}", zh=f"{hypothesis}:{fault.zh}")
    return not_made(("hypotheses",), reason, remedy)


def _estimates_and_errors(results: Iterable[Moderated | EstimationError]) -> tuple[list[Moderated], list[EstimationError]]:
    """Those that could be estimated, and why the others could not."""
    all_results = list(results)
    return [m for m in all_results if isinstance(m, Moderated)], [m for m in all_results if isinstance(m, EstimationError)]


@dataclass(frozen=True)
class _JudgedInteraction:
    moderated: Moderated
    test: HypothesisTest


def _holm_adjusted_tests(family: Sequence[_JudgedInteraction], rule: VerdictRule) -> list[HypothesisTest]:
    """The tests of one family with Holm's p, each judged by it."""
    holm_p = holm([judged_interaction.test.p_wild for judged_interaction in family])
    adjusted_tests = []
    for judged_interaction, p in zip(family, holm_p):
        moderation, test = judged_interaction.moderated, judged_interaction.test
        evidence = max(p, smallest_attainable_p(moderation.estimate.sums.g, moderation.bootstrap))
        verdict_key = verdict(test.estimate, evidence, test.narrow, rule)
        adjusted_tests.append(
            replace(test, p_adjusted=p, verdict=verdict_key, size=test.size if verdict_key == "supported" else None)
        )
    return adjusted_tests


def _family_verdicts(headline: Headline, moderated_estimates: Sequence[Moderated], columns: Outcomes) -> Rows:
    """One family per sample, Holm's p, a positive sign predicted; no rows where the study has fixed no rule."""
    rule = headline.rule
    if rule is None:
        return {}
    families: dict[str, list[_JudgedInteraction]] = {sample: [] for sample in columns}
    row_tables: list[Mapping[str, Iterable[Row]]] = []
    for sample, outcomes_by_moderator in columns.items():
        for moderation in moderated_estimates:
            judged_tests, verdicts_without = tests(
                moderation.estimate, outcomes_by_moderator[moderation.name], rule, seed=headline.seed,
                weights=headline.settings["weights"], term=moderation.term, bootstrap=moderation.bootstrap,
            )  # fmt: skip
            families[sample] += [_JudgedInteraction(moderation, test) for test in judged_tests]
            fragile = fragile_rows(judged_tests, verdicts_without, moderation.estimate, sample)
            row_tables.append({"regression_diagnostics": list(fragile)})
    adjusted_tests = {sample: _holm_adjusted_tests(family, rule) for sample, family in families.items()}
    splits = splits_of(adjusted_tests.get("all", []), adjusted_tests.get("leave_out", []))
    for sample, family in families.items():
        for judged_interaction, test in zip(family, adjusted_tests[sample]):
            notes = headline.trended_before({test.hypothesis: test.outcome})
            context = Context(notes=notes, splits=splits if sample == "all" else {})
            row_tables.append(
                {"hypotheses": list(hypothesis_rows([test], judged_interaction.moderated.estimate, sample, rule, context))}
            )
    return merged_rows(row_tables)
