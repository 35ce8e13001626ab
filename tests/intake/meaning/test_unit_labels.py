"""Where units are printed: headers, rows of units, lines above a table; what is part of a name stays in it."""

from __future__ import annotations

import pytest

from hqd_index.intake.meaning.unit_labels import label_and_unit, unit_label, units_in_cell, units_in_preamble

REVENUE = [
    "营业收入(万元)", "营业收入（万元）", "营业收入(单位：万元)", "营业收入【万元】", "营业收入[单位:万元]", "营业收入〔万元〕",
    "营业收入「万元」", "营业收入<万元>", "营业收入/万元", "营业收入_万元", "营业收入,万元", "营业收入:万元", "营业收入 万元",
    "营业收入－万元",
    "营业收入万元", "营业收入(万元", "(万元)营业收入", "营业收入 单位:万元", "营业收入(单位 万元)", "营业收入（计量单位：万元）",
    "营业收入以万元计", "营业收入\n(万元)", "营业收入(Unit: 万元)", "营业收入 \u200b(万元)",
]  # fmt: skip
LABELS = {
    "营业收入(万元,当年价)": ("营业收入", "万元,当年价"), "营业收入(亿元人民币)": ("营业收入", "亿元人民币"),
    "营业收入 ( 万 元 )": ("营业收入", "万 元"), "营业收入(万元)(合并)": ("营业收入(合并)", "万元"),
    "营业收入(千亿元)": ("营业收入", "千亿元"),
    "营业总收入\n[报告期] 2019年报\n[报表类型] 合并报表\n[单位] 亿元": ("营业总收入", "亿元"),
    "GDP:现价:当季值(亿元)": ("GDP:现价:当季值", "亿元"), "revenue_wan": ("revenue", "万"), "gdp_yiyuan": ("gdp", "亿元"),
    "sales_usd_mn": ("sales", "usd mn"), "share_pct": ("share", "%"), "Revenue (10,000 yuan)": ("Revenue", "10,000 yuan"),
    "Revenue, million yuan": ("Revenue", "million yuan"), "Revenue in RMB million": ("Revenue", "in RMB million"),
    "GDP (current US$)": ("GDP", "current US$"), "研发强度（％）": ("研发强度", "%"), "价格指数(上年=100)": ("价格指数",
    "上年=100"),
    "人均GDP（元/人）": ("人均GDP", "元/人"), "企业数(家)": ("企业数", "家"), "员工人数/人": ("员工人数", "人"),
    "营业收入(万)": ("营业收入", "万"), "每万人发明专利拥有量（件/万人）": ("每万人发明专利拥有量", "件/万人"),
}  # fmt: skip
NAMES = [
    "R&D(1)", "城市(省)", "指标(2020)", "专利(发明)", "ROA(t-1)", "美元汇率", "id_k", "x_m", "a/b", "资产:负债", "年份",
    "营业收入元",
    "人均", "number of firms", "share of revenue", "HS 六位码 k", "year t", "v", "亿元企业数", "超亿元企业", "每万人专利数",
]  # fmt: skip


@pytest.mark.parametrize("label", REVENUE)
def test_every_way_to_print_a_unit(label: str):
    assert label_and_unit(label) == ("营业收入", "万元")


@pytest.mark.parametrize(("label", "parts"), LABELS.items())
def test_labels_are_taken_apart(label: str, parts: tuple[str, str]):
    assert label_and_unit(label) == parts


@pytest.mark.parametrize("label", NAMES)
def test_a_name_is_no_unit(label: str):
    assert label_and_unit(label) == (label, None)


def test_two_units_in_a_label_are_both_told():
    assert unit_label("营业收入(元)(万元)").units == ("元", "万元")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("人民币贷款", ("人民币",)),
        ("Revenue (m)", ("m",)),
        ("亿元企业数", ("亿元",)),
        ("营业收入合计(万元口径)", ("万元",)),
        ("利润", ()),
    ],
)
def test_unit_words_that_were_not_read_are_told(label: str, words: tuple[str, ...]):
    assert unit_label(label).units == () and unit_label(label).unread_words == words


@pytest.mark.parametrize(
    ("line", "units"),
    [
        (["单位：万元"], ("万元",)), (["", "单位:亿元"], ("亿元",)), (["计量单位: 亿元"], ("亿元",)), (["(亿元)"], ("亿元",)),
        (["指标：地区生产总值(亿元)"], ("亿元",)), (["单位：元  币种：人民币"], ("元",)), (["单位：万元 币种：美元"],
        ("万美元",)),
        (["单位：亿元、%"], ("亿元", "%")), (["单位：亿元，万人"], ("亿元", "万人")), (["Unit: 100 million yuan"],
        ("100 million yuan",)),
        (["表1 工业(单位：亿元)"], ("亿元",)), (["13-3 按行业分规模以上工业企业主要指标(2022年)"], ()),
        (["数据库：分省年度数据"], ()),
        (["时间：最近3年"], ()), (["单位名称：某局"], ()), (["制表单位：统计科"], ()),
    ],
)  # fmt: skip
def test_lines_above_a_table(line: list[str], units: tuple[str, ...]):
    assert units_in_preamble([line]) == units


@pytest.mark.parametrize(
    ("cell", "units"),
    [("万元", ("万元",)), ("（万元）", ("万元",)), ("[单位]万元", ("万元",)), ("单位：元", ("元",)), ("没有单位", ()), ("-", ()),
    ("专利", ()),
     ("1", ()), ("2019", ()), ("", ()), ("件", ("件",))],
)  # fmt: skip
def test_cells_of_a_row_of_units(cell: str, units: tuple[str, ...]):
    assert units_in_cell(cell) == units
