"""Large firm tables in parquet: orders, kinds of numbers, many files, and what happens when memory, disk or the file fail."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import Engine, open_engine
from hqd_index.engines.duckdb import DuckDBEngine
from hqd_index.errors import CapacityError, DataError
from hqd_index.intake import intake, table_intake
from hqd_index.intake.cells import typed_columns
from hqd_index.intake.layout import sheet_texts, text_columns
from hqd_index.intake.meaning.official_codes import USCC_ALPHABET, uscc_valid, valid_credit_codes
from hqd_index.intake.records.input_sums import InputSums
from hqd_index.intake.records.row_ledger import check_sums
from hqd_index.intake.rules import stored_findings, table_rules
from hqd_index.provenance import write_csv, write_csv_blocks
from hqd_index.tables import check

from ..small import DemoRun, run
from .conftest import FIRMS, LABEL, Builder

ROW_GROUP = 2048
MANY_FILES = 1000


def firm_years(rows: int, year: int = 2020) -> pd.DataFrame:
    numbers = np.arange(rows)
    return pd.DataFrame(
        {
            "firm_id": [f"{number + 1:06d}" for number in numbers],
            "year": year,
            "industry_code": "C35",
            "revenue": np.round(1e6 + numbers / 7, 2),
        }
    )


def written(engine: Engine, rows: pd.DataFrame, path: Path) -> Path:
    engine.write(rows, path)
    return path


def firms_in(study: Builder, engine: Engine, folder: Path, path: str) -> pd.DataFrame:
    result = intake(study(sources={"firms": {**FIRMS, "path": path}}), engine, folder, folder)
    return engine.collect(result.tables["firms"])


@pytest.mark.parametrize("shuffled", [False, True])
def test_clean_firms_are_in_the_order_of_their_key(study: Builder, engine: Engine, tmp_path: Path, shuffled: bool):
    rows = pd.concat([firm_years(17_000, year) for year in range(2013, 2025)]).sort_values(["firm_id", "year"])
    written(engine, rows.sample(frac=1, random_state=1) if shuffled else rows, tmp_path / "firms.parquet")
    clean = firms_in(study, engine, tmp_path, "firms.parquet")
    assert clean[["firm_id", "year"]].to_numpy().tolist() == rows[["firm_id", "year"]].to_numpy().tolist()
    assert clean["revenue"].to_numpy() == pytest.approx(rows["revenue"].to_numpy(), rel=0)


def test_a_column_whose_type_changes_between_files_is_one_column(study: Builder, engine: Engine, tmp_path: Path):
    kinds = {2018: "float64", 2019: "str", 2020: "int64", 2021: "float32"}
    for year, kind in kinds.items():
        rows = firm_years(3, year).assign(revenue=pd.Series([1e6, 2e6, 3e6]).astype("int64").astype(kind))
        written(engine, rows, tmp_path / f"firms_{year}.parquet")
    clean = firms_in(study, engine, tmp_path, "firms_*.parquet")
    assert clean.groupby("year")["revenue"].apply(list).tolist() == [[1e6, 2e6, 3e6]] * len(kinds)


@pytest.mark.parametrize("limits", [{"LARGE_ROWS", "MANY_CELLS"}, {"LARGE_ROWS", "MANY_CELLS", "FEW_CELLS", "ROWS_FOLLOWED"}])
def test_a_large_table_gives_what_a_small_one_does(
    study: Builder, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: set[str]
):
    """Typed rows in a file, or read by each pass and stored once; texts of findings made of a few rows.

    Broken ranges, duplicates, names for codes, a jump, a total, a unit; what came in, without what was taken out, is the same.
    """
    rows = pd.concat([firm_years(40, year) for year in range(2018, 2024)]).sort_values(["firm_id", "year"], ignore_index=True)
    rows.loc[[3, 77], "revenue"] = -5.25
    rows.loc[[10, 11], "industry_code"] = ["38", "电气机械和器材制造业"]
    rows.loc[20, "revenue"] = rows.loc[19, "revenue"] * 1e4 + 0.123456
    rows.loc[30, "revenue"] = np.nan
    rows = rows.assign(employees=20)
    rows = rows.assign(overseas_rev=np.where(np.arange(len(rows)) == 60, 999.0, 5.5))  # 999 is missing, as the study says
    rows.loc[51, ["employees", "revenue"]] = [-1, 1e12]  # no other year of its firm is measured against it
    rows = pd.concat([rows.iloc[:101], rows.iloc[100:], rows.iloc[[5]].assign(revenue=7.5), rows.iloc[[3]].assign(revenue=1e6)])
    rows = rows.sort_values(["firm_id", "year"], kind="stable")
    rows = pd.concat([rows, rows.iloc[[0]].assign(firm_id="合计", revenue=rows["revenue"].sum())])
    written(engine, rows.rename(columns={"revenue": "revenue(万元)"}), tmp_path / "firms.parquet")
    jump = {"id": "W23", "table": "firms", "check": "abs(ln(revenue) - ln(lag(revenue))) <= 3", "severity": "warning"}
    ranges = {"firms": {"revenue": [0, None], "employees": [0, None]}}
    rules = {"ranges": ranges, "rules": [{**jump, "text": LABEL, "mend": LABEL}]}
    design = study(sources={"firms": {**FIRMS, "path": "firms.parquet", "values": {"overseas_rev": {"999": ""}}}}, rules=rules)
    books: list[InputSums] = []
    monkeypatch.setattr(table_intake, "check_sums", lambda sums, *others: books.append(sums) or check_sums(sums, *others))
    small = intake(design, engine, tmp_path, tmp_path)
    clean_rows = engine.collect(small.tables["firms"])
    for module in (sheet_texts, text_columns, typed_columns, table_rules):
        for limit in limits & set(vars(module)):
            monkeypatch.setattr(module, limit, 0)
    with open_engine() as other_engine:
        large = intake(design, other_engine, tmp_path, tmp_path)
        pd.testing.assert_frame_equal(other_engine.collect(large.tables["firms"]), clean_rows)
    assert set(small.frames["quarantine"]["rule"]) >= {"C02", "E01", "W23"} and len(small.frames["repairs"])
    for name, frame in small.frames.items():
        pd.testing.assert_frame_equal(large.frames[name], frame)
    pd.testing.assert_frame_equal(large.raw_rows, small.raw_rows)
    assert large.notices == small.notices
    used, used_of_large = (sums.totals - sums.removed for sums in books)
    pd.testing.assert_series_equal(used_of_large, used, rtol=1e-12, check_names=False)


def test_warnings_too_many_for_a_frame_are_listed_alike(
    study: Builder, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The list from the engine is that of the frame: order among errors, ties of one rule, missing cells, its csv."""
    rows = pd.concat([firm_years(9, year) for year in (2020, 2021)], ignore_index=True).assign(employees=[20.0, np.nan] * 9)
    rows.loc[[4, 13], "revenue"] = -5.25
    for number, part in enumerate((rows.iloc[12:], rows.iloc[:12])):
        written(engine, part, tmp_path / f"firms_{number}.parquet")
    broken = (
        ("W23", "revenue > 3e6", "=above"),
        ("W23", "revenue > 4e6", "again"),
        ("W22", "revenue > 3e6 and employees > 30", "both"),
    )
    rules = [
        {"id": rule, "table": "firms", "check": check, "severity": "warning", "text": {"zh": text, "en": text}, "mend": LABEL}
        for rule, check, text in broken
    ]
    sources = {"firms": {**FIRMS, "path": "firms_*.parquet"}}
    rule_file = {"ranges": {"firms": {"revenue": [0, None]}}, "rules": rules, "gates": {"max_quarantine_share": 0.2}}
    design = study(sources=sources, rules=rule_file)
    frame_list = intake(design, engine, tmp_path, tmp_path).frames["quarantine"]
    assert frame_list["rule"].value_counts().to_dict() == {"W23": 32, "W22": 16, "C02": 2}
    monkeypatch.setattr(stored_findings, "FRAME_FINDINGS", 0)
    with open_engine() as other_engine:
        result = intake(design, other_engine, tmp_path, tmp_path)
        blocks = list(other_engine.blocks(result.large_lists["quarantine"]))
    expected = check("quarantine", frame_list)
    pd.testing.assert_frame_equal(check("quarantine", pd.concat(blocks)), expected)
    assert result.frames["quarantine"]["severity"].unique().tolist() == ["error"]
    write_csv(expected, tmp_path / "frame.csv")
    write_csv_blocks([expected.iloc[:7], expected.iloc[7:]], tmp_path / "blocks.csv")
    assert (tmp_path / "blocks.csv").read_bytes() == (tmp_path / "frame.csv").read_bytes()


@pytest.mark.slow
def test_a_thousand_files_in_a_folder(study: Builder, engine: Engine, tmp_path: Path):
    for number in range(MANY_FILES):
        rows = firm_years(2).assign(firm_id=[f"{2 * number + k + 1:06d}" for k in range(2)])
        written(engine, rows, tmp_path / f"firms_{number:04d}.parquet")
    clean = firms_in(study, engine, tmp_path, "firms_*.parquet")
    assert clean["firm_id"].nunique() == 2 * MANY_FILES


def test_a_corrupt_row_group_is_a_damaged_file(study: Builder, engine: Engine, tmp_path: Path):
    path = tmp_path / "firms.parquet"
    duckdb.from_df(firm_years(4 * ROW_GROUP)).to_parquet(str(path), row_group_size=ROW_GROUP)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    with pytest.raises(DataError) as damage:
        firms_in(study, engine, tmp_path, "firms.parquet")
    assert damage.value.rule == "S08"


def test_a_memory_limit_that_is_too_low_is_named():
    with open_engine(memory="20MiB") as engine, pytest.raises(CapacityError) as fault:
        engine.query("SELECT range % 7 AS unit, list(range ORDER BY hash(range)) AS members FROM range(3000000) GROUP BY 1")
    assert fault.value.location == "study.yaml: memory" and "memory: 4GiB" in fault.value.en


def test_a_run_with_too_little_memory_publishes_nothing(demo_run: DemoRun, tmp_path: Path, capsys: pytest.CaptureFixture):
    place = demo_run.place.copy_run(tmp_path)
    before = place.latest.readlink()
    ended = run(capsys, place.change("study.memory=2MiB", "study.seed=77"))
    assert ended.code == 5 and "study.yaml: memory" in ended.said
    assert place.latest.readlink() == before and not list(place.out.glob("demo/runs/.tmp-*"))


def test_a_full_disk_while_spilling_is_named(monkeypatch: pytest.MonkeyPatch):
    class FullDisk:
        def execute(self, sql: str) -> None:
            raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    engine = DuckDBEngine()
    connection = engine._connection
    monkeypatch.setattr(engine, "_connection", FullDisk())
    with pytest.raises(CapacityError) as fault:
        engine.query("SELECT 1")
    monkeypatch.setattr(engine, "_connection", connection)
    engine.close()
    assert "TMPDIR" in fault.value.en and fault.value.exit_code == 5


def test_many_credit_codes_are_judged_as_one_is():
    bodies = [f"91{number:015d}" for number in range(40)]
    texts = [body + last for body in bodies for last in f"{USCC_ALPHABET}IOSVZa"] + ["", "甲" * 18, "91000000000000000"]
    judged = valid_credit_codes(texts)
    assert judged.tolist() == [uscc_valid(text) for text in texts] and judged.sum() == len(bodies)


def test_whole_numbers_at_the_ends_of_their_type_are_findings_and_break_no_rule(study: Builder, engine: Engine, folder: Path):
    """Missing values cast to whole numbers by pandas are -2^63, whose absolute value is no whole number of the type."""
    rows = firm_years(6).astype({"firm_id": "str"})
    rows["employees"] = np.array([10, -(2**63), 2**63 - 1, 2**62, 10**15 + 1, 20], dtype="int64")
    rows["inv_patents_apply"] = np.array([2**63 - 1, 1, 2, 2**62, 3, 4], dtype="int64")
    duckdb.connect().sql("SELECT * FROM rows").write_parquet(str(folder / "data" / "firms.parquet"))
    rule = {"id": "A01", "table": "firms", "check": "employees + inv_patents_apply - year < 1000", "text": LABEL, "mend": LABEL}
    rules = {"gates": {"max_quarantine_share": 1.0}, "rules": [rule]}
    result = intake(study({"firms": FIRMS | {"path": "firms.parquet"}}, rules), engine, folder / "data", folder / "configs")
    quarantine = result.frames["quarantine"]
    giants = quarantine[(quarantine["rule"] == "C02") & (quarantine["column"] == "employees")]
    assert giants["value"].tolist() == [str(-(2**63)), str(2**63 - 1), str(2**62), str(10**15 + 1)]
    assert engine.collect(f"SELECT employees FROM {result.tables['firms']}")["employees"].tolist() == [20]
