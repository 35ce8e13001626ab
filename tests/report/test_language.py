"""An output in English has no Chinese text, one in Chinese no column of Latin text, save ids, data and names without a twin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from docx import Document

from hqd_index.canonical import CANONICAL
from hqd_index.report.bilingual import Bilingual
from hqd_index.report.grids.grid import Grid
from hqd_index.report.label_catalogue import unit_name
from hqd_index.report.outline import OUTLINE
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import weight_lab
from hqd_index.report.workbook.quarantine_workbook import write_quarantine
from hqd_index.report.workbook.results_workbook import write_workbook

from ..small import DemoRun
from .conftest import MANIFEST, study
from .test_one_number import read_results

HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")
QUOTED_VALUES = re.compile(r"is it 是 / 否\?")
"""What a cell of the data is expected to hold."""
GIVEN_ONCE = {("ledger", "Sheet"), ("codebook", "Chinese label")}
"""(Table, English header) of names that the data have in Chinese only, and of the Chinese names themselves."""
IDS = {
    ("weights", "编号"), ("obstacles", "指标树节点"), ("scenario_agreement", "情景"), ("alerts", "指标"), ("alerts", "所据的行"),
    ("ledger", "文件"), ("descriptives", "变量"), ("codebook", "表"), ("codebook", "列"), ("codebook", "英文名"),
    ("codebook", "公式"), ("candidates", "企业代码"), ("growth_stages", "企业代码"),
}  # fmt: skip
"""(Table, Chinese header) of ids that stand beside their names, places in files, English names, and formulas as configured."""
UNTRANSLATED = {"分行业", "synthetic_industry_yearbook.xlsx / 分行业"}
"""What the page shows in both views: the name of a sheet of the data."""
ABBREVIATIONS = {"MDE", "SESOI", "ln", "AUC", "Word：", "English"}
"""Abbreviations, and the button that leads to English."""


def in_language(results: Results, language: str) -> Results:
    base = results.study.study.model_copy(update={"language": language})
    return Results(results.study.model_copy(update={"study": base}), results.tables, results.manifest)


def grids(results: Results) -> Iterator[tuple[str, Grid]]:
    """Every grid of workbook and page that these results fill."""
    for exhibit in OUTLINE:
        for build in (exhibit.grid, exhibit.page.grid if exhibit.page is not None else None):
            grid = build(results) if build is not None else None
            if grid is not None:
                yield exhibit.id, grid


def column_texts(grid: Grid, position: int, language: str) -> set[str]:
    cells = {row[position].of(language) if isinstance(row[position], Bilingual) else row[position] for row in grid.rows}
    return {cell for cell in cells if isinstance(cell, str) and cell}


def chinese_in_english(name: str, grid: Grid) -> list[str]:
    """Titles, notes, headers and cells of a grid that have Chinese in English."""
    texts = [grid.title.en, grid.note.en, *(column.title.en for column in grid.columns)]
    for position, column in enumerate(grid.columns):
        if (name, column.title.en) not in GIVEN_ONCE:
            texts += [text for text in column_texts(grid, position, "en") if not QUOTED_VALUES.search(text)]
    return [f"{name}: {text}" for text in texts if HAN.search(text)]


def latin_columns(name: str, grid: Grid) -> list[tuple[str, str, str]]:
    """Columns whose text has Latin words and nowhere Chinese, with a cell of each."""
    faults = []
    for position, column in enumerate(grid.columns):
        texts = column_texts(grid, position, "zh") - ABBREVIATIONS
        if any(LATIN.search(text) for text in texts) and not any(HAN.search(text) for text in texts):
            faults.append((name, column.title.zh, min(texts)))
    return [fault for fault in faults if fault[:2] not in IDS]


@pytest.fixture(scope="module")
def demo(demo_run: DemoRun) -> Results:
    return read_results(demo_run.place.configs, demo_run.place.latest)


def test_tables_in_english_have_no_chinese(demo: Results) -> None:
    assert not [fault for name, grid in grids(in_language(demo, "en")) for fault in chinese_in_english(name, grid)]


def test_tables_in_chinese_have_no_column_of_latin_text(demo: Results) -> None:
    assert not [fault for name, grid in grids(in_language(demo, "zh")) for fault in latin_columns(name, grid)]


def test_each_half_of_the_page_is_of_its_language(demo_run: DemoRun) -> None:
    html = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", (demo_run.place.latest / "report.html").read_text("utf-8"))
    halves = re.findall(r"""class=["'](zh|en)["'][^>]*>([^<]*)""", html)
    assert len(halves) > 1000
    english = {text for language, text in halves if language == "en" and not QUOTED_VALUES.search(text)}
    assert {text for text in english if HAN.search(text)} == {"中文"}, "the button that leads to Chinese"
    latin = {text for language, text in halves if language == "zh" and LATIN.search(text) and not HAN.search(text)}
    assert not [text for text in latin - ABBREVIATIONS if not _is_reference(text)]
    unmarked = set(re.findall(r">([^<>]+)<", html)) - {text for _, text in halves}
    assert {text for text in unmarked if HAN.search(text)} == UNTRANSLATED


def _is_reference(text: str) -> bool:
    """A work cited, which keeps its own language."""
    return bool(re.match(r"\[\d+\] ", text))


def test_paper_and_readme_in_english_have_no_chinese(demo_run: DemoRun) -> None:
    folder = demo_run.place.latest
    readme = (folder / "README.md").read_text("utf-8").partition("\n---\n")[2]
    texts = [*readme.splitlines(), *(folder / "paper" / "tables_en.tex").read_text("utf-8").splitlines()]
    texts += [text for name in ("tables_en", "methods_en") for text in word_texts(folder / "paper" / f"{name}.docx")]
    assert len(texts) > 500 and not [text for text in texts if HAN.search(text)]


def test_paper_in_chinese_has_works_cited_alone_in_latin_letters(demo_run: DemoRun) -> None:
    texts = word_texts(demo_run.place.latest / "paper" / "methods_zh.docx")
    latin = [text for text in texts if len(LATIN.findall(text)) > 3 and not HAN.search(text)]
    assert not [text for text in latin if not _is_reference(text) and " = " not in text], "formulas apart"


def word_texts(path: Path) -> list[str]:
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in document.paragraphs), *cells]


def test_workbooks_in_english_have_no_chinese(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    """Cover, live weights, unit sheet and charts included, which are no grids."""
    results = Results(study(language="en"), tables, MANIFEST)
    write_workbook(results, tmp_path / "results.xlsx", weight_lab(results))
    write_quarantine(results.study, tables["quarantine"], tables["raw_rows"], tmp_path / "quarantine.xlsx")
    sheets = [sheet for name in ("results", "quarantine") for sheet in openpyxl.load_workbook(tmp_path / f"{name}.xlsx")]
    assert not [sheet.title for sheet in sheets if HAN.search(sheet.title)]
    cells = [(sheet.title, cell) for sheet in sheets for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    chinese = {(title, cell.column_letter) for title, cell in cells if HAN.search(cell.value)}
    assert chinese <= {("Data", "B"), ("Codebook", "C"), ("Line by line", "B"), ("Raw rows", "B")}


def test_units_of_measure_of_the_canonical_tables_have_an_english_name() -> None:
    units = {column.unit for table in CANONICAL.values() for column in table.columns.values()}
    assert not [unit for unit in units if HAN.search(unit_name(unit).en)]
