"""Units by rule: magnitude x base, currencies, per-unit; and the power of ten between two of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .glyphs import half_width, simplified
from .unit_words import BASE_UNITS, COUNTED_QUANTITIES, MAGNITUDES_EN, MAGNITUDES_ZH, MONEY

LONGEST_UNIT = 120
QUALIFIER = re.compile(
    r"(当年|现行|现|不变|可比|基期|基准|市场|计划|生产者|购买者|\d{4}\s*年?)\s*(不变|可比)?价格?(计算)?|价格|(不)?含(增值)?税|税[前后]"
    r"|合并(报表|口径)?|母公司(报表|口径)?|[年期季月][末初]|年平均|平均|当[年期季月]值?|本[年期季月]|累计值?|全口径|规模以上|规上"
    r"|(以|按).{1,8}(计|算|计算)|名义|实际|折标|等价值|当量值|current( prices?)?|constant( prices?)?|nominal|real|annual|yearly"
    r"|(at )?(current|constant|\d{4}) prices?|(constant )?\d{4}|ppp|current ppp|adjusted|unadjusted|(in )?total|average"
)
INDEX_UNIT = re.compile(r"(?:以)?(.+?)(?:为)?\s*=\s*(100|1)(?:\.0+)?|以(.+?)为\s*(100|1)")
PREVIOUS_YEAR_BASE = re.compile(
    r"(上|前)(一)?(年|期|月|季)(度|同期|同月)?|previous (year|period)|preceding (year|period)|last year|prior year|py"
)
BASE_PERIOD = re.compile(r"基[年期]|base (year|period)")
PER_PATTERN = re.compile(r"\s*(?:/\s*每?|每|\bper\b|÷)\s*")
SUPERSCRIPTS = {ord(mark): str(digit) for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
SUBSCRIPTS = {ord(mark): str(digit) for digit, mark in enumerate("₀₁₂₃₄₅₆₇₈₉")}
SUPERSCRIPT_POWER = re.compile("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
JOINING_DOT = re.compile(r"(?<=[\u4e00-\u9fff])[·•∙⋅・‧.](?=[\u4e00-\u9fff])")
TIMES = re.compile(r"\s*[·•∙⋅・‧*×.]\s*")
PRODUCTS: dict[tuple[str, ...], str] = {
    ("person", "year"): "person-year",
    ("day", "person"): "man-day",
    ("hour", "person"): "man-hour",
}
"""Products of units that have a name of their own."""
OUTPUT_SUFFIX = re.compile(
    r"(?<=.)(gdp|地区生产总值|国内生产总值|(工业)?(总产值|增加值)|产值|(营业|主营业务)?收入)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Unit:
    """A unit: what it measures, and the power of ten of one of it in the base of that measure."""

    measure: str
    power: int

    @property
    def money(self) -> bool:
        """Whether it is an amount of money (not money per head)."""
        return self.measure in MONEY

    @property
    def is_count(self) -> bool:
        """Whether it counts people or things."""
        return self.measure in COUNTED_QUANTITIES


def exponent(source: str, target: str) -> int | None:
    """k with value in `target` = value in `source` x 10^k; None when the two cannot be converted."""
    if close_brackets(source) == close_brackets(target):
        return 0
    source_unit, target_unit = unit_of(source), unit_of(target)
    if source_unit is None or target_unit is None:
        return None
    if source_unit.measure == "" or target_unit.measure == "":  # a magnitude alone takes the measure of its neighbour
        return source_unit.power - target_unit.power if source_unit.measure == "" and _is_simple_unit(target_unit) else None
    return source_unit.power - target_unit.power if _same_measure(source_unit.measure, target_unit.measure) else None


def _is_simple_unit(unit: Unit) -> bool:
    return unit.measure != "ratio" and "/" not in unit.measure and not unit.measure.startswith("index")


def _same_measure(first_quantity: str, second_quantity: str) -> bool:
    """Equal, or both price indices of a base year one of which is named only in general."""
    if "index base" in (first_quantity, second_quantity):
        return all(re.fullmatch(r"index (base|\d{4})", measure) for measure in (first_quantity, second_quantity))
    return first_quantity == second_quantity


def close_brackets(unit_text: str) -> str:
    """The unit's text in half-width forms, lower case, without blanks and brackets around it."""
    return re.sub(r"\s+", "", strip_brackets(half_width(unit_text))).lower()


def strip_brackets(unit_text: str) -> str:
    """The text without one pair of brackets around all of it."""
    inner_text = unit_text.strip()
    bracket_pairs = {
        "(": ")",
        "[": "]",
        "{": "}",
        "【": "】",
        "〔": "〕",
        "<": ">",
        "《": "》",
        "「": "」",
        "〈": "〉",
        "﹙": "﹚",
    }
    while (
        len(inner_text) > 2
        and bracket_pairs.get(inner_text[0]) == inner_text[-1]
        and inner_text.count(inner_text[0]) == inner_text.count(inner_text[-1]) == 1
    ):
        inner_text = inner_text[1:-1].strip()
    return inner_text


@cache
def unit_of(unit_text: str) -> Unit | None:
    """The unit that a whole text is, by rule; None when it is none. `measure` '' is a magnitude alone ('万', 'million').

    Said twice it is one: 亿元 (100 million yuan).
    """
    if len(unit_text) > LONGEST_UNIT:
        return None
    inner_text = strip_brackets(_one_line_text(half_width(unit_text))).strip()
    if inner_text.count("(") != inner_text.count(")"):
        return None
    unit_parts = [
        unit_part.strip() for unit_part in re.split(r"[,;，；、]|\s*\(|\)\s*", _without_grouping(inner_text)) if unit_part.strip()
    ]
    units = [(unit_part, unit) for unit_part in unit_parts if (unit := _single_unit(unit_part)) is not None]
    qualifiers = [unit_part for unit_part in unit_parts if _single_unit(unit_part) is None]
    if not units or len({unit for _, unit in units}) > 1 or not all(QUALIFIER.fullmatch(part.lower()) for part in qualifiers):
        return _single_unit(_without_grouping(inner_text))
    return units[0][1]


def _one_line_text(unit_text: str) -> str:
    """The text as typed on one line: 10⁴ as 10^4, CO₂ as CO2, 萬 as 万."""
    powers = SUPERSCRIPT_POWER.sub(lambda match: "10^" + match.group(1).translate(SUPERSCRIPTS), simplified(unit_text))
    return powers.translate(SUBSCRIPTS)


def _without_grouping(unit_text: str) -> str:
    """'10,000 yuan' -> '10000 yuan'."""
    return re.sub(r"(?<=\d)[,\s](?=000\b)|(?<=\d),(?=\d{3}\b)", "", unit_text)


def _single_unit(unit_text: str) -> Unit | None:
    """A unit without qualifiers beside it."""
    bare_text = re.sub(r"^(in|of|unit:?)\s+", "", unit_text.strip(), flags=re.IGNORECASE)
    index_match = INDEX_UNIT.fullmatch(bare_text)
    if index_match:
        return Unit(
            _index(index_match.group(1) or index_match.group(3)),
            0 if (index_match.group(2) or index_match.group(4)) == "100" else 2,
        )
    unit = _magnified_base(JOINING_DOT.sub("", bare_text))
    if unit is not None:
        return unit
    return _rate(bare_text) or _percent_of(bare_text)


def _rate(unit_text: str) -> Unit | None:
    """A unit per one or several others: 元/人, 元/(人·年), 元/人/年, 元/平方米·月."""
    factors = [strip_brackets(factor) for factor in PER_PATTERN.split(unit_text)]
    if len(factors) < 2 or not all(factors):
        return None
    numerator = _magnified_base(JOINING_DOT.sub("", factors[0]))
    denominators = [
        base_factor
        for factor in factors[1:]
        for base_factor in _product_factors(OUTPUT_SUFFIX.sub("", factor).strip()) or (Unit("", 0),)
    ]
    if numerator is None or not all(unit.measure for unit in (numerator, *denominators)):
        return None
    measures = tuple(sorted(unit.measure for unit in denominators))
    power = numerator.power - sum(unit.power for unit in denominators)
    return Unit(f"{numerator.measure}/{PRODUCTS.get(measures) or '*'.join(measures)}", power)


def _product_factors(unit_text: str) -> list[Unit]:
    """The units that are multiplied in a denominator, those with a name of their own as one; [] where one is no unit."""
    if (unit := _magnified_base(JOINING_DOT.sub("", unit_text), may_be_bare=False)) is not None:
        return [unit]
    factors = [_magnified_base(factor, may_be_bare=False) for factor in TIMES.split(unit_text)]
    return [] if None in factors else [factor for factor in factors if factor is not None]


def _index(period: str) -> str:
    period_text = period.strip().lower()
    if PREVIOUS_YEAR_BASE.fullmatch(period_text):
        return "index previous"
    if BASE_PERIOD.fullmatch(period_text):
        return "index base"
    return "index " + re.sub(r"\s+|年$", "", period_text)


def _percent_of(unit_text: str) -> Unit | None:
    """'% of GDP', '占GDP的%': percent of something."""
    lowercase_text = unit_text.lower()
    if re.fullmatch(r"(%|percent|per cent) of [a-z][a-z &-]*|[a-z ]+ %|%\s*\(?[a-z]+\)?|占.{1,12}的?(%|百分比)", lowercase_text):
        return Unit("ratio", -2)
    return None


def _magnified_base(unit_text: str, *, may_be_bare: bool = True) -> Unit | None:
    """[magnitude] base [magnitude], with qualifiers of a currency ('current US$', '元人民币'); a bare magnitude where allowed."""
    normalised = re.sub(r"^(current|constant( \d{4})?|nominal|real)\s+(?=\S)", "", re.sub(r"\s+", " ", unit_text.strip()).lower())
    if (base_unit := BASE_UNITS.get(normalised)) is not None:
        return Unit(*base_unit)
    without_blanks = normalised.replace(" ", "")
    if (base_unit := BASE_UNITS.get(without_blanks)) is not None:
        return Unit(*base_unit)
    return _chinese(without_blanks, may_be_bare=may_be_bare) or _english(normalised, may_be_bare=may_be_bare)


def _chinese(unit_text: str, *, may_be_bare: bool) -> Unit | None:
    """亿元, 千亿元, 百万美元, 亿千瓦时, 人民币亿元, 亿元人民币, 10万元."""
    match = re.fullmatch(r"(人民币:?|美元:?|港币:?)?(10\^\d{1,2}|1e\d{1,2}|10{0,8})?([十百千万亿]*)(.*)", unit_text)
    if match is None:
        return None
    currency, count_text, magnitude_text, base_text = match.groups()
    if currency and base_text in ("", "元"):
        base_text = currency.rstrip(":")
    base_unit = BASE_UNITS.get(base_text) or (_currency_twice(base_text) if base_text else None)
    if not magnitude_text and not count_text:
        return Unit(*base_unit) if base_unit else None
    power = sum(MAGNITUDES_ZH[letter] for letter in magnitude_text) + (_power_of_ten(count_text) or 0)
    if not base_text:
        return Unit("", power) if may_be_bare and magnitude_text and power > 2 else None
    if base_unit is None or (base_unit[0] == "ratio" and base_text not in ("倍",)):
        return None
    return Unit(base_unit[0], base_unit[1] + power)


def _currency_twice(unit_text: str) -> tuple[str, int] | None:
    """元人民币, 元(人民币), 元rmb: the same currency said twice."""
    currency_prefixes = [currency_name for currency_name in ("元", "圆") if unit_text.startswith(currency_name)]
    base_text = unit_text.removeprefix(currency_prefixes[0]).strip("()-:") if currency_prefixes else ""
    match = BASE_UNITS.get(base_text)
    return match if match and match[0] in MONEY and match[1] == 0 else None


def _power_of_ten(count_text: str | None) -> int | None:
    """The power of ten that digits write: '10000', '1e4', '10^4'."""
    if not count_text:
        return None
    match = re.fullmatch(r"10+|1|1e(\d{1,2})|10\^(\d{1,2})", count_text)
    if match is None:
        return None
    return int(match.group(1) or match.group(2) or len(count_text) - 1)


LETTERS = {"m": 6, "k": 3, "b": 9}


def _english(unit_text: str, *, may_be_bare: bool) -> Unit | None:
    """'100 million yuan', 'million US dollars', 'RMB million', RMB'000, 'USD mn', '1,000 persons', 'millions of yuan'."""
    normalised = re.sub(r"(?<=[a-z$€£¥])'0", " '0", unit_text).replace("'0", " '0")
    normalised = (
        re.sub(r"(?<=[$€£¥])(?=[a-z0-9'])|(?<=[a-z])(?=[$€£¥](?![a-z]))", " ", normalised)
        if normalised not in BASE_UNITS
        else normalised
    )
    words = normalised.replace(" of ", " ").split()
    power, is_magnified = 0, False
    base_words: list[str] = []
    for english_word in words:
        magnitude = MAGNITUDES_EN.get(english_word.rstrip("."))
        magnitude = _power_of_ten(english_word) if magnitude is None else magnitude
        if (
            magnitude is None
            and (joined_match := re.fullmatch(r"(\D+?)(mn|bn|million|billion|m|k)", english_word))
            and joined_match.group(1) in BASE_UNITS
        ):
            base_words.append(joined_match.group(1))
            magnitude = {"m": 6, "k": 3}.get(joined_match.group(2)) or MAGNITUDES_EN[joined_match.group(2)]
        if (
            magnitude is None
            and english_word in LETTERS
            and (base_words or _same_currency([other_word for other_word in words if other_word != english_word]))
        ):
            magnitude = LETTERS[english_word]
        if magnitude is None:
            base_words.append(english_word)
        else:
            power, is_magnified = power + magnitude, True
    base_unit = BASE_UNITS.get(" ".join(base_words)) or BASE_UNITS.get("".join(base_words)) or _same_currency(base_words)
    if not base_words:
        return (
            Unit("", power)
            if is_magnified and may_be_bare and power > 1 and any(english_word in MAGNITUDES_EN for english_word in words)
            else None
        )
    if base_unit is None or (is_magnified and base_unit[0] == "ratio"):
        return None
    return Unit(base_unit[0], base_unit[1] + power)


def _same_currency(currency_words: list[str]) -> tuple[str, int] | None:
    """'us $', 'rmb yuan', 'us dollars current': words that name one currency."""
    base_units = {
        BASE_UNITS[currency_word]
        for currency_word in currency_words
        if currency_word in BASE_UNITS and BASE_UNITS[currency_word][0] in MONEY
    }
    other_words = [currency_word for currency_word in currency_words if currency_word not in BASE_UNITS]
    return base_units.pop() if len(base_units) == 1 and not other_words else None


def magnified_exponent(prefix: str, unit: str) -> int | None:
    """Power of ten between a bare magnitude beside a unit and that unit: '万' beside 元 is 万元, 4; beside 亿元, -4."""
    prefix_unit, unit_alone = unit_of(prefix), unit_of(unit)
    if prefix_unit is None or prefix_unit.measure or unit_alone is None or not _is_simple_unit(unit_alone):
        return None
    return prefix_unit.power - unit_alone.power
