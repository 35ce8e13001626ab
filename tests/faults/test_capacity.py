"""Memory, disk or file that fail in the middle of a run: the cause is named, and what was published before stays as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from .small_firms import SmallStudy, write_small_study

SPILLING = """
import sys
from hqd_index.engines import open_engine
from hqd_index.errors import CapacityError
with open_engine(memory="120MiB") as engine:
    try:
        engine.query("SELECT range AS i, hash(range) AS a, hash(range + 1) AS b FROM range(8000000) ORDER BY a")
    except CapacityError as fault:
        sys.exit(f"{fault.exit_code} {fault.en}")
"""
SMALL_DISK = "mount -t tmpfs -o size={size} none {folder} && TMPDIR={folder} exec {command}"


def on_a_small_disk(folder: Path, size: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command whose scratch folder is a disk of so many bytes, seen by this command alone."""
    folder.mkdir()
    place = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*place, "mount", "-t", "tmpfs", "none", folder], check=False).returncode:
        pytest.skip("a user may not mount a disk of its own here (unshare)")
    script = SMALL_DISK.format(size=size, folder=folder, command=' "$@"')
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [*place, "sh", "-c", script, "sh", *command], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture
def stored(tmp_path: Path) -> SmallStudy:
    """The small study with its firms in parquet, published once."""
    study = write_small_study(tmp_path / "study")
    rows = pd.read_csv(study.data / "firms.csv", dtype={"企业代码": str})
    duckdb.from_df(rows).to_parquet(str(study.data / "firms.parquet"), row_group_size=32)
    study.edit("sources", "path: firms.csv", "path: firms.parquet")
    code, text = study.run("--quick")
    assert code == 0, text
    return study


def published(study: SmallStudy) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((study.home / "quick").rglob("*")) if path.is_file()}


def test_no_room_to_spill_is_a_full_disk_and_no_lack_of_memory(tmp_path: Path) -> None:
    ended = on_a_small_disk(tmp_path / "disk", "20m", [sys.executable, "-c", SPILLING])
    assert ended.stderr.startswith("5 the disk of the scratch folder is full") and "TMPDIR" in ended.stderr


def test_a_full_disk_publishes_nothing(stored: SmallStudy, tmp_path: Path) -> None:
    before = published(stored)
    arguments = stored.arguments("--quick", "--set", "study.seed=2", "--lang", "en")
    ended = on_a_small_disk(tmp_path / "disk", "64k", [sys.executable, "-m", "hqd_index", *arguments])
    assert ended.returncode == 5 and "is full" in ended.stdout + ended.stderr, ended.stdout + ended.stderr
    assert published(stored) == before and not list(stored.out.rglob(".tmp-*"))


def test_a_corrupt_row_group_publishes_nothing(stored: SmallStudy) -> None:
    before, path = published(stored), stored.data / "firms.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 60] = b"\xff" * 60
    path.write_bytes(content)
    code, text = stored.run("--quick")
    assert code == 3 and "S08" in text and "firms.parquet" in text, text
    assert published(stored) == before and not list(stored.out.rglob(".tmp-*"))
