"""Raw cells as text, with their row numbers: what every reader returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...engines import Engine
from ..records.intake_notice import Notice

BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"


ROW_SPAN = 10**9
"""What shares a row of the file has numbers that differ by multiples of this: lines that end a cell, cells read as rows."""

FIRST_COLUMN_ID = 100
"""A record made of the cells at a column (from 0) has that column plus this times ROW_SPAN in its number."""


@dataclass(frozen=True, slots=True)
class ExcludedRow:
    """A row that reading does not pass on: quarantined under `rule`, or (rule empty) out of scope for `reason`.

    CONTINUED is a line of a text file that ends a cell begun on a line above; it shares the row of that line.
    """

    row: int
    cells: tuple[str, ...]
    reason: str
    rule: str = ""


@dataclass(frozen=True)
class TypedCells:
    """An engine table of `row`, the text columns of a sheet as c0, c1 ... and its number columns, as they are stored, as n2 ...

    `numbers`: place -> double, cents (doubles that are numbers of two decimals), integer or decimal; `fine_places`: doubles most
    of which have more decimals; `short_places`: doubles none of which is large; `complete_places`: numbers that no row lacks.
    `text_table`: the table of the same sheet in which every cell is text. `stored_rows`: the relation that `table` is a view
    of, and `cell_sql` how it makes each column. `sums`: place -> what its numbers add up to, and their sizes.
    """

    table: str
    numbers: Mapping[int, str]
    text_table: str
    fine_places: frozenset[int] = frozenset()
    short_places: frozenset[int] = frozenset()
    complete_places: frozenset[int] = frozenset()
    stored_rows: str = ""
    cell_sql: Mapping[str, str] = field(default_factory=dict)
    sums: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def rows_sql(self, offset: int, ids: str, columns: Sequence[str] = ()) -> str:
        """A query of `row` and the columns (all where none is asked for) of the rows whose number and `offset` are an `id`.

        Rows are chosen before their cells are made, which takes as long as reading them.
        """
        if not self.stored_rows:
            return f"SELECT {', '.join(['row', *columns]) if columns else '*'} FROM {self.table} WHERE {offset} + row IN {ids}"
        names = ["row", *columns] if columns else list(self.cell_sql)
        cells = ", ".join(f"{self.cell_sql[name]} AS {name}" for name in names)
        return f"SELECT {cells} FROM {self.stored_rows} WHERE {offset} + {self.cell_sql['row']} IN {ids}"


@dataclass(frozen=True)
class SheetCells:
    """One sheet: its labels, an engine table of `row`, c0, c1 ... ('' where empty) and its rows, and units by column index.

    `units_above_header` are the units that the lines above the header name, `units_of_rows` those of a column of units.

    `leading_rows` are the first rows of the sheet. `has_padding`: whether a cell may have blanks around it.
    `record_rows`: the rows of the sheet and their cells where rows of `table` are not rows of the sheet;
    `is_transposed`: each of them holds a part of every record. `typed_cells`: the cells of a file of typed columns.
    """

    file: str
    sheet: str
    digest: str
    labels: tuple[str, ...]
    header_row: int
    table: str
    rows: int
    excluded_rows: tuple[ExcludedRow, ...] = ()
    notices: tuple[Notice, ...] = ()
    units: tuple[tuple[int, str], ...] = ()
    units_above_header: tuple[str, ...] = ()
    units_of_rows: tuple[str, ...] = ()
    has_padding: bool = True
    leading_rows: tuple[tuple[str, ...], ...] = ()
    record_rows: tuple[tuple[int, tuple[str, ...]], ...] | None = None
    is_transposed: bool = False
    typed_cells: TypedCells | None = None

    @property
    def typed(self) -> TypedCells | None:
        """The cells as they are stored, where `table` is still the text of them alone."""
        return self.typed_cells if self.typed_cells and self.typed_cells.text_table == self.table else None


def first_rows(sheet_cells: SheetCells, row_limit: int, engine: Engine) -> SheetCells:
    """The sheet as far as the row `row_limit` below its header; a sheet whose rows are parts of every record whole."""
    if sheet_cells.is_transposed:
        return sheet_cells
    last_row = sheet_cells.header_row + row_limit
    table = engine.query(f"SELECT * FROM {sheet_cells.table} WHERE row % {ROW_SPAN} <= {last_row}")
    excluded_rows = tuple(excluded_row for excluded_row in sheet_cells.excluded_rows if excluded_row.row % ROW_SPAN <= last_row)
    record_rows = (
        None
        if sheet_cells.record_rows is None
        else tuple(excluded_row for excluded_row in sheet_cells.record_rows if excluded_row[0] % ROW_SPAN <= last_row)
    )
    rows = engine.count(table) if record_rows is None else len(record_rows)
    return replace(sheet_cells, table=table, rows=rows, excluded_rows=excluded_rows, record_rows=record_rows)
