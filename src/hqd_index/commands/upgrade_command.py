"""The command that brings a study of an earlier version to this one."""

from __future__ import annotations

from pathlib import Path

import typer

from .command_options import LangOption, StudyOption


def upgrade(study: StudyOption = Path("configs"), lang: LangOption = None) -> None:
    """把旧版本的研究升级到本版本,并列出所做与所变 / Bring a study of an earlier version to this one; lists what changed."""
    from .. import __version__
    from ..study.study_folder import load_study
    from ..upkeep.upgrade import upgrade as upgraded

    loaded_study = load_study(study, overrides=[f"study.language={lang}"] if lang else [])
    language_index = int(loaded_study.study.study.language == "en")
    changes = upgraded(loaded_study.study, study)
    heads = (f"可在 {__version__} 下运行;已重写:", f"runs under {__version__}; rewritten:")
    nothing = ("无需改写", "nothing had to be rewritten")
    typer.echo(f"{study}: {heads[language_index]}")
    for line in changes.rewritten or (nothing,):
        typer.echo(f"  {line[language_index]}")
    if changes.notes:
        typer.echo(("与旧版本不同之处:", "different from earlier versions:")[language_index])
    for line in changes.notes:
        typer.echo(f"  {line[language_index]}")
