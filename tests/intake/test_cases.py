"""Small inputs that the first version read wrongly (cases.md of the domain reference): what each must give, by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake, repair_line

from .conftest import LABEL, build

OPEN = {"gates": {"max_quarantine_share": 1.0}}
YI = 1e8


def read(
    folder: Path,
    engine: Engine,
    sources: dict[str, Any],
    files: dict[str, str],
    tables: dict[str, Any] | None = None,
    **more: Any,
) -> Intake:
    for name, text in files.items():
        (folder / "data" / name).write_text(text, encoding="utf-8")
    study = build(sources, OPEN, tables=tables or {}, **more)
    columns = {"t": "x", "industry": "revenue", "firms": "revenue"}
    reshaped = next((one["reshape"]["columns"] for one in sources.values() if "reshape" in one), {})
    formula = f"sum({next(iter(reshaped.values()), columns[next(iter(sources.values()))['table']])})"
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": formula})
    indicators = study.indicators.model_copy(update={"indicators": {"one": leaf}})
    return intake(study.model_copy(update={"indicators": indicators}), engine, folder / "data", folder / "configs")


def rows(result: Intake, engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    named = ", ".join(columns)
    return list(engine.collect(f"SELECT {named} FROM {result.tables[table]} ORDER BY ALL").itertuples(index=False, name=None))


def sheet(path: Path, lines: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> None:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    for place, line in enumerate(lines):
        page.write_row(place, 0, line)
    for cells in merged:
        first = cells.split(":")[0]
        page.merge_range(cells, lines[int(first[1:]) - 1][ord(first[0]) - ord("A")])
    book.close()


def table_of(key: Sequence[str], **units: str) -> dict[str, Any]:
    columns = {name: {"dtype": "number", "unit": unit, "label": LABEL} for name, unit in units.items()}
    texts = {name: {"dtype": "text", "label": LABEL} for name in key if name == "region"}
    return {"t": {"key": list(key), "columns": {**texts, **columns}}}


def source(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "table": "t", **more}


FIRM = {"table": "firms", "constants": {"industry_version": "2011", "industry_code": "C39"}}


HEADERS = [
    "营业收入(万元)", "营业收入（万元）", "营业收入(单位：万元)", "营业收入/万元", "营业收入_万元", "营业收入 万元",
    "营业收入【万元】", "营业收入万元", "营业收入(万元人民币)", "营业收入(万元,当年价)",
    "营业收入\n[报告期] 2019年报\n[单位] 万元",
]  # fmt: skip


def test_q21_units_in_a_header(folder: Path, engine: Engine):
    """U1: 1 and 2 of 亿元 however the header prints 万元; what cannot be read is refused."""
    columns = {f"x{place}": f"{letter}{header}" for place, (letter, header) in enumerate(zip(ascii_uppercase, HEADERS))}
    text = ",".join(["地区", "年份", *(f'"{header}"' for header in columns.values())])
    text += "".join(f"\n{name},2019" + f",{cell}" * len(HEADERS) for name, cell in (("甲", 10000), ("乙", 20000))) + "\n"
    aliases = {"地区": "region", "年份": "year"} | {header: name for name, header in columns.items()}
    study = build(
        {"a": source("q.csv", aliases=aliases)}, OPEN, tables=table_of(["region", "year"], **dict.fromkeys(columns, "亿元"))
    )
    formula = " + ".join(f"sum({name})" for name in columns)  # what no formula names is not read
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": formula})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    (folder / "data" / "q.csv").write_text(text, "utf-8")
    result = intake(study, engine, folder / "data", folder / "configs")
    assert rows(result, engine, "t", "region", *columns) == [("乙", *[2] * len(HEADERS)), ("甲", *[1] * len(HEADERS))]
    with pytest.raises(HqdError) as caught:
        read(folder, engine, {"a": {"path": "q.csv", **FIRM}}, {"q.csv": "证券代码,年份,营业收入(RMB'0000)\n000001,2019,10000\n"})
    assert caught.value.exit_code == 3


K06 = {
    "K06_rev_2019.csv": "地区,年份,营业收入(万元)\n北京市,2019,10000\n天津市,2019,20000\n",
    "K06_rev_2020.csv": "地区,年份,营业收入(亿元)\n北京市,2020,1\n天津市,2020,2\n",
    "K06_rev_2021.csv": "地区,年份,营业收入(元)\n北京市,2021,100000000\n天津市,2021,200000000\n",
}
PROVINCE_ALIASES = {"地区": "province_code", "年份": "year", "营业收入": "x"}


def test_k06_each_file_of_a_glob_has_its_own_unit(folder: Path, engine: Engine):
    """U3: every year 1 and 2 亿元."""
    tables = table_of(["province_code", "year"], x="亿元")
    result = read(folder, engine, {"a": source("K06_rev_*.csv", aliases=PROVINCE_ALIASES)}, K06, tables)
    assert [value for *_, value in rows(result, engine, "t", "province_code", "year", "x")] == [1, 1, 1, 2, 2, 2]
    repairs = result.frames["repairs"].query("kind == 'unit'")
    assert repairs["file"].tolist() == ["K06_rev_2019.csv", "K06_rev_2021.csv"] and repairs["cells"].tolist() == [2, 2]
    assert repairs["example_before"].tolist() == ["10000 万元", "100000000 元"]
    assert repairs["example_after"].tolist() == ["1 亿元", "1 亿元"]


def test_k06_rows_that_agree_after_conversion_do_not_conflict(folder: Path, engine: Engine):
    """M14: the same values in three units under one key are one row, the first."""
    files = {name: text.replace(",2020,", ",2019,").replace(",2021,", ",2019,") for name, text in K06.items()}
    tables = table_of(["province_code", "year"], x="亿元")
    result = read(folder, engine, {"a": source("K06_rev_*.csv", aliases=PROVINCE_ALIASES)}, files, tables)
    assert [value for _, value in rows(result, engine, "t", "province_code", "x")] == [1, 2]
    found = result.frames["quarantine"]
    assert set(found["rule"]) == {"E01"} and found["expected_en"].str.contains("identical").all() and len(found) == 4


def test_units_that_a_column_without_one_cannot_hold_are_refused(folder: Path, engine: Engine):
    with pytest.raises(HqdError) as caught:
        read(
            folder,
            engine,
            {"a": source("K06_rev_*.csv", aliases=PROVINCE_ALIASES)},
            K06,
            table_of(["province_code", "year"], x=""),
        )
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3) and "亿元" in caught.value.zh and "万元" in caught.value.zh


@pytest.mark.parametrize("units", ["万元,万元", "(万元),(万元)", "（万元）,（万元）", "单位:万元,单位:万元", "万元,"])
def test_q22_a_row_of_units_below_the_header(folder: Path, engine: Engine, units: str):
    """U2: 1 and 2 亿元; profit 0.01 and 0.02."""
    text = f"地区,年份,营业收入,利润\n,,{units}\n甲,2019,10000,100\n乙,2019,20000,200\n"
    aliases = {"地区": "region", "年份": "year", "营业收入": "x", "利润": "y"}
    profit_unit = "万元" if units.endswith(",") else "亿元"
    result = read(
        folder,
        engine,
        {"a": source("q.csv", aliases=aliases)},
        {"q.csv": text},
        table_of(["region", "year"], x="亿元", y=profit_unit),
    )
    expected = [("乙", 2, 200 if profit_unit == "万元" else 0.02), ("甲", 1, 100 if profit_unit == "万元" else 0.01)]
    assert rows(result, engine, "t", "region", "x", "y") == expected


@pytest.mark.parametrize("above", ["单位:万元,,", "表1 收入,,\n,,单位：万元", "(万元),,", "指标：收入(万元),,"])
def test_a_unit_above_the_table(folder: Path, engine: Engine, above: str):
    text = f"{above}\n地区,年份,营业收入\n甲,2019,10000\n"
    aliases = {"地区": "region", "年份": "year", "营业收入": "x"}
    result = read(
        folder, engine, {"a": source("q.csv", aliases=aliases)}, {"q.csv": text}, table_of(["region", "year"], x="亿元")
    )
    assert rows(result, engine, "t", "region", "x") == [("甲", 1)]


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("营业收入(万美元)", ("万美元", "亿元")),
        ("营业收入(元)(万元)", ("元", "万元")),
        ("营业收入(人民币口径)", ("人民币", "units")),
    ],
)
def test_f71_a_printed_unit_that_is_not_used_stops_money(folder: Path, engine: Engine, label: str, parts: tuple[str, ...]):
    """U4, W11: both units named; the study's word ends the matter."""
    text = f"地区,年份,{label}\n甲,2019,10000\n"
    aliases, tables = {"地区": "region", "年份": "year", label: "x"}, table_of(["region", "year"], x="亿元")
    with pytest.raises(HqdError) as caught:
        read(folder, engine, {"a": source("q.csv", aliases=aliases)}, {"q.csv": text}, tables)
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3)
    assert all(part in caught.value.text("zh") and part in caught.value.text("en") for part in (*parts, "q.csv"))
    result = read(folder, engine, {"a": source("q.csv", aliases=aliases, units={"x": "万元"})}, {"q.csv": text}, tables)
    assert rows(result, engine, "t", "region", "x") == [("甲", 1)]


def test_k10_stock_codes_in_every_form(folder: Path, engine: Engine):
    """C1: six firms 000001 ... 000006, each repair counted and told."""
    text = (
        '证券代码,年份,x\n"=""000001""",2019,1\n\t000002,2019,2\n\'000003,2019,3\n000004.SZ,2019,4\nSZ000005,2019,5\n6,2019,6\n'
    )
    aliases = {"证券代码": "firm_id", "年份": "year", "x": "revenue"}
    result = read(folder, engine, {"a": {"path": "k.csv", "aliases": aliases, "pad": {"firm_id": 6}, **FIRM}}, {"k.csv": text})
    assert rows(result, engine, "firms", "firm_id", "revenue") == [(f"00000{n}", n) for n in range(1, 7)]
    repairs = result.frames["repairs"]
    assert repairs.set_index("kind")["cells"].to_dict() == {"blanks": 1, "exchange": 2, "leading_zeros": 1, "quotes": 2}
    assert "去掉交易所代码 2" in repair_line(result.frames["repairs"], "zh") and "exchange" in repair_line(
        result.frames["repairs"], "en"
    )


def test_f61_what_programs_print_for_no_id_is_a_blank_key(folder: Path, engine: Engine):
    texts = ["nan", "NaN", "None", "NULL", ""]
    lines = "企业代码,年份,营业收入\n000002,2019,2\n" + "".join(f"{text},2019,1\n" for text in texts)
    result = read(folder, engine, {"a": {"path": "k.csv", **FIRM}}, {"k.csv": lines})
    assert result.frames["quarantine"][["rule", "row"]].to_numpy().tolist() == [["C04", row] for row in range(3, 8)]
    assert rows(result, engine, "firms", "firm_id") == [("000002",)]


def test_na_is_namibia(folder: Path, engine: Engine):
    tables = table_of(["region", "year"], x="")
    result = read(folder, engine, {"a": source("c.csv")}, {"c.csv": "region,year,x\nNA,2019,1\nNG,2019,NA\n"}, tables)
    assert [region for region, _ in rows(result, engine, "t", "region", "x")] == ["NA", "NG"]


def test_k08_years_in_every_form(folder: Path, engine: Engine):
    """C4: 2019 in every row, told."""
    years = ["2019年", "2019.0", "2019年度", "2019/12/31", "２０１９", "2019-12", "43830"]
    names = ["北京市", "天津市", "河北省", "山西省", "内蒙古自治区", "辽宁省", "吉林省"]
    text = "地区,年份,x\n" + "".join(f"{name},{year},{place}\n" for place, (name, year) in enumerate(zip(names, years)))
    aliases = {"地区": "province_code", "年份": "year"}
    result = read(
        folder, engine, {"a": source("k.csv", aliases=aliases)}, {"k.csv": text}, table_of(["province_code", "year"], x="")
    )
    assert {year for (year,) in rows(result, engine, "t", "year")} == {2019} and result.frames["quarantine"].empty
    repairs = result.frames["repairs"].query("column == 'year'").set_index("kind")["cells"]
    assert repairs.to_dict() == {"date_serial": 1, "written_out": 4, "year_of_date": 2}


def test_a_month_is_no_year(folder: Path, engine: Engine):
    text = "地区,年份,x\n北京市,2019-06,1\n天津市,2019,2\n"
    aliases = {"地区": "province_code", "年份": "year"}
    result = read(
        folder, engine, {"a": source("k.csv", aliases=aliases)}, {"k.csv": text}, table_of(["province_code", "year"], x="")
    )
    (finding,) = result.frames["quarantine"].to_dict("records")
    assert finding["rule"] == "C01" and "2019" in finding["expected_zh"]


NOTES = [
    "注:1.本表按当年价格计算。", "\u3000\u30002.2018年数据为修订后数据。", "3. 行业分类执行GB/T4754-2011。", "a) 初步核算数。",
    "① 不含港澳台。",
    "本表数据来源于国家统计局。", "Data from database: World Development Indicators", "Last Updated: 02/21/2024", "(续表)",
    "资料来源:某年鉴",
]  # fmt: skip
REGIONS = ["北京市", "天津市", "河北省", "山西省", "内蒙古自治区", "辽宁省"]


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize("key", ["province_code", "region"])
def test_k11_notes_of_every_form(folder: Path, engine: Engine, suffix: str, key: str):
    """N1: 6 rows used; every note out of scope, in a sheet and as lines of one field."""
    data = [[name, 2019, n] for n, name in enumerate(REGIONS, 1)]
    if suffix == "xlsx":
        sheet(folder / "data" / "k.xlsx", [["地区", "年份", "x"], *data, *[[note] for note in NOTES]])
    else:
        lines = ["地区,年份,x", *[",".join(map(str, row)) for row in data], *NOTES]
        (folder / "data" / "k.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    aliases = {"地区": key, "年份": "year"}
    result = read(folder, engine, {"a": source(f"k.{suffix}", aliases=aliases)}, {}, table_of([key, "year"], x=""))
    ledger = result.frames["ledger"]
    assert (ledger["used"].iloc[-1], ledger["quarantined"].sum(), ledger["out_of_scope"].sum()) == (6, 0, 10)
    assert "note=10" in ledger["reason"].iloc[0]


def test_k26_industries_that_are_not_manufacturing(folder: Path, engine: Engine, shared: Path):
    """C2: 31 divisions used; mining, utilities and the total out of scope with reasons."""
    tree = pd.read_csv(shared / "data/gbt4754_2017/gbt4754_2017_tree.csv", dtype=str)
    names = tree[(tree["level"] == "2") & tree["parent"].isin(["B", "C", "D"])]["name_zh"].tolist()
    lines = [["13-3 按行业分规模以上工业企业主要指标(2022年)", ""], ["", "单位:亿元"], ["行 业", "营业收入"], ["  总 计", 1]]
    lines += [[f"  {name}", place] for place, name in enumerate(names, 2)] + [["注:本表为规模以上工业企业。", ""]]
    sheet(folder / "data" / "k.xlsx", lines, ["A1:B1"])
    constants = {"industry_version": "2017", "year": "2022"}
    source_ = {"path": "k.xlsx", "table": "industry", "aliases": {"行业": "industry_code"}, "constants": constants}
    result = read(folder, engine, {"a": source_}, {})
    assert len(rows(result, engine, "industry", "industry_code")) == 31 and result.frames["quarantine"].empty
    flow = result.frames["sample_flow"].set_index("label_en")["rows"]
    assert flow["left out: industries that are not manufacturing"] == 10 and flow["left out: totals"] == 1


def test_out_of_scope_sees_the_raw_code(folder: Path, engine: Engine):
    text = "行业代码,年份,营业收入\nC39,2019,1\nK70,2019,2\nB,2019,3\nF51,2019,4\n"
    chosen = [{"when": "industry_code = 'K70'", "reason": {"zh": "房地产", "en": "real estate"}}]
    source_ = {"path": "k.csv", "table": "industry", "constants": {"industry_version": "2017"}, "out_of_scope": chosen}
    result = read(folder, engine, {"a": source_}, {"k.csv": text})
    assert rows(result, engine, "industry", "industry_code") == [("C39",)]
    assert (
        "not manufacturing=2" in result.frames["ledger"]["reason"].iloc[1]
        and "房地产=1" in result.frames["ledger"]["reason"].iloc[1]
    )


K25 = [
    "农副食品加工业", "纺织服装、鞋、帽制造业", "皮革、毛皮、羽毛(绒)及其制品业", "木材加工及木、竹、藤、棕、草制品业",
    "造纸及纸制品业",
    "印刷业和记录媒介的复制", "文教体育用品制造业", "石油加工、炼焦及核燃料加工业", "化学原料及化学制品制造业", "橡胶制品业",
    "塑料制品业",
    "非金属矿物制品业", "黑色金属冶炼及压延加工业", "交通运输设备制造业", "电气机械及器材制造业",
    "通信设备、计算机及其他电子设备制造业",
    "仪器仪表及文化、办公用机械制造业", "工艺品及其他制造业", "废弃资源和废旧材料回收加工业",
]  # fmt: skip


def test_k25_names_of_2002(folder: Path, engine: Engine):
    """C3: each name by its 2002 code; 29 and 30 merge into C29, 37 and 42 are split later and have no one division."""
    text = "行业,年份,营业收入\n" + "".join(f'"{name}",2008,{value}\n' for value, name in enumerate(K25))
    source_ = {
        "path": "k.csv",
        "table": "industry",
        "aliases": {"行业": "industry_code"},
        "constants": {"industry_version": "2002"},
    }
    result = read(folder, engine, {"a": source_}, {"k.csv": text})
    assert result.frames["quarantine"].empty
    used = dict(rows(result, engine, "industry", "industry_code", "revenue"))
    assert used == {
        "C13": 0, "C18": 1, "C19": 2, "C20": 3, "C22": 4, "C23": 5, "C24": 6, "C25": 7, "C26": 8, "C29": 9 + 10, "C30": 11,
        "C31": 12,
        "C38": 14, "C39": 15, "C40": 16, "C42": 18,
    }  # fmt: skip
    ledger = result.frames["ledger"]
    assert (ledger["used"].iloc[-1], ledger["out_of_scope"].sum()) == (17, 2) and "split=2" in ledger["reason"].iloc[1]


def test_half_of_a_merged_division_is_not_the_whole(folder: Path, engine: Engine):
    text = "行业,年份,营业收入\n塑料制品业,2008,5\n食品制造业,2008,6\n"
    source_ = {
        "path": "k.csv",
        "table": "industry",
        "aliases": {"行业": "industry_code"},
        "constants": {"industry_version": "2002"},
    }
    result = read(folder, engine, {"a": source_}, {"k.csv": text})
    assert rows(result, engine, "industry", "industry_code") == [("C14",)]
    (finding,) = result.frames["quarantine"].to_dict("records")
    assert finding["rule"] == "E09" and "C29" in finding["expected_zh"] and "橡胶制品业" in finding["expected_zh"]


def test_q14_no_proposal_changes_the_value(folder: Path, engine: Engine):
    """P1: 12.3① is not 12.31; 8 1) is not 81, also where separators may be parsed."""
    text = 'region,year,x\nr0,2019,12.3①\nr1,2019,45.6²\nr2,2019,7⑴\nr3,2019,"8 1)"\nr4,2019,1/2\nr5,2019,½\n'
    result = read(
        folder, engine, {"a": source("q.csv", parse_separators=True)}, {"q.csv": text}, table_of(["region", "year"], x="")
    )
    found = result.frames["quarantine"]
    assert found["rule"].tolist() == ["C01"] * 6 and not found["expected_zh"].str.contains("是不是").any()


def test_decimal_commas_are_recognised_and_declared(folder: Path, engine: Engine):
    text = "region;year;x\na;2019;1,5\nb;2019;1,234\nc;2019;1.234,5\nd;2019;7\n"
    tables = table_of(["region", "year"], x="")
    refused = read(folder, engine, {"a": source("q.csv", parse_separators=True)}, {"q.csv": text}, tables)
    found = refused.frames["quarantine"]
    assert found["rule"].tolist() == ["C08"] * 3 and found["mend_en"].str.contains('decimal: ","', regex=False).all()
    assert found["expected_en"].str.extract(r"is it (\S+)\?")[0].tolist() == ["1.5", "1.234", "1234.5"]
    result = read(folder, engine, {"a": source("q.csv", decimal=",")}, {"q.csv": text}, tables)
    assert rows(result, engine, "t", "region", "x") == [("a", 1.5), ("b", 1.234), ("c", 1234.5), ("d", 7)]
    assert result.frames["repairs"].set_index("kind")["cells"].to_dict() == {"decimal_comma": 3}


def test_l04_a_list_with_names_and_dates_only(folder: Path, engine: Engine):
    """K1: matched by name, unmatched listed; 2021年7月 has no day: told, year used."""
    names = ["甲星(苏州)电子股份有限公司", "乙星科技有限公司", "丙星新材料股份有限公司", "丁星智能装备有限责任公司"]
    lines = ["firm_id,firm_name,year,revenue,industry_code"]
    lines += [f"00000{n},{name},{year},100000000,C39" for n, name in enumerate(names, 1) for year in (2020, 2021)]
    dates = ["2021年7月19日", "2021.07.19", "44396", "2021年7月", "2021-07-19"]
    listed = ["企业名称,公布日期", *[f"{name},{day}" for name, day in zip([*names, "无名公司"], dates)]]
    sources = {
        "firms": {"path": "firms.csv", "table": "firms", "constants": {"industry_version": "2017"}},
        "list": {"path": "list.csv", "table": "srdi_list", "aliases": {"公布日期": "announce_date"}},
    }
    files = {"firms.csv": "\n".join(lines) + "\n", "list.csv": "\n".join(listed) + "\n"}
    result = read(folder, engine, sources, files, study={"years": [2020, 2021]})
    status = rows(result, engine, "firms", "firm_id", "year", "srdi_valid", "srdi_level")
    assert status == [
        (f"00000{n}", year, year == 2021, "national" if year == 2021 else "none") for n in range(1, 5) for year in (2020, 2021)
    ]
    assert result.frames["srdi_unmatched"]["name"].tolist() == ["无名公司"]
    told = " ".join(notice.zh for notice in result.notices)
    assert "2021年7月 -> 2021-07-01" in told and "按国家级读取" in told and "按认定读取" in told


@pytest.mark.parametrize(
    ("header", "row", "constants"),
    [
        ("企业名称", "甲公司", {"batch": "3"}),
        ("企业名称,批次", "甲公司,第三批", {}),
        ("企业名称", "甲公司", {"announce_date": "2021-07-19"}),
    ],
)
def test_a_list_with_names_only(folder: Path, engine: Engine, header: str, row: str, constants: dict[str, str]):
    sources = {
        "firms": {"path": "firms.csv", "table": "firms", "constants": {"industry_version": "2017"}},
        "list": {"path": "list.csv", "table": "srdi_list", "constants": constants},
    }
    files = {
        "firms.csv": "企业代码,企业名称,年份,营业收入,行业代码\n1,甲公司,2020,1,C39\n1,甲公司,2021,1,C39\n",
        "list.csv": f"{header}\n{row}\n",
    }
    result = read(folder, engine, sources, files, study={"years": [2020, 2021]})
    assert rows(result, engine, "firms", "year", "srdi_valid", "srdi_first_year") == [(2020, False, 2021), (2021, True, 2021)]


def test_a_list_without_a_date_or_batch_is_refused_with_the_mend(folder: Path, engine: Engine):
    sources = {
        "firms": {"path": "firms.csv", "table": "firms", "constants": {"industry_version": "2017"}},
        "list": {"path": "list.csv", "table": "srdi_list"},
    }
    files = {"firms.csv": "企业代码,企业名称,年份,营业收入,行业代码\n1,甲公司,2020,1,C39\n", "list.csv": "企业名称\n甲公司\n"}
    with pytest.raises(HqdError) as caught:
        read(folder, engine, sources, files)
    assert (caught.value.rule, caught.value.exit_code) == ("S06", 3)
    assert "list.csv" in caught.value.text("zh") and "constants" in caught.value.zh and "batch" in caught.value.en


def test_q11_reshape_with_a_statement_date(folder: Path, engine: Engine):
    """K2: two firm-years with 1, 2, 3 invention patents by kind; the year is the date's, the opening row is out of scope."""
    text = (
        "Symbol,EndDate,StateTypeCode,ApplyType,Patents,Invention\n证券代码,统计截止日期,报表类型,申请类型,专利,发明\n"
        "没有单位,没有单位,没有单位,没有单位,件,件\n"
    )
    kinds = ["已受理", "已授权", "已获得"]
    text += "".join(f"{firm},2021-12-31,1,{kind},{n},{n}\n" for firm in ("000001", "000002") for n, kind in enumerate(kinds, 1))
    text += "000001,2021-01-01,1,已受理,9,9\n"
    columns = dict(zip(kinds, ("inv_patents_apply", "inv_patents_grant", "inv_patents_valid")))
    reshape = {"names": "ApplyType", "values": "Invention", "columns": columns}
    aliases = {"Symbol": "firm_id", "EndDate": "statement_date"}
    result = read(folder, engine, {"a": {"path": "q.csv", "aliases": aliases, "reshape": reshape, **FIRM}}, {"q.csv": text})
    assert rows(result, engine, "firms", "firm_id", "year", *columns.values()) == [(f"00000{n}", 2021, 1, 2, 3) for n in (1, 2)]
    assert result.frames["quarantine"].empty and "opening=1" in result.frames["ledger"]["reason"].iloc[1]


def test_q17_merged_cells_in_a_column_nobody_reads(folder: Path, engine: Engine):
    """L2: 4 rows; the merged column is not read."""
    lines = [
        ["大区", "地区", "年份", "x"],
        ["东部", "甲", 2019, 0],
        ["", "乙", 2019, 1],
        ["西部", "丙", 2019, 2],
        ["", "丁", 2019, 3],
    ]
    sheet(folder / "data" / "q.xlsx", lines, ["A2:A3", "A4:A5"])
    aliases = {"地区": "region", "年份": "year"}
    result = read(folder, engine, {"a": source("q.xlsx", aliases=aliases)}, {}, table_of(["region", "year"], x=""))
    assert len(rows(result, engine, "t", "region")) == 4


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_blank_keys_are_filled_down_where_the_study_says_so(folder: Path, engine: Engine, suffix: str):
    lines = [["年份", "地区", "x"], [2019, "甲", 0], ["", "乙", 1], [2020, "甲", 2], ["", "乙", 3], ["", "合计", 9]]
    if suffix == "xlsx":
        sheet(folder / "data" / "q.xlsx", lines)
    else:
        (folder / "data" / "q.csv").write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n", encoding="utf-8")
    aliases = {"地区": "region", "年份": "year"}
    filled = source(f"q.{suffix}", aliases=aliases, fill_down=["year"])
    result = read(folder, engine, {"a": filled}, {}, table_of(["region", "year"], x=""))
    assert rows(result, engine, "t", "year", "x") == [(2019, 0), (2019, 1), (2020, 2), (2020, 3)]
    assert result.frames["repairs"].query("kind == 'filled_down'")["cells"].tolist() == [2]


def csmar(statements: Sequence[str] = ("A", "B")) -> dict[str, str]:
    """Statements with parent rows, and a table of firms by code and year, as csmar_join has them."""
    firms = [f"60000{n}" for n in range(6)]
    years = (2020, 2021, 2022)
    lines = ["证券代码,年份,营业收入,净利润,报表类型"]
    lines += [
        f"{firm},{year},{1e8 + year},{1e7 if kind == 'A' else 5e6},{kind}"
        for firm in firms
        for year in years
        for kind in statements
    ]
    info = ["证券代码,年份,行业代码,员工人数,研发投入"]
    info += [f"{firm},{year},{('C39', 'C40', 'C13')[n % 3]},{100 + n},{5e6}" for n, firm in enumerate(firms) for year in years]
    return {"fin.csv": "\n".join(lines) + "\n", "info.csv": "\n".join(info) + "\n"}


CSMAR = {
    "fin": {
        "path": "fin.csv", "table": "firms",
        "aliases": {"证券代码": "firm_id", "年份": "year", "营业收入": "revenue", "净利润": "net_profit",
        "报表类型": "statement_type"},
        "values": {"statement_type": {"A": "consolidated", "B": "parent"}},
        "out_of_scope": [{"when": "statement_type = 'parent'", "reason": {"zh": "母公司报表", "en": "parent"}}],
    },
    "info": {
        "path": "info.csv", "table": "firms",
        "aliases": {"证券代码": "firm_id", "年份": "year", "行业代码": "industry_code", "员工人数": "employees",
        "研发投入": "rd_exp"},
        "constants": {"industry_version": "2017"},
    },
}  # fmt: skip


def test_csmar_join_filters_before_keys_are_judged(folder: Path, engine: Engine):
    """K2: parent statements are out of scope before rows are joined by firm and year."""
    result = read(folder, engine, CSMAR, csmar())
    assert result.frames["quarantine"].empty
    joined = rows(result, engine, "firms", "firm_id", "year", "net_profit", "employees")
    assert len(joined) == 18 and all(profit == 1e7 and employees >= 100 for *_, profit, employees in joined)
    ledger = result.frames["ledger"].set_index(["file", "stage"])
    assert ledger.loc[("fin.csv", "validate"), "out_of_scope"] == 18 and ledger.loc[("info.csv", "validate"), "used"] == 18


DATED = {
    "fin": {
        "path": "fin.csv", "table": "firms",
        "aliases": {"Stkcd": "firm_id", "Accper": "statement_date", "Typrep": "statement_type", "B001101000": "revenue"},
        "values": {"statement_type": {"A": "consolidated", "B": "parent"}},
        "out_of_scope": [{"when": "statement_type = 'parent'", "reason": {"zh": "母公司报表", "en": "parent"}}],
    },
    "patents": {
        "path": "patents.csv", "table": "firms", "aliases": {"Symbol": "firm_id", "EndDate": "statement_date"},
        "reshape": {"names": "ApplyType", "values": "Invention", "columns": {"已受理": "inv_patents_apply",
        "已授权": "inv_patents_grant"}},
    },
    "info": {
        "path": "info.csv", "table": "firms", "aliases": {"代码": "firm_id", "年度": "year", "行业": "industry_code",
        "员工": "employees"},
        "constants": {"industry_version": "2017"}, "out_of_scope": [{"when": "employees < 8", "reason": {"zh": "人数过少",
        "en": "few"}}],
    },
}  # fmt: skip


def test_k2_dates_reshape_and_filters_in_three_sources(folder: Path, engine: Engine):
    """Statements with openings, parents and interim dates; patents by kind; firms by year: one row a firm-year."""
    fin = ["Stkcd,Accper,Typrep,B001101000", "证券代码,会计期间,报表类型,营业收入", "没有单位,没有单位,没有单位,元"]
    patents = ["Symbol,EndDate,ApplyType,Invention"]
    info = ["代码,年度,行业,员工"]
    for firm in ("000001", "600000"):
        for year in (2020, 2021):
            fin += [f"{firm},{year}-12-31,{kind},{1000 + year}" for kind in "AB"] + [f"{firm},{year}-01-01,A,1"]
            patents += [f"{firm},{year}/12/31,{kind},{n}" for n, kind in enumerate(("已受理", "已授权", "其他"), 1)]
            info.append(f"{firm}.SZ,{year}年,制造业-医药制造业,{100 if firm == '000001' else 5}")
    files = {"fin.csv": fin, "patents.csv": patents, "info.csv": info}
    result = read(folder, engine, DATED, {name: "\n".join(text) + "\n" for name, text in files.items()})
    assert result.frames["quarantine"].empty
    columns = ("firm_id", "year", "revenue", "inv_patents_apply", "inv_patents_grant", "industry_code")
    shown = pd.DataFrame(rows(result, engine, "firms", *columns)).fillna("")
    assert shown.to_numpy().tolist() == [
        ["000001", 2020, 3020, 1, 2, "C27"], ["000001", 2021, 3021, 1, 2, "C27"], ["600000", 2020, 3020, 1, 2, ""], ["600000",
        2021, 3021, 1, 2, ""],
    ]  # fmt: skip
    ledger = result.frames["ledger"].query("stage == 'validate'").set_index("file")["reason"]
    assert ledger["fin.csv"] == "opening=4; 母公司报表=4" and ledger["info.csv"] == "人数过少=2"
    assert "header=2" in result.frames["ledger"].query("stage == 'read'").set_index("file")["reason"]["fin.csv"]


def test_tables_that_share_text_columns_are_joined_too(folder: Path, engine: Engine):
    """Every vendor's table repeats the firm's short name; numbers decide whether sources stand side by side."""
    files = csmar(("A",))
    named = {
        name: "\n".join(f"{line},{'企业名称' if place == 0 else '甲'}" for place, line in enumerate(text.splitlines())) + "\n"
        for name, text in files.items()
    }
    result = read(folder, engine, CSMAR, named)
    assert result.frames["quarantine"].empty and len(rows(result, engine, "firms", "firm_id", "firm_name")) == 18


def test_tables_whose_keys_hardly_meet_are_told(folder: Path, engine: Engine):
    files = csmar(("A",))
    other = {**files, "info.csv": files["info.csv"].replace("\n60000", "\n30000")}
    told = [notice for notice in read(folder, engine, CSMAR, other).notices if "firm_id" in notice.en and "%" in notice.en]
    assert len(told) == 1 and "fin.csv" in told[0].location and "info.csv" in told[0].location and "0%" in told[0].zh
    assert not [notice for notice in read(folder, engine, CSMAR, files).notices if "%" in notice.en]


def test_values_replace_texts_of_every_type(folder: Path, engine: Engine):
    """C4: values of numbers, years, dates and text; '' is missing; counted."""
    text = "企业代码,年份,行业代码,营业收入,披露日期,企业名称\n1,去年,C39,无收入,期末,甲\n2,2020,C39,-99,2020-04-01,乙\n"
    values = {
        "year": {"去年": "2019"}, "revenue": {"无收入": "0", "-99": ""}, "disclose_date": {"期末": "2020-03-31"},
        "firm_name": {"甲": "丙"},
    }  # fmt: skip
    source_ = {"path": "v.csv", "table": "firms", "constants": {"industry_version": "2017"}, "values": values}
    result = read(folder, engine, {"a": source_}, {"v.csv": text})
    shown = engine.collect(f"SELECT year, revenue, disclose_date, firm_name FROM {result.tables['firms']} ORDER BY 1")
    assert shown["year"].tolist() == [2019, 2020] and shown["revenue"].fillna(-1).tolist() == [0, -1]
    assert str(shown["disclose_date"][0])[:10] == "2020-03-31" and shown["firm_name"].tolist() == ["丙", "乙"]
    assert result.frames["repairs"].query("kind == 'values'").set_index("column")["cells"].to_dict() == {
        "disclose_date": 1, "firm_name": 1, "revenue": 2, "year": 1,
    }  # fmt: skip


def test_missing_columns_are_listed_beside_the_unused_headers(folder: Path, engine: Engine):
    with pytest.raises(HqdError) as caught:
        read(folder, engine, {"a": {"path": "k.csv", **FIRM}}, {"k.csv": "代号,会计期间,收入,备注栏\n1,2019,1,x\n"})
    assert caught.value.rule == "S06"
    assert all(part in caught.value.text(language) for language in ("zh", "en") for part in ("firm_id", "会计期间", "备注栏"))


LONG = {"names": "指标", "values": "数值", "columns": {"营业收入": "x", "利润": "y"}}


def long(folder: Path, engine: Engine, text: str, units: str | None = None, **more: Any) -> Intake:
    reshape = {**LONG, **({"units": units} if units else {})}
    aliases = {"地区": "region", "年份": "year"}
    return read(
        folder,
        engine,
        {"a": source("l.csv", aliases=aliases, reshape=reshape, **more)},
        {"l.csv": text},
        table_of(["region", "year"], x="亿元", y="亿元"),
    )


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [("数值(万元)", "营业收入", "利润"), ("数值", "营业收入(万元)", "利润（万元）"), ("数值", " 营业 收入/万元", "利润,万元")],
)
def test_units_of_a_long_table_in_its_header_or_names(folder: Path, engine: Engine, header: str, first: str, second: str):
    text = f'地区,年份,指标,{header}\n甲,2019,"{first}",10000\n甲,2019,"{second}",100\n乙,2019,"{first}",—\n'
    reshape_values = {"reshape": {**LONG, "values": header}}
    aliases = {"地区": "region", "年份": "year"}
    result = read(
        folder,
        engine,
        {"a": source("l.csv", aliases=aliases, **reshape_values)},
        {"l.csv": text},
        table_of(["region", "year"], x="亿元", y="亿元"),
    )
    assert rows(result, engine, "t", "region", "x", "y")[-1] == ("甲", 1, 0.01)


MIXED = ["甲,2019,营业收入,10000,万元", "乙,2019,营业收入,1,亿元", "丙,2019,营业收入,20000,万元", "甲,2019,营业收入,1.0,亿元"]


def lines(*rows_: str) -> str:
    return "\n".join(["地区,年份,指标,数值,单位", *rows_]) + "\n"


def test_each_row_of_a_long_table_has_its_own_unit(folder: Path, engine: Engine):
    """The same value under 万元 and 亿元 is one."""
    result = long(folder, engine, lines(*MIXED), "单位")
    assert dict(rows(result, engine, "t", "region", "x")) == {"甲": 1, "乙": 1, "丙": 2}
    assert result.frames["quarantine"]["expected_en"].str.contains("identical|rounding").tolist() == [True]


def test_a_label_that_leads_nowhere_takes_the_unit_of_the_others(folder: Path, engine: Engine):
    """Told as W04; where the others have several units it stops."""
    result = long(folder, engine, lines(MIXED[0], "丁,2019,营业收入,30000,件"), "单位")
    assert dict(rows(result, engine, "t", "region", "x")) == {"甲": 1, "丁": 3}
    assert [notice.rule for notice in result.notices if "件" in notice.zh] == ["W04"]
    with pytest.raises(HqdError) as caught:
        long(folder, engine, lines(*MIXED, "丁,2019,营业收入,30000,件"), "单位")
    assert caught.value.rule == "W11" and all(part in caught.value.en for part in ("件", "万元", "亿元"))


def test_a_long_table_whose_labels_lead_nowhere_stops(folder: Path, engine: Engine):
    with pytest.raises(HqdError) as caught:
        long(folder, engine, "地区,年份,指标,数值,单位\n甲,2019,营业收入,1,万美元\n", "单位")
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3) and "万美元" in caught.value.zh and "亿元" in caught.value.zh


def test_values_of_a_long_table_are_read_as_in_any_other(folder: Path, engine: Engine):
    """Separators, decimal commas, zeros, replaced texts and fractions of whole numbers hold there too."""
    cells = ['甲,2019,营业收入,"1,234"', "乙,2019,营业收入,0", "丙,2019,营业收入,无", "丁,2019,营业收入,12.3①", "戊,2019,利润,0"]
    text = "\n".join(["地区,年份,指标,数值", *cells]) + "\n"
    result = long(folder, engine, text, parse_separators=True, zero_is_missing=["x"], values={"x": {"无": "5"}})
    assert dict(pd.DataFrame(rows(result, engine, "t", "region", "x")).fillna(-1).itertuples(index=False)) == {
        "甲": 1234,
        "乙": -1,
        "丙": 5,
        "戊": -1,
    }
    assert result.frames["quarantine"][["rule", "value"]].to_numpy().tolist() == [["C01", "12.3①"]]


def test_one_year_given_for_a_file_of_two_leaves_the_rows_dated_otherwise_out_of_scope(folder: Path, engine: Engine):
    """K05: two dates a province under one constant year are no conflict of keys; dates that part nothing do no harm."""
    dated = {"d": {"dtype": "date", "label": LABEL}}
    table = {"t": {"key": ["province_code", "year"], "columns": table_of((), x="")["t"]["columns"] | dated}}
    given = {"a": source("a.csv", aliases={"省份": "province_code"}, constants={"year": "2019"})}
    lines = [f"{name},{year}-12-31,{year - 2018 + k}" for k, name in enumerate(("北京市", "天津市")) for year in (2019, 2020)]
    result = read(folder, engine, given, {"a.csv": "\n".join(["省份,d,x", *lines])}, table)
    assert rows(result, engine, "t", "province_code", "year", "x") == [("110000", 2019, 1.0), ("120000", 2019, 2.0)]
    ledger = result.frames["ledger"].iloc[-1]
    assert (ledger["out_of_scope"], ledger["quarantined"], ledger["reason"]) == (2, 0, "other year=2")
    alike = "\n".join(["省份,d,x", "北京市,2020-04-01,1", "天津市,2020-04-02,2"])  # a day of publication, say
    assert len(rows(read(folder, engine, given, {"a.csv": alike}, table), engine, "t", "x")) == 2


def test_facts_without_years_go_to_every_year_of_their_firm(folder: Path, engine: Engine):
    """A register of firms beside statements; its row is used once, one that no statement meets is out of scope."""
    info = {
        "path": "info.csv", "table": "firms", "every_year": True, "aliases": {"代码": "firm_id", "行业": "industry_code"},
        "constants": {"industry_version": "2017"},
    }  # fmt: skip
    fin = {"path": "fin.csv", "table": "firms", "aliases": {"代码": "firm_id", "年份": "year"}}
    lines = [f"60000{k},{2019 + n},{k + n}00,短名" for k in (0, 1) for n in (0, 1)]
    files = {
        "info.csv": "代码,行业,企业名称\n600000,C26,甲股份有限公司\n600001,Z99,乙股份有限公司\n600009,C13,丙股份有限公司",
        "fin.csv": "\n".join(["代码,年份,营业收入(元),企业名称", *lines]),
    }
    result = read(folder, engine, {"info": info, "fin": fin}, files)
    joined = rows(result, engine, "firms", "firm_id", "year", "revenue", "industry_code", "firm_name")
    assert [row[:4] for row in joined[:2]] == [("600000", 2019, 0, "C26"), ("600000", 2020, 100, "C26")]
    assert {row[4] for row in joined[:2]} == {"甲股份有限公司"}
    assert len(joined) == 4 and all(pd.isna(row[3]) for row in joined[2:])  # a code that is none stays with its own row
    ledger = result.frames["ledger"].set_index(["file", "stage"]).loc[("info.csv", "validate")]
    assert (ledger["used"], ledger["quarantined"], ledger["out_of_scope"]) == (1, 1, 1)
    with pytest.raises(HqdError, match="no source of this table has years"):
        read(folder, engine, {"info": info | {"constants": {"industry_version": "2017", "revenue": "1"}}}, files)
    with pytest.raises(HqdError, match="every_year: true"):
        read(folder, engine, {"info": {**info, "every_year": False}, "fin": fin}, files)


def test_names_of_units_that_differ_by_blanks_or_case_are_told_and_kept(folder: Path, engine: Engine):
    """The commoner spelling is proposed; 无锡 and 无锡市 are two names, and codes that differ by zeros are another notice's."""
    names = ["无锡市", "无锡市", "无锡 市", "无锡", "Ｗuxi", "wuxi", "01", "1"]
    lines = ["region,year,x"] + [f"{name},{2012 + k},{k}" for k, name in enumerate(names)]
    got = read(folder, engine, {"t": source("t.csv")}, {"t.csv": "\n".join(lines) + "\n"}, table_of(("region", "year"), x="元"))
    (notice,) = (notice for notice in got.notices if notice.rule == "C03")
    assert '`values: {region: {"无锡 市": "无锡市", "Ｗuxi": "wuxi"}}`' in notice.zh and notice.zh.startswith("region:2 个名称")
    assert len(rows(got, engine, "t", "region")) == len(names)
