"""Leaders are fixed in the base year; with the others they make up leave_out; their scores use the bounds of the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.panel import build_panel, leader_marks, leader_panel
from hqd_index.panel.unit_leaders import base_year
from hqd_index.study.srdi_levels import level_bits

from .test_panel import study

FIRMS = 40
YEARS = (2019, 2020, 2021)
DECLARED = {"version": 1, "sources": {}, "tables": {"firms": {"key": ["firm_id", "year"]}, "industry": {"key": ["ind", "year"]}}}


def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 firms in X with revenue 1 to 40 in 2019, turned round afterwards; f39 and f05 are recognised in 2020, f40 comes late."""
    rng = np.random.default_rng(0)
    rows = [(f"f{i:02d}", y, float(i if y == 2019 else 41 - i)) for i in range(1, FIRMS + 1) for y in YEARS]
    rows = [row for row in rows if row[:2] != ("f40", 2019)]
    firms = pd.DataFrame(rows, columns=["firm_id", "year", "revenue"]).assign(ind="X")
    firms["rd_exp"] = firms["revenue"] * rng.uniform(0.01, 0.1, len(firms))
    chosen = firms["firm_id"].isin(["f39", "f05"])
    on = chosen & (firms["year"] >= 2020)
    firms["srdi_levels_valid"] = firms["srdi_levels_to_date"] = on.astype(int) * level_bits(["criteria"])
    firms["srdi_levels_ever"] = chosen.astype(int) * level_bits(["criteria"])
    return firms, pd.DataFrame({"ind": ["X"] * 3, "year": YEARS, "stock": [10.0, 20.0, 40.0]})


@pytest.fixture(scope="module")
def made():
    firms, industry = world()
    engine = open_engine()
    tables = {"firms": engine.scan(firms), "industry": engine.scan(industry)}
    asked = study(sources=DECLARED)
    panel = build_panel(asked, engine, tables)
    marks = leader_marks(asked, engine, tables, panel)
    return firms, panel, marks, leader_panel(asked, engine, tables, panel, marks)


def test_leaders_are_the_top_tenth_of_the_year_before_any_density(made) -> None:
    """39 firms in 2019; the 0.9 quantile of 1..39 is 35.2, so f36 to f39 lead, whatever they sell later."""
    _, panel, marks, _ = made
    assert base_year(panel.density) == 2019
    assert marks.loc[marks["leader"], "firm_id"].tolist() == ["f36", "f37", "f38", "f39"]
    assert marks.loc[~marks["never"], "firm_id"].tolist() == ["f05", "f39"] and "f40" not in set(marks["firm_id"])


def test_leaders_and_others_make_up_the_leave_out_sample(made) -> None:
    firms, panel, _, groups = made
    by = groups.set_index(["sample", "year"])
    out = panel.values.query("sample == 'leave_out'").set_index("year")
    assert by.loc["leaders", "n_firms"].tolist() == [3, 3, 3]
    assert (by.loc["leaders", "n_firms"] + by.loc["others", "n_firms"]).tolist() == out["n_firms"].tolist()
    for year in YEARS:
        rows = firms[(firms["year"] == year) & firms["firm_id"].isin(["f36", "f37", "f38"])]
        assert by.loc[("leaders", year), "rd"] == pytest.approx(100 * rows["rd_exp"].sum() / rows["revenue"].sum())
    mean = (by.loc["leaders", "mean_size"] * 3 + by.loc["others", "mean_size"] * by.loc["others", "n_firms"]) / out["n_firms"]
    assert mean.to_numpy(dtype=float) == pytest.approx(out["mean_size"].to_numpy())
    assert by.loc["leaders", "gap"].equals(out["gap"])  # of another table: the same for all


def test_few_leaders_have_no_values_and_without_status_there_are_none() -> None:
    firms, industry = world()
    engine = open_engine()
    few = firms[firms["firm_id"] >= "f20"]  # of 20 firms f38 and f39 lead, and only f38 was never recognised
    tables = {"firms": engine.scan(few), "industry": engine.scan(industry)}
    asked = study(sources=DECLARED)
    panel = build_panel(asked, engine, tables)
    marks = leader_marks(asked, engine, tables, panel)
    found = leader_panel(asked, engine, tables, panel, marks)
    leaders = found[found["sample"] == "leaders"]
    assert set(leaders["n_firms"]) == {1} and leaders["rd"].isna().all() and leaders["gap"].notna().any()
    bare = {"firms": engine.scan(firms.drop(columns=[c for c in firms if "srdi" in c])), "industry": tables["industry"]}
    none = build_panel(asked, engine, bare)
    assert leader_marks(asked, engine, bare, none).empty and leader_panel(asked, engine, bare, none, marks.iloc[:0]).empty
