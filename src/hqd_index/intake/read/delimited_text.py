"""Delimited text as rectangular records, each with its row as a spreadsheet shows it; what is no record is set aside."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import IO

from ..records.scope_reasons import BLANK_ROW, CONTINUATION_LINE, NOTE_ROW
from .reading_limits import MAX_BREAKS, MAX_COLUMNS, MAX_LINE, size_limit_error
from .sheet_cells import BLANKS, ROW_SPAN, ExcludedRow

DELIMITERS = (",", "\t", ";", "|")
NOTE_MARKS = ("注", "备注", "说明", "资料来源", "数据来源", "来源", "*注", "Note", "NOTE", "note", "Source", "source")
OPEN_QUOTE = '"'
"""Reason of a line whose quotes do not close in it, nor in a cell that could be meant."""
BATCH_BYTES = 1 << 22
UNWRITABLE_CHARACTERS = re.compile("[\r\x00]")

csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True)
class RecordShape:
    """What a good record is: its delimiter, how many fields, and below which line it may begin."""

    delimiter: str
    field_count: int
    header_row: int


@dataclass(frozen=True, slots=True)
class TextRecord:
    """The fields of a record (none for an empty line), its row as a spreadsheet shows it, its lines, whether its quotes hold."""

    row: int
    fields: list[str]
    lines: int = 1
    quotes_close: bool = True


def delimiter_of(text_lines: Iterable[str]) -> str:
    """The mark that most of the lines hold most often."""
    nonempty_lines = [text_line for text_line in text_lines if text_line.strip()]
    median_counts = {
        delimiter: sorted(text_line.count(delimiter) for text_line in nonempty_lines)[len(nonempty_lines) // 2]
        for delimiter in DELIMITERS
        if nonempty_lines
    }
    return max(DELIMITERS, key=lambda delimiter: median_counts.get(delimiter, 0))


def usual_field_count(text_lines: Iterable[str], delimiter: str) -> int:
    """The number of fields that most lines have."""
    field_counts = Counter(text_line.count(delimiter) + 1 for text_line in text_lines if text_line.strip())
    return field_counts.most_common(1)[0][0] if field_counts else 1


def records(text_lines: Iterable[str], delimiter: str, field_count: int) -> Iterator[TextRecord]:
    """Every line in one record; a quote never closed, or whose cell would swallow whole records, spoils its own line only.

    `field_count` is the number of fields of a good record.
    """
    source, row_number = Lines(iter(text_lines)), 0
    while (text_line := source.next_line()) is not None:
        row_number += 1
        yield (
            _quoted_fields(text_line, row_number, source, delimiter, field_count)
            if '"' in text_line
            else TextRecord(row_number, _fields(text_line, delimiter))
        )


class Lines:
    """Lines one by one, which can be given back."""

    def __init__(self, text_lines: Iterator[str]) -> None:
        self._lines = text_lines
        self._pushed_lines: deque[str] = deque()

    def next_line(self) -> str | None:
        return self._pushed_lines.popleft() if self._pushed_lines else next(self._lines, None)

    def push_back(self, unread_lines: list[str]) -> None:
        self._pushed_lines.extendleft(reversed(unread_lines))


def _fields(text_line: str, delimiter: str) -> list[str]:
    return text_line.rstrip("\n").split(delimiter) if text_line.strip("\n") else []


def _quoted_fields(text_line: str, row_number: int, source: Lines, delimiter: str, field_count: int) -> TextRecord:
    continuation_lines: list[str] = []

    def record_lines() -> Iterator[str]:
        yield text_line
        while len(continuation_lines) <= MAX_BREAKS and (next_line := source.next_line()) is not None:
            continuation_lines.append(next_line)
            yield next_line

    try:
        fields = next(csv.reader(record_lines(), delimiter=delimiter, strict=True))
    except csv.Error:  # text behind a closing quote, or none
        fields = []
    if fields and _plausible_quotes(fields, [text_line, *continuation_lines], delimiter, field_count):
        return TextRecord(row_number, fields, 1 + len(continuation_lines))
    source.push_back(continuation_lines)
    return TextRecord(row_number, _fields(text_line, delimiter), quotes_close=False)


def _plausible_quotes(fields: Sequence[str], text_lines: Sequence[str], delimiter: str, field_count: int) -> bool:
    """Whether the quotes of a record can be meant: even in number, and no cell of several lines that holds half a record."""
    if sum(text_line.count('"') for text_line in text_lines) % 2:
        return False
    if len(text_lines) == 1:
        return True
    return len(text_lines) <= MAX_BREAKS and all(
        field.count(delimiter) < max(1, (field_count - 1) // 2) for field in fields if "\n" in field
    )


@dataclass(frozen=True)
class RecordCounts:
    """How many records were written, the other lines, all lines, and whether a cell written may have blanks around it."""

    rows: int
    excluded_rows: list[ExcludedRow]
    lines: int
    has_padding: bool = True


def write_plain_records(text_file: IO[str], csv_file: IO[str], record_shape: RecordShape, location: str = "") -> RecordCounts:
    """Writes `row, fields` of the lines below the header with `width` fields (no cell is quoted)."""
    excluded_rows: list[ExcludedRow] = []
    delimiter, delimiter_count, row, has_padding = (
        record_shape.delimiter,
        record_shape.field_count - 1,
        record_shape.header_row,
        False,
    )
    for _ in range(row):
        text_file.readline()
    while text_lines := text_file.readlines(BATCH_BYTES):
        has_right_width = [text_line.count(delimiter) == delimiter_count and text_line != "\n" for text_line in text_lines]
        record_block = "".join(
            [
                f"{row_number}{delimiter}{text_line}"
                for row_number, text_line, is_fit in zip(count(row + 1), text_lines, has_right_width)
                if is_fit
            ]
        )
        excluded_rows += [
            misfit_row(row_number, text_line, delimiter, location)
            for row_number, text_line, is_fit in zip(count(row + 1), text_lines, has_right_width)
            if not is_fit
        ]
        csv_file.write(record_block)
        has_padding = has_padding or _has_blanks_at_sides(record_block, delimiter)
        row += len(text_lines)
    return RecordCounts(row - record_shape.header_row - len(excluded_rows), excluded_rows, row, has_padding)


def misfit_row(row_number: int, text_line: str, delimiter: str, location: str) -> ExcludedRow:
    """A line of another width; DataError S09 for one with more fields than a sheet may have."""
    if text_line.count(delimiter) >= MAX_COLUMNS:
        raise size_limit_error(
            location,
            f"line {row_number} has {text_line.count(delimiter) + 1} fields",
            f"第 {row_number} 行有 {text_line.count(delimiter) + 1} 个字段",
        )
    return excluded_row(row_number, _fields(text_line, delimiter))


def _has_blanks_at_sides(text_block: str, delimiter: str) -> bool:
    """Whether there is a blank beside a delimiter or at the end of a line."""
    blank_characters = [
        blank_character
        for blank_character in BLANKS
        if blank_character not in ("\n", delimiter) and blank_character in text_block
    ]
    padded_delimiters = [
        character_pair
        for blank_character in blank_characters
        for character_pair in (delimiter + blank_character, blank_character + delimiter, blank_character + "\n")
    ]
    return text_block.endswith(tuple(blank_characters)) or any(
        padded_delimiter in text_block for padded_delimiter in padded_delimiters
    )


def write_records(text_records: Iterable[TextRecord], csv_file: IO[str], record_shape: RecordShape) -> RecordCounts:
    """The same for records that were parsed already; cells are quoted where they must be."""
    writer = RecordWriter(csv_file, record_shape.delimiter)
    excluded_rows: list[ExcludedRow] = []
    written_rows, text_lines = 0, 0
    for record in text_records:
        text_lines += record.lines
        if record.row <= record_shape.header_row:
            continue
        if not record.quotes_close:
            excluded_rows.append(ExcludedRow(record.row, tuple(record.fields), OPEN_QUOTE, rule="S04"))
        elif len(record.fields) == record_shape.field_count:
            writer.write_row(record.row, record.fields)
            written_rows += 1
        else:
            excluded_rows.append(excluded_row(record.row, record.fields))
        excluded_rows += [
            ExcludedRow(record.row + line_offset * ROW_SPAN, (), CONTINUATION_LINE) for line_offset in range(1, record.lines)
        ]
    return RecordCounts(written_rows, excluded_rows, text_lines)


class RecordWriter:
    """Writes rows of cells as the engine reads them: line ends in cells as feeds, and no mark that ends or empties a cell."""

    def __init__(self, csv_file: IO[str], delimiter: str = ",") -> None:
        self._writer = csv.writer(csv_file, delimiter=delimiter, lineterminator="\n")

    def write_row(self, row_number: int, row_cells: Iterable[str]) -> None:
        self._writer.writerow(
            [row_number, *(_writable(cell) if UNWRITABLE_CHARACTERS.search(cell) else cell for cell in row_cells)]
        )


def _writable(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def excluded_row(row_number: int, fields: list[str]) -> ExcludedRow:
    """An empty line, a footnote, or (S04) a record whose number of fields is not that of the header."""
    nonempty_fields = [field for field in fields if field.strip()]
    if not nonempty_fields:
        return ExcludedRow(row_number, (), BLANK_ROW)
    if len(nonempty_fields) == 1 and fields[0].strip().startswith(NOTE_MARKS):
        return ExcludedRow(row_number, tuple(fields), NOTE_ROW)
    return ExcludedRow(row_number, tuple(fields), f"{len(fields)}", rule="S04")
