"""The raw row that holds each cell of a clean row made of several, as the rows of a long table are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...engines import Engine, literal
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .clean_table import CleanTable, row_id_prefixes

COLUMN_SEPARATOR = "\n"


def row_members(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`row_members`: table, column, row_id (of the clean row), member (id of the raw row); nothing where each row is one.

    Of joined sources `column` names all columns that a row gave, one a line: a row for each would be many.
    """
    queries = [query for clean_table in clean_tables for query in _queries(clean_table, engine)]
    return {"row_members": engine.query(" UNION ALL ".join(queries) + " ORDER BY ALL")} if queries else {}


def cell_texts(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`cell_texts`: table, column, row_id (of the raw row), text of the cells that were converted; nothing where none was."""
    frames = []
    for clean_table in clean_tables:
        cells = clean_table.converted_cells
        if cells.empty:
            continue
        prefixes = row_id_prefixes(clean_table.files).set_axis(clean_table.files["number"])
        row_ids = (cells["rid"] // FILE_SPAN).map(prefixes) + (cells["rid"] % ROW_SPAN).astype(str)
        frames.append(
            pd.DataFrame({"table": clean_table.name, "column": cells["column"], "row_id": row_ids, "text": cells["text"]})
        )
    return {"cell_texts": engine.scan(pd.concat(frames, ignore_index=True))} if frames else {}


def _queries(clean_table: CleanTable, engine: Engine) -> list[str]:
    queries = []
    if clean_table.members is not None:
        rows = f'SELECT rid, member, "column" FROM {clean_table.members} WHERE "column" IS NOT NULL'
        queries.append(_members_sql(clean_table, rows, engine))
    for column_source in clean_table.column_sources:
        columns = literal(COLUMN_SEPARATOR.join(column_source.columns))
        rows = f'SELECT rid, member, CAST({columns} AS VARCHAR) AS "column" FROM {column_source.pairs}'
        queries.append(_members_sql(clean_table, rows, engine))
    return queries


def _members_sql(clean_table: CleanTable, rows: str, engine: Engine) -> str:
    files = engine.scan(clean_table.files.assign(prefix=row_id_prefixes(clean_table.files))[["number", "prefix"]])
    row_id, member = (
        f"{alias}.prefix || CAST(m.{rid} % {ROW_SPAN} AS VARCHAR)" for alias, rid in (("r", "rid"), ("f", "member"))
    )
    return f"""SELECT {literal(clean_table.name)} AS "table", m."column", {row_id} AS row_id, {member} AS member
        FROM ({rows}) AS m SEMI JOIN {clean_table.clean_rows} USING (rid)
        JOIN {files} AS r ON r.number = m.rid // {FILE_SPAN} JOIN {files} AS f ON f.number = m.member // {FILE_SPAN}"""
