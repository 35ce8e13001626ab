"""Commands for a workbook that is filled in: writing one, and running one with its faults marked in a copy."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import HqdError
from .command_options import LangOption

if TYPE_CHECKING:
    from ..office import WorkbookStudy
    from ..pipeline import Outcome
    from ..study.study_folder import LoadedStudy

MARKED_EXIT_CODES = (2, 3)
"""Faults of the data, and of what a study was made of them, show in the workbook; those of the machine do not."""


def template(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="新工作簿,如 填报.xlsx / a new workbook, as figures.xlsx")],
    lang: LangOption = None,
) -> None:
    """写出一个可填写的工作簿和双击即可运行它的文件 / Write a workbook to fill in, and files that run it by a double click."""
    from ..office import write_template

    language = lang or context.obj
    for path in write_template(file, language):
        typer.echo(str(path))
    command = f"hqd run --from {file}"
    typer.echo(
        f"填好并保存后运行:{command}(或双击同名的 .bat / .command 文件)"
        if language == "zh"
        else f"fill it in, save it, then: {command} (or double-click the .bat or .command file of the same name)"
    )


@contextmanager
def workbook_study(workbook: Path, language: str) -> Iterator[WorkbookStudy]:
    """The study of a workbook; a fault of its data is marked in a copy of it, beside the message."""
    from ..office import mark_refused, marked_name, study_of_workbook

    marked_name(workbook, language).unlink(missing_ok=True)
    study = None
    try:
        study = study_of_workbook(workbook, language)
        for line in study.lines:
            typer.echo(line)
        yield study
    except HqdError as fault:
        if fault.exit_code in MARKED_EXIT_CODES and workbook.is_file() and workbook.suffix.lower() == ".xlsx":
            _report_copy(mark_refused(workbook, study, fault, language), language)
        raise


def close_workbook_run(workbook: Path, study: LoadedStudy, outcome: Outcome, *, show: bool) -> None:
    """Marks rows that were left out, and opens the page where that is asked for."""
    import pandas as pd

    from ..office import mark_findings

    language = study.study.study.language
    findings = pd.read_csv(outcome.folder / "tables" / "quarantine.csv", dtype={"sheet": str, "column": str, "value": str})
    if copy := mark_findings(workbook, findings.fillna(""), study.study):
        _report_copy(copy, language)
    page = outcome.folder / "report.html"
    if show and page.is_file():
        webbrowser.open(page.resolve().as_uri())


def _report_copy(copy: Path | None, language: str) -> None:
    if copy is not None:
        typer.echo(f"有问题的单元格已在副本中标出:{copy}" if language == "zh" else f"the cells are marked in a copy: {copy}")
