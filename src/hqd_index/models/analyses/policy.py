"""Item G of the contribution menu: what more recognitions would move, where, if the estimate were the whole story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import Density
from ..kernels.slx import Spillover, link_weights
from ..kernels.specification import Estimate
from .contribution import TOTAL, Item
from .robustness import combined

RECOGNITIONS = 100
PER = 1_000  # density counts recognised firms per 1,000 firms


@dataclass(frozen=True)
class Ground:
    """Firms and density by unit in the last year, units that hold a chokepoint product, and the largest density seen."""

    firms: pd.Series
    density: pd.Series
    chosen: tuple[str, ...]
    year: int
    largest: float


def chokepoint_units(chokepoints: pd.DataFrame, units: set[str]) -> tuple[str, ...]:
    """Units of the study with a product judged a chokepoint in the last year that has a verdict."""
    known = chokepoints.dropna(subset=["chokepoint"])
    if known.empty:
        return ()
    last = known[(known["year"] == known["year"].max()) & (known["chokepoint"].astype(float) == 1)]
    codes = {code for text in last["industries"].dropna() for code in str(text).split("+")}
    return tuple(sorted(codes & units))


def ground(density: pd.DataFrame, chokepoints: pd.DataFrame, units: set[str], choice: Density) -> Ground:
    """Where the simulation starts. EstimationError when density does not count firms, or no unit holds a chokepoint.

    `density` (unit, year, n_firms, density) is the table of the study, `units` those of the estimation sample.
    """
    if choice.measure != "count" or "n_firms" not in density:
        raise EstimationError(
            "policy simulation (G): the density does not count firms, so that a recognition has no fixed effect on it",
            zh="政策模拟(G):密度不以企业数计,一次认定对密度没有固定的影响",
        )
    year = int(density["year"].max())
    last = density[(density["year"] == year) & density["unit"].isin(units)].set_index("unit").sort_index()
    chosen = chokepoint_units(chokepoints, units & set(last.index))
    if not chosen:
        raise EstimationError(
            "policy simulation (G): no unit of the study holds a chokepoint product", zh="政策模拟(G):本研究没有单位含卡脖子产品"
        )
    return Ground(last["n_firms"].astype(float), last["density"].astype(float), chosen, year, float(density["density"].max()))


def simulated(found: Estimate, base: Ground, outcome: str, *, level: float) -> list[Item]:
    """Own effects: +1 within SD of density in the chokepoint units, and 100 recognitions there and in each unit in turn.

    Effects are those on the mean index of all units, beta x the mean rise of density; intervals are beta's, by inversion of
    the bootstrap test.
    """
    j = found.at(outcome)
    betas = (float(found.coefficient[0, j]), *found.bootstrap.interval(j, level))
    made = []
    for unit, quantity, rise in _rises(base, float(found.sums.sd_terms[0])):
        values = [b * rise.mean() for b in betas]
        made.append(_item(base, unit, quantity, values, rise))
    chosen = _sd(base, float(found.sums.sd_terms[0]))
    made.append(_item(base, TOTAL, "plus_sd_chokepoint_units", [b * float(found.sums.sd_terms[0]) for b in betas], chosen))
    needed = float((chosen * base.firms).sum() / PER)
    made.append(Item("G", TOTAL, None, base.year, "plus_sd_recognitions", needed, np.nan, np.nan, "firms"))
    return made


def with_links(made: Spillover, base: Ground, io_links: pd.DataFrame, outcome: str, *, width: float) -> Iterator[Item]:
    """The same effects on the mean index, with what reaches suppliers and customers; CV3 intervals (`width` x SE)."""
    found = made.estimate
    units, reach = link_weights(io_links, base.firms.index)
    count, at = len(base.firms), base.firms.index.get_indexer(pd.Index(units))
    for unit, quantity, rise in _rises(base, float(found.sums.sd_terms[0])):
        moved = {name: float((rise.to_numpy()[at] @ w).sum()) / count for name, w in reach.items()}
        moved[found.spec.density] = float(rise.mean())
        weights = {made.term(name): m for name, m in moved.items() if name in found.terms}
        value, error = combined(found, weights, found.at(outcome))
        yield _item(base, unit, f"{quantity}_with_links", [value, value - width * error, value + width * error], rise)


def _sd(base: Ground, sd: float) -> pd.Series:
    return pd.Series(np.where(base.firms.index.isin(base.chosen), sd, 0.0), index=base.firms.index)


def _rises(base: Ground, sd: float) -> Iterator[tuple[str, str, pd.Series]]:
    """Unit, quantity, and the rise of density by unit that it supposes."""
    yield TOTAL, "plus_sd", _sd(base, sd)
    there = base.firms.index.isin(base.chosen)
    yield TOTAL, "per_100", pd.Series(there * PER * RECOGNITIONS / base.firms[there].sum(), index=base.firms.index)
    for unit, firms in base.firms.items():
        yield str(unit), "per_100", pd.Series((base.firms.index == unit) * PER * RECOGNITIONS / firms, index=base.firms.index)


def _item(base: Ground, unit: str, quantity: str, values: list[float], rise: pd.Series) -> Item:
    low, high = sorted(values[1:])
    highest = float((base.density + rise)[rise > 0].max())
    beyond = "; beyond the densities observed" if highest > base.largest else ""
    return Item("G", unit, None, base.year, quantity, values[0], low, high, f"score/100, linear{beyond}")
