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
POWER_TOLERANCE = 0.06  # log10 distance to a power of ten: 15%
MAX_POWER_TOLERANCE = 0.25  # however much a column varies, a factor is reported only within 1.8 times a power of ten
SPREADS = 3.0  # median absolute deviations of yearly growth that are still usual
STEADY_GROWTH_DEVIATION = 0.05  # deviation of yearly growth, 12%, up to which a column is steady
MIN_JUMP_DEVIATIONS = 5.0  # a jump is at least so many of them
MIN_FILES = 3  # with fewer files, differences between them are compared with thousands
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
    growth_by_year = {
        later_year: math.log10(medians[later_year] / medians[earlier_year])
        for earlier_year, later_year in pairwise(years)
        if later_year == earlier_year + 1
    }
    growth, growth_deviation = typical_growth(list(growth_by_year.values()))
    offsets, offset = {years[0]: 0} if years else {}, 0
    for year in years[1:]:
        offset += power_of_ten_jump(growth_by_year[year] - growth, growth_deviation) if year in growth_by_year else 0
        offsets[year] = offset
    return _jumps_from_offsets({str(year): power for year, power in offsets.items()}, 10**growth)


def file_jumps(medians: Mapping[str, Mapping[int, float]]) -> list[Jump]:
    """Files on another scale than most of those that hold the same years (file -> year -> median)."""
    years = Counter(year for file_medians in medians.values() for year in file_medians)
    shared_years = [year for year, medians_by_file in years.items() if medians_by_file > 1]
    if not shared_years:
        return []
    logs = {
        file: {year: math.log10(file_median) for year, file_median in file_medians.items() if year in shared_years}
        for file, file_medians in medians.items()
    }
    middle_by_year = {year: median(file_logs[year] for file_logs in logs.values() if year in file_logs) for year in shared_years}
    distances = {
        file: median(file_logs[year] - middle_by_year[year] for year in file_logs)
        for file, file_logs in logs.items()
        if file_logs
    }
    if len(distances) < MIN_FILES:
        return _jumps_of_two_files(distances)
    distance_deviation = median(abs(distance) for distance in distances.values())
    return _jumps_from_offsets(
        {file: power_of_ten_jump(distance, distance_deviation) for file, distance in distances.items()}, 1.0
    )


def _jumps_of_two_files(distances: Mapping[str, float]) -> list[Jump]:
    """Of two files the one that is further from 1 per cell cannot be determined: thousands between them are, of either."""
    (first_file, low_distance), (second_file, high_distance) = sorted(
        distances.items(), key=lambda file_and_distance: file_and_distance[1]
    )
    power = power_of_ten_jump(high_distance - low_distance, 0.0, tolerance=MAX_POWER_TOLERANCE)
    return [Jump((second_file,), power, 1.0)] if power >= MIN_FILES and first_file != second_file else []


def changed_medians(previous_medians: Medians, current_medians: Medians) -> dict[str, int]:
    """Column -> power of ten between the medians of the last run and these, over the years that both have."""
    powers = {}
    for column, medians in current_medians.items():
        years = [year for year in medians if previous_medians.get(column, {}).get(year, 0) > 0]
        if not years:
            continue
        power = power_of_ten_jump(median(math.log10(medians[year] / previous_medians[column][year]) for year in years), 0.0)
        if power:
            powers[column] = power
    return powers


def typical_growth(growth_rates: Sequence[float]) -> tuple[float, float]:
    """Median yearly step (log10) and its median absolute deviation, powers of ten taken out of every step.

    One step alone shows no usual growth: 0. Where steps are not steady, powers of ten may be swings of their own, and the
    deviation is that of the steps as they are.
    """
    growth_without_power = [growth_rate - _nearest_power(growth_rate) for growth_rate in growth_rates]
    if len(growth_without_power) < 2:
        return 0.0, 0.0
    growth = median(growth_without_power)
    growth_deviation = _deviation(growth_without_power)
    return growth, growth_deviation if growth_deviation <= STEADY_GROWTH_DEVIATION else max(
        growth_deviation, _deviation(growth_rates)
    )


def _deviation(logarithms: Sequence[float]) -> float:
    median_value = median(logarithms)
    return median(abs(logarithm - median_value) for logarithm in logarithms)


def power_of_ten_jump(growth_rate: float, growth_deviation: float, *, tolerance: float = POWER_TOLERANCE) -> int:
    """The power of ten that a step (log10, usual growth taken out) is near in terms of the column's own spread; 0: none."""
    power = _nearest_power(growth_rate)
    allowed_distance = min(max(tolerance, SPREADS * growth_deviation), MAX_POWER_TOLERANCE)
    return (
        power
        if power and abs(growth_rate - power) <= allowed_distance and abs(growth_rate) > MIN_JUMP_DEVIATIONS * growth_deviation
        else 0
    )


def _nearest_power(growth_rate: float) -> int:
    return min((0, *POWERS, *(-power for power in POWERS)), key=lambda power: abs(growth_rate - power))


def _jumps_from_offsets(offsets: Mapping[str, int], growth: float) -> list[Jump]:
    """Places by their offset from the commonest one."""
    usual_offset = Counter(offsets.values()).most_common(1)[0][0] if offsets else 0
    powers = sorted({offset - usual_offset for offset in offsets.values()} - {0})
    return [
        Jump(tuple(file_or_year for file_or_year, offset in offsets.items() if offset - usual_offset == power), power, growth)
        for power in powers
    ]


def jump_notices(column: str, jumps: Iterable[Jump], location: str, *, are_files: bool = False) -> list[Notice]:
    """W04 with the factor that would bring the places to the scale of the others."""
    notices = []
    for unit_jump in jumps:
        place_list, factor, multiplier = ", ".join(unit_jump.places), f"{10.0**unit_jump.power:g}", f"{10.0**-unit_jump.power:g}"
        growth = "" if are_files else f" (usual growth {unit_jump.growth - 1:+.0%} a year)"
        growth_zh = "" if are_files else f"(通常年增 {unit_jump.growth - 1:+.0%})"
        en = (
            f"{column}: medians of {place_list} are {factor} times what the others let expect{growth}; units? "
            f"times {multiplier} would fit"
        )
        zh = f"{column}:{place_list} 的中位数是其余所示水平的 {factor} 倍{growth_zh};单位是否不同?乘以 {multiplier} 即相符"
        notices.append(Notice("W04", location, f"{en}; nothing was converted", f"{zh};未作换算"))
    return notices


def median_change_notices(previous_medians: Mapping[str, Any], current_medians: Mapping[str, Medians]) -> list[Notice]:
    """W04 for columns whose medians changed by a power of ten since the last run; `previous_medians`: from its manifest."""
    notices = []
    for table, medians in sorted(current_medians.items()):
        previous_by_column = {
            column: {int(year): median for year, median in years.items()}
            for column, years in previous_medians.get(table, {}).items()
        }
        for column, power in sorted(changed_medians(previous_by_column, medians).items()):
            factor, multiplier = f"{10.0**power:g}", f"{10.0**-power:g}"
            en = f"{column}: medians are {factor} times those of the last run; units? times {multiplier} would fit"
            zh = f"{column}:中位数是上次运行的 {factor} 倍;单位是否变了?乘以 {multiplier} 即相符"
            notices.append(Notice("W04", table, f"{en}; nothing was converted", f"{zh};未作换算"))
    return notices
