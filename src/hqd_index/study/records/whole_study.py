"""A whole study: its parts as read from the YAML files, and named scenarios."""

from __future__ import annotations

from typing import Any

from .columns_yaml import Columns
from .indicators_yaml import Indicators
from .lists_yaml import Lists
from .modes_yaml import Modes
from .record import Label, Record, Slug
from .regressions_yaml import Regressions
from .rules_yaml import Rules
from .sources_yaml import Sources
from .study_yaml import StudyFile
from .uncertainty_yaml import Uncertainty
from .weighting_yaml import Weighting


class Scenario(Record):
    """A named set of changes: dotted path into the study -> new value."""

    label: Label
    changes: dict[str, Any]


class Study(Record):
    """A whole study, as checked and frozen; the folder it was read from is not part of it."""

    study: StudyFile
    sources: Sources
    rules: Rules
    columns: Columns
    indicators: Indicators
    weighting: Weighting
    uncertainty: Uncertainty = Uncertainty()
    regressions: Regressions
    modes: Modes = Modes()
    lists: Lists = Lists()
    scenarios: dict[Slug, Scenario] = {}

    @property
    def name(self) -> str:
        return self.study.name
