"""A table as people read it: titles in both languages, units in the headers; one grid per sheet or page section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..bilingual import NOTHING, Bilingual
from ..number_format import MISSING, missing, number, p_value, percent, whole

Value = Any  # text, number, Bilingual or None


@dataclass(frozen=True)
class Column:
    """A header in both languages, how its values are written (text, int, year, p, % or a number of decimals), its width."""

    title: Bilingual
    kind: str = "text"
    width: int = 12


@dataclass(frozen=True)
class Grid:
    """What a table is called, its columns and rows, a note, and the CSV files its numbers stand in."""

    title: Bilingual
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sources: tuple[str, ...]
    note: Bilingual = NOTHING

    def __len__(self) -> int:
        return len(self.rows)


def columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of `Chinese | English | kind | width`."""
    made = []
    for line in text.strip().splitlines():
        zh, en, kind, width = (part.strip() for part in line.split("|"))
        made.append(Column(Bilingual(zh, en), kind, int(width)))
    return tuple(made)


def pairs(zh: Iterable[Any], en: Iterable[Any]) -> list[Bilingual]:
    return [Bilingual(str(a), str(b)) for a, b in zip(zh, en)]


def text_of(value: Any) -> str:
    """Text of a cell that may be missing."""
    return value if isinstance(value, str) else ""


def shown(value: Value, kind: str, language: str) -> str:
    """A cell as text."""
    if isinstance(value, Bilingual):
        return value.of(language)
    if missing(value):
        return MISSING
    if kind.isdigit():
        return number(value, int(kind))
    return {"int": whole, "year": lambda year: str(int(year)), "p": p_value, "%": percent}.get(kind, str)(value)
