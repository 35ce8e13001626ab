"""F74 through the command line: columns that indicators compute with, taken away beside any other, cost them and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.engines import Engine, open_engine
from hqd_index.errors import EstimationError
from hqd_index.firms.completed_tables import absent_columns, completed_tables
from hqd_index.firms.derived_columns import derive
from hqd_index.index.index_tables import build_index
from hqd_index.panel import build_panel
from hqd_index.study.records import Study
from hqd_index.study.study_folder import load_study

from .small import hqd, separating_sets

UNITS, YEARS = [f"C{code}" for code in range(13, 19)], range(2016, 2020)
SHARES_OF_ASSETS = {"total_assets": 1.0, "total_liab": 0.4, "equity": 0.6}
COUNTED = {"year": None, "listed_year": 2008, "found_year": 2001, "niche_years": 9}
SCORED = {
    table: [
        name
        for name, column in CANONICAL[table].columns.items()
        if (column.dtype == "number" or (column.dtype == "integer" and name not in COUNTED)) and "srdi" not in name
    ]
    for table in ("firms", "industry", "trade")
}
COLUMNS = [(table, column) for table, columns in SCORED.items() for column in columns]
LABEL = "label: {zh: 一, en: one}"


def table_rows(table: str, stream: np.random.Generator) -> pd.DataFrame:
    """Sound rows: two firms of every industry and year, or the industry itself, with a value in every column."""
    firms = range(2) if table == "firms" else range(1)
    keys = [(f"6{code[1:]}{firm:03d}", code, year) for code in UNITS for firm in firms for year in YEARS]
    frame = pd.DataFrame(keys, columns=["firm_id", "industry_code", "year"])
    for name in SCORED[table]:
        column, size = CANONICAL[table].columns[name], stream.uniform(1, 9, len(frame))
        frame[name] = size.round(3) if column.dtype == "number" else (size * 10).astype(int)
    if table == "firms":
        frame["employees"] = 100 + frame["rd_staff"]
        for name, share in SHARES_OF_ASSETS.items():
            frame[name] = (1e6 * np.arange(1, len(frame) + 1) * share).round(3)
        frame["revenue"] = 1e6 * frame["revenue"]
    return frame if table == "firms" else frame.drop(columns="firm_id")


def leaf(table: str, column: str) -> str:
    return f"{table}_{column}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A study with an indicator for each number of three built-in tables, in families of a table each."""
    place, stream = tmp_path_factory.mktemp("absent"), np.random.default_rng(5)
    (place / "raw").mkdir()
    (place / "configs").mkdir()
    for table in SCORED:
        table_rows(table, stream).to_csv(place / "raw" / f"{table}.csv", index=False)
    tree = ", ".join(f"{table}: [{', '.join(leaf(table, column) for column in columns)}]" for table, columns in SCORED.items())
    source = "{{path: {0}.csv, table: {0}, constants: {{industry_version: '2017'}}}}"
    files = {
        "study": f"name: absent\n{LABEL}\nyears: [2016, 2019]\nlanguage: en\nmin_firms: 1\n",
        "sources": "sources:\n" + "".join(f"  {table}: {source.format(table)}\n" for table in SCORED),
        "indicators": f"scale: [rd_staff]\nlevels: [indicators, families]\ntree: {{index: {{{tree}}}}}\nindicators:\n"
        + "".join(f"  {leaf(*one)}: {{table: {one[0]}, formula: sum({one[1]}), {LABEL}}}\n" for one in COLUMNS),
        "weighting": "weight: {indicators: {method: equal}, families: {method: equal}}\n"
        "aggregate: {indicators: {method: arithmetic}, families: {method: arithmetic}}\ncoverage: {min_children: 1}\n",
        "regressions": f"mediators: {{staff: {{table: firms, formula: sum(rd_staff), {LABEL}}}}}\n",
        "uncertainty": "draws: 0\n",
        "rules": "ranges: {firms: {}, industry: {}}\n",
    }
    for name, text in files.items():
        (place / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")
    return place


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return load_study(folder / "configs").study


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


@pytest.fixture(scope="module")
def tables(folder: Path, engine: Engine) -> dict[str, str]:
    frames = {table: pd.read_csv(folder / "raw" / f"{table}.csv", dtype={"firm_id": str}) for table in SCORED}
    return {table: engine.query(f"SELECT * FROM {engine.scan(frame)}", f"clean_{table}") for table, frame in frames.items()}


def index_of(study: Study, engine: Engine, tables: dict[str, str]) -> pd.DataFrame:
    """The weights of the index: a leaf without a value weighs nothing and says so."""
    panel = build_panel(study, engine, derive(study, engine, completed_tables(study, engine, tables)))
    names = pd.DataFrame({"unit": UNITS, "unit_zh": UNITS, "unit_en": UNITS, "group": ""})
    return build_index(study, panel.values, names).weights.set_index("node")


def absences() -> list[list[tuple[str, str]]]:
    """Few sets of columns, never a whole table: for any two of a table one set with the first of them and without the other."""
    sets = zip_longest(*([(table, names) for names in separating_sets(columns)] for table, columns in SCORED.items()))
    return [[(table, name) for table, names in filter(None, one) for name in names] for one in sets]


@pytest.mark.parametrize("columns", absences(), ids=len)
def test_columns_that_no_file_has_cost_their_indicators_alone(study, engine, tables, columns):
    names = {table: [column for name, column in columns if name == table] for table in SCORED}
    present = {
        table: engine.view(f"SELECT * EXCLUDE ({', '.join(absent)}) FROM {tables[table]}", f"lacking_{table}")
        if absent
        else tables[table]
        for table, absent in names.items()
    }
    found = absent_columns(study, {name: engine.types(one) for name, one in present.items()})
    assert {(absent.table, absent.column) for absent in found} == set(columns)
    for absent in found:
        assert f"indicators\n{leaf(absent.table, absent.column)}" in "\n".join(
            f"{place}\n{text.removeprefix('left out of the index: ')}" for place, _, text in absent.costs()
        )
        assert ("mediators" in {place for place, _, _ in absent.costs()}) == (absent.column == "rd_staff")
    weights = index_of(study, engine, present)
    empty = weights[weights["note"] == "I-EMPTY"]
    assert set(empty.index) == {leaf(*column) for column in columns} and (empty["share_global"] == 0).all()


def test_a_table_without_a_file_costs_all_its_indicators_and_an_empty_family_stops(study, engine, tables):
    present = {name: table for name, table in tables.items() if name != "trade"}
    (absent,) = absent_columns(study, {name: engine.types(one) for name, one in present.items()})
    assert absent.column == "" and "trade.csv: no file of table trade" in absent.notice("en")
    with pytest.raises(EstimationError, match="trade has no score") as caught:
        index_of(study, engine, present)
    assert caught.value.exit_code == 3


def run(folder: Path, raw: Path, capsys):
    places = {"--study": folder / "configs", "--data": raw, "--out": folder / "out"}
    return hqd(capsys, "run", "--quick", *(part for option, path in places.items() for part in (option, str(path))))


def without(folder: Path, raw: Path, table: str, column: str, other: str | None = None) -> Path:
    """The raw files with a column taken away, or under another header."""
    raw.mkdir(parents=True, exist_ok=True)
    for name in SCORED:
        frame = pd.read_csv(folder / "raw" / f"{name}.csv", dtype=str)
        if name == table:
            frame = frame.rename(columns={column: other}) if other else frame.drop(columns=column)
        frame.to_csv(raw / f"{name}.csv", index=False)
    return raw


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column"), COLUMNS[::9], ids=lambda name: name)  # a few of each table: all are tried above
def test_a_run_without_a_column_ends_well_and_says_what_it_lacks(folder, tmp_path, capsys, table, column):
    ended = run(folder, without(folder, tmp_path / "raw", table, column), capsys)
    assert ended.code == 0, ended.said
    assert f"[I-EMPTY] {table}.csv: no column {column} (" in ended.said and f"({leaf(table, column)})" in ended.said
    missing = pd.read_csv(folder / "out" / "absent" / "quick" / "tables" / "not_made.csv")
    assert missing["reason_en"].str.contains(f"no column {column} ").any()


def check(folder: Path, raw: Path, capsys):
    return hqd(capsys, "check", "--study", str(folder / "configs"), "--data", str(raw))


def test_a_header_that_may_be_the_column_stops_the_run(folder, tmp_path, capsys):
    said = check(folder, without(folder, tmp_path / "a", "firms", "rd_staff", "rd_staf"), capsys)
    assert said.code == 3 and "[S06]" in said.said and "is it 'rd_staf'?" in said.said
    said = check(folder, without(folder, tmp_path / "b", "firms", "inventory", "存货净额(万元)"), capsys)
    assert said.code == 3 and "[S06]" in said.said and "存货净额(万元)" in said.said
    said = check(folder, without(folder, tmp_path / "c", "firms", "gov_subsidy", "remarks"), capsys)
    assert said.code == 0 and "no column gov_subsidy" in said.said and "1 columns not used: remarks" in said.said


def test_a_file_of_several_that_lacks_a_column_is_reported_and_a_label_of_its_own_stops(folder, tmp_path, capsys):
    raw = without(folder, tmp_path / "raw", "none", "none")
    frame = pd.read_csv(raw / "firms.csv", dtype=str)
    (raw / "firms.csv").unlink()
    early, late = frame[frame["year"] < "2018"], frame[frame["year"] >= "2018"]
    configs = shutil.copytree(folder / "configs", tmp_path / "configs")
    sources = (configs / "sources.yaml").read_text("utf-8")
    (configs / "sources.yaml").write_text(sources.replace("firms.csv", "firms_*.csv"), "utf-8")
    late.to_csv(raw / "firms_b.csv", index=False)
    early.drop(columns="rd_staff").to_csv(raw / "firms_a.csv", index=False)
    said = check(tmp_path, raw, capsys)
    assert said.code == 0 and "firms_a.csv: [I-GAPS] no column rd_staff" in said.said
    early.rename(columns={"rd_staff": "technicians"}).to_csv(raw / "firms_a.csv", index=False)
    said = check(tmp_path, raw, capsys)
    assert said.code == 3 and "[S06]" in said.said and "technicians" in said.said
