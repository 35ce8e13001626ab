"""Exact split of a coefficient over the parts of a linear composite: beta = sum_k w_k beta_k on the same rows and regressors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import CheckError, EstimationError
from ..composite import LINEAR, Composite, largest_deviation
from ..contribution_items import Item, contribution_rows
from ..headline import Headline
from ..kernels.inference import joint_draws, stream
from ..kernels.multiple_testing import romano_wolf
from ..kernels.specification import Estimate
from ..kernels.within import Array
from ..model_rows import Mend, Row, Rows, not_made

EXACT = 1e-10  # the parts add up to the whole by algebra; more than this is a fault of the program
CHANNELS_MEND: Mend = ("渠道分解用算术合成与固定权重的方案", "use arithmetic aggregation and fixed weights for the split")
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
    deviation = largest_deviation(frame, node, {c: tree.share[c] for c in tree.children[node]}, f"{sample}:")
    if not deviation <= LINEAR:
        raise EstimationError(
            f"{node}: no weighted sum of its children (largest gap {deviation:.2g}); only arithmetic aggregation splits exactly",
            zh=f"{node}:不是其下级的加权和(最大差 {deviation:.2g}),只有算术合成才能精确分解",
        )


def _quantiles(draws: Array, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def _family(estimate: Estimate, shares: Mapping[str, float], sample: str) -> tuple[list[int], Array]:
    """Outcome positions of the parts, and their step-down adjusted p."""
    positions = [estimate.at(f"{sample}:{node}") for node in shares]
    bootstrap = estimate.bootstrap
    return positions, romano_wolf(bootstrap.t()[positions], bootstrap.t_star(positions))


def _parts_of(
    estimate: Estimate, parent: str, shares: Mapping[str, float], depth: int, sample: str, *, joint: Array, level: float
) -> list[Part]:
    """The parts of `parent`'s coefficient at one depth below it, with intervals from joint draws (B, m) of clusters.

    Fractions are suppressed where the coefficient is below its CV3 standard error. CheckError if the parts do not add up.
    """
    parent_position = estimate.at(f"{sample}:{parent}")
    total, error = float(estimate.coefficient[0, parent_position]), float(estimate.se_cv3[0, parent_position])
    positions, adjusted = _family(estimate, shares, sample)
    b = np.nan_to_num(estimate.coefficient[0, positions])
    remainder = total - float(sum(share * slope for share, slope in zip(shares.values(), b)))
    if abs(remainder) > EXACT * max(1.0, abs(total)):
        raise CheckError(
            f"the parts of {parent} add up to {total - remainder:.12g}, not to {total:.12g}",
            zh=f"{parent} 的各部分之和为 {total - remainder:.12g},不等于 {total:.12g}",
        )
    weak = not abs(total) >= error
    parts = []
    for i, (node, share) in enumerate(shares.items()):
        j, drawn_parts = positions[i], share * joint[:, positions[i]]
        low, high = _quantiles(drawn_parts, level)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _quantiles(drawn_parts / joint[:, parent_position], level)
        parts.append(
            Part(
                parent=parent, node=node, depth=depth, share=share, estimate=float(estimate.coefficient[0, j]),
                se_cv3=float(estimate.se_cv3[0, j]), p_wild=float(estimate.p_wild[j]), p_adjusted=float(adjusted[i]),
                part=share * b[i], low=low, high=high,
                fraction=np.nan if weak else share * b[i] / total,
                fraction_low=np.nan if weak else ratio[0], fraction_high=np.nan if weak else ratio[1],
                gap=remainder, note="fraction suppressed: estimate below its standard error" if weak else "",
            )
        )  # fmt: skip
    return parts


def channel_parts(
    estimate: Estimate, frame: pd.DataFrame, tree: Composite, sample: str, *, joint: Array, level: float
) -> tuple[list[Part], list[EstimationError]]:
    """Every composite over its children, the root over its descendants at each depth; and why some could not be split."""
    rows, faults, not_linear = frame.loc[estimate.rows], [], set()
    for node in tree.nodes:
        try:
            condition(rows, tree, node, sample)
        except EstimationError as fault:
            faults.append(fault)
            not_linear.add(node)
    parts: list[Part] = []
    for node in tree.nodes:
        if np.isnan(estimate.coefficient[0, estimate.at(f"{sample}:{node}")]):
            continue
        above = {node}
        for depth, shares in enumerate(tree.parts(node), start=1):
            if above & not_linear or (depth > 1 and node != tree.root):
                break
            parts += _parts_of(estimate, node, shares, depth, sample, joint=joint, level=level)
            above = set(shares)
    return parts, faults


def channel_rows(parts: Sequence[Part], spec: str, sample: str) -> Iterator[Row]:
    """Rows of `channels`; the interval is that of the part."""
    for part in parts:
        yield {
            "spec": spec, "sample": sample, "parent": part.parent, "node": part.node, "share_local": part.share,
            "estimate": part.estimate, "se_cv3": part.se_cv3, "p_wild": part.p_wild, "p_adjusted": part.p_adjusted,
            "part": part.part, "fraction": part.fraction, "ci_low": part.low, "ci_high": part.high, "gap": part.gap,
            "note": part.note,
        }  # fmt: skip


def fraction_items(parts: Sequence[Part], root: str) -> list[Item]:
    """Items D (sub-dimensions) and E (dimensions): fraction of the root's coefficient, interval from joint resampling."""
    letters = {1: "E", 2: "D"}
    return [
        Item(
            letters[part.depth], "total", None, None, f"fraction_{part.node}",
            part.fraction, part.fraction_low, part.fraction_high, part.note or "share of the coefficient",
        )
        for part in parts
        if part.parent == root and part.depth in letters
    ]  # fmt: skip


def channels(headline: Headline) -> Rows:
    """The split of every composite's coefficient in each sample, and items D and E of the contribution."""
    estimate, sample = headline.estimate, headline.sample
    joint = joint_draws(estimate.sums, draws=JOINT_DRAWS, rng=stream(headline.seed, "joint", headline.id))
    rows: Rows = {"channels": [], "contribution": [], "not_made": []}
    for name in sample.samples:
        parts, faults = channel_parts(estimate, sample.frame, sample.tree, name, joint=joint, level=headline.level)
        rows["channels"] += channel_rows(parts, headline.id, name)
        rows["contribution"] += contribution_rows(fraction_items(parts, sample.tree.root), headline.id, name)
        for fault in faults:
            rows["not_made"] += not_made(("channels",), fault, CHANNELS_MEND)
    return rows
