"""One sheet as rows of text, with what a spreadsheet can hide: sheets, merges, errors, formulas never computed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from ....errors import ConfigError, unknown
from ...meaning.header_years import year_of
from ..reading_limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SPREAD, reading_error, size_limit_error

Range = tuple[tuple[int, int], tuple[int, int]]
"""0-based corners, both inside."""

SMALL_SHEET = 2_000_000  # cells of a rectangle that is never too sparse


@dataclass(frozen=True)
class Grid:
    """A sheet: its name, rows of text from row 1 without blanks at their end, merged ranges, and cells never computed."""

    name: str
    rows: list[list[str]]
    merged_areas: tuple[Range, ...] = ()
    uncached_cells: tuple[tuple[int, int], ...] = ()
    unit_columns: frozenset[int] = frozenset()  # columns where a number format prints a unit
    hidden_rows: int = 0
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class SheetName:
    """A sheet as its workbook lists it."""

    name: str
    is_visible: bool


@dataclass(frozen=True)
class Workbook:
    """An open workbook: its sheets, how one is read, whether one holds anything, and ranges that bear a name."""

    sheets: tuple[SheetName, ...]
    grid: Callable[[str], Grid]
    has_values: Callable[[str], bool]
    ranges: Mapping[str, tuple[str, Range]] = field(default_factory=dict)


def chosen_sheets(workbook: Workbook, sheet_pattern: str | None, location: str) -> list[str]:
    """The sheets that are meant: those a name or pattern fits, else the only one that holds anything.

    Raises ConfigError for a name that no sheet has; DataError S08 for hidden sheets and for several where none is named.
    """
    names = [sheet.name for sheet in workbook.sheets]
    if sheet_pattern is not None:
        matching_names = [sheet_name for sheet_name in names if sheet_name == sheet_pattern] or [
            sheet_name for sheet_name in names if fnmatchcase(sheet_name, sheet_pattern)
        ]
        if not matching_names:
            en, zh = unknown("sheet", sheet_pattern, names, kind_zh="工作表")
            raise ConfigError(en, zh=zh, location=location, rule="S08")
        return matching_names
    hidden_names = ", ".join(sheet.name for sheet in workbook.sheets if not sheet.is_visible)
    if hidden_names:
        raise reading_error(
            location,
            f"hidden sheet: {hidden_names}",
            f"有隐藏的工作表:{hidden_names}",
            "unhide or delete it, or name `sheet:`",
            "取消隐藏或删除,或写明 `sheet:`",
        )
    filled_names = [sheet_name for sheet_name in names if workbook.has_values(sheet_name)]
    if len(filled_names) > 1:
        name_list, all_sheets_setting = ", ".join(filled_names), '`sheet: "*"`'
        if all(year_of(sheet_name) for sheet_name in filled_names):
            all_sheets_setting += ", `sheet_is: year`"
        raise reading_error(location, f"several sheets: {name_list}", f"有多个工作表:{name_list}",
                      f"name one under `sheet:`, or write {all_sheets_setting} for all of them",
                      f"请用 `sheet:` 写明其中一个,或写 {all_sheets_setting} 读取全部")  # fmt: skip
    return filled_names[:1] or names[:1]


class GridRows:
    """Rows being filled in reading order, within the limits of a sheet."""

    def __init__(self, location: str) -> None:
        self.rows: list[list[str]] = []
        self.location = location
        self.filled_cells = 0
        self.column_count = 0

    def put_cell(self, row_index: int, column: int, cell_text: str) -> None:
        """A text at a 0-based place; DataError S09 beyond the limits of a sheet."""
        if row_index >= MAX_ROWS or column >= MAX_COLUMNS * 2:
            raise size_limit_error(
                self.location,
                f"a cell at row {row_index + 1}, column {column + 1}",
                f"第 {row_index + 1} 行第 {column + 1} 列有单元格",
            )
        rows = self.rows
        while len(rows) <= row_index:
            rows.append([])
        row_cells = rows[row_index]
        if column >= len(row_cells):
            row_cells.extend([""] * (column - len(row_cells)))
            row_cells.append(cell_text)
        else:
            row_cells[column] = cell_text
        self.filled_cells += 1
        self.column_count = max(self.column_count, column + 1)
        if self.filled_cells > MAX_CELLS:
            raise size_limit_error(self.location, f"more than {MAX_CELLS} filled cells", f"已填单元格多于 {MAX_CELLS}")

    def checked_rows(self) -> list[list[str]]:
        """The rows; DataError S09 when the rectangle around them is mostly empty and large."""
        grid_area = len(self.rows) * self.column_count
        stored_cells = sum(map(len, self.rows))
        if self.column_count > MAX_COLUMNS or max(grid_area, stored_cells) > max(SMALL_SHEET, MAX_SPREAD * self.filled_cells):
            size_text = f"{self.filled_cells} cells spread over {len(self.rows)} rows x {self.column_count} columns"
            raise size_limit_error(
                self.location, size_text, f"{self.filled_cells} 个单元格散布在 {len(self.rows)} 行 x {self.column_count} 列"
            )
        return self.rows


def cell_name(row_index: int, column: int) -> str:
    """'B3' for 0-based (2, 1)."""
    column_letters, column = "", column + 1
    while column:
        column, letter_index = divmod(column - 1, 26)
        column_letters = chr(ord("A") + letter_index) + column_letters
    return f"{column_letters}{row_index + 1}"


def column_of(column_letters: str) -> int:
    """The 0-based place of a column's letters."""
    column_number = 0
    for letter in column_letters:
        column_number = column_number * 26 + ord(letter) - ord("A") + 1
    return column_number - 1


def cell_position(reference: str) -> tuple[int, int]:
    """(row, column), 0-based, of 'B3' or '$B$3'; ValueError for anything else."""
    plain_reference = reference.replace("$", "").upper()
    column_letters = plain_reference.rstrip("0123456789")
    if (
        not column_letters.isascii()
        or not column_letters.isalpha()
        or len(column_letters) > 3
        or len(column_letters) == len(plain_reference)
    ):
        raise ValueError(f"not a cell: {reference!r}")
    return int(plain_reference[len(column_letters) :]) - 1, column_of(column_letters)


def range_of(reference: str) -> Range:
    """The corners of 'B3:D9', or of one cell; ValueError for anything else."""
    first_cell, _, last_cell = reference.partition(":")
    first_position, last_position = cell_position(first_cell), cell_position(last_cell or first_cell)
    return (min(first_position[0], last_position[0]), min(first_position[1], last_position[1])), (
        max(first_position[0], last_position[0]),
        max(first_position[1], last_position[1]),
    )


def filled_header(grid: Grid, header_row_count: int) -> list[list[str]]:
    """The first rows with the text of each merged range in all its cells."""
    header_rows = [list(header_row) for header_row in grid.rows[:header_row_count]]
    for (first_row, first_column), (last_row, last_column) in grid.merged_areas:
        if first_row >= len(header_rows):
            continue
        cell_text = header_rows[first_row][first_column] if first_column < len(header_rows[first_row]) else ""
        for row_cells in header_rows[first_row : last_row + 1] if cell_text else ():
            row_cells.extend([""] * (min(last_column + 1, MAX_COLUMNS) - len(row_cells)))
            row_cells[first_column : last_column + 1] = [cell_text] * (min(last_column + 1, MAX_COLUMNS) - first_column)
    return header_rows


def check_merged_cells(
    grid: Grid, header_row: int, excluded_rows: Sequence[int], columns: Collection[int], location: str
) -> None:
    """DataError S08 for cells merged among the data rows (below row `header_row`, from 1) of columns that are read."""
    exempt_rows = set(excluded_rows)
    for (first_row, first_column), (last_row, last_column) in sorted(grid.merged_areas):
        if (
            last_row + 1 > header_row
            and first_row + 1 not in exempt_rows
            and any(first_column <= column <= last_column for column in columns)
        ):
            merged_range = f"{cell_name(first_row, first_column)}:{cell_name(last_row, last_column)}"
            raise reading_error(f"{location} !{merged_range}", "merged cells among the data", "数据区有合并单元格",
                          "unmerge and fill them, or name the column under `fill_down:`",
                          "取消合并并补全,或在 `fill_down:` 写明该列")  # fmt: skip


def refuse_uncached(grid: Grid, columns: Collection[int] | None, location: str) -> None:
    """DataError S08 for a formula without a stored value in a column that is read (any, where that is not known)."""
    for row, column in grid.uncached_cells:
        if columns is None or column in columns:
            raise reading_error(f"{location}!{cell_name(row, column)}", "a formula without a stored value", "公式没有缓存结果",
                          "recalculate and save", "重新计算后保存")  # fmt: skip


def without_vertical_merges(grid: Grid, columns: Iterable[int]) -> Grid:
    """The grid without vertical merges of some columns, whose cells below the first are blank; `fill_down` fills them later."""
    chosen_columns = set(columns)
    merged_areas = tuple(area for area in grid.merged_areas if not (area[0][1] == area[1][1] and area[0][1] in chosen_columns))
    return replace(grid, merged_areas=merged_areas)
