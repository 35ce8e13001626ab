"""Which known name was probably meant; none rather than a wrong one."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from .glyphs import normalised_label

LIKE = 80.0
AHEAD = 5.0


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The one name that is at least 80% like the text and clearly ahead of the second; short names need one slip at most."""
    plain = normalised_label(text)
    ranked = sorted(((fuzz.ratio(plain, normalised_label(name)), name) for name in set(names)), reverse=True)
    if not ranked:
        return None
    score, name = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    return name if score >= LIKE and score - second >= AHEAD else slip(text, [name for _, name in ranked])


def slip(text: str, names: Iterable[str]) -> str | None:
    """The one name that differs from the text in exactly one character, in place: 浙汀 -> 浙江; 东部地区 -> none."""
    plain = normalised_label(text)
    slips = [
        name
        for name in set(names)
        if len(normalised_label(name)) == len(plain) and Levenshtein.distance(plain, normalised_label(name)) == 1
    ]
    return slips[0] if len(slips) == 1 and len(plain) > 1 else None
