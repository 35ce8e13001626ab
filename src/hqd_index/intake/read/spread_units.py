"""Units that number formats print in a sheet of another layout, put where labels print them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import zip_longest

from ..meaning.unit_labels import label_and_unit, units_in_preamble
from ..meaning.units import unit_of
from .workbooks.shown_numbers import YUAN_SIGN, resolved_units

Rows = list[list[str]]


def with_units_in_labels(sheet_rows: Rows, columns: Collection[int], header_row: int) -> Rows:
    """The rows without UNIT_MARK; the unit that the numbers of a column carry is put into its label, row `header_row` from 1."""
    sheet_rows, printed_units = resolved_units(sheet_rows, columns, header_row, {})
    is_said_above = any(unit_of(unit) is not None for unit in units_in_preamble(sheet_rows[: header_row - 1]))
    for column, unit in printed_units:
        labels = sheet_rows[header_row - 1]
        if column < len(labels) and labels[column] and not (is_said_above and unit == YUAN_SIGN):
            labels[column] = _with_unit(labels[column], unit)
    return sheet_rows


def with_units_in_first_cells(sheet_rows: Rows) -> Rows:
    """The same for a table whose rows are its columns: the label of a row is its first filled cell."""
    turned_rows, printed_units = resolved_units(
        [list(sheet_row) for sheet_row in zip_longest(*sheet_rows, fillvalue="")], range(len(sheet_rows)), 1, {}
    )
    sheet_rows = [list(sheet_row) for sheet_row in zip_longest(*turned_rows, fillvalue="")]
    for row_index, unit in printed_units:
        label_index = next(index for index, cell in enumerate(sheet_rows[row_index]) if cell)
        sheet_rows[row_index][label_index] = _with_unit(sheet_rows[row_index][label_index], unit)
    return sheet_rows


def _with_unit(label: str, unit: str) -> str:
    return label if label_and_unit(label)[1] else f"{label}({unit})"
