"""Records of delimited text: every line is in one, whatever its quotes; what Python's csv wrote comes back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.engines import Engine
from hqd_index.errors import CheckError, DataError
from hqd_index.intake import intake
from hqd_index.intake.read import delimited_text, text_reader
from hqd_index.intake.read.delimited_text import (
    BLANK_ROW,
    CONTINUATION_LINE,
    NOTE_ROW,
    OPEN_QUOTE,
    ROW_SPAN,
    RecordShape,
    delimiter_of,
    excluded_row,
    records,
    usual_field_count,
    write_plain_records,
    write_records,
)
from hqd_index.intake.read.reader import FileHead
from hqd_index.intake.read.text_encoding import TextSurvey, survey_text
from hqd_index.intake.read.text_reader import is_text

from .conftest import LABEL, build

CELLS = st.lists(
    st.lists(st.sampled_from(["", "a", "a b", 'the "one"', "x,y", "两\n行", '"']), min_size=5, max_size=5), min_size=1
)
SCRAPS = st.lists(st.sampled_from(["a", ",", '"', '""', "\n", " "]), max_size=40).map("".join)


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@given(CELLS)
def test_what_csv_wrote_comes_back(rows: list[list[str]]) -> None:
    rows = [row for row in rows if any(row)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    found = list(records(lines(text.getvalue()), ",", 5))
    assert [record.fields for record in found] == rows and all(record.quotes_close for record in found)
    assert [record.row for record in found] == list(range(1, len(rows) + 1))


@given(SCRAPS)
def test_every_line_is_in_one_record(text: str) -> None:
    found = list(records(lines(text), ",", 4))
    assert sum(record.lines for record in found) == len(lines(text))
    unread = lines(text)
    for record in found:
        taken, unread = unread[: record.lines], unread[record.lines :]
        if not record.quotes_close:
            assert record.lines == 1 and record.fields == taken[0].rstrip("\n").split(",")
        elif '"' in taken[0]:
            assert record.fields == next(csv.reader(taken)) and "".join(taken).count('"') % 2 == 0
        else:
            assert record.fields == (taken[0].rstrip("\n").split(",") if taken[0].strip("\n") else [])


@pytest.mark.parametrize(("breaks", "closes"), [(0, True), (2, True), (3, False)])
def test_a_cell_has_so_many_breaks_and_holds_less_than_half_a_record(
    breaks: int, closes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_text, "MAX_BREAKS", 3)  # lines of a record
    text = 'a,"' + "b\n" * breaks + 'b",c\n'
    assert next(record.quotes_close for record in records(lines(text), ",", 3)) == closes
    for held, is_meant in (("b", True), ("b,b", True), ("b,b,b", False)):
        text = f'a,"\n{held}",c,d,e,f\n'
        assert next(iter(records(lines(text), ",", 6))).quotes_close == is_meant


def test_delimiters_and_kinds_of_lines() -> None:
    assert delimiter_of(["\n", "a;b,c;d\n", "1;2;3\n", "\n"]) == ";" and delimiter_of(["\n"]) == ","
    assert delimiter_of(["a|b|c\n", "1,2|3|4\n"]) == "|"
    assert usual_field_count(["\n", "a,b\n", "\n", "\n", "1,2\n", "x\n"], ",") == 2 and usual_field_count(["\n"], ",") == 1
    kinds = [excluded_row(7, fields) for fields in (["", " "], ["注：略", ""], ["甲", "注"], ["注", "1"])]
    assert [(kind.reason, kind.rule) for kind in kinds] == [(BLANK_ROW, ""), (NOTE_ROW, ""), ("2", "S04"), ("2", "S04")]


def test_records_are_written_with_their_row_and_the_others_are_set_aside() -> None:
    text = 'k,v\n1,"a\nb"\n2\n3,"x\n4,y\n\n'
    target = io.StringIO()
    counts = write_records(records(lines(text), ",", 2), target, RecordShape(",", 2, 1))
    assert target.getvalue() == '2,1,"a\nb"\n5,4,y\n'
    assert (counts.rows, counts.lines) == (2, 7)
    assert [(row.row, row.reason, row.rule) for row in counts.excluded_rows] == [
        (2 + ROW_SPAN, CONTINUATION_LINE, ""), (3, "1", "S04"), (4, OPEN_QUOTE, "S04"), (6, BLANK_ROW, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "padded"), [("k,v\n1,2\n3,4\n", False), ("k,v\n1, 2\n3,4\n\n5\n", True), ("k,v\n1,2\n3,4 \n\n5\n", True)]
)
def test_plain_records_are_copied_and_blanks_beside_cells_are_seen_in_any_piece(
    text: str, padded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 1 << 22):
        monkeypatch.setattr(delimited_text, "BATCH_BYTES", size)
        target = io.StringIO()
        counts = write_plain_records(io.StringIO(text), target, RecordShape(",", 2, 1))
        first, second = lines(text)[1:3]
        assert target.getvalue() == f"2,{first}3,{second}"
        assert (counts.has_padding, counts.rows, counts.lines) == (padded, 2, len(lines(text)))
        assert [(row.row, row.reason) for row in counts.excluded_rows] == ([(4, BLANK_ROW), (5, "1")] if padded else [])


@pytest.mark.parametrize(
    ("first_bytes", "expected"),
    [
        (b"a,b\n", True), (b"PK\x03\x04\x00\x01", False), (b"a,PK\x03\x04", True), (b"\xef\xbb\xbf <html>", False),
        (b"<?xml version", False), (b"%PDF-1.7", False), (b"a\x00\x01b", False), (b"a\x00b,\n\x00", True), (b"a\x00" * 4, True),
        (b"aa\x00" * 4, False), (b"\x01\x02", True),
    ],
)  # fmt: skip
def test_first_bytes_of_a_text(first_bytes: bytes, expected: bool) -> None:
    assert is_text(FileHead(Path("a"), first_bytes)) == expected


@pytest.mark.parametrize("layout", [{}, {"reshape": {"across": ["year"], "value": "x"}}])
def test_a_line_that_is_lost_while_reading_is_an_error_of_the_program(
    layout: dict[str, object], folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def survey(path: Path, declared: str, location: str) -> TextSurvey:
        found = survey_text(path, declared, location)
        return TextSurvey(found.encoding, found.has_quotes, found.lines + 1)

    monkeypatch.setattr(text_reader, "survey_text", survey)
    header, row = ("region,2019", "甲,1") if layout else ("region,year,x", "甲,2019,1")
    (folder / "data" / "a.csv").write_text(f"{header}\n{row}\n", "utf-8")
    tables = {"t": {"key": ["region", "year"], "columns": {"region": {"dtype": "text", "label": LABEL}, "x": {"label": LABEL}}}}
    study = build({"a": {"path": "a.csv", "table": "t", **layout}}, tables=tables)
    with pytest.raises(CheckError, match="3 lines but 2 were read"):
        intake(study, engine, folder / "data", folder / "configs")


@pytest.mark.parametrize(("declared", "named"), [("auto", "utf-8 / gb18030"), ("gb18030", "(gb18030)")])
def test_bytes_that_are_no_text_name_the_encodings_tried(declared: str, named: str, folder: Path, engine: Engine) -> None:
    content = "地区,年份,数值\n".encode("gb18030") * 3 + b"\x81\xff,2019,1\n"
    (folder / "data" / "a.csv").write_bytes(content)
    tables = {"t": {"key": ["region", "year"], "columns": {"region": {"dtype": "text", "label": LABEL}, "x": {"label": LABEL}}}}
    study = build({"a": {"path": "a.csv", "table": "t", "encoding": declared}}, tables=tables)
    with pytest.raises(DataError) as caught:
        intake(study, engine, folder / "data", folder / "configs")
    assert named in caught.value.en and caught.value.location.endswith("a.csv:4")


@pytest.mark.parametrize(("fields", "is_refused"), [(3, False), (4, True)])
def test_a_line_of_more_fields_than_a_sheet_has_is_refused(
    fields: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_text, "MAX_COLUMNS", 3)
    text = io.StringIO("k,v\n" + ",".join("x" * fields) + "\n")
    if is_refused:
        with pytest.raises(DataError, match=f"line 2 has {fields} fields"):
            write_plain_records(text, io.StringIO(), RecordShape(",", 2, 1), "a.csv")
    else:
        assert write_plain_records(text, io.StringIO(), RecordShape(",", 2, 1), "a.csv").rows == 0


def test_a_quoted_cell_may_be_longer_than_pythons_csv_takes_by_itself() -> None:
    (record,) = records([f'"{"a" * 200_000}",b\n'], ",", 2)
    assert record.quotes_close and len(record.fields[0]) == 200_000
