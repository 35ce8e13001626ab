"""W04: unit mistakes are found after usual growth, within a file, across files and against the last run; growth is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.intake.rules.unit_jumps import (
    POWERS,
    changed_medians,
    file_jumps,
    jump_notices,
    median_change_notices,
    power_of_ten_jump,
    typical_growth,
    year_jumps,
)

YEARS = range(2012, 2020)


def grown(rates: list[float]) -> dict[int, float]:
    """Medians that grow by the rates, from 1,000."""
    return dict(zip(YEARS, 1000 * np.cumprod([1.0, *[1 + rate for rate in rates]])))


RATES = [0.05, 0.15, 0.1, 0.12, 0.06, 0.14, 0.08]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("power", [-4, -1, 1, 2, 3, 4, 5, 6, 8])
def test_f63_a_year_on_another_scale_while_the_column_grows(year: int, power: int):
    """One year of a column times 10^power while it grows 5 to 15% a year, wherever the year is."""
    medians = grown(RATES) | {year: grown(RATES)[year] * 10.0**power}
    (jump,) = year_jumps(medians)
    assert (jump.places, jump.power) == ((str(year),), power)
    (notice,) = jump_notices("revenue", [jump], "firms")
    assert (
        notice.rule == "W04" and f"{10.0**power:g}" in notice.zh and f"{10.0**-power:g}" in notice.en and str(year) in notice.zh
    )


def test_a_change_of_scale_that_stays_names_the_shorter_stretch():
    medians = {year: value * (1e4 if year >= 2017 else 1) for year, value in grown(RATES).items()}
    (jump,) = year_jumps(medians)
    assert (jump.places, jump.power) == (("2017", "2018", "2019"), 4)


@given(st.lists(st.floats(-0.4, 0.6), min_size=7, max_size=7))
def test_growth_and_falls_are_no_units(rates: list[float]):
    assert year_jumps(grown(rates)) == []


@pytest.mark.parametrize("ratio", [6.0, 4.5, 40.0, 300.0, 1 / 6])
def test_a_jump_that_is_no_power_of_ten_is_not_told(ratio: float):
    medians = grown(RATES) | {2019: grown(RATES)[2018] * ratio}
    assert year_jumps(medians) == []


def test_a_volatile_column_is_not_suspected():
    """Medians of rare counts swing by threes and sixes: a tenfold step is then nothing unusual."""
    assert year_jumps(dict(zip(YEARS, [1.0, 4.0, 1.5, 6.0, 0.9, 3.0, 0.7, 4.0]))) == []
    assert power_of_ten_jump(1.0, 0.3) == 0 and power_of_ten_jump(1.0, 0.1) == 1


def test_two_years_have_no_usual_growth():
    assert typical_growth([]) == (0.0, 0.0) and typical_growth([4.05]) == (0.0, 0.0)
    assert [jump.power for jump in year_jumps({2019: 100.0, 2020: 110.0e4})] == [4]
    assert year_jumps({}) == [] and year_jumps({2019: 1.0}) == [] and year_jumps({2019: 1.0, 2021: 1e4}) == []


def test_a_file_on_another_scale():
    files = {name: grown(RATES) for name in ("a", "b", "c", "d")}
    files["c"] = {year: value / 1e4 for year, value in grown(RATES).items()}
    (jump,) = file_jumps(files)
    assert (jump.places, jump.power) == (("c",), -4)
    assert (
        file_jumps(
            {name: {year: value * factor for year, value in grown(RATES).items()} for name, factor in zip("abcd", (1, 2, 5, 0.5))}
        )
        == []
    )
    assert file_jumps({"a": {2019: 1.0}, "b": {2020: 1e4}}) == []


def test_two_files_are_compared_with_thousands():
    assert [jump.power for jump in file_jumps({"a": {2019: 1.0}, "b": {2019: 9e3}})] == [4]
    assert file_jumps({"a": {2019: 1.0}, "b": {2019: 10.0}}) == []


@pytest.mark.parametrize("power", POWERS)
def test_f12_medians_of_the_last_run(power: int):
    """As a manifest holds them: years are texts; a new year and small revisions say nothing."""
    before = {"firms": {"revenue": {str(year): value for year, value in grown(RATES).items()}}}
    now = {"firms": {"revenue": {**{year: value * 1.02 for year, value in grown(RATES).items()}, 2020: 9e9}}}
    assert median_change_notices(before, now) == []
    changed = {"firms": {"revenue": {year: value * 10**power * 1.02 for year, value in grown(RATES).items()}}}
    (notice,) = median_change_notices(before, changed)
    assert notice.rule == "W04" and f"{10.0**power:g}" in notice.en and "revenue" in notice.zh
    assert changed_medians({}, changed["firms"]) == {}


def test_powers_are_told_apart_by_distance():
    assert [power_of_ten_jump(math.log10(ratio), 0.0) for ratio in (1e4, 1.1e4, 1.2e4, 0.9, 7e6, 1e7, 1e8)] == [
        4,
        4,
        0,
        0,
        0,
        0,
        8,
    ]
