"""One sheet of a workbook, .xlsx or .xls, as a sheet of cells."""

from __future__ import annotations

import zipfile

from ..layout.header_rows import PEEK, header_layout, no_rows
from ..records.scope_reasons import BLANK, HEADER, NOTE
from .archive_limits import check_archive
from .delimited_text import Shape, row_set_aside, write_records
from .reader import FileHead, SheetRequest
from .sheet_cells import SetAside, SheetCells
from .workbook_grid import filled_header, read_grid, refuse_merged


def is_xlsx(head: FileHead) -> bool:
    """Whether the file is an archive with a workbook inside."""
    if not head.start.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(head.path) as archive:
            return any(name.startswith("xl/workbook") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def is_xls(head: FileHead) -> bool:
    """Whether the first bytes are those of an OLE file, as workbooks were until 2003."""
    return head.start.startswith(b"\xd0\xcf\x11\xe0")


def read_xlsx(request: SheetRequest) -> SheetCells:
    """The sheet that is meant; DataError S02 (no rows), S08 (hidden, merged, not computed), S09 (beyond the limits)."""
    check_archive(request.file.path, request.file.name)
    return _read(request, xml=True)


def read_xls(request: SheetRequest) -> SheetCells:
    """The same for the old binary format."""
    return _read(request, xml=False)


def _read(request: SheetRequest, *, xml: bool) -> SheetCells:
    file, source, engine = request.file, request.source, request.engine
    grid = read_grid(file.path, source.sheet, file.name, xml=xml)
    where = f"{file.name} [{grid.name}]"
    layout = header_layout(filled_header(grid, PEEK), source, request.table, where)
    top = layout.row + layout.below
    note_rows = [n for n, row in enumerate(grid.rows, 1) if row_set_aside(n, row).reason in (BLANK, NOTE)]
    refuse_merged(grid, top, note_rows, where)
    if len(grid.rows) <= top:
        raise no_rows(where)
    target = engine.folder / f"{engine.new_name()}.txt"
    with target.open("w", encoding="utf-8", newline="\n") as plain_text:
        counts = write_records(grid.rows, plain_text, Shape(",", len(layout.labels), top))
    label_rows = [SetAside(row, tuple(grid.rows[row - 1]), HEADER) for row in range(layout.row + 1, top + 1)]
    return SheetCells(
        file=file.name,
        sheet=grid.name,
        digest=file.digest,
        labels=layout.labels,
        header_row=layout.row,
        table=engine.scan_records(target, len(layout.labels)),
        rows=counts.rows,
        set_aside=(*label_rows, *counts.set_aside),
        units=layout.units,
        padded=counts.padded,
    )
