"""Is a specification curve as a whole more than chance? Permuted density paths (Simonsohn, Simmons & Nelson 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..kernels.inference import random_stream
from ..kernels.partial import PartialledRows
from ..kernels.randomisation import MIN_EXCHANGEABLE, density_paths, exchangeable, exchangeable_count, permutations, statistics
from ..kernels.within import Array
from .specification_curve import ScoredRows, Scores, Universe, effects_spread, universe_partial

JOINT_DESIGNS = 200  # distinct designs that enter the joint test, evenly taken


@dataclass(frozen=True)
class Joint:
    """Statistics of the whole curve and their p under the sharp null, by permuted density paths; draws (B,).

    `exchangeable` of the `units` can exchange paths, in the universe in which fewest can; too few of them give no p (NaN).
    """

    median: float
    significant: float
    p_median: float
    p_significant: float
    draws: int
    exchangeable: int
    units: int


def joint_test(
    scores: Scores,
    universes: Sequence[Universe],
    is_distinct_design: np.ndarray,
    *,
    alpha: float,
    draws: int = 499,
    seed: int = 0,
    partialled_universes: Sequence[PartialledRows] | None = None,
) -> Joint:
    """Is the curve as a whole more than chance? One permutation of units per draw serves every universe and design.

    Statistics: |median standardised estimate|, and the share of |t| beyond the t(G-1) quantile at alpha; p = (b + 1) / (B + 1).
    `partialled_universes` are those of the curve, where it is known.
    """
    designs = np.flatnonzero(is_distinct_design)
    designs = designs[np.unique(np.linspace(0, len(designs) - 1, min(JOINT_DESIGNS, len(designs))).astype(int))]
    if partialled_universes is None:
        scored_rows = ScoredRows(scores.keys)
        partialled_universes = [universe_partial(scored_rows, universe) for universe in universes]
    medians, extreme_shares, values = [], [], scores.values[:, designs]
    paths_by_density: dict[tuple[int, str], _Paths] = {}
    for universe, partial_rows in zip(universes, partialled_universes):
        data_and_density = id(universe.data), universe.spec.density
        if data_and_density not in paths_by_density:
            paths_by_density[data_and_density] = _paths(universe, draws, seed)
        b, beyond_quantile = _permuted_statistics(partial_rows, values, paths_by_density[data_and_density], alpha)
        medians.append(b)
        extreme_shares.append(beyond_quantile)
    median = np.abs(np.nanmedian(np.concatenate(medians, axis=1), axis=1))
    share = np.concatenate(extreme_shares, axis=1).mean(axis=1)
    smallest_set = min(paths_by_density.values(), key=lambda paths: paths.exchangeable / max(len(paths.units), 1))
    valid = smallest_set.exchangeable >= MIN_EXCHANGEABLE * len(smallest_set.units)
    p = [
        (1 + int((observed_statistic[1:] >= observed_statistic[0] * (1 - 1e-9)).sum())) / (draws + 1) if valid else np.nan
        for observed_statistic in (median, share)
    ]
    return Joint(float(median[0]), float(share[0]), p[0], p[1], draws, smallest_set.exchangeable, len(smallest_set.units))


@dataclass(frozen=True)
class _Paths:
    """Density (units, years) and the unit whose path each unit has, (B + 1, units): first its own, then permutations."""

    values: Array
    units: dict[str, int]
    years: dict[int, int]
    permuted_positions: np.ndarray
    exchangeable: int


def _paths(universe: Universe, draws: int, seed: int) -> _Paths:
    """Paths of the density table change hands among units whose density is known in the same years there."""
    observations, table = universe.data, universe.data if universe.paths is None else universe.paths
    units, years = sorted(observations["unit"].unique()), sorted(observations["year"].unique())
    paths = density_paths(table, units, years, universe.spec.density)
    exchangeable_sets = exchangeable(paths)
    permuted_positions = permutations(exchangeable_sets, units, draws, random_stream(seed, "joint-test"))
    permuted_positions = np.concatenate([np.arange(len(units))[None], permuted_positions])
    unit_positions, year_positions = ({level: i for i, level in enumerate(axis)} for axis in (units, years))
    return _Paths(paths.to_numpy(), unit_positions, year_positions, permuted_positions, exchangeable_count(exchangeable_sets))


def _permuted_statistics(
    partial_rows: PartialledRows, design_values: Array, paths: _Paths, alpha: float
) -> tuple[Array, np.ndarray]:
    """(B + 1, D): standardised estimates of the data and of each permutation, and whether |t| is beyond the quantile at alpha."""
    row, year = partial_rows.rows["unit"].map(paths.units).to_numpy(), partial_rows.rows["year"].map(paths.years).to_numpy()
    y, x = design_values[partial_rows.rows["_at"].to_numpy()], paths.values[paths.permuted_positions[:, row], year].T
    b, t = statistics(partial_rows, partial_rows.residual(y), x)
    spread = effects_spread(partial_rows, x - x.mean(axis=0))[:, None] / effects_spread(partial_rows, y - y.mean(axis=0))[None, :]
    quantile = special.stdtrit(max(partial_rows.g - 1, 1), 1 - alpha / 2) * np.sqrt(partial_rows.factor(1))
    return b * spread, np.abs(t) >= quantile
