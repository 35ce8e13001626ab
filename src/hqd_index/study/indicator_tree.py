"""The tree of a study: which node has which children, leaves only of the active profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import ConfigError
from .records import Indicators

PANEL_KEYS = ("sample", "unit", "year", "n_firms")
"""Columns beside the indicators in the table of their values: no indicator can have such an id."""


@dataclass(frozen=True)
class Tree:
    """Parent -> children in the order of the file; levels from the leaves up."""

    root: str
    links: Mapping[str, tuple[str, ...]]
    levels: tuple[str, ...]

    def children(self, node: str) -> tuple[str, ...]:
        """The node's children; none for a leaf."""
        return self.links.get(node, ())

    def parent(self, node: str) -> str | None:
        """The node above; None for the root."""
        return self._parents.get(node)

    def leaves(self, node: str) -> tuple[str, ...]:
        """The leaves below a node (a leaf's own id), in order."""
        subtree = self.children(node)
        return tuple(leaf for child in subtree for leaf in self.leaves(child)) if subtree else (node,)

    def level(self, node: str) -> str:
        """The level's name: levels[0] for leaves, the next for their parents ..., `index` for the root."""
        depth = 0
        while node != self.root:
            node, depth = self._parents[node], depth + 1
        return self.levels[-depth] if depth else "index"

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All nodes, depth first, parents before children."""
        return tuple(self._nodes_below(self.root))

    @cached_property
    def inner(self) -> tuple[str, ...]:
        """The nodes that have children, in order."""
        return tuple(node for node in self.order if self.children(node))

    def _nodes_below(self, node: str) -> list[str]:
        return [node, *(descendant for child in self.children(node) for descendant in self._nodes_below(child))]

    @cached_property
    def _parents(self) -> dict[str, str]:
        return {child: node for node, children in self.links.items() for child in children}


def listed_leaves(subtree: Any) -> set[str]:
    """Every leaf written below a point of the tree as YAML has it, of whatever profile; also of a tree that is wrong."""
    if isinstance(subtree, Mapping):
        return {leaf for descendant in subtree.values() for leaf in listed_leaves(descendant)}
    return {leaf for leaf in subtree if isinstance(leaf, str)} if isinstance(subtree, list | tuple) else set()


def tree_of(indicators: Indicators) -> Tree:
    """The tree pruned to the active profile; ConfigError on two roots, a node twice, a branch without leaves or a wrong depth."""
    if len(indicators.tree) != 1:
        raise ConfigError(
            f"tree: one root is needed, found {sorted(indicators.tree)}",
            zh=f"tree:只能有一个根节点,现有 {sorted(indicators.tree)}",
        )
    root = next(iter(indicators.tree))
    active_leaves = set(indicators.profiles[indicators.profile]) if indicators.profile else None
    links: dict[str, tuple[str, ...]] = {}
    _link(root, indicators.tree[root], active_leaves, links, len(indicators.levels), [root])
    return Tree(root, links, indicators.levels)


def _link(
    node: str, subtree: Any, active_leaves: set[str] | None, links: dict[str, tuple[str, ...]], depth: int, path: list[str]
) -> None:
    """Fill `links` from one node down; `depth` levels remain."""
    yaml_path = ".".join(path)
    if isinstance(subtree, Mapping) and depth > 1:
        children = tuple(subtree)
    elif isinstance(subtree, list | tuple) and depth == 1:
        children = tuple(leaf for leaf in subtree if active_leaves is None or leaf in active_leaves)
    else:
        raise ConfigError(
            f"tree.{yaml_path}: the tree must be {depth} level(s) deep below this node, as `levels` says",
            zh=f"tree.{yaml_path}:按 levels 的写法,此节点以下应有 {depth} 层",
        )
    if not children:
        raise ConfigError(
            f"tree.{yaml_path}: no indicator of the active profile is left", zh=f"tree.{yaml_path}:当前 profile 下没有任何指标"
        )
    repeated_nodes = sorted({child for child in children if child in links or child == node or children.count(child) > 1})
    if repeated_nodes:
        raise ConfigError(
            f"tree.{yaml_path}: {repeated_nodes} appear twice in the tree",
            zh=f"tree.{yaml_path}:{repeated_nodes} 在树中出现了两次",
        )
    links[node] = children
    if depth > 1:
        for child in children:
            _link(child, subtree[child], active_leaves, links, depth - 1, [*path, child])
