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


@dataclass(frozen=True)
class Randomisation:
    """Coefficient and cluster-robust t of the data (m,) and of each draw (B, m); p = (b + 1) / (B + 1)."""

    estimate: Array
    t: Array
    estimates: Array
    t_star: Array

    def p(self) -> Array:
        """(m,) share of |t*| at least |t|, the data counted as one draw."""
        is_as_large = np.abs(self.t_star) >= np.abs(self.t) * (1 - TIE)
        return (is_as_large.sum(axis=0) + 1.0) / (len(self.t_star) + 1.0)


def exchangeable(rows: pd.DataFrame, spec: Specification, groups: pd.Series | None) -> list[list[str]]:
    """Sets of units whose paths may change hands: those observed in the same years and, if given, of the same group."""
    years = rows.groupby(spec.cluster)["year"].agg(lambda y: " ".join(map(str, sorted(y))))
    group_labels = groups.reindex(years.index).astype(str) if groups is not None else pd.Series("", index=years.index)
    return [sorted(units) for units in years.groupby([years, group_labels]).groups.values()]


def permutations(exchangeable_sets: list[list[str]], units: list[str], draws: int, rng: np.random.Generator) -> np.ndarray:
    """(B, U): the unit whose path each unit receives."""
    position = {u: i for i, u in enumerate(units)}
    permuted_positions = np.tile(np.arange(len(units)), (draws, 1))
    for members in exchangeable_sets:
        positions = np.array([position[u] for u in members])
        permuted_positions[:, positions] = positions[rng.permuted(np.tile(np.arange(len(positions)), (draws, 1)), axis=1)]
    return permuted_positions


def statistics(partialled: PartialledRows, y: Array, x: Array) -> tuple[Array, Array]:
    """Coefficient and t (no small-sample factor) of each regressor (n, B) for each residualised outcome (n, m): (B, m) each."""
    x = partialled.residual(x)
    size = np.einsum("nb,nb->b", x, x)
    b = (x.T @ y) / size[:, None]
    variance = np.zeros_like(b)
    for rows in partialled.cluster_blocks():
        block_x = x[rows]
        score = block_x.T @ y[rows]
        score -= b * np.einsum("nb,nb->b", block_x, block_x)[:, None]
        score *= score
        variance += score
    with np.errstate(divide="ignore", invalid="ignore"):
        return b, b * size[:, None] / np.sqrt(variance)


def randomisation(
    data: pd.DataFrame, spec: Specification, *, draws: int = 999, seed: int = 0, groups: pd.Series | None = None
) -> Randomisation:
    """Permute the density paths of `spec.cluster` units with each other, all outcomes at once.

    `groups` (unit -> label) keeps paths inside groups. EstimationError when no two units can change paths.
    """
    partialled = partial_out(data, spec)
    exchangeable_sets = exchangeable(partialled.rows, spec, groups)
    if all(len(members) < 2 for members in exchangeable_sets):
        raise specification_error(
            spec,
            "no two units are observed in the same years; paths cannot be permuted",
            "没有两个单位的观测年份相同,无法置换密度路径",
        )
    units = sorted(partialled.rows[spec.cluster].unique())
    paths = partialled.rows.pivot(index=spec.cluster, columns="year", values=spec.density).loc[units].to_numpy(dtype=float)
    row = partialled.rows[spec.cluster].map({u: i for i, u in enumerate(units)}).to_numpy()
    year = pd.factorize(partialled.rows["year"], sort=True)[0]
    y = partialled.residual(partialled.rows[list(spec.outcomes)].to_numpy(dtype=float))
    estimate, t = statistics(partialled, y, paths[row, year][:, None])
    permuted_positions = permutations(exchangeable_sets, units, draws, random_stream(seed, "randomisation", spec.id))
    step = max(1, BATCH // partialled.n)
    batches = [
        statistics(partialled, y, paths[permuted_positions[batch_start : batch_start + step][:, row], year].T)
        for batch_start in range(0, draws, step)
    ]
    estimates, t_star = (np.concatenate(column) for column in zip(*batches))
    return Randomisation(estimate[0], t[0], estimates, t_star)
