"""Units by rule: magnitude x base, currencies, per-unit; and the power of ten between two of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .glyphs import half_width, simplified
from .unit_words import BASES, COUNTED, MAGNITUDES_EN, MAGNITUDES_ZH, MONEY

QUALIFIER = re.compile(
    r"(当年|现行|现|不变|可比|基期|基准|市场|计划|生产者|购买者|\d{4}\s*年?)\s*(不变|可比)?价格?(计算)?|价格|(不)?含(增值)?税|税[前后]"
    r"|合并(报表|口径)?|母公司(报表|口径)?|[年期季月][末初]|年平均|平均|当[年期季月]值?|本[年期季月]|累计值?|全口径|规模以上|规上"
    r"|(以|按).{1,8}(计|算|计算)|名义|实际|折标|等价值|当量值|current( prices?)?|constant( prices?)?|nominal|real|annual|yearly"
    r"|(at )?(current|constant|\d{4}) prices?|(constant )?\d{4}|ppp|current ppp|adjusted|unadjusted|(in )?total|average"
)
INDEXED = re.compile(r"(?:以)?(.+?)(?:为)?\s*=\s*(100|1)(?:\.0+)?|以(.+?)为\s*(100|1)")
PREVIOUS = re.compile(
    r"(上|前)(一)?(年|期|月|季)(度|同期|同月)?|previous (year|period)|preceding (year|period)|last year|prior year|py"
)
BASE_PERIOD = re.compile(r"基[年期]|base (year|period)")
PER = re.compile(r"\s*(?:/\s*每?|每|\bper\b|÷)\s*")
SUPERSCRIPTS = {ord(mark): str(digit) for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
SUBSCRIPTS = {ord(mark): str(digit) for digit, mark in enumerate("₀₁₂₃₄₅₆₇₈₉")}
SUPERSCRIPT_POWER = re.compile("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
JOINED = re.compile(r"(?<=[\u4e00-\u9fff])[·•∙⋅・‧.](?=[\u4e00-\u9fff])")
OF_OUTPUT = re.compile(r"(?<=.)(gdp|地区生产总值|国内生产总值|(工业)?(总产值|增加值)|产值|(营业|主营业务)?收入)$", re.IGNORECASE)


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
    def counted(self) -> bool:
        """Whether it counts people or things."""
        return self.measure in COUNTED


def exponent(source: str, target: str) -> int | None:
    """k with value in `target` = value in `source` x 10^k; None when the two cannot be converted."""
    if closed(source) == closed(target):
        return 0
    left, right = unit_of(source), unit_of(target)
    if left is None or right is None:
        return None
    if left.measure == "" or right.measure == "":  # a magnitude alone takes the measure of what it stands beside
        return left.power - right.power if left.measure == "" and _simple(right) else None
    return left.power - right.power if _same_measure(left.measure, right.measure) else None


def _simple(unit: Unit) -> bool:
    return unit.measure != "ratio" and "/" not in unit.measure and not unit.measure.startswith("index")


def _same_measure(left: str, right: str) -> bool:
    """Equal, or both price indices of a base year one of which is named only in general."""
    if "index base" in (left, right):
        return all(re.fullmatch(r"index (base|\d{4})", measure) for measure in (left, right))
    return left == right


def closed(text: str) -> str:
    """The unit's text in half-width forms, lower case, without blanks and brackets around it."""
    return re.sub(r"\s+", "", strip_brackets(half_width(text))).lower()


def strip_brackets(text: str) -> str:
    """The text without one pair of brackets around all of it."""
    plain = text.strip()
    pairs = {"(": ")", "[": "]", "{": "}", "【": "】", "〔": "〕", "<": ">", "《": "》", "「": "」", "〈": "〉", "﹙": "﹚"}
    while len(plain) > 2 and pairs.get(plain[0]) == plain[-1] and plain.count(plain[0]) == plain.count(plain[-1]) == 1:
        plain = plain[1:-1].strip()
    return plain


@cache
def unit_of(text: str) -> Unit | None:
    """The unit that a whole text is, by rule; None when it is none. `measure` '' is a magnitude alone ('万', 'million')."""
    plain = strip_brackets(_typed(half_width(text))).strip()
    if plain.count("(") != plain.count(")"):
        return None
    parts = [part.strip() for part in re.split(r"[,;，；、]|\s*\(|\)\s*", _without_grouping(plain)) if part.strip()]
    units = [(part, unit) for part in parts if (unit := _single(part)) is not None]
    qualifiers = [part for part in parts if _single(part) is None]
    if len(units) != 1 or not all(QUALIFIER.fullmatch(part.lower()) for part in qualifiers):
        return _single(_without_grouping(plain))
    return units[0][1]


def _typed(text: str) -> str:
    """The text as typed on one line: 10⁴ as 10^4, CO₂ as CO2, 千瓦·时 as 千瓦时, 萬 as 万."""
    powers = SUPERSCRIPT_POWER.sub(lambda match: "10^" + match.group(1).translate(SUPERSCRIPTS), simplified(text))
    return JOINED.sub("", powers.translate(SUBSCRIPTS))


def _without_grouping(text: str) -> str:
    """'10,000 yuan' -> '10000 yuan'."""
    return re.sub(r"(?<=\d)[,\s](?=000\b)|(?<=\d),(?=\d{3}\b)", "", text)


def _single(text: str) -> Unit | None:
    """A unit without qualifiers beside it."""
    plain = re.sub(r"^(in|of|unit:?)\s+", "", text.strip(), flags=re.IGNORECASE)
    indexed = INDEXED.fullmatch(plain)
    if indexed:
        return Unit(_index(indexed.group(1) or indexed.group(3)), 0 if (indexed.group(2) or indexed.group(4)) == "100" else 2)
    unit = _magnified_base(plain)
    if unit is not None:
        return unit
    pieces = PER.split(plain)
    if len(pieces) != 2 or not all(pieces):
        return _percent_of(plain)
    above, below = _magnified_base(pieces[0]), _magnified_base(OF_OUTPUT.sub("", pieces[1]).strip(), bare=False)
    if above is None or below is None or not above.measure or not below.measure:
        return None
    return Unit(f"{above.measure}/{below.measure}", above.power - below.power)


def _index(period: str) -> str:
    plain = period.strip().lower()
    if PREVIOUS.fullmatch(plain):
        return "index previous"
    if BASE_PERIOD.fullmatch(plain):
        return "index base"
    return "index " + re.sub(r"\s+|年$", "", plain)


def _percent_of(text: str) -> Unit | None:
    """'% of GDP', '占GDP的%': percent of something."""
    plain = text.lower()
    if re.fullmatch(r"(%|percent|per cent) of [a-z][a-z &-]*|[a-z ]+ %|%\s*\(?[a-z]+\)?|占.{1,12}的?(%|百分比)", plain):
        return Unit("ratio", -2)
    return None


def _magnified_base(text: str, *, bare: bool = True) -> Unit | None:
    """[magnitude] base [magnitude], with qualifiers of a currency ('current US$', '元人民币'); a bare magnitude where allowed."""
    plain = re.sub(r"^(current|constant( \d{4})?|nominal|real)\s+(?=\S)", "", re.sub(r"\s+", " ", text.strip()).lower())
    if (base := BASES.get(plain)) is not None:
        return Unit(*base)
    tight = plain.replace(" ", "")
    if (base := BASES.get(tight)) is not None:
        return Unit(*base)
    return _chinese(tight, bare=bare) or _english(plain, bare=bare)


ZH_MAGNITUDE = re.compile(r"[十百千万亿]+")


def _chinese(text: str, *, bare: bool) -> Unit | None:
    """亿元, 千亿元, 百万美元, 亿千瓦时, 人民币亿元, 亿元人民币, 10万元."""
    match = re.fullmatch(r"(人民币:?|美元:?|港币:?)?(10\^\d{1,2}|1e\d{1,2}|10{0,8})?([十百千万亿]*)(.*)", text)
    if match is None:
        return None
    currency, number, letters, base_text = match.groups()
    if currency and base_text in ("", "元"):
        base_text = currency.rstrip(":")
    base = BASES.get(base_text) or (_currency_twice(base_text) if base_text else None)
    if not letters and not number:
        return Unit(*base) if base else None
    power = sum(MAGNITUDES_ZH[letter] for letter in letters) + (_ten(number) or 0)
    if not base_text:
        return Unit("", power) if bare and letters and power > 2 else None
    if base is None or (base[0] == "ratio" and base_text not in ("倍",)):
        return None
    return Unit(base[0], base[1] + power)


def _currency_twice(text: str) -> tuple[str, int] | None:
    """元人民币, 元(人民币), 元rmb: the same currency said twice."""
    halves = [name for name in ("元", "圆") if text.startswith(name)]
    base_text = text.removeprefix(halves[0]).strip("()-:") if halves else ""
    match = BASES.get(base_text)
    return match if match and match[0] in MONEY and match[1] == 0 else None


def _ten(text: str | None) -> int | None:
    """The power of ten that digits write: '10000', '1e4', '10^4'."""
    if not text:
        return None
    match = re.fullmatch(r"10+|1|1e(\d{1,2})|10\^(\d{1,2})", text)
    if match is None:
        return None
    return int(match.group(1) or match.group(2) or len(text) - 1)


LETTERS = {"m": 6, "k": 3, "b": 9}


def _english(text: str, *, bare: bool) -> Unit | None:
    """'100 million yuan', 'million US dollars', 'RMB million', RMB'000, 'USD mn', '1,000 persons', 'millions of yuan'."""
    plain = re.sub(r"(?<=[a-z$€£¥])'0", " '0", text).replace("'0", " '0")
    plain = re.sub(r"(?<=[$€£¥])(?=[a-z0-9'])|(?<=[a-z])(?=[$€£¥](?![a-z]))", " ", plain) if plain not in BASES else plain
    words = plain.replace(" of ", " ").split()
    power, is_magnified = 0, False
    base_words: list[str] = []
    for word in words:
        ten = MAGNITUDES_EN.get(word.rstrip("."))
        ten = _ten(word) if ten is None else ten
        if ten is None and (joint := re.fullmatch(r"(\D+?)(mn|bn|million|billion|m|k)", word)) and joint.group(1) in BASES:
            base_words.append(joint.group(1))
            ten = {"m": 6, "k": 3}.get(joint.group(2)) or MAGNITUDES_EN[joint.group(2)]
        if ten is None and word in LETTERS and (base_words or _same_currency([one for one in words if one != word])):
            ten = LETTERS[word]
        if ten is None:
            base_words.append(word)
        else:
            power, is_magnified = power + ten, True
    base = BASES.get(" ".join(base_words)) or BASES.get("".join(base_words)) or _same_currency(base_words)
    if not base_words:
        return Unit("", power) if is_magnified and bare and power > 1 and any(word in MAGNITUDES_EN for word in words) else None
    if base is None or (is_magnified and base[0] == "ratio"):
        return None
    return Unit(base[0], base[1] + power)


def _same_currency(words: list[str]) -> tuple[str, int] | None:
    """'us $', 'rmb yuan', 'us dollars current': words that name one currency."""
    match = {BASES[word] for word in words if word in BASES and BASES[word][0] in MONEY}
    other_words = [word for word in words if word not in BASES]
    return match.pop() if len(match) == 1 and not other_words else None


def magnified(prefix: str, unit: str) -> int | None:
    """Power of ten between a bare magnitude beside a unit and that unit: '万' beside 元 is 万元, 4; beside 亿元, -4."""
    alone, beside = unit_of(prefix), unit_of(unit)
    if alone is None or alone.measure or beside is None or not _simple(beside):
        return None
    return alone.power - beside.power
