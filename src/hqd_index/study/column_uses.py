"""What a study computes from the raw columns of its tables: indicators, controls, mediators and the rest, each by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..expressions import parse
from .column_facts import study_tables
from .indicator_tree import tree_of
from .records import Derived, Label, Study
from .varied_study import vary

RawColumn = tuple[str, str]  # table and column, as files give them

INDICATOR, SCENARIO, CONTROL, MEDIATOR = "indicator", "scenario", "control", "mediator"
MODERATOR, DENSITY, SHOCK, OUTCOME = "moderator", "density", "shock", "outcome"
INSTRUMENT, THRESHOLD, COVARIATE = "instrument", "threshold", "covariate"
NO_LABEL = Label(zh="", en="")


@dataclass(frozen=True)
class ColumnUse:
    """A formula of the study: what it is, its name and label, and the raw columns behind it."""

    kind: str
    name: str
    label: Label
    raw_columns: frozenset[RawColumn]


def column_uses(study: Study) -> tuple[ColumnUse, ...]:
    """Every formula that a run computes, indicators of the tree first, then those that only scenarios score."""
    return tuple(
        ColumnUse(kind, name, label, frozenset(_raw_columns(study, table, formula, is_aggregate=is_aggregate)))
        for kind, name, label, table, formula, is_aggregate in _formulas(study)
    )


def derived_ingredients(study: Study) -> frozenset[RawColumn]:
    """The raw columns behind every derived column of columns.yaml, whatever uses it."""
    return frozenset(
        raw_column
        for table, derived_columns in study.columns.tables.items()
        for column in derived_columns
        for raw_column in raw_sources(study, table, column)
    )


Formula = tuple[str, str, Label, str, str, bool]


def _formulas(study: Study) -> Iterator[Formula]:
    """kind, name, label, table, formula, and whether it aggregates rows."""
    tree = tree_of(study.indicators)
    scored_leaves = tree.leaves(tree.root)
    for leaf in [*scored_leaves, *(leaf for leaf in scenario_leaves(study) if leaf not in scored_leaves)]:
        indicator = study.indicators.indicators[leaf]
        kind = INDICATOR if leaf in scored_leaves else SCENARIO
        yield kind, leaf, indicator.label, indicator.table, indicator.formula, True
    regressions = study.regressions
    for kind, variables in (
        (CONTROL, regressions.controls), (MEDIATOR, regressions.mediators), (MODERATOR, regressions.moderators),
        (INSTRUMENT, regressions.instruments), (THRESHOLD, regressions.thresholds),
    ):  # fmt: skip
        for name, variable in variables.items():
            yield kind, name, variable.label, variable.table, variable.formula, True
    if regressions.resilience:
        for name, variable in (("level", regressions.resilience.level), ("exposure", regressions.resilience.exposure)):
            yield SHOCK, name, variable.label, variable.table, variable.formula, True
    if regressions.density_source:
        for name, formula in regressions.density_source.formulas.items():
            yield DENSITY, name, NO_LABEL, regressions.density_source.table, formula, True
    for name, outcome in regressions.events.outcomes.items():
        yield OUTCOME, name, outcome.label, "firms", outcome.formula, False
        yield OUTCOME, name, outcome.label, "firms", outcome.size, False
    if instrument := regressions.events.instrument:
        yield INSTRUMENT, "events.instrument", instrument.label, "firms", instrument.formula, False
    for name, covariate in (regressions.events.balancing.covariates if regressions.events.balancing else {}).items():
        yield COVARIATE, name, covariate.label, "firms", covariate.formula, False


def scenario_leaves(study: Study) -> list[str]:
    """The leaves that a scenario scores, in the order of indicators.yaml."""
    trees = [tree_of(vary(study, scenario.changes).indicators) for scenario in study.scenarios.values()]
    leaves = {leaf for tree in trees for leaf in tree.leaves(tree.root)}
    return [leaf for leaf in study.indicators.indicators if leaf in leaves]


def _raw_columns(study: Study, table: str, formula: str, *, is_aggregate: bool) -> Iterator[RawColumn]:
    for column in parse(formula, columns=None, aggregate=is_aggregate).columns:
        yield from raw_sources(study, table, column)


def raw_sources(study: Study, table: str, column: str) -> frozenset[RawColumn]:
    """The raw columns behind a column; those of another table where it is looked up there."""
    derived_column = study.columns.tables.get(table, {}).get(column)
    if derived_column is None:
        return frozenset({(table, column)}) if column in study_tables(study)[table].columns else frozenset()
    if derived_column.function == "lookup":
        return raw_sources(study, str(derived_column.options["table"]), str(derived_column.options["column"]))
    ingredients = (
        _option_columns(study, table, derived_column)
        if derived_column.function
        else parse(derived_column.formula or "null", columns=None, aggregate=False).columns
    )
    return frozenset(raw_column for name in ingredients for raw_column in raw_sources(study, table, name))


def _option_columns(study: Study, table: str, derived_column: Derived) -> set[str]:
    """The columns of its table that a function's options name."""
    names = {
        str(option_value)
        for option in derived_column.options.values()
        for option_value in (option.values() if isinstance(option, Mapping) else [option])
    }
    return names & {*study_tables(study)[table].columns, *study.columns.tables.get(table, {})}
