"""Rows of a table by their ids: those among some, and those that remain without them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...engines import Engine

LISTED_IDS = 2_000
"""So many are written into a query: a list, unlike a table, is compared before the texts of a row are made; a long one takes
the engine as long to read as rows take to compare."""


def id_set(ids: Collection[int], engine: Engine) -> str:
    """SQL of a set of row ids, for IN and NOT IN."""
    distinct = distinct_ids(ids)
    if not len(distinct) or len(distinct) > LISTED_IDS:
        return f"(SELECT id FROM {engine.scan(pd.DataFrame({'id': distinct}))})"
    return f"({', '.join(map(str, distinct.tolist()))})"


def distinct_ids(ids: Collection[int]) -> NDArray[np.int64]:
    """The ids in their order, each once; numpy's own `unique` takes eight times as long."""
    return np.sort(pd.unique(np.asarray(ids if isinstance(ids, pd.Series) else list(ids), dtype="int64")))


def without_rows(row_table: str, rids: pd.Series, engine: Engine) -> str:
    """A view of the rows whose id is not among those given."""
    if rids.empty:
        return row_table
    excluded_rids = engine.scan(pd.DataFrame({"rid": rids.drop_duplicates().astype("int64")}))
    return engine.view(
        f"SELECT * FROM {row_table} WHERE rid NOT IN (SELECT rid FROM {excluded_rids})"
    )  # an anti join would hash the wide rows
