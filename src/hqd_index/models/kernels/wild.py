"""Restricted wild cluster bootstrap (Cameron, Gelbach & Miller 2008; MacKinnon & Webb 2017) in cluster sums alone.

Null imposed, residuals flipped by cluster, t studentised by the CV1 form (its small-sample factor cancels). Draws are
shared by all outcomes, so that their joint law (Romano & Wolf) is that of the sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clusters import ClusterSums
from .inference import scores
from .score_maps import DENSE_CLUSTERS, ScoreMap, sign_blocks
from .within import Array

BLOCK = 1_000  # draws made at a time
TIE = 1e-9  # relative: draws equal to the observed t (the identity draw) are ties, not exceedances
WEBB = np.sqrt([0.5, 1.0, 1.5, 0.5, 1.0, 1.5]) * [-1, -1, -1, 1, 1, 1]
EXACT_FIT = 1e-12  # 1 - R2 at or below this: the residuals are rounding, there is nothing to flip
MAX_INTERVAL_ERRORS = 2.0**14  # an interval that reaches this many standard errors is reported as unbounded


@dataclass(frozen=True)
class Signs:
    """Weights of the clusters (B, G), a row for each draw; `is_enumerated` when they are all sign vectors there are."""

    vectors: NDArray[np.float64] | NDArray[np.int8]
    is_enumerated: bool


@dataclass(frozen=True)
class Wild:
    """t* of every draw by outcome under a zero coefficient, top / sqrt(a), and what any other tested value needs (`line`)."""

    estimate: Array  # (m,)
    error: Array  # (m,) without small-sample factor
    numerators: Array  # (B, m)
    a: Array  # (B, m) sum over clusters of squared scores
    signs: Signs
    score_map: ScoreMap
    numerator_x: Array  # (G,) and score_map_x (one outcome): what a coefficient of 1 takes from numerators and scores
    score_map_x: ScoreMap
    is_exact_fit: NDArray[np.bool_]  # (m,) outcomes without residual: p is 0 and the interval a point

    @property
    def is_enumerated(self) -> bool:
        return self.signs.is_enumerated

    def t(self) -> Array:
        """Observed t (m,) of a zero coefficient."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.estimate / self.error

    def t_star(self, draw_rows: Sequence[int] | slice = slice(None)) -> Array:
        """t* (B, m) of a zero coefficient, of all outcomes or of those asked for."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.numerators[:, draw_rows] / np.sqrt(self.a[:, draw_rows]))

    def p(self) -> Array:
        """p (m,) of a zero coefficient: share of |t*| strictly above |t|; NaN where t is."""
        observed_t = self.t()
        is_as_large = np.abs(self.t_star()) > np.abs(observed_t) * (1 + TIE)
        return np.where(np.isnan(observed_t), np.nan, np.where(self.is_exact_fit, 0.0, is_as_large.mean(axis=0)))

    def line(self, j: int) -> TestInversion:
        """The draws of one outcome as functions of the tested value."""
        b, d, numerators_x = (np.empty(len(self.signs.vectors)) for _ in range(3))
        for start, vectors in self._line_blocks():
            block, signs = slice(start, start + len(vectors)), vectors.T
            score, score_x = self.score_map.scores(j, signs), self.score_map_x.scores(0, signs)
            b[block], d[block] = np.einsum("gb,gb->b", score, score_x), np.einsum("gb,gb->b", score_x, score_x)
            numerators_x[block] = self.numerator_x @ signs
        return TestInversion(
            float(self.estimate[j]), float(self.error[j]), self.numerators[:, j], numerators_x, self.a[:, j], b, d
        )

    def _line_blocks(self) -> Iterable[tuple[int, Array]]:
        """All draws at once of few clusters, block by block of many."""
        vectors = self.signs.vectors
        return [(0, vectors.astype(np.float64, copy=False))] if self.score_map.is_dense else sign_blocks(vectors)

    def p_at(self, hypothesised_value: float, j: int) -> float:
        """p of the hypothesis that coefficient j is `hypothesised_value`."""
        return self.line(j).p(hypothesised_value)

    def interval(self, j: int, level: float) -> tuple[float, float]:
        """All values not rejected at 1 - level, by bisection from the estimate outwards; infinite when never rejected.

        The whole line with so few clusters that no p at or below 1 - level can arise: a share of 0 draws is no evidence then.
        """
        if self.is_exact_fit[j]:
            return float(self.estimate[j]), float(self.estimate[j])
        if not self.error[j] > 0:
            return np.nan, np.nan
        if self.is_enumerated and 2.0 ** (1 - self.signs.vectors.shape[1]) > 1 - level + TIE:
            return -np.inf, np.inf
        line = self.line(j)
        return line.interval_bound(-1.0, 1 - level), line.interval_bound(1.0, 1 - level)


@dataclass(frozen=True)
class TestInversion:
    """Draws of one outcome by tested value c: t*(c) = (top - c top_x) / sqrt(a - 2 c b + c^2 d); arrays (B,)."""

    estimate: float
    error: float
    numerators: Array
    numerators_x: Array
    a: Array
    b: Array
    d: Array

    def p(self, hypothesised_value: float) -> float:
        """Share of |t*| strictly above |t| = |estimate - value| / error; squares are compared, which needs no division."""
        numerators = self.numerators - hypothesised_value * self.numerators_x
        spread = self.a - 2 * hypothesised_value * self.b + hypothesised_value**2 * self.d
        is_as_large = numerators * numerators * self.error**2 > spread * ((self.estimate - hypothesised_value) * (1 + TIE)) ** 2
        return np.count_nonzero(is_as_large) / len(is_as_large)

    def interval_bound(self, direction: float, alpha: float) -> float:
        """Where p falls to alpha on one side (-1 or 1) of the estimate."""
        accepted_distance, rejected_distance = 0.0, 2.0
        while self.p(self.estimate + direction * rejected_distance * self.error) > alpha:
            accepted_distance, rejected_distance = rejected_distance, 2 * rejected_distance
            if rejected_distance > MAX_INTERVAL_ERRORS:
                return direction * np.inf
        while rejected_distance - accepted_distance > 1e-10 * rejected_distance:
            midpoint = (accepted_distance + rejected_distance) / 2
            if self.p(self.estimate + direction * midpoint * self.error) > alpha:
                accepted_distance = midpoint
            else:
                rejected_distance = midpoint
        return self.estimate + direction * (accepted_distance + rejected_distance) / 2 * self.error


def is_enumerable(cluster_count: int, draws: int, weights: str) -> bool:
    """All sign vectors are taken when there are no more of them than draws."""
    return weights == "rademacher" and 2**cluster_count <= draws


def draw_signs(cluster_count: int, draws: int, weights: str, rng: np.random.Generator) -> Signs:
    """Cluster weights of every draw; full enumeration keeps one of each pair v, -v, which share |t*|."""
    if is_enumerable(cluster_count, draws, weights):
        sign_vector_numbers = np.arange(2 ** (cluster_count - 1))
        return Signs(
            np.asarray(1.0 - 2.0 * ((sign_vector_numbers[:, None] >> np.arange(cluster_count)) & 1), dtype=np.float64), True
        )
    if weights == "webb":
        return Signs(WEBB[rng.integers(0, 6, (draws, cluster_count))], False)
    if cluster_count > DENSE_CLUSTERS:
        return Signs(_sign_bytes(cluster_count, draws, rng), False)
    return Signs(np.asarray(rng.integers(0, 2, (draws, cluster_count)) * 2.0 - 1.0, dtype=np.float64), False)


def _sign_bytes(cluster_count: int, draws: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """The signs that the generator gives in one call, a byte each, drawn in blocks: few are eight bytes wide at a time."""
    signs = np.empty((draws, cluster_count), dtype=np.int8)
    for start in range(0, draws, BLOCK):
        block = signs[start : start + BLOCK]
        block[:] = rng.integers(0, 2, block.shape) * 2 - 1
    return signs


def wild(
    cluster_sums: ClusterSums, *, rng: np.random.Generator, draws: int = 9_999, weights: str = "rademacher", term: int = 0
) -> Wild:
    """The bootstrap law of one term for all outcomes of `cluster_sums` at once."""
    return wild_of(cluster_sums, draw_signs(cluster_sums.g, draws, weights, rng), term=term)


def wild_of(cluster_sums: ClusterSums, signs: Signs, *, term: int = 0) -> Wild:
    """The same from given signs.

    With b = r'y, restricted residual u and E_g'u_g = L_g: the numerator is sum_g v_g q_g with q_g = r_g'u_g, and the
    score of cluster h is v_h q_h - H_h' sum_g v_g L_g with H_h = (basis_h'basis_h) back.
    """
    row = cluster_sums.coefficient_map[term]
    share = row / (row @ row)
    total = cluster_sums.cross.sum(axis=0)
    estimate = row @ total
    residual_products = cluster_sums.cross - cluster_sums.gram @ (
        total - share[:, None] * estimate
    )  # L_g (G, p, m) under a zero coefficient
    residual_products_x = cluster_sums.gram @ share  # L_g moves by -c times this under coefficient c
    influence = cluster_sums.gram @ row  # H (G, p)
    numerator, numerator_x = (row @ residual_products).T, residual_products_x @ row  # q_g
    score_map = ScoreMap(numerator, influence, residual_products)
    error = np.sqrt((scores(cluster_sums)[:, term, :] ** 2).sum(axis=0))
    is_estimable = cluster_sums.sd_outcomes > 0
    return Wild(
        estimate=estimate,
        error=np.where(is_estimable, error, np.nan),
        numerators=_numerators(numerator, signs),
        a=score_map.squares(signs.vectors),
        signs=signs,
        score_map=score_map,
        numerator_x=numerator_x,
        score_map_x=ScoreMap(numerator_x[None], influence, residual_products_x[:, :, None]),
        is_exact_fit=is_estimable & (1 - cluster_sums.r2_within <= EXACT_FIT),
    )


def _numerators(numerator: Array, signs: Signs) -> Array:
    """(B, m) sums of the clusters' numerators (m, G) under each draw's signs."""
    if signs.vectors.dtype == np.float64:
        return np.asarray((numerator @ signs.vectors.T).T)
    return np.concatenate([vectors @ numerator.T for _, vectors in sign_blocks(signs.vectors)])
