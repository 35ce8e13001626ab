"""lists.yaml: the rules of the lists that an office acts on, each with the value it has unless the file says otherwise."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...methods.method import Share
from .national_criteria import NATIONAL_2022, Criterion
from .record import Label, Record, Slug, Version

Percentile = Annotated[float, Field(gt=0, lt=100)]
Factor = Annotated[float, Field(gt=0)]


class ChainFlags(Record):
    """Thresholds of the flags of the chain map; those of a chokepoint product are in columns.yaml (links.chokepoint).

    gap: fewer domestic firms, or a lower self-sufficiency. blockage: a z over the units of the year below `blockage_z` in the
    good direction of a blockage indicator, or days at or above their percentile and rising for years. weak: NRCA below, and
    betweenness at or above its percentile. strong: NRCA at or above its percentile, and a share in the world's exports.
    """

    gap_firms: Annotated[int, Field(ge=1)] = 3
    gap_self_sufficiency: Share = 0.3
    blockage_indicators: tuple[Slug, ...] = ("smo1", "smo2")
    blockage_z: Annotated[float, Field(lt=0)] = -1.5
    blockage_days: Slug = "smo2"
    blockage_days_pct: Percentile = 90.0
    blockage_rising: Annotated[int, Field(ge=1, le=5)] = 2
    weak_nrca: float = 0.0
    weak_centrality_pct: Percentile = 75.0
    strong_nrca_pct: Percentile = 80.0
    strong_world_share: Share = 0.2


class DatedEvent(Record):
    """A shock from outside that is known to have come in a year: what the alarms of that year are held against."""

    year: int
    label: Label


class AlertRules(Record):
    """When an alarm goes on and off. Scores are distances on the bad side in 1.4826 x median absolute deviation.

    Above yellow, orange, red; off again only below yellow - `clearing`. level: against at least `past_years` earlier years.
    peers, change: among at least `fewest_peers` values. trend: slope bad in each of `trend_periods` spans of `trend_years`.
    `events`: dated events that the alarms are back-tested on.
    """

    yellow: Annotated[float, Field(gt=0)] = 1.5
    orange: Annotated[float, Field(gt=0)] = 2.5
    red: Annotated[float, Field(gt=0)] = 3.5
    clearing: Annotated[float, Field(ge=0)] = 0.3
    past_years: Annotated[int, Field(ge=3)] = 5
    fewest_peers: Annotated[int, Field(ge=3)] = 8
    change_years: Annotated[int, Field(ge=1)] = 4
    trend_years: Annotated[int, Field(ge=2)] = 3
    trend_periods: Annotated[int, Field(ge=1)] = 3
    stale_months: Annotated[int, Field(ge=0)] = 15
    firms_fall: Share = 0.1
    events: dict[Slug, DatedEvent] = {}

    @model_validator(mode="after")
    def _rising_levels(self) -> AlertRules:
        if not self.yellow < self.orange < self.red or self.clearing >= self.yellow:
            raise PydanticCustomError("order", "{en}", {"en": "write yellow < orange < red, and clearing below yellow",
                                                        "zh": "须 yellow < orange < red,且 clearing 小于 yellow"})  # fmt: skip
        return self


class WhatIf(Record):
    """Actions of table whatif: SRDI firms added (or, negative, removed), and percentiles of the latest density to be reached."""

    firms: tuple[int, ...] = (-3, -1, 1, 3, 5)
    percentiles: tuple[Annotated[float, Field(ge=0, le=100)], ...] = (50, 75)


class CandidateRules(Record):
    """Table candidates: criteria (absent: the national ones of 2022), how many firms a node lists, who counts as an SME.

    An SME has fewer employees than `sme_employees` or less revenue (元) than `sme_revenue`. `penalty`: of the ridge logistic;
    `folds`: parts of the firms, each predicted by a model of the others.
    """

    criteria: dict[Slug, Criterion] | None = None
    per_node: Annotated[int, Field(ge=1)] = 10
    sme_employees: Annotated[int, Field(ge=1)] = 1000
    sme_revenue: Annotated[float, Field(gt=0)] = 4e8
    penalty: Annotated[float, Field(gt=0)] = 1.0
    folds: Annotated[int, Field(ge=2, le=10)] = 3

    @property
    def national_criteria(self) -> dict[str, Criterion]:
        """The criteria of the file, else those of 2022."""
        return NATIONAL_2022 if self.criteria is None else self.criteria


class PolicyRules(Record):
    """The policy loop: table of interventions by unit and year (with a column of budgets), and of scores of an earlier run.

    Both are tables of the study. `earlier` has the unit's columns, year, node and score, as an earlier run published them.
    """

    interventions: Slug | None = None
    budget: Slug | None = None
    earlier: Slug | None = None


class StageRules(Record):
    """Stages of firms without cash flows: up to `young` years of age introduction, else by yearly growth of revenue."""

    young: Annotated[int, Field(ge=0)] = 5
    growth: float = 0.1
    decline: float = -0.05


class Lists(Record):
    """The file lists.yaml.

    `target`: SRDI firms in force at which a node counts as covered. `neighbours`: factors by which each threshold is moved in
    turn, to see under how many of them a node keeps its flags.
    """

    version: Version = 1
    flags: ChainFlags = ChainFlags()
    target: Annotated[int, Field(ge=1)] = 3
    neighbours: tuple[Factor, ...] = (0.8, 0.9, 1.1, 1.2)
    alerts: AlertRules = AlertRules()
    whatif: WhatIf = WhatIf()
    candidates: CandidateRules = CandidateRules()
    stages: StageRules = StageRules()
    policy: PolicyRules = PolicyRules()
