"""A small demo study on disk and the command run on it, for tests of the whole."""

from __future__ import annotations

import ast
import contextlib
import fcntl
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index import cli

FUZZ = float(os.environ.get("HQD_FUZZ", "1"))
"""How many times as many random examples are tried as in `make test`, which takes the same ones each time."""
ROOT = Path(__file__).resolve().parents[1]
QUICK = [
    "uncertainty.draws=200",
    "uncertainty.sobol={base: 64}",
    "uncertainty.firms={draws: 20}",
    "regressions.inference={draws: 199}",
]
"""Fewer draws than a study would use: what these tests check does not depend on how many there are."""


def write_changes(configs: Path, changes: Iterable[str]) -> None:
    """`path=value` entries written into the YAML files of a study, a file of its own where there is none."""
    yaml = YAML()
    yaml.width = 1000
    for change in changes:
        path, _, value = change.partition("=")
        name, *steps = path.split(".")
        file = configs / f"{name}.yaml"
        document = yaml.load(file.read_text("utf-8")) if file.exists() else {"version": 1}
        entry = document
        for step in steps[:-1]:
            entry = entry.setdefault(step, {})
        entry[steps[-1]] = yaml.load(value)
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump(document, stream)


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

    def copy_run(self, folder: Path) -> Place:
        """The same with all that was published and cached."""
        here = self.copy(folder)
        shutil.copytree(self.out, here.out, symlinks=True)
        return here

    def copy_cache(self, folder: Path) -> Place:
        """The same with the tables of its stages, nothing published yet: a run makes what its own changes touch."""
        here = self.copy(folder)
        shutil.copytree(self.out / ".cache", here.out / ".cache")
        return here

    def change(self, *changes: str) -> Place:
        """The same with entries of its configs changed, each as `--set` has it: the study as its files say is another."""
        write_changes(self.configs, changes)
        return self

    @staticmethod
    def in_folder(folder: Path) -> Place:
        return Place(folder / "configs", folder / "raw", folder / "out")

    @property
    def latest(self) -> Path:
        return self.out / "demo" / "latest"

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.latest / "tables" / f"{name}.csv")

    @property
    def truth(self) -> dict:
        return json.loads((self.data / "truth.json").read_text("utf-8"))


def only_run(results: Path) -> Path:
    """The folder of the one run of a study, whatever points at it."""
    (folder,) = results.glob("runs/[0-9a-f]*")
    return folder


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    said: str


@dataclass(frozen=True)
class DemoRun:
    """A run of the demo and how it ended."""

    place: Place
    ended: Ended
    network: str
    """What it asked of a network and was refused."""


def folder_once(factory: pytest.TempPathFactory, name: str, write: Callable[[Path], None]) -> Path:
    """A folder that the first worker to ask for it fills, for all of them."""
    base = factory.getbasetemp()
    root = base.parent if base.name.startswith("popen-") else base  # of a worker; a test run by a test has its own
    folder, part = root / name, root / f"{name}.part"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            write(part)
            part.rename(folder)
    return folder


def hqd(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """The command run in this process."""
    capsys.readouterr()
    code = _exit_code(arguments)
    said = capsys.readouterr()
    return Ended(code, said.out + said.err)


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        cli.main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def run(capsys: pytest.CaptureFixture[str], place: Place, *more: str) -> Ended:
    """`hqd run` on a place."""
    return hqd(capsys, *run_arguments(place, *more))


def run_arguments(place: Place, *more: str) -> list[str]:
    """Of `hqd run` on a place."""
    return ["run", "--study", str(place.configs), "--data", str(place.data), "--out", str(place.out), *more]


def run_quietly(place: Place, *more: str) -> Ended:
    """`hqd run` on a place, where no test is there to capture what it prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = _exit_code(run_arguments(place, *more))
    return Ended(code, said.getvalue())


NETWORK_EVENTS = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request",
)  # fmt: skip


@contextlib.contextmanager
def without_network() -> Iterator[list[str]]:
    """No socket of this process reaches anything while the block runs; what tried to."""
    attempts: list[str] = []
    is_over = False

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event in NETWORK_EVENTS and not is_over:
            attempts.append(f"{event} {arguments[1:]}")
            raise OSError(event)

    sys.addaudithook(refuse)  # for good: Python takes none away
    try:
        yield attempts
    finally:
        is_over = True


def examples(few: int) -> int:
    """How many random examples a test of files takes: a few, times HQD_FUZZ."""
    return max(1, round(few * FUZZ))


def separating_sets(names: Sequence[str]) -> list[list[str]]:
    """Few sets of names: for any two of them one set with the first and without the other.

    Each name is in half of the sets, and no two are in the same ones (Sperner 1928): fewer sets cannot tell all pairs apart.
    """
    count = next(count for count in range(len(names) + 1) if comb(count, count // 2) >= len(names))
    places = dict(zip(names, combinations(range(count), count // 2), strict=False))
    return [[name for name in names if place in places[name]] for place in range(count)]


def mentions(paths: Iterable[Path]) -> set[str]:
    """Names used and texts written in files of Python, their imports left out."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names | attributes | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
