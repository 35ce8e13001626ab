"""How units move between quartiles from year to year, and whether their neighbours' level changes the odds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError
from ...linear_algebra import least_squares, rank
from ...methods.column_statistics import differ
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel
from .moran import Weights, spatial_lag

Array = NDArray[np.float64]
Counts = NDArray[np.intp]
STATE_COUNT = 4
FEW_TRANSITIONS = 5
"""Transitions in a cell below which its probability is flagged."""
UNIQUE = 1e-9
"""Part of the largest singular value of P' - I from which on a direction is one that the chain does not keep."""
MEND = Label(
    zh="需要连续年份、至少两个单位和有差异的得分", en="needs consecutive years, two or more units and scores that differ"
)
CHAIN = RefusableItem("markov", "transitions", Label(zh="马尔可夫链", en="Markov chain"), MEND)
SPATIAL = RefusableItem("spatial_markov", "transitions", Label(zh="空间马尔可夫链", en="spatial Markov chain"), MEND)


def quartile_cuts(pooled_scores: Array) -> Array:
    """Cut-points at the pooled quartiles of all values present; refused for one unit or where all values are equal."""
    known_scores = pooled_scores[~np.isnan(pooled_scores)]
    if pooled_scores.shape[-1] < 2 or not len(known_scores):
        raise EstimationError("fewer than two units have a score", zh="有得分的单位不足两个")
    if not differ(known_scores.min(), known_scores.max()):
        raise EstimationError("all values are equal; there are no quartiles", zh="所有取值相同,无法分四分位")
    cut_points: Array = np.quantile(known_scores, np.arange(1, STATE_COUNT) / STATE_COUNT)
    return cut_points


def state_of_values(scores: Array, cut_points: Array) -> NDArray[np.intp]:
    """State 0 .. k-1 of each value; a value at a cut goes down; -1 for a missing one."""
    return np.where(np.isnan(scores), -1, np.searchsorted(cut_points, scores, side="left"))


def transitions(
    state_array: NDArray[np.intp], years: Sequence[int], part_index: NDArray[np.intp] | None = None, *, part_count: int = 1
) -> Counts:
    """Counts (parts, k, k) of moves from one calendar year to the next, by the part `part_index` (T, U) a row starts in.

    A missing state, a missing part and a gap in the years break the chain. Refused where no two years follow each other.
    """
    consecutive_years = np.flatnonzero(np.diff(years) == 1)
    if not len(consecutive_years):
        raise EstimationError("no two years follow each other", zh="没有相邻的两个年份")
    initial_states, final_states = state_array[consecutive_years], state_array[consecutive_years + 1]
    part_codes = np.zeros_like(initial_states) if part_index is None else part_index[consecutive_years]
    is_observed = (initial_states >= 0) & (final_states >= 0) & (part_codes >= 0)
    transition_counts = np.zeros((part_count, STATE_COUNT, STATE_COUNT), dtype=np.intp)
    np.add.at(transition_counts, (part_codes[is_observed], initial_states[is_observed], final_states[is_observed]), 1)
    return transition_counts


def probabilities(transition_counts: Counts) -> Array:
    """Rows of counts (..., k, k) as shares; a row without moves is NaN (maximum likelihood, Anderson and Goodman 1957)."""
    row_total = transition_counts.sum(axis=-1, keepdims=True)
    return np.where(row_total > 0, transition_counts / np.maximum(row_total, 1), np.nan)


def ergodic(matrix: Array) -> Array:
    """The stationary vector pi = pi P; NaN where a row is empty or the vector is not unique (several closed classes)."""
    k = len(matrix)
    if np.isnan(matrix).any():
        return np.full(k, np.nan)
    system = np.vstack([matrix.T - np.eye(k), np.ones(k)])
    if rank(system[:-1], tolerance=UNIQUE) < k - 1:
        return np.full(k, np.nan)
    stationary: Array = np.clip(least_squares(system, np.append(np.zeros(k), 1.0), tolerance=UNIQUE), 0.0, 1.0)
    return stationary


@dataclass(frozen=True)
class Homogeneity:
    """Chi-square that several matrices are one, degrees of freedom, p; p is NaN without any degree of freedom."""

    chi2: float
    dof: int
    p: float


def homogeneity(transition_counts: Counts) -> Homogeneity:
    """Q = sum_s sum_i sum_j n_i(s) (p_ij(s) - p_ij)^2 / p_ij for counts (s, k, k) (Anderson and Goodman 1957).

    Degrees of freedom sum_i (a_i - 1)(b_i - 1), a_i parts with moves from i, b_i states reached from it (Bickenbach and Bode
    2003).
    """
    from scipy.stats import chi2

    departure_counts = transition_counts.sum(axis=-1)
    pooled_probabilities, probabilities_by_part = probabilities(transition_counts.sum(axis=0)), probabilities(transition_counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = departure_counts[..., None] * (probabilities_by_part - pooled_probabilities) ** 2 / pooled_probabilities
    statistic = float(np.nansum(np.where(pooled_probabilities > 0, terms, 0.0)))
    part_counts, reached_states = (departure_counts > 0).sum(axis=0), (transition_counts.sum(axis=0) > 0).sum(axis=-1)
    dof = int((np.maximum(part_counts - 1, 0) * np.maximum(reached_states - 1, 0)).sum())
    return Homogeneity(statistic, dof, float(chi2.sf(statistic, dof)) if dof else float("nan"))


@dataclass(frozen=True)
class MarkovRows:
    """Rows of `transitions` and of `dynamics`."""

    cells: list[Row]
    summary_rows: list[Row]


def markov_rows(score_panel: ScorePanel, weights: Weights | None, refusals: Refusals) -> MarkovRows:
    """The chain of every node, and with weights the chains given the quartile of the neighbours' mean score."""
    chains = MarkovRows([], [])
    for node, scores in score_panel.values.items():
        with refusals.refusing(node, CHAIN):
            cut_points = quartile_cuts(scores)
            state_array = state_of_values(scores, cut_points)
            _chain(chains, node, score_panel.years, state_array, cut_points)
        if weights is not None:
            with refusals.refusing(node, SPATIAL):
                lag = spatial_lag(scores, weights)
                _conditional(
                    chains,
                    node,
                    score_panel.years,
                    state_of_values(scores, quartile_cuts(scores)),
                    state_of_values(lag, quartile_cuts(lag)),
                )
    return chains


def _chain(chains: MarkovRows, node: str, years: Sequence[int], state_array: NDArray[np.intp], cut_points: Array) -> None:
    transition_counts = transitions(state_array, years)[0]
    chains.cells.extend(_transition_rows("markov", node, 0, transition_counts))
    row_head = {"item": "markov", "node": node}
    chains.summary_rows.extend(
        row_head | {"quantity": f"cut_{i}", "value": 100 * cut_point} for i, cut_point in enumerate(cut_points, start=1)
    )
    for i, share in enumerate(ergodic(probabilities(transition_counts)), start=1):
        chains.summary_rows.append(row_head | {"group": str(i), "quantity": "ergodic", "value": share})
    is_second_half = np.broadcast_to((np.asarray(years) > np.median(years[:-1])).astype(np.intp)[:, None], state_array.shape)
    test = homogeneity(transitions(state_array, years, is_second_half, part_count=2))
    chains.summary_rows.extend(_test(row_head | {"variant": "two_halves"}, test))


def _conditional(
    chains: MarkovRows, node: str, years: Sequence[int], state_array: NDArray[np.intp], lag: NDArray[np.intp]
) -> None:
    transition_counts = transitions(state_array, years, lag, part_count=STATE_COUNT)
    for lag_state in range(STATE_COUNT):
        chains.cells.extend(_transition_rows("spatial_markov", node, lag_state + 1, transition_counts[lag_state]))
    chains.summary_rows.extend(
        _test({"item": "spatial_markov", "node": node, "variant": "lag_states"}, homogeneity(transition_counts))
    )


def _test(row_head: Row, test: Homogeneity) -> Iterator[Row]:
    yield row_head | {"quantity": "chi2", "value": test.chi2}
    yield row_head | {"quantity": "dof", "value": test.dof}
    yield row_head | {"quantity": "p", "value": test.p}


def _transition_rows(chain: str, node: str, lag: int, transition_counts: Counts) -> Iterator[Row]:
    """One row per pair of states, numbered from 1; lag state 0 is all."""
    share = probabilities(transition_counts)
    for i, j in np.ndindex(transition_counts.shape):
        yield {
            "chain": chain,
            "node": node,
            "lag_state": lag,
            "from_state": i + 1,
            "to_state": j + 1,
            "count": int(transition_counts[i, j]),
            "probability": share[i, j],
            "flag": "few" if transition_counts[i, j] < FEW_TRANSITIONS else "",
        }
