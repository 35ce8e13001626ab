"""A number with one meaning has one value, one interval and one run in page, workbook, Word, LaTeX, README and terminal."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.report.results import Results
from hqd_index.study.study_folder import load_study
from hqd_index.tables import TABLES

from ..small import DemoRun
from .printed_numbers import Meaning, Printed, all_numbers, published
from .test_prose import methods_texts, prose_faults

OUTPUTS = ("page", "workbook", "word", "latex", "readme", "terminal")
FEWEST_MEANINGS = 60
"""Meanings that at least two outputs print, in a run with regressions."""


def read_results(configs: Path, folder: Path) -> Results:
    """The published tables of a run as its writers saw them."""
    tables = {
        name: pd.read_csv(path, encoding="utf-8-sig", dtype=_text_columns(name), low_memory=False)
        for name in TABLES
        if (path := folder / "tables" / f"{name}.csv").is_file()
    }
    return Results(load_study(configs).study, tables, {})


def _text_columns(table: str) -> dict[str, type[str]]:
    return {column: str for column, kind in TABLES[table].columns.items() if kind.rstrip("?") == "text"}


def derived(values: dict[Meaning, object], results: Results) -> dict[Meaning, object]:
    """Values that sentences print in another unit: shares in per cent, means over units."""
    spec = next((key[1] for key in values if key[0] == "contribution" and key[3] == "share"), "")
    shares = {
        ("share in percent", field): 100 * float(str(values["contribution", spec, "all", "share", field]))
        for field in ("value", "ci_low", "ci_high")
        if ("contribution", spec, "all", "share", field) in values
    }
    return values | shares | {("mean score", year): results.ranking(year)["score"].mean() for year in results.years}


def disagreements(printed: list[Printed], values: dict[Meaning, object]) -> list[str]:
    return [
        f"{number.output} prints {number.text!r} for {number.meaning}, published is {values.get(number.meaning)!r}"
        for number in printed
        if number.meaning not in values or not number.agrees(values[number.meaning])
    ]


@pytest.fixture(scope="module")
def demo(demo_run: DemoRun) -> tuple[list[Printed], dict[Meaning, object]]:
    place = demo_run.place
    results = read_results(place.configs, place.latest)
    printed = all_numbers(results, place.latest, demo_run.ended.said)
    return printed, derived(published(place.latest, results), results)


def test_every_output_prints_the_published_number(demo: tuple[list[Printed], dict[Meaning, object]]) -> None:
    printed, values = demo
    assert not disagreements(printed, values)


def test_the_meanings_are_many_and_in_every_output(demo: tuple[list[Printed], dict[Meaning, object]]) -> None:
    outputs = defaultdict(set)
    for number in demo[0]:
        outputs[number.meaning].add(number.output)
    shared = {meaning for meaning, where in outputs.items() if len(where) > 1}
    assert len(shared) >= FEWEST_MEANINGS
    assert {output for where in outputs.values() for output in where} == set(OUTPUTS)
    assert outputs[("run",)] >= {"page", "workbook", "word", "latex", "readme"}
    assert outputs["H1", "all", "hqd", "ci_low"] >= {"page", "workbook", "readme", "terminal"}


@pytest.mark.parametrize("output", OUTPUTS)
def test_another_number_is_noticed(demo: tuple[list[Printed], dict[Meaning, object]], output: str) -> None:
    """The check would see one digit of one number of one output go wrong."""
    printed, values = demo
    number = next(number for number in printed if number.output == output and number.meaning != ("run",))
    wrong = Printed(output, number.meaning, float(str(values[number.meaning])) * 1.01 + 0.1)
    assert len(disagreements([wrong], values)) == 1


def test_the_methods_of_the_demo_speak_of_what_ran(demo_run: DemoRun) -> None:
    results = read_results(demo_run.place.configs, demo_run.place.latest)
    assert not prose_faults(results, methods_texts(results))
