"""Forms that files of vendors and offices take besides the plain ones: each becomes a study that reads without a row lost."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import ConfigError
from hqd_index.intake import GateError, intake
from hqd_index.study.records import Study

from .own_files import NO_UNIT, book, text
from .written_study import configs, made, report

QUARTERS = ("03-31", "06-30", "09-30", "12-31")
YEARS = range(2019, 2023)
INDUSTRIES = ("C26", "C35", "C38", "C39")


def tables(folder: Path, study: Study) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Every clean table of the files, all of them read, and the ledger."""
    with open_engine() as engine:
        result = intake(study, engine, folder / "data" / "raw", folder / "configs")
        assert result.frames["ledger"]["quarantined"].sum() == 0
        return {name: engine.collect(table) for name, table in result.tables.items()}, result.frames["ledger"]


def statements(codes: list[str], kinds: str = "AB") -> list[list[object]]:
    """Statements of 24 firms: each quarter, of groups and of parents."""
    rows = [
        [k + 1, f"{year}-{quarter}", kind, 1e8 * (k + 2), 4e7 * (k + 2), 6e7 * (k + 2) + n]
        for k in range(24)
        for year in YEARS
        for n, quarter in enumerate(QUARTERS)
        for kind in kinds
    ]
    return [codes, *rows]


def facts(codes: list[str]) -> list[list[object]]:
    return [codes, *([k + 1, f"甲乙{k}股份有限公司", INDUSTRIES[k % 4], f"{year}-12-31"] for k in range(24) for year in YEARS)]


def test_quarters_and_parents_in_an_archive_of_csmar_text_are_out_of_scope(raw, mine):
    codes, *rows = statements(["Stkcd", "Accper", "Typrep", "A001000000", "A002000000", "B001101000"])
    names = ["证券代码", "会计期间", "报表类型", "资产总计", "负债合计", "营业收入"]
    inner = text(raw / "x.csv", [codes, names, [NO_UNIT] * 3 + ["元"] * 3, *rows], "gb18030").read_bytes()
    (raw / "x.csv").unlink()
    with zipfile.ZipFile(raw / "FS_Comb_122.zip", "w") as archive:
        archive.writestr("FS_Comb.csv", inner)
        archive.writestr("FS_Comb[DES][csv].txt", "Stkcd [证券代码] - 以上交所、深交所公布的证券代码为准\n")
    head, *known = facts(["Stkcd", "Conme", "Nnindcd", "Accper"])
    labels = ["证券代码", "公司全称", "行业代码", "会计期间"]
    info = text(raw / "info.csv", [head, labels, [NO_UNIT] * 4, *known], "gb18030")  # no number: 没有单位 ends the header
    study = made(mine, raw / "FS_Comb_122.zip", info)
    assert "字段说明,不是数据" in report(mine)
    assert {source.preset for source in study.sources.sources.values()} == {"csmar"}
    frames, ledger = tables(mine, study)
    assert len(frames["firms"]) == 24 * 4 and frames["firms"]["industry_code"].notna().all()
    assert ledger.loc[ledger["file"].str.contains("FS_Comb"), "out_of_scope"].max() >= 24 * 4 * 7 and ledger["used"].max() >= 96


def test_quarters_and_parents_of_any_firm_table_are_out_of_scope(raw, mine):
    firms = statements(["股票代码", "截止日期", "报表类型", "总资产(元)", "总负债(元)", "营业收入(元)"])
    for row in firms[1:]:
        row[0] = f"{row[0]:06d}"
        row[2] = {"A": "合并报表", "B": "母公司报表"}[row[2]]
        row.append(INDUSTRIES[int(row[0]) % 4])
    firms[0].append("行业代码")
    study = made(mine, text(raw / "firms.csv", firms))
    (source,) = study.sources.sources.values()
    assert source.preset is None
    assert [rule.when for rule in source.out_of_scope] == [
        "statement_type = 'parent'",
        "month(statement_date) > 1 and month(statement_date) < 12",
    ]
    assert "只用合并报表的年报" in configs(mine, "sources")
    assert len(tables(mine, study)[0]["firms"]) == 24 * 4


def test_cells_that_a_format_shows_as_percentages_are_percentages(raw, mine):
    path = raw / "城市.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["行政区划代码", "城市", "所属省份", "年份", "GDP增长率", "人均GDP(元)", "城镇化率"])
    cities = [
        (330100, "杭州市", "浙江省"),
        (330200, "宁波市", "浙江省"),
        (320100, "南京市", "江苏省"),
        (320500, "苏州市", "江苏省"),
    ]
    for k, (code, name, province) in enumerate(cities):
        for year in (2018, 2019):
            sheet.append([code, name, province, year, 0.05 + k / 100, 50000 + k, f"{60 + k}%"])
            sheet.cell(sheet.max_row, 5).number_format = "0.0%"
    workbook.save(path)
    study = made(mine, path)
    columns = next(iter(study.sources.tables.values())).columns
    assert {column.label.zh: column.unit for column in columns.values() if column.unit} == {
        "GDP增长率": "%", "人均GDP": "元", "城镇化率": "%",
    }  # fmt: skip
    assert study.study.years == (2018, 2019) and len(study.study.unit.by) == 1
    frame = tables(mine, study)[0][next(iter(study.sources.tables))]
    rate = next(name for name, column in columns.items() if column.label.zh == "GDP增长率")
    assert frame[rate].max() == pytest.approx(8.0) and frame[study.study.unit.by[0]].nunique() == 4


def test_a_list_that_only_its_heading_names_is_a_list(raw, mine):
    firms = [["股票代码", "公司名称", "年份", "行业代码", "营业收入(元)", "净利润(元)"]]
    firms += [
        [f"60{k:04d}", f"甲乙{k}股份有限公司", year, INDUSTRIES[k % 4], 1e8 + k, 1e7 + k] for k in range(24) for year in YEARS
    ]
    heading = [["附件"], ["第四批专精特新“小巨人”企业公示名单"], ["序号", "企业名称", "省份"]]
    listed = [[k + 1, f"甲乙{k}股份有限公司", "浙江"] for k in range(0, 24, 3)]
    study = made(mine, text(raw / "firms.csv", firms), book(raw / "附件.xlsx", {"Sheet1": [*heading, *listed]}))
    assert study.sources.srdi_list is not None and study.sources.srdi_list.sample
    recognised = next(one for one in study.sources.sources.values() if one.table == "srdi_list")
    assert recognised.constants["level"] == "national"
    assert "2022 年取自表头上方的“第四批”" in configs(mine, "sources")
    assert "没有企业算被认定" in report(mine)  # 公示 is no 公告
    assert len(tables(mine, study)[0]["srdi_list"]) == 8


def test_a_download_of_the_world_bank_is_a_panel_of_countries(raw, mine):
    for code, name, factor in (("GDP", "GDP (current US$)", 1e10), ("CO2", "CO2 emissions (kt)", 100)):
        head = '"Data Source","World Development Indicators"\n\n"Last Updated Date","2024-05-30"\n\n'
        head += '"Country Name","Country Code","Indicator Name","Indicator Code","2018","2019","2020"\n'
        rows = [
            f'"{country}","{country[:3].upper()}","{name}","{code}",{factor * k},{factor * k * 1.1},{factor * k * 1.2}\n'
            for k, country in enumerate(("Austria", "Belgium", "Chile", "Denmark", "Estonia", "France"), 1)
        ]
        (raw / f"API_{code}.csv").write_text(head + "".join(rows), "utf-8-sig")
    study = made(mine, *sorted(raw.iterdir()), language="en")
    assert study.study.years == (2018, 2020) and len(study.indicators.indicators) == 2
    assert {len(frame) for frame in tables(mine, study)[0].values()} == {18}
    assert "GDP" in report(mine)


@pytest.mark.parametrize("is_merged", [True, False])
def test_names_of_groups_over_a_header_are_no_measures(raw, mine, *, is_merged):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["地区", "年份", "规模以上工业", "", "农业"])
    sheet.append(["", "", "营业收入(万元)", "利润总额(万元)", "播种面积(公顷)"])
    for province in ("北京", "上海", "广东"):
        for year in YEARS:
            sheet.append([province, year, 10.5, 2.5, 3.5])
    for area in ("C1:D1", "A1:A2", "B1:B2") if is_merged else ():
        sheet.merge_cells(area)
    workbook.save(raw / "a.xlsx")
    study = made(mine, raw / "a.xlsx")
    frames, _ = tables(mine, study)
    assert [len(frame) for frame in frames.values()] == [12]
    assert {leaf.label.zh for leaf in study.indicators.indicators.values()} == {"营业收入", "利润总额", "播种面积"}


def test_industries_outside_manufacturing_are_named(raw, mine):
    names = ("食品制造业", "纺织业", "医药制造业", "煤炭开采和洗选业", "电力、热力生产和供应业")
    rows = [[name, year, 5 + year - 2018, 3] for name in names for year in (2018, 2019)]
    study = made(mine, book(raw / "分行业.xlsx", {"表": [["行业", "年份", "营业收入(亿元)", "利润总额(亿元)"], *rows]}))
    assert "这 2 个行业在范围外:煤炭开采和洗选业、电力、热力生产和供应业" in report(mine)
    assert len(tables(mine, study)[0]["industry"]) == 6


def test_a_merged_column_of_groups_is_no_unit(raw, mine):
    """Q17: a column that is filled in few rows names none of them."""
    rows = [["大区", "地区", "年份", "产出(亿元)"]]
    rows += [["东部" if k == 0 else None, name, 2019, 5 + k] for k, name in enumerate(("甲", "乙"))]
    rows += [["西部" if k == 0 else None, name, 2019, 7 + k] for k, name in enumerate(("丙", "丁"))]
    study = made(mine, book(raw / "a.xlsx", {"s": rows}, ("A2:A3", "A4:A5")))
    assert {source.aliases["地区"] for source in study.sources.sources.values()} == set(study.study.unit.by)
    assert len(tables(mine, study)[0][next(iter(study.sources.tables))]) == 4


P = ("北京市", "天津市", "河北省", "山西省", "江苏省", "浙江省")
# rows of a file, lines of sources.yaml and of the report, the sorted values of the column x that a study of them reads
FORMS: dict[str, tuple[list[list[object]], str, str, list[float]]] = {
    "a bilingual yearbook": (
        [["2-5 地区生产总值"], ["", "", "单位:亿元 (100 million yuan)"], ["地 区", "2019", "2020"], ["Region", "", ""],
         *[[p, n, n + 0.5] for n, p in enumerate(P)]],
        "{unit: 亿元, label: {zh: 地区生产总值", "总量", [n / 2 for n in range(12)]),
    "columns in two languages": (
        [["地区", "年份", "Year", "GDP(亿元)", "GDP (100 million yuan)"], *[[p, 2020, 2020, n, n] for n, p in enumerate(P)]],
        "Year_text", "逐格相同", list(range(6))),
    "a measure and a year in one label": (
        [["地区", "2019年GDP(万元)", "2020年GDP(万元)"], *[[p, n, n + 6] for n, p in enumerate(P)]],
        "across: [measure, year]", "总量", list(range(12))),
    "the year in the title": (
        [["表3 2022年主要指标(2015年价)"], ["地区", "产值(亿元)"], *[[p, n] for n, p in enumerate(P)]],
        'year: "2022"}  # 猜测', "总量", list(range(6))),
    "two units in the rows of one measure": (
        [["地区", "年份", "指标", "单位", "数值"], *[[p, 2020, "产值", "亿元" if n % 2 else "万元", n] for n,
         p in enumerate(P)]],
        "units: 单位", "总量", [0, 2, 4, 10000, 30000, 50000]),
    "a list in two blocks": (
        [["地区", "年份", "产值(亿元)"] * 2, *[[P[n], 2020, n, P[n + 3], 2020, n + 3] for n in range(3)]],
        "side_by_side: true", "总量", list(range(6))),
    "negatives in brackets": (
        [["地区", "年份", "利润(亿元)"], *[[p, 2020, "(1)" if n == 0 else n] for n, p in enumerate(P)]],
        "parse_negatives: true", "总量", [-1, 1, 2, 3, 4, 5]),
    "counts between 1900 and 2100": (
        [["地区", "年份", "人员(人)"], *[[p, 2020, 2000 + n] for n, p in enumerate(P)]], "人员(人)", "总量",
         list(range(2000, 2006))),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_yearbooks_and_exports(raw, mine, form):
    """What init proposes reads the numbers as printed, and the report says what is in doubt."""
    rows, line, remark, values = FORMS[form]
    study = made(mine, book(raw / "a.xlsx", {"Sheet1": rows}))
    (frame,) = tables(mine, study)[0].values()
    (name,) = [name for name in frame if frame[name].dtype == "float64"]
    assert sorted(frame[name].dropna()) == pytest.approx(values) and line in configs(mine, "sources")
    assert remark in report(mine) or remark in configs(mine, "indicators")


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([["指标", "北京", "天津", "河北"], ["GDP(亿元)", 1, 2, 3], ["人口(万人)", 4, 5, 6]], ("地区为列",
         "across: [province_code]")),
        ([["Symbol", "EndDate", "ApplyType", "Patents", "Invention"],
          *[["000001", "2020-12-31", kind, n, n] for n, kind in enumerate("ab")]], ("values: Patents", "a: ?")),
    ],
)  # fmt: skip
def test_files_that_init_does_not_read_name_the_lines_that_would(raw, mine, rows, parts):
    with pytest.raises(ConfigError) as caught:
        made(mine, book(raw / "a.xlsx", {"Sheet1": rows}))
    assert all(part in caught.value.zh for part in parts)


@pytest.mark.parametrize(("text_of_year", "rule"), [("2019-2020", "C01"), ("2019Q4", "C01"), ("19", "C01")])
def test_what_is_no_year_in_a_column_of_years_is_refused(raw, mine, text_of_year, rule):
    """The date of the file never takes its place."""
    study = made(mine, text(raw / "a.csv", [["地区", "年度", "产值(亿元)"], *[[p, text_of_year, n] for n, p in enumerate(P)]]))
    assert "年度: year" in configs(mine, "sources")
    with open_engine() as engine, pytest.raises(GateError) as caught:
        intake(study, engine, mine / "data" / "raw", mine / "configs")
    assert set(caught.value.intake.frames["quarantine"]["rule"]) == {rule}


@pytest.mark.parametrize(
    ("names", "year", "edition"),
    [(("橡胶制品业", "塑料制品业", "食品制造业"), 2014, "2002"), (("13", "14", "36"), 2008, "2002"), (("13", "14", "36"),
     2014, "2017"),
     (("汽车制造业", "橡胶和塑料制品业", "食品制造业"), 2008, "2017")],
)  # fmt: skip
def test_names_and_years_tell_the_edition_of_industries(raw, mine, names, year, edition):
    made(mine, text(raw / "a.csv", [["行业", "年份", "产值(亿元)"], *[[name, year, n] for n, name in enumerate(names)]]))
    assert f'industry_version: "{edition}"' in configs(mine, "sources")


def test_sheets_and_members_are_named_so_that_no_other_is_among_them(raw, mine):
    """Years as names of sheets beside a sheet of words; the unit in the name of a sheet; members of a folder in an archive."""
    years = {f"{year}年": [["地区", "产值(亿元)"], *[[p, n] for n, p in enumerate(P)]] for year in (2020, 2021)}
    study = made(mine, book(raw / "a.xlsx", {**years, "说明": [["指标解释：略"]]}))
    assert 'sheet: "202*年"' in configs(mine, "sources") and len(tables(mine, study)[0]["provinces"]) == 12
    measures = {name: [["地区", "2020", "2021"], *[[p, n, n] for n, p in enumerate(P)]] for name in ("GDP(亿元)", "人口(万人)")}
    made(mine.with_name("b"), book(raw / "b.xlsx", measures))
    assert "units: {GDP: 亿元}" in configs(mine.with_name("b"), "sources")
    with zipfile.ZipFile(raw / "c.zip", "w") as archive:
        for year, unit in ((2020, "万元"), (2021, "亿元")):
            archive.writestr(f"数据/{year}.csv", f"地区,年份,产值({unit})\n" + "".join(f"{p},{year},1\n" for p in P))
    study = made(mine.with_name("c"), raw / "c.zip")
    assert "z.zip/数据/202*.csv".replace("z", "c", 1) in configs(mine.with_name("c"), "sources")
    assert set(tables(mine.with_name("c"), study)[0]["provinces"]["x01"]) == {1, 10000}


def test_provinces_among_their_cities_are_in_doubt(raw, mine):
    rows = [
        ["地区", "年份", "产值(亿元)"],
        *[[name, 2020, n] for n, name in enumerate(("江苏省", "　南京市", "　苏州市", "　无锡市"))],
    ]
    made(mine, book(raw / "a.xlsx", {"Sheet1": rows}))
    assert "1 个省级名称(江苏省)" in report(mine)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["甲市", "乙市", "丙市", "丁市", "31省合计", "中 位 数", "长三角"], "3 个像是其他行的合计"),
        (["农副食品加工业", "#饲料加工", "食品制造业"], "1 个像是其他行的合计"),
        (["东部", "中部", "西部", "东北"], ""),
        (["北京", "上海", "天津", "31省合计", "均 值", "东部"], "3 个像是其他行的合计"),
    ],
)
def test_totals_and_parts_among_units_are_in_doubt(raw, mine, names, told):
    rows = [[name, year, 5 + k, 3 + k] for k, name in enumerate(names) for year in YEARS]
    made(mine, text(raw / "a.csv", [["区域", "年份", "营业收入", "利润总额"], *rows]))
    assert told in report(mine) and ("像是" in report(mine)) == bool(told)
    assert "省级名称" not in report(mine)


def test_a_row_entered_twice_leaves_the_units_of_a_table_what_they_are(raw, mine):
    """Cities under 地区, which no code list holds: one copy in thirty rows is a row to mend, not another kind of table."""
    rows = [
        [city, year, n + year]
        for n, city in enumerate(("南京市", "苏州市", "无锡市", "常州市", "徐州市"))
        for year in range(2018, 2024)
    ]
    study = made(mine, text(raw / "a.csv", [["地区", "年份", "产值(亿元)"], *rows, rows[0]]))
    assert study.study.unit.by == ("unit",) and "重复" in report(mine)
