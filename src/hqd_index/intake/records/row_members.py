"""The raw row that holds each cell of a clean row made of several, as the rows of a long table are."""

from __future__ import annotations

from collections.abc import Sequence

from ...engines import Engine, literal
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .clean_table import CleanTable, row_id_prefixes


def row_members(clean_tables: Sequence[CleanTable], engine: Engine) -> dict[str, str]:
    """`row_members`: table, column, row_id (of the clean row), member (id of the raw row); nothing where each row is one."""
    queries = [_members_sql(clean_table, engine) for clean_table in clean_tables if clean_table.members is not None]
    return {"row_members": engine.query(" UNION ALL ".join(queries) + " ORDER BY ALL")} if queries else {}


def _members_sql(clean_table: CleanTable, engine: Engine) -> str:
    files = engine.scan(clean_table.files.assign(prefix=row_id_prefixes(clean_table.files))[["number", "prefix"]])
    row_id, member = (
        f"{alias}.prefix || CAST(m.{rid} % {ROW_SPAN} AS VARCHAR)" for alias, rid in (("r", "rid"), ("f", "member"))
    )
    return f"""SELECT {literal(clean_table.name)} AS "table", m."column", {row_id} AS row_id, {member} AS member
        FROM {clean_table.members} AS m SEMI JOIN {clean_table.clean_rows} USING (rid)
        JOIN {files} AS r ON r.number = m.rid // {FILE_SPAN} JOIN {files} AS f ON f.number = m.member // {FILE_SPAN}
        WHERE m."column" IS NOT NULL"""
