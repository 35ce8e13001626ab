"""What each node does to the ranks: the whole ranked again without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...study.records import Study
from ..index_tables import node_labels
from .index_designs import LEAVE_OUT, Designs

Array = NDArray[np.float64]


def left_out_table(
    study: Study, designs: Designs, units: Sequence[str], year: int, base_ranks: Array, ranks: Array
) -> pd.DataFrame:
    """Table `left_out` of one year: published rank, rank without the node, and base_rank - rank, the places it costs or wins.

    `base_ranks (U,)` and `ranks (designs, U)`; only designs that differ from the study's own in nothing else.
    """
    labels, frames_of_blocks = node_labels(study), []
    for node, number in _leave_one_out_designs(designs).items():
        rank_table = pd.DataFrame({"node": node, "unit": np.array(units, dtype=object), "year": year, "base_rank": base_ranks})
        rank_table = rank_table.assign(rank=ranks[number], node_zh=labels[node].zh, node_en=labels[node].en)
        frames_of_blocks.append(rank_table.assign(shift=rank_table["base_rank"] - rank_table["rank"]))
    columns = ["node", "node_zh", "node_en", "unit", "year", "base_rank", "rank", "shift"]
    return pd.concat(frames_of_blocks, ignore_index=True)[columns] if frames_of_blocks else pd.DataFrame(columns=columns)


def _leave_one_out_designs(designs: Designs) -> dict[str, int]:
    """Node -> number of the design that leaves it out and changes nothing else."""
    design_numbers = {}
    for position, factor in enumerate(designs.factors):
        if factor.name == LEAVE_OUT:
            other_factors = np.delete(designs.combinations, position, axis=1)
            for design_number in np.flatnonzero(
                (other_factors == 0).all(axis=1) & (designs.combinations[:, position] > 0)
            ).tolist():
                option = int(designs.combinations[design_number, position])
                design_numbers[str(factor.values[option][LEAVE_OUT])] = design_number
    return design_numbers
