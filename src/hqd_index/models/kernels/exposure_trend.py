"""The estimate net of a trend by later density, and how far the trend before recognition must go on to undo it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import pandas as pd

from .inference import coefficients, inflation
from .specification import Estimate, InferenceSettings, Specification, estimate, specification_error, sums_of
from .within import Array

TREND = "exposure_trend"  # the term m_i x (t - t0), m_i the mean density of a unit since the first density
ENDING = f"_{TREND}"  # of the specification's id


@dataclass(frozen=True)
class ExposureTrend:
    """`estimate` has the trend among its terms; `vif` is the density's in it; `kappa` that of `breakdown`."""

    estimate: Estimate
    vif: float
    kappa: float


def first_year(observations: pd.DataFrame, density: str) -> int | None:
    """The first year in which some unit has density, None where no unit ever has."""
    largest = observations.groupby("year")[density].agg(lambda values: np.abs(values).max())
    years = largest.index[largest > 0]
    return int(years.min()) if len(years) else None


def later_density(observations: pd.DataFrame, density: str, start_year: int) -> pd.Series:
    """m_i: mean density by unit from `start_year` to the end of the data."""
    return observations[observations["year"] >= start_year].groupby("unit")[density].mean()


def trend_column(observations: pd.DataFrame, density: str) -> pd.Series:
    """m_i x (t - t0), t0 the year before the first density; missing for a unit without rows since then, or without density."""
    start_year = first_year(observations, density)
    if start_year is None:
        return pd.Series(np.nan, index=observations.index)
    return observations["unit"].map(later_density(observations, density, start_year)) * (observations["year"] - (start_year - 1))


def exposure_trend(observations: pd.DataFrame, spec: Specification, **settings: Unpack[InferenceSettings]) -> ExposureTrend:
    """`spec` with m_i x (t - t0) added: conservative, as it absorbs part of a growing effect (Wolfers 2006).

    EstimationError where density cannot be separated from such a trend, or there is none.
    """
    frame = observations.assign(**{TREND: trend_column(observations, spec.density)})
    wider = replace(spec, id=f"{spec.id}{ENDING}", controls=(TREND, *spec.controls))
    fitted = estimate(frame, wider, **settings)
    if TREND not in fitted.terms:
        raise specification_error(wider, "density follows such a trend throughout", "密度始终沿这一趋势变动,无法区分")
    cluster_sums, *_ = sums_of(frame, replace(spec, outcomes=(TREND,)))
    return ExposureTrend(fitted, float(inflation(fitted.sums)[0]), float(coefficients(cluster_sums)[0, 0]))


def breakdown(lower: Array, upper: Array, estimates: Array, slope_low: Array, slope_high: Array, kappa: float) -> Array:
    """How many times the largest credible pre-trend must continue until the interval (low, high) reaches zero, (m,).

    After Rambachan & Roth (2023): max(0, low) / (kappa x slope_high) for a positive estimate, mirrored for a negative one.
    Infinite where no slope within the 95% interval of the pre-trend goes the way of the estimate.
    """
    sign = np.where(estimates > 0, 1.0, -1.0)
    distance = np.maximum(0.0, np.where(sign > 0, lower, -upper))
    reach = kappa * np.where(sign > 0, slope_high, -slope_low)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiples = np.where(reach > 0, distance / reach, np.inf)
    return np.where(np.isnan(reach) | np.isnan(distance), np.nan, multiples)
