"""Stata and SPSS files as those programs show them: every format there is, dates, label sets by name, old encodings."""

from __future__ import annotations

import shutil
import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CanonicalTable, Column
from hqd_index.engines import Engine
from hqd_index.intake.read import stata_spss
from hqd_index.intake.read.raw_files import RawFile
from hqd_index.intake.read.reader import SheetRequest
from hqd_index.intake.read.readers import read_sheets
from hqd_index.study.records import Source

pyreadstat = pytest.importorskip("pyreadstat")
TABLE = CanonicalTable(
    ("region", "year"),
    {"region": Column("text", "", "地区", "region"), "year": Column("integer", "", "年份", "year"),
     "x": Column("number", "", "数值", "x"), "state": Column("flag", "", "国有", "state owned"),
     "code": Column("text", "", "代码", "code")},
)  # fmt: skip
ENCODING = "gb18030"


def sheet(path: Path, engine: Engine) -> tuple[list[tuple[str, ...]], Any]:
    source = Source.model_validate({"path": path.name, "table": "t"})
    [cells] = read_sheets(SheetRequest(RawFile(path, path.name, "0" * 64), source, TABLE, engine))
    frame = engine.collect(f"SELECT * FROM {cells.table} ORDER BY row")
    return [tuple(row[1:]) for row in frame.itertuples(index=False, name=None)], cells


def padded(text: str, width: int) -> bytes:
    return text.encode(ENCODING)[: width - 1].ljust(width, b"\0")


def old_stata(version: int) -> bytes:
    """A file of two records in an old format, byte by byte as Stata's manuals describe them."""
    wide = version >= 111
    name, label = 33 if version >= 110 else 9, 81 if version >= 108 else 32
    form = 7 if version < 105 else 12 if version < 114 else 49
    kinds = (3, 252, 255) if wide else (3 + 0x7F, ord("i"), ord("d"))
    columns = tuple(zip(("region", "year", "x"), kinds, ("%9s", "%8.0g", "%9.0g")))
    parts = [struct.pack("<BBBBHi", version, 2, 1, 0, 3, 2), padded("", label)]
    parts.append(padded("29 Nov 2026 12:00", 18) if version >= 105 else b"")
    parts.append(bytes(kind for _, kind, _ in columns) + b"".join(padded(text, name) for text, _, _ in columns) + b"\0" * 8)
    parts.append(b"".join(padded(text, form) for _, _, text in columns) + b"\0" * (3 * name + 3 * label))
    parts.append(b"\0" * (0 if version < 105 else 3 if version < 110 else 5))
    rows = (("甲", 2019, 1.5), ("乙", 2020, 2.5))
    return b"".join([*parts, *(text.encode(ENCODING).ljust(3, b"\0") + struct.pack("<hd", year, x) for text, year, x in rows)])


@pytest.mark.parametrize("version", [104, 105, 108, 110, 111, 113, 114, 115])
def test_every_old_format_is_read(tmp_path: Path, engine: Engine, version: int):
    (tmp_path / "a.dta").write_bytes(old_stata(version))
    read, cells = sheet(tmp_path / "a.dta", engine)
    assert read == [("甲", "2019", "1.5"), ("乙", "2020", "2.5")]
    assert [(notice.rule, ENCODING in notice.en) for notice in cells.notices] == [("S03", True)]


def test_bytes_of_gbk_in_a_newer_format(tmp_path: Path, engine: Engine):
    """Format 117 says nothing of its encoding; a long text is stored apart (strL)."""
    latin = "甲公司".encode(ENCODING).decode("latin-1")
    frame = pd.DataFrame(
        {"region": [latin, "b"], "year": [2019, 2020], "note": ["长".encode(ENCODING).decode("latin-1") * 1500, ""]}
    )
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=117, convert_strl=["note"])
    read, _ = sheet(tmp_path / "a.dta", engine)
    assert read == [("甲公司", "2019", "长" * 1500), ("b", "2020", "")]


def test_a_text_cut_within_a_character_is_told(tmp_path: Path, engine: Engine):
    cut = "甲公司".encode(ENCODING)[:-1].decode("latin-1")
    pd.DataFrame({"region": [cut, "乙".encode(ENCODING).decode("latin-1")], "year": [2019, 2020]}).to_stata(
        tmp_path / "a.dta", write_index=False, version=114
    )
    read, cells = sheet(tmp_path / "a.dta", engine)
    assert read[0][0].startswith("甲公") and read[1][0] == "乙"
    assert any("1 texts" in notice.en for notice in cells.notices)


def test_dates_are_shown_as_stata_shows_them(tmp_path: Path, engine: Engine):
    day = (date(2019, 12, 31) - date(1960, 1, 1)).days
    columns = {"d": day, "e": day, "c": day * 86400e3 + 3600e3, "m": 719.0, "q": 239.0, "h": 119.0, "w": 3119.0, "y": 2019.0}
    forms = {"d": "%td", "e": "%d", "c": "%tc", "m": "%tm", "q": "%tq", "h": "%th", "w": "%tw", "y": "%ty"}
    frame = pd.DataFrame({name: [value, np.nan] for name, value in columns.items()})
    pyreadstat.write_dta(frame, str(tmp_path / "a.dta"), variable_format=forms)
    read, _ = sheet(tmp_path / "a.dta", engine)
    assert read == [
        ("2019-12-31", "2019-12-31", "2019-12-31 01:00:00", "2019-12", "2019Q4", "2019H2", "2019W52", "2019"),
        ("",) * 8,
    ]


def test_labels_are_those_of_the_set_that_the_column_names(shared: Path, tmp_path: Path, engine: Engine):
    """K04: a set named `code` belongs to `prov`; the column called `code` keeps its numbers."""
    shutil.copy(shared / "cases" / "K04_labelset_other.dta", tmp_path / "a.dta")
    read, _ = sheet(tmp_path / "a.dta", engine)
    assert [(row[0], row[2]) for row in read[:3]] == [("北京市", "0"), ("天津市", "1"), ("河北省", "2")]
    shutil.copy(shared / "cases" / "K05_td.dta", tmp_path / "b.dta")
    read, _ = sheet(tmp_path / "b.dta", engine)
    assert read[0] == ("北京市", "2019-12-31", "0.1") and len(read) == 12


@pytest.mark.parametrize("ending", ["dta", "sav"])
def test_a_number_column_keeps_its_numbers(tmp_path: Path, engine: Engine, ending: str):
    """Labels on part of the values, on a number column, on a flag; single precision as it was typed."""
    frame = pd.DataFrame({"region": [1.0, 2.0, 3.0], "x": [0.0, 1.0, 2.5], "state": [0.0, 1.0, 1.0], "year": [2019.0] * 3})
    labels = {"region": {1: "甲", 2: "乙"}, "x": {0: "否", 1: "是"}, "state": {0: "否", 1: "是"}}
    write = pyreadstat.write_dta if ending == "dta" else pyreadstat.write_sav
    write(frame, str(tmp_path / f"a.{ending}"), variable_value_labels=labels)
    read, _ = sheet(tmp_path / f"a.{ending}", engine)
    assert read == [("甲", "0", "否", "2019"), ("乙", "1", "是", "2019"), ("3", "2.5", "是", "2019")]
    if ending == "dta":
        single = frame.assign(x=np.array([0.1, 1.1, 1e10], dtype="float32"))
        single.to_stata(tmp_path / "b.dta", write_index=False)
        assert [row[1] for row in sheet(tmp_path / "b.dta", engine)[0]] == ["0.1", "1.1", "10000000000"]


def test_a_variable_may_be_known_by_its_label(tmp_path: Path, engine: Engine):
    frame = pd.DataFrame({"v1": ["甲"], "v2": [2019.0], "v3": [1.5], "x2": [7.0]})
    pyreadstat.write_dta(frame, str(tmp_path / "a.dta"), column_labels=["地区", "年份", "数值", ""])
    read, cells = sheet(tmp_path / "a.dta", engine)
    assert cells.labels == ("地区", "年份", "数值", "x2") and read == [("甲", "2019", "1.5", "7")]


def test_dates_of_spss(tmp_path: Path, engine: Engine):
    frame = pd.DataFrame(
        {"region": ["甲", "乙"], "d": [date(2019, 12, 31), None], "t": [datetime(2020, 1, 1, 3), datetime(2020, 1, 1)]}
    )
    pyreadstat.write_sav(frame, str(tmp_path / "a.sav"))
    assert sheet(tmp_path / "a.sav", engine)[0] == [("甲", "2019-12-31", "2020-01-01 03:00:00"), ("乙", "", "2020-01-01")]


@pytest.mark.parametrize(
    ("display_format", "shown"),
    [
        ("DATETIME20", "2020-01-04 01:00:00"), ("datetime17.2", "2020-01-04 01:00:00"), ("YMDHMS19.0", "2020-01-04 01:00:00"),
        ("DATE11", "2020-01-04"), ("ADATE10", "2020-01-04"), ("sdate10", "2020-01-04"), ("MOYR8", "2020-01-04"), ("F8.2", None),
        ("TIME8", None), ("A10", None),
    ],
)  # fmt: skip
def test_formats_of_dates_of_spss(display_format: str, shown: str | None):
    """13,797,478,800 seconds after the first day of the Gregorian calendar."""
    format_date = stata_spss._date_reader(display_format, "sav")
    assert (format_date and format_date(13_797_478_800.0)) == shown
