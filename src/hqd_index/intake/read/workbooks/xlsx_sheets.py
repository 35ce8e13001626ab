"""Sheets of an xlsx workbook by an event parser: values as they are shown, in time linear in the file."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..reading_limits import MAX_COLUMNS, damaged_file_error, reading_errors, size_limit_error
from .package_xml import StopParsing, local_name, open_package, parse_part, part_elements
from .sheet_grid import Grid, GridRows, Range, SheetName, Workbook, column_of, range_of
from .shown_numbers import BUILT_IN, UNIT_MARK, displayed_number, number_text

ESCAPED_CHARACTER = re.compile(r"_x([0-9A-Fa-f]{4})_")
MAX_STRINGS = 3_000_000
SUPERSCRIPTS = str.maketrans("0123456789+-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾")


@dataclass(frozen=True)
class WorkbookParts:
    """What the cells of every sheet refer to: shared strings, the format code of each style, and the date system."""

    shared_strings: list[str]
    codes: list[str]
    from_1904: bool


@contextmanager
def xlsx_book(path: Path, location: str) -> Iterator[Workbook]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged or beyond the limits."""
    with open_package(path, location) as archive, reading_errors(location):
        main_part = _main_part(archive, location)
        links = _links(archive, main_part, location)
        named_sheets, ranges, from_1904 = _names_and_ranges(archive, main_part, location)
        targets = {
            sheet_name: links[link][1] for sheet_name, link, _ in named_sheets if link in links and "worksheet" in links[link][0]
        }
        sheets = tuple(SheetName(sheet_name, is_visible) for sheet_name, _, is_visible in named_sheets if sheet_name in targets)
        if not sheets:
            raise damaged_file_error(location, "no worksheet")
        parts_by_type = {relation_type.rpartition("/")[2]: part_name for relation_type, part_name in links.values()}

        @cache
        def workbook_parts() -> WorkbookParts:
            shared_strings = (
                _strings(archive, parts_by_type["sharedStrings"], location) if "sharedStrings" in parts_by_type else []
            )
            codes = _format_codes(archive, parts_by_type["styles"], location) if "styles" in parts_by_type else []
            return WorkbookParts(shared_strings, codes, from_1904)

        def grid(sheet_name: str) -> Grid:
            with reading_errors(f"{location} [{sheet_name}]"):
                return _read_grid(archive, targets[sheet_name], sheet_name, workbook_parts(), f"{location} [{sheet_name}]")

        def has_values(sheet_name: str) -> bool:
            with reading_errors(f"{location} [{sheet_name}]"):
                return _holds_values(archive, targets[sheet_name], f"{location} [{sheet_name}]")

        yield Workbook(sheets, grid, has_values, ranges)


def _main_part(archive: zipfile.ZipFile, location: str) -> str:
    """The workbook part that the package names, else where it usually is."""
    with suppress(KeyError):
        for relation_type, part_name in _links(archive, "", location).values():
            if relation_type.endswith("/officeDocument"):
                return part_name
    return "xl/workbook.xml"


def _links(archive: zipfile.ZipFile, part_name: str, location: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (type, part) of a part."""
    folder, name = posixpath.split(part_name)
    links = {}
    for _, attributes in part_elements(archive, posixpath.join(folder, "_rels", f"{name}.rels"), location):
        if _ == "Relationship" and attributes.get("TargetMode") != "External":
            target_path = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            links[attributes.get("Id", "")] = (attributes.get("Type", ""), target_path)
    return links


def _names_and_ranges(
    archive: zipfile.ZipFile, part_name: str, location: str
) -> tuple[list[tuple[str, str, bool]], dict[str, tuple[str, Range]], bool]:
    """(name, link, visible) of each sheet, ranges by name, and whether days are counted from 1904."""
    sheets: list[tuple[str, str, bool]] = []
    ranges: dict[str, tuple[str, Range]] = {}
    from_1904 = False
    current: str | None = None
    name_text = ""

    def start_element(qualified_name: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904, current, name_text
        element_name, local_attributes = (
            local_name(qualified_name),
            {local_name(attribute_name): attribute_value for attribute_name, attribute_value in attributes.items()},
        )
        if element_name == "sheet":
            sheets.append(
                (
                    local_attributes.get("name", ""),
                    local_attributes.get("id", ""),
                    local_attributes.get("state", "visible") == "visible",
                )
            )
        elif element_name == "workbookPr":
            from_1904 = local_attributes.get("date1904") in ("1", "true", "on")
        current, name_text = (local_attributes.get("name") if element_name == "definedName" else None), ""

    def end_element(element_name: str) -> None:
        nonlocal current
        if current and local_name(element_name) == "definedName":
            sheet, _, range_text = name_text.rpartition("!")
            with suppress(ValueError):
                ranges[current] = (sheet.strip("'").replace("''", "'"), range_of(range_text))
        current = None

    def character_data(characters: str) -> None:
        nonlocal name_text
        if current:
            name_text += characters

    parse_part(archive, part_name, start_element, end_element, character_data, location=location)
    return sheets, ranges, from_1904


def _strings(archive: zipfile.ZipFile, part_name: str, location: str) -> list[str]:
    """The shared strings, phonetic readings left out; raised digits as such: the 2 of 1.5² is a note."""
    shared_strings: list[str] = []
    text_runs: list[str] = []
    in_text, in_phonetic, is_raised = False, False, False

    def start_element(qualified_name: str, attributes: dict[str, str]) -> None:
        nonlocal in_text, in_phonetic, is_raised
        element_name = local_name(qualified_name)
        if element_name == "t":
            in_text = not in_phonetic
        elif element_name == "rPh":
            in_phonetic = True
        elif element_name == "vertAlign":
            is_raised = attributes.get("val") == "superscript"
        elif element_name == "si":
            text_runs.clear()

    def end_element(qualified_name: str) -> None:
        nonlocal in_text, in_phonetic, is_raised
        element_name = local_name(qualified_name)
        if element_name == "si":
            shared_strings.append(_unescaped_text("".join(text_runs)))
            if len(shared_strings) > MAX_STRINGS:
                raise size_limit_error(location, f"more than {MAX_STRINGS} strings")
        elif element_name == "rPh":
            in_phonetic = False
        elif element_name == "r":
            is_raised = False
        in_text = False

    def character_data(characters: str) -> None:
        if in_text:
            text_runs.append(characters.translate(SUPERSCRIPTS) if is_raised else characters)

    parse_part(archive, part_name, start_element, end_element, character_data, location=location)
    return shared_strings


def _unescaped_text(cell_text: str) -> str:
    """Control characters as spreadsheets write them in XML: _x000D_."""
    return ESCAPED_CHARACTER.sub(lambda match: chr(int(match.group(1), 16)), cell_text) if "_x" in cell_text else cell_text


def _format_codes(archive: zipfile.ZipFile, part_name: str, location: str) -> list[str]:
    """The format code of each cell style."""
    custom_codes: dict[int, str] = {}
    codes: list[str] = []
    in_cell_formats = False

    def start_element(qualified_name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cell_formats
        element_name = local_name(qualified_name)
        if element_name == "numFmt":
            custom_codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif element_name == "cellXfs":
            in_cell_formats = True
        elif element_name == "xf" and in_cell_formats:
            format_id = int(attributes.get("numFmtId", "0"))
            codes.append(custom_codes.get(format_id) or BUILT_IN.get(format_id, ""))

    def end_element(element_name: str) -> None:
        nonlocal in_cell_formats
        in_cell_formats = in_cell_formats and local_name(element_name) != "cellXfs"

    parse_part(archive, part_name, start_element, end_element, location=location)
    return codes


def _holds_values(archive: zipfile.ZipFile, part_name: str, location: str) -> bool:
    """Whether any cell of a sheet holds a value or a formula."""
    has_value = False

    def start_element(element_name: str, _: dict[str, str]) -> None:
        nonlocal has_value
        if local_name(element_name) in ("v", "is", "f"):
            has_value = True
            raise StopParsing

    parse_part(archive, part_name, start_element, location=location)
    return has_value


def _read_grid(archive: zipfile.ZipFile, part_name: str, sheet_name: str, workbook_parts: WorkbookParts, location: str) -> Grid:
    sheet_reader = _SheetReader(workbook_parts, location)
    parse_part(archive, part_name, sheet_reader.start_element, sheet_reader.end_element, sheet_reader.add_text, location=location)
    return Grid(
        sheet_name,
        sheet_reader.rows.checked_rows(),
        tuple(sheet_reader.merged_areas),
        tuple(sheet_reader.uncached_cells),
        frozenset(sheet_reader.unit_columns),
        sheet_reader.hidden_row_count,
        frozenset(sheet_reader.hidden_columns),
    )


class _SheetReader:
    """The handlers of one worksheet part: what the event parser meets becomes cells."""

    def __init__(self, workbook_parts: WorkbookParts, location: str) -> None:
        self.workbook_parts = workbook_parts
        self.rows = GridRows(location)
        self.merged_areas: list[Range] = []
        self.uncached_cells: list[tuple[int, int]] = []
        self.unit_columns: set[int] = set()
        self.hidden_row_count = 0
        self.hidden_columns: set[int] = set()
        self.prefix = ""
        self.row, self.column = -1, -1
        self.cell: dict[str, str] = {}
        self.stored_text = ""
        self.element_name = ""
        self.formula, self.phonetic, self.is_raised = False, False, False
        self.column_indices: dict[str, int] = {}

    def start_element(self, qualified_name: str, attributes: dict[str, str]) -> None:
        element_name = self.element_name = qualified_name[len(self.prefix) :]
        if element_name == "c":
            self.cell, self.stored_text, self.formula = attributes, "", False
        elif element_name == "v" or element_name == "t":
            return
        elif element_name == "f":
            self.formula = True
        elif element_name == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            self.hidden_row_count += attributes.get("hidden") in ("1", "true")
        elif element_name == "col" and attributes.get("hidden") in ("1", "true"):
            first_column, last_column = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.hidden_columns.update(range(first_column - 1, min(last_column, MAX_COLUMNS)))
        elif element_name == "vertAlign":
            self.is_raised = attributes.get("val") == "superscript"
        elif element_name == "rPh":
            self.phonetic = True
        elif element_name == "mergeCell":
            self.merged_areas.append(range_of(attributes.get("ref", "")))
        elif ":" in element_name:
            self.prefix = qualified_name[: -len(local_name(qualified_name))]
            self.element_name = local_name(qualified_name)

    def add_text(self, characters: str) -> None:
        if self.element_name == "v" or (self.element_name == "t" and not self.phonetic):
            self.stored_text += characters.translate(SUPERSCRIPTS) if self.is_raised else characters

    def end_element(self, element_name: str) -> None:
        self.element_name = ""
        if element_name[len(self.prefix) :] == "c":
            self._end_cell()
        elif self.is_raised and local_name(element_name) == "r":
            self.is_raised = False
        elif self.phonetic and local_name(element_name) == "rPh":
            self.phonetic = False

    def _end_cell(self) -> None:
        """The cell's place is its reference, or the one after its neighbour where it has none."""
        reference = self.cell.get("r")
        if reference is None:
            self.column += 1
        else:
            column_letters = reference.rstrip("0123456789")
            column_index = self.column_indices.get(column_letters)
            if column_index is None:
                column_index = self.column_indices[column_letters] = column_of(column_letters.upper())
            self.column = column_index
            if len(column_letters) < len(reference):
                self.row = int(reference[len(column_letters) :]) - 1
        if self.stored_text:
            self._put_cell(self.stored_text)
        elif self.formula and self.cell.get("t") != "str":
            self.uncached_cells.append((self.row, self.column))

    def _put_cell(self, stored_text: str) -> None:
        cell_type = self.cell.get("t", "n")
        if cell_type == "s":
            cell_text = self.workbook_parts.shared_strings[int(stored_text)]
        elif cell_type == "n":
            cell_text = self._number_text(stored_text.strip())
        elif cell_type == "b":
            cell_text = "true" if stored_text.strip() in ("1", "true") else "false"
        elif cell_type == "d":
            cell_text = stored_text.removesuffix("T00:00:00").replace("T", " ")
        else:  # str, inlineStr, e
            cell_text = _unescaped_text(stored_text)
        if cell_text:
            self.rows.put_cell(self.row, self.column, cell_text)

    def _number_text(self, stored_number: str) -> str:
        codes, style_index = self.workbook_parts.codes, int(self.cell.get("s", 0))
        code = codes[style_index] if style_index < len(codes) else ""
        if not code:
            return number_text(stored_number)
        shown_text = displayed_number(stored_number, code, from_1904=self.workbook_parts.from_1904)
        if UNIT_MARK in shown_text:
            self.unit_columns.add(self.column)
        return shown_text


def is_xlsx_archive(archive: zipfile.ZipFile) -> bool:
    """Whether the members of an archive are those of an xlsx workbook."""
    names = archive.namelist()
    workbook_names = [member_name for member_name in names if member_name.endswith(".xml") and "workbook" in member_name]
    return any(member_name.startswith("xl/workbook") for member_name in workbook_names) or bool(
        workbook_names and "[Content_Types].xml" in names
    )
