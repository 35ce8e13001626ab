"""Scripts for Stata and R that run the published regressions, each expected number in a comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from ...study.records import SpecificationChoice
from ...tables import variable
from ..number_format import is_missing
from ..results import Results
from .panel_export import SAMPLES

STATA_EFFECTS = {"unit": "unit_id", "year": "year", "group_year": "group_id#year"}
FIXEST_EFFECTS = STATA_EFFECTS | {"group_year": "group_id^year"}
Regression = tuple[SpecificationChoice, str, str, list[str], pd.Series]


def _specifications(results: Results, data: pd.DataFrame) -> Iterator[Regression]:
    """(specification, outcome column, density column, control columns, published row) of every regression on a density."""
    rows = results.table("regressions")
    for spec in results.study.regressions.specifications:
        if spec.weights is not None or spec.scenario is not None:  # weights and other indices are no column of the panel
            continue
        density = "density_lag" if spec.density is None else variable(f"{spec.density.measure}_lag{spec.density.lag}")
        all_controls = tuple(results.study.regressions.controls)
        names = all_controls if spec.controls == "all" else () if spec.controls == "none" else spec.controls
        columns = [variable(f"{name}_lag") for name in names]
        controls = [column for column in columns if column in data.columns and data[column].notna().any()]
        density_rows = rows[(rows["spec"] == spec.id) & (rows["term"] == "density")] if len(rows) else rows
        for _, row in density_rows.iterrows():
            outcome = variable(f"{row['outcome']}{SAMPLES.get(row['sample'], '')}")
            if outcome in data.columns and density in data.columns:
                yield spec, outcome, density, controls, row


def _expected_numbers(row: pd.Series) -> str:
    """What the script should print, to ten digits."""
    names = {"estimate": "b", "se_cv1": "CV1 se", "se_cv3": "CV3 se", "p_wild": "wild p"}
    parts = [f"{name} {row[column]:.10g}" for column, name in names.items() if not is_missing(row[column])]
    return "; ".join([*parts, f"N {row['n_obs']}"])


SCRIPT_NOTES = (
    "Expected numbers are those of hqd-index (regressions.csv); other versions of these commands may differ in the last digits.",
    "Outcomes are scores/100, `_lo` leaves out firms ever recognised; `used` marks the rows of the published regressions.",
)
GROUP_EFFECTS_NOTE = (
    "K of the CV1 factor counts every level of group x year but one, as fixest does; a command that finds more of them redundant "
    "gives a smaller CV1 se, by the root of (N - K) over its own."
)


def _script_notes(results: Results) -> tuple[str, ...]:
    """What the reader of either script has to know."""
    grouped = any("group_year" in spec.fixed_effects for spec in results.study.regressions.specifications)
    return (*SCRIPT_NOTES, GROUP_EFFECTS_NOTE) if grouped else SCRIPT_NOTES


def _stata_script(results: Results, data: pd.DataFrame) -> Iterator[str]:
    """Stata: load, set the panel, one block per regression."""
    draws = results.study.regressions.inference.draws
    yield f"* {results.study.name}: baseline and robustness tables"
    yield from (f"* {line}" for line in _script_notes(results))
    yield "* ssc install ftools; ssc install reghdfe; ssc install boottest"
    yield from ("version 16", 'use "panel.dta", clear', "xtset unit_id year", "")
    for spec, outcome, density, controls, row in _specifications(results, data):
        effects = [STATA_EFFECTS[effect] for effect in spec.fixed_effects]
        regressors = " ".join([density, *controls])
        condition = " & ".join(["used == 1", *_stata_conditions(spec, _unit_numbers(data))])
        yield f"* {spec.id}, {outcome}: {_expected_numbers(row)}"
        if effects:
            yield f"reghdfe {outcome} {regressors} if {condition}, absorb({' '.join(effects)}) vce(cluster unit_id)"
        else:
            yield f"regress {outcome} {regressors} if {condition}, vce(cluster unit_id)"
        yield f"boottest {density}, reps({draws}) weighttype(rademacher) seed({results.study.study.seed}) nograph"
        yield ""


def _stata_conditions(spec: SpecificationChoice, ids: Mapping[str, int]) -> list[str]:
    """Conditions on year and unit, in Stata; units by number, so that no text of the data gets into a script."""
    conditions = [f"inrange(year, {spec.years[0]}, {spec.years[1]})"] if spec.years else []
    conditions += [f"year != {year}" for year in spec.drop_years]
    return conditions + [f"unit_id != {ids[unit]}" for unit in spec.drop_units if unit in ids]


def _unit_numbers(data: pd.DataFrame) -> dict[str, int]:
    return dict(zip(data["unit"], data["unit_id"].astype(int)))


def _r_script(results: Results, data: pd.DataFrame) -> Iterator[str]:
    """R: the same with fixest, whose default small-sample rule is the one of CV1 here."""
    yield f"# {results.study.name}: baseline and robustness tables"
    yield from (f"# {line}" for line in _script_notes(results))
    yield "library(fixest)"
    yield 'panel <- read.csv("../stata/panel.csv", fileEncoding = "UTF-8-BOM")'
    yield "panel <- panel[panel$used == 1, ]"
    yield ""
    for spec, outcome, density, controls, row in _specifications(results, data):
        effects, ids = [FIXEST_EFFECTS[effect] for effect in spec.fixed_effects], _unit_numbers(data)
        formula = f"{outcome} ~ {' + '.join([density, *controls])}" + (f" | {' + '.join(effects)}" if effects else "")
        conditions = [f"year >= {spec.years[0]} & year <= {spec.years[1]}"] if spec.years else []
        conditions += [f"year != {year}" for year in spec.drop_years]
        conditions += [f"unit_id != {ids[unit]}" for unit in spec.drop_units if unit in ids]
        rows = f"subset(panel, {' & '.join(conditions)})" if conditions else "panel"
        yield f"# {spec.id}, {outcome}: {_expected_numbers(row)}"
        yield f"print(coeftable(feols({formula}, data = {rows}, vcov = ~unit_id)))"
        yield ""
