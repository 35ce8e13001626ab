"""Cluster-robust variances and what they rest on. Conventions are stated once here and printed under each table.

CV1: G/(G-1) * (N-1)/(N-K), K = slopes + 1 + (levels - 1) of each effect not nested in the cluster.
CV3: (G-1)/G * sum_g (b_(g) - b)(b_(g) - b)', every effect re-estimated, centred at b (MacKinnon, Nielsen & Webb 2023).
Tests and intervals use t(G-1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from scipy import special

from ...linear_algebra import GRAM, symmetric_inverse
from .clusters import ClusterSums, leave_one_out, reweighted_coefficients
from .reference_distributions import f_tail
from .within import Array


def random_stream(seed: int, *purposes: str) -> np.random.Generator:
    """A generator of its own for each named test, the same on every machine."""
    digest = hashlib.sha256("|".join([str(seed), *purposes]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def coefficients(cluster_sums: ClusterSums) -> Array:
    """b (k, m)."""
    return np.asarray(cluster_sums.coefficient_map @ cluster_sums.cross.sum(axis=0))


def scores(cluster_sums: ClusterSums) -> Array:
    """s (G, k, m): the part of each cluster in b - beta, back @ basis_g'u_g with u the residuals."""
    total = cluster_sums.cross.sum(axis=0)
    return np.asarray(cluster_sums.coefficient_map @ (cluster_sums.cross - cluster_sums.gram @ total))


def cv1(cluster_sums: ClusterSums) -> Array:
    """Standard errors (k, m); NaN where N <= K or fewer than two clusters."""
    if cluster_sums.g < 2 or cluster_sums.n <= cluster_sums.parameters:
        return np.full((len(cluster_sums.terms), cluster_sums.cross.shape[2]), np.nan)
    factor = cluster_sums.g / (cluster_sums.g - 1) * (cluster_sums.n - 1) / (cluster_sums.n - cluster_sums.parameters)
    return np.sqrt(factor * (scores(cluster_sums) ** 2).sum(axis=0))


def cv3(cluster_sums: ClusterSums, jackknife_estimates: Array | None = None) -> Array:
    """Jackknife standard errors (k, m); NaN for a term that is not identified without some cluster."""
    if cluster_sums.g < 2 or not cluster_sums.complete:
        return np.full((len(cluster_sums.terms), cluster_sums.cross.shape[2]), np.nan)
    return jackknife(
        coefficients(cluster_sums), leave_one_out(cluster_sums) if jackknife_estimates is None else jackknife_estimates
    )


def jackknife(estimate: Array, jackknife_estimates: Array) -> Array:
    """CV3 standard error of any quantity, from its values (G, ...) without each cluster; NaN where one of them is."""
    g = len(jackknife_estimates)
    return np.asarray(np.sqrt((g - 1) / g * ((jackknife_estimates - estimate) ** 2).sum(axis=0)))


def joint_wald(cluster_sums: ClusterSums, terms: Sequence[int], j: int) -> tuple[float, float]:
    """(F, p) of several coefficients of outcome j being zero together: CV1 covariance, F(q, G-1)."""
    k = list(terms)
    score = scores(cluster_sums)[:, k, j]
    factor = cluster_sums.g / (cluster_sums.g - 1) * (cluster_sums.n - 1) / (cluster_sums.n - cluster_sums.parameters)
    b = coefficients(cluster_sums)[k, j]
    covariance = factor * score.T @ score
    f = float(b @ symmetric_inverse(covariance, tolerance=GRAM, diagonal_scale=np.diag(covariance)) @ b) / len(k)
    return f, f_tail(f, len(k), max(cluster_sums.g - 1, 1))


def inflation(cluster_sums: ClusterSums) -> Array:
    """Variance inflation (k,) of each term within the effects, 1 / (1 - R2 on the other terms); sums without weights."""
    return np.asarray((cluster_sums.coefficient_map**2).sum(axis=1) * cluster_sums.sd_terms**2 * cluster_sums.n)


def p_value(estimate: Array, error: Array, g: int | Array) -> Array:
    """Two-sided p from t(G-1)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(estimate / error)
    return np.asarray(2 * special.stdtr(np.maximum(g - 1, 1), -ratio))


def interval(estimate: Array, error: Array, g: int, level: float) -> tuple[Array, Array]:
    """estimate -/+ t(G-1) quantile x error."""
    width = special.stdtrit(max(g - 1, 1), 0.5 + level / 2) * error
    return estimate - width, estimate + width


def partial_leverage(cluster_sums: ClusterSums, term: int = 0) -> Array:
    """Share (G,) of each cluster in the residual variation of a term; 1/G each when it is spread evenly."""
    row = cluster_sums.coefficient_map[term]
    partial_quadratic = np.einsum("p,gpq,q->g", row, cluster_sums.gram, row)
    return np.asarray(partial_quadratic / partial_quadratic.sum())


def effective_clusters(cluster_sums: ClusterSums, term: int = 0) -> float:
    """G* = G / (1 + variance of gamma_g / mean^2), gamma_g with independent errors (Carter, Schnepel & Steigerwald 2017)."""
    return float(1.0 / (partial_leverage(cluster_sums, term) ** 2).sum())


def joint_draws(cluster_sums: ClusterSums, *, draws: int, rng: np.random.Generator, term: int = 0) -> Array:
    """Coefficient of a term (B, m) for all outcomes in the same resamples of clusters; draws without it are left out."""
    counts = rng.multinomial(cluster_sums.g, np.full(cluster_sums.g, 1.0 / cluster_sums.g), size=draws).astype(float)
    coefficients_drawn = reweighted_coefficients(cluster_sums, counts)[:, term, :]
    return coefficients_drawn[~np.isnan(coefficients_drawn).any(axis=1)]


def driscoll_kraay(sums_by_year: ClusterSums, *, lags: int | None = None) -> Array:
    """Standard errors (k, m) robust to correlation across units and over `lags` years (Driscoll & Kraay 1998).

    `sums_by_year` are the sums with years as clusters. Bartlett weights; lags default floor(4 (T/100)^(2/9)); no other factor.
    """
    score = scores(sums_by_year)
    t = len(score)
    lag_count = int(4 * (t / 100) ** (2 / 9)) if lags is None else lags
    variance = (score**2).sum(axis=0)
    for lag in range(1, min(lag_count, t - 1) + 1):
        variance = variance + 2 * (1 - lag / (lag_count + 1)) * (score[lag:] * score[:-lag]).sum(axis=0)
    return np.sqrt(np.maximum(variance, 0.0))
