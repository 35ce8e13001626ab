"""The tables of a paper, as text laid out for three rules: what Word and LaTeX both print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..bilingual import NOTHING, Bilingual
from ..outline import PAPER
from ..results import Results
from .estimate_layout import Cell


@dataclass(frozen=True)
class PaperTable:
    """A numbered table: header lines, body lines, note. `rule_before` are body lines that a thin rule precedes."""

    id: str
    number: int
    title: Bilingual
    header: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    note: Bilingual = NOTHING
    rule_before: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()
    """Relative widths of the columns; equal but for the first where empty."""


@dataclass(frozen=True)
class Absent:
    """A table this run could not make, and why."""

    id: str
    number: int
    title: Bilingual
    why: Bilingual


def paper_tables(results: Results) -> list[PaperTable | Absent]:
    """Every table of the paper in order, the absent ones with their reason."""
    made: list[PaperTable | Absent] = []
    for id, place in PAPER:
        parts = place.layout(results)
        if parts is None:
            made.append(Absent(id, place.number, place.title, place.absence or results.why_not(place.table)))
        else:
            header, body, *rest = parts
            made.append(PaperTable(id, place.number, place.title, _lines(header), _lines(body), *rest))
    return made


def _lines(lines: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(line) for line in lines)
