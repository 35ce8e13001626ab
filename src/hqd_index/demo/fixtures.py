"""Simulated panels whose truth is written down: each has one trap that estimators must pass or must be seen to fail.

They share no code with the estimators. Every generator takes a seed and returns frames and the truth beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST = 2013
SUBDIMENSIONS = {"quality": ("innovation", "brand", "upgrading"), "safety": ("completeness", "advantage", "smoothness")}
PARTS = {"innovation": 0.35, "brand": 0.20, "upgrading": 0.0, "completeness": 0.15, "advantage": 0.35, "smoothness": -0.05}


@dataclass(frozen=True)
class Fixture:
    """`data` in the form that regressions read (or firm-years), and the numbers that generated it."""

    data: pd.DataFrame
    truth: dict[str, float]
    links: pd.DataFrame | None = None


def autoregressive(rng: np.random.Generator, units: int, years: int, rho: float = 0.7) -> Array:
    """Stationary AR(1) errors (units, years) of unit variance."""
    shock = rng.normal(size=(units, years))
    series = shock.copy()
    for t in range(1, years):
        series[:, t] = rho * series[:, t - 1] + np.sqrt(1 - rho**2) * shock[:, t]
    return series


def ramp(rng: np.random.Generator, units: int, years: int, pareto_shape: float | None) -> Array:
    """Density (units, years): a random walk everywhere (None), or zero for half the years and then a ramp of Pareto size."""
    if pareto_shape is None:
        return rng.normal(size=(units, years)).cumsum(axis=1)
    late_years = np.maximum(0.0, np.arange(years) - years // 2 + 1)
    return np.outer(rng.pareto(pareto_shape, units) + 1.0, late_years) + rng.normal(0, 0.05, (units, years)) * (late_years > 0)


def _frame(units: int, years: int, prefix: str = "C") -> pd.DataFrame:
    names = [f"{prefix}{13 + i:02d}" for i in range(units)]
    return pd.DataFrame({"unit": np.repeat(names, years), "year": np.tile(FIRST + np.arange(years), units)})


def panel_a(
    seed: int, *, beta: float = 0.0, shape: float | None = None, units: int = 31, years: int = 12, rho: float = 0.7
) -> Fixture:
    """DGP-A (shape None) and A2 (Pareto shape): six sub-indices of known coefficients, no spillover, no selection.

    The root moves by beta per unit of density; sub-index k by six x beta x its part, so that the channel shares are PARTS.
    """
    rng = np.random.default_rng(seed)
    x = ramp(rng, units, years, shape)
    panel_columns = _frame(units, years).assign(sample="all", density=x.ravel(), density_lag=x.ravel())
    effects = rng.normal(size=(units, 1)) + rng.normal(size=(1, years))
    for node, node_coefficient in PARTS.items():
        noise_series = effects + rng.normal(size=(units, 1)) + autoregressive(rng, units, years, rho) * np.sqrt(6)
        panel_columns[node] = (noise_series + 6 * beta * node_coefficient * x).ravel()
        panel_columns[f"z_{node}1"] = panel_columns[node]
    for dimension, subdimension_names in SUBDIMENSIONS.items():
        panel_columns[dimension] = panel_columns[list(subdimension_names)].mean(axis=1)
    panel_columns["hqd"] = (panel_columns["quality"] + panel_columns["safety"]) / 2
    return Fixture(panel_columns, {"beta": beta} | {f"part_{node}": node_coefficient for node, node_coefficient in PARTS.items()})


def weights_a() -> pd.DataFrame:
    """The weights table of `panel_a`: halves, thirds, one leaf each."""
    rows = [(subdimension, "hqd", 0.5) for subdimension in SUBDIMENSIONS] + [
        (sub_index, subdimension, 1 / 3) for subdimension, sub_indices in SUBDIMENSIONS.items() for sub_index in sub_indices
    ]
    rows += [(f"{sub_index}1", sub_index, 1.0) for sub_index in PARTS]
    return pd.DataFrame(rows, columns=["node", "parent", "share_local"]).assign(year=None)


def panel_b(
    seed: int,
    *,
    selection: Literal["none", "level", "trend"] = "level",
    own_effect: float = 1.0,
    units: int = 31,
    years: int = 12,
    firms: int = 100,
) -> Fixture:
    """DGP-B: recognition adds `own_effect` points to the firm's own R&D ratio and nothing to others (spillover 0).

    Recognised firms are those with the highest level, or the steepest trend, of their industry; industries differ in how
    many they have. `all` averages every firm, `leave_out` the firms never recognised; density per 1,000 firms, lagged.
    """
    rng = np.random.default_rng(seed)
    level, trend = rng.normal(0, 1.5, (units, firms)), rng.normal(0, 0.05, (units, firms))
    common_effect = rng.normal(0, 0.5, (units, 1, 1)) + rng.normal(0, 0.2, (1, 1, years))
    industry = 0.04 * autoregressive(rng, units, years)[:, None, :]
    noise = rng.normal(0, 0.5, (units, firms, years))
    y = (
        4.0
        + common_effect
        + industry
        + level[:, :, None]
        + (trend[:, :, None] * np.arange(years) if selection == "trend" else 0.0)
        + noise
    )
    merit = {"none": rng.normal(size=(units, firms)), "level": level, "trend": trend}[selection]
    merit = merit + 0.3 * merit.std() * rng.normal(size=(units, firms))
    recognised_counts = rng.integers(1, firms // 5, units)
    rank = (-merit).argsort(axis=1).argsort(axis=1)
    ever_recognised = rank < recognised_counts[:, None]
    start = np.where(ever_recognised, years - 5 + rng.integers(0, 4, (units, firms)), years + 9)
    valid = np.arange(years) >= start[:, :, None]
    y = y + own_effect * valid
    count = 1000 * valid.mean(axis=1)
    lagged_count = np.concatenate([np.zeros((units, 1)), count[:, :-1]], axis=1)
    frames = []
    for sample, keep in (("all", np.ones_like(ever_recognised)), ("leave_out", ~ever_recognised)):
        outcome_means = (y * keep[:, :, None]).sum(axis=1) / keep.sum(axis=1)[:, None]
        firm_panel = _frame(units, years).assign(sample=sample, density=count.ravel(), density_lag=lagged_count.ravel())
        frames.append(firm_panel.assign(hqd=outcome_means.ravel() / 10, z_rd=outcome_means.ravel() / 10))
    return Fixture(pd.concat(frames, ignore_index=True), {"own": own_effect, "spillover": 0.0})


def panel_c(
    seed: int, *, own_effect: float = 0.3, supplier_effect: float = 1.5, units: int = 31, years: int = 10, noise: float = 0.5
) -> Fixture:
    """DGP-C: y = own x density + up x density of suppliers (weights of one base year) + effects + AR(1) noise."""
    rng = np.random.default_rng(seed)
    flows = rng.exponential(size=(units, units)) * (rng.random((units, units)) < 0.3)
    np.fill_diagonal(flows, 0.0)
    inputs = flows / np.maximum(flows.sum(axis=0), 1e-12)
    sales = flows / np.maximum(flows.sum(axis=1, keepdims=True), 1e-12)
    x = rng.normal(size=(units, years)).cumsum(axis=1)
    y = own_effect * x + supplier_effect * inputs.T @ x + rng.normal(size=(units, 1)) + rng.normal(size=(1, years))
    y = y + noise * autoregressive(rng, units, years, 0.3)
    data = _frame(units, years).assign(sample="all", density=x.ravel(), density_lag=x.ravel(), hqd=y.ravel())
    names = data["unit"].unique()
    keys = {"year": FIRST, "from_unit": np.repeat(names, units), "to_unit": np.tile(names, units)}
    links = pd.DataFrame(keys | {"upstream": inputs.ravel(), "downstream": sales.ravel(), "leontief": 0.0, "ghosh": 0.0})
    return Fixture(
        data, {"own": own_effect, "up": supplier_effect}, links[links["from_unit"] != links["to_unit"]].reset_index(drop=True)
    )


def panel_d(
    seed: int, *, firms: int = 400, years: int = 12, growth: float = 0.5, renewed: float = 0.6, trend: float = 0.0
) -> Fixture:
    """DGP-D: staggered recognition, effect growth x (1 + event time) while valid, gone after a failed review in year 3.

    `first` is the first recognised year (NaN never), `valid` the status. The truth of event time e is that of having ever
    been recognised: growth x (1 + e), times the share renewed from e = 3 on. `trend` is a lead of the recognised.
    """
    rng = np.random.default_rng(seed)
    first_years = rng.choice([5.0, 7.0, 8.0, np.nan], p=[0.25, 0.2, 0.2, 0.35], size=firms)
    review_passed = rng.random(firms) < renewed
    event = np.arange(years)[None, :] - first_years[:, None]
    valid = (event >= 0) & ((event < 3) | review_passed[:, None])
    y = rng.normal(size=(firms, 1)) + 0.1 * np.arange(years) + 0.5 * autoregressive(rng, firms, years, 0.3)
    y = y + np.where(valid, growth * (1 + np.nan_to_num(event)), 0.0)
    y = y + np.where(np.isnan(first_years), 0.0, trend)[:, None] * np.arange(years)
    keys = {"unit": np.repeat(np.arange(firms), years), "year": np.tile(FIRST + np.arange(years), firms)}
    data = pd.DataFrame(keys | {"first": np.repeat(first_years + FIRST, years), "valid": valid.ravel(), "y": y.ravel()})
    truth = {
        f"effect_{event_time}": growth * (1 + event_time) * (1.0 if event_time < 3 else renewed) for event_time in range(years)
    }
    cells = event[event >= 0].astype(int)
    return Fixture(data, truth | {"overall": float(np.mean([truth[f"effect_{event_time}"] for event_time in cells]))})
