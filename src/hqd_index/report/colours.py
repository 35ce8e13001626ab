"""Colours of figures, page and lab: a hue per dimension, shades of it for the nodes below."""

from __future__ import annotations

from ..study.indicator_tree import Tree

INK, MUTED_INK, LINE_COLOUR = "#1c2733", "#5b6672", "#e3e8ed"
HUES = (
    ("#2f6f9f", "#5b9bc8", "#9cc4e0", "#d2e5f3"),
    ("#a8611b", "#d08a3f", "#e8b87c", "#f6dfc2"),
    ("#209e66", "#5dbb8f", "#9ad5b8", "#cdebdc"),
    ("#4a3a60", "#7d6a99", "#b0a2c6", "#ddd5e8"),
    ("#727578", "#9a9da0", "#bfc1c3", "#e0e1e2"),
)  # the first of each are distinct for every kind of colour blindness (a test simulates them), and by lightness in print
RISE_COLOUR, FALL_COLOUR, STEADY_COLOUR = "#b03a2e", "#2b6e50", "#9aa5b0"


def node_colours(tree: Tree) -> dict[str, str]:
    """node -> colour: each dimension a hue, the lowest nodes below it shades of it."""
    colours: dict[str, str] = {}
    for position, dimension in enumerate(tree.children(tree.root)):
        hue = HUES[position % len(HUES)]
        dimension_nodes = [n for n in tree.order if n in subtree(tree, dimension) and tree.children(n)]
        lowest_inner_nodes = [node for node in dimension_nodes if not tree.children(tree.children(node)[0])]
        colours |= {node: hue[k % len(hue)] for k, node in enumerate(lowest_inner_nodes)}
        colours.setdefault(dimension, hue[0])
    return colours


def subtree(tree: Tree, node: str) -> set[str]:
    """The node and everything under it."""
    return {node} | {descendant for child in tree.children(node) for descendant in subtree(tree, child)}
