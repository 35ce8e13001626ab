"""Text for figures: one language, or the wider of both to be replaced once drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..bilingual import Bilingual
from ..wording import wording

YEAR = wording("figures.axis.year")
MAX_LABEL_WIDTH, MAX_CHOICE_WIDTH = 20.0, 27.0
"""Ems of a label drawn in a figure, and of one that names a choice and its option."""


@dataclass
class FigureLabels:
    """Turns pairs into the text that is drawn: one language, or (`both`) the wider of the two, kept to be replaced later."""

    language: str
    pairs: dict[str, Bilingual] = field(default_factory=dict)

    def __call__(self, bilingual_label: Bilingual, max_width: float = MAX_LABEL_WIDTH) -> str:
        return self.title(Bilingual(*(shortened_label(text, max_width) for text in bilingual_label)))

    def title(self, bilingual_label: Bilingual) -> str:
        """The same for the title of an axis, which is never cut."""
        if self.language != "both":
            return bilingual_label.of(self.language)
        text = max(bilingual_label, key=text_width)
        self.pairs[text] = bilingual_label
        return text

    def unit_names(self, zh: Iterable[str], en: Iterable[str]) -> list[str]:
        """Names of units."""
        return [self(short_unit_name(str(zh_name), str(en_name))) for zh_name, en_name in zip(zh, en)]


COMMON_PREFIX = "Manufacture of "
"""With it the English names of half the industries begin."""


def short_unit_name(zh: str, en: str, max_width: float = MAX_LABEL_WIDTH) -> Bilingual:
    """A unit's name as a figure has room for."""
    short_en = en.removeprefix(COMMON_PREFIX)
    return Bilingual(shortened_label(zh, max_width), shortened_label(short_en[:1].upper() + short_en[1:], max_width))


NARROW, WIDE = frozenset("ijlftrI|.,:;'!()[]{}/ -–"), frozenset("mwMWQO@%—→∞")
LATIN_WIDTH = {"narrow": 0.38, "plain": 0.6, "capital": 0.72, "wide": 0.95}
"""Advance widths in ems, those of the widest of the faces that page and figures name (Noto Sans CJK, Microsoft YaHei)."""


def text_width(label_text: str) -> float:
    """Width in ems, the same on every machine: the faces that are installed have no say in it."""
    return sum(_advance(character) for character in label_text)


def _advance(character: str) -> float:
    if ord(character) > 0x2E80:
        return 1.0
    kind = "narrow" if character in NARROW else "wide" if character in WIDE else "capital" if character.isupper() else "plain"
    return LATIN_WIDTH[kind]


def shortened_label(label_text: str, max_width: float = MAX_LABEL_WIDTH) -> str:
    """The text, ended by an ellipsis where it is wider than a label may be."""
    while text_width(label_text) > max_width:
        label_text = label_text.rstrip("…")[:-1].rstrip() + "…"
    return label_text
