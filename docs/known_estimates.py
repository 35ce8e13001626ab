"""What our estimates give on the data of their known answers, as known_answers.py does for the methods of the index."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from cells import texts

from hqd_index.models.firms.balancing import entropy_weights, log_odds, nearest_neighbours
from hqd_index.models.firms.dynamic_switchers import dynamic_switching
from hqd_index.models.firms.firm_years import INSTRUMENT
from hqd_index.models.firms.instrumented_status import instrumented_status
from hqd_index.models.firms.trend_bounds import (
    EventPath,
    relative_breakdown,
    relative_magnitudes,
    smoothness,
    smoothness_breakdown,
)
from hqd_index.models.kernels.iv import iv_estimate, tf_critical
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.kernels.threshold import threshold_estimate

Array = npt.NDArray[np.float64]
TREATED = 15
LEADS, LAGS = 5, 2


def table(name: str) -> Array:
    """A table of the file of known estimates."""
    return np.array(texts("known_estimates")["data"][name], dtype=np.float64)


def panel(**variables: str) -> pd.DataFrame:
    """Matrices (units, years) as rows."""
    values = {name: table(source) for name, source in variables.items()}
    units, years = next(iter(values.values())).shape
    keys = {"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(2011, 2011 + years), units)}
    return pd.DataFrame(keys | {name: value.ravel() for name, value in values.items()})


def small_panel() -> pd.DataFrame:
    return panel(**{name: f"panel_{name}" for name in "yxqwz"})


def threshold() -> Array:
    """Threshold, its region, F and both slopes."""
    spec = Specification("threshold", ("y",), "x", ("w",), ("unit",))
    rng = np.random.default_rng(0)
    found = threshold_estimate(small_panel(), spec, "q", outcome="y", trim=0.1, draws=99, level=0.95, rng=rng)
    return np.array([found.threshold, found.low, found.high, found.f, found.below, found.above])


def named_instrument() -> Array:
    """2SLS, its error, first-stage F and the critical value of the effective F."""
    found = iv_estimate(small_panel(), Specification("iv", ("y",), "x", ("w",)), ["z"])
    return np.array([found.estimate, found.se, found.f, found.f_critical])


def anderson_rubin() -> Array:
    """Ends of the Anderson-Rubin set with unit and year effects."""
    spec = Specification("iv", ("y",), "x", ("w",))
    return np.array(iv_estimate(small_panel(), spec, ["z"]).ar[0])


def status_instrument() -> Array:
    """2SLS of the first twenty firms on their status, its error, first-stage F; cells are years by three groups of firms."""
    status, path, noise = (table(name)[:20] for name in ("status", "path", "panel_z"))
    years = status.shape[1]
    unit, year = np.repeat(np.arange(20), years), np.tile(np.arange(years), 20)
    instrument = status + noise[:, :years]
    rows = {"unit": unit, "year": year, "cell": 3 * year + unit % 3, "first": np.nan, "valid": status.ravel(), "y": path.ravel()}
    found = instrumented_status(pd.DataFrame(rows | {INSTRUMENT: instrument.ravel()}), "y", level=0.95)
    return np.array([found.estimate, found.se, found.f])


def matches() -> Array:
    """Weights of the controls as the two nearest in log odds, no caliper."""
    scores = odds()
    return nearest_neighbours(scores[:TREATED], scores[TREATED:], neighbours=2, caliper=np.inf).weights


def medicaid() -> EventPath:
    """The Medicaid event study, effect of the first year."""
    return EventPath(table("medicaid"), table("medicaid_covariance"), LEADS, np.eye(LAGS)[0])


def odds() -> Array:
    covariates = table("balancing")
    return log_odds(np.arange(len(covariates)) < TREATED, covariates)


def dynamic() -> Array:
    """A placebo and three effects, their errors, the total and its error."""
    found = dynamic_switching(panel(y="path", valid="status"), "y", window=(-2, 2))
    shown = [i for i, time in enumerate(found.events.time) if time != -1]
    return np.concatenate([found.events.estimate[shown], found.events.se[shown], [found.total, found.total_se]])


def bounds(interval: Callable[[EventPath, float], tuple[float, float]], multiples: tuple[float, ...], *, average: bool) -> Array:
    """Ends of the intervals of the Medicaid event study."""
    target = np.full(LAGS, 1 / LAGS) if average else np.eye(LAGS)[0]
    path = EventPath(table("medicaid"), table("medicaid_covariance"), LEADS, target)
    return np.array([end for multiple in multiples for end in interval(path, multiple)])


ESTIMATES: dict[str, Callable[[], Array]] = {
    "threshold": threshold,
    "named_instrument": named_instrument,
    "named_instrument_ar": anderson_rubin,
    "named_instrument_tf": lambda: np.array([tf_critical(104.7), tf_critical(10)]),
    "named_instrument_status": status_instrument,
    "entropy_balance": lambda: entropy_weights(table("balancing")[:TREATED], table("balancing")[TREATED:]),
    "psm": odds,
    "psm_matches": matches,
    "dcdh_dynamic": dynamic,
    "trend_bounds_relative": lambda: bounds(relative_magnitudes, (0.5, 1.0, 1.5, 2.0), average=False),
    "trend_bounds_average": lambda: bounds(relative_magnitudes, (0.0, 0.5, 1.0, 1.5, 2.0), average=True),
    "trend_bounds_smoothness": lambda: bounds(smoothness, (0.0, 0.01, 0.02, 0.03, 0.04, 0.05), average=False),
    "breakdown_relative": lambda: np.array([relative_breakdown(medicaid())]),
    "breakdown_smoothness": lambda: np.array([smoothness_breakdown(medicaid())]),
}
