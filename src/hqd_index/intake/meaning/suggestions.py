"""Which known name was probably meant; none rather than a wrong one."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from .glyphs import normalised_label

MIN_SIMILARITY = 80.0
MIN_LEAD = 5.0


def similar_name(cell: str, known_names: Iterable[str]) -> str | None:
    """The one name that is at least 80% like the text and clearly ahead of the second; short names need one slip at most."""
    normalised_cell = normalised_label(cell)
    ranked_names = sorted(
        ((fuzz.ratio(normalised_cell, normalised_label(known_name)), known_name) for known_name in set(known_names)), reverse=True
    )
    if not ranked_names:
        return None
    score, known_name = ranked_names[0]
    second_score = ranked_names[1][0] if len(ranked_names) > 1 else 0.0
    return (
        known_name
        if score >= MIN_SIMILARITY and score - second_score >= MIN_LEAD
        else one_slip_name(cell, [known_name for _, known_name in ranked_names])
    )


def one_slip_name(cell: str, known_names: Iterable[str]) -> str | None:
    """The one name that differs from the text in exactly one character, in place: 浙汀 -> 浙江; 东部地区 -> none."""
    normalised_cell = normalised_label(cell)
    candidates = [
        known_name
        for known_name in set(known_names)
        if len(normalised_label(known_name)) == len(normalised_cell)
        and Levenshtein.distance(normalised_cell, normalised_label(known_name)) == 1
    ]
    return candidates[0] if len(candidates) == 1 and len(normalised_cell) > 1 else None
