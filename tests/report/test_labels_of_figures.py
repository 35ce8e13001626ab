"""A number is called what it is: ends of an interval, firms too few to be told, suppliers beyond manufacturing, rules."""

from __future__ import annotations

import pandas as pd

from hqd_index.report.grids.data_grids import rules
from hqd_index.report.grids.index_grids import ranking
from hqd_index.report.page.unit_sheets import unit_sheets
from hqd_index.report.results import Results

from .conftest import MANIFEST, UNITS, YEARS, study


def with_tables(tables: dict[str, pd.DataFrame], **changed: pd.DataFrame) -> Results:
    return Results(study(), {**tables, **changed}, MANIFEST)


def test_the_ends_of_an_interval_of_ranks_are_not_the_best_and_worst_rank(tables):
    ranks = pd.DataFrame({"unit": list(UNITS), "year": YEARS[-1], "low": 1, "high": len(UNITS)})
    drawn_headers = [column.title.zh for column in ranking(with_tables(tables, ranks=ranks)).columns]
    assert {"名次 90% 区间起", "名次 90% 区间止"} <= set(drawn_headers) and "最好名次" not in drawn_headers
    scenario_headers = [column.title.en for column in ranking(with_tables(tables, ranks=ranks.iloc[:0])).columns]
    assert {"Best rank", "Worst rank"} <= set(scenario_headers)


def test_a_rule_whose_rows_differ_is_shown_with_what_it_says_in_general(tables):
    quarantine = tables["quarantine"].iloc[[0, 0]].assign(rule="E01", expected_zh=["第 5 行", "第 9 行"])
    [row] = rules(with_tables(tables, quarantine=quarantine)).rows
    assert row[4].zh == "每个主键只有一行"
    [row] = rules(with_tables(tables, quarantine=quarantine.assign(expected_zh="第 5 行"))).rows
    assert row[4].zh == "第 5 行"


def test_every_mode_of_a_unit_is_on_its_sheet_hidden_or_not(tables):
    unit = next(iter(UNITS))
    rows = pd.DataFrame({"version": "base", "unit": unit, "year": YEARS[-1], "mode": ["mixed", "tech_safety", "tech_efficiency"]})
    rows = rows.assign(n_srdi=[None, 4, 0], share=[None, 0.562, 0.0])
    sheets = unit_sheets(with_tables(tables, mode_densities=rows), None)
    [sheet] = [sheet for sheet in sheets if sheet.unit == unit]
    shown = {label.zh: text.zh for label, text in sheet.firms}
    assert shown["居中"] == "1 家以上，不足 3 家"
    assert "4 家，占收入 56%" in shown.values() and "0" in shown.values()


def test_a_supplier_beyond_manufacturing_has_its_name_on_the_sheet(tables):
    beyond = {"supplier": "I65", "supplier_zh": "软件和信息技术服务业", "supplier_en": "Software", "share": 0.036}
    buyer = {"sector": next(iter(UNITS)), "sector_zh": "甲", "sector_en": "a", "year": YEARS[-1]}
    inputs = pd.DataFrame([buyer | beyond])
    [sheet] = [sheet for sheet in unit_sheets(with_tables(tables, main_inputs=inputs), None) if sheet.suppliers]
    assert [name.zh for name in sheet.suppliers] == ["软件和信息技术服务业 3.6%"]
