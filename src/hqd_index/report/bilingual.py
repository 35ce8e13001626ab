"""Text in both languages, and how numbers are written for people."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

MISSING = "—"
HIDDEN = {"Cc", "Cf", "Zl", "Zp"}


class Pair(NamedTuple):
    """One text in Chinese and in English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


NOTHING = Pair("", "")


def legible(text: str) -> str:
    """Text without control, line-separator and direction-override characters, which can hide what it says."""
    return "".join(" " if unicodedata.category(sign) in HIDDEN else sign for sign in text)


def halves(text: str) -> Pair:
    """`中文 / English` taken apart; the same text in both languages where it has no such halves."""
    zh, slash, en = text.partition(" / ")
    return Pair(zh, en) if slash and not zh.isascii() else Pair(text, text)


UNITS = {
    "件/万人": "per 10,000 staff", "件/亿元": "per 100 million yuan", "对数点": "log points", "ln 美元": "ln USD", "天": "days",
    "吨标煤/万元": "tce per 10,000 yuan", "吨/万元": "t per 10,000 yuan", "次": "times", "系数": "coefficient", "人": "persons",
    "万元": "10,000 yuan", "亿元": "100 million yuan", "元": "yuan", "年": "years", "家": "firms", "千美元": "thousand USD",
}  # fmt: skip


def unit_name(text: str) -> Pair:
    """A unit of measure in both languages: `中文 / English`, or a known Chinese one."""
    return Pair(text, UNITS[text]) if text in UNITS else halves(text)


def missing(value: Any) -> bool:
    """Whether a cell holds no value (None, NaN, pandas NA)."""
    return value is None or value is pd.NA or bool(value != value)


def number(value: Any, digits: int = 2) -> str:
    """The value with a fixed number of decimals and a true minus sign; a dash where there is none."""
    if missing(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{float(value):,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def whole(value: Any) -> str:
    """An integer with thousands separators."""
    return number(value, 0)


def percent(value: Any, digits: int = 1) -> str:
    """A share as a percentage."""
    return MISSING if missing(value) else number(100 * float(value), digits) + "%"


def p_value(value: Any, *, least: float = 0.001) -> str:
    """p to three decimals; below the least that can be told (decimals, draws, sign vectors) that bound."""
    if missing(value):
        return MISSING
    bound = max(least, 0.001)
    return f"< {bound:.3f}" if float(value) < bound else f"{float(value):.3f}"


def stars(p: Any) -> str:
    """***, **, * for 1%, 5%, 10% (the convention of Chinese economics journals)."""
    if missing(p):
        return ""
    return "***" if p <= 0.01 else "**" if p <= 0.05 else "*" if p <= 0.1 else ""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """(text, '' | sub | super) of a formula written with _ and ^."""
    at = 0
    for found in re.finditer(r"([_^])(\{[^}]*\}|.)", text):
        if found.start() > at:
            yield text[at : found.start()], ""
        yield found[2].strip("{}"), "sub" if found[1] == "_" else "super"
        at = found.end()
    if at < len(text):
        yield text[at:], ""
