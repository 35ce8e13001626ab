"""The shipped configs on the raw files: quarantine takes out the listed rows and no other, and the panel is the clean one."""

import json

import pandas as pd
import pytest

from hqd_index.demo import generate
from hqd_index.engines import open_engine
from hqd_index.firms.derived_columns import derive
from hqd_index.intake import intake
from hqd_index.links import links
from hqd_index.panel import build_panel
from hqd_index.study.study_folder import load_study
from tests.demo.measured import KEY, indicators

SUMMED = 1e-8  # plain pandas sums against exact decimal sums, indicators up to 1e3


@pytest.fixture(scope="module")
def study(root):
    """The shipped study; the gate is opened, since with every fault at once small files pass 1%."""
    loaded = load_study(root / "configs").study
    gates = loaded.rules.gates.model_copy(update={"max_quarantine_share": 0.5})
    return loaded.model_copy(update={"rules": loaded.rules.model_copy(update={"gates": gates})})


@pytest.fixture(scope="module")
def engine():
    return open_engine()


@pytest.fixture(scope="module")
def taken_in(study, engine, every_fault, root):
    return intake(study, engine, every_fault, root / "configs")


def test_quarantine_holds_exactly_the_listed_rows_each_by_a_rule_expected(taken_in, every_fault):
    listed = json.loads((every_fault / "truth.json").read_text(encoding="utf-8"))["broken_rows"]
    errors = taken_in.frames["quarantine"].query("severity == 'error'")
    found = errors.groupby(["file", "row"])["rule"].agg(set).to_dict()
    assert set(found) == {(entry["file"], entry["row"]) for entry in listed}
    unexpected = [entry for entry in listed if not found[entry["file"], entry["row"]] & set(entry["rules"])]
    assert not unexpected


def test_only_firms_outside_the_panel_stay_unmatched(taken_in):
    outside = generate(3, 1500).srdi_list.query("not matched")
    assert len(taken_in.frames["srdi_unmatched"]) == len(outside)


def test_panel_of_the_raw_files_is_that_of_the_clean_economy(study, engine, taken_in):
    linked = links(study, engine, taken_in.tables)
    tables = {**taken_in.tables, "linkages": engine.scan(linked["linkages"], "linkages")}
    panel = build_panel(study, engine, derive(study, engine, tables))
    clean = generate(3, 1500)
    assert set(linked["not_made"]["table"]) <= {"expert_links", "firm_links"}  # the demo has no links of firms
    for sample in ("all", "leave_out"):
        expected = indicators(clean, sample).rename_axis(["unit", "year"])
        found = panel.values[panel.values["sample"] == sample].set_index(["unit", "year"])[list(expected)]
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_index_type=False, rtol=SUMMED, atol=SUMMED)
    density = panel.density.set_index(["unit", "year"])["density"]
    expected_density = clean.density.set_index(KEY)["density"].rename_axis(["unit", "year"])
    pd.testing.assert_series_equal(density, expected_density, check_index_type=False)
