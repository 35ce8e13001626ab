"""Sheets that are no table of one row per key, read as records with the row and column they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ...errors import ConfigError
from ..layout.header_rows import PEEK
from ..layout.spread_sheets import Records, cropped, records_of
from ..meaning.header_years import year_of
from ..records.intake_notice import Notice
from ..records.scope_reasons import CONTINUED, NOTE
from .delimited_text import OPEN_QUOTE, RecordWriter, TextRecord, row_set_aside
from .reader import SheetRequest
from .reading_limits import MAX_COLUMNS
from .sheet_cells import FIRST_PLACE, ROW_SPAN, SetAside, SheetCells
from .workbooks.sheet_grid import Grid, Range, filled_down, filled_header, range_of, refuse_merged, refuse_uncached
from .workbooks.shown_numbers import resolved_units


@dataclass(frozen=True)
class RawSheet:
    """All rows of a sheet, where its block starts (0-based), rows set aside already, and what was noticed."""

    name: str
    rows: list[list[str]]
    top: int = 0
    set_aside: tuple[SetAside, ...] = ()
    notices: tuple[Notice, ...] = ()
    exact: bool = False  # rows of another width than the header's are broken


def is_spread(request: SheetRequest) -> bool:
    """Whether the study says that the sheets of a source are laid out otherwise than one row per key, or holds a block of one."""
    reshape = request.source.reshape
    return request.source.block is not None or (reshape is not None and reshape.spreads)


def block_of(request: SheetRequest) -> Range | None:
    """The corners of the block that a source names; ConfigError for what is no range."""
    if request.source.block is None:
        return None
    try:
        return range_of(request.source.block)
    except ValueError:
        raise ConfigError(
            f"block {request.source.block!r} is neither a range such as B3:F20 nor a named range of the workbook",
            zh=f"block {request.source.block!r} 既不是 B3:F20 这样的区域,也不是工作簿中的命名区域",
            location=request.file.name,
            rule="S08",
        ) from None


def spread_grid(request: SheetRequest, grid: Grid, block: Range | None, notices: tuple[Notice, ...]) -> SheetCells:
    """The records of a sheet of a workbook; DataError S08 for merged cells among them and formulas never computed."""
    location = f"{request.file.name} [{grid.name}]"
    top = block[0][0] if block else 0
    inside = _cropped_grid(grid, block)
    refuse_uncached(inside, None, location)
    filled = replace(inside, rows=[*filled_header(inside, PEEK), *inside.rows[PEEK:]])
    made = records_of(_plain_rows(filled), request.source, request.table, location)
    columns = range(MAX_COLUMNS) if request.source.fill_down else ()
    kept = filled_down(inside, columns)
    refuse_merged(kept, made.header_row, [n + 1 for n, _ in made.set_aside], range(MAX_COLUMNS), location)
    rows, _ = resolved_units([*filled.rows[: made.header_row], *kept.rows[made.header_row :]], inside.marked, made.header_row, {})
    return spread_cells(request, RawSheet(grid.name, rows, top, notices=notices))


def _plain_rows(grid: Grid) -> list[list[str]]:
    rows, _ = resolved_units([list(row) for row in grid.rows], grid.marked, 0, {})
    return rows


def _cropped_grid(grid: Grid, block: Range | None) -> Grid:
    if block is None:
        return grid
    (top, left), (bottom, right) = block
    moved = [((r - top, c - left), (s - top, d - left)) for (r, c), (s, d) in grid.merged
             if r >= top and c >= left and s <= bottom and d <= right]  # fmt: skip
    uncached = tuple((r - top, c - left) for r, c in grid.uncached if top <= r <= bottom and left <= c <= right)
    marked = frozenset(c - left for c in grid.marked if left <= c <= right)
    return Grid(grid.name, cropped(grid.rows, block), tuple(moved), uncached, marked, grid.hidden_rows)


def spread_text(request: SheetRequest, read: Sequence[TextRecord], notices: tuple[Notice, ...]) -> SheetCells:
    """The records of a text file."""
    block = block_of(request)
    aside = [
        SetAside(record.row + k * ROW_SPAN, (), CONTINUED) for record in read for k in range(1, record.lines)
    ]  # fmt: skip
    aside += [SetAside(record.row, tuple(record.fields), OPEN_QUOTE, rule="S04") for record in read if not record.sound]
    rows = [record.fields if record.sound else [] for record in read]
    top = block[0][0] if block else 0
    return spread_cells(request, RawSheet("", cropped(rows, block), top, tuple(aside), notices, exact=block is None))


def spread_cells(request: SheetRequest, sheet: RawSheet) -> SheetCells:
    """The records of a sheet as cells for the engine."""
    file, engine = request.file, request.engine
    location = f"{file.name} [{sheet.name}]" if sheet.name else file.name
    made = records_of(sheet.rows, request.source, request.table, location)
    broken = _broken_rows(sheet, made)
    target = engine.folder / f"{engine.new_name()}.txt"
    held: set[int] = set()
    with target.open("w", encoding="utf-8", newline="\n") as out:
        writer = RecordWriter(out)
        for n, place, cells in made.records:
            if n not in broken:
                held.add(n)
                writer.write(_record_id(sheet.top + n + 1, place), cells)
    spoiled = {row.row for row in sheet.set_aside if row.rule}
    aside = [*sheet.set_aside, *broken.values()]
    aside += [SetAside(sheet.top + n + 1, tuple(sheet.rows[n]), why) for n, why in made.set_aside
              if n not in broken and sheet.top + n + 1 not in spoiled]  # fmt: skip
    rows = _turned_rows(sheet, made) if made.turned else sorted(held)
    return SheetCells(
        file=file.name,
        sheet=sheet.name,
        digest=file.digest,
        labels=made.labels,
        header_row=sheet.top + made.header_row,
        table=engine.scan_records(target, len(made.labels)),
        rows=len(rows),
        set_aside=tuple(aside),
        notices=(*sheet.notices, *made.notices),
        units=made.units,
        above=made.above,
        record_rows=tuple((sheet.top + n + 1, tuple(sheet.rows[n])) for n in rows),
        turned=made.turned,
    )


def _record_id(row: int, place: int) -> int:
    return row if place < 0 else row + (place + FIRST_PLACE) * ROW_SPAN


def _turned_rows(sheet: RawSheet, made: Records) -> list[int]:
    """The rows of a turned table that hold a part of each record."""
    aside = {n for n, _ in made.set_aside}
    return [n for n in range(made.header_row - 1, len(sheet.rows)) if n not in aside]


def _broken_rows(sheet: RawSheet, made: Records) -> dict[int, SetAside]:
    """Rows of a text file with another number of fields than the last header row; one with a single text is a note."""
    if not sheet.exact or made.turned:
        return {}
    width = len(sheet.rows[made.header_row - 1])
    below = range(made.header_row, len(sheet.rows))
    odd = {n: [cell for cell in sheet.rows[n] if cell.strip()] for n in below if len(sheet.rows[n]) != width}
    return {
        n: SetAside(n + 1, tuple(sheet.rows[n]), NOTE) if len(filled) == 1 else row_set_aside(n + 1, sheet.rows[n])
        for n, filled in odd.items()
        if any(sheet.rows[n])
    }


def spread_engine_table(request: SheetRequest, cells: SheetCells) -> SheetCells:
    """The records of a sheet whose rows the engine holds already, its labels taken as its first row."""
    frame = request.engine.collect(f"SELECT * EXCLUDE (row) FROM {cells.table} ORDER BY row")
    rows = [list(cells.labels), *(list(row) for row in frame.itertuples(index=False, name=None))]
    return spread_cells(request, RawSheet(cells.sheet, cropped(rows, block_of(request)), notices=cells.notices))


def with_sheet_name(request: SheetRequest, cells: SheetCells) -> SheetCells:
    """The cells with a column more: the sheet's name, or the file's where it has no sheets; for a year the year in it."""
    column = request.source.sheet_is
    if column is None:
        return cells
    name = cells.sheet.rpartition("/")[2] or PurePosixPath(cells.file).name.partition(".")[0]
    text = (_year_in(name) or name) if column == "year" else name
    quoted_text = "'" + text.replace("'", "''") + "'"
    table = request.engine.view(f"SELECT *, {quoted_text} AS c{len(cells.labels)} FROM {cells.table}")
    return replace(cells, labels=(*cells.labels, column), table=table)


def _year_in(name: str) -> str | None:
    """The only year that a name holds."""
    digits = "".join(mark if mark.isdigit() else " " for mark in name).split()
    years = {year for part in digits if (year := year_of(part))}
    return years.pop() if len(years) == 1 else None
