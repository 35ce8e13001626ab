"""Inputs after real statistical files: each is read as its author meant it, or stops with what was printed and the mend."""

from __future__ import annotations

import io
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.engines import open_engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake
from hqd_index.intake.meaning.header_years import measure_and_year
from hqd_index.intake.read import stata_spss

from ..intake.conftest import LABEL, build

ALIASES = {"地区": "region", "年份": "year", "产值": "x", "利润": "y"}


def read(
    folder: Path, files: dict[str, str | bytes], source: dict[str, Any], unit: str = "亿元", by: str = "region"
) -> tuple[Intake, list[Any]]:
    """The intake of a table of regions and years with `x` and `y` in a unit, and its values of `x` in the order of its rows."""
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = {"region": {"dtype": "text", "label": LABEL}}
    columns |= {name: {"dtype": "number", "unit": unit, "label": LABEL} for name in ("x", "y")}
    tables = {"t": {"key": ["region", "year"], "columns": columns}}
    study = build(
        {"a": {"path": "a.*", "table": "t", "aliases": ALIASES, **source}},
        {"gates": {"max_quarantine_share": 1.0}},
        tables=tables,
        study={"unit": {"by": [by], "names": "code"}},
    )
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    with open_engine() as engine:
        result = intake(study, engine, folder, folder)
        return result, engine.collect(f"SELECT x FROM {result.tables['t']} ORDER BY year, region")["x"].tolist()


# label of the column, its unit in the study, what 10000 under the label is in it; None: W11 stops the run
LABELS: list[tuple[str, str, float | None]] = [
    ("产值（千元）", "亿元", 0.1), ("产值(1000 yuan)", "亿元", 0.1), ("产值(RMB'000)", "亿元", 0.1),
    ("产值(K RMB)", "亿元", 0.1),
    ("产值(M RMB)", "亿元", 100), ("产值, 100 million yuan", "亿元", 1e4), ("产值﹝万元﹞", "亿元", 1),
    ("产值（十亿元）", "亿元", 1e5),
    ("产值_wanyuan", "亿元", 1), ("產值(萬元)", "亿元", 1), ("产值(億圓)", "亿元", 1e4), ("产值（10⁴元）", "亿元", 1),
    ("产值(10^4元)", "亿元", 1), ("产值(1e4元)", "亿元", 1), ("产值(10 000 yuan)", "亿元", 1),
    ("产值（2015年价，亿元）", "亿元", 1e4),
    ("产值(yuan,10000)", "亿元", None), ("产值(单位:万元,%)", "亿元", None), ("产值（元/人）", "亿元", None),
    ("产值(百万美元)", "亿元", None), ("产值(￥万)", "亿元", None), ("产值（M）", "亿元", None),
    ("产值 万元／年", "亿元", None),
    ("产值（人•年）", "人年", 1e4), ("产值（万人·年）", "人年", 1e8), ("产值(位)", "人", 1e4),
    ("产值(10000 persons)", "人", 1e8),
    ("产值（万千瓦·时）", "千瓦时", 1e8), ("产值(TWh)", "亿千瓦时", 1e5), ("产值(亿度)", "亿千瓦时", 1e4),
    ("产值(kt CO₂)", "万吨", 1e3), ("产值(百万吨CO2)", "万吨", 1e6), ("产值（千克标准煤/万元）", "吨标煤/万元", 10),
    ("产值（‰）", "%", 1e3), ("产值（个百分点）", "%", 1e4), ("产值(小数)", "%", 1e6), ("产值（件/百万人）", "件/万人", 100),
    ("产值（元／人）", "万元/人", 1), ("产值（千公顷）", "公顷", 1e7), ("产值（万亩）", "公顷", None),
    ("产值（亿元）（100 million yuan）", "亿元", 1e4), ("产值（亿卢布）", "亿元", None), ("产值（元/(人·年)）", "万元/人年",
     1), ("产值（元/人/年）", "万元/人·年", 1),
    ("产值（元/㎡·月）", "万元/平方米·月", 1), ("产值（kg/(公顷·年)）", "吨/公顷·年", 10), ("产值（元/人·年）", "万元/人",
     None),
    ("产值（上年＝100）", "上年=100", 1e4), ("产值(2015=100)", "上年=100", None),
]  # fmt: skip


def test_units_of_a_label(tmp_path: Path):
    """A column for each label, in the unit that the study has for it."""
    known = {f"x{place}": case for place, case in enumerate(LABELS) if case[2] is not None}
    header = ",".join(f'"{label}"' for label, *_ in known.values())
    (tmp_path / "a.csv").write_text(f"地区,年份,{header}\n甲,2019{',10000' * len(known)}\n", "utf-8")
    columns: dict[str, Any] = {"region": {"dtype": "text", "label": LABEL}}
    columns |= {name: {"dtype": "number", "unit": unit, "label": LABEL} for name, (_, unit, _) in known.items()}
    aliases = {"地区": "region", "年份": "year"} | {label: name for name, (label, *_) in known.items()}
    study = build(
        {"a": {"path": "a.csv", "table": "t", "aliases": aliases}},
        tables={"t": {"key": ["region", "year"], "columns": columns}},
        study={"unit": {"by": ["region"], "names": "code"}},
    )
    formula = " + ".join(f"sum({name})" for name in known)  # what no formula names is not read
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": formula})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    with open_engine() as engine:
        (row,) = engine.collect(intake(study, engine, tmp_path, tmp_path).tables["t"]).to_dict("records")
    values = {label: (unit, row[name]) for name, (label, unit, _) in known.items()}
    assert values == {label: (unit, pytest.approx(value)) for label, unit, value in known.values()}


UNKNOWN_LABELS = [(label, unit) for label, unit, value in LABELS if value is None]


@pytest.mark.parametrize(("label", "unit"), UNKNOWN_LABELS, ids=[label for label, _ in UNKNOWN_LABELS])
def test_a_unit_of_a_label_that_is_not_understood_stops(tmp_path: Path, label: str, unit: str):
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": f'地区,年份,"{label}"\n甲,2019,10000\n'}, {"aliases": {**ALIASES, label: "x"}}, unit)
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3)
    assert all("units" in caught.value.text(language) and "a.csv" in caught.value.text(language) for language in ("zh", "en"))


# lines above the header, lines between header and data, lines below the data, and what 10000 is in 亿元; None: W11
LINES: list[tuple[str, str, str, float | None]] = [
    ("单位 万元", "", "", 1), ("单位：万元（当年价格）", "", "", 1), ("单位：万元  Unit: 10 000 yuan", "", "", 1),
    ("（除特别注明外，金额单位为人民币万元）", "", "", 1), ("金额以万元计", "", "", 1), ("單位：萬元", "", "", 1),
    ("(10 000 yuan)", "", "", 1), ("In millions of RMB", "", "", 100), ("单位：亿元、万人", "", "", 1e4),
    ("表1 各地区产值 单位:万元", "", "", 1), ("单位：元,,单位：万元", "", "", None), ("单位：千美元", "", "", None),
    ("主要指标 万元口径", "", "", None), ("2022年亿元以上商品交易市场", "", "", 1e4),
    ("", "单位：万元", "", 1), ("", ",,（万元）", "", 1), ("", "-,-,万元", "", 1), ("", ",,%", "", None),
    ("", "", "单位：万元", None), ("", "", "注：产值单位为万元", None), ("", "", "注:金额以万元计", None),
    ("", "", "单位：亿元", 1e4),
    ("", "", "注：规模以上指年主营业务收入2000万元及以上的企业", 1e4),
]  # fmt: skip


@pytest.mark.parametrize(("above", "between", "below", "value"), LINES, ids=[" | ".join(line[:3]) for line in LINES])
def test_units_in_the_lines_around_a_table(tmp_path: Path, above: str, between: str, below: str, value: float | None):
    lines = [above, "地区,年份,产值", between, "甲,2019,10000", below]
    text = "\n".join(line + "," * (2 - line.count(",")) for line in lines if line) + "\n"
    if value is not None:
        assert read(tmp_path, {"a.csv": text}, {})[1] == [pytest.approx(value)]
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": text}, {})
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3) and "units" in caught.value.en
    assert read(tmp_path, {"a.csv": text}, {"units": {"x": "万元"}})[1] == [1]


def test_a_column_of_units_holds_for_the_table_or_stops(tmp_path: Path):
    one = "地区,年份,产值,单位\n甲,2019,10000,万元\n乙,2019,20000,万元\n"
    assert read(tmp_path, {"a.csv": one}, {})[1] == [2, 1]
    for unit in ("亿元", ""):  # a column without a unit of its own cannot hold two either
        with pytest.raises(HqdError) as caught:
            read(tmp_path, {"a.csv": one.replace("20000,万元", "2,亿元")}, {}, unit)
        assert caught.value.rule == "W11" and all(part in caught.value.zh for part in ("万元", "亿元"))
        assert "units: {x:" not in caught.value.en  # one unit for all would misread the rows in the other


def workbook(sheets: dict[str, list[list[Any]]], formats: dict[str, str]) -> bytes:
    """A workbook with the number formats of some cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
        for cell, code in formats.items():
            page[cell].number_format = code
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# format of a stored 12500 under a label, what it is in 亿元; None: the run stops
FORMATS: list[tuple[str, str, float | None]] = [
    ("0.00,,\"百万\"", "产值", 0.000125), ("#,##0\"万元\"", "产值", 1.25), ("0!.0,\"万元\"", "产值", 0.000125),
    ("\"¥\"#,##0.00", "产值", 0.000125), ("\"¥\"#,##0.00", "产值(万元)", 1.25), ("[$$-409]#,##0", "产值", None),
    ("\"US$\"0", "产值", None), ("[$€-2] 0.00", "产值", None), ("#,##0,\"K\"", "产值", 0.000125), ("0.00%", "产值", None),
    ("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", "产值", 12500), ("0\"年\"", "产值", 12500),
]  # fmt: skip


@pytest.mark.parametrize(("code", "label", "value"), FORMATS, ids=[f"{code} {label}" for code, label, _ in FORMATS])
def test_units_and_currencies_of_number_formats(tmp_path: Path, code: str, label: str, value: float | None):
    """U5: what the sheet shows."""
    content = workbook({"一": [["地区", "年份", label], ["甲", 2019, 12500], ["乙", 2019, 12500]]}, {"C2": code, "C3": code})
    if value is not None:
        assert read(tmp_path, {"a.xlsx": content}, {})[1] == [pytest.approx(value)] * 2
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.xlsx": content}, {})
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3)


def test_a_sheet_without_a_unit_beside_one_with_stops(tmp_path: Path):
    sheets: dict[str, list[list[Any]]] = {
        "2019": [["地区", "产值(万元)"], ["甲", 10000]],
        "2020": [["地区", "产值"], ["甲", 20000]],
    }
    source = {"sheet": "*", "sheet_is": "year"}
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.xlsx": workbook(sheets, {})}, source)
    assert caught.value.rule == "W11" and "[2020]" in caught.value.en and "units: {x: 万元}" in caught.value.en
    assert read(tmp_path, {"a.xlsx": workbook(sheets, {})}, {**source, "units": {"x": "万元"}})[1] == [1, 2]


# rows below "地区,年份,产值" / 甲 2019 1 that are no data: (rows, their number that is out of scope, rules of the others)
OTHER_ROWS: list[tuple[list[str], int, list[str]]] = [
    (["小计,2019,9", "平均,2019,9", "合 计,2019,9", "Subtotal,2019,9"], 4, []),
    (["地区,年份,产值", "乙,2019,2"], 1, []), (["续表1,,", "地区,年份,产值", "乙,2019,2"], 2, []),
    (["其中：丙,2019,3"], 0, ["C03"]), ([",,9"], 0, ["C04"]), (["注：1.某某,,", "2. 某某,,", "资料来源：某局,,"], 3, []),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "out", "rules"), OTHER_ROWS, ids=[" / ".join(rows) for rows, *_ in OTHER_ROWS])
def test_rows_that_are_no_data(tmp_path: Path, rows: list[str], out: int, rules: list[str]):
    result, values = read(tmp_path, {"a.csv": "\n".join(["地区,年份,产值", "甲,2019,1", *rows]) + "\n"}, {})
    ledger, errors = result.frames["ledger"], result.frames["quarantine"].query("severity == 'error'")
    assert ledger["out_of_scope"].sum() == out and sorted(set(errors["rule"])) == rules and 9 not in values and 3 not in values


def test_a_repeated_header_of_a_spread_sheet_is_no_unit(tmp_path: Path):
    text = "地区,2019,2020\n甲,1,2\n地区,2019,2020\n乙,3,4\n"
    result, values = read(tmp_path, {"a.csv": text}, {"reshape": {"across": ["year"], "value": "x"}})
    assert values == [3, 1, 4, 2] and result.frames["ledger"]["out_of_scope"].sum() == 1


YEARS = {
    "2019年": "2019", "2019年末": "2019", "20191231": "2019", "31/12/2019": "2019", "December 31, 2019": "2019",
     "43830": "2019",
    "FY2019": "2019", "2019A": "2019", "二零一九": "2019", "19": None, "2018-2019": None, "20190": None, "20454": None,
    "2018/19": None, "民国108年": "2019", "2019E": None, "2019*": None, "1905-07-11": None, "2019/6/30": None, "2,019": None,
}  # fmt: skip


def test_years(tmp_path: Path):
    """A text is its year or is refused; a proposal never names another year."""
    rows = [f'某地{place},"{text}",{place}' for place, text in enumerate(YEARS)]
    result, values = read(tmp_path, {"a.csv": "\n".join(["地区,年份,产值", *rows]) + "\n"}, {})
    found = result.frames["quarantine"]
    refused = {text for text, year in YEARS.items() if year is None}
    assert {text for place, text in enumerate(YEARS) if place not in values} == refused and len(values) == len(YEARS) - len(
        refused
    )
    assert {list(YEARS)[row - 2] for row in found["row"]} == refused and set(found["rule"]) == {"C01"}
    assert not found["expected_en"].str.contains(r"19\d\d|204\d|2018").any()


ACROSS = {"reshape": {"across": ["year"], "value": "x"}}


@pytest.mark.parametrize(
    ("labels", "formats", "values"),
    [
        (["地区", 2019, 2020], {"B2": '0"万元"', "B3": '0"万元"', "C2": '0"万元"', "C3": '0"万元"'}, [3e-4, 1e-4, 4e-4, 2e-4]),
        (["地区", 2019, 2020], {"B2": '0"万元"', "B3": '0"万元"', "C2": '0"亿元"', "C3": '0"亿元"'}, None),
        (["地区", "2019年(万元)", "2020年(亿元)"], {}, None),
        (["地区", "2019年(万元)", "2020年(万元)"], {}, [3e-4, 1e-4, 4e-4, 2e-4]),
    ],
)
def test_units_of_years_as_columns(tmp_path: Path, labels: list[Any], formats: dict[str, str], values: list[float] | None):
    """A unit that the format of the numbers prints counts there too; years in several units stop the run."""
    content = workbook({"一": [labels, ["甲", 1, 2], ["乙", 3, 4]]}, formats)
    if values is not None:
        assert read(tmp_path, {"a.xlsx": content}, ACROSS)[1] == pytest.approx(values)
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.xlsx": content}, ACROSS)
    assert caught.value.rule == "W11" and all(unit in caught.value.zh for unit in ("万元", "亿元"))


def test_a_turned_table_is_read_in_the_units_of_its_formats(tmp_path: Path):
    rows = [["地区", "甲", "乙"], ["年份", 2019, 2019], ["产值", 1, 2]]
    content = workbook({"一": rows}, {"B3": '0"万元"', "C3": '0"万元"'})
    assert read(tmp_path, {"a.xlsx": content}, {"reshape": {"transpose": True}})[1] == pytest.approx([2e-4, 1e-4])


def test_a_row_of_blanks_under_years_is_used_and_a_note_is_not(tmp_path: Path):
    text = "地区,2019,2020\n甲,1,2\n乙,,\n丙,3,\n丁,,\n注：某某,,\n2.某某,,\n,,\n"
    result, values = read(tmp_path, {"a.csv": text}, ACROSS)
    ledger = result.frames["ledger"]
    assert len(values) == 8 and ledger["used"].iloc[-1] == 4 and ledger["quarantined"].sum() == 0
    assert ledger["out_of_scope"].sum() == 3 and "note=2" in ledger["reason"].iloc[0]


@pytest.mark.parametrize("merged", [False, True])
def test_repairs_of_a_spread_sheet_count_its_cells(tmp_path: Path, merged: bool):
    """A key stands once in its row however many years are beside it; blanks filled down are counted, merged or not."""
    rows = [["年份", "丙(万元)", "丁(万元)"], ["2019年", 1, 2], ["2020", 3, 4]]
    result, _ = read(tmp_path, {"a.xlsx": workbook({"一": rows}, {})}, {"reshape": {"across": ["region"], "value": "x"}})
    assert result.frames["repairs"][["column", "kind", "cells"]].to_numpy().tolist() == [
        ["x", "unit", 4],
        ["year", "written_out", 1],
    ]
    book = openpyxl.load_workbook(
        io.BytesIO(workbook({"一": [["地区", "类", 2019, 2020], ["甲", "a", 1, 2], [None, "b", 3, 4]]}, {}))
    )
    if merged:
        book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    columns = {name: {"dtype": "text", "label": LABEL} for name in ("region", "kind")}
    tables = {"t": {"key": ["region", "kind", "year"], "columns": {**columns, "x": {"dtype": "number", "label": LABEL}}}}
    source = {"path": "a.xlsx", "table": "t", "aliases": {"地区": "region", "类": "kind"}, "fill_down": ["region"], **ACROSS}
    study = build({"a": source}, tables=tables, study={"unit": {"by": ["region"], "names": "code"}})
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    with open_engine() as engine:
        repairs = intake(study, engine, tmp_path, tmp_path).frames["repairs"]
    assert repairs[["column", "kind", "cells", "example_after"]].to_numpy().tolist() == [["region", "filled_down", 1, "甲"]]


HEADER = ["地区", "年份", "产值"]
# rows of a sheet with several tables, and the lines of the refusal
SEVERAL: list[tuple[str, list[list[Any]], tuple[str, ...]]] = [
    ("below", [HEADER, ["甲", 2019, 1], [], ["地区", "年份", "利润"], ["丙", 2019, 3]], ("block: A1:C3", "# block: A4:C")),
    ("beside", [[*HEADER, None, "地区", "年份", "利润"], ["甲", 2019, 1, None, "甲", 2019, 3]],
     ("block: A1:C2", "# block: E1:G2")),
    ("one list in two", [[*HEADER, None, *HEADER], ["甲", 2019, 1, None, "丙", 2019, 3]], ("side_by_side: true",)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "lines"), [case[1:] for case in SEVERAL], ids=[case[0] for case in SEVERAL])
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_several_tables_of_a_sheet_are_refused_with_their_blocks(
    tmp_path: Path, suffix: str, rows: list[list[Any]], lines: tuple[str, ...]
):
    """The second table has other columns: its numbers are none of the first's."""
    width = max(map(len, rows))
    text = "".join(
        ",".join("" if cell is None else str(cell) for cell in [*row, *[""] * (width - len(row))]) + "\n" for row in rows
    )
    content: str | bytes = text if suffix == "csv" else workbook({"一": rows}, {})
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {f"a.{suffix}": content}, {})
    assert caught.value.exit_code == 3
    assert all(line in caught.value.text(language) for line in lines for language in ("zh", "en"))
    mend = {"reshape": {"side_by_side": True}} if "side" in lines[0] else {"block": lines[0].removeprefix("block: ")}
    assert read(tmp_path, {f"a.{suffix}": content}, mend)[1] in ([1], [3, 1])


def test_a_second_header_across_is_another_table(tmp_path: Path):
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": "地区,2019,2020\n甲,1,2\n地区,2021,2022\n甲,3,4\n"}, ACROSS)
    assert "block: A1:C2" in caught.value.en and "第 3 行" in caught.value.zh


def test_a_matrix_is_refused_with_the_lines_that_read_it(tmp_path: Path):
    """An input-output table: what stands across stands down too; subtotals stand on one side only."""
    codes = [f"{n:02d}" for n in range(1, 8)]
    lines = [",".join(["代码", *codes, "TIU", "GO"])]
    lines += [",".join([code, *["1"] * 7, "7", "9"]) for code in codes] + [",".join(["TII", *["7"] * 9])]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", "utf-8")

    def read_io(source: dict[str, Any]) -> Intake:
        study = build({"a": {"path": "a.csv", "table": "io", **source}}, study={"unit": {"by": ["from_code"], "names": "code"}})
        leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(value)"})
        study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
        with open_engine() as engine:
            return intake(study, engine, tmp_path, tmp_path)

    with pytest.raises(HqdError) as caught:
        read_io({})
    declared = caught.value.en.rpartition("sources.yaml:\n")[2]
    assert "skip: [TIU, GO]" in declared and "totals: [TII]" in declared
    source = YAML(typ="safe").load(declared.replace('year: "?"', 'year: "2020"').replace('origin: "?"', "origin: domestic"))
    ledger = read_io(source).frames["ledger"]
    assert (ledger["used"].iloc[-1], ledger["out_of_scope"].sum(), ledger["quarantined"].sum()) == (7, 1, 0)


# cells of a column in a unit, beside what the source says: the values read, and the rules of the cells that are not
CELLS: list[tuple[str, str, dict[str, Any], list[float], list[str]]] = [
    ("12.5% 0.125 13% 5", "%", {}, [5], ["C08", "C08", "C08"]),
    ("12.5% 0.125 13% 5", "%", {"parse_units": True}, [12.5, 13, 5], ["C08"]),
    ("12.5% 0.5%", "%", {"parse_units": True}, [12.5, 0.5], []),
    ("<0.01 约100 100+ 5-10 1234① 1234* 1234r 1234(a) △5 负5 ½ 一千", "亿元", {}, [], ["C01"] * 12),
    ("(1,234) 6- （7） (12,34) (1a) 3", "亿元", {"parse_negatives": True}, [-1234, -6, -7, 3], ["C01", "C01"]),
    ("(1,234) 6- (12,34) 3", "亿元", {}, [3], ["C01", "C08", "C08"]),
    ("1,234 12,34 １２ 1'234 1.2亿 1234元 5", "亿元", {}, [5], ["C01", *["C08"] * 5]),
    ("— … - NA 1", "亿元", {}, [1], []), ("－－ n.a. #N/A null 缺 / 拒答 1", "亿元", {}, [1], ["C09"] * 7),
    ("#DIV/0! inf -inf 1", "亿元", {}, [1], ["C05"] * 3), ("TRUE 是 1_0 +-1 0x1F 1d5 1", "亿元", {}, [1], ["C01"] * 6),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "unit", "source", "values", "rules"), CELLS, ids=[f"{row[0]} {row[2]}" for row in CELLS])
def test_cells_of_a_number_column(
    tmp_path: Path, cells: str, unit: str, source: dict[str, Any], values: list[float], rules: list[str]
):
    rows = "".join(f'r{place},2019,"{cell}"\n' for place, cell in enumerate(cells.split()))
    result, read_values = read(tmp_path, {"a.csv": "地区,年份,产值\n" + rows}, source, unit)
    errors = result.frames["quarantine"].query("severity == 'error'")
    assert [value for value in read_values if value == value] == values and sorted(errors["rule"]) == rules
    assert set(errors["value"]) <= set(cells.split())
    assert not errors.query("rule == 'C01'")["expected_en"].str.contains("is it").any()
    assert not errors[errors["value"].str.contains("[(]|-$")]["expected_en"].str.contains("is it").any()


# what stands between two parts of a table in 万元; whether it stops the run
PARTS: list[tuple[str, bool]] = [
    ("（单位：亿元）,,", True), ("(亿元),,", True), (",金额单位：亿元,", True),
    ("单位：亿元,,", True), (",,单位：亿元", True), (",,亿元", True), ("单位：万元,,", False), ("单位：人,,", False),
]  # fmt: skip


@pytest.mark.parametrize(("line", "stops"), PARTS, ids=[line for line, _ in PARTS])
def test_a_unit_between_two_parts_of_a_table(tmp_path: Path, line: str, *, stops: bool):
    files: dict[str, str | bytes] = {"a.csv": f"单位：万元,,\n地区,年份,产值\n甲,2019,10000\n{line}\n乙,2019,1\n"}
    if not stops:
        assert read(tmp_path, files, {})[1] == [pytest.approx(1e-4), 1]
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, files, {})
    assert caught.value.rule == "W11" and "a.csv" in caught.value.text("zh")
    assert all(unit in caught.value.text(language) for unit in ("万元", "亿元") for language in ("zh", "en"))
    assert read(tmp_path, files, {"units": {"x": "亿元"}})[1] == [1, 10000]


# the rows of a header over 甲,2019,1,5; the value of 产值 that is read, and the columns of which S07 says that they are not
HEADERS: list[tuple[list[str], float, str]] = [
    (["地区,年份,产值,"], 1, "[D]"), (["地区,年份,,产值"], 5, "[C]"), (["地区,年份,产值,,"], 1, "[D]"),
    (["地区,年份,产值,利润,"], 1, ""),
    (["地区,年份,工业,", ",,产值,利润"], 1, ""),
    (["地区,年份,工业,", ",,产值(万元),利润(万元)"], 1e-4, ""),
    (["地区,年份,工业,", ",,利润,产值", ",,亿元,万元"], 5e-4, ""),
    ([",,工业,", "地区,年份,产值,利润"], 1, ""),
    (["地区,,工业,工业", ",年份,产值,其他"], 1, "其他"), (["地区,年份,,", ",,产值,其他"], 1, "其他"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "value", "unused"), HEADERS, ids=[" / ".join(row[0]) for row in HEADERS])
def test_headers_with_blanks(tmp_path: Path, header: list[str], value: float, unused: str):
    row = "甲,2019,1,5" + "," * (header[0].count(",") - 3)
    result, values = read(tmp_path, {"a.csv": "\n".join([*header, row, ""])}, {})
    told = [notice.zh for notice in result.notices if notice.rule == "S07"]
    assert values == [pytest.approx(value)] and result.frames["ledger"]["quarantined"].sum() == 0
    assert unused in "".join(told) and bool(told) == bool(unused)


def test_the_header_row_that_a_twofold_header_asks_for_reads_it(tmp_path: Path):
    files: dict[str, str | bytes] = {"a.csv": "地区,年份,合计,合计\n,,产值,其中\n甲,2019,1,5\n"}
    assert read(tmp_path, files, {"header_row": 2})[1] == [1]
    with pytest.raises(HqdError, match="header_row"):
        read(tmp_path, {"a.csv": "地区,年份,产值,产值\n甲,2019,1,5\n"}, {})


def test_a_converted_cell_is_told_in_the_unit_that_is_printed(tmp_path: Path):
    text = '单位：万元,,\n地区,年份,产值\n甲,2019,"1,234"\n'
    result, values = read(tmp_path, {"a.csv": text}, {"parse_separators": True})
    assert values == [pytest.approx(0.1234)]
    assert any(notice.rule == "C08" and "1234 万元" in notice.zh for notice in result.notices)


def test_numbers_labelled_as_missing_are_none(tmp_path: Path):
    """D1: a number column keeps its numbers, but -99 labelled 拒答 is no number."""
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = pd.DataFrame({"region": ["甲", "乙", "丙"], "year": [2019] * 3, "x": [1.0, -99.0, 0.0]})
    labels = {"x": {-99.0: "拒答", 0.0: "无", 1.0: "低"}}
    pyreadstat.write_dta(frame, str(tmp_path / "b.dta"), variable_value_labels=labels, column_labels=["", "", "万元"])
    result, values = read(tmp_path, {"a.dta": (tmp_path / "b.dta").read_bytes()}, {})
    assert values == pytest.approx([0, 1e-4]) and result.frames["quarantine"][["rule", "value"]].to_numpy().tolist() == [
        ["C09", "拒答"]
    ]
    _, values = read(tmp_path, {"a.dta": (tmp_path / "b.dta").read_bytes()}, {"missing": ["", "拒答"]})
    assert len(values) == 3


def test_numbers_too_small_for_the_decimals_of_a_table(tmp_path: Path):
    """Where sums must not depend on order a table keeps 8 decimals: what they distort is refused, what they round is told."""
    text = "地区,年份,产值\na,2019,1e-9\nb,2019,0.00000001234\nc,2019,0\nd,2019,0.123456789012\n"
    result, values = read(tmp_path, {"a.csv": text}, {}, by="industry_code")
    assert values == [0, 0.12345679] and result.frames["quarantine"]["rule"].tolist() == ["C02", "C02"]
    assert "tables" in result.frames["quarantine"]["mend_en"][0]
    assert result.frames["repairs"][["kind", "cells", "example_before"]].to_numpy().tolist() == [["rounded", 1, "0.123456789012"]]
    assert read(tmp_path, {"a.csv": text}, {}, by="region")[1] == [1e-9, 1.234e-8, 0, 0.123456789012]


# content of a text file, its values, or the rule and parts of the refusal
TEXTS: list[tuple[str, bytes, list[float] | tuple[str, ...]]] = [
    ("mixed line ends", "地区,年份,产值\r\n甲,2019,1\n乙,2019,2\r丙,2019,3\r\n".encode(), [3, 2, 1]),
    ("GB18030 of four bytes", "地区,年份,产值\n㐀䶮𠮷,2019,1\n".encode("gb18030"), [1]),
    ("UTF-16 with tabs", "地区\t年份\t产值\n甲\t2019\t1\n".encode("utf-16"), [1]),
    ("two marks of UTF-8", b"\xef\xbb\xbf\xef\xbb\xbf" + "地区,年份,产值\n甲,2019,1\n".encode(), [1]),
    ("semicolons", "地区;年份;产值\n甲;2019;1\n".encode(), [1]),
    ("a NUL", "地区,年份,产值\n甲,2019,1\n乙\x00,2019,2\n".encode(), ("S03", "a.csv:3", "NUL")),
    ("Latin-1", "region,year,x\nÎle,2019,1\n".encode("latin-1"), ("S03", "Latin-1", "encoding: gb18030")),
    ("Big5", "region,year,x\n臺北市政府經濟發展局,2019,1\n".encode("big5"), ("S03", "Big5")),
    ("GBK", "region,year,x\n朱镕基省,2019,1\n北京市,2019,2\n".encode("gbk"), [2, 1]),
    ("two encodings", "地区,年份,产值\n甲,2019,1\n".encode("gbk") + "乙,2019,2\n".encode(), ("S03", "a.csv:3")),
    ("a page", b"<html><table>", ("S10", "HTML")),
]  # fmt: skip


@pytest.mark.parametrize(("content", "outcome"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_text_files(tmp_path: Path, content: bytes, outcome: list[float] | tuple[str, ...]):
    if isinstance(outcome, list):
        assert read(tmp_path, {"a.csv": content}, {})[1] == outcome
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": content}, {})
    assert caught.value.rule == outcome[0] and all(part in caught.value.text("en") for part in outcome[1:])


def test_the_file_on_the_page_of_what_is_read(tmp_path: Path):
    text = "单位：万元,,\n地区,年份,产值\n甲,2019年,10000\n小计,2019年,10000\n注：初步核算数,,\n"
    result, values = read(tmp_path, {"a.csv": text}, {})
    ledger = result.frames["ledger"]
    assert values == [1] and "; ".join(filter(None, ledger["reason"])) == "note=1; total=1"
    assert result.frames["repairs"][["kind", "example_before", "example_after"]].to_numpy().tolist() == [
        ["unit", "10000 万元", "1 亿元"],
        ["written_out", "2019年", "2019"],
    ]


def test_w01_the_unit_in_the_preamble_of_a_download(shared: Path, tmp_path: Path):
    """指标：地区生产总值(亿元): three regions, three years, in a column of 万元."""
    content = (shared / "cases" / "W01_nbs_wide.csv").read_bytes()
    result, values = read(tmp_path, {"a.csv": content}, ACROSS, "万元")
    assert sorted(values) == [13000, 14000, 18000, 28000, 30000, 32000, 33000, 35000, 35000]
    assert "note=3" in result.frames["ledger"]["reason"].iloc[0]


@pytest.mark.parametrize(("source", "letters"), [({}, "C"), ({**ACROSS, "aliases": {"地区": "region"}}, "B")])
def test_what_a_workbook_hides_is_read_and_reported(tmp_path: Path, source: dict[str, Any], letters: str):
    """A hidden column counts where it is read and holds anything; a hidden sheet is one only by its name."""
    rows = [["地区", 2019, 2020], ["甲", 1, 2]] if source else [*[["地区", "年份", "产值", "备注"]], ["甲", 2019, 1, "z"]]
    book = openpyxl.load_workbook(io.BytesIO(workbook({"一": rows, "二": rows}, {})))
    for sheet in book:
        for letter in (letters, "D", "F"):
            sheet.column_dimensions[letter].hidden = True
    book["二"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    notices = [notice.en for notice in read(tmp_path, {}, {**source, "sheet": "二"})[0].notices if notice.rule == "S08"]
    assert notices == ["a hidden sheet was read, as `sheet:` names it", f"hidden columns were read too: {letters}"]


def test_ids_that_differ_by_zeros_in_front_are_reported(tmp_path: Path):
    text = "地区,年份,产值\n1,2019,1\n000001,2019,2\n600000,2019,3\nA1,2019,4\n"
    result, values = read(tmp_path, {"a.csv": text}, {})
    (notice,) = [notice for notice in result.notices if notice.rule == "C06"]
    assert len(values) == 4 and "1 / 000001" in notice.zh and "pad: {region: 6}" in notice.en
    mended = read(tmp_path, {"a.csv": text.replace("000001,2019", "000001,2020")}, {"pad": {"region": 6}})[0]
    assert not [notice for notice in mended.notices if notice.rule == "C06"]


def test_units_inside_cells_of_a_long_table_count_in_the_unit_of_their_row(tmp_path: Path):
    """1.2亿元 is 1.2 亿元 whether the numbers beside it are in 万元 or in 亿元."""
    text = "地区,年份,指标,数值,单位\n甲,2019,产值,1.2亿元,万元\n乙,2019,产值,1.2亿元,亿元\n丙,2019,产值,5000,万元\n"
    reshape = {"names": "指标", "values": "数值", "units": "单位", "columns": {"产值": "x"}}
    result, values = read(tmp_path, {"a.csv": text}, {"reshape": reshape, "parse_units": True})
    assert values == pytest.approx([0.5, 1.2, 1.2]) and set(result.frames["repairs"]["kind"]) == {"unit", "unit_in_cell"}


ACROSS_LABELS: list[tuple[str, list[list[Any]], dict[str, Any], list[float]]] = [
    ("one label", [["地区", "产值2019(万元)", "产值2020(万元)"], ["甲", 10000, 20000]], {"产值": "x"}, [1, 2]),
    ("before", [["地区", "2019年产值（亿元）", "2020年产值（亿元）", "说明"], ["甲", 1, 2, "z"]], {"产值": "x"}, [1, 2]),
    ("of Stata", [["region", "gdp_2019", "gdp2020", "pop2020"], ["a", 1, 2, 9]], {"gdp": "x"}, [1, 2]),
    ("of Wind", [["地区", *[f"产值\n[报告期] {year}年报\n[单位] 万元" for year in (2019, 2020)],
     "产值\n[报告期] 2020中报\n[单位] 万元"],
                 ["甲", 10000, 20000, 7]], {"产值(万元)": "x"}, [1, 2]),
    ("with the unit", [["地区", "产值(万元)", ""], ["", 2019, 2020], ["甲", 10000, 20000]], {"产值(万元)": "x"}, [1, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "columns", "values"), [case[1:] for case in ACROSS_LABELS], ids=[c[0] for c in ACROSS_LABELS])
def test_a_measure_and_a_year_in_one_label(tmp_path: Path, rows: list[list[Any]], columns: dict[str, str], values: list[float]):
    """Undeclared it is refused with the lines; a price year in brackets or a half-year is none of them."""
    content, aliases = workbook({"一": rows}, {}), {"地区": "region"}
    shape = {"reshape": {"across": ["measure", "year"], "columns": columns}, "aliases": aliases}
    assert read(tmp_path, {"a.xlsx": content}, shape)[1] == values
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.xlsx": content}, {"aliases": aliases})
    assert "across: [" in caught.value.en


@pytest.mark.parametrize(
    ("label", "parts"),
    [("GDP(2015年价)2020", ("GDP(2015年价)", "2020")), ("营业收入(2020)", ("营业收入", "2020")), ("2020年末人口(万人)",
     ("人口(万人)", "2020")),
     ("GDP(2015年价)", None), ("2015年不变价GDP", None), ("2019-2020增速", None), ("2020", None), ("ISO90012", None),
     ("营业收入\n[报告期] 2021三季", None)],
)  # fmt: skip
def test_labels_with_a_year(label: str, parts: tuple[str, str] | None):
    assert measure_and_year(label) == parts


def test_an_english_header_row_under_years_is_no_unit(tmp_path: Path):
    text = "单位：亿元 (100 million yuan),,\n地 区,2019,2020\nRegion,,\n甲,1,2\n乙,3,4\n"
    result, values = read(tmp_path, {"a.csv": text}, ACROSS)
    assert values == [3, 1, 4, 2] and "header=1" in result.frames["ledger"]["reason"].iloc[0]


def test_bare_shares_beside_cells_formatted_as_percent_are_no_percent(tmp_path: Path):
    """25% and, unformatted, 0.28 under (%): refused; 28 is a percent that needs no sign."""
    rows = [["地区", "年份", "产值(%)"], ["甲", 2019, 0.25], ["乙", 2019, 0.28], ["丙", 2019, 28]]
    formats = {"C2": "0%"}
    result, values = read(tmp_path, {"a.xlsx": workbook({"一": rows}, formats)}, {"parse_units": True}, "%")
    assert sorted(values) == [25, 28] and result.frames["quarantine"][["rule", "value"]].to_numpy().tolist() == [["C08", "0.28"]]


def test_lines_of_a_form_below_the_data_do_not_hide_the_notes_above_them(tmp_path: Path):
    text = "地区,年份,产值,日期\n甲,2019,1,\n备注：,,,\n1、数据为快报数,,,\n2、含某某,,,\n制表人：某,,2020-03-01,\n"
    result, values = read(tmp_path, {"a.csv": text}, {})
    assert values == [1] and "note=3" in result.frames["ledger"]["reason"].iloc[0]


def test_a_header_of_many_marks_takes_no_time(tmp_path: Path):
    """What a damaged file has for a label is read in a moment: every mark in it may part a unit from a name."""
    started = time.process_time()
    text = f"地区,年份,产值,{'a/(b- ' * 4000}\n甲,2019,1,z\n"
    assert read(tmp_path, {"a.csv": text}, {})[1] == [1] and time.process_time() - started < 8


def test_a_variable_without_a_name_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    metadata = SimpleNamespace(column_names=["a", None], number_columns=2, number_rows=1)
    monkeypatch.setattr(stata_spss, "_metadata", lambda *_: (None, metadata))
    with pytest.raises(HqdError) as caught:
        stata_spss.stat_file(tmp_path / "a.dta", "dta", lambda _: False, "a.dta")
    assert caught.value.rule == "S08" and "a.dta" in caught.value.text("en")
