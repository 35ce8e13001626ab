"""An input-output matrix that nobody declared: what stands across stands down too, subtotals stand on one side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from .header_rows import canonical_name, column_letters

MIN_CODES = 5  # codes that stand across and down


@dataclass(frozen=True)
class Matrix:
    """The header of a matrix, and the label, place and cells of the column that holds its codes."""

    header: Sequence[str]
    label: str
    column_index: int
    codes: Sequence[str]


def is_matrix_table(table: CanonicalTable) -> bool:
    """Whether a table holds flows between the same kind of units."""
    return any(name.startswith("from_") for name in table.key) and any(name.startswith("to_") for name in table.key)


def matrix_in(rows: Sequence[Sequence[str]]) -> Matrix | None:
    """The matrix that the rows of a sheet are, or None."""
    header = next((row for row in rows if sum(bool(cell.strip()) for cell in row) > MIN_CODES), ())
    rows_below = rows[rows.index(header) + 1 :] if header else []
    for column_index, label in enumerate(header):
        codes = [row[column_index].strip() for row in rows_below if column_index < len(row) and row[column_index].strip()]
        if len(set(codes) & set(header)) >= max(MIN_CODES, len(codes) / 2):
            return Matrix(header, label.strip(), column_index, codes)
    return None


def matrix_lines(matrix: Matrix, canonical_names: Mapping[str, str], table: CanonicalTable, value: str) -> tuple[str, ...]:
    """The lines of a source that read it; `value` is the column of amounts."""
    from_name, to_name = (next(name for name in table.key if name.startswith(side)) for side in ("from_", "to_"))
    labelled = {canonical_name(label, canonical_names, table) for label in matrix.header}
    constants = [f'{name}: "?"' for name in table.key if name not in {from_name, to_name, "use", *labelled}]
    subtotal_rows = dict.fromkeys(code for code in matrix.codes if code not in matrix.header)
    subtotal_columns = [
        label.strip()
        for label in matrix.header
        if label.strip() not in ("", matrix.label, *matrix.codes) and canonical_name(label, canonical_names, table) is None
    ]
    label = matrix.label or f'"{column_letters(matrix.column_index)}"'
    lines = [] if from_name in labelled else [f"aliases: {{{label}: {from_name}}}"]
    lines += [f"constants: {{{', '.join(constants)}}}"] if constants else []
    lines += [f"totals: [{_listed(list(subtotal_rows))}]"] if subtotal_rows else []
    lines += ["reshape:", f"  across: [{to_name}]", f"  value: {value}"]
    lines += [f"  skip: [{_listed(subtotal_columns)}]"] if subtotal_columns else []
    return (*lines, *(['  also: {"*": {use: intermediate}}'] if "use" in table.key else []))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' if text[:1].isdigit() else text for text in texts)
