"""Were the units that would have SRDI firms on another path before they had any?"""

from __future__ import annotations

from typing import Unpack

import pandas as pd

from .exposure_trend import first_year, later_density
from .specification import Estimate, InferenceSettings, Specification, estimate

SLOPE = "later_density_x_year"
MIN_YEARS_BEFORE = 3  # years without density


def pre_trend(observations: pd.DataFrame, spec: Specification, **settings: Unpack[InferenceSettings]) -> Estimate | None:
    """Outcomes of the years in which no unit has density on (mean density afterwards) x year, unit and year effects.

    A linear lead has one parameter and so the most power against selection on trend. None when fewer than three such
    years exist, or when later density does not differ between units.
    """
    start_year = first_year(observations, spec.density)
    if start_year is None:
        return None
    later_mean, early_rows = (
        later_density(observations, spec.density, start_year),
        observations[observations["year"] < start_year],
    )
    if early_rows["year"].nunique() < MIN_YEARS_BEFORE or later_mean.std() == 0 or len(later_mean) < 2:
        return None
    slope = early_rows["unit"].map(later_mean) * (early_rows["year"] - early_rows["year"].max())
    lead_spec = Specification(f"{spec.id}_pre_trend", spec.outcomes, SLOPE, (), ("unit", "year"), spec.cluster)
    return estimate(early_rows.assign(**{SLOPE: slope}), lead_spec, **settings)
