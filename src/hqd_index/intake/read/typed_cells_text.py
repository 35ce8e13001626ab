"""Typed columns of a binary file as text cells: whole numbers without a point, dates as ISO, missing as ''."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...engines import FILE_ROW, Engine, count_where, literal, quoted
from ..layout.header_rows import no_rows
from ..records.intake_notice import Notice
from .reader import SheetRequest
from .sheet_cells import BLANKS, SheetCells, TypedCells

LARGEST_EXACT_INTEGER = "1e15"
LARGEST_WHOLE = 10**15
MANY_TEXTS = 200  # columns, in which no blanks are looked for
INTEGERS = frozenset(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"])
MOSTLY = 0.95
CENTS = "cents"
SHORT_CENTS_TYPE = "DECIMAL(16,2)"  # below EXACT_CENTS: sums of two or three are still held as one whole number
CENTS_TYPE = "DECIMAL(18,2)"  # of a column that has whole numbers in other sheets, which may be larger
TEXT_CENTS_TYPE = "DECIMAL(15,2)"  # of a text: its hundredfold is a whole number that a double holds
CENTS_WITH_POINT, CENTS_WITH_ZEROS, DOUBLE_WITH_POINT = "cents with point", "cents with zeros", "double with point"
KINDS_BY_TEXT = {  # what a number is stored as -> how texts print it: 12 and 12.5, 12.0 and 12.5, 12.00 and 12.50
    "integer": ("integer",),
    CENTS: (CENTS, CENTS_WITH_POINT, CENTS_WITH_ZEROS),
    "double": ("double", DOUBLE_WITH_POINT),
}
STORED_KINDS = {text_kind: kind for kind, text_kinds in KINDS_BY_TEXT.items() for text_kind in text_kinds}
SHORT_NUMBER = 9e9  # with 8 decimals it has 18 digits, which the engine holds as one whole number
EXACT_CENTS = "7e13"  # below 2^46 doubles are closer than numbers of 2 decimals: one that comes back is what it says
WHOLE, WHOLE_PART, FEW_DECIMALS = "(0|-?[1-9][0-9]{0,12})", "-?(0|[1-9][0-9]{0,12})", "[.][0-9]?[1-9]"
FINE = "-?([1-9][0-9]{0,8}[.][0-9]{0,5}|[1-9][0-9]{0,4}[.][0-9]{0,9}|0[.]0{0,3}([1-9][0-9]{0,9})?)[1-9]"
TEXT_PATTERNS = {  # of at most 15 digits that say something, as many as a double gives back
    "integer": WHOLE,
    CENTS: f"{WHOLE}|{WHOLE_PART}{FEW_DECIMALS}",
    CENTS_WITH_POINT: f"{WHOLE}[.]0|{WHOLE_PART}{FEW_DECIMALS}",
    CENTS_WITH_ZEROS: f"{WHOLE}[.]00|{WHOLE_PART}[.]([0-9][1-9]|[1-9]0)",
    "double": f"{WHOLE}|{FINE}",
    DOUBLE_WITH_POINT: f"{WHOLE}[.]0|{FINE}",
}
"""Kind -> a regular expression of texts that `number_text_sql` gives back of their numbers; there are others."""
TEXT_TYPES = {"integer": "BIGINT", CENTS: SHORT_CENTS_TYPE, "double": "DOUBLE"}
FIRST_ROW = 2  # as a spreadsheet would show it: labels in row 1


@dataclass(frozen=True)
class ColumnFacts:
    """Whether a text may have blanks around it; the places of doubles that all have two decimals, and that mostly have more.

    `short` are those of doubles with more decimals of which none is larger than SHORT_NUMBER, `giants` of whole numbers some of
    which are so large that adding two leaves the engine's whole numbers, `complete` those of numbers that no row lacks; `sums`:
    place -> what its numbers add up to, and their sizes.
    """

    has_padding: bool
    cents: tuple[int, ...]
    fine: tuple[int, ...]
    short: frozenset[int]
    giants: tuple[int, ...]
    complete: tuple[int, ...]
    sums: Mapping[int, tuple[float, float]]


def typed_cells(
    request: SheetRequest, numbered_table: str, labels: Sequence[str] | None = None, notices: tuple[Notice, ...] = ()
) -> SheetCells:
    """The sheet of an engine table of typed columns numbered by FILE_ROW, which are labels too unless others are given.

    DataError S02 when it has no rows.
    """
    engine = request.engine
    sql_types = {name: dtype for name, dtype in engine.sql_types(numbered_table).items() if name != FILE_ROW}
    column_types = {name: dtype for name, dtype in engine.types(numbered_table).items() if name != FILE_ROW}
    rows = engine.count(numbered_table)
    if rows == 0:
        raise no_rows(request.file.name)
    numbers = {place: kind for place, dtype in enumerate(sql_types.values()) if (kind := _exact_number(dtype))}
    longs = [place for place, dtype in enumerate(sql_types.values()) if dtype == "BIGINT"]
    facts = _column_facts(numbered_table, column_types, numbers, longs, rows, engine)
    numbers |= dict.fromkeys(facts.cents, CENTS) | dict.fromkeys(facts.giants, "decimal")
    cell_sql = _cell_sql(column_types, numbers, facts.sums)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in cell_sql.items())
    typed_table = engine.view(f"SELECT {columns} FROM {numbered_table}")
    cells = engine.view(text_cells_sql(typed_table, len(column_types), numbers))
    return SheetCells(
        request.file.name,
        "",
        request.file.digest,
        tuple(column_types if labels is None else labels),
        1,
        cells,
        rows,
        notices=notices,
        has_padding=facts.has_padding,
        typed_cells=TypedCells(
            typed_table,
            numbers,
            cells,
            frozenset(facts.fine),
            facts.short,
            frozenset(facts.complete),
            numbered_table,
            cell_sql,
            facts.sums,
        ),
    )


def _exact_number(sql_type: str) -> str:
    """double, integer or decimal where the text of a stored number says exactly the number; '' for every other type."""
    if sql_type == "DOUBLE":
        return "double"
    if sql_type.startswith("DECIMAL"):
        return "decimal"
    return "integer" if sql_type in INTEGERS else ""


def _cell_sql(column_types: Mapping[str, str], numbers: Mapping[int, str], finite_places: Container[int]) -> dict[str, str]:
    """Column -> SQL over the stored rows: numbers as they are stored (NaN missing), other cells as text ('' where missing)."""
    columns = {"row": f"{quoted(FILE_ROW)} + {FIRST_ROW - 1}"}
    for place, (name, dtype) in enumerate(column_types.items()):
        column = quoted(name)
        if place in numbers:
            columns[f"n{place}"] = _number_sql(column, numbers[place], is_finite=place in finite_places)
        else:
            columns[f"c{place}"] = f"coalesce({_cell_text_sql(column, dtype)}, '')"
    return columns


def _number_sql(column: str, kind: str, *, is_finite: bool) -> str:
    if kind == "double" and not is_finite:  # looking takes as long as reading
        return f"CASE WHEN NOT isnan({column}) THEN {column} END"
    return f"CAST({column} AS {SHORT_CENTS_TYPE})" if kind == CENTS else column


def _column_facts(
    numbered_table: str,
    column_types: Mapping[str, str],
    numbers: Mapping[int, str],
    longs: Sequence[int],
    row_count: int,
    engine: Engine,
) -> ColumnFacts:
    """What one pass over all cells tells of the columns; damage is noticed here."""
    columns = dict(enumerate(map(quoted, column_types)))
    texts = [place for place, dtype in enumerate(column_types.values()) if dtype == "text" and place not in numbers]
    doubles = [place for place, kind in numbers.items() if kind == "double"]
    counts = {f"n{place}": f"count({column})" for place, column in columns.items()}
    counts |= {
        f"p{place}": count_where(f"{_is_in_cents(columns[place])} AND abs({columns[place]}) < {EXACT_CENTS}") for place in doubles
    }
    counts |= {f"p{place}": count_where(f"{columns[place]} NOT BETWEEN -{LARGEST_WHOLE} AND {LARGEST_WHOLE}") for place in longs}
    if len(texts) <= MANY_TEXTS:
        counts |= {f"p{place}": count_where(_has_blank_sql(columns[place])) for place in texts}
    counts |= _sums_sql({place: columns[place] for place in numbers})
    count_sql = ", ".join(f"{count} AS {name}" for name, count in counts.items())
    row = engine.collect(f"SELECT {count_sql} FROM {numbered_table}").iloc[0]
    cents = tuple(place for place in doubles if row[f"p{place}"] == row[f"n{place}"])
    fine = tuple(place for place in doubles if _is_mostly_fine(row[f"p{place}"], row[f"n{place}"]))
    short = _short_places(numbered_table, {place: columns[place] for place in doubles if place not in cents}, engine)
    giants = tuple(place for place in longs if row[f"p{place}"])
    complete = tuple(
        place for place in numbers if row[f"n{place}"] == row_count and (numbers[place] != "double" or place in cents)
    )  # a double that is not a number is missing
    has_padding = len(texts) > MANY_TEXTS or any(row[f"p{place}"] for place in texts)
    return ColumnFacts(has_padding, cents, fine, short, giants, complete, _sums(row, numbers))


def _sums_sql(columns: Mapping[int, str]) -> dict[str, str]:
    """SQL of what the numbers of each place add up to, as doubles, and of what their sizes do."""
    sums = {f"s{place}": f"sum(CAST({column} AS DOUBLE))" for place, column in columns.items()}
    return sums | {f"a{place}": f"sum(abs(CAST({column} AS DOUBLE)))" for place, column in columns.items()}


def _sums(row: pd.Series, places: Iterable[int]) -> dict[int, tuple[float, float]]:
    """The sums of a row of `_sums_sql`, 0 without numbers; not of a place with one that is not finite."""
    sums = {place: (float(row[f"s{place}"]), float(row[f"a{place}"])) for place in places if row[f"n{place}"]}
    empty = {place: (0.0, 0.0) for place in places if not row[f"n{place}"]}
    return {place: pair for place, pair in (sums | empty).items() if math.isfinite(pair[1])}


def _short_places(relation: str, doubles: Mapping[int, str], engine: Engine) -> frozenset[int]:
    """The places of the columns of doubles none of which is larger than SHORT_NUMBER; the statistics of a file tell."""
    if not doubles:
        return frozenset()
    extremes = ", ".join(f"min({column}) AS low{place}, max({column}) AS high{place}" for place, column in doubles.items())
    row = engine.collect(f"SELECT {extremes} FROM {relation}").iloc[0]
    return frozenset(place for place in doubles if -SHORT_NUMBER <= row[f"low{place}"] <= row[f"high{place}"] <= SHORT_NUMBER)


@dataclass(frozen=True)
class NumberFacts:
    """Of stored numbers the places of doubles most of which have more than two decimals, of short ones, of those all there.

    `sums`: place -> what its numbers add up to, and their sizes.
    """

    fine: frozenset[int]
    short: frozenset[int]
    complete: frozenset[int]
    sums: Mapping[int, tuple[float, float]]


def number_facts(typed_table: str, numbers: Mapping[int, str], engine: Engine) -> NumberFacts:
    """What two passes over the stored numbers of a sheet tell of them."""
    doubles = [place for place, kind in numbers.items() if STORED_KINDS[kind] == "double"]
    counts = [f"count(n{place}) AS n{place}" for place in numbers]
    counts += [f"{count_where(_is_in_cents(f'n{place}'))} AS p{place}" for place in doubles]
    counts += [f"{sql} AS {name}" for name, sql in _sums_sql({place: f"n{place}" for place in numbers}).items()]
    row = engine.collect(f"SELECT {', '.join(['count(*) AS row_count', *counts])} FROM {typed_table}").iloc[0]
    fine = frozenset(place for place in doubles if _is_mostly_fine(row[f"p{place}"], row[f"n{place}"]))
    short = _short_places(typed_table, {place: f"n{place}" for place in doubles}, engine)
    complete = frozenset(place for place in numbers if row[f"n{place}"] == row["row_count"])
    return NumberFacts(fine, short, complete, _sums(row, numbers))


def _is_mostly_fine(cents_count: int, number_count: int) -> bool:
    return cents_count < MOSTLY * number_count


def _is_in_cents(number: str) -> str:
    """Whether a double says exactly a number of two decimals; of numbers beyond 1e12 it may be denied."""
    return f"round({number} * 100) / 100 = {number}"


def _has_blank_sql(column: str) -> str:
    return " OR ".join(f"contains({column}, {literal(blank)})" for blank in BLANKS)


def text_cells_sql(typed_table: str, width: int, numbers: Mapping[int, str]) -> str:
    """The rows of a table of typed cells with every cell as text."""
    texts = ", ".join(
        f"{number_text_sql(f'n{place}', numbers[place])} AS c{place}" if place in numbers else f"c{place}"
        for place in range(width)
    )
    return f"SELECT row, {texts} FROM {typed_table}"


def number_text_sql(column: str, kind: str) -> str:
    """The text of a stored number, '' where it is missing."""
    number_text = f"CAST({column} AS VARCHAR)"
    if kind == CENTS:
        shorter_text = f"substr({number_text}, 1, length({number_text}) - CASE WHEN {column} % 1 <> 0 THEN 1 ELSE 3 END)"
        number_text = f"CASE WHEN {column} % 0.10 <> 0 THEN {number_text} ELSE {shorter_text} END"
    elif kind == CENTS_WITH_POINT:
        without_zero = f"substr({number_text}, 1, length({number_text}) - 1)"
        number_text = f"CASE WHEN suffix({number_text}, '0') THEN {without_zero} ELSE {number_text} END"
    elif kind == "double":
        number_text = _cell_text_sql(column, kind)
    return f"coalesce({number_text}, '')"


def number_from_text_sql(cell: str, kind: str) -> str:
    """The number of a kind that a text may be; whether it is says `number_text_sql`, which must give the text back."""
    number = f"TRY_CAST({cell} AS DOUBLE)"
    if kind == "integer":
        return f"CASE WHEN abs({number}) < {LARGEST_EXACT_INTEGER} THEN TRY_CAST({number} AS BIGINT) END"
    if STORED_KINDS[kind] == CENTS:
        return f"CAST(TRY_CAST({number} AS {TEXT_CENTS_TYPE}) AS {SHORT_CENTS_TYPE})"
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _cell_text_sql(column: str, dtype: str) -> str:
    if dtype == "double":
        is_whole = f"{column} = trunc({column}) AND abs({column}) < {LARGEST_EXACT_INTEGER}"
        number_text = f"CASE WHEN {is_whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        return f"CASE WHEN isnan({column}) THEN {literal('')} ELSE {number_text} END"
    if dtype == "date":
        return f"regexp_replace(CAST({column} AS VARCHAR), ' 00:00:00(\\+00)?$', '')"
    return f"CAST({column} AS VARCHAR)"
