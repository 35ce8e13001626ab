"""Slips of the keyboard that make YAML unreadable: full-width signs, a missing space after a colon, Tab."""

from __future__ import annotations

import re
import unicodedata

WIDE_COLON = re.compile(r"^\s*(?:- +)*([^\s#:：\"'\[\]{}|>]+)：")
NO_SPACE = re.compile(r"^\s*(?:- +)*([A-Za-z_]\w*):(?=[^\s/:])")
QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u3001": ",", "\u3010": "[", "\u3011": "]"}


def full_width(yaml_text: str) -> tuple[str, str] | None:
    """The first full-width sign of a text and its half-width twin, or None."""
    for char in yaml_text:
        half_width_sign = QUOTES.get(char) or unicodedata.normalize("NFKC", char)
        if char != half_width_sign and len(half_width_sign) == 1 and half_width_sign.isascii():
            return char, half_width_sign
    return None


def misspelt_lines(yaml_text: str) -> list[tuple[int, str, str]]:
    """(line, English, Chinese) of each line with one of the usual slips."""
    line_faults = []
    for number, line in enumerate(yaml_text.splitlines(), 1):
        if "\t" in line.split("#")[0]:
            line_faults.append((number, "there is a Tab here; use blanks", "这里用了 Tab;请改用空格"))
        misspelling = misspelt_key(line)
        if misspelling:
            line_faults.append((number, *misspelling))
    return line_faults


def misspelt_key(key_text: str) -> tuple[str, str] | None:
    """(English, Chinese) when a text is a key whose colon is full-width or lacks its space."""
    wide_colon, missing_space = WIDE_COLON.match(key_text), NO_SPACE.match(key_text)
    if wide_colon:
        return (f"full-width colon after {wide_colon[1]!r}; write '{wide_colon[1]}: ' with a half-width colon and a blank",
                f"{wide_colon[1]!r} 后面用了全角冒号;请改为半角冒号加空格,即 '{wide_colon[1]}: '")  # fmt: skip
    if missing_space:
        return (f"no blank after the colon of {missing_space[1]!r}; write '{missing_space[1]}: '",
                f"{missing_space[1]!r} 的冒号后面缺少空格;请写成 '{missing_space[1]}: '")  # fmt: skip
    return None
