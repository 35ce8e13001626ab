"""Ledger, quarantine, repairs and traced rows name the file and the part of a sheet that each source read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hqd_index.engines import Engine
from hqd_index.intake import Intake, intake
from hqd_index.intake.records.row_members import row_places
from hqd_index.tables import check

from .conftest import build
from .test_layouts import REGIONS, Rows, csv, workbook

SHEET: Rows = [["地区", "年份", "x", None, "地区", "年份", "x"], ["甲", "2019年", 1, None, "丙", "2020年", 3],
               ["乙", "2019年", "坏", None, "丁", "2020年", "差"]]  # fmt: skip
TABLES = REGIONS | {"u": REGIONS["t"]}


def read(folder: Path, engine: Engine, sources: dict[str, dict[str, Any]]) -> Intake:
    common = {"table": "t", "aliases": {"地区": "region"}}
    study = build({name: common | source for name, source in sources.items()}, {"gates": {"max_quarantine_share": 1.0}},
                  tables=TABLES, study={"unit": {"by": ["region"]}})  # fmt: skip
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    return intake(study, engine, folder, folder)


BLOCKS: dict[str, dict[str, Any]] = {"one": {"block": "A1:C3"}, "two": {"block": "E1:G3"}}


@pytest.mark.parametrize(
    ("sources", "path", "names"),
    [
        (BLOCKS, "a.csv", ["A1:C3", "E1:G3"]),
        (BLOCKS, "a.xlsx", ["一!A1:C3", "一!E1:G3"]),
        ({"one": BLOCKS["one"], "two": BLOCKS["two"] | {"table": "u"}}, "a.xlsx", ["一!A1:C3", "一!E1:G3"]),
        ({"one": BLOCKS["one"], "two": BLOCKS["one"] | {"table": "u"}}, "a.xlsx", ["一 sources.one", "一 sources.two"]),
        ({"one": {}, "two": {"table": "u"}}, "one.csv", ["sources.one", "sources.two"]),
    ],
)
def test_a_sheet_of_two_sources_has_a_line_for_each(
    tmp_path: Path, engine: Engine, sources: dict[str, dict[str, Any]], path: str, names: list[str]
):
    csv(SHEET)(tmp_path)
    workbook({"一": SHEET, "二": [["x"]]})(tmp_path)
    (tmp_path / "one.csv").write_text("地区,年份,x\n甲,2019年,1\n乙,2019年,坏\n", "utf-8")
    page = {"sheet": "一"} if path.endswith("xlsx") else {}
    result = read(tmp_path, engine, {name: {"path": path, **page, **source} for name, source in sources.items()})
    for table in ("ledger", "repairs", "quarantine"):
        places = check(table, result.frames[table])[["file", "sheet"]].drop_duplicates()
        assert places.to_numpy().tolist() == [[path, name] for name in names], table
    assert result.raw_rows[["file", "sheet", "row"]].to_numpy().tolist() == [[path, name, 3] for name in names]
    assert engine.collect(f"SELECT sheet FROM {result.members['row_files']}")["sheet"].tolist() == names


def test_rows_of_equal_files_of_two_tables_are_named_by_their_own(tmp_path: Path, engine: Engine):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("地区,年份,x\n甲,2019,1\n", "utf-8")
    result = read(tmp_path, engine, {"two": {"path": "b.csv"}, "one": {"path": "a.csv", "table": "u"}})
    files = engine.collect(result.members["row_files"])
    for table, name in (("t", "b.csv"), ("u", "a.csv")):
        rids = engine.collect(f"SELECT rid FROM {result.tables[table]}")["rid"]
        assert row_places(rids, files).to_numpy().tolist() == [[name, "", 2]]
