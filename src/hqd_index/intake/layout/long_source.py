"""What a long source is read with, and what its columns are called while it is made wide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine
from ...study.records import Reshape, Source
from ..cells.column_reading import NumberType

NAME_COLUMN, VALUE_COLUMN, UNIT_COLUMN = "reshape_name", "reshape_value", "reshape_unit"
Limits = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class LongSource:
    """What a long source is read with."""

    reshape: Reshape
    source: Source
    table: CanonicalTable
    number_type: NumberType
    limits: Limits
    files: pd.DataFrame
    engine: Engine
    location: str

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(self.reshape.columns.values()))
