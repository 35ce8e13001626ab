"""Text in both languages, and what may be printed of text that comes from data."""

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
