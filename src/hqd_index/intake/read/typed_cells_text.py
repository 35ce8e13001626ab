"""Typed columns of a binary file as text cells: whole numbers without a point, dates as ISO, missing as ''."""

from __future__ import annotations

from collections.abc import Sequence

from ...engines.duckdb import FILE_ROW, Engine, literal, quoted
from ..layout.header_rows import no_rows
from ..records.intake_notice import Notice
from .reader import SheetRequest
from .sheet_cells import SheetCells

WHOLE_UP_TO = "1e15"
FIRST_ROW = 2  # as a spreadsheet would show it: labels in row 1


def typed_cells(
    request: SheetRequest, numbered: str, labels: Sequence[str] | None = None, notices: tuple[Notice, ...] = ()
) -> SheetCells:
    """The sheet of an engine table of typed columns numbered by FILE_ROW, which are labels too unless others are given.

    DataError S02 when it has no rows.
    """
    types = {name: dtype for name, dtype in request.engine.types(numbered).items() if name != FILE_ROW}
    cells = _as_text(numbered, types, request.engine)
    rows = request.engine.count(cells)
    if rows == 0:
        raise no_rows(request.file.name)
    return SheetCells(
        request.file.name, "", request.file.digest, tuple(types if labels is None else labels), 1, cells, rows, notices=notices
    )


def _as_text(numbered: str, types: dict[str, str], engine: Engine) -> str:
    columns = [f"coalesce({_text_sql(quoted(name), dtype)}, '') AS c{place}" for place, (name, dtype) in enumerate(types.items())]
    shifted = f"{quoted(FILE_ROW)} + {FIRST_ROW - 1} AS row"
    return engine.query(f"SELECT {', '.join([shifted, *columns])} FROM {numbered}")


def _text_sql(column: str, dtype: str) -> str:
    if dtype == "double":
        is_whole = f"{column} = trunc({column}) AND abs({column}) < {WHOLE_UP_TO}"
        number_text = f"CASE WHEN {is_whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        return f"CASE WHEN isnan({column}) THEN {literal('')} ELSE {number_text} END"
    if dtype == "date":
        return f"regexp_replace(CAST({column} AS VARCHAR), ' 00:00:00(\\+00)?$', '')"
    return f"CAST({column} AS VARCHAR)"
