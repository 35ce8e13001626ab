"""Delimited text as rectangular records, each with its row as a spreadsheet shows it; what is no record is set aside."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import IO

from ..records.scope_reasons import BLANK, CONTINUED, NOTE
from .reading_limits import MAX_BREAKS, MAX_COLUMNS, MAX_LINE, too_big
from .sheet_cells import BLANKS, ROW_SPAN, SetAside

DELIMITERS = (",", "\t", ";", "|")
NOTE_MARKS = ("注", "备注", "说明", "资料来源", "数据来源", "来源", "*注", "Note", "NOTE", "note", "Source", "source")
OPEN_QUOTE = '"'
"""Reason of a line whose quotes do not close in it, nor in a cell that could be meant."""
BATCH = 1 << 22
UNWRITABLE = re.compile("[\r\x00]")

csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True)
class Shape:
    """What a good record is: its delimiter, how many fields, and below which line it may stand."""

    delimiter: str
    width: int
    header_row: int


@dataclass(frozen=True, slots=True)
class TextRecord:
    """The fields of a record (none for an empty line), its row as a spreadsheet shows it, its lines, whether its quotes hold."""

    row: int
    fields: list[str]
    lines: int = 1
    sound: bool = True


def delimiter_of(lines: Iterable[str]) -> str:
    """The mark that most of the lines hold most often."""
    filled = [line for line in lines if line.strip()]
    middle = {mark: sorted(line.count(mark) for line in filled)[len(filled) // 2] for mark in DELIMITERS if filled}
    return max(DELIMITERS, key=lambda mark: middle.get(mark, 0))


def usual_width(lines: Iterable[str], delimiter: str) -> int:
    """The number of fields that most lines have."""
    widths = Counter(line.count(delimiter) + 1 for line in lines if line.strip())
    return widths.most_common(1)[0][0] if widths else 1


def records(lines: Iterable[str], delimiter: str, width: int) -> Iterator[TextRecord]:
    """Every line in one record; a quote never closed, or whose cell would swallow whole records, spoils its own line only.

    `width` is the number of fields of a good record.
    """
    source, row = Lines(iter(lines)), 0
    while (line := source.take()) is not None:
        row += 1
        yield _quoted_fields(line, row, source, delimiter, width) if '"' in line else TextRecord(row, _fields(line, delimiter))


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


def _quoted_fields(line: str, row: int, source: Lines, delimiter: str, width: int) -> TextRecord:
    taken: list[str] = []

    def feed() -> Iterator[str]:
        yield line
        while len(taken) <= MAX_BREAKS and (following := source.take()) is not None:
            taken.append(following)
            yield following

    try:
        fields = next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except csv.Error:  # text behind a closing quote, or none
        fields = []
    if fields and _meant(fields, [line, *taken], delimiter, width):
        return TextRecord(row, fields, 1 + len(taken))
    source.give_back(taken)
    return TextRecord(row, _fields(line, delimiter), sound=False)


def _meant(fields: Sequence[str], lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether the quotes of a record can be meant: even in number, and no cell of several lines that holds half a record."""
    if sum(line.count('"') for line in lines) % 2:
        return False
    if len(lines) == 1:
        return True
    return len(lines) <= MAX_BREAKS and all(
        field.count(delimiter) < max(1, (width - 1) // 2) for field in fields if "\n" in field
    )


@dataclass(frozen=True)
class RecordCounts:
    """How many records were written, the other lines, all lines, and whether a cell written may have blanks around it."""

    rows: int
    set_aside: list[SetAside]
    lines: int
    padded: bool = True


def write_plain(text: IO[str], out: IO[str], shape: Shape, location: str = "") -> RecordCounts:
    """Writes `row, fields` of the lines below the header with `width` fields (no cell is quoted)."""
    aside: list[SetAside] = []
    mark, good, row, padded = shape.delimiter, shape.width - 1, shape.header_row, False
    for _ in range(row):
        text.readline()
    while lines := text.readlines(BATCH):
        fits = [line.count(mark) == good and line != "\n" for line in lines]
        block = "".join([f"{n}{mark}{line}" for n, line, fit in zip(count(row + 1), lines, fits) if fit])
        aside += [_unfit(n, line, mark, location) for n, line, fit in zip(count(row + 1), lines, fits) if not fit]
        out.write(block)
        padded = padded or _has_blanks_at_sides(block, mark)
        row += len(lines)
    return RecordCounts(row - shape.header_row - len(aside), aside, row, padded)


def _unfit(row: int, line: str, delimiter: str, location: str) -> SetAside:
    """A line of another width; DataError S09 for one with more fields than a sheet may have."""
    if line.count(delimiter) >= MAX_COLUMNS:
        raise too_big(
            location, f"line {row} has {line.count(delimiter) + 1} fields", f"第 {row} 行有 {line.count(delimiter) + 1} 个字段"
        )
    return row_set_aside(row, _fields(line, delimiter))


def _has_blanks_at_sides(text: str, mark: str) -> bool:
    """Whether there is a blank beside a delimiter or at the end of a line."""
    blanks = [blank for blank in BLANKS if blank not in ("\n", mark) and blank in text]
    sides = [pair for blank in blanks for pair in (mark + blank, blank + mark, blank + "\n")]
    return text.endswith(tuple(blanks)) or any(side in text for side in sides)


def write_records(rows: Iterable[TextRecord], out: IO[str], shape: Shape) -> RecordCounts:
    """The same for records that were parsed already; cells are quoted where they must be."""
    writer = RecordWriter(out, shape.delimiter)
    aside: list[SetAside] = []
    written, lines = 0, 0
    for record in rows:
        lines += record.lines
        if record.row <= shape.header_row:
            continue
        if not record.sound:
            aside.append(SetAside(record.row, tuple(record.fields), OPEN_QUOTE, rule="S04"))
        elif len(record.fields) == shape.width:
            writer.write(record.row, record.fields)
            written += 1
        else:
            aside.append(row_set_aside(record.row, record.fields))
        aside += [SetAside(record.row + place * ROW_SPAN, (), CONTINUED) for place in range(1, record.lines)]
    return RecordCounts(written, aside, lines)


class RecordWriter:
    """Writes rows of cells as the engine reads them: line ends in cells as feeds, and no mark that ends or empties a cell."""

    def __init__(self, target: IO[str], delimiter: str = ",") -> None:
        self._writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")

    def write(self, row: int, cells: Iterable[str]) -> None:
        self._writer.writerow([row, *(_writable(cell) if UNWRITABLE.search(cell) else cell for cell in cells)])


def _writable(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def row_set_aside(row: int, fields: list[str]) -> SetAside:
    """An empty line, a footnote, or (S04) a record whose number of fields is not that of the header."""
    filled = [field for field in fields if field.strip()]
    if not filled:
        return SetAside(row, (), BLANK)
    if len(filled) == 1 and fields[0].strip().startswith(NOTE_MARKS):
        return SetAside(row, tuple(fields), NOTE)
    return SetAside(row, tuple(fields), f"{len(fields)}", rule="S04")
