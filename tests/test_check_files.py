"""`hqd check --data`: headers and first rows of the files, so that "the configuration is sound" includes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .small import hqd

FIRST_ROWS = 1000


@pytest.fixture
def mine(tmp_path, monkeypatch, capsys) -> Path:
    """The starter study as the working folder."""
    assert hqd(capsys, "init", str(tmp_path / "mine")).code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def rewritten(mine: Path, old: str, new: str) -> None:
    path = mine / "data" / "raw" / "regions.csv"
    text = path.read_text("utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_sound_files_are_said_to_be_read(mine, capsys):
    said = hqd(capsys, "check", "--data", "data/raw")
    assert said.code == 0 and "regions.csv  15 行 → 采用 15" in said.said and "数据文件可读:1 个文件" in said.said
    english = hqd(capsys, "check", "--data", "data/raw", "--lang", "en")
    assert english.code == 0 and "the files can be read" in english.said
    assert not (mine / "data" / "processed").exists()


def test_without_data_no_file_is_looked_at(mine, capsys):
    (mine / "data" / "raw" / "regions.csv").unlink()
    assert hqd(capsys, "check").code == 0
    missing = hqd(capsys, "check", "--data", "data/raw")
    assert missing.code == 2 and "[S01]" in missing.said


def test_a_column_that_is_missing_is_found_with_the_unused_headers(mine, capsys):
    rewritten(mine, "研发经费(亿元)", "科研经费(亿元)")
    said = hqd(capsys, "check", "--data", "data/raw")
    assert said.code == 3 and "rd_exp" in said.said and "科研经费(亿元)" in said.said


def test_cells_that_do_not_read_are_listed_and_stop_beyond_the_limit(mine, capsys):
    rewritten(mine, "210.3", "约210")
    said = hqd(capsys, "check", "--data", "data/raw")
    assert said.code == 3 and "C01 不是数字" in said.said and "第 2 行" in said.said and "[S13]" in said.said
    (mine / "configs" / "rules.yaml").write_text("version: 1\ngates: {max_quarantine_share: 10%}\n", "utf-8")
    said = hqd(capsys, "check", "--data", "data/raw")
    assert said.code == 0 and "C01 不是数字" in said.said


def test_only_the_first_thousand_rows_are_judged(mine, capsys):
    path = mine / "data" / "raw" / "regions.csv"
    header = path.read_text("utf-8-sig").splitlines()[0]
    rows = [f"地{number},2021,1,2,3,4,5,6" for number in range(FIRST_ROWS)]
    path.write_text("\n".join([header, *rows, *["约,2021,x,x,x,x,x,x"] * 500]) + "\n", "utf-8")
    said = hqd(capsys, "check", "--data", "data/raw")
    assert said.code == 0 and "regions.csv  前 1,000 行 → 采用 1,000" in said.said
