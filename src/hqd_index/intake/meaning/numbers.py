"""Why a text is not a plain number, and which number was probably meant: none rather than one that changes the value."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .glyphs import half_width
from .unit_labels import is_printed_unit
from .units import exponent

MARKS = {
    "", "-", "--", "---", "—", "——", "－", "–", ".", "..", "...", "…", "……", "/", "\\", "*", "＊", "x", "X", "na", "n/a", "#n/a",
    "nan", "null", "none", "nil", "不详", "不明", "缺失", "无", "暂无", "未披露", "不适用", "未知", "无数据", "missing",
    "unknown", "#null!", "<na>", "空缺", "缺", "待补", "n.a.", "nd", "n.d.", "^",
}  # fmt: skip
INFINITE = re.compile(r"[+-]?(inf|infinity|∞|#div/0!)", re.IGNORECASE)
PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(,)[0-9]{3}(?:,[0-9]{3})*|( )[0-9]{3}(?: [0-9]{3})*|(')[0-9]{3}(?:'[0-9]{3})*)(\.[0-9]+)?"
)
COMMA_DECIMAL = re.compile(r"[+-]?([0-9]{1,3}([. ][0-9]{3})+|[0-9]+)(,[0-9]+)?")
ONLY_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")
WITH_UNIT = re.compile(r"([+-]?[0-9,]+\.?[0-9]*)\s*([^0-9\s.,+-].*)")
DATED = re.compile(r"[0-9]{4}[-/年.][0-9]{1,2}([-/月.][0-9]{1,2}日?)?")
THIN_BLANKS = dict.fromkeys(map(ord, "\u2009\u202f\u2007\u2005"), " ")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


@dataclass(frozen=True)
class Diagnosis:
    """The rule a text breaks, the number proposed (as plain text, in the column's source unit), and what would convert it."""

    rule: str
    proposed: str | None = None
    conversion: str = ""  # "separators" | "units" | "decimal"


def diagnose(text: str, unit: str, *, comma_decimal: bool = False) -> Diagnosis:
    """C05, C09, C08 (with the proposed number), C07 or C01 for a text that is not a plain number; `unit` is the column's.

    `comma_decimal`: the column as a whole is written with a decimal comma, so that 1,234 is not 1234.
    """
    if CONTROLS.search(text.strip()):
        return Diagnosis("C01")
    half = half_width(text).translate(THIN_BLANKS).strip()
    if INFINITE.fullmatch(half):
        return Diagnosis("C05")
    if half.lower() in MARKS or text.lower() in MARKS:
        return Diagnosis("C09")
    if comma_decimal and COMMA_DECIMAL.fullmatch(half):
        return Diagnosis("C08", _plain(_from_comma(half)), "decimal")
    if PLAIN.fullmatch(half) and half != text.strip():
        return Diagnosis("C08", _plain(half), "separators")
    if GROUPED.fullmatch(half) and not comma_decimal:
        return Diagnosis("C08", _plain(re.sub("[, ']", "", half)), "separators")
    if DATED.fullmatch(half):
        return Diagnosis("C07")
    return (None if comma_decimal else _with_unit(half, unit)) or Diagnosis("C01")


def has_decimal_commas(texts: Collection[str]) -> bool:
    """Whether texts that are no plain numbers show, as a whole, a decimal comma: all fit one, one cannot be groups."""
    halves = [half_width(text).strip() for text in texts]
    odd = [half for half in halves if half.lower() not in MARKS and not PLAIN.fullmatch(half)]
    commas = [half for half in odd if COMMA_DECIMAL.fullmatch(half)]
    return bool(odd) and len(commas) == len(odd) and any(not ONLY_GROUPED.fullmatch(half) for half in odd)


def _from_comma(text: str) -> str:
    return text.replace(".", "").replace(" ", "").replace(",", ".")


def _with_unit(text: str, unit: str) -> Diagnosis | None:
    match = WITH_UNIT.fullmatch(text)
    if match is None:
        return None
    amount, inside = match.group(1), match.group(2).strip()
    if "," in amount and not GROUPED.fullmatch(amount):
        return None
    amount = amount.replace(",", "")
    shift = exponent(inside, unit) if is_printed_unit(inside) else None
    if shift is None or not PLAIN.fullmatch(amount):
        return None
    return Diagnosis("C08", _plain(amount, shift), "units")


def _plain(text: str, shift: int = 0) -> str | None:
    try:
        return format(Decimal(text).scaleb(shift), "f")
    except InvalidOperation:
        return None
