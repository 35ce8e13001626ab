"""Sheets of a workbook, .xlsx, .xls or .ods, as sheets of cells."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ...errors import DataError
from ..layout.header_rows import PEEK, Layout, canonical_name, header_layout, known_labels, no_rows
from ..layout.layout_hints import with_layout_hint
from ..meaning.unit_labels import label_and_unit
from ..records.intake_notice import Notice
from ..records.scope_reasons import BLANK, HEADER, NOTE
from .delimited_text import Shape, TextRecord, row_set_aside, write_records
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, too_big
from .sheet_cells import SetAside, SheetCells
from .spread_reader import block_of, is_spread, spread_grid
from .workbooks.ods_sheets import is_ods_archive, ods_book
from .workbooks.sheet_grid import Book, Grid, Range, chosen_sheets, filled_header, refuse_merged, refuse_uncached, unmerged
from .workbooks.shown_numbers import resolved_units
from .workbooks.xls_sheets import xls_book
from .workbooks.xlsx_sheets import is_xlsx_archive, xlsx_book

ARCHIVE = b"PK\x03\x04"
OpenBook = Callable[[Path, str], AbstractContextManager[Book]]


def is_xlsx(head: FileHead) -> bool:
    """Whether the file is an archive with an xlsx workbook inside."""
    return head.start.startswith(ARCHIVE) and _archive_is(head.path, is_xlsx_archive)


def is_ods(head: FileHead) -> bool:
    """Whether the file is an archive with an OpenDocument spreadsheet inside."""
    return head.start.startswith(ARCHIVE) and _archive_is(head.path, is_ods_archive)


def _archive_is(path: Path, test: Callable[[zipfile.ZipFile], bool]) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return test(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def is_xls(head: FileHead) -> bool:
    """Whether the first bytes are those of an OLE file, as workbooks were until 2003 and encrypted ones are."""
    return head.start.startswith(b"\xd0\xcf\x11\xe0")


def read_xlsx(request: SheetRequest) -> list[SheetCells]:
    """The sheets that are meant; DataError S02 (no rows), S08 (hidden, merged, stale, damaged), S09 (beyond the limits)."""
    return _read(request, xlsx_book)


def read_xls(request: SheetRequest) -> list[SheetCells]:
    """The same for the old binary format."""
    return _read(request, xls_book)


def read_ods(request: SheetRequest) -> list[SheetCells]:
    """The same for OpenDocument."""
    return _read(request, ods_book)


def _read(request: SheetRequest, opened: OpenBook) -> list[SheetCells]:
    with opened(request.file.path, request.file.name) as book:
        named_range = book.ranges.get(request.source.block or "")
        if named_range:
            name, block = named_range
            return [_spread(request, book.grid(name), block)]
        names = chosen_sheets(book, request.source.sheet, request.file.name)
        if is_spread(request):
            return [_spread(request, book.grid(name), block_of(request)) for name in names]
        return [_sheet(request, book.grid(name)) for name in names]


def _spread(request: SheetRequest, grid: Grid, block: Range | None) -> SheetCells:
    return spread_grid(request, grid, block, _hidden_rows(grid, f"{request.file.name} [{grid.name}]"))


def _sheet(request: SheetRequest, grid: Grid) -> SheetCells:
    file, source, engine = request.file, request.source, request.engine
    location = f"{file.name} [{grid.name}]"
    head = filled_header(grid, PEEK)
    layout = header_layout(head, source, request.table, location)
    if len(layout.labels) > MAX_COLUMNS:
        raise too_big(location, f"{len(layout.labels)} columns", f"{len(layout.labels)} 列")
    grid = unmerged(grid, _columns(layout, request, source.fill_down))
    top = layout.row + layout.below
    note_rows = [n for n, row in enumerate(grid.rows, 1) if row_set_aside(n, row).reason in (BLANK, NOTE)]
    used = _used(layout, request)
    try:
        refuse_merged(grid, top, note_rows, used, location)
    except DataError as fault:
        raise with_layout_hint(fault, head, source, request.table) from None
    refuse_uncached(grid, used, location)
    if len(grid.rows) <= top:
        raise no_rows(location)
    rows, printed = resolved_units(grid.rows, grid.marked, top, _stated_units(layout, request))
    labels = _trimmed(layout.labels, rows[top:])
    target = engine.folder / f"{engine.new_name()}.txt"
    with target.open("w", encoding="utf-8", newline="\n") as out:
        counts = write_records(_records(rows, len(labels)), out, Shape(",", len(labels), top))
    label_rows = [SetAside(row, tuple(rows[row - 1]), HEADER) for row in range(layout.row + 1, top + 1)]
    return SheetCells(
        file=file.name,
        sheet=grid.name,
        digest=file.digest,
        labels=labels,
        header_row=layout.row,
        table=engine.scan_records(target, len(labels)),
        rows=counts.rows,
        set_aside=(*label_rows, *counts.set_aside),
        notices=_hidden_rows(grid, location),
        units=(*layout.units, *printed),
        above=layout.above,
        padded=counts.padded,
        head=tuple(map(tuple, head)),
    )


def _trimmed(labels: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The labels, and '' for each column to their right that holds cells; blank columns at the end are none."""
    width = max((len(row) for row in rows), default=0)
    named = max((place + 1 for place, label in enumerate(labels) if label), default=0)
    return (*labels[: max(width, named)], *[""] * (width - len(labels)))


def _records(rows: Iterable[list[str]], width: int) -> Iterable[TextRecord]:
    """Rows of a sheet as records, each filled up to the width of its header; blank rows stay blank."""
    for n, row in enumerate(rows, 1):
        yield TextRecord(n, [*row, *[""] * (width - len(row))] if row else [])


def _columns(layout: Layout, request: SheetRequest, names: Iterable[str]) -> list[int]:
    """Where canonical columns are."""
    known, wanted = known_labels(request.source, request.table), set(names)
    return [place for place, label in enumerate(layout.labels) if canonical_name(label, known, request.table) in wanted]


def _used(layout: Layout, request: SheetRequest) -> set[int]:
    """The columns that are read: those with a label that is known."""
    known = known_labels(request.source, request.table)
    return {place for place, label in enumerate(layout.labels) if canonical_name(label, known, request.table) is not None}


def _stated_units(layout: Layout, request: SheetRequest) -> dict[int, str]:
    """The unit of each column by the study's word, else by its label or a row of units."""
    known = known_labels(request.source, request.table)
    printed = dict(layout.units)
    stated = {}
    for place, label in enumerate(layout.labels):
        name = canonical_name(label, known, request.table)
        unit = request.source.units.get(name or "") or label_and_unit(label)[1] or printed.get(place)
        if unit:
            stated[place] = unit
    return stated


def _hidden_rows(grid: Grid, location: str) -> tuple[Notice, ...]:
    if not grid.hidden_rows:
        return ()
    count = grid.hidden_rows
    return (Notice("S08", location, f"{count} hidden rows were read too", f"有 {count} 个隐藏行,同样读取"),)
