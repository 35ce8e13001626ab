"""All that is asked of the headline: a new analysis is a function of it and a row of `ANALYSES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import EstimationError
from ...progress import counted
from ..headline import Headline
from ..model_rows import DATA_MEND, Mend, Rows, merged_rows, not_made
from .channels import CHANNELS_MEND, channels
from .contribution import accounting, effects
from .dead_bands import dead_bands
from .endogeneity import CELLS_MEND, instrument, long_difference_regressions, named_instruments
from .hypotheses import RULE_MEND, hypotheses
from .identification import trends
from .interactions import MODERATOR_MEND, moderation, named_moderators, paths
from .leading_firms import LEADERS_MEND, leader_indices, leader_outcomes
from .mediators import MEDIATORS_MEND, mediators
from .mode_matrix import MODES_MEND, modes
from .oaxaca import oaxaca
from .omitted_variables import omitted_variables
from .policy import POLICY_MEND, policy
from .robustness import earlier_trends, placebo, robustness
from .spillover import LINKS_MEND, complete_spillover, direct_spillover
from .thresholds import thresholds
from .variance_shares import variance_shares


@dataclass(frozen=True)
class Analysis:
    """`tables` lack what this analysis would give when it is not made; `further_tables` get rows of it too.

    `description` (zh, en) goes before the reason where that does not say which analysis it is about.
    """

    function: Callable[[Headline], Rows]
    tables: tuple[str, ...]
    mend: Mend = DATA_MEND
    further_tables: tuple[str, ...] = ()
    description: tuple[str, str] | None = None


DIAGNOSTICS = ("regression_diagnostics",)
H4, H5, H6B, H8 = ((f"假设 {name}", name) for name in ("H4", "H5", "H6b", "H8"))
SPILLOVER = ("假设 H6(投入产出外溢)", "H6 (spillover)")

ANALYSES: dict[str, Analysis] = {
    "channels": Analysis(channels, ("channels",), CHANNELS_MEND, further_tables=("contribution",)),
    "variance_shares": Analysis(variance_shares, ("contribution",)),
    "accounting": Analysis(accounting, ("contribution",)),
    "effects": Analysis(effects, ("contribution",)),
    "policy": Analysis(policy, ("contribution",), POLICY_MEND),
    "oaxaca": Analysis(oaxaca, ("oaxaca",), description=("Blinder-Oaxaca 分解(H)", "Blinder-Oaxaca (H)")),
    "mediators": Analysis(mediators, ("mediators",), MEDIATORS_MEND, further_tables=("regressions",)),
    "robustness": Analysis(robustness, DIAGNOSTICS),
    "placebo": Analysis(placebo, ("placebo",), further_tables=DIAGNOSTICS),
    "earlier_trends": Analysis(earlier_trends, DIAGNOSTICS),
    "trends": Analysis(trends, DIAGNOSTICS, further_tables=("regressions",)),
    "hypotheses": Analysis(hypotheses, ("hypotheses",), RULE_MEND, further_tables=DIAGNOSTICS),
    "direct_spillover": Analysis(
        direct_spillover,
        ("regressions", "hypotheses"),
        LINKS_MEND,
        further_tables=("contribution", *DIAGNOSTICS),
        description=SPILLOVER,
    ),
    "complete_spillover": Analysis(complete_spillover, ("regressions", "hypotheses"), LINKS_MEND, description=SPILLOVER),
    "long_difference": Analysis(long_difference_regressions, ("regressions",)),
    "omitted_variables": Analysis(omitted_variables, ("endogeneity",)),
    "instrument": Analysis(instrument, ("endogeneity",), CELLS_MEND),
    "named_instruments": Analysis(named_instruments, ("endogeneity",)),
    "thresholds": Analysis(thresholds, ("thresholds",)),
    "moderation": Analysis(moderation, ("regressions",)),
    "modes": Analysis(modes, ("hypotheses",), MODES_MEND, further_tables=("mode_matrix", *DIAGNOSTICS), description=H4),
    "dead_bands": Analysis(dead_bands, ("mode_dead_bands",), MODES_MEND),
    "paths": Analysis(paths, ("hypotheses",), MODES_MEND, further_tables=("regressions", *DIAGNOSTICS), description=H5),
    "leader_indices": Analysis(
        leader_indices,
        ("hypotheses",),
        LEADERS_MEND,
        further_tables=("regressions", *DIAGNOSTICS),
        description=H6B,
    ),
    "leader_outcomes": Analysis(
        leader_outcomes,
        ("hypotheses",),
        LEADERS_MEND,
        further_tables=("regressions", *DIAGNOSTICS),
        description=H6B,
    ),
    "moderators": Analysis(named_moderators, ("hypotheses",), MODERATOR_MEND, further_tables=DIAGNOSTICS, description=H8),
}


def tables_made() -> tuple[str, ...]:
    """Every table that some analysis gives rows to."""
    return tuple(
        dict.fromkeys(table_name for analysis in ANALYSES.values() for table_name in (*analysis.tables, *analysis.further_tables))
    )


def headline_tables(headline: Headline) -> Rows:
    """Rows by table of every analysis in turn; one that cannot be made is a row of `not_made` for each of its tables."""
    return merged_rows(_analysis_rows(analysis, headline) for analysis in counted(list(ANALYSES.values()), "分析", "analyses"))


def _analysis_rows(analysis: Analysis, headline: Headline) -> Rows:
    try:
        return analysis.function(headline)
    except EstimationError as fault:
        reason = fault
        if analysis.description is not None:
            zh, en = analysis.description
            reason = EstimationError(f"{en}: {fault.en}", zh=f"{zh}：{fault.zh}")
        return {"not_made": not_made(analysis.tables, reason, analysis.mend)}
