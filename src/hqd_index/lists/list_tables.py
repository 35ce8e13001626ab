"""Every list of a study from the tables of the stages before, and what could not be made."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..study.records import Study
from .absences import absence_rows
from .alerts import alerts
from .priority import priority
from .whatif import whatif


def list_tables(study: Study, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """priority, alerts, whatif and not_made. `frames`: the tables of the stages before by name, each at least with its header."""
    priorities, absences = priority(study, frames)
    alarms, unwatched = alerts(study, frames)
    projections, no_projection = whatif(study, {**frames, "priority": priorities})
    reasons = [*absences, *unwatched, *no_projection]
    return {"priority": priorities, "alerts": alarms, "whatif": projections, "not_made": absence_rows(reasons)}
