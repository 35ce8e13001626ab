"""Delimited text as a sheet of cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from ...errors import CheckError, DataError
from ..layout.header_rows import SEARCHED_ROWS, header_layout, no_rows
from ..records.intake_notice import Notice
from ..records.scope_reasons import HEADER_ROW
from .delimited_text import (
    OPEN_QUOTE,
    RecordCounts,
    RecordShape,
    delimiter_of,
    records,
    usual_field_count,
    write_plain_records,
    write_records,
)
from .large_text.stored_text import is_large_text, stored_lines, stored_records
from .large_text.text_blocks import BLOCK_ENCODINGS
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, size_limit_error
from .sheet_cells import ExcludedRow, SheetCells, TypedCells
from .spread_reader import is_spread, spread_text_cells
from .text_encoding import TextSurvey, decoding_error, first_bad_line, survey_text, wide_encoding

FEW_NULS = 3
MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*(<!doctype|<html|<\?xml|%pdf)", re.IGNORECASE)


def is_text(file_head: FileHead) -> bool:
    """Whether the first bytes are text that may be delimited: no page, no PDF, NULs only as UTF-16 has them."""
    first_bytes = file_head.first_bytes
    if wide_encoding(first_bytes):
        return True
    return not (first_bytes.startswith(b"PK\x03\x04") or _is_binary(first_bytes) or MARKUP.match(first_bytes))


def _is_binary(first_bytes: bytes) -> bool:
    """NULs among other control characters; a few alone are slips in a text, whose line is named when it is read."""
    controls = first_bytes.translate(None, delete=bytes(set(range(256)) - (set(range(32)) - set(b"\t\n\r\x00"))))
    return b"\x00" in first_bytes and (bool(controls) or first_bytes.count(0) > FEW_NULS)


def read_text(request: SheetRequest) -> list[SheetCells]:
    """The records of a text file.

    Raises DataError S02 (no rows), S03 (bytes that are not text), S04 (every row of another width), S09 (beyond the limits);
    CheckError when the lines of the file are not those that were accounted for.
    """
    file, source = request.file, request.source
    text_survey = survey_text(file.path, source.encoding, file.name)
    try:
        with open_decoded(file.path, text_survey.encoding) as text_file:
            first_lines = list(islice(text_file, SEARCHED_ROWS))
        delimiter = delimiter_of(first_lines)
        if is_spread(request):
            return [_spread_cells(request, text_survey, delimiter, usual_field_count(first_lines, delimiter))]
        if max((text_line.count(delimiter) for text_line in first_lines), default=0) >= MAX_COLUMNS:
            raise size_limit_error(file.name, f"more than {MAX_COLUMNS} fields in a line", f"一行超过 {MAX_COLUMNS} 个字段")
        first_records = list(records(first_lines, delimiter, usual_field_count(first_lines, delimiter)))
        layout = header_layout([record.fields for record in first_records], source, request.table, file.name)
        record_shape = RecordShape(delimiter, len(layout.labels), layout.row + layout.label_rows)
        rows = _stored_rows(request, text_survey, record_shape, layout.labels)
    except UnicodeDecodeError as fault:
        text_line = first_bad_line(file.path, text_survey.encoding) or 1
        encodings = "utf-8 / gb18030" if source.encoding == "auto" else text_survey.encoding
        raise decoding_error(file.name, text_line, encodings) from fault
    _check_no_shifted_rows(rows.counts, len(layout.labels), file.name)
    _check_lines(text_survey.lines, rows.counts.lines, file.name)
    label_rows = [ExcludedRow(layout.row + row_offset, (), HEADER_ROW) for row_offset in range(1, layout.label_rows + 1)]
    return [
        SheetCells(
            file=file.name,
            sheet="",
            digest=file.digest,
            labels=layout.labels,
            header_row=layout.row,
            table=rows.table,
            rows=rows.counts.rows,
            excluded_rows=(*label_rows, *rows.counts.excluded_rows),
            notices=encoding_notices(file.name, text_survey.encoding),
            units=layout.units,
            units_above_header=layout.units_above_header,
            has_padding=rows.counts.has_padding,
            leading_rows=tuple(tuple(record.fields) for record in first_records),
            typed_cells=rows.typed_cells,
        )
    ]


def _spread_cells(request: SheetRequest, text_survey: TextSurvey, delimiter: str, field_count: int) -> SheetCells:
    """A sheet whose rows are not those of a table."""
    with open_decoded(request.file.path, text_survey.encoding) as text_file:
        text_records = list(records(text_file, delimiter, field_count))
    _check_lines(text_survey.lines, sum(record.lines for record in text_records), request.file.name)
    return spread_text_cells(request, text_records, encoding_notices(request.file.name, text_survey.encoding))


@dataclass(frozen=True)
class StoredRows:
    """An engine table of the records, how many there are, and their cells as they are stored where that is not as text."""

    table: str
    counts: RecordCounts
    typed_cells: TypedCells | None = None


def _stored_rows(request: SheetRequest, text_survey: TextSurvey, record_shape: RecordShape, labels: Sequence[str]) -> StoredRows:
    """The records below the header; UnicodeDecodeError for bytes that the encoding does not know."""
    engine, is_large = request.engine, is_large_text(request, len(labels))
    if is_large and not text_survey.has_quotes and text_survey.encoding in BLOCK_ENCODINGS:
        counts, typed_cells = stored_lines(request, text_survey.encoding, record_shape, labels)
        return StoredRows(typed_cells.text_table, counts, typed_cells)
    csv_path = engine.folder / f"{engine.new_name()}.txt"
    counts = _write_records(request, text_survey, record_shape, csv_path)
    if not is_large:
        return StoredRows(engine.scan_records(csv_path, len(labels), record_shape.delimiter), counts)
    typed_cells = stored_records(request, csv_path, record_shape.delimiter, labels)
    return StoredRows(typed_cells.text_table, counts, typed_cells)


def _write_records(request: SheetRequest, text_survey: TextSurvey, record_shape: RecordShape, csv_path: Path) -> RecordCounts:
    """The records below the header, written where the engine may read them."""
    with (
        open_decoded(request.file.path, text_survey.encoding) as text_file,
        csv_path.open("w", encoding="utf-8", newline="\n") as csv_file,
    ):
        if text_survey.has_quotes:
            return write_records(records(text_file, record_shape.delimiter, record_shape.field_count), csv_file, record_shape)
        return write_plain_records(text_file, csv_file, record_shape, request.file.name)


@contextmanager
def open_decoded(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The text of a file, its byte order mark left out."""
    codec_name = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open("rb") as byte_file, io.TextIOWrapper(byte_file, encoding=codec_name, newline=None) as text_file:
        yield text_file


def encoding_notices(location: str, encoding: str) -> tuple[Notice, ...]:
    """S03 where a file is not UTF-8."""
    return () if encoding == "utf-8" else (Notice("S03", location, f"read as {encoding}", f"按 {encoding} 编码读取"),)


def _check_no_shifted_rows(record_counts: RecordCounts, field_count: int, location: str) -> None:
    field_counts = {
        len(excluded_row.cells)
        for excluded_row in record_counts.excluded_rows
        if excluded_row.rule and excluded_row.reason != OPEN_QUOTE
    }
    if record_counts.rows == 0 and not any(excluded_row.rule for excluded_row in record_counts.excluded_rows):
        raise no_rows(location)
    if record_counts.rows == 0 and len(field_counts) == 1:
        fields = field_counts.pop()
        raise DataError(
            f"every row has {fields} fields but the header has {field_count}; mend the header or the separator",
            zh=f"所有数据行都是 {fields} 个字段,而表头是 {field_count} 个;请改正表头或分隔符",
            location=location,
            rule="S04",
        )


def _check_lines(line_count: int, accounted_lines: int, location: str) -> None:
    """The lines of the file, counted apart from reading, are those read or set aside."""
    if line_count != accounted_lines:
        raise CheckError(
            f"the file has {line_count} lines but {accounted_lines} were read or set aside; please report it with the file",
            zh=f"文件共 {line_count} 行,读取与剔除合计 {accounted_lines} 行;请连同该文件反馈给维护者",
            location=location,
        )
