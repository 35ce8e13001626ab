"""Delimited text, plain or gzipped, as a sheet of cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from ...errors import DataError
from ..layout.header_rows import PEEK, header_layout, no_rows
from ..records.intake_notice import Notice
from ..records.scope_reasons import HEADER
from .archive_limits import check_gzip
from .delimited_text import RecordCounts, Shape, delimiter_of, records, write_plain, write_records
from .reader import FileHead, SheetRequest
from .sheet_cells import SetAside, SheetCells
from .text_encoding import UTF16, Opener, TextSurvey, first_bad_line, plain_bytes, survey, undecodable, unpacked_bytes

ARCHIVE = b"PK\x03\x04"
MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype|<html|<\?xml|%pdf)", re.IGNORECASE)


def is_text(head: FileHead) -> bool:
    """Whether the first bytes are text that may be delimited: no NUL unless UTF-16, no page, no PDF."""
    return head.start.startswith(UTF16) or not (
        head.start.startswith(b"PK\x03\x04") or b"\x00" in head.start or MARKUP.match(head.start)
    )


def is_gzip(head: FileHead) -> bool:
    """Whether the first bytes are those of a gzip file."""
    return head.start.startswith(b"\x1f\x8b")


def read_text(request: SheetRequest) -> SheetCells:
    """The records of a text file; DataError S02 (no rows), S03 (bytes that are not text), S04 (every row of another width)."""
    return _read(request, plain_bytes)


def read_gzip(request: SheetRequest) -> SheetCells:
    """The same for gzipped text; DataError S09 when it unpacks beyond the limits."""
    check_gzip(request.file.path, request.file.name)
    return _read(request, unpacked_bytes)


def _read(request: SheetRequest, opener: Opener) -> SheetCells:
    file, source, engine = request.file, request.source, request.engine
    text_survey = survey(file.path, opener, source.encoding, file.name)
    target = engine.folder / f"{engine.new_name()}.txt"
    try:
        with _decoded(file.path, opener, text_survey.encoding) as text:
            first_lines = list(islice(text, PEEK))
        delimiter = delimiter_of(first_lines)
        layout = header_layout(list(islice(records(first_lines, delimiter), PEEK)), source, request.table, file.name)
        shape = Shape(delimiter, len(layout.labels), layout.row + layout.below)
        counts = _write(request, opener, text_survey, shape, target)
    except UnicodeDecodeError as fault:
        line = first_bad_line(file.path, opener, text_survey.encoding) or 1
        encodings = "utf-8 / gb18030" if source.encoding == "auto" else text_survey.encoding
        raise undecodable(file.name, line, encodings) from fault
    _refuse_shifted(counts, len(layout.labels), file.name)
    label_rows = [SetAside(layout.row + k, (), HEADER) for k in range(1, layout.below + 1)]
    return SheetCells(
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
        padded=counts.padded,
    )


def _write(request: SheetRequest, opener: Opener, text_survey: TextSurvey, shape: Shape, target: Path) -> RecordCounts:
    """The records below the header, written where the engine may read them."""
    with (
        _decoded(request.file.path, opener, text_survey.encoding) as text,
        target.open("w", encoding="utf-8", newline="\n") as plain_text,
    ):
        if text_survey.quotes:
            return write_records(records(text, shape.delimiter), plain_text, shape)
        return write_plain(text, plain_text, shape)


@contextmanager
def _decoded(path: Path, opener: Opener, encoding: str) -> Iterator[IO[str]]:
    signed = "utf-8-sig" if encoding == "utf-8" else encoding
    with opener(path) as raw, io.TextIOWrapper(raw, encoding=signed, newline=None) as text:
        yield text


def encoding_notices(where: str, encoding: str) -> tuple[Notice, ...]:
    """S03 where a file is not UTF-8."""
    return () if encoding == "utf-8" else (Notice("S03", where, f"read as {encoding}", f"按 {encoding} 编码读取"),)


def _refuse_shifted(counts: RecordCounts, width: int, where: str) -> None:
    widths = {len(row.cells) for row in counts.set_aside if row.rule}
    if counts.rows == 0 and not widths:
        raise no_rows(where)
    if counts.rows == 0 and len(widths) == 1:
        fields = widths.pop()
        raise DataError(
            f"every row has {fields} fields but the header has {width}; mend the header or the separator",
            zh=f"所有数据行都是 {fields} 个字段,而表头是 {width} 个;请改正表头或分隔符",
            where=where,
            rule="S04",
        )
