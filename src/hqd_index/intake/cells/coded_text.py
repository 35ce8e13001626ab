"""Texts of coded columns by distinct value: how each kind of column is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ...canonical import Column
from ..meaning import dates, identifiers
from ..meaning import official_codes as codes
from ..meaning.category_names import CATEGORY_NAMES, FLAGS
from ..meaning.glyphs import normalised_label
from ..meaning.industries import industry
from ..meaning.numbers import MARKS
from ..meaning.reading import Reading, refused
from ..meaning.suggestions import nearest
from ..records.scope_reasons import NOT_MANUFACTURING, SPLIT, TOTAL

SCOPES = {"manufacturing": "", "other": NOT_MANUFACTURING, "split": SPLIT}
DECLARED, CODE, CATEGORY, FLAG = "values", "code", "category", "flag"

PART_OF = re.compile(r"\s*[#＃]?\s*(其中|of which)\s*[:：]?", re.IGNORECASE)

ReadText = Callable[[str], Reading]


@dataclass(frozen=True)
class CodedColumn:
    """What the reading of one column depends on: its place in the table, the study's word on it, the texts it holds."""

    name: str
    column: Column
    in_key: bool
    edition: str = ""
    pad: int | None = None
    values: Mapping[str, str] | None = None
    year_ends: bool = False


def is_year(name: str, column: Column) -> bool:
    """Whether a column of whole numbers holds calendar years."""
    return column.dtype == "integer" and (name == "year" or name.endswith("_year"))


def is_batch(name: str, column: Column) -> bool:
    """Whether a column of whole numbers holds the number of a batch."""
    return column.dtype == "integer" and (name == "batch" or name.endswith("_batch"))


def code_reader(coded: CodedColumn) -> ReadText:
    """The reading of a column's texts: the study's `values` first (exact after normalising), then the built-in forms."""
    study_values = {normalised_label(text): value for text, value in (coded.values or {}).items()}
    read_text = _reader_of_column(coded)

    def look(text: str) -> Reading:
        meaning = study_values.get(normalised_label(text))
        if meaning == "":
            return Reading(None, DECLARED)
        reading = read_text(text if meaning is None else meaning)
        if reading.value is None or reading.value == text:
            return reading
        return replace(reading, repair=DECLARED if meaning is not None else reading.repair or _repair_of(coded))

    return look


def _repair_of(coded: CodedColumn) -> str:
    if coded.column.dtype == "flag":
        return FLAG
    return CATEGORY if coded.column.categories else CODE


def _reader_of_column(coded: CodedColumn) -> ReadText:
    column = coded.column
    if column.code == "industry":
        return lambda text: _industry(text, coded)
    if column.code == "province":
        return lambda text: _province(text, coded.in_key)
    if column.code in ("firm", "uscc", "hs6", "area") or coded.pad:
        return _identifier(column, coded.pad)
    if is_year(coded.name, column) and coded.name != "year":
        return dates.year_of_event
    if is_year(coded.name, column):
        return lambda text: dates.year(text, openings=coded.year_ends)
    if is_batch(coded.name, column):
        return dates.batch
    if column.categories == codes.EDITIONS:
        return lambda text: _code_or_rule(codes.version(text), "C03", text)
    if column.dtype == "date":
        return dates.year_end if coded.name == "statement_date" else dates.calendar_date
    if column.dtype == "flag":
        return _flag
    if column.categories:
        return _category(column.categories)
    return _unit_name if coded.in_key else Reading


def _identifier(column: Column, pad: int | None) -> ReadText:
    """Ids: a firm id declared six digits wide is a stock code."""
    if column.code == "firm" and pad == identifiers.STOCK_DIGITS:
        return identifiers.stock_code
    if pad:
        return lambda text: identifiers.padded(text, pad)
    return {"firm": identifiers.firm_id, "uscc": identifiers.credit_code, "hs6": identifiers.hs6, "area": identifiers.area_code}[
        column.code
    ]


def _unwrapped(text: str) -> str:
    plain = identifiers.unwrapped(text)[0]
    return plain if plain.isdigit() else text


def _industry(text: str, coded: CodedColumn) -> Reading:
    """A 2017 division; what is right but no division of manufacturing keeps its code and goes out of scope."""
    match = industry(text, codes.version(coded.edition).code or "")
    if match.scope in SCOPES:
        return Reading(match.code, scope=SCOPES[match.scope])
    if match.scope in ("section", "total") and coded.in_key:
        return Reading(match.code, scope=TOTAL)
    return _missing_mark(text) or refused("E09", match.suggestion)


def _province(text: str, in_key: bool) -> Reading:
    """The code of a province; in a key a part of the country is a total of provinces."""
    if in_key and codes.is_macro_region(text):
        return Reading(None, scope=TOTAL)
    return _code_or_rule(codes.province(_unwrapped(text)), "C03", text)


def _unit_name(text: str) -> Reading:
    """The name of a unit as it is; C03 for a part of the unit above it (其中:城镇)."""
    return refused("C03") if PART_OF.match(text) else Reading(text)


def _missing_mark(text: str) -> Reading | None:
    """C09 for a text that is written where something is missing."""
    return refused("C09") if text.strip().lower() in MARKS else None


def _code_or_rule(match: codes.CodeMatch, rule: str, text: str) -> Reading:
    return Reading(match.code) if match.code else _missing_mark(text) or refused(rule, match.suggestion)


def _flag(text: str) -> Reading:
    value = FLAGS.get(normalised_label(text))
    return Reading(value) if value else refused("C03", "是 / 否")


def _category(categories: Sequence[str]) -> ReadText:
    category_by_name = {
        normalised_label(name): category for category in categories for name in (category, *CATEGORY_NAMES.get(category, ()))
    }

    def look(text: str) -> Reading:
        value = category_by_name.get(normalised_label(text))
        return Reading(value) if value else _missing_mark(text) or refused("C03", nearest(text, _category_names(categories)))

    return look


def _category_names(categories: Collection[str]) -> list[str]:
    return [name for category in categories for name in (category, *CATEGORY_NAMES.get(category, ()))]
