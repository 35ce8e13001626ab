"""Rows of the sheet where rows of the table are cells, lists or columns of it: a row is used when any of its records is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...engines.duckdb import Engine
from ..layout.text_columns import FILE_SPAN, Sheet
from ..read.sheet_cells import ROW_SPAN
from .row_ledger import QUARANTINED
from .scope_reasons import CONTINUED


def physical_rows(removed: pd.DataFrame, used: str, sheets: Sequence[Sheet], engine: Engine) -> pd.DataFrame:
    """The rows taken out, those of spread sheets counted as the sheet has them.

    `used` (engine table with `rid`, of raw rows) says which records are used. A row none of whose records is used is
    quarantined when one of them is, else out of scope, for its first reason.
    """
    spread = {sheet.number: sheet for sheet in sheets if sheet.cells.record_rows is not None}
    if not spread:
        return removed
    number = removed["rid"] // FILE_SPAN
    parts = [removed[~number.isin(list(spread))]]
    for key, sheet in spread.items():
        rids = engine.collect(f"SELECT DISTINCT rid % {ROW_SPAN} AS row FROM {used} WHERE rid // {FILE_SPAN} = {key}")["row"]
        parts.append(_rows_of_sheet(removed[number == key], set(rids.astype("int64")), sheet))
    return pd.concat(parts, ignore_index=True)


def _rows_of_sheet(removed: pd.DataFrame, used: set[int], sheet: Sheet) -> pd.DataFrame:
    record_rows = {row for row, _ in sheet.cells.record_rows or ()}
    rows = removed["rid"] % ROW_SPAN
    of_records = rows.isin(record_rows) & (removed["reason"] != CONTINUED)
    if sheet.cells.is_transposed:
        lost = removed.iloc[0:0] if used else _repeated(removed[of_records], record_rows, sheet)
    else:
        lost = removed[of_records & ~rows.isin(used)]
    lost = lost.assign(rid=lost["rid"] % ROW_SPAN + sheet.number * FILE_SPAN, order=lost["outcome"] != QUARANTINED)
    lost = lost.sort_values(["rid", "order"], kind="stable").drop_duplicates("rid").drop(columns="order")
    return pd.concat([removed[~of_records], lost], ignore_index=True)


def _repeated(removed: pd.DataFrame, record_rows: set[int], sheet: Sheet) -> pd.DataFrame:
    """The fate of the records of a turned table, of which each row holds a part, for each of its rows."""
    order = (removed["outcome"] != QUARANTINED).sort_values(kind="stable").index
    first = removed.loc[order[:1]]
    return pd.concat([first.assign(rid=row + sheet.number * FILE_SPAN) for row in sorted(record_rows)] or [first])
