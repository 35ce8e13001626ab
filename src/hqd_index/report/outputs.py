"""Writes everything that people open into a run's folder, as far as the study wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..study.records import Study
from .disclosure import publishable_results
from .exports.readme import write_readme
from .results import Results
from .sentences import SYNTHETIC_NOTICE
from .weight_lab import weight_lab
from .wording import wording
from .workbook.quarantine_workbook import write_quarantine

if TYPE_CHECKING:
    from .figures.drawing_pool import DrawingPool
    from .figures.drawings import Drawing, FigureFiles
    from .paper.paper_tables import AbsentTable, PaperTable


def write_report(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Everything a person opens but the workbooks, as far as the study wants it, written into `folder`; the paths.

    `tables` are those of tables/*.csv and `controls`.
    """
    results = Results(study, tables, manifest)
    shown_results, outputs = publishable_results(results), set(study.study.outputs)
    with ExitStack() as stack:
        figures = _figures(stack, shown_results, folder) if outputs & {"page", "figures"} else None  # first: it takes longest
        paper = _paper_tables(shown_results) if outputs & {"page", "paper"} else []
        paths = write_paper(shown_results, paper, folder / "paper") if "paper" in outputs else []
        if "exports" in outputs:
            from .exports.chain_files import write_chain
            from .exports.replication_files import write_stata

            paths += [*write_stata(results, folder), *write_chain(shown_results, folder)]
        if "page" in outputs and figures:
            from .page.html_page import write_page
            from .page.whatif_control import whatif_control

            lab, control, drawings = weight_lab(results), whatif_control(results), figures.drawings.result()
            paths.append(write_page(shown_results, folder / "report.html", lab, drawings, paper, control))
        paths.append(write_readme(shown_results, folder, figures.files.message if figures and figures.files else None))
        return [*paths, *(figures.paths() if figures else [])]


def _paper_tables(results: Results) -> list[PaperTable | AbsentTable]:
    from .paper.paper_tables import paper_tables

    return paper_tables(results)


@dataclass(frozen=True)
class Figures:
    """The figures being drawn, and their files where the study wants any."""

    drawings: Future[dict[str, Drawing]]
    files: FigureFiles | None

    def paths(self) -> list[Path]:
        """The files, when all are there."""
        self.drawings.result()
        return self.files.paths() if self.files else []


def _figures(stack: ExitStack, results: Results, folder: Path) -> Figures:
    """The figures of a run, drawn beside the rest until the stack closes."""
    from .figures.drawing_pool import DrawingPool
    from .figures.drawings import FigureFiles

    wants_files = "figures" in results.study.study.outputs
    drawing_pool = stack.enter_context(DrawingPool())
    files = FigureFiles(folder / "figures", results.language, drawing_pool) if wants_files else None
    executor = stack.enter_context(ThreadPoolExecutor(max_workers=1))
    return Figures(executor.submit(_drawings, results, drawing_pool, files), files)


def _drawings(results: Results, drawing_pool: DrawingPool, files: FigureFiles | None) -> dict[str, Drawing]:
    """Every drawing by name; each goes to print as soon as it is there."""
    from .figures.drawings import draw

    drawings = {}
    for figure_id, drawing in draw(results, drawing_pool):
        if files is not None:
            files.add(figure_id, drawing)
        drawings[figure_id] = drawing
    return drawings


def write_workbooks(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """results.xlsx, where it is wanted, and quarantine.xlsx in `folder`; the paths.

    `tables` are those of tables/*.csv and `raw_rows`.
    """
    results = Results(study, tables, manifest)
    lists = (results.table("quarantine"), tables.get("raw_rows"))
    paths = [write_quarantine(study, *lists, folder / "quarantine.xlsx", counts=results.finding_counts)]
    if "workbook" not in study.study.outputs:
        return paths
    from .workbook.results_workbook import write_workbook

    return [write_workbook(publishable_results(results), folder / "results.xlsx", weight_lab(results)), *paths]


def write_paper(results: Results, tables: Sequence[PaperTable | AbsentTable], folder: Path) -> list[Path]:
    """Three-line tables as Word and LaTeX, and the methods section, in Chinese and in English."""
    from .paper.latex import write_latex
    from .paper.methods_section import methods_section
    from .paper.word import write_methods, write_tables

    folder.mkdir(exist_ok=True)
    blocks, title, remark = methods_section(results), results.title, f"run {results.manifest.get('run', '')}"
    paths = []
    for language in ("zh", "en"):
        heading = wording("paper.methods").of(language)
        notice = SYNTHETIC_NOTICE.of(language) if results.study.study.synthetic else ""
        paths.append(write_tables(tables, folder / f"tables_{language}.docx", language, title.of(language), notice, remark))
        paths.append(write_latex(tables, folder / f"tables_{language}.tex", language, notice, remark))
        paths.append(write_methods(blocks, folder / f"methods_{language}.docx", language, heading, notice, remark))
    return paths
