"""Example studies with real figures: shipped with the package, those of the repository where it runs from there."""

from __future__ import annotations

import shutil
from pathlib import Path

from .errors import ConfigError, SetupError, unknown

SHIPPED = Path(__file__).parent / "examples"  # put there as the wheel is built
REPOSITORY = Path(__file__).resolve().parents[2] / "examples"


def example_names() -> list[str]:
    """The examples there are."""
    return sorted(folder.name for folder in _examples().iterdir() if (folder / "configs" / "study.yaml").is_file())


def write_example(name: str, folder: Path) -> None:
    """Writes an example into a new or empty folder: `configs`, the figures in `data/raw`, and what they are in README.md.

    ConfigError where there is no such example, SetupError where the folder is not empty.
    """
    if name not in example_names():
        en, zh = unknown("example", name, example_names(), kind_zh="示例")
        raise ConfigError(en, zh=zh, location="hqd example")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SetupError(
            f"the folder is not empty; name a new one: hqd example {name} NEW_FOLDER",
            zh=f"文件夹不是空的;请换一个新文件夹:hqd example {name} 新文件夹",
            location=str(folder),
        )
    shutil.copytree(_examples() / name, folder, dirs_exist_ok=True)


def _examples() -> Path:
    return SHIPPED if SHIPPED.is_dir() else REPOSITORY
