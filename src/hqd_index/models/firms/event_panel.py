"""Firm-years as event studies read them: what depends on which rows are there is made once for all outcomes and estimators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu

from ...errors import EstimationError
from ..kernels.clusters import consecutive_codes
from ..kernels.within import Absorber, Array, Codes, absorber, adder

PREDICTION_TOLERANCE = 1e-6  # levels of unit spread that untreated rows return to within this: they identify the row's prediction


@dataclass(frozen=True)
class Untreated:
    """Dummies of all effects, a solver of the normal equations of the untreated rows, and the effects of these rows alone."""

    dummies: sparse.csr_array
    untreated_rows: np.ndarray
    solve_normal_equations: Callable[[Array], Array]
    identified_rows: np.ndarray  # rows whose effects are identified by untreated rows
    effects: tuple[Codes, ...]

    @cached_property
    def absorber(self) -> Absorber:
        return absorber(self.effects)

    def fitted_values(self, y: Array) -> Array:
        """Effects fitted on untreated rows, predicted for all rows (n,)."""
        right_side = np.asarray(self.dummies[self.untreated_rows].T @ y[self.untreated_rows])
        return np.asarray(self.dummies @ self.solve_normal_equations(right_side[:, None])[:, 0])


@dataclass(frozen=True)
class GapDesign:
    """Regressors of the gap (n, k), the inverse of their cross products, and their first stage x'D (D0'D0)^-1 row by row."""

    x: Array
    inverse_gram: Array
    first_stage_part: Array


@dataclass(frozen=True)
class Layout:
    """Rows sorted by unit and year: codes of unit (the first effect) and the other effects, event time (NaN: never treated)."""

    effects: tuple[Codes, ...]
    event: Array
    first: Array

    @property
    def unit(self) -> Codes:
        return self.effects[0]

    @cached_property
    def units(self) -> int:
        return int(self.unit.max()) + 1

    @cached_property
    def treated(self) -> np.ndarray:
        return np.nan_to_num(self.event, nan=-1.0) >= 0

    @cached_property
    def absorber(self) -> Absorber:
        return absorber(self.effects)

    @cached_property
    def untreated(self) -> Untreated:
        sizes = [int(effect.max()) + 1 for effect in self.effects]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        n, untreated_rows = len(self.event), ~self.treated
        dummy_blocks = [
            sparse.csr_array((np.ones(n), (np.arange(n), effect + level_start)), shape=(n, sum(sizes)))
            for effect, level_start in zip(self.effects, starts)
        ]
        dummies = sparse.csr_array(sum(dummy_blocks[1:], start=dummy_blocks[0]))
        is_identified = np.asarray(dummies[untreated_rows].sum(axis=0)).ravel() > 0
        identified_rows = ~(dummies @ (~is_identified).astype(float) > 0)
        solve_identified = _normal_solver(dummies[untreated_rows][:, is_identified])

        def solve_all_columns(right_side: Array) -> Array:
            solution = np.zeros((dummies.shape[1], right_side.shape[1]))
            solution[is_identified] = solve_identified(right_side[is_identified])
            return solution

        levels = np.random.default_rng(0).standard_normal(len(is_identified))
        probe = np.asarray(dummies @ levels)
        prediction = np.asarray(
            dummies @ solve_all_columns(np.asarray(dummies[untreated_rows].T @ probe[untreated_rows])[:, None])
        )[:, 0]
        identified_rows &= np.abs(prediction - probe) <= PREDICTION_TOLERANCE
        return Untreated(
            dummies,
            untreated_rows,
            solve_all_columns,
            identified_rows,
            tuple(consecutive_codes(effect[untreated_rows]) for effect in self.effects),
        )

    @cached_property
    def gap_designs(self) -> tuple[list[int], GapDesign, GapDesign]:
        """Event times observed on identified rows, the design of their dummies, and that of being treated."""
        is_identified = self.untreated.identified_rows
        dummies, event_times = event_dummies(self.event, omitted_periods=set())
        has_observations = (dummies[is_identified] != 0).any(axis=0)
        return (
            [t for t, is_present in zip(event_times, has_observations) if is_present],
            self._gap_design(dummies[:, has_observations] * is_identified[:, None]),
            self._gap_design((self.treated & is_identified).astype(float)[:, None]),
        )

    def _gap_design(self, x: Array) -> GapDesign:
        dummies = self.untreated.dummies
        first_stage_part = np.asarray(dummies @ self.untreated.solve_normal_equations(np.asarray(dummies.T @ x)))
        return GapDesign(x, np.asarray(np.linalg.inv(x.T @ x)), first_stage_part)


def event_dummies(event: Array, *, omitted_periods: set[int]) -> tuple[Array, list[int]]:
    """Dummies (n, k) of every event time but `omitted_periods`: binned ends would assume that effects stay constant there."""
    event_times = sorted({int(t) for t in np.unique(event[~np.isnan(event)])} - omitted_periods)
    return (event[:, None] == np.array(event_times)[None, :]).astype(float), event_times


def _normal_solver(design: sparse.csr_array) -> Callable[[Array], Array]:
    """Solves design'design a = r for consistent r: a tiny ridge makes the factor exist, refinement takes it out again."""
    gram = sparse.csc_array(design.T @ design)
    scale = float(gram.diagonal().mean())
    factor = splu(sparse.csc_matrix(gram + sparse.eye_array(gram.shape[0]) * (1e-7 * scale)))

    def solve_system(right_side: Array) -> Array:
        solution = np.zeros_like(right_side)
        for _ in range(6):
            solution = solution + factor.solve(np.ascontiguousarray(right_side - gram @ solution))
        return solution

    return solve_system


@dataclass(frozen=True)
class OutcomeRows:
    """One outcome on its rows."""

    y: Array
    layout: Layout

    @cached_property
    def gap(self) -> Array:
        """y less the effects fitted on untreated rows."""
        return self.y - self.layout.untreated.fitted_values(self.y)


class Panel:
    """unit, year, first (NaN: never treated), further effects and outcomes; outcomes seen on the same rows share a layout."""

    def __init__(self, firm_years: pd.DataFrame) -> None:
        self.data = firm_years.sort_values(["unit", "year"], kind="stable")
        self._layouts: dict[tuple[bytes, tuple[str, ...]], tuple[Layout, np.ndarray]] = {}

    def rows_of_outcome(self, outcome: str) -> pd.DataFrame:
        """The rows that have an outcome."""
        return self.data[self.data[outcome].notna()]

    def rows(self, outcome: str, effects: tuple[str, ...]) -> OutcomeRows:
        """Rows with an outcome; units treated in their first observed year have no base and are left out."""
        is_observed = self.data[outcome].notna().to_numpy()
        layout_key = (is_observed.tobytes(), effects)
        if layout_key not in self._layouts:
            self._layouts[layout_key] = _layout(self.data, is_observed, effects)
        layout, row_positions = self._layouts[layout_key]
        if not row_positions.any() or not layout.treated.any():
            raise EstimationError(
                f"{outcome}: no unit is observed both before and after treatment", zh=f"{outcome}:没有单位在处理前后都有观测"
            )
        return OutcomeRows(self.data[outcome].to_numpy(dtype=float)[row_positions], layout)


def _layout(firm_years: pd.DataFrame, is_observed: np.ndarray, effects: tuple[str, ...]) -> tuple[Layout, np.ndarray]:
    """The layout of sorted rows and which of them it holds."""
    year, first_years = firm_years["year"].to_numpy(dtype=float), firm_years["first"].to_numpy(dtype=float)
    unit = consecutive_codes(firm_years["unit"].to_numpy())
    start = np.full(int(unit.max(initial=-1)) + 1, np.inf)
    np.minimum.at(start, unit[is_observed], year[is_observed])
    is_in_layout = is_observed & ~(first_years <= start[unit])
    codes = tuple(consecutive_codes(firm_years[effect].to_numpy()[is_in_layout]) for effect in ("unit", *effects))
    return Layout(codes, (year - first_years)[is_in_layout], first_years[is_in_layout]), is_in_layout


def panel_of(firm_years: pd.DataFrame | Panel) -> Panel:
    """The data as a panel of firms by year."""
    return firm_years if isinstance(firm_years, Panel) else Panel(firm_years)


def unit_sums(row_values: Array, unit: Codes) -> Array:
    """(units, k) sums of rows (n, k) by unit."""
    return np.asarray(adder(unit, np.ones(len(unit)), int(unit.max()) + 1) @ row_values)
