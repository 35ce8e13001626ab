"""Maximum-likelihood factor analysis of a correlation matrix (Lawley 1940; Joreskog 1967), as R's factanal computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import EstimationError
from ..linear_algebra import COLUMNS
from .column_statistics import correlation
from .method import Array

LEAST_UNIQUENESS = 0.005  # the bound of factanal: a Heywood case sits on it
GRADIENT, ROUNDS = 1e-9, 5000  # of the objective per uniqueness; L-BFGS-B needs 10 to 100 rounds


@dataclass(frozen=True)
class Factors:
    """Unrotated loadings (m, k) and uniquenesses (m,); whether the likelihood is at its maximum."""

    loadings: Array
    uniquenesses: Array
    converged: bool

    @property
    def heywood(self) -> int:
        """How many indicators have a uniqueness on the lower bound."""
        return int((self.uniquenesses <= LEAST_UNIQUENESS * (1 + 1e-6)).sum())


def identified(factor_count: int, columns: int) -> int:
    """The number of factors, no more than leave ((m - k)^2 - m - k) / 2 >= 0 degrees of freedom; at least one."""
    return next((k for k in range(factor_count, 1, -1) if (columns - k) ** 2 >= columns + k), 1)


def likelihood_factors(complete_cells: Array, factor_count: int) -> Factors:
    """`factor_count` factors of the rows' correlation matrix; a singular matrix, which has no likelihood, is refused.

    Minimises sum(e - ln e - 1) over the m - k smallest eigenvalues e of Psi^-1/2 R Psi^-1/2 over 0.005 <= Psi <= 1.
    """
    from scipy.optimize import minimize

    matrix = correlation(complete_cells)
    if np.linalg.eigvalsh(matrix)[0] <= COLUMNS:
        raise EstimationError(
            "factor: some indicators follow exactly from the others, or there are no more rows than indicators; "
            "leave one out or use pca",
            zh="factor:有指标可由其他指标线性表示,或行数不多于指标数;请去掉其一,或改用 pca",
        )
    start = np.clip((1 - 0.5 * factor_count / len(matrix)) / np.diag(np.linalg.inv(matrix)), LEAST_UNIQUENESS, 1.0)
    fit = minimize(
        _deviance,
        start,
        args=(matrix, factor_count),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LEAST_UNIQUENESS, 1.0)] * len(matrix),
        options={"maxiter": ROUNDS, "ftol": 0.0, "gtol": GRADIENT},
    )
    loadings = _loadings(fit.x, matrix, factor_count)
    return Factors(loadings, fit.x, bool(_projected_gradient(fit.x, fit.jac) <= SETTLED))


SETTLED = 1e-5  # largest free gradient at a maximum: weights then hold to about 1e-5


def _projected_gradient(uniquenesses: Array, gradient: Array) -> float:
    """The largest gradient that does not push against a bound."""
    return float(np.abs(np.clip(uniquenesses - gradient, LEAST_UNIQUENESS, 1.0) - uniquenesses).max())


def _deviance(uniquenesses: Array, matrix: Array, factor_count: int) -> tuple[float, Array]:
    scale = 1 / np.sqrt(uniquenesses)
    eigenvalues = np.linalg.eigvalsh(scale[:, None] * matrix * scale)[: len(matrix) - factor_count]
    loadings = _loadings(uniquenesses, matrix, factor_count)
    residual = (loadings**2).sum(axis=1) + uniquenesses - np.diag(matrix)
    return float((eigenvalues - np.log(eigenvalues) - 1).sum()), residual / uniquenesses**2


def _loadings(uniquenesses: Array, matrix: Array, factor_count: int) -> Array:
    scale = 1 / np.sqrt(uniquenesses)
    eigenvalues, vectors = np.linalg.eigh(scale[:, None] * matrix * scale)
    strengths = np.sqrt(np.maximum(eigenvalues[-factor_count:] - 1, 0.0))
    loadings: Array = np.sqrt(uniquenesses)[:, None] * vectors[:, -factor_count:] * strengths
    return loadings
