"""Typed columns of a binary file as text cells: whole numbers without a point, dates as ISO, missing as ''."""

from __future__ import annotations

from collections.abc import Sequence

from ...engines import FILE_ROW, Engine, literal, quoted
from ..layout.header_rows import no_rows
from ..records.intake_notice import Notice
from .reader import SheetRequest
from .sheet_cells import SheetCells

LARGEST_EXACT_INTEGER = "1e15"
FIRST_ROW = 2  # as a spreadsheet would show it: labels in row 1


def typed_cells(
    request: SheetRequest, numbered_table: str, labels: Sequence[str] | None = None, notices: tuple[Notice, ...] = ()
) -> SheetCells:
    """The sheet of an engine table of typed columns numbered by FILE_ROW, which are labels too unless others are given.

    DataError S02 when it has no rows.
    """
    column_types = {
        column_name: dtype for column_name, dtype in request.engine.types(numbered_table).items() if column_name != FILE_ROW
    }
    cells = _text_table(numbered_table, column_types, request.engine)
    rows = request.engine.count(cells)
    if rows == 0:
        raise no_rows(request.file.name)
    return SheetCells(
        request.file.name,
        "",
        request.file.digest,
        tuple(column_types if labels is None else labels),
        1,
        cells,
        rows,
        notices=notices,
    )


def _text_table(numbered_table: str, column_types: dict[str, str], engine: Engine) -> str:
    columns = [
        f"coalesce({_cell_text_sql(quoted(column_name), dtype)}, '') AS c{column_index}"
        for column_index, (column_name, dtype) in enumerate(column_types.items())
    ]
    row_column = f"{quoted(FILE_ROW)} + {FIRST_ROW - 1} AS row"
    return engine.query(f"SELECT {', '.join([row_column, *columns])} FROM {numbered_table}")


def _cell_text_sql(column: str, dtype: str) -> str:
    if dtype == "double":
        is_whole = f"{column} = trunc({column}) AND abs({column}) < {LARGEST_EXACT_INTEGER}"
        number_text = f"CASE WHEN {is_whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        return f"CASE WHEN isnan({column}) THEN {literal('')} ELSE {number_text} END"
    if dtype == "date":
        return f"regexp_replace(CAST({column} AS VARCHAR), ' 00:00:00(\\+00)?$', '')"
    return f"CAST({column} AS VARCHAR)"
