"""What both scripts say and choose alike: conventions, why firm commands are absent, which regressions are instrumented."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...models.analyses.endogeneity import INSTRUMENT_PREFIX
from ...models.kernels.shift_share import Z
from ...tables import variable
from ..number_format import is_missing
from ..regression_rows import headline_spec
from ..results import Results
from .published_panel_columns import SHARE_SUM
from .regression_designs import RegressionDesign

INSTRUMENT = Z
SHIFT_SHARE = "shift_share"
NOTES = (
    "Expected numbers are those of hqd-index (regressions.csv); other versions of these commands may differ in the last digits.",
    "Outcomes are scores/100, `_lo` leaves out firms ever recognised; `used` marks the rows of the published regressions.",
)
GROUP_EFFECTS_NOTE = (
    "K of the CV1 factor counts every level of group x year but one, as fixest does; a command that finds more of them redundant "
    "gives a smaller CV1 se, by the root of (N - K) over its own."
)


def script_notes(results: Results) -> tuple[str, ...]:
    """What the reader of either script has to know."""
    has_group_years = any("group_year" in spec.fixed_effects for spec in results.study.regressions.specifications)
    return (*NOTES, GROUP_EFFECTS_NOTE) if has_group_years else NOTES


def no_firm_rows(results: Results) -> Iterator[str]:
    """Why the commands on firm-years are not there."""
    if results.table("event_study").empty:
        yield "No event study of firms: this run has none (see event_study in not_made.csv)."
    elif not results.study.study.publish.firm_rows:
        yield "Event studies and other regressions of firms are left out: this study does not publish firm rows."
        yield "With publish: {firm_rows: true} in study.yaml, stata/firms.csv and firms.dta hold them without names."
    else:
        yield "Event studies of firms are left out: this run has no firm rows."


@dataclass(frozen=True)
class InstrumentDesign:
    """A published 2SLS estimate that the panel's columns can repeat: the outcome as published, its column, the instrument's."""

    design: RegressionDesign
    method: str
    outcome: str
    column: str
    instrument: str

    @property
    def has_share_sum(self) -> bool:
        """Of the shift-share instrument alone: the sum of the shares by year is a control where the panel has it."""
        return self.method == SHIFT_SHARE


def instrument_designs(
    results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame
) -> Iterator[InstrumentDesign]:
    """Of the headline without weights: the shift-share instrument, then each that the study names."""
    rows = results.table("endogeneity")
    rows = rows[rows["quantity"] == "estimate"] if len(rows) else rows
    named = {f"{INSTRUMENT_PREFIX}{name}": variable(f"{name}_lag") for name in results.study.regressions.instruments}
    for method, instrument in ({SHIFT_SHARE: INSTRUMENT} | named).items():
        if rows.empty or instrument not in panel_data.columns:
            continue
        of_method = rows[rows["method"] == method]
        outcomes = set(zip(of_method["sample"], of_method["outcome"]))
        for design in designs:
            if design.spec != headline_spec(results) or design.weights is not None:
                continue
            if method == SHIFT_SHARE and SHARE_SUM in panel_data.columns and "unit" not in design.effects:
                continue  # there the sum itself is a control, which this script does not write
            yield from (
                InstrumentDesign(design, method, outcome, column, instrument)
                for outcome, column in design.outcomes.items()
                if (design.sample, outcome) in outcomes
            )


def absent_estimates(results: Results) -> Iterator[str]:
    """One line for each estimate on request that the scripts do not repeat: where it is published, and why not here."""
    regressions, events = results.study.regressions, results.study.regressions.events
    asked = {
        "thresholds.csv (Hansen threshold)": bool(regressions.thresholds),
        "iv in event_study.csv": events.instrument is not None,
        "entropy_balance and psm in event_study.csv": events.balancing is not None,
        "trend_bounds.csv": events.trend_bounds is not None,
        "dcdh_dynamic in event_study.csv": events.dynamic,
    }
    yield from (
        f"Not repeated here: {estimate}. {reason}" for (estimate, is_asked), reason in zip(asked.items(), ABSENT) if is_asked
    )


ABSENT = (
    "xthreg takes balanced panels alone, and the bootstrap draws differ.",
    "The instrument of firms is not exported; with it: ivreghdfe y (valid = z), absorb(firm_id cell_id) cluster(firm_id).",
    "The covariates are not exported; ebalance, psmatch2, or R's ebal give the weights from them (tests hold ours to ebal).",
    "event_covariance.csv has what HonestDiD needs: honestdid in Stata, HonestDiD in R (tests hold ours to its tables).",
    "It needs a package: did_multiplegt_dyn y firm_id year valid, on firm rows, in Stata and R (tests hold ours to the latter).",
)


def expected_numbers(regression: Mapping[Hashable, Any]) -> str:
    """What a command should print, to ten digits."""
    names = {"estimate": "b", "se_cv1": "CV1 se", "se_cv3": "CV3 se", "p_wild": "wild p"}
    number_texts = [
        f"{number_name} {regression[column]:.10g}" for column, number_name in names.items() if not is_missing(regression[column])
    ]
    return "; ".join([*number_texts, f"N {regression['n_obs']}"])
