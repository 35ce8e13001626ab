"""Delimited text as a sheet of cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from ...errors import CheckError, DataError
from ..layout.header_rows import PEEK, header_layout, no_rows
from ..records.intake_notice import Notice
from ..records.scope_reasons import HEADER
from .delimited_text import (
    OPEN_QUOTE,
    RecordCounts,
    Shape,
    delimiter_of,
    records,
    usual_width,
    write_plain,
    write_records,
)
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, too_big
from .sheet_cells import SetAside, SheetCells
from .spread_reader import is_spread, spread_text
from .text_encoding import TextSurvey, first_bad_line, survey, undecodable, wide_encoding

MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype|<html|<\?xml|%pdf)", re.IGNORECASE)


def is_text(head: FileHead) -> bool:
    """Whether the first bytes are text that may be delimited: no page, no PDF, NULs only as UTF-16 has them."""
    start = head.start
    if wide_encoding(start):
        return True
    return not (start.startswith(b"PK\x03\x04") or b"\x00" in start or MARKUP.match(start))


def read_text(request: SheetRequest) -> list[SheetCells]:
    """The records of a text file.

    Raises DataError S02 (no rows), S03 (bytes that are not text), S04 (every row of another width), S09 (beyond the limits);
    CheckError when the lines of the file are not those that were accounted for.
    """
    file, source, engine = request.file, request.source, request.engine
    text_survey = survey(file.path, source.encoding, file.name)
    target = engine.folder / f"{engine.new_name()}.txt"
    try:
        with decoded(file.path, text_survey.encoding) as text:
            first_lines = list(islice(text, PEEK))
        delimiter = delimiter_of(first_lines)
        if is_spread(request):
            return [_spread(request, text_survey, delimiter, usual_width(first_lines, delimiter))]
        if max((line.count(delimiter) for line in first_lines), default=0) >= MAX_COLUMNS:
            raise too_big(file.name, f"more than {MAX_COLUMNS} fields in a line", f"一行超过 {MAX_COLUMNS} 个字段")
        first_records = list(records(first_lines, delimiter, usual_width(first_lines, delimiter)))
        layout = header_layout([record.fields for record in first_records], source, request.table, file.name)
        shape = Shape(delimiter, len(layout.labels), layout.row + layout.below)
        counts = _write(request, text_survey, shape, target)
    except UnicodeDecodeError as fault:
        line = first_bad_line(file.path, text_survey.encoding) or 1
        encodings = "utf-8 / gb18030" if source.encoding == "auto" else text_survey.encoding
        raise undecodable(file.name, line, encodings) from fault
    _refuse_shifted(counts, len(layout.labels), file.name)
    _check_lines(text_survey.lines, counts.lines, file.name)
    label_rows = [SetAside(layout.row + k, (), HEADER) for k in range(1, layout.below + 1)]
    return [
        SheetCells(
            file=file.name,
            sheet="",
            digest=file.digest,
            labels=layout.labels,
            header_row=layout.row,
            table=engine.scan_records(target, len(layout.labels), delimiter),
            rows=counts.rows,
            set_aside=(*label_rows, *counts.set_aside),
            notices=encoding_notices(file.name, text_survey.encoding),
            units=layout.units,
            above=layout.above,
            padded=counts.padded,
            head=tuple(tuple(record.fields) for record in first_records),
        )
    ]


def _spread(request: SheetRequest, text_survey: TextSurvey, delimiter: str, width: int) -> SheetCells:
    """A sheet whose rows are not those of a table."""
    with decoded(request.file.path, text_survey.encoding) as text:
        every = list(records(text, delimiter, width))
    _check_lines(text_survey.lines, sum(record.lines for record in every), request.file.name)
    return spread_text(request, every, encoding_notices(request.file.name, text_survey.encoding))


def _write(request: SheetRequest, text_survey: TextSurvey, shape: Shape, target: Path) -> RecordCounts:
    """The records below the header, written where the engine may read them."""
    with decoded(request.file.path, text_survey.encoding) as text, target.open("w", encoding="utf-8", newline="\n") as out:
        if text_survey.quotes:
            return write_records(records(text, shape.delimiter, shape.width), out, shape)
        return write_plain(text, out, shape, request.file.name)


@contextmanager
def decoded(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The text of a file, its byte order mark left out."""
    signed = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=signed, newline=None) as text:
        yield text


def encoding_notices(location: str, encoding: str) -> tuple[Notice, ...]:
    """S03 where a file is not UTF-8."""
    return () if encoding == "utf-8" else (Notice("S03", location, f"read as {encoding}", f"按 {encoding} 编码读取"),)


def _refuse_shifted(counts: RecordCounts, width: int, location: str) -> None:
    widths = {len(row.cells) for row in counts.set_aside if row.rule and row.reason != OPEN_QUOTE}
    if counts.rows == 0 and not any(row.rule for row in counts.set_aside):
        raise no_rows(location)
    if counts.rows == 0 and len(widths) == 1:
        fields = widths.pop()
        raise DataError(
            f"every row has {fields} fields but the header has {width}; mend the header or the separator",
            zh=f"所有数据行都是 {fields} 个字段,而表头是 {width} 个;请改正表头或分隔符",
            location=location,
            rule="S04",
        )


def _check_lines(lines: int, accounted: int, location: str) -> None:
    """The lines of the file, counted apart from reading, are those read or set aside."""
    if lines != accounted:
        raise CheckError(
            f"the file has {lines} lines but {accounted} were read or set aside; please report it with the file",
            zh=f"文件共 {lines} 行,读取与剔除合计 {accounted} 行;请连同该文件反馈给维护者",
            location=location,
        )
