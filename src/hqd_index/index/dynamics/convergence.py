"""Whether units grow alike: dispersion over time (sigma) and growth against the starting level (beta)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
CONVERGENCE_TOLERANCE = 1e-14
"""Change of a demeaned column, relative to its size, at which alternating projections stop."""
MAX_ITERATIONS = 10_000
CONSTANT_TOLERANCE = 1e-10
"""Share of the starting levels' variance left after the effects below which no slope can be estimated."""
SIGMA = RefusableItem(
    "sigma",
    "dynamics",
    Label(zh="σ 收敛", en="sigma convergence"),
    Label(zh="需要至少两年、两个单位,均值为正", en="needs two years, two units and a positive mean"),
)
BETA = RefusableItem(
    "beta",
    "dynamics",
    Label(zh="β 收敛", en="beta convergence"),
    Label(
        zh="需要至少两年、三个单位,得分为正且初始水平不同",
        en="needs two years, three units, positive scores and levels that differ",
    ),
)
NICKELL = Label(
    zh="含单位固定效应且期数较少时,估计值向 -1 偏(Nickell 1981)",
    en="with unit effects and few years the estimate is biased towards -1 (Nickell 1981)",
)


def variation(scores_of_years: Array) -> Array:
    """Coefficient of variation sigma / mu of each year (T, U) -> (T,), divisor n (Barro and Sala-i-Martin 1992).

    NaN in a year with fewer than two values or a mean that is not positive. Refused for one year, or fewer than two units.
    """
    if scores_of_years.shape[0] < 2 or scores_of_years.shape[1] < 2:
        raise EstimationError("fewer than two years or two units", zh="不足两年或不足两个单位")
    is_observed = ~np.isnan(scores_of_years)
    count = is_observed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_scores = np.nansum(scores_of_years, axis=1) / count
        deviations = np.sqrt(np.nansum((scores_of_years - mean_scores[:, None]) ** 2, axis=1) / count)
        return np.where((count > 1) & (mean_scores > 0), deviations / mean_scores, np.nan)


@dataclass(frozen=True)
class Beta:
    """Slope with CV1 standard error by unit and p (t with G - 1); speed and half-life in years, NaN outside -1 < beta < 0."""

    slope: float
    se: float
    p: float
    speed: float
    half_life: float
    pairs: int
    units: int


def beta(scores_of_years: Array, years: Sequence[int], *, span: int = 1, unit_effects: bool = False) -> Beta:
    """ln(y_{t+s} / y_t) = beta ln y_t + year effects [+ unit effects] (Barro and Sala-i-Martin 1992), s = `span` years.

    Values (T, U); a pair needs both years, exactly s apart; singletons of an effect are dropped. Speed -ln(1 + beta) / s,
    half-life ln 2 / speed. A value that is not positive, fewer than 3 units and levels without variation are refused.
    """
    start, growth, unit, year = _year_pairs(scores_of_years, years, span)
    is_kept = _no_singletons([year, unit] if unit_effects else [year])
    start, growth, unit, year = start[is_kept], growth[is_kept], np.unique(unit[is_kept], return_inverse=True)[1], year[is_kept]
    groups = len(np.unique(unit))
    if groups < 3:
        raise EstimationError("fewer than three units have both years", zh="两个年份都有得分的单位不足三个")
    effects = [np.unique(year, return_inverse=True)[1]] + ([unit] if unit_effects else [])
    x, y = _without_effects(start, effects), _without_effects(growth, effects)
    if x @ x <= CONSTANT_TOLERANCE * max(float(start @ start), 1.0):
        raise EstimationError("the starting levels do not differ", zh="各单位的初始水平没有差异")
    slope = float(x @ y / (x @ x))
    se = _cluster_se(x, y - slope * x, unit, parameters=1 + 1 + effects[0].max())
    return _beta(slope, se, span, len(x), groups)


def _year_pairs(scores_of_years: Array, years: Sequence[int], span: int) -> tuple[Array, Array, Codes, Codes]:
    """Log level, log growth, unit and year of every pair of years exactly `span` apart."""
    if (scores_of_years <= 0).any():
        raise EstimationError("a score is 0 or negative; its logarithm does not exist", zh="得分为 0 或负,无法取对数")
    year_positions = {year: t for t, year in enumerate(years)}
    position_pairs = [(t, year_positions[year + span]) for t, year in enumerate(years) if year + span in year_positions]
    if len(years) < 2:
        raise EstimationError("there is only one year", zh="只有一个年份")
    if not position_pairs:
        raise EstimationError(f"no two years are {span} apart", zh=f"没有相隔 {span} 年的两个年份")
    first_positions, last_positions = np.array(position_pairs).T
    start, growth = (
        np.log(scores_of_years[first_positions]),
        np.log(scores_of_years[last_positions] / scores_of_years[first_positions]),
    )
    year, unit = np.indices(start.shape)
    is_observed = ~np.isnan(growth)
    return start[is_observed], growth[is_observed], unit[is_observed], year[is_observed]


def _no_singletons(effects: Sequence[Codes]) -> NDArray[np.bool_]:
    """Rows left when levels with a single row are dropped, again and again (Correia 2015)."""
    is_kept = np.ones(len(effects[0]), dtype=bool)
    while True:
        is_singleton = np.zeros_like(is_kept)
        for effect_codes in effects:
            is_singleton |= is_kept & (
                np.bincount(effect_codes[is_kept], minlength=effect_codes.max(initial=0) + 1)[effect_codes] == 1
            )
        if not is_singleton.any():
            return is_kept
        is_kept &= ~is_singleton


def _without_effects(column: Array, effects: Sequence[Codes]) -> Array:
    """The column less the means of each effect's levels, in turn until nothing moves (von Neumann's projections)."""
    residuals, size = column - column.mean(), float(np.abs(column).max(initial=0.0))
    for _ in range(MAX_ITERATIONS):
        previous_residuals = residuals
        for effect_codes in effects:
            residuals = residuals - (np.bincount(effect_codes, weights=residuals) / np.bincount(effect_codes))[effect_codes]
        if np.abs(residuals - previous_residuals).max(initial=0.0) <= CONVERGENCE_TOLERANCE * size:
            break
    return residuals


def _cluster_se(x: Array, residual: Array, cluster: Codes, *, parameters: int) -> float:
    """CV1: G/(G-1) (N-1)/(N-K); K counts the slope, a constant and the levels of effects not nested in the cluster."""
    groups, n = int(cluster.max()) + 1, len(x)
    if n <= parameters:
        return float("nan")
    scores = np.bincount(cluster, weights=x * residual)
    factor = groups / (groups - 1) * (n - 1) / (n - parameters)
    return float(np.sqrt(factor * (scores @ scores)) / (x @ x))


def _beta(slope: float, se: float, span: int, pairs: int, units: int) -> Beta:
    from scipy.stats import t

    p = float(2 * t.sf(abs(slope / se), units - 1)) if se > 0 else float("nan")
    speed = float(-np.log1p(slope) / span) if -1 < slope < 0 else float("nan")
    return Beta(slope, se, p, speed, float(np.log(2) / speed), pairs, units)


def convergence_rows(score_panel: ScorePanel, refusals: Refusals) -> Iterator[Row]:
    """Rows of `dynamics`: CV by year and its change; beta over the whole span and from year to year."""
    years = score_panel.years
    for node, scores in score_panel.values.items():
        with refusals.refusing(node, SIGMA):
            cv = variation(scores)
            for year, variation_coefficient in zip(years, cv):
                yield {"item": "sigma", "node": node, "year": year, "quantity": "cv", "value": variation_coefficient}
            yield {"item": "sigma", "node": node, "quantity": "change", "value": cv[-1] / cv[0] - 1 if cv[0] > 0 else np.nan}
        for variant, span, effects in (
            ("first_to_last", years[-1] - years[0], False),
            ("yearly", 1, False),
            ("yearly_unit_effects", 1, True),
        ):
            with refusals.refusing(node, BETA):
                estimate = beta(scores, years, span=span, unit_effects=effects)
                for quantity, variation_coefficient in vars(estimate).items():
                    note_columns = {"note_zh": NICKELL.zh, "note_en": NICKELL.en} if effects and quantity == "slope" else {}
                    yield {
                        "item": "beta",
                        "node": node,
                        "variant": variant,
                        "quantity": quantity,
                        "value": variation_coefficient,
                    } | note_columns
