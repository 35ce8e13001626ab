"""Notes of published tables in the language of a reader: a CSV has them in English, or in both languages as `中文 / English`."""

from __future__ import annotations

import re
from functools import cache

from .bilingual import BLANK_TEXT, Bilingual
from .wording import PLACE, filled_sentence, wordings

SEPARATOR = re.compile(r"; (?![^()]*\))")
"""Between the parts of a note, outside brackets."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def note_text(note: str) -> Bilingual:
    """The note in both languages; a part that has no Chinese in text/table_notes.yaml stays as it is."""
    if not note:
        return BLANK_TEXT
    first_half, slash, second_half = note.partition(" / ")
    if slash and CHINESE.search(first_half):
        return Bilingual(first_half, second_half)
    parts = [_part_text(part) for part in SEPARATOR.split(note)]
    return Bilingual("；".join(part.zh for part in parts), note)


def _part_text(part: str) -> Bilingual:
    for pattern, sentence in _patterns():
        match = pattern.fullmatch(part)
        if match:
            return Bilingual(filled_sentence(sentence, **match.groupdict()).zh, part)
    return Bilingual(part, part)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Bilingual], ...]:
    """What the English of each sentence looks like with its places filled, and the sentence; the longest first."""
    sentences = sorted(wordings("table_notes.part").values(), key=lambda sentence: -len(sentence.en))
    return tuple((re.compile(_pattern(sentence.en)), sentence) for sentence in sentences)


def _pattern(sentence: str) -> str:
    pieces, end = [], 0
    for place in PLACE.finditer(sentence):
        pieces += [re.escape(sentence[end : place.start()]), f"(?P<{place[1]}>.+?)"]
        end = place.end()
    return "".join([*pieces, re.escape(sentence[end:])])
