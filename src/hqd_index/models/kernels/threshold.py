"""One slope below a threshold and another above it: Hansen 1999, in panels with any effects and controls.

y = b1 x 1(q <= c) + b2 x 1(q > c) + controls + effects. c has the least sum of squares over the quantiles of q that leave `trim`
of the rows on either side; its region holds every c with LR(c) <= -2 ln(1 - root level); F of one regime is bootstrapped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...linear_algebra import COLUMNS, least_squares
from .partial import PartialledRows, partial_out
from .specification import Specification, specification_error
from .within import Array

CANDIDATES = 400  # quantiles of q at most, as in Hansen's own program
BLOCK = 100  # bootstrap samples at a time


@dataclass(frozen=True)
class Threshold:
    """The threshold with its region, the slopes (below, above), and F of one regime against two with its bootstrap p."""

    threshold: float
    low: float
    high: float
    below: float
    above: float
    f: float
    p: float
    critical: Array  # 10, 5, 1% of the bootstrap F
    draws: int
    share_below: float  # of rows
    candidates: Array
    likelihood_ratio: Array
    resampling: str  # units or signs
    rows: pd.DataFrame
    n: int
    g: int


@dataclass(frozen=True)
class _Search:
    """What the search over candidates needs of the data, once controls and effects are out."""

    x: Array  # (n,) unit length
    basis: Array  # (n, k): x 1(q <= c) of each candidate, x taken out, unit length
    freedom: int

    def sums(self, y: Array) -> tuple[Array, Array]:
        """Sums of squares with one slope (b,) and with each candidate (b, k), of outcomes (n, b)."""
        single_slope = (y**2).sum(axis=0) - (self.x @ y) ** 2
        return single_slope, single_slope[:, None] - (y.T @ self.basis) ** 2

    def f(self, y: Array) -> Array:
        """F of one regime (b,)."""
        single_slope, two = self.sums(y)
        least = two.min(axis=1)
        return np.asarray((single_slope - least) / (least / self.freedom))


def threshold_estimate(
    observations: pd.DataFrame,
    spec: Specification,
    variable: str,
    *,
    outcome: str,
    trim: float,
    draws: int,
    level: float,
    rng: np.random.Generator,
) -> Threshold:
    """The threshold of `variable` in the slope of the density of `spec`; EstimationError where it has too few values."""
    partial_rows = partial_out(observations[np.isfinite(observations[variable].to_numpy(dtype=float))], spec)
    q = partial_rows.rows[variable].to_numpy(dtype=float)
    candidates = _candidates(q, trim)
    search, candidates = _search(partial_rows, spec, variable, candidates)
    y = partial_rows.column(outcome)
    single_slope, two = (sums[0] for sums in search.sums(y[:, None]))
    if single_slope <= COLUMNS**2 * float(y @ y):
        raise specification_error(spec, f"{outcome} leaves no residual", f"{outcome} 没有残差")
    best = int(np.argmin(two))
    ratio = (two - two[best]) / (two[best] / search.freedom)
    region = candidates[ratio <= ratio_limit(level)]
    f = float(search.f(y[:, None])[0])
    resampling, bootstrap = _bootstrap(partial_rows, search, y, draws, rng)
    below, above = _slopes(partial_rows, spec, q <= candidates[best], y)
    return Threshold(
        float(candidates[best]), float(region.min()), float(region.max()), below, above, f,
        float((np.sum(bootstrap >= f) + 1) / (draws + 1)), np.quantile(bootstrap, (0.9, 0.95, 0.99)), draws,
        float((q <= candidates[best]).mean()), candidates, ratio, resampling, partial_rows.rows, partial_rows.n, partial_rows.g,
    )  # fmt: skip


def ratio_limit(level: float) -> float:
    """What LR stays below with probability `level` at the true threshold (Hansen 1999, theorem 1): 7.35 at 95%."""
    return float(-2 * np.log(1 - np.sqrt(level)))


def _candidates(q: Array, trim: float) -> Array:
    """Values of q that leave `trim` of the rows on either side, at most `CANDIDATES` of them."""
    values = np.unique(q)
    low, high = np.quantile(q, (trim, 1 - trim), method="lower")
    values = values[(values >= low) & (values <= high) & (values < values[-1])]
    if len(values) > CANDIDATES:
        values = np.unique(np.quantile(values, np.linspace(0, 1, CANDIDATES), method="lower"))
    return np.asarray(values)


def _search(partial_rows: PartialledRows, spec: Specification, variable: str, candidates: Array) -> tuple[_Search, Array]:
    density = partial_rows.rows[spec.density].to_numpy(dtype=float)
    q = partial_rows.rows[variable].to_numpy(dtype=float)
    x = partial_rows.residual(density[:, None])[:, 0]
    size = float(np.linalg.norm(x))
    if size <= COLUMNS * float(np.linalg.norm(density - density.mean())):
        raise specification_error(
            spec, f"{spec.density} does not vary once the fixed effects and controls are out",
            f"{spec.density} 在控制固定效应与控制变量后没有变化",
        )  # fmt: skip
    x = x / size
    parts = partial_rows.residual(density[:, None] * (q[:, None] <= candidates[None, :]))
    parts -= x[:, None] * (x @ parts)[None, :]
    norms = np.linalg.norm(parts, axis=0)
    usable = norms > COLUMNS * size
    if usable.sum() < 2:
        raise specification_error(
            spec,
            f"threshold: {variable} has fewer than 2 values that part the density's variation",
            f"门槛:{variable} 能把密度的变动分成两段的取值不足 2 个",
        )
    levels = max(int(codes.max()) + 1 for codes in partial_rows.effects)
    return _Search(x, parts[:, usable] / norms[usable], partial_rows.n - levels), candidates[usable]


def _slopes(partial_rows: PartialledRows, spec: Specification, is_below: np.ndarray, y: Array) -> tuple[float, float]:
    density = partial_rows.rows[spec.density].to_numpy(dtype=float)
    columns = partial_rows.residual(np.column_stack([density * is_below, density * ~is_below]))
    below, above = least_squares(columns, y, tolerance=COLUMNS)
    return float(below), float(above)


def _bootstrap(
    partial_rows: PartialledRows, search: _Search, y: Array, draws: int, rng: np.random.Generator
) -> tuple[str, Array]:
    """F under one regime: residuals of the units drawn again where all have as many rows, else their signs."""
    residual = y - search.x * (search.x @ y)
    blocks = partial_rows.cluster_blocks()
    lengths = {len(block) for block in blocks}
    statistics = []
    if len(lengths) == 1:
        rows = np.stack(blocks)  # (G, T)
        for start in range(0, draws, BLOCK):
            count = min(BLOCK, draws - start)
            unit_draws = rng.integers(0, len(rows), size=(count, len(rows)))
            sample = np.empty((len(y), count))
            sample[rows.ravel()] = residual[rows[unit_draws]].reshape(count, -1).T
            statistics.append(search.f(_without_effects(partial_rows, sample)))
        return "units", np.concatenate(statistics)
    for start in range(0, draws, BLOCK):
        signs = rng.choice((-1.0, 1.0), size=(partial_rows.g, min(BLOCK, draws - start)))
        statistics.append(search.f(_without_effects(partial_rows, residual[:, None] * signs[partial_rows.cluster])))
    return "signs", np.concatenate(statistics)


def _without_effects(partial_rows: PartialledRows, sample: Array) -> Array:
    """Effects and controls out again: drawn residuals are not orthogonal to them."""
    residuals = partial_rows.absorber.residual(sample)
    return np.asarray(residuals - partial_rows.controls @ (partial_rows.controls.T @ residuals))
