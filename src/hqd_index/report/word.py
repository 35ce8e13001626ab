"""Word files: three-line tables and prose, in the faces Chinese journals ask for; the same bytes for the same text."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from .methods_text import Block
from .paper import Absent, Cell, PaperTable
from .words import Pair, pieces

EAST, WEST = "宋体", "Times New Roman"
THICK, THIN = 12, 6
"""Rules in eighths of a point: 1.5 and 0.75 pt."""
STAMP = datetime.datetime(2020, 1, 1)
PAGE = 16.6
"""Width of the text in cm."""
SHORT = 30
"""Lines up to which a table is kept on one page."""
SIZES = ((9, 7.0, 15), (7, 8.0, 40), (0, 9.0, 90))
"""From so many columns on: size of the text in points, margin of a cell in twentieths of a point."""


def new_document(title: str) -> Any:
    """An A4 document in 宋体 and Times New Roman, 10.5 pt."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height, section.orientation = Cm(21), Cm(29.7), WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.4)
    for name in ("Normal", "Heading 1", "Heading 2", "Title"):
        style = document.styles[name]
        style.font.name = WEST
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), EAST)
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties = style.element.get_or_add_rPr()
        for old in properties.findall(qn("w:lang")):
            properties.remove(old)
        properties.append(language)
    document.styles["Normal"].font.size = Pt(10.5)
    for name, size in (("Heading 1", 14), ("Heading 2", 12), ("Title", 18)):
        document.styles[name].font.size = Pt(size)
        document.styles[name].font.color.rgb = None
    properties = document.core_properties
    properties.title, properties.author, properties.created, properties.modified = title, "hqd-index", STAMP, STAMP
    properties.last_modified_by, properties.comments = "hqd-index", ""
    return document


def save(document: Any, path: Path) -> Path:
    """The document as a file whose archive carries fixed times."""
    raw = io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return path


def write_tables(tables: Sequence[PaperTable | Absent], path: Path, language: str, title: str) -> Path:
    """All tables of the paper in one file, each with its caption above and its note below."""
    document = new_document(title)
    for table in tables:
        add_table(document, table, language)
    return save(document, path)


def write_methods(blocks: Sequence[Block], path: Path, language: str, title: str) -> Path:
    """The methods section as a document."""
    document = new_document(title)
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(heading, title, 16, bold=True)
    for block in blocks:
        text = block.text.of(language)
        if block.kind == "formula":
            add_formula(document, text)
        elif block.kind == "heading":
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.keep_with_next = True
            paragraph.paragraph_format.space_before = Pt(10)
            _run(paragraph, text, 12, bold=True)
        else:
            paragraph = document.add_paragraph(style="List Bullet" if block.kind == "list" else "Normal")
            paragraph.paragraph_format.line_spacing = 1.35
            if block.kind == "text" and language == "zh":
                paragraph.paragraph_format.first_line_indent = Pt(21)
            _run(paragraph, text, 10.5)
    return save(document, path)


def caption(table: PaperTable | Absent, language: str) -> str:
    """`表3  基准回归结果` or `Table 3  Baseline regressions`."""
    return Pair(f"表{table.number}  {table.title.zh}", f"Table {table.number}  {table.title.en}").of(language)


def add_table(document: Any, table: PaperTable | Absent, language: str) -> None:
    """A caption, the table with its three rules (or why it is absent), its note and a blank line."""
    head = document.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.paragraph_format.keep_with_next = True
    head.paragraph_format.space_after = Pt(3)
    _run(head, caption(table, language), 10.5, bold=True)
    if isinstance(table, Absent):
        reason = document.add_paragraph()
        _run(reason, Pair("本次未生成：", "Not made: ").of(language) + table.why.of(language), 9)
        return
    columns = len(table.header[0])
    size, margin = next((size, margin) for least, size, margin in SIZES if columns >= least)
    grid = document.add_table(len(table.header) + len(table.body), columns)
    grid.autofit = False
    lines, header = [*table.header, *table.body], len(table.header)
    rows = [row.cells for row in grid.rows]
    for i, (line, cells) in enumerate(zip(lines, rows)):
        _no_split(grid.rows[i], repeat=i < header)
        for j, (text, cell) in enumerate(zip(line, cells)):
            keep = len(lines) < SHORT or i == len(lines) - 1  # the note stays with the last line
            _fill(cell, _text(text, language), size, left=_leftish(table, j), keep=keep)
    _margins(grid, margin)
    _rules(rows, table)
    _widths(grid, rows, table, columns)
    if table.note.of(language):
        note = document.add_paragraph()
        note.paragraph_format.space_before = Pt(3)
        _run(note, table.note.of(language), 8)
    document.add_paragraph()


def _text(cell: Cell, language: str) -> str:
    return cell.of(language) if isinstance(cell, Pair) else cell


def _leftish(table: PaperTable, column: int) -> bool:
    """Whether a column holds words: the first, and those with a cell longer than a number in brackets."""
    longest = max((len(line[column].zh if isinstance(line[column], Pair) else line[column]) for line in table.body), default=0)  # type: ignore[union-attr]
    return column == 0 or (longest > 18 and table.id != "robustness")


def _run(paragraph: Any, text: str, size: float, *, bold: bool = False, italic: bool = False, place: str = "") -> None:
    """A run of text in both faces; `place` is sub or super."""
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic, run.font.name = Pt(size), bold, italic, WEST
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), EAST)
    if place:
        setattr(run.font, "subscript" if place == "sub" else "superscript", True)


def _fill(cell: Any, text: str, size: float, *, left: bool, keep: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.keep_with_next = keep
    _run(paragraph, text, size)


def _no_split(row: Any, *, repeat: bool) -> None:
    """A line that stays on one page; header lines come again on the next."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if repeat:
        properties.append(OxmlElement("w:tblHeader"))


def _margins(grid: Any, twips: int) -> None:
    """Left and right margins of the cells, in twentieths of a point."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    grid._tbl.tblPr.append(margins)


def _rules(rows: Sequence[Any], table: PaperTable) -> None:
    """Rules above and below (1.5 pt), under the header and before marked lines (0.75 pt); none upright."""
    header = len(table.header)
    sides = [(0, {"top": THICK}), (header - 1, {"bottom": THIN}), (len(rows) - 1, {"bottom": THICK})]
    sides += [(header + line, {"top": THIN}) for line in table.rule_before]
    for row, side in sides:
        for cell in rows[row]:
            _border(cell, **side)


def _border(cell: Any, **sides: int) -> None:
    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    for side in ("top", "bottom"):
        if side in sides:
            rule = OxmlElement(f"w:{side}")
            rule.set(qn("w:val"), "single")
            rule.set(qn("w:sz"), str(sides[side]))
            rule.set(qn("w:color"), "000000")
            borders.append(rule)


def _widths(grid: Any, rows: Sequence[Any], table: PaperTable, columns: int) -> None:
    """Column widths in proportion, over the width of the page's text; Word reads the cells, others the grid."""
    shares = table.widths or (2.0, *[1.0] * (columns - 1))
    widths = [Cm(PAGE * share / sum(shares)) for share in shares]
    for column, width in zip(grid.columns, widths):
        column.width = width
    for cells in rows:
        for cell, width in zip(cells, widths):
            cell.width = width


def add_formula(document: Any, text: str) -> None:
    """A centred formula; `_x`, `_{xy}` and `^x` are set below and above the line."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece, place in pieces(text):
        _run(paragraph, piece, 11, italic=True, place=place)
