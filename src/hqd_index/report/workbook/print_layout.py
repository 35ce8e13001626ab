"""How a wide table is printed: pages of few columns, the key columns again on each, in type that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

PAGE_COLUMNS = 10
"""Columns on one printed page, the key columns among them."""
PAGE_WIDTH, PADDING = 120, 0.75
"""Characters of the workbook's type across A4 on its side, at full size; what each column takes besides its own."""
PAGE_HEIGHT = 490
"""Points between head and foot of A4 on its side."""
SMALLEST_SCALE = 75
"""Per cent of full size: 10 points become 7.5."""
WHOLE_ROWS, PRINTED_ROWS = 100, 40
"""Records up to which a sheet is printed whole, and those printed of a longer one, which says at its foot where the rest is."""


def page_columns(widths: Sequence[int], key_columns: int) -> list[int]:
    """The first column of each page after the first: key columns and so many others that both limits hold."""
    key_width, limit = _width(widths[:key_columns]), PAGE_WIDTH * 100 / SMALLEST_SCALE
    starts, count, width = [], key_columns, key_width
    for column in range(key_columns, len(widths)):
        column_width = _width(widths[column : column + 1])
        if count > key_columns and (count == PAGE_COLUMNS or width + column_width > limit):
            starts.append(column)
            count, width = key_columns, key_width
        count, width = count + 1, width + column_width
    return starts


def print_scale(widths: Sequence[int], key_columns: int, starts: Sequence[int], height: float = 0.0) -> int:
    """Per cent at which the widest page fits, at most full size; smaller where one page then holds all and can be read."""
    bounds = [key_columns, *starts, len(widths)]
    page_widths = [_width(widths[:key_columns]) + _width(widths[first:last]) for first, last in pairwise(bounds)]
    scale = min(100, int(100 * PAGE_WIDTH / max(page_widths)))
    one_page = int(100 * PAGE_HEIGHT / height) if height else scale
    return min(scale, one_page) if one_page >= SMALLEST_SCALE else scale


def _width(widths: Sequence[int]) -> float:
    return sum(widths) + PADDING * len(widths)


def print_first_rows(worksheet: Any, last_row: int, last_column: int, remark: str) -> None:
    """Only the rows down to `last_row` are printed, and the foot of each page says so beside the name of the sheet."""
    worksheet.print_area(0, 0, last_row, last_column)
    worksheet.set_footer(f"&L&A  {remark.replace('&', '&&')}&R&P / &N")


def set_pages(worksheet: Any, widths: Sequence[int], key_columns: int, header_row: int, height: float) -> None:
    """A4 on its side; the header on every page, the key columns on every page across."""
    starts = page_columns(widths, key_columns)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.6)
    worksheet.repeat_rows(header_row)
    worksheet.set_print_scale(print_scale(widths, key_columns, starts, height))
    if starts:
        worksheet.repeat_columns(0, key_columns - 1)
        worksheet.set_v_pagebreaks(starts)
        worksheet.print_across()
