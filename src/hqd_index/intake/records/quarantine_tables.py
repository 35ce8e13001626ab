"""What was quarantined: findings with file and row, and the rows whole as they were read."""

from __future__ import annotations

import json

import pandas as pd

from ...engines.duckdb import Engine, literal, quoted
from ..layout.text_columns import FILE_SPAN
from .clean_table import CleanTable
from .row_ledger import QUARANTINED

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


def quarantine_list(one: CleanTable, engine: Engine) -> pd.DataFrame:
    found = one.findings
    if found.empty:
        return pd.DataFrame(columns=QUARANTINE)
    listed = found.assign(number=found["rid"] // FILE_SPAN, row=found["rid"] % FILE_SPAN)
    listed = listed.merge(one.files[["number", "file", "sheet"]], on="number", how="left", validate="many_to_one")
    listed = listed.merge(_keys_by_row(one, found["rid"], engine), on="rid", how="left", validate="many_to_one")
    listed["key"] = listed["key"].fillna("")
    return listed.sort_values(["file", "sheet", "row", "rule", "column"], kind="stable", ignore_index=True)[QUARANTINE]


def _keys_by_row(one: CleanTable, rids: pd.Series, engine: Engine) -> pd.DataFrame:
    held = engine.types(one.text)
    key = [quoted(name) for name in one.table.key or tuple(one.table.columns)[:2] if name in held]
    wanted = engine.scan(pd.DataFrame({"rid": rids.drop_duplicates().astype("int64")}))
    shown = f"concat_ws({literal(' | ')}, {', '.join(key)})"
    return engine.collect(f"SELECT rid, {shown} AS key FROM {one.text} WHERE rid IN (SELECT rid FROM {wanted})")


def quarantined_raw_rows(one: CleanTable, engine: Engine) -> pd.DataFrame:
    """file, sheet, row and the cells of quarantined rows, whole, as JSON text of label -> cell."""
    gone = one.removed[one.removed["outcome"] == QUARANTINED]
    parts = [pd.DataFrame(columns=RAW_ROWS)]
    for sheet in one.sheets:
        rows = (gone.loc[gone["rid"] // FILE_SPAN == sheet.number, "rid"] % FILE_SPAN).astype("int64")
        if rows.empty:
            continue
        wanted = engine.scan(pd.DataFrame({"row": rows}))
        cells = engine.collect(f"SELECT * FROM {sheet.cells.table} WHERE row IN (SELECT row FROM {wanted}) ORDER BY row")
        labels = list(sheet.cells.labels)
        lines = [(row[0], _json(dict(zip(labels, row[1:])))) for row in cells.itertuples(index=False)]
        lines += [(row.row, _json(list(row.cells))) for row in sheet.cells.set_aside if row.rule]
        parts.append(pd.DataFrame(sorted(lines), columns=["row", "cells"]).assign(file=sheet.cells.file, sheet=sheet.cells.sheet))
    return pd.concat(parts, ignore_index=True)[RAW_ROWS]


def _json(cells: object) -> str:
    return json.dumps(cells, ensure_ascii=False)
