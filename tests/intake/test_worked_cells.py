"""Small sheets worked by hand: what each cell becomes, which are set aside and why, and what is said of the column."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hqd_index.engines import Engine
from hqd_index.intake import intake

from .conftest import FIRMS, LABEL, build


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
    types: tuple[str, ...] = ()


SHEETS = {
    "batches and dates written out": Sheet(
        "region,year,batch,d\n甲,2019,第一批,2020年4月\n乙,2019,2,2020-04-05\n丙,2019,第3批,2021年\n",
        {"batch": {"dtype": "integer"}, "d": {"dtype": "date"}},
        [("丙", 3, "2021-01-01"), ("乙", 2, "2020-04-05"), ("甲", 1, "2020-04-01")],
        notices=["1 dates without a day: the first of the month is used (2020年4月", "1 dates without a month"],
        repairs=[("batch", "written_out", 2), ("d", "no_day", 1), ("d", "no_month", 1)],
        types=("integer", "date"),
    ),
    "numbers that a unit makes too small": Sheet(
        "region,year,x,y\n甲,2019,0.00001,5\n乙,2019,0.00002,3\n丙,2019,0.5,1\n丁,2019,0.1,2\n",
        {"x": {"unit": "亿元"}, "y": {"unit": "亿元"}},
        [("丁", 0.00001, 2.0), ("丙", 0.00005, 1.0)],
        source={"units": {"x": "万元", "y": "亿元"}},
        quarantined=[("C02", "x", "0.00001"), ("C02", "x", "0.00002")],
        repairs=[("x", "unit", 2)],
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
    "several kinds of converted cells": Sheet(
        "region,year,x\n甲,2019,\"1,500\"\n乙,2019,\"1,600\"\n丙,2019,1.2万\n丁,2019,１２\n戊,2019,\"3,000万\"\n",
        {"x": {"unit": "元"}},
        [("丁", 12.0), ("丙", 12000.0), ("乙", 1600.0), ("戊", 3e7), ("甲", 1500.0)],
        source={"parse_separators": True, "parse_units": True},
        notices=[
            "5 kinds of cells converted: units inside cells 2, e.g. x '1.2万' -> 12000 元; digit separators 2, "
            "e.g. x '1,500' -> 1500 元; full-width digits 1, e.g. x '１２' -> 12 元"
        ],
        repairs=[("x", "separators", 3), ("x", "unit_in_cell", 2)],
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
    types = engine.types(found.tables["t"])
    assert not sheet.types or tuple(types[name] for name in sheet.columns) == sheet.types
    quarantined = found.frames["quarantine"][["rule", "column", "value"]].to_numpy().tolist()
    assert sorted(map(tuple, quarantined)) == sorted(sheet.quarantined)
    said = [notice.en for notice in found.notices]
    assert len(said) == len(sheet.notices) and all(any(words in one for one in said) for words in sheet.notices), said
    repairs = found.frames["repairs"][["column", "kind", "cells"]].to_numpy().tolist()
    assert list(map(tuple, repairs)) == sheet.repairs


def test_files_of_one_source_have_units_of_their_own(folder: Path, engine: Engine) -> None:
    for name, unit, value in (("a", "万元", 500), ("b", "亿元", 5), ("c", "元", 7)):
        (folder / "data" / f"{name}.csv").write_text(f"region,year,x({unit})\n{name},2019,{value}\n", encoding="utf-8")
    columns = {"region": {"dtype": "text", "label": LABEL}, "x": {"unit": "亿元", "label": LABEL}}
    study = build({"a": {"path": "*.csv", "table": "t"}}, tables={"t": {"key": ["region", "year"], "columns": columns}})
    found = intake(study, engine, folder / "data", folder / "configs")
    rows = engine.collect(f"SELECT region, x FROM {found.tables['t']} ORDER BY region").to_numpy().tolist()
    assert rows == [["a", 0.05], ["b", 5.0], ["c", 7e-8]]
    repairs = found.frames["repairs"][["file", "kind", "cells", "example_before"]].to_numpy().tolist()
    assert repairs == [["a.csv", "unit", 1, "500 万元"], ["c.csv", "unit", 1, "7 元"]]


def test_stored_decimals_are_rounded_where_they_have_more_than_a_table_keeps(folder: Path, engine: Engine) -> None:
    """DECIMAL(20, 10) and DOUBLE of a parquet file: nine decimals are rounded and counted, eight are not."""
    numbers = "(VALUES ('a', 1.1234567891, 0.123456789), ('b', 2.5, 2.5), ('c', 3.12345678, 3.12345678)) AS v(region, x, y)"
    duckdb.sql(
        f"COPY (SELECT region, 2019 AS year, CAST(x AS DECIMAL(20, 10)) AS x, CAST(y AS DOUBLE) AS y FROM {numbers}) "
        f"TO '{folder / 'data' / 'a.parquet'}' (FORMAT parquet)"
    )
    columns = {"region": {"dtype": "text", "label": LABEL}, "x": {"label": LABEL}, "y": {"label": LABEL}}
    study = build({"a": {"path": "a.parquet", "table": "t"}}, tables={"t": {"key": ["region", "year"], "columns": columns}})
    found = intake(study, engine, folder / "data", folder / "configs")
    rows = engine.collect(f"SELECT region, x, y FROM {found.tables['t']} ORDER BY region").to_numpy().tolist()
    assert rows == [["a", 1.12345679, 0.12345679], ["b", 2.5, 2.5], ["c", 3.12345678, 3.12345678]]
    repairs = found.frames["repairs"][["column", "kind", "cells", "example_before"]].to_numpy().tolist()
    assert repairs == [["x", "rounded", 1, "1.1234567891"], ["y", "rounded", 1, "0.123456789"]]


def test_an_id_that_the_study_replaces_is_replaced_though_it_is_valid(folder: Path, engine: Engine) -> None:
    """Eighteen zeros are a credit code with its check character, which most ids of a file are and which are not looked up."""
    text = f"企业代码,年份,行业代码,营业收入\n{'0' * 18},2019,C39,1\n{'1' + '0' * 16 + 'Y'},2019,C39,2\n"
    (folder / "data" / "firms.csv").write_text(text, encoding="utf-8")
    study = build({"firms": FIRMS | {"values": {"firm_id": {"0" * 18: "000009"}}}}, {"gates": {"max_quarantine_share": 1.0}})
    found = intake(study, engine, folder / "data", folder / "configs")
    ids = engine.collect(f"SELECT firm_id FROM {found.tables['firms']} ORDER BY revenue")["firm_id"].tolist()
    assert ids == ["000009", "1" + "0" * 16 + "Y"]


def test_codes_of_provinces_are_read_in_every_length(folder: Path, engine: Engine) -> None:
    (folder / "data" / "a.csv").write_text("省份,年份,x\n33,2019,1\n110000,2019,2\n江苏,2019,3\n", encoding="utf-8")
    source = {"path": "a.csv", "table": "t", "aliases": {"省份": "province_code"}}
    tables = {"t": {"key": ["province_code", "year"], "columns": {"x": {"label": LABEL}}}}
    found = intake(build({"a": source}, tables=tables), engine, folder / "data", folder / "configs")
    codes = engine.collect(f"SELECT province_code FROM {found.tables['t']} ORDER BY x")["province_code"].tolist()
    assert codes == ["330000", "110000", "320000"]
