"""Exact split of a coefficient over the parts of a linear composite: beta = sum_k w_k beta_k on the same rows and regressors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import CheckError, EstimationError
from ..composite import LINEAR, Composite, largest_deviation
from ..contribution_items import ContributionItem, contribution_rows
from ..headline import Headline
from ..kernels.inference import joint_draws, random_stream
from ..kernels.multiple_testing import romano_wolf
from ..kernels.specification import Estimate
from ..kernels.within import Array
from ..model_rows import Mend, Row, Rows, not_made

SUM_TOLERANCE = 1e-10  # the parts add up to the whole by algebra; more than this is a fault of the program
CHANNELS_MEND: Mend = ("渠道分解用算术合成与固定权重的方案", "use arithmetic aggregation and fixed weights for the split")
JOINT_DRAWS = 1_999  # resamples of clusters; their percentiles move by less than 0.1 standard errors from seed to seed


@dataclass(frozen=True)
class ChannelPart:
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


def condition(tree_scores: pd.DataFrame, tree: Composite, node: str, sample: str) -> None:
    """Raises EstimationError, naming the node, unless it is a fixed weighted sum of its children in every row."""
    if node in tree.nodes_with_varying_shares:
        raise EstimationError(
            f"{node}: its weights change by year, so its coefficient is no fixed sum of its parts' coefficients",
            zh=f"{node}:权重随年份变化,其系数不能精确分解为各部分系数之和",
        )
    deviation = largest_deviation(tree_scores, node, {child: tree.share[child] for child in tree.children[node]}, f"{sample}:")
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
    positions = [estimate.outcome_index(f"{sample}:{node}") for node in shares]
    bootstrap = estimate.bootstrap
    return positions, romano_wolf(bootstrap.t()[positions], bootstrap.t_star(positions))


def _channel_parts_of_node(
    estimate: Estimate,
    parent: str,
    shares: Mapping[str, float],
    depth: int,
    sample: str,
    *,
    joint_draws_of_terms: Array,
    level: float,
) -> list[ChannelPart]:
    """The parts of `parent`'s coefficient at one depth below it, with intervals from joint draws (B, m) of clusters.

    Fractions are suppressed where the coefficient is below its CV3 standard error. CheckError if the parts do not add up.
    """
    parent_position = estimate.outcome_index(f"{sample}:{parent}")
    total, error = float(estimate.coefficient[0, parent_position]), float(estimate.se_cv3[0, parent_position])
    positions, adjusted_estimates = _family(estimate, shares, sample)
    b = np.nan_to_num(estimate.coefficient[0, positions])
    remainder = total - float(sum(share * slope for share, slope in zip(shares.values(), b)))
    if abs(remainder) > SUM_TOLERANCE * max(1.0, abs(total)):
        raise CheckError(
            f"the parts of {parent} add up to {total - remainder:.12g}, not to {total:.12g}",
            zh=f"{parent} 的各部分之和为 {total - remainder:.12g},不等于 {total:.12g}",
        )
    is_weak_total = not abs(total) >= error
    channel_parts = []
    for i, (node, share) in enumerate(shares.items()):
        j, drawn_parts = positions[i], share * joint_draws_of_terms[:, positions[i]]
        low, high = _quantiles(drawn_parts, level)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _quantiles(drawn_parts / joint_draws_of_terms[:, parent_position], level)
        channel_parts.append(
            ChannelPart(
                parent=parent, node=node, depth=depth, share=share, estimate=float(estimate.coefficient[0, j]),
                se_cv3=float(estimate.se_cv3[0, j]), p_wild=float(estimate.p_wild[j]), p_adjusted=float(adjusted_estimates[i]),
                part=share * b[i], low=low, high=high,
                fraction=np.nan if is_weak_total else share * b[i] / total,
                fraction_low=np.nan if is_weak_total else ratio[0], fraction_high=np.nan if is_weak_total else ratio[1],
                gap=remainder, note="fraction suppressed: estimate below its standard error" if is_weak_total else "",
            )
        )  # fmt: skip
    return channel_parts


def channel_parts(
    estimate: Estimate, tree_scores: pd.DataFrame, tree: Composite, sample: str, *, joint: Array, level: float
) -> tuple[list[ChannelPart], list[EstimationError]]:
    """Every composite over its children, the root over its descendants at each depth; and why some could not be split."""
    observations, errors, not_linear = tree_scores.loc[estimate.rows], [], set()
    for node in tree.nodes:
        try:
            condition(observations, tree, node, sample)
        except EstimationError as fault:
            errors.append(fault)
            not_linear.add(node)
    parts_of_channels: list[ChannelPart] = []
    for node in tree.nodes:
        if np.isnan(estimate.coefficient[0, estimate.outcome_index(f"{sample}:{node}")]):
            continue
        parent_nodes = {node}
        for depth, shares in enumerate(tree.shares_by_depth(node), start=1):
            if parent_nodes & not_linear or (depth > 1 and node != tree.root):
                break
            parts_of_channels += _channel_parts_of_node(
                estimate, node, shares, depth, sample, joint_draws_of_terms=joint, level=level
            )
            parent_nodes = set(shares)
    return parts_of_channels, errors


def channel_rows(channel_parts: Sequence[ChannelPart], spec_id: str, sample: str) -> Iterator[Row]:
    """Rows of `channels`; the interval is that of the part."""
    for channel_part in channel_parts:
        yield {
            "spec": spec_id,
            "sample": sample,
            "parent": channel_part.parent,
            "node": channel_part.node,
            "share_local": channel_part.share,
            "estimate": channel_part.estimate,
            "se_cv3": channel_part.se_cv3,
            "p_wild": channel_part.p_wild,
            "p_adjusted": channel_part.p_adjusted,
            "part": channel_part.part,
            "fraction": channel_part.fraction,
            "ci_low": channel_part.low,
            "ci_high": channel_part.high,
            "gap": channel_part.gap,
            "note": channel_part.note,
        }


def fraction_items(channel_parts: Sequence[ChannelPart], root_column: str) -> list[ContributionItem]:
    """Items D (sub-dimensions) and E (dimensions): fraction of the root's coefficient, interval from joint resampling."""
    letters = {1: "E", 2: "D"}
    return [
        ContributionItem(
            letters[channel_part.depth],
            "total",
            None,
            None,
            f"fraction_{channel_part.node}",
            channel_part.fraction,
            channel_part.fraction_low,
            channel_part.fraction_high,
            channel_part.note or "share of the coefficient",
        )
        for channel_part in channel_parts
        if channel_part.parent == root_column and channel_part.depth in letters
    ]


def channels(headline: Headline) -> Rows:
    """The split of every composite's coefficient in each sample, and items D and E of the contribution."""
    estimate, sample = headline.estimate, headline.sample
    joint = joint_draws(estimate.sums, draws=JOINT_DRAWS, rng=random_stream(headline.seed, "joint", headline.id))
    observations: Rows = {"channels": [], "contribution": [], "not_made": []}
    for name in sample.samples:
        parts_of_channels, errors = channel_parts(estimate, sample.frame, sample.tree, name, joint=joint, level=headline.level)
        observations["channels"] += channel_rows(parts_of_channels, headline.id, name)
        observations["contribution"] += contribution_rows(fraction_items(parts_of_channels, sample.tree.root), headline.id, name)
        for fault in errors:
            observations["not_made"] += not_made(("channels",), fault, CHANNELS_MEND)
    return observations
