"""Page, figures, workbook and paper of many units: the ends of the ranking, every unit within reach, no silent cut."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.index_tables import build_index
from hqd_index.report.figures import charts
from hqd_index.report.figures.figure_catalogue import FIGURES
from hqd_index.report.figures.figure_labels import FigureLabels
from hqd_index.report.grids import index_grids
from hqd_index.report.page.html_page import page, write_page
from hqd_index.report.page.unit_profiles import profiles
from hqd_index.report.paper.measurement_tables import yearly_table
from hqd_index.report.results import Results
from hqd_index.report.unit_ends import ENDS, MANY_UNITS, end_rows
from hqd_index.report.weight_lab import weight_lab
from hqd_index.tables import conform, empty

from .conftest import LEAVES, MANIFEST, YEARS, invented, study
from .test_browser import browser, opened, printed_pages, slide  # noqa: F401
from .test_opening import with_draws

COUNT = MANY_UNITS + 20
IDS = [f"n{k:03d}" for k in range(COUNT)]


@pytest.fixture(scope="module")
def many() -> Results:
    """The invented study on more units than are shown one by one."""
    random = np.random.default_rng(11)
    raw = 20 + 8 * random.normal(size=(1, COUNT, 1)) + 3 * random.normal(size=(len(YEARS), COUNT, len(LEAVES)))
    index = pd.MultiIndex.from_product([YEARS, IDS], names=["year", "unit"])
    panel = pd.DataFrame(raw.reshape(-1, len(LEAVES)), index=index, columns=LEAVES).reset_index().assign(sample="all", n_firms=50)
    names = pd.DataFrame({"unit": IDS, "unit_zh": [f"县{i}" for i in IDS], "unit_en": [f"County {i}" for i in IDS], "group": ""})
    built = build_index(study(), panel, names)
    tables = {name: empty(name) for name in invented() if name not in ("raw_rows", "not_made")}
    tables |= {name: conform(name, getattr(built, name)) for name in ("scores", "weights", "indicators")}
    return Results(study(), tables | {"not_made": empty("not_made")}, MANIFEST)


@pytest.fixture(scope="module")
def ends(many: Results) -> set[str]:
    return set(end_rows(many.ranking(YEARS[-1]))["unit"])


def test_figures_show_the_ends_of_the_ranking(many: Results, ends: set[str]) -> None:
    assert len(ends) == 2 * ENDS
    for name, figure in FIGURES.items():
        chart = figure.make_chart(many, FigureLabels("both")) if figure.by_unit else None
        if chart is not None:
            units = set(re.findall(r"n\d{3}", charts.vega_lite(chart)))
            assert units == ends, name


def test_the_page_writes_the_ends_and_says_so(many: Results, ends: set[str]) -> None:
    text = page(many, weight_lab(many), {}, [])
    assert set(re.findall(r'id="profile-(n\d{3})"', text)) == ends
    assert f"The first and last {ENDS} of {COUNT} units; all are in tables/scores.csv." in text
    assert f"{COUNT} 个单位中只列首尾各 {ENDS} 个" in text
    assert len(re.findall(r"<circle[^>]*r=\"2\"", text)) == MANY_UNITS * len(many.parts)


@pytest.mark.parametrize(("share", "last_tier"), [(0.97, COUNT), (0.5, 1)])
def test_tiers_say_how_many_ranks_are_left_out(many: Results, share: float, last_tier: int) -> None:
    """Between the ends one row with what is left out; tiers keep their own numbers, and a sheet names its unit's among all."""
    drawn_ranks = with_draws(many.tables, share)
    text = page(drawn_ranks, weight_lab(drawn_ranks), {}, [])
    table = text.split('<table class="tiers">')[1].split("</table>")[0]
    plain = re.sub(r"<[^>]+>", " ", re.sub(r'<span class="zh".*?</span>', "", table))
    assert plain.count("are not listed") == 1
    head, tail = plain.split(f"ranks {ENDS + 1} to {COUNT - ENDS} are not listed: {COUNT - 2 * ENDS} units")
    assert re.search(rf"\s{ENDS}\s", head) and re.search(rf"\s{COUNT - ENDS + 1}\s", tail) and f" {ENDS + 1} " not in head
    assert ("Tier" in tail) == (last_tier > 1) and (f"Tier {COUNT}" in tail) == (last_tier == COUNT)
    expected = f"tier {COUNT} of {COUNT}" if last_tier > 1 else "one tier holds all units"
    assert expected in text.split(f'id="profile-{drawn_ranks.ranking(YEARS[-1])["unit"].iloc[-1]}"')[1].split("</details>")[0]


def test_every_sheet_is_in_the_archive(many: Results) -> None:
    """Of a unit that the page does not write: sentences in both languages, each indicator with its rank; the page is small."""
    text = page(many, weight_lab(many), {}, [])
    (packed,) = re.findall(r'<template id="archive">([^<]+)<', text)
    sheets = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert list(sheets) == IDS and len(text) < 3e6
    ranking = many.ranking(YEARS[-1])["unit"].tolist()
    middle = ranking[COUNT // 2]
    (profile,) = [p for p in profiles(many, weight_lab(many)) if p.unit == middle]
    assert all(line.text.zh in sheets[middle] and line.text.en in sheets[middle] for line in profile.sentences)
    assert sheets[middle].count(f"/{COUNT}</td>") == len(LEAVES)
    embedded = json.loads(re.findall(r'id="embedded">([^<]+)<', text)[0])
    assert [unit["id"] for unit in embedded["units"]] == ranking


def test_tables_of_the_paper_and_long_sheets_say_what_they_leave_out(many: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    _, body, note, *_ = yearly_table(many)
    assert len(body) == 2 * ENDS + 1 and "all are in tables/scores.csv" in note.en
    assert len(index_grids.panel(many)) == COUNT * len(YEARS)
    monkeypatch.setattr(index_grids, "MAX_UNIT_YEARS", COUNT)
    for grid in (index_grids.panel(many), index_grids.indicators(many)):
        assert len(grid) == COUNT and {row[2] for row in grid.rows} == {YEARS[-1]} and f"{YEARS[-1]} only" in grid.note.en


@pytest.mark.browser
def test_any_unit_is_searched_and_opened(many: Results, ends: set[str], browser: Any, tmp_path: Path) -> None:  # noqa: F811
    path = write_page(many, tmp_path / "report.html", weight_lab(many), {}, [])
    driver = opened(browser, path)
    rows = "return [...document.querySelectorAll('#lab-rows tr')].map((row) => row.dataset.unit)"
    assert set(driver.execute_script(rows)) == ends
    middle = many.ranking(YEARS[-1])["unit"][COUNT // 2]
    assert middle not in ends

    def search(box: str, text: str) -> None:
        script = "const b = document.getElementById(arguments[0]); b.value = arguments[1]; b.dispatchEvent(new Event('input'))"
        driver.execute_script(script, box, text)

    search("lab-search", f"COUNTY {middle}")
    assert driver.execute_script(rows) == [middle]
    rank = f"return document.querySelector('#lab-rows tr[data-unit={middle}] .rank').textContent"
    assert driver.execute_script(rank) == str(COUNT // 2 + 1)
    slide(driver, "quality", 90)
    assert driver.execute_script(rank) != "—"
    search("lab-search", "")
    assert len(driver.execute_script(rows)) == 2 * ENDS
    search("profile-search", middle)
    profile = driver.execute_script("return document.getElementById(arguments[0]).textContent", f"profile-{middle}")
    sentences = next(p for p in profiles(many, weight_lab(many)) if p.unit == middle).sentences
    assert all(sentence.text.zh in profile and sentence.text.en in profile for sentence in sentences)
    other = many.ranking(YEARS[-1])["unit"][COUNT // 2 + 3]
    driver.execute_script("location.hash = arguments[0]", f"profile-{other}")
    opened_profile = "return document.querySelector('#profile-one details')?.id"
    for _ in range(50):
        if driver.execute_script(opened_profile) == f"profile-{other}":
            break
    assert driver.execute_script(opened_profile) == f"profile-{other}"
    driver.execute_script("document.getElementById('profile-one').scrollIntoView()")
    (sheet,) = printed_pages(driver)
    assert other in sheet
    assert not [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
