"""Rows of the sheet where rows of the table are cells, lists or columns of it: a row is used when any of its records is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...engines import Engine
from ..layout.text_columns import FILE_SPAN, Sheet
from ..read.sheet_cells import ROW_SPAN
from .row_ledger import QUARANTINED_OUTCOME
from .scope_reasons import CONTINUATION_LINE


def physical_rows(removed_rows: pd.DataFrame, used_rows: str, sheets: Sequence[Sheet], engine: Engine) -> pd.DataFrame:
    """The rows taken out, those of spread sheets counted as the sheet has them.

    `used_rows` (engine table with `rid`, of raw rows) says which records are used. A row none of whose records is used is
    quarantined when one of them is, else out of scope, for its first reason.
    """
    record_sheets = {sheet.sheet_number: sheet for sheet in sheets if sheet.cells.record_rows is not None}
    if not record_sheets:
        return removed_rows
    sheet_numbers = removed_rows["rid"] // FILE_SPAN
    rows_by_sheet = [removed_rows[~sheet_numbers.isin(list(record_sheets))]]
    for key, sheet in record_sheets.items():
        rids = engine.collect(f"SELECT DISTINCT rid % {ROW_SPAN} AS row FROM {used_rows} WHERE rid // {FILE_SPAN} = {key}")["row"]
        rows_by_sheet.append(_rows_of_sheet(removed_rows[sheet_numbers == key], set(rids.astype("int64")), sheet))
    return pd.concat(rows_by_sheet, ignore_index=True)


def _rows_of_sheet(removed_rows: pd.DataFrame, used_rows: set[int], sheet: Sheet) -> pd.DataFrame:
    record_rows = {row_number for row_number, _ in sheet.cells.record_rows or ()}
    rows = removed_rows["rid"] % ROW_SPAN
    of_records = rows.isin(record_rows) & (removed_rows["reason"] != CONTINUATION_LINE)
    if sheet.cells.is_transposed:
        lost_rows = (
            removed_rows.iloc[0:0] if used_rows else _rows_of_transposed_records(removed_rows[of_records], record_rows, sheet)
        )
    else:
        lost_rows = removed_rows[of_records & ~rows.isin(used_rows)]
    lost_rows = lost_rows.assign(
        rid=lost_rows["rid"] % ROW_SPAN + sheet.sheet_number * FILE_SPAN, order=lost_rows["outcome"] != QUARANTINED_OUTCOME
    )
    lost_rows = lost_rows.sort_values(["rid", "order"], kind="stable").drop_duplicates("rid").drop(columns="order")
    return pd.concat([removed_rows[~of_records], lost_rows], ignore_index=True)


def _rows_of_transposed_records(removed_rows: pd.DataFrame, record_rows: set[int], sheet: Sheet) -> pd.DataFrame:
    """The fate of the records of a turned table, of which each row holds a part, for each of its rows."""
    outcome_order = (removed_rows["outcome"] != QUARANTINED_OUTCOME).sort_values(kind="stable").index
    first_record = removed_rows.loc[outcome_order[:1]]
    return pd.concat(
        [first_record.assign(rid=row_number + sheet.sheet_number * FILE_SPAN) for row_number in sorted(record_rows)]
        or [first_record]
    )
