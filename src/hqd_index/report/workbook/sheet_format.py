"""How a workbook is written: fixed stamp, text that stays text, one look for titles, headers, cells and print."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from ..bilingual import Bilingual
from ..grids.grid import Column, Grid
from ..number_format import is_missing, number
from ..wording import wording
from .print_layout import PRINTED_ROWS, WHOLE_ROWS, print_first_rows, set_pages

CREATION_TIME = datetime.datetime(2020, 1, 1)
FONT = "Microsoft YaHei"
FORMATS = {"int": "#,##0", "year": "0", "%": "0.0%", "p": "0.000", "text": "@"}
TEXT_ONLY_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
LINE_HEIGHT = 15
TEXTS = 20_000
"""Texts whose lines are remembered: labels repeat from row to row."""
FIRST_ROW = 3
"""Row of the first record: below title, blank line and header."""


def open_book(path: Path, title: str, comment: str) -> Any:
    """A workbook in which text never becomes a formula, link or number, stamped with a fixed time."""
    workbook = xlsxwriter.Workbook(str(path), TEXT_ONLY_OPTIONS)
    workbook.set_properties({"title": title, "comments": comment, "created": CREATION_TIME})
    workbook.formats[0].set_font_name(FONT)
    workbook.formats[0].set_font_size(10)
    return workbook


class CellStyles:
    """The formats of a workbook, each made once; and the notice at the head of every printed page."""

    def __init__(self, workbook: Any, notice: str = "") -> None:
        self.book = workbook
        self.notice = notice.replace("&", "&&")
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **properties: Any) -> Any:
        format_key = tuple(sorted(properties.items()))
        if format_key not in self.formats:
            self.formats[format_key] = self.book.add_format({"font_name": FONT, "font_size": 10, **properties})
        return self.formats[format_key]

    def cell(self, cell_format: str, **properties: Any) -> Any:
        code = FORMATS.get(cell_format, "#,##0." + "0" * int(cell_format) if cell_format.isdigit() else "@")
        shape = {"text_wrap": True, "indent": 1} if cell_format == "text" else {}
        return self(num_format=code, valign="top", **shape, **properties)

    def header(self) -> Any:
        return self(bold=True, top=2, bottom=1, text_wrap=True, valign="vcenter", align="center", bg_color="#F2F5F7")


def fill_sheet(worksheet: Any, styles: CellStyles, grid: Grid, language: str) -> None:
    """Title in A1, header in row 3, one record a row, note below; frozen, filtered, printed on pages of few columns."""
    worksheet.write_string(0, 0, grid.title.of(language), styles(bold=True, font_size=13))
    worksheet.hide_gridlines(2)
    header_height = 2 + 14 * max(2, *(_header_lines(column, language) for column in grid.columns))
    worksheet.set_row(FIRST_ROW - 1, header_height)
    for j, column in enumerate(grid.columns):
        worksheet.write_string(FIRST_ROW - 1, j, column.title.of(language), styles.header())
        worksheet.set_column(j, j, column.width)
    last_row = len(grid) - 1
    row_styles = [styles.cell(column.cell_format) for column in grid.columns]
    last_row_styles = [styles.cell(column.cell_format, bottom=2) for column in grid.columns]
    line_counts = [_row_lines(row, grid.columns, language) for row in grid.rows]
    for i, row in enumerate(grid.rows):
        if line_counts[i] > 1:
            worksheet.set_row(FIRST_ROW + i, LINE_HEIGHT * line_counts[i])
        for j, (cell_value, style) in enumerate(zip(row, last_row_styles if i == last_row else row_styles)):
            write_cell(worksheet, FIRST_ROW + i, j, cell_value, style, language)
    source = (
        wording("workbook.source").of(language) + ": " + ", ".join(f"tables/{source_name}.csv" for source_name in grid.sources)
    )
    worksheet.write_string(
        FIRST_ROW + len(grid), 0, f"{grid.note.of(language)} {source}".strip(), styles(font_size=9, font_color="#5B6672")
    )
    worksheet.freeze_panes(FIRST_ROW, _label_columns(grid.columns))
    worksheet.autofilter(FIRST_ROW - 1, 0, FIRST_ROW + last_row, len(grid.columns) - 1)
    widths, label_columns = [column.width for column in grid.columns], max(1, _label_columns(grid.columns))
    is_long = len(grid) > WHOLE_ROWS
    printed_lines = sum(line_counts[:PRINTED_ROWS] if is_long else line_counts)
    set_pages(worksheet, widths, label_columns, FIRST_ROW - 1, header_height + LINE_HEIGHT * (FIRST_ROW + printed_lines))
    worksheet.set_footer("&L&A&R&P / &N")
    if is_long:
        remark = wording("workbook.printed", shown=PRINTED_ROWS, count=len(grid), table=grid.sources[0]).of(language)
        print_first_rows(worksheet, FIRST_ROW + PRINTED_ROWS - 1, len(grid.columns) - 1, remark)
    if styles.notice:
        worksheet.set_header(f"&L{styles.notice}")


def _row_lines(row: Sequence[Any], columns: Sequence[Column], language: str) -> int:
    """Lines that the texts of a record need."""
    lines = 1
    for cell_value, column in zip(row, columns):
        text = cell_value.of(language) if isinstance(cell_value, Bilingual) else cell_value
        if isinstance(text, str) and 2.2 * len(text) > column.width - 2:
            lines = max(lines, lines_needed(text, column.width - 1))  # texts are indented
    return lines


def _header_lines(column: Column, language: str) -> int:
    return lines_needed(column.title.of(language), column.width)


@lru_cache(maxsize=TEXTS)
def lines_needed(content: str, width: int) -> int:
    """Lines that a text needs in a column so many signs wide (a Chinese character is two, bold a little more)."""
    return math.ceil(sum(2.1 if ord(character) > 0x2E80 else 1.1 for character in content) / (width - 1))


def _label_columns(columns: Sequence[Column]) -> int:
    """Columns that stay in sight: the leading labels, at most three."""
    labels = 0
    for column in columns[:3]:
        if column.cell_format not in ("text", "int", "year"):
            break
        labels += 1
    return labels


def write_cell(worksheet: Any, sheet_row: int, column: int, cell_value: Any, style: Any, language: str) -> None:
    """One cell: numbers as numbers, text as text whatever it begins with, missing as an empty cell."""
    if isinstance(cell_value, str):
        worksheet.write_string(sheet_row, column, cell_value, style)
    elif isinstance(cell_value, Bilingual):
        worksheet.write_string(sheet_row, column, cell_value.of(language), style)
    elif is_missing(cell_value):
        worksheet.write_blank(sheet_row, column, None, style)
    elif math.isinf(cell_value):
        worksheet.write_string(sheet_row, column, number(cell_value), style)
    else:
        worksheet.write_number(sheet_row, column, float(cell_value), style)
