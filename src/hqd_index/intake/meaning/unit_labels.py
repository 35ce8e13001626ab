"""Units printed around numbers: in a label, in a row below it, in the lines above the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from .glyphs import half_width, simplified, without_format_characters
from .unit_words import WEAK_UNITS
from .units import close_brackets, unit_of

LONGEST_LABEL = 500  # a longer text is no label: a cell of a damaged file, a paragraph
UNIT_KEYWORD = r"(?:计量|金额|货币|数量|数据)?单位|units?(?: of measure(?:ment)?)?"
UNIT_KEYWORD_PREFIX = re.compile(rf"^(?:{UNIT_KEYWORD})\s*[:=]?\s*", re.IGNORECASE)
UNIT_TAG = re.compile(r"\[\s*(?:单位|unit)\s*\]\s*[:=]?\s*([^\n\[]+)", re.IGNORECASE)
TAG = re.compile(
    r"\s*\[\s*(?:报告期|报表类型|单位|交易日期|币种|截止日期|数据频率|指标参数|年度|unit)\s*\][^\n\[]*", re.IGNORECASE
)
GROUP = re.compile(
    r"\(((?:[^()]|\([^()]*\))*)\)|\[([^\[\]]*)\]|\{([^{}]*)\}|<([^<>]*)>|《([^《》]*)》|「([^「」]*)」|〈([^〈〉]*)〉"
)
OPEN_GROUP = re.compile(r"[(\[{<]([^()\[\]{}<>]+)$")
LABEL_SEPARATOR = re.compile(r"[/_,:;|\n\-—–·]|\s")
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
COUNTED_IN_PATTERN = re.compile(r"(?:以|按)([^以按]{1,8}?)(?:计算|计|为单位|表示)")
NO_UNIT_PHRASES = frozenset(
    {"1", "0-1", "0~1", "[0,1]", "000", "s$", "a$", "c$", "j", "w", "g", "mm", "mu", "total", "t.", "won", "pound"}
)
UNIT_LIST_SEPARATOR = re.compile(r"\s*(?:、|,|;|/|\||\s+|和|及|与|或)\s*")
PHRASE = re.compile(rf"(?:{UNIT_KEYWORD})(?:\s*(?:[:=]|均?[为是])\s*|\s+|(?=[(十百千万亿元人]))", re.IGNORECASE)
MONEY_WORD = re.compile(
    r"(?<![\d每达超过上亿万千百十])[十百千万亿]+(?:元|美元|欧元|日元|港元)(?!及?以[上下]|级|[户家企])|\b(?:RMB|CNY|USD|EUR)\b"
    r"|\b(?:thousands?|millions?|billions?) (?:of )?(?:yuan|RMB|US|dollars|euros?)",
    re.IGNORECASE,
)
PARTS = re.compile(r"[\s,;:、/·*×|]+")
CURRENCY_SUFFIX = re.compile(r"[,;\s]*(?:币种|货币|currency)\s*[:=]?\s*(\S+?)[)\]\s]*$", re.IGNORECASE)
INDICATOR_PREFIX = re.compile(r"^\s*(?:指标(?:名称)?|indicator|series(?: name)?|变量)\s*[:=]\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class UnitLabel:
    """A label taken apart: its name without units, the units it prints, and unit words in it that were not read as units."""

    name: str
    units: tuple[str, ...] = ()
    unread_words: tuple[str, ...] = ()
    has_slash: bool = False  # '医生数/万人' may also mean per 10,000 people


@cache
def unit_label(label: str) -> UnitLabel:
    """The units a label prints in brackets, after a tag, a separator or a blank, or at its end; the rest is its name."""
    if len(label) > LONGEST_LABEL:
        return UnitLabel(label)
    normalised = simplified(without_format_characters(half_width(label))).strip()
    tag_match = UNIT_TAG.search(normalised)
    if tag_match and unit_of(tag_match.group(1).strip()) is not None:
        return UnitLabel(TAG.sub("", normalised).strip(), (tag_match.group(1).strip(),))
    for name_and_units in (
        _unit_in_brackets(normalised),
        _unit_after_separator(normalised),
        _unit_counted_in(normalised),
        _unit_at_end(normalised),
        _unit_after_underscore(normalised),
    ):
        if name_and_units is not None:
            label_name, units = name_and_units
            return UnitLabel(label_name, units, has_slash=bool(re.search(rf"/\s*{re.escape(units[0])}\s*$", normalised)))
    unread_words = (match.group(0).strip() for match in (*UNIT_WORD.finditer(normalised), *BARE_LETTER.finditer(normalised)))
    return UnitLabel(normalised, (), tuple(dict.fromkeys((*unread_words, *_unread_groups(normalised)))))


def _unread_groups(label_text: str) -> Iterator[str]:
    """What brackets hold that is no unit as a whole though a part of it is one: '(yuan,10000)', '(kt, dry)'."""
    for match in GROUP.finditer(label_text):
        bracket_content = next(bracket_text for bracket_text in match.groups() if bracket_text is not None)
        if any(
            is_printed_unit(bracket_text) and not is_weak(bracket_text)
            for bracket_text in PARTS.split(bracket_content)
            if bracket_text
        ):
            yield bracket_content.strip()


def label_and_unit(label: str) -> tuple[str, str | None]:
    """'营业收入(万元)' -> ('营业收入', '万元'); the label as it is, and None, when it names no unit or several."""
    parsed_label = unit_label(label)
    if len(parsed_label.units) != 1:
        return label, None
    return parsed_label.name, parsed_label.units[0]


def is_printed_unit(cell: str) -> bool:
    """Whether a text in a place for units is one; numbers alone and letters that mean something else are not."""
    without_brackets = close_brackets(cell)
    return (
        without_brackets not in NO_UNIT_PHRASES and not without_brackets.isdigit() and unit_of(_indicator_name(cell)) is not None
    )


def is_weak(unit: str) -> bool:
    """Whether a unit's word often means something else, so that it counts only where the column is measured so."""
    return close_brackets(re.sub(r"^in\s+", "", _indicator_name(unit), flags=re.IGNORECASE)) in WEAK_UNITS


def _indicator_name(label: str) -> str:
    """The text without 'unit:' before it."""
    return UNIT_KEYWORD_PREFIX.sub(
        "",
        half_width(label).strip().strip("()[]").strip() if UNIT_KEYWORD_PREFIX.match(half_width(label).strip(" ([")) else label,
    )


def _unit_in_brackets(label: str) -> tuple[str, tuple[str, ...]] | None:
    """Units in brackets, anywhere in the label."""
    bracket_groups = [
        (match.span(), next(group_text for group_text in match.groups() if group_text is not None))
        for match in GROUP.finditer(label)
    ]
    if not bracket_groups and (match := OPEN_GROUP.search(label)):
        bracket_groups = [(match.span(), match.group(1))]
    printed_units = [(span, UNIT_KEYWORD_PREFIX.sub("", group_text.strip())) for span, group_text in bracket_groups]
    units = [(span, unit) for span, unit in printed_units if unit and is_printed_unit(unit)]
    if not units:
        return None
    label_name = label
    for (group_start, group_end), _ in reversed(units):
        label_name = label_name[:group_start] + label_name[group_end:]
    label_name = label_name.strip(" _-/:,;\n")
    return (label_name, tuple(dict.fromkeys(unit for _, unit in units))) if label_name else None


def _unit_after_separator(label: str) -> tuple[str, tuple[str, ...]] | None:
    """The longest unit after a separator or blank: '营业收入/万元', 'GDP:亿元', 'Revenue, million yuan', '收入 单位:万元'."""
    phrase = re.search(rf"(?:{UNIT_KEYWORD})\s*[:=]\s*(.+)$", label, re.IGNORECASE)
    if phrase and phrase.start() and is_printed_unit(phrase.group(1)):
        return label[: phrase.start()].strip(" _-/:,;\n"), (phrase.group(1).strip(),)
    for match in LABEL_SEPARATOR.finditer(label):
        label_name, unit_text = label[: match.start()].strip(" _-/:,;\n"), label[match.end() :].strip()
        if not label_name or not unit_text or unit_text.lower().startswith("of ") or not is_printed_unit(unit_text):
            continue
        if match.group(0) in " -—–·_" and (is_weak(unit_text) or (unit_text.isascii() and match.group(0) == "_")):
            continue
        return label_name, (unit_text,)
    return None


def _unit_counted_in(label: str) -> tuple[str, tuple[str, ...]] | None:
    """'营业收入以亿元计', '以万元为单位的产值'."""
    match = COUNTED_IN_PATTERN.search(label)
    if match is None or not is_printed_unit(match.group(1)):
        return None
    name = (label[: match.start()] + label[match.end() :].removeprefix("的")).strip()
    return (name, (match.group(1),)) if name else None


def _unit_at_end(label: str) -> tuple[str, tuple[str, ...]] | None:
    """A magnitude with its base at the end of the label, as Stata leaves it: '营业收入万元'."""
    match = ENDS_IN_UNIT.search(label)
    if match is None or match.start() < 2 or not is_printed_unit(match.group(0)):
        return None
    return label[: match.start()].strip(), (match.group(0),)


def _unit_after_underscore(label: str) -> tuple[str, tuple[str, ...]] | None:
    """Names as Stata and R allow them: revenue_wan, gdp_yiyuan, sales_mn, assets_usd_mn, share_pct."""
    label_words = label.split("_")
    if len(label_words) < 2 or " " in label:
        return None
    for first_word in range(1, len(label_words)):
        unit = _latin_unit(label_words[first_word:])
        if unit is not None:
            return "_".join(label_words[:first_word]), (unit,)
    return None


UNIT_SPELLINGS = {
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


def _latin_unit(latin_words: Sequence[str]) -> str | None:
    lowercase_words = [latin_word.lower() for latin_word in latin_words]
    joined_words = "".join(lowercase_words)
    if joined_words in UNIT_SPELLINGS:
        return UNIT_SPELLINGS[joined_words]
    if not all(latin_word in LATIN for latin_word in lowercase_words):
        return None
    spaced_words = " ".join(lowercase_words)
    return spaced_words if is_printed_unit(spaced_words) and not spaced_words.isdigit() else None


def units_in_cell(cell: str) -> tuple[str, ...]:
    """The units of a cell in a row of units: '万元', '（万元）', '[单位]万元', '元/人'; none for a label or a mark."""
    normalised_cell = without_format_characters(half_width(cell)).strip()
    tag_match = UNIT_TAG.search(normalised_cell)
    unit_text = UNIT_KEYWORD_PREFIX.sub(
        "",
        tag_match.group(1)
        if tag_match
        else normalised_cell.strip("()[]{}<>").strip()
        if _is_bracketed(normalised_cell)
        else normalised_cell,
    ).strip()
    return (unit_text,) if unit_text and is_printed_unit(unit_text) else ()


def _is_bracketed(cell: str) -> bool:
    return bool(GROUP.fullmatch(cell))


def units_in_preamble(preamble_rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The units that the lines above a table say: '单位：万元', '指标：地区生产总值(亿元)', '(亿元)', '单位:元 币种:人民币'.

    A line with a word of money that was not read as a unit is given whole: it is no unit, so that it must be said (W11).
    """
    cells = (cell[:LONGEST_LABEL] for preamble_row in preamble_rows for cell in preamble_row)
    lines = [simplified(without_format_characters(half_width(cell))).strip() for cell in cells]
    return tuple(
        dict.fromkeys(
            unit for preamble_line in lines for unit in (*_units_in_phrase(preamble_line), *_unread_money(preamble_line))
        )
    )


def units_below(note_text: str) -> tuple[str, ...]:
    """The units that a note below a table says in so many words: '单位：万元', '注：金额以万元计'."""
    plain_text = simplified(without_format_characters(half_width(note_text[:LONGEST_LABEL]))).strip()
    phrases = PHRASE.split(plain_text)[1:]
    counted_units = (match.group(1) for match in COUNTED_IN_PATTERN.finditer(plain_text))
    return tuple(dict.fromkeys(unit for phrase in phrases for unit in _units_of_phrase(phrase))) or tuple(
        unit for unit in counted_units if is_printed_unit(unit)
    )


def _unread_money(preamble_line: str) -> Iterator[str]:
    if MONEY_WORD.search(preamble_line) and not any(_units_in_phrase(preamble_line)):
        yield preamble_line


def _units_in_phrase(cell: str) -> Iterator[str]:
    if not cell:
        return
    indicator = INDICATOR_PREFIX.match(cell)
    if indicator:
        yield from unit_label(indicator.group(1)).units
        return
    phrases = PHRASE.split(cell)[1:]
    if not phrases:
        if (count_match := COUNTED_IN_PATTERN.search(cell)) and is_printed_unit(count_match.group(1)):
            yield count_match.group(1)
            return
        if is_printed_unit(cell) and not is_weak(cell):
            yield cell.strip("()[]{}").strip()
        else:
            phrase_units = [
                next(phrase_part for phrase_part in match.groups() if phrase_part is not None) for match in GROUP.finditer(cell)
            ]
            yield from (
                unit
                for group in phrase_units
                if (unit := UNIT_KEYWORD_PREFIX.sub("", group)) and is_printed_unit(unit) and not is_weak(unit)
            )
        return
    for phrase in phrases:
        yield from _units_of_phrase(phrase.strip())


def _units_of_phrase(unit_list: str) -> Iterator[str]:
    """The units that follow 'unit:', each once: '万元(当年价格)', '亿元、%', '元 币种:人民币'."""
    currency = CURRENCY_SUFFIX.search(unit_list)
    if currency:
        unit_list = unit_list[: currency.start()]
    unit_list = unit_list.strip(" ]}。.;,")
    if unit_list.endswith(")") and unit_list.count("(") < unit_list.count(")"):
        unit_list = unit_list[:-1].strip()
    single_unit = _unit_in_currency(unit_list, currency.group(1) if currency else None)
    if is_printed_unit(single_unit):
        yield _named_once(single_unit.strip("()").strip() if single_unit.startswith("(") else single_unit)
        return
    yield from (
        unit for unit_text in UNIT_LIST_SEPARATOR.split(unit_list) if (unit := unit_text.strip(" ()[]")) and is_printed_unit(unit)
    )


def _named_once(unit: str) -> str:
    """'亿元' for '亿元 (100 million yuan)', a unit in two languages."""
    name = unit.partition("(")[0].strip()
    return name if name and unit_of(name) == unit_of(unit) else unit


def _unit_in_currency(unit: str, currency: str | None) -> str:
    """'万元' with currency 美元 -> '万美元'; 人民币 changes nothing."""
    if currency and unit.endswith("元") and not unit.endswith(("美元", "欧元", "港元", "日元")):
        phrase = unit_of(currency)
        if phrase is not None and phrase.money and phrase.measure != "yuan":
            return unit.removesuffix("元") + currency
    return unit
