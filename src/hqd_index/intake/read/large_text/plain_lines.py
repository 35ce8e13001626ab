"""The lines of a large text without quotes, written as they are: a row is numbered by its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from ..delimited_text import RecordCounts, RecordShape, misfit_row
from ..sheet_cells import BLANKS, ExcludedRow


@dataclass(frozen=True)
class LineFiles:
    """Where the lines go, and the first of each block of them."""

    lines: IO[bytes]
    sample: IO[bytes]
    sample_bytes: int


def write_plain_lines(line_blocks: Iterable[bytes], files: LineFiles, record_shape: RecordShape, location: str) -> RecordCounts:
    """Writes the lines below the header; in the place of one of another width (an ExcludedRow) stands a row of blank cells."""
    mark, header_lines = record_shape.delimiter.encode(), record_shape.header_row
    blank_line = mark * (record_shape.field_count - 1)
    other_bytes = bytes(byte for byte in range(256) if byte not in mark + b"\n")
    row, has_padding, excluded_rows = 0, False, list[ExcludedRow]()
    for line_block in line_blocks:
        line_count = line_block.count(b"\n")
        is_plain = line_block.translate(None, other_bytes) == (blank_line + b"\n") * line_count
        first_line = min(max(header_lines - row, 0), line_count)
        lines = [] if is_plain and not first_line else line_block[:-1].split(b"\n")
        for index, line in enumerate(lines[first_line:], first_line):
            if line.count(mark) != len(blank_line):
                excluded_rows.append(misfit_row(row + index + 1, line.decode(), record_shape.delimiter, location))
                lines[index] = blank_line
        written_block = b"".join(line + b"\n" for line in lines[first_line:]) if lines else line_block
        row += line_count
        files.lines.write(written_block)
        files.sample.write(written_block[: written_block.find(b"\n", files.sample_bytes) + 1])
        has_padding = has_padding or has_blanks_at_sides(written_block, mark)
    return RecordCounts(row - header_lines - len(excluded_rows), excluded_rows, row, has_padding)


def has_blanks_at_sides(line_block: bytes, mark: bytes) -> bool:
    """Whether there is a blank beside a delimiter or at an end of a line."""
    blanks = [blank for blank in map(str.encode, BLANKS) if blank not in (b"\n", mark) and _may_contain(line_block, blank)]
    return any(
        line_block.startswith(blank)
        or any(pair in line_block for pair in (mark + blank, blank + mark, blank + b"\n", b"\n" + blank))
        for blank in blanks
    )


def _may_contain(line_block: bytes, character: bytes) -> bool:
    """Whether all bytes of a character occur: a search for one byte is ten times as fast as that for several."""
    return all(character[place : place + 1] in line_block for place in range(len(character)))
