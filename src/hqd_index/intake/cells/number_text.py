"""Why a text is not a plain number, and which number was probably meant."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .units_of_measure import exponent, units_of_magnitude

MARKS = {
    "", "-", "--", "---", "—", "——", "－", "–", ".", "..", "...", "…", "……", "/", "\\", "*", "＊", "x", "X", "na", "n/a", "#n/a",
    "nan", "null", "none", "nil", "不详", "不明", "缺失", "无", "暂无", "未披露", "不适用", "未知", "无数据", "missing",
    "unknown",
}  # fmt: skip
INFINITE = re.compile(r"[+-]?(inf|infinity|∞|#div/0!)", re.IGNORECASE)
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}([, ]\d{3})+(\.\d+)?")
WITH_UNIT = re.compile(r"([+-]?[\d,]+\.?\d*)\s*([^\d\s.,+-].*)")
DATED = re.compile(r"\d{4}[-/年.]\d{1,2}([-/月.]\d{1,2}日?)?")


@dataclass(frozen=True)
class Diagnosis:
    """The rule a text breaks, the number proposed (as plain text, in the column's source unit), and what would convert it."""

    rule: str
    proposed: str | None = None
    conversion: str = ""  # "separators" | "units" | "text"


def diagnose(text: str, unit: str) -> Diagnosis:
    """C05, C09, C08 (with the proposed number), C07 or C01 for a text that is not a plain number; `unit` is the column's."""
    half_width = unicodedata.normalize("NFKC", text).strip()
    if INFINITE.fullmatch(half_width):
        return Diagnosis("C05")
    if half_width.lower() in MARKS or text.lower() in MARKS:
        return Diagnosis("C09")
    if PLAIN.fullmatch(half_width) and half_width != text.strip():
        return Diagnosis("C08", _plain_number(half_width), "separators")
    if GROUPED.fullmatch(half_width):
        return Diagnosis("C08", _plain_number(re.sub("[, ]", "", half_width)), "separators")
    if DATED.fullmatch(half_width):
        return Diagnosis("C07")
    return _number_with_unit(half_width, unit) or Diagnosis("C01")


def _number_with_unit(text: str, unit: str) -> Diagnosis | None:
    match = WITH_UNIT.fullmatch(text)
    if match is None:
        return None
    amount, printed_unit = match.group(1).replace(",", ""), match.group(2).strip()
    shift = next(
        (k for name in (printed_unit, *units_of_magnitude(printed_unit, unit)) if (k := exponent(name, unit)) is not None), None
    )
    if shift is None or not PLAIN.fullmatch(amount):
        return None
    return Diagnosis("C08", _plain_number(amount, shift), "units")


def _plain_number(text: str, shift: int = 0) -> str | None:
    try:
        return format(Decimal(text).scaleb(shift), "f")
    except InvalidOperation:
        return None
