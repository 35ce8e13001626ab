"""A study to begin with: a small commented one with an invented table, or one written from one's own files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigError, SetupError
from .study_from_files import FromFiles, write_study_from

__all__ = ["FromFiles", "named_places", "write_starter", "write_study_from"]

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


def named_places(places: Sequence[Path], files: Sequence[Path]) -> tuple[Path, list[Path]]:
    """The new folder and the files of `hqd init DIR --from FILE FILE ...`, where only the first FILE comes with the option.

    ConfigError where no folder, or more than one, is left besides the files.
    """
    if not files:
        folders, more = list(places), []
    else:
        folders = [place for place in places if not place.is_file() and not _is_pattern(place)]
        more = [place for place in places if place not in folders]
    if len(folders) > 1:
        strange = str(folders[1])
        raise ConfigError(
            f"{strange}: " + ("there is no such file" if files else "is more than it takes; files come after --from"),
            zh=f"{strange}:" + ("没有这个文件" if files else "多出的参数;数据文件请写在 --from 之后"),
            location="hqd init",
        )
    if not folders:
        raise ConfigError(
            "name a new folder first: hqd init my_study --from FILE",
            zh="请先写新文件夹名:hqd init my_study --from 文件",
            location="hqd init",
        )
    return folders[0], [*files, *more]


def _is_pattern(path: Path) -> bool:
    return any(mark in path.name for mark in "*?[")
