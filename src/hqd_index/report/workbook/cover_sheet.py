"""The cover: what the run is, what came out, and a sentence on every sheet, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..bilingual import Bilingual
from ..key_findings import main_findings
from ..outline import SHEET_SENTENCES
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE
from ..wording import wording
from .sheet_format import CellStyles
from .sheet_parts import TAB_COLOURS, Part, part_of

COVER_WIDTH = 100
"""Width of the cover's text, in characters."""
COVER_TITLE = wording("workbook.sheet.cover")
Contents = Sequence[tuple[str, str]]  # id and name of each sheet, in order


def write_cover(worksheet: Any, styles: CellStyles, results: Results, contents: Contents, language: str) -> None:
    """Title, facts, findings, contents; printed on one page across."""
    worksheet.hide_gridlines(2)
    worksheet.set_tab_color(TAB_COLOURS["read"])
    worksheet.set_column(0, 0, 26)
    worksheet.set_column(1, 1, COVER_WIDTH)
    worksheet.write_string(0, 0, results.title.of(language), styles(bold=True, font_size=16))
    worksheet.set_row(0, 28)
    row = _facts(worksheet, styles, results, language)
    findings = [finding.text.of(language) for finding in main_findings(results)]
    row = _numbered_lines(worksheet, styles, row + 1, wording("workbook.cover.findings").of(language), findings)
    _contents(worksheet, styles, row + 1, contents, language)
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)


def _facts(worksheet: Any, styles: CellStyles, results: Results, language: str) -> int:
    """What the run is; the next free row."""
    study, manifest = results.study.study, results.manifest
    years = f"{results.years[0]}–{results.years[-1]}" if results.years else "—"
    facts = [
        (wording("workbook.cover.units"), f"{len(results.units)} × {years}"),
        *_variant_facts(manifest, language),
        (wording("workbook.cover.run"), str(manifest.get("run", ""))),
        (wording("workbook.cover.program"), str(manifest.get("program", ""))),
        (wording("workbook.cover.configuration"), _file_count(manifest.get("config", {}), language)),
        (wording("workbook.cover.data"), _file_count(manifest.get("inputs", {}), language)),
    ]
    if study.synthetic:
        facts.insert(0, (wording("workbook.cover.synthetic"), SYNTHETIC_NOTICE.of(language)))
    for row, (label, text) in enumerate(facts, 2):
        worksheet.write_string(row, 0, label.of(language), styles(bold=True, valign="top"))
        _paragraph(worksheet, styles, row, text)
    return 2 + len(facts)


def _variant_facts(manifest: Mapping[str, Any], language: str) -> list[tuple[Bilingual, str]]:
    """How the run differs from the study as its files say."""
    scenario, changes = manifest.get("scenario"), manifest.get("changes") or {}
    facts = [(wording("workbook.cover.scenario"), f"{scenario[language]} ({scenario['id']})")] if scenario else []
    if changes:
        facts.append((wording("workbook.cover.changes"), "; ".join(f"{path} = {value}" for path, value in changes.items())))
    return facts


def _contents(worksheet: Any, styles: CellStyles, first_row: int, contents: Contents, language: str) -> None:
    """A heading for each part in the colour of its tabs, below it a link and a sentence for each sheet."""
    worksheet.write_string(first_row, 0, wording("workbook.cover.contents").of(language), styles(bold=True, font_size=12))
    row, part = first_row + 1, None
    for sheet_id, sheet_name in contents:
        if part_of(sheet_id) != part:
            part = part_of(sheet_id)
            _part_heading(worksheet, styles, row, part, language)
            row += 1
        link = styles(font_color="#0B5E8A", underline=1, valign="top", indent=1, text_wrap=True)
        worksheet.write_url(row, 0, f"internal:'{sheet_name}'!A1", link, string=sheet_name)
        _paragraph(worksheet, styles, row, SHEET_SENTENCES[sheet_id].of(language))
        row += 1


def _part_heading(worksheet: Any, styles: CellStyles, row: int, part: Part, language: str) -> None:
    style = styles(bold=True, font_color="#FFFFFF", bg_color=TAB_COLOURS[part])
    worksheet.write_string(row, 0, wording(f"workbook.part.{part}").of(language), style)
    worksheet.write_string(row, 1, wording(f"workbook.part_about.{part}").of(language), style)


def _paragraph(worksheet: Any, styles: CellStyles, sheet_row: int, content: str) -> None:
    """Wrapped text in the second column, the row as high as it needs (a Chinese character is two wide)."""
    worksheet.write_string(sheet_row, 1, content, styles(text_wrap=True, valign="top"))
    width = sum(2 if ord(character) > 0x2E80 else 1 for character in content)
    worksheet.set_row(sheet_row, 15 * max(1, -(-width // (COVER_WIDTH - 4))))


def _numbered_lines(worksheet: Any, styles: CellStyles, sheet_row: int, title: str, text_lines: Sequence[str]) -> int:
    """A heading and numbered lines; the next free row."""
    worksheet.write_string(sheet_row, 0, title, styles(bold=True, font_size=12))
    for k, line in enumerate(text_lines):
        worksheet.write_number(sheet_row + 1 + k, 0, k + 1, styles(valign="top", align="left", num_format="0"))
        _paragraph(worksheet, styles, sheet_row + 1 + k, line)
    return sheet_row + 1 + len(text_lines)


def _file_count(digests: Any, language: str) -> str:
    return wording("workbook.cover.files", count=len(digests)).of(language)
