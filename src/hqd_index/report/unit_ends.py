"""What is shown of many units: the first and the last of a ranking, and where all are."""

from __future__ import annotations

import pandas as pd

from .bilingual import BLANK_TEXT, Bilingual
from .wording import wording

MANY_UNITS = 100
"""Units up to which a figure, a page and a table of the paper show every one."""
ENDS = 25
"""Units at either end of a ranking that are shown of many."""


def is_many(units: int) -> bool:
    """Whether so many units are shown by the ends of their ranking only."""
    return units > MANY_UNITS


def end_rows(ranked_rows: pd.DataFrame) -> pd.DataFrame:
    """The first and the last rows of a ranking of many units (one row each); all rows of few."""
    return pd.concat([ranked_rows.head(ENDS), ranked_rows.tail(ENDS)]) if is_many(len(ranked_rows)) else ranked_rows


def ends_note(units: int, table: str) -> Bilingual:
    """What is left out, and where all are; blank for few units."""
    if not is_many(units):
        return BLANK_TEXT
    return wording("grids.ends", units=units, ends=ENDS, table=table)


def with_ends_note(note: Bilingual, units: int, table: str) -> Bilingual:
    """A note followed by what is left out."""
    ends = ends_note(units, table)
    if not ends.zh:
        return note
    return Bilingual(f"{note.zh}{ends.zh}", f"{note.en} {ends.en}".strip())
