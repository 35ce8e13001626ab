"""baseline.do: the published regressions in Stata, each expected number in a comment.

`boottest` takes one absorbed effect: the unit is absorbed, other effects are factor variables in the regression.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ...tables import variable
from ..regression_rows import stepwise
from ..results import Results
from .published_panel_columns import SHARE_SUM, headline_density
from .regression_designs import RegressionDesign, RowRule
from .script_notes import absent_estimates, expected_numbers, instrument_designs, no_firm_rows, script_notes

EFFECT_IDS = {"unit": "unit_id", "firm": "firm_id"}
FACTORS = {"year": "i.year", "group_year": "i.group_id#i.year"}
CLUSTER = "vce(cluster unit_id)"


def stata_script(
    results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame, firms: pd.DataFrame
) -> Iterator[str]:
    """Load, set the panel, one block per regression; instrumented ones, a table, firms."""
    yield f"* {results.study.name}: the published regressions in Stata; run it in its own folder"
    yield from (f"* {note_line}" for note_line in script_notes(results))
    yield "* ssc install ftools; ssc install require; ssc install reghdfe; ssc install boottest"
    yield "* ssc install ivreg2; ssc install ranktest; ssc install ivreghdfe"
    yield "* ssc install drdid; ssc install csdid; ssc install estout"
    yield from ("version 16", 'use "panel.dta", clear', "xtset unit_id year", "")
    for design in designs:
        if not design.of_firms:
            yield from _design_blocks(results, design)
    yield from _instrumented(results, designs, panel_data)
    yield from (f"* {note_line}" for note_line in absent_estimates(results))
    yield from _stepwise_table(results, designs)
    yield from _firms(results, designs, firms)


def _design_blocks(results: Results, design: RegressionDesign) -> Iterator[str]:
    """Every outcome of a design; a long difference first replaces the panel by changes and restores it afterwards."""
    if design.change:
        yield from _changes(design)
    for outcome, column in design.outcomes.items():
        yield f"* {design.spec}, {design.sample}, {outcome}: {expected_numbers(design.published_row(outcome, 'density'))}"
        yield _estimation(design, column)
        yield from _tests(results, design)
        yield ""
    if design.change:
        yield from ("restore", "")


def _tests(results: Results, design: RegressionDesign) -> Iterator[str]:
    inference = results.study.regressions.inference
    options = f"reps({inference.draws}) weighttype({inference.weights}) seed({results.study.study.seed % 2**31}) nograph"
    yield from (f"boottest {design.terms[term]}, {options}" for term in design.tested_terms)


def _estimation(design: RegressionDesign, column: str, cluster: str = CLUSTER) -> str:
    """reghdfe with the unit or firm absorbed; regress without such an effect."""
    factors = [FACTORS[effect] for effect in design.effects if effect in FACTORS]
    absorbed = [EFFECT_IDS[effect] for effect in design.effects if effect in EFFECT_IDS]
    variables = " ".join([column, *design.terms.values(), *factors])
    condition = "" if design.change else f" if {_row_condition(design.row_rule)}"
    weights = f" [aweight = {design.weights}]" if design.weights else ""
    command, absorb = ("reghdfe", f"absorb({absorbed[0]}) ") if absorbed else ("regress", "")
    return f"{command} {variables}{condition}{weights}, {absorb}{cluster}"


def _row_condition(rule: RowRule) -> str:
    """Conditions on rows; units by number, so that no text of the data gets into a script."""
    conditions = [f"{rule.flag} == {rule.value}"]
    conditions += [f"inrange(year, {rule.years[0]}, {rule.years[1]})"] if rule.years else []
    conditions += [f"year != {year}" for year in rule.drop_years] + [f"unit_id != {unit}" for unit in rule.drop_units]
    return " & ".join([*conditions, *([f"!missing({', '.join(rule.present)})"] if rule.present else [])])


def _changes(design: RegressionDesign) -> Iterator[str]:
    """One row per unit: the change between two years of every column."""
    assert design.change is not None
    first_year, last_year = design.change
    yield "preserve"
    yield f"keep if {_row_condition(design.row_rule)} & inlist(year, {first_year}, {last_year})"
    yield "bysort unit_id (year): keep if _N == 2"
    yield f"foreach column of varlist {' '.join([*design.outcomes.values(), *design.terms.values()])} {{"
    yield "    bysort unit_id (year): replace `column' = `column' - `column'[1] if _n == 2"
    yield "}"
    yield f"keep if year == {last_year}"


def _instrumented(results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame) -> Iterator[str]:
    """Two-stage least squares by ivreghdfe, whose clusters are written cluster(): vce() it once ignored."""
    density, published_rows = variable(headline_density(results)[0]), results.table("endogeneity")
    for instrumented in instrument_designs(results, designs, panel_data):
        design, method = instrumented.design, instrumented.method
        is_outcome = (published_rows["sample"] == design.sample) & (published_rows["outcome"] == instrumented.outcome)
        instrument_rows = published_rows[is_outcome & (published_rows["method"] == method)]
        value_by_quantity = dict(zip(instrument_rows["quantity"], instrument_rows["value"]))
        controls = [term_column for term, term_column in design.terms.items() if term != "density"]
        has_share_sum = instrumented.has_share_sum and SHARE_SUM in panel_data.columns
        controls += [f"i.year#c.{SHARE_SUM}"] if has_share_sum else []
        controls += [FACTORS[effect] for effect in design.effects if effect in FACTORS]
        absorbed = [EFFECT_IDS[effect] for effect in design.effects if effect in EFFECT_IDS]
        command, absorb = ("ivreghdfe", f"absorb({absorbed[0]}) ") if absorbed else ("ivreg2", "small ")
        yield (
            f"* {method.replace('_', '-') if instrumented.has_share_sum else method}, {design.sample}, {instrumented.outcome}: "
            f"b {value_by_quantity['estimate']:.10g}; "
            f"CV1 se {value_by_quantity['se_cv1']:.10g}; first-stage F {value_by_quantity['first_stage_f']:.10g}; "
            f"ivreg2's N - K counts one parameter less with nested effects"
        )
        variables = " ".join([instrumented.column, *controls, f"({density} = {instrumented.instrument})"])
        yield f"{command} {variables} if {_row_condition(design.row_rule)}, {absorb}cluster(unit_id) first"
        yield ""


def _stepwise_table(results: Results, designs: Sequence[RegressionDesign]) -> Iterator[str]:
    """The stepwise columns of the root in one table."""
    root = results.tree.root
    stepwise_ids = [choice.id for choice in stepwise(results)]
    columns = [design for design in designs if design.spec in stepwise_ids and design.sample == "all" and root in design.outcomes]
    if not columns:
        return
    yield "* the stepwise columns in one table; stars at 10, 5 and 1%"
    names = [f"column_{k}" for k in range(1, len(columns) + 1)]
    for name, design in zip(names, columns):
        yield f"quietly {_estimation(design, design.outcomes[root])}"
        yield f"estimates store {name}"
    term_columns = list(dict.fromkeys(column for design in columns for column in design.terms.values()))
    yield (
        f'esttab {" ".join(names)} using "baseline.rtf", replace se label star(* 0.10 ** 0.05 *** 0.01) '
        f"keep({' '.join(term_columns)})"
    )
    yield ""


def _firms(results: Results, designs: Sequence[RegressionDesign], firms: pd.DataFrame) -> Iterator[str]:
    if firms.empty:
        yield from (f"* {note_line}" for note_line in no_firm_rows(results))
        return
    yield from ('use "firms.dta", clear', "xtset firm_id year", "generate event_time = year - first")
    yield from ("generate first_or_zero = cond(missing(first), 0, first)", "")
    events = results.table("event_study")
    for outcome in results.study.regressions.events.outcomes:
        event_rows = events[(events["outcome"] == outcome) & (events["estimator"] == "twfe")] if len(events) else events
        if len(event_rows):
            yield from _event_study(outcome, variable(outcome), event_rows, firms)
    yield from _firm_regressions(results, designs)


def _event_study(outcome: str, column: str, event_rows: pd.DataFrame, firms: pd.DataFrame) -> Iterator[str]:
    """A dummy for every event time but -1; then Callaway and Sant'Anna's estimator."""
    names = dict(_event_dummies(firms[firms[column].notna()]))
    effects = event_rows[(event_rows["quantity"] == "effect") & (event_rows["se"] > 0)]
    for _, row in effects.iterrows():
        yield f"* event study, {outcome}, time {int(row['time'])}: b {row['estimate']:.10g}; se {row['se']:.10g}"
    yield "* units x years are absorbed beside the firms; firms recognised in the first year seen have no base and are left out"
    yield f"bysort firm_id: egen first_seen = min(cond(missing({column}), ., year))"
    yield from (f"generate byte {dummy_name} = event_time == {time}" for dummy_name, time in names.items())
    yield f"reghdfe {column} {' '.join(names)} if !(first <= first_seen), absorb(firm_id cell_id) vce(cluster firm_id)"
    yield f"drop first_seen {' '.join(names)}"
    yield "* Callaway and Sant'Anna: estimator callaway_santanna of event_study.csv"
    yield f"csdid {column}, ivar(firm_id) time(year) gvar(first_or_zero) notyet agg(event)"
    yield ""


def _event_dummies(firms: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """lead4, lag0 ...: every event time of firms seen before recognition but -1, and the earliest where all are recognised."""
    start = firms.groupby("firm_id")["year"].transform("min")
    later_firms = firms[~(firms["first"] <= start)]
    times = (later_firms["year"] - later_firms["first"]).dropna().astype(int)
    base = {-1} if later_firms["first"].isna().any() else {-1, int(times.min())}
    for time in sorted(set(times) - base):
        yield f"{'lead' if time < 0 else 'lag'}{abs(time)}", time


def _firm_regressions(results: Results, designs: Sequence[RegressionDesign]) -> Iterator[str]:
    """Outcomes of never-recognised firms on the density of their unit."""
    of_firms = [design for design in designs if design.of_firms]
    if not of_firms:
        return
    columns = " ".join(of_firms[0].terms.values())
    yield "* firms never recognised, by the density of the unit that was theirs in the base year"
    yield from ("keep if !missing(leader)", "generate unit_id = base_unit_id", "drop if missing(unit_id)")
    yield f'merge m:1 unit_id year using "panel.dta", keepusing({columns}) keep(match) nogenerate'
    yield ""
    for design in of_firms:
        yield from _design_blocks(results, design)
