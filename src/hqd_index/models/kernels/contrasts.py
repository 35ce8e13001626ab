"""Linear restrictions over several terms and several outcomes at once: Wald statistic, its wild cluster bootstrap, CV3 error.

Coefficients are in within standard deviations, (k, m). A restriction (q, k, m) says q sums of them are zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...linear_algebra import GRAM, symmetric_inverse
from .clusters import ClusterSums, leave_one_out_terms
from .inference import coefficients
from .reference_distributions import f_tail
from .score_maps import DENSE_CLUSTERS, sign_blocks
from .wild import TIE, draw_signs
from .within import Array

COLLINEAR_SHARE = 1e-10  # share of a score's spread that the scores before it leave: below it they count as collinear


@dataclass(frozen=True)
class Contrast:
    """`value` (q,); `wald` = value' V^-1 value with V the sum over clusters without a factor; p of F(q, G-1) with the CV1 factor.

    `se_cv3` (q,) is NaN where a value is not identified without some cluster.
    """

    value: Array
    wald: float
    p_f: float
    p_wild: float
    se_cv3: Array


def scaled(cluster_sums: ClusterSums) -> Array:
    """Factors (k, m) that turn coefficients into within standard deviations; NaN for a constant outcome."""
    y = cluster_sums.sd_outcomes
    return np.asarray(cluster_sums.sd_terms[:, None] / np.where(y > 0, y, np.nan)[None, :])


def contrast(
    cluster_sums: ClusterSums,
    restriction: Array,
    *,
    rng: np.random.Generator,
    draws: int,
    weights: str = "rademacher",
    jackknife_estimates: Array | None = None,
) -> Contrast:
    """Test of restriction (q, k, m): every cluster's residuals of all outcomes are flipped together, the null imposed.

    The restricted fit is least squares over outcomes in standard deviations; p is the share of Wald statistics of the draws
    above the observed one (MacKinnon, Nielsen & Webb 2023), all sign vectors where they are no more than `draws`.
    `jackknife_estimates` (G, k, m) are the coefficients without each cluster where they are known.
    """
    cross = cluster_sums.cross / cluster_sums.sd_outcomes
    combination = np.einsum("qkm,k,kp->qpm", restriction, cluster_sums.sd_terms, cluster_sums.coefficient_map).reshape(
        len(restriction), -1
    )
    total = cross.sum(axis=0)
    value = combination @ total.ravel()
    gram = combination @ combination.T
    imposed_change = combination.T @ (symmetric_inverse(gram, tolerance=GRAM, diagonal_scale=np.diag(gram)) @ value)
    restricted_coefficients = (total.ravel() - imposed_change).reshape(total.shape)
    observed_wald = float(
        _wald(value[None], _cluster_scores(cluster_sums, combination, cross - cluster_sums.gram @ total)[None])[0]
    )
    bootstrap_walds = _bootstrap_walds(
        cluster_sums, combination, cross - cluster_sums.gram @ restricted_coefficients, rng=rng, draws=draws, weights=weights
    )
    return Contrast(
        value=value, wald=observed_wald, p_f=_p_f(cluster_sums, observed_wald, len(value)),
        p_wild=float((bootstrap_walds > observed_wald * (1 + TIE)).mean()),
        se_cv3=contrast_cv3(cluster_sums, restriction, jackknife_estimates),
    )  # fmt: skip


def contrast_cv3(cluster_sums: ClusterSums, restriction: Array, jackknife_estimates: Array | None = None) -> Array:
    """Jackknife errors (q,) of the restriction's values, every effect re-estimated without each cluster."""
    if cluster_sums.g < 2 or not cluster_sums.complete:
        return np.full(len(restriction), np.nan)
    without_cluster = (
        leave_one_out_terms(cluster_sums, range(len(cluster_sums.terms))) if jackknife_estimates is None else jackknife_estimates
    )
    deviations = np.einsum("qkm,gkm->gq", restriction * scaled(cluster_sums), without_cluster - coefficients(cluster_sums))
    return np.sqrt((cluster_sums.g - 1) / cluster_sums.g * (deviations**2).sum(axis=0))


def _cluster_scores(cluster_sums: ClusterSums, combination: Array, residual_products: Array) -> Array:
    """Part of each cluster in the value, (G, q)."""
    return np.asarray(residual_products.reshape(cluster_sums.g, -1) @ combination.T)


def _wald(restriction_values: Array, scores: Array) -> Array:
    """value' (sum_g s_g s_g')^-1 value for draws (B, q), (B, G, q)."""
    spread = np.einsum("bgq,bgr->bqr", scores, scores)
    if restriction_values.shape[1] == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(restriction_values[:, 0] ** 2 / spread[:, 0, 0])
    inverse = symmetric_inverse(spread, tolerance=GRAM, diagonal_scale=np.diagonal(spread, axis1=1, axis2=2))
    return np.asarray(np.einsum("bq,bqr,br->b", restriction_values, inverse, restriction_values))


def _walds(restriction_values: Array, scores: Array) -> Array:
    """`_wald` of many draws at once: by Cholesky factors, unless scores are collinear in some draw."""
    if restriction_values.shape[1] == 1:
        return _wald(restriction_values, scores)
    spread = np.swapaxes(scores, 1, 2) @ scores
    try:
        factor = np.linalg.cholesky(spread)
    except np.linalg.LinAlgError:
        return _wald(restriction_values, scores)
    remaining_share = np.diagonal(factor, axis1=1, axis2=2) ** 2 / np.diagonal(spread, axis1=1, axis2=2)
    if not (remaining_share > COLLINEAR_SHARE).all():
        return _wald(restriction_values, scores)
    return np.asarray((np.linalg.solve(factor, restriction_values[:, :, None]) ** 2).sum(axis=(1, 2)))


def _bootstrap_walds(
    cluster_sums: ClusterSums, combination: Array, residual_products: Array, *, rng: np.random.Generator, draws: int, weights: str
) -> Array:
    """Wald statistics of the bootstrap from restricted residual products `left` (G, p, m)."""
    q, (g, p, m) = len(combination), residual_products.shape
    direct_scores = _cluster_scores(cluster_sums, combination, residual_products)
    sign_map = np.einsum("qpm,gpr->gqrm", combination.reshape(q, p, m), cluster_sums.gram).reshape(g * q, p * m)
    products = residual_products.reshape(g, -1)
    fitted_map = products @ sign_map.T if g <= DENSE_CLUSTERS else None

    def fitted_scores(signs: Array) -> Array:
        return signs @ fitted_map if fitted_map is not None else (signs @ products) @ sign_map.T

    vectors = draw_signs(g, draws, weights, rng).vectors
    walds = []
    for _, signs in sign_blocks(vectors):
        walds.append(
            _walds(signs @ direct_scores, signs[:, :, None] * direct_scores - fitted_scores(signs).reshape(len(signs), g, q))
        )
    return np.concatenate(walds)


def _p_f(cluster_sums: ClusterSums, wald: float, restriction_count: int) -> float:
    if cluster_sums.g < 2 or cluster_sums.n <= cluster_sums.parameters:
        return np.nan
    factor = cluster_sums.g / (cluster_sums.g - 1) * (cluster_sums.n - 1) / (cluster_sums.n - cluster_sums.parameters)
    return f_tail(wald / factor / restriction_count, restriction_count, cluster_sums.g - 1)
