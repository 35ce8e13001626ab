"""results.xlsx: one table a sheet in the order people read, with native charts; the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..bilingual import Bilingual
from ..grids.data_grids import MAX_LIVE_UNITS
from ..grids.grid import Grid
from ..key_findings import main_findings
from ..outline import OUTLINE, SHEETS, Exhibit, SheetTitle
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE
from ..weight_lab import WeightLab
from .live_weights import has_linear_weights, write_live_weights
from .native_charts import write_charts
from .sheet_format import FIRST_ROW, CellStyles, fill_sheet, open_book


def write_workbook(results: Results, path: Path, lab: WeightLab | None = None) -> Path:
    """The workbook of one run; with `lab`, a sheet of weights to try."""
    language = results.language
    workbook = open_book(path, results.study.study.label[language], f"run {results.manifest.get('run', '')}")
    styles = CellStyles(workbook, SYNTHETIC_NOTICE.of(language) if results.study.study.synthetic else "")
    cover_sheet = workbook.add_worksheet(COVER_TITLE.of(language))
    exhibits = [exhibit for exhibit in OUTLINE if exhibit.sheet and _add_sheet(workbook, styles, exhibit, results, lab, language)]
    _write_cover(cover_sheet, styles, results, [SHEETS[exhibit.id] for exhibit in exhibits], language)
    workbook.close()
    return path


def _add_sheet(
    workbook: Any, styles: CellStyles, exhibit: Exhibit, results: Results, lab: WeightLab | None, language: str
) -> bool:
    """Whether the sheet had something to show and was added."""
    if exhibit.id == "charts" and results.years:
        write_charts(workbook, styles, results, language)
        return True
    if exhibit.id == "live_weights" and lab is not None and has_linear_weights(lab) and len(results.units) <= MAX_LIVE_UNITS:
        write_live_weights(workbook, styles, results, lab, language)
        return True
    grid = exhibit.grid(results) if exhibit.grid is not None else None
    if grid is None or not len(grid):
        return False
    worksheet = workbook.add_worksheet(SHEETS[exhibit.id].name.of(language))
    fill_sheet(worksheet, styles, grid, language)
    if exhibit.id == "ranking":
        _ranking_extras(worksheet, grid)
    return True


def _write_cover(worksheet: Any, styles: CellStyles, results: Results, sheets: Sequence[SheetTitle], language: str) -> None:
    study, manifest = results.study.study, results.manifest
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, 22)
    worksheet.set_column(1, 1, COVER_WIDTH)
    worksheet.write_string(0, 0, study.label[language], styles(bold=True, font_size=16))
    worksheet.set_row(0, 28)
    years = f"{results.years[0]}–{results.years[-1]}" if results.years else "—"
    facts = [
        (Bilingual("单位 × 年份", "Units x years"), f"{len(results.units)} × {years}"),
        (Bilingual("运行编号", "Run"), str(manifest.get("run", ""))),
        (Bilingual("程序", "Program"), str(manifest.get("program", ""))),
        (Bilingual("配置", "Configuration"), _file_count(manifest.get("config", {}), language)),
        (Bilingual("数据", "Data"), _file_count(manifest.get("inputs", {}), language)),
    ]
    if study.synthetic:
        facts.insert(0, (Bilingual("注意", "Note"), SYNTHETIC_NOTICE.of(language)))
    row = 2
    for label, text in facts:
        worksheet.write_string(row, 0, label.of(language), styles(bold=True, valign="top"))
        _paragraph(worksheet, styles, row, text)
        row += 1
    row = _numbered_lines(
        worksheet,
        styles,
        row + 1,
        Bilingual("主要发现", "Findings").of(language),
        [finding.text.of(language) for finding in main_findings(results)],
    )
    worksheet.write_string(row + 1, 0, Bilingual("目录", "Contents").of(language), styles(bold=True, font_size=12))
    for k, sheet in enumerate(sheets):
        sheet_label = sheet.name.of(language)
        worksheet.write_url(
            row + 2 + k, 0, f"internal:'{sheet_label}'!A1", styles(font_color="#0B5E8A", underline=1), string=sheet_label
        )
        worksheet.write_string(row + 2 + k, 1, sheet.about.of(language), styles(text_wrap=True))
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)


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
    return Bilingual(f"{len(digests)} 个文件，指纹见 manifest.json", f"{len(digests)} files, fingerprints in manifest.json").of(
        language
    )


def _ranking_extras(worksheet: Any, grid: Grid) -> None:
    """A data bar on the score and a tint on the scores of dimensions and parts."""
    last_row = FIRST_ROW + len(grid) - 1
    bar = {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    worksheet.conditional_format(FIRST_ROW, 3, last_row, 3, bar)
    colour_scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#8FBFCB"}
    first_part = next((k for k, column in enumerate(grid.columns) if k > 3 and column.cell_format == "2"), len(grid.columns))
    worksheet.conditional_format(FIRST_ROW, first_part, last_row, len(grid.columns) - 2, colour_scale)


COVER_WIDTH = 100
"""Width of the cover's text, in characters."""
COVER_TITLE = Bilingual("封面", "Cover")
