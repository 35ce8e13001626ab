"""How the columns of one source are read: units, shifts, SQL of numbers; and what reading gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal
from ...study.records import Reshape, Source
from ..layout.text_columns import FILE_SPAN
from ..records.intake_notice import Notice
from .column_units import ColumnUnits

Exact = Literal["decimal", "double"]
Shifts = Mapping[str, Mapping[int, int]]
"""Column -> sheet -> the power of ten that leads from the printed unit to the column's."""
SQL_TYPES = {"decimal": "DECIMAL(28,8)", "double": "DOUBLE", "date": "DATE", "flag": "BOOLEAN", "text": "VARCHAR"}
COMMA_DECIMAL = r"[-+]?([0-9]{1,3}([. ][0-9]{3})+|[0-9]+)(,[0-9]+)?"
SCIENTIFIC = r"^[-+]?[0-9]*[.]?[0-9]*[eE][-+]?[0-9]{1,3}$"


@dataclass(frozen=True)
class ParsedSource:
    """A source read: its text columns, its typed columns (both by `rid`), findings and rows out of scope (rid, reason).

    `members` (rid, member) names the raw rows of each row where several made one; `code_scope` are rows whose code is right but
    out of scope, after the study's own filters; `notes` are rows set aside in reading that are notes; `shifts` are powers of
    ten by column and sheet; `repairs` say which cells are not as printed; `units_in_notes` by sheet.
    """

    text: str
    typed: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    members: str | None = None
    code_scope: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["rid", "reason"]))
    notes: frozenset[int] = frozenset()
    shifts: Shifts = field(default_factory=dict)
    repairs: tuple[SourceRepairs, ...] = ()
    units_in_notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnReading:
    """What parsing one source needs to know at every step."""

    source: Source
    table: CanonicalTable
    exact: Exact
    present: tuple[str, ...]
    units: ColumnUnits
    engine: Engine

    def is_numeric(self, name: str) -> bool:
        return self.table.columns[name].dtype in ("number", "integer")

    def number(self, name: str, text: str, rid: str = "rid") -> str:
        """SQL of the number in a cell, in the column's unit; NULL for what is not a plain finite number."""
        exact: Exact = "decimal" if self.table.columns[name].dtype == "integer" else self.exact
        cell = comma_decimal_sql(text) if self.source.decimal == "," else text
        return number_by_sheet_sql(cell, rid, self.units.shifts(name), exact)

    def meant(self, name: str, cell: str) -> str:
        """SQL of a cell of a number column with the study's `values` in the place of texts."""
        return replaced_sql(cell, self.source.values.get(name, {}))


@dataclass(frozen=True)
class SourceRepairs:
    """What happened to the cells of one source: its text rows with all that is known of each, before and after filling down.

    Beside them the typed rows, the readings of coded columns and those that were repairs, conversions (text, number, sheet).
    `queries` are SQL of repairs that a layout made: rid, column, kind, before, after; `layout` is the study's word on it.
    """

    all_rows: str
    printed: str
    text: str
    typed: str
    reading: ColumnReading
    codes_by_column: Mapping[str, str]
    repaired: tuple[str, ...]
    conversions: Mapping[str, pd.DataFrame]
    queries: tuple[str, ...] = ()
    layout: Reshape | None = None


def number_sql(text: str, shift: int, exact: Exact) -> str:
    """The number in a text column times 10^shift, rounded once; NULL for what is not a plain finite number."""
    sql_type = SQL_TYPES[exact]
    plain_number = f"TRY_CAST({text} || 'e{shift}' AS {sql_type})"
    if exact == "double":
        scaled = f"TRY_CAST({text} AS DOUBLE) * 1e{shift}" if shift >= 0 else f"TRY_CAST({text} AS DOUBLE) / 1e{-shift}"
        plain_number = f"(CASE WHEN isfinite({plain_number}) THEN {plain_number} END)"
        scaled = f"CASE WHEN isfinite({scaled}) THEN {scaled} END"
    else:
        scaled = f"TRY_CAST(CAST(TRY_CAST({text} AS DECIMAL(38,10)) AS VARCHAR) || 'e{shift}' AS {sql_type})"
    scientific = f"CASE WHEN regexp_matches({text}, '{SCIENTIFIC}') THEN {scaled} END"
    return f"CASE WHEN {_cast_as_meant(text)} THEN coalesce({plain_number}, {scientific}) END"


def _cast_as_meant(text: str) -> str:
    """False for the texts that the engine's own cast takes for numbers and a person does not: 1_0, +-1, a control in front."""
    return f"NOT contains({text}, '_') AND NOT starts_with({text}, '+-') AND unicode({text}) > 32"


def number_by_sheet_sql(text: str, rid: str, shifts: Mapping[int, int], exact: Exact) -> str:
    """The number under the power of ten of the sheet that its row is of; one expression where all sheets agree."""
    powers = sorted(set(shifts.values()) or {0})
    if len(powers) == 1:
        return number_sql(text, powers[0], exact)
    cases = []
    for power in powers:
        sheet_numbers = ", ".join(str(number) for number, shift in sorted(shifts.items()) if shift == power)
        cases.append(f"WHEN {rid} // {FILE_SPAN} IN ({sheet_numbers}) THEN {number_sql(text, power, exact)}")
    return f"CASE {' '.join(cases)} END"


def replaced_sql(cell: str, values: Mapping[str, str]) -> str:
    """The cell with the study's `values` in the place of exact texts; '' becomes missing."""
    if not values:
        return cell
    cases = " ".join(f"WHEN {literal(text)} THEN {literal(meaning) if meaning else 'NULL'}" for text, meaning in values.items())
    return f"CASE {cell} {cases} ELSE {cell} END"


def comma_decimal_sql(cell: str) -> str:
    """A number with a decimal comma as one with a point; NULL for a text of another form, which a point would misread."""
    with_point = f"replace(replace(replace({cell}, '.', ''), ' ', ''), ',', '.')"
    return f"CASE WHEN regexp_full_match({cell}, {literal(COMMA_DECIMAL)}) THEN {with_point} END"
