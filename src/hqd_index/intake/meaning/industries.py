"""Texts that stand for an industry: codes, names of any edition, and the forms in which vendors print them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .glyphs import half_width, normalised_label
from .industry_names import (
    ABSENT,
    DIVISIONS_2002,
    DIVISIONS_OF_2002,
    EDITIONS,
    GROUPS_2002,
    OTHER_DIVISIONS,
    OTHER_NAMES_OF_2011,
    SECTION_NAMES,
    SECTIONS,
    SPLIT_2002,
    TOTALS,
)
from .official_codes import DIVISIONS
from .suggestions import nearest

Scope = Literal["manufacturing", "other", "section", "split", "total", "none"]

CODE = re.compile(r"([A-Ta-t])?[ .\-_]?(\d{2})(\d{0,2})(?:\.0+)?")
LEADING_CODE = re.compile(r"^\(?([A-Ta-t]?\d{2}(?:\d{1,2})?)\)?(?:\s+|[.:\-_ ]|(?=[^\d\s.]))\s*(?=\D)")
SECTION_LETTER = re.compile(r"^([A-Ta-t])[ .、]?(?=[\u4e00-\u9fff])")
ORDINAL = re.compile(r"^(?:其中[:,]?|#|＃|[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[、.)])\s*")
SEPARATOR = re.compile(r"\s*(?:--+|[-–—/\\>|:;]|→|\n)\s*")
JOINING = re.compile(r"[、,和及与()\[\]·的\s]")


@dataclass(frozen=True)
class Industry:
    """What a text stands for: `code` is a 2017 division of manufacturing, or the code of what is not one (B06, K, C).

    `edition_code` is the code in the edition it was printed in; scope `split` names a division of 2002 that two succeed.
    """

    scope: Scope
    code: str | None = None
    edition_code: str = ""
    suggestion: str | None = None


NONE = Industry("none")


def industry(text: str, version: str) -> Industry:
    """The industry of a code ('C35', '35', '3511'), a name of any edition (the declared one first), or vendors' forms of both."""
    edition = version if version in EDITIONS else "2017"
    plain = half_width(text).strip().strip("'\"").strip()
    match = _plain(plain, edition)
    if match.scope == "none":
        match = _composed(plain, edition)
    if match.scope == "none" and (shorter := ORDINAL.sub("", plain)) != plain:
        match = _plain(shorter, edition)
        if match.scope == "none":
            match = _composed(shorter, edition)
    if match.scope == "none" and not CODE.fullmatch(plain):
        return Industry("none", suggestion=nearest(text, [names[0] for names in DIVISIONS.values()]))
    return match


def _plain(text: str, edition: str) -> Industry:
    """A bare code or a bare name."""
    if re.fullmatch(r"[A-Ta-t]", text):
        return _section(text.upper())
    code = CODE.fullmatch(text)
    if code:
        return _of_code(code.group(1) or "", code.group(2), code.group(3), edition)
    if normalised_label(text) in {normalised_label(total) for total in TOTALS}:
        return Industry("total", "C")
    return _names(edition).get(name_key(text), NONE)


def _section(letter: str) -> Industry:
    return Industry("section" if letter == "C" else "other", letter, letter)


def _of_code(letter: str, division: str, digits: str, edition: str) -> Industry:
    """A division, with or without its letter; NONE for one the edition lacks or whose letter is another's."""
    number = int(division)
    if letter and letter.upper() != "C" and any(_within(letter.upper(), number, other) for other in EDITIONS):
        return Industry("other", letter.upper() + division, letter.upper() + division + digits)
    section = next((name for name, (low, high) in SECTIONS[edition].items() if low <= number <= high), None)
    if section is None or division in ABSENT[edition] or (letter and letter.upper() != section):
        return NONE
    if section != "C":
        return Industry("other", f"{section}{division}", f"{section}{division}{digits}")
    if edition != "2002":
        return Industry("manufacturing", f"C{division}", f"C{division}{digits}")
    return _of_2002(division, digits)


def _within(letter: str, number: int, edition: str) -> bool:
    low, high = SECTIONS[edition].get(letter, (1, 0))
    return low <= number <= high


def _of_2002(division: str, digits: str = "") -> Industry:
    """The successor of a division of 2002; three digits decide where two do not."""
    edition_code = f"C{division}{digits}"
    if digits and (group := GROUPS_2002.get(division + digits[0])):
        return Industry("manufacturing", f"C{group}", edition_code)
    if division in SPLIT_2002:
        remainder, successors = SPLIT_2002[division]
        return (
            Industry("manufacturing", f"C{remainder}", edition_code)
            if digits
            else Industry("split", "+".join(successors), edition_code)
        )
    successor = DIVISIONS_2002.get(division)
    return Industry("manufacturing", f"C{successor}", edition_code) if successor else NONE


def _composed(text: str, edition: str) -> Industry:
    """'制造业-医药制造业', '医药制造业(C27)', 'C27 医药制造业': parts that agree; the finest known one counts."""
    parts = [part for part in SEPARATOR.split(_without_brackets(text)) if part.strip()]
    pieces: list[str] = []
    for part in parts:
        lead = LEADING_CODE.match(part) or SECTION_LETTER.match(part)
        pieces += [lead.group(1), part[lead.end() :]] if lead else [part]
    if len(pieces) < 2:
        return NONE
    matches = [_plain(piece.strip(), edition) for piece in pieces]
    matched = [match for match in matches if match.scope != "none"]
    if not matched or matches[0].scope == "none":
        return NONE
    divisions = [match for match in matched if match.scope in ("manufacturing", "split") or len(match.code or "") > 1]
    if not divisions:
        finest = matched[-1]
        return finest if finest.scope != "section" and len({match.code for match in matched}) == 1 else NONE
    sections = {match.code for match in matched if len(match.code or "") == 1 and match.scope != "total"}
    finest = divisions[-1]
    agree = all(match.code == finest.code for match in divisions) and sections <= {(finest.code or " ")[0]}
    return finest if agree else NONE


def _without_brackets(text: str) -> str:
    """The code in brackets at either end set off by a dash; brackets inside names stay."""
    set_off = re.sub(r"[\[(]\s*([A-Ta-t]?\d{2,4})\s*[\])]\s*$", r"-\1", text)
    return re.sub(r"^[\[(]\s*([A-Ta-t]\d{2,4})\s*[\])]", r"\1-", set_off)


def name_key(name: str) -> str:
    """A name without what editions and typists vary: 和, 及, 与, 、, brackets, blanks."""
    return JOINING.sub("", normalised_label(name))


@cache
def _names(edition: str) -> Mapping[str, Industry]:
    """Name -> industry: the declared edition's names before those of the others."""
    order = [edition, *(other for other in reversed(EDITIONS) if other != edition)]
    industries: dict[str, Industry] = {}
    for edition_of_name in order:
        for name, match in _names_of(edition_of_name):
            industries.setdefault(name_key(name), match)
    return industries


def _names_of(edition: str) -> list[tuple[str, Industry]]:
    pairs = [(name, _section(letter)) for letter, name in SECTION_NAMES[edition].items()]
    pairs += [(name, Industry("other", code, code)) for code, name in OTHER_DIVISIONS[edition].items()]
    if edition == "2002":
        return pairs + [(name, _of_2002(code)) for code, name in DIVISIONS_OF_2002.items()]
    pairs += [(name, Industry("manufacturing", code, code)) for code, names in DIVISIONS.items() for name in names]
    return pairs + [(name, Industry("manufacturing", code, code)) for code, name in OTHER_NAMES_OF_2011.items()]
