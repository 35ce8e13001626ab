"""How the columns of one source are read: units, shifts, SQL of numbers; and what reading gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, literal
from ...study.records import Reshape, Source
from ..layout.note_rows import UnitsInNotes
from ..layout.sheet_texts import SheetTexts
from ..layout.text_columns import FILE_SPAN
from ..read.typed_cells_text import CENTS, CENTS_TYPE, EXACT_CENTS, SHORT_CENTS_TYPE, number_text_sql
from ..records.intake_notice import Notice
from .column_units import ColumnUnits

NumberType = Literal["decimal", "double"]
Shifts = Mapping[str, Mapping[int, int]]
"""Column -> sheet -> the power of ten that leads from the printed unit to the column's."""
SQL_TYPES = {"decimal": "DECIMAL(28,8)", "double": "DOUBLE", "date": "DATE", "flag": "BOOLEAN", "text": "VARCHAR"}
DECIMAL = SQL_TYPES["decimal"]
SHORT_DECIMAL = "DECIMAL(18,8)"  # held as one whole number, in half the time and room
WHOLE = "BIGINT"
EXACT_FINE = "6e7"
"""Below 2^26 doubles are closer than numbers of 8 decimals: one that comes back is what it says."""
LARGEST_POWER = 8
COMMA_DECIMAL = r"[-+]?([0-9]{1,3}([. ][0-9]{3})+|[0-9]+)(,[0-9]+)?"
SCIENTIFIC = r"^[-+]?[0-9]*[.]?[0-9]*[eE][-+]?[0-9]{1,3}$"


@dataclass(frozen=True)
class SharedRows:
    """Raw rows that several rows have in common: pairs (rid, member), and the ids of all such rows."""

    pairs: str
    rows: str


@dataclass(frozen=True)
class JoinedRows:
    """Raw rows that gave columns to the rows of another source: pairs (rid, member), and these columns."""

    pairs: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ParsedSource:
    """A source read: its text columns, its typed columns (both by `rid`), findings and rows out of scope (rid, reason).

    `members` (rid, member, column) names the raw rows of each row where several made one, and the column where one holds but
    that; `column_sources` the rows that gave a row columns of another source; `code_scope` are rows whose code is right but out
    of scope, after the study's own filters; `notes` are rows set aside in reading that are notes; `shifts` are powers of ten by
    column and sheet; `repairs` say which cells are not as printed; `units_in_notes` by sheet; `sheet_texts` print some of the
    rows, where `text_rows` are the cells of the sheets as they are.
    """

    text_rows: str
    typed_rows: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    members: str | None = None
    shared: SharedRows | None = None
    column_sources: tuple[JoinedRows, ...] = ()
    code_scope: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["rid", "reason"]))
    notes: frozenset[int] = frozenset()
    shifts: Shifts = field(default_factory=dict)
    repairs: tuple[SourceRepairs, ...] = ()
    units_in_notes: Mapping[int, UnitsInNotes] = field(default_factory=dict)
    sheet_texts: SheetTexts | None = None


@dataclass(frozen=True)
class ColumnReading:
    """What parsing one source needs to know at every step.

    `stored_numbers`: number column -> how all its sheets store it; `stored_rows` are the text rows with these columns beside;
    `fine_numbers` those of them that take their text to be read, `short_numbers` those with decimals and without large ones;
    `is_held`: whether many typed rows are written to a file once, or read from their source by every pass.
    """

    source: Source
    table: CanonicalTable
    number_type: NumberType
    present_columns: tuple[str, ...]
    units: ColumnUnits
    engine: Engine
    stored_numbers: Mapping[str, str] = field(default_factory=dict)
    stored_rows: str = ""
    fine_numbers: frozenset[str] = frozenset()
    short_numbers: frozenset[str] = frozenset()
    row_count: int = 0
    is_held: bool = True

    def is_numeric(self, column_name: str) -> bool:
        return self.table.columns[column_name].dtype in ("number", "integer")

    def number_sql(self, column_name: str, text_rows: str, rid: str = "rid") -> str:
        """SQL of the number in a cell, in the column's unit; NULL for what is not a plain finite number."""
        number_type: NumberType = "decimal" if self.table.columns[column_name].dtype == "integer" else self.number_type
        cell = comma_decimal_sql(text_rows) if self.source.decimal == "," else text_rows
        return number_by_sheet_sql(cell, rid, self.units.shifts(column_name), number_type)

    def is_stored(self, column_name: str) -> bool:
        """Whether the numbers of a column are taken as they are stored; texts of them are read where any power divides them."""
        powers = set(self.units.shifts(column_name).values()) or {0}
        is_decimal = self.number_type == "decimal" or self.table.columns[column_name].dtype == "integer"
        return (
            column_name in self.stored_numbers and len(powers) == 1 and 0 <= min(powers) <= (LARGEST_POWER if is_decimal else 0)
        )

    def has_few_decimals(self, column_name: str) -> bool:
        """Whether every number of a column is stored as a whole number or with two decimals, and so read without loss."""
        kind = self.stored_numbers.get(column_name)
        return kind in ("integer", CENTS) and self.is_stored(column_name) and not any(self.units.shifts(column_name).values())

    def reads_every_number(self, column_name: str) -> bool:
        """Whether no number of a column is too large, or otherwise unfit, to be read."""
        powers = self.units.shifts(column_name).values()
        is_short = self.is_stored(column_name) and column_name in self.short_numbers and not any(powers)
        return is_short or self.has_few_decimals(column_name)

    def is_whole(self, column_name: str) -> bool:
        """Whether a column of whole numbers is stored as such, in its own unit."""
        kind, dtype = self.stored_numbers.get(column_name), self.table.columns[column_name].dtype
        return kind == "integer" and dtype == "integer" and self.has_few_decimals(column_name)

    def is_exact(self, column_name: str) -> bool:
        """Whether a column is stored in the numbers that the table keeps, so that reading it again costs next to nothing."""
        return self.is_stored(column_name) and (self.number_type == "double" or column_name not in self.fine_numbers)

    def stored_number_sql(self, column_name: str, number: str) -> str:
        """SQL of a stored number in the column's unit: what `number_sql` makes of its text, to the last digit."""
        power = max({*self.units.shifts(column_name).values(), 0})
        if self.number_type == "double" and self.table.columns[column_name].dtype != "integer":
            is_finite = f"isfinite({number})" if self.stored_numbers[column_name] == "double" else "true"
            return f"CASE WHEN {is_finite} THEN CAST({number} AS DOUBLE) + 0 END"
        if self.has_few_decimals(column_name):
            return f"CAST({number} AS {self._exact_type(column_name)})"
        if self.stored_numbers[column_name] != "double":
            return _scaled_decimal(f"TRY_CAST({number} AS {DECIMAL})", power)
        text_sql = f"NULLIF({number_text_sql(number, 'double')}, '')"  # made for the few that need it
        decimal = SHORT_DECIMAL if column_name in self.short_numbers and not power else DECIMAL
        cents, fine = f"TRY_CAST({number} AS DECIMAL(18,2))", f"TRY_CAST({number} AS {decimal})"
        return (
            f"CASE WHEN abs({number}) < {EXACT_CENTS} AND CAST({cents} AS DOUBLE) = {number} "
            f"THEN {_scaled_decimal(f'CAST({cents} AS {decimal})', power)} "
            f"WHEN abs({number}) < {EXACT_FINE} AND CAST({fine} AS DOUBLE) = {number} THEN {_scaled_decimal(fine, power)} "
            f"ELSE CAST({self.number_sql(column_name, text_sql, 't.rid')} AS {decimal}) END"
        )

    def _exact_type(self, column_name: str) -> str:
        """The type of a column with few decimals: the narrowest that takes all its numbers, as every pass converts them."""
        if self.is_whole(column_name):
            return WHOLE
        if self.stored_numbers[column_name] != CENTS:
            return DECIMAL
        return SHORT_CENTS_TYPE if column_name in self.short_numbers else CENTS_TYPE

    def meaning_sql(self, column_name: str, cell: str) -> str:
        """SQL of a cell of a number column with the study's `values` in the place of texts."""
        return replaced_sql(cell, self.source.values.get(column_name, {}))


@dataclass(frozen=True)
class SourceRepairs:
    """What happened to the cells of one source: what is known of its rows, its text rows before and after filling down.

    Beside them the typed rows, the readings of coded columns and those that were repairs, conversions (text, number, sheet).
    `queries` are SQL of repairs that a layout made: rid, column, kind, before, after; `layout` is the study's word on it.
    """

    row_facts: str
    printed_rows: str
    text_rows: str
    typed_rows: str
    column_reading: ColumnReading
    codes_by_column: Mapping[str, str]
    repaired_columns: tuple[str, ...]
    conversions: Mapping[str, pd.DataFrame]
    queries: tuple[str, ...] = ()
    layout: Reshape | None = None


def _scaled_decimal(decimal_sql: str, power: int) -> str:
    return f"TRY_CAST({decimal_sql} * {10**power} AS {DECIMAL})" if power else decimal_sql


def number_sql(text_sql: str, power_of_ten: int, number_type: NumberType) -> str:
    """The number in a text column times 10^shift, rounded once; NULL for what is not a plain finite number."""
    sql_type = SQL_TYPES[number_type]
    plain_number = f"TRY_CAST({text_sql} || 'e{power_of_ten}' AS {sql_type})"
    if number_type == "double":
        scaled_sql = (
            f"TRY_CAST({text_sql} AS DOUBLE) * 1e{power_of_ten}"
            if power_of_ten >= 0
            else f"TRY_CAST({text_sql} AS DOUBLE) / 1e{-power_of_ten}"
        )
        plain_number = f"(CASE WHEN isfinite({plain_number}) THEN {plain_number} END)"
        scaled_sql = f"CASE WHEN isfinite({scaled_sql}) THEN {scaled_sql} END"
    else:
        scaled_sql = f"TRY_CAST(CAST(TRY_CAST({text_sql} AS DECIMAL(38,10)) AS VARCHAR) || 'e{power_of_ten}' AS {sql_type})"
    scientific = f"CASE WHEN regexp_matches({text_sql}, '{SCIENTIFIC}') THEN {scaled_sql} END"
    return f"CASE WHEN {_text_without_sign(text_sql)} THEN coalesce({plain_number}, {scientific}) END"


def _text_without_sign(text_sql: str) -> str:
    """False for the texts that the engine's own cast takes for numbers and a person does not: 1_0, +-1, a control in front."""
    return f"NOT contains({text_sql}, '_') AND NOT starts_with({text_sql}, '+-') AND unicode({text_sql}) > 32"


def number_by_sheet_sql(text_sql: str, rid: str, shifts: Mapping[int, int], number_type: NumberType) -> str:
    """The number under the power of ten of the sheet that its row is of; one expression where all sheets agree."""
    powers = sorted(set(shifts.values()) or {0})
    if len(powers) == 1:
        return number_sql(text_sql, powers[0], number_type)
    when_clauses = []
    for power in powers:
        sheet_numbers = ", ".join(
            str(sheet_number) for sheet_number, power_of_ten in sorted(shifts.items()) if power_of_ten == power
        )
        when_clauses.append(f"WHEN {rid} // {FILE_SPAN} IN ({sheet_numbers}) THEN {number_sql(text_sql, power, number_type)}")
    return f"CASE {' '.join(when_clauses)} END"


def replaced_sql(cell: str, replacements: Mapping[str, str]) -> str:
    """The cell with the study's `replacements` in the place of exact texts; '' becomes missing."""
    if not replacements:
        return cell
    when_clauses = " ".join(
        f"WHEN {literal(wording)} THEN {literal(meaning) if meaning else 'NULL'}" for wording, meaning in replacements.items()
    )
    return f"CASE {cell} {when_clauses} ELSE {cell} END"


def comma_decimal_sql(cell: str) -> str:
    """A number with a decimal comma as one with a point; NULL for a text of another form, which a point would misread."""
    point_decimal_sql = f"replace(replace(replace({cell}, '.', ''), ' ', ''), ',', '.')"
    return f"CASE WHEN regexp_full_match({cell}, {literal(COMMA_DECIMAL)}) THEN {point_decimal_sql} END"
