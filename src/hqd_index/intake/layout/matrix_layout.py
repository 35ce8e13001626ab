"""An input-output matrix that nobody declared: its codes run across and down, its subtotals are on one side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from .header_rows import canonical_name
from .two_row_headers import column_letters

MIN_CODES = 5  # codes that appear both across and down


@dataclass(frozen=True)
class Matrix:
    """The header of a matrix, and the label, place and cells of the column that holds its codes."""

    header: Sequence[str]
    label: str
    column_index: int
    codes: Sequence[str]


def is_matrix_table(table: CanonicalTable) -> bool:
    """Whether a table holds flows between the same kind of units."""
    return any(key_column.startswith("from_") for key_column in table.key) and any(
        key_column.startswith("to_") for key_column in table.key
    )


def matrix_in(sheet_rows: Sequence[Sequence[str]]) -> Matrix | None:
    """The matrix that the rows of a sheet are, or None."""
    header = next((sheet_row for sheet_row in sheet_rows if sum(bool(cell.strip()) for cell in sheet_row) > MIN_CODES), ())
    rows_below = sheet_rows[sheet_rows.index(header) + 1 :] if header else []
    for column_index, label in enumerate(header):
        row_codes = [
            sheet_row[column_index].strip()
            for sheet_row in rows_below
            if column_index < len(sheet_row) and sheet_row[column_index].strip()
        ]
        if len(set(row_codes) & set(header)) >= max(MIN_CODES, len(row_codes) / 2):
            return Matrix(header, label.strip(), column_index, row_codes)
    return None


def matrix_lines(
    matrix: Matrix, canonical_names: Mapping[str, str], table: CanonicalTable, amount_column: str
) -> tuple[str, ...]:
    """The lines of a source that read it; `amount_column` is the column of amounts."""
    from_name, to_name = (
        next(key_column for key_column in table.key if key_column.startswith(flow_prefix)) for flow_prefix in ("from_", "to_")
    )
    labelled = {canonical_name(label, canonical_names, table) for label in matrix.header}
    constants = [f'{key_column}: "?"' for key_column in table.key if key_column not in {from_name, to_name, "use", *labelled}]
    subtotal_rows = dict.fromkeys(sector_code for sector_code in matrix.codes if sector_code not in matrix.header)
    subtotal_columns = [
        label.strip()
        for label in matrix.header
        if label.strip() not in ("", matrix.label, *matrix.codes) and canonical_name(label, canonical_names, table) is None
    ]
    label = matrix.label or f'"{column_letters(matrix.column_index)}"'
    lines = [] if from_name in labelled else [f"aliases: {{{label}: {from_name}}}"]
    lines += [f"constants: {{{', '.join(constants)}}}"] if constants else []
    lines += [f"totals: [{_label_list(list(subtotal_rows))}]"] if subtotal_rows else []
    lines += ["reshape:", f"  across: [{to_name}]", f"  value: {amount_column}"]
    lines += [f"  skip: [{_label_list(subtotal_columns)}]"] if subtotal_columns else []
    return (*lines, *(['  also: {"*": {use: intermediate}}'] if "use" in table.key else []))


def _label_list(labels: Sequence[str]) -> str:
    return ", ".join(f'"{label}"' if label[:1].isdigit() else label for label in labels)
