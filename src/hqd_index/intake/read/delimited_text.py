"""Delimited text as rectangular records, each with its row as a spreadsheet shows it; the others are set aside."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import IO

from ..records.scope_reasons import BLANK, NOTE
from .sheet_cells import BLANKS, SetAside

DELIMITERS = (",", "\t", ";", "|")
NOTE_MARKS = ("注", "备注", "说明", "资料来源", "数据来源", "来源", "*注", "Note", "NOTE", "note", "Source", "source")
OPEN_QUOTE_LINES = 200
BATCH = 1 << 22

csv.field_size_limit(1 << 20)


@dataclass(frozen=True)
class Shape:
    """What a good record is: its delimiter, how many fields, and below which row it may stand."""

    delimiter: str
    width: int
    header_row: int


def delimiter_of(lines: Iterable[str]) -> str:
    """The mark that most of the lines hold most often."""
    filled_lines = [line for line in lines if line.strip()]
    median_counts = {
        mark: sorted(line.count(mark) for line in filled_lines)[len(filled_lines) // 2] for mark in DELIMITERS if filled_lines
    }
    return max(DELIMITERS, key=lambda mark: median_counts.get(mark, 0))


def records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The fields of each record, none for an empty line; a quote never closed spoils its own line only."""
    source = Lines(iter(lines))
    while (line := source.take()) is not None:
        yield _quoted_fields(line, source, delimiter) if '"' in line else _fields(line, delimiter)


class Lines:
    """Lines one by one, which can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: deque[str] = deque()

    def take(self) -> str | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def give_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))


def _fields(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\n").split(delimiter) if line.strip("\n") else []


def _quoted_fields(line: str, source: Lines, delimiter: str) -> list[str]:
    following_lines: list[str] = []
    closed = True

    def feed() -> Iterator[str]:
        nonlocal closed
        yield line
        while len(following_lines) < OPEN_QUOTE_LINES and (following := source.take()) is not None:
            following_lines.append(following)
            yield following
        closed = False

    try:
        fields = next(csv.reader(feed(), delimiter=delimiter))
    except csv.Error:
        closed = False
    if closed:
        return fields
    source.give_back(following_lines)
    return _fields(line, delimiter)


@dataclass(frozen=True)
class RecordCounts:
    """How many records were written, the others, and whether a cell of those written may have blanks around it."""

    rows: int
    set_aside: list[SetAside]
    padded: bool = True


def write_plain(text: IO[str], target: IO[str], shape: Shape) -> RecordCounts:
    """Writes `row, fields` of the lines below the header with `width` fields (no cell is quoted)."""
    set_aside: list[SetAside] = []
    delimiter, delimiter_count, row, padded = shape.delimiter, shape.width - 1, shape.header_row, False
    for _ in range(row):
        text.readline()
    while lines := text.readlines(BATCH):
        fits = [line.count(delimiter) == delimiter_count and line != "\n" for line in lines]
        block = "".join([f"{n}{delimiter}{line}" for n, line, fit in zip(count(row + 1), lines, fits) if fit])
        set_aside += [row_set_aside(n, _fields(line, delimiter)) for n, line, fit in zip(count(row + 1), lines, fits) if not fit]
        target.write(block)
        padded = padded or _has_blanks_at_sides(block, delimiter)
        row += len(lines)
    return RecordCounts(row - shape.header_row - len(set_aside), set_aside, padded)


def _has_blanks_at_sides(text: str, mark: str) -> bool:
    """Whether a blank stands beside a delimiter or at the end of a line."""
    blanks = [blank for blank in BLANKS if blank not in ("\n", mark) and blank in text]
    sides = [pair for blank in blanks for pair in (mark + blank, blank + mark, blank + "\n")]
    return text.endswith(tuple(blanks)) or any(side in text for side in sides)


def write_records(rows: Iterable[list[str]], target: IO[str], shape: Shape) -> RecordCounts:
    """The same for records that were parsed already; cells are quoted where they must be."""
    writer = csv.writer(target, delimiter=shape.delimiter, lineterminator="\n")
    set_aside: list[SetAside] = []
    written_rows = 0
    for n, fields in enumerate(rows, 1):
        if n <= shape.header_row:
            continue
        if len(fields) == shape.width:
            writer.writerow([n, *fields])
            written_rows += 1
        else:
            set_aside.append(row_set_aside(n, fields))
    return RecordCounts(written_rows, set_aside)


def row_set_aside(row: int, fields: list[str]) -> SetAside:
    """An empty line, a footnote, or (S04) a record whose number of fields is not that of the header."""
    filled_fields = [field for field in fields if field.strip()]
    if not filled_fields:
        return SetAside(row, tuple(fields), BLANK)
    if len(filled_fields) == 1 and fields[0].strip().startswith(NOTE_MARKS):
        return SetAside(row, tuple(fields), NOTE)
    return SetAside(row, tuple(fields), f"{len(fields)}", rule="S04")
