"""Sheets of a workbook, .xlsx, .xls or .ods, as sheets of cells."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ...errors import DataError
from ..layout.header_rows import SEARCHED_ROWS, Layout, canonical_name, header_layout, known_labels, no_rows
from ..layout.layout_hints import with_layout_hint
from ..meaning.unit_labels import label_and_unit
from ..records.scope_reasons import BLANK_ROW, HEADER_ROW, NOTE_ROW
from .delimited_text import RecordShape, TextRecord, excluded_row, write_records
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, size_limit_error
from .sheet_cells import ExcludedRow, SheetCells
from .spread_reader import is_spread, source_block, spread_workbook_cells
from .workbooks.hidden_parts import hidden_notices
from .workbooks.ods_sheets import is_ods_archive, ods_book
from .workbooks.sheet_grid import (
    Grid,
    Range,
    Workbook,
    check_merged_cells,
    chosen_sheets,
    filled_header,
    refuse_uncached,
    without_vertical_merges,
)
from .workbooks.shown_numbers import resolved_units
from .workbooks.xls_sheets import xls_book
from .workbooks.xlsx_sheets import is_xlsx_archive, xlsx_book

ARCHIVE = b"PK\x03\x04"
OpenBook = Callable[[Path, str], AbstractContextManager[Workbook]]


def is_xlsx(file_head: FileHead) -> bool:
    """Whether the file is an archive with an xlsx workbook inside."""
    return file_head.first_bytes.startswith(ARCHIVE) and _archive_matches(file_head.path, is_xlsx_archive)


def is_ods(file_head: FileHead) -> bool:
    """Whether the file is an archive with an OpenDocument spreadsheet inside."""
    return file_head.first_bytes.startswith(ARCHIVE) and _archive_matches(file_head.path, is_ods_archive)


def _archive_matches(path: Path, predicate: Callable[[zipfile.ZipFile], bool]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return predicate(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def is_xls(file_head: FileHead) -> bool:
    """Whether the first bytes are those of an OLE file, as workbooks were until 2003 and encrypted ones are."""
    return file_head.first_bytes.startswith(b"\xd0\xcf\x11\xe0")


def read_xlsx(request: SheetRequest) -> list[SheetCells]:
    """The sheets that are meant; DataError S02 (no rows), S08 (hidden, merged, stale, damaged), S09 (beyond the limits)."""
    return _read_workbook(request, xlsx_book)


def read_xls(request: SheetRequest) -> list[SheetCells]:
    """The same for the old binary format."""
    return _read_workbook(request, xls_book)


def read_ods(request: SheetRequest) -> list[SheetCells]:
    """The same for OpenDocument."""
    return _read_workbook(request, ods_book)


def _read_workbook(request: SheetRequest, open_workbook: OpenBook) -> list[SheetCells]:
    with open_workbook(request.file.path, request.file.name) as workbook:
        hidden_sheets = [sheet.name for sheet in workbook.sheets if not sheet.is_visible]
        named_range = workbook.ranges.get(request.source.block or "")
        if named_range:
            sheet_name, cell_range = named_range
            return [_spread_cells(request, workbook.grid(sheet_name), cell_range, hidden_sheets)]
        sheet_names = chosen_sheets(workbook, request.source.sheet, request.file.name)
        if is_spread(request):
            return [
                _spread_cells(request, workbook.grid(sheet_name), source_block(request), hidden_sheets)
                for sheet_name in sheet_names
            ]
        return [_sheet_as_cells(request, workbook.grid(sheet_name), hidden_sheets) for sheet_name in sheet_names]


def _spread_cells(request: SheetRequest, grid: Grid, cell_range: Range | None, hidden_sheets: Collection[str]) -> SheetCells:
    notices = hidden_notices(grid, None, hidden_sheets, f"{request.file.name} [{grid.name}]")
    return spread_workbook_cells(request, grid, cell_range, notices)


def _sheet_as_cells(request: SheetRequest, grid: Grid, hidden_sheets: Collection[str]) -> SheetCells:
    file, source, engine = request.file, request.source, request.engine
    location = f"{file.name} [{grid.name}]"
    leading_rows = filled_header(grid, SEARCHED_ROWS)
    layout = header_layout(leading_rows, source, request.table, location)
    if len(layout.labels) > MAX_COLUMNS:
        raise size_limit_error(location, f"{len(layout.labels)} columns", f"{len(layout.labels)} 列")
    grid = without_vertical_merges(grid, _canonical_columns(layout, request, source.fill_down))
    first_data_row = layout.row + layout.label_rows
    note_rows = [
        row_number
        for row_number, sheet_row in enumerate(grid.rows, 1)
        if excluded_row(row_number, sheet_row).reason in (BLANK_ROW, NOTE_ROW)
    ]
    used_columns = _used_columns(layout, request)
    try:
        check_merged_cells(grid, first_data_row, note_rows, used_columns, location)
    except DataError as fault:
        raise with_layout_hint(fault, leading_rows, source, request.table) from None
    refuse_uncached(grid, used_columns, location)
    if len(grid.rows) <= first_data_row:
        raise no_rows(location)
    rows, printed_units = resolved_units(grid.rows, grid.unit_columns, first_data_row, _stated_units(layout, request))
    labels = _trimmed_labels(layout.labels, rows[first_data_row:])
    csv_path = engine.folder / f"{engine.new_name()}.txt"
    with csv_path.open("w", encoding="utf-8", newline="\n") as csv_file:
        record_counts = write_records(_records(rows, len(labels)), csv_file, RecordShape(",", len(labels), first_data_row))
    label_rows = [
        ExcludedRow(sheet_row, tuple(rows[sheet_row - 1]), HEADER_ROW) for sheet_row in range(layout.row + 1, first_data_row + 1)
    ]
    return SheetCells(
        file=file.name,
        sheet=grid.name,
        digest=file.digest,
        labels=labels,
        header_row=layout.row,
        table=engine.scan_records(csv_path, len(labels)),
        rows=record_counts.rows,
        excluded_rows=(*label_rows, *record_counts.excluded_rows),
        notices=hidden_notices(grid, used_columns, hidden_sheets, location),
        units=(*layout.units, *printed_units),
        units_above_header=layout.units_above_header,
        has_padding=record_counts.has_padding,
        leading_rows=tuple(map(tuple, leading_rows)),
    )


def _trimmed_labels(labels: Sequence[str], sheet_rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The labels, and '' for each column to their right that holds cells; blank columns at the end are none."""
    column_count = max((len(sheet_row) for sheet_row in sheet_rows), default=0)
    labelled_width = max((column_index + 1 for column_index, label in enumerate(labels) if label), default=0)
    return (*labels[: max(column_count, labelled_width)], *[""] * (column_count - len(labels)))


def _records(sheet_rows: Iterable[list[str]], column_count: int) -> Iterable[TextRecord]:
    """Rows of a sheet as records, each filled up to the width of its header; blank rows stay blank."""
    for row_number, row in enumerate(sheet_rows, 1):
        yield TextRecord(row_number, [*row, *[""] * (column_count - len(row))] if row else [])


def _canonical_columns(layout: Layout, request: SheetRequest, canonical_names_in_use: Iterable[str]) -> list[int]:
    """Where canonical columns are."""
    canonical_names, column_names = known_labels(request.source, request.table), set(canonical_names_in_use)
    return [
        column_index
        for column_index, label in enumerate(layout.labels)
        if canonical_name(label, canonical_names, request.table) in column_names
    ]


def _used_columns(layout: Layout, request: SheetRequest) -> set[int]:
    """The columns that are read: those with a label that is known."""
    canonical_names = known_labels(request.source, request.table)
    return {
        column_index
        for column_index, label in enumerate(layout.labels)
        if canonical_name(label, canonical_names, request.table) is not None
    }


def _stated_units(layout: Layout, request: SheetRequest) -> dict[int, str]:
    """The unit of each column by the study's word, else by its label or a row of units."""
    canonical_names = known_labels(request.source, request.table)
    printed_units = dict(layout.units)
    stated_units = {}
    for column_index, label in enumerate(layout.labels):
        column_name = canonical_name(label, canonical_names, request.table)
        unit = request.source.units.get(column_name or "") or label_and_unit(label)[1] or printed_units.get(column_index)
        if unit:
            stated_units[column_index] = unit
    return stated_units
