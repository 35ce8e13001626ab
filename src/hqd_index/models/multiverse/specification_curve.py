"""Every index design times every regression specification, as matrix products (Simonsohn, Simmons & Nelson 2020).

Per specification the density is residualised once and the scores of all designs go through the same few products: the
coefficient, CV1 and CV3 of ten thousand outcomes cost about as much as reading them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse

from ...errors import EstimationError
from ...progress import counted
from ..kernels.clusters import parameters, regressors_of, root_inverse
from ..kernels.inference import p_value
from ..kernels.partial import PartialledRows, partial_out
from ..kernels.score_maps import DENSE_CLUSTERS
from ..kernels.specification import Specification, specification_error
from ..kernels.within import Array

MIN_VARIANCE_SHARE = 1e-12  # share of the variance of an outcome that must be left within the effects
SAME_RANK_CORRELATION = 0.999  # designs whose scores correlate above this in rank count once
BLOCK = 512  # designs multiplied at a time: their scores stay in the processor's cache


@dataclass(frozen=True)
class Universe:
    """One specification (its outcomes are ignored), its choices by name, and its rows: keys, density, controls.

    `paths` (unit, year, density) is the table whose paths the joint test permutes; None: the rows themselves.
    """

    spec: Specification
    choices: Mapping[str, str]
    data: pd.DataFrame
    paths: pd.DataFrame | None = None


@dataclass(frozen=True)
class Scores:
    """Index values (n, D) of all designs on the rows of `keys` (unit, year), with each design's choices."""

    keys: pd.DataFrame
    values: Array
    choices: pd.DataFrame


@dataclass(frozen=True)
class Curve:
    """Arrays (S, D) by specification and design: estimates and errors in within SDs, NaN where invalid; clusters (S,)."""

    estimate: Array
    se_cv1: Array
    se_cv3: Array
    clusters: Array
    declared_count: int
    universes: tuple[Universe, ...]
    errors: tuple[EstimationError, ...]
    partialled_universes: tuple[PartialledRows | None, ...] = field(
        repr=False
    )  # the rows of each universe; None where it cannot be estimated

    @property
    def p_cv1(self) -> Array:
        return p_value(self.estimate, self.se_cv1, self.clusters[:, None])

    @property
    def p_cv3(self) -> Array:
        return p_value(self.estimate, self.se_cv3, self.clusters[:, None])

    def shares(self, alpha: float, is_distinct_design: np.ndarray) -> dict[str, float]:
        """Over the designs kept: shares positive, significant by CV3 (by CV1), significant and positive; median; counts."""
        b, p1, p3 = (estimates_or_p[:, is_distinct_design].ravel() for estimates_or_p in (self.estimate, self.p_cv1, self.p_cv3))
        is_estimated = ~np.isnan(b)
        b, p1, p3 = b[is_estimated], p1[is_estimated], p3[is_estimated]
        return {
            "positive": float((b > 0).mean()), "significant": float((p3 <= alpha).mean()),
            "significant_cv1": float((p1 <= alpha).mean()), "significant_positive": float(((p3 <= alpha) & (b > 0)).mean()),
            "median": float(np.median(b)), "run": float(is_estimated.sum()), "distinct_designs": float(is_distinct_design.sum()),
        }  # fmt: skip


def distinct_designs(design_values: Array, threshold: float = SAME_RANK_CORRELATION) -> np.ndarray:
    """(D,) True for a design that no earlier counted one resembles in rank (Spearman above the threshold)."""
    order = np.argsort(np.ascontiguousarray(design_values.T), axis=1, kind="stable")
    ranks = np.empty(order.shape, dtype=np.float32)
    np.put_along_axis(ranks, order, np.arange(order.shape[1], dtype=np.float32)[None, :], axis=1)
    ranks -= (order.shape[1] - 1) / 2
    ranks /= np.sqrt(np.float32((order.shape[1] ** 2 - 1) * order.shape[1] / 12))  # the norm of the centred ranks 0..n-1
    is_undecided, is_distinct = np.ones(len(ranks), dtype=bool), np.zeros(len(ranks), dtype=bool)
    for start in range(0, len(ranks), 256):
        rank_block = np.arange(start, min(start + 256, len(ranks)))
        rank_block = rank_block[is_undecided[rank_block]]
        is_similar = ranks[rank_block] @ ranks[rank_block].T > threshold
        first_of_kind = np.ones(len(rank_block), dtype=bool)
        for i in range(len(rank_block)):
            if first_of_kind[i]:
                is_distinct[rank_block[i]] = True
                first_of_kind[i + 1 :] &= ~is_similar[i, i + 1 :]
        representatives = rank_block[first_of_kind]
        later_designs = np.flatnonzero(is_undecided & (np.arange(len(ranks)) >= start + 256))
        if len(later_designs) and len(representatives):
            is_undecided[later_designs] &= ~(ranks[later_designs] @ ranks[representatives].T > threshold).any(axis=1)
    return is_distinct


def multiverse(scores: Scores, universes: Sequence[Universe] | ScoredUniverses) -> Curve:
    """Estimate every universe for every design; what cannot be estimated is NaN and its reason in `errors`.

    Designs with a gap in a universe's rows are NaN there. Invalid combinations are declared and not run.
    """
    scored = universes if isinstance(universes, ScoredUniverses) else scored_universes(scores.keys, universes)
    matrices_by_universe = scored.matrices
    estimates, se_cv1, se_cv3 = np.full((3, len(matrices_by_universe), scores.values.shape[1]), np.nan)
    for start in counted(range(0, scores.values.shape[1], BLOCK), "设定批次", "blocks of designs"):
        block_slice = slice(start, start + BLOCK)
        design_block = _Block(scores.values[:, block_slice])
        for universe_number, matrices in enumerate(matrices_by_universe):
            if matrices is not None:
                (
                    estimates[universe_number, block_slice],
                    se_cv1[universe_number, block_slice],
                    se_cv3[universe_number, block_slice],
                ) = _estimates(matrices, design_block)
    clusters = np.array([matrices.partialled.g if matrices else np.nan for matrices in matrices_by_universe])
    partial_rows = tuple(matrices.partialled if matrices else None for matrices in matrices_by_universe)
    return Curve(estimates, se_cv1, se_cv3, clusters, estimates.size, scored.universes, scored.errors, partial_rows)


@dataclass(frozen=True)
class ScoredUniverses:
    """Universes reduced to matrices on the rows that have scores; None for one that cannot be estimated, and why in `errors`.

    They rest on no score: outcomes on the same rows share them.
    """

    universes: tuple[Universe, ...]
    matrices: tuple[_UniverseMatrices | None, ...]
    errors: tuple[EstimationError, ...]


def scored_universes(unit_year_keys: pd.DataFrame, universes: Sequence[Universe]) -> ScoredUniverses:
    """The universes on the rows (unit, year) that have scores."""
    matrices_by_universe: list[_UniverseMatrices | None] = []
    errors, scored_rows = [], ScoredRows(unit_year_keys)
    for universe in universes:
        try:
            matrices_by_universe.append(_universe_matrices(universe_partial(scored_rows, universe), universe.spec))
        except EstimationError as fault:
            errors.append(fault)
            matrices_by_universe.append(None)
    return ScoredUniverses(tuple(universes), tuple(matrices_by_universe), tuple(errors))


@dataclass(frozen=True)
class _UniverseMatrices:
    """A universe reduced to the matrices that every outcome is multiplied with."""

    partialled: PartialledRows
    score_rows: np.ndarray  # rows of the scores
    dummies: Array  # (n, d) and
    term_basis: Array  # (n, k): orthonormal, and to the absorbed effects, so none need be taken out of an outcome
    row: Array  # (p,): coefficient = row @ basis'y, with basis the p = d + k columns of both
    adder: sparse.csr_array  # (2G, n): cluster sums that make the scores, then those that make the deletions
    influence: Array  # (G, p)
    deletion_vectors: Array  # (G, p)
    factor: float  # of CV1
    cv3_factor: float  # (G - 1) / G, NaN when some cluster cannot be deleted
    sd: float
    effects: tuple[str, ...]


class ScoredRows:
    """Rows of the universes that have scores, `_at` giving their positions; made once for each data frame."""

    def __init__(self, unit_year_keys: pd.DataFrame) -> None:
        self.index = pd.MultiIndex.from_frame(unit_year_keys[["unit", "year"]])
        self.rows_by_frame: dict[int, pd.DataFrame] = {}

    def rows(self, observations: pd.DataFrame) -> pd.DataFrame:
        if id(observations) not in self.rows_by_frame:
            row_positions = self.index.get_indexer(pd.MultiIndex.from_frame(observations[["unit", "year"]]))
            self.rows_by_frame[id(observations)] = observations[row_positions >= 0].assign(_at=row_positions[row_positions >= 0])
        return self.rows_by_frame[id(observations)]


def universe_partial(scored_rows: ScoredRows, universe: Universe) -> PartialledRows:
    """The rows of a universe that have scores, its controls and effects ready to be taken out. Raises EstimationError."""
    return partial_out(scored_rows.rows(universe.data), replace(universe.spec, outcomes=()))


def _universe_matrices(partial_rows: PartialledRows, spec: Specification) -> _UniverseMatrices:
    effects = partial_rows.effects if spec.fixed_effects else ()
    regressors = regressors_of(
        partial_rows.rows[list(spec.regressors)].to_numpy(dtype=float), effects, partial_rows.cluster, terms=spec.regressors
    )
    if spec.density in regressors.dropped_terms:
        raise EstimationError(
            f"{spec.id}: {spec.density} does not vary within the effects", zh=f"{spec.id}:{spec.density} 组内没有变化"
        )
    basis, row, g, n = regressors.basis, regressors.coefficient_map[0], partial_rows.g, partial_rows.n
    k = parameters(len(regressors.terms), effects, partial_rows.cluster)
    _require_rows(spec, partial_rows, k)
    gram = np.stack([basis[cluster_rows].T @ basis[cluster_rows] for cluster_rows in partial_rows.cluster_blocks()])
    root_of_inverse, null_directions = root_inverse(np.eye(len(row)) - gram)
    deletion_vectors = np.einsum("p,gpq,grq->gr", row, root_of_inverse, root_of_inverse)
    is_deletable = np.abs(row @ null_directions).max() <= 1e-6 * np.linalg.norm(row)
    weights = np.concatenate([basis @ row, np.einsum("np,np->n", basis, deletion_vectors[partial_rows.cluster])])
    positions = np.concatenate([2 * partial_rows.cluster, 2 * partial_rows.cluster + 1]), np.tile(np.arange(n), 2)
    return _UniverseMatrices(
        partialled=partial_rows, score_rows=partial_rows.rows["_at"].to_numpy(), row=row,
        dummies=regressors.dummies, term_basis=regressors.term_basis,
        adder=sparse.csr_array((weights, positions), shape=(2 * g, n)),
        influence=gram @ row, deletion_vectors=deletion_vectors, sd=float(regressors.sd[0]),
        factor=g / (g - 1) * (n - 1) / (n - k),
        cv3_factor=(g - 1) / g if is_deletable else np.nan, effects=spec.fixed_effects,
    )  # fmt: skip


def _require_rows(spec: Specification, partial_rows: PartialledRows, k: int) -> None:
    """EstimationError with one cluster, or no more rows than parameters."""
    if partial_rows.g < 2:
        raise specification_error(spec, "one cluster; at least 2 are needed", "只有一个聚类,至少需要 2 个")
    if partial_rows.n <= k:
        raise specification_error(spec, f"{partial_rows.n} rows for {k} parameters", f"{partial_rows.n} 行数据要估计 {k} 个参数")


class _Block:
    """Some designs' scores, centred on the rows of the last universe, with their spread by effects on these rows."""

    def __init__(self, design_values: Array) -> None:
        self.values, self.y = design_values, design_values
        self.score_rows = np.zeros(0, dtype=int)
        self.spreads: dict[tuple[str, ...], Array] = {}
        self.dummy_products: dict[tuple[tuple[str, ...], int], Array] = {}

    def centred_outcomes(self, matrices: _UniverseMatrices) -> tuple[Array, Array]:
        """(n, D) centred outcomes and their (D,) spread within the effects."""
        if not np.array_equal(self.score_rows, matrices.score_rows):
            y = self.values[matrices.score_rows]
            self.score_rows, self.y, self.spreads, self.dummy_products = matrices.score_rows, y - y.mean(axis=0), {}, {}
        if matrices.effects not in self.spreads:
            self.spreads[matrices.effects] = effects_spread(matrices.partialled, self.y)
        return self.y, self.spreads[matrices.effects]

    def basis_products(self, matrices: _UniverseMatrices) -> Array:
        """(p, D) basis'y of the centred outcomes; universes with the same effects on the same rows share that of the dummies."""
        effects_and_size = matrices.effects, matrices.dummies.shape[1]
        if effects_and_size not in self.dummy_products:
            self.dummy_products[effects_and_size] = matrices.dummies.T @ self.y
        return np.concatenate([self.dummy_products[effects_and_size], matrices.term_basis.T @ self.y])


def _estimates(matrices: _UniverseMatrices, design_block: _Block) -> tuple[Array, Array, Array]:
    """Standardised coefficient of the density with its CV1 and CV3 errors, (D,) each."""
    y, sd = design_block.centred_outcomes(matrices)
    theta = design_block.basis_products(matrices)
    cluster_sums = matrices.adder @ y
    estimates = matrices.row @ theta
    score = cluster_sums[0::2] - matrices.influence @ theta
    deviations = matrices.deletion_vectors @ theta - cluster_sums[1::2] - estimates
    scale = matrices.sd / sd
    se_cv1, se_cv3 = (
        np.sqrt(correction_factor * np.einsum("gd,gd->d", scores_or_deviations, scores_or_deviations))
        for correction_factor, scores_or_deviations in ((matrices.factor, score), (matrices.cv3_factor, deviations))
    )
    return estimates * scale, se_cv1 * scale, se_cv3 * scale


def effects_spread(partialled: PartialledRows, y: Array) -> Array:
    """Standard deviation of centred y (n, D) within the effects: by their dummies of few clusters, by demeaning of many."""
    if partialled.g <= DENSE_CLUSTERS:
        return within_spread(partialled.levels, y)
    residuals = partialled.absorber.residual(y)
    variation, within_variation = (np.einsum("nd,nd->d", values, values) for values in (y, residuals))
    return np.sqrt(np.where(within_variation > MIN_VARIANCE_SHARE * variation, within_variation, np.nan) / len(y))


def within_spread(levels: Array, y: Array) -> Array:
    """Standard deviation of centred y (n, D) within the effects; NaN where it is constant."""
    variation = np.einsum("nd,nd->d", y, y)
    sums_by_level = levels.T @ y
    within_variation = variation - np.einsum("qd,qd->d", sums_by_level, sums_by_level)
    return np.sqrt(np.where(within_variation > MIN_VARIANCE_SHARE * variation, within_variation, np.nan) / len(y))


def choice_shares(curve: Curve, scores: Scores, is_distinct_design: np.ndarray) -> pd.DataFrame:
    """choice, kind (design or specification), levels, share: variance of the choice's means over that of all estimates."""
    rows, b = [], curve.estimate[:, is_distinct_design]
    total = float(np.nanvar(b))
    for name in scores.choices.columns:
        rows.append(("design", name, *_main_effect(b.T, scores.choices.loc[is_distinct_design, name].to_numpy(), total)))
    for name in dict.fromkeys(k for universe in curve.universes for k in universe.choices):
        labels = np.array([universe.choices.get(name, "") for universe in curve.universes])
        rows.append(("specification", name, *_main_effect(b, labels, total)))
    frame = pd.DataFrame(rows, columns=["kind", "choice", "levels", "share"])
    return frame.sort_values(["share", "choice"], ascending=[False, True], ignore_index=True)


def _main_effect(estimates: Array, labels: np.ndarray, total_variance: float) -> tuple[int, float]:
    """Number of levels, and the share of the variance that lies between their means (rows of `estimates` belong to labels)."""
    choice_means, sizes = [], []
    for level in pd.unique(labels):
        of_level = estimates[labels == level]
        if np.isfinite(of_level).any():
            choice_means.append(float(np.nanmean(of_level)))
            sizes.append(float(np.isfinite(of_level).sum()))
    if not choice_means or not total_variance > 0:
        return len(choice_means), 0.0
    overall_mean = np.average(choice_means, weights=sizes)
    return len(choice_means), float(np.average((np.array(choice_means) - overall_mean) ** 2, weights=sizes) / total_variance)
