"""Every table that the models stages publish, from the tables of the stages before them."""

from __future__ import annotations

import pandas as pd

from ..engines import Engine
from ..errors import EstimationError
from ..study.records import Events, Study
from .analyses.leading_firms import leader_firms
from .analyses.resilience import resilience_rows
from .estimation_data import study_estimation_data
from .firms.firm_cells import firm_cells
from .firms.firm_tables import firm_rows
from .firms.firm_years import firm_years
from .model_inputs import ModelInputs
from .model_results import regressions
from .model_rows import frames_of, merged_rows
from .multiverse.multiverse_tables import multiverse_tables


def study_tables(study: Study, inputs: ModelInputs) -> dict[str, pd.DataFrame]:
    """Regressions and what is asked of the headline. What cannot be made is a row of not_made."""
    frames = dict(regressions(study_estimation_data(study, inputs), study, inputs).frames)
    contribution_frames = [
        contribution_frame for contribution_frame in (frames["contribution"], inputs.sources) if len(contribution_frame)
    ]
    return frames | {
        "contribution": pd.concat(contribution_frames, ignore_index=True) if contribution_frames else frames["contribution"]
    }


def design_tables(study: Study, inputs: ModelInputs) -> dict[str, pd.DataFrame]:
    """multiverse, multiverse_summary, not_made: every design that the uncertainty stage scored, in every specification."""
    observations = study_estimation_data(study, inputs)
    all_firms = observations[observations["sample"] == "all"]
    return multiverse_tables(
        inputs.design_scores, inputs.designs, all_firms, inputs.density, study, splittable_scores=inputs.splittable_scores
    )


def event_tables(
    study: Study, engine: Engine, firms: str | None, shocks: pd.DataFrame, density: pd.DataFrame, leader_status: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """What does not rest on the index: event_study, resilience, sources (item F), firm_cells, leader_firms, firm_years, not_made.

    firm_years has rows only where the study publishes rows of firms.
    `firms` is the engine's table of firm-years with status, None where the study has none; `shocks` unit, year, level,
    exposure; `leader_status` the firms of the base year with their standing.
    """
    years = _firm_years(study, engine, firms)
    rows = merged_rows([firm_rows(years, study), resilience_rows(shocks, density, study)])
    further_tables = optional_tables(study.regressions.events)
    frames = frames_of(rows, ("event_study", "resilience", "contribution", *further_tables))
    cells = firm_cells(study, engine, firms) if firms else ModelInputs().firm_cells
    outcomes = list(study.regressions.events.outcomes)
    leaders = ModelInputs().leader_firms if isinstance(years, EstimationError) else leader_firms(years, leader_status, outcomes)
    no_rows = pd.DataFrame(columns=["unit", "year"])
    published_firm_years = no_rows if isinstance(years, EstimationError) or not study.study.publish.firm_rows else years
    return {
        "event_study": frames["event_study"], "resilience": frames["resilience"], "sources": frames["contribution"],
        "firm_cells": cells, "leader_firms": leaders, "firm_years": published_firm_years,
        "not_made": frames["not_made"],
    } | {table: frames[table] for table in further_tables}  # fmt: skip


def optional_tables(events: Events) -> tuple[str, ...]:
    """Tables that event studies give only where the study asks for them."""
    bounds = ("trend_bounds", "event_covariance") if events.trend_bounds else ()
    return (*bounds, *(("balance", "overlap") if events.balancing else ()))


def _firm_years(study: Study, engine: Engine, firms: str | None) -> pd.DataFrame | EstimationError:
    if firms is None:
        return EstimationError("the study has no firm table", zh="本研究没有企业表")
    try:
        return firm_years(study, engine, firms)
    except EstimationError as fault:
        return fault
