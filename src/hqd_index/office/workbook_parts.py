"""The parts of an xlsx workbook, changed and written again; what is not touched stays as it was, byte for byte."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.dom import minidom

from ..intake.read.workbooks.package_xml import open_package
from ..intake.read.workbooks.sheet_grid import column_of

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
            relation.getAttribute("Id"): posixpath.normpath(
                posixpath.join("/", folder, relation.getAttribute("Target"))
            ).lstrip("/")
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


def blank_rows(parts: WorkbookParts, rows_by_sheet: Mapping[str, set[int] | None]) -> None:
    """Empties the cells of rows, or of whole sheets (None); formats stay."""
    for sheet_name, rows in rows_by_sheet.items():
        for row, _, cell in sheet_cells(parts.document(parts.sheets[sheet_name])):
            if rows is None or row in rows:
                for child in list(cell.childNodes):
                    cell.removeChild(child)
                if cell.hasAttribute("t"):
                    cell.removeAttribute("t")
