"""A study written from files, what intake makes of them, and what init wrote."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hqd_index.engines import open_engine
from hqd_index.intake import Intake, checked_files
from hqd_index.starter import write_study_from
from hqd_index.study.records import Study
from hqd_index.study.study_folder import load_study


def made(folder: Path, *files: Path, language: str = "zh") -> Study:
    """The study written from files, which must stay as they are."""
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    write_study_from(folder, files, language)
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == before
    return load_study(folder / "configs").study


def read(folder: Path, study: Study) -> Intake:
    """What intake makes of the files through the link that init made; rows that do not pass would stop it."""
    with open_engine() as engine:
        return checked_files(study, engine, folder / "data" / "raw", folder / "configs")


def configs(folder: Path, name: str) -> str:
    return (folder / "configs" / f"{name}.yaml").read_text("utf-8")


def report(folder: Path) -> str:
    return (folder / "init-report.md").read_text("utf-8")
