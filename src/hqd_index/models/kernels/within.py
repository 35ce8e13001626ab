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
CHUNK_ROWS = 4_096  # rows treated at a time
CG_TOLERANCE = 1e-10  # of one pass; the second pass solves for what the first left
FLOOR = 1e-13  # of the first right-hand side: below it there is only rounding to solve for


def nested(inner_codes: Codes, outer_codes: Codes) -> bool:
    """True when every level of `inner_codes` lies inside one level of `outer_codes`."""
    outer_of_inner = np.zeros(int(inner_codes.max(initial=-1)) + 1, dtype=np.intp)
    outer_of_inner[inner_codes] = outer_codes
    return bool((outer_of_inner[inner_codes] == outer_codes).all())


def repeated_rows(effects: Sequence[Codes]) -> NDArray[np.bool_]:
    """Rows left when rows that are alone in a level of any effect are dropped, again and again (Correia 2015)."""
    observations = np.ones(len(effects[0]), dtype=bool) if effects else np.ones(0, dtype=bool)
    while True:
        is_single_row = np.zeros_like(observations)
        for level_codes in effects:
            level_counts = np.bincount(level_codes[observations], minlength=level_codes.max(initial=-1) + 1)
            is_single_row |= observations & (level_counts[level_codes] == 1)
        if not is_single_row.any():
            return observations
        observations &= ~is_single_row


def _level_pair_sums(row_codes: Codes, column: Codes, weights: Array, table_shape: tuple[int, int]) -> sparse.csr_array:
    """Sums of weights by pair of levels."""
    return sparse.csr_array(sparse.coo_array((weights, (row_codes, column)), shape=table_shape))


def _total(level_tables: Sequence[sparse.csr_array]) -> sparse.csr_array:
    return sparse.csr_array(sum(level_tables[1:], start=level_tables[0]))


def adder(level_codes: Codes, weights: Array, levels: int) -> sparse.csc_array:
    """The matrix (levels, n) that adds up weighted rows by level."""
    return sparse.csc_array((weights, level_codes, np.arange(len(level_codes) + 1)), shape=(levels, len(level_codes)))


def _stacked_codes(effects: Sequence[Codes]) -> tuple[list[Codes], int]:
    """Codes of several effects shifted so that they share one range of levels, and the number of levels."""
    sizes = [int(level_codes.max()) + 1 for level_codes in effects]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return [level_codes + code_offset for level_codes, code_offset in zip(effects, starts)], sum(sizes)


@dataclass(frozen=True)
class Absorber:
    """Effects ready to be taken out of any values on the same rows; made by `absorber`."""

    first: Codes  # of the effect with most levels, which group means remove
    first_adder: sparse.csc_array
    size: Array  # weight of each of its levels
    other_codes: list[Codes]  # of the other effects, in one range of levels
    adders: list[sparse.csc_array]
    cross: sparse.csr_array  # weights by level of the others and of the first
    other_sizes: Array  # weight of each level of the others
    reduced_system: sparse.csr_array  # the system that is left in the levels of the others (Schur complement)

    def residual(self, variables: Array) -> Array:
        """`variables` (n, m) less their projection on the dummies of all effects. Rows are not scaled by the weights."""
        centred_values = np.empty(variables.shape)
        first_effect_means = (self.first_adder @ variables) / self.size[:, None]
        for chunk in self._chunks():
            np.subtract(variables[chunk], first_effect_means[self.first[chunk]], out=centred_values[chunk])
        if not self.other_codes:
            return centred_values
        right_side = self._sums(centred_values)
        floor = FLOOR * np.linalg.norm(right_side, axis=0)
        for _ in range(3):  # a further pass removes what the one before has left, if anything
            effect = self._solve_reduced(right_side, floor)
            first_effect_means = (self.cross.T @ effect) / self.size[:, None]
            for chunk in self._chunks():
                row_part = centred_values[chunk]
                for level_codes in self.other_codes:
                    row_part -= effect[level_codes[chunk]]
                row_part += first_effect_means[self.first[chunk]]
            right_side = self._sums(centred_values)
            if (np.linalg.norm(right_side, axis=0) <= floor).all():
                break
        return centred_values

    def _chunks(self) -> Iterator[slice]:
        """The rows in parts that the processor's cache holds."""
        return (slice(first_row, first_row + CHUNK_ROWS) for first_row in range(0, len(self.first), CHUNK_ROWS))

    def _sums(self, variables: Array) -> Array:
        """Sums by level of the other effects."""
        return np.asarray(sum(level_adder @ variables for level_adder in self.adders))

    @cached_property
    def _inverse(self) -> Array:
        return symmetric_inverse(self.reduced_system.toarray(), tolerance=GRAM, diagonal_scale=self.other_sizes)

    def _solve_reduced(self, right_side: Array, floor: Array) -> Array:
        """A solution of the singular, consistent system that remains for the smaller effects; `floor` (m,) is rounding."""
        system = self.reduced_system
        if system.shape[0] <= DIRECT_LEVELS:
            return np.asarray(self._inverse @ right_side)
        diagonal = system.diagonal()
        is_spanned = diagonal <= GRAM * self.other_sizes  # levels of a nested effect: only rounding is left of them
        scale = np.where(is_spanned, 0.0, 1.0 / np.where(is_spanned, 1.0, diagonal))
        condition = LinearOperator(system.shape, matvec=lambda v: scale * v.ravel())
        effects = np.empty_like(right_side)
        for j, floor_of_column in enumerate(floor):
            effects[:, j] = cg(system, right_side[:, j], rtol=CG_TOLERANCE, atol=floor_of_column, maxiter=20_000, M=condition)[0]
        return effects


def absorber(effects: Sequence[Codes], *, weights: Array | None = None) -> Absorber:
    """At least one effect (codes 0..L-1 each), weighted if asked.

    The effect with most levels is removed by group means; what is left is a small symmetric system in the levels of
    the others (Schur complement), solved directly, or by conjugate gradients when it is large: no stopping rule of
    alternating projections enters the result.
    """
    largest_effect, *other_effects = sorted(effects, key=lambda codes: -int(codes.max(initial=0)))
    weight = np.ones(len(largest_effect)) if weights is None else weights
    first_adder = adder(largest_effect, weight, int(largest_effect.max()) + 1)
    size = np.maximum(np.bincount(largest_effect, weight), np.finfo(float).tiny)
    if not other_effects:
        no_levels = sparse.csr_array((0, len(size)))
        return Absorber(largest_effect, first_adder, size, [], [], no_levels, np.zeros(0), sparse.csr_array((0, 0)))
    other_codes, levels = _stacked_codes(other_effects)
    cross = _total([_level_pair_sums(level_codes, largest_effect, weight, (levels, len(size))) for level_codes in other_codes])
    among_others = _total(
        [
            _level_pair_sums(level_codes, other_level_codes, weight, (levels, levels))
            for level_codes in other_codes
            for other_level_codes in other_codes
        ]
    )
    reduced_system = sparse.csr_array(among_others - cross.multiply(1.0 / size[None, :]) @ cross.T)
    return Absorber(
        largest_effect,
        first_adder,
        size,
        other_codes,
        [adder(level_codes, weight, levels) for level_codes in other_codes],
        cross,
        among_others.diagonal(),
        reduced_system,
    )


def within(variables: Array, effects: Sequence[Codes], *, weights: Array | None = None) -> Array:
    """`variables` (n, m) less their projection on the dummies of all `effects`, as `absorber` does it; a copy without effects."""
    return absorber(effects, weights=weights).residual(variables) if effects else variables.copy()


def dummy_basis(effects: Sequence[Codes], absorbed: Sequence[Codes], *, weights: Array | None = None) -> Array:
    """Orthonormal columns (n, d) that span the dummies of `effects` once `absorbed` are out, by pivoted QR."""
    if not effects:
        return np.zeros((len(absorbed[0]), 0))
    n = len(effects[0])
    columns = (
        np.concatenate([np.eye(int(level_codes.max()) + 1)[level_codes] for level_codes in effects], axis=1)
        if n
        else np.zeros((0, 0))
    )
    residuals = within(columns, absorbed, weights=weights)
    if weights is not None:
        residuals = residuals * np.sqrt(weights)[:, None]
    basis, triangle, _ = linalg.qr(residuals, mode="economic", pivoting=True)
    size = np.abs(np.diag(triangle))
    return np.asarray(basis[:, size > COLUMNS * max(size.max(initial=0.0), 1.0)])


def independent_columns(columns: Array, full_norms: Array) -> list[int]:
    """Indices of columns kept: QR with limited pivoting, a column that the earlier ones span is moved out (LINPACK dqrdc2).

    `columns` have the effects removed, `before` (m,) are their norms without that; the first column has precedence.
    """
    positions: list[int] = []
    basis = np.zeros((len(columns), 0))
    for j, column in enumerate(columns.T):
        remainder = column - basis @ (basis.T @ column)
        remainder = remainder - basis @ (basis.T @ remainder)
        norm = float(np.linalg.norm(remainder))
        if norm > COLUMNS * max(float(full_norms[j]), np.finfo(float).tiny):
            basis = np.column_stack([basis, remainder / norm])
            positions.append(j)
    return positions
