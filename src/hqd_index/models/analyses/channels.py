"""Exact split of a coefficient over the parts of a linear composite: beta = sum_k w_k beta_k on the same rows and regressors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import CheckError, EstimationError
from ..composite import LINEAR, Composite, gap
from ..kernels.specification import Estimate
from ..kernels.within import Array
from .verdicts import romano_wolf

EXACT = 1e-10  # the parts add up to the whole by algebra; more than this is a fault of the program
JOINT_DRAWS = 1_999  # resamples of clusters; their percentiles move by less than 0.1 standard errors from seed to seed


@dataclass(frozen=True)
class Part:
    """One child's part of its ancestor's coefficient, in score/100 per unit of density; `fraction` NaN when suppressed."""

    parent: str
    node: str
    depth: int
    share: float
    estimate: float
    se_cv3: float
    p_wild: float
    p_adjusted: float
    part: float
    low: float
    high: float
    fraction: float
    fraction_low: float
    fraction_high: float
    gap: float
    note: str


def condition(frame: pd.DataFrame, tree: Composite, node: str, sample: str) -> None:
    """Raises EstimationError, naming the node, unless it is a fixed weighted sum of its children in every row."""
    if node in tree.varying:
        raise EstimationError(
            f"{node}: its weights change by year, so its coefficient is no fixed sum of its parts' coefficients",
            zh=f"{node}:权重随年份变化,其系数不能精确分解为各部分系数之和",
        )
    apart = gap(frame, tree, node, {c: tree.share[c] for c in tree.children[node]}, f"{sample}:")
    if not apart <= LINEAR:
        raise EstimationError(
            f"{node}: no weighted sum of its children (largest gap {apart:.2g}); only arithmetic aggregation splits exactly",
            zh=f"{node}:不是其下级的加权和(最大差 {apart:.2g}),只有算术合成才能精确分解",
        )


def _quantiles(draws: Array, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def _family(found: Estimate, parts: Mapping[str, float], sample: str) -> tuple[list[int], Array]:
    """Outcome positions of the parts, and their step-down adjusted p."""
    at = [found.at(f"{sample}:{node}") for node in parts]
    return at, romano_wolf(found.bootstrap.t()[at], found.bootstrap.t_star(at))


def split(
    found: Estimate, parent: str, parts: Mapping[str, float], depth: int, sample: str, *, joint: Array, level: float
) -> list[Part]:
    """The parts of `parent`'s coefficient at one depth below it, with intervals from joint draws (B, m) of clusters.

    Fractions are suppressed where the coefficient is below its CV3 standard error. CheckError if the parts do not add up.
    """
    whole = found.at(f"{sample}:{parent}")
    total, error = float(found.coefficient[0, whole]), float(found.se_cv3[0, whole])
    at, adjusted = _family(found, parts, sample)
    b = np.nan_to_num(found.coefficient[0, at])
    apart = total - float(sum(w * x for w, x in zip(parts.values(), b)))
    if abs(apart) > EXACT * max(1.0, abs(total)):
        raise CheckError(
            f"the parts of {parent} add up to {total - apart:.12g}, not to {total:.12g}",
            zh=f"{parent} 的各部分之和为 {total - apart:.12g},不等于 {total:.12g}",
        )
    weak = not abs(total) >= error
    made = []
    for i, (node, share) in enumerate(parts.items()):
        drawn = share * joint[:, at[i]]
        low, high = _quantiles(drawn, level)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _quantiles(drawn / joint[:, whole], level)
        made.append(
            Part(
                parent=parent, node=node, depth=depth, share=share, estimate=float(found.coefficient[0, at[i]]),
                se_cv3=float(found.se_cv3[0, at[i]]), p_wild=float(found.p_wild[at[i]]), p_adjusted=float(adjusted[i]),
                part=share * b[i], low=low, high=high,
                fraction=np.nan if weak else share * b[i] / total,
                fraction_low=np.nan if weak else ratio[0], fraction_high=np.nan if weak else ratio[1],
                gap=apart, note="fraction suppressed: estimate below its standard error" if weak else "",
            )
        )  # fmt: skip
    return made


def decompose(
    found: Estimate, frame: pd.DataFrame, tree: Composite, sample: str, *, joint: Array, level: float
) -> tuple[list[Part], list[EstimationError]]:
    """Every composite over its children, the root over its descendants at each depth; and why some could not be split."""
    rows, faults, broken = frame.loc[found.rows], [], set()
    for node in tree.nodes:
        try:
            condition(rows, tree, node, sample)
        except EstimationError as fault:
            faults.append(fault)
            broken.add(node)
    made: list[Part] = []
    for node in tree.nodes:
        if np.isnan(found.coefficient[0, found.at(f"{sample}:{node}")]):
            continue
        above = {node}
        for depth, parts in enumerate(tree.parts(node), start=1):
            if above & broken or (depth > 1 and node != tree.root):
                break
            made += split(found, node, parts, depth, sample, joint=joint, level=level)
            above = set(parts)
    return made, faults
