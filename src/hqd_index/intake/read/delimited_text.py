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
    """What a good record is: its delimiter, how many fields, and below which line it may stand."""

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


def delimiter_of(lines: Iterable[str]) -> str:
    """The mark that most of the lines hold most often."""
    nonempty_lines = [line for line in lines if line.strip()]
    median_counts = {
        delimiter: sorted(line.count(delimiter) for line in nonempty_lines)[len(nonempty_lines) // 2]
        for delimiter in DELIMITERS
        if nonempty_lines
    }
    return max(DELIMITERS, key=lambda delimiter: median_counts.get(delimiter, 0))


def usual_field_count(lines: Iterable[str], delimiter: str) -> int:
    """The number of fields that most lines have."""
    field_counts = Counter(line.count(delimiter) + 1 for line in lines if line.strip())
    return field_counts.most_common(1)[0][0] if field_counts else 1


def records(lines: Iterable[str], delimiter: str, field_count: int) -> Iterator[TextRecord]:
    """Every line in one record; a quote never closed, or whose cell would swallow whole records, spoils its own line only.

    `field_count` is the number of fields of a good record.
    """
    source, row = Lines(iter(lines)), 0
    while (line := source.next_line()) is not None:
        row += 1
        yield (
            _quoted_fields(line, row, source, delimiter, field_count)
            if '"' in line
            else TextRecord(row, _fields(line, delimiter))
        )


class Lines:
    """Lines one by one, which can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._pushed_lines: deque[str] = deque()

    def next_line(self) -> str | None:
        return self._pushed_lines.popleft() if self._pushed_lines else next(self._lines, None)

    def push_back(self, unread_lines: list[str]) -> None:
        self._pushed_lines.extendleft(reversed(unread_lines))


def _fields(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\n").split(delimiter) if line.strip("\n") else []


def _quoted_fields(line: str, row: int, source: Lines, delimiter: str, field_count: int) -> TextRecord:
    continuation_lines: list[str] = []

    def record_lines() -> Iterator[str]:
        yield line
        while len(continuation_lines) <= MAX_BREAKS and (next_line := source.next_line()) is not None:
            continuation_lines.append(next_line)
            yield next_line

    try:
        fields = next(csv.reader(record_lines(), delimiter=delimiter, strict=True))
    except csv.Error:  # text behind a closing quote, or none
        fields = []
    if fields and _plausible_quotes(fields, [line, *continuation_lines], delimiter, field_count):
        return TextRecord(row, fields, 1 + len(continuation_lines))
    source.push_back(continuation_lines)
    return TextRecord(row, _fields(line, delimiter), quotes_close=False)


def _plausible_quotes(fields: Sequence[str], lines: Sequence[str], delimiter: str, field_count: int) -> bool:
    """Whether the quotes of a record can be meant: even in number, and no cell of several lines that holds half a record."""
    if sum(line.count('"') for line in lines) % 2:
        return False
    if len(lines) == 1:
        return True
    return len(lines) <= MAX_BREAKS and all(
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
    while lines := text_file.readlines(BATCH_BYTES):
        has_right_width = [line.count(delimiter) == delimiter_count and line != "\n" for line in lines]
        block = "".join(
            [
                f"{row_number}{delimiter}{line}"
                for row_number, line, is_fit in zip(count(row + 1), lines, has_right_width)
                if is_fit
            ]
        )
        excluded_rows += [
            _misfit_row(row_number, line, delimiter, location)
            for row_number, line, is_fit in zip(count(row + 1), lines, has_right_width)
            if not is_fit
        ]
        csv_file.write(block)
        has_padding = has_padding or _has_blanks_at_sides(block, delimiter)
        row += len(lines)
    return RecordCounts(row - record_shape.header_row - len(excluded_rows), excluded_rows, row, has_padding)


def _misfit_row(row: int, line: str, delimiter: str, location: str) -> ExcludedRow:
    """A line of another width; DataError S09 for one with more fields than a sheet may have."""
    if line.count(delimiter) >= MAX_COLUMNS:
        raise size_limit_error(
            location, f"line {row} has {line.count(delimiter) + 1} fields", f"第 {row} 行有 {line.count(delimiter) + 1} 个字段"
        )
    return excluded_row(row, _fields(line, delimiter))


def _has_blanks_at_sides(block: str, delimiter: str) -> bool:
    """Whether there is a blank beside a delimiter or at the end of a line."""
    blank_characters = [
        blank_character for blank_character in BLANKS if blank_character not in ("\n", delimiter) and blank_character in block
    ]
    padded_delimiters = [
        character_pair
        for blank_character in blank_characters
        for character_pair in (delimiter + blank_character, blank_character + delimiter, blank_character + "\n")
    ]
    return block.endswith(tuple(blank_characters)) or any(padded_delimiter in block for padded_delimiter in padded_delimiters)


def write_records(rows: Iterable[TextRecord], csv_file: IO[str], record_shape: RecordShape) -> RecordCounts:
    """The same for records that were parsed already; cells are quoted where they must be."""
    writer = RecordWriter(csv_file, record_shape.delimiter)
    excluded_rows: list[ExcludedRow] = []
    written_rows, lines = 0, 0
    for record in rows:
        lines += record.lines
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
    return RecordCounts(written_rows, excluded_rows, lines)


class RecordWriter:
    """Writes rows of cells as the engine reads them: line ends in cells as feeds, and no mark that ends or empties a cell."""

    def __init__(self, csv_file: IO[str], delimiter: str = ",") -> None:
        self._writer = csv.writer(csv_file, delimiter=delimiter, lineterminator="\n")

    def write_row(self, row: int, cells: Iterable[str]) -> None:
        self._writer.writerow([row, *(_writable(cell) if UNWRITABLE_CHARACTERS.search(cell) else cell for cell in cells)])


def _writable(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def excluded_row(row: int, fields: list[str]) -> ExcludedRow:
    """An empty line, a footnote, or (S04) a record whose number of fields is not that of the header."""
    nonempty_fields = [field for field in fields if field.strip()]
    if not nonempty_fields:
        return ExcludedRow(row, (), BLANK_ROW)
    if len(nonempty_fields) == 1 and fields[0].strip().startswith(NOTE_MARKS):
        return ExcludedRow(row, tuple(fields), NOTE_ROW)
    return ExcludedRow(row, tuple(fields), f"{len(fields)}", rule="S04")
