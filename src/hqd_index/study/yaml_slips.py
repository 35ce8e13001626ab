"""Slips of the keyboard that make YAML unreadable: full-width signs, a missing space after a colon, Tab."""

from __future__ import annotations

import re
import unicodedata

WIDE_COLON = re.compile(r"^\s*(?:- +)*([^\s#:：\"'\[\]{}|>]+)：")
NO_SPACE = re.compile(r"^\s*(?:- +)*([A-Za-z_]\w*):(?=[^\s/:])")
QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u3001": ",", "\u3010": "[", "\u3011": "]"}


def full_width(text: str) -> tuple[str, str] | None:
    """The first full-width sign of a text and its half-width twin, or None."""
    for char in text:
        plain = QUOTES.get(char) or unicodedata.normalize("NFKC", char)
        if char != plain and len(plain) == 1 and plain.isascii():
            return char, plain
    return None


def misspelt_lines(text: str) -> list[tuple[int, str, str]]:
    """(line, English, Chinese) of each line with one of the usual slips."""
    slips = []
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line.split("#")[0]:
            slips.append((number, "there is a Tab here; use blanks", "这里用了 Tab;请改用空格"))
        slip = misspelt_key(line)
        if slip:
            slips.append((number, *slip))
    return slips


def misspelt_key(text: str) -> tuple[str, str] | None:
    """(English, Chinese) when a text is a key whose colon is full-width or lacks its space."""
    wide, tight = WIDE_COLON.match(text), NO_SPACE.match(text)
    if wide:
        return (f"full-width colon after {wide[1]!r}; write '{wide[1]}: ' with a half-width colon and a blank",
                f"{wide[1]!r} 后面用了全角冒号;请改为半角冒号加空格,即 '{wide[1]}: '")  # fmt: skip
    if tight:
        return (f"no blank after the colon of {tight[1]!r}; write '{tight[1]}: '",
                f"{tight[1]!r} 的冒号后面缺少空格;请写成 '{tight[1]}: '")  # fmt: skip
    return None
