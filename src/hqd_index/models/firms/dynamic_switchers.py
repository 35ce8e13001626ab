"""A status that can end, followed after its first change: what the path of those who switch does, year by year.

de Chaisemartin & D'Haultfoeuille 2024: a unit is compared, from the year before its first change F on, with units of the same
status at the start that have not changed yet. The effect at l is that of the whole path of status from F to F - 1 + l.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..kernels.within import Array
from .estimable import Caveat
from .event_study import WINDOW, Events
from .group_time import group_difference


@dataclass(frozen=True)
class DynamicSwitchers:
    """Effects by event time with placebos before; `dose` is the mean number of years in the new status behind each effect.

    `total` is the sum of all effects per year in the new status, with its standard error.
    """

    events: Events
    dose: Array  # by time from 0 on
    switchers: Array  # number of switchers behind each effect and placebo
    total: float
    total_se: float


@dataclass(frozen=True)
class _Panel:
    years: Array
    outcome: Array  # (units, years)
    status: Array
    start: Array  # status in the first year observed
    change: Array  # first year with another status, NaN never

    def column(self, year: float) -> Array | None:
        position = np.flatnonzero(self.years == year)
        return self.outcome[:, position[0]] if len(position) else None

    def doses(self, length: int) -> Array:
        """(units,) years in another status than at the start, over `length` years from the change on."""
        since = self.years[None, :] - self.change[:, None]
        in_span = (since >= 0) & (since < length)
        return np.asarray(np.where(in_span, np.abs(self.status - self.start[:, None]), 0.0).sum(axis=1))


@dataclass(frozen=True)
class _Average:
    """A mean over switchers: its value, influence values, the switchers in it and their mean dose."""

    estimate: float
    influence: Array
    members: np.ndarray

    @property
    def size(self) -> int:
        return int(self.members.sum())


def dynamic_switching(
    firm_years: pd.DataFrame, outcome: str, *, status: str = "valid", window: tuple[int, int] = WINDOW
) -> DynamicSwitchers:
    """Effects at 0..window[1] and placebos at -2..window[0] (base -1), by unit-clustered influence values.

    Time 0 is the year of the change. A placebo at -1 - l uses the switchers and controls of the effect at l - 1.
    EstimationError where nobody changes beside somebody who does not.
    """
    panel = _panel(firm_years, outcome, status)
    effects = {t: cell for t in range(window[1] + 1) if (cell := _average(panel, t, t)) is not None}
    if not effects:
        raise EstimationError(
            f"{outcome}, dcdh_dynamic: nobody changes status beside somebody who does not",
            zh=f"{outcome},dcdh_dynamic:没有可比较的状态变动",
        )
    placebos = {t: cell for t in range(window[0], -1) if -t - 2 in effects and (cell := _average(panel, t, -t - 2)) is not None}
    times = [*placebos, *effects]
    averages = [*placebos.values(), *effects.values()]
    influence = np.stack([average.influence for average in averages], axis=1)
    doses = {t: float(panel.doses(t + 1)[cell.members].mean()) for t, cell in effects.items()}
    total, total_influence = _total(panel, effects)
    total_se = float(np.sqrt((total_influence**2).sum()))
    events = Events(
        "dcdh_dynamic", (*[t for t in times if t < -1], -1, *[t for t in times if t >= 0]),
        np.insert([average.estimate for average in averages], len(placebos), 0.0),
        _with_base(influence.T @ influence, len(placebos)),
        total, total_se, int(np.isfinite(panel.outcome).sum()), len(panel.start), int(np.isfinite(panel.change).sum()),
        caveats=_absent_times(window, times),
    )  # fmt: skip
    return DynamicSwitchers(
        events, np.array(list(doses.values())), np.array([average.size for average in averages]), total, total_se
    )


def _panel(firm_years: pd.DataFrame, outcome: str, status: str) -> _Panel:
    outcome_by_year = firm_years.pivot(index="unit", columns="year", values=outcome)
    statuses = firm_years.pivot(index="unit", columns="year", values=status).to_numpy(dtype=float)
    years = outcome_by_year.columns.to_numpy(dtype=float)
    observed = np.isfinite(statuses)
    first = np.argmax(observed, axis=1)
    start = statuses[np.arange(len(statuses)), first]
    has_new_status = observed & (statuses != start[:, None])
    change = np.where(has_new_status.any(axis=1), years[np.argmax(has_new_status, axis=1)], np.nan)
    return _Panel(years, outcome_by_year.to_numpy(dtype=float), np.nan_to_num(statuses), start, change)


def _average(panel: _Panel, time: int, horizon: int) -> _Average | None:
    """The mean over switchers of Y(F + time) - Y(F - 1), signed, less that of units unchanged by F + horizon."""
    estimates, influences, members = [], [], []
    for change in np.unique(panel.change[np.isfinite(panel.change)]):
        later, base = panel.column(change + time), panel.column(change - 1)
        if later is None or base is None:
            continue
        for start, sign in ((0.0, 1.0), (1.0, -1.0)):
            switchers = (panel.start == start) & (panel.change == change)
            controls = (panel.start == start) & ~(panel.change <= change + horizon)
            if cell := group_difference(later - base, switchers, controls):
                estimates.append(sign * cell[0])
                influences.append(sign * _scaled(cell[1], (switchers, controls), np.isfinite(later - base)))
                members.append(switchers & np.isfinite(later - base))
    if not members:
        return None
    sizes = np.array([member.sum() for member in members], dtype=float)
    shares = sizes / sizes.sum()
    influence = np.stack(influences, axis=1) @ shares / len(panel.start)
    return _Average(float(shares @ estimates), influence, np.logical_or.reduce(members))


def _scaled(influence: Array, groups: tuple[np.ndarray, np.ndarray], observed: np.ndarray) -> Array:
    """Influence values times root n / (n - 1) of the group they come from: deviations from a mean of n lose one degree."""
    factor = np.ones(len(influence))
    for group in groups:
        n = int((group & observed).sum())
        factor = np.where(group, np.sqrt(n / (n - 1)) if n > 1 else 1.0, factor)
    return influence * factor


def _total(panel: _Panel, effects: dict[int, _Average]) -> tuple[float, Array]:
    """Sum of effects over switchers and years, divided by the years that they spend in the new status."""
    sizes = {t: effect.size for t, effect in effects.items()}
    years = 0.0
    for t, effect in effects.items():
        years += float((panel.doses(t + 1) - panel.doses(t))[effect.members].sum())
    total = sum(sizes[t] * effect.estimate for t, effect in effects.items())
    influence = np.sum([sizes[t] * effect.influence for t, effect in effects.items()], axis=0)
    return (total / years, influence / years) if years > 0 else (np.nan, np.full_like(influence, np.nan))


def _with_base(covariance: Array, position: int) -> Array:
    return np.insert(np.insert(covariance, position, 0.0, axis=0), position, 0.0, axis=1)


def _absent_times(window: tuple[int, int], times: list[int]) -> tuple[Caveat, ...]:
    absent = [t for t in range(window[0], window[1] + 1) if t != -1 and t not in times]
    if not absent:
        return ()
    names = ", ".join(map(str, absent))
    return (Caveat(f"没有可比单位的事件期 {names}", f"event times without comparable units: {names}"),)
