"""A study of 0.1 is brought to this version, says what changed, and runs."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from hqd_index.study.yaml_document import Document, read_text
from hqd_index.tables import TABLES
from hqd_index.upkeep.upgrade import WORDS

from .small import ROOT, hqd

FIRST_CONFIGS = "0c04750"
"""The commit that first had a whole study."""


@pytest.fixture
def old_study(tmp_path: Path) -> Path:
    """The configs of 0.1 as they were committed."""
    archive = subprocess.run(["git", "archive", FIRST_CONFIGS, "configs"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("the history of the repository is not here")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as members:
        members.extractall(tmp_path, filter="data")
    return tmp_path / "configs"


def test_every_renamed_word_is_of_a_table_and_column_there_is() -> None:
    for word in read_text(WORDS.read_text("utf-8"), Document(WORDS.name)).value:
        assert word["column"] in TABLES[word["table"]].columns, word
        assert {"old", "new", "zh", "en"} <= word.keys()


def test_a_study_of_the_first_version_is_upgraded_and_says_what_changed(old_study: Path, capsys) -> None:
    said = hqd(capsys, "upgrade", "--study", str(old_study), "--lang", "en")
    assert said.code == 0 and "opposite -> opposite_sign" in said.said and "*_sd -> *_points" in said.said, said.said
    schemas = sorted(path.name for path in (old_study / "schema").glob("*.json"))
    assert not schemas or f"schema/{schemas[0]}: what editors complete from, written anew" in said.said
    again = hqd(capsys, "upgrade", "--study", str(old_study), "--lang", "en")
    assert again.code == 0 and "nothing had to be rewritten" in again.said
    assert hqd(capsys, "check", "--study", str(old_study)).code == 0


@pytest.mark.slow
def test_the_upgraded_study_runs(old_study: Path, tmp_path: Path, capsys) -> None:
    hqd(capsys, "demo", str(tmp_path / "raw"), "--configs", str(tmp_path / "other"), "--firms", "1500")
    hqd(capsys, "upgrade", "--study", str(old_study))
    arguments = ["--study", str(old_study), "--data", str(tmp_path / "raw"), "--out", str(tmp_path / "out")]
    said = hqd(capsys, "run", "--quick", *arguments)
    assert said.code == 0, said.said
