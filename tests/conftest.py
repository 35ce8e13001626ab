"""Where tests find the project and the shared reference data."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hqd_index import cli

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and known answers beside the project; tests that need it skip without it."""
    folder = (ROOT / ".." / "shared").resolve()
    if not (folder / "reference").is_dir():
        pytest.skip("../shared (real data sets and known answers) is not beside the project")
    return folder


os.environ["HQD_PROCESSES"] = "1"
"""Runs of a test stay in its process, which has imported everything; tests of several processes say so."""


@pytest.fixture(autouse=True)
def no_bug(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a bug of the program would be written, instead of the working folder; a test that ends with one there fails."""
    log = tmp_path_factory.getbasetemp() / "hqd-error.log"
    monkeypatch.setattr(cli, "LOG", log)
    yield log
    if log.exists():
        said = log.read_text("utf-8")
        log.unlink()
        pytest.fail(f"a bug of the program: {said}")
