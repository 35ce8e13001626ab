"""One sheet of a workbook as rows of text, with what a spreadsheet can hide: sheets, merges, errors, stale formulas."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ...errors import ConfigError, DataError, unknown

Range = tuple[tuple[int, int], tuple[int, int]]
WHOLE_UP_TO = 1e15  # a spreadsheet keeps 15 digits: longer numbers are shown as they are stored, 9.11e+17
CELL = re.compile(rb"<(?:\w+:)?c ([^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</|<(?:\w+:)?is>")
REFERENCE = re.compile(rb'r="([A-Z]+)(\d+)"')


@dataclass(frozen=True)
class Grid:
    """A sheet: its name, rows of text from row 1, and its merged ranges (0-based corners)."""

    name: str
    rows: list[list[str]]
    merged: tuple[Range, ...]


def read_grid(path: Path, sheet_name: str | None, where: str, *, xml: bool) -> Grid:
    """The sheet that is meant; DataError S08 names a hidden sheet, several sheets or a formula that was never computed."""
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            name = _sheet_name(book, sheet_name, where)
            sheet = book.get_sheet_by_name(name)
            rows = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = tuple(sheet.merged_cell_ranges or ())
    except calamine.CalamineError as fault:
        raise workbook_error(
            where, f"cannot be opened: {fault}", f"无法打开:{fault}", "save it again without a password", "去掉密码后另存"
        ) from fault
    if xml:
        _add_errors(rows, _sheet_xml(path, name), f"{where} [{name}]")
    return Grid(name, rows, merged)


def _sheet_name(book: Any, sheet_name: str | None, where: str) -> str:
    import python_calamine as calamine

    metadata = [sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in metadata]
    if sheet_name is not None:
        if sheet_name not in names:
            en, zh = unknown("sheet", sheet_name, names, kind_zh="工作表")
            raise ConfigError(en, zh=zh, where=where, rule="S08")
        return sheet_name
    hidden = [sheet.name for sheet in metadata if sheet.visible != calamine.SheetVisibleEnum.Visible]
    if hidden:
        listed = ", ".join(hidden)
        raise workbook_error(
            where,
            f"hidden sheet: {listed}",
            f"有隐藏的工作表:{listed}",
            "unhide or delete it, or name `sheet:`",
            "取消隐藏或删除,或写明 `sheet:`",
        )
    filled_sheets = [name for name in names if book.get_sheet_by_name(name).height]
    if len(filled_sheets) > 1:
        listed = ", ".join(filled_sheets)
        raise workbook_error(
            where, f"several sheets: {listed}", f"有多个工作表:{listed}", "name one under `sheet:`", "请用 `sheet:` 写明其中一个"
        )
    return filled_sheets[0] if filled_sheets else names[0]


def workbook_error(where: str, en: str, zh: str, mend_en: str, mend_zh: str) -> DataError:
    """S08: what a workbook holds that cannot be read safely, and how to mend it."""
    return DataError(f"{en}; {mend_en}", zh=f"{zh};{mend_zh}", where=where, rule="S08")


def cell_text(cell: object) -> str:
    """A cell as a person would type it: whole numbers without a point, dates as ISO."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < WHOLE_UP_TO else repr(cell)
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _sheet_xml(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): str(link.get("Target")) for link in links}
        for sheet in book.iter():
            if sheet.tag.endswith("}sheet") and sheet.get("name") == name:
                relation = next(value for key, value in sheet.attrib.items() if key.endswith("}id"))
                target = targets[relation].removeprefix("/")
                return archive.read(target if target.startswith("xl/") else f"xl/{target}")
    return b""


def _add_errors(rows: list[list[str]], xml: bytes, where: str) -> None:
    """Puts error values (#N/A) where the reader left a blank; refuses formulas without a stored value."""
    if b't="e"' not in xml and not FORMULA.search(xml):
        return
    for attributes, content in CELL.findall(xml):
        value = VALUE.search(content)
        reference = REFERENCE.search(attributes)
        if reference is None:
            continue
        letters, row = reference.group(1).decode(), int(reference.group(2))
        if b't="e"' in attributes and value and value.group(1):
            rows[row - 1][_column(letters)] = value.group(1).decode()
        elif FORMULA.search(content) and value is None and b't="str"' not in attributes:
            cell = f"{letters}{row}"
            raise workbook_error(
                f"{where}!{cell}",
                "a formula without a stored value",
                "公式没有缓存结果",
                "recalculate and save",
                "重新计算后保存",
            )


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def cell_name(row: int, column: int) -> str:
    """'B3' for 0-based (2, 1)."""
    letters, column = "", column + 1
    while column:
        column, remainder = divmod(column - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return f"{letters}{row + 1}"


def filled_header(grid: Grid, rows: int) -> list[list[str]]:
    """The first rows with the text of each merged range in all its cells."""
    head = [list(row) for row in grid.rows[:rows]]
    for (first_row, first_column), (last_row, last_column) in grid.merged:
        for row in range(first_row, min(last_row, rows - 1) + 1):
            for column in range(first_column, last_column + 1):
                if row < len(head) and column < len(head[row]):
                    head[row][column] = grid.rows[first_row][first_column]
    return head


def refuse_merged(grid: Grid, header_row: int, note_rows: Sequence[int], where: str) -> None:
    """DataError S08 for cells merged among the data rows (below row `below`, from 1), footnotes excepted."""
    for (first_row, first_column), (last_row, last_column) in sorted(grid.merged):
        if last_row + 1 > header_row and first_row + 1 not in note_rows:
            cells = f"{cell_name(first_row, first_column)}:{cell_name(last_row, last_column)}"
            raise workbook_error(
                f"{where} !{cells}",
                "merged cells among the data",
                "数据区有合并单元格",
                "unmerge and fill them",
                "取消合并并补全",
            )
