"""The cells of a large text in a file of typed columns: numbers where their texts can be made of them again, to the character."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ....engines import Engine, literal
from ...layout.header_rows import canonical_name, known_labels
from ...layout.row_ids import id_set
from ...layout.text_columns import takes_stored_numbers
from ..reader import SheetRequest
from ..sheet_cells import TypedCells
from ..typed_cells_text import (
    STORED_KINDS,
    TEXT_PATTERNS,
    number_facts,
    number_from_text_sql,
    number_text_sql,
    text_cells_sql,
)

UNLIKE = "unlike"


@dataclass(frozen=True)
class TextRows:
    """Relations of `row`, c0, c1 ... as text: all rows, and some from which to guess; ids of rows that are no records.

    `read_places`: columns that the relation of all rows has as the numbers that they say, n2 ..., each text given back by its.
    """

    relation: str
    sample: str
    column_count: int
    excluded_ids: Collection[int] = ()
    read_places: Collection[int] = ()


def number_places(labels: Sequence[str], request: SheetRequest) -> list[int]:
    """The columns whose cells may be stored as the numbers that they say."""
    source, table = request.source, request.table
    if source.fill_down or source.decimal != ".":
        return []
    column_by_label = known_labels(source, table)
    names = [canonical_name(label, column_by_label, table) for label in labels]
    return [place for place, name in enumerate(names) if name is not None and takes_stored_numbers(name, source, table)]


def typed_text_cells(text_rows: TextRows, numbers: Mapping[int, str], engine: Engine) -> TypedCells:
    """The cells as they are stored from now on; of a column whose numbers are not all printed in one way, the texts.

    `numbers`: place -> the kind of number of a column, by the sample.
    """
    table = _stored_cells(text_rows, numbers, engine)
    if unlike_places := _unlike_places(table, engine):
        engine.drop([table])
        alike = {place: kind for place, kind in numbers.items() if place not in unlike_places}
        numbers = alike | number_kinds(text_rows.relation, unlike_places, engine)
        table = _stored_cells(text_rows, numbers, engine)
    facts = number_facts(table, numbers, engine)
    text_table = engine.view(text_cells_sql(table, text_rows.column_count, numbers))
    return TypedCells(table, numbers, text_table, facts.fine, facts.short, facts.complete, sums=facts.sums)


def number_kinds(relation: str, places: Collection[int], engine: Engine) -> dict[int, str]:
    """Place -> the first kind of number whose texts are all those of the column; a column of other texts has none."""
    if not places:
        return {}
    tests = {
        (place, kind): f"coalesce(bool_and({number_text_sql(number_from_text_sql(f'c{place}', kind), kind)} = c{place}), true)"
        for place in places
        for kind in STORED_KINDS
    }
    results = engine.collect(f"SELECT {', '.join(tests.values())} FROM {relation}").iloc[0]
    kinds = [column_kind for column_kind, is_kind in zip(tests, results) if is_kind]
    return dict(reversed(kinds))


def plain_kinds(sample: str, numbers: Mapping[int, str], engine: Engine) -> dict[int, str]:
    """Those kinds of number whose plain texts are all that the sample has of the column."""
    if not numbers:
        return {}
    patterns = {place: literal(_cell_pattern(kind)) for place, kind in numbers.items()}
    tests = (f"coalesce(bool_and(regexp_full_match(c{place}, {pattern})), false)" for place, pattern in patterns.items())
    results = engine.collect(f"SELECT {', '.join(tests)} FROM {sample}").iloc[0]
    return {place: kind for (place, kind), is_plain in zip(numbers.items(), results) if is_plain}


def line_pattern(plain_kinds: Mapping[int, str], column_count: int, delimiter: str) -> str:
    """A regular expression of lines whose cells are plain texts of numbers where these have a kind."""
    cells = (_cell_pattern(plain_kinds[place]) if place in plain_kinds else f"[^{delimiter}]*" for place in range(column_count))
    return re.escape(delimiter).join(cells)


def _cell_pattern(kind: str) -> str:
    return f"({TEXT_PATTERNS[kind]})?"


def _stored_cells(text_rows: TextRows, numbers: Mapping[int, str], engine: Engine) -> str:
    """The rows with numbers in the place of texts; in UNLIKE the places of cells whose text the number does not give back."""
    places = range(text_rows.column_count)
    unread = {place: kind for place, kind in numbers.items() if place not in text_rows.read_places}
    read_numbers = [f"{number_from_text_sql(f'c{place}', kind)} AS n{place}" for place, kind in unread.items()]
    is_alike = {place: f"{number_text_sql(f'n{place}', kind)} = c{place}" for place, kind in unread.items()}
    unlike_cells = ", ".join(f"CASE WHEN NOT ({test}) THEN '{place}' END" for place, test in is_alike.items())
    unlike = f"CASE WHEN NOT ({' AND '.join(is_alike.values()) or 'true'}) THEN concat_ws(',', {unlike_cells or 'NULL'}) END"
    cells = [f"n{place}" if place in numbers else f"c{place}" for place in places]
    is_record = f"WHERE row NOT IN {id_set(text_rows.excluded_ids, engine)}" if text_rows.excluded_ids else ""
    rows = f"SELECT {', '.join(['*', *read_numbers])} FROM {text_rows.relation} {is_record}"
    return engine.store(f"SELECT row, {', '.join(cells)}, {unlike} AS {UNLIKE} FROM ({rows})", engine.new_name())


def _unlike_places(table: str, engine: Engine) -> set[int]:
    texts = engine.collect(f"SELECT DISTINCT {UNLIKE} AS places FROM {table} WHERE {UNLIKE} IS NOT NULL")["places"]
    return {int(place) for place_list in texts for place in place_list.split(",")}
