"""The headline specification estimated, with all that an analysis of it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from ..errors import EstimationError
from ..study.records import Density, SpecificationChoice, Study
from .contribution_items import Window, window
from .estimation_data import KEY, lagged
from .estimation_sample import EstimationSample
from .kernels.exposure_trend import ExposureTrend, exposure_trend
from .kernels.moderation import Moderated, all_moderated
from .kernels.pre_trend import pre_trend
from .kernels.randomisation import Randomisation, randomisation
from .kernels.specification import GROUP_YEAR, Estimate, InferenceSettings, Specification, estimate
from .kernels.verdicts import VerdictRule
from .model_inputs import ModelInputs

RANDOM_DRAWS = 999


def inference_settings(study: Study) -> InferenceSettings:
    """What the study says of inference, as keyword arguments."""
    inference = study.regressions.inference
    return {"draws": inference.draws, "weights": inference.weights, "seed": study.study.seed, "level": inference.level}


@dataclass(frozen=True)
class Headline:
    """`estimate` is that of `choice` on `sample`; `inputs` are the tables of the stages before."""

    sample: EstimationSample
    estimate: Estimate
    choice: SpecificationChoice
    study: Study
    inputs: ModelInputs

    @property
    def id(self) -> str:
        return self.estimate.spec.id

    @property
    def seed(self) -> int:
        return self.study.study.seed

    @property
    def level(self) -> float:
        return self.study.regressions.inference.level

    @property
    def density(self) -> Density:
        """How density is counted here."""
        return self.choice.density or self.study.regressions.density

    @property
    def settings(self) -> InferenceSettings:
        return inference_settings(self.study)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows that were estimated on."""
        return self.sample.frame.loc[self.estimate.rows]

    @cached_property
    def specification(self) -> Specification:
        """The same regressors and effects for the reported nodes of every sample, units unweighted."""
        spec = self.estimate.spec
        return Specification(spec.id, self.sample.reported_columns, spec.density, spec.controls, spec.fixed_effects)

    @cached_property
    def years(self) -> Window | None:
        """The two years whose change is accounted for; None when the sample has one year only."""
        return window(self.rows, self.estimate.spec.density, self.study.regressions.contribution)

    @property
    def rule(self) -> VerdictRule | None:
        """What the study fixed beforehand for verdicts, None where it fixed nothing."""
        hypotheses = self.study.regressions.hypotheses
        return VerdictRule(sesoi=hypotheses.sesoi, alpha=hypotheses.alpha) if hypotheses else None

    @cached_property
    def lagged_density(self) -> pd.DataFrame:
        """unit, year and the density of the specification: every unit-year that the density table knows, estimated on or not."""
        column = self.estimate.spec.density
        table, lag = self.inputs.density, self.density.lag
        measure = "density" if column == "density_lag" else self.density.measure
        if measure not in table:
            return self.sample.frame[[*KEY, column]]
        return lagged(table[[*KEY, measure]], lag).rename(columns={measure: column})

    def estimate_of(self, observations: pd.DataFrame, spec: Specification) -> Estimate:
        """Another specification estimated with the settings of the study."""
        return estimate(observations, spec, **self.settings)

    @cached_property
    def early_trend(self) -> Estimate | None:
        """Trends in the years before any density by later density; None where there are too few such years."""
        spec = self.estimate.spec
        without_controls = Specification(spec.id, self.sample.reported_columns, spec.density, (), spec.fixed_effects)
        try:
            return pre_trend(self.rows, without_controls, **self.settings)
        except EstimationError:
            return None

    @cached_property
    def net_of_trend(self) -> ExposureTrend | EstimationError:
        """The headline with a trend by later density, for the reported nodes; or why it cannot be separated from density."""
        try:
            return exposure_trend(self.rows, self._reported_specification(), **self.settings)
        except EstimationError as fault:
            return fault

    @cached_property
    def by_group_year(self) -> Estimate | EstimationError:
        """The headline with effects of each group of units in each year; or why it cannot be estimated."""
        spec = self._reported_specification()
        effects = (*(effect for effect in spec.fixed_effects if effect not in ("year", GROUP_YEAR)), GROUP_YEAR)
        if GROUP_YEAR not in self.rows or self.rows[GROUP_YEAR].isna().all():
            return EstimationError("no unit is in a group", zh="各单位均未分组")
        try:
            return self.estimate_of(self.rows, replace(spec, id=f"{spec.id}_{GROUP_YEAR}", fixed_effects=effects))
        except EstimationError as fault:
            return fault

    @cached_property
    def permuted(self) -> Randomisation:
        """The headline with paths of the density table permuted; EstimationError where none can be."""
        return randomisation(self.rows, self.estimate.spec, density_table=self.lagged_density, draws=RANDOM_DRAWS, seed=self.seed)

    def _reported_specification(self) -> Specification:
        """The headline's own specification, for the reported nodes."""
        return replace(self.estimate.spec, outcomes=self.sample.reported_columns)

    def trended_before(self, outcomes: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Addition -> hypotheses whose outcome column moved up or down with later density before there was any, at alpha."""
        trend, rule = self.early_trend, self.rule
        if trend is None or rule is None:
            return {}
        moved_columns = {
            hypothesis: trend.outcome_index(column)
            for hypothesis, column in outcomes.items()
            if trend.p_wild[trend.outcome_index(column)] <= rule.alpha
        }
        upward = frozenset(hypothesis for hypothesis, j in moved_columns.items() if trend.coefficient[0, j] > 0)
        return {"pre_trend_up": upward, "pre_trend_down": frozenset(moved_columns) - upward}

    @cached_property
    def moderated(self) -> tuple[Moderated | EstimationError, ...]:
        """The specification with each moderator of the study, or why it could not be used."""
        names = tuple(self.study.regressions.moderators)
        return tuple(all_moderated(self.rows, self.specification, names, **self.settings))
