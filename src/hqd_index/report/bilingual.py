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


FULL_WIDTH = str.maketrans(",:;?!", "\uff0c\uff1a\uff1b\uff1f\uff01")
CHINESE = "\u4e00-\u9fff\u201c\u201d\u3001\u3002\uff08\uff09\uff0c\uff1a\uff1b"
CODE = re.compile(r"(`[^`]*`)")
BRACKETS = re.compile(r"(?P<before>.?)\((?P<content>[^()]*)\)(?P<after>.?)")
MARK = re.compile(rf"(?:(?<=[{CHINESE}])[,:;?!]|[,:;](?=[{CHINESE}])) ?")
IS_CHINESE = re.compile(f"[{CHINESE}]")


def journal_punctuation(sentence: str) -> str:
    """A Chinese sentence with full-width commas, colons, semicolons and brackets; code between backticks stays."""
    return "".join(part if part.startswith("`") else _full_width(part) for part in CODE.split(sentence))


def _full_width(text: str) -> str:
    while True:  # brackets from the inside out: those of Chinese beside or within, never those of a formula
        converted = BRACKETS.sub(_brackets, text)
        if converted == text:
            return MARK.sub(lambda mark: mark[0].rstrip().translate(FULL_WIDTH), text)
        text = converted


def _brackets(match: re.Match[str]) -> str:
    if not any(IS_CHINESE.search(match[part]) for part in ("before", "content", "after")):
        return match[0]
    return f"{match['before'].strip()}\uff08{match['content']}\uff09{match['after']}"
