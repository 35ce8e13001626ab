"""Shocks: how far a unit falls and how long it takes to come back, by the density it had before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import Study
from ..headline import inference_settings
from ..kernels.specification import Estimate, Specification, estimate
from ..model_rows import Mend, Row, Rows, not_made

LEVEL_MEND: Mend = ("选用会下降的变量或其他冲击年份", "choose a level that falls, or other shock years")
MEND: Mend = (
    "在 regressions.yaml 中写 resilience 的 level 与 exposure",
    "write level and exposure under resilience in regressions.yaml",
)
SHOCKS = (2018, 2020, 2022)
TERMS = ("density_before", "exposure", "density_x_exposure")
OUTCOMES = ("fall", "recovery")


@dataclass(frozen=True)
class Resilience:
    """`episodes`: one row per unit and shock; `estimates` by outcome (fall, recovery), first term the density before."""

    episodes: pd.DataFrame
    estimates: Mapping[str, Estimate]


def episodes(levels: pd.DataFrame, level_column: str, shocks: Sequence[int] = SHOCKS, *, horizon: int = 4) -> pd.DataFrame:
    """unit, shock, fall, recovery, censored.

    fall = level in the year before less the lowest of the shock year and the next (negative when it rose). recovery =
    years from the shock year until the level of the year before is reached again, 0 when it never fell below; units
    not back within `horizon` years or by the end of the data count as horizon (or as the years seen) and as censored.
    """
    levels_by_year = levels.pivot(index="unit", columns="year", values=level_column)
    observations = [episode for shock in shocks for episode in _episodes_of_shock(levels_by_year, shock, horizon)]
    return pd.DataFrame(observations, columns=["unit", "shock", "fall", "recovery", "censored"])


def _episodes_of_shock(levels: pd.DataFrame, shock: int, horizon: int) -> list[tuple[str, int, float, float, bool]]:
    if shock - 1 not in levels or shock not in levels:
        return []
    path_years = [y for y in range(shock, shock + horizon + 1) if y in levels]
    observations = []
    for unit, row in levels.iterrows():
        level_before, path = float(row[shock - 1]), row[path_years].to_numpy(dtype=float)
        if np.isnan(level_before) or np.isnan(path).any():
            continue
        recovery, is_censored = _recovery(path, level_before)
        observations.append((str(unit), shock, level_before - float(path[:2].min()), recovery, is_censored))
    return observations


def _recovery(path: np.ndarray, level_before: float) -> tuple[float, bool]:
    """Years from the shock year to the return to the level before, and whether the path ends without it."""
    years_below_level = np.flatnonzero(path[:2] < level_before)
    if len(years_below_level) == 0:
        return 0.0, False
    return_years = np.flatnonzero(path[years_below_level[0] :] >= level_before)
    return (float(years_below_level[0] + return_years[0]), False) if len(return_years) else (float(len(path)), True)


def resilience(
    levels: pd.DataFrame,
    level_column: str,
    density: pd.DataFrame,
    exposure: pd.Series,
    *,
    shocks: Sequence[int] = SHOCKS,
    draws: int = 9_999,
    weights: str = "rademacher",
    seed: int = 0,
    level: float = 0.95,
) -> Resilience:
    """Fall and recovery on density before the shock, exposure and their product, with shock effects, clustered by unit.

    `levels` (unit, year, value), `density` (unit, year, density), `exposure` by unit, both regressors centred so that
    each main effect is that at the mean of the other. EstimationError when no shock lies inside the data.
    """
    observed_episodes = episodes(levels, level_column, shocks)
    if observed_episodes.empty:
        raise EstimationError(
            f"no shock year of {list(shocks)} has a year before it in the data",
            zh=f"数据中没有冲击年份 {list(shocks)} 及其前一年",
        )
    density_before = density.assign(shock=density["year"] + 1).rename(columns={"density": TERMS[0]})
    observed_episodes = observed_episodes.merge(
        density_before[["unit", "shock", TERMS[0]]], on=["unit", "shock"], how="left", validate="one_to_one"
    )
    observed_episodes[TERMS[1]] = observed_episodes["unit"].map(exposure)
    for term in TERMS[:2]:
        observed_episodes[term] = observed_episodes[term] - observed_episodes[term].mean()
    observed_episodes[TERMS[2]] = observed_episodes[TERMS[0]] * observed_episodes[TERMS[1]]
    estimates = {}
    for outcome in OUTCOMES:
        spec = Specification(f"resilience_{outcome}", (outcome,), TERMS[0], TERMS[1:], ("shock",), "unit")
        estimates[outcome] = estimate(observed_episodes, spec, draws=draws, weights=weights, seed=seed, level=level)
    return Resilience(observed_episodes, estimates)


def _term_rows(resilience: Resilience) -> Iterator[Row]:
    """One row per outcome and term; `censored` is the share of recoveries not seen to their end."""
    for outcome, outcome_estimate in resilience.estimates.items():
        censored_share = float(resilience.episodes["censored"].mean()) if outcome == "recovery" else np.nan
        for k, term in enumerate(outcome_estimate.terms if outcome_estimate.varies(0) else ()):
            yield {
                "outcome": outcome,
                "term": term,
                "estimate": outcome_estimate.coefficient[k, 0],
                "se_cv1": outcome_estimate.se_cv1[k, 0],
                "se_cv3": outcome_estimate.se_cv3[k, 0],
                "p_cv3": outcome_estimate.p_cv3[k, 0],
                "p_wild": outcome_estimate.p_wild[0] if k == 0 else np.nan,
                "ci_low": outcome_estimate.low[k, 0],
                "ci_high": outcome_estimate.high[k, 0],
                "n_obs": outcome_estimate.sums.n,
                "n_clusters": outcome_estimate.sums.g,
                "censored": censored_share,
                "note": "density and exposure centred; shock effects",
            }


def _constant_outcomes(resilience: Resilience) -> Iterator[EstimationError]:
    """Why an outcome has no rows: nobody fell, or all came back in the same year."""
    for outcome, outcome_estimate in resilience.estimates.items():
        if not outcome_estimate.varies(0):
            mean_outcome = resilience.episodes[outcome].mean()
            yield EstimationError(
                f"resilience: {outcome} is the same for every unit of a shock ({mean_outcome:g} on average)",
                zh=f"韧性:每次冲击中各单位的 {outcome} 相同(平均 {mean_outcome:g})",
            )


def _study_resilience(shocks: pd.DataFrame, density: pd.DataFrame, study: Study) -> Resilience:
    """EstimationError where the study sets no level and exposure, or has no density."""
    choice = study.regressions.resilience
    if choice is None or shocks.empty:
        raise EstimationError(
            "resilience: no level and exposure are set, or their tables do not identify the study's units",
            zh="韧性:未设定 level 与 exposure,或其数据表不含本研究的单元",
        )
    if density.empty or density["density"].isna().all():
        raise EstimationError("resilience: no SRDI density", zh="韧性:没有专精特新密度")
    exposure = shocks.dropna(subset=["exposure"]).sort_values("year").groupby("unit")["exposure"].first()
    levels, densities = shocks[["unit", "year", "level"]], density[["unit", "year", "density"]].astype({"year": "int64"})
    return resilience(levels, "level", densities, exposure, shocks=choice.shocks, **inference_settings(study))


def resilience_rows(shocks: pd.DataFrame, density: pd.DataFrame, study: Study) -> Rows:
    """Rows of resilience and not_made; `shocks` (unit, year, level, exposure) as regressions.yaml asks.

    The exposure is that of a unit's first year that has one.
    """
    try:
        resilience = _study_resilience(shocks, density, study)
    except EstimationError as fault:
        return {"not_made": not_made(("resilience",), fault, MEND)}
    not_made_rows = [
        reason_row for fault in _constant_outcomes(resilience) for reason_row in not_made(("resilience",), fault, LEVEL_MEND)
    ]
    return {"resilience": list(_term_rows(resilience)), "not_made": not_made_rows}
