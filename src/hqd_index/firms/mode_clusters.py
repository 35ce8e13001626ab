"""Groups of firms by two methods that know nothing of the labels, and how far two groupings agree.

k-means and the Gaussian mixture are written out here, since importing scikit-learn costs more than both; tests hold them to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
STARTS, MOST_STEPS = 5, 200
CONVERGED = 1e-6  # change of the mean log likelihood
RIDGE = 1e-6  # on the diagonal of covariances, as scikit-learn's reg_covar


def adjusted_rand(first: Codes, second: Codes) -> float:
    """Agreement of two groupings, 1 the same, 0 as by chance (Hubert & Arabie 1985); NaN below two members."""
    table = np.zeros((int(first.max(initial=0)) + 1, int(second.max(initial=0)) + 1))
    np.add.at(table, (first, second), 1)
    cells, rows, columns = (_pairs(counts).sum() for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    all_pairs = _pairs(np.array(float(len(first))))
    if all_pairs == 0:
        return float("nan")
    expected, highest = rows * columns / all_pairs, (rows + columns) / 2
    return 1.0 if highest == expected else float((cells - expected) / (highest - expected))


def _pairs(counts: Array) -> Array:
    return np.asarray(counts * (counts - 1) / 2)


def k_means(points: Array, groups: int, generator: np.random.Generator) -> Codes:
    """Groups of least squared distance to their means, the best of several starts (Lloyd 1982; Arthur & Vassilvitskii 2007)."""
    best, least = np.zeros(len(points), dtype=np.intp), np.inf
    for _ in range(STARTS):
        centres = _spread_centres(points, groups, generator)
        member = _nearest(points, centres)
        for _ in range(MOST_STEPS):
            counts = np.bincount(member, minlength=groups)
            sums = np.stack([np.bincount(member, column, groups) for column in points.T], axis=1)
            centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
            reassigned = _nearest(points, centres)
            if np.array_equal(reassigned, member):
                break
            member = reassigned
        distance = float(((points - centres[member]) ** 2).sum())
        if distance < least:
            best, least = member, distance
    return best


def _spread_centres(points: Array, groups: int, generator: np.random.Generator) -> Array:
    """k-means++: each centre a point drawn by its squared distance from those before it."""
    centres = points[[generator.integers(len(points))]]
    while len(centres) < groups:
        distance = _squared_distances(points, centres).min(axis=1)
        total = distance.sum()
        chances = distance / total if total > 0 else np.full(len(points), 1 / len(points))
        centres = np.vstack([centres, points[[generator.choice(len(points), p=chances)]]])
    return centres


def _squared_distances(points: Array, centres: Array) -> Array:
    return np.asarray(((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))


def _nearest(points: Array, centres: Array) -> Codes:
    return np.asarray(_squared_distances(points, centres).argmin(axis=1))


@dataclass(frozen=True)
class Mixture:
    """Group of highest probability of each point, the log likelihood, and the Bayesian information criterion."""

    member: Codes
    log_likelihood: float
    bic: float


def mixture(points: Array, start: Codes, groups: int) -> Mixture:
    """Gaussian mixture with full covariances by EM from a grouping (Dempster, Laird & Rubin 1977)."""
    count, width = points.shape
    weight = np.eye(groups)[start]
    last_mean = -np.inf
    for _ in range(MOST_STEPS):
        log_density = _log_densities(points, weight)
        top = log_density.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(log_density - top).sum(axis=1))
        weight = np.exp(log_density - total[:, None])
        if abs(total.mean() - last_mean) < CONVERGED:
            break
        last_mean = total.mean()
    parameters = groups * (width + width * (width + 1) // 2) + groups - 1
    likelihood = float(total.sum())
    return Mixture(np.asarray(weight.argmax(axis=1)), likelihood, parameters * float(np.log(count)) - 2 * likelihood)


def _log_densities(points: Array, weight: Array) -> Array:
    """Log of share x normal density of each group, shares, means and covariances being those of the weights."""
    mass = weight.sum(axis=0) + 10 * np.finfo(float).eps
    mean = weight.T @ points / mass[:, None]
    columns = []
    for k in range(len(mass)):
        centred = points - mean[k]
        covariance = (weight[:, k, None] * centred).T @ centred / mass[k] + RIDGE * np.eye(points.shape[1])
        lower = np.linalg.cholesky(covariance)
        scaled = np.linalg.solve(lower, centred.T)
        log_scale = np.log(np.diag(lower)).sum() + points.shape[1] / 2 * np.log(2 * np.pi)
        columns.append(np.log(mass[k] / len(points)) - log_scale - (scaled**2).sum(axis=0) / 2)
    return np.stack(columns, axis=1)
