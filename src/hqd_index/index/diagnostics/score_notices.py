"""What the terminal says about scores: families that lose them where one of their indicators is missing."""

from __future__ import annotations

import numpy as np

from ..build import leaf_values
from ..index_tables import Index

LIST_LIMIT = 6


def score_notices(index: Index, language: str) -> list[str]:
    """One line on families with just as many usable indicators as a score needs, where that costs unit-years."""
    losses = {family: loss_count for family, loss_count in _losses(index).items() if loss_count}
    if not losses:
        return []
    cells = len(index.design.years) * len(index.units)
    loss_list = "; ".join(f"{node} {loss_count}/{cells}" for node, loss_count in list(losses.items())[:LIST_LIMIT])
    loss_list += " ..." if len(losses) > LIST_LIMIT else ""
    if language == "en":
        return [f"[I-THIN] one missing indicator removes the score (node unit-years lost/all): {loss_list}. "
                "`coverage: {min_children: 1}` in weighting.yaml keeps it"]  # fmt: skip
    return [f"[I-THIN] 缺一个指标就没有得分(节点 失去/全部单元年):{loss_list}。"
            "如需保留,请在 weighting.yaml 写 `coverage: {min_children: 1}`"]  # fmt: skip


def _losses(index: Index) -> dict[str, int]:
    """Node -> unit-years without a score though one of its indicators is there; only where all usable ones are needed."""
    design, index_arrays = index.design, index.arrays_by_sample["all"]
    losses = {}
    for family in design.families:
        if not family.is_leaf_family or family.min_children < 2:
            continue
        is_present = ~np.isnan(leaf_values(design, family, index_arrays.normalised))
        if is_present.any(axis=(0, 1)).sum() == family.min_children:
            losses[family.node] = int((np.isnan(index_arrays.scores[family.node]) & is_present.any(axis=-1)).sum())
    return losses
