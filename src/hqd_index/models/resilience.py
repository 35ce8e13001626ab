"""Shocks: how far a unit falls and how long it takes to come back, by the density it had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError
from .specification import Estimate, Specification, estimate

SHOCKS = (2018, 2020, 2022)
TERMS = ("density_before", "exposure", "density_x_exposure")
OUTCOMES = ("fall", "recovery")


@dataclass(frozen=True)
class Resilience:
    """`episodes`: one row per unit and shock; `estimates` by outcome (fall, recovery), first term the density before."""

    episodes: pd.DataFrame
    estimates: Mapping[str, Estimate]


def episodes(levels: pd.DataFrame, value: str, shocks: Sequence[int] = SHOCKS, *, horizon: int = 4) -> pd.DataFrame:
    """unit, shock, fall, recovery, censored.

    fall = level in the year before less the lowest of the shock year and the next (negative when it rose). recovery =
    years from the shock year until the level of the year before is reached again, 0 when it never fell below; units
    not back within `horizon` years or by the end of the data count as horizon (or as the years seen) and as censored.
    """
    wide = levels.pivot(index="unit", columns="year", values=value)
    rows = [row for shock in shocks for row in _one_shock(wide, shock, horizon)]
    return pd.DataFrame(rows, columns=["unit", "shock", "fall", "recovery", "censored"])


def _one_shock(wide: pd.DataFrame, shock: int, horizon: int) -> list[tuple[str, int, float, float, bool]]:
    if shock - 1 not in wide or shock not in wide:
        return []
    after = [y for y in range(shock, shock + horizon + 1) if y in wide]
    made = []
    for unit, row in wide.iterrows():
        before, path = float(row[shock - 1]), row[after].to_numpy(dtype=float)
        if np.isnan(before) or np.isnan(path).any():
            continue
        recovery, censored = _recovery(path, before)
        made.append((str(unit), shock, before - float(path[:2].min()), recovery, censored))
    return made


def _recovery(path: np.ndarray, before: float) -> tuple[float, bool]:
    """Years from the shock year to the return to the level before, and whether the path ends without it."""
    below = np.flatnonzero(path[:2] < before)
    if len(below) == 0:
        return 0.0, False
    back = np.flatnonzero(path[below[0] :] >= before)
    return (float(below[0] + back[0]), False) if len(back) else (float(len(path)), True)


def resilience(
    levels: pd.DataFrame,
    value: str,
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
    """  # fmt: skip
    table = episodes(levels, value, shocks)
    if table.empty:
        raise EstimationError(
            f"no shock year of {list(shocks)} has a year before it in the data",
            zh=f"数据中没有冲击年份 {list(shocks)} 及其前一年",
        )
    before = density.assign(shock=density["year"] + 1).rename(columns={"density": TERMS[0]})
    table = table.merge(before[["unit", "shock", TERMS[0]]], on=["unit", "shock"], how="left", validate="one_to_one")
    table[TERMS[1]] = table["unit"].map(exposure)
    for term in TERMS[:2]:
        table[term] = table[term] - table[term].mean()
    table[TERMS[2]] = table[TERMS[0]] * table[TERMS[1]]
    found = {}
    for outcome in OUTCOMES:
        spec = Specification(f"resilience_{outcome}", (outcome,), TERMS[0], TERMS[1:], ("shock",), "unit")
        found[outcome] = estimate(table, spec, draws=draws, weights=weights, seed=seed, level=level)
    return Resilience(table, found)
