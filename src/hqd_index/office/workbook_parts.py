"""The parts of an xlsx workbook, changed and written again; what is not touched stays as it was, byte for byte."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.dom import minidom

from xlsxwriter.utility import xl_rowcol_to_cell

from ..intake.read.workbooks.package_xml import open_package
from ..intake.read.workbooks.sheet_grid import column_of, range_of

TEXT_TYPES = ("s", "inlineStr", "str")
FIXED_TIME = (2020, 1, 1, 0, 0, 0)
Element = minidom.Element


class WorkbookParts:
    """The parts of one workbook by name, and those of its sheets; parts that are changed are parsed once."""

    def __init__(self, path: Path) -> None:
        with open_package(path, path.name) as archive:
            self.contents = {member.filename: archive.read(member) for member in archive.infolist() if not member.is_dir()}
        self.documents: dict[str, minidom.Document] = {}
        self.book = self._book_part()
        targets = self.relations(self.book)
        self.sheets: dict[str, str] = {}
        for sheet in elements(self.document(self.book), "sheet"):
            if target := targets.get(_link(sheet)):
                self.sheets[sheet.getAttribute("name")] = target

    def _book_part(self) -> str:
        targets = [target for target in self.relations("").values() if target.endswith("workbook.xml")]
        return targets[0] if targets else "xl/workbook.xml"

    def document(self, part_name: str) -> minidom.Document:
        """A part as a tree; the package was refused if it declares document types or entities."""
        if part_name not in self.documents:
            self.documents[part_name] = minidom.parseString(self.contents[part_name])
        return self.documents[part_name]

    def add(self, part_name: str, xml_text: str) -> None:
        self.contents[part_name] = xml_text.encode("utf-8")
        self.documents.pop(part_name, None)

    def relations_part(self, part_name: str) -> str:
        folder, name = posixpath.split(part_name)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def relations(self, part_name: str) -> dict[str, str]:
        """Relationship id -> part."""
        part = self.relations_part(part_name)
        if part not in self.contents:
            return {}
        folder = posixpath.dirname(part_name)
        return {
            relation.getAttribute("Id"): posixpath.normpath(posixpath.join("/", folder, relation.getAttribute("Target"))).lstrip(
                "/"
            )
            for relation in elements(self.document(part), "Relationship")
        }

    def write(self, path: Path) -> None:
        """The package with its changes; the same bytes for the same changes."""
        trees = {name: document.toxml(encoding="utf-8") for name, document in self.documents.items()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.contents.items():
                member = zipfile.ZipInfo(name, FIXED_TIME)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, trees.get(name, content))


def _link(sheet: Element) -> str:
    """The relationship of a sheet, whatever prefix its namespace has."""
    attributes = sheet.attributes.items()
    return next((value for name, value in attributes if name.rpartition(":")[2] == "id"), "")


def elements(parent: minidom.Document | Element, name: str) -> list[Element]:
    """Every element below, by its name without the prefix."""
    return list(parent.getElementsByTagNameNS("*", name))


def remove(element: Element) -> None:
    """Takes an element out of its tree."""
    if element.parentNode is not None:
        element.parentNode.removeChild(element)


def sheet_cells(sheet: minidom.Document) -> Iterator[tuple[int, int, Element]]:
    """(row, column) from 1 and element of each cell, its place by its reference or after its neighbour."""
    row_number = 0
    for row in elements(sheet, "row"):
        row_number = int(row.getAttribute("r") or row_number + 1)
        column = 0
        for cell in elements(row, "c"):
            letters = cell.getAttribute("r").rstrip("0123456789")
            column = column_of(letters.upper()) + 1 if letters else column + 1
            yield row_number, column, cell


class SheetCells:
    """The cells of a sheet by (row, column) from 1; one that is not there is put in its place when it is asked for."""

    def __init__(self, sheet: minidom.Document) -> None:
        self.sheet = sheet
        self.cells = {(row, column): cell for row, column, cell in sheet_cells(sheet)}
        self.rows = {int(row.getAttribute("r") or 0): row for row in elements(sheet, "row")}

    def get(self, place: tuple[int, int]) -> Element | None:
        return self.cells.get(place)

    def cell(self, row: int, column: int) -> Element:
        if (row, column) not in self.cells:
            place = self._row(row)
            following = [column_number for number, column_number in self.cells if number == row and column_number > column]
            cell = new_element(self.sheet, "c", r=xl_rowcol_to_cell(row - 1, column - 1))
            place.insertBefore(cell, self.cells[row, min(following)] if following else None)
            self.cells[row, column] = cell
        return self.cells[row, column]

    def _row(self, row: int) -> Element:
        if row not in self.rows:
            data = elements(self.sheet, "sheetData")[0]
            following = [number for number in self.rows if number > row]
            self.rows[row] = new_element(self.sheet, "row", r=str(row))
            data.insertBefore(self.rows[row], self.rows[min(following)] if following else None)
        return self.rows[row]


def new_element(document: minidom.Document, name: str, **attributes: str) -> Element:
    """An element of the namespace of the root, with its prefix."""
    root = document.documentElement
    assert root is not None
    prefix = f"{root.prefix}:" if root.prefix else ""
    element = document.createElementNS(root.namespaceURI, prefix + name)
    for attribute, value in attributes.items():
        element.setAttribute(attribute, value)
    return element


def fill_merged_texts(sheet: minidom.Document) -> int:
    """Takes merges down a column apart where they hold a text, which all their cells then hold; how many there were."""
    cells = SheetCells(sheet)
    filled_count = 0
    for area in elements(sheet, "mergeCell"):
        (first_row, first_column), (last_row, last_column) = range_of(area.getAttribute("ref"))
        text_cell = cells.get((first_row + 1, first_column + 1))
        if first_column != last_column or text_cell is None or text_cell.getAttribute("t") not in TEXT_TYPES:
            continue
        for row in range(first_row + 2, last_row + 2):
            _copy_content(text_cell, cells.cell(row, first_column + 1))
        remove(area)
        filled_count += 1
    for areas in elements(sheet, "mergeCells"):
        if not elements(areas, "mergeCell"):
            remove(areas)
    return filled_count


def _copy_content(text_cell: Element, cell: Element) -> None:
    for child in list(cell.childNodes):
        cell.removeChild(child)
    cell.setAttribute("t", text_cell.getAttribute("t"))
    for child in text_cell.childNodes:
        if isinstance(child, Element) and (copy := child.cloneNode(deep=True)):
            cell.appendChild(copy)


def blank_rows(parts: WorkbookParts, rows_by_sheet: Mapping[str, set[int] | None]) -> None:
    """Empties the cells of rows, or of whole sheets (None); formats stay."""
    for sheet_name, rows in rows_by_sheet.items():
        for row, _, cell in sheet_cells(parts.document(parts.sheets[sheet_name])):
            if rows is None or row in rows:
                for child in list(cell.childNodes):
                    cell.removeChild(child)
                if cell.hasAttribute("t"):
                    cell.removeAttribute("t")
