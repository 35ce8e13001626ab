"""A small study of one's own to begin with: commented configuration and an invented table to be replaced."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import SetupError

TEMPLATE = Path(__file__).parent / "template"


def write_starter(folder: Path) -> list[Path]:
    """Writes the starter study into a new or empty folder: the files written. SetupError (exit 5) where it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SetupError(
            "the folder is not empty; name a new one, nothing was written",
            zh="文件夹不是空的;请换一个新文件夹名,未写入任何内容",
            where=str(folder),
        )
    sources = sorted(path for path in TEMPLATE.rglob("*") if path.is_file())
    targets = [folder / path.relative_to(TEMPLATE) for path in sources]
    for source, target in zip(sources, targets):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return targets
