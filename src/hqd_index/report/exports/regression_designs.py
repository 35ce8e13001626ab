"""Published regressions as designs that a script can write: columns of the exported files, effects, rows, weights."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ...models.analyses.mediators import MECHANISM
from ...models.estimation_data import density_column
from ...models.kernels.exposure_trend import TREND
from ...models.kernels.moderation import INTERACTION_PREFIX
from ...models.kernels.slx import DOWNSTREAM, UPSTREAM
from ...study.records import SpecificationChoice
from ...tables import variable
from ..number_format import is_missing
from ..regression_rows import headline_spec
from ..results import Results
from .panel_export import SAMPLES
from .published_panel_columns import INDEX, linked_column, sample_flag
from .regression_columns import MEDIATOR_PREFIX

GROUPS = {"leaders": 1, "others": 0}
"""Samples of never-recognised firms, and their value in the column `leader` of the firm rows."""
FIRM_EFFECTS = "firm"


@dataclass(frozen=True)
class RowRule:
    """Which rows: a flag column that is 1, a span of years, years and units (by number) that are left out, columns present."""

    flag: str
    value: int = 1
    years: tuple[int, int] | None = None
    drop_years: tuple[int, ...] = ()
    drop_units: tuple[int, ...] = ()
    present: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegressionDesign:
    """One specification in one sample: published names -> columns, the density first among the terms."""

    spec: str
    sample: str
    outcomes: Mapping[str, str]
    terms: Mapping[str, str]
    tested_terms: tuple[str, ...]  # terms with a bootstrap p
    effects: tuple[str, ...]
    row_rule: RowRule
    weights: str | None
    change: tuple[int, int] | None  # of two years, one row per unit
    published_rows: Sequence[Mapping[Hashable, Any]]

    @property
    def of_firms(self) -> bool:
        """Rows are firm-years, not unit-years."""
        return FIRM_EFFECTS in self.effects

    def published_row(self, outcome: str, term: str) -> Mapping[Hashable, Any]:
        """The first row that has them."""
        return self._row_by_outcome_and_term[outcome, term]

    @cached_property
    def _row_by_outcome_and_term(self) -> dict[tuple[str, str], Mapping[Hashable, Any]]:
        return {(row["outcome"], row["term"]): row for row in reversed(self.published_rows)}


def regression_designs(results: Results, panel_data: pd.DataFrame, firms: pd.DataFrame) -> Iterator[RegressionDesign]:
    """Every specification and sample of `regressions` whose columns are in the exported panel (and firm rows)."""
    order = {choice.id: k for k, choice in enumerate(results.study.regressions.specifications)}
    groups: dict[tuple[str, str], list[Mapping[Hashable, Any]]] = {}
    for row in results.table("regressions").to_dict("records"):
        groups.setdefault((str(row["spec"]), str(row["sample"])), []).append(row)
    for (spec_id, sample), published_rows in sorted(groups.items(), key=lambda group: order.get(group[0][0], len(order))):
        design = _regression_design(results, panel_data, spec_id, sample, published_rows)
        source = {*panel_data.columns, *firms.columns} if design.of_firms else {*panel_data.columns}
        needed_columns = {*design.outcomes.values(), *design.terms.values(), design.row_rule.flag, *([design.weights or "used"])}
        if needed_columns <= source:
            yield design


def _regression_design(
    results: Results, panel_data: pd.DataFrame, spec_id: str, sample: str, published_rows: Sequence[Mapping[Hashable, Any]]
) -> RegressionDesign:
    row = published_rows[0]
    choice = _configured_specification(results, spec_id)
    effects = tuple(str(row["fixed_effects"]).split("+")) if not is_missing(row["fixed_effects"]) and row["fixed_effects"] else ()
    tested_terms = dict.fromkeys(str(row["term"]) for row in published_rows if not is_missing(row["p_wild"]))
    weights = re.search(r"weights: (base_\w+)", "" if is_missing(row["note"]) else str(row["note"]))
    subset = "" if is_missing(row["subset"]) else str(row["subset"])
    return RegressionDesign(
        spec=spec_id,
        sample=sample,
        published_rows=published_rows,
        effects=effects,
        tested_terms=tuple(tested_terms),
        outcomes={
            outcome: _outcome_column(choice, spec_id, sample, outcome)
            for outcome in dict.fromkeys(str(row["outcome"]) for row in published_rows)
        },
        terms={term: _term_column(results, choice, spec_id, term) for term in _published_terms(published_rows)},
        row_rule=_row_rule(panel_data, choice, spec_id, sample),
        weights=variable(weights[1]) if weights else None,
        change=_year_range(subset) if spec_id.endswith("_long_difference") else None,
    )


def _published_terms(published_rows: Sequence[Mapping[Hashable, Any]]) -> list[str]:
    """The density, what else has a bootstrap p, the controls."""
    has_no_p_by_term: dict[str, bool] = {}
    for row in published_rows:
        has_no_p_by_term.setdefault(str(row["term"]), is_missing(row["p_wild"]))
    return sorted(has_no_p_by_term, key=lambda term: (term != "density", has_no_p_by_term[term]))


def _year_range(year_span: str) -> tuple[int, int]:
    first_year, last_year = year_span.split("-")
    return int(first_year), int(last_year)


def _configured_specification(results: Results, spec_id: str) -> SpecificationChoice:
    """The specification as configured; that of the headline for one derived from it."""
    choices = {choice.id: choice for choice in results.study.regressions.specifications}
    return choices[spec_id] if spec_id in choices else choices[str(headline_spec(results))]


def _outcome_column(choice: SpecificationChoice, spec_id: str, sample: str, outcome: str) -> str:
    if spec_id == MECHANISM:
        return variable(f"{MEDIATOR_PREFIX}{outcome}")
    if spec_id.startswith("firms_"):
        return variable(outcome)
    if spec_id == choice.id and choice.scenario is not None:
        return variable(f"{INDEX}{choice.scenario}")
    return variable(f"{outcome}{SAMPLES.get(sample, f'_{sample}')}")


def _term_column(results: Results, choice: SpecificationChoice, spec_id: str, term: str) -> str:
    if term == "density":
        default = results.study.regressions.density
        return variable(density_column(choice.density or default, default))
    if term == TREND:
        return TREND
    if term in (UPSTREAM, DOWNSTREAM):
        return linked_column(term, "complete" if spec_id.endswith("complete") else "direct")
    return variable(term if term.startswith(INTERACTION_PREFIX) else f"{term}_lag")


def _row_rule(panel_data: pd.DataFrame, choice: SpecificationChoice, spec_id: str, sample: str) -> RowRule:
    if spec_id.startswith("firms_"):
        return RowRule("leader", GROUPS[sample])
    numbers = dict(zip(panel_data["unit"], panel_data["unit_id"].astype(int)))
    flag = sample_flag(choice.id)
    present_columns = (
        tuple(
            column_name
            for column_name in panel_data.columns
            if str(column_name).startswith(MEDIATOR_PREFIX) and panel_data[column_name].notna().any()
        )
        if spec_id == MECHANISM
        else ()
    )
    return RowRule(
        flag=flag if flag in panel_data.columns else "used",
        years=choice.years,
        drop_years=choice.drop_years,
        drop_units=tuple(numbers[unit] for unit in choice.drop_units if unit in numbers),
        present=present_columns,
    )
