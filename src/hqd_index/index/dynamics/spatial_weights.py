"""Weights between units that are alike in an economic quantity, alone or joined with where they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...methods.column_statistics import differ
from .moran import Weights

Array = NDArray[np.float64]


def economic_weights(levels: Array) -> Array:
    """w_ij = 1 / |y_i - y_j| (n, n) of a positive or negative quantity (n,), zero diagonal, not yet row-standardised.

    A unit without a level has no links. Two units with the same level are refused: their weight has no value.
    """
    gaps = np.abs(levels[:, None] - levels[None, :])
    is_different = differ(np.minimum(levels[:, None], levels[None, :]), np.maximum(levels[:, None], levels[None, :]))
    twins = np.argwhere(np.triu(~is_different & ~np.isnan(gaps), 1))
    if len(twins):
        raise TwinLevels(tuple(twins[0].tolist()))
    return np.where(is_different, 1 / np.where(is_different, gaps, 1.0), 0.0)


def nested_weights(geographic: Array, levels: Array) -> Array:
    """w_ij = g_ij / |y_i - y_j|: geographic weights (n, n) times those of economic distance, zero diagonal."""
    return (geographic - np.diag(np.diag(geographic))) * economic_weights(levels)


class TwinLevels(EstimationError):
    """Two units with the same level; `places` are positions, named by whoever knows the names."""

    def __init__(self, places: tuple[int, ...], names: Sequence[str] = ()) -> None:
        self.places = places
        pair = ", ".join(str(names[i]) if names else str(i + 1) for i in places)
        super().__init__(
            f"{pair} have the same level, so that 1 / |y_i - y_j| has no value; use another quantity",
            zh=f"{pair} 的水平相同,1/|y_i - y_j| 没有定义;请改用其他变量",
        )


def mean_levels(panel: pd.DataFrame, column: str, units: Sequence[str]) -> Array:
    """Mean of a column of the panel over the years (n,), sample `all`; EstimationError where the panel has no such column."""
    if column not in panel:
        raise EstimationError(f"the panel has no indicator {column!r}", zh=f"面板中没有指标 {column!r}")
    rows = panel[panel["sample"] == "all"]
    means = rows.groupby(rows["unit"].astype(str))[column].mean()
    return means.reindex(list(units)).to_numpy(np.float64)


def economic_links(panel: pd.DataFrame, column: str, units: Sequence[str], geographic: Weights | None) -> Weights:
    """W of economic distance in `column`, or with `geographic` the nested one; units that either leaves out are not linked."""
    levels = mean_levels(panel, column, units)
    is_linked = ~np.isnan(levels)
    try:
        matrix = economic_weights(levels) if geographic is None else nested_weights(geographic.matrix, levels)
    except TwinLevels as fault:
        raise TwinLevels(fault.places, units) from None
    return Weights(matrix, is_linked if geographic is None else is_linked & geographic.is_linked)
