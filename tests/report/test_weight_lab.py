"""The lab repeats the index rule: against the index's own functions, and (in LibreOffice) against the live sheet."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from hqd_index.index.competition_rank import competition
from hqd_index.methods.aggregate import AGGREGATE
from hqd_index.report.page.unit_profiles import levers, profiles
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import WeightLab, lab_json, scores, weight_lab, weighted_mean
from hqd_index.report.workbook.results_workbook import write_workbook

from .conftest import YEARS

EXACT = 1e-12
"""Two orders of summing a handful of numbers below 1 differ by about 1e-16."""
SHEET = 1e-9
"""What the workbook promises, on the 0-100 scale."""


@pytest.fixture(scope="module")
def lab(results: Results) -> WeightLab:
    found = weight_lab(results)
    assert found is not None
    return found


@pytest.mark.parametrize(("method", "exponent"), [("arithmetic", 1.0), ("geometric", 0.0), ("harmonic", -1.0), ("power", 0.5)])
def test_joining_is_that_of_the_methods(method: str, exponent: float) -> None:
    draw = np.random.default_rng(3)
    cells = draw.uniform(0, 1, (200, 4))
    cells[draw.uniform(size=cells.shape) < 0.3] = np.nan
    cells[0] = [0, 0.5, 0.2, 0.9]
    weights = np.array([0.4, 0.3, 0.3, 0.0])
    options = {"p": exponent} if method == "power" else {}
    theirs = AGGREGATE[method].function(cells, weights[None, :], min_children=2, **options)
    ours = weighted_mean(cells, weights, method, exponent, min_children=2)
    np.testing.assert_allclose(ours, theirs, atol=EXACT, equal_nan=True)


def test_published_scores_are_reproduced(lab: WeightLab, results: Results) -> None:
    """Other weights and other means are recomputed; other bounds are left as published."""
    assert [design.id for design in lab.designs] == ["base", "equal", "geometric"]
    assert [fixed["id"] for fixed in lab_json(results, lab)["fixed"]] == ["window"]


def test_a_design_that_differs_is_not_offered(tables: dict[str, pd.DataFrame], results: Results) -> None:
    moved = tables["scenarios"].copy()
    moved.loc[(moved["scenario"] == "equal") & (moved["unit"] == "C13") & (moved["node"] == "hqd"), "score"] += 1e-6
    lab = weight_lab(Results(results.study, {**tables, "scenarios": moved}, {}))
    assert lab is not None and "equal" not in {design.id for design in lab.designs}


def test_lever_is_the_gain_of_the_raised_indicator(lab: WeightLab) -> None:
    """By hand for one unit: the gain is 100 x global share x (upper quartile - value) where everything is there."""
    year, unit, leaf = YEARS[-1], "C13", "adv2"
    values = lab.values[-1]
    k, j = lab.units.index(unit), lab.leaves.index(leaf)
    quartile = np.quantile(values[:, j], 0.75)
    share = lab.designs[0].weights(year)
    expected = 100 * share["safety"] * share["advantage"] * share[leaf] * max(0.0, quartile - values[k, j])
    assert levers(lab, year).gains[k, j] == pytest.approx(expected, abs=EXACT * 100)


def test_profiles_follow_the_written_rule(lab: WeightLab, results: Results) -> None:
    for profile in profiles(results, lab):
        for place in profile.parts:
            assert place.strong == (place.rank <= np.ceil(place.ranked_count / 4)) and place.weak == (
                place.rank > place.ranked_count - np.ceil(place.ranked_count / 4)
            )


@pytest.mark.slow
def test_live_sheet_computes_what_python_computes(lab: WeightLab, results: Results, tmp_path: Path) -> None:
    """Weights and year are changed in the file, LibreOffice computes it, scores and ranks are those of the lab's rule."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice (soffice) is not installed")
    write_workbook(results, tmp_path / "results.xlsx", lab)
    edited, year = _edit(tmp_path, lab)
    sheet = _computed(tmp_path)["权重试算"]
    design = lab.designs[0]
    shares = {
        child: edited[child] / sum(edited[other] for other in design.tree.children(node))
        for node in design.tree.inner
        for child in design.tree.children(node)
    }
    inner, coverage = scores(design, lab.leaves, lab.values[lab.years.index(year)], shares)
    expected = 100 * inner[design.tree.root]
    ranks = competition(np.where(coverage >= 0.6, expected, np.nan))
    lines = {
        sheet.cell(row, 11).value: (sheet.cell(row, 10).value, sheet.cell(row, 13).value) for row in range(7, 7 + len(lab.units))
    }
    for k, unit in enumerate(lab.units):
        rank, score = lines[unit]
        assert (rank, score) == ("—", "—") if np.isnan(expected[k]) else rank == ranks[k] and abs(score - expected[k]) < SHEET, (
            unit
        )


def _edit(folder: Path, lab: WeightLab) -> tuple[dict[str, float], int]:
    """Random weights (one of them 0) and an earlier year written into the sheet; openpyxl drops all cached values."""
    book, draw = openpyxl.load_workbook(folder / "results.xlsx"), np.random.default_rng(1)
    sheet, edited = book["权重试算"], {}
    sheet["D4"] = lab.years[1]
    row = 7
    while node := sheet.cell(row, 3).value:
        edited[node] = 0.0 if node == "smo2" else float(draw.uniform(0.1, 5))
        sheet.cell(row, 4).value = edited[node]
        row += 1
    book.save(folder / "edited.xlsx")
    return edited, lab.years[1]


def _computed(folder: Path) -> openpyxl.Workbook:
    """The edited workbook after LibreOffice has computed it."""
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx", "--outdir"]
    subprocess.run(
        [*command, str(folder / "computed"), str(folder / "edited.xlsx")], check=True, capture_output=True, timeout=180
    )
    return openpyxl.load_workbook(folder / "computed" / "edited.xlsx", data_only=True)
