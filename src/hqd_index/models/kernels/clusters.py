"""Per-cluster cross products in an orthonormal basis of the regressors: all that cluster-robust inference needs to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .within import Array, Codes, dummy_basis, independent_columns, nested, repeated_rows, within

LARGEST_SUMS = 60_000_000  # numbers in the per-cluster Gram matrices (0.5 GB); beyond it effects are absorbed, no CV3
NULL_EIGENVALUE = 1e-10  # an eigenvalue of the Gram matrix (total 1) below this is a direction without information
AMPLIFICATION_LIMIT = 1e3  # a term that the inverse Gram matrix lengthens by less than this is identified without a doubt


@dataclass(frozen=True)
class ClusterSums:
    """b = coefficient_map @ sum_g cross_g; the total Gram matrix is the identity. K counts as stated in `inference`."""

    terms: tuple[str, ...]  # k regressors kept
    dropped_terms: tuple[str, ...]  # regressors that the others or the effects span
    coefficient_map: Array  # (k, p): basis coefficients -> coefficients of the terms
    gram: Array  # (G, p, p)
    cross: Array  # (G, p, m): basis' y
    labels: tuple[str, ...]  # of the G clusters
    n: int
    parameters: int  # K
    complete: bool  # False: effects not nested in the cluster were absorbed, deleting a cluster does not re-estimate them
    sd_terms: Array  # (k,) standard deviation of each term within the effects
    sd_outcomes: Array  # (m,)
    r2_within: Array  # (m,)

    @property
    def g(self) -> int:
        return len(self.labels)


def parameters(slopes: int, effects: Sequence[Codes], cluster: Codes) -> int:
    """K = slopes + 1 + (levels - 1) of each effect not nested in the cluster (the reghdfe rule)."""
    return slopes + 1 + sum(int(np.count_nonzero(np.bincount(effect))) - 1 for effect in effects if not nested(effect, cluster))


def consecutive_codes(level_codes: Codes) -> Codes:
    """The same levels numbered 0..L-1 without gaps, in order of appearance."""
    return np.asarray(pd.factorize(level_codes)[0], dtype=np.intp)


def non_singletons(effects: Sequence[Codes], n: int) -> np.ndarray:
    """Rows that remain when singletons of the effects are dropped iteratively."""
    return repeated_rows(effects) if effects else np.ones(n, dtype=bool)


@dataclass(frozen=True)
class Regressors:
    """Basis of effects and regressors on the rows: (n, d) dummies and (n, k) the terms kept, orthonormal together."""

    terms: tuple[str, ...]
    dropped_terms: tuple[str, ...]
    absorbed: tuple[Codes, ...]
    dummies: Array
    term_basis: Array
    coefficient_map: Array  # (k, d + k)
    sd: Array  # (k,)
    complete: bool

    @property
    def basis(self) -> Array:
        return np.concatenate([self.dummies, self.term_basis], axis=1)


def regressors_of(
    regressor_values: Array, effects: Sequence[Codes], cluster: Codes, *, terms: Sequence[str], weights: Array | None = None
) -> Regressors:
    """The basis for regressors (n, k), in which deleting or reweighting clusters re-estimates all effects exactly.

    Effects nested in the cluster are absorbed (each of their blocks is in one cluster), the others are columns of the basis. No
    effects: a constant.
    """
    root = np.ones(len(regressor_values)) if weights is None else np.sqrt(weights)
    groups = list(effects) or [np.zeros(len(regressor_values), dtype=np.intp)]
    effects_within_clusters, effects_across_clusters = (
        [effect for effect in groups if nested(effect, cluster) == is_nested] for is_nested in (True, False)
    )
    columns = sum(int(effect.max()) + 1 for effect in effects_across_clusters) + regressor_values.shape[1]
    is_exact = max(int(cluster.max()) + 1, 1) * columns**2 <= LARGEST_SUMS and len(regressor_values) * columns <= LARGEST_SUMS
    absorbed, dummied_effects = (effects_within_clusters, effects_across_clusters) if is_exact else (groups, [])
    dummies = dummy_basis(dummied_effects, absorbed, weights=weights) if dummied_effects else np.zeros((len(regressor_values), 0))
    x = within(regressor_values, absorbed, weights=weights) * root[:, None]
    residuals = x - dummies @ (dummies.T @ x)
    full_norms = np.linalg.norm((regressor_values - regressor_values.mean(axis=0)) * root[:, None], axis=0)
    positions = independent_columns(
        residuals, np.maximum(full_norms, 1e-6 * np.linalg.norm(regressor_values * root[:, None], axis=0))
    )
    term_basis, triangle = np.linalg.qr(residuals[:, positions])
    return Regressors(
        terms=tuple(terms[j] for j in positions),
        dropped_terms=tuple(t for j, t in enumerate(terms) if j not in positions),
        absorbed=tuple(absorbed), dummies=dummies, term_basis=term_basis, complete=is_exact,
        coefficient_map=np.concatenate([np.zeros((len(positions), dummies.shape[1])), np.linalg.inv(triangle)], axis=1),
        sd=np.sqrt((residuals[:, positions] ** 2).sum(axis=0) / float((root**2).sum())),
    )  # fmt: skip


def cluster_sums(
    outcomes: Array,
    regressors: Array,
    effects: Sequence[Codes],
    cluster: Codes,
    *,
    terms: Sequence[str],
    labels: Sequence[str],
    weights: Array | None = None,
) -> ClusterSums:
    """Sums for outcomes (n, m) on regressors (n, k), effects as codes, clusters as codes 0..G-1 named by `labels`."""
    root = np.ones(len(outcomes)) if weights is None else np.sqrt(weights)
    design = regressors_of(regressors, effects, cluster, terms=terms, weights=weights)
    y = within(outcomes, design.absorbed, weights=weights) * root[:, None]
    residuals = y - design.dummies @ (design.dummies.T @ y)
    gram, cross = _sums_by_cluster(design.basis, y, cluster, len(labels))
    total, explained_squares = (residuals**2).sum(axis=0), ((design.term_basis.T @ residuals) ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(total > 0, explained_squares / total, np.nan)
    return ClusterSums(
        terms=design.terms, dropped_terms=design.dropped_terms, coefficient_map=design.coefficient_map, gram=gram,
        cross=cross, labels=tuple(labels),
        n=len(outcomes), complete=design.complete, parameters=parameters(len(design.terms), list(effects), cluster),
        sd_terms=design.sd, sd_outcomes=_residual_spread(total, outcomes, root, float((root**2).sum())), r2_within=r2,
    )  # fmt: skip


def _residual_spread(total_products: Array, outcomes: Array, root_products: Array, mass: float) -> Array:
    """Within standard deviation of each outcome; exactly 0 where only rounding is left."""
    size = ((outcomes * root_products[:, None]) ** 2).sum(axis=0)
    return np.sqrt(np.where(total_products <= 1e-20 * size, 0.0, total_products) / mass)


def _sums_by_cluster(basis: Array, y: Array, cluster: Codes, g: int) -> tuple[Array, Array]:
    """basis'basis (G, p, p) and basis'y (G, p, m) of each cluster."""
    order = np.argsort(cluster, kind="stable")
    cuts = np.cumsum(np.bincount(cluster, minlength=g))[:-1]
    row_blocks = list(zip(np.split(basis[order], cuts), np.split(y[order], cuts)))
    return np.stack([basis_block.T @ basis_block for basis_block, _ in row_blocks]), np.stack(
        [basis_block.T @ variable_block for basis_block, variable_block in row_blocks]
    )


def root_inverse(gram: Array) -> tuple[Array, Array]:
    """(gram)^(-1/2) on the directions that carry information, and the lost directions, for a stack of matrices."""
    values, vectors = np.linalg.eigh(gram)
    is_informative = values > NULL_EIGENVALUE
    scale = np.where(is_informative, 1.0 / np.sqrt(np.where(is_informative, values, 1.0)), 0.0)
    null_directions = vectors * ~is_informative[..., None, :]
    return vectors * scale[..., None, :], null_directions


def reweighted_coefficients(cluster_sums: ClusterSums, cluster_counts: Array) -> Array:
    """Coefficients (B, k, m) when cluster g is taken counts[b, g] times with effects of its own; NaN if not identified."""
    p = cluster_sums.gram.shape[1]
    gram = (cluster_counts @ cluster_sums.gram.reshape(cluster_sums.g, -1)).reshape(-1, p, p)
    cross = (cluster_counts @ cluster_sums.cross.reshape(cluster_sums.g, -1)).reshape(len(cluster_counts), p, -1)
    root_of_inverse, null_directions = root_inverse(gram)
    coefficients: Array = (cluster_sums.coefficient_map @ root_of_inverse) @ (np.swapaxes(root_of_inverse, -1, -2) @ cross)
    is_unidentified = np.abs(cluster_sums.coefficient_map @ null_directions).max(axis=-1) > 1e-6 * np.linalg.norm(
        cluster_sums.coefficient_map, axis=1
    )
    return np.where(is_unidentified[..., None], np.nan, coefficients)


def leave_one_out(cluster_sums: ClusterSums) -> Array:
    """Coefficients (G, k, m) with cluster g deleted and every effect re-estimated."""
    return reweighted_coefficients(cluster_sums, 1.0 - np.eye(cluster_sums.g))


def leave_one_out_terms(cluster_sums: ClusterSums, terms: Sequence[int]) -> Array:
    """(G, q, m): `leave_one_out` of q terms but for rounding, in a tenth of its time where all are clearly identified.

    Solves the Gram matrices without each cluster for the terms; only where that fails or is ill-conditioned, by eigenvectors.
    """
    observations = cluster_sums.coefficient_map[list(terms)]
    gram = np.eye(cluster_sums.gram.shape[1]) - cluster_sums.gram
    try:
        solution = np.linalg.solve(gram, np.broadcast_to(observations.T, (cluster_sums.g, *observations.T.shape)))
    except np.linalg.LinAlgError:
        return leave_one_out(cluster_sums)[:, list(terms)]
    if not (np.linalg.norm(solution, axis=1) <= AMPLIFICATION_LIMIT * np.linalg.norm(observations, axis=1)).all():
        return leave_one_out(cluster_sums)[:, list(terms)]
    return np.asarray(np.swapaxes(solution, 1, 2) @ (cluster_sums.cross.sum(axis=0) - cluster_sums.cross))


def sums_without_cluster(cluster_sums: ClusterSums, g: int, outcomes: Sequence[int]) -> ClusterSums:
    """The sums of the sample without cluster g, for some outcomes, in an orthonormal basis; spreads are the full sample's."""
    other_clusters = np.arange(cluster_sums.g) != g
    root_of_inverse, null_directions = root_inverse(np.eye(cluster_sums.gram.shape[1]) - cluster_sums.gram[g])
    basis = root_of_inverse[:, np.abs(root_of_inverse).max(axis=0) > 0]
    is_identified = np.abs(cluster_sums.coefficient_map @ null_directions).max(axis=1) <= 1e-6 * np.linalg.norm(
        cluster_sums.coefficient_map, axis=1
    )
    columns = list(outcomes)
    return replace(
        cluster_sums,
        coefficient_map=(cluster_sums.coefficient_map @ basis) * is_identified[:, None],
        gram=basis.T @ cluster_sums.gram[other_clusters] @ basis,
        cross=basis.T @ cluster_sums.cross[other_clusters][:, :, columns],
        labels=tuple(label for label, is_kept in zip(cluster_sums.labels, other_clusters) if is_kept),
        sd_outcomes=cluster_sums.sd_outcomes[columns],
        r2_within=cluster_sums.r2_within[columns],
    )
