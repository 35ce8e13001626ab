"""`hqd init --from`: what files hold becomes a study that loads and reads them; guesses stand beside their lines, files stay."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hqd_index.errors import ConfigError, SetupError
from hqd_index.starter import folder_and_files, write_study_from
from hqd_index.study.study_folder import load_study

from ..small import QUICK, hqd, write_changes
from .own_files import PROVINCES, SYSTEM, book, coin_tool, csmar, nbs, provincial, text
from .written_study import configs, made, read, report


def test_a_tidy_provincial_workbook_is_ranked_without_an_edit(raw, mine, capsys, monkeypatch):
    provincial(raw / "各省面板.xlsx")
    said = hqd(capsys, "init", str(mine), "--from", str(raw / "各省面板.xlsx"))
    assert said.code == 0 and "面板数据, 49 行, 单元 地区" in said.said and "下一步:cd" in said.said
    assert (mine / "data" / "raw").resolve() == raw.resolve() and [path.name for path in raw.iterdir()] == ["各省面板.xlsx"]
    monkeypatch.chdir(mine)
    write_changes(mine / "configs", [*QUICK[:3], "study.outputs=[]"])
    assert hqd(capsys, "run").code == 0
    with (mine / "data/processed/mine/latest/tables/scores.csv").open(encoding="utf-8-sig", newline="") as stream:
        top = [row for row in csv.DictReader(stream) if row["node"] == "index"]
    assert {row["unit_zh"] for row in top} == set(PROVINCES) and {row["year"] for row in top} == {
        str(y) for y in range(2015, 2021)
    }
    assert sorted(int(row["rank"]) for row in top if row["year"] == "2020") == list(range(1, 9))


def test_each_column_of_numbers_is_an_indicator_with_a_proposed_direction(raw, mine):
    study = made(mine, provincial(raw / "a.xlsx"))
    by_label = {one.label.zh: one for one in study.indicators.indicators.values()}
    assert len(by_label) == 6 and study.study.unit.by == ("province_code",) and study.study.years == (2015, 2020)
    assert {name for name, one in by_label.items() if one.direction == -1} == {"单位GDP能耗", "二氧化硫排放量"}
    assert by_label["R&D经费投入强度"].unit == "%" and by_label["有效发明专利数"].unit == "件"
    lines = [line for line in configs(mine, "indicators").splitlines() if "formula:" in line]
    assert all("# 提议方向:" in line for line in lines)
    assert "# 猜测:" in configs(mine, "study")


def test_a_table_of_indicators_gives_the_tree_directions_units_and_weights(raw, mine):
    system = book(raw / "指标体系.xlsx", {"体系": SYSTEM}, ("A1:F1", "A3:A4", "A5:A6"))
    study = made(mine, provincial(raw / "各省面板.xlsx"), system)
    tree = study.indicators.tree["index"]
    names = {id: label.zh for id, label in study.indicators.nodes.items()}
    leaves = study.indicators.indicators
    shown = {
        names[d]: {names[s]: [leaves[leaf].label.zh for leaf in family] for s, family in below.items()}
        for d, below in tree.items()
    }
    assert shown == {
        "创新发展": {"投入": ["R&D经费投入强度"], "产出": ["有效发明专利数"]},
        "绿色发展": {"能耗": ["单位GDP能耗"], "排放": ["二氧化硫排放"]},
    }
    assert {one.label.zh: one.direction for one in leaves.values()} == {
        "R&D经费投入强度": 1, "有效发明专利数": 1, "单位GDP能耗": -1, "二氧化硫排放": -1,
    }  # fmt: skip
    shares = study.weighting.weight["leaves"].options["shares"]
    assert [shares[id] for id in leaves] == [0.3, 0.2, 0.2, 0.1]
    assert "每千人病床数" in report(mine) and "二氧化硫排放量" in report(mine)  # one is missing, one was matched by likeness
    assert study.weighting.coverage.min_children == 1


def test_three_tables_of_csmar_and_a_list_of_names_give_regressions(raw, mine):
    study = made(mine, *csmar(raw))
    assert {source.preset for source in study.sources.sources.values() if source.table == "firms"} == {"csmar"}
    assert study.study.unit.by == ("industry_code",) and study.sources.srdi_list and study.sources.srdi_list.sample
    constants = study.sources.sources["srdi_list"].constants
    assert constants == {"level": "national", "status": "recognised", "announce_date": "2021-07-01"}
    assert "2021 年取自文件名的“第三批”" in configs(mine, "sources")
    assert [one.id for one in study.regressions.specifications] == ["twfe"] and study.study.min_firms <= 10
    assert next(iter(study.sources.sources)) == "info"  # with legal names, which the list prints, before the short ones
    firms = configs(mine, "sources").split("srdi_list:")[0]
    assert firms.count("aliases") == 1 and "IndustryCode: industry_code" in firms and "IndustryName" not in firms
    ratios = {one.formula for one in study.indicators.indicators.values()}
    assert {"100 * sum(net_profit) / sum(revenue)", "100 * sum(total_liab) / sum(total_assets)"} <= ratios
    ledger = read(mine, study).frames["ledger"]
    assert ledger["quarantined"].sum() == 0 and ledger.loc[ledger["file"] == "FS_Combas.xlsx", "out_of_scope"].sum() == 480 + 2


def test_downloads_with_years_as_columns_are_one_measure_each(raw, mine):
    files = (
        nbs(raw / "分省年度数据.csv", "地区生产总值(亿元)", 10),
        nbs(raw / "分省年度数据 (1).csv", "电力消费量(亿千瓦小时)", 5, "gb18030"),
    )
    study = made(mine, *files)
    table = study.sources.tables["provinces"]
    assert {(column.label.zh, column.unit) for column in table.columns.values()} == {
        ("地区生产总值", "亿元"),
        ("电力消费量", "亿千瓦小时"),
    }
    assert all(source.preset == "nbs" and source.reshape.across == ("year",) for source in study.sources.sources.values())
    assert study.study.years == (2020, 2022)
    result = read(mine, study)
    assert {notice.rule for notice in result.notices} <= {"S03"}
    assert result.frames["ledger"]["out_of_scope"].sum() == 6  # three notes in each file
    assert result.frames["ledger"]["used"].max() == len(PROVINCES)  # rows of the sheet, not of years


def test_files_of_one_kind_are_one_source(raw, mine):
    files = [text(raw / f"营业收入_{year}.csv", [["地区", "年份", f"营业收入({unit})", "利润(万元)"],
                                             *([name, year, 5, 1] for name in PROVINCES)])
             for year, unit in ((2019, "万元"), (2020, "亿元"), (2021, "元"))]  # fmt: skip
    study = made(mine, *files)
    (source,) = study.sources.sources.values()
    assert source.path == "营业收入_20*.csv" and study.study.years == (2019, 2021)
    text(raw / "营业收入_2022旧.csv", [["x"], [1]])
    other = made(mine.parent / "again", *files)  # now the pattern would fit another file
    assert sorted(source.path for source in other.sources.sources.values()) == [
        f"营业收入_{year}.csv" for year in (2019, 2020, 2021)
    ]


def test_a_sheet_for_each_year_and_a_file_for_each_year(raw, mine):
    rows = [["地区", "营业收入(亿元)", "利润(亿元)"], *([name, k + 1, 2] for k, name in enumerate(PROVINCES))]
    study = made(mine, book(raw / "a.xlsx", {"2019年": rows, "2020年": rows}))
    (source,) = study.sources.sources.values()
    assert (source.sheet, source.sheet_is) == ("20*年", "year") and study.study.years == (2019, 2020)
    assert read(mine, study).frames["ledger"]["used"].max() == 8
    files = text(raw / "数据2019.csv", rows), text(raw / "数据2020.csv", rows)
    study = made(mine.parent / "files2", *files)
    assert [source.constants for source in study.sources.sources.values()] == [{"year": "2019"}, {"year": "2020"}]
    assert "2019 年取自文件名" in configs(mine.parent / "files2", "sources")


def test_a_long_table_and_two_header_rows(raw, mine):
    long = [["地区", "年份", "指标", "单位", "数值"]]
    long += [[name, year, measure, unit, k + 1] for k, name in enumerate(PROVINCES) for year in (2019, 2020)
             for measure, unit in (("营业收入", "亿元"), ("能源消费量", "万吨标准煤"))]  # fmt: skip
    study = made(mine, text(raw / "long.csv", long))
    (source,) = study.sources.sources.values()
    assert (source.reshape.names, source.reshape.values, source.reshape.units) == ("指标", "数值", "单位")
    assert {one.label.zh: one.direction for one in study.indicators.indicators.values()} == {"营业收入": 1, "能源消费量": -1}
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0
    bands = [["表1"], ["单位:亿元"], ["地区", "营业收入", None, "利润总额", None], [None, 2019, 2020, 2019, 2020],
             *([name, 1, 2, 3, k] for k, name in enumerate(PROVINCES))]  # fmt: skip
    study = made(mine.parent / "bands", book(raw / "bands.xlsx", {"s": bands}, ("A1:E1", "A3:A4", "B3:C3", "D3:E3")))
    (source,) = study.sources.sources.values()
    assert source.reshape.across == ("measure", "year") and set(source.reshape.columns) == {"营业收入", "利润总额"}
    assert read(mine.parent / "bands", study).frames["ledger"]["quarantined"].sum() == 0


@pytest.mark.parametrize("label", ["来源表", "数据来源", "备注", "Source Table", "notes"])
def test_a_column_that_says_where_numbers_come_from_is_no_unit(raw, mine, label):
    long = [["地区", "年份", label, "指标", "单位", "数值"]]
    long += [[name, 2019, source, measure, "亿元", k + 1] for k, name in enumerate(PROVINCES)
             for source, measure in (("表1", "营业收入"), ("表1", "利润"), ("表2", "利润"))]  # fmt: skip
    study = made(mine, text(raw / "long.csv", long))
    assert study.study.unit.by == ("province_code",)
    assert f"按地区、年份、指标有 {len(PROVINCES)} 行重复" in report(mine) and f"“{label}”" in report(mine)


@pytest.mark.parametrize("label", ["2022年排名", "Rank 2022", "位次"])
def test_ranks_are_made_of_other_numbers_and_scored_by_nothing(raw, mine, label):
    rows = [
        ["地区", "年份", "研发强度(%)", "排名前十企业数", label],
        *([name, 2019, k, k, k + 1] for k, name in enumerate(PROVINCES)),
    ]
    study = made(mine, text(raw / "a.csv", rows))
    assert sorted(leaf.label.zh for leaf in study.indicators.indicators.values()) == ["排名前十企业数", "研发强度"]
    assert f"“{label}”是名次" in report(mine)


def test_units_above_a_table_go_to_the_columns_that_they_measure(raw, mine):
    heading = ["单位：万元、人、家", "", "", "", "", ""]
    head = ["省份", "年份", "工业总产值", "从业人数", "企业数", "绿化面积"]
    rows = [[name, year, 10, 20, 3, 4] for name in ("北京", "上海", "广东") for year in (2019, 2020)]
    study = made(mine, text(raw / "a.csv", [heading, head, *rows], "utf-8"))
    (table,) = study.sources.tables.values()
    units = {column.label.zh: column.unit for column in table.columns.values() if column.dtype == "number"}
    assert units == {"工业总产值": "万元", "从业人数": "人", "企业数": "家", "绿化面积": ""}


def test_marks_and_forms_of_numbers_are_declared(raw, mine):
    rows = [
        ["城市", "年份", "产值(万元)", "人数(人)"],
        ["甲", 2019, '"1,234"', "不详"],
        ["乙", 2019, '"2,345"', 7],
        ["丙", 2019, '"3,456"', 8],
    ]
    study = made(mine, text(raw / "a.csv", rows))
    (source,) = study.sources.sources.values()
    assert "不详" in source.missing and source.parse_separators
    assert "# 猜测:按缺失处理的写法:不详" in configs(mine, "sources") and "千分位" in configs(mine, "sources")
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


META = [
    ["Level", "iCode", "iName", "Direction", "Weight", "Unit", "Denominator", "Parent", "Type"],
    [1, "LPI", "Logistics", 1, 1, "Score", "", "Con", "Indicator"],
    [1, "Goods", "Trade in goods", 1, 1, "USD", "GDP", "Con", "Indicator"],
    [1, "CO2", "Emissions", -1, 2, "t", "", "Env", "Indicator"],
    [1, "Forest", "Forest loss", -1, 1, "%", "", "Env", "Indicator"],
    [2, "Con", "Connectivity", 1, 1, "", "", "Index", "Aggregate"],
    [2, "Env", "Environment", 1, 3, "", "", "Index", "Aggregate"],
    [3, "Index", "Small Index", 1, 1, "", "", "", "Aggregate"],
    ["", "GDP", "GDP", "", "", "USD", "", "", "Denominator"],
]
CODES = ("AUT", "BEL", "CZE", "DNK")
DATA = [
    ["uName", "uCode", "GDP", "LPI", "Goods", "CO2", "Forest", "Time"],
    *([f"Land {code}", code, 100 + k, k, 20 + k, 9 - k, k % 2 + 1, 2018] for k, code in enumerate(CODES)),
]


def test_a_pair_of_coinr_moves_over(raw, mine):
    study = made(mine, text(raw / "iMeta.csv", META), text(raw / "iData.csv", DATA))
    assert study.indicators.tree == {"index": {"Con": ["LPI", "Goods"], "Env": ["CO2", "Forest"]}}
    assert study.indicators.levels == ("indicators", "pillars") and study.study.years == (2018, 2018)
    leaves = study.indicators.indicators
    assert leaves["Goods"].formula == "sum(Goods) / sum(GDP)" and {id: one.direction for id, one in leaves.items()} == {
        "LPI": 1, "Goods": 1, "CO2": -1, "Forest": -1,
    }  # fmt: skip
    assert study.weighting.weight["indicators"].options["shares"]["CO2"] == 2
    assert study.weighting.weight["pillars"].options["shares"] == {"Con": 1, "Env": 3}
    assert study.study.unit.names.zh == "unit_name"
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


def test_the_real_pair_of_coinr_moves_over(shared, mine):
    study = made(mine, shared / "data/asem/ASEM_iData.csv", shared / "data/asem/ASEM_iMeta.csv")
    leaves = study.indicators.indicators
    assert len(leaves) == 49 and sum(one.direction == -1 for one in leaves.values()) == 14
    assert sum("/" in one.formula for one in leaves.values()) == 17 and set(study.indicators.tree["index"]) == {"Conn", "Sust"}
    assert study.weighting.weight["indicators"].method == "equal"
    assert read(mine, study).frames["ledger"]["used"].tolist()[-1] == 51


def test_a_coin_tool_workbook_moves_over(raw, mine):
    study = made(mine, coin_tool(raw / "tool.xlsx"))
    assert study.indicators.tree == {"index": {"p_01": ["ind_01", "ind_02"], "p_02": ["ind_03", "ind_04"]}}
    leaves = study.indicators.indicators
    assert [one.label.en for one in leaves.values()] == ["Roads", "Rail", "Emissions", "Forest"]
    assert leaves["ind_03"].direction == -1 and study.indicators.nodes["p_01"].en == "Transport"
    assert study.weighting.weight["indicators"].options["shares"]["ind_04"] == 3
    assert study.weighting.weight["pillars"].options["shares"] == {"p_01": 2, "p_02": 1}
    (source,) = study.sources.sources.values()
    assert (source.sheet, source.header_row) == ("Database", 16) and source.aliases["[C]"] == "unit"
    ledger = read(mine, study).frames["ledger"]
    assert ledger["used"].tolist()[-1] == 5 and ledger["quarantined"].sum() == 0


def test_a_stata_file_is_understood_by_its_labels(raw, mine):
    pyreadstat = pytest.importorskip("pyreadstat")
    pd = pytest.importorskip("pandas")
    import datetime

    rows = [(f"{600000 + k}", datetime.date(year, 12, 31), ("C26", "C39")[k % 2], 1e8 + k, 2e8, 400 + k)
            for k in range(24) for year in (2018, 2019, 2020)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["stkcd", "accper", "indcd", "rev", "ta", "staff"])
    labels = ["股票代码", "会计截止日期", "行业代码", "营业收入(元)", "资产总计(元)", "员工人数"]
    pyreadstat.write_dta(frame, str(raw / "firms.dta"), column_labels=labels)
    study = made(mine, raw / "firms.dta")
    (source,) = study.sources.sources.values()
    assert source.aliases == {
        "stkcd": "firm_id", "accper": "statement_date", "indcd": "industry_code", "rev": "revenue", "ta": "total_assets",
        "staff": "employees",
    }  # fmt: skip
    assert study.study.years == (2018, 2020)
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


def test_a_cross_section_without_years_says_where_its_year_comes_from(raw, mine):
    study = made(mine, text(raw / "调查2017.csv", [["城市", "得分", "产出"], *([f"城{k}", k, 2 * k] for k in range(6))]))
    assert study.study.years == (2017, 2017) and "2017 年取自文件名" in configs(mine, "sources")
    assert study.sources.tables["cities"].key == ("city_code", "year")


def test_what_cannot_be_used_is_listed_with_the_reason(raw, mine):
    text(raw / "notes.csv", [["说明", "备注"], ["a", "b"], ["c", "d"]])
    (raw / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    made(mine, provincial(raw / "a.xlsx"), raw / "notes.csv", raw / "broken.xlsx")
    assert "`notes.csv`: 未用" in report(mine) and "notes.csv: 没有数值列" in report(mine) and "broken.xlsx: " in report(mine)


def test_files_that_hold_nothing_to_score_are_refused_with_the_reasons(raw, mine):
    with pytest.raises(ConfigError) as caught:
        write_study_from(mine, [text(raw / "notes.csv", [["说明", "备注"], ["a", "b"], ["c", "d"]])], "zh")
    assert "notes.csv: 没有数值列" in caught.value.zh and not mine.exists()


def test_a_study_that_is_there_stays(raw, mine):
    path = provincial(raw / "a.xlsx")
    made(mine, path)
    before = configs(mine, "indicators")
    with pytest.raises(SetupError, match="a study here already"):
        write_study_from(mine, [path], "zh")
    assert configs(mine, "indicators") == before


def test_a_file_that_is_not_there_gets_the_nearest_name(raw, mine):
    provincial(raw / "各省面板.xlsx")
    with pytest.raises(ConfigError) as caught:
        write_study_from(mine, [raw / "各省面版.xlsx"], "zh")
    assert "您是不是想写 '各省面板.xlsx'" in caught.value.zh and caught.value.exit_code == 2


def test_folders_and_patterns_stand_for_their_files(raw, mine):
    provincial(raw / "a.xlsx")
    assert len(load_of(mine, raw / "*.xlsx")) == 6
    assert len(load_of(mine.parent / "other", raw)) == 6


def load_of(folder: Path, *places: Path) -> dict:
    write_study_from(folder, places, "zh")
    return load_study(folder / "configs").study.indicators.indicators


def test_the_folder_is_told_from_the_files(raw):
    path = provincial(raw / "a.xlsx")
    assert folder_and_files([Path("my"), path], [path]) == (Path("my"), [path, path])
    assert folder_and_files([path, Path("my")], [path])[0] == Path("my")
    for places, files in (([Path("my"), Path("other")], []), ([Path("my"), Path("b.xlsx")], [path]), ([path], [path])):
        with pytest.raises(ConfigError):
            folder_and_files(places, files)


def test_in_english_nothing_is_said_in_chinese(raw, mine, capsys):
    rows = [["region", "year", "gdp (million USD)", "emissions (t)"], *([f"r{k}", 2019 + k % 2, k, 9 - k] for k in range(8))]
    said = hqd(capsys, "init", str(mine), "--from", str(text(raw / "a.csv", rows)), "--lang", "en")
    everything = (
        said.said + report(mine) + "".join(configs(mine, name) for name in ("study", "sources", "indicators", "weighting"))
    )
    assert said.code == 0 and not [mark for mark in everything.replace("zh: 总指数", "") if "\u4e00" <= mark <= "\u9fff"]
    assert "proposed: less is better" in configs(mine, "indicators")
