"""A study to begin with: a small commented one with an invented table, or one written from one's own files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigError, SetupError
from .study_from_files import StudyFromFiles, write_study_from

__all__ = ["StudyFromFiles", "folder_and_files", "write_starter", "write_study_from"]

TEMPLATE = Path(__file__).parent / "template"


def write_starter(folder: Path) -> list[Path]:
    """Writes the starter study into a new or empty folder: the files written. SetupError (exit 5) where it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SetupError(
            "the folder is not empty; name a new one, nothing was written",
            zh="文件夹不是空的;请换一个新文件夹名,未写入任何内容",
            location=str(folder),
        )
    sources = sorted(path for path in TEMPLATE.rglob("*") if path.is_file())
    targets = [folder / path.relative_to(TEMPLATE) for path in sources]
    for source, target in zip(sources, targets):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return targets


def folder_and_files(path_arguments: Sequence[Path], paths: Sequence[Path]) -> tuple[Path, list[Path]]:
    """The new folder and the files of `hqd init DIR --from FILE FILE ...`, where only the first FILE comes with the option.

    ConfigError where no folder, or more than one, is left besides the files.
    """
    if not paths:
        folders, further_files = list(path_arguments), []
    else:
        folders = [path for path in path_arguments if not path.is_file() and not _is_pattern(path)]
        further_files = [path for path in path_arguments if path not in folders]
    if len(folders) > 1:
        unexpected_path = str(folders[1])
        raise ConfigError(
            f"{unexpected_path}: " + ("there is no such file" if paths else "is more than it takes; files come after --from"),
            zh=f"{unexpected_path}:" + ("没有这个文件" if paths else "多出的参数;数据文件请写在 --from 之后"),
            location="hqd init",
        )
    if not folders:
        raise ConfigError(
            "name a new folder first: hqd init my_study --from FILE",
            zh="请先写新文件夹名:hqd init my_study --from 文件",
            location="hqd init",
        )
    return folders[0], [*paths, *further_files]


def _is_pattern(path: Path) -> bool:
    return any(wildcard in path.name for wildcard in "*?[")
