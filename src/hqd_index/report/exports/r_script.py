"""baseline.R: the published regressions by base R, compared with the published tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

import pandas as pd

from ...tables import variable
from ..regression_rows import headline_spec
from ..results import Results
from .published_panel_columns import SHARE_SUM, headline_density
from .regression_designs import RegressionDesign, RowRule
from .script_notes import absent_estimates, instrument_designs, no_firm_rows, script_notes

EFFECTS = {"unit": "unit_id", "year": "year", "group_year": "group_id#year", "firm": "firm_id"}


def r_script(
    results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame, firms: pd.DataFrame, signs: str | None
) -> Iterator[str]:
    """Lines of the script; `signs` is the file with the headline's bootstrap draws, if there is one."""
    study = results.study
    yield f"# {study.name}: the published regressions in R"
    yield "# Rscript baseline.R [results.csv] runs from any folder; it reads stata/ and tables/ beside its own folder."
    yield from (f"# {note_line}" for note_line in script_notes(results))
    yield from ("", resources.files(__package__).joinpath("estimators.R").read_text("utf-8"))
    inference = study.regressions.inference
    yield "folder <- script_folder()"
    yield f"draws <- {inference.draws}"
    yield f"draw_weights <- {_r_text(inference.weights)}"
    yield f"set.seed({study.study.seed % 2**31})"
    yield 'panel <- read_table("..", "stata", "panel.csv")'
    yield from (
        f'{variable_name} <- read_table("..", "tables", "{table_name}.csv")' for variable_name, table_name in _PUBLISHED.items()
    )
    yield f'signs <- read.csv(file.path(folder, {_r_text(signs)}), colClasses = "character")[[1]]' if signs else "signs <- NULL"
    yield "stata_file()"
    controls = {variable_name: variable(f"{variable_name}_lag") for variable_name in sorted(study.regressions.controls)}
    yield f"controls <- {_vector(controls)}"
    for design in designs:
        if not design.of_firms:
            yield from ("", _regression(design, controls, is_written=design.spec == headline_spec(results)))
    yield from _instrumented(results, designs, panel_data)
    yield from (f"# {note_line}" for note_line in absent_estimates(results))
    yield from _firms(results, designs, firms)
    yield from _packages(results, designs)
    yield from ("", "report()")


_PUBLISHED = {"regressions": "regressions", "endogeneity": "endogeneity", "events": "event_study"}


def _r_text(content: str) -> str:
    return '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vector(texts: Mapping[str, str] | Sequence[str]) -> str:
    """c("a", "b"), or c(published = "column") for a mapping."""
    if isinstance(texts, Mapping):
        return "c(" + ", ".join(f"{_r_text(element_name)} = {_r_text(column)}" for element_name, column in texts.items()) + ")"
    return "c(" + ", ".join(map(_r_text, texts)) + ")" if texts else "character()"


def _row_condition(rule: RowRule) -> str:
    conditions = [f"{rule.flag} == {rule.value}"]
    conditions += [f"year >= {rule.years[0]} & year <= {rule.years[1]}"] if rule.years else []
    conditions += [f"year != {year}" for year in rule.drop_years] + [f"unit_id != {unit}" for unit in rule.drop_units]
    return " & ".join([*conditions, *(f"!is.na({column})" for column in rule.present)])


def _term_vector(terms: Mapping[str, str], controls: Mapping[str, str]) -> str:
    """The vector of terms, which ends in `controls` where all of them are in it."""
    if not controls or not controls.items() <= terms.items():
        return _vector(terms)
    return _vector({term: column for term, column in terms.items() if term not in controls})[:-1] + ", controls)"


def _arguments(design: RegressionDesign, controls: Mapping[str, str]) -> list[str]:
    effects = [EFFECTS[effect] for effect in design.effects]
    return [
        f"{_r_text(design.spec)}, {_r_text(design.sample)}",
        f"outcomes = {_vector(design.outcomes)}",
        f"terms = {_term_vector(design.terms, controls)}",
        f"tested = {_vector(design.tested_terms)}, effects = {_vector(effects)}, rows = {_row_condition(design.row_rule)}",
    ]


def _regression(
    design: RegressionDesign, controls: Mapping[str, str], *, is_written: bool = False, firm_rows: bool = False
) -> str:
    """One call, an argument or two a line."""
    arguments = _arguments(design, controls)
    arguments += [f"weights = {_r_text(design.weights)}"] if design.weights else []
    arguments += [f"change = c({design.change[0]}, {design.change[1]})"] if design.change else []
    arguments += ['data = firm_panel, cluster = "base_unit_id"'] if firm_rows else []
    arguments += ["written = signs"] if is_written else []
    return "regression(" + ",\n           ".join(arguments) + ")"


def _instrumented(results: Results, designs: Sequence[RegressionDesign], panel_data: pd.DataFrame) -> Iterator[str]:
    density = variable(headline_density(results)[0])
    for instrumented in instrument_designs(results, designs, panel_data):
        design = instrumented.design
        controls = [term_column for term, term_column in design.terms.items() if term != "density"]
        effects = [EFFECTS[effect] for effect in design.effects]
        has_share_sum = instrumented.has_share_sum and SHARE_SUM in panel_data.columns
        further = f", share_sum = {_r_text(SHARE_SUM)}" if has_share_sum else ""
        further += "" if instrumented.has_share_sum else f", method = {_r_text(instrumented.method)}"
        names = [design.spec, design.sample, instrumented.outcome, instrumented.column]
        yield ""
        yield f"instrumented({', '.join(map(_r_text, names))},"
        yield f"             {_r_text(density)}, {_r_text(instrumented.instrument)}, controls = {_vector(controls)},"
        yield f"             effects = {_vector(effects)}, rows = {_row_condition(design.row_rule)}{further})"


def _firms(results: Results, designs: Sequence[RegressionDesign], firms: pd.DataFrame) -> Iterator[str]:
    yield ""
    if firms.empty:
        yield from (f"# {note_line}" for note_line in no_firm_rows(results))
        return
    yield 'firms <- read_table("..", "stata", "firms.csv")'
    window = results.study.regressions.events.window
    event_outcomes = results.table("event_study")
    twfe_outcomes = set(event_outcomes[event_outcomes["estimator"] == "twfe"]["outcome"]) if len(event_outcomes) else set()
    for outcome in results.study.regressions.events.outcomes:
        if outcome in twfe_outcomes:
            yield f"event_study({_r_text(outcome)}, {_r_text(variable(outcome))}, window = c({window[0]}, {window[1]}))"
    firm_designs = [design for design in designs if design.of_firms]
    if firm_designs:
        columns = _vector(list(firm_designs[0].terms.values()))
        yield "# firms that were never recognised, by the density of the industry that was theirs in the base year"
        yield "firm_panel <- firms[!is.na(firms$leader), ]"
        yield "unit_years <- match(paste(firm_panel$base_unit_id, firm_panel$year), paste(panel$unit_id, panel$year))"
        yield f"firm_panel[{columns}] <- panel[unit_years, {columns}]"
        yield from (_regression(design, {}, firm_rows=True) for design in firm_designs)


def _packages(results: Results, designs: Sequence[RegressionDesign]) -> Iterator[str]:
    """The root in the headline, in each sample, once more by packages."""
    root = results.tree.root
    for design in designs:
        if design.spec == headline_spec(results) and root in design.outcomes and design.weights is None:
            effects = [EFFECTS[effect] for effect in design.effects]
            yield ""
            yield f"packages({_r_text(design.spec)}, {_r_text(design.sample)}, {_r_text(root)}, {_r_text(design.outcomes[root])},"
            yield f"         terms = {_vector(list(design.terms.values()))}, effects = {_vector(effects)},"
            yield f"         rows = {_row_condition(design.row_rule)})"
