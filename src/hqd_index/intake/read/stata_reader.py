"""Stata files as a sheet of cells: labels instead of coded values, old strings decoded."""

from __future__ import annotations

import pandas as pd

from ...errors import DataError
from .reader import FileHead, SheetRequest
from .sheet_cells import SheetCells
from .text_reader import encoding_notices
from .typed_cells_text import FILE_ROW, typed_cells

OLD_FORMATS = {104, 105, 108, 110, 111, 112, 113, 114, 115}


def is_stata(head: FileHead) -> bool:
    """Whether the first bytes are those of a .dta file, new or old."""
    return head.start.startswith(b"<stata_dta>") or (_is_old(head.start) and head.start[1:3] in (b"\x01\x01", b"\x02\x01"))


def _is_old(start: bytes) -> bool:
    return bool(start) and start[0] in OLD_FORMATS


def read_stata(request: SheetRequest) -> SheetCells:
    """The variables of a .dta file in their order; DataError S10 for a file that Stata would not read, S02 without rows."""
    path, name = request.file.path, request.file.name
    try:
        with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
            frame = reader.read()  # type: ignore[attr-defined]
            if not frame.empty:
                frame = _with_value_labels(frame, reader.value_labels())
    except (ValueError, OSError) as fault:
        raise DataError(
            f"Stata cannot read this file: {fault}; save it again from Stata",
            zh=f"无法作为 Stata 文件读取:{fault};请在 Stata 中另存",
            where=name,
            rule="S10",
        ) from fault
    old = _is_old(path.read_bytes()[:1])
    if old:
        frame = frame.rename(columns=_decoded).apply(_decoded_column)
    labels = [str(label) for label in frame.columns]
    numbered = request.engine.scan(frame.set_axis(labels, axis=1).assign(**{FILE_ROW: range(1, len(frame) + 1)}))
    return typed_cells(request, numbered, labels, encoding_notices(name, "gb18030") if old else ())


def _with_value_labels(frame: pd.DataFrame, labels: dict[str, dict[float, str]]) -> pd.DataFrame:
    labelled = {name: frame[name].map(labels[name]).fillna(frame[name]) for name in frame.columns if name in labels}
    return frame.assign(**labelled)


def _decoded(text: object) -> str:
    """Old Stata files hold bytes of the writer's code page, which pandas shows as Latin-1."""
    try:
        return str(text).encode("latin-1").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return str(text)


def _decoded_column(column: pd.Series) -> pd.Series:
    return column.map(_decoded, na_action="ignore") if pd.api.types.is_string_dtype(column) else column
