"""What a refused file shows: the message first and alone, in the language asked for, and nothing of the libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyreadstat")
MAIN = "from hqd_index.cli import main; main()"
SPOILED: list[tuple[str, bytes, str]] = [
    ("damaged", b"<stata_dta><header><release>118</release>", "S08"),
    ("a bad gate", 'prov,year,code,x\n甲,2019,1,"1\n'.encode(), "S13"),
    ("another header", b"a,b,c\n1,2,3\n", "S06"),
]


def test_a_run_without_any_row_left_is_refused(shared: Path, tmp_path: Path):
    """F29, Q14: all rows quarantined under a gate that lets all pass."""
    shutil.copytree(shared / "cases" / "configs" / "Q14", tmp_path / "configs")
    (tmp_path / "data").mkdir()
    shutil.copy(shared / "cases" / "Q14_marks.csv", tmp_path / "data")
    command = [sys.executable, "-c", MAIN, "run", "--study", "configs", "--data", "data", "--out", "out", "--processes", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HQD_LANG": "en"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 3 and "[S13] no row of table t is used" in ended.stderr
    assert (tmp_path / "out" / "s" / "rejected" / "quarantine.xlsx").exists() and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("case", "processes"),
    [(SPOILED[0], "1"), (SPOILED[1], "2"), (SPOILED[2], "1")],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_refused_file_shows_its_message_alone(shared: Path, tmp_path: Path, case: tuple[str, bytes, str], processes: str):
    _, content, rule = case
    name = "K04_labelset_other.dta"
    shutil.copytree(shared / "cases" / "configs" / "K04", tmp_path / "configs")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_bytes(content)
    command = [
        sys.executable,
        "-c",
        MAIN,
        "run",
        "--study",
        "configs",
        "--data",
        "data",
        "--out",
        "out",
        "--processes",
        processes,
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HQD_LANG": "en"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 3, ended.stderr
    lines = ended.stderr.strip().splitlines()
    assert lines[0].startswith(name) and f"[{rule}]" in lines[0]
    assert lines[-1].endswith("exit code 3")
    assert "nanobind" not in ended.stdout + ended.stderr and "Traceback" not in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) in (["configs", "data"], ["configs", "data", "out"])
