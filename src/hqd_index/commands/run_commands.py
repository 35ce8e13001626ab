"""Commands that look at runs: their list, and the page of one."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SetupError
from ..publishing import LATEST, run_folder
from .command_options import LangOption, OutOption, StudyOption

PAGE = "report.html"


def runs(
    study: StudyOption = Path("configs"),
    results_folder: OutOption = Path("data/processed"),
    lang: LangOption = None,
) -> None:
    """列出各次运行:时间、名称、与 latest 的差别 / List the runs: when, name, what differs from latest."""
    from ..console import fitted_lines, run_lines, terminal_width
    from ..console.command_lines import USUAL_DATA, folder_options
    from ..study.study_folder import load_study
    from ..upkeep import run_list

    settings = load_study(study, overrides=[f"study.language={lang}"] if lang else []).study.study
    listed_runs = run_list(results_folder.resolve() / settings.name)
    options = folder_options(study, USUAL_DATA, results_folder)
    for line in fitted_lines(run_lines(listed_runs, settings.language, options), terminal_width()):
        typer.echo(line)


def open_page(
    run_name: Annotated[
        str, typer.Argument(help="运行:latest、情景名或编号开头 / a run: latest, a scenario, the beginning of an id")
    ] = LATEST,
    study: StudyOption = Path("configs"),
    results_folder: OutOption = Path("data/processed"),
    lang: LangOption = None,
) -> None:
    """在浏览器中打开结果网页 / Open the page of results in the browser."""
    from ..console import open_lines
    from ..study.study_folder import load_study

    settings = load_study(study, overrides=[f"study.language={lang}"] if lang else []).study.study
    page = run_folder(results_folder.resolve() / settings.name, run_name) / PAGE
    if not page.is_file():
        raise SetupError(
            "this run has no page: `outputs` in study.yaml leaves it out",
            zh="该次运行没有网页:study.yaml 的 outputs 未列出 page",
            location=str(page),
        )
    for line in open_lines(page, is_opened=_is_opened(page), language=settings.language):
        typer.echo(line)


def _is_opened(page: Path) -> bool:
    """Whether a browser with a window was told to show the page; one of the terminal is not wanted."""
    has_display = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    try:
        return has_display and webbrowser.open(page.resolve().as_uri())
    except webbrowser.Error:
        return False
