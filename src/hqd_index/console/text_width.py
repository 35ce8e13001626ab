"""Text on a terminal, where a Chinese character is two columns wide: its width, and lines of it that fit."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator

PIECE = re.compile(r"[（《“][\u2e80-\uffef]|[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")
NO_LINE_BEGINS_WITH = frozenset(",。;:、!?)》】」』,.;:!?)%")
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
    current, head = "", True
    for piece in PIECE.findall(line):
        limit = width if head else width - len(indent)
        if current.strip() and text_width(current + piece.rstrip()) > limit and piece not in NO_LINE_BEGINS_WITH:
            yield (current if head else indent + current).rstrip()
            current, head = "", False
        current += piece if head or current or piece.strip() else ""
    if current.strip():
        yield (current if head else indent + current).rstrip()


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
