"""Scores of bootstrap draws, linear in the signs of the clusters: by matrices of few clusters, by their factors of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .within import Array

BLOCK = 1_000  # draws multiplied at a time: their scores stay in the processor's cache
DENSE_CLUSTERS = 200
"""Clusters up to which the map is a matrix (G, G); beyond, time and memory grow with clusters and not with their square."""


@dataclass(frozen=True)
class ScoreMap:
    """Scores (G,) of m outcomes under signs v (G,): numerator * v - influence @ (products' v)."""

    numerator: Array  # (m, G)
    influence: Array  # (G, p)
    products: Array  # (G, p, m)

    @property
    def is_dense(self) -> bool:
        return self.numerator.shape[1] <= DENSE_CLUSTERS

    @cached_property
    def matrices(self) -> Array:
        """(m, G, G): scores of a draw are the matrix @ its signs."""
        matrices = -(self.influence @ self.products.transpose(2, 1, 0))
        clusters = np.arange(self.numerator.shape[1])
        matrices[:, clusters, clusters] += self.numerator
        return np.asarray(matrices)

    def scores(self, j: int, signs: Array) -> Array:
        """(G, B) of outcome j under signs (G, B)."""
        if self.is_dense:
            return np.asarray(self.matrices[j] @ signs)
        return self.numerator[j][:, None] * signs - self.influence @ (self.products[:, :, j].T @ signs)

    def squares(self, vectors: NDArray[np.generic]) -> Array:
        """(B, m) sums over clusters of squared scores under signs (B, G), the draws of an outcome side by side in memory."""
        squares = np.empty((len(self.numerator), len(vectors)))
        for start, signs in sign_blocks(vectors):
            squares[:, start : start + len(signs)] = self._dense_squares(signs) if self.is_dense else self._factor_squares(signs)
        return squares.T

    def _dense_squares(self, signs: Array) -> Array:
        scores = (matrix @ signs.T for matrix in self.matrices)
        return np.stack([np.einsum("gb,gb->b", score, score) for score in scores])

    def _factor_squares(self, signs: Array) -> Array:
        """|q v - H w|^2 = sum q^2 v^2 - 2 w'H'(q v) + w'H'H w with w = products' v, (m, B)."""
        gram, own = self.influence.T @ self.influence, (signs**2) @ (self.numerator**2).T
        squares = np.empty((len(self.numerator), len(signs)))
        for j, numerator in enumerate(self.numerator):
            w = signs @ self.products[:, :, j]
            cross = signs @ (numerator[:, None] * self.influence)
            squares[j] = own[:, j] + np.einsum("bp,bp->b", w, w @ gram - 2 * cross)
        return squares


def sign_blocks(vectors: NDArray[np.generic]) -> Iterator[tuple[int, Array]]:
    """(first draw, signs as numbers) of consecutive draws."""
    for start in range(0, len(vectors), BLOCK):
        yield start, vectors[start : start + BLOCK].astype(np.float64, copy=False)
