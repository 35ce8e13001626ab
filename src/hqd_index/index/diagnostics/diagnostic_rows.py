"""Values by node that the diagnostics look at, and the rows that report them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..index_tables import Index
from ..score_panel import Row
from .diagnostic_notes import note

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Nodes:
    """Values (T, U) of every node of sample `all`, leaves normalised; tables of several nodes over unit-years or unit means."""

    index: Index
    values: Mapping[str, Array]

    def pooled(self, nodes: Sequence[str]) -> Array:
        return np.stack([self.values[node].ravel() for node in nodes], axis=-1)

    def unit_means(self, nodes: Sequence[str]) -> Array:
        node_values = np.stack([self.values[node] for node in nodes], axis=-1)
        count = (~np.isnan(node_values)).sum(axis=0)
        return np.where(count > 0, np.nansum(node_values, axis=0) / np.maximum(count, 1), np.nan)


def row(
    item: str, node: str, quantity: str, statistic: float, *, other_node: str = "", flag_code: str = "", **row_facts: object
) -> Row:
    """`flag_code` is kept only if it is a code (I-...); any other key of NOTES is a note without a flag."""
    zh, en = note(flag_code, other=other_node, **row_facts)
    code = flag_code if flag_code.startswith("I-") else ""
    row_head = {"item": item, "node": node, "other": other_node, "quantity": quantity, "value": float(statistic)}
    return row_head | {"flag": code, "note_zh": zh, "note_en": en}
