"""Rows below a table that are no data, whatever their form; data stays data wherever it stands."""

from __future__ import annotations

import pytest

from hqd_index.intake.meaning.notes import Candidate, is_marked, is_worded, note_rows

NOTES = [
    "注:1.本表按当年价格计算。", "注：本表", "注1：", "3. 行业分类执行GB/T4754-2011。", "a) 初步核算数。", "① 不含港澳台。",
    "⑴ 数据", "* 为估计数", "(1) 初步数",
    "本表数据来源于国家统计局。", "Data from database: World Development Indicators", "Last Updated: 02/21/2024", "(续表)",
    "（续表）", "续表",
    "资料来源:某年鉴", "数据来源：国家统计局", "来源: Wind", "Source: OECD", "Note: estimates", "Notes:", "说明：以上",
    "备注：无", "单位：万元", "制表人：某",
    "由于四舍五入", "[1] 见附录", "Wind", "Copyright 2020", "1、本表", "附注:", "未包括港澳台", "更新时间：2023-01-01",
    "Footnotes",
]  # fmt: skip
NO_NOTES = [
    "北京市",
    "注册资本",
    "C39",
    "1",
    "3M公司",
    "10",
    "2019",
    "A股",
    "美国",
    "来宾市",
    "说唱",
    "Notebook Ltd",
    "Sourceforge",
    "本溪市",
    "其他",
    "-",
]


@pytest.mark.parametrize("text", NOTES)
def test_forms_of_notes(text: str):
    assert is_marked(text) or is_worded(text)


@pytest.mark.parametrize("text", NO_NOTES)
def test_names_are_no_notes(text: str):
    assert not is_marked(text) and not is_worded(text)


def rows(*texts: str, first: int = 8) -> list[Candidate]:
    return [Candidate(first + place, (text,), values=False) for place, text in enumerate(texts)]


def test_what_follows_a_note_is_a_note():
    below = rows("注:1.本表按当年价格计算。", "\u3000\u30002.2018年数据为修订后数据。", "西藏未列入", "国家统计局")
    assert note_rows(below, 7) == {8, 9, 10, 11}


def test_a_row_with_its_key_and_values_is_data():
    below = [*rows("注:以下为修订数"), Candidate(9, ("西藏",), values=True), *rows("① 估计", first=10)]
    assert note_rows(below, 7) == {8, 10}


def test_a_region_without_values_above_or_at_the_end_stays():
    assert note_rows(rows("西藏", "① 新疆"), 20) == set()
    assert note_rows(rows("西藏"), 7) == set()


def test_a_sentence_below_the_data_is_a_note():
    assert note_rows(rows("西藏数据缺失,以全国平均值代替。", "The figures of the last two years were estimated"), 7) == {8, 9}


def test_a_source_among_the_data_is_a_note():
    assert note_rows(rows("资料来源:某年鉴", first=3), 7) == {3}
