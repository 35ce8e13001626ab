"""repairs.csv accounts for every cell whose value is not as printed: cell texts are compared with values, file by file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hqd_index.engines import Engine, open_engine
from hqd_index.intake import intake, repair_line
from hqd_index.intake.cells.repairs import REPAIR_KINDS, plain_number
from hqd_index.intake.records.row_members import row_places

from ..small import examples
from .conftest import LABEL, build

OPEN = {"gates": {"max_quarantine_share": 1.0}}
COLUMNS = ["firm_id", "year", "industry_code", "ownership", "certified_intl", "disclose_date", "revenue", "employees", "rd_exp"]
HEADERS = ["证券代码", "年份", "行业代码", "所有制", "国际认证", "披露日期", "营业收入({unit})", "员工人数", "研发投入"]
UNITS = ["元", "万元", "亿元"]
CELLS = {
    "firm_id": ["000001", "2", "3.0", "'000004", "000005.SZ", "SZ000006", '="000007"', " 000008", "00 0009", "000010"],
    "year": ["2019", "2019年", "2019.0", "2019年度", "２０１９", "2019-12-31", "43830", "'2019", "2019", "2019"],
    "industry_code": ["C39", "39", "3911", "医药制造业", "制造业-医药制造业", "医药制造业(C27)", "C39"],
    "ownership": ["soe", "国有", "民营", "其他", "private", ""],
    "certified_intl": ["是", "否", "true", "1", "", "—"],
    "disclose_date": ["2020-04-30", "2020年4月30日", "43951", "2020/4/30", "2020年4月", "", "—"],
    "revenue": ["1", "2.50", "0", "1,234", "１２", "—", "", "3e2"],
    "employees": ["10", "1,000", "", "0", "…"],
    "rd_exp": ["1", "0", "—", "无"],
}  # fmt: skip


def as_printed(column: str, text: str, value: Any) -> bool:
    """Whether the value used is what a person reads in the cell."""
    if pd.isna(value):
        return text == ""
    if column in ("revenue", "employees", "rd_exp", "year"):
        try:
            return (
                text.isascii()
                and "," not in text
                and Decimal(text) == Decimal(str(value))
                and (column != "year" or text.isdigit())
            )
        except InvalidOperation:
            return False
    shown = str(value)[:10] if column == "disclose_date" else str(value).lower() if column == "certified_intl" else str(value)
    return text == shown


@settings(max_examples=examples(10), deadline=None)
@given(data=st.data())
def test_every_cell_that_is_not_as_printed_is_counted(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory):
    """Random files of every form that a cell may have; per file and column the cells that differ are the cells counted."""
    folder: Path = tmp_path_factory.mktemp("repairs")
    printed: dict[tuple[str, int], list[str]] = {}
    for name in ("a.csv", "b.csv"):
        unit = data.draw(st.sampled_from(UNITS))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([header.format(unit=unit) for header in HEADERS])
        for place in range(10):
            row = [data.draw(st.sampled_from(CELLS[column])) if column != "firm_id" else "" for column in COLUMNS]
            text = CELLS["firm_id"][place]
            row[0] = text if name == "a.csv" else text.replace("0000", "6000").replace("00 00", "60 00")
            row[0] = row[0] if name == "a.csv" or "6" in row[0][:5] else f"30000{place}"
            writer.writerow(row)
            printed[name, place + 2] = row
        (folder / name).write_text(out.getvalue(), encoding="utf-8")
    source = {
        "path": "*.csv", "table": "firms", "constants": {"industry_version": "2017"}, "aliases": {"证券代码": "firm_id"},
        "pad": {"firm_id": 6}, "parse_separators": True, "zero_is_missing": ["rd_exp"], "values": {"rd_exp": {"无": "5"}},
    }  # fmt: skip
    with open_engine() as engine:
        result = intake(build({"firms": source}, OPEN), engine, folder, folder)
        values = engine.collect(f"SELECT * FROM {result.tables['firms']}")
        files = engine.collect(result.members["row_files"])
    digests = {line["file"] for line in result.frames["ledger"].to_dict("records")}
    assert digests == {"a.csv", "b.csv"}
    expected: Counter[tuple[str, str]] = Counter()
    places = row_places(values["rid"], files)
    for row, file, number in zip(values.to_dict("records"), places["file"], places["row"]):
        for column, text in zip(COLUMNS, printed[file, number]):
            if not as_printed(column, text, row.get(column)):  # type: ignore[attr-defined]
                expected[file, column] += 1
    counted: Counter[tuple[str, str]] = Counter()
    several: Counter[tuple[str, str]] = Counter()  # a separator and a unit in one cell are two repairs of one cell
    for line in result.frames["repairs"].to_dict("records"):
        counted[line["file"], line["column"]] += line["cells"]
        several[line["file"], line["column"]] += line["cells"] if line["kind"] == "separators" else 0
    assert set(counted) == set(expected)
    for place, cells in expected.items():
        assert cells <= counted[place] <= cells + several[place], (place, result.frames["repairs"])


def test_a_file_as_it_should_be_has_no_repairs(folder: Path, engine: Engine):
    text = "企业代码,年份,行业代码,营业收入\n000001,2019,C39,1.50\n000002,2019,C39,+2\n"
    (folder / "data" / "f.csv").write_text(text, encoding="utf-8")
    source = {"path": "f.csv", "table": "firms", "constants": {"industry_version": "2017"}}
    result = intake(build({"firms": source}), engine, folder / "data", folder / "configs")
    assert result.frames["repairs"].empty and repair_line(result.frames["repairs"]) == ""


def test_every_kind_is_named_in_both_languages():
    assert all(label.zh and label.en and label.en.isascii() for label in REPAIR_KINDS.values())
    frame = pd.DataFrame({"kind": ["unit", "code", "unit"], "cells": [3, 1, 2]})
    assert (
        repair_line(frame, "en")
        == "[repairs] 6 cells are used otherwise than printed: units converted 5, names turned into codes 1; see repairs.csv"
    )
    assert repair_line(frame, "zh").startswith("[修整] 6 个单元格") and "单位换算 5" in repair_line(frame, "zh")


def test_each_example_is_a_cell_of_the_file(folder: Path, engine: Engine):
    (folder / "data" / "f.csv").write_text("地区,年份,收入(万元)\n浙江省,2019年,—\n江苏,2019,200\n", encoding="utf-8")
    tables = {
        "t": {"key": ["province_code", "year"], "columns": {"x": {"unit": "亿元", "label": LABEL}, "revenue": {"label": LABEL}}}
    }
    source = {"path": "f.csv", "table": "t", "aliases": {"地区": "province_code", "收入": "x"}, "constants": {"revenue": "1"}}
    result = intake(build({"t": source}, tables=tables), engine, folder / "data", folder / "configs")
    rows = result.frames["repairs"][["column", "kind", "cells", "example_before", "example_after"]]
    assert rows.to_numpy().tolist() == [
        ["province_code", "code", 2, "江苏", "320000"],
        ["x", "missing_mark", 1, "—", ""],
        ["x", "unit", 1, "200 万元", "0.02 亿元"],
        ["year", "written_out", 1, "2019年", "2019"],
    ]


@pytest.mark.parametrize(
    ("cell", "plain"),
    [("0.00015000", "0.00015"), ("10.0", "10"), ("100", "100"), ("0.50", "0.5"), ("1e-50", "1e-50")],
)
def test_zeros_behind_a_fraction_say_nothing(cell: str, plain: str):
    assert plain_number(cell) == plain


FILLED = """省份,年份,行业代码,营收(万元),员工,利润,国有
浙江,2019年,C39,200,12,0,是
,2020,39,1.5,,1.123456789,否
江苏省,43830,C13,0,—,3,是
,2021,C13,300,7,2.5,否
江苏,2022,C13,"1,000",9,12a,
"""
COMMAS = "省份;年份;营收;利润\n上海;2018;1,5;2.000,25\n北京;2018;3;4\n"


def test_every_kind_of_two_files_is_counted_by_file_and_column(folder: Path, engine: Engine):
    """Filled down, replaced, 0 and blank as declared, marks, separators, commas, rounded, converted; each counted by hand."""
    (folder / "data" / "a.csv").write_text(FILLED, encoding="utf-8")
    (folder / "data" / "b.csv").write_text(COMMAS, encoding="utf-8")
    columns = {
        "revenue": {"unit": "亿元", "label": LABEL}, "staff": {"dtype": "integer", "unit": "人", "label": LABEL},
        "profit": {"label": LABEL}, "owned": {"dtype": "flag", "label": LABEL}, "industry": {"dtype": "text", "label": LABEL},
    }  # fmt: skip
    aliases = {
        "省份": "province_code", "年份": "year", "行业代码": "industry", "营收": "revenue", "员工": "staff", "利润": "profit",
        "国有": "owned",
    }  # fmt: skip
    declared = {
        "fill_down": ["province_code"], "zero_is_missing": ["profit"], "blank_is_zero": ["staff"],
        "values": {"profit": {"12a": "12"}}, "parse_separators": True,
    }  # fmt: skip
    sources = {
        "a": {"path": "a.csv", "table": "t", "aliases": aliases, **declared},
        "b": {"path": "b.csv", "table": "t", "aliases": aliases, "decimal": ",", "units": {"revenue": "万元"}},
    }
    tables = {"t": {"key": ["province_code", "year"], "columns": columns}}
    found = intake(build(sources, OPEN, tables=tables), engine, folder / "data", folder / "configs").frames["repairs"]
    shown = found[["file", "column", "kind", "cells", "example_before", "example_after"]].to_numpy().tolist()
    assert shown == [
        ["a.csv", "owned", "flag", 4, "否", "false"],
        ["a.csv", "profit", "rounded", 1, "1.123456789", "1.12345679"],
        ["a.csv", "profit", "values", 1, "12a", "12.00000000"],
        ["a.csv", "profit", "zero_is_missing", 1, "0", ""],
        ["a.csv", "province_code", "code", 5, "江苏", "320000"],
        ["a.csv", "province_code", "filled_down", 2, "", "江苏省"],
        ["a.csv", "revenue", "separators", 1, "1,000", "1000"],
        ["a.csv", "revenue", "unit", 4, "1.5 万元", "0.00015 亿元"],
        ["a.csv", "staff", "blank_is_zero", 1, "", "0"],
        ["a.csv", "staff", "missing_mark", 1, "—", ""],
        ["a.csv", "year", "date_serial", 1, "43830", "2019"],
        ["a.csv", "year", "written_out", 1, "2019年", "2019"],
        ["b.csv", "profit", "decimal_comma", 1, "2.000,25", "2000.25000000"],
        ["b.csv", "province_code", "code", 2, "上海", "310000"],
        ["b.csv", "revenue", "decimal_comma", 1, "1,5", "0.00015000"],
        ["b.csv", "revenue", "unit", 2, "1,5 万元", "0.00015 亿元"],
    ]
