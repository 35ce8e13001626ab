"""What a list could not hold, why, and what would mend it: rows of table not_made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

COLUMNS = ("table", "reason_zh", "reason_en", "mend_zh", "mend_en")


@dataclass(frozen=True)
class Absence:
    """A table, why something of it is missing, and what would make it, each as (zh, en)."""

    table: str
    reason: tuple[str, str]
    mend: tuple[str, str]


def absence_rows(absences: Iterable[Absence]) -> pd.DataFrame:
    """One row each, none twice."""
    rows = [(absence.table, *absence.reason, *absence.mend) for absence in absences]
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates(ignore_index=True)
