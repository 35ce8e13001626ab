"""Sheets that are no table of one row per key, read as records with the row and column they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ...errors import ConfigError
from ..layout.header_rows import SEARCHED_ROWS
from ..layout.spread_sheets import Records, cropped, records_of
from ..meaning.header_years import year_of
from ..records.intake_notice import Notice
from ..records.scope_reasons import CONTINUATION_LINE, NOTE_ROW
from .delimited_text import OPEN_QUOTE, RecordWriter, TextRecord, excluded_row
from .reader import SheetRequest
from .reading_limits import MAX_COLUMNS
from .sheet_cells import FIRST_COLUMN_ID, ROW_SPAN, ExcludedRow, SheetCells
from .spread_units import with_units_in_first_cells, with_units_in_labels
from .workbooks.sheet_grid import (
    Grid,
    Range,
    check_merged_cells,
    filled_header,
    range_of,
    refuse_uncached,
    without_vertical_merges,
)
from .workbooks.shown_numbers import resolved_units


@dataclass(frozen=True)
class RawSheet:
    """All rows of a sheet, where its block starts (0-based), rows set aside already, and what was noticed."""

    name: str
    rows: list[list[str]]
    first_row: int = 0
    excluded_rows: tuple[ExcludedRow, ...] = ()
    notices: tuple[Notice, ...] = ()
    fixed_width: bool = False  # rows of another width than the header's are broken


def is_spread(request: SheetRequest) -> bool:
    """Whether the study says that the sheets of a source are laid out otherwise than one row per key, or holds a block of one."""
    reshape = request.source.reshape
    return request.source.block is not None or (reshape is not None and reshape.spreads)


def source_block(request: SheetRequest) -> Range | None:
    """The corners of the block that a source names; ConfigError for what is no range."""
    if request.source.block is None:
        return None
    try:
        return range_of(request.source.block)
    except ValueError:
        raise ConfigError(
            f"block {request.source.block!r} is neither a range such as B3:F20 nor a named range of the workbook",
            zh=f"block {request.source.block!r} 既不是 B3:F20 这样的区域,也不是工作簿中的命名区域",
            location=request.file.name,
            rule="S08",
        ) from None


def spread_workbook_cells(request: SheetRequest, grid: Grid, cell_range: Range | None, notices: tuple[Notice, ...]) -> SheetCells:
    """The records of a sheet of a workbook; DataError S08 for merged cells among them and formulas never computed."""
    location = f"{request.file.name} [{grid.name}]"
    first_row = cell_range[0][0] if cell_range else 0
    cropped_rows = _cropped_grid(grid, cell_range)
    refuse_uncached(cropped_rows, None, location)
    grid_with_header = replace(
        cropped_rows, rows=[*filled_header(cropped_rows, SEARCHED_ROWS), *cropped_rows.rows[SEARCHED_ROWS:]]
    )
    records = records_of(_plain_rows(grid_with_header), request.source, request.table, location)
    grid_without_merges = without_vertical_merges(cropped_rows, range(MAX_COLUMNS) if request.source.fill_down else ())
    note_rows = [row_index + 1 for row_index, _ in records.excluded_rows]
    check_merged_cells(grid_without_merges, records.header_row, note_rows, range(MAX_COLUMNS), location)
    sheet_rows = [*grid_with_header.rows[: records.header_row], *cropped_rows.rows[records.header_row :]]
    if records.is_transposed:
        sheet_rows = with_units_in_first_cells(sheet_rows)
    else:
        sheet_rows = with_units_in_labels(sheet_rows, cropped_rows.unit_columns, records.header_row)
    return spread_sheet_cells(request, RawSheet(grid.name, sheet_rows, first_row, notices=notices))


def _plain_rows(grid: Grid) -> list[list[str]]:
    sheet_rows, _ = resolved_units([list(sheet_row) for sheet_row in grid.rows], grid.unit_columns, 0, {})
    return sheet_rows


def _cropped_grid(grid: Grid, cell_range: Range | None) -> Grid:
    if cell_range is None:
        return grid
    (top_row, left_column), (bottom_row, right_column) = cell_range
    merged_areas = [
        ((first_row - top_row, column - left_column), (last_row - top_row, last_column - left_column))
        for (first_row, column), (last_row, last_column) in grid.merged_areas
        if first_row >= top_row and column >= left_column and last_row <= bottom_row and last_column <= right_column
    ]
    uncached_cells = tuple(
        (first_row - top_row, column - left_column)
        for first_row, column in grid.uncached_cells
        if top_row <= first_row <= bottom_row and left_column <= column <= right_column
    )
    unit_columns = frozenset(column - left_column for column in grid.unit_columns if left_column <= column <= right_column)
    return Grid(grid.name, cropped(grid.rows, cell_range), tuple(merged_areas), uncached_cells, unit_columns)


def spread_text_cells(request: SheetRequest, text_records: Sequence[TextRecord], notices: tuple[Notice, ...]) -> SheetCells:
    """The records of a text file."""
    cell_range = source_block(request)
    excluded_rows = [
        ExcludedRow(record.row + line_offset * ROW_SPAN, (), CONTINUATION_LINE)
        for record in text_records
        for line_offset in range(1, record.lines)
    ]
    excluded_rows += [
        ExcludedRow(record.row, tuple(record.fields), OPEN_QUOTE, rule="S04")
        for record in text_records
        if not record.quotes_close
    ]
    sheet_rows = [record.fields if record.quotes_close else [] for record in text_records]
    first_row = cell_range[0][0] if cell_range else 0
    return spread_sheet_cells(
        request,
        RawSheet("", cropped(sheet_rows, cell_range), first_row, tuple(excluded_rows), notices, fixed_width=cell_range is None),
    )


def spread_sheet_cells(request: SheetRequest, sheet: RawSheet) -> SheetCells:
    """The records of a sheet as cells for the engine."""
    file, engine = request.file, request.engine
    location = f"{file.name} [{sheet.name}]" if sheet.name else file.name
    records = records_of(sheet.rows, request.source, request.table, location)
    broken_rows = _broken_rows(sheet, records)
    csv_path = engine.folder / f"{engine.new_name()}.txt"
    record_rows: set[int] = set()
    with csv_path.open("w", encoding="utf-8", newline="\n") as csv_file:
        writer = RecordWriter(csv_file)
        for row_index, column_id, record_cells in records.records:
            if row_index not in broken_rows:
                record_rows.add(row_index)
                writer.write_row(_record_id(sheet.first_row + row_index + 1, column_id), record_cells)
    faulty_rows = {excluded_row.row for excluded_row in sheet.excluded_rows if excluded_row.rule}
    excluded_rows = [*sheet.excluded_rows, *broken_rows.values()]
    excluded_rows += [
        ExcludedRow(sheet.first_row + row_index + 1, tuple(sheet.rows[row_index]), reason)
        for row_index, reason in records.excluded_rows
        if row_index not in broken_rows and sheet.first_row + row_index + 1 not in faulty_rows
    ]
    sheet_rows = _transposed_rows(sheet, records) if records.is_transposed else sorted(record_rows)
    return SheetCells(
        file=file.name,
        sheet=sheet.name,
        digest=file.digest,
        labels=records.labels,
        header_row=sheet.first_row + records.header_row,
        table=engine.scan_records(csv_path, len(records.labels)),
        rows=len(sheet_rows),
        excluded_rows=tuple(excluded_rows),
        notices=(*sheet.notices, *records.notices),
        units=records.units,
        units_above_header=records.units_above_header,
        record_rows=tuple((sheet.first_row + row_index + 1, tuple(sheet.rows[row_index])) for row_index in sheet_rows),
        is_transposed=records.is_transposed,
    )


def _record_id(row_number: int, column_id: int) -> int:
    return row_number if column_id < 0 else row_number + (column_id + FIRST_COLUMN_ID) * ROW_SPAN


def _transposed_rows(sheet: RawSheet, records: Records) -> list[int]:
    """The rows of a turned table that hold a part of each record."""
    excluded_rows = {row_index for row_index, _ in records.excluded_rows}
    return [row_index for row_index in range(records.header_row - 1, len(sheet.rows)) if row_index not in excluded_rows]


def _broken_rows(sheet: RawSheet, records: Records) -> dict[int, ExcludedRow]:
    """Rows of a text file with another number of fields than the last header row; one with a single text is a note."""
    if not sheet.fixed_width or records.is_transposed:
        return {}
    field_count = len(sheet.rows[records.header_row - 1])
    rows_below_header = range(records.header_row, len(sheet.rows))
    misfit_rows = {
        row_index: [cell for cell in sheet.rows[row_index] if cell.strip()]
        for row_index in rows_below_header
        if len(sheet.rows[row_index]) != field_count
    }
    return {
        row_index: ExcludedRow(row_index + 1, tuple(sheet.rows[row_index]), NOTE_ROW)
        if len(nonempty_fields) == 1
        else excluded_row(row_index + 1, sheet.rows[row_index])
        for row_index, nonempty_fields in misfit_rows.items()
        if any(sheet.rows[row_index])
    }


def spread_table_cells(request: SheetRequest, sheet_cells: SheetCells) -> SheetCells:
    """The records of a sheet whose rows the engine holds already, its labels taken as its first row."""
    frame = request.engine.collect(f"SELECT * EXCLUDE (row) FROM {sheet_cells.table} ORDER BY row")
    sheet_rows = [list(sheet_cells.labels), *(list(sheet_row) for sheet_row in frame.itertuples(index=False, name=None))]
    return spread_sheet_cells(
        request, RawSheet(sheet_cells.sheet, cropped(sheet_rows, source_block(request)), notices=sheet_cells.notices)
    )


def with_sheet_name(request: SheetRequest, sheet_cells: SheetCells) -> SheetCells:
    """The cells with a column more: the sheet's name, or the file's where it has no sheets; for a year the year in it."""
    column = request.source.sheet_is
    if column is None:
        return sheet_cells
    name = sheet_cells.sheet.rpartition("/")[2] or PurePosixPath(sheet_cells.file).name.partition(".")[0]
    cell_text = (_year_in(name) or name) if column == "year" else name
    sql_literal = "'" + cell_text.replace("'", "''") + "'"
    table = request.engine.view(f"SELECT *, {sql_literal} AS c{len(sheet_cells.labels)} FROM {sheet_cells.table}")
    return replace(sheet_cells, labels=(*sheet_cells.labels, column), table=table)


def _year_in(sheet_name: str) -> str | None:
    """The only year that a name holds."""
    digits = "".join(character if character.isdigit() else " " for character in sheet_name).split()
    years = {year for digit_group in digits if (year := year_of(digit_group))}
    return years.pop() if len(years) == 1 else None
