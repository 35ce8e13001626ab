"""What was quarantined: findings with file and row, and the rows whole as they were read."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...engines import Engine, quoted
from ..layout.row_ids import id_set
from ..layout.sheet_texts import id_table
from ..layout.text_columns import FILE_SPAN, Sheet
from ..read.sheet_cells import ROW_SPAN
from ..read.typed_cells_text import text_cells_sql
from ..rules.stored_findings import key_sql, printed_key
from .clean_table import CleanTable
from .row_ledger import QUARANTINED_OUTCOME

QUARANTINE = [
    "rule",
    "severity",
    "file",
    "sheet",
    "row",
    "key",
    "column",
    "value",
    "expected_zh",
    "expected_en",
    "mend_zh",
    "mend_en",
]
RAW_ROWS = ["file", "sheet", "row", "cells"]
_json = json.JSONEncoder(ensure_ascii=False).encode  # one for all rows: `json.dumps` makes another for each


ORDER = ["file", "sheet", "row", "rule", "column"]


def quarantine_list(clean_table: CleanTable, engine: Engine) -> pd.DataFrame:
    """One row per finding that is in a frame: rule, file, sheet, row, key, column, value, expectation and mend."""
    findings = clean_table.findings
    if findings.empty:
        return pd.DataFrame(columns=QUARANTINE)
    located_findings = findings.assign(number=findings["rid"] // FILE_SPAN, row=findings["rid"] % ROW_SPAN)
    located_findings = located_findings.merge(
        clean_table.files[["number", "file", "sheet"]], on="number", how="left", validate="many_to_one"
    )
    located_findings = located_findings.merge(
        _keys_by_row(clean_table, findings["rid"], engine), on="rid", how="left", validate="many_to_one"
    )
    located_findings["key"] = located_findings["key"].fillna("")
    return located_findings.sort_values(ORDER, kind="stable", ignore_index=True)[QUARANTINE]


def _keys_by_row(clean_table: CleanTable, rids: pd.Series, engine: Engine) -> pd.DataFrame:
    text_columns = engine.types(clean_table.text_rows)
    key = key_sql([column for column in printed_key(clean_table.table) if column in text_columns])
    return engine.collect(f"SELECT rid, {key} AS key FROM {clean_table.text_rows} WHERE rid IN {id_set(rids, engine)}")


def stored_quarantine(clean_tables: Sequence[CleanTable], frame_list: pd.DataFrame, engine: Engine) -> dict[str, str]:
    """`quarantine`: the whole list as a relation, rows in its order; nothing where no findings are too many for the frame.

    `frame_list` holds the rows of `quarantine_list`, table by table.
    """
    if not any(clean_table.stored_findings for clean_table in clean_tables):
        return {}
    columns, row_counts = ", ".join(map(quoted, QUARANTINE)), [len(clean_table.findings) for clean_table in clean_tables]
    queries = []
    if len(frame_list):
        table_places = np.repeat(range(len(clean_tables)), row_counts)
        frame_rows = engine.scan(frame_list.assign(table_place=table_places, place=range(len(frame_list))))
        queries.append(f"SELECT table_place, place, {columns} FROM {frame_rows}")
    for table_place, clean_table in enumerate(clean_tables):
        if clean_table.stored_findings:
            files = engine.scan(clean_table.files[["number", "file", "sheet"]])
            rows = f'SELECT *, rid % {ROW_SPAN} AS "row" FROM {clean_table.stored_findings}'
            queries.append(
                f"""SELECT {table_place} AS table_place, place, {columns} FROM ({rows}) AS f
                JOIN {files} AS n ON n.number = f.rid // {FILE_SPAN}"""
            )
    order = ", ".join(map(quoted, ["table_place", *ORDER, "place"]))
    sorted_rows = f"SELECT {columns} FROM ({' UNION ALL '.join(queries)}) ORDER BY {order}"
    return {"quarantine": engine.store(sorted_rows, engine.new_name())}


def quarantined_raw_rows(clean_table: CleanTable, engine: Engine) -> pd.DataFrame:
    """file, sheet, row and the cells of quarantined rows, whole, as JSON text of label -> cell."""
    quarantined_rows = clean_table.removed_rows[clean_table.removed_rows["outcome"] == QUARANTINED_OUTCOME]
    rows_by_sheet = [pd.DataFrame(columns=RAW_ROWS)]
    sheet_names = clean_table.files.set_index("number")["sheet"]
    for sheet in clean_table.sheets:
        place = {"file": sheet.cells.file, "sheet": sheet_names[sheet.sheet_number]}
        quarantined_row_numbers = (
            quarantined_rows.loc[quarantined_rows["rid"] // FILE_SPAN == sheet.sheet_number, "rid"] % FILE_SPAN
        ).astype("int64")
        if quarantined_row_numbers.empty:
            continue
        if sheet.cells.record_rows is not None:
            rows_by_sheet.append(_rows_of_spread_sheet(sheet, set(quarantined_row_numbers % ROW_SPAN)).assign(**place))
            continue
        cells = _raw_cells_sql(clean_table, sheet, quarantined_row_numbers, engine)
        raw_cells = engine.query(f"SELECT * FROM ({cells}) ORDER BY row")
        labels = list(sheet.cells.labels)
        json_lines = [
            (row, _json(dict(zip(labels, cells))))
            for block in engine.blocks(raw_cells)
            for row, *cells in zip(*(block[column].tolist() for column in block))
        ]
        engine.drop([raw_cells])
        json_lines += [(raw_row.row, _json(list(raw_row.cells))) for raw_row in sheet.cells.excluded_rows if raw_row.rule]
        rows_by_sheet.append(pd.DataFrame(sorted(json_lines), columns=["row", "cells"]).assign(**place))
    return pd.concat(rows_by_sheet, ignore_index=True)[RAW_ROWS]


def _raw_cells_sql(clean_table: CleanTable, sheet: Sheet, row_numbers: pd.Series, engine: Engine) -> str:
    """The cells of some rows as text; of stored numbers the text is made for these rows alone."""
    if sheet.cells.typed is None:
        return f"SELECT * FROM {sheet.cells.table} WHERE row IN {id_set(row_numbers, engine)}"
    ids = f"(SELECT id FROM {id_table(row_numbers, engine)})"
    copied_sheets = clean_table.faulty_texts.sheets if clean_table.faulty_texts else ()
    copies = [copy.cells.typed for copy in copied_sheets if copy.sheet_number == sheet.sheet_number and copy.cells.typed]
    for typed_cells in [*copies, sheet.cells.typed]:
        typed_rows = engine.query(typed_cells.rows_sql(0, ids))
        if engine.count(typed_rows) == row_numbers.nunique():  # a row may be out for another reason than an error
            break
    return text_cells_sql(typed_rows, len(sheet.cells.labels), sheet.cells.typed.numbers)


def _rows_of_spread_sheet(sheet: Sheet, row_numbers: set[int]) -> pd.DataFrame:
    lines = [
        (row_number, _json(list(record_cells)))
        for row_number, record_cells in sheet.cells.record_rows or ()
        if row_number in row_numbers
    ]
    lines += [(row_number.row, _json(list(row_number.cells))) for row_number in sheet.cells.excluded_rows if row_number.rule]
    return pd.DataFrame(lines, columns=["row", "cells"])
