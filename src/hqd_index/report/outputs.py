"""Writes everything people open into a run's folder, and says in ten lines what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .disclosure import publishable
from .exports.readme import write_readme
from .exports.replication_files import write_stata
from .figures.drawings import Drawing, Files, draw
from .key_findings import closing, headline, leaders, rows_accounted, split
from .number_format import percent, whole
from .page.html_page import write_page
from .paper.latex import write_latex
from .paper.methods_section import methods
from .paper.paper_tables import Absent, PaperTable, paper_tables
from .paper.word import write_methods, write_tables
from .results import Results
from .sentences import SYNTHETIC
from .studio import Studio
from .weight_lab import laboratory
from .workbook.quarantine_workbook import write_quarantine
from .workbook.results_workbook import write_workbook


def write_report(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Everything a person opens but the workbooks, written into `folder`; the paths.

    `tables` are those of tables/*.csv and `controls`.
    """
    results = Results(study, tables, manifest)
    shown = publishable(results)
    with Studio() as studio, ThreadPoolExecutor(max_workers=1) as beside:
        files = Files(folder / "figures", study.study.language, studio)
        drawings = beside.submit(_drawings, shown, studio, files)  # first: it takes longest
        lab, paper = laboratory(results), paper_tables(shown)
        written = [
            *write_paper(shown, paper, folder / "paper"),
            *write_stata(results, folder),
            write_page(shown, folder / "report.html", lab, drawings.result(), paper),
            write_readme(shown, folder, files.message),
        ]
        return [*written, *files.written()]


def _drawings(results: Results, studio: Studio, files: Files) -> dict[str, Drawing]:
    """Every drawing by name; each goes to print as soon as it is there."""
    found = {}
    for name, drawing in draw(results, studio):
        files.add(name, drawing)
        found[name] = drawing
    return found


def write_workbooks(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """results.xlsx and quarantine.xlsx in `folder`; the paths. `tables` are those of tables/*.csv and `raw_rows`."""
    results = Results(study, tables, manifest)
    return [
        write_workbook(publishable(results), folder / "results.xlsx", laboratory(results)),
        write_quarantine(study, results.table("quarantine"), tables.get("raw_rows"), folder / "quarantine.xlsx"),
    ]


def write_paper(results: Results, tables: Sequence[PaperTable | Absent], folder: Path) -> list[Path]:
    """Three-line tables as Word and LaTeX, and the methods section, in Chinese and in English."""
    folder.mkdir(exist_ok=True)
    blocks, title = methods(results), results.study.study.label
    written = []
    for language in ("zh", "en"):
        heading = Bilingual("研究方法", "Methods").of(language)
        notice = SYNTHETIC.of(language) if results.study.study.synthetic else ""
        written.append(write_tables(tables, folder / f"tables_{language}.docx", language, title[language], notice))
        written.append(write_latex(tables, folder / f"tables_{language}.tex", language, notice))
        written.append(write_methods(blocks, folder / f"methods_{language}.docx", language, heading, notice))
    return written


def summary(study: Study, tables: Mapping[str, pd.DataFrame], folder: Path) -> list[str]:
    """The closing lines of a run, at most ten, in the study's language."""
    results = Results(study, tables, {})
    language = study.study.language
    lines = [
        Bilingual(f"网页   {folder / 'report.html'}", f"page      {folder / 'report.html'}"),
        Bilingual(f"工作簿 {folder / 'results.xlsx'}", f"workbook  {folder / 'results.xlsx'}"),
    ]
    lines += [finding.text for finding in (leaders(results), headline(results), split(results)) if finding is not None]
    counts = rows_accounted(results)
    if counts:
        read, _, held, _ = counts
        share = percent(held / read if read else 0.0, 2)
        where = folder / "quarantine.xlsx"
        lines.append(
            Bilingual(
                f"隔离 {whole(held)} / {whole(read)} 行（{share}）：{where}",
                f"{whole(held)} of {whole(read)} rows quarantined ({share}): {where}",
            )
        )
    lines.append(closing(results).text)
    lines.append(
        Bilingual(
            "换一组权重：hqd run --scenario <名称>；逐项拆开一个得分：hqd explain 单位 年份",
            "other weights: hqd run --scenario NAME; a score taken apart: hqd explain UNIT YEAR",
        )
    )
    return [line.of(language) for line in lines]
