"""Two-stage least squares for one endogenous regressor, with measures of how weak its instruments are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import special

from ...linear_algebra import COLUMNS
from .partial import PartialledRows, partial_out
from .reference_distributions import chi2_tail, f_quantile, f_tail
from .specification import Specification, specification_error
from .within import Array, independent_columns

STOCK_YOGO = 16.38  # 10% size, one instrument, independent homoskedastic errors only (Stock & Yogo 2005)
# Critical values of |t| at 5% for root F = 2.0, 2.1, ... 10.3 (Lee, McCrary, Moreira & Porter 2022, table 3; one instrument)
TF = (
    18.66, 9.74, 7.37, 6.18, 5.43, 4.92, 4.54, 4.25, 4.01, 3.82, 3.65, 3.51, 3.39, 3.29, 3.19, 3.11, 3.03, 2.97, 2.91, 2.85, 2.80,
    2.75, 2.71, 2.67, 2.63, 2.60, 2.57, 2.54, 2.51, 2.48, 2.46, 2.43, 2.41, 2.39, 2.37, 2.35, 2.33, 2.32, 2.30, 2.29, 2.27, 2.26,
    2.24, 2.23, 2.22, 2.21, 2.20, 2.19, 2.17, 2.16, 2.16, 2.15, 2.14, 2.13, 2.12, 2.11, 2.10, 2.10, 2.09, 2.08, 2.08, 2.07, 2.06,
    2.06, 2.05, 2.04, 2.04, 2.03, 2.03, 2.02, 2.02, 2.01, 2.01, 2.00, 2.00, 1.99, 1.99, 1.99, 1.98, 1.98, 1.97, 1.97, 1.97, 1.96,
)  # fmt: skip
WORST_BIAS = 0.10
SCAN = 4_001  # values at which the Anderson-Rubin test is evaluated before its ends are found by bisection


@dataclass(frozen=True)
class Instrumented:
    """2SLS of one outcome; `ar` holds the intervals of values that the Anderson-Rubin test does not reject, perhaps unbounded."""

    estimate: float
    se: float  # CV1
    ols: float
    first_stage: Array  # (q,) coefficients of the instruments
    first_stage_se: Array
    f: float  # cluster-robust first-stage F, which is the Kleibergen-Paap rank Wald F with one endogenous regressor
    f_effective: float  # Montiel Olea & Pflueger 2013
    f_critical: float  # above it the bias is at most `WORST_BIAS` of the worst, at 5% (their simplified test)
    kp_lm: float  # Kleibergen-Paap rank LM, chi-squared(q) under no identification; NaN where its variance is singular
    kp_lm_p: float
    ar_p: float  # of a zero coefficient
    ar: tuple[tuple[float, float], ...]
    tf_critical: float  # NaN with more than one instrument
    n: int
    g: int
    q: int


def tf_critical(first_stage_f: float) -> float:
    """Critical value of |t| for a valid 5% test at first-stage F: linear in root F, 1.96 from 104.7 up, infinite below 4."""
    grid = 2.0 + 0.1 * np.arange(len(TF))
    return float(np.inf) if not first_stage_f >= 4 else float(np.interp(np.sqrt(first_stage_f), grid, TF))


@dataclass(frozen=True)
class _Stages:
    """Residualised outcome, regressor and orthonormal instruments, with cluster sums of Z'e for e = y and x less their fits."""

    y: Array
    x: Array
    z: Array  # (n, q), z'z = I
    fit_y: Array  # z'y
    fit_x: Array
    score_y: Array  # (G, q): Z_g'(y - Z fit_y)_g
    score_x: Array
    factor: float

    def variance(self, coefficient: Array) -> Array:
        """CV1 of Z'(y - value x), (..., q, q) for values (...), of which it is a quadratic."""
        by_y, cross, by_x = self._products
        value = coefficient[..., None, None]
        return np.asarray(self.factor * (by_y - value * cross + value**2 * by_x))

    @cached_property
    def _products(self) -> tuple[Array, Array, Array]:
        crossed = self.score_y.T @ self.score_x
        return self.score_y.T @ self.score_y, crossed + crossed.T, self.score_x.T @ self.score_x

    def wald(self, coefficient: Array) -> Array:
        """F of the instruments in y - value x: the Anderson-Rubin statistic of each value."""
        fitted_instrument = self.fit_y - coefficient[..., None] * self.fit_x
        solution = np.linalg.solve(self.variance(coefficient), fitted_instrument[..., None])[..., 0]
        return np.asarray((fitted_instrument * solution).sum(axis=-1) / fitted_instrument.shape[-1])


def _require_variation(partial_rows: PartialledRows, spec: Specification, name: str) -> None:
    """EstimationError where a column has none of its own once effects and controls are out."""
    values = partial_rows.rows[name].to_numpy(dtype=float)
    size = np.linalg.norm((values - values.mean()) * partial_rows.root)
    if np.linalg.norm(partial_rows.column(name)) <= COLUMNS * size:
        raise specification_error(
            spec,
            f"{name} does not vary once the fixed effects and controls are out; nothing to estimate",
            f"{name} 在控制固定效应与控制变量后没有变化,无法估计",
        )


def _require_identified(stages: _Stages, spec: Specification, g: int) -> None:
    """EstimationError where the density is unrelated to the instruments or follows from them, or no variance can be had."""
    size, first_stage = np.linalg.norm(stages.x), np.linalg.norm(stages.fit_x)
    if first_stage <= COLUMNS * size:
        raise specification_error(
            spec, f"not identified: the instruments are unrelated to {spec.density}", f"无法识别:工具变量与 {spec.density} 无关"
        )
    if np.linalg.norm(stages.x - stages.z @ stages.fit_x) <= COLUMNS * size:
        raise specification_error(
            spec,
            f"{spec.density} follows exactly from the instruments, which are then no other source of variation",
            f"{spec.density} 可由工具变量完全算出,工具变量不提供另外的变动",
        )
    b = float(stages.fit_x @ stages.fit_y / (stages.fit_x @ stages.fit_x))
    for score, residual in (
        (stages.score_x, stages.x),
        (stages.score_y, stages.y),
        (_scores(stages, b), stages.y - b * stages.x),
    ):
        least = np.linalg.svd(score, compute_uv=False)[-1]
        if least <= COLUMNS * max(float(np.linalg.norm(residual)), float(np.finfo(float).tiny)):
            raise specification_error(
                spec,
                f"no standard error: the instruments vary in too few of the {g} clusters, or the fit leaves no residual",
                f"无法计算标准误:在 {g} 个聚类中,工具变量有变动的太少,或者拟合没有残差",
            )


def _scores(stages: _Stages, value: float) -> Array:
    return stages.score_y - value * stages.score_x


def _stages(partial_rows: PartialledRows, spec: Specification, outcome: str, instruments: Sequence[str]) -> tuple[_Stages, Array]:
    y, x = partial_rows.column(outcome), partial_rows.column(spec.density)
    raw_instruments = partial_rows.rows[list(instruments)].to_numpy(dtype=float)
    z = partial_rows.residual(raw_instruments)
    positions = independent_columns(
        z, np.linalg.norm((raw_instruments - raw_instruments.mean(axis=0)) * partial_rows.root[:, None], axis=0)
    )
    if len(positions) < len(instruments):
        collinear_names = [instrument_name for j, instrument_name in enumerate(instruments) if j not in positions]
        raise specification_error(
            spec,
            f"instruments without variation of their own: {', '.join(collinear_names)}",
            f"工具变量没有独立变化:{'、'.join(collinear_names)}",
        )
    basis, triangle = np.linalg.qr(z)
    adder = partial_rows.adder()
    fit_y, fit_x = basis.T @ y, basis.T @ x

    def scores(errors: Array, fitted_values: Array) -> Array:
        return np.asarray(adder @ (basis * (errors - basis @ fitted_values)[:, None]))

    stages = _Stages(y, x, basis, fit_y, fit_x, scores(y, fit_y), scores(x, fit_x), partial_rows.factor(len(instruments)))
    return stages, np.linalg.inv(triangle)


def iv_estimate(
    observations: pd.DataFrame,
    spec: Specification,
    instruments: Sequence[str],
    *,
    outcome: str | None = None,
    level: float = 0.95,
) -> Instrumented:
    """2SLS of an outcome (default the first) on the density with controls and effects of `spec`, clustered as it says.

    First-stage F is cluster-robust (CV1 factor); the Anderson-Rubin set inverts the robust Wald test with F(q, G-1).
    Rows need every instrument. EstimationError for collinear instruments, fewer than q + 1 clusters, and where coefficient or
    variance would be rounding alone.
    """
    name = outcome or spec.outcomes[0]
    complete_rows = observations[np.isfinite(observations[list(instruments)].to_numpy(dtype=float)).all(axis=1)]
    partial_rows = partial_out(complete_rows, spec)
    q = len(instruments)
    if partial_rows.g <= q:
        raise specification_error(
            spec, f"{partial_rows.g} clusters for {q} instruments", f"{partial_rows.g} 个聚类,却有 {q} 个工具变量"
        )
    k = partial_rows.parameters(q)
    if partial_rows.n <= k:
        raise specification_error(spec, f"{partial_rows.n} rows for {k} parameters", f"{partial_rows.n} 行数据要估计 {k} 个参数")
    for column in (spec.density, name):
        _require_variation(partial_rows, spec, column)
    stages, triangle_inverse = _stages(partial_rows, spec, name, instruments)
    _require_identified(stages, spec, partial_rows.g)
    b, se = _second_stage(partial_rows, stages)
    variance_x = stages.factor * stages.score_x.T @ stages.score_x
    f = float(stages.fit_x @ np.linalg.solve(variance_x, stages.fit_x)) / q
    lm = _rank_lm(partial_rows, stages)
    return Instrumented(
        estimate=b,
        se=se,
        ols=float(stages.x @ stages.y / (stages.x @ stages.x)),
        first_stage=triangle_inverse @ stages.fit_x,
        first_stage_se=np.sqrt(np.diag(triangle_inverse @ variance_x @ triangle_inverse.T)),
        f=f,
        f_effective=float(stages.fit_x @ stages.fit_x / np.trace(variance_x)),
        f_critical=effective_f_critical(variance_x),
        kp_lm=lm,
        kp_lm_p=chi2_tail(lm, q) if np.isfinite(lm) else np.nan,
        ar_p=f_tail(float(stages.wald(np.zeros(()))), q, partial_rows.g - 1),
        ar=anderson_rubin(stages, b, se, partial_rows.g, level),
        tf_critical=tf_critical(f) if q == 1 else np.nan,
        n=partial_rows.n,
        g=partial_rows.g,
        q=q,
    )


def effective_f_critical(variance: Array) -> float:
    """Critical value of the effective F for a variance (q, q) of orthonormal first-stage coefficients.

    Montiel Olea & Pflueger 2013, simplified (their B is at most 1): the 95% quantile of a noncentral chi-squared with K degrees
    of freedom and noncentrality K x, divided by K, x = 1 / WORST_BIAS, K by Patnaik's approximation.
    """
    x, trace = 1 / WORST_BIAS, float(np.trace(variance))
    largest = float(np.linalg.eigvalsh(variance)[-1])
    k = trace**2 * (1 + 2 * x) / (float((variance**2).sum()) + 2 * x * trace * largest)
    return float(special.chndtrix(0.95, k, k * x) / k)


def _rank_lm(partial_rows: PartialledRows, stages: _Stages) -> float:
    """Kleibergen-Paap rank LM; NaN where the scores under no identification have no full rank."""
    scores = np.asarray(partial_rows.adder() @ (stages.z * stages.x[:, None]))
    sizes = np.linalg.svd(scores, compute_uv=False)
    if sizes[-1] <= COLUMNS * sizes[0]:
        return float(np.nan)
    return float(stages.fit_x @ np.linalg.solve(scores.T @ scores, stages.fit_x))


def _second_stage(partial_rows: PartialledRows, stages: _Stages) -> tuple[float, float]:
    """2SLS coefficient and its CV1 standard error."""
    fitted_x = stages.z @ stages.fit_x
    power = float(fitted_x @ fitted_x)
    b = float(fitted_x @ stages.y) / power
    score = partial_rows.adder() @ (fitted_x * (stages.y - b * stages.x))
    return b, float(np.sqrt(partial_rows.factor(1) * (score @ score)) / power)


def anderson_rubin(
    stages: _Stages, search_centre: float, scale: float, cluster_count: int, level: float
) -> tuple[tuple[float, float], ...]:
    """Intervals of values not rejected by the Anderson-Rubin test, ends by bisection; empty when every value is."""
    limit = f_quantile(level, len(stages.fit_x), cluster_count - 1)
    values = search_centre + max(scale, 1e-12) * np.tan(np.linspace(-np.pi / 2, np.pi / 2, SCAN)[1:-1])
    is_accepted = stages.wald(values) <= limit
    sign_changes = np.flatnonzero(is_accepted[1:] != is_accepted[:-1])
    interval_ends = [_crossing(stages, values[i], values[i + 1], limit) for i in sign_changes]
    bounds = ([-np.inf] if is_accepted[0] else []) + interval_ends + ([np.inf] if is_accepted[-1] else [])
    return tuple((bounds[i], bounds[i + 1]) for i in range(0, len(bounds), 2))


def _crossing(stages: _Stages, lower: float, upper: float, limit: float) -> float:
    is_lower_inside = bool(stages.wald(np.asarray(lower)) <= limit)
    for _ in range(100):
        midpoint = (lower + upper) / 2
        if bool(stages.wald(np.asarray(midpoint)) <= limit) == is_lower_inside:
            lower = midpoint
        else:
            upper = midpoint
    return float((lower + upper) / 2)
