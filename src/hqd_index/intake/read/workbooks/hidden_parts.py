"""What a workbook hides and a reader sees: sheets, rows and columns that are read all the same, and reported."""

from __future__ import annotations

from collections.abc import Collection

from ...records.intake_notice import Notice
from .sheet_grid import Grid, cell_name


def hidden_notices(
    grid: Grid, columns: Collection[int] | None, hidden_sheets: Collection[str], location: str
) -> tuple[Notice, ...]:
    """S08 for a hidden sheet, hidden rows and hidden columns among those that are read (`columns`; None: every one)."""
    notices = []
    if grid.name in hidden_sheets:
        notices.append(Notice("S08", location, "a hidden sheet was read, as `sheet:` names it", "隐藏的工作表,按 `sheet:` 读取"))
    if grid.hidden_rows:
        count = grid.hidden_rows
        notices.append(Notice("S08", location, f"{count} hidden rows were read too", f"有 {count} 个隐藏行,同样读取"))
    if hidden_columns := _filled_hidden_columns(grid, columns):
        letters = ", ".join(cell_name(0, column).rstrip("1") for column in hidden_columns)
        notices.append(Notice("S08", location, f"hidden columns were read too: {letters}", f"隐藏的列同样读取:{letters}"))
    return tuple(notices)


def _filled_hidden_columns(grid: Grid, columns: Collection[int] | None) -> list[int]:
    """The hidden columns that are read and hold anything."""
    read_columns = grid.hidden_columns if columns is None else grid.hidden_columns & set(columns)
    return [column for column in sorted(read_columns) if any(column < len(row) and row[column] for row in grid.rows)]
