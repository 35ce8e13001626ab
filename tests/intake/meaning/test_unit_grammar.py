"""Units by rule: magnitude x base, currency, per-unit, in the spellings people use; what is no unit is none."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.intake.meaning.glyphs import half_width
from hqd_index.intake.meaning.unit_labels import _named_once, unit_label, units_in_preamble
from hqd_index.intake.meaning.unit_words import BASE_UNITS, COUNTED_QUANTITIES, MAGNITUDES_EN, MAGNITUDES_ZH, MONEY
from hqd_index.intake.meaning.units import Unit, exponent, magnified_exponent, strip_brackets, unit_of

UNITS = {
    ("yuan", 0): ["元", "人民币元", "元(人民币)", "yuan", "CNY", "RMB", "元人民币", "【元】", "（元）"],
    ("yuan", 3): ["千元", "RMB'000", "thousand yuan", "RMB thousand"],
    ("yuan", 4): ["万元", "万 元", "人民币万元", "万元人民币", "10,000 yuan", "RMB 10,000", "10 000 yuan", "10^4 yuan",
    "1e4 yuan",
                  "万元,当年价", "万元（含税）", "wan yuan"],
    ("yuan", 6): ["百万元", "人民币百万元", "RMB million", "million yuan", "in millions of yuan", "RMB mn"],
    ("yuan", 7): ["千万元"], ("yuan", 9): ["十亿元", "10亿元", "billion yuan"],
    ("yuan", 8): ["亿元", "亿元人民币", "人民币亿元", "100 million yuan", "hundred million yuan", "亿元(当年价)",
    "亿元，2010年不变价",
                  "（亿元，当年价格）", "亿元(现价)", "亿 元"],
    ("yuan", 11): ["千亿元"], ("yuan", 12): ["万亿元"],
    ("usd", 0): ["美元", "US$", "current US$", "constant 2015 US$", "USD"], ("usd", 3): ["千美元", "thousand USD"],
    ("usd", 4): ["万美元"], ("usd", 6): ["百万美元", "US$ million", "US$m", "USD mn", "million US dollars"],
    ("hkd", 3): ["HK$'000"], ("eur", 6): ["百万欧元", "EUR mn", "million euro"],
    ("international dollar", 0): ["current international $"],
    ("person", 0): ["人", "persons"], ("person", 4): ["万人", "10,000 persons", "10 thousand persons"],
    ("person-year", 0): ["人年", "人·年"], ("person-year", 4): ["万人年"],
    ("count", 0): ["家", "个", "件", "项", "台(套)"], ("count", 4): ["万家", "万件", "万台(套)"],
    ("ratio", -2): ["%", "％", "个百分点", "% of GDP", "annual %"], ("ratio", -3): ["‰"],
    ("tonne", 0): ["吨"], ("tonne", 4): ["万吨", "10 thousand tons"], ("tonne", 6): ["百万吨", "Mt"], ("tonne", -3): ["千克",
    "公斤"],
    ("tce", 4): ["万吨标煤", "万吨标准煤", "10000 tons of SCE"], ("watt-hour", 3): ["千瓦时", "kWh"], ("watt-hour",
    11): ["亿千瓦时"],
    ("yuan/person", 0): ["元/人", "yuan per person", "元每人"], ("yuan/person", 4): ["万元/人", "万元／人"],
    ("tce/yuan", -4): ["吨标煤/万元", "吨标准煤/万元GDP", "tce/10,000 yuan"], ("count/person", -4): ["件/万人", "件/每万人"],
    ("person/square metre", -6): ["人/平方公里"],
    ("index previous", 0): ["上年=100", "上年＝100", "以上年为100", "previous year = 100"], ("index 1978", 0): ["1978=100",
    "1978年=100"],
    ("", 4): ["万"], ("", 8): ["亿"], ("", 6): ["million", "in millions", "百万"],
    ("index 1978", 2): ["1978=1", "1978年=1"], ("index previous", 2): ["上年=1"],
    ("yuan/person-year", 0): ["元/人年", "元/人·年", "元/(人·年)"], ("yuan/month*square metre", 0): ["元/平方米·月"],
    ("", 3): ["'000", "000", "thousands"], ("", 2): ["hundreds"],
    ("", 9): ["1000 million"],
}  # fmt: skip
NO_UNITS = [
    "", "省", "2020", "R&D", "现价", "当年价", "年末", "表1", "C39", "注", "十", "合计", "同比", "增长率", "one", "t-1", "1)",
    "元,角",
    "万元;%", "ln 美元", "1e-4", "指数", "对数点", "万元以上", "亿元企业", "发明", "合并", "m", "k",
    "1,000", "1000", "10", "ten", "x million",
    "元/", "/人", "元/平方米月",
]  # fmt: skip


@pytest.mark.parametrize(("unit", "text"), [(unit, text) for unit, texts in UNITS.items() for text in texts])
def test_spellings_of_one_unit(unit: tuple[str, int], text: str):
    assert unit_of(text) == Unit(*unit)


@pytest.mark.parametrize("text", NO_UNITS)
def test_what_is_no_unit_is_none(text: str):
    assert unit_of(text) is None


@given(
    magnitude=st.lists(st.sampled_from(sorted(MAGNITUDES_ZH)), max_size=2).map("".join),
    base=st.sampled_from(["元", "美元", "人", "家", "吨", "千瓦时", "人年"]),
)
def test_a_magnitude_adds_its_power_to_any_base(magnitude: str, base: str):
    """万 x 亿 x base: the powers of the letters add up."""
    measure, power = BASE_UNITS[base]
    assert unit_of(magnitude + base) == Unit(measure, power + sum(MAGNITUDES_ZH[letter] for letter in magnitude))


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("(元)", "元"), ("((元))", "((元))"), ("(元)(万元)", "(元)(万元)"), ("(aa)", "aa"), ("(元", "(元"), ("【元】", "元"),
        ("(a)b(c)", "(a)b(c)"), ("()", "()"), ("( 元 )", "元"), ("<元>", "元"), ("(元]", "(元]"),
    ],
)  # fmt: skip
def test_one_pair_of_brackets_around_all_is_taken_off(text: str, bare: str):
    assert strip_brackets(text) == bare


@pytest.mark.parametrize(
    ("source", "target", "power"),
    [
        ("万元", "亿元", -4), ("千亿元", "元", 11), ("万美元", "亿元", None), ("%", "1", -2), ("%", "系数", -2), ("家", "个", 0),
        ("万", "元", 4), ("万", "亿元", -4), ("万", "人", 4), ("万", "%", None), ("人年", "人", None), ("万元/人", "元/人", 4),
        ("1978=100", "上年=100", None), ("1978=100", "基年=100", 0), ("上年=100", "基年=100", None), ("2010=100", "2015=100",
        None),
        ("ln 美元", "ln 美元", 0), ("对数点", "%", None), ("分", "分", 0), ("千", "件/万人", None),
    ],
)  # fmt: skip
def test_powers_of_ten_between_units(source: str, target: str, power: int | None):
    assert exponent(source, target) == power


def test_a_bare_magnitude_is_beside_a_unit():
    assert (
        magnified_exponent("万", "元"),
        magnified_exponent("亿", "万元"),
        magnified_exponent("元", "元"),
        magnified_exponent("万", "%"),
    ) == (4, 4, None, None)


def test_money_and_counts_are_told_apart():
    assert unit_of("亿元").money and not unit_of("亿元").is_count
    assert unit_of("万人").is_count and not unit_of("元/人").money
    assert not MONEY & COUNTED_QUANTITIES


SCALED = {
    "ratio": {-2: 15, -3: 6, -4: 5}, "tonne": {-12: 3, -9: 2, -6: 4, -3: 4, 3: 6, 6: 6, 9: 2}, "tce": {-6: 3, -3: 5, 3: 1, 6: 1},
    "toe": {3: 1, 6: 1}, "watt-hour": {3: 7, 6: 2, 9: 1, 12: 1}, "watt": {3: 2, 6: 2, 9: 2}, "joule": {6: 1, 9: 1, 12: 1, 15: 1},
    "square metre": {4: 4, 6: 9}, "metre": {3: 6, -2: 2, -3: 1}, "cubic metre": {-3: 4},
}  # fmt: skip
"""Measure -> power of ten -> number of words: kilo 3, mega 6, giga 9, tera 12, milli -3; a hectare is 1e4 square metres."""


def test_words_of_units_have_the_power_of_their_prefix():
    powers: dict[str, Counter[int]] = {}
    for measure, power in BASE_UNITS.values():
        powers.setdefault(measure, Counter())[power] += 1
    assert {
        measure: {power: n for power, n in found.items() if power} for measure, found in powers.items() if set(found) != {0}
    } == SCALED
    assert all(0 in found for found in powers.values())
    english = {
        "hundred": 2,
        "thousand": 3,
        "million": 6,
        "billion": 9,
        "trillion": 12,
        "wan": 4,
        "yi": 8,
        "10k": 4,
        "'000": 3,
        "mn": 6,
    }
    assert english.items() <= MAGNITUDES_EN.items() and MAGNITUDES_ZH == {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
    assert {MAGNITUDES_EN[word] for word in MAGNITUDES_EN if word.startswith(("m", "bi", "bn", "bl"))} == {6, 9}
    counts = Counter(MAGNITUDES_EN.values())
    assert counts == {2: 2, 3: 8, 4: 2, 6: 7, 8: 1, 9: 4, 12: 4}


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("单位：亿元 (100 million yuan)", ("亿元",)), ("单位：亿元(当年价)", ("亿元",)),
        ("单位：元 (US dollars)", ("元", "dollars")),
        ("单位:元 币种:美元", ("美元",)), ("单位：万元、人", ("万元", "人")),
    ],
)  # fmt: skip
def test_a_unit_in_two_languages_is_one(line: str, units: tuple[str, ...]):
    assert units_in_preamble([[line]]) == units


def test_a_unit_named_twice_keeps_its_first_name_where_both_are_one():
    assert _named_once("亿元 (100 million yuan)") == "亿元" and _named_once("元 (US dollars)") == "元 (US dollars)"


def test_signs_of_money_and_blanks_are_made_half_width():
    assert half_width("￥１２\u00a0＄３\u3000") == "¥12 $3 "


def test_a_unit_is_read_up_to_120_signs():
    assert unit_of("万元" + " " * 118) == Unit("yuan", 4) and unit_of("万元" + " " * 119) is None


def test_a_label_is_read_up_to_500_signs():
    assert unit_label("值" * 496 + "(万元)").units == ("万元",) and unit_label("值" * 497 + "(万元)").units == ()
