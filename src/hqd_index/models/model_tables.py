"""Every table that the models stages publish, from the tables of the stages before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from ..engines.duckdb import Engine
from ..errors import EstimationError
from ..study.records import Study
from .analyses.headline_tables import Beside
from .analyses.leading_firms import leader_firms
from .analyses.resilience import resilience_tables
from .analyses.theory import Theory
from .estimation_data import estimation_data, with_groups
from .firms.firm_cells import COLUMNS, firm_cells
from .firms.firm_tables import firm_tables
from .firms.firm_years import firm_years
from .model_results import regressions
from .multiverse.multiverse_tables import multiverse_tables


@dataclass(frozen=True)
class Inputs:
    """Tables as published; `weights` those of the study's own design, `sources` item F as `event_tables` made it."""

    scores: pd.DataFrame
    indicators: pd.DataFrame
    weights: pd.DataFrame
    density: pd.DataFrame
    controls: pd.DataFrame
    io_links: pd.DataFrame
    moderators: pd.DataFrame
    sources: pd.DataFrame
    firm_cells: pd.DataFrame
    chokepoints: pd.DataFrame
    scenarios: pd.DataFrame
    unit_names: pd.DataFrame
    mediator_values: pd.DataFrame
    theory: Theory = field(default_factory=Theory)


def study_tables(study: Study, inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Regressions and their readings. What cannot be made is a row of not_made."""
    data = estimation_data(inputs.scores, inputs.indicators, inputs.density, inputs.controls, study)
    data = with_groups(data, inputs.unit_names)
    beside = Beside(
        inputs.io_links, inputs.firm_cells, inputs.density, inputs.chokepoints, inputs.scenarios, inputs.mediator_values
    )
    made = regressions(
        data, study, weights=inputs.weights, moderators=inputs.moderators, beside=beside, theory=inputs.theory
    ).frames
    return _joined(made, {"contribution": inputs.sources})


def design_tables(
    study: Study, scores: pd.DataFrame, indicators: pd.DataFrame, density: pd.DataFrame, controls: pd.DataFrame,
    unit_names: pd.DataFrame, design_scores: pd.DataFrame | None = None, designs: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """multiverse, multiverse_summary, not_made; tables as published, the designs those of the uncertainty stage if it ran."""
    data = with_groups(estimation_data(scores, indicators, density, controls, study), unit_names)
    none = pd.DataFrame(columns=["design", "unit", "year", "score", "label"])
    made, described = (none if frame is None else frame for frame in (design_scores, designs))
    return multiverse_tables(made, described, data[data["sample"] == "all"], density, study)


def event_tables(
    study: Study, engine: Engine, firms: str | None, shocks: pd.DataFrame, density: pd.DataFrame, marks: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """event_study, resilience, sources (item F of the contribution), firm_cells, leader_firms, not_made: without the index.

    `firms` is the engine's table of firm-years with status, None where the study has none; `shocks` unit, year, level,
    exposure; `marks` the firms of the base year with their standing.
    """
    years = _firm_years(study, engine, firms)
    made = firm_tables(years, study)
    made = {"sources" if name == "contribution" else name: frame for name, frame in made.items()}
    cells = firm_cells(study, engine, firms) if firms else pd.DataFrame(columns=COLUMNS)
    outcomes = list(study.regressions.events.outcomes)
    led = Theory().leader_firms if isinstance(years, EstimationError) else leader_firms(years, marks, outcomes)
    return _joined(made, resilience_tables(shocks, density, study), {"firm_cells": cells, "leader_firms": led})


def _joined(*made: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The parts of each table put together."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for tables in made:
        for name, frame in tables.items():
            parts.setdefault(name, []).append(frame)
    return {name: pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True) for name, frames in parts.items()}


def _firm_years(study: Study, engine: Engine, firms: str | None) -> pd.DataFrame | EstimationError:
    if firms is None:
        return EstimationError("the study has no firm table", zh="本研究没有企业表")
    try:
        return firm_years(study, engine, firms)
    except EstimationError as fault:
        return fault
