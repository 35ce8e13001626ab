"""Word files: three-line tables and prose, in the faces Chinese journals ask for; the same bytes for the same text."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt

from .paper import Absent, Cell, PaperTable
from .prose import Block
from .words import Pair, legible, pieces

EAST, WEST = "宋体", "Times New Roman"
THICK, THIN = 12, 6
"""Rules in eighths of a point: 1.5 and 0.75 pt."""
STAMP = datetime.datetime(2020, 1, 1)
PAGE = 16.6
"""Width of the text in cm."""
TWIPS = 566.93
"""Twentieths of a point in a centimetre."""
TABLE = (
    '<w:tbl {names}><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
    '<w:tblCellMar><w:left w:w="{margin}" w:type="dxa"/><w:right w:w="{margin}" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    "<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
)
RUN = (
    '<w:rPr><w:rFonts w:ascii="{west}" w:hAnsi="{west}" w:eastAsia="{east}"/><w:sz w:val="{size}"/>'
    '<w:szCs w:val="{size}"/></w:rPr>'
)
KEEP = "<w:keepNext/>"
SHORT = 30
"""Lines up to which a table is kept on one page."""
SIZES = ((9, 7.0, 15), (7, 8.0, 40), (0, 9.0, 90))
"""From so many columns on: size of the text in points, margin of a cell in twentieths of a point."""


def new_document(title: str, notice: str = "") -> Any:
    """An A4 document in 宋体 and Times New Roman, 10.5 pt; a notice stands at the head of every page."""
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
    if notice:
        _run(section.header.paragraphs[0], notice, 8)
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


def write_tables(tables: Sequence[PaperTable | Absent], path: Path, language: str, title: str, notice: str = "") -> Path:
    """All tables of the paper in one file, each with its caption above and its note below."""
    document = new_document(title, notice)
    for table in tables:
        add_table(document, table, language)
    return save(document, path)


def write_methods(blocks: Sequence[Block], path: Path, language: str, title: str, notice: str = "") -> Path:
    """The methods section as a document."""
    document = new_document(title, notice)
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
            if block.kind == "work":
                paragraph.paragraph_format.left_indent, paragraph.paragraph_format.first_line_indent = Pt(24), Pt(-24)
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
    document.element.body.sectPr.addprevious(parse_xml(table_xml(table, language)))
    if table.note.of(language):
        note = document.add_paragraph()
        note.paragraph_format.space_before = Pt(3)
        _run(note, table.note.of(language), 8)
    document.add_paragraph()


def table_xml(table: PaperTable, language: str) -> str:
    """The table as WordprocessingML, written at once: cell by cell through the library takes twenty times as long."""
    columns = len(table.header[0])
    size, margin = next((size, margin) for least, size, margin in SIZES if columns >= least)
    shares = table.widths or (2.0, *[1.0] * (columns - 1))
    widths = [round(PAGE * TWIPS * share / sum(shares)) for share in shares]
    lines, header = [*table.header, *table.body], len(table.header)
    left = [_leftish(table, j) for j in range(columns)]
    look = RUN.format(size=round(2 * size), west=WEST, east=EAST)
    rows = []
    for i, line in enumerate(lines):
        keep = KEEP if len(lines) < SHORT or i == len(lines) - 1 else ""  # the note stays with the last line
        borders = _borders(i, len(lines), table)
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{borders}</w:tcPr><w:p><w:pPr>{keep}<w:spacing w:after="0"/>'
            f'<w:jc w:val="{"left" if at_left else "center"}"/></w:pPr><w:r>{look}<w:t xml:space="preserve">'
            f"{escape(_text(cell, language))}</w:t></w:r></w:p></w:tc>"
            for cell, width, at_left in zip(line, widths, left)
        )
        rows.append(f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if i < header else ''}</w:trPr>{cells}</w:tr>")
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return TABLE.format(names=nsdecls("w"), width=sum(widths), margin=round(margin), grid=grid, rows="".join(rows))


def _borders(line: int, lines: int, table: PaperTable) -> str:
    """Rules of a line: 1.5 pt above the first and below the last, 0.75 pt under the header and before marked lines."""
    header = len(table.header)
    top = THICK if line == 0 else THIN if line - header in table.rule_before else 0
    bottom = THICK if line == lines - 1 else THIN if line == header - 1 else 0
    sides = {"top": top, "bottom": bottom}
    drawn = "".join(f'<w:{side} w:val="single" w:sz="{size}" w:color="000000"/>' for side, size in sides.items() if size)
    return f"<w:tcBorders>{drawn}</w:tcBorders>" if drawn else ""


def _text(cell: Cell, language: str) -> str:
    return legible(cell.of(language) if isinstance(cell, Pair) else cell)


def _leftish(table: PaperTable, column: int) -> bool:
    """Whether a column holds words: the first, and those with a cell longer than a number in brackets."""
    longest = max((len(_text(line[column], "zh")) for line in table.body), default=0)
    return column == 0 or (longest > 18 and table.id != "robustness")


def _run(paragraph: Any, text: str, size: float, *, bold: bool = False, italic: bool = False, place: str = "") -> None:
    """A run of text in both faces; `place` is sub or super."""
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic, run.font.name = Pt(size), bold, italic, WEST
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), EAST)
    if place:
        setattr(run.font, "subscript" if place == "sub" else "superscript", True)


def add_formula(document: Any, text: str) -> None:
    """A centred formula; `_x`, `_{xy}` and `^x` are set below and above the line."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece, place in pieces(text):
        _run(paragraph, piece, 11, italic=True, place=place)
