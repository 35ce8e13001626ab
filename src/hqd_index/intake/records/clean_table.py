"""A clean table with the books of its files, and the form in which it is published."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from ...canonical import CANONICAL, CanonicalTable
from ...engines import Engine, quoted
from ..cells.column_reading import JoinedRows
from ..layout.sheet_texts import SheetTexts
from ..layout.text_columns import FILE_SPAN, Sheet
from ..read.sheet_cells import ROW_SPAN
from .intake_notice import Notice
from .row_ledger import OUT_OF_SCOPE_OUTCOME, QUARANTINED_OUTCOME

FLOW_TABLES = ("trade_hs6", "countries", "crosswalks")
"""Built-in tables that are read by queries of the program, not by formulas of a study."""
NULL_TYPES = {"number": "DOUBLE", "integer": "INTEGER", "text": "VARCHAR", "flag": "BOOLEAN", "date": "DATE"}


@dataclass(frozen=True)
class CleanTable:
    """A clean table (`rid`, canonical columns), its text twin, findings, rows taken out, and the books of its files.

    `members` (rid, member, column): the raw rows behind each, where several made one; `column_sources`: of which each column is;
    `stored_findings`: those that are too many for the frame (see RowWarnings); `faulty_texts`: the cells of rows with errors;
    `firms` (firm_id): each firm of a firm table once.
    """

    name: str
    table: CanonicalTable
    clean_rows: str
    text_rows: str
    findings: pd.DataFrame
    removed_rows: pd.DataFrame
    files: pd.DataFrame
    input_row_counts: dict[int, int]
    sheets: tuple[Sheet, ...]
    notices: tuple[Notice, ...]
    repairs: pd.DataFrame
    medians: dict[str, dict[int, float]]
    quarantined_share: float
    members: str | None = None
    column_sources: tuple[JoinedRows, ...] = ()
    stored_findings: str | None = None
    faulty_texts: SheetTexts | None = None
    firms: str | None = None
    converted_cells: pd.DataFrame = field(default_factory=pd.DataFrame)


def quarantined_share(removed_rows: pd.DataFrame, record_count: int) -> float:
    """Quarantined records over the records in scope, of `record_count` that were read or set aside."""
    outcome_counts = removed_rows["outcome"].value_counts()
    in_scope = record_count - int(outcome_counts.get(OUT_OF_SCOPE_OUTCOME, 0))
    return int(outcome_counts.get(QUARANTINED_OUTCOME, 0)) / in_scope if in_scope else 0.0


def example_cell(clean_table: CleanTable) -> tuple[str, str]:
    """The first cell that put a row into quarantine, as a clause in both languages; empty where a row has no such cell."""
    removed_rids = clean_table.removed_rows.loc[clean_table.removed_rows["outcome"] == QUARANTINED_OUTCOME, "rid"]
    cells = clean_table.findings[clean_table.findings["rid"].isin(removed_rids)].sort_values("rid", kind="stable")
    if cells.empty:
        return "", ""
    cell = cells.iloc[0]
    file = clean_table.files.set_index("number")["file"].get(cell["rid"] // FILE_SPAN, "")
    cell = cell.where(cell.notna(), "")
    row, printed = int(cell["rid"] % ROW_SPAN), f'{cell["column"]} = "{cell["value"]}" ({cell["rule"]})'.strip(" =")
    return f", e.g. row {row} of {file}: {printed}", f",例如 {file} 第 {row} 行 {printed}"


def published_table(clean_table: CleanTable, engine: Engine) -> str:
    """A table of the rows as they are published."""
    return engine.query(published_rows_sql(clean_table, engine), f"clean_{clean_table.name}")


def published_rows_sql(clean_table: CleanTable, engine: Engine) -> str:
    """The rows as they are published, in the order of their key."""
    sql = published_sql(clean_table.name, clean_table.table, clean_table.clean_rows, engine)
    key = ", ".join(f"y.{quoted(key_column)}" for key_column in clean_table.table.key)
    return f"{sql} ORDER BY {key}" if key else sql


def published_sql(table_name: str, table: CanonicalTable, clean_rows: str, engine: Engine) -> str:
    """Published types (whole numbers as INTEGER) with the row id, whose file and sheet `row_files` names."""
    columns = []
    for key_column in engine.types(clean_rows):
        column = table.columns.get(key_column)
        cell = f"y.{quoted(key_column)}"
        if key_column != "rid":
            columns.append(f"CAST({cell} AS INTEGER) AS {quoted(key_column)}" if column and column.dtype == "integer" else cell)
    columns += _absent_columns(table_name, clean_rows, engine)
    return f"SELECT {', '.join([*columns, 'y.rid'])} FROM {clean_rows} AS y"


def _absent_columns(table_name: str, clean_rows: str, engine: Engine) -> list[str]:
    """Missing cells for the optional columns that a table about flows lacks: what is computed from them is missing too."""
    if table_name not in FLOW_TABLES:
        return []
    present_types = engine.types(clean_rows)
    absent_columns = {
        column_name: column for column_name, column in CANONICAL[table_name].columns.items() if column_name not in present_types
    }
    return [
        f"CAST(NULL AS {NULL_TYPES[column.dtype]}) AS {quoted(column_name)}" for column_name, column in absent_columns.items()
    ]
