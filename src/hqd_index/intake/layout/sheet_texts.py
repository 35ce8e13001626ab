"""The texts of some rows: of numbers that are stored as such they are made for these rows alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ...study.records import Source
from ..read.sheet_cells import TypedCells
from .row_ids import distinct_ids, id_set, without_rows
from .text_columns import FILE_SPAN, Sheet, text_table

LARGE_ROWS = 200_000
"""From so many rows on it pays to copy the cells of a few before their texts are made."""
MOST_ROWS = 200_000
"""So many rows are copied whole at most: their cells are in memory."""


@dataclass(frozen=True)
class RowReading:
    """Of a source whose typed rows are read by every pass: those rows without what is looked up, and how a copy is read.

    `plain_rows`: a relation of the typed columns that need no code of their text; `read_copy`: a text table -> relations of its
    text columns and of its typed columns.
    """

    plain_rows: str
    read_copy: Callable[[str], tuple[str, str]]


@dataclass(frozen=True)
class SheetTexts:
    """The sheets of a source whose text rows are their cells as they are, all of them of typed columns."""

    sheets: Sequence[Sheet]
    source: Source
    table: CanonicalTable
    reading: RowReading | None = None

    def without_rows(self, rids: pd.Series, engine: Engine) -> SheetTexts:
        """The same where rows were taken out of the source."""
        if self.reading is None:
            return self
        return replace(self, reading=replace(self.reading, plain_rows=without_rows(self.reading.plain_rows, rids, engine)))

    def is_large(self) -> bool:
        return sum(sheet.cells.rows for sheet in self.sheets) >= LARGE_ROWS

    def copy_of_rows(self, rids: Collection[int], engine: Engine) -> SheetTexts:
        """The same of these rows alone, whose cells are copied in one pass; of all where the sheets are small, or these many."""
        if not self.is_large() or not 0 < len(rids) <= MOST_ROWS:
            return self
        rid_table = id_table(rids, engine)
        sheets = [_copied_sheet(sheet, rid_table, engine) for sheet in self.sheets]
        engine.drop([rid_table])
        return replace(self, sheets=sheets)

    def read_rows(self, engine: Engine) -> tuple[str, str] | None:
        """Relations of the text columns and of the typed columns of a copy; None where a source has no `reading`."""
        return self.reading.read_copy(text_table(self.sheets, self.source, self.table, engine)) if self.reading else None

    @contextmanager
    def text_rows(self, rids: Collection[int], columns: Collection[str], engine: Engine) -> Iterator[str]:
        """A relation, for the length of the block, of the rows by `rid` with the text columns asked for."""
        rid_table = id_table(rids, engine)
        cells = [_cells_of_rows(sheet, rid_table, columns, engine) for sheet in self.sheets]
        sheets = [_sheet_of_rows(sheet, table, columns, engine) for sheet, table in zip(self.sheets, cells, strict=True)]
        some_rows = text_table(sheets, self.source, self.table, engine)
        yield some_rows
        views = [_typed_cells(sheet).table for sheet in sheets]
        engine.drop([some_rows, *views, *cells, rid_table])  # those of a million rows would crowd out what is read later


def printed_rows(
    text_rows: str, sheet_texts: SheetTexts | None, rids: Collection[int], columns: Sequence[str], engine: Engine
) -> pd.DataFrame:
    """rid and the text columns of some of the `text_rows`, in the order of their ids."""
    with printed_rows_sql(text_rows, sheet_texts, rids, columns, engine) as query:
        return engine.collect(f"{query} ORDER BY rid")


@contextmanager
def printed_rows_sql(
    text_rows: str, sheet_texts: SheetTexts | None, rids: Collection[int], columns: Sequence[str], engine: Engine
) -> Iterator[str]:
    """A query, for the length of the block, of rid and the text columns of some of the `text_rows`."""
    cells = ", ".join(map(quoted, columns))
    if sheet_texts is not None and sheet_texts.is_large():
        with sheet_texts.text_rows(rids, columns, engine) as some_rows:
            yield f"SELECT rid, {cells} FROM {some_rows}"
    else:
        yield f"SELECT rid, {cells} FROM {text_rows} WHERE rid IN {id_set(rids, engine)}"


def id_table(ids: Collection[int], engine: Engine) -> str:
    """An engine table `id` of distinct row ids."""
    return engine.scan(pd.DataFrame({"id": distinct_ids(ids)}))


def _cells_of_rows(sheet: Sheet, rid_table: str, columns: Collection[str], engine: Engine) -> str:
    """A table of the cells of the rows and columns asked for."""
    typed = _typed_cells(sheet)
    cells = [_cell(typed, place) for place in sorted({place for _, place in _positions(sheet, columns)})]
    return engine.query(typed.rows_sql(sheet.sheet_number * FILE_SPAN, f"(SELECT id FROM {rid_table})", cells))


def _copied_sheet(sheet: Sheet, rid_table: str, engine: Engine) -> Sheet:
    """The sheet with all cells of the rows asked for alone."""
    typed = _typed_cells(sheet)
    rows = engine.query(typed.rows_sql(sheet.sheet_number * FILE_SPAN, f"(SELECT id FROM {rid_table})"))
    return replace(sheet, cells=replace(sheet.cells, typed_cells=replace(typed, table=rows, stored_rows="")))


def _sheet_of_rows(sheet: Sheet, cell_table: str, columns: Collection[str], engine: Engine) -> Sheet:
    """The sheet with the cells of the table alone; the others are empty."""
    typed, positions = _typed_cells(sheet), dict(_positions(sheet, columns))
    cells = []
    for place in range(len(sheet.cells.labels)):
        cell, empty_cell = _cell(typed, place), "NULL" if place in typed.numbers else "''"
        cells.append(cell if place in positions.values() else f"{empty_cell} AS {cell}")
    rows = engine.view(f"SELECT row, {', '.join(cells)} FROM {cell_table}")
    typed_cells = replace(typed, table=rows, complete_places=frozenset(), stored_rows="")
    return replace(sheet, cells=replace(sheet.cells, typed_cells=typed_cells), header=replace(sheet.header, positions=positions))


def _typed_cells(sheet: Sheet) -> TypedCells:
    if sheet.cells.typed is None:
        raise ValueError(f"{sheet.cells.file} has no typed cells")
    return sheet.cells.typed


def _cell(typed: TypedCells, place: int) -> str:
    return f"n{place}" if place in typed.numbers else f"c{place}"


def _positions(sheet: Sheet, columns: Collection[str]) -> list[tuple[str, int]]:
    return [(name, place) for name, place in sheet.header.positions.items() if name in columns]
