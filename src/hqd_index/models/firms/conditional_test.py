"""Does an effect lie in the set that linear restrictions on trends allow? The conditional, least favourable hybrid test.

Andrews, Roth & Pakes 2023, as Rambachan & Roth 2023 use it: moments A (beta - effects) <= 0, linear in the effects that are
not asked about. The statistic is the largest of v'y over the vertices v of {v >= 0, v's = 1, v'X = 0}, s the moments'
standard errors; with few moments all vertices are written out, so that statistic, truncation and every value of the effect
are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import special

from ...errors import EstimationError
from ...linear_algebra import COLUMNS
from ..kernels.within import Array

MOST_VERTICES = 20_000  # bases of moments that are tried
FIRST_STAGE = 0.1  # of the size, spent on the least favourable test (kappa = alpha / 10)
DRAWS = 10_000
SEED = 0  # of the draws of the least favourable critical value


@dataclass(frozen=True)
class Polyhedron:
    """Vertices (k, m), what the moments are at an effect of zero and how they fall with it, their covariance."""

    vertices: Array
    moment: Array  # (m,)
    slope: Array  # (m,)
    covariance: Array  # (m, m)
    alpha: float
    critical: float = np.inf  # least favourable


def test_of_polyhedron(rows: Array, estimate: Array, covariance: Array, leads: int, target: Array, *, level: float) -> Polyhedron:
    """The test of target'effects under rows @ (path of the difference in trends) <= 0."""
    slope, nuisance = _effect_columns(rows[:, leads:], target)
    moments = rows @ covariance @ rows.T
    vertices = _vertices(np.sqrt(np.maximum(np.diag(moments), 0.0)), nuisance)
    return Polyhedron(vertices, rows @ estimate, slope, moments, 1 - level)


def _effect_columns(post: Array, target: Array) -> tuple[Array, Array]:
    """Columns of the moments by the averaged effect and by what may vary beside it (an invertible change of basis)."""
    pivot = int(np.argmax(np.abs(target)))
    basis = np.eye(len(target))
    basis[pivot] = target
    columns = post @ np.linalg.inv(basis)
    return columns[:, pivot], np.delete(columns, pivot, axis=1)


def _vertices(errors: Array, nuisance: Array) -> Array:
    """Vertices (k, m) of {v >= 0, v's = 1, v'X = 0}."""
    constraints = np.column_stack([errors, nuisance])  # (m, q)
    m, q = constraints.shape
    positions = np.array(list(combinations(range(m), q)))
    if len(positions) > MOST_VERTICES:
        raise EstimationError(
            f"bounds on trends: {m} restrictions and {q} effects are too many; narrow events.window",
            zh=f"平行趋势敏感性:{m} 条约束、{q} 个效应过多;请缩小 events.window",
        )
    blocks = constraints[positions].swapaxes(-1, -2)  # (b, q, q): rows are constraints
    sizes = np.linalg.norm(blocks, axis=-1).prod(axis=-1)
    regular = np.abs(np.linalg.det(blocks)) > COLUMNS * np.maximum(sizes, np.finfo(float).tiny)
    right = np.zeros((q, 1))
    right[0] = 1.0
    solutions = np.linalg.solve(blocks[regular], np.broadcast_to(right, (int(regular.sum()), q, 1)))[..., 0]
    scale = np.abs(solutions).max(axis=-1, keepdims=True, initial=0.0)
    feasible = (solutions >= -COLUMNS * scale).all(axis=-1)
    vertices = np.zeros((int(feasible.sum()), m))
    np.put_along_axis(vertices, positions[regular][feasible], np.maximum(solutions[feasible], 0.0), axis=1)
    unit = vertices / np.maximum(vertices.max(axis=1, keepdims=True, initial=0.0), np.finfo(float).tiny)
    _, first = np.unique(np.round(unit, 9), axis=0, return_index=True)
    return vertices[np.sort(first)]


def least_favourable(test: Polyhedron) -> Polyhedron:
    """The same with the critical value of the first stage: the quantile of the statistic where every moment binds."""
    values, vectors = np.linalg.eigh(test.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T  # the symmetric root: it hangs on no sign of an eigenvector
    draws = np.random.default_rng(SEED).standard_normal((DRAWS, len(values))) @ root.T
    statistics = (draws @ test.vertices.T).max(axis=1)
    return replace(test, critical=float(np.quantile(statistics, 1 - FIRST_STAGE * test.alpha)))


def rejections(test: Polyhedron, effects: Array) -> np.ndarray:
    """(n,) whether each value of the effect is rejected at alpha."""
    moments = test.moment[None, :] - effects[:, None] * test.slope[None, :]
    statistics = moments @ test.vertices.T  # (n, k)
    best = np.argmax(statistics, axis=1)
    statistic = statistics[np.arange(len(effects)), best]
    spread = test.vertices @ test.covariance  # (k, m)
    joint = spread @ test.vertices.T  # (k, k) covariance of the statistics
    variance = np.diag(joint)[best]
    degenerate = variance <= np.finfo(float).eps * np.abs(np.diag(joint)).max(initial=0.0)
    sigma = np.sqrt(np.where(degenerate, 1.0, variance))
    low, high = _truncation(statistics, joint[best], statistic, np.where(degenerate, 1.0, variance))
    size = (1 - FIRST_STAGE) * test.alpha / (1 - FIRST_STAGE * test.alpha)
    upper = np.minimum(high, test.critical)
    critical = np.maximum(0.0, truncated_quantile(1 - size, low / sigma, upper / sigma))
    inside = (low / sigma <= statistic / sigma + 1e-12) & (statistic <= upper + 1e-12)
    conditional = np.where(degenerate, statistic > 0, inside & (statistic / sigma > critical))
    return np.asarray((statistic > test.critical) | conditional)


def _truncation(statistics: Array, with_best: Array, statistic: Array, variance: Array) -> tuple[Array, Array]:
    """Between which values the best vertex stays the best while all that is independent of its statistic is held."""
    rho = with_best / variance[:, None]
    fixed = statistics - rho * statistic[:, None]
    gap = 1 - rho
    ends = np.divide(fixed, gap, out=np.full_like(fixed, np.nan), where=np.abs(gap) > COLUMNS)
    low = np.where(gap > COLUMNS, ends, -np.inf).max(axis=1)
    high = np.where(gap < -COLUMNS, ends, np.inf).min(axis=1)
    return low, high


def truncated_quantile(p: float, low: Array, high: Array) -> Array:
    """The p-quantile of a standard normal between low and high, by whichever tail is the smaller."""
    upper_side = np.nan_to_num(low, neginf=-1.0) > 0
    a, b = np.where(upper_side, -high, low), np.where(upper_side, -low, high)
    q = np.where(upper_side, 1 - p, p)
    logs = np.logaddexp(np.log1p(-q) + special.log_ndtr(a), np.log(q) + special.log_ndtr(b))
    quantile = special.ndtri_exp(logs)
    return np.asarray(np.where(upper_side, -quantile, quantile))
