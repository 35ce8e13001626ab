"""Several tables in one sheet, below or beside each other: found, and refused with the blocks that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal
from ...errors import DataError
from ..meaning.glyphs import normalised_label
from ..meaning.numbers import PLAIN_NUMBER
from ..meaning.unit_labels import label_and_unit
from ..read.sheet_cells import ROW_SPAN, SheetCells
from .header_rows import column_letters

LAST_ROW = 100_000
"""Of a block whose end is not known."""


def refuse_second_table(cells: SheetCells, positions: Mapping[str, int], table: CanonicalTable, engine: Engine) -> None:
    """DataError S06 for a row whose key cells are the labels of the key while other cells are other labels."""
    keys = [place for name, place in positions.items() if name in table.key and cells.labels[place]]
    if not keys or cells.is_transposed:
        return
    repeated = " AND ".join(f"c{place} = {literal(cells.labels[place])}" for place in keys)
    rows = engine.collect(f"SELECT * FROM {cells.table} WHERE {repeated} ORDER BY row % {ROW_SPAN}, row LIMIT 100")
    for row in rows.itertuples(index=False, name=None):
        texts = {place: str(row[place + 1]).strip() for place in positions.values()}
        others = {place: text for place, text in texts.items() if place not in keys and text}
        if any(text != cells.labels[place] and not PLAIN_NUMBER.fullmatch(text) for place, text in others.items()):
            raise second_table(cells.file, cells.header_row, int(row[0]) % ROW_SPAN, len(cells.labels))


def second_table(location: str, header_row: int, row: int, width: int) -> DataError:
    """S06: another table begins in a row below the first."""
    last = column_letters(width - 1).strip("[]")
    blocks = (f"A{header_row}:{last}{row - 1}", f"A{row}:{last}{LAST_ROW}")
    lines = "\n".join(f"      {line}" for line in block_lines(blocks))
    return DataError(
        f"row {row} begins another table, with other columns; each is a source with its own block:\n{lines}",
        zh=f"第 {row} 行起是另一张表,列不相同;请各写一个数据源和各自的 block:\n{lines}",
        location=location,
        rule="S06",
    )


def block_lines(blocks: Sequence[str]) -> tuple[str, ...]:
    """The block of a source, and those of the others as comments."""
    return (f"block: {blocks[0]}", *(f"# block: {block}" for block in blocks[1:]))


def blocks_beside(rows: Sequence[Sequence[str]]) -> list[str]:
    """The blocks of tables with different columns beside each other: a label begins again behind a blank column."""
    for row_index, row in enumerate(rows):
        names = [normalised_label(label_and_unit(label)[0]) for label in row]
        first = next((place for place, name in enumerate(names) if name), None)
        starts = [place for place, name in enumerate(names) if first is not None and name == names[first]]
        if len(starts) > 1 and all(start == 0 or not names[start - 1] for start in starts[1:]):
            ends = [*(start - 1 for start in starts[1:]), len(names)]
            last_row = len(rows) if len(rows) < 40 else LAST_ROW
            return [
                f"{column_letters(start).strip('[]')}{row_index + 1}:{column_letters(end - 1).strip('[]')}{last_row}"
                for start, end in zip(starts, ends)
            ]
    return []
