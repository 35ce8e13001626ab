"""Workbooks as their sheets show them: number formats, dates, errors, strings in every form, and what a sheet can hide."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hqd_index.canonical import CanonicalTable, Column
from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake.read.raw_files import RawFile
from hqd_index.intake.read.reader import SheetRequest
from hqd_index.intake.read.readers import read_sheets
from hqd_index.intake.read.workbooks.shown_numbers import displayed_number
from hqd_index.study.records import Source

FILES = Path(__file__).parent / "files"
TABLE = CanonicalTable(
    ("region", "year"),
    {name: Column(dtype, unit, zh, name) for name, dtype, unit, zh in (
        ("region", "text", "", "地区"), ("year", "integer", "", "年份"), ("x", "number", "%", "x"), ("d", "date", "", "日期"),
        ("firm_id", "text", "", "代码"))},
)  # fmt: skip


def sheet(path: Path, engine: Engine, **source: Any) -> tuple[list[tuple[str, ...]], Any]:
    wanted = Source.model_validate({"path": path.name, "table": "t", **source})
    [cells] = read_sheets(SheetRequest(RawFile(path, path.name, "0" * 64), wanted, TABLE, engine))
    frame = engine.collect(f"SELECT * FROM {cells.table} ORDER BY row")
    return [tuple(row[1:]) for row in frame.itertuples(index=False, name=None)], cells


def workbook(path: Path, rows: list[list[Any]], change: Callable[[Any], Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(path)
    return path


def formats(codes: dict[str, str]) -> Callable[[Any], None]:
    def change(page: Any) -> None:
        for cell, code in codes.items():
            page[cell].number_format = code

    return change


@pytest.mark.parametrize(
    ("stored", "code", "text"),
    [
        ("0.0123", "0.00%", "1.23 %"), ("0.012345", "0%", "1.2345 %"), ("44561", "yyyy-mm-dd", "2021-12-31"),
        ("44561.5", "yyyy/m/d h:mm", "2021-12-31 12:00:00"), ("1", "000000", "000001"), ("600000", "000000", "600000"),
        ("125000", '0\\.0,"万元"', "12.5 万元"), ("12.5", '0.00"万元"', "12.5 万元"), ("3", "#,##0_);[Red](#,##0)", "3"),
        ("12345678", '0!.0000"万"', "1234.5678 万"), ("2019", '0"年"', "2019 年"), ("5", 'General"元"', "5 元"),
        ("20000", '[>=10000]0!.0000"万";0', "2 万"), ("200", '[>=10000]0!.0000"万";0', "200"), ("-5", '0.0;"跌"0.0', "-5"),
        ("0.5", "General", "0.5"), ("5", "¥#,##0.00", "5 ¥"), ("5", "[$$-409]#,##0", "5 US$"), 
        ("5000", '0,"K"', "5 千"), ("0.1", "0.00E+00", "0.1"), ("0.5", "h:mm", "12:00:00"),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(stored: str, code: str, text: str):
    assert displayed_number(stored, code, from_1904=False).replace("\x1f", " ") == text


def test_percent_cells_are_read_as_they_are_shown(tmp_path: Path, engine: Engine):
    """U5: 1.23% stored as 0.0123, under a header that says (%), that says nothing, and beside plain numbers."""
    codes = formats({"C2": "0.00%", "C3": "0%"})
    for label, cells, texts, unit in (
        ("x(%)", [0.0123, 0.5], ["1.23", "50"], []), ("x", [0.0123, 0.5], ["1.23", "50"], ["%"]),
        ("x(%)", [0.0123, 0.5, 7.5], ["1.23", "50", "7.5"], []), ("x", [0.0123, 0.5, 7.5], ["1.23%", "50%", "7.5"], []),
    ):  # fmt: skip
        rows = [["地区", "年份", label], *([f"甲{n}", 2019, cell] for n, cell in enumerate(cells))]
        read, got = sheet(workbook(tmp_path / "a.xlsx", rows, codes), engine)
        assert [row[2] for row in read] == texts
        assert [printed for place, printed in got.units if place == 2] == unit


def test_an_old_workbook_shows_the_same(engine: Engine):
    """Written with xlwt: percent cells under (%), dates, codes filled with zeros, a merged note."""
    pytest.importorskip("xlrd")
    read, _ = sheet(FILES / "percent.xls", engine)
    assert read[:3] == [
        ("甲", "2019", "1.23", "2019-12-31", "000001"), ("乙", "2019", "50", "2020-01-01", "600000"), ("丙", "2019", "—", "", ""),
    ]  # fmt: skip


SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RICH = "<x:r><x:t>甲</x:t></x:r><x:r><x:t xml:space='preserve'> 乙</x:t></x:r><x:rPh sb='0' eb='1'><x:t>jia</x:t></x:rPh>"
STRINGS = "".join(f"<x:si>{inside}</x:si>" for inside in ("<x:t>地区</x:t>", RICH, "<x:t>a_x000D_b_x0041_</x:t>"))
CELLS = """
<x:row><x:c t='s'><x:v>0</x:v></x:c><x:c t='inlineStr'><x:is><x:t>年份</x:t></x:is></x:c><x:c t='str'><x:v>x</x:v></x:c></x:row>
<x:row r='3'><x:c r='A3' t='s'><x:v>1</x:v></x:c><x:c r='B3'><x:v>2019</x:v></x:c>
<x:c r='C3' s='0'/><x:c r='D3' t='e'><x:v>#N/A</x:v></x:c></x:row>
<x:row r='4'><x:c r='A4' t='s'><x:v>2</x:v></x:c>
<x:c r='B4' t='d'><x:v>2019-12-31T00:00:00</x:v></x:c><x:c r='C4' t='b'><x:v>1</x:v></x:c></x:row>"""


def relations(*triples: tuple[str, str, str]) -> str:
    listed = "".join(f"<Relationship Id='{id}' Type='x/{kind}' Target='{target}'/>" for id, kind, target in triples)
    return f"<Relationships>{listed}</Relationships>"


def test_strings_in_every_form_and_cells_without_references(tmp_path: Path, engine: Engine):
    """A workbook of another program: prefixed names, absolute targets, rich text with phonetics, rows without numbers."""
    book = "<x:sheets><x:sheet name='一' r:id='a'/></x:sheets>"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("r1", "officeDocument", "/other/workbook.xml")),
        "other/workbook.xml": f"<x:workbook xmlns:x='{SPACE}' xmlns:r='r'>{book}</x:workbook>",
        "other/_rels/workbook.xml.rels": relations(("a", "worksheet", "../s.xml"), ("b", "sharedStrings", "strings.xml")),
        "other/strings.xml": f"<x:sst xmlns:x='{SPACE}'>{STRINGS}</x:sst>",
        "s.xml": f"<x:worksheet xmlns:x='{SPACE}'><x:sheetData>{CELLS}</x:sheetData></x:worksheet>",
    }
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    read, cells = sheet(tmp_path / "a.xlsx", engine)
    assert cells.labels == ("地区", "年份", "x", "")
    assert read == [("甲 乙", "2019", "", "#N/A"), ("a\nbA", "2019-12-31", "true", "")]


def test_days_may_be_counted_from_1904(tmp_path: Path, engine: Engine):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (["地区", "年份", "日期"], ["甲", 2019, 43099]):
        book.active.append(row)
    book.active["C2"].number_format = "yyyy-mm-dd"
    book.save(tmp_path / "a.xlsx")
    assert sheet(tmp_path / "a.xlsx", engine)[0] == [("甲", "2019", "2021-12-31")]


def test_a_formula_never_computed_stops_only_where_it_is_read(tmp_path: Path, engine: Engine):
    rows = [["地区", "年份", "x", "备注"], ["甲", 2019, 1, "=1+1"]]
    assert sheet(workbook(tmp_path / "a.xlsx", rows, lambda page: None), engine)[0] == [("甲", "2019", "1", "")]
    rows[1][2:] = ["=1+1", "a"]
    with pytest.raises(HqdError) as caught:
        sheet(workbook(tmp_path / "a.xlsx", rows, lambda page: None), engine)
    assert caught.value.rule == "S08" and "!C2" in caught.value.text("en")


def test_hidden_rows_are_read_and_told(tmp_path: Path, engine: Engine):
    def hide(page: Any) -> None:
        page.row_dimensions[2].hidden = True

    read, cells = sheet(workbook(tmp_path / "a.xlsx", [["地区", "年份", "x"], ["甲", 2019, 1]], hide), engine)
    assert len(read) == 1 and [notice.rule for notice in cells.notices] == ["S08"]


def test_a_pattern_reads_several_sheets_and_a_name_one(tmp_path: Path, engine: Engine):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("表1", "表2", "其他"):
        page = book.create_sheet(name)
        page.append(["地区", "年份", "x"])
        page.append([name, 2019, 1])
    book.save(tmp_path / "a.xlsx")
    wanted = Source.model_validate({"path": "a.xlsx", "table": "t", "sheet": "表*"})
    read = read_sheets(SheetRequest(RawFile(tmp_path / "a.xlsx", "a.xlsx", "0"), wanted, TABLE, engine))
    assert [cells.sheet for cells in read] == ["表1", "表2"]
    assert sheet(tmp_path / "a.xlsx", engine, sheet="其他")[0] == [("其他", "2019", "1")]
