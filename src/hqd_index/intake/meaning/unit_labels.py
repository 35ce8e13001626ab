"""Units printed around numbers: in a label, in a row below it, in the lines above the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from .glyphs import half_width, simplified, visible
from .unit_words import WEAK
from .units import closed, exponent, unit_of

SAYS_UNIT = r"(?:计量|金额|货币|数量|数据)?单位|units?(?: of measure(?:ment)?)?"
UNIT_OF = re.compile(rf"^(?:{SAYS_UNIT})\s*[:=]?\s*", re.IGNORECASE)
TAGGED = re.compile(r"\[\s*(?:单位|unit)\s*\]\s*[:=]?\s*([^\n\[]+)", re.IGNORECASE)
TAG = re.compile(
    r"\s*\[\s*(?:报告期|报表类型|单位|交易日期|币种|截止日期|数据频率|指标参数|年度|unit)\s*\][^\n\[]*", re.IGNORECASE
)
GROUP = re.compile(
    r"\(((?:[^()]|\([^()]*\))*)\)|\[([^\[\]]*)\]|\{([^{}]*)\}|<([^<>]*)>|《([^《》]*)》|「([^「」]*)」|〈([^〈〉]*)〉"
)
OPEN_GROUP = re.compile(r"[(\[{<]([^()\[\]{}<>]+)$")
SEPARATED = re.compile(r"[/_,:;|\n\-—–·]|\s")
ENDS_IN_UNIT = re.compile(
    r"(?<![每达超过上])(?:人民币)?[十百千万亿]+(?:元|美元|欧元|日元|港元|人民币|人年|人次|人|吨标准煤|吨标煤|吨|件|家|户|个|台|套|辆|千瓦时|千瓦|立方米|平方米|公顷|公里|吨公里)$|(?<=.)(?:美元|欧元|港元|人民币)$"
)
UNIT_WORD = re.compile(
    r"(?<![每达超过上])(?:人民币|[百千十]?[万亿]+\s*(?:元|美元|欧元|日元|港元|人年|人次|人|吨|件|家|户|个|台|套|辆|千瓦|立方米|平方米|公顷)"
    r"|[百千]+万?\s*(?:元|美元)|以?[万亿]元计|\b(?:RMB|CNY|USD|EUR)\b|(?:US|HK)\$|[¥￥$€]"
    r"|\b(?:millions?|billions?|thousands?|10,?000|100 million)\b(?:\s+of)?\s+[A-Za-z$]+)",
    re.IGNORECASE,
)
BARE_LETTER = re.compile(r"(?<=[(\[])\s*[kmb]\s*(?=[)\]])", re.IGNORECASE)
COUNTED_IN = re.compile(r"(?:以|按)([^以按]{1,8}?)(?:计算|计|为单位|表示)")
NOT_PRINTED = frozenset(
    {"1", "0-1", "0~1", "[0,1]", "000", "s$", "a$", "c$", "j", "w", "g", "mm", "mu", "total", "t.", "won", "pound"}
)
BETWEEN = re.compile(r"\s*(?:、|,|;|/|\||\s+|和|及|与|或)\s*")
PHRASE = re.compile(rf"(?:{SAYS_UNIT})(?:\s*(?:[:=]|均?[为是])\s*|\s+|(?=[(十百千万亿元人]))", re.IGNORECASE)
MONEY_WORD = re.compile(
    r"(?<![\d每达超过上亿万千百十])[十百千万亿]+(?:元|美元|欧元|日元|港元)(?!及?以[上下]|级|[户家企])|\b(?:RMB|CNY|USD|EUR)\b"
    r"|\b(?:thousands?|millions?|billions?) (?:of )?(?:yuan|RMB|US|dollars|euros?)",
    re.IGNORECASE,
)
PARTS = re.compile(r"[\s,;:、/·*×|]+")
CURRENCY_SAID = re.compile(r"[,;\s]*(?:币种|货币|currency)\s*[:=]?\s*(\S+?)[)\]\s]*$", re.IGNORECASE)
INDICATOR_SAID = re.compile(r"^\s*(?:指标(?:名称)?|indicator|series(?: name)?|变量)\s*[:=]\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class UnitLabel:
    """A label taken apart: its name without units, the units it prints, and unit words in it that were not read as units."""

    name: str
    units: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    slashed: bool = False  # '医生数/万人' may also mean per 10,000 people


@cache
def unit_label(label: str) -> UnitLabel:
    """The units a label prints in brackets, after a tag, a separator or a blank, or at its end; the rest is its name."""
    text = simplified(visible(half_width(label))).strip()
    tagged = TAGGED.search(text)
    if tagged and unit_of(tagged.group(1).strip()) is not None:
        return UnitLabel(TAG.sub("", text).strip(), (tagged.group(1).strip(),))
    for parts in (_grouped(text), _after_separator(text), _counted_in(text), _at_end(text), _after_underscore(text)):
        if parts is not None:
            name, units = parts
            return UnitLabel(name, units, slashed=bool(re.search(rf"/\s*{re.escape(units[0])}\s*$", text)))
    words = (match.group(0).strip() for match in (*UNIT_WORD.finditer(text), *BARE_LETTER.finditer(text)))
    return UnitLabel(text, (), tuple(dict.fromkeys((*words, *_unread_groups(text)))))


def _unread_groups(text: str) -> Iterator[str]:
    """What brackets hold that is no unit as a whole though a part of it is one: '(yuan,10000)', '(kt, dry)'."""
    for match in GROUP.finditer(text):
        inside = next(part for part in match.groups() if part is not None)
        if any(is_printed_unit(part) and not is_weak(part) for part in PARTS.split(inside) if part):
            yield inside.strip()


def label_and_unit(label: str) -> tuple[str, str | None]:
    """'营业收入(万元)' -> ('营业收入', '万元'); the label as it is, and None, when it names no unit or several."""
    parts = unit_label(label)
    if len(parts.units) != 1:
        return label, None
    return parts.name, parts.units[0]


def is_printed_unit(text: str) -> bool:
    """Whether a text in a place for units is one; numbers alone and letters that mean something else are not."""
    plain = closed(text)
    return plain not in NOT_PRINTED and not plain.isdigit() and unit_of(_unsaid(text)) is not None


def is_weak(text: str) -> bool:
    """Whether a unit's word often means something else, so that it counts only where the column is measured so."""
    return closed(re.sub(r"^in\s+", "", _unsaid(text), flags=re.IGNORECASE)) in WEAK


def _unsaid(text: str) -> str:
    """The text without 'unit:' before it."""
    return UNIT_OF.sub(
        "", half_width(text).strip().strip("()[]").strip() if UNIT_OF.match(half_width(text).strip(" ([")) else text
    )


def _grouped(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Units in brackets, wherever they stand in the label."""
    places = [(match.span(), next(part for part in match.groups() if part is not None)) for match in GROUP.finditer(text)]
    if not places and (match := OPEN_GROUP.search(text)):
        places = [(match.span(), match.group(1))]
    printed = [(span, UNIT_OF.sub("", inside.strip())) for span, inside in places]
    units = [(span, unit) for span, unit in printed if unit and is_printed_unit(unit)]
    if not units:
        return None
    name = text
    for (start, end), _ in reversed(units):
        name = name[:start] + name[end:]
    name = name.strip(" _-/:,;\n")
    return (name, tuple(dict.fromkeys(unit for _, unit in units))) if name else None


def _after_separator(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The longest unit after a separator or blank: '营业收入/万元', 'GDP:亿元', 'Revenue, million yuan', '收入 单位:万元'."""
    phrase = re.search(rf"(?:{SAYS_UNIT})\s*[:=]\s*(.+)$", text, re.IGNORECASE)
    if phrase and phrase.start() and is_printed_unit(phrase.group(1)):
        return text[: phrase.start()].strip(" _-/:,;\n"), (phrase.group(1).strip(),)
    for match in SEPARATED.finditer(text):
        name, tail = text[: match.start()].strip(" _-/:,;\n"), text[match.end() :].strip()
        if not name or not tail or tail.lower().startswith("of ") or not is_printed_unit(tail):
            continue
        if match.group(0) in " -—–·_" and (is_weak(tail) or (tail.isascii() and match.group(0) == "_")):
            continue
        return name, (tail,)
    return None


def _counted_in(text: str) -> tuple[str, tuple[str, ...]] | None:
    """'营业收入以亿元计', '以万元为单位的产值'."""
    match = COUNTED_IN.search(text)
    if match is None or not is_printed_unit(match.group(1)):
        return None
    name = (text[: match.start()] + text[match.end() :].removeprefix("的")).strip()
    return (name, (match.group(1),)) if name else None


def _at_end(text: str) -> tuple[str, tuple[str, ...]] | None:
    """A magnitude with its base at the end of the label, as Stata leaves it: '营业收入万元'."""
    match = ENDS_IN_UNIT.search(text)
    if match is None or match.start() < 2 or not is_printed_unit(match.group(0)):
        return None
    return text[: match.start()].strip(), (match.group(0),)


def _after_underscore(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Names as Stata and R allow them: revenue_wan, gdp_yiyuan, sales_mn, assets_usd_mn, share_pct."""
    words = text.split("_")
    if len(words) < 2 or " " in text:
        return None
    for first in range(1, len(words)):
        unit = _latin_unit(words[first:])
        if unit is not None:
            return "_".join(words[:first]), (unit,)
    return None


SPELT = {
    "wan": "万", "wanyuan": "万元", "yi": "亿", "yiyuan": "亿元", "qianyuan": "千元", "baiwan": "百万", "baiwanyuan": "百万元",
    "qianwan": "千万", "qianwanyuan": "千万元", "pct": "%", "percent": "%", "permille": "‰", "tenthousand": "万",
}  # fmt: skip
LATIN = frozenset(
    [
        "yuan",
        "rmb",
        "cny",
        "usd",
        "eur",
        "jpy",
        "hkd",
        "gbp",
        "mn",
        "mln",
        "bn",
        "bln",
        "million",
        "millions",
        "billion",
        "billions",
        "thousand",
        "thousands",
        "hundred",
        "100",
        "10k",
        "1000",
        "10000",
        "persons",
        "tce",
        "kwh",
        "tonnes",
        "tons",
        "percent",
    ]
)


def _latin_unit(words: Sequence[str]) -> str | None:
    lower = [word.lower() for word in words]
    letters = "".join(lower)
    if letters in SPELT:
        return SPELT[letters]
    if not all(word in LATIN for word in lower):
        return None
    text = " ".join(lower)
    return text if is_printed_unit(text) and not text.isdigit() else None


def units_in(text: str) -> tuple[str, ...]:
    """The units of a cell in a row of units: '万元', '（万元）', '[单位]万元', '元/人'; none for a label or a mark."""
    plain = visible(half_width(text)).strip()
    tagged = TAGGED.search(plain)
    inside = UNIT_OF.sub(
        "", tagged.group(1) if tagged else plain.strip("()[]{}<>").strip() if _bracketed(plain) else plain
    ).strip()
    return (inside,) if inside and is_printed_unit(inside) else ()


def _bracketed(text: str) -> bool:
    return bool(GROUP.fullmatch(text))


def units_above(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The units that the lines above a table say: '单位：万元', '指标：地区生产总值(亿元)', '(亿元)', '单位:元 币种:人民币'.

    A line with a word of money that was not read as a unit is given whole: it is no unit, so that it must be said (W11).
    """
    lines = [simplified(visible(half_width(cell))).strip() for row in rows for cell in row]
    return tuple(dict.fromkeys(unit for line in lines for unit in (*_said_units(line), *_unread_money(line))))


def units_below(text: str) -> tuple[str, ...]:
    """The units that a note below a table says in so many words: '单位：万元', '注：金额以万元计'."""
    plain = simplified(visible(half_width(text))).strip()
    phrases = PHRASE.split(plain)[1:]
    counted = (match.group(1) for match in COUNTED_IN.finditer(plain))
    return tuple(dict.fromkeys(unit for phrase in phrases for unit in _units_of_phrase(phrase))) or tuple(
        unit for unit in counted if is_printed_unit(unit)
    )


def _unread_money(line: str) -> Iterator[str]:
    if MONEY_WORD.search(line) and not any(_said_units(line)):
        yield line


def _said_units(text: str) -> Iterator[str]:
    if not text:
        return
    indicator = INDICATOR_SAID.match(text)
    if indicator:
        yield from unit_label(indicator.group(1)).units
        return
    phrases = PHRASE.split(text)[1:]
    if not phrases:
        if (counted := COUNTED_IN.search(text)) and is_printed_unit(counted.group(1)):
            yield counted.group(1)
            return
        if is_printed_unit(text) and not is_weak(text):
            yield text.strip("()[]{}").strip()
        else:
            groups = [next(part for part in match.groups() if part is not None) for match in GROUP.finditer(text)]
            yield from (
                unit for group in groups if (unit := UNIT_OF.sub("", group)) and is_printed_unit(unit) and not is_weak(unit)
            )
        return
    for phrase in phrases:
        yield from _units_of_phrase(phrase.strip())


def _units_of_phrase(listed: str) -> Iterator[str]:
    """The units that stand behind 'unit:', each once: '万元(当年价格)', '亿元、%', '元 币种:人民币'."""
    currency = CURRENCY_SAID.search(listed)
    if currency:
        listed = listed[: currency.start()]
    listed = listed.strip(" ]}。.;,")
    if listed.endswith(")") and listed.count("(") < listed.count(")"):
        listed = listed[:-1].strip()
    single_unit = _in_currency(listed, currency.group(1) if currency else None)
    if is_printed_unit(single_unit):
        yield single_unit.strip("()").strip() if single_unit.startswith("(") else single_unit
        return
    yield from (unit for part in BETWEEN.split(listed) if (unit := part.strip(" ()[]")) and is_printed_unit(unit))


def _in_currency(unit: str, currency: str | None) -> str:
    """'万元' with currency 美元 -> '万美元'; 人民币 changes nothing."""
    if currency and unit.endswith("元") and not unit.endswith(("美元", "欧元", "港元", "日元")):
        phrase = unit_of(currency)
        if phrase is not None and phrase.money and phrase.measure != "yuan":
            return unit.removesuffix("元") + currency
    return unit


def same_units(units: Sequence[str]) -> bool:
    """Whether all of the texts name one unit."""
    return all(exponent(units[0], unit) == 0 for unit in units[1:])
