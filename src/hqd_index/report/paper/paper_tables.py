"""The tables of a paper, as text laid out for three-line tables: what Word and LaTeX both print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..bilingual import BLANK_TEXT, Bilingual
from ..outline import PAPER
from ..results import Results
from ..wording import listing, wording
from .estimate_layout import Cell


@dataclass(frozen=True)
class PaperTable:
    """A numbered table: header lines, body lines, note. `rule_before` are body lines that a thin rule precedes."""

    id: str
    number: int
    title: Bilingual
    header: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    note: Bilingual = BLANK_TEXT
    rule_before: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()
    """Relative widths of the columns; equal but for the first where empty."""


@dataclass(frozen=True)
class AbsentTable:
    """A table this run could not make, and why."""

    id: str
    title: Bilingual
    reason: Bilingual


def paper_tables(results: Results) -> list[PaperTable | AbsentTable]:
    """Every table of the paper in order, those there are with consecutive numbers, the absent ones with their reason."""
    tables: list[PaperTable | AbsentTable] = []
    for id, paper_slot in PAPER:
        table_parts = paper_slot.layout(results)
        if table_parts is None:
            tables.append(AbsentTable(id, paper_slot.title, paper_slot.absence or results.absence_reason(paper_slot.table)))
        else:
            header, table_body, *layout_options = table_parts
            number = 1 + sum(isinstance(table, PaperTable) for table in tables)
            tables.append(PaperTable(id, number, paper_slot.title, _cell_rows(header), _cell_rows(table_body), *layout_options))
    return tables


def absence_statement(tables: Sequence[PaperTable | AbsentTable]) -> Bilingual:
    """Which tables the study has nothing for, in one sentence; empty where all are there."""
    absent = [table.title for table in tables if isinstance(table, AbsentTable)]
    return wording("methods.tables.absent", tables=listing(absent)) if absent else BLANK_TEXT


def _cell_rows(lines: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(line) for line in lines)
