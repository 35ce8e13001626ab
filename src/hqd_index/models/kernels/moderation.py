"""Where is the effect larger? Density times what units were like before, compared by the interaction and never by stars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import pandas as pd

from ...errors import EstimationError
from .inference import random_stream
from .specification import Estimate, InferenceSettings, Specification, estimate
from .wild import Wild, wild

BASE = "base_"  # prefix of the columns that hold base-year values by unit
INTERACTION_PREFIX = "density_x_"


@dataclass(frozen=True)
class Moderated:
    """Estimate with density first and the interaction second, and the bootstrap of the interaction."""

    name: str
    estimate: Estimate
    bootstrap: Wild

    @property
    def term(self) -> int:
        """Position of the interaction among the terms."""
        return self.estimate.terms.index(f"{INTERACTION_PREFIX}{self.name}")


def scaled(moderator_values: pd.Series) -> pd.Series:
    """0 and 1 for two groups (the density coefficient is that of the first), else standard deviations from the mean unit."""
    levels = np.unique(moderator_values.dropna())
    if len(levels) < 2:
        raise EstimationError(f"{moderator_values.name}: the same for every unit", zh=f"{moderator_values.name}:各单位取值相同")
    if len(levels) == 2:
        return (moderator_values == levels[1]).astype(float).where(moderator_values.notna())
    return (moderator_values - moderator_values.mean()) / moderator_values.std(ddof=0)


def moderated_estimate(
    observations: pd.DataFrame, spec: Specification, moderator: str, *, draws: int, weights: str, seed: int, level: float
) -> Moderated:
    """`spec` with density x the base-year value of a moderator (column base_<moderator>, one per unit) as second regressor."""
    values_by_unit = observations.drop_duplicates("unit").set_index("unit")[f"{BASE}{moderator}"].astype(float).rename(moderator)
    term = f"{INTERACTION_PREFIX}{moderator}"
    frame = observations.assign(**{term: observations[spec.density] * observations["unit"].map(scaled(values_by_unit))})
    extended_spec = Specification(
        f"{spec.id}_by_{moderator}", spec.outcomes, spec.density, (term, *spec.controls), spec.fixed_effects, spec.cluster
    )
    interaction_estimate = estimate(frame, extended_spec, draws=draws, weights=weights, seed=seed, level=level)
    if term not in interaction_estimate.terms:
        raise EstimationError(f"{moderator}: its product with density does not vary", zh=f"{moderator}:与密度的交互项没有变化")
    k = interaction_estimate.terms.index(term)
    bootstrap = wild(
        interaction_estimate.sums, rng=random_stream(seed, "wild", extended_spec.id, term), draws=draws, weights=weights, term=k
    )
    return Moderated(moderator, interaction_estimate, bootstrap)


def all_moderated(
    observations: pd.DataFrame, spec: Specification, moderators: Sequence[str], **settings: Unpack[InferenceSettings]
) -> Iterator[Moderated | EstimationError]:
    """Each moderator in turn, or why it cannot be used."""
    for name in moderators:
        try:
            if f"{BASE}{name}" not in observations or observations[f"{BASE}{name}"].isna().all():
                raise EstimationError(f"moderator {name}: no base-year value", zh=f"调节变量 {name}:没有基年取值")
            yield moderated_estimate(observations, spec, name, **settings)
        except EstimationError as fault:
            yield fault
