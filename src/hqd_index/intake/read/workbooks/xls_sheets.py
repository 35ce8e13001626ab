"""Sheets of an old xls workbook: xlrd reads the records, values are given as they are shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..reading_limits import MAX_BYTES, reading_errors, size_limit_error
from .package_xml import encrypted
from .sheet_grid import Grid, GridRows, Range, SheetName, Workbook
from .shown_numbers import UNIT_MARK, displayed_number, number_text

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""A stream of that name is what Office writes when an xlsx has a password."""


@contextmanager
def xls_book(path: Path, location: str) -> Iterator[Workbook]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged, encrypted or too big."""
    import xlrd

    with reading_errors(location):
        if path.stat().st_size > MAX_BYTES:
            raise size_limit_error(location, f"{path.stat().st_size / 2**20:.0f} MB")
        file_bytes = path.read_bytes()
        if ENCRYPTED_PACKAGE in file_bytes:
            raise encrypted(location)
        try:
            workbook = xlrd.open_workbook(file_contents=file_bytes, formatting_info=True, on_demand=True, logfile=io.StringIO())
        except xlrd.XLRDError as fault:
            if "encrypt" in str(fault).lower():
                raise encrypted(location) from None
            raise
        sheet_names = workbook.sheet_names()
        sheets = tuple(
            SheetName(sheet_name, workbook._sheet_visibility[sheet_index] == 0)
            for sheet_index, sheet_name in enumerate(sheet_names)
        )

        def grid(sheet_name: str) -> Grid:
            with reading_errors(f"{location} [{sheet_name}]"):
                return _read_grid(workbook, sheet_name, f"{location} [{sheet_name}]")

        def has_values(sheet_name: str) -> bool:
            with reading_errors(f"{location} [{sheet_name}]"):
                return any(
                    cell_type not in (0, 6)
                    for sheet_row in workbook.sheet_by_name(sheet_name).get_rows()
                    for cell_type in (cell.ctype for cell in sheet_row)
                )

        yield Workbook(sheets, grid, has_values, _ranges(workbook))


def _ranges(workbook: Any) -> dict[str, tuple[str, Range]]:
    ranges = {}
    for defined_name in workbook.name_obj_list:
        with suppress(Exception):
            area = defined_name.area2d()
            sheet, first_row, last_row, first_column, last_column = area
            ranges[defined_name.name] = (sheet.name, ((first_row, first_column), (last_row - 1, last_column - 1)))
    return ranges


def _read_grid(workbook: Any, sheet_name: str, location: str) -> Grid:
    import xlrd

    sheet = workbook.sheet_by_name(sheet_name)
    rows = GridRows(location)
    unit_columns: set[int] = set()
    codes = {format_key: number_format.format_str for format_key, number_format in workbook.format_map.items()}
    for sheet_row in range(sheet.nrows):
        for column in range(sheet.row_len(sheet_row)):
            cell_type, cell_value = sheet.cell_type(sheet_row, column), sheet.cell_value(sheet_row, column)
            if cell_type in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                cell_style = workbook.xf_list[sheet.cell_xf_index(sheet_row, column)]
                format_code = codes.get(cell_style.format_key, "")
                stored_number = repr(cell_value)
                cell_text = (
                    displayed_number(stored_number, format_code, from_1904=workbook.datemode == 1)
                    if format_code
                    else number_text(stored_number)
                )
                if UNIT_MARK in cell_text:
                    unit_columns.add(column)
            elif cell_type == xlrd.XL_CELL_BOOLEAN:
                cell_text = "true" if cell_value else "false"
            elif cell_type == xlrd.XL_CELL_ERROR:
                cell_text = xlrd.error_text_from_code.get(cell_value, "#N/A")
            else:
                cell_text = str(cell_value)
            if cell_text:
                rows.put_cell(sheet_row, column, cell_text)
    merged_areas = tuple(
        ((first_row, first_column), (last_row - 1, last_column - 1))
        for first_row, last_row, first_column, last_column in sheet.merged_cells
    )
    hidden_row_count = sum(bool(row_info.hidden) for row_info in sheet.rowinfo_map.values())
    hidden_columns = frozenset(column for column, column_info in sheet.colinfo_map.items() if column_info.hidden)
    return Grid(sheet_name, rows.checked_rows(), merged_areas, (), frozenset(unit_columns), hidden_row_count, hidden_columns)
