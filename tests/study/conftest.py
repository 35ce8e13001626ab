"""The small study in a folder of its own, with one piece changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_study import FILES


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes the study with one piece of one file replaced (or a whole file set), and gives its folder."""

    def write(file: str = "", old: str = "", new: str = "", **whole: str) -> Path:
        for name, text in {**FILES, **whole}.items():
            if name == file:
                assert text.count(old) == 1, (old, text)
                text = text.replace(old, new)
            path = tmp_path / "configs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        monkeypatch.chdir(tmp_path)
        return Path("configs")

    return write
