"""Stata and parquet files as text cells: whole numbers without a point, dates as ISO, missing as ''."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ...engines.duckdb import Engine, literal, quoted
from ...errors import DataError
from .file_formats import OLD_STATA

WHOLE_UP_TO = "1e15"
FIRST_ROW = 2  # as a spreadsheet would show it: labels in row 1


def parquet_table(path: Path, engine: Engine) -> tuple[str, tuple[str, ...]]:
    """(engine table of row, c0 .. as text; labels)."""
    numbered = engine.scan_numbered(path)
    labels = tuple(name for name in engine.types(numbered) if name != "file_row")
    return _as_text(numbered, "file_row", labels, engine), labels


def stata_table(path: Path, engine: Engine, where: str) -> tuple[str, tuple[str, ...], bool]:
    """(engine table, labels, whether strings were decoded from GBK); DataError S10 for a file Stata would not read."""
    try:
        with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
            frame = reader.read()  # type: ignore[attr-defined]
            if not frame.empty:
                frame = _with_value_labels(frame, reader.value_labels())
    except (ValueError, OSError) as fault:
        raise DataError(
            f"Stata cannot read this file: {fault}; save it again from Stata",
            zh=f"无法作为 Stata 文件读取:{fault};请在 Stata 中另存",
            where=where,
            rule="S10",
        ) from fault
    old = path.read_bytes()[:1][0] in OLD_STATA
    if old:
        frame = frame.rename(columns=_decoded).apply(_decoded_column)
    labels = tuple(str(name) for name in frame.columns)
    numbered = engine.scan(frame.set_axis(list(labels), axis=1).assign(file_row=range(1, len(frame) + 1)))
    return _as_text(numbered, "file_row", labels, engine), labels, old


def _with_value_labels(frame: pd.DataFrame, labels: dict[str, dict[float, str]]) -> pd.DataFrame:
    named = {name: frame[name].map(labels[name]).fillna(frame[name]) for name in frame.columns if name in labels}
    return frame.assign(**named)


def _decoded(text: object) -> str:
    """Old Stata files hold bytes of the writer's code page, which pandas shows as Latin-1."""
    try:
        return str(text).encode("latin-1").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return str(text)


def _decoded_column(column: pd.Series) -> pd.Series:
    return column.map(_decoded, na_action="ignore") if pd.api.types.is_string_dtype(column) else column


def _as_text(numbered: str, row: str, labels: tuple[str, ...], engine: Engine) -> str:
    kinds = engine.types(numbered)
    columns = [f"coalesce({_text_sql(quoted(label), kinds[label])}, '') AS c{place}" for place, label in enumerate(labels)]
    shifted = f"{quoted(row)} + {FIRST_ROW - 1} AS row"
    return engine.query(f"SELECT {', '.join([shifted, *columns])} FROM {numbered}")


def _text_sql(column: str, kind: str) -> str:
    if kind == "double":
        whole = f"{column} = trunc({column}) AND abs({column}) < {WHOLE_UP_TO}"
        plain = f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        return f"CASE WHEN isnan({column}) THEN {literal('')} ELSE {plain} END"
    if kind == "date":
        return f"strftime({column}, '%Y-%m-%d')"
    return f"CAST({column} AS VARCHAR)"
