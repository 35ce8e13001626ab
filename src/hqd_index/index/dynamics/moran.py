"""Whether units that trade with each other score alike: Moran's I over the whole and unit by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...study.records import Label
from ..score_panel import Item, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
PERMUTATIONS = 999
TIE = 1e-12
"""A permuted statistic this near to the observed one counts as equal to it."""
FEWEST = 3
GLOBAL = Item(
    "moran",
    "dynamics",
    Label(zh="莫兰指数", en="Moran's I"),
    Label(zh="提供投入产出表(io_links),至少三个单位", en="give an input-output table (io_links) and three or more units"),
)
LOCAL = Item("lisa", "lisa", Label(zh="局部莫兰指数", en="local Moran's I"), GLOBAL.mend)


@dataclass(frozen=True)
class Weights:
    """W (n, n), row = unit, column = its neighbour, zero diagonal, not yet row-standardised; `known` marks units that W names."""

    matrix: Array
    in_links: Mask


def weight_matrix(links: pd.DataFrame, units: Sequence[str]) -> Weights:
    """W of `io_links`: the row of a unit (to_unit) holds the share of its inputs that each other unit (from_unit) supplies.

    Units that the frame does not name are left out; a negative share is refused.
    """
    place = {unit: i for i, unit in enumerate(units)}
    in_links = np.array([unit in set(links["from_unit"]) | set(links["to_unit"]) for unit in units])
    links_between_units = links[links["from_unit"].isin(place) & links["to_unit"].isin(place) & links["upstream"].notna()]
    if (links_between_units["upstream"] < 0).any():
        raise EstimationError("a link has a negative share", zh="投入份额中有负值")
    matrix = np.zeros((len(units), len(units)))
    np.add.at(
        matrix,
        (links_between_units["to_unit"].map(place), links_between_units["from_unit"].map(place)),
        links_between_units["upstream"].to_numpy(np.float64),
    )
    np.fill_diagonal(matrix, 0.0)
    return Weights(matrix, in_links)


def row_standardised(matrix: Array, *, allow_islands: bool = False) -> Array:
    """Rows divided by their sums, diagonal 0; a row without any link is refused, or kept at 0 with `allow_islands`."""
    loose = matrix - np.diag(np.diag(matrix))
    row_sums = loose.sum(axis=1, keepdims=True)
    islands = np.flatnonzero(row_sums[:, 0] <= 0)
    if len(islands) and not allow_islands:
        raise Islands(islands.tolist())
    return np.divide(loose, row_sums, out=np.zeros_like(loose), where=row_sums > 0)


class Islands(EstimationError):
    """Units without a neighbour; `places` are positions, named by whoever knows the names."""

    def __init__(self, places: Sequence[int], names: Sequence[str] = ()) -> None:
        self.places = tuple(places)
        listed = ", ".join(str(names[i]) if names else str(i + 1) for i in self.places)
        super().__init__(f"units without any link: {listed}", zh=f"没有任何联系的单位:{listed}")


def spatial_lag(values: Array, weights: Weights) -> Array:
    """Mean of the neighbours' values (T, n), weighted over those present; NaN where the unit or all neighbours are missing."""
    observed = ~np.isnan(values) & weights.in_links
    matrix = weights.matrix - np.diag(np.diag(weights.matrix))
    present_weight = observed.astype(np.float64) @ matrix.T
    total = np.where(observed, values, 0.0) @ matrix.T
    return np.where(observed & (present_weight > 0), total / np.where(present_weight > 0, present_weight, 1.0), np.nan)


@dataclass(frozen=True)
class Moran:
    """I of each row of values, its expectation -1/(n-1), two-sided p of the permutations."""

    i: Array
    expected: float
    p: Array


@dataclass(frozen=True)
class Lisa:
    """Local I (k, n), two-sided p of conditional permutations, p after Benjamini-Hochberg over the units, quadrant."""

    local: Array
    p: Array
    adjusted: Array
    quadrant: NDArray[np.str_]


def moran(values: Array, w: Array, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Moran:
    """I = (n / S0) z'Wz / z'z for values (k, n) without gaps and a weight matrix (n, n) (Moran 1950; Cliff and Ord 1981).

    p = (b + 1) / (B + 1), b the permutations at least as far from -1/(n-1) as I. All values equal: NaN. Fewer than 3
    units are refused.
    """
    z, size = _deviations(values)
    n, links = z.shape[1], w.sum()
    expected = -1 / (n - 1)
    observed = _moran(z, w, n / links, size)
    order = np.random.default_rng((seed, n)).permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)
    extreme = np.zeros(len(z))
    for row in range(len(z)):
        permuted = _moran(z[row][order], w, n / links, size[row])
        extreme[row] = (np.abs(permuted - expected) >= np.abs(observed[row] - expected) - TIE).sum()
    p = np.where(np.isnan(observed), np.nan, (extreme + 1) / (permutations + 1))
    return Moran(observed, expected, p)


def lisa(values: Array, w: Array, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Lisa:
    """I_i = z_i (Wz)_i / (z'z / n) for values (k, n) without gaps (Anselin 1995), false discovery rate over the units.

    Unit i stays and the others are permuted over its neighbours; p is two-sided about the mean of all such orders,
    -z_i sum_j w_ij / (n - 1). Quadrants HH, LL, HL, LH: own deviation, then the neighbours'. NaN (quadrant empty) for a
    unit without neighbours and where all values are equal. Fewer than 3 units are refused.
    """
    z, size = _deviations(values)
    k, n = z.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = z / (size[:, None] / n)
    lag = z @ w.T
    linked = (w.sum(axis=1) > 0) & ~np.isnan(scaled)
    order = np.random.default_rng((seed, n, 1)).permuted(np.tile(np.arange(n - 1), (permutations, 1)), axis=1)
    p = np.empty((k, n))
    for i in range(n):
        other_units = np.delete(np.arange(n), i)
        permuted_lags = w[i, other_units][order] @ z[:, other_units].T
        centre = -z[:, i] * w[i].sum() / (n - 1)
        extreme = (np.abs(permuted_lags - centre) >= np.abs(lag[:, i] - centre) - TIE * np.abs(z).max(axis=1)).sum(axis=0)
        p[:, i] = (extreme + 1) / (permutations + 1)
    p = np.where(linked, p, np.nan)
    quadrant = np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L"))
    return Lisa(np.where(linked, scaled * lag, np.nan), p, _discoveries(p), np.where(linked, quadrant, ""))


def _deviations(values: Array) -> tuple[Array, Array]:
    """Deviations from each row's mean, and their squares' sum, NaN for a row that does not vary."""
    if values.shape[-1] < FEWEST:
        raise EstimationError(f"fewer than {FEWEST} units have a score", zh=f"有得分的单位不足 {FEWEST} 个")
    z = values - values.mean(axis=1, keepdims=True)
    size = (z**2).sum(axis=1)
    flat = np.abs(z).max(axis=1) <= 1e-12 * np.maximum(np.abs(values).max(axis=1), 1.0)
    return z, np.where(flat, np.nan, size)


def _moran(z: Array, w: Array, scale: float, size: Array) -> Array:
    return scale * np.vecdot(z @ w.T, z) / size


def _discoveries(p: Array) -> Array:
    """p adjusted over the last axis so that the false discovery rate is held (Benjamini and Hochberg 1995); NaN left out."""
    from scipy.stats import false_discovery_control

    adjusted = np.full_like(p, np.nan)
    for row, observed in zip(range(len(p)), ~np.isnan(p)):
        if observed.any():
            adjusted[row, observed] = false_discovery_control(p[row, observed])
    return adjusted


@dataclass(frozen=True)
class MoranRows:
    """Rows of `dynamics` (Moran's I) and of `lisa`."""

    overall: list[Row]
    local: list[Row]


def moran_rows(score_panel: ScorePanel, weights: Weights, seed: int, refusals: Refusals) -> MoranRows:
    """Moran's I and LISA of every node and year; units without a score or outside W are left out and W standardised anew."""
    spatial = MoranRows([], [])
    cases = [(node, t) for node in score_panel.values for t in range(len(score_panel.years))]
    stacked = np.stack([score_panel.values[node][t] for node, t in cases])
    observed = ~np.isnan(stacked) & weights.in_links
    for pattern in np.unique(observed, axis=0):
        rows = np.flatnonzero((observed == pattern).all(axis=1))
        first_case, extra_cases = cases[rows[0]], f" ... ({len(rows)})" if len(rows) > 1 else ""
        label = f"{first_case[0]} {score_panel.years[first_case[1]]}{extra_cases}"
        with refusals.catch(label, GLOBAL, LOCAL):
            observed_units = np.flatnonzero(pattern)
            w = _unit_weights(
                weights.matrix[np.ix_(observed_units, observed_units)], [score_panel.units[i] for i in observed_units]
            )
            overall, local = (
                moran(stacked[rows][:, observed_units], w, seed=seed),
                lisa(stacked[rows][:, observed_units], w, seed=seed),
            )
            for k, row in enumerate(rows):
                node, t = cases[row]
                head = {"node": node, "year": score_panel.years[t]}
                spatial.overall.extend(head | {"item": "moran"} | cells for cells in _overall(overall, k, score_panel, pattern))
                spatial.local.extend(head | score_panel.unit(int(i)) | _local(local, k, j) for j, i in enumerate(observed_units))
    return spatial


def _unit_weights(matrix: Array, units: Sequence[str]) -> Array:
    try:
        return row_standardised(matrix)
    except Islands as fault:
        raise Islands(fault.places, units) from None


def _overall(global_moran: Moran, k: int, score_panel: ScorePanel, pattern: Mask) -> Iterator[Row]:
    left_out_units = ", ".join(unit for unit, included in zip(score_panel.units, pattern) if not included)
    noted = {"note_zh": f"未计入:{left_out_units}", "note_en": f"left out: {left_out_units}"} if left_out_units else {}
    yield {"quantity": "i", "value": global_moran.i[k]} | noted
    yield {"quantity": "expected", "value": global_moran.expected}
    yield {"quantity": "p", "value": global_moran.p[k]}
    yield {"quantity": "n", "value": int(pattern.sum())}


def _local(local_moran: Lisa, k: int, j: int) -> Row:
    return {
        "local_i": local_moran.local[k, j], "p": local_moran.p[k, j], "p_adjusted": local_moran.adjusted[k, j],
        "quadrant": str(local_moran.quadrant[k, j]),
    }  # fmt: skip
