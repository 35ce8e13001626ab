"""Fixed effects taken out exactly: any number of effects, unbalanced panels, weights, singletons, collinear columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, cg

from ...linear_algebra import COLUMNS, GRAM, symmetric_inverse

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

DIRECT_LEVELS = 2_000  # above this the reduced system is solved by conjugate gradients instead of densely
CHUNK = 4_096  # rows treated at a time
CG_TOLERANCE = 1e-10  # of one pass; the second pass solves for what the first left
FLOOR = 1e-13  # of the first right-hand side: below it there is only rounding to solve for


def nested(inner: Codes, outer: Codes) -> bool:
    """True when every level of `inner` lies inside one level of `outer`."""
    around = np.zeros(int(inner.max(initial=-1)) + 1, dtype=np.intp)
    around[inner] = outer
    return bool((around[inner] == outer).all())


def repeated(effects: Sequence[Codes]) -> NDArray[np.bool_]:
    """Rows left when rows that are alone in a level of any effect are dropped, again and again (Correia 2015)."""
    kept = np.ones(len(effects[0]), dtype=bool) if effects else np.ones(0, dtype=bool)
    while True:
        alone = np.zeros_like(kept)
        for codes in effects:
            counts = np.bincount(codes[kept], minlength=codes.max(initial=-1) + 1)
            alone |= kept & (counts[codes] == 1)
        if not alone.any():
            return kept
        kept &= ~alone


def _table(row: Codes, column: Codes, weights: Array, shape: tuple[int, int]) -> sparse.csr_array:
    """Sums of weights by pair of levels."""
    return sparse.csr_array(sparse.coo_array((weights, (row, column)), shape=shape))


def _total(tables: Sequence[sparse.csr_array]) -> sparse.csr_array:
    return sparse.csr_array(sum(tables[1:], start=tables[0]))


def adder(codes: Codes, weights: Array, levels: int) -> sparse.csc_array:
    """The matrix (levels, n) that adds up weighted rows by level."""
    return sparse.csc_array((weights, codes, np.arange(len(codes) + 1)), shape=(levels, len(codes)))


def _stacked(effects: Sequence[Codes]) -> tuple[list[Codes], int]:
    """Codes of several effects shifted so that they share one range of levels, and the number of levels."""
    sizes = [int(codes.max()) + 1 for codes in effects]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return [codes + start for codes, start in zip(effects, starts)], sum(sizes)


@dataclass(frozen=True)
class Absorber:
    """Effects ready to be taken out of any values on the same rows; made by `absorber`."""

    first: Codes  # of the effect with most levels, which group means remove
    first_adder: sparse.csc_array
    size: Array  # weight of each of its levels
    rest: list[Codes]  # of the other effects, in one range of levels
    adders: list[sparse.csc_array]
    cross: sparse.csr_array  # weights by level of the others and of the first
    rest_size: Array  # weight of each level of the others
    reduced: sparse.csr_array  # the system that is left in the levels of the others (Schur complement)

    def residual(self, values: Array) -> Array:
        """`values` (n, m) less their projection on the dummies of all effects. Rows are not scaled by the weights."""
        centred = np.empty(values.shape)
        means = (self.first_adder @ values) / self.size[:, None]
        for at in self._chunks():
            np.subtract(values[at], means[self.first[at]], out=centred[at])
        if not self.rest:
            return centred
        right = self._sums(centred)
        floor = FLOOR * np.linalg.norm(right, axis=0)
        for _ in range(3):  # a further pass removes what the one before has left, if anything
            effect = self._solve(right, floor)
            means = (self.cross.T @ effect) / self.size[:, None]
            for at in self._chunks():
                part = centred[at]
                for c in self.rest:
                    part -= effect[c[at]]
                part += means[self.first[at]]
            right = self._sums(centred)
            if (np.linalg.norm(right, axis=0) <= floor).all():
                break
        return centred

    def _chunks(self) -> Iterator[slice]:
        """The rows in parts that the processor's cache holds."""
        return (slice(start, start + CHUNK) for start in range(0, len(self.first), CHUNK))

    def _sums(self, values: Array) -> Array:
        """Sums by level of the other effects."""
        return np.asarray(sum(a @ values for a in self.adders))

    @cached_property
    def _inverse(self) -> Array:
        return symmetric_inverse(self.reduced.toarray(), tolerance=GRAM, size=self.rest_size)

    def _solve(self, right: Array, floor: Array) -> Array:
        """A solution of the singular, consistent system that remains for the smaller effects; `floor` (m,) is rounding."""
        reduced = self.reduced
        if reduced.shape[0] <= DIRECT_LEVELS:
            return np.asarray(self._inverse @ right)
        diagonal = reduced.diagonal()
        spanned = diagonal <= GRAM * self.rest_size  # levels of a nested effect: only rounding is left of them
        scale = np.where(spanned, 0.0, 1.0 / np.where(spanned, 1.0, diagonal))
        condition = LinearOperator(reduced.shape, matvec=lambda v: scale * v.ravel())
        effects = np.empty_like(right)
        for j, floor_of_column in enumerate(floor):
            effects[:, j] = cg(reduced, right[:, j], rtol=CG_TOLERANCE, atol=floor_of_column, maxiter=20_000, M=condition)[0]
        return effects


def absorber(effects: Sequence[Codes], *, weights: Array | None = None) -> Absorber:
    """At least one effect (codes 0..L-1 each), weighted if asked.

    The effect with most levels is removed by group means; what is left is a small symmetric system in the levels of
    the others (Schur complement), solved directly, or by conjugate gradients when it is large: no stopping rule of
    alternating projections enters the result.
    """
    first, *others = sorted(effects, key=lambda codes: -int(codes.max(initial=0)))
    weight = np.ones(len(first)) if weights is None else weights
    first_adder = adder(first, weight, int(first.max()) + 1)
    size = np.maximum(np.bincount(first, weight), np.finfo(float).tiny)
    if not others:
        none = sparse.csr_array((0, len(size)))
        return Absorber(first, first_adder, size, [], [], none, np.zeros(0), sparse.csr_array((0, 0)))
    rest, levels = _stacked(others)
    cross = _total([_table(c, first, weight, (levels, len(size))) for c in rest])
    own = _total([_table(c, d, weight, (levels, levels)) for c in rest for d in rest])
    reduced = sparse.csr_array(own - cross.multiply(1.0 / size[None, :]) @ cross.T)
    return Absorber(first, first_adder, size, rest, [adder(c, weight, levels) for c in rest], cross, own.diagonal(), reduced)


def within(values: Array, effects: Sequence[Codes], *, weights: Array | None = None) -> Array:
    """`values` (n, m) less their projection on the dummies of all `effects`, as `absorber` does it; a copy without effects."""
    return absorber(effects, weights=weights).residual(values) if effects else values.copy()


def dummy_basis(effects: Sequence[Codes], absorbed: Sequence[Codes], *, weights: Array | None = None) -> Array:
    """Orthonormal columns (n, d) that span the dummies of `effects` once `absorbed` are out, by pivoted QR."""
    if not effects:
        return np.zeros((len(absorbed[0]), 0))
    n = len(effects[0])
    columns = np.concatenate([np.eye(int(c.max()) + 1)[c] for c in effects], axis=1) if n else np.zeros((0, 0))
    left = within(columns, absorbed, weights=weights)
    if weights is not None:
        left = left * np.sqrt(weights)[:, None]
    basis, triangle, _ = linalg.qr(left, mode="economic", pivoting=True)
    size = np.abs(np.diag(triangle))
    return np.asarray(basis[:, size > COLUMNS * max(size.max(initial=0.0), 1.0)])


def independent(columns: Array, before: Array) -> list[int]:
    """Indices of columns kept: QR with limited pivoting, a column that the earlier ones span is moved out (LINPACK dqrdc2).

    `columns` have the effects removed, `before` (m,) are their norms without that; the first column has precedence.
    """
    kept: list[int] = []
    basis = np.zeros((len(columns), 0))
    for j, column in enumerate(columns.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        norm = float(np.linalg.norm(rest))
        if norm > COLUMNS * max(float(before[j]), np.finfo(float).tiny):
            basis = np.column_stack([basis, rest / norm])
            kept.append(j)
    return kept
