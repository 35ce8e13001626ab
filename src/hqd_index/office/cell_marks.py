"""Cells of a workbook marked by colour and comment, all else as it was."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from xlsxwriter.utility import xl_rowcol_to_cell

from .workbook_parts import Element, SheetCells, WorkbookParts, elements, new_element, remove

FILL_COLOUR = "FFFF9C8F"
SHEET_PARTS_AFTER_COMMENTS = (
    "legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""Elements of a worksheet that follow legacyDrawing, in the order of ECMA-376."""
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
COMMENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
BOX_COLUMNS, BOX_ROWS = 4, 7
AUTHOR = "hqd"


@dataclass(frozen=True)
class CellMark:
    """A cell (row and column from 1) and what is wrong with it."""

    sheet: str
    row: int
    column: int
    text: str


def marked_copy(workbook: Path, marks: Sequence[CellMark], target: Path) -> None:
    """Writes the workbook with a red fill and a comment at each mark; several of one cell share its comment.

    Comments that a sheet has already are left out of the copy where it has marks: a sheet has one set of them.
    """
    parts = WorkbookParts(workbook)
    texts: dict[str, dict[tuple[int, int], list[str]]] = {}
    for mark in marks:
        lines = texts.setdefault(mark.sheet, {}).setdefault((mark.row, mark.column), [])
        if mark.text not in lines:
            lines.append(mark.text)
    for number, (sheet, lines_by_cell) in enumerate(texts.items(), start=1):
        comments = {place: "\n".join(lines) for place, lines in lines_by_cell.items()}
        _colour(parts, parts.sheets[sheet], list(comments))
        _add_comments(parts, parts.sheets[sheet], comments, number)
    parts.write(target)


def _colour(parts: WorkbookParts, part_name: str, places: Sequence[tuple[int, int]]) -> None:
    cells, styles = SheetCells(parts.document(part_name)), _MarkedStyles(parts)
    for place in places:
        cell = cells.cell(*place)
        cell.setAttribute("s", str(styles.marked(int(cell.getAttribute("s") or 0))))


class _MarkedStyles:
    """The cell formats of a workbook, each with a twin that differs in its fill."""

    def __init__(self, parts: WorkbookParts) -> None:
        part = next(name for name in parts.relations(parts.book).values() if name.endswith("styles.xml"))
        self.document = parts.document(part)
        self.formats = elements(self.document, "cellXfs")[0]
        self.twins: dict[int, int] = {}
        fills = elements(self.document, "fills")[0]
        self.fill = len(elements(fills, "fill"))
        pattern = new_element(self.document, "patternFill", patternType="solid")
        pattern.appendChild(new_element(self.document, "fgColor", rgb=FILL_COLOUR))
        pattern.appendChild(new_element(self.document, "bgColor", indexed="64"))
        fill = new_element(self.document, "fill")
        fill.appendChild(pattern)
        fills.appendChild(fill)
        fills.setAttribute("count", str(self.fill + 1))

    def marked(self, style: int) -> int:
        if style not in self.twins:
            formats = elements(self.formats, "xf")
            twin = formats[style].cloneNode(deep=True)
            assert twin is not None
            twin.setAttribute("fillId", str(self.fill))
            twin.setAttribute("applyFill", "1")
            self.formats.appendChild(twin)
            self.formats.setAttribute("count", str(len(formats) + 1))
            self.twins[style] = len(formats)
        return self.twins[style]


def _add_comments(parts: WorkbookParts, part_name: str, comments: dict[tuple[int, int], str], number: int) -> None:
    """The comments of a sheet and the boxes they are shown in, in place of those it had."""
    comment_part, drawing_part = f"xl/hqdComments{number}.xml", f"xl/drawings/hqdComments{number}.vml"
    parts.add(comment_part, _comments_xml(comments))
    parts.add(drawing_part, _drawing_xml(comments, number))
    _remove_old_comments(parts, part_name)
    sheet, folder = parts.document(part_name), posixpath.dirname(part_name)
    link = "hqdDrawing"
    _relate(parts, part_name, link, f"{RELATIONS}/vmlDrawing", posixpath.relpath(drawing_part, folder))
    _relate(parts, part_name, "hqdComments", f"{RELATIONS}/comments", posixpath.relpath(comment_part, folder))
    root = sheet.documentElement
    assert root is not None
    root.setAttribute("xmlns:hqd", RELATIONS)
    drawing = new_element(sheet, "legacyDrawing")
    drawing.setAttributeNS(RELATIONS, "hqd:id", link)
    children = [child for child in root.childNodes if isinstance(child, Element)]
    root.insertBefore(drawing, next((child for child in children if child.localName in SHEET_PARTS_AFTER_COMMENTS), None))
    _declare(parts, comment_part)


def _remove_old_comments(parts: WorkbookParts, part_name: str) -> None:
    sheet = parts.document(part_name)
    for drawing in elements(sheet, "legacyDrawing"):
        remove(drawing)
    relations = parts.relations_part(part_name)
    if relations in parts.contents:
        for relation in elements(parts.document(relations), "Relationship"):
            if relation.getAttribute("Type").rpartition("/")[2] in ("comments", "vmlDrawing", "threadedComment"):
                remove(relation)


def _relate(parts: WorkbookParts, part_name: str, link: str, relation_type: str, target: str) -> None:
    relations = parts.relations_part(part_name)
    if relations not in parts.contents:
        parts.add(relations, f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE_RELATIONS}"/>')
    document = parts.document(relations)
    relation = new_element(document, "Relationship", Id=link, Type=relation_type, Target=target)
    elements(document, "Relationships")[0].appendChild(relation)


def _declare(parts: WorkbookParts, comment_part: str) -> None:
    """The types of the new parts in the list of the package."""
    document = parts.document("[Content_Types].xml")
    root = elements(document, "Types")[0]
    defaults = {default.getAttribute("Extension") for default in elements(root, "Default")}
    if "vml" not in defaults:
        root.insertBefore(new_element(document, "Default", Extension="vml", ContentType=DRAWING_TYPE), root.firstChild)
    root.appendChild(new_element(document, "Override", PartName=f"/{comment_part}", ContentType=COMMENT_TYPE))


def _comments_xml(comments: dict[tuple[int, int], str]) -> str:
    items = "".join(
        f'<comment ref="{xl_rowcol_to_cell(row - 1, column - 1)}" authorId="0"><text><t xml:space="preserve">'
        f"{escape(text)}</t></text></comment>"
        for (row, column), text in sorted(comments.items())
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><comments xmlns="{MAIN}"><authors><author>{AUTHOR}</author></authors>'
        f"<commentList>{items}</commentList></comments>"
    )


def _drawing_xml(comments: dict[tuple[int, int], str], number: int) -> str:
    shapes = "".join(_box(row, column, number * 1024 + k) for k, (row, column) in enumerate(sorted(comments), start=1))
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/></v:shapetype>' + shapes + "</xml>"
    )


def _box(row: int, column: int, shape: int) -> str:
    anchor = f"{column}, 15, {max(row - 2, 0)}, 2, {column + BOX_COLUMNS}, 15, {max(row - 2, 0) + BOX_ROWS}, 2"
    style = "position:absolute;width:240pt;height:90pt;visibility:hidden"
    return (
        f'<v:shape id="_x0000_s{shape}" type="#_x0000_t202" style={quoteattr(style)} fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:textbox/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column>"
        "</x:ClientData></v:shape>"
    )
