"""The configs of the demo study: shipped with the package, those of the repository where it runs from there."""

from __future__ import annotations

import shutil
from pathlib import Path

SHIPPED = Path(__file__).parent / "configs"  # put there as the wheel is built
REPOSITORY = Path(__file__).resolve().parents[3] / "configs"


def write_demo_configs(folder: Path) -> None:
    """Copies the configs into a folder that does not exist yet."""
    shutil.copytree(SHIPPED if SHIPPED.is_dir() else REPOSITORY, folder)


def is_demo(configs: Path) -> bool:
    """Whether a folder holds the demo study."""
    study = configs / "study.yaml"
    return study.is_file() and "\nname: demo\n" in study.read_text("utf-8")
