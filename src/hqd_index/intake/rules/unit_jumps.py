"""W04: medians that jump by a unit's power of ten, usual growth divided out; a factor is proposed, never applied."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from ..records.intake_notice import Notice

POWERS = (1, 2, 3, 4, 5, 6, 8)
NEAR = 0.06  # log10 distance to a power of ten: 15%
WIDEST = 0.25  # however much a column varies, a factor is told only within 1.8 times a power of ten
SPREADS = 3.0  # median absolute deviations of yearly growth that are still usual
STEADY = 0.05  # deviation of yearly growth, 12%, up to which a column is steady
CLEAR = 5.0  # a jump is at least so many of them
FILES_FROM = 3  # with fewer files, differences between them are compared with thousands
Medians = Mapping[str, Mapping[int, float]]
"""Column -> year -> median of its positive cells."""


@dataclass(frozen=True)
class Jump:
    """Years (or files) whose medians are 10^power of what the others let expect."""

    places: tuple[str, ...]
    power: int
    growth: float  # usual factor a year


def year_jumps(medians: Mapping[int, float]) -> list[Jump]:
    """Stretches of years on another scale than most years of a column."""
    years = sorted(medians)
    steps = {later: math.log10(medians[later] / medians[earlier]) for earlier, later in pairwise(years) if later == earlier + 1}
    growth, spread = usual_growth(list(steps.values()))
    offsets, offset = {years[0]: 0} if years else {}, 0
    for year in years[1:]:
        offset += suspected_power(steps[year] - growth, spread) if year in steps else 0
        offsets[year] = offset
    return _jumps({str(year): power for year, power in offsets.items()}, 10**growth)


def file_jumps(medians: Mapping[str, Mapping[int, float]]) -> list[Jump]:
    """Files on another scale than most of those that hold the same years (file -> year -> median)."""
    years = Counter(year for file_medians in medians.values() for year in file_medians)
    shared = [year for year, files in years.items() if files > 1]
    if not shared:
        return []
    logs = {
        file: {year: math.log10(value) for year, value in file_medians.items() if year in shared}
        for file, file_medians in medians.items()
    }
    middles = {year: median(log[year] for log in logs.values() if year in log) for year in shared}
    distances = {file: median(log[year] - middles[year] for year in log) for file, log in logs.items() if log}
    if len(distances) < FILES_FROM:
        return _two_files(distances)
    spread = median(abs(distance) for distance in distances.values())
    return _jumps({file: suspected_power(distance, spread) for file, distance in distances.items()}, 1.0)


def _two_files(distances: Mapping[str, float]) -> list[Jump]:
    """Of two files the one that is further from 1 per cell cannot be told: thousands between them are, of either."""
    (first, low), (last, high) = sorted(distances.items(), key=lambda item: item[1])
    power = suspected_power(high - low, 0.0, tolerance=WIDEST)
    return [Jump((last,), power, 1.0)] if power >= FILES_FROM and first != last else []


def changed_medians(before: Medians, now: Medians) -> dict[str, int]:
    """Column -> power of ten between the medians of the last run and these, over the years that both have."""
    powers = {}
    for column, medians in now.items():
        years = [year for year in medians if before.get(column, {}).get(year, 0) > 0]
        if not years:
            continue
        power = suspected_power(median(math.log10(medians[year] / before[column][year]) for year in years), 0.0)
        if power:
            powers[column] = power
    return powers


def usual_growth(steps: Sequence[float]) -> tuple[float, float]:
    """Median yearly step (log10) and its median absolute deviation, powers of ten taken out of every step.

    One step alone shows no usual growth: 0. Where steps are not steady, powers of ten may be swings of their own, and the
    deviation is that of the steps as they are.
    """
    plain = [step - _nearest_power(step) for step in steps]
    if len(plain) < 2:
        return 0.0, 0.0
    growth = median(plain)
    spread = _deviation(plain)
    return growth, spread if spread <= STEADY else max(spread, _deviation(steps))


def _deviation(values: Sequence[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values)


def suspected_power(step: float, spread: float, *, tolerance: float = NEAR) -> int:
    """The power of ten that a step (log10, usual growth taken out) is near in terms of the column's own spread; 0: none."""
    power = _nearest_power(step)
    near = min(max(tolerance, SPREADS * spread), WIDEST)
    return power if power and abs(step - power) <= near and abs(step) > CLEAR * spread else 0


def _nearest_power(step: float) -> int:
    return min((0, *POWERS, *(-power for power in POWERS)), key=lambda power: abs(step - power))


def _jumps(offsets: Mapping[str, int], growth: float) -> list[Jump]:
    """Places by their offset from the commonest one."""
    usual = Counter(offsets.values()).most_common(1)[0][0] if offsets else 0
    powers = sorted({offset - usual for offset in offsets.values()} - {0})
    return [Jump(tuple(p for p, offset in offsets.items() if offset - usual == power), power, growth) for power in powers]


def jump_notices(column: str, jumps: Iterable[Jump], location: str, *, files: bool = False) -> list[Notice]:
    """W04 with the factor that would bring the places to the scale of the others."""
    notices = []
    for jump in jumps:
        listed, factor, mend = ", ".join(jump.places), f"{10.0**jump.power:g}", f"{10.0**-jump.power:g}"
        growth = "" if files else f" (usual growth {jump.growth - 1:+.0%} a year)"
        growth_zh = "" if files else f"(通常年增 {jump.growth - 1:+.0%})"
        en = f"{column}: medians of {listed} are {factor} times what the others let expect{growth}; units? times {mend} would fit"
        zh = f"{column}:{listed} 的中位数是其余所示水平的 {factor} 倍{growth_zh};单位是否不同?乘以 {mend} 即相符"
        notices.append(Notice("W04", location, f"{en}; nothing was converted", f"{zh};未作换算"))
    return notices


def median_change_notices(before: Mapping[str, Any], now: Mapping[str, Medians]) -> list[Notice]:
    """W04 for columns whose medians changed by a power of ten since the last run; `before` is as its manifest holds them."""
    notices = []
    for table, medians in sorted(now.items()):
        earlier = {column: {int(year): value for year, value in years.items()} for column, years in before.get(table, {}).items()}
        for column, power in sorted(changed_medians(earlier, medians).items()):
            factor, mend = f"{10.0**power:g}", f"{10.0**-power:g}"
            en = f"{column}: medians are {factor} times those of the last run; units? times {mend} would fit"
            zh = f"{column}:中位数是上次运行的 {factor} 倍;单位是否变了?乘以 {mend} 即相符"
            notices.append(Notice("W04", table, f"{en}; nothing was converted", f"{zh};未作换算"))
    return notices
