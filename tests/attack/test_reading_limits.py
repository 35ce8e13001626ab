"""F55 to F60: what is too big or damaged is refused in time, in bounds and by name; every line is accounted for."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from ..intake.file_writers import WRITERS
from ..small import FUZZ
from .mutated_files import MEGABYTES, SECONDS, table, trials
from .reading_child import ReadingChild

pytest.importorskip("pyreadstat")
pytest.importorskip("arro3.io")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEAD = "代码,年份,名称,数值,日期\n"
LINE = "{n:06d},2020,甲,{n}.5,2020-12-31\n"


@pytest.fixture(scope="module")
def child() -> Iterator[ReadingChild]:
    with ReadingChild(limit=60.0) as running:
        yield running


def lines(count: int, spoiled: dict[int, str]) -> str:
    """A header and rows; `spoiled` gives a row of its own to some numbers from 1."""
    return HEAD + "".join(spoiled.get(n, LINE.format(n=n)) for n in range(1, count + 1))


def sheet(change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        for row in table():
            book.active.append(row)
        change(book.active)
        book.save(path)

    return write


def repacked(member: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """A sound workbook with one part changed."""

    def write(path: Path) -> None:
        sound = path.with_name("sound")
        WRITERS["xlsx"][2](sound, table())
        with zipfile.ZipFile(sound) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
            for part in before.infolist():
                inside = before.read(part)
                after.writestr(part.filename, change(inside.decode()) if part.filename == member else inside)
        sound.unlink()

    return write


def far_cell(path: Path) -> None:
    repacked("xl/worksheets/sheet1.xml", lambda xml: xml.replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))(path)  # fmt: skip


def entities(part: str) -> Callable[[Path], None]:
    """An entity bomb behind a comment longer than any look at the head of a part."""
    bomb = "<!DOCTYPE a [<!ENTITY a 'x'>" + "".join(f"<!ENTITY a{n} '{'&a;' * 10}'>" for n in range(9)) + "]>"
    return repacked(part, lambda xml: xml.replace("<", f"<!--{' ' * 100_000}-->{bomb}<", 1) if not xml.startswith("<?xml")
                    else xml.replace("?>", f"?><!--{' ' * 100_000}-->{bomb}", 1))  # fmt: skip


def cut(case: str, share: float) -> tuple[str, Callable[[Path], None]]:
    _, name, write = WRITERS[case]

    def write_cut(path: Path) -> None:
        write(path, table())
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return name, write_cut


def encrypted(path: Path) -> None:
    path.write_bytes(OLE + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 2000)


def a_million_columns(path: Path) -> None:
    path.write_text(",".join(f"c{n}" for n in range(10**6)) + "\n" + "1," * (10**6 - 1) + "1\n")


def repeated(mark: str, megabytes: int, head: str = "") -> Callable[[Path], None]:
    return lambda path: path.write_text(head + mark * (megabytes << 20), "utf-8")


REFUSED: list[tuple[str, str, Callable[[Path], None], str]] = [
    ("F58 a far cell", "a.xlsx", far_cell, "S09"),
    ("F58 a million columns", "a.csv", a_million_columns, "S09"),
    ("F58 a line of 200 MB", "a.csv", repeated("x", 200, HEAD), "S09"),
    ("F58 60 MB of commas", "a.csv", repeated(",", 60), "S09"),
    ("F58 60 MB of quotes", "a.csv", repeated('"', 60, HEAD), "S09"),
    ("F58 packed commas", "a.csv.gz", lambda path: path.write_bytes(gzip.compress(b"," * (60 << 20))), "S09"),
    ("F60 the main part", "a.xlsx", entities("xl/workbook.xml"), "S09"),
    ("F60 a part nobody reads", "a.xlsx", entities("docProps/app.xml"), "S09"),
    ("F60 relations", "a.xlsx", entities("_rels/.rels"), "S09"),
    ("F60 ods", "a.ods", lambda path: entities_of_ods(path), "S09"),
    ("F59 encrypted", "a.xlsx", encrypted, "S08"),
    ("F59 gz", *cut("csv.gz", 0.6), "S08"),
    ("F59 zip", *cut("csv in zip", 0.6), "S08"),
    ("F59 xlsx", *cut("xlsx", 0.6), "S08"),
    ("F59 ods", *cut("ods", 0.6), "S08"),
    ("F59 dta", *cut("dta 118", 0.6), "S08"),
    ("F59 old dta", *cut("dta 117", 0.9), "S08"),
    ("F59 sav", *cut("sav", 0.9), "S08"),
    ("F59 parquet", *cut("parquet", 0.6), "S08"),
    ("F59 feather", *cut("feather", 0.6), "S08"),
    ("F59 sqlite", *cut("sqlite", 0.6), "S08"),
    ("F59 duckdb", *cut("duckdb", 0.6), "S08"),
    ("F59 xls", "a.xls", lambda path: path.write_bytes(OLE + b"\x11" * 3000), "S08"),
]  # fmt: skip


def entities_of_ods(path: Path) -> None:
    WRITERS["ods"][2](path, table())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("settings.xml", '<?xml version="1.0"?><!-- x --><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')


@pytest.mark.parametrize("case", REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_too_big_or_damaged_is_refused_by_name(tmp_path: Path, child: ReadingChild, case):
    _, name, write, rule = case
    write(tmp_path / name)
    ending = child.read(tmp_path / name)
    assert (ending.code, ending.rule) == (3, rule), ending
    assert name in ending.message
    assert ending.seconds < SECONDS and ending.megabytes < MEGABYTES, ending


OPENED = '{n:06d},2020,"甲,1,2020-12-31\n'
CLOSED = '{n:06d},2020,乙",1,2020-12-31\n'


def opened(*numbers: int, closed: int | None = None) -> dict[int, str]:
    """Rows with a stray quote before a name, and one with a stray quote behind it."""
    rows = {n: OPENED.format(n=n) for n in numbers}
    return rows | ({closed: CLOSED.format(n=closed)} if closed else {})


STRAY: list[tuple[str, str, int, int]] = [  # what is spoiled, text, rows that come in, rows that are lost to use
    ("a quote never closed", lines(600, opened(100)), 600, 1),
    ("two within 200 lines", lines(600, opened(100, closed=190)), 600, 2),
    ("both at the start of a cell", lines(600, opened(100, 190)), 600, 2),
    ("five", lines(600, opened(10, 60, 70, 71, 500)), 600, 5),
    ("within one line", lines(10, {5: '000005,"2020,甲",1,2020-12-31\n'}), 10, 1),
    ("text behind a quote", lines(10, {5: '000005,2020,"甲"乙,1,2020-12-31\n'}), 10, 1),
    ("neighbours", lines(10, opened(5, closed=6)), 10, 2),
    ("a cell of three lines that is meant", lines(10, {5: '000005,2020,"甲\n乙\n丙",1,2020-12-31\n'}), 12, 2),
    ("a quoted cell with commas", lines(10, {5: '000005,2020,"甲, 乙, ""丙""",1,2020-12-31\n'}), 10, 0),
    ("inches", lines(10, {5: '000005,2020,5" x 7" tube,1,2020-12-31\n'}), 10, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", STRAY, ids=[case[0] for case in STRAY])
def test_f55_stray_quotes_cost_their_own_lines_and_no_other(tmp_path: Path, child: ReadingChild, case):
    _, text, rows, unused = case
    (tmp_path / "a.csv").write_text(text, "utf-8")
    ending = child.read(tmp_path / "a.csv")
    assert (ending.code, ending.rows_in, ending.accounted, ending.used) == (0, rows, rows, rows - unused), ending
    assert rows == text.count("\n") - 1


def formatted_blanks(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
    for row in page.iter_rows(min_row=70, max_row=1100, max_col=40):
        for cell in row:
            cell.font = Font(bold=True)
    page["D2"] = "=1+1"
    page["F3"].font = Font(bold=True)


def test_f57_formatted_blanks_take_no_time(tmp_path: Path, child: ReadingChild):
    sheet(formatted_blanks)(tmp_path / "a.xlsx")
    ending = child.read(tmp_path / "a.xlsx")
    assert (ending.code, ending.rule) == (3, "S08") and "!D2" in ending.message and ending.seconds < 5, ending
    sheet(lambda page: (formatted_blanks(page), page.__setitem__("D2", 0.5)))(tmp_path / "a.xlsx")
    ending = child.read(tmp_path / "a.xlsx")
    assert (ending.code, ending.used) == (0, 60) and ending.seconds < 5, ending


def test_f56_an_error_behind_a_formatted_blank_is_seen(tmp_path: Path, child: ReadingChild):
    def spoil(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page["C3"] = None
        page["C3"].font = Font(bold=True)
        page["D3"] = "#N/A"
        page["D3"].data_type = "e"

    sheet(spoil)(tmp_path / "a.xlsx")
    ending = child.read(tmp_path / "a.xlsx")
    assert (ending.code, ending.rows_in, ending.used) == (0, 60, 59), ending


def test_damaged_files_of_every_format_end_in_a_message():
    """A sample of what `python -m tests.attack.mutated_files` does for ten minutes."""
    wrong = [(trial.case, trial.damage, trial.fault) for trial in trials(4.0 * FUZZ, seed=20) if trial.fault]
    assert not wrong


def test_a_table_of_very_many_columns_is_read(tmp_path: Path, child: ReadingChild):
    """1,100 columns: more than the levels of an expression; a row without a value has more filled cells than a byte counts."""
    others = ",".join(f"v{n}" for n in range(1100))
    rows = [f"{n:06d},2020,甲,{n or ''},2020-12-31,{others}" for n in range(60)]
    (tmp_path / "a.csv").write_text("\n".join([f"代码,年份,名称,数值,日期,{others}", *rows]) + "\n", "utf-8")
    ending = child.read(tmp_path / "a.csv")
    assert (ending.code, ending.used) == (0, 60), ending
