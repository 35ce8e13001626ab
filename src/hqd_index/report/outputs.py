"""Writes everything people open into a run's folder, and says in ten lines what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .disclosure import publishable_results
from .exports.readme import write_readme
from .exports.replication_files import write_stata
from .figures.drawing_pool import DrawingPool
from .figures.drawings import Drawing, FigureFiles, draw
from .key_findings import composition_split, headline_finding, leading_units, next_step, rows_accounted
from .number_format import integer, percent
from .page.html_page import write_page
from .paper.latex import write_latex
from .paper.methods_section import methods_section
from .paper.paper_tables import AbsentTable, PaperTable, paper_tables
from .paper.word import write_methods, write_tables
from .results import Results
from .sentences import SYNTHETIC_NOTICE
from .weight_lab import weight_lab
from .workbook.quarantine_workbook import write_quarantine
from .workbook.results_workbook import write_workbook


def write_report(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Everything a person opens but the workbooks, written into `folder`; the paths.

    `tables` are those of tables/*.csv and `controls`.
    """
    results = Results(study, tables, manifest)
    shown_results = publishable_results(results)
    with DrawingPool() as drawing_pool, ThreadPoolExecutor(max_workers=1) as executor:
        figure_files = FigureFiles(folder / "figures", study.study.language, drawing_pool)
        drawings = executor.submit(_drawings, shown_results, drawing_pool, figure_files)  # first: it takes longest
        weight_lab_data, paper = weight_lab(results), paper_tables(shown_results)
        paths = [
            *write_paper(shown_results, paper, folder / "paper"),
            *write_stata(results, folder),
            write_page(shown_results, folder / "report.html", weight_lab_data, drawings.result(), paper),
            write_readme(shown_results, folder, figure_files.message),
        ]
        return [*paths, *figure_files.paths()]


def _drawings(results: Results, drawing_pool: DrawingPool, figure_files: FigureFiles) -> dict[str, Drawing]:
    """Every drawing by name; each goes to print as soon as it is there."""
    drawings = {}
    for figure_id, drawing in draw(results, drawing_pool):
        figure_files.add(figure_id, drawing)
        drawings[figure_id] = drawing
    return drawings


def write_workbooks(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """results.xlsx and quarantine.xlsx in `folder`; the paths. `tables` are those of tables/*.csv and `raw_rows`."""
    results = Results(study, tables, manifest)
    return [
        write_workbook(publishable_results(results), folder / "results.xlsx", weight_lab(results)),
        write_quarantine(study, results.table("quarantine"), tables.get("raw_rows"), folder / "quarantine.xlsx"),
    ]


def write_paper(results: Results, tables: Sequence[PaperTable | AbsentTable], folder: Path) -> list[Path]:
    """Three-line tables as Word and LaTeX, and the methods section, in Chinese and in English."""
    folder.mkdir(exist_ok=True)
    blocks, title = methods_section(results), results.study.study.label
    paths = []
    for language in ("zh", "en"):
        heading = Bilingual("研究方法", "Methods").of(language)
        notice = SYNTHETIC_NOTICE.of(language) if results.study.study.synthetic else ""
        paths.append(write_tables(tables, folder / f"tables_{language}.docx", language, title[language], notice))
        paths.append(write_latex(tables, folder / f"tables_{language}.tex", language, notice))
        paths.append(write_methods(blocks, folder / f"methods_{language}.docx", language, heading, notice))
    return paths


def summary(study: Study, tables: Mapping[str, pd.DataFrame], folder: Path) -> list[str]:
    """The next_step lines of a run, at most ten, in the study's language."""
    results = Results(study, tables, {})
    language = study.study.language
    lines = [
        Bilingual(f"网页   {folder / 'report.html'}", f"page      {folder / 'report.html'}"),
        Bilingual(f"工作簿 {folder / 'results.xlsx'}", f"workbook  {folder / 'results.xlsx'}"),
    ]
    lines += [
        finding.text
        for finding in (leading_units(results), headline_finding(results), composition_split(results))
        if finding is not None
    ]
    counts = rows_accounted(results)
    if counts:
        rows_read, _, quarantined, _ = counts
        share = percent(quarantined / rows_read if rows_read else 0.0, 2)
        quarantine_path = folder / "quarantine.xlsx"
        lines.append(
            Bilingual(
                f"隔离 {integer(quarantined)} / {integer(rows_read)} 行（{share}）：{quarantine_path}",
                f"{integer(quarantined)} of {integer(rows_read)} rows quarantined ({share}): {quarantine_path}",
            )
        )
    lines.append(next_step(results).text)
    lines.append(
        Bilingual(
            "换一组权重：hqd run --scenario <名称>；逐项拆开一个得分：hqd explain 单位 年份",
            "other weights: hqd run --scenario NAME; a score taken apart: hqd explain UNIT YEAR",
        )
    )
    return [summary_line.of(language) for summary_line in lines]
