"""How indicators hang together: correlation over common cells, reliability, sampling adequacy, collinearity, components.

Tables are (n, m), rows by columns; NaN is missing. What needs whole rows takes the rows without a missing cell and the
columns that vary (`usable`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError
from ...linear_algebra import COLUMNS, GRAM, least_squares, symmetric_inverse, symmetric_rank
from ...methods.column_statistics import FEWEST_CELLS, bounds, complete_rows, correlation, standardised

Array = NDArray[np.float64]
SINGULARITY_TOLERANCE = GRAM
"""Share of a standardised column's variance below which the other columns explain all of it."""


def common_cells(indicator_values: Array) -> NDArray[np.intp]:
    """How many rows each pair of columns has in common, (m, m)."""
    is_observed = (~np.isnan(indicator_values)).astype(np.intp)
    return is_observed.T @ is_observed


def spearman(indicator_values: Array) -> Array:
    """Rank correlation (m, m) over the cells each pair has in common, ties at their mean rank (Spearman 1904).

    NaN with fewer than 3 common cells, or for a column that is constant on them.
    """
    from scipy.stats import rankdata

    rho = np.full((indicator_values.shape[1], indicator_values.shape[1]), np.nan)
    patterns, pattern = np.unique(~np.isnan(indicator_values), axis=1, return_inverse=True)
    for a in range(patterns.shape[1]):
        for b in range(a, patterns.shape[1]):
            common_rows = patterns[:, a] & patterns[:, b]
            first_columns, second_columns = np.flatnonzero(pattern == a), np.flatnonzero(pattern == b)
            if common_rows.sum() >= FEWEST_CELLS:
                pair_columns = np.concatenate([first_columns, second_columns])
                pattern_correlations = correlation(rankdata(indicator_values[np.ix_(common_rows, pair_columns)], axis=0))[
                    : len(first_columns), len(first_columns) :
                ]
                rho[np.ix_(first_columns, second_columns)], rho[np.ix_(second_columns, first_columns)] = (
                    pattern_correlations,
                    pattern_correlations.T,
                )
    return rho


@dataclass(frozen=True)
class CompleteTable:
    """Rows without a missing cell of the columns that vary, and which columns those are."""

    rows: Array
    columns: NDArray[np.intp]


def complete_table(indicator_values: Array) -> CompleteTable:
    """The complete rows of the columns that vary; refused with fewer than 3 rows or 2 columns."""
    used_columns = np.flatnonzero(~np.isnan(bounds(indicator_values)[0][0]))
    complete_cells = complete_rows(indicator_values[:, used_columns]) if len(used_columns) else indicator_values[:0]
    varying_columns = (
        np.flatnonzero(~np.isnan(bounds(complete_cells)[0][0])) if len(complete_cells) >= FEWEST_CELLS else used_columns[:0]
    )
    if len(varying_columns) < 2:
        raise EstimationError(
            f"{len(complete_cells)} complete row(s) of {len(varying_columns)} column(s) that vary; "
            "3 rows and 2 columns are needed",
            zh=f"只有 {len(complete_cells)} 行数据齐全、{len(varying_columns)} 列有变化,至少需要 3 行 2 列",
        )
    return CompleteTable(complete_cells[:, varying_columns], used_columns[varying_columns])


def cronbach(complete_cells: Array) -> float:
    """alpha = m/(m-1) (1 - sum of variances / variance of the sum) over complete rows (Cronbach 1951); may be negative.

    NaN where the sum does not vary.
    """
    m, total_variance = complete_cells.shape[1], complete_cells.sum(axis=1).var()
    return float(m / (m - 1) * (1 - complete_cells.var(axis=0).sum() / total_variance)) if total_variance > 0 else float("nan")


@dataclass(frozen=True)
class Adequacy:
    """Kaiser-Meyer-Olkin measure, the same by column, and whether R had to be pseudo-inverted."""

    overall: float
    adequacy_by_column: Array
    singular: bool


def kmo(correlations: Array) -> Adequacy:
    """sum r^2 / (sum r^2 + sum a^2) off the diagonal, a = partial correlations (Kaiser 1970; Kaiser and Rice 1974).

    A singular correlation matrix is pseudo-inverted and flagged. NaN where all correlations are 0.
    """
    singular = symmetric_rank(correlations, tolerance=SINGULARITY_TOLERANCE) < len(correlations)
    inverse = symmetric_inverse(correlations, tolerance=SINGULARITY_TOLERANCE) if singular else np.linalg.inv(correlations)
    scale = np.sqrt(np.diag(inverse))
    squared_correlations, squared_partials = correlations**2, (inverse / np.outer(scale, scale)) ** 2
    np.fill_diagonal(squared_correlations, 0.0)
    np.fill_diagonal(squared_partials, 0.0)
    with np.errstate(invalid="ignore"):
        adequacy_by_column = squared_correlations.sum(axis=0) / (squared_correlations + squared_partials).sum(axis=0)
        return Adequacy(
            float(squared_correlations.sum() / (squared_correlations + squared_partials).sum()), adequacy_by_column, singular
        )


@dataclass(frozen=True)
class Sphericity:
    """Bartlett's statistic, degrees of freedom and p."""

    statistic: float
    dof: int
    p: float


def bartlett(correlations: Array, n: int) -> Sphericity:
    """-((n-1) - (2m+5)/6) ln det R with m(m-1)/2 degrees of freedom (Bartlett 1950), for n independent rows.

    Refused where R is singular (n <= m, or a column that others determine).
    """
    from scipy.stats import chi2

    m = len(correlations)
    sign, log_det = np.linalg.slogdet(correlations)
    if n <= m or sign <= 0 or symmetric_rank(correlations, tolerance=SINGULARITY_TOLERANCE) < m:
        raise EstimationError(
            f"the correlation matrix of {m} columns over {n} rows is singular",
            zh=f"{n} 行 {m} 列的相关系数矩阵是奇异的",
        )
    statistic, dof = -((n - 1) - (2 * m + 5) / 6) * float(log_det), m * (m - 1) // 2
    return Sphericity(statistic, dof, float(chi2.sf(statistic, dof)))


def vif(complete_cells: Array) -> Array:
    """1 / (1 - R_j^2), R_j^2 from the regression of column j on all others (Marquardt 1970); inf under exact collinearity.

    Equal to the diagonal of the inverse correlation matrix where that exists; other columns keep a finite value beside a
    collinear pair.
    """
    z = standardised(complete_cells, complete_cells)
    factors = np.empty(z.shape[1])
    for j in range(z.shape[1]):
        regressors = np.delete(z, j, axis=1)
        residuals = z[:, j] - regressors @ least_squares(regressors, z[:, j], tolerance=COLUMNS)
        residual_share = float(residuals @ residuals) / len(z)
        factors[j] = 1 / residual_share if residual_share > SINGULARITY_TOLERANCE else np.inf
    return factors


def identical_column_pairs(correlations: Array) -> list[tuple[int, int]]:
    """Pairs of columns with |r| = 1."""
    return [(int(j), int(k)) for j, k in np.argwhere(np.triu(np.abs(correlations) >= 1 - SINGULARITY_TOLERANCE, 1))]


@dataclass(frozen=True)
class Components:
    """Principal components of the correlation matrix, largest first: variances (k,), vectors (m, k) of length 1."""

    variances: Array
    vectors: Array

    @property
    def explained_shares(self) -> Array:
        return self.variances / self.variances.sum()

    @property
    def loadings(self) -> Array:
        """Correlation of each column with each component."""
        return self.vectors * np.sqrt(np.maximum(self.variances, 0.0))


def components(correlations: Array) -> Components:
    """Eigenvalues and eigenvectors of a correlation matrix (Hotelling 1933), each vector with a sum that is not negative."""
    variances, vectors = np.linalg.eigh(correlations)
    variances, vectors = variances[::-1], vectors[:, ::-1]
    return Components(variances, vectors * np.where(vectors.sum(axis=0) < 0, -1.0, 1.0))
