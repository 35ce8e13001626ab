"""A small demo study on disk and the command run on it, for tests of the whole."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from hqd_index import cli

ROOT = Path(__file__).resolve().parents[1]
QUICK = [
    "uncertainty.draws=200",
    "uncertainty.sobol={base: 64}",
    "uncertainty.firms={draws: 20}",
    "regressions.inference={draws: 199}",
]
"""Fewer draws than a study would use: what these tests check does not depend on how many there are."""


@dataclass(frozen=True)
class Place:
    """A copy of the shipped configs, raw files and a folder for results."""

    configs: Path
    data: Path
    out: Path

    def copy(self, folder: Path) -> Place:
        """The same configs and raw files elsewhere, nothing run yet."""
        shutil.copytree(self.configs, folder / "configs")
        shutil.copytree(self.data, folder / "raw")
        return Place(folder / "configs", folder / "raw", folder / "out")

    @property
    def latest(self) -> Path:
        return self.out / "demo" / "latest"

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.latest / "tables" / f"{name}.csv")

    @property
    def truth(self) -> dict:
        return json.loads((self.data / "truth.json").read_text("utf-8"))


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    said: str


def hqd(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """The command run in this process."""
    capsys.readouterr()
    code = 0
    try:
        cli.main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    return Ended(code, said.out + said.err)


def run(capsys: pytest.CaptureFixture[str], place: Place, *more: str) -> Ended:
    """`hqd run` on a place with few draws."""
    sets = [part for change in QUICK for part in ("--set", change)]
    location = ["--study", str(place.configs), "--data", str(place.data), "--out", str(place.out)]
    return hqd(capsys, "run", *location, *sets, *more)


def mentions(paths: Iterable[Path]) -> set[str]:
    """Names used and texts written in files of Python, their imports left out."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names | attributes | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
