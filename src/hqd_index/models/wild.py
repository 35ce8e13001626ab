"""Restricted wild cluster bootstrap (Cameron, Gelbach & Miller 2008; MacKinnon & Webb 2017) in cluster sums alone.

Null imposed, residuals flipped by cluster, t studentised by the CV1 form (its small-sample factor cancels). Draws are
shared by all outcomes, so that their joint law (Romano & Wolf) is that of the sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clusters import ClusterSums
from .inference import scores
from .within import Array

BLOCK = 5_000  # draws held at a time
TIE = 1e-9  # relative: draws equal to the observed t (the identity draw) are ties, not exceedances
WEBB = np.sqrt([0.5, 1.0, 1.5, 0.5, 1.0, 1.5]) * [-1, -1, -1, 1, 1, 1]
EXACT_FIT = 1e-12  # 1 - R2 at or below this: the residuals are rounding, there is nothing to flip
WIDEST = 2.0**14  # an interval that reaches this many standard errors is reported as unbounded


@dataclass(frozen=True)
class Wild:
    """t* of every draw as a function of the tested value, t*(c) = (top - c top_x) / sqrt(a - 2 c b + c^2 d), by outcome."""

    estimate: Array  # (m,)
    error: Array  # (m,) without small-sample factor
    top: Array  # (B, m)
    top_x: Array  # (B,)
    a: Array  # (B, m)
    b: Array  # (B, m)
    d: Array  # (B,)
    enumerated: bool
    exact: NDArray[np.bool_]  # (m,) outcomes without residual: p is 0 and the interval a point

    def t(self, value: float = 0.0) -> Array:
        """Observed t (m,) of the hypothesis that the coefficient is `value`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.estimate - value) / self.error

    def t_star(self, value: float = 0.0, j: int | slice = slice(None)) -> Array:
        """t* (B, m), or (B,) for one outcome, under that hypothesis."""
        wide = isinstance(j, slice)
        top_x, d = (self.top_x[:, None], self.d[:, None]) if wide else (self.top_x, self.d)
        spread = self.a[:, j] - 2 * value * self.b[:, j] + value**2 * d
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self.top[:, j] - value * top_x) / np.sqrt(np.maximum(spread, 0.0)))

    def p(self) -> Array:
        """p (m,) of a zero coefficient: share of |t*| strictly above |t|; NaN where t is."""
        observed = self.t()
        above = np.abs(self.t_star()) > np.abs(observed) * (1 + TIE)
        return np.where(np.isnan(observed), np.nan, np.where(self.exact, 0.0, above.mean(axis=0)))

    def p_at(self, value: float, j: int) -> float:
        """p of the hypothesis that coefficient j is `value`."""
        observed = abs(float(self.t(value)[j]))
        return float((np.abs(self.t_star(value, j)) > observed * (1 + TIE)).mean())

    def interval(self, j: int, level: float) -> tuple[float, float]:
        """All values not rejected at 1 - level, by bisection from the estimate outwards; infinite when never rejected."""
        if self.exact[j]:
            return float(self.estimate[j]), float(self.estimate[j])
        if not self.error[j] > 0:
            return np.nan, np.nan
        return self._bound(j, -1.0, 1 - level), self._bound(j, 1.0, 1 - level)

    def _bound(self, j: int, side: float, alpha: float) -> float:
        centre, step = float(self.estimate[j]), float(self.error[j])
        inside, outside = 0.0, 2.0
        while self.p_at(centre + side * outside * step, j) > alpha:
            inside, outside = outside, 2 * outside
            if outside > WIDEST:
                return side * np.inf
        while outside - inside > 1e-10 * outside:
            middle = (inside + outside) / 2
            if self.p_at(centre + side * middle * step, j) > alpha:
                inside = middle
            else:
                outside = middle
        return centre + side * (inside + outside) / 2 * step


def enumerable(g: int, draws: int, weights: str) -> bool:
    """All sign vectors are taken when there are no more of them than draws."""
    return weights == "rademacher" and 2**g <= draws


def sign_blocks(g: int, draws: int, weights: str, rng: np.random.Generator) -> Iterator[Array]:
    """Blocks (<= BLOCK, G) of cluster weights; full enumeration keeps one of each pair v, -v, which share |t*|."""
    if enumerable(g, draws, weights):
        numbers = np.arange(2 ** (g - 1))
        yield np.asarray(1.0 - 2.0 * ((numbers[:, None] >> np.arange(g)) & 1), dtype=np.float64)
        return
    for start in range(0, draws, BLOCK):
        rows = min(BLOCK, draws - start)
        if weights == "webb":
            yield WEBB[rng.integers(0, 6, (rows, g))]
        else:
            yield np.asarray(rng.integers(0, 2, (rows, g)) * 2.0 - 1.0, dtype=np.float64)


def wild(sums: ClusterSums, *, rng: np.random.Generator, draws: int = 9_999, weights: str = "rademacher", term: int = 0) -> Wild:
    """The bootstrap law of one term for all outcomes of `sums` at once.

    With b = r'y, restricted residual u and E_g'u_g = L_g: the numerator is sum_g v_g q_g with q_g = r_g'u_g, and the
    score of cluster h is v_h q_h - H_h' sum_g v_g L_g with H_h = (basis_h'basis_h) back.
    """
    row = sums.back[term]
    share = row / (row @ row)
    total = sums.cross.sum(axis=0)
    estimate = row @ total
    restricted = total - share[:, None] * estimate
    left = sums.cross - sums.gram @ restricted  # L_g (G, p, m) under a zero coefficient
    left_x = sums.gram @ share  # L_g moves by -c times this under coefficient c
    influence = sums.gram @ row  # H (G, p)
    parts = [_draw(signs, left, left_x, influence, row) for signs in sign_blocks(sums.g, draws, weights, rng)]
    top, top_x, a, b, d = (np.concatenate(column) for column in zip(*parts))
    error = np.sqrt((scores(sums)[:, term, :] ** 2).sum(axis=0))
    usable = sums.sd_outcomes > 0
    return Wild(
        estimate=estimate, error=np.where(usable, error, np.nan), top=top, top_x=top_x, a=a, b=b, d=d,
        enumerated=enumerable(sums.g, draws, weights), exact=usable & (1 - sums.r2_within <= EXACT_FIT),
    )  # fmt: skip


def _draw(signs: Array, left: Array, left_x: Array, influence: Array, row: Array) -> tuple[Array, ...]:
    """Numerators and score products of one block of draws; the scores of a draw are signs @ moved, one row per cluster."""
    own, own_x = np.einsum("p,gpm->gm", row, left), left_x @ row  # q_g
    score_x = signs @ (np.diag(own_x) - left_x @ influence.T)
    a = np.empty((len(signs), left.shape[2]))
    b = np.empty_like(a)
    for j in range(left.shape[2]):
        score = signs @ (np.diag(own[:, j]) - left[:, :, j] @ influence.T)
        a[:, j] = np.einsum("bg,bg->b", score, score)
        b[:, j] = np.einsum("bg,bg->b", score, score_x)
    return signs @ own, signs @ own_x, a, b, np.einsum("bg,bg->b", score_x, score_x)
