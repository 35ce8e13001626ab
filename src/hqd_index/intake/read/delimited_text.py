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
    filled = [line for line in lines if line.strip()]
    middle = {mark: sorted(line.count(mark) for line in filled)[len(filled) // 2] for mark in DELIMITERS if filled}
    return max(DELIMITERS, key=lambda mark: middle.get(mark, 0))


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
    taken: list[str] = []
    closed = True

    def feed() -> Iterator[str]:
        nonlocal closed
        yield line
        while len(taken) < OPEN_QUOTE_LINES and (following := source.take()) is not None:
            taken.append(following)
            yield following
        closed = False

    try:
        fields = next(csv.reader(feed(), delimiter=delimiter))
    except csv.Error:
        closed = False
    if closed:
        return fields
    source.give_back(taken)
    return _fields(line, delimiter)


@dataclass(frozen=True)
class RecordCounts:
    """How many records were written, the others, and whether a cell of those written may have blanks around it."""

    rows: int
    set_aside: list[SetAside]
    padded: bool = True


def write_plain(text: IO[str], out: IO[str], shape: Shape) -> RecordCounts:
    """Writes `row, fields` of the lines below the header with `width` fields (no cell is quoted)."""
    aside: list[SetAside] = []
    mark, good, row, padded = shape.delimiter, shape.width - 1, shape.header_row, False
    for _ in range(row):
        text.readline()
    while lines := text.readlines(BATCH):
        fits = [line.count(mark) == good and line != "\n" for line in lines]
        block = "".join([f"{n}{mark}{line}" for n, line, fit in zip(count(row + 1), lines, fits) if fit])
        aside += [row_set_aside(n, _fields(line, mark)) for n, line, fit in zip(count(row + 1), lines, fits) if not fit]
        out.write(block)
        padded = padded or _has_blanks_at_sides(block, mark)
        row += len(lines)
    return RecordCounts(row - shape.header_row - len(aside), aside, padded)


def _has_blanks_at_sides(text: str, mark: str) -> bool:
    """Whether a blank stands beside a delimiter or at the end of a line."""
    blanks = [blank for blank in BLANKS if blank not in ("\n", mark) and blank in text]
    sides = [pair for blank in blanks for pair in (mark + blank, blank + mark, blank + "\n")]
    return text.endswith(tuple(blanks)) or any(side in text for side in sides)


def write_records(rows: Iterable[list[str]], out: IO[str], shape: Shape) -> RecordCounts:
    """The same for records that were parsed already; cells are quoted where they must be."""
    writer = csv.writer(out, delimiter=shape.delimiter, lineterminator="\n")
    aside: list[SetAside] = []
    written = 0
    for n, fields in enumerate(rows, 1):
        if n <= shape.header_row:
            continue
        if len(fields) == shape.width:
            writer.writerow([n, *fields])
            written += 1
        else:
            aside.append(row_set_aside(n, fields))
    return RecordCounts(written, aside)


def row_set_aside(row: int, fields: list[str]) -> SetAside:
    """An empty line, a footnote, or (S04) a record whose number of fields is not that of the header."""
    filled = [field for field in fields if field.strip()]
    if not filled:
        return SetAside(row, tuple(fields), BLANK)
    if len(filled) == 1 and fields[0].strip().startswith(NOTE_MARKS):
        return SetAside(row, tuple(fields), NOTE)
    return SetAside(row, tuple(fields), f"{len(fields)}", rule="S04")
