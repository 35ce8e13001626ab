"""Faults that the small study of tests/faults cannot have: of the demo, of the system, of the command line."""

from __future__ import annotations

import csv
import errno
import io
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.study import study_folder

from .small import ROOT, Place, hqd, run

FAST = ("--set", "uncertainty.draws=0", "--set", "regressions.multiverse.draws=0", "--set", "study.outputs=[]")


def edit(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    text = path.read_bytes().decode(encoding)
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def treatment_inside(place: Place) -> None:
    edit(
        place.configs / "indicators.yaml",
        "100 * sum(rd_exp) / sum(revenue)",
        "100 * count(*) filter (where srdi_valid) / count(*)",
    )


def ingredient_as_control(place: Place) -> None:
    edit(place.configs / "regressions.yaml", "formula: 100 * sum(total_liab) / sum(total_assets)",
         "formula: 100 * sum(newprod_rev) / sum(revenue)")  # fmt: skip


@pytest.mark.parametrize(
    ("inject", "code", "parts"),
    [
        (treatment_inside, 2, ["inn1", "srdi_valid"]),
        (ingredient_as_control, 2, ["leverage", "inn4"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_refused_with_place_and_mend(demo_files, capsys, tmp_path, inject, code, parts):
    place = demo_files.copy(tmp_path)
    inject(place)
    ended = run(capsys, place)
    assert ended.code == code, ended.said
    assert all(part in ended.said for part in parts), ended.said
    assert f"退出码 {code}" in ended.said
    assert not place.latest.exists()
    assert not list(place.out.glob("demo/runs/*"))


def test_an_industry_outside_the_code_list_is_quarantined_under_the_gate(demo_run, capsys, tmp_path):
    """An encoding that was recognised is told, again when nothing is run anew, and is no warning under --strict."""
    place = demo_run.place.copy_run(tmp_path)
    for ended in (demo_run.ended, run(capsys, place, "--strict")):
        assert ended.code == 0 and "[S03]" in ended.said, ended.said
    found = place.table("quarantine").query("rule == 'E09' and value == 'C44'")
    assert len(found) >= 1 and found["mend_zh"].str.len().min() > 3


def in_yuan(place: Place) -> None:
    """Exports of one year ten thousand times those of the others."""
    path = place.data / "synthetic_trade.csv"
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    column, year = rows[0].index(next(name for name in rows[0] if name.startswith("出口"))), rows[0].index("年份")
    for row in rows[1:]:
        row[column] = f"{float(row[column]) * 1e4:.0f}" if row[year] == "2024" else row[column]
    path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8-sig")


@pytest.mark.slow
def test_a_unit_that_jumps_is_a_warning_and_fails_under_strict(demo_files, capsys, tmp_path):
    """F12: told each time, also when every stage is up to date."""
    place = demo_files.copy(tmp_path)
    in_yuan(place)
    first, strict = run(capsys, place, *FAST), run(capsys, place, *FAST, "--strict")
    assert (first.code, strict.code) == (0, 3)
    assert all("[W04]" in ended.said and "exports_usd" in ended.said for ended in (first, strict))


@pytest.mark.parametrize(
    ("fault", "code", "parts"),
    [
        (PermissionError(errno.EACCES, "denied", "latest/results.xlsx"), 5, ["results.xlsx", "请关闭"]),
        (PermissionError(errno.EACCES, "denied", "/out"), 5, ["/out", "--out"]),
        (OSError(errno.ENOSPC, "no space", "x.parquet"), 5, ["x.parquet", "磁盘已满"]),
        (NotADirectoryError(errno.ENOTDIR, "not a directory", "out/demo"), 5, ["out/demo", "文件夹"]),
        (pd.errors.MergeError("keys in left are not unique: C13, 2020"), 4, ["C13, 2020"]),
        (KeyboardInterrupt(), 130, ["已中断"]),
        (ZeroDivisionError("division by zero"), 1, ["ZeroDivisionError", "hqd-error.log"]),
    ],
    ids=["F17 locked workbook", "F50 no right", "F50 disk full", "F50 a file in the way", "F47 fan-out", "F50 Ctrl-C", "bug"],
)
def test_what_the_system_refuses_is_told_with_its_code(fault, code, parts, capsys, monkeypatch, no_bug):
    def refuse(*_, **__):
        raise fault

    monkeypatch.setattr(study_folder, "load_study", refuse)
    ended = hqd(capsys, "check")
    assert ended.code == code and all(part in ended.said for part in parts), ended.said
    assert "Traceback" not in ended.said and len(ended.said.splitlines()) <= 5
    if code == 1:
        assert "Traceback" in no_bug.read_text("utf-8")
        no_bug.unlink()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["run", "--set", "foo"], ["foo", "路径=值"]),
        (["run", "--study", "nowhere"], ["nowhere", "hqd init"]),
        (["run", "--study", str(ROOT / "configs"), "--data", "nowhere"], ["nowhere", "数据文件夹不存在", "--data", "hqd demo"]),
        (["methods", "wieght"], ["weight"]),
        (["rn"], ["run"]),
    ],
)
def test_a_slip_of_the_command_is_told_with_what_was_meant(arguments, parts, capsys, tmp_path, monkeypatch):
    if "--set" in arguments:
        arguments = [*arguments, "--study", str(ROOT / "configs")]
    if "--data" in arguments:
        arguments = [*arguments, "--out", str(tmp_path / "out")]
    monkeypatch.chdir(tmp_path)
    ended = hqd(capsys, *arguments)
    assert ended.code == 2 and all(part in ended.said for part in parts), ended.said
