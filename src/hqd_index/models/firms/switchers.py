"""Treatment that can end: what changes for units in the year in which their status changes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..kernels.within import Array
from .group_time import _cell


@dataclass(frozen=True)
class Switchers:
    """DID_M with its standard error; `switchers` unit-years that changed status, of `units` units and `rows` unit-years."""

    estimate: float
    se: float
    switchers: int
    units: int
    rows: int


def switching_effect(data: pd.DataFrame, outcome: str, *, status: str = "valid") -> Switchers:
    """DID_M of de Chaisemartin & D'Haultfoeuille 2020: the effect on switchers, in or out, in the year of the switch.

    In each year those that begin are compared with those that stay without, those that end with those that stay with, and
    the comparisons are averaged by their number of switchers. Influence values by unit, cell sizes taken as fixed.
    EstimationError when nobody switches beside somebody who stays.
    """
    wide = data.pivot(index="unit", columns="year", values=outcome)
    held = data.pivot(index="unit", columns="year", values=status).astype(float)
    size, effects, influence = [], [], []
    years = [int(year) for year in wide.columns]
    for before, now in pairwise(years):
        if now != before + 1:
            continue
        change = (wide[now] - wide[before]).to_numpy(dtype=float)
        was, is_ = held[before].to_numpy(), held[now].to_numpy()
        for start, sign in ((0.0, 1.0), (1.0, -1.0)):
            moved, stayed = (was == start) & (is_ == 1 - start), (was == start) & (is_ == start)
            if cell := _cell(change, moved, stayed):
                size.append(int((moved & ~np.isnan(change)).sum()))
                effects.append(sign * cell[0])
                influence.append(sign * cell[1])
    if not size:
        raise EstimationError(
            f"{outcome}: nobody changes status beside somebody who does not", zh=f"{outcome}:没有可比较的状态变动"
        )
    share = np.array(size, dtype=float) / sum(size)
    values: Array = np.stack(influence, axis=1) @ share
    n = len(wide)
    return Switchers(float(share @ effects), float(np.sqrt((values**2).mean() / n)), sum(size), n, int(wide.notna().sum().sum()))
