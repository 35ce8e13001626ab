"""Treatment that can end: what changes for units in the year in which their status changes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..kernels.within import Array
from .group_time import group_difference


@dataclass(frozen=True)
class Switchers:
    """DID_M with its standard error; `switchers` unit-years that changed status, of `units` units and `rows` unit-years."""

    estimate: float
    se: float
    switchers: int
    units: int
    rows: int


def switching_effect(firm_years: pd.DataFrame, outcome: str, *, status: str = "valid") -> Switchers:
    """DID_M of de Chaisemartin & D'Haultfoeuille 2020: the effect on switchers, in or out, in the year of the switch.

    In each year those that begin are compared with those that stay without, those that end with those that stay with, and
    the comparisons are averaged by their number of switchers. Influence values by unit, cell sizes taken as fixed.
    EstimationError when nobody switches beside somebody who stays.
    """
    outcome_by_year = firm_years.pivot(index="unit", columns="year", values=outcome)
    statuses = firm_years.pivot(index="unit", columns="year", values=status).astype(float)
    size, effects, influence = [], [], []
    years = [int(year) for year in outcome_by_year.columns]
    for previous_year, current_year in pairwise(years):
        if current_year != previous_year + 1:
            continue
        outcome_change = (outcome_by_year[current_year] - outcome_by_year[previous_year]).to_numpy(dtype=float)
        previous_status, current_status = statuses[previous_year].to_numpy(), statuses[current_year].to_numpy()
        for initial_status, switch_sign in ((0.0, 1.0), (1.0, -1.0)):
            switchers, stayers = (
                (previous_status == initial_status) & (current_status == 1 - initial_status),
                (previous_status == initial_status) & (current_status == initial_status),
            )
            if cell := group_difference(outcome_change, switchers, stayers):
                size.append(int((switchers & ~np.isnan(outcome_change)).sum()))
                effects.append(switch_sign * cell[0])
                influence.append(switch_sign * cell[1])
    if not size:
        raise EstimationError(
            f"{outcome}: nobody changes status beside somebody who does not", zh=f"{outcome}:没有可比较的状态变动"
        )
    share = np.array(size, dtype=float) / sum(size)
    values: Array = np.stack(influence, axis=1) @ share
    n = len(outcome_by_year)
    return Switchers(
        float(share @ effects), float(np.sqrt((values**2).mean() / n)), sum(size), n, int(outcome_by_year.notna().sum().sum())
    )
