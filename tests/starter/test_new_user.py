"""What a new user brings, from files to a study that reads them: no line is edited in any of these."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hqd_index.errors import DataError

from ..small import QUICK, ROOT, Place, hqd, run
from .disguised_demo import disguise
from .own_files import CSMAR_HEADS, NO_UNIT, PROVINCES, book, csmar, provincial, text
from .written_study import configs, made, read, report

RD_CODES = ["Symbol", "EndDate", "StateTypeCode", "RDPerson", "RDSpendSum"]
RD_LABELS = ["股票代码", "截止日期", "报表类型编码", "研发人员数量", "研发投入金额"]


def statements(raw: Path, *names: str) -> list[Path]:
    """Those of the CSMAR files asked for, with a table of R&D that has neither names nor industries, and the list."""
    paths = csmar(raw, firms=24)
    rows = [[f"{600000 + k}", f"{year}-12-31", "1", 10 + k, 1e6 * (k + 1)] for k in range(24) for year in range(2016, 2024)]
    rd = book(raw / "PT_LCRDSPENDING.xlsx", {"s": [RD_CODES, RD_LABELS, [*[NO_UNIT] * 3, "人", "元"], *rows]})
    return [*(path for path in paths if path.name in names or path.suffix == ".csv"), rd]


def test_an_english_workbook_with_a_title_has_short_names_of_columns(raw, mine):
    head = ["Province", "Year", "GDP (100 million yuan)", "R&D expenditure (100 million yuan)", "SO2 emissions (10,000 t)"]
    names = ("Beijing", "Jiangsu", "Zhejiang", "Inner Mongolia")
    rows = [[name, year, 10 + k, 2 + k, 5 - k] for k, name in enumerate(names) for year in (2019, 2020)]
    path = book(raw / "panel.xlsx", {"Data": [["Table 1. Provinces"], head, *rows, ["Source: yearbook"]]}, ("A1:E1",))
    study = made(mine, path, language="en")
    assert list(study.sources.tables["provinces"].columns) == ["GDP", "rd_exp", "so2_emissions"]
    assert study.indicators.indicators["so2_emissions"].direction == -1
    assert read(mine, study).frames["ledger"]["used"].max() == len(rows)


def test_figures_per_head_are_no_totals(raw, mine):
    made(mine, provincial(raw / "panel.xlsx"))
    assert "2 个指标是总量(有效发明专利数、二氧化硫排放量)" in report(mine)


def test_a_table_of_research_is_joined_and_a_verdict_has_its_line(raw, mine):
    study = made(mine, *statements(raw, *CSMAR_HEADS))
    assert {source.preset for source in study.sources.sources.values()} == {"csmar", None}  # None: the list
    assert "100 * sum(rd_exp) / sum(revenue)" in {one.formula for one in study.indicators.indicators.values()}
    assert "# hypotheses: {sesoi: 0.10, alpha: 0.05}" in configs(mine, "regressions") and "只有 0 家" not in report(mine)
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


def test_short_names_that_miss_the_list_are_said_with_what_would_help(raw, mine):
    paths = statements(raw, "FS_Combas.xlsx", "FS_Comins.xlsx")
    rows = [[f"{600000 + k}", f"{year}-12-31", ("C26", "C39")[k % 2]] for k in range(24) for year in range(2016, 2024)]
    codes, labels = ["Stkcd", "Accper", "Nnindcd"], ["证券代码", "会计期间", "行业代码"]
    industries = book(raw / "Industry.xlsx", {"s": [codes, labels, [NO_UNIT] * 3, *rows]})
    made(mine, *paths, industries)
    assert "名单 8 家中只有 0 家的名称或信用代码见于企业表;企业表没有公司全称" in report(mine)


def test_facts_of_firms_without_years_hold_for_every_year(raw, mine):
    paths = statements(raw, "FS_Combas.xlsx", "FS_Comins.xlsx")
    facts = [[k + 600000, f"某某{k:02d}", f"某某{k:02d}科技股份有限公司", ("C26", "C39")[k % 2]] for k in range(24)]
    heads = [["Stkcd", "Stknme", "Conme", "Nnindcd"], ["证券代码", "证券简称", "公司全称", "行业代码C"], [NO_UNIT] * 4]
    study = made(mine, *paths, book(raw / "TRD_Co.xlsx", {"s": [*heads, *facts]}))
    assert next(iter(study.sources.sources.values())).every_year and study.study.unit.by == ("industry_code",)
    assert study.regressions.specifications and "只有 0 家" not in report(mine)
    ledger = read(mine, study).frames["ledger"]
    assert ledger["quarantined"].sum() == 0 and ledger[ledger["file"] == "TRD_Co.xlsx"]["used"].iloc[-1] == 24


def test_firms_without_industries_are_scored_one_by_one(raw, mine):
    study = made(mine, *statements(raw, "FS_Combas.xlsx", "FS_Comins.xlsx"))
    assert study.study.unit.by == ("firm_id",) and study.study.min_firms == 1 and study.sources.srdi_list is None
    assert "企业表没有行业" in report(mine) and "名单未用" in report(mine)
    assert "100 * sum(total_liab) / sum(total_assets)" in {one.formula for one in study.indicators.indicators.values()}


def test_units_that_all_have_too_few_firms_stop_with_the_line_to_write(raw, mine, capsys, monkeypatch):
    made(mine, *statements(raw, *CSMAR_HEADS))
    monkeypatch.chdir(mine)
    few = hqd(capsys, "run", "--set", "study.min_firms=50")
    assert few.code == DataError.exit_code and "请在 study.yaml 写 `min_firms: 4`" in few.said


def test_tables_that_the_program_knows_are_sources_of_their_own(raw, mine):
    firms = [["证券代码", "年份", "公司名称", "行业代码", "营业收入(元)", "净利润(元)"]]
    firms += [[f"60{k:04d}", year, f"甲{k}公司", ("C26", "C39")[k % 2], 1e8, 1e7] for k in range(24) for year in (2019, 2020)]
    flows = [["t", "i", "j", "k", "v", "q"], *([2020, 156, partner, "010121", 5.5, 1.5] for partner in (276, 392))]
    inputs = [["年份", "产出部门", "使用部门", "用途", "金额(万元)"]]
    inputs += [[2020, a, b, "中间使用", 9] for a in ("C26", "C39") for b in ("C26", "C39")]
    listed = [["企业名称", "批次", "类型"], ["甲0公司", "第二批", "认定"], ["甲1公司", "第二批", "公示"]]
    files = [
        text(raw / "firms.csv", firms), text(raw / "BACI_HS17_Y2020.csv", flows), text(raw / "投入产出.csv", inputs),
        text(raw / "小巨人名单.csv", listed), text(raw / "totals.csv", [["batch", "year", "recognised"], [2, 2020, 1]]),
    ]  # fmt: skip
    study = made(mine, *files)
    by_table = {source.table: source for source in study.sources.sources.values()}
    assert set(by_table) == {"firms", "trade_hs6", "io", "srdi_list"} and study.sources.srdi_list.batches == "totals.csv"
    assert by_table["trade_hs6"].constants == {"hs_rev": "HS17"} and by_table["trade_hs6"].aliases["k"] == "hs6"
    assert by_table["io"].constants == {"origin": "total"} and by_table["srdi_list"].aliases["类型"] == "status"
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


def test_downloads_of_the_bureau_in_three_formats_are_one_panel(raw, mine):
    def sheet(title: str) -> list[list[object]]:
        above = [["数据库：分省年度数据"], [f"指标：{title}"], ["时间：最近3年"], ["地区", "2023年", "2022年", "2021年"]]
        rows = [[f"{name}市" if name == "北京" else f"{name}省", 9 + k, 8 + k, 7.5] for k, name in enumerate(PROVINCES)]
        return [*above, *rows, ["注：1.按当年价格计算。"], ["　　2.2018年为修订数据。"], ["数据来源：国家统计局"]]

    text(raw / "分省年度数据.csv", sheet("地区生产总值(亿元)"), "gb18030")
    book(raw / "分省年度数据 (1).xlsx", {"分省年度数据": sheet("城镇居民人均可支配收入(元)")})
    tabs = "".join("\t".join(map(str, row)) + "\r\n" for row in sheet("废气中二氧化硫排放量(万吨)"))
    (raw / "分省年度数据 (2).xls").write_bytes(tabs.encode("utf-16"))  # what the site calls xls
    study = made(mine, *sorted(raw.iterdir()))
    columns = study.sources.tables["provinces"].columns.values()
    assert {(column.label.zh, column.unit) for column in columns} == {
        ("地区生产总值", "亿元"), ("城镇居民人均可支配收入", "元"), ("废气中二氧化硫排放量", "万吨"),
    }  # fmt: skip
    assert study.study.years == (2021, 2023)
    ledger = read(mine, study).frames["ledger"]
    assert ledger["quarantined"].sum() == 0 and ledger["out_of_scope"].sum() == 9  # three notes in each


def test_a_stata_file_with_dates_labels_and_a_status_gives_regressions(raw, mine):
    pyreadstat, pd = pytest.importorskip("pyreadstat"), pytest.importorskip("pandas")
    import datetime

    day = datetime.date
    rows = [(k + 1, day(year, 12, 31), 1 + k % 2, day(2001, 5, 1 + k), float(k % 3 == 0 and year > 2018), 1e8 + k, 2e8)
            for k in range(24) for year in range(2016, 2021)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["stkcd", "accper", "indcd", "listdt", "srdi", "rev", "ta"])
    labels = ["股票代码", "会计截止日期", "行业", "上市日期", "是否专精特新", "营业收入(元)", "资产总计(元)"]
    values = {"indcd": {1: "医药制造业", 2: "汽车制造业"}, "srdi": {0: "否", 1: "是"}}
    pyreadstat.write_dta(frame, str(raw / "firms.dta"), column_labels=labels, variable_value_labels=values)
    study = made(mine, raw / "firms.dta")
    (source,) = study.sources.sources.values()
    assert source.pad == {"firm_id": 6} and source.aliases["listdt"] == "listed_year"  # numbers lost the zeros of codes
    assert study.sources.status is not None and study.sources.status.criteria == "srdi" == source.aliases["srdi"]
    assert study.regressions.density.levels == ("criteria",)
    assert read(mine, study).frames["ledger"]["quarantined"].sum() == 0


@pytest.mark.slow
def test_the_demo_in_disguise_has_the_same_scores_byte_for_byte(demo_run, tmp_path, capsys):
    disguise(demo_run.place.data, tmp_path / "files")
    made(tmp_path / "mine", *sorted((tmp_path / "files").iterdir()))
    sources = (tmp_path / "mine" / "configs" / "sources.yaml").read_bytes()
    shutil.copytree(ROOT / "configs", tmp_path / "mine" / "configs", dirs_exist_ok=True)
    (tmp_path / "mine" / "configs" / "sources.yaml").write_bytes(sources)
    here = Place(tmp_path / "mine" / "configs", tmp_path / "files", tmp_path / "out")
    ended = run(capsys, here.change(*QUICK))
    assert ended.code == 0, ended.said
    scores = [(place.latest / "tables" / "scores.csv").read_bytes() for place in (demo_run.place, here)]
    assert len(list((tmp_path / "files").glob("FS_*.csv"))) == 13 and scores[0] == scores[1]
