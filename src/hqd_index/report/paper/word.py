"""Word files: three-line tables and prose, in the faces Chinese journals ask for; the same bytes for the same text."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt

from ..bilingual import Bilingual, formula_pieces, visible_text
from ..wording import wording
from .paper_tables import AbsentTable, Cell, PaperTable, absence_statement
from .prose_blocks import Block

CHINESE_FACE, LATIN_FACE = "宋体", "Times New Roman"
THICK_RULE, THIN_RULE = 12, 6
"""Rules in eighths of a point: 1.5 and 0.75 pt."""
STAMP = datetime.datetime(2020, 1, 1)
TEXT_WIDTH = 16.6
"""Width of the text in cm."""
TWIPS = 566.93
"""Twentieths of a point in a centimetre."""
TWIPS_PER_POINT = 20
"""Twentieths of a point in one."""
TABLE_XML = (
    '<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
    '<w:tblCellMar><w:left w:w="{margin}" w:type="dxa"/><w:right w:w="{margin}" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    "<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
)
KEEP_NEXT = "<w:keepNext/>"
SHORT_TABLE = 30
"""Lines up to which a table is kept on one page."""
TEXT_SIZES = ((9, 7.0, 15), (7, 8.0, 40), (0, 9.0, 90))
"""From so many columns on: size of the text in points, margin of a cell in twentieths of a point."""


def new_document(title: str, notice: str, remark: str) -> Any:
    """An A4 document in 宋体 and Times New Roman, 10.5 pt; a notice at the head of every page, a remark among its properties."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height, section.orientation = Cm(21), Cm(29.7), WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.4)
    for style_name in ("Normal", "Heading 1", "Heading 2", "Title"):
        style = document.styles[style_name]
        style.font.name = LATIN_FACE
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), CHINESE_FACE)
        for theme_attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme_attribute}"), None)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties = style.element.get_or_add_rPr()
        for language_element in properties.findall(qn("w:lang")):
            properties.remove(language_element)
        properties.append(language)
    document.styles["Normal"].font.size = Pt(10.5)
    for style_name, size in (("Heading 1", 14), ("Heading 2", 12), ("Title", 18)):
        document.styles[style_name].font.size = Pt(size)
        document.styles[style_name].font.color.rgb = None
    properties = document.core_properties
    properties.title, properties.author, properties.created, properties.modified = title, "hqd-index", STAMP, STAMP
    properties.last_modified_by, properties.comments = "hqd-index", remark
    if notice:
        section.header.paragraphs[0]._p.append(parse_xml(text_run(notice, 8).replace("<w:r>", f"<w:r {nsdecls('w')}>", 1)))
    return document


def save(document: Any, path: Path) -> Path:
    """The document as a file whose archive carries fixed times."""
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written_archive:
        for member_name in sorted(source.namelist(), key=lambda member_name: (member_name != "[Content_Types].xml", member_name)):
            zip_entry = zipfile.ZipInfo(member_name, date_time=(1980, 1, 1, 0, 0, 0))
            zip_entry.compress_type = zipfile.ZIP_DEFLATED
            written_archive.writestr(zip_entry, source.read(member_name))
    return path


def write_tables(
    tables: Sequence[PaperTable | AbsentTable], path: Path, language: str, title: str, notice: str = "", remark: str = ""
) -> Path:
    """All tables of the paper in one file, each with its caption above and its note below."""
    document = new_document(title, notice, remark)
    present = [paper_table for paper_table in tables if isinstance(paper_table, PaperTable)]
    parts = [table_part for paper_table in present for table_part in with_caption(paper_table, language)]
    statement = absence_statement(tables).of(language)
    _fill_body(document, [*parts, *([paragraph(text_run(statement, 9))] if statement else [])])
    return save(document, path)


def write_methods(blocks: Sequence[Block], path: Path, language: str, title: str, notice: str = "", remark: str = "") -> Path:
    """The methods section as a document."""
    document = new_document(title, notice, remark)
    _fill_body(
        document,
        [paragraph(text_run(title, 16, is_bold=True), align="center"), *(prose_paragraph(block, language) for block in blocks)],
    )
    return save(document, path)


def _fill_body(document: Any, xml_parts: Sequence[str]) -> None:
    """The document's body, read as XML at once: paragraph by paragraph through the library takes many times as long."""
    body = document.element.body
    filled_body = parse_xml(f"<w:body {nsdecls('w')}>{''.join(xml_parts)}</w:body>")
    filled_body.append(body.sectPr)
    document.element.replace(body, filled_body)


def caption(paper_table: PaperTable, language: str) -> str:
    """`表3  基准回归结果` or `Table 3  Baseline regressions`."""
    return wording("paper.caption", number=paper_table.number, title=paper_table.title).of(language)


def with_caption(paper_table: PaperTable, language: str) -> list[str]:
    """A caption, the table with its three rules, its note and a blank line, as WordprocessingML."""
    caption_paragraph = paragraph(
        text_run(caption(paper_table, language), 10.5, is_bold=True), align="center", keep_with_next=True, space_after=3
    )
    note = paper_table.note.of(language)
    return [
        caption_paragraph,
        table_xml(paper_table, language),
        *([paragraph(text_run(note, 8), space_before=3)] if note else []),
        paragraph(""),
    ]


def prose_paragraph(block: Block, language: str) -> str:
    """A block of the methods section as a paragraph."""
    text = block.text.of(language)
    if block.block_type == "formula":
        return paragraph(
            "".join(
                text_run(piece, 11, italic=True, script_position=script_position)
                for piece, script_position in formula_pieces(text)
            ),
            align="center",
        )
    if block.block_type == "heading":
        return paragraph(text_run(text, 12, is_bold=True), keep_with_next=True, space_before=10)
    left_indent, first_indent = (
        (24, -24) if block.block_type == "work" else (0, 21 if block.block_type == "text" and language == "zh" else 0)
    )
    return paragraph(
        _cited_runs(text) if block.block_type != "work" else text_run(text, 10.5),
        bullet=block.block_type == "list",
        line_height=1.35,
        left_indent=left_indent,
        first_indent=first_indent,
    )


def _cited_runs(text: str) -> str:
    """Text with the numbers of works as superscripts, which is how Chinese journals cite."""
    pieces = re.split(r"(\[\d+(?:[-,]\d+)*\])", text)
    return "".join(text_run(piece, 10.5, script_position="super" if k % 2 else "") for k, piece in enumerate(pieces) if piece)


def paragraph(
    runs: str,
    *,
    align: str = "",
    keep_with_next: bool = False,
    space_before: float | None = None,
    space_after: float | None = None,
    line_height: float = 0,
    left_indent: float = 0,
    first_indent: float = 0,
    bullet: bool = False,
) -> str:
    """A paragraph around its runs, as WordprocessingML; spaces and indents in points, `line_height` in lines."""
    spaces = {"before": space_before, "after": space_after}
    spacing = "".join(
        f' w:{margin_side}="{round(TWIPS_PER_POINT * space)}"' for margin_side, space in spaces.items() if space is not None
    )
    spacing += f' w:line="{round(240 * line_height)}" w:lineRule="auto"' if line_height else ""
    indent = f' w:left="{round(TWIPS_PER_POINT * left_indent)}"' if left_indent else ""
    indent += (
        f' w:{"firstLine" if first_indent > 0 else "hanging"}="{round(TWIPS_PER_POINT * abs(first_indent))}"'
        if first_indent
        else ""
    )
    paragraph_properties = (
        '<w:pStyle w:val="ListBullet"/>' if bullet else "",
        KEEP_NEXT if keep_with_next else "",
        f"<w:spacing{spacing}/>" if spacing else "",
        f"<w:ind{indent}/>" if indent else "",
        f'<w:jc w:val="{align}"/>' if align else "",
    )
    return f"<w:p><w:pPr>{''.join(paragraph_properties)}</w:pPr>{runs}</w:p>"


def text_run(content: str, font_size: float, *, is_bold: bool = False, italic: bool = False, script_position: str = "") -> str:
    """A run of text in both faces, as WordprocessingML; `font_size` in points, `script_position` is sub or super."""
    run_properties = f'<w:rFonts w:ascii="{LATIN_FACE}" w:hAnsi="{LATIN_FACE}" w:eastAsia="{CHINESE_FACE}"/>'
    run_properties += f"{'<w:b/>' * is_bold}{'<w:i/>' * italic}"
    run_properties += f'<w:sz w:val="{round(2 * font_size)}"/><w:szCs w:val="{round(2 * font_size)}"/>'
    run_properties += f'<w:vertAlign w:val="{script_position}script"/>' if script_position else ""
    return f'<w:r><w:rPr>{run_properties}</w:rPr><w:t xml:space="preserve">{escape(visible_text(content))}</w:t></w:r>'


def table_xml(paper_table: PaperTable, language: str) -> str:
    """The table as WordprocessingML."""
    columns = len(paper_table.header[0])
    font_size, margin = next((font_size, margin) for min_columns, font_size, margin in TEXT_SIZES if columns >= min_columns)
    shares = paper_table.widths or (2.0, *[1.0] * (columns - 1))
    column_widths = [round(TEXT_WIDTH * TWIPS * share / sum(shares)) for share in shares]
    lines, header = [*paper_table.header, *paper_table.body], len(paper_table.header)
    left_aligned = [_holds_words(paper_table, j) for j in range(columns)]
    rows = []
    for i, line in enumerate(lines):
        keep_with_next = KEEP_NEXT if len(lines) < SHORT_TABLE or i == len(lines) - 1 else ""  # the note stays with the last line
        borders = _borders(i, len(lines), paper_table)
        cells_xml = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" '
            f'w:type="dxa"/>{borders}</w:tcPr><w:p><w:pPr>{keep_with_next}<w:spacing w:after="0"/>'
            "<w:jc "
            f'w:val="{"left" if is_left else "center"}"/></w:pPr>{text_run(_plain_text(cell, language), font_size)}</w:p></w:tc>'
            for cell, width, is_left in zip(line, column_widths, left_aligned)
        )
        rows.append(f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if i < header else ''}</w:trPr>{cells_xml}</w:tr>")
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in column_widths)
    return TABLE_XML.format(width=sum(column_widths), margin=round(margin), grid=grid, rows="".join(rows))


def _borders(line_index: int, line_count: int, paper_table: PaperTable) -> str:
    """Rules of a line: 1.5 pt above the first and below the last, 0.75 pt under the header and before marked lines."""
    header = len(paper_table.header)
    top_rule = THICK_RULE if line_index == 0 else THIN_RULE if line_index - header in paper_table.rule_before else 0
    bottom_rule = THICK_RULE if line_index == line_count - 1 else THIN_RULE if line_index == header - 1 else 0
    sides = {"top": top_rule, "bottom": bottom_rule}
    borders = "".join(
        f'<w:{border_side} w:val="single" w:sz="{rule_width}" w:color="000000"/>'
        for border_side, rule_width in sides.items()
        if rule_width
    )
    return f"<w:tcBorders>{borders}</w:tcBorders>" if borders else ""


def _plain_text(cell: Cell, language: str) -> str:
    return cell.of(language) if isinstance(cell, Bilingual) else cell


def _holds_words(paper_table: PaperTable, column: int) -> bool:
    """Whether a column holds words: the first, and those with a cell longer than a number in brackets."""
    longest_text = max((len(_plain_text(body_line[column], "zh")) for body_line in paper_table.body), default=0)
    return column == 0 or (longest_text > 18 and paper_table.id != "robustness")
