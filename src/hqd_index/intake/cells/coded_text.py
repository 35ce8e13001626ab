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
from ..meaning.reading import CellReading, refused_reading
from ..meaning.suggestions import similar_name
from ..records.scope_reasons import NOT_MANUFACTURING, SPLIT_INDUSTRY, TOTAL_ROW

SCOPES = {"manufacturing": "", "other": NOT_MANUFACTURING, "split": SPLIT_INDUSTRY}
DECLARED_VALUES, CODE, CATEGORY, FLAG = "values", "code", "category", "flag"

PART_OF = re.compile(r"\s*[#＃]?\s*(其中|of which)\s*[:：]?", re.IGNORECASE)

AREA_IN_PROVINCE = re.compile(r"[0-9]{2}(?!0000)[0-9]{4}([0-9]{6})?(\.0+)?")  # 330100: a city

CellReader = Callable[[str], CellReading]


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


def is_year(column_name: str, column: Column) -> bool:
    """Whether a column of whole numbers holds calendar years."""
    return column.dtype == "integer" and (column_name == "year" or column_name.endswith("_year"))


def is_batch(column_name: str, column: Column) -> bool:
    """Whether a column of whole numbers holds the number of a batch."""
    return column.dtype == "integer" and (column_name == "batch" or column_name.endswith("_batch"))


def code_reader(coded_column: CodedColumn) -> CellReader:
    """The reading of a column's texts: the study's `values` first (exact after normalising), then the built-in forms."""
    study_values = {
        normalised_label(raw_text): declared_value for raw_text, declared_value in (coded_column.values or {}).items()
    }
    read_cell = _reader_of_column(coded_column)
    if not study_values:
        return lambda cell: _with_repair(read_cell(cell), cell, coded_column)

    def look_up(cell: str) -> CellReading:
        meaning = study_values.get(normalised_label(cell))
        if meaning == "":
            return CellReading(None, DECLARED_VALUES)
        if meaning is None:
            return _with_repair(read_cell(cell), cell, coded_column)
        reading = read_cell(meaning)
        return reading if reading.value is None or reading.value == cell else replace(reading, repair=DECLARED_VALUES)

    return look_up


def _with_repair(reading: CellReading, cell: str, coded_column: CodedColumn) -> CellReading:
    """The reading, with the kind of repair of a value that is not as printed."""
    if reading.value is None or reading.value == cell:
        return reading
    return replace(reading, repair=reading.repair or _repair_of(coded_column))


def _repair_of(coded_column: CodedColumn) -> str:
    if coded_column.column.dtype == "flag":
        return FLAG
    return CATEGORY if coded_column.column.categories else CODE


def _reader_of_column(coded_column: CodedColumn) -> CellReader:
    column = coded_column.column
    if column.code == "industry":
        return lambda cell: _industry(cell, coded_column)
    if column.code == "province":
        return lambda cell: _province(cell, coded_column.in_key)
    if column.code in ("firm", "uscc", "hs6", "area") or coded_column.pad:
        return _identifier(column, coded_column.pad)
    if is_year(coded_column.name, column) and coded_column.name != "year":
        return dates.year_of_event
    if is_year(coded_column.name, column):
        return lambda cell: dates.read_year(cell, openings=coded_column.year_ends)
    if is_batch(coded_column.name, column):
        return dates.batch
    if column.categories == codes.EDITIONS:
        return lambda cell: _code_or_rule(codes.version(cell), "C03", cell)
    if column.dtype == "date":
        return dates.year_end if coded_column.name == "statement_date" else dates.calendar_date
    if column.dtype == "flag":
        return _flag
    if column.categories:
        return _category(column.categories)
    return _unit_name if coded_column.in_key else CellReading


def _identifier(column: Column, pad: int | None) -> CellReader:
    """Ids: a firm id declared six digits wide is a stock code."""
    if column.code == "firm" and pad == identifiers.STOCK_DIGITS:
        return identifiers.stock_code
    if pad:
        return lambda cell: identifiers.padded_code(cell, pad)
    return {"firm": identifiers.firm_id, "uscc": identifiers.credit_code, "hs6": identifiers.hs6, "area": identifiers.area_code}[
        column.code
    ]


def _unquoted_cell(cell: str) -> str:
    unquoted_cell = identifiers.unquoted(cell)[0]
    return unquoted_cell if unquoted_cell.isdigit() else cell


def _industry(cell: str, coded_column: CodedColumn) -> CellReading:
    """A 2017 division; what is right but no division of manufacturing keeps its code and goes out of scope."""
    match = industry(cell, codes.version(coded_column.edition).code or "")
    if coded_column.in_key and len(match.edition_code) > len("C26"):  # 2614: a class, of which a division has many
        return refused_reading("E09")
    if match.scope in SCOPES:
        return CellReading(match.code, scope=SCOPES[match.scope])
    if match.scope in ("section", "total") and coded_column.in_key:
        return CellReading(match.code, scope=TOTAL_ROW)
    return _missing_mark(cell) or refused_reading("E09", match.suggestion)


def _province(cell: str, in_key: bool) -> CellReading:
    """The code of a province; in a key a part of the country is a total of provinces, and a city is none of them."""
    if in_key and codes.is_macro_region(cell):
        return CellReading(None, scope=TOTAL_ROW)
    if in_key and AREA_IN_PROVINCE.fullmatch(_unquoted_cell(cell).strip()):
        return refused_reading("C03")
    return _code_or_rule(codes.province(_unquoted_cell(cell)), "C03", cell)


def _unit_name(cell: str) -> CellReading:
    """The name of a unit as it is; C03 for a part of the unit above it (其中:城镇)."""
    return refused_reading("C03") if PART_OF.match(cell) else CellReading(cell)


def _missing_mark(cell: str) -> CellReading | None:
    """C09 for a text that is written where something is missing."""
    return refused_reading("C09") if cell.strip().lower() in MARKS else None


def _code_or_rule(match: codes.CodeMatch, rule: str, cell: str) -> CellReading:
    return CellReading(match.code) if match.code else _missing_mark(cell) or refused_reading(rule, match.suggestion)


def _flag(cell: str) -> CellReading:
    value = FLAGS.get(normalised_label(cell))
    return CellReading(value) if value else refused_reading("C03", "是 / 否")


def _category(categories: Sequence[str]) -> CellReader:
    category_by_name = {
        normalised_label(category_name): category
        for category in categories
        for category_name in (category, *CATEGORY_NAMES.get(category, ()))
    }

    def look_up(cell: str) -> CellReading:
        value = category_by_name.get(normalised_label(cell))
        return (
            CellReading(value)
            if value
            else _missing_mark(cell) or refused_reading("C03", similar_name(cell, _category_names(categories)))
        )

    return look_up


def _category_names(categories: Collection[str]) -> list[str]:
    return [category_name for category in categories for category_name in (category, *CATEGORY_NAMES.get(category, ()))]
