"""Files as they are, before anything is declared about them: rows of text from row 1, sheet by sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ...canonical import CanonicalTable
from ...engines import Engine
from ...study.records import Source
from ..layout.header_rows import SEARCHED_ROWS
from .delimited_text import delimiter_of, records, usual_field_count
from .packed_reader import gzip_reader, zip_reader
from .raw_files import RawFile
from .reader import SheetRequest
from .readers import READERS, format_of
from .reading_limits import reading_errors
from .sheet_cells import ROW_SPAN, SheetCells
from .stata_spss import stat_file
from .text_encoding import survey_text
from .text_reader import open_decoded
from .workbook_reader import ods_book, xls_book, xlsx_book
from .workbooks.sheet_grid import filled_header
from .workbooks.shown_numbers import resolved_units

MAX_PREVIEW_ROWS = 200_000


@dataclass(frozen=True)
class SheetPreview:
    """The first rows of a sheet as text; `sheet` is '' in a file that has but one, `long_labels` are those of Stata and SPSS.

    `header_texts`: the first rows with the text of merged cells in all of them. `is_complete`: whether these are all rows.
    """

    file: str
    path: Path
    file_format: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    header_texts: tuple[tuple[str, ...], ...] = ()
    long_labels: tuple[str, ...] = ()
    encoding: str = "utf-8"
    is_complete: bool = True
    in_archive: bool = False  # a member of an archive
    member: str = ""  # its name
    format_units: tuple[tuple[int, str], ...] = ()  # (column, unit) that number formats print


def sheet_previews(path: Path, file_name: str, engine: Engine) -> list[SheetPreview]:
    """Every sheet of a file that holds anything, hidden ones left out.

    DataError S10 for a format that no reader has, and what the reader of the format refuses.
    """
    file_format = format_of(path, file_name)
    request = SheetRequest(
        RawFile(path, file_name, ""), Source(path="*", table="t"), CanonicalTable(key=()), engine, is_preview=True
    )
    with reading_errors(file_name):
        return _PREVIEWS.get(file_format, _engine_previews)(request)


def _text_preview(request: SheetRequest) -> list[SheetPreview]:
    path, name = request.file.path, request.file.name
    encoding = survey_text(path, "auto", name).encoding
    with open_decoded(path, encoding) as text_file:
        first_lines = list(islice(text_file, SEARCHED_ROWS))
    delimiter = delimiter_of(first_lines)
    rows: list[tuple[str, ...]] = []
    with open_decoded(path, encoding) as text_file:
        for record in islice(records(text_file, delimiter, usual_field_count(first_lines, delimiter)), MAX_PREVIEW_ROWS + 1):
            rows += [()] * (record.row - 1 - len(rows))  # lines that end a cell
            rows.append(tuple(cell.strip() for cell in record.fields))
    is_complete = len(rows) <= MAX_PREVIEW_ROWS
    return [SheetPreview(name, path, "csv", "", tuple(rows[:MAX_PREVIEW_ROWS]), encoding=encoding, is_complete=is_complete)]


def _workbook_previews(request: SheetRequest) -> list[SheetPreview]:
    path, name = request.file.path, request.file.name
    file_format = format_of(path, name)
    open_book = {"xlsx": xlsx_book, "xls": xls_book, "ods": ods_book}[file_format]
    previews = []
    with open_book(path, name) as workbook:
        sheet_names = [sheet.name for sheet in workbook.sheets if sheet.is_visible and workbook.has_values(sheet.name)]
        for sheet_name in sheet_names:
            grid = workbook.grid(sheet_name)
            shown_rows, units = resolved_units(
                [list(sheet_row) for sheet_row in grid.rows[:MAX_PREVIEW_ROWS]], grid.unit_columns, 0, {}
            )
            preview_rows = tuple(tuple(cell.strip() for cell in sheet_row) for sheet_row in shown_rows)
            leading_rows = tuple(tuple(cell.strip() for cell in sheet_row) for sheet_row in filled_header(grid, SEARCHED_ROWS))
            sheet = sheet_name if len(workbook.sheets) > 1 else ""
            is_complete = len(grid.rows) <= MAX_PREVIEW_ROWS
            previews.append(
                SheetPreview(
                    name, path, file_format, sheet, preview_rows, leading_rows, is_complete=is_complete, format_units=units
                )
            )
    return previews


def _stat_preview(request: SheetRequest) -> list[SheetPreview]:
    """Stata and SPSS files: labels of values instead of their codes."""
    path, name = request.file.path, request.file.name
    file_format = "dta" if format_of(path, name) == "dta" else "sav"
    stat_content = stat_file(path, file_format, lambda _: False, name)  # type: ignore[arg-type]
    rows = [stat_content.names]
    for block in stat_content.frames:
        rows += [tuple(_cell_text(cell) for cell in record) for record in block.itertuples(index=False, name=None)]
    is_complete = len(rows) <= MAX_PREVIEW_ROWS
    return [
        SheetPreview(
            name,
            path,
            file_format,
            "",
            tuple(rows[:MAX_PREVIEW_ROWS]),
            (),
            stat_content.long_names,
            stat_content.encoding,
            is_complete=is_complete,
        )
    ]


def _cell_text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def _engine_previews(request: SheetRequest) -> list[SheetPreview]:
    """Typed files and databases, by their reader: labels in row 1."""
    name = request.file.name
    file_format = format_of(request.file.path, name)
    all_sheets_source = (
        request.source.model_copy(update={"sheet": "*"}) if file_format in ("sqlite", "duckdb") else request.source
    )
    sheets = READERS[file_format].read_sheets(replace(request, source=all_sheets_source))
    return [_preview_of_cells(sheet_cells, request, file_format, has_sheets=len(sheets) > 1) for sheet_cells in sheets]


def _preview_of_cells(sheet_cells: SheetCells, request: SheetRequest, file_format: str, *, has_sheets: bool) -> SheetPreview:
    columns = ", ".join(f"c{column_index}" for column_index in range(len(sheet_cells.labels)))
    frame = request.engine.collect(
        f"SELECT {columns} FROM {sheet_cells.table} ORDER BY row % {ROW_SPAN} LIMIT {MAX_PREVIEW_ROWS}"
    )
    rows = (sheet_cells.labels, *(tuple(map(_cell_text, text_row)) for text_row in frame.itertuples(index=False, name=None)))
    sheet = sheet_cells.sheet if has_sheets else ""
    return SheetPreview(
        sheet_cells.file, request.file.path, file_format, sheet, rows, is_complete=sheet_cells.rows <= MAX_PREVIEW_ROWS
    )


def _packed_previews(request: SheetRequest) -> list[SheetPreview]:
    """The files inside an archive; the file is named by its archive, the sheet by the member."""
    path, name = request.file.path, request.file.name
    is_zip = format_of(path, name) == "zip"
    previews: list[SheetPreview] = []

    def preview_member(member_request: SheetRequest) -> list[SheetCells]:
        for preview in sheet_previews(member_request.file.path, member_request.file.name, member_request.engine):
            archive_member = member_request.file.name.removeprefix(f"{name}/") if is_zip else ""
            sheet = "/".join(filter(None, (archive_member, preview.sheet)))
            previews.append(replace(preview, file=name, path=path, sheet=sheet, in_archive=is_zip, member=archive_member))
        return []

    (zip_reader(preview_member) if is_zip else gzip_reader(preview_member))(request)
    return previews


_PREVIEWS: dict[str, Callable[[SheetRequest], list[SheetPreview]]] = {
    "csv": _text_preview,
    **dict.fromkeys(("xlsx", "xls", "ods"), _workbook_previews),
    **dict.fromkeys(("dta", "sav"), _stat_preview),
    **dict.fromkeys(("zip", "gz"), _packed_previews),
}
