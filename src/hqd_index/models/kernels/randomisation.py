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
    paths = density_table.drop_duplicates(["unit", "year"]).pivot(index="unit", columns="year", values=density)
    return paths.reindex(index=pd.Index(units, name="unit"), columns=pd.Index(years, name="year")).astype(float)


def exchangeable(paths: pd.DataFrame, group_of_unit: pd.Series | None = None) -> list[list[str]]:
    """Sets of units whose paths (units, years) may change hands: those known in the same years and, if given, of one group."""
    years_with_density = pd.Series([known_years.tobytes() for known_years in paths.notna().to_numpy()], index=paths.index)
    labels = group_of_unit.reindex(paths.index).astype(str) if group_of_unit is not None else pd.Series("", index=paths.index)
    return [sorted(units) for units in years_with_density.groupby([years_with_density, labels]).groups.values()]


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
    batches = [
        statistics(partial_rows, y, values[permuted_positions[batch_start : batch_start + step][:, row], year].T)
        for batch_start in range(0, draws, step)
    ]
    estimates, t_star = (np.concatenate(column) for column in zip(*batches))
    return Randomisation(estimate[0], t[0], estimates, t_star, exchangeable_count(exchangeable_sets), len(units))
