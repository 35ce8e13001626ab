"""Other samples of firms scored with the bounds and weights of the whole index: leading firms and the others."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from .build import compute
from .index_tables import Index, cube

COLUMNS = ["sample", "unit", "year", "node", "score"]


def sample_scores(index: Index, panel: pd.DataFrame) -> pd.DataFrame:
    """sample, unit, year, node, score in [0, 1] units of every sample of `panel`, leaves (normalised) and nodes above them."""
    frames_of_blocks = list(_score_blocks(index, panel))
    return pd.concat(frames_of_blocks, ignore_index=True)[COLUMNS] if frames_of_blocks else pd.DataFrame(columns=COLUMNS)


def _score_blocks(index: Index, panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    design, units = index.design, index.units
    cells = pd.MultiIndex.from_product([design.years, units], names=["year", "unit"])
    for sample, rows in panel.groupby("sample"):
        sample_arrays = compute(design, cube(rows, design.leaves, design.years, units), base=index.arrays_by_sample["all"])
        node_values = {leaf: sample_arrays.normalised[..., j] for j, leaf in enumerate(design.leaves)} | dict(
            sample_arrays.scores
        )
        for node, score in node_values.items():
            yield pd.DataFrame({"score": score.ravel()}, index=cells).reset_index().assign(sample=sample, node=node)
