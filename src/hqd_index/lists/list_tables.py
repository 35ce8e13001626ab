"""Every list of a study from the tables of the stages before, and what could not be made."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine
from ..study.records import Study
from .absences import absence_rows
from .alerts import alerts, watch
from .candidates import candidates, patent_classes
from .evaluation import evaluation
from .firm_frame import firm_frame
from .growth_stages import growth_stages
from .priority import priority
from .whatif import whatif


def list_tables(
    study: Study, engine: Engine, frames: Mapping[str, pd.DataFrame], tables: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """priority, alerts, whatif, candidates, growth_stages, evaluation and not_made.

    `frames`: the tables of the stages before by name, each at least with its header; `tables`: the engine's tables of the study,
    firms with status.
    """
    priorities, absences = priority(study, frames)
    watched = watch(study, frames["indicators"])
    alarms, unwatched = alerts(study, frames, watched)
    projections, no_projection = whatif(study, {**frames, "priority": priorities})
    frame = firm_frame(study, engine, tables.get("firms"))
    patents = patent_classes(engine, tables.get("patents"), study.study.years[1])
    listed = candidates(study, frame, priorities, frames["unit_names"], patents)
    stages, unstaged = growth_stages(study, frame, listed.rows, frames)
    judged, unjudged = evaluation(study, frame, listed, frames, watched, (engine, tables))
    reasons = [*absences, *unwatched, *no_projection, *listed.absences, *unstaged, *unjudged]
    return {
        "priority": priorities,
        "alerts": alarms,
        "whatif": projections,
        "candidates": listed.rows,
        "growth_stages": stages,
        "evaluation": judged,
        "not_made": absence_rows(reasons),
    }
