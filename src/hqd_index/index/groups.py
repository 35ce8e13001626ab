"""Groups of units that an index ought to tell apart, or whose gap a decomposition measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..study.models import Label

Array = NDArray[np.float64]


def _by_code(groups: Mapping[str, str], pattern: str) -> dict[str, str]:
    """'13-15 20' by group, as code -> group."""
    found: dict[str, str] = {}
    for group, text in groups.items():
        for part in text.split():
            first, _, last = part.partition("-")
            found |= {pattern.format(code): group for code in range(int(first), int(last or first) + 1)}
    return found


# GB/T 4754-2017 divisions by R&D intensity, after the OECD (Galindo-Rueda and Verger 2016); 28 is also put in medium-high
TECHNOLOGY = _by_code({"high": "27 39 40", "medium_high": "26 34-38", "medium_low": "25 29-33", "low": "13-24 28 41-43"}, "C{}")
# by the factor used most; papers differ, 41-43 are in no group
FACTOR = _by_code({"labour": "13-15 17-21 23-24", "capital": "16 22 25-26 28-33", "technology": "27 34-40"}, "C{}")
# the four regions of the National Bureau of Statistics (2011), by the first two digits of GB/T 2260
REGION = _by_code(
    {
        "east": "11-13 31-33 35 37 44 46",
        "central": "14 34 36 41-43",
        "west": "15 45 50-54 61-65",
        "northeast": "21-23",
    },
    "{}",
)

GROUP_NAMES: dict[str, Label] = {
    "high": Label(zh="高技术", en="high technology"),
    "medium_high": Label(zh="中高技术", en="medium-high technology"),
    "medium_low": Label(zh="中低技术", en="medium-low technology"),
    "low": Label(zh="低技术", en="low technology"),
    "labour": Label(zh="劳动密集型", en="labour-intensive"),
    "capital": Label(zh="资本密集型", en="capital-intensive"),
    "technology": Label(zh="技术密集型", en="technology-intensive"),
    "east": Label(zh="东部", en="East"),
    "central": Label(zh="中部", en="Central"),
    "west": Label(zh="西部", en="West"),
    "northeast": Label(zh="东北", en="Northeast"),
    "density_high": Label(zh="专精特新密度高于当年中位数", en="SRDI density above the year's median"),
    "density_low": Label(zh="专精特新密度不高于当年中位数", en="SRDI density at or below the year's median"),
}


def groupings(units: Sequence[str], own: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Scheme -> unit -> group: technology and factor for divisions C13-C43, region for provinces, and the study's own.

    A scheme applies only where every unit is of its kind; a unit in no group of a scheme is left out of it.
    """
    schemes: dict[str, dict[str, str]] = {}
    if all(unit in TECHNOLOGY for unit in units):
        schemes["technology"] = {unit: TECHNOLOGY[unit] for unit in units}
        schemes["factor"] = {unit: FACTOR[unit] for unit in units if unit in FACTOR}
    if all(len(unit) in (2, 6) and unit[:2] in REGION for unit in units):
        schemes["region"] = {unit: REGION[unit[:2]] for unit in units}
    named = {unit: (own or {}).get(unit, "") for unit in units}
    if len({group for group in named.values() if group}) > 1:
        schemes["own"] = {unit: group for unit, group in named.items() if group}
    return schemes


@dataclass(frozen=True)
class Contrast:
    """Mann-Whitney U of the first group against the second, one-sided p for 'first is higher', Cliff's delta, group sizes."""

    u: float
    p: float
    delta: float
    first: int
    second: int


def contrast(first: Array, second: Array) -> Contrast:
    """Whether values of `first` exceed those of `second` (Mann and Whitney 1947); delta = 2U / (n1 n2) - 1 (Cliff 1993).

    p is exact without ties when a group has at most 8 values, else normal with tie correction. NaN with an empty group.
    """
    from scipy.stats import mannwhitneyu

    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not (len(first) and len(second)):
        return Contrast(np.nan, np.nan, np.nan, len(first), len(second))
    u, p = mannwhitneyu(first, second, alternative="greater")
    return Contrast(float(u), float(p), float(2 * u / (len(first) * len(second)) - 1), len(first), len(second))
