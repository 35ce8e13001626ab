"""Scores and densities as arrays by unit and year, for what is compared over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreCube:
    """Scores of all firms, (nodes, units, years), NaN where there is none."""

    nodes: tuple[str, ...]
    units: tuple[str, ...]
    years: NDArray[np.int64]
    values: Array

    def grid(self, frame: pd.DataFrame, column: str) -> Array:
        """A column by unit and year on the cube's units and years."""
        wide = frame.pivot(index="unit", columns="year", values=column)
        return wide.reindex(index=list(self.units), columns=list(self.years)).to_numpy(dtype=float)

    def on(self, other: ScoreCube) -> Array:
        """The first node's scores on the units and years of another cube."""
        wide = pd.DataFrame(self.values[0], index=list(self.units), columns=self.years.tolist())
        return wide.reindex(index=list(other.units), columns=other.years.tolist()).to_numpy(dtype=float)


def score_cube(scores: pd.DataFrame, nodes: Sequence[str], sample: str = "all") -> ScoreCube | None:
    """The cube of the nodes in a sample; None without scores."""
    rows = scores[(scores["sample"] == sample) & scores["node"].isin(list(nodes))].dropna(subset=["score"])
    if rows.empty:
        return None
    units = tuple(sorted(rows["unit"].unique()))
    years = np.arange(int(rows["year"].min()), int(rows["year"].max()) + 1)
    wide = rows.pivot(index=["node", "unit"], columns="year", values="score")
    grid = pd.MultiIndex.from_product([list(nodes), units])
    values = wide.reindex(index=grid, columns=list(years)).to_numpy(dtype=float)
    return ScoreCube(tuple(nodes), units, years, values.reshape(len(nodes), len(units), len(years)))
