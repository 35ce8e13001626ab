"""What the YAML of a study says: frozen records, one file per configuration file; faults across files are found in checks/."""

from .columns_yaml import Chokepoint, Columns, Derived, Links
from .indicators_yaml import Band, Indicator, Indicators
from .lists_yaml import AlertRules, CandidateRules, ChainFlags, Lists, StageRules, WhatIf
from .modes_yaml import ModeAxes, ModeAxis, ModeItem, ModeLabels, ModeNorm, ModePath, ModePaths, Modes, PathIndicator
from .national_criteria import Criterion
from .record import Label, Name, Record, Slug, Span, Version
from .regressions_yaml import (
    Balancing,
    ContributionChoice,
    Control,
    Density,
    DensitySource,
    Effect,
    Events,
    FirmInstrument,
    FirmOutcome,
    FirmVariable,
    Hypotheses,
    Inference,
    Instrument,
    Regressions,
    Resilience,
    SpecificationChoice,
    SpecificationGrid,
    ThresholdVariable,
    TrendBounds,
)
from .rules_yaml import Gates, Rule, Rules
from .sources_yaml import (
    BATCHES_FILE,
    Bounds,
    ColumnSpec,
    FirmIndustry,
    Origin,
    OutOfScope,
    Reshape,
    Source,
    Sources,
    SrdiList,
    Status,
    TableSpec,
)
from .study_yaml import Dynamics, EconomicLinks, GroupColumn, NamesTable, Publish, StudyFile, Unit
from .uncertainty_yaml import FirmDraws, MultiverseChoice, SobolChoice, Uncertainty, WeightDraws
from .weighting_yaml import Coverage, LeafChoices, NodeChoices, Weighting
from .whole_study import Scenario, Study

__all__ = [
    "BATCHES_FILE",
    "AlertRules", "Balancing", "Band", "Bounds", "CandidateRules", "ChainFlags", "Chokepoint", "ColumnSpec", "Columns",
    "ContributionChoice", "Control", "Coverage", "Criterion", "Density", "DensitySource", "Derived", "Dynamics",
    "EconomicLinks", "Effect", "Events", "FirmDraws", "FirmIndustry", "FirmInstrument", "FirmOutcome", "FirmVariable",
    "Gates", "GroupColumn", "Hypotheses", "Indicator", "Indicators", "Inference", "Instrument", "Label", "LeafChoices",
    "Links", "Lists", "ModeAxes", "ModeAxis", "ModeItem", "ModeLabels", "ModeNorm", "ModePath", "ModePaths", "Modes",
    "MultiverseChoice", "Name", "NamesTable", "NodeChoices", "Origin", "OutOfScope", "PathIndicator", "Publish",
    "Record", "Regressions", "Reshape", "Resilience", "Rule", "Rules", "Scenario", "Slug", "SobolChoice", "Source",
    "Sources", "Span", "SpecificationChoice", "SpecificationGrid", "SrdiList", "StageRules", "Status", "Study",
    "StudyFile", "TableSpec", "ThresholdVariable", "TrendBounds", "Uncertainty", "Unit", "Version", "WeightDraws",
    "Weighting", "WhatIf",
]  # fmt: skip
