"""How the columns of one source are read: units, shifts, SQL of numbers; and what reading gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine
from ...study.records import Source
from ..records.intake_notice import Notice

Exact = Literal["decimal", "double"]
SQL_TYPES = {"decimal": "DECIMAL(28,8)", "double": "DOUBLE", "date": "DATE", "flag": "BOOLEAN", "text": "VARCHAR"}
SCIENTIFIC = r"^[-+]?[0-9]*[.]?[0-9]*[eE][-+]?[0-9]{1,3}$"


@dataclass(frozen=True)
class ParsedSource:
    """A source read: its text columns, its typed columns (both by `rid`), findings and rows out of scope (rid, reason).

    `members` (rid, member) names the raw rows of each row where several made one.
    """

    text: str
    typed: str
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    members: str | None = None


@dataclass(frozen=True)
class ColumnReading:
    """What parsing one source needs to know at every step."""

    source: Source
    table: CanonicalTable
    exact: Exact
    present: tuple[str, ...]
    units: Mapping[str, str]
    shifts: Mapping[str, int]
    engine: Engine

    def is_numeric(self, name: str) -> bool:
        return self.table.columns[name].dtype in ("number", "integer")

    def number(self, name: str, text: str) -> str:
        exact: Exact = "decimal" if self.table.columns[name].dtype == "integer" else self.exact
        return number_sql(text, self.shifts.get(name, 0), exact)


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
    return f"CASE WHEN NOT contains({text}, '_') THEN coalesce({plain_number}, {scientific}) END"
