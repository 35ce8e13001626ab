"""Whether units that trade with each other score alike: Moran's I over the whole and unit by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...methods.column_statistics import differ
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
PERMUTATIONS = 999
TIE = 1e-12
"""A permuted statistic this near to the observed one counts as equal to it."""
MIN_LINKED_UNITS = 3
GLOBAL = RefusableItem(
    "moran",
    "dynamics",
    Label(zh="莫兰指数", en="Moran's I"),
    Label(zh="提供投入产出表(io_links),至少三个单位", en="give an input-output table (io_links) and three or more units"),
)
LOCAL = RefusableItem("lisa", "lisa", Label(zh="局部莫兰指数", en="local Moran's I"), GLOBAL.mend)


@dataclass(frozen=True)
class Weights:
    """W (n, n), row = unit, column = its neighbour, zero diagonal, not yet row-standardised; `known` marks units that W names."""

    matrix: Array
    is_linked: Mask


def weight_matrix(links: pd.DataFrame, units: Sequence[str]) -> Weights:
    """W of `io_links`: the row of a unit (to_unit) holds the share of its inputs that each other unit (from_unit) supplies.

    Units that the frame does not name are left out; a negative share is refused.
    """
    unit_positions = {unit: i for i, unit in enumerate(units)}
    is_linked = np.array([unit in set(links["from_unit"]) | set(links["to_unit"]) for unit in units])
    links_between_units = links[
        links["from_unit"].isin(unit_positions) & links["to_unit"].isin(unit_positions) & links["upstream"].notna()
    ]
    if (links_between_units["upstream"] < 0).any():
        raise EstimationError("a link has a negative share", zh="投入份额中有负值")
    matrix = np.zeros((len(units), len(units)))
    np.add.at(
        matrix,
        (links_between_units["to_unit"].map(unit_positions), links_between_units["from_unit"].map(unit_positions)),
        links_between_units["upstream"].to_numpy(np.float64),
    )
    np.fill_diagonal(matrix, 0.0)
    return Weights(matrix, is_linked)


def row_standardised(matrix: Array, *, allow_islands: bool = False) -> Array:
    """Rows divided by their sums, diagonal 0; a row without any link is refused, or kept at 0 with `allow_islands`."""
    off_diagonal = matrix - np.diag(np.diag(matrix))
    row_sums = off_diagonal.sum(axis=1, keepdims=True)
    islands = np.flatnonzero(row_sums[:, 0] <= 0)
    if len(islands) and not allow_islands:
        raise Islands(islands.tolist())
    return np.divide(off_diagonal, row_sums, out=np.zeros_like(off_diagonal), where=row_sums > 0)


class Islands(EstimationError):
    """Units without a neighbour; `unit_indices` are positions, named by whoever knows the names."""

    def __init__(self, unit_indices: Sequence[int], unit_names: Sequence[str] = ()) -> None:
        self.unit_indices = tuple(unit_indices)
        name_list = ", ".join(str(unit_names[i]) if unit_names else str(i + 1) for i in self.unit_indices)
        super().__init__(f"units without any link: {name_list}", zh=f"没有任何联系的单位:{name_list}")


def spatial_lag(score_rows: Array, weights: Weights) -> Array:
    """Mean of the neighbours' values (T, n), weighted over those present; NaN where the unit or all neighbours are missing."""
    is_observed = ~np.isnan(score_rows) & weights.is_linked
    matrix = weights.matrix - np.diag(np.diag(weights.matrix))
    present_weight = is_observed.astype(np.float64) @ matrix.T
    total = np.where(is_observed, score_rows, 0.0) @ matrix.T
    return np.where(is_observed & (present_weight > 0), total / np.where(present_weight > 0, present_weight, 1.0), np.nan)


@dataclass(frozen=True)
class Moran:
    """I of each row of values, its expectation -1/(n-1), z under randomisation, two-sided p of the permutations."""

    i: Array
    expected_value: float
    z: Array
    p: Array


@dataclass(frozen=True)
class Lisa:
    """Local I (k, n), p of conditional permutations, p after Benjamini-Hochberg over the units, quadrant.

    `p` is two-sided, `folded_p` the one-sided pseudo-p that PySAL and GeoDa print: the smaller tail, about half of it.
    """

    local_statistics: Array
    p: Array
    folded_p: Array
    adjusted_p: Array
    quadrant: NDArray[np.str_]


def moran(score_rows: Array, weight_matrix: Array, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Moran:
    """I = (n / S0) z'Wz / z'z for values (k, n) without gaps and a weight matrix (n, n) (Moran 1950; Cliff and Ord 1981).

    p = (b + 1) / (B + 1), b the permutations at least as far from -1/(n-1) as I. All values equal: NaN. Fewer than 3
    units are refused.
    """
    z, size = _deviations(score_rows)
    n, links = z.shape[1], weight_matrix.sum()
    expected_value = -1 / (n - 1)
    moran_values = _moran(z, weight_matrix, n / links, size)
    order = np.random.default_rng((seed, n)).permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)
    extreme_counts = np.zeros(len(z))
    for row_index in range(len(z)):
        permuted_values = _moran(z[row_index][order], weight_matrix, n / links, size[row_index])
        extreme_counts[row_index] = (
            np.abs(permuted_values - expected_value) >= np.abs(moran_values[row_index] - expected_value) - TIE
        ).sum()
    p = np.where(np.isnan(moran_values), np.nan, (extreme_counts + 1) / (permutations + 1))
    return Moran(moran_values, expected_value, _z_scores(moran_values, z, weight_matrix), p)


def lisa(score_rows: Array, weight_matrix: Array, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Lisa:
    """I_i = z_i (Wz)_i / (z'z / n) for values (k, n) without gaps (Anselin 1995), false discovery rate over the units.

    Unit i stays and the others are permuted over its neighbours; p is two-sided about the mean of all such orders,
    -z_i sum_j w_ij / (n - 1). Quadrants HH, LL, HL, LH: own deviation, then the neighbours'. NaN (quadrant empty) for a
    unit without neighbours and where all values are equal. Fewer than 3 units are refused.
    """
    z, size = _deviations(score_rows)
    k, n = z.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled_z = z / (size[:, None] / n)
    lag = z @ weight_matrix.T
    is_linked = (weight_matrix.sum(axis=1) > 0) & ~np.isnan(scaled_z)
    order = np.random.default_rng((seed, n, 1)).permuted(np.tile(np.arange(n - 1), (permutations, 1)), axis=1)
    p, folded_p = np.empty((k, n)), np.empty((k, n))
    for i in range(n):
        other_units = np.delete(np.arange(n), i)
        permuted_lags = weight_matrix[i, other_units][order] @ z[:, other_units].T
        permutation_mean = -z[:, i] * weight_matrix[i].sum() / (n - 1)
        tolerance = TIE * np.abs(z).max(axis=1)
        is_extreme = np.abs(permuted_lags - permutation_mean) >= np.abs(lag[:, i] - permutation_mean) - tolerance
        above_counts = (np.sign(z[:, i]) * permuted_lags >= np.sign(z[:, i]) * lag[:, i] - tolerance).sum(axis=0)
        p[:, i] = (is_extreme.sum(axis=0) + 1) / (permutations + 1)
        folded_p[:, i] = (np.minimum(above_counts, permutations - above_counts) + 1) / (permutations + 1)
    p, folded_p = np.where(is_linked, p, np.nan), np.where(is_linked, folded_p, np.nan)
    quadrant = np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L"))
    return Lisa(np.where(is_linked, scaled_z * lag, np.nan), p, folded_p, _discoveries(p), np.where(is_linked, quadrant, ""))


def _deviations(score_rows: Array) -> tuple[Array, Array]:
    """Deviations from each row's mean, and their squares' sum, NaN for a row that does not vary."""
    if score_rows.shape[-1] < MIN_LINKED_UNITS:
        raise EstimationError(f"fewer than {MIN_LINKED_UNITS} units have a score", zh=f"有得分的单位不足 {MIN_LINKED_UNITS} 个")
    z = score_rows - score_rows.mean(axis=1, keepdims=True)
    size = (z**2).sum(axis=1)
    return z, np.where(differ(score_rows.min(axis=1), score_rows.max(axis=1)), size, np.nan)


def _moran(z: Array, weight_matrix: Array, scale: float, size: Array) -> Array:
    return scale * np.vecdot(z @ weight_matrix.T, z) / size


def _z_scores(moran_values: Array, z: Array, weight_matrix: Array) -> Array:
    """(I - E I) / sd(I) over all orders of the values (randomisation; Cliff and Ord 1981); NaN with fewer than 4 units."""
    n = z.shape[1]
    if n < 4:
        return np.full(len(z), np.nan)
    links = weight_matrix.sum()
    pairs, margins = (
        ((weight_matrix + weight_matrix.T) ** 2).sum() / 2,
        ((weight_matrix.sum(axis=0) + weight_matrix.sum(axis=1)) ** 2).sum(),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        kurtosis = n * (z**4).sum(axis=1) / (z**2).sum(axis=1) ** 2
        fourth_moment_term = n * ((n * n - 3 * n + 3) * pairs - n * margins + 3 * links**2)
        peaked = kurtosis * ((n * n - n) * pairs - 2 * n * margins + 6 * links**2)
        variance = (fourth_moment_term - peaked) / ((n - 1) * (n - 2) * (n - 3) * links**2) - 1 / (n - 1) ** 2
        return np.where(variance > TIE, (moran_values + 1 / (n - 1)) / np.sqrt(np.maximum(variance, TIE)), np.nan)


def _discoveries(p: Array) -> Array:
    """p adjusted over the last axis so that the false discovery rate is held (Benjamini and Hochberg 1995); NaN left out."""
    from scipy.stats import false_discovery_control

    adjusted_p = np.full_like(p, np.nan)
    for test_row, is_observed in zip(range(len(p)), ~np.isnan(p)):
        if is_observed.any():
            adjusted_p[test_row, is_observed] = false_discovery_control(p[test_row, is_observed])
    return adjusted_p


@dataclass(frozen=True)
class MoranRows:
    """Rows of `dynamics` (Moran's I) and of `lisa`."""

    overall: list[Row]
    local_rows: list[Row]


def moran_rows(score_panel: ScorePanel, weights: Weights, seed: int, refusals: Refusals) -> MoranRows:
    """Moran's I and LISA of every node and year; units without a score or outside W are left out and W standardised anew."""
    spatial = MoranRows([], [])
    node_years = [(node, t) for node in score_panel.values for t in range(len(score_panel.years))]
    stacked_values = np.stack([score_panel.values[node][t] for node, t in node_years])
    is_observed = ~np.isnan(stacked_values) & weights.is_linked
    for pattern in np.unique(is_observed, axis=0):
        pattern_years = np.flatnonzero((is_observed == pattern).all(axis=1))
        first_case, extra_cases = node_years[pattern_years[0]], f" ... ({len(pattern_years)})" if len(pattern_years) > 1 else ""
        label = f"{first_case[0]} {score_panel.years[first_case[1]]}{extra_cases}"
        with refusals.refusing(label, GLOBAL, LOCAL):
            observed_units = np.flatnonzero(pattern)
            weight_matrix = _unit_weights(
                weights.matrix[np.ix_(observed_units, observed_units)], [score_panel.units[i] for i in observed_units]
            )
            overall_rows, local_moran_values = (
                moran(stacked_values[pattern_years][:, observed_units], weight_matrix, seed=seed),
                lisa(stacked_values[pattern_years][:, observed_units], weight_matrix, seed=seed),
            )
            for k, year_index in enumerate(pattern_years):
                node, t = node_years[year_index]
                row_head = {"node": node, "year": score_panel.years[t]}
                spatial.overall.extend(
                    row_head | {"item": "moran"} | result_row for result_row in _overall(overall_rows, k, score_panel, pattern)
                )
                spatial.local_rows.extend(
                    row_head | score_panel.unit(int(i)) | _local_row(local_moran_values, k, j)
                    for j, i in enumerate(observed_units)
                )
    return spatial


def _unit_weights(matrix: Array, units: Sequence[str]) -> Array:
    try:
        return row_standardised(matrix)
    except Islands as fault:
        raise Islands(fault.unit_indices, units) from None


def _overall(global_moran: Moran, k: int, score_panel: ScorePanel, pattern: Mask) -> Iterator[Row]:
    left_out_units = ", ".join(unit for unit, is_included in zip(score_panel.units, pattern) if not is_included)
    note_columns = {"note_zh": f"未计入:{left_out_units}", "note_en": f"left out: {left_out_units}"} if left_out_units else {}
    yield {"quantity": "i", "value": global_moran.i[k]} | note_columns
    yield {"quantity": "expected", "value": global_moran.expected_value}
    yield {"quantity": "z", "value": global_moran.z[k]}
    yield {"quantity": "p", "value": global_moran.p[k]}
    yield {"quantity": "n", "value": int(pattern.sum())}


def _local_row(local_moran: Lisa, k: int, j: int) -> Row:
    return {
        "local_i": local_moran.local_statistics[k, j],
        "p": local_moran.p[k, j],
        "p_folded": local_moran.folded_p[k, j],
        "p_adjusted": local_moran.adjusted_p[k, j],
        "quadrant": str(local_moran.quadrant[k, j]),
    }
