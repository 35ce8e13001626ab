"""Files as they stand, before anybody said what they are: rows of text from row 1, sheet by sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine
from ...study.records import Source
from ..layout.header_rows import PEEK
from .delimited_text import delimiter_of, records, usual_width
from .packed_reader import gzip_reader, zip_reader
from .raw_files import RawFile
from .reader import SheetRequest
from .readers import READERS, format_of
from .reading_limits import guarded
from .sheet_cells import ROW_SPAN, SheetCells
from .stata_spss import stat_file
from .text_encoding import survey
from .text_reader import decoded
from .workbook_reader import ods_book, xls_book, xlsx_book
from .workbooks.sheet_grid import filled_header
from .workbooks.shown_numbers import resolved_units

MOST_ROWS = 200_000


@dataclass(frozen=True)
class SheetPreview:
    """The first rows of a sheet as text; `sheet` is '' in a file that has but one, `long_labels` are those of Stata and SPSS.

    `header_texts`: the first rows with the text of merged cells in all of them. `whole`: whether these are all rows.
    """

    file: str
    path: Path
    file_format: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    header_texts: tuple[tuple[str, ...], ...] = ()
    long_labels: tuple[str, ...] = ()
    encoding: str = "utf-8"
    whole: bool = True
    inside: bool = False  # a member of an archive
    format_units: tuple[tuple[int, str], ...] = ()  # (column, unit) that number formats print


def sheet_previews(path: Path, name: str, engine: Engine) -> list[SheetPreview]:
    """Every sheet of a file that holds anything, hidden ones left out.

    DataError S10 for a format that no reader has, and what the reader of the format refuses.
    """
    file_format = format_of(path, name)
    request = SheetRequest(RawFile(path, name, ""), Source(path="*", table="t"), CanonicalTable(key=()), engine)
    with guarded(name):
        return _PREVIEWS.get(file_format, _engine_previews)(request)


def _text_preview(request: SheetRequest) -> list[SheetPreview]:
    path, name = request.file.path, request.file.name
    encoding = survey(path, "auto", name).encoding
    with decoded(path, encoding) as text:
        first_lines = list(islice(text, PEEK))
    delimiter = delimiter_of(first_lines)
    rows: list[tuple[str, ...]] = []
    with decoded(path, encoding) as text:
        for record in islice(records(text, delimiter, usual_width(first_lines, delimiter)), MOST_ROWS + 1):
            rows += [()] * (record.row - 1 - len(rows))  # lines that end a cell
            rows.append(tuple(cell.strip() for cell in record.fields))
    whole = len(rows) <= MOST_ROWS
    return [SheetPreview(name, path, "csv", "", tuple(rows[:MOST_ROWS]), encoding=encoding, whole=whole)]


def _workbook_previews(request: SheetRequest) -> list[SheetPreview]:
    path, name = request.file.path, request.file.name
    file_format = format_of(path, name)
    open_book = {"xlsx": xlsx_book, "xls": xls_book, "ods": ods_book}[file_format]
    previews = []
    with open_book(path, name) as book:
        names = [sheet.name for sheet in book.sheets if sheet.visible and book.filled(sheet.name)]
        for sheet_name in names:
            grid = book.grid(sheet_name)
            shown_rows, units = resolved_units([list(row) for row in grid.rows[:MOST_ROWS]], grid.marked, 0, {})
            rows = tuple(tuple(cell.strip() for cell in row) for row in shown_rows)
            head = tuple(tuple(cell.strip() for cell in row) for row in filled_header(grid, PEEK))
            sheet = sheet_name if len(book.sheets) > 1 else ""
            whole = len(grid.rows) <= MOST_ROWS
            previews.append(SheetPreview(name, path, file_format, sheet, rows, head, whole=whole, format_units=units))
    return previews


def _stat_preview(request: SheetRequest) -> list[SheetPreview]:
    """Stata and SPSS files: labels of values instead of their codes."""
    path, name = request.file.path, request.file.name
    file_format = "dta" if format_of(path, name) == "dta" else "sav"
    content = stat_file(path, file_format, lambda _: False, name)  # type: ignore[arg-type]
    rows = [content.names]
    for block in content.blocks:
        rows += [tuple(_shown(cell) for cell in row) for row in block.itertuples(index=False, name=None)]
    whole = len(rows) <= MOST_ROWS
    return [
        SheetPreview(name, path, file_format, "", tuple(rows[:MOST_ROWS]), (), content.long_names, content.encoding, whole=whole)
    ]


def _shown(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def _engine_previews(request: SheetRequest) -> list[SheetPreview]:
    """Typed files and databases, by their reader: labels in row 1."""
    name = request.file.name
    file_format = format_of(request.file.path, name)
    whole_source = request.source.model_copy(update={"sheet": "*"}) if file_format in ("sqlite", "duckdb") else request.source
    sheets = READERS[file_format].read(replace(request, source=whole_source))
    return [_of_cells(cells, request, file_format, several=len(sheets) > 1) for cells in sheets]


def _of_cells(cells: SheetCells, request: SheetRequest, file_format: str, *, several: bool) -> SheetPreview:
    columns = ", ".join(f"c{place}" for place in range(len(cells.labels)))
    frame = request.engine.collect(f"SELECT {columns} FROM {cells.table} ORDER BY row % {ROW_SPAN} LIMIT {MOST_ROWS}")
    rows = (cells.labels, *(tuple(map(_shown, row)) for row in frame.itertuples(index=False, name=None)))
    sheet = cells.sheet if several else ""
    return SheetPreview(cells.file, request.file.path, file_format, sheet, rows, whole=cells.rows <= MOST_ROWS)


def _packed_previews(request: SheetRequest) -> list[SheetPreview]:
    """The files inside an archive; the file is named by its archive, the sheet by the member."""
    path, name = request.file.path, request.file.name
    is_zip = format_of(path, name) == "zip"
    found: list[SheetPreview] = []

    def look(inside: SheetRequest) -> list[SheetCells]:
        for preview in sheet_previews(inside.file.path, inside.file.name, inside.engine):
            member = inside.file.name.removeprefix(f"{name}/") if is_zip else ""
            sheet = "/".join(filter(None, (member, preview.sheet)))
            found.append(replace(preview, file=name, path=path, sheet=sheet, inside=is_zip))
        return []

    (zip_reader(look) if is_zip else gzip_reader(look))(request)
    return found


_PREVIEWS: dict[str, Callable[[SheetRequest], list[SheetPreview]]] = {
    "csv": _text_preview,
    **dict.fromkeys(("xlsx", "xls", "ods"), _workbook_previews),
    **dict.fromkeys(("dta", "sav"), _stat_preview),
    **dict.fromkeys(("zip", "gz"), _packed_previews),
}
