"""Where the cells of clean rows are in the raw files: the file of each row id, the raw rows behind rows made of several."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...engines import Engine, literal
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .clean_table import CleanTable

COLUMN_SEPARATOR = "\n"


def row_files(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`row_files`: number, file, sheet of what the row ids number."""
    frames = [clean_table.files[["number", "file", "sheet"]] for clean_table in clean_tables]
    return {"row_files": engine.scan(pd.concat(frames, ignore_index=True))} if frames else {}


def row_places(rids: pd.Series, files: pd.DataFrame) -> pd.DataFrame:
    """file, sheet and row, as a spreadsheet shows it, of row ids; `files`: number, file, sheet."""
    places = files.set_index("number").reindex(rids.to_numpy() // FILE_SPAN)[["file", "sheet"]].set_axis(rids.index)
    return places.assign(row=rids % ROW_SPAN)


def row_members(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`row_members`: table, column, rid (of the clean row), member (id of the raw row); nothing where each row is one.

    Of joined sources `column` names all columns that a row gave, one a line: a row for each would be many.
    """
    queries = [query for clean_table in clean_tables for query in _queries(clean_table)]
    return {"row_members": engine.query(" UNION ALL ".join(queries) + " ORDER BY ALL")} if queries else {}


def cell_texts(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`cell_texts`: table, column, rid (of the raw row), text of the cells that were converted; nothing where none was."""
    frames = [
        clean_table.converted_cells[["column", "rid", "text"]].assign(table=clean_table.name)
        for clean_table in clean_tables
        if not clean_table.converted_cells.empty
    ]
    return {"cell_texts": engine.scan(pd.concat(frames, ignore_index=True))} if frames else {}


def _queries(clean_table: CleanTable) -> list[str]:
    queries = []
    if clean_table.members is not None:
        rows = f'SELECT rid, member, "column" FROM {clean_table.members} WHERE "column" IS NOT NULL'
        queries.append(_members_sql(clean_table, rows))
    for column_source in clean_table.column_sources:
        columns = literal(COLUMN_SEPARATOR.join(column_source.columns))
        rows = f'SELECT rid, member, CAST({columns} AS VARCHAR) AS "column" FROM {column_source.pairs}'
        queries.append(_members_sql(clean_table, rows))
    return queries


def _members_sql(clean_table: CleanTable, rows: str) -> str:
    return f"""SELECT {literal(clean_table.name)} AS "table", m."column", m.rid, m.member
        FROM ({rows}) AS m SEMI JOIN {clean_table.clean_rows} USING (rid)"""
