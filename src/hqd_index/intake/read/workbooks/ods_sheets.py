"""Sheets of an OpenDocument spreadsheet by an event parser: values as they are shown, repeats within bounds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..reading_limits import MAX_COLUMNS, MAX_ROWS, damaged, guarded, too_big, trouble
from .package_xml import local, opened_package, parsed
from .sheet_grid import Book, Grid, GridRows, Range, SheetName, range_of
from .shown_numbers import number_text, shown

CONTENT = "content.xml"
PERCENT = "0%"


@contextmanager
def ods_book(path: Path, location: str) -> Iterator[Book]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged, encrypted or beyond the limits."""
    with opened_package(path, location) as archive, guarded(location):
        _refuse_encrypted(archive, location)
        reader = _ContentReader(location)
        parsed(archive, CONTENT, reader.start, reader.end, reader.text, location=location)
        if not reader.grids:
            raise damaged(location, "no sheet")
        sheets = tuple(SheetName(grid.name, grid.name not in reader.hidden) for grid in reader.grids)
        grids = {grid.name: grid for grid in reader.grids}
        yield Book(sheets, grids.__getitem__, lambda name: bool(grids[name].rows or grids[name].uncached), reader.ranges)


def is_ods_archive(archive: zipfile.ZipFile) -> bool:
    """Whether an archive says that it is an OpenDocument spreadsheet."""
    with suppress(KeyError, zipfile.BadZipFile):
        return archive.read("mimetype")[:100].startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    return False


def _refuse_encrypted(archive: zipfile.ZipFile, location: str) -> None:
    with suppress(KeyError):
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise trouble(location, "the file is encrypted", "文件已加密", "save it again without a password", "去掉密码后另存")


class _ContentReader:
    """The handlers of content.xml: one grid per table."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.grids: list[Grid] = []
        self.hidden: set[str] = set()
        self.ranges: dict[str, tuple[str, Range]] = {}
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.name: str | None = None
        self.depth = 0  # of elements inside a cell
        self.skipped = 0  # depth inside an annotation
        self.pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if self.depth:
            self._inside(tag, attributes)
        elif tag == "style":
            self.style = attributes.get("style:name", "")
        elif tag == "table-properties" and attributes.get("table:display") == "false":
            self.hidden_styles.add(self.style)
        elif tag == "table" and self.name is None:
            self._table(attributes)
        elif tag == "table-row":
            self.row_repeat, self.column = _repeat(attributes, "rows"), 0
            self.hidden_rows += attributes.get("table:visibility", "visible") != "visible"
            self.row_filled = False
        elif tag in ("table-cell", "covered-table-cell") and self.name is not None:
            self.depth, self.attributes, self.pieces, self.paragraphs = 1, attributes, [], 0
        elif tag == "named-range":
            with suppress(ValueError):
                sheet, _, cells = attributes.get("table:cell-range-address", "").replace("$", "").partition(".")
                self.ranges[attributes.get("table:name", "")] = (sheet.strip("'"), range_of(cells.replace(".", "")))

    def _table(self, attributes: dict[str, str]) -> None:
        self.name = attributes.get("table:name", f"Sheet{len(self.grids) + 1}")
        if attributes.get("table:style-name") in self.hidden_styles:
            self.hidden.add(self.name)
        self.rows = GridRows(f"{self.location} [{self.name}]")
        self.merged: list[Range] = []
        self.uncached: list[tuple[int, int]] = []
        self.marked: set[int] = set()
        self.row, self.hidden_rows = 0, 0

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag == "annotation" and not self.skipped:
            self.skipped = self.depth
        elif self.skipped:
            return
        elif tag == "p":
            self.pieces.append("\n" if self.paragraphs else "")
            self.paragraphs += 1
        elif tag == "s":
            self.pieces.append(" " * min(int(attributes.get("text:c", 1)), 1000))
        elif tag == "tab":
            self.pieces.append("\t")
        elif tag == "line-break":
            self.pieces.append("\n")

    def text(self, data: str) -> None:
        if self.depth > 1 and not self.skipped:
            self.pieces.append(data)

    def end(self, name: str) -> None:
        if self.depth:
            if self.skipped == self.depth:
                self.skipped = 0
            self.depth -= 1
            if not self.depth:
                self._cell(local(name) == "covered-table-cell")
            return
        tag = local(name)
        if tag == "table-row":
            self._end_row()
        elif tag == "table" and self.name is not None:
            rows = self.rows.checked()
            self.grids.append(
                Grid(self.name, rows, tuple(self.merged), tuple(self.uncached), frozenset(self.marked), self.hidden_rows)
            )
            self.name = None

    def _cell(self, covered: bool) -> None:
        repeat = _repeat(self.attributes, "columns")
        text = "" if covered else self._value()
        if text:
            if repeat > MAX_COLUMNS:
                raise too_big(self.location, f"a cell repeated {repeat} times", f"单元格重复 {repeat} 次")
            for place in range(repeat):
                self.rows.put(self.row, self.column + place, text)
            self.row_filled = True
        elif "table:formula" in self.attributes and "office:value-type" not in self.attributes:
            self.uncached.append((self.row, self.column))
        down, right = (int(self.attributes.get(f"table:number-{kind}-spanned", 1)) for kind in ("rows", "columns"))
        if down > 1 or right > 1:
            self.merged.append(((self.row, self.column), (self.row + down - 1, self.column + right - 1)))
        self.column += repeat

    def _value(self) -> str:
        kind = self.attributes.get("office:value-type", "")
        said = "".join(self.pieces)
        if kind in ("float", "currency", "percentage"):
            raw = self.attributes.get("office:value", "")
            if self.attributes.get("calcext:value-type") == "error" or not raw:
                return said
            if kind == "percentage":
                self.marked.add(self.column)
                return shown(raw, PERCENT, from_1904=False)
            return number_text(raw)
        if kind == "date":
            return self.attributes.get("office:date-value", said).removesuffix("T00:00:00").replace("T", " ")
        if kind == "boolean":
            return self.attributes.get("office:boolean-value", said)
        return self.attributes.get("office:string-value", said) or said

    def _end_row(self) -> None:
        """Rows may be repeated: filled ones within bounds, blank ones only moved past."""
        if self.row_filled and self.row_repeat > 1:
            cells = list(self.rows.rows[self.row])
            for place in range(1, self.row_repeat):
                for column, text in enumerate(cells):
                    if text:
                        self.rows.put(self.row + place, column, text)
        self.row += self.row_repeat


def _repeat(attributes: dict[str, str], kind: str) -> int:
    repeat = int(attributes.get(f"table:number-{kind}-repeated", 1))
    return min(max(repeat, 1), MAX_ROWS + 1)
