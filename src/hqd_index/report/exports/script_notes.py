"""What both scripts say and choose alike: conventions, why firm commands are absent, which regressions are instrumented."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ...models.kernels.shift_share import Z
from ..number_format import is_missing
from ..regression_rows import headline_spec
from ..results import Results
from .published_panel_columns import SHARE_SUM
from .regression_designs import RegressionDesign

INSTRUMENT = Z
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


def instrument_designs(
    results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame
) -> Iterator[tuple[RegressionDesign, str, str]]:
    """(design, outcome, column) of each published shift-share estimate that the panel's columns can repeat."""
    rows = results.table("endogeneity")
    if rows.empty or INSTRUMENT not in panel_data.columns:
        return
    instrument_rows = rows[(rows["method"] == "shift_share") & (rows["quantity"] == "estimate")]
    outcomes = set(zip(instrument_rows["sample"], instrument_rows["outcome"]))
    for design in designs:
        if design.spec != headline_spec(results) or design.weights is not None:
            continue
        if SHARE_SUM in panel_data.columns and "unit" not in design.effects:
            continue  # there the sum itself is a control, which this script does not write
        yield from (
            (design, outcome_name, column)
            for outcome_name, column in design.outcomes.items()
            if (design.sample, outcome_name) in outcomes
        )


def expected_numbers(regression: Mapping[Hashable, Any]) -> str:
    """What a command should print, to ten digits."""
    names = {"estimate": "b", "se_cv1": "CV1 se", "se_cv3": "CV3 se", "p_wild": "wild p"}
    number_texts = [
        f"{number_name} {regression[column]:.10g}" for column, number_name in names.items() if not is_missing(regression[column])
    ]
    return "; ".join([*number_texts, f"N {regression['n_obs']}"])
