"""Profiles of many units: a few written into the page, all as data that the script shows one at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..bilingual import Bilingual
from ..colours import node_colours
from ..results import Results
from ..unit_ends import end_rows, is_many
from .unit_profiles import Profile

NameNumbers = tuple[re.Pattern[str], dict[str, int]]
OPENING, CLOSING = "\u27e6", "\u27e7"


def shown_profiles(results: Results, profiles: Sequence[Profile]) -> list[Profile]:
    """Every profile of few units; of many those at the ends of the ranking."""
    if not is_many(len(results.units)) or not results.years:
        return list(profiles)
    units = set(end_rows(results.ranking(results.years[-1]))["unit"])
    return [profile for profile in profiles if profile.unit in units]


def profiles_json(results: Results, profiles: Sequence[Profile]) -> dict[str, Any]:
    """Units with names and profile: rank, score and rank of each part, sentences in both languages.

    A sentence holds names of nodes as numbers, which keeps it short; `places` are the units in the order of the ranking.
    """
    names = {node: results.name(node) for node in (*results.leaves, *results.inner)}
    numbers = {language: _numbers(names, language) for language in ("zh", "en")}
    colours = node_colours(results.tree)
    order = {unit: place for place, unit in enumerate(results.ranking(results.years[-1])["unit"])} if results.years else {}
    return {
        "names": [[name.zh, name.en] for name in names.values()],
        "parts": [results.name(node)._asdict() | {"colour": colours.get(node, "#5b6672")} for node in _parts(results)],
        "units": [_unit(profile, _parts(results), numbers) for profile in profiles],
        "places": sorted(range(len(profiles)), key=lambda i: (order.get(profiles[i].unit, len(order)), i)),
    }


def _parts(results: Results) -> list[str]:
    """The parts that the strip of peers draws, in its order."""
    ranking = results.ranking(results.years[-1]) if results.years else None
    return [node for node in results.parts if ranking is not None and node in ranking and ranking[node].notna().any()]


def _unit(profile: Profile, parts: Sequence[str], numbers: Mapping[str, NameNumbers]) -> dict[str, Any]:
    places = {place.node: [round(place.score, 1), int(place.rank)] for place in profile.parts}
    sentences = [[_numbered(sentence.text, language, numbers) for language in ("zh", "en")] for sentence in profile.sentences]
    rank = None if profile.overall is None else int(profile.overall.rank)
    unit = {"id": profile.unit, "zh": profile.name.zh, "en": profile.name.en}
    return unit | {"profile": [rank, [places.get(node) for node in parts], sentences]}


def _numbers(names: Mapping[str, Bilingual], language: str) -> NameNumbers:
    """A pattern of all names in a language, longer ones first, and the number of each."""
    number_by_name = {name.of(language): number for number, name in reversed(list(enumerate(names.values())))}
    longest_first = sorted(number_by_name, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "$^"), number_by_name


def _numbered(text: Bilingual, language: str, numbers: Mapping[str, NameNumbers]) -> str:
    pattern, number_by_name = numbers[language]
    return pattern.sub(lambda match: f"{OPENING}{number_by_name[match.group()]}{CLOSING}", text.of(language))
