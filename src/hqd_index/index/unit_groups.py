"""Groups of units that an index ought to separate, or whose gap a decomposition measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..study.unit_schemes import FACTOR, REGION, TECHNOLOGY

Array = NDArray[np.float64]


def groupings(units: Sequence[str], own_groups: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Scheme -> unit -> group: technology and factor for divisions C13-C43, region for provinces, the study's own groups.

    A scheme applies only where every unit is of its kind; a unit in no group of a scheme is left out of it.
    """
    schemes: dict[str, dict[str, str]] = {}
    if all(unit in TECHNOLOGY for unit in units):
        schemes["technology"] = {unit: TECHNOLOGY[unit] for unit in units}
        schemes["factor"] = {unit: FACTOR[unit] for unit in units if unit in FACTOR}
    if all(len(unit) in (2, 6) and unit[:2] in REGION for unit in units):
        schemes["region"] = {unit: REGION[unit[:2]] for unit in units}
    group_by_unit_code = {unit: (own_groups or {}).get(unit, "") for unit in units}
    units_with_group = {unit: group for unit, group in group_by_unit_code.items() if group}
    if len(set(units_with_group.values())) > 1 and units_with_group not in schemes.values():
        schemes["own"] = units_with_group
    return schemes


def groups_of(unit_names: pd.DataFrame, units: Sequence[str]) -> list[str]:
    """The study's group of each unit: one of all where it has none; a unit that its groups leave out is a group of its own."""
    group = dict(zip(unit_names["unit"].astype(str), unit_names["group"].astype(str)))
    has_groups = any(group.values())
    return [group.get(unit) or (unit if has_groups else "") for unit in units]


@dataclass(frozen=True)
class Contrast:
    """Mann-Whitney U of the first group against the second, one-sided p for 'first is higher', Cliff's delta, group sizes."""

    u: float
    p: float
    delta: float
    first: int
    second_group: int


def contrast(first_values: Array, second_values: Array) -> Contrast:
    """Whether values of `first` exceed those of `second` (Mann and Whitney 1947); delta = 2U / (n1 n2) - 1 (Cliff 1993).

    p is exact without ties when a group has at most 8 values, else normal with tie correction. NaN with an empty group.
    """
    from scipy.stats import mannwhitneyu

    first_values, second_values = first_values[~np.isnan(first_values)], second_values[~np.isnan(second_values)]
    if not (len(first_values) and len(second_values)):
        return Contrast(np.nan, np.nan, np.nan, len(first_values), len(second_values))
    u, p = mannwhitneyu(first_values, second_values, alternative="greater")
    return Contrast(
        float(u), float(p), float(2 * u / (len(first_values) * len(second_values)) - 1), len(first_values), len(second_values)
    )
