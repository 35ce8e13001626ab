"""Text on a terminal, where a Chinese character is two columns wide: its width, and lines of it that fit."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, dropwhile

PIECE = re.compile(r"[（《“][\u2e80-\uffef]|[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")
NO_LINE_BEGINS_WITH = frozenset("，。；：、！？）》】」』”％,.;:!?)%")
CLAUSE_ENDS = ("，", "；", "：", "。", "、", ",", ";", "）")
CLAUSE_SHARE = 0.6  # of a line that must be full where a clause ends for the line to end there
NARROWEST, DEEP_INDENT = 40, 8
NAME_COLUMN = re.compile(r"  \S+\s{2,}")


def text_width(text: str) -> int:
    """Columns that a text takes."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def terminal_width() -> int | None:
    """Columns of the terminal; None where the output is none, so that nothing is broken there."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def fitted_lines(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """The lines, those too long for the width broken and continued below where their text begins."""
    for line in lines:
        yield from [line] if width is None or text_width(line) <= width else _wrapped(line, width)


def _wrapped(line: str, width: int) -> Iterator[str]:
    indent = " " * _hanging_columns(line, width)
    pieces: list[str] = []
    limit, head = width, ""
    for piece in PIECE.findall(line):
        piece_width = text_width(piece.rstrip())
        is_breakable = piece_width <= width - len(indent)  # a path too long for any line stays beside its label
        while is_breakable and "".join(pieces).strip() and text_width("".join(pieces)) + piece_width > limit:
            end = _line_end(pieces, limit, piece)
            yield (head + "".join(pieces[:end])).rstrip()
            pieces, limit, head = _without_blanks(pieces[end:]), width - len(indent), indent
        pieces += [piece] if not head or pieces or piece.strip() else []
    if "".join(pieces).strip():
        yield (head + "".join(pieces)).rstrip()


def _line_end(pieces: Sequence[str], limit: int, next_piece: str) -> int:
    """How many pieces a line takes: up to the last mark or gap past CLAUSE_SHARE of it, else as many as fit.

    `next_piece` is the one that does not fit; no line begins with a mark.
    """
    widths = list(accumulate(map(text_width, pieces)))
    ends = [
        place + 1
        for place, following_piece in enumerate((*pieces[1:], next_piece))
        if following_piece.rstrip() not in NO_LINE_BEGINS_WITH
    ]
    clause_ends = [
        end
        for end in ends
        if widths[end - 1] >= CLAUSE_SHARE * limit
        and (pieces[end - 1].rstrip().endswith(CLAUSE_ENDS) or pieces[end - 1].endswith("  "))
    ]
    return (clause_ends or ends or [len(pieces)])[-1]


def _without_blanks(pieces: Sequence[str]) -> list[str]:
    return list(dropwhile(lambda piece: not piece.strip(), pieces))


def _hanging_columns(line: str, width: int) -> int:
    """Where the second column of a line begins, else a little inside its own indent."""
    name_column, indent = NAME_COLUMN.match(line), len(line) - len(line.lstrip())
    columns = text_width(name_column[0]) if name_column else indent + 2 * (indent < DEEP_INDENT)
    return min(columns, width // 3)


def shortened(text: str, width: int) -> str:
    """The text in at most so many columns, with an ellipsis where it is cut."""
    if text_width(text) <= width:
        return text
    while text and text_width(text) > width - 3:
        text = text[:-1]
    return text.rstrip() + "..."
