"""The headline specification estimated, with all that an analysis of it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict

import pandas as pd

from ..errors import EstimationError
from ..study.records import Density, SpecificationChoice, Study
from .contribution_items import Window, window
from .estimation_sample import EstimationSample
from .kernels.moderation import Moderated, all_moderated
from .kernels.pre_trend import pre_trend
from .kernels.specification import Estimate, Specification, estimate
from .kernels.verdicts import VerdictRule
from .model_inputs import ModelInputs


class InferenceSettings(TypedDict):
    """Options of every estimate: bootstrap draws and weights, seed, level of intervals."""

    draws: int
    weights: str
    seed: int
    level: float


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

    def fit(self, rows: pd.DataFrame, spec: Specification) -> Estimate:
        """Another specification estimated with the settings of the study."""
        return estimate(rows, spec, **self.settings)

    @cached_property
    def early_trend(self) -> Estimate | None:
        """Trends in the years before any density by later density; None where there are too few such years."""
        spec = self.estimate.spec
        without_controls = Specification(spec.id, self.sample.reported_columns, spec.density, (), spec.fixed_effects)
        try:
            return pre_trend(self.rows, without_controls, **self.settings)
        except EstimationError:
            return None

    def trended_before(self, outcomes: Mapping[str, str]) -> frozenset[str]:
        """Hypotheses whose outcome column moved with later density before there was any, at the rule's alpha."""
        trend, rule = self.early_trend, self.rule
        if trend is None or rule is None:
            return frozenset()
        return frozenset(h for h, column in outcomes.items() if trend.p_wild[trend.at(column)] <= rule.alpha)

    @cached_property
    def moderated(self) -> tuple[Moderated | EstimationError, ...]:
        """The specification with each moderator of the study, or why it could not be used."""
        names = tuple(self.study.regressions.moderators)
        return tuple(all_moderated(self.rows, self.specification, names, **self.settings))
