"""The texts of some rows: of numbers that are stored as such they are made for these rows alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ...study.records import Source
from .row_ids import distinct_ids, id_set
from .text_columns import FILE_SPAN, Sheet, text_table

LARGE_ROWS = 200_000
"""From so many rows on it pays to copy the cells of a few before their texts are made."""


@dataclass(frozen=True)
class SheetTexts:
    """The sheets of a source whose text rows are their cells as they are, all of them of typed columns."""

    sheets: Sequence[Sheet]
    source: Source
    table: CanonicalTable

    def is_large(self) -> bool:
        return sum(sheet.cells.rows for sheet in self.sheets) >= LARGE_ROWS

    def text_rows(self, rids: Collection[int], columns: Collection[str], engine: Engine) -> str:
        """A relation of the rows by `rid` with the text columns asked for (others may be missing)."""
        rid_table = id_table(rids, engine)
        sheets = [_sheet_of_rows(sheet, rid_table, columns, engine) for sheet in self.sheets]
        return text_table(sheets, self.source, self.table, engine)


def printed_rows(
    text_rows: str, sheet_texts: SheetTexts | None, rids: Collection[int], columns: Sequence[str], engine: Engine
) -> pd.DataFrame:
    """rid and the text columns of some of the `text_rows`, in the order of their ids."""
    return engine.collect(f"{printed_rows_sql(text_rows, sheet_texts, rids, columns, engine)} ORDER BY rid")


def printed_rows_sql(
    text_rows: str, sheet_texts: SheetTexts | None, rids: Collection[int], columns: Sequence[str], engine: Engine
) -> str:
    """A query of rid and the text columns of some of the `text_rows`."""
    cells = ", ".join(map(quoted, columns))
    if sheet_texts is not None and sheet_texts.is_large():
        return f"SELECT rid, {cells} FROM {sheet_texts.text_rows(rids, columns, engine)}"
    return f"SELECT rid, {cells} FROM {text_rows} WHERE rid IN {id_set(rids, engine)}"


def id_table(ids: Collection[int], engine: Engine) -> str:
    """An engine table `id` of distinct row ids."""
    return engine.scan(pd.DataFrame({"id": distinct_ids(ids)}))


def _sheet_of_rows(sheet: Sheet, rid_table: str, columns: Collection[str], engine: Engine) -> Sheet:
    """The sheet with the cells of the rows and columns asked for alone; the others are empty."""
    typed = sheet.cells.typed
    if typed is None:
        raise ValueError(f"{sheet.cells.file} has no typed cells")
    positions = {name: place for name, place in sheet.header.positions.items() if name in columns}
    cells = []
    for place in range(len(sheet.cells.labels)):
        cell, empty_cell = (f"n{place}", "NULL") if place in typed.numbers else (f"c{place}", "''")
        cells.append(cell if place in positions.values() else f"{empty_cell} AS {cell}")
    rid = f"{sheet.sheet_number * FILE_SPAN} + row"
    rows = engine.query(f"SELECT row, {', '.join(cells)} FROM {typed.table} WHERE {rid} IN (SELECT id FROM {rid_table})")
    typed_cells = replace(typed, table=rows, complete_places=frozenset())
    return replace(sheet, cells=replace(sheet.cells, typed_cells=typed_cells), header=replace(sheet.header, positions=positions))
