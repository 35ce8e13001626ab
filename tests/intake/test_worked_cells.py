"""Small sheets worked by hand: what each cell becomes, which are set aside and why, and what is said of the column."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hqd_index.engines import Engine
from hqd_index.intake import intake

from .conftest import LABEL, build


@dataclass(frozen=True)
class Sheet:
    """A csv, its columns beside region and year, what the study says of it; values, cells set aside, words of remarks."""

    text: str
    columns: dict[str, dict[str, Any]]
    values: list[tuple[Any, ...]]
    source: dict[str, Any] = field(default_factory=dict)
    quarantined: list[tuple[str, str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    repairs: list[tuple[str, str, int]] = field(default_factory=list)


SHEETS = {
    "batches and dates written out": Sheet(
        "region,year,batch,d\n甲,2019,第一批,2020年4月\n乙,2019,2,2020-04-05\n丙,2019,第3批,2021年\n",
        {"batch": {"dtype": "integer"}, "d": {"dtype": "date"}},
        [("丙", 3, "2021-01-01"), ("乙", 2, "2020-04-05"), ("甲", 1, "2020-04-01")],
        notices=["1 dates without a day: the first of the month is used (2020年4月", "1 dates without a month"],
        repairs=[("batch", "written_out", 2), ("d", "no_day", 1), ("d", "no_month", 1)],
    ),
    "numbers that a unit makes too small": Sheet(
        "region,year,x,y\n甲,2019,0.00001,5\n乙,2019,0.00002,3\n丙,2019,0.5,1\n",
        {"x": {"unit": "亿元"}, "y": {"unit": "亿元"}},
        [("丙", 0.00005, 1.0)],
        source={"units": {"x": "万元", "y": "亿元"}},
        quarantined=[("C02", "x", "0.00001"), ("C02", "x", "0.00002")],
        repairs=[("x", "unit", 1)],
    ),
    "numbers that are too small as they are": Sheet(
        "region,year,x\n甲,2019,0.00000001\n乙,2019,0.000000012\n丙,2019,0.5\n",
        {"x": {"unit": "亿元"}},
        [("丙", 0.5), ("甲", 1e-8)],
        source={"units": {"x": "亿元"}},
        quarantined=[("C02", "x", "0.000000012")],
    ),
    "one unit above a column without one": Sheet(
        "单位：万元,,\nregion,year,x\n甲,2019,5\n", {"x": {}}, [("甲", 5.0)], notices=["x: 万元 is printed"]
    ),
    "two units above a column without one": Sheet(
        "单位：万元、人,,\nregion,year,x\n甲,2019,5\n", {"x": {}}, [("甲", 5.0)]
    ),
    "decimal commas that nobody declared": Sheet(
        "region;year;x\n甲;2019;1,5\n乙;2019;2,25\n丙;2019;3\n",
        {"x": {}},
        [("丙", 3.0)],
        source={"parse_separators": True},
        quarantined=[("C08", "x", "1,5"), ("C08", "x", "2,25")],
    ),
    "groups of three": Sheet(
        "region;year;x\n甲;2019;1,500\n乙;2019;12,000,000\n丙;2019;3\n",
        {"x": {}},
        [("丙", 3.0), ("乙", 12e6), ("甲", 1500.0)],
        source={"parse_separators": True},
        notices=["2 kinds of cells converted"],
        repairs=[("x", "separators", 2)],
    ),
    "fractions and giants of whole numbers": Sheet(
        "region,year,n,p\n甲,2019,3.5,1\n乙,2019,99999999999999999999,2\n丙,2019,4,2.5\n丁,2019,-7,3\n",
        {"n": {"dtype": "integer", "unit": "人"}, "p": {"dtype": "integer", "unit": "件"}},
        [("丁", -7, 3)],
        quarantined=[("C01", "n", "3.5"), ("C02", "n", "99999999999999999999"), ("E06", "p", "2.5")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS.keys())
def test_a_sheet_worked_by_hand(folder: Path, engine: Engine, sheet: Sheet) -> None:
    (folder / "data" / "a.csv").write_text(sheet.text, encoding="utf-8")
    columns = {name: {"label": LABEL, **column} for name, column in {"region": {"dtype": "text"}, **sheet.columns}.items()}
    study = build(
        {"a": {"path": "a.csv", "table": "t", **sheet.source}},
        {"gates": {"max_quarantine_share": 1.0}},
        tables={"t": {"key": ["region", "year"], "columns": columns}},
    )
    found = intake(study, engine, folder / "data", folder / "configs")
    names = ", ".join(sheet.columns)
    rows = engine.collect(f"SELECT region, {names} FROM {found.tables['t']} ORDER BY region")
    shown = [tuple(cell if isinstance(cell, int | float | str) else str(cell)[:10] for cell in row) for row in rows.to_numpy()]
    assert shown == sheet.values
    quarantined = found.frames["quarantine"][["rule", "column", "value"]].to_numpy().tolist()
    assert sorted(map(tuple, quarantined)) == sorted(sheet.quarantined)
    said = [notice.en for notice in found.notices]
    assert len(said) == len(sheet.notices) and all(any(words in one for one in said) for words in sheet.notices), said
    repairs = found.frames["repairs"][["column", "kind", "cells"]].to_numpy().tolist()
    assert list(map(tuple, repairs)) == sheet.repairs
