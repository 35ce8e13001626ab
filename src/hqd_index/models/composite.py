"""The tree of an index read from its weights table: which node is the sum of which, with what shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

LINEAR = 1e-9  # largest |node - sum of share x child|, in units of the score, for the node to count as linear


@dataclass(frozen=True)
class Composite:
    """Children and local shares of every node; a leaf is a node without children; nodes of weight 0 are left out."""

    root: str
    children: Mapping[str, tuple[str, ...]]
    share: Mapping[str, float]  # of a child in its parent
    nodes_with_varying_shares: frozenset[str]  # nodes whose children have shares that change by year

    @property
    def nodes(self) -> tuple[str, ...]:
        """Composites, the root first, then level by level."""
        return tuple(node for level in self.levels() for node in level if node in self.children)

    @property
    def leaves(self) -> tuple[str, ...]:
        return tuple(node for level in self.levels() for node in level if node not in self.children)

    def levels(self) -> list[list[str]]:
        """Nodes by distance from the root."""
        nodes_by_depth = [[self.root]]
        while next_level := [child for node in nodes_by_depth[-1] for child in self.children.get(node, ())]:
            nodes_by_depth.append(next_level)
        return nodes_by_depth

    def shares_by_depth(self, node: str) -> list[dict[str, float]]:
        """For each depth below `node` at which all branches go on: descendant -> product of shares."""
        by_depth: list[dict[str, float]] = []
        frontier = {node: 1.0}
        while all(n in self.children for n in frontier):
            frontier = {child: share * self.share[child] for n, share in frontier.items() for child in self.children[n]}
            by_depth.append(frontier)
        return by_depth

    def weights(self, node: str) -> dict[str, float]:
        """Leaf -> its share in `node`."""
        if node not in self.children:
            return {node: 1.0}
        return {
            leaf: self.share[child] * leaf_weight
            for child in self.children[node]
            for leaf, leaf_weight in self.weights(child).items()
        }

    def within(self, node: str, leaves: Collection[str]) -> float:
        """Share of a node's weight that falls on the given leaves."""
        return sum(leaf_weight for leaf, leaf_weight in self.weights(node).items() if leaf in leaves)


def composite(weights: pd.DataFrame) -> Composite:
    """The tree of one scenario's weights (node, parent, share_local and, where shares vary, year)."""
    spread = weights.groupby("node")["share_local"].agg(["mean", "min", "max"])
    weighted = weights[weights["node"].map(spread["max"]) > 0]
    parent = dict(zip(weighted["node"], weighted["parent"]))
    children: dict[str, tuple[str, ...]] = {}
    for node in dict.fromkeys(weighted["parent"]):
        children[node] = tuple(dict.fromkeys(weighted.loc[weighted["parent"] == node, "node"]))
    roots = [node for node in children if node not in parent]
    if len(roots) != 1:
        raise ValueError(f"the weights table has {len(roots)} roots: {roots}")
    varying_nodes = spread.index[spread["max"] - spread["min"] > 1e-12]
    return Composite(
        root=roots[0],
        children=children,
        share={str(node): float(mean_share) for node, mean_share in spread["mean"].items()},
        nodes_with_varying_shares=frozenset(parent[n] for n in varying_nodes if n in parent),
    )


def largest_deviation(tree_scores: pd.DataFrame, node: str, child_shares: Mapping[str, float], prefix: str) -> float:
    """Largest |node - sum of share x part| over the rows."""
    total = sum(share * tree_scores[prefix + child].to_numpy() for child, share in child_shares.items())
    return float(np.abs(tree_scores[prefix + node].to_numpy() - total).max())
