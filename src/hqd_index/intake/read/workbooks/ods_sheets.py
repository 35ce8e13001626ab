"""Sheets of an OpenDocument spreadsheet by an event parser: values as they are shown, repeats within bounds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..reading_limits import MAX_COLUMNS, MAX_ROWS, damaged_file_error, reading_error, reading_errors, size_limit_error
from .package_xml import local_name, open_package, parse_part
from .sheet_grid import Grid, GridRows, Range, SheetName, Workbook, range_of
from .shown_numbers import UNIT_MARK, YUAN_SIGN, displayed_number, number_text

CONTENT = "content.xml"
PERCENT = "0%"


@contextmanager
def ods_book(path: Path, location: str) -> Iterator[Workbook]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged, encrypted or beyond the limits."""
    with open_package(path, location) as archive, reading_errors(location):
        _refuse_encrypted(archive, location)
        content_reader = _ContentReader(location)
        parse_part(
            archive, CONTENT, content_reader.start_element, content_reader.end_element, content_reader.add_text, location=location
        )
        if not content_reader.grids:
            raise damaged_file_error(location, "no sheet")
        sheets = tuple(SheetName(grid.name, grid.name not in content_reader.hidden_sheets) for grid in content_reader.grids)
        grids = {grid.name: grid for grid in content_reader.grids}
        yield Workbook(
            sheets,
            grids.__getitem__,
            lambda sheet_name: bool(grids[sheet_name].rows or grids[sheet_name].uncached_cells),
            content_reader.ranges,
        )


def is_ods_archive(archive: zipfile.ZipFile) -> bool:
    """Whether an archive says that it is an OpenDocument spreadsheet."""
    with suppress(KeyError, zipfile.BadZipFile):
        return archive.read("mimetype")[:100].startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    return False


def _refuse_encrypted(archive: zipfile.ZipFile, location: str) -> None:
    with suppress(KeyError):
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise reading_error(
                location, "the file is encrypted", "文件已加密", "save it again without a password", "去掉密码后另存"
            )


class _ContentReader:
    """The handlers of content.xml: one grid per table."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.grids: list[Grid] = []
        self.hidden_sheets: set[str] = set()
        self.ranges: dict[str, tuple[str, Range]] = {}
        self.hidden_styles: set[str] = set()
        self.table_style = ""
        self.name: str | None = None
        self.columns = 0
        self.depth = 0  # of elements inside a cell
        self.skipped_depth = 0  # depth inside an annotation
        self.text_runs: list[str] = []

    def start_element(self, qualified_name: str, attributes: dict[str, str]) -> None:
        element_name = local_name(qualified_name)
        if self.depth:
            self._start_inside_table(element_name, attributes)
        elif element_name == "style":
            self.table_style = attributes.get("style:name", "")
        elif element_name == "table-properties" and attributes.get("table:display") == "false":
            self.hidden_styles.add(self.table_style)
        elif element_name == "table" and self.name is None:
            self._table(attributes)
        elif element_name == "table-column" and self.name is not None:
            first_column, self.columns = self.columns, self.columns + _repeat_count(attributes, "columns")
            if attributes.get("table:visibility", "visible") != "visible":
                self.hidden_columns.update(range(first_column, min(self.columns, MAX_COLUMNS)))
        elif element_name == "table-row":
            self.row_repeat, self.column = _repeat_count(attributes, "rows"), 0
            self.hidden_rows += attributes.get("table:visibility", "visible") != "visible"
            self.row_filled = False
        elif element_name in ("table-cell", "covered-table-cell") and self.name is not None:
            self.depth, self.attributes, self.text_runs, self.paragraphs = 1, attributes, [], 0
        elif element_name == "named-range":
            with suppress(ValueError):
                sheet, _, range_text = attributes.get("table:cell-range-address", "").replace("$", "").partition(".")
                self.ranges[attributes.get("table:name", "")] = (sheet.strip("'"), range_of(range_text.replace(".", "")))

    def _table(self, attributes: dict[str, str]) -> None:
        self.name = attributes.get("table:name", f"Sheet{len(self.grids) + 1}")
        if attributes.get("table:style-name") in self.hidden_styles:
            self.hidden_sheets.add(self.name)
        self.rows = GridRows(f"{self.location} [{self.name}]")
        self.merged_areas: list[Range] = []
        self.uncached_cells: list[tuple[int, int]] = []
        self.unit_columns: set[int] = set()
        self.row, self.hidden_rows, self.columns = 0, 0, 0
        self.hidden_columns: set[int] = set()

    def _start_inside_table(self, element_name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if element_name == "annotation" and not self.skipped_depth:
            self.skipped_depth = self.depth
        elif self.skipped_depth:
            return
        elif element_name == "p":
            self.text_runs.append("\n" if self.paragraphs else "")
            self.paragraphs += 1
        elif element_name == "s":
            self.text_runs.append(" " * min(int(attributes.get("text:c", 1)), 1000))
        elif element_name == "tab":
            self.text_runs.append("\t")
        elif element_name == "line-break":
            self.text_runs.append("\n")

    def add_text(self, character_data: str) -> None:
        if self.depth > 1 and not self.skipped_depth:
            self.text_runs.append(character_data)

    def end_element(self, qualified_name: str) -> None:
        if self.depth:
            if self.skipped_depth == self.depth:
                self.skipped_depth = 0
            self.depth -= 1
            if not self.depth:
                self._end_cell(local_name(qualified_name) == "covered-table-cell")
            return
        element_name = local_name(qualified_name)
        if element_name == "table-row":
            self._end_row()
        elif element_name == "table" and self.name is not None:
            checked_rows = self.rows.checked_rows()
            self.grids.append(
                Grid(
                    self.name,
                    checked_rows,
                    tuple(self.merged_areas),
                    tuple(self.uncached_cells),
                    frozenset(self.unit_columns),
                    self.hidden_rows,
                    frozenset(self.hidden_columns),
                )
            )
            self.name = None

    def _end_cell(self, is_covered: bool) -> None:
        column_repeat = _repeat_count(self.attributes, "columns")
        cell_text = "" if is_covered else self._cell_text()
        if cell_text:
            if column_repeat > MAX_COLUMNS:
                raise size_limit_error(self.location, f"a cell repeated {column_repeat} times", f"单元格重复 {column_repeat} 次")
            for repeat_index in range(column_repeat):
                self.rows.put_cell(self.row, self.column + repeat_index, cell_text)
            self.row_filled = True
        elif "table:formula" in self.attributes and "office:value-type" not in self.attributes:
            self.uncached_cells.append((self.row, self.column))
        row_span, column_span = (int(self.attributes.get(f"table:number-{axis}-spanned", 1)) for axis in ("rows", "columns"))
        if row_span > 1 or column_span > 1:
            self.merged_areas.append(((self.row, self.column), (self.row + row_span - 1, self.column + column_span - 1)))
        self.column += column_repeat

    def _cell_text(self) -> str:
        value_type = self.attributes.get("office:value-type", "")
        displayed_text = "".join(self.text_runs)
        if value_type in ("float", "currency", "percentage"):
            stored_value = self.attributes.get("office:value", "")
            if self.attributes.get("calcext:value-type") == "error" or not stored_value:
                return displayed_text
            if value_type == "percentage":
                self.unit_columns.add(self.column)
                return displayed_number(stored_value, PERCENT, from_1904=False)
            if currency := self.attributes.get("office:currency", ""):
                self.unit_columns.add(self.column)
                return number_text(stored_value) + UNIT_MARK + (YUAN_SIGN if currency == "CNY" else currency)
            return number_text(stored_value)
        if value_type == "date":
            return self.attributes.get("office:date-value", displayed_text).removesuffix("T00:00:00").replace("T", " ")
        if value_type == "boolean":
            return self.attributes.get("office:boolean-value", displayed_text)
        return self.attributes.get("office:string-value", displayed_text) or displayed_text

    def _end_row(self) -> None:
        """Rows may be repeated: filled ones within bounds, blank ones only moved past."""
        if self.row_filled and self.row_repeat > 1:
            row_cells = list(self.rows.rows[self.row])
            for row_offset in range(1, self.row_repeat):
                for column, cell_text in enumerate(row_cells):
                    if cell_text:
                        self.rows.put_cell(self.row + row_offset, column, cell_text)
        self.row += self.row_repeat


def _repeat_count(attributes: dict[str, str], axis: str) -> int:
    repeat_count = int(attributes.get(f"table:number-{axis}-repeated", 1))
    return min(max(repeat_count, 1), MAX_ROWS + 1)
