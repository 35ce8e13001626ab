"""Were the units that would have SRDI firms on another path before they had any?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .specification import Estimate, Specification, estimate

SLOPE = "later_density_x_year"
FEWEST = 3  # years without density


def pre_trend(
    rows: pd.DataFrame,
    spec: Specification,
    *,
    draws: int = 9_999,
    weights: str = "rademacher",
    seed: int = 0,
    level: float = 0.95,
) -> Estimate | None:
    """Outcomes of the years in which no unit has density on (mean density afterwards) x year, unit and year effects.

    A linear lead has one parameter and so the most power against selection on trend. None when fewer than three such
    years exist, or when later density does not differ between units.
    """
    largest = rows.groupby("year")[spec.density].agg(lambda x: np.abs(x).max())
    years_before = largest.index[largest == 0]
    years_before = years_before[years_before < largest.index[largest > 0].min()] if (largest > 0).any() else years_before[:0]
    if len(years_before) < FEWEST:
        return None
    later_density = rows[~rows["year"].isin(years_before)].groupby("unit")[spec.density].mean()
    if later_density.std() == 0 or len(later_density) < 2:
        return None
    early = rows[rows["year"].isin(years_before)]
    slope = early["unit"].map(later_density) * (early["year"] - years_before.max())
    lead = Specification(f"{spec.id}_pre_trend", spec.outcomes, SLOPE, (), ("unit", "year"), spec.cluster)
    return estimate(early.assign(**{SLOPE: slope}), lead, draws=draws, weights=weights, seed=seed, level=level)
