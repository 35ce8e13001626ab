"""Several tables in one sheet, below or beside each other: found, and refused with the blocks that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...canonical import CanonicalTable
from ...engines import Engine, literal
from ...errors import DataError
from ..meaning.glyphs import normalised_label
from ..meaning.numbers import PLAIN_NUMBER
from ..meaning.unit_labels import label_and_unit
from ..read.sheet_cells import ROW_SPAN, SheetCells
from .two_row_headers import column_letters

LAST_ROW = 100_000
"""Of a block whose end is not known."""


def refuse_second_table(cells: SheetCells, column_indices: Mapping[str, int], table: CanonicalTable, engine: Engine) -> None:
    """DataError S06 for a row whose key cells are the labels of the key while other cells are other labels."""
    keys = [
        column_index
        for column_name, column_index in column_indices.items()
        if column_name in table.key and cells.labels[column_index]
    ]
    if not keys or cells.is_transposed:
        return
    repeated_header = " AND ".join(f"c{column_index} = {literal(cells.labels[column_index])}" for column_index in keys)
    rows = engine.collect(f"SELECT * FROM {cells.table} WHERE {repeated_header} ORDER BY row % {ROW_SPAN}, row LIMIT 100")
    for row in rows.itertuples(index=False, name=None):
        texts_by_column = {column_index: str(row[column_index + 1]).strip() for column_index in column_indices.values()}
        other_texts = {
            column_index: cell_text
            for column_index, cell_text in texts_by_column.items()
            if column_index not in keys and cell_text
        }
        if any(
            cell_text != cells.labels[column_index] and not PLAIN_NUMBER.fullmatch(cell_text)
            for column_index, cell_text in other_texts.items()
        ):
            raise second_table(cells.file, cells.header_row, int(row[0]) % ROW_SPAN, len(cells.labels))


def second_table(location: str, header_row: int, row_number: int, width: int) -> DataError:
    """S06: another table begins in a row below the first."""
    last_column = column_letters(width - 1).strip("[]")
    blocks = (f"A{header_row}:{last_column}{row_number - 1}", f"A{row_number}:{last_column}{LAST_ROW}")
    lines = "\n".join(f"      {hint_line}" for hint_line in block_lines(blocks))
    return DataError(
        f"row {row_number} begins another table, with other columns; each is a source with its own block:\n{lines}",
        zh=f"第 {row_number} 行起是另一张表,列不相同;请各写一个数据源和各自的 block:\n{lines}",
        location=location,
        rule="S06",
    )


def block_lines(ranges: Sequence[str]) -> tuple[str, ...]:
    """The block of a source, and those of the others as comments."""
    return (f"block: {ranges[0]}", *(f"# block: {range_text}" for range_text in ranges[1:]))


def blocks_beside(sheet_rows: Sequence[Sequence[str]]) -> list[str]:
    """The blocks of tables with different columns beside each other: a label begins again behind a blank column."""
    for row_index, row in enumerate(sheet_rows):
        labels = [normalised_label(label_and_unit(label)[0]) for label in row]
        first_index = next((column_index for column_index, label_name in enumerate(labels) if label_name), None)
        block_starts = [
            column_index
            for column_index, label_name in enumerate(labels)
            if first_index is not None and label_name == labels[first_index]
        ]
        if len(block_starts) > 1 and all(block_start == 0 or not labels[block_start - 1] for block_start in block_starts[1:]):
            ends = [*(block_start - 1 for block_start in block_starts[1:]), len(labels)]
            last_row = len(sheet_rows) if len(sheet_rows) < 40 else LAST_ROW
            return [
                f"{column_letters(block_start).strip('[]')}{row_index + 1}:{column_letters(block_end - 1).strip('[]')}{last_row}"
                for block_start, block_end in zip(block_starts, ends)
            ]
    return []
