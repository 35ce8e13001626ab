"""Every kind of file gives the same cells with the row a spreadsheet shows; what cannot be read safely is refused."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hqd_index import provenance
from hqd_index.canonical import CANONICAL
from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake.read.delimited_text import RecordShape, write_plain_records
from hqd_index.intake.read.raw_files import check_files_unchanged, raw_files
from hqd_index.intake.read.reader import SheetRequest
from hqd_index.intake.read.readers import READERS, format_of, read_sheets
from hqd_index.intake.read.sheet_cells import ROW_SPAN
from hqd_index.study.records import Source

from .file_writers import WRITERS

TEXT = "企业代码,企业名称,年份,行业代码,营业收入\n000001,甲,2020,C35,1.5\n000002,乙,2021,C36,\n"
WANTED = [(2, "000001", "甲", "2020", "C35", "1.5"), (3, "000002", "乙", "2021", "C36", "")]


def source(path: str, **more: Any) -> Source:
    return Source.model_validate({"path": path, "table": "firms", **more})


def cells(folder: Path, engine: Engine, name: str, **more: Any) -> tuple[list[tuple[Any, ...]], Any]:
    wanted = source(name, **more)
    file = raw_files(wanted, folder, "sources.yaml")[0]
    [got] = read_sheets(SheetRequest(file, wanted, CANONICAL["firms"], engine))
    return list(engine.collect(got.table).sort_values("row").itertuples(index=False, name=None)), got


def workbook(path: Path, rows: list[list[Any]], change: Callable[[Any], None] = lambda book: None) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    book.save(path)


ROWS: list[list[Any]] = [line.split(",") for line in TEXT.strip().split("\n")]


def as_text(encoding: str) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(TEXT.encode(encoding))


def as_table(write: Callable[[Path, Any], None]) -> Callable[[Path], None]:
    return lambda path: write(path, TABLE)


TABLE: list[list[Any]] = [ROWS[0], ["000001", "甲", 2020, "C35", 1.5], ["000002", "乙", 2021, "C36", None]]

# (format by content, file name, how it is written)
WRITTEN: list[tuple[str, str, Callable[[Path], None]]] = [
    *((kind, name, as_table(write)) for kind, name, write in WRITERS.values()),
    ("csv", "a.csv", lambda path: path.write_bytes(TEXT.replace("甲", '"甲"').encode())), ("csv", "a.xls", as_text("gb18030")),
]  # fmt: skip
UNTRIED = {"xls"}  # no library here writes the old binary workbooks


@pytest.mark.parametrize(("file_format", "name", "write"), WRITTEN)
def test_every_format_gives_the_same_cells(
    tmp_path: Path, engine: Engine, file_format: str, name: str, write: Callable[[Path], None]
):
    write(tmp_path / name)
    assert format_of(tmp_path / name, name) == file_format
    assert cells(tmp_path, engine, name)[0] == WANTED


def test_the_list_of_formats_is_that_of_the_readers(tmp_path: Path):
    """Every reader is tried above, is named by the refusal of other contents, and its endings belong to it alone."""
    assert {file_format for file_format, _, _ in WRITTEN} | UNTRIED == set(READERS)
    extensions = [extension for reader in READERS.values() for extension in reader.extensions]
    assert len(extensions) == len(set(extensions)) and all(extension.startswith(".") for extension in extensions)
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    with pytest.raises(HqdError) as caught:
        format_of(tmp_path / "a.bin", "a.bin")
    assert all(file_format in caught.value.text(language) for file_format in READERS for language in ("zh", "en"))


@pytest.mark.parametrize(
    ("page", "before", "mark"),
    [("README.md", "as they come (", ", "), ("README.zh.md", "文件原样读入（", "、"),
     ("docs/en/bring-your-data.md", "- **Formats**: ", ", "), ("docs/zh/bring-your-data.md", "- **文件格式**：", "、")],
)  # fmt: skip
def test_documents_name_formats_that_are_read(root: Path, page: str, before: str, mark: str):
    """A sample of them: the page of inputs, made from READERS, lists all."""
    text = (root / page).read_text("utf-8").partition(before)[2]
    formats = re.match(r"\w+(?:(?:, |、)\w+)*", text, re.ASCII)
    assert formats and {"csv", "xlsx", "dta"} <= set(formats[0].split(mark)) <= set(READERS)


def test_old_stata_strings_are_decoded(tmp_path: Path, engine: Engine):
    pytest.importorskip("pyreadstat")
    latin = "甲".encode("gb18030").decode("latin-1")
    frame = pd.DataFrame({"firm_id": ["000001"], "firm_name": [latin], "year": [2020], "industry_code": ["C35"]})
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=114)
    got, sheet = cells(tmp_path, engine, "a.dta")
    assert got == [(2, "000001", "甲", "2020", "C35")]
    assert [notice.rule for notice in sheet.notices] == ["S03"]


def test_every_line_of_a_text_file_is_read_or_set_aside(tmp_path: Path, engine: Engine):
    lines = ["标题,,", "企业代码,年份,行业代码", '1,2020,"C\n35"', "", "2,2020", "3,2020,C35,x"]
    lines += ['4,2020,"C35', "5,2020,C35", "注:虚构"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    got, sheet = cells(tmp_path, engine, "a.csv")
    assert got == [(3, "1", "2020", "C\n35"), (8, "5", "2020", "C35")]
    assert [(row.row, row.rule or row.reason) for row in sheet.excluded_rows] == [
        (3 + ROW_SPAN, "continued"), (4, "blank"), (5, "S04"), (6, "S04"), (7, "S04"), (9, "note"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells_of_a_row", "padded"),
    [("1,甲,2020", False), ("1,甲 乙,2020", False), ("1, 甲,2020", True), ("1,甲\u3000,2020", True), (" 1,甲,2020", True),
     ("1,甲,2020\t", True), ("1,甲,2020 \n2,乙,2021", True)],
)  # fmt: skip
def test_blanks_around_a_cell_are_seen(cells_of_a_row: str, padded: bool):
    out = io.StringIO()
    written = write_plain_records(io.StringIO(f"企业代码, 企业名称,年份\n{cells_of_a_row}"), out, RecordShape(",", 3, 1))
    assert written.has_padding is padded
    assert out.getvalue().startswith(f"2,{cells_of_a_row.split(chr(10))[0]}")


def test_vendor_header_of_three_rows(tmp_path: Path, engine: Engine):
    head = [["Stkcd", "Accper", "ind", "B001101000", "Y0601b"], ["证券代码", "会计期间", "行业", "营业总收入", "人数"]]
    rows = [*head, ["没有单位", "没有单位", "没有单位", "万元", "人"], ["000001", "2020", "C35", "5", "7"]]
    workbook(tmp_path / "a.xlsx", rows)
    aliases = {"Stkcd": "firm_id", "Accper": "year", "ind": "industry_code", "B001101000": "revenue", "Y0601b": "employees"}
    got, sheet = cells(tmp_path, engine, "a.xlsx", aliases=aliases)
    assert got == [(4, "000001", "2020", "C35", "5", "7")]
    assert dict(sheet.units) == {3: "万元", 4: "人"}


def test_merged_header_cells_are_filled_and_footnotes_may_be_merged(tmp_path: Path, engine: Engine):
    def merge(book: Any) -> None:
        for cells in ("A1:A2", "B1:B2", "C1:D1", "A4:D4"):
            book.active.merge_cells(cells)

    rows = [["企业代码", "年份", "规模", None], [None, None, "营业收入", "员工人数"], ["1", 2020, 5.5, 7]]
    rows.append(["注:a", None, None, None])
    workbook(tmp_path / "a.xlsx", rows, merge)
    got, sheet = cells(tmp_path, engine, "a.xlsx")
    assert sheet.labels == ("企业代码", "年份", "营业收入", "员工人数") and got[0] == (3, "1", "2020", "5.5", "7")


def test_workbook_values_as_a_person_types_them(tmp_path: Path, engine: Engine):
    def spoil(book: Any) -> None:
        book.active["E2"] = "#DIV/0!"
        book.active["E2"].data_type = "e"

    row = ["000001", date(2020, 12, 31), 911101081234567890, True, "x"]
    workbook(tmp_path / "a.xlsx", [["企业代码", "报表日期", "统一社会信用代码", "国际认证", "营业收入"], row], spoil)
    assert cells(tmp_path, engine, "a.xlsx")[0] == [(2, "000001", "2020-12-31", "9.11101081234568e+17", "true", "#DIV/0!")]


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 << 20))


def entities(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook/>')


def hide(book: Any) -> None:
    book.create_sheet("底稿").append(["x"])
    book["底稿"].sheet_state = "hidden"


def formula(book: Any) -> None:
    book.active["E2"] = "=1+1"


def bad_byte(path: Path) -> None:
    path.write_bytes((TEXT * 3).encode() + b"\xff\xff,1")


def shifted(path: Path) -> None:
    path.write_text("企业代码,年份\n1,2,\n3,4,\n")


def merged(path: Path) -> None:
    workbook(path, ROWS, lambda book: book.active.merge_cells("D2:E2"))


def two_sheets(path: Path) -> None:
    workbook(path, ROWS, lambda book: book.create_sheet("二").append([1]))


REFUSED: list[tuple[str, str, Callable[[Path], Any], str, int, tuple[str, ...]]] = [
    ("header only", "a.csv", lambda path: path.write_text("企业代码,年份\n"), "S02", 3, ("0 行", "a.csv")),
    ("empty", "a.csv", lambda path: path.write_text(""), "S02", 3, ("0 行", "a.csv")),
    ("empty sheet", "a.xlsx", lambda path: workbook(path, []), "S02", 3, ("0 行", "a.xlsx")),
    ("bad bytes", "a.csv", bad_byte, "S03", 3, ("第 10 行", "a.csv:10")),
    ("NUL", "a.csv", lambda path: path.write_bytes((TEXT * 900).encode() + b"\x00,1"), "S03", 3, ("第 2701 行", "NUL")),
    ("one field more everywhere", "a.csv", shifted, "S04", 3, ("3 个字段", "2 个")),
    ("hidden sheet", "a.xlsx", lambda path: workbook(path, ROWS, hide), "S08", 3, ("底稿", "sheet:")),
    ("formula", "a.xlsx", lambda path: workbook(path, ROWS, formula), "S08", 3, ("!E2", "重新计算")),
    ("merged data", "a.xlsx", merged, "S08", 3, ("!D2:E2", "取消合并")),
    ("several sheets", "a.xlsx", two_sheets, "S08", 3, ("二", "sheet:")),
    ("zip bomb", "a.xlsx", bomb, "S09", 3, ("300 MB", "另存")),
    ("entities", "a.xlsx", entities, "S09", 3, ("xl/workbook.xml", "另存")),
    ("gzip bomb", "a.csv.gz", lambda path: path.write_bytes(gzip.compress(b"0" * (4 << 20))), "S09", 3, ("100:1",)),
    ("html", "a.xls", lambda path: path.write_text("<html><table>"), "S10", 3, ("HTML", "另存为")),
    ("pdf", "a.csv", lambda path: path.write_bytes(b"%PDF-1.7"), "S10", 3, ("PDF",)),
    ("stata no one reads", "a.dta", lambda path: path.write_bytes(b"<stata_dta><x>"), "S08", 3, ("a.dta", "另存")),
    ("nothing but a zip", "a.xlsx", lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "x"), "S02", 3, ("a.xlsx/a.txt",)),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(tmp_path: Path, engine: Engine, case: tuple[Any, ...]):
    _, name, write, rule, code, parts = case
    if name.endswith(".dta"):
        pytest.importorskip("pyreadstat")
    write(tmp_path / name)
    with pytest.raises(HqdError) as caught:
        cells(tmp_path, engine, name)
    assert (caught.value.rule, caught.value.exit_code) == (rule, code)
    assert all(part in caught.value.text("zh") for part in parts), caught.value.text("zh")
    assert caught.value.en != caught.value.zh


def test_a_missing_file_is_named_with_its_nearest(tmp_path: Path):
    (tmp_path / "firms_2020.csv").write_text(TEXT)
    with pytest.raises(HqdError) as caught:
        raw_files(source("firm_2020.csv"), tmp_path, "sources.yaml")
    assert (caught.value.rule, caught.value.exit_code) == ("S01", 2)
    assert "firms_2020.csv" in caught.value.text("zh") and "firms_2020.csv" in caught.value.text("en")
    assert raw_files(source("firm_2020.csv", optional=True), tmp_path, "sources.yaml") == []


def test_what_runs_wrote_into_the_data_folder_is_not_offered(tmp_path: Path) -> None:
    """The folder of results below the data: its lock, cache and runs are no files of the data; beside them the data are."""
    written = ["o/.lock", "o/.cache/firms.csv", "o/s/runs/ab12/manifest.json", "o/s/runs/ab12/tables/firms.csv", "o/s/latest.txt"]
    for name in [*written, "sub/other.csv"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a\n")
    with pytest.raises(HqdError, match=r"there are: sub/other\.csv$") as caught:
        raw_files(source("nothing-like-it.xlsx"), tmp_path, "sources.yaml")
    assert caught.value.zh.endswith("现有文件:sub/other.csv")


def test_a_link_out_of_the_data_folder_is_refused(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.csv").write_text(TEXT)
    (tmp_path / "data" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(HqdError) as caught:
        raw_files(source("a.csv"), tmp_path / "data", "sources.yaml")
    assert (caught.value.rule, caught.value.exit_code) == ("S12", 2)


def test_an_input_is_hashed_again_where_it_may_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, hashed = tmp_path / "a.csv", []
    monkeypatch.setattr(
        provenance, "digest_file", lambda file, digest=provenance.digest_file: hashed.append(file) or digest(file)
    )
    path.write_text(TEXT)
    first = provenance.digest_input(path)
    assert provenance.digest_input(path) == first and len(hashed) == 2  # its times do not tell yet
    monkeypatch.setattr(provenance, "AT_REST_NS", -1)
    assert [provenance.digest_input(path) for _ in range(3)] == [first] * 3 and len(hashed) == 3
    os.link(path, tmp_path / "link.csv")  # as the engine does
    assert provenance.digest_input(path) == first and len(hashed) == 3
    (tmp_path / "link.csv").unlink()
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text(TEXT.replace("1.5", "9.5"))
    os.utime(path, ns=times)
    assert path.stat().st_size == len(TEXT.encode()) and provenance.digest_input(path) != first


def test_a_file_that_changes_meanwhile_is_told(tmp_path: Path):
    (tmp_path / "a.csv").write_text(TEXT)
    files = raw_files(source("a.csv"), tmp_path, "sources.yaml")
    check_files_unchanged(files)
    (tmp_path / "a.csv").write_text(TEXT + "x")
    with pytest.raises(HqdError) as caught:
        check_files_unchanged(files)
    assert (caught.value.rule, caught.value.exit_code) == ("S11", 4)


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.csv"])
def test_a_path_out_of_the_data_folder_is_refused(tmp_path: Path, path: str):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.csv").write_text(TEXT)
    with pytest.raises(HqdError) as caught:
        raw_files(source(path), tmp_path / "data", "sources.yaml")
    assert (caught.value.rule, caught.value.exit_code) == ("S12", 2)
