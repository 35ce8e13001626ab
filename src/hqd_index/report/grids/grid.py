"""A table as people read it: titles in both languages, units in the headers; one grid per sheet or page section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..bilingual import BLANK_TEXT, Bilingual
from ..number_format import MISSING, integer, is_missing, number, p_value, percent
from ..wording import wording

CellValue = Any  # text, number, Bilingual or None


@dataclass(frozen=True)
class Column:
    """A header in both languages, how its values are written (text, int, year, p, % or a number of decimals), its width."""

    title: Bilingual
    cell_format: str = "text"
    width: int = 12


@dataclass(frozen=True)
class Grid:
    """What a table is called, its columns and rows, a note, and the CSV files that hold its numbers."""

    title: Bilingual
    columns: tuple[Column, ...]
    rows: tuple[tuple[CellValue, ...], ...]
    sources: tuple[str, ...]
    note: Bilingual = BLANK_TEXT

    def __len__(self) -> int:
        return len(self.rows)


def parse_columns(grid: str, column_lines: str, **places: Any) -> tuple[Column, ...]:
    """Columns from lines of `name | kind | width`; text/headers.yaml has the header `grid.name`, with its places."""
    grid_columns = []
    for line in column_lines.strip().splitlines():
        name, cell_format, width = (field.strip() for field in line.split("|"))
        grid_columns.append(Column(wording(f"headers.{grid}.{name}", **places), cell_format, int(width)))
    return tuple(grid_columns)


def bilingual_names(zh: Iterable[Any], en: Iterable[Any]) -> list[Bilingual]:
    """Pairs of names from two columns."""
    return [Bilingual(str(zh_name), str(en_name)) for zh_name, en_name in zip(zh, en)]


def text_or_blank(cell_value: Any) -> str:
    """Text of a cell that may be missing."""
    return cell_value if isinstance(cell_value, str) else ""


def cell_text(cell_value: CellValue, cell_format: str, language: str) -> str:
    """A cell as text."""
    if isinstance(cell_value, Bilingual):
        return cell_value.of(language)
    if is_missing(cell_value):
        return MISSING
    if cell_format.isdigit():
        return number(cell_value, int(cell_format))
    return {"int": integer, "year": lambda year: str(int(year)), "p": p_value, "%": percent}.get(cell_format, str)(cell_value)
