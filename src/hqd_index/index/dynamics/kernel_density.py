"""The distribution of scores over units as a smooth curve, year by year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError
from ...methods.column_statistics import differ
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
MIN_UNITS = 10
NORMAL_IQR = 1.34
POINTS = 101
TAIL = 3.0
"""Bandwidths beyond the least and greatest score where the curve is drawn: less than 0.2 % of a score's mass lies outside."""
KERNEL_ITEM = RefusableItem(
    "kernel",
    "distribution",
    Label(zh="核密度", en="kernel density"),
    Label(zh="需要至少 10 个得分不全相同的单位", en="needs 10 or more units whose scores differ"),
)


def bandwidth(unit_scores: Array) -> float:
    """0.9 min(sigma, IQR / 1.34) n^(-1/5) (Silverman 1986, eq. 3.31), sigma with divisor n; sigma alone where IQR is 0.

    Refused with fewer than 10 values, or where all are equal.
    """
    known_scores = unit_scores[~np.isnan(unit_scores)]
    if len(known_scores) < MIN_UNITS:
        raise EstimationError(
            f"only {len(known_scores)} unit(s) have a score; {MIN_UNITS} are needed",
            zh=f"只有 {len(known_scores)} 个单位有得分,至少需要 {MIN_UNITS} 个",
        )
    sigma = float(known_scores.std())
    if not differ(known_scores.min(), known_scores.max()):
        raise EstimationError("all scores are equal", zh="所有得分相同")
    low, high = np.quantile(known_scores, [0.25, 0.75])
    spread = min(sigma, float(high - low) / NORMAL_IQR) if high > low else sigma
    return float(0.9 * spread * len(known_scores) ** -0.2)


def density(unit_scores: Array, grid_points: Array, width: float) -> Array:
    """Gaussian kernel density of the values present at the points `at` (Rosenblatt 1956)."""
    from scipy.stats import gaussian_kde

    known_scores = unit_scores[~np.isnan(unit_scores)]
    curve: Array = gaussian_kde(known_scores, bw_method=width / known_scores.std(ddof=1))(grid_points)
    return curve


def peaks(curve: Array) -> NDArray[np.intp]:
    """Positions of the local maxima of a curve; a flat top counts once, at its middle."""
    from scipy.signal import find_peaks

    positions: NDArray[np.intp] = find_peaks(curve)[0]
    return positions


@dataclass(frozen=True)
class KernelRows:
    """Rows of `distribution` (the curves) and of `dynamics` (bandwidth, peaks)."""

    points: list[Row]
    summary_rows: list[Row]


def kernel_rows(score_panel: ScorePanel, refusals: Refusals) -> KernelRows:
    """Curves of every node and year on 0-100, drawn at the node's common points."""
    kernel = KernelRows([], [])
    for node, scores in score_panel.values.items():
        bandwidths = {}
        for t, year in enumerate(score_panel.years):
            with refusals.refusing(f"{node} {year}", KERNEL_ITEM):
                bandwidths[t] = bandwidth(100 * scores[t])
        if not bandwidths:
            continue
        curve_scores, tail_width = 100 * scores[list(bandwidths)], TAIL * max(bandwidths.values())
        grid_points = np.linspace(np.nanmin(curve_scores) - tail_width, np.nanmax(curve_scores) + tail_width, POINTS)
        for t, width in bandwidths.items():
            curve = density(100 * scores[t], grid_points, width)
            row_head = {"node": node, "year": score_panel.years[t]}
            kernel.points.extend(row_head | {"score": x, "density": y, "bandwidth": width} for x, y in zip(grid_points, curve))
            kernel.summary_rows.extend(
                row_head | {"item": KERNEL_ITEM.id} | curve_facts
                for curve_facts in _curve_facts(scores[t], grid_points, curve, width)
            )
    return kernel


def _curve_facts(scores: Array, grid_points: Array, curve: Array, width: float) -> Iterator[Row]:
    tops = peaks(curve)
    yield {"quantity": "n", "value": int((~np.isnan(scores)).sum())}
    yield {"quantity": "bandwidth", "value": width}
    yield {"quantity": "peaks", "value": len(tops)}
    peak_index = int(np.argmax(curve))
    yield {"quantity": "peak_at", "value": grid_points[peak_index]}
    yield {"quantity": "peak_density", "value": curve[peak_index]}
