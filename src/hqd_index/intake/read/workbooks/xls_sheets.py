"""Sheets of an old xls workbook: xlrd reads the records, values are given as they are shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..reading_limits import MAX_BYTES, guarded, too_big
from .package_xml import encrypted
from .sheet_grid import Book, Grid, GridRows, Range, SheetName
from .shown_numbers import UNIT_MARK, number_text, shown

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""A stream of that name is what Office writes when an xlsx has a password."""


@contextmanager
def xls_book(path: Path, location: str) -> Iterator[Book]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged, encrypted or too big."""
    import xlrd

    with guarded(location):
        if path.stat().st_size > MAX_BYTES:
            raise too_big(location, f"{path.stat().st_size / 2**20:.0f} MB")
        content = path.read_bytes()
        if ENCRYPTED_PACKAGE in content:
            raise encrypted(location)
        try:
            book = xlrd.open_workbook(file_contents=content, formatting_info=True, on_demand=True, logfile=io.StringIO())
        except xlrd.XLRDError as fault:
            if "encrypt" in str(fault).lower():
                raise encrypted(location) from None
            raise
        names = book.sheet_names()
        sheets = tuple(SheetName(name, book._sheet_visibility[place] == 0) for place, name in enumerate(names))

        def grid(name: str) -> Grid:
            with guarded(f"{location} [{name}]"):
                return _read(book, name, f"{location} [{name}]")

        def filled(name: str) -> bool:
            with guarded(f"{location} [{name}]"):
                return any(
                    kind not in (0, 6) for row in book.sheet_by_name(name).get_rows() for kind in (cell.ctype for cell in row)
                )

        yield Book(sheets, grid, filled, _ranges(book))


def _ranges(book: Any) -> dict[str, tuple[str, Range]]:
    ranges = {}
    for name in book.name_obj_list:
        with suppress(Exception):
            area = name.area2d()
            sheet, top, bottom, left, right = area
            ranges[name.name] = (sheet.name, ((top, left), (bottom - 1, right - 1)))
    return ranges


def _read(book: Any, name: str, location: str) -> Grid:
    import xlrd

    sheet = book.sheet_by_name(name)
    rows = GridRows(location)
    marked: set[int] = set()
    codes = {key: form.format_str for key, form in book.format_map.items()}
    for row in range(sheet.nrows):
        for column in range(sheet.row_len(row)):
            kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
            if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                style = book.xf_list[sheet.cell_xf_index(row, column)]
                code = codes.get(style.format_key, "")
                raw = repr(value)
                text = shown(raw, code, from_1904=book.datemode == 1) if code else number_text(raw)
                if UNIT_MARK in text:
                    marked.add(column)
            elif kind == xlrd.XL_CELL_BOOLEAN:
                text = "true" if value else "false"
            elif kind == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(value, "#N/A")
            else:
                text = str(value)
            if text:
                rows.put(row, column, text)
    merged = tuple(((top, left), (bottom - 1, right - 1)) for top, bottom, left, right in sheet.merged_cells)
    hidden = sum(bool(info.hidden) for info in sheet.rowinfo_map.values())
    return Grid(name, rows.checked(), merged, (), frozenset(marked), hidden)
