"""Texts that stand for an industry: codes, names of any edition, and the forms in which vendors print them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .glyphs import half_width, normalised_label
from .industry_names import (
    ABSENT_DIVISIONS,
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
from .suggestions import similar_name

Scope = Literal["manufacturing", "other", "section", "split", "total", "none"]

CODE = re.compile(r"([A-Ta-t])?[ .\-_]?(\d{2})(\d{0,2})(?:\.0+)?")
LEADING_CODE = re.compile(r"^\(?([A-Ta-t]?\d{2}(?:\d{1,2})?)\)?(?:\s+|[.:\-_ ]|(?=[^\d\s.]))\s*(?=\D)")
SECTION_LETTER = re.compile(r"^([A-Ta-t])[ .、]?(?=[\u4e00-\u9fff])")
ORDINAL_PREFIX = re.compile(
    r"^(?:其中[:,]?|#|＃|[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[、.)])\s*"
)
SEPARATOR = re.compile(r"\s*(?:--+|[-–—/\\>|:;]|→|\n)\s*")
JOINING_CHARACTERS = re.compile(r"[、,和及与()\[\]·的\s]")


@dataclass(frozen=True)
class Industry:
    """What a text stands for: `code` is a 2017 division of manufacturing, or the code of what is not one (B06, K, C).

    `edition_code` is the code in the edition it was printed in; scope `split` names a division of 2002 that two succeed.
    """

    scope: Scope
    code: str | None = None
    edition_code: str = ""
    suggestion: str | None = None


NO_INDUSTRY = Industry("none")


def industry(cell: str, version: str) -> Industry:
    """The industry of a code ('C35', '35', '3511'), a name of any edition (the declared one first), or vendors' forms of both."""
    edition = version if version in EDITIONS else "2017"
    stripped_cell = half_width(cell).strip().strip("'\"").strip()
    match = _single_industry(stripped_cell, edition)
    if match.scope == "none":
        match = _composed_industry(stripped_cell, edition)
    if match.scope == "none" and (without_ordinal := ORDINAL_PREFIX.sub("", stripped_cell)) != stripped_cell:
        match = _single_industry(without_ordinal, edition)
        if match.scope == "none":
            match = _composed_industry(without_ordinal, edition)
    if match.scope == "none" and not CODE.fullmatch(stripped_cell):
        return Industry("none", suggestion=similar_name(cell, [division_names[0] for division_names in DIVISIONS.values()]))
    return match


def _single_industry(cell: str, edition: str) -> Industry:
    """A bare code or a bare name."""
    if re.fullmatch(r"[A-Ta-t]", cell):
        return _section(cell.upper())
    code = CODE.fullmatch(cell)
    if code:
        return _industry_of_code(code.group(1) or "", code.group(2), code.group(3), edition)
    if normalised_label(cell) in {normalised_label(total_label) for total_label in TOTALS}:
        return Industry("total", "C")
    return _industry_by_name(edition).get(name_key(cell), NO_INDUSTRY)


def _section(letter: str) -> Industry:
    return Industry("section" if letter == "C" else "other", letter, letter)


def _industry_of_code(letter: str, division: str, digits: str, edition: str) -> Industry:
    """A division, with or without its letter; NONE for one the edition lacks or whose letter is another's."""
    division_number = int(division)
    if (
        letter
        and letter.upper() != "C"
        and any(_division_in_section(letter.upper(), division_number, other_edition) for other_edition in EDITIONS)
    ):
        return Industry("other", letter.upper() + division, letter.upper() + division + digits)
    section = next(
        (
            section_letter
            for section_letter, (first_division, last_division) in SECTIONS[edition].items()
            if first_division <= division_number <= last_division
        ),
        None,
    )
    if section is None or division in ABSENT_DIVISIONS[edition] or (letter and letter.upper() != section):
        return NO_INDUSTRY
    if section != "C":
        return Industry("other", f"{section}{division}", f"{section}{division}{digits}")
    if edition != "2002":
        return Industry("manufacturing", f"C{division}", f"C{division}{digits}")
    return _division_of_2002(division, digits)


def _division_in_section(letter: str, division_number: int, edition: str) -> bool:
    first_division, last_division = SECTIONS[edition].get(letter, (1, 0))
    return first_division <= division_number <= last_division


def _division_of_2002(division: str, digits: str = "") -> Industry:
    """The successor of a division of 2002; three digits decide where two do not."""
    edition_code = f"C{division}{digits}"
    if digits and (group := GROUPS_2002.get(division + digits[0])):
        return Industry("manufacturing", f"C{group}", edition_code)
    if division in SPLIT_2002:
        remainder_code, successors = SPLIT_2002[division]
        return (
            Industry("manufacturing", f"C{remainder_code}", edition_code)
            if digits
            else Industry("split", "+".join(successors), edition_code)
        )
    successor = DIVISIONS_2002.get(division)
    return Industry("manufacturing", f"C{successor}", edition_code) if successor else NO_INDUSTRY


def _composed_industry(cell: str, edition: str) -> Industry:
    """'制造业-医药制造业', '医药制造业(C27)', 'C27 医药制造业': parts that agree; the finest known one counts."""
    cell_parts = [cell_part for cell_part in SEPARATOR.split(_without_brackets(cell)) if cell_part.strip()]
    codes_and_names: list[str] = []
    for cell_part in cell_parts:
        leading_code = LEADING_CODE.match(cell_part) or SECTION_LETTER.match(cell_part)
        codes_and_names += [leading_code.group(1), cell_part[leading_code.end() :]] if leading_code else [cell_part]
    if len(codes_and_names) < 2:
        return NO_INDUSTRY
    matches = [_single_industry(code_or_name.strip(), edition) for code_or_name in codes_and_names]
    valid_matches = [match for match in matches if match.scope != "none"]
    if not valid_matches or matches[0].scope == "none":
        return NO_INDUSTRY
    divisions = [match for match in valid_matches if match.scope in ("manufacturing", "split") or len(match.code or "") > 1]
    if not divisions:
        finest_match = valid_matches[-1]
        return (
            finest_match if finest_match.scope != "section" and len({match.code for match in valid_matches}) == 1 else NO_INDUSTRY
        )
    sections = {match.code for match in valid_matches if len(match.code or "") == 1 and match.scope != "total"}
    finest_match = divisions[-1]
    matches_agree = all(match.code == finest_match.code for match in divisions) and sections <= {(finest_match.code or " ")[0]}
    return finest_match if matches_agree else NO_INDUSTRY


def _without_brackets(cell: str) -> str:
    """The code in brackets at either end set off by a dash; brackets inside names stay."""
    separated_code = re.sub(r"[\[(]\s*([A-Ta-t]?\d{2,4})\s*[\])]\s*$", r"-\1", cell)
    return re.sub(r"^[\[(]\s*([A-Ta-t]\d{2,4})\s*[\])]", r"\1-", separated_code)


def name_key(industry_name: str) -> str:
    """A name without what editions and typists vary: 和, 及, 与, 、, brackets, blanks."""
    return JOINING_CHARACTERS.sub("", normalised_label(industry_name))


def names_of_one_edition(cells: Collection[str], edition: str) -> list[str]:
    """The texts that are names in an edition and in none whose divisions differ from its: 2002, or 2011 and 2017."""
    later_names = {
        name_key(industry_name)
        for other_edition in EDITIONS
        if other_edition != "2002"
        for industry_name, _ in _names_of(other_edition)
    }
    names_of_2002 = {name_key(industry_name) for industry_name, _ in _names_of("2002")}
    telling_names = names_of_2002 - later_names if edition == "2002" else later_names - names_of_2002
    return [cell for cell in cells if name_key(cell) in telling_names]


@cache
def _industry_by_name(edition: str) -> Mapping[str, Industry]:
    """Name -> industry: the declared edition's names before those of the others."""
    edition_order = [edition, *(other_edition for other_edition in reversed(EDITIONS) if other_edition != edition)]
    industries: dict[str, Industry] = {}
    for edition_of_name in edition_order:
        for industry_name, match in _names_of(edition_of_name):
            industries.setdefault(name_key(industry_name), match)
    return industries


def _names_of(edition: str) -> list[tuple[str, Industry]]:
    names_and_industries = [(section_name, _section(letter)) for letter, section_name in SECTION_NAMES[edition].items()]
    names_and_industries += [
        (section_name, Industry("other", code, code)) for code, section_name in OTHER_DIVISIONS[edition].items()
    ]
    if edition == "2002":
        return names_and_industries + [
            (section_name, _division_of_2002(code)) for code, section_name in DIVISIONS_OF_2002.items()
        ]
    names_and_industries += [
        (section_name, Industry("manufacturing", code, code))
        for code, division_names in DIVISIONS.items()
        for section_name in division_names
    ]
    return names_and_industries + [
        (section_name, Industry("manufacturing", code, code)) for code, section_name in OTHER_NAMES_OF_2011.items()
    ]
