"""Cells of yearbooks that were taken for something else: raised notes, parts for wholes, units in names, dashes and signs."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from hqd_index.canonical import CANONICAL
from hqd_index.engines import open_engine
from hqd_index.errors import HqdError
from hqd_index.intake import GateError, intake
from hqd_index.intake.cells.coded_text import CodedColumn, code_reader
from hqd_index.intake.meaning.numbers import diagnose
from hqd_index.panel import small_sample_notice

from ..intake.conftest import build
from .test_door_inputs import read

HEAD = "地区,年份,产值(亿元)\n"


def notices(result) -> str:
    return " ".join(notice.text("en") for notice in result.notices)


def workbook(path: Path, cell: object, sheet: str = "s", label: str = "产值(亿元)") -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in (["地区", "年份", label], ["甲", 2019, cell], ["乙", 2019, 7]):
        page.append(row)
    book.save(path)


def test_a_raised_digit_is_a_note_and_no_digit_of_the_number(tmp_path):
    workbook(tmp_path / "a.xlsx", CellRichText("1.5", TextBlock(InlineFont(vertAlign="superscript"), "2")))
    result, values = read(tmp_path, {}, {})
    assert values == [7] and set(result.frames["quarantine"]["value"]) == {"1.5²"}
    workbook(tmp_path / "a.xlsx", CellRichText("1", TextBlock(InlineFont(vertAlign="subscript"), "5")))
    assert read(tmp_path, {}, {})[1] == [7, 15], "a subscript is a digit like others"


def test_a_unit_in_the_name_of_a_sheet_or_file_is_never_ignored(tmp_path):
    workbook(tmp_path / "a.xlsx", 5, sheet="产值(万元)", label="产值")
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {}, {})
    assert caught.value.rule == "W11" and "units: {x: 万元}" in caught.value.en
    assert read(tmp_path, {}, {"units": {"x": "万元"}})[1] == [pytest.approx(7e-4), pytest.approx(5e-4)]
    workbook(tmp_path / "a.xlsx", 5, sheet="产值(万元)")
    assert read(tmp_path, {}, {})[1] == [7, 5], "what the header prints counts first"


def test_a_file_without_a_unit_beside_one_with_the_columns_own_is_reported(tmp_path):
    files = {"a.csv": f"{HEAD}甲,2019,1\n", "a.2.csv": "地区,年份,产值\n甲,2020,2\n"}
    result, values = read(tmp_path, files, {"aliases": {"地区": "region", "年份": "year", "产值(亿元)": "x", "产值": "x"}})
    assert values == [1, 2] and "no unit is printed in a.2.csv, read as 亿元" in notices(result)


def test_percentages_that_look_like_shares_are_reported(tmp_path):
    rows = "地区,年份,产值\n甲,2019,0.12\n乙,2019,0.3\n丙,2019,0.45\n"
    result, values = read(tmp_path, {"a.csv": rows}, {}, unit="%")
    assert values == [0.3, 0.45, 0.12] or sorted(values) == [0.12, 0.3, 0.45]
    assert "every number lies between 0 and 1" in notices(result) and "units: {x: 1}" in notices(result)
    for other in (rows.replace("0.45", "45"), rows.replace("产值", "产值(%)")):
        assert "between 0 and 1" not in notices(read(tmp_path, {"a.csv": other}, {}, unit="%")[0])


@pytest.mark.parametrize(
    ("cell", "unit", "proposed"),
    [("–5", "亿元", "-5"), ("‐5.5", "", "-5.5"), ("¥1,234", "元", "1234"), ("￥-1", "元", None), ("-¥12", "元", "-12"),
     ("RMB 12", "元", "12"), ("¥12", "万元", None), ("5–6", "元", None), ("–", "元", None)],
)  # fmt: skip
def test_a_dash_for_a_minus_and_a_sign_of_money_are_proposed_as_meant(cell, unit, proposed):
    assert diagnose(cell, unit).proposed_number == proposed


@pytest.mark.parametrize(
    ("table", "column", "cell", "code", "rule"),
    [
        ("industry", "province_code", "新疆生产建设兵团", None, "C03"), ("industry", "province_code", "330000", "330000", None),
        ("industry", "province_code", "330100", None, "C03"), ("industry", "province_code", "330106000000", None, "C03"),
        ("industry", "province_code", "Zhejiang Province", "330000", None),
        ("industry", "province_code", "Guangxi Zhuang Autonomous Region", "450000", None),
        ("industry", "province_code", "Jilin City", None, "C03"),
        ("industry", "industry_code", "C2614", None, "E09"), ("industry", "industry_code", "C26", "C26", None),
    ],
)  # fmt: skip
def test_a_part_is_never_read_as_the_whole_it_belongs_to(table, column, cell, code, rule):
    reader = code_reader(CodedColumn(column, CANONICAL[table].columns[column], in_key=True, edition="2017"))
    reading = reader(cell)
    assert (reading.value, reading.rule or None) == (code, rule)
    if cell == "330106000000" or cell == "C2614":  # of a firm: where it lies, what it makes
        firm_reader = code_reader(CodedColumn(column, CANONICAL["firms"].columns[column], in_key=False, edition="2017"))
        assert firm_reader(cell).value in ("330000", "C26")


def test_the_gate_names_a_cell_that_did_not_pass(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "firms.csv").write_text("firm_id,year,revenue,industry_code\n1,2019,abc,C26\n2,2019,5,C26\n", "utf-8")
    study = build()
    with open_engine() as engine, pytest.raises(GateError) as caught:
        intake(study, engine, tmp_path / "data", tmp_path)
    assert 'e.g. row 2 of firms.csv: revenue = "abc" (C01)' in caught.value.en
    assert '例如 firms.csv 第 2 行 revenue = "abc" (C01)' in caught.value.zh


def test_unit_years_without_firms_enough_are_counted():
    values = pd.DataFrame(
        {"sample": ["all"] * 3 + ["leave_out"] * 2, "unit": list("abcab"), "year": 2019, "n_firms": [20, 9, 12, 15, 8]}
    )
    line = small_sample_notice(build(), values)
    assert line is not None and "2 of 3 unit-years have fewer than 10 firms never recognised" in line.en
    assert small_sample_notice(build(), values[values["unit"] == "a"]) is None


def test_damage_inside_a_parquet_file_is_a_refusal_wherever_its_rows_are_read(tmp_path):
    with open_engine() as engine:
        rows = pd.DataFrame({"地区": [f"u{k}" for k in range(3000)], "年份": 2019, "产值": [k * 1.1 for k in range(3000)]})
        engine.write(rows, tmp_path / "a.parquet")
    sound = (tmp_path / "a.parquet").read_bytes()
    refused = 0
    for place in range(60, len(sound) - 400, max(1, len(sound) // 40)):
        damaged = sound[:place] + bytes(byte ^ 0xFF for byte in sound[place : place + 24]) + sound[place + 24 :]
        try:
            read(tmp_path, {"a.parquet": damaged}, {})
        except HqdError as fault:
            refused += 1
            assert fault.exit_code == 3 and "a.parquet" in fault.text("en"), fault.text("en")
    assert refused > 10
