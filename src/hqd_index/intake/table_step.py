"""What every step of reading one table needs."""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import CanonicalTable
from ..engines.duckdb import Engine
from ..study.records import Study
from .cells.column_reading import Exact


@dataclass(frozen=True)
class TableStep:
    """What every step of one table needs."""

    study: Study
    name: str
    table: CanonicalTable
    exact: Exact
    engine: Engine
    needed: frozenset[str]
    single: bool  # one source gives the table, so each of its files must hold what the study computes with
    first_rows: int | None = None  # of each sheet, where the rest is not looked at
