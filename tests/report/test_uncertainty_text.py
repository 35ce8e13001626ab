"""The ranking tells of each unit how sure its rank is; worked by hand on three units."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from hqd_index.report.grids.index_grids import ranking
from hqd_index.report.grids.uncertainty_text import decisive_choice, rank_intervals, undecided_neighbours
from hqd_index.report.results import Results

from .conftest import YEARS

LAST = YEARS[-1]


def told(results: Results) -> Results:
    ends = {"data_low": [1, 1, 3], "data_high": [2, 2, 3], "design_low": [1, 1, 2], "design_high": [3, 3, 3]}
    ranks = pd.DataFrame({"unit": ["C26", "C27", "C39"], "year": LAST, "rank": [1, 2, 3], "low": 1, "high": 3} | ends)
    pairs = [(LAST, "C26", "C27", False), (LAST, "C27", "C39", True), (LAST - 1, "C27", "C39", False)]
    neighbours = pd.DataFrame(pairs, columns=["year", "unit", "other", "apart"])
    rows = [("mean_shift", 1, "权重最要紧。另", "weights decide. more"), ("mean_shift", 2, "", ""), ("C26", 1, "", "")]
    sensitivity = pd.DataFrame(rows, columns=["output", "place", "note_zh", "note_en"])
    return replace(results, tables={**results.tables, "ranks": ranks, "neighbours": neighbours, "sensitivity": sensitivity})


def test_intervals_by_source_and_neighbours_of_the_last_year(results: Results) -> None:
    found = told(results)
    columns, cells = rank_intervals(found, LAST)
    assert [column.title.en for column in columns] == ["Rank interval: firms drawn again", "Rank interval: methods"]
    assert cells == {"C26": ("1–2", "1–3"), "C27": ("1–2", "1–3"), "C39": ("3–3", "2–3")}
    assert undecided_neighbours(found, LAST) == {"C26": ("C27",), "C27": ("C26",)}
    choice = decisive_choice(found)
    assert choice is not None and choice.text.en == "Weights decide."


def test_the_ranking_holds_them_at_the_unit_and_none_where_nothing_was_drawn(results: Results) -> None:
    grid = ranking(told(results))
    assert grid is not None and grid.note.en.endswith("Weights decide.")
    heads = [column.title.en for column in grid.columns]
    row = next(dict(zip(heads, row)) for row in grid.rows if row[1] == "C39")
    assert row["Rank interval: methods"] == "2–3" and row["Neighbours it cannot be distinguished from"] == ""
    plain = ranking(results)
    assert plain is not None and not [column for column in plain.columns if "interval" in column.title.en]
