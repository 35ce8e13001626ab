"""Names in ASCII for columns, tables and nodes: known ones, else made of the label, else x01, x02 ..."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from ..intake.meaning.glyphs import normalised_label
from .known_words import english_names, firm_columns, industry_columns

MAX_NAME_LENGTH = 40
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,40}")
ROMAN = "abcdefghijklmnopqrstuvwxyz"


class Names:
    """Names that are given once, whatever their case: the engine sees none."""

    def __init__(self, used_names: Collection[str] = ()) -> None:
        self.used_names = {used_name.lower() for used_name in used_names}

    def unused_name(self, candidate: str, *, number_prefix: str = "x") -> str:
        """The name wanted where it is a name and free, else with a number, else `number_prefix` with a number."""
        if candidate and candidate.lower() not in self.used_names:
            self.used_names.add(candidate.lower())
            return candidate
        if candidate:
            return self._numbered_name(f"{candidate}_", 2, 1)
        return self._numbered_name(number_prefix, 1, 2)

    def _numbered_name(self, prefix: str, first_number: int, digits: int) -> str:
        suffix_number = first_number
        while f"{prefix}{suffix_number:0{digits}d}".lower() in self.used_names:
            suffix_number += 1
        name = f"{prefix}{suffix_number:0{digits}d}"
        self.used_names.add(name.lower())
        return name


def column_name(label: str) -> str:
    """A label that is a name itself, the name it is known by, or its own letters; '' for a Chinese label that is not known."""
    if NAME.fullmatch(label):
        return label
    normalised = normalised_label(label)
    known_name = english_names().get(normalised) or industry_columns().get(normalised) or firm_columns().get(normalised)
    return known_name or slug(label)


def chinese_name(label: str) -> str:
    """A text of Chinese characters as the name of a study: what such a name cannot hold is left out; '' where none is left."""
    return re.sub(r"[^a-z0-9_\u4e00-\u9fff]|^[0-9_]+", "", label.lower())[:MAX_NAME_LENGTH]


def slug(label: str) -> str:
    """Small letters, digits and _ of a text whose words are Latin, beginning with a letter; else ''."""
    decomposed = unicodedata.normalize("NFKD", label)
    if any("\u4e00" <= character <= "\u9fff" for character in decomposed):
        return ""
    ascii_words = re.findall(r"[A-Za-z0-9]+", decomposed)
    name = "_".join(ascii_words).lower()[:MAX_NAME_LENGTH].strip("_")
    return name if name and name[0] in ROMAN else (f"x_{name}"[:MAX_NAME_LENGTH] if name else "")
