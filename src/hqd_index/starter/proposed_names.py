"""Names in ASCII for columns, tables and nodes: known ones, else made of the label, else x01, x02 ..."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from ..intake.meaning.glyphs import normalised_label
from .known_words import english_names, firm_columns, industry_columns

LONGEST = 40
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,40}")
ROMAN = "abcdefghijklmnopqrstuvwxyz"


class Names:
    """Names that are given once, whatever their case: the engine sees none."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self.taken = {name.lower() for name in taken}

    def fresh(self, wanted: str, *, numbered: str = "x") -> str:
        """The name wanted where it is a name and free, else with a number, else `numbered` with a number."""
        if wanted and wanted.lower() not in self.taken:
            self.taken.add(wanted.lower())
            return wanted
        if wanted:
            return self._next(f"{wanted}_", 2, 1)
        return self._next(numbered, 1, 2)

    def _next(self, stem: str, first: int, digits: int) -> str:
        number = first
        while f"{stem}{number:0{digits}d}".lower() in self.taken:
            number += 1
        name = f"{stem}{number:0{digits}d}"
        self.taken.add(name.lower())
        return name


def column_name(label: str) -> str:
    """A label that is a name itself, the name it is known by, or its own letters; '' for a Chinese label that is not known."""
    if NAME.fullmatch(label):
        return label
    plain = normalised_label(label)
    known = english_names().get(plain) or industry_columns().get(plain) or firm_columns().get(plain)
    return known or slug(label)


def slug(text: str) -> str:
    """Small letters, digits and _ of a text whose words are Latin, beginning with a letter; else ''."""
    plain = unicodedata.normalize("NFKD", text)
    if any("\u4e00" <= mark <= "\u9fff" for mark in plain):
        return ""
    words = re.findall(r"[A-Za-z0-9]+", plain)
    name = "_".join(words).lower()[:LONGEST].strip("_")
    return name if name and name[0] in ROMAN else (f"x_{name}"[:LONGEST] if name else "")
