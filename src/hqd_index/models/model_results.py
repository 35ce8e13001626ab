"""All regressions of a study: each specification estimated for every node and both samples, the headline then analysed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ..errors import EstimationError
from ..study.records import Study
from .analyses.headline_tables import headline_tables, tables_made
from .composite import composite
from .estimation_sample import estimation_sample, with_scenario
from .headline import Headline
from .headline_regression import fitted_estimate, headline_choice, no_regression, specification_tables
from .kernels.specification import Estimate
from .model_inputs import ModelInputs
from .model_rows import Row, frames_of, merged_rows, not_made

TABLES = ("regressions", *(name for name in tables_made() if name != "regressions"))
WITH_DENSITY = ("mode_matrix", "mode_dead_bands")  # what the absence of the headline does not leave empty


def tables_of(study: Study) -> tuple[str, ...]:
    """The tables in `TABLES` that the study asks for."""
    return tuple(name for name in TABLES if name != "thresholds" or study.regressions.thresholds)


@dataclass(frozen=True)
class ModelResults:
    """Published tables by name; `not_made` says what is missing in them and why. `estimates` by specification."""

    frames: Mapping[str, pd.DataFrame]
    estimates: Mapping[str, Estimate]


def regressions(observations: pd.DataFrame, study: Study, inputs: ModelInputs) -> ModelResults:
    """The tables named in `TABLES` and `not_made`, and the estimates by specification.

    `observations` as `estimation_data` makes it. Outcomes are score/100, standardised estimates in within standard deviations.
    What cannot be estimated is a row of `not_made`, so is what a table that `inputs` lacks would have given.
    """
    tables = tables_of(study)
    without_headline = tuple(name for name in tables if name not in WITH_DENSITY)
    sample = estimation_sample(observations, composite(inputs.weights), study, inputs.moderators)
    if obstacle := no_regression(sample, study):
        return ModelResults(frames_of({"not_made": not_made(without_headline, *obstacle)}, tables), {})
    row_tables: list[Mapping[str, Iterable[Row]]] = []
    estimates: dict[str, Estimate] = {}
    for choice in study.regressions.specifications:
        is_headline = choice is headline_choice(study)
        try:
            scored_rows = with_scenario(sample, choice, inputs.scenarios)
            estimate = estimates[choice.id] = fitted_estimate(scored_rows, choice, study, is_headline=is_headline)
            row_tables.append(specification_tables(estimate, scored_rows, choice, study, is_headline=is_headline))
            if is_headline:
                row_tables.append(headline_tables(Headline(sample, estimate, choice, study, inputs)))
        except EstimationError as fault:
            row_tables.append({"not_made": not_made(without_headline if is_headline else ("regressions",), fault)})
    return ModelResults(frames_of(merged_rows(row_tables), tables), estimates)
