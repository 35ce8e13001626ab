"""One sheet as rows of text, with what a spreadsheet can hide: sheets, merges, errors, formulas never computed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ....errors import ConfigError, unknown
from ...meaning.header_years import year_of
from ..reading_limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SPREAD, too_big, trouble

Range = tuple[tuple[int, int], tuple[int, int]]
"""0-based corners, both inside."""

SMALL_SHEET = 2_000_000  # cells of a rectangle that is never too sparse


@dataclass(frozen=True)
class Grid:
    """A sheet: its name, rows of text from row 1 without blanks at their end, merged ranges, and cells never computed."""

    name: str
    rows: list[list[str]]
    merged: tuple[Range, ...] = ()
    uncached: tuple[tuple[int, int], ...] = ()
    marked: frozenset[int] = frozenset()  # columns where a number format prints a unit
    hidden_rows: int = 0


@dataclass(frozen=True)
class SheetName:
    """A sheet as its workbook lists it."""

    name: str
    visible: bool


@dataclass(frozen=True)
class Book:
    """An open workbook: its sheets, how one is read, whether one holds anything, and ranges that bear a name."""

    sheets: tuple[SheetName, ...]
    grid: Callable[[str], Grid]
    filled: Callable[[str], bool]
    ranges: Mapping[str, tuple[str, Range]] = field(default_factory=dict)


def chosen_sheets(book: Book, wanted: str | None, location: str) -> list[str]:
    """The sheets that are meant: those a name or pattern fits, else the only one that holds anything.

    Raises ConfigError for a name that no sheet has; DataError S08 for hidden sheets and for several where none is named.
    """
    names = [sheet.name for sheet in book.sheets]
    if wanted is not None:
        fitting = [name for name in names if name == wanted] or [name for name in names if fnmatchcase(name, wanted)]
        if not fitting:
            en, zh = unknown("sheet", wanted, names, kind_zh="工作表")
            raise ConfigError(en, zh=zh, location=location, rule="S08")
        return fitting
    hidden = ", ".join(sheet.name for sheet in book.sheets if not sheet.visible)
    if hidden:
        raise trouble(location, f"hidden sheet: {hidden}", f"有隐藏的工作表:{hidden}", "unhide or delete it, or name `sheet:`",
                      "取消隐藏或删除,或写明 `sheet:`")  # fmt: skip
    filled = [name for name in names if book.filled(name)]
    if len(filled) > 1:
        listed, all_of_them = ", ".join(filled), '`sheet: "*"`'
        if all(year_of(name) for name in filled):
            all_of_them += ", `sheet_is: year`"
        raise trouble(location, f"several sheets: {listed}", f"有多个工作表:{listed}",
                      f"name one under `sheet:`, or write {all_of_them} for all of them",
                      f"请用 `sheet:` 写明其中一个,或写 {all_of_them} 读取全部")  # fmt: skip
    return filled[:1] or names[:1]


class GridRows:
    """Rows being filled in reading order, within the limits of a sheet."""

    def __init__(self, location: str) -> None:
        self.rows: list[list[str]] = []
        self.location = location
        self.filled = 0
        self.width = 0

    def put(self, row: int, column: int, text: str) -> None:
        """A text at a 0-based place; DataError S09 beyond the limits of a sheet."""
        if row >= MAX_ROWS or column >= MAX_COLUMNS * 2:
            raise too_big(
                self.location, f"a cell at row {row + 1}, column {column + 1}", f"第 {row + 1} 行第 {column + 1} 列有单元格"
            )
        rows = self.rows
        while len(rows) <= row:
            rows.append([])
        cells = rows[row]
        if column >= len(cells):
            cells.extend([""] * (column - len(cells)))
            cells.append(text)
        else:
            cells[column] = text
        self.filled += 1
        self.width = max(self.width, column + 1)
        if self.filled > MAX_CELLS:
            raise too_big(self.location, f"more than {MAX_CELLS} filled cells", f"已填单元格多于 {MAX_CELLS}")

    def checked(self) -> list[list[str]]:
        """The rows; DataError S09 when the rectangle around them is mostly empty and large."""
        spread = len(self.rows) * self.width
        held = sum(map(len, self.rows))
        if self.width > MAX_COLUMNS or max(spread, held) > max(SMALL_SHEET, MAX_SPREAD * self.filled):
            text = f"{self.filled} cells spread over {len(self.rows)} rows x {self.width} columns"
            raise too_big(self.location, text, f"{self.filled} 个单元格散布在 {len(self.rows)} 行 x {self.width} 列")
        return self.rows


def cell_name(row: int, column: int) -> str:
    """'B3' for 0-based (2, 1)."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def column_of(letters: str) -> int:
    """The 0-based place of a column's letters."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def place_of(reference: str) -> tuple[int, int]:
    """(row, column), 0-based, of 'B3' or '$B$3'; ValueError for anything else."""
    plain = reference.replace("$", "").upper()
    letters = plain.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3 or len(letters) == len(plain):
        raise ValueError(f"not a cell: {reference!r}")
    return int(plain[len(letters) :]) - 1, column_of(letters)


def range_of(reference: str) -> Range:
    """The corners of 'B3:D9', or of one cell; ValueError for anything else."""
    first, _, last = reference.partition(":")
    top, bottom = place_of(first), place_of(last or first)
    return (min(top[0], bottom[0]), min(top[1], bottom[1])), (max(top[0], bottom[0]), max(top[1], bottom[1]))


def filled_header(grid: Grid, rows: int) -> list[list[str]]:
    """The first rows with the text of each merged range in all its cells."""
    head = [list(row) for row in grid.rows[:rows]]
    for (top, left), (bottom, right) in grid.merged:
        if top >= len(head):
            continue
        text = head[top][left] if left < len(head[top]) else ""
        for cells in head[top : bottom + 1] if text else ():
            cells.extend([""] * (min(right + 1, MAX_COLUMNS) - len(cells)))
            cells[left : right + 1] = [text] * (min(right + 1, MAX_COLUMNS) - left)
    return head


def refuse_merged(grid: Grid, below: int, exempt: Sequence[int], columns: Collection[int], location: str) -> None:
    """DataError S08 for cells merged among the data rows (below row `below`, from 1) of columns that are read."""
    kept = set(exempt)
    for (top, left), (bottom, right) in sorted(grid.merged):
        if bottom + 1 > below and top + 1 not in kept and any(left <= column <= right for column in columns):
            cells = f"{cell_name(top, left)}:{cell_name(bottom, right)}"
            raise trouble(f"{location} !{cells}", "merged cells among the data", "数据区有合并单元格",
                          "unmerge and fill them, or name the column under `fill_down:`",
                          "取消合并并补全,或在 `fill_down:` 写明该列")  # fmt: skip


def refuse_uncached(grid: Grid, columns: Collection[int] | None, location: str) -> None:
    """DataError S08 for a formula without a stored value in a column that is read (any, where that is not known)."""
    for row, column in grid.uncached:
        if columns is None or column in columns:
            raise trouble(f"{location}!{cell_name(row, column)}", "a formula without a stored value", "公式没有缓存结果",
                          "recalculate and save", "重新计算后保存")  # fmt: skip


def unmerged(grid: Grid, columns: Iterable[int]) -> Grid:
    """The grid without vertical merges of some columns, whose cells below the first are blank; `fill_down` fills them later."""
    chosen = set(columns)
    merged = tuple(area for area in grid.merged if not (area[0][1] == area[1][1] and area[0][1] in chosen))
    return Grid(grid.name, grid.rows, merged, grid.uncached, grid.marked, grid.hidden_rows)


def filled_down(grid: Grid, columns: Iterable[int]) -> Grid:
    """The grid with vertical merges of some columns unmerged, their text in each of their cells."""
    chosen = set(columns)
    rows, merged = [list(row) for row in grid.rows], []
    for (top, left), (bottom, right) in grid.merged:
        if left == right and left in chosen and top < len(rows) and left < len(rows[top]):
            for cells in rows[top + 1 : bottom + 1]:
                cells.extend([""] * (left + 1 - len(cells)))
                cells[left] = rows[top][left]
        else:
            merged.append(((top, left), (bottom, right)))
    return Grid(grid.name, rows, tuple(merged), grid.uncached, grid.marked, grid.hidden_rows)
