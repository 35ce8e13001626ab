"""What every step of reading one table needs."""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import CanonicalTable
from ..engines import Engine
from ..progress import Counter
from ..study.records import Study
from .cells.column_reading import NumberType


@dataclass(frozen=True)
class TableStep:
    """What every step of one table needs."""

    study: Study
    name: str
    table: CanonicalTable
    number_type: NumberType
    engine: Engine
    needed_columns: frozenset[str]
    is_single_source: bool  # one source gives the table, so each of its files must hold what the study computes with
    files_read: Counter | None = None
    first_rows: int | None = None  # of each sheet, where the rest is not looked at
    is_stored_once: bool = False  # its rows are stored when they are judged, so that those before need not be held
