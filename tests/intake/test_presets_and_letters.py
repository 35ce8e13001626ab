"""Files of a vendor read by its preset, and a column without a label named by its letters."""

from __future__ import annotations

import pytest

from hqd_index.errors import HqdError
from hqd_index.intake.layout.two_row_headers import column_letters

from .test_mess import taken

HEADS = {
    "balance.csv": ["Stkcd,Accper,Typrep,A001000000,A003000000", "证券代码,统计截止日期,报表类型,资产总计,所有者权益合计",
                    "没有单位,没有单位,没有单位,元,元"],
    "income.csv": ["Stkcd,Accper,Typrep,B001101000", "证券代码,统计截止日期,报表类型,营业收入", "没有单位,没有单位,没有单位,元"],
    "info.csv": ["Symbol,EndDate,IndustryCode,Y0601b", "股票代码,截止日期,行业代码,员工人数", "没有单位,没有单位,没有单位,人"],
}  # fmt: skip
ROWS = {
    "balance.csv": ["1,2019-12-31,A,100,40", "1,2019-12-31,B,90,35", "2,2019-12-31,A,200,80", "2,2019-01-01,A,150,60"],
    "income.csv": ["000001,2019-12-31,A,10", "000001,2019-12-31,B,9", "000002,2019-12-31,A,20"],
    "info.csv": ["000001,2019-12-31,C39,5", "000002,2019-12-31,C40,6"],
}


def csmar(name: str, **said: object) -> dict[str, object]:
    return {"path": name, "table": "firms", "preset": "csmar", **said}


INFO = csmar("info.csv", aliases={"IndustryCode": "industry_code"}, constants={"industry_version": "2017"})
SOURCES = {"balance": csmar("balance.csv"), "income": csmar("income.csv"), "info": INFO}
INDUSTRY = {"constants": {"industry_code": "C39", "industry_version": "2017"}}


def test_three_tables_of_csmar_join_without_an_alias(folder, engine):
    result = taken(folder, engine, SOURCES, {name: [*HEADS[name], *ROWS[name]] for name in HEADS})
    columns = "firm_id, year, total_assets, equity, revenue, employees, industry_code"
    rows = engine.collect(f"SELECT {columns} FROM {result.tables['firms']} ORDER BY ALL")
    assert rows.to_numpy().tolist() == [["000001", 2019, 100, 40, 10, 5, "C39"], ["000002", 2019, 200, 80, 20, 6, "C40"]]
    ledger = result.frames["ledger"]
    assert set(ledger.loc[ledger["file"] == "balance.csv", "reason"]) >= {"", "母公司报表"} or ledger["out_of_scope"].sum() >= 3


def test_items_to_verify_are_told_as_they_are_used(folder, engine):
    result = taken(folder, engine, SOURCES, {name: [*HEADS[name], *ROWS[name]] for name in HEADS})
    told = [notice.zh for notice in result.notices if notice.rule == "S07" and "待核对" in notice.zh]
    assert any("A003000000 → equity(所有者权益合计)" in text for text in told)
    assert not any("A001000000" in text or "B001101000" in text for text in told)


def test_items_to_verify_are_told_once_whatever_the_order_of_columns(folder, engine):
    files = {
        "income_2019.csv": ["Stkcd,Accper,Typrep,B001101000,B002000000,A003000000", "000001,2019-12-31,A,9,10,11"],
        "income_2020.csv": ["Stkcd,Accper,Typrep,B001101000,A003000000,B002000000", "000001,2020-12-31,A,9,11,10"],
    }
    result = taken(folder, engine, {"income": csmar("income_*.csv", **INDUSTRY)}, files)
    told = [notice for notice in result.notices if "待核对" in notice.zh]
    assert len(told) == 1


def test_an_alias_of_the_study_wins_over_the_preset_in_one_file(folder, engine):
    """Both 营收 and B001101000 stand for revenue here: the study's own label does."""
    lines = ["Stkcd,Accper,Typrep,B001101000,营收", "000001,2019-12-31,A,10,11", "000002,2019-12-31,A,20,22"]
    source = csmar("income.csv", aliases={"营收": "revenue"}, **INDUSTRY)
    result = taken(folder, engine, {"income": source}, {"income.csv": lines})
    assert engine.collect(f"SELECT revenue FROM {result.tables['firms']} ORDER BY ALL")["revenue"].tolist() == [11, 22]
    source = csmar("income.csv", aliases={"营收": "revenue", "收入": "revenue"}, **INDUSTRY)
    with pytest.raises(HqdError, match="names a column twice"):
        taken(folder, engine, {"income": source}, {"income.csv": [lines[0] + ",收入", *[line + ",3" for line in lines[1:]]]})


def test_a_column_without_a_label_is_named_by_its_letters(folder, engine):
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == ["[A]", "[Z]", "[AA]", "[ZZ]", "[AAA]"]
    source = {"path": "firms.csv", "table": "firms", "aliases": {"[A]": "firm_id"}, **INDUSTRY}
    result = taken(folder, engine, {"firms": source}, {"firms.csv": [",年份,营业收入", "000001,2019,5"]})
    assert engine.collect(f"SELECT firm_id FROM {result.tables['firms']}")["firm_id"].tolist() == ["000001"]
