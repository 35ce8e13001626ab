"""Where tests find the project and the shared reference data."""

from pathlib import Path

import pytest

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
