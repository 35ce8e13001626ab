"""Layouts that public sources print: each read by `reshape`, row by row accounted for, or refused with the lines that read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook.defined_name import DefinedName
from ruamel.yaml import YAML

from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake

from ..links.tables import china_42
from .conftest import build

LABEL = {"zh": "某列", "en": "column"}
Rows = list[list[Any]]
COLUMNS = {"x": {"dtype": "number", "unit": "亿元", "label": LABEL}, "y": {"dtype": "number", "unit": "亿元", "label": LABEL}}
REGIONS = {"t": {"key": ["region", "year"], "columns": {"region": {"dtype": "text", "label": LABEL}, **COLUMNS}}}
ALIASES = {"地区": "region"}


def read(folder: Path, engine: Engine, source: dict[str, Any], tables: dict[str, Any] = REGIONS) -> Intake:
    study = build({"a": {"table": "t", "aliases": ALIASES, **source}}, {"gates": {"max_quarantine_share": 1.0}}, tables=tables)
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    return intake(study, engine, folder, folder)


def clean(result: Intake, engine: Engine, *columns: str) -> list[tuple[Any, ...]]:
    order = ", ".join(columns)
    frame = engine.collect(f"SELECT {order} FROM {result.tables['t']} ORDER BY ALL")
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False, name=None)]


def books(result: Intake) -> tuple[int, int, int, int]:
    """Rows in, used, quarantined and out of scope, over all sheets."""
    ledger = result.frames["ledger"]
    first, last = ledger[ledger["stage"] == "read"], ledger[ledger["stage"] == "validate"]
    gone = ledger[["quarantined", "out_of_scope"]].sum()
    counts = int(first["rows_in"].sum()), int(last["used"].sum()), int(gone["quarantined"]), int(gone["out_of_scope"])
    assert counts[0] == sum(counts[1:])
    return counts


def csv(rows: Rows) -> Callable[[Path], None]:
    text = "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
    return lambda folder: (folder / "a.csv").write_text(text, "utf-8")


def workbook(sheets: dict[str, Rows], change: Callable[[openpyxl.Workbook], Any] = lambda book: None) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            page = book.create_sheet(name)
            for row in rows:
                page.append(row)
        change(book)
        book.save(folder / "a.xlsx")

    return write


YEARS: Rows = [["地区", "2019年", "2018年", "2017年"], ["甲", 3.5, 3.3, 2.8], ["乙", 1.4, 1.3, None], ["丙", 3.5, 3.2, 3.0]]
LONG = [("丙", 2017, 3.0), ("丙", 2018, 3.2), ("丙", 2019, 3.5), ("乙", 2017, None), ("乙", 2018, 1.3), ("乙", 2019, 1.4),
        ("甲", 2017, 2.8), ("甲", 2018, 3.3), ("甲", 2019, 3.5)]  # fmt: skip
BAND: Rows = [["表1"], ["单位:亿元"], ["地区", "营业收入", None, "利润总额", None], [None, 2019, 2020, 2019, 2020],
              ["甲", 1, 2, 3, 4], ["乙", 5, 6, 7, 8]]  # fmt: skip
WIDE = [("乙", 2019, 5.0, 7.0), ("乙", 2020, 6.0, 8.0), ("甲", 2019, 1.0, 3.0), ("甲", 2020, 2.0, 4.0)]
ACROSS_YEARS = {"reshape": {"across": ["year"], "value": "x"}, "units": {"x": "亿元"}}
MEASURES = {"营业收入": "x", "利润总额": "y"}


def test_years_as_columns(tmp_path: Path, engine: Engine):
    for write, path in ((csv(YEARS), "a.csv"), (workbook({"甲": YEARS}), "a.xlsx")):
        write(tmp_path)
        result = read(tmp_path, engine, {"path": path, **ACROSS_YEARS})
        assert clean(result, engine, "region", "year", "x") == LONG
        assert books(result) == (3, 3, 0, 0)


def test_a_download_of_the_statistics_bureau(shared: Path, tmp_path: Path, engine: Engine):
    """W01: preamble with the indicator's name and unit, years as columns, three notes."""
    shutil.copy(shared / "cases" / "W01_nbs_wide.csv", tmp_path / "a.csv")
    result = read(tmp_path, engine, {"path": "a.csv", "reshape": {"across": ["year"], "value": "x"}})
    values = clean(result, engine, "region", "year", "x")
    assert len(values) == 9 and ("北京市", 2019, 3.5) in values and ("河北省", 2017, 3.0) in values
    assert books(result) == (6, 3, 0, 3)


def test_measures_over_years(shared: Path, tmp_path: Path, engine: Engine):
    """K14: two header rows, the upper one merged over the lower."""
    shutil.copy(shared / "cases" / "K14_band.xlsx", tmp_path / "a.xlsx")
    reshape = {"across": ["measure", "year"], "columns": MEASURES}
    result = read(tmp_path, engine, {"path": "a.xlsx", "reshape": reshape, "units": {"x": "亿元", "y": "亿元"}})
    assert len(clean(result, engine, "region", "year", "x", "y")) == 12
    rows = openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=5, values_only=True)
    expected = sorted((row[0], year, row[k], row[k + 2]) for row in rows for k, year in ((1, 2019), (2, 2020)))
    made = clean(result, engine, "region", "year", "x", "y")
    assert [row[:2] for row in made] == [row[:2] for row in expected]
    assert [row[2:] for row in made] == [pytest.approx(row[2:]) for row in expected]
    assert books(result)[:3] == (6, 6, 0)


def test_header_rows_that_are_not_merged(tmp_path: Path, engine: Engine):
    csv([[*row, *[None] * (5 - len(row))] for row in BAND])(tmp_path)
    reshape = {"across": ["measure", "year"], "columns": MEASURES}
    result = read(tmp_path, engine, {"path": "a.csv", "reshape": reshape, "units": {"x": "亿元", "y": "亿元"}})
    assert clean(result, engine, "region", "year", "x", "y") == WIDE


def test_measures_in_rows_and_years_as_columns(tmp_path: Path, engine: Engine):
    rows: Rows = [["地区", "指标", "单位", "2019年", "2020年"], ["甲", "营业收入", "亿元", 1, 2],
                  ["甲", "利润总额", "亿元", 3, 4], ["乙", "营业收入", "亿元", 5, 6], ["乙", "利润总额", "亿元", 7, 8],
                  ["乙", "企业单位数", "个", 9, 9]]  # fmt: skip
    csv(rows)(tmp_path)
    reshape = {"across": ["year"], "names": "指标", "units": "单位", "columns": MEASURES}
    result = read(tmp_path, engine, {"path": "a.csv", "reshape": reshape})
    assert clean(result, engine, "region", "year", "x", "y") == WIDE
    assert books(result) == (5, 4, 0, 1)


def test_units_as_columns(tmp_path: Path, engine: Engine):
    rows: Rows = [["年份", "甲", "乙", "合计"], [2019, 1, 5, 6], [2020, 2, "缺", 8]]
    csv(rows)(tmp_path)
    result = read(tmp_path, engine, {"path": "a.csv", "reshape": {"across": ["region"], "value": "x"}})
    assert clean(result, engine, "region", "year", "x") == [("乙", 2019, 5.0), ("甲", 2019, 1.0), ("甲", 2020, 2.0)]
    assert result.frames["quarantine"][["rule", "row", "value"]].to_numpy().tolist() == [["C09", 3, "缺"]]
    assert books(result) == (2, 2, 0, 0)


def test_cities_over_years(tmp_path: Path, engine: Engine):
    rows: Rows = [["指标", "甲", None, "乙", None], [None, "2019", "2020", "2019", "2020"], ["营业收入", 1, 2, 5, 6],
                  ["利润总额", 3, 4, 7, 8]]  # fmt: skip
    merge = lambda book: (book.worksheets[0].merge_cells("B1:C1"), book.worksheets[0].merge_cells("D1:E1"))  # noqa: E731
    workbook({"一": rows}, merge)(tmp_path)
    reshape = {"across": ["region", "year"], "names": "指标", "columns": MEASURES}
    result = read(tmp_path, engine, {"path": "a.xlsx", "reshape": reshape})
    assert clean(result, engine, "region", "year", "x", "y") == WIDE


def test_a_sheet_for_each_year(tmp_path: Path, engine: Engine):
    sheets: dict[str, Rows] = {f"{year}年": [["地区", "x"], ["甲", year - 2018], ["乙", None]] for year in (2019, 2020)}
    workbook(sheets)(tmp_path)
    result = read(tmp_path, engine, {"path": "a.xlsx", "sheet": "*", "sheet_is": "year"})
    assert clean(result, engine, "region", "year", "x") == [
        ("乙", 2019, None), ("乙", 2020, None), ("甲", 2019, 1.0), ("甲", 2020, 2.0),
    ]  # fmt: skip
    assert books(result) == (4, 4, 0, 0)
    assert result.frames["ledger"]["sheet"].unique().tolist() == ["2019年", "2020年"]


def test_a_file_for_each_year(tmp_path: Path, engine: Engine):
    for year in (2019, 2020):
        (tmp_path / f"表{year}.csv").write_text(f"地区,x\n甲,{year - 2018}\n", "utf-8")
    result = read(tmp_path, engine, {"path": "表*.csv", "sheet_is": "year"})
    assert clean(result, engine, "region", "year", "x") == [("甲", 2019, 1.0), ("甲", 2020, 2.0)]


def test_a_list_in_two_blocks(tmp_path: Path, engine: Engine):
    rows: Rows = [["某名单", None, None, None, None, None], ["序号", "地区", "x", "序号", "地区", "x"], [1, "甲", 1, 3, "丙", 3],
                  [2, "乙", 2, None, None, None]]  # fmt: skip
    for write, path in ((csv(rows), "a.csv"), (workbook({"一": rows}), "a.xlsx")):
        write(tmp_path)
        source = {"path": path, "reshape": {"side_by_side": True}, "constants": {"year": "2019"}}
        result = read(tmp_path, engine, source)
        assert clean(result, engine, "region", "x") == [("丙", 3.0), ("乙", 2.0), ("甲", 1.0)]
        assert books(result) == (2, 2, 0, 0)


def test_a_turned_table(tmp_path: Path, engine: Engine):
    rows: Rows = [["年份", 2019, 2020], ["地区", "甲", "甲"], ["x", 1, 2], ["备注", "a", "b"]]
    csv(rows)(tmp_path)
    result = read(tmp_path, engine, {"path": "a.csv", "reshape": {"transpose": True}})
    assert clean(result, engine, "region", "year", "x") == [("甲", 2019, 1.0), ("甲", 2020, 2.0)]
    assert books(result)[2] == 0


def test_one_of_several_tables_of_a_sheet(tmp_path: Path, engine: Engine):
    rows: Rows = [["表一"], ["地区", "年份", "x"], ["甲", 2019, 1], [], ["表二"], [None, "地区", "年份", "x"], 
                  [None, "乙", 2019, 2], [None, "丙", 2019, 3]]  # fmt: skip
    name = lambda book: book.defined_names.add(DefinedName("表二", attr_text="'一'!$B$6:$D$8"))  # noqa: E731
    workbook({"一": rows, "二": [["x"]]}, name)(tmp_path)
    for block in ("B6:D8", "表二"):
        result = read(tmp_path, engine, {"path": "a.xlsx", "sheet": "一", "block": block})
        assert clean(result, engine, "region", "x") == [("丙", 3.0), ("乙", 2.0)]
        assert books(result) == (2, 2, 0, 0)


def test_an_input_output_matrix_with_its_subtotals(shared: Path, tmp_path: Path, engine: Engine):
    """A real table in non-competitive form against the same made long by another hand."""
    shutil.copy(shared / "data" / "cn_io_tables" / "china_2018_42.csv.gz", tmp_path / "io.csv.gz")
    columns = {name: {"dtype": "text", "label": LABEL} for name in ("from_code", "to_code", "use", "origin")}
    tables = {"t": {"key": ["year", "from_code", "to_code", "use", "origin"], "columns": {**columns, "x": COLUMNS["x"]}}}
    final = {"TC": "final_cons", "FU201": "gfcf", "FU202": "inventory", "EX": "export"}
    source = {
        "path": "io.csv.gz", "aliases": {"Code": "from_code", "Origin": "origin"}, "constants": {"year": "2018"},
        "values": {"origin": {"Domestic": "domestic", "Imports": "imported"}},
        "reshape": {"across": ["to_code"], "value": "x", "skip": ["TIU", "TFU", "GO", "Description", "DescriptionInChinese"],
                    "also": {"*": {"use": "intermediate"}, **{code: {"use": use} for code, use in final.items()}}},
        "out_of_scope": [{"when": "origin = 'TOT'", "reason": LABEL}],
    }  # fmt: skip
    result = read(tmp_path, engine, source, tables)
    made = engine.collect(f'SELECT from_code, to_code, "use", origin, x FROM {result.tables["t"]} ORDER BY ALL')
    wanted = china_42(shared, 2018).rename(columns={"value": "x"}).sort_values(["from_code", "to_code", "use", "origin"])
    assert len(made) == len(wanted) == 84 * 46
    assert made["x"].to_numpy() == pytest.approx(wanted["x"].to_numpy(), rel=1e-9, abs=1e-6)
    assert books(result) == (91, 84, 0, 7)


def test_a_bad_cell_costs_its_record_and_the_row_only_when_all_are_lost(tmp_path: Path, engine: Engine):
    csv([["地区", "2019", "2020"], ["甲", 1, "x"], ["乙", "y", "z"], ["", 1, 2]])(tmp_path)
    result = read(tmp_path, engine, {"path": "a.csv", **ACROSS_YEARS})
    assert clean(result, engine, "region", "year", "x") == [("甲", 2019, 1.0)]
    assert result.frames["quarantine"]["row"].tolist() == [2, 3, 3, 4, 4]
    assert books(result) == (3, 1, 2, 0)
    assert sorted(result.raw_rows["row"]) == [3, 4]


def test_a_line_of_another_width_is_set_aside(tmp_path: Path, engine: Engine):
    (tmp_path / "a.csv").write_text("地区,2019,2020\n甲,1,2\n乙,1\n丙,3,4,5\n注:a\n", "utf-8")
    result = read(tmp_path, engine, {"path": "a.csv", **ACROSS_YEARS})
    assert clean(result, engine, "region", "year", "x") == [("甲", 2019, 1.0), ("甲", 2020, 2.0)]
    assert books(result) == (4, 1, 2, 1)


def test_a_reshape_that_does_not_fit_is_named(tmp_path: Path, engine: Engine):
    csv([["地区", "x"], ["甲", 1]])(tmp_path)
    for reshape, part in (({"across": ["year"], "value": "x"}, "across: [year]"), ({"side_by_side": True}, "side_by_side")):
        with pytest.raises(HqdError) as caught:
            read(tmp_path, engine, {"path": "a.csv", "reshape": reshape})
        assert (caught.value.rule, caught.value.exit_code) == ("S06", 3) and part in caught.value.text("en")


SIDE: Rows = [["序号", "地区", "x", "序号", "地区", "x"], [1, "甲", 1, 3, "丙", 3], [2, "乙", 2, None, None, None]]
PRINTED = {"region": "地区", "x": "营业收入", "y": "利润总额"}
NAMED_COLUMNS = {
    name: {"dtype": "text" if name == "region" else "number", "label": {"zh": zh, "en": name}} for name, zh in PRINTED.items()
}
NAMED = {"t": {"key": ["region", "year"], "columns": NAMED_COLUMNS}}
ONE = {"t": {"key": ["region", "year"], "columns": {name: NAMED_COLUMNS[name] for name in ("region", "x")}}}
UNDECLARED: list[tuple[str, Rows, dict[str, Any], tuple[str, ...]]] = [
    ("years as columns", YEARS, ONE, ("across: [year]", "value: x")),
    ("two header rows", [row + [None] * (5 - len(row)) for row in BAND[2:]], NAMED,
     ("across: [measure, year]", "columns: {营业收入: x, 利润总额: y}")),
    ("measures in rows over years", [["地区", "指标", "2019", "2020"], ["甲", "营业收入", 1, 2], ["甲", "利润总额", 3, 4]], NAMED,
     ("across: [year]", "names: 指标", "columns: {营业收入: x, 利润总额: y}")),
    ("measures in rows", [["地区", "年份", "指标", "数值"], ["甲", 2019, "营业收入", 1], ["甲", 2019, "利润总额", 3]], NAMED,
     ("names: 指标", "values: 数值", "columns: {营业收入: x, 利润总额: y}")),
    ("side by side", SIDE, ONE, ("side_by_side: true",)),
    ("turned", [["地区", "甲", "乙"], ["年份", 2019, 2019], ["营业收入", 1, 2]], ONE, ("transpose: true",)),
]  # fmt: skip


def test_years_below_a_header_are_cells_and_no_layout(tmp_path: Path, engine: Engine):
    """A row of a firm file holds its year and the year of founding: the refusal of a missing column proposes no reshape."""
    csv([["地区", "年份", "成立年份"], ["甲", 2012, 2005], ["乙", 2012, 2006]])(tmp_path)
    with pytest.raises(HqdError) as caught:
        read(tmp_path, engine, {"path": "a.csv"}, ONE)
    assert caught.value.rule == "S06" and "reshape" not in caught.value.text("zh")


@pytest.mark.parametrize("case", UNDECLARED, ids=[case[0] for case in UNDECLARED])
@pytest.mark.parametrize("path", ["a.csv", "a.xlsx"])
def test_a_layout_that_is_not_declared_is_refused_with_the_lines_that_read_it(
    tmp_path: Path, engine: Engine, path: str, case: tuple[str, Rows, dict[str, Any], tuple[str, ...]]
):
    _, rows, tables, lines = case
    (csv(rows) if path == "a.csv" else workbook({"一": rows}))(tmp_path)
    with pytest.raises(HqdError) as caught:
        read(tmp_path, engine, {"path": path}, tables)
    assert caught.value.exit_code == 3
    for language in ("zh", "en"):
        assert all(line in caught.value.text(language) for line in lines), caught.value.text(language)
    text = caught.value.en.rpartition("sources.yaml:\n")[2]
    declared = YAML(typ="safe").load(text)
    if "across" in declared["reshape"] or "transpose" in declared["reshape"]:
        assert books(read(tmp_path, engine, {"path": path, **declared}, tables))[2] == 0


def test_sheets_named_by_years_are_told(tmp_path: Path, engine: Engine):
    workbook({"2019年": [["地区", "x"], ["甲", 1]], "2020年": [["地区", "x"], ["甲", 1]]})(tmp_path)
    with pytest.raises(HqdError) as caught:
        read(tmp_path, engine, {"path": "a.xlsx"})
    assert caught.value.rule == "S08" and "sheet_is: year" in caught.value.text("en")


def test_two_merged_header_rows_are_told_before_their_merged_cells(shared: Path, tmp_path: Path, engine: Engine):
    shutil.copy(shared / "cases" / "K14_band.xlsx", tmp_path / "a.xlsx")
    with pytest.raises(HqdError) as caught:
        read(tmp_path, engine, {"path": "a.xlsx"}, NAMED)
    assert "across: [measure, year]" in caught.value.text("en") and "columns: {营业收入: x, 利润总额: y}" in caught.value.text(
        "zh"
    )


def test_a_merged_column_that_nobody_reads_does_not_stop_the_run(shared: Path, tmp_path: Path, engine: Engine):
    """Q17; a key column that is merged downwards may be filled."""
    shutil.copy(shared / "cases" / "Q17_merged_unused.xlsx", tmp_path / "a.xlsx")
    result = read(tmp_path, engine, {"path": "a.xlsx"})
    assert clean(result, engine, "region", "year", "x") == [("丁", 2019, 3), ("丙", 2019, 2), ("乙", 2019, 1), ("甲", 2019, 0)]
    rows: Rows = [["地区", "年份", "x"], ["甲", 2019, 1], [None, 2020, 2], ["乙", 2019, 3]]
    workbook({"一": rows}, lambda book: book.worksheets[0].merge_cells("A2:A3"))(tmp_path)
    with pytest.raises(HqdError) as caught:
        read(tmp_path, engine, {"path": "a.xlsx"})
    assert caught.value.rule == "S08" and "A2:A3" in caught.value.text("en") and "fill_down" in caught.value.text("en")
    result = read(tmp_path, engine, {"path": "a.xlsx", "fill_down": ["region"]})
    assert clean(result, engine, "region", "year", "x") == [("乙", 2019, 3), ("甲", 2019, 1), ("甲", 2020, 2)]
