"""A folder with the files of a new user, and the folder that their study is written to."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def raw(tmp_path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def mine(tmp_path) -> Path:
    return tmp_path / "mine"
