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

from ..reading_limits import damaged, guarded, too_big
from .package_xml import Enough, elements, local, opened_package, parsed
from .sheet_grid import Book, Grid, GridRows, Range, SheetName, column_of, range_of
from .shown_numbers import BUILT_IN, UNIT_MARK, number_text, shown

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
MAX_STRINGS = 3_000_000


@dataclass(frozen=True)
class Parts:
    """What the cells of every sheet refer to: shared strings, the format code of each style, and the date system."""

    strings: list[str]
    codes: list[str]
    from_1904: bool


@contextmanager
def xlsx_book(path: Path, location: str) -> Iterator[Book]:
    """The workbook while it is open; DataError S08 or S09 when it is damaged or beyond the limits."""
    with opened_package(path, location) as archive, guarded(location):
        main = _main_part(archive, location)
        links = _links(archive, main, location)
        named, ranges, from_1904 = _named(archive, main, location)
        targets = {name: links[link][1] for name, link, _ in named if link in links and "worksheet" in links[link][0]}
        sheets = tuple(SheetName(name, visible) for name, _, visible in named if name in targets)
        if not sheets:
            raise damaged(location, "no worksheet")
        kinds = {kind.rpartition("/")[2]: target for kind, target in links.values()}

        @cache
        def parts() -> Parts:
            strings = _strings(archive, kinds["sharedStrings"], location) if "sharedStrings" in kinds else []
            codes = _format_codes(archive, kinds["styles"], location) if "styles" in kinds else []
            return Parts(strings, codes, from_1904)

        def grid(name: str) -> Grid:
            with guarded(f"{location} [{name}]"):
                return _read(archive, targets[name], name, parts(), f"{location} [{name}]")

        def filled(name: str) -> bool:
            with guarded(f"{location} [{name}]"):
                return _holds_values(archive, targets[name], f"{location} [{name}]")

        yield Book(sheets, grid, filled, ranges)


def _main_part(archive: zipfile.ZipFile, location: str) -> str:
    """The workbook part that the package names, else where it usually is."""
    with suppress(KeyError):
        for kind, target in _links(archive, "", location).values():
            if kind.endswith("/officeDocument"):
                return target
    return "xl/workbook.xml"


def _links(archive: zipfile.ZipFile, part: str, location: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (type, part) of a part."""
    folder, name = posixpath.split(part)
    links = {}
    for element, attributes in elements(archive, posixpath.join(folder, "_rels", f"{name}.rels"), location):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            links[attributes.get("Id", "")] = (attributes.get("Type", ""), target)
    return links


def _named(
    archive: zipfile.ZipFile, part: str, location: str
) -> tuple[list[tuple[str, str, bool]], dict[str, tuple[str, Range]], bool]:
    """(name, link, visible) of each sheet, ranges by name, and whether days are counted from 1904."""
    sheets: list[tuple[str, str, bool]] = []
    ranges: dict[str, tuple[str, Range]] = {}
    dated = False
    current: str | None = None
    text = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal dated, current, text
        tag, mine = local(name), {local(key): value for key, value in attributes.items()}
        if tag == "sheet":
            sheets.append((mine.get("name", ""), mine.get("id", ""), mine.get("state", "visible") == "visible"))
        elif tag == "workbookPr":
            dated = mine.get("date1904") in ("1", "true", "on")
        current, text = (mine.get("name") if tag == "definedName" else None), ""

    def end(name: str) -> None:
        nonlocal current
        if current and local(name) == "definedName":
            sheet, _, cells = text.rpartition("!")
            with suppress(ValueError):
                ranges[current] = (sheet.strip("'").replace("''", "'"), range_of(cells))
        current = None

    def said(data: str) -> None:
        nonlocal text
        if current:
            text += data

    parsed(archive, part, start, end, said, location=location)
    return sheets, ranges, dated


def _strings(archive: zipfile.ZipFile, part: str, location: str) -> list[str]:
    """The shared strings, phonetic readings left out."""
    strings: list[str] = []
    pieces: list[str] = []
    inside, phonetic = False, False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside, phonetic
        tag = local(name)
        if tag == "t":
            inside = not phonetic
        elif tag == "rPh":
            phonetic = True
        elif tag == "si":
            pieces.clear()

    def end(name: str) -> None:
        nonlocal inside, phonetic
        tag = local(name)
        if tag == "si":
            strings.append(_unescaped("".join(pieces)))
            if len(strings) > MAX_STRINGS:
                raise too_big(location, f"more than {MAX_STRINGS} strings")
        elif tag == "rPh":
            phonetic = False
        inside = False

    def said(data: str) -> None:
        if inside:
            pieces.append(data)

    parsed(archive, part, start, end, said, location=location)
    return strings


def _unescaped(text: str) -> str:
    """Control characters as spreadsheets write them in XML: _x000D_."""
    return ESCAPED.sub(lambda mark: chr(int(mark.group(1), 16)), text) if "_x" in text else text


def _format_codes(archive: zipfile.ZipFile, part: str, location: str) -> list[str]:
    """The format code of each cell style."""
    own: dict[int, str] = {}
    codes: list[str] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = local(name)
        if tag == "numFmt":
            own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            number = int(attributes.get("numFmtId", "0"))
            codes.append(own.get(number) or BUILT_IN.get(number, ""))

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and local(name) != "cellXfs"

    parsed(archive, part, start, end, location=location)
    return codes


def _holds_values(archive: zipfile.ZipFile, part: str, location: str) -> bool:
    """Whether any cell of a sheet holds a value or a formula."""
    found = False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal found
        if local(name) in ("v", "is", "f"):
            found = True
            raise Enough

    parsed(archive, part, start, location=location)
    return found


def _read(archive: zipfile.ZipFile, part: str, name: str, parts: Parts, location: str) -> Grid:
    reader = _SheetReader(parts, location)
    parsed(archive, part, reader.start, reader.end, reader.text, location=location)
    return Grid(
        name, reader.rows.checked(), tuple(reader.merged), tuple(reader.uncached), frozenset(reader.marked), reader.hidden
    )


class _SheetReader:
    """The handlers of one worksheet part: what the event parser meets becomes cells."""

    def __init__(self, parts: Parts, location: str) -> None:
        self.parts = parts
        self.rows = GridRows(location)
        self.merged: list[Range] = []
        self.uncached: list[tuple[int, int]] = []
        self.marked: set[int] = set()
        self.hidden = 0
        self.prefix = ""
        self.row, self.column = -1, -1
        self.cell: dict[str, str] = {}
        self.value = ""
        self.tag = ""
        self.formula, self.phonetic = False, False
        self.places: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self.tag = name[len(self.prefix) :]
        if tag == "c":
            self.cell, self.value, self.formula = attributes, "", False
        elif tag == "v" or tag == "t":
            return
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            self.hidden += attributes.get("hidden") in ("1", "true")
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "mergeCell":
            self.merged.append(range_of(attributes.get("ref", "")))
        elif ":" in tag:
            self.prefix = name[: -len(local(name))]
            self.tag = local(name)

    def text(self, data: str) -> None:
        if self.tag == "v" or (self.tag == "t" and not self.phonetic):
            self.value += data

    def end(self, name: str) -> None:
        self.tag = ""
        if name[len(self.prefix) :] == "c":
            self._end_cell()
        elif self.phonetic and local(name) == "rPh":
            self.phonetic = False

    def _end_cell(self) -> None:
        """The cell's place is its reference, or the one after its neighbour where it has none."""
        reference = self.cell.get("r")
        if reference is None:
            self.column += 1
        else:
            letters = reference.rstrip("0123456789")
            place = self.places.get(letters)
            if place is None:
                place = self.places[letters] = column_of(letters.upper())
            self.column = place
            if len(letters) < len(reference):
                self.row = int(reference[len(letters) :]) - 1
        if self.value:
            self._keep(self.value)
        elif self.formula and self.cell.get("t") != "str":
            self.uncached.append((self.row, self.column))

    def _keep(self, raw: str) -> None:
        kind = self.cell.get("t", "n")
        if kind == "s":
            text = self.parts.strings[int(raw)]
        elif kind == "n":
            text = self._number(raw.strip())
        elif kind == "b":
            text = "true" if raw.strip() in ("1", "true") else "false"
        elif kind == "d":
            text = raw.removesuffix("T00:00:00").replace("T", " ")
        else:  # str, inlineStr, e
            text = _unescaped(raw)
        if text:
            self.rows.put(self.row, self.column, text)

    def _number(self, raw: str) -> str:
        codes, style = self.parts.codes, int(self.cell.get("s", 0))
        code = codes[style] if style < len(codes) else ""
        if not code:
            return number_text(raw)
        text = shown(raw, code, from_1904=self.parts.from_1904)
        if UNIT_MARK in text:
            self.marked.add(self.column)
        return text


def is_xlsx_archive(archive: zipfile.ZipFile) -> bool:
    """Whether the members of an archive are those of an xlsx workbook."""
    names = archive.namelist()
    books = [name for name in names if name.endswith(".xml") and "workbook" in name]
    return any(name.startswith("xl/workbook") for name in books) or bool(books and "[Content_Types].xml" in names)
