"""Randomisation inference: whole density paths dealt out again among the units (Fisher 1935; MacKinnon & Webb 2020 on t)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .inference import random_stream
from .partial import PartialledRows, partial_out
from .specification import Specification, specification_error
from .wild import TIE
from .within import Array

BATCH = 2_000_000  # numbers (rows x draws) residualised at a time
MOST_PAIRED = 500  # units up to which products of each unit with each path are tabled: they grow with units squared
MIN_EXCHANGEABLE = 0.8  # share of the units that must be able to exchange paths before a p is given


@dataclass(frozen=True)
class Randomisation:
    """Coefficient and cluster-robust t of the data (m,) and of each draw (B, m); p = (b + 1) / (B + 1).

    `exchangeable` of the `units` can give their path to another; the others keep theirs in every draw.
    """

    estimate: Array
    t: Array
    estimates: Array
    t_star: Array
    exchangeable: int
    units: int

    @property
    def valid(self) -> bool:
        """Whether enough units can exchange their paths for the draws to be centred."""
        return self.exchangeable >= MIN_EXCHANGEABLE * self.units

    def p(self) -> Array:
        """(m,) share of |t*| at least |t|, the data counted as one draw; NaN where too few units can exchange paths."""
        is_as_large = np.abs(self.t_star) >= np.abs(self.t) * (1 - TIE)
        return (is_as_large.sum(axis=0) + 1.0) / (len(self.t_star) + 1.0) if self.valid else np.full(len(self.t), np.nan)


def density_paths(density_table: pd.DataFrame, units: list[str], years: list[int], density: str) -> pd.DataFrame:
    """Density (units, years) of a table with one row per unit and year; NaN where it has no value."""
    unit_index, year_index = pd.Index(units, name="unit"), pd.Index(years, name="year")
    unit, year = unit_index.get_indexer(pd.Index(density_table["unit"])), year_index.get_indexer(pd.Index(density_table["year"]))
    is_known = (unit >= 0) & (year >= 0)
    cells = (unit * len(years) + year)[is_known][::-1]  # backwards: of a repeated cell the first row holds
    paths = np.full(len(units) * len(years), np.nan)
    paths[cells] = density_table[density].to_numpy(dtype=float)[is_known][::-1]
    return pd.DataFrame(paths.reshape(len(units), len(years)), index=unit_index, columns=year_index)


def exchangeable(paths: pd.DataFrame, group_of_unit: pd.Series | None = None) -> list[list[str]]:
    """Sets of units whose paths (units, years) may change hands: those known in the same years and, if given, of one group."""
    labels = [""] * len(paths) if group_of_unit is None else [str(group) for group in group_of_unit.reindex(paths.index)]
    members: dict[tuple[bytes, str], list[str]] = {}
    for unit, known_years, label in zip(paths.index, paths.notna().to_numpy(), labels):
        members.setdefault((known_years.tobytes(), label), []).append(unit)
    return [sorted(units) for _, units in sorted(members.items())]


def exchangeable_count(exchangeable_sets: list[list[str]]) -> int:
    """How many units have another to exchange paths with."""
    return sum(len(units) for units in exchangeable_sets if len(units) > 1)


def permutations(exchangeable_sets: list[list[str]], units: list[str], draws: int, rng: np.random.Generator) -> np.ndarray:
    """(B, U): the unit whose path each unit receives."""
    position = {unit_index: i for i, unit_index in enumerate(units)}
    permuted_positions = np.tile(np.arange(len(units)), (draws, 1))
    for members in exchangeable_sets:
        member_positions = np.array([position[unit_index] for unit_index in members])
        permuted_positions[:, member_positions] = member_positions[
            rng.permuted(np.tile(np.arange(len(member_positions)), (draws, 1)), axis=1)
        ]
    return permuted_positions


def statistics(partial_rows: PartialledRows, y: Array, x: Array) -> tuple[Array, Array]:
    """Coefficient and t (no small-sample factor) of each regressor (n, B) for each residualised outcome (n, m): (B, m) each."""
    x = partial_rows.residual(x)
    size = np.einsum("nb,nb->b", x, x)
    b = (x.T @ y) / size[:, None]
    variance = np.zeros_like(b)
    for observations in partial_rows.cluster_blocks():
        block_x = x[observations]
        score = block_x.T @ y[observations]
        score -= b * np.einsum("nb,nb->b", block_x, block_x)[:, None]
        score *= score
        variance += score
    with np.errstate(divide="ignore", invalid="ignore"):
        return b, b * size[:, None] / np.sqrt(variance)


def _is_complete(spec: Specification, cells: np.ndarray, grid_size: int) -> bool:
    """Whether each unit has each year once, unweighted: then a path less unit and year effects is the same whoever has it."""
    is_grid = len(cells) == grid_size == len(np.unique(cells))
    return is_grid and not spec.weights and set(spec.fixed_effects) <= {spec.cluster, "year"}


@dataclass(frozen=True)
class PathProducts:
    """Sums over years of what a unit has with the path it may receive, so that a draw adds up U numbers and not U x T.

    With x the paths less effects, y the outcomes and C the orthonormal controls: y'x (U, U, m) and C'x (U, U, c) by receiver
    and giver, x'x (U,) by giver, C'C (c c, U) and C'y (c, U m) by receiver.
    """

    outcome_path: Array
    control_path: Array
    path_squares: Array
    control_squares: Array
    control_outcome: Array

    def statistics(self, permuted_positions: np.ndarray) -> tuple[Array, Array]:
        """As `statistics`, of draws (B, U) that give each unit the path of another: (B, m) each."""
        receivers = np.arange(len(self.path_squares))
        outcome_path = self.outcome_path[receivers, permuted_positions]
        control_path = self.control_path[receivers, permuted_positions]
        slopes = control_path.sum(axis=1)
        size = self.path_squares.sum() - np.einsum("bc,bc->b", slopes, slopes)
        b = outcome_path.sum(axis=1) / size[:, None]
        slope_pairs = (slopes[:, :, None] * slopes[:, None, :]).reshape(len(slopes), -1)
        squares = self.path_squares[permuted_positions] - 2 * np.einsum("bgc,bc->bg", control_path, slopes)
        squares += slope_pairs @ self.control_squares
        score = outcome_path - (slopes @ self.control_outcome).reshape(outcome_path.shape) - b[:, None, :] * squares[:, :, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            return b, b * size[:, None] / np.sqrt(np.einsum("bgm,bgm->bm", score, score))


def _path_products(partial_rows: PartialledRows, y: Array, x: Array, order: np.ndarray, shape: tuple[int, ...]) -> PathProducts:
    """Products of residual outcomes (n, m), paths x (n,) and controls; `order` sorts rows into the grid (U, T) of `shape`."""
    paths = partial_rows.absorber.residual(x[:, None])[order, 0].reshape(shape)
    outcomes, controls = (values[order].reshape(*shape, values.shape[1]) for values in (y, partial_rows.controls))
    control_squares = np.einsum("gtc,gtd->cdg", controls, controls)
    control_outcome = np.einsum("gtc,gtm->cgm", controls, outcomes)
    outcome_path, control_path = (
        np.ascontiguousarray(np.tensordot(values, paths, axes=(1, 1)).transpose(0, 2, 1)) for values in (outcomes, controls)
    )
    return PathProducts(
        outcome_path=outcome_path,
        control_path=control_path,
        path_squares=np.einsum("gt,gt->g", paths, paths),
        control_squares=control_squares.reshape(-1, shape[0]),
        control_outcome=control_outcome.reshape(controls.shape[2], shape[0] * y.shape[1]),
    )


def randomisation(
    observations: pd.DataFrame,
    spec: Specification,
    *,
    density_table: pd.DataFrame | None = None,
    draws: int = 999,
    seed: int = 0,
    group_of_unit: pd.Series | None = None,
) -> Randomisation:
    """Permute the density paths of the units with each other, all outcomes at once.

    Whole paths of `observations` and, where rows are missing there, of `density_table` (unit, year, density) change hands
    among units known in the same years: a row that is missing from the regression fixes no path. `group_of_unit`
    (unit -> label) keeps paths inside groups. EstimationError when no two units can change paths.
    """
    partial_rows = partial_out(observations, spec)
    units, years = (sorted(partial_rows.rows[column].unique()) for column in (spec.cluster, "year"))
    paths = density_paths(observations, units, years, spec.density)
    if density_table is not None:
        paths = paths.combine_first(density_paths(density_table, units, years, spec.density))
    row = partial_rows.rows[spec.cluster].map({unit: i for i, unit in enumerate(units)}).to_numpy()
    year = pd.factorize(partial_rows.rows["year"], sort=True)[0]
    values, exchangeable_sets = paths.to_numpy(), exchangeable(paths, group_of_unit)
    if all(len(members) < 2 for members in exchangeable_sets):
        raise specification_error(
            spec,
            "no two units have a density in the same years; paths cannot be permuted",
            "没有两个单位有密度的年份相同,无法置换密度路径",
        )
    y = partial_rows.residual(partial_rows.rows[list(spec.outcomes)].to_numpy(dtype=float))
    estimate, t = statistics(partial_rows, y, values[row, year][:, None])
    permuted_positions = permutations(exchangeable_sets, units, draws, random_stream(seed, "randomisation", spec.id))
    step = max(1, BATCH // partial_rows.n)
    starts = range(0, draws, step)
    if len(units) <= MOST_PAIRED and _is_complete(spec, row * len(years) + year, values.size):
        products = _path_products(partial_rows, y, values[row, year], np.argsort(row * len(years) + year), values.shape)
        batches = [products.statistics(permuted_positions[start : start + step]) for start in starts]
    else:
        batches = [
            statistics(partial_rows, y, values[permuted_positions[start : start + step][:, row], year].T) for start in starts
        ]
    estimates, t_star = (np.concatenate(column) for column in zip(*batches))
    return Randomisation(estimate[0], t[0], estimates, t_star, exchangeable_count(exchangeable_sets), len(units))
