"""Text in both languages, units of measure among it, and what may be printed of text that comes from data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

INVISIBLE_CATEGORIES = {"Cc", "Cf", "Zl", "Zp"}


class Bilingual(NamedTuple):
    """One text in Chinese and in English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


BLANK_TEXT = Bilingual("", "")


@lru_cache(maxsize=4096)
def visible_text(raw_text: str) -> str:
    """Text without control, line-separator and direction-override characters, which can hide what it says."""
    return "".join(" " if unicodedata.category(character) in INVISIBLE_CATEGORIES else character for character in raw_text)


def split_bilingual(bilingual_text: str) -> Bilingual:
    """`中文 / English` taken apart; the same text in both languages where it has no such halves."""
    zh, slash, en = bilingual_text.partition(" / ")
    return Bilingual(zh, en) if slash and not zh.isascii() else Bilingual(bilingual_text, bilingual_text)


UNITS = {
    "件/万人": "per 10,000 staff", "件/亿元": "per 100 million yuan", "对数点": "log points", "ln 美元": "ln USD", "天": "days",
    "吨标煤/万元": "tce per 10,000 yuan", "吨/万元": "t per 10,000 yuan", "次": "times", "系数": "coefficient", "人": "persons",
    "万元": "10,000 yuan", "亿元": "100 million yuan", "元": "yuan", "年": "years", "家": "firms", "千美元": "thousand USD",
}  # fmt: skip


def unit_name(unit_text: str) -> Bilingual:
    """A unit of measure in both languages: `中文 / English`, or a known Chinese one."""
    return Bilingual(unit_text, UNITS[unit_text]) if unit_text in UNITS else split_bilingual(unit_text)


def formula_pieces(formula_text: str) -> Iterator[tuple[str, str]]:
    """(text, '' | sub | super) of a formula written with _ and ^."""
    piece_start = 0
    for mark in re.finditer(r"([_^])(\{[^}]*\}|.)", formula_text):
        if mark.start() > piece_start:
            yield formula_text[piece_start : mark.start()], ""
        yield mark[2].strip("{}"), "sub" if mark[1] == "_" else "super"
        piece_start = mark.end()
    if piece_start < len(formula_text):
        yield formula_text[piece_start:], ""
