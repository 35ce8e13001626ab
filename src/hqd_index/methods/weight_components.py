"""Weights from the common variation of the indicators: components, factors, scatter degree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from ..errors import EstimationError
from ..linear_algebra import COLUMNS, GRAM, rank, symmetric_inverse
from .column_statistics import FEWEST_CELLS, bounds, complete_rows, correlation, standardised
from .method import Array, ColumnError, MethodNote
from .weight_factor import Factors, identified, likelihood_factors

ABOVE_ONE_LIMIT = 1 + 1e-9  # so that rounding does not make a component of an indicator that goes with no other
VARIMAX_ROUNDS = 1000
VARIMAX_TOLERANCE = 1e-13
ASCENT_ROUNDS = 10_000
ASCENT_TOLERANCE = 1e-14
COEFFICIENT_ROUNDING = 1e-12
UNCORRELATED = 1e-6  # a multiple correlation of no more than this is 0 but for rounding


def pca(values: Array, *, components: Literal["above_1", "first"] = "above_1", rotate: bool = True) -> Array:
    """Squared loading of each indicator on the component it loads most on, scaled to sum 1 (Nicoletti et al. 2000).

    Components of the correlation matrix with an eigenvalue above 1 (at least one), varimax-rotated with `rotate`; the
    squared loading over the component's variance, times the component's part of the variance, is the squared loading
    scaled to 1. `first`: the loadings of the first component themselves; one that is negative is refused. Rows with a
    missing cell are left out; constant columns weigh 0.
    """
    return shares_per_draw(
        values,
        lambda complete_cells: (
            _first_component(complete_cells) if components == "first" else _component_merits(complete_cells, rotate)
        ),
    )


def pca_spss(values: Array) -> Array:
    """c_j / sum c, c_j = sum_k (l_jk / sqrt(lambda_k)) share_k: loadings as users of SPSS weigh them (Zhou et al. 2018).

    l_jk / sqrt(lambda_k) is the unrotated eigenvector, share_k its component's part of the variance, over the components
    with an eigenvalue above 1 (at least one). Each eigenvector is turned so that it does not sum below 0. An indicator whose
    coefficient is negative is refused, never made positive. Rows with a missing cell are left out; constant columns weigh 0.
    """
    return shares_per_draw(values, _score_coefficients)


def independence(values: Array) -> Array:
    """(1 / R_j) / sum 1 / R, R_j the multiple correlation of indicator j with all the others (VIF_j = 1 / (1 - R_j^2)).

    What the others say already counts less. One that follows exactly from the others has R = 1, the least weight; one that
    goes with none of them is refused, as 1 / R has no value. Needs more complete rows than indicators; constant columns
    weigh 0.
    """
    return shares_per_draw(values, _independence_merits)


def factor(values: Array) -> Array:
    """As pca with rotation, on the loadings of a maximum-likelihood factor analysis (Nicoletti et al. 2000).

    As many factors as the correlation matrix has eigenvalues above 1, at least one and no more than m indicators identify
    (one of up to four). EstimationError where the likelihood has no maximum: a singular matrix, or no convergence.
    """
    return shares_per_draw(values, _factor_merits)


def scatter(values: Array) -> Array:
    """The w >= 0, ||w|| = 1 that spreads the scores most, max w'Hw with H = sum_t Z_t'Z_t, scaled to sum 1 (Guo 2002).

    Z_t are the rows of year t of the standardised indicators, so H is Z'Z of all rows together. Where the leading
    eigenvector has a negative entry, the best of several ascents that keep w >= 0.
    """
    return shares_per_draw(values, _scatter_merits)


def row_notes(values: Array) -> Iterator[MethodNote]:
    """Share of the rows without a missing cell in the columns that have any."""
    share = len(complete_rows(values)) / max(len(values), 1)
    yield MethodNote("complete_rows", share, "I-INCOMPLETE" if share < 1 else "")


def sign_caution(options: Mapping[str, Any]) -> tuple[str, str]:
    """The sign of an eigenvector is a convention, and with it the coefficient."""
    return (
        "pca_spss: the sign of the second and later components is a convention, and coefficients depend on it; a component "
        "that contrasts indicators takes weight from some of them",
        "主成分法(SPSS):第二及以后各主成分的正负号只是约定,综合得分系数随之改变;正负载荷并存的成分会减少部分指标的权重",
    )


def component_notes(values: Array, *, components: str = "above_1", rotate: bool = True) -> Iterator[MethodNote]:
    """How many components are kept, the variance they explain, and the rank of the columns that vary."""
    yield from row_notes(values)
    complete_cells = complete_rows(values)
    is_varying = ~np.isnan(bounds(complete_cells)[0][0])
    if not is_varying.any():
        return
    variances = _principal_components(complete_cells[:, is_varying])[0]
    count = 1 if components == "first" else _count_above_one(variances)
    yield MethodNote("components", count)
    yield MethodNote("explained", float(variances[:count].sum() / variances.sum()))
    rank_count = rank(standardised(complete_cells[:, is_varying], complete_cells[:, is_varying]), tolerance=COLUMNS)
    yield MethodNote("rank", rank_count, "I-RANK" if rank_count < is_varying.sum() else "")


def factor_notes(values: Array) -> Iterator[MethodNote]:
    """How many factors there are, and how many indicators are all but explained by them (Heywood cases)."""
    yield from row_notes(values)
    complete_cells = complete_rows(values)
    is_varying = ~np.isnan(bounds(complete_cells)[0][0])
    if is_varying.sum() < 2:
        return
    factors = _factors(complete_cells[:, is_varying])
    yield MethodNote("factors", factors.loadings.shape[1])
    yield MethodNote("heywood", factors.heywood, "I-HEYWOOD" if factors.heywood else "")


def shares_per_draw(values: Array, merits: Callable[[Array], Array]) -> Array:
    """Shares (..., 1, m) from a function of one draw's complete rows without its constant columns."""
    draws = values.reshape(-1, *values.shape[-2:])
    return np.stack([_one_draw(draw, merits) for draw in draws]).reshape(*values.shape[:-2], 1, values.shape[-1])


def _one_draw(values: Array, merits: Callable[[Array], Array]) -> Array:
    complete_cells = complete_rows(values)
    if len(complete_cells) < FEWEST_CELLS:
        raise EstimationError(
            f"only {len(complete_cells)} row(s) have all indicators; 3 or more are needed",
            zh=f"只有 {len(complete_cells)} 行的指标齐全,至少需要 3 行",
        )
    is_usable = ~np.isnan(bounds(complete_cells)[0][0])
    draw_shares = np.zeros(values.shape[-1])
    if is_usable.any():
        usable_columns = complete_cells[:, is_usable]
        try:
            column_merits = merits(usable_columns)
        except ColumnError as refusal:
            refused_columns = np.flatnonzero(is_usable)[list(refusal.columns)].tolist()
            raise ColumnError(refused_columns, refusal.why_en, refusal.why_zh) from None
        draw_shares[is_usable] = column_merits / column_merits.sum()
    return draw_shares


def _principal_components(complete_cells: Array) -> tuple[Array, Array]:
    """Eigenvalues, largest first, and eigenvectors of the correlation matrix."""
    variances, vectors = np.linalg.eigh(correlation(complete_cells))
    return variances[::-1], vectors[:, ::-1]


def _sign_aligned(vector: Array) -> Array:
    """The vector or its negative, whichever does not sum below 0."""
    return vector if vector.sum() >= 0 else -vector


def _first_component(complete_cells: Array) -> Array:
    _, vectors = _principal_components(complete_cells)
    loadings = _sign_aligned(vectors[:, 0])
    if (loadings < 0).any():
        raise ColumnError(
            np.flatnonzero(loadings < 0).tolist(),
            "runs against the other indicators on the first component; check its direction or use another method",
            "在第一主成分上与其他指标方向相反;请检查指标方向,或改用其他方法",
        )
    return loadings


def _component_merits(complete_cells: Array, rotate: bool) -> Array:
    variances, vectors = _principal_components(complete_cells)
    count = _count_above_one(variances)
    loadings = vectors[:, :count] * np.sqrt(variances[:count])
    return _strongest_loadings(varimax(loadings) if rotate else loadings)


def _score_coefficients(complete_cells: Array) -> Array:
    variances, vectors = _principal_components(complete_cells)
    count = _count_above_one(variances)
    signed_vectors = np.column_stack([_sign_aligned(vector) for vector in vectors[:, :count].T])
    coefficients: Array = signed_vectors @ (variances[:count] / variances.sum())
    if (coefficients < -COEFFICIENT_ROUNDING).any():
        raise ColumnError(
            np.flatnonzero(coefficients < -COEFFICIENT_ROUNDING).tolist(),
            "has a negative coefficient over the components kept, hence no weight; check its direction or use pca",
            "在所取主成分上的综合得分系数为负,不能作为权重;请检查指标方向,或改用 pca",
        )
    return np.maximum(coefficients, 0.0)


def _independence_merits(rows: Array) -> Array:
    count = rows.shape[1]
    if count == 1:
        return np.ones(1)
    if len(rows) <= count:
        raise EstimationError(
            f"independence: {len(rows)} complete rows for {count} indicators; more rows than indicators are needed",
            zh=f"independence:{count} 个指标只有 {len(rows)} 行完整数据;行数应多于指标数",
        )
    multiple_r = multiple_correlations(correlation(rows))
    if (multiple_r <= UNCORRELATED).any():
        raise ColumnError(
            np.flatnonzero(multiple_r <= UNCORRELATED).tolist(),
            "goes with no other indicator, so that 1 / R has no value; use another method",
            "与其他指标都不相关,1/R 没有定义;请改用其他方法",
        )
    return 1 / multiple_r


def multiple_correlations(matrix: Array) -> Array:
    """R_j (m,) of each indicator with all the others, from their correlation matrix, within 0 and 1."""
    squares = np.empty(len(matrix))
    for j in range(len(matrix)):
        other_columns = np.delete(np.arange(len(matrix)), j)
        inverse = symmetric_inverse(matrix[np.ix_(other_columns, other_columns)], tolerance=GRAM)
        squares[j] = matrix[j, other_columns] @ inverse @ matrix[other_columns, j]
    return np.sqrt(np.clip(squares, 0.0, 1.0))


def _count_above_one(variances: Array) -> int:
    return max(1, int((variances > ABOVE_ONE_LIMIT).sum()))


def _factors(complete_cells: Array) -> Factors:
    return likelihood_factors(
        complete_cells, identified(_count_above_one(_principal_components(complete_cells)[0]), complete_cells.shape[1])
    )


def _factor_merits(complete_cells: Array) -> Array:
    if complete_cells.shape[1] == 1:
        return np.ones(1)
    factors = _factors(complete_cells)
    if not factors.converged:
        raise EstimationError(
            "factor: the likelihood did not converge; use pca or leave an indicator out",
            zh="factor:极大似然未收敛;请改用 pca,或去掉一个指标",
        )
    top_loadings = _strongest_loadings(varimax(factors.loadings))
    return top_loadings if top_loadings.sum() > 0 else np.ones(len(top_loadings))


def _strongest_loadings(loadings: Array) -> Array:
    return (loadings**2).max(axis=1)


def varimax(loadings: Array) -> Array:
    """Loadings (m, k) turned so that their squares vary most within each column (Kaiser 1958), rows scaled to length 1."""
    lengths = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    unit_loadings = loadings / np.where(lengths > 0, lengths, 1.0)
    rotation_matrix = np.eye(loadings.shape[1])
    for _ in range(VARIMAX_ROUNDS):
        rotated_loadings, previous_rotation = unit_loadings @ rotation_matrix, rotation_matrix
        left_vectors, _, right_vectors = np.linalg.svd(
            unit_loadings.T @ (rotated_loadings**3 - rotated_loadings * (rotated_loadings**2).mean(axis=0))
        )
        rotation_matrix = left_vectors @ right_vectors
        if np.abs(rotation_matrix - previous_rotation).max() <= VARIMAX_TOLERANCE:
            break
    return unit_loadings @ rotation_matrix * lengths


def _scatter_merits(complete_cells: Array) -> Array:
    spread = correlation(complete_cells)
    first_vector = _sign_aligned(np.linalg.eigh(spread)[1][:, -1])
    if (first_vector >= 0).all():
        return first_vector
    starts = [np.abs(first_vector), np.ones(len(spread)), *np.eye(len(spread))]
    return max(
        (_ascent(spread, start) for start in starts), key=lambda weight_vector: float(weight_vector @ spread @ weight_vector)
    )


def _ascent(spread_matrix: Array, weight_vector: Array) -> Array:
    """A w >= 0 of length 1 where w'Hw is largest nearby: w becomes (Hw)+ / ||(Hw)+|| until it stays."""
    for _ in range(ASCENT_ROUNDS):
        next_vector = np.maximum(spread_matrix @ weight_vector, 0.0)
        vector_norm = np.linalg.norm(next_vector)
        if vector_norm == 0 or np.abs(next_vector / vector_norm - weight_vector).max() < ASCENT_TOLERANCE:
            break
        weight_vector = next_vector / vector_norm
    return weight_vector


NICOLETTI = "Nicoletti, Scarpetta and Boylaud 2000, OECD Economics Department Working Paper 226; OECD-JRC 2008"


STRONGEST_FORMULA = "w_j = max_c l_{jc}^2 / Σ_k max_c l_{kc}^2"
COMPONENTS = {
    "above_1": f"R v_c = λ_c v_c        L = (√λ_1 v_1, …, √λ_C v_C) T (λ_C > 1, T′ T = I)        {STRONGEST_FORMULA}",
    "first": "R v_1 = λ_1 v_1        w_j = v_{j1} / Σ_k v_{k1}",
}
SPSS = "R v_c = λ_c v_c        c_j = Σ_c v_{jc} λ_c / m (λ_c > 1)        w_j = c_j / Σ_k c_k"
INDEPENDENCE = "R_j = cor(z_j, ẑ_j)        ẑ_j = b_0 + Σ_{k ≠ j} b_k z_k        w_j = (1 / R_j) / Σ_k (1 / R_k)"
FACTORS = f"R = L L′ + Ψ        {STRONGEST_FORMULA}"
SCATTER = "H = Σ_t Z_t′ Z_t        v = argmax v′ H v (v ≥ 0, v′ v = 1)        w_j = v_j / Σ_k v_k"
