"""Footnotes, sources and lines of databases among the rows of a sheet, recognised by wording and position."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ..meaning import official_codes as codes
from ..meaning.industries import industry
from ..meaning.notes import Candidate, is_marked, note_rows
from ..meaning.numbers import PLAIN_NUMBER
from ..meaning.unit_labels import units_below, units_in_cell
from ..read.sheet_cells import ExcludedRow
from ..records.scope_reasons import NOTE_ROW
from .text_columns import FILE_SPAN, ROW_FACTS, Sheet, value_column_indices


@dataclass(frozen=True)
class Notes:
    """Row ids of notes among the rows of the table, and among the rows that reading had put aside.

    `last_data_rows`: the id of the last row of data of each sheet (by number) that has notes.
    """

    rids: tuple[int, ...]
    excluded_rows: frozenset[int]
    last_data_rows: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitsInNotes:
    """The units that the notes of a sheet say in so many words: those between its rows, and those below them."""

    between: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


def fact_rows(all_rows: str, table: CanonicalTable, engine: Engine) -> str:
    """What is known of the rows of a text table of which anything is: rid, ROW_FACTS and the key, for a few of its rows."""
    columns = ", ".join(["rid", *ROW_FACTS, *map(quoted, _key_columns(all_rows, table, engine))])
    return engine.query(f"SELECT {columns} FROM {all_rows} WHERE aside IS NOT NULL OR lead IS NOT NULL OR marks <> ''")


def _key_columns(all_rows: str, table: CanonicalTable, engine: Engine) -> list[str]:
    types = engine.types(all_rows)
    return [key_column for key_column in table.key if key_column in types]


def note_rows_of(
    sheets: Sequence[Sheet], all_rows: str, row_facts: str, table: CanonicalTable, filled_down: Sequence[str], engine: Engine
) -> Notes:
    """The notes of all sheets of a source; `all_rows` is its text table, `row_facts` what is known of its rows."""
    key_columns = _key_columns(row_facts, table, engine)
    rows = engine.collect(f"SELECT * FROM {row_facts} WHERE lead IS NOT NULL AND aside IS NULL ORDER BY rid")
    if rows.empty and not any(_may_be_note(excluded_row) for sheet in sheets for excluded_row in sheet.cells.excluded_rows):
        return Notes((), frozenset())
    whole_key = "".join(f" AND {quoted(key_column)} IS NOT NULL" for key_column in key_columns if key_column not in filled_down)
    data_sql = (
        f"SELECT rid // {FILE_SPAN} AS number, coalesce(max(rid) FILTER (WHERE true{whole_key}), max(rid)) AS last "
        f"FROM {all_rows} WHERE lead IS NULL AND aside IS NULL GROUP BY 1"
    )
    last_rows = engine.collect(data_sql).set_index("number")["last"].to_dict()
    rids: list[int] = []
    set_aside_notes: set[int] = set()
    last_data_rows: dict[int, int] = {}
    for sheet in sheets:
        first_rid = sheet.sheet_number * FILE_SPAN
        sheet_rows = rows[(rows["rid"] >= first_rid) & (rows["rid"] < first_rid + FILE_SPAN)]
        ragged_rows = {
            first_rid + excluded_row.row: excluded_row for excluded_row in sheet.cells.excluded_rows if _may_be_note(excluded_row)
        }
        if sheet_rows.empty and not ragged_rows:
            continue
        candidates = [_candidate(excluded_row, key_columns, table) for excluded_row in sheet_rows.to_dict("records")]
        candidates += [
            Candidate(rid, excluded_row.cells, values=_has_numbers(excluded_row)) for rid, excluded_row in ragged_rows.items()
        ]
        has_values = bool(value_column_indices(sheet.header.positions, table))
        last_rid = int(last_rows.get(sheet.sheet_number, first_rid)) if has_values else _last_data_row(candidates)
        last_data_rows[sheet.sheet_number] = last_rid
        notes = note_rows(candidates, last_rid)
        rids += sorted(notes - ragged_rows.keys())
        set_aside_notes |= notes & ragged_rows.keys()
    return Notes(tuple(rids), frozenset(set_aside_notes), last_data_rows)


def units_in_notes(sheets: Sequence[Sheet], notes: Notes, row_facts: str, engine: Engine) -> dict[int, UnitsInNotes]:
    """The units in the notes of each sheet (by number)."""
    rids = ", ".join(map(str, notes.rids)) or "NULL"
    texts = engine.collect(f"SELECT rid, lead FROM {row_facts} WHERE rid IN ({rids}) ORDER BY rid")
    lines = [(int(rid), str(lead)) for rid, lead in texts.itertuples(index=False)]
    for sheet in sheets:
        first_rid = sheet.sheet_number * FILE_SPAN
        excluded_notes = [
            excluded_row
            for excluded_row in sheet.cells.excluded_rows
            if excluded_row.reason == NOTE_ROW or first_rid + excluded_row.row in notes.excluded_rows
        ]
        lines += [(first_rid + excluded_row.row, cell) for excluded_row in excluded_notes for cell in excluded_row.cells]
    units: dict[int, UnitsInNotes] = {}
    for rid, line in lines:
        sheet_number, line_units = rid // FILE_SPAN, units_below(line) or units_in_cell(line)
        sheet_units = units.get(sheet_number, UnitsInNotes())
        is_between = rid < notes.last_data_rows.get(sheet_number, 0)
        units[sheet_number] = (
            replace(sheet_units, between=(*sheet_units.between, *line_units))
            if is_between
            else replace(sheet_units, below=(*sheet_units.below, *line_units))
        )
    return units


def with_notes(sheet: Sheet, notes: frozenset[int]) -> Sheet:
    """The sheet with the rows that reading had put aside classified: a note is out of scope, not broken."""
    first_row = sheet.sheet_number * FILE_SPAN
    rows = tuple(
        replace(excluded_row, reason=NOTE_ROW, rule="")
        if first_row + excluded_row.row in notes and excluded_row.rule
        else excluded_row
        for excluded_row in sheet.cells.excluded_rows
    )
    return replace(sheet, cells=replace(sheet.cells, excluded_rows=rows))


def _may_be_note(excluded_row: ExcludedRow) -> bool:
    return excluded_row.reason == NOTE_ROW or bool(excluded_row.rule and excluded_row.cells)


def _has_numbers(excluded_row: ExcludedRow) -> bool:
    """Whether more than one cell is filled and one of the others is a number: data of the wrong width, not a note."""
    nonempty_cells = [cell.strip() for cell in excluded_row.cells if cell.strip()]
    return any(PLAIN_NUMBER.fullmatch(cell) for cell in nonempty_cells[1:])


def _candidate(text_row: Mapping[Hashable, object], key_columns: Sequence[str], table: CanonicalTable) -> Candidate:
    """A row without values: data all the same when all of its key cells stand for something that is known."""
    nonempty_cells = (str(text_row["lead"]), *["..."] * (int(str(text_row["filled"])) - 1))
    known_flags = [_is_known(key_column, text_row.get(key_column), table) for key_column in key_columns]
    return Candidate(
        int(str(text_row["rid"])),
        nonempty_cells,
        values=any(known_flags) and all(is_known is not False for is_known in known_flags),
    )


def _is_known(key_column: str, cell: object, table: CanonicalTable) -> bool | None:
    """Whether a key cell holds a code or year that is known; None for text of any kind."""
    if not isinstance(cell, str) or not cell:
        return False
    column = table.columns.get(key_column)
    if column is not None and column.code == "province":
        return codes.province(cell).code is not None
    if column is not None and column.code == "industry":
        return industry(cell, "").scope != "none"
    return None


def _last_data_row(candidates: Sequence[Candidate]) -> int:
    """The last row that does not begin as notes do, in a table that has no values to go by."""
    return max((candidate.row for candidate in candidates if not is_marked(candidate.cells[0])), default=0)
