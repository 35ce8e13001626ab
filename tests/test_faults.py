"""Faults at the door of the whole command: exit code, the place, the mend; `latest` stays what it was."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hqd_index.demo import write_demo

from .small import ROOT, Place, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Place:
    folder = tmp_path_factory.mktemp("clean")
    write_demo(folder / "raw", seed=4, firms=1500)
    return Place(ROOT / "configs", folder / "raw", folder / "out").copy(folder / "study")


def edit(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    text = path.read_bytes().decode(encoding)
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def typo(place: Place) -> None:
    edit(place.configs / "weighting.yaml", "coverage:", "covrage:")


def hostile_formula(place: Place) -> None:
    edit(place.configs / "indicators.yaml", "100 * sum(rd_exp) / sum(revenue)", "sum(revenue); drop table x")


def short_weights(place: Place) -> None:
    edit(place.configs / "weighting.yaml", "dimensions:    {method: equal}",
         "dimensions:    {method: given, shares: {quality: 0.5, safety: 0.48}}")  # fmt: skip


def missing_column(place: Place) -> None:
    edit(place.data / "synthetic_trade.csv", "年份", "年", "utf-8-sig")


def utf16(place: Place) -> None:
    path = place.data / "synthetic_trade.csv"
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode("utf-16"))


def industry_44(place: Place) -> None:
    path = next(place.data.glob("synthetic_firms_2017*.csv"))
    edit(path, "C26", "C44", "gb18030")


def lost_file(place: Place) -> None:
    (place.data / "synthetic_trade.csv").rename(place.data / "synthetic_trad.csv")


def outside(place: Place) -> None:
    edit(place.configs / "sources.yaml", "synthetic_trade.csv", "../../secret.csv")


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
        (typo, 2, ["weighting.yaml:", "covrage", "coverage"]),
        (hostile_formula, 2, ["indicators.yaml:", "inn1"]),
        (short_weights, 2, ["weighting.yaml:", "0.98", "normalize"]),
        (missing_column, 3, ["synthetic_trade.csv", "S06", "year"]),
        (utf16, 3, ["synthetic_trade.csv", "S03", "UTF-8"]),
        (lost_file, 2, ["synthetic_trad", "S01"]),
        (outside, 2, ["sources.yaml", "secret.csv"]),
        (treatment_inside, 2, ["inn1", "srdi_valid"]),
        (ingredient_as_control, 2, ["leverage", "inn4"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_refused_with_place_and_mend(clean, capsys, tmp_path, inject, code, parts):
    place = clean.copy(tmp_path)
    inject(place)
    ended = run(capsys, place)
    assert ended.code == code, ended.said
    assert all(part in ended.said for part in parts), ended.said
    assert f"退出码 {code}" in ended.said
    assert not place.latest.exists()
    assert not list(place.out.glob("demo/runs/*"))


def test_an_industry_outside_the_code_list_is_quarantined_under_the_gate(clean, capsys, tmp_path):
    place = clean.copy(tmp_path)
    industry_44(place)
    assert run(capsys, place).code == 0
    found = place.table("quarantine").query("rule == 'E09' and value == 'C44'")
    assert len(found) >= 1 and found["mend_zh"].str.len().min() > 3


def test_too_many_bad_rows_stop_the_run_and_leave_the_quarantine(clean, capsys, tmp_path):
    place = clean.copy(tmp_path)
    path = next(place.data.glob("synthetic_firms_2017*.csv"))
    path.write_bytes(path.read_bytes().decode("gb18030").replace("C3", "Z3").encode("gb18030"))
    ended = run(capsys, place)
    assert ended.code == 3 and "S13" in ended.said
    assert (place.out / "demo" / "rejected" / "quarantine.xlsx").is_file()
    assert not place.latest.exists()


def test_a_failed_run_leaves_the_previous_results_alone(clean, capsys, tmp_path):
    place = clean.copy(tmp_path)
    assert run(capsys, place).code == 0
    before = place.latest.readlink()
    typo(place)
    assert run(capsys, place).code == 2
    assert place.latest.readlink() == before and (place.latest / "tables" / "scores.csv").is_file()


def test_a_second_run_at_once_names_the_first(clean, capsys, tmp_path):
    place = clean.copy(tmp_path)
    (place.out / "demo").mkdir(parents=True)
    (place.out / "demo" / ".lock").write_text(str(os.getpid()))
    ended = run(capsys, place)
    assert ended.code == 5 and str(os.getpid()) in ended.said
    shutil.rmtree(place.out)
