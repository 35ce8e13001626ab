"""Coverage against official totals and the sample flow, by hand; a study may stop at the first bad row."""

from __future__ import annotations

from pathlib import Path

import pytest

from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake import intake

from .conftest import FIRMS, build

INDUSTRY = {"path": "industry.csv", "table": "industry", "constants": {"industry_version": "2017"}}
YUAN = (
    "企业代码,年份,行业代码,营业收入\n1,2020,C13,60000000\n2,2020,C13,40000000\n3,2020,C14,5000000\n4,2021,C13,7\n5,2020,C13,x\n"
)
YI = "行业代码,年份,企业单位数,营业收入(亿元)\nC13,2020,8,4\nC14,2020,2,1\n"
OPEN = {"gates": {"max_quarantine_share": 1.0}}


def write(folder: Path) -> None:
    (folder / "data" / "firms.csv").write_text(YUAN, encoding="utf-8")
    (folder / "data" / "industry.csv").write_text(YI, encoding="utf-8")


def test_coverage_is_matched_over_official(folder: Path, engine: Engine):
    """C13 2020: 2 of 8 firms, 1 of 4 亿元; C14: 1 of 2 firms but 5% of revenue, so low; 2021 has no official total."""
    write(folder)
    got = intake(build({"firms": FIRMS, "industry": INDUSTRY}, OPEN), engine, folder / "data", folder / "configs")
    rows = got.frames["coverage"].set_index(["unit", "year"])[["n_firms_matched", "share_firms", "share_revenue", "flag"]]
    assert rows.loc[("C13", 2020)].tolist()[:3] == [2, 0.25, 0.25] and not isinstance(rows.at[("C13", 2020), "flag"], str)
    assert rows.loc[("C14", 2020)].tolist() == [1, 0.5, 0.05, "low"]
    assert rows.at[("C13", 2021), "n_firms_matched"] == 1 and rows.loc[("C13", 2021)].isna().sum() == 3


def test_the_sample_flow_adds_up(folder: Path, engine: Engine):
    (folder / "data" / "firms.csv").write_text(f"{YUAN}1,2021,C14,70000000\n", encoding="utf-8")
    small = [{"when": "revenue < 100", "reason": {"zh": "规模过小", "en": "too small"}}]
    study = build({"firms": {**FIRMS, "out_of_scope": small}}, OPEN)
    flow = intake(study, engine, folder / "data", folder / "configs").frames["sample_flow"]
    assert list(zip(flow["label_zh"], flow["rows"])) == [
        ("读入的行", 6), ("剔除:规模过小", 1), ("隔离:未通过校验的行", 1), ("采用的行", 4),
    ]  # fmt: skip
    assert flow["firms"].tolist()[-1] == 3


@pytest.mark.parametrize("blank_rows", [1, 2, 3])
def test_totals_of_a_later_table_keep_their_row(folder: Path, engine: Engine, blank_rows: int):
    """Row ids of a second table have 18 digits: as floats those of its totals were others, and the ledger did not balance."""
    write(folder)
    lines = YI + ",,,\n" * blank_rows + "合计,2020,10,5\n"
    (folder / "data" / "industry.csv").write_text(lines, encoding="utf-8")
    got = intake(build({"firms": FIRMS, "industry": INDUSTRY}, OPEN), engine, folder / "data", folder / "configs")
    ledger = got.frames["ledger"].query("file == 'industry.csv' and stage == 'read'").iloc[0]
    assert (ledger["rows_in"], ledger["used"], ledger["out_of_scope"]) == (3 + blank_rows, 2, 1 + blank_rows)


def test_on_error_stop_stops_at_any_bad_row(folder: Path, engine: Engine):
    write(folder)
    rules = {"gates": {"on_error": "stop", "max_quarantine_share": 1.0}}
    with pytest.raises(HqdError) as caught:
        intake(build(rules=rules), engine, folder / "data", folder / "configs")
    assert caught.value.exit_code == 3 and len(caught.value.intake.frames["quarantine"]) == 1  # type: ignore[attr-defined]


def test_all_files_that_fail_are_told_at_once(folder: Path, engine: Engine):
    (folder / "data" / "firms.csv").write_text("企业代码,年份\n1,2020\n", encoding="utf-8")
    (folder / "data" / "industry.csv").write_text("行业代码,年份,年份\nC13,2020,1\n", encoding="utf-8")
    with pytest.raises(HqdError) as caught:
        intake(build({"firms": FIRMS, "industry": INDUSTRY}), engine, folder / "data", folder / "configs")
    said = caught.value.text("zh")
    assert caught.value.exit_code == 3 and "firms.csv" in said and "industry.csv" in said and "S06" in said and "S05" in said
