"""The sources of a table: sheets read, headers understood, cells parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ..errors import DataError
from ..study.records import Source
from .cells.column_reading import ParsedSource
from .cells.typed_columns import parse_source, with_year
from .layout.absent_columns import partial_column_notices, refuse_misprints
from .layout.header_rows import SEARCHED_ROWS, HeaderMap, map_labels
from .layout.layout_hints import layout_hint, with_layout_hint
from .layout.long_tables import LongSource, parse_long
from .layout.matrix_layout import is_matrix_table
from .layout.note_rows import with_notes
from .layout.required_columns import MissingColumns, missing_columns, missing_columns_fault, require_columns, required_columns
from .layout.spread_sheets import tidy_source
from .layout.table_blocks import refuse_second_table
from .layout.text_columns import Sheet
from .layout.two_row_headers import unlabelled_column_notices
from .layout.unit_columns import with_unit_column
from .read.raw_files import RawFile
from .read.reader import SheetRequest
from .read.readers import read_sheets
from .read.sheet_cells import SheetCells, first_rows
from .rules.scope_filters import opening_rows, study_filter_rows
from .study_columns import unit_columns
from .table_step import TableStep

MATRIX_ROWS = 2000


def parsed_sources(
    table_step: TableStep, files: Mapping[str, Sequence[RawFile]], first_file_number: int
) -> tuple[list[Sheet], list[ParsedSource]]:
    """The sheets of all sources of a table, and each source parsed; DataError for a file, or a column, that is refused."""
    sheets: list[Sheet] = []
    parsed_sources: list[ParsedSource] = []
    for source_id, source_files in files.items():
        study_source = table_step.study.sources.sources[source_id]
        sheet_cells = [sheet for file in source_files for sheet in _sheets_of_file(file, study_source, table_step)]
        if table_step.first_rows is not None:
            sheet_cells = [first_rows(sheet, table_step.first_rows, table_step.engine) for sheet in sheet_cells]
        source = tidy_source(study_source)
        source_sheets = [
            _sheet_with_layout(sheet, source_id, table_step, first_file_number + len(sheets) + sheet_index)
            for sheet_index, sheet in enumerate(sheet_cells)
        ]
        location = f"sources.yaml sources.{source_id}"
        parsed_source = with_year(_parsed_source(table_step, source_sheets, source_id, location), table_step.engine)
        if table_step.is_single_source and source.reshape is None:
            present_columns = table_step.needed_columns & table_step.engine.types(parsed_source.typed_rows).keys()
            notices = partial_column_notices(source_sheets, source, present_columns, table_step.table)
            parsed_source = replace(parsed_source, notices=(*parsed_source.notices, *notices))
        parsed_sources.append(
            replace(
                parsed_source, repairs=tuple(replace(repairs, layout=study_source.reshape) for repairs in parsed_source.repairs)
            )
        )
        sheets += [with_notes(sheet, parsed_sources[-1].notes) for sheet in source_sheets]
    _refuse_missing_columns(table_step, sheets, parsed_sources, [table_step.study.sources.sources[id] for id in files])
    return sheets, parsed_sources


def _sheets_of_file(file: RawFile, source: Source, table_step: TableStep) -> Sequence[SheetCells]:
    """The sheets of one file, which is then counted."""
    is_preview = table_step.first_rows is not None
    sheets = list(read_sheets(SheetRequest(file, source, table_step.table, table_step.engine, is_preview=is_preview)))
    if table_step.files_read is not None:
        table_step.files_read.add(rows=sum(sheet.rows for sheet in sheets), size=file.path.stat().st_size)
    return sheets


def _refuse_missing_columns(
    table_step: TableStep, sheets: Sequence[Sheet], parsed_sources: Sequence[ParsedSource], sources: Sequence[Source]
) -> None:
    """DataError S06 for a unit's column that no source gives, and for others that an unused header may stand for."""
    known_columns = {column for source_rows in parsed_sources for column in table_step.engine.types(source_rows.typed_rows)}
    unused_labels = [label for sheet in sheets for label in sheet.header.unused_labels]
    location = ", ".join(sheet.cells.file for sheet in sheets)
    unit = unit_columns(table_step.study, table_step.name)
    require_columns(MissingColumns(sorted(unit - known_columns), sources, unused_labels), table_step.table, location)
    names = sorted(table_step.needed_columns - known_columns)
    if names:
        refuse_misprints(MissingColumns(names, sources, unused_labels), table_step.needed_columns, table_step.table, location)


def _parsed_source(table_step: TableStep, sheets: list[Sheet], source_id: str, location: str) -> ParsedSource:
    source = tidy_source(table_step.study.sources.sources[source_id])
    if source.reshape is None:
        is_held = not table_step.is_stored_once
        return parse_source(
            sheets, source, table_step.table, table_step.number_type, table_step.engine, location, is_held=is_held
        )
    limits = table_step.study.rules.ranges.get(table_step.name, {})
    long_source = LongSource(
        source.reshape,
        source,
        table_step.table,
        table_step.number_type,
        limits,
        file_list_of(sheets),
        table_step.engine,
        location,
    )
    return parse_long(
        sheets, long_source, lambda rows: [*opening_rows(table_step, rows), *study_filter_rows(table_step, source_id, rows)]
    )


def _sheet_with_layout(sheet_cells: SheetCells, source_id: str, table_step: TableStep, sheet_number: int) -> Sheet:
    source = tidy_source(table_step.study.sources.sources[source_id])
    try:
        sheet_cells = with_unit_column(sheet_cells, source, table_step.table, table_step.engine)
        header = map_labels(sheet_cells, source, table_step.table)
        header = replace(header, notices=(*header.notices, *unlabelled_column_notices(sheet_cells, table_step.engine)))
        missing_names = required_columns(source, table_step.table, header.positions)
        require_columns(MissingColumns(missing_names, [source], header.unused_labels), table_step.table, sheet_cells.file)
        _refuse_other_layout(table_step, sheet_cells, header, source)
        refuse_second_table(sheet_cells, header.positions, table_step.table, table_step.engine)
    except DataError as fault:
        raise with_layout_hint(fault, _first_rows(sheet_cells, table_step), source, table_step.table) from None
    return Sheet(sheet_number, sheet_cells, header, source_id)


def _refuse_other_layout(table_step: TableStep, sheet_cells: SheetCells, header: HeaderMap, source: Source) -> None:
    """DataError S06 where columns are missing because the sheet is laid out otherwise than its source says."""
    if not (table_step.is_single_source and header.unused_labels and source.reshape is None):
        return
    names = missing_columns(sorted(table_step.needed_columns), source, header.positions)
    if names and layout_hint(_first_rows(sheet_cells, table_step), source, table_step.table):
        raise missing_columns_fault(MissingColumns(names, [source], header.unused_labels), table_step.table, sheet_cells.file)


def _first_rows(sheet_cells: SheetCells, table_step: TableStep) -> Sequence[Sequence[str]]:
    """The first rows of a sheet as they are printed; of one that may be a matrix every row, up to a bound."""
    is_matrix = is_matrix_table(table_step.table)
    if sheet_cells.leading_rows and not is_matrix:
        return sheet_cells.leading_rows
    limit = MATRIX_ROWS if is_matrix else SEARCHED_ROWS
    rows = table_step.engine.collect(f"SELECT * EXCLUDE (row) FROM {sheet_cells.table} ORDER BY row LIMIT {limit}")
    return [sheet_cells.labels, *rows.itertuples(index=False, name=None)]


def file_list_of(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """number, file, sheet, source of each sheet."""
    rows = [(sheet.sheet_number, sheet.cells.file, sheet.cells.sheet, sheet.source_id) for sheet in sheets]
    return pd.DataFrame(rows, columns=["number", "file", "sheet", "source"])
