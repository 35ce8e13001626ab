"""How the indicators of an index hang together, row by row: correlation, reliability, adequacy, components, collinearity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...methods.column_statistics import correlation
from ...study.records import Label
from ..score_panel import Item, Refusals, Row
from . import correlation_structure as structure
from .diagnostic_rows import Nodes, row

HIGH, OPPOSED = 0.9, -0.4
ALPHA, KMO, VIF = 0.7, 0.5, 10.0
ROWS_PER_COLUMN = 5
"""Rows a column needs before its regression on all others shows more than chance (Hair, Black, Babin and Anderson 2019)."""

MORE = Label(zh="补充单位或年份,或减少指标", en="add units or years, or use fewer indicators")
STRUCTURE = Item("structure", "diagnostics", Label(zh="信度与主成分", en="reliability and components"), MORE)
BARTLETT = Item("bartlett", "diagnostics", Label(zh="Bartlett 球形检验", en="Bartlett's test"), MORE)


def correlation_rows(nodes: Nodes) -> Iterator[Row]:
    """Pearson, Spearman and common cells of all pairs within a level, and of each node with those above it."""
    tree = nodes.index.design.tree
    values = nodes.pooled(tree.order)
    pearson, spearman, common = correlation(values), structure.spearman(values), structure.common_cells(values)
    for j, first_node in enumerate(tree.order):
        above = set(_ancestors(nodes, first_node))
        for k, second in enumerate(tree.order):
            level = tree.level(first_node) == tree.level(second)
            if (level and j < k) or second in above:
                siblings = tree.parent(first_node) == tree.parent(second)
                flag = pair_flag(float(pearson[j, k]), siblings=siblings) if level else ""
                yield row("correlation", first_node, "pearson", pearson[j, k], other_node=second, flag=flag)
                yield row("correlation", first_node, "spearman", spearman[j, k], other_node=second)
                yield row("correlation", first_node, "n", common[j, k], other_node=second)


def _ancestors(nodes: Nodes, node: str) -> Iterator[str]:
    tree = nodes.index.design.tree
    above = tree.parent(node)
    while above:
        yield above
        above = tree.parent(above)


def pair_flag(r: float, *, siblings: bool, high: float = HIGH, opposed: float = OPPOSED) -> str:
    """I-REDUNDANT for |r| above `high`, I-TRADEOFF for r below `opposed` inside one branch, else empty."""
    if abs(r) > high:
        return "I-REDUNDANT"
    return "I-TRADEOFF" if siblings and r < opposed else ""


def structure_rows(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """Alpha, KMO, Bartlett and principal components of each node's children, and of all leaves below it."""
    tree = nodes.index.design.tree
    for node in tree.inner:
        below = {"children": list(tree.children(node)), "leaves": list(tree.leaves(node))}
        for columns_level, members in below.items():
            if len(members) < 2 or (columns_level == "leaves" and members == below["children"]):
                continue
            with refusals.catch(node, STRUCTURE):
                yield from _one_structure(nodes, node, columns_level, members)
            with refusals.catch(node, BARTLETT):
                yield from _sphericity(nodes, node, columns_level, members)


def _one_structure(nodes: Nodes, node: str, columns_level: str, members: list[str]) -> Iterator[Row]:
    sample = structure.complete_table(nodes.pooled(members))
    columns = [members[j] for j in sample.columns]
    yield row("reliability", node, "rows", len(sample.rows), other_node=columns_level, flag="pooled")
    yield row("reliability", node, "columns", len(columns), other_node=columns_level)
    alpha = structure.cronbach(sample.rows)
    flag = "I-DIRECTION" if alpha < 0 else "I-ALPHA" if alpha < ALPHA else ""
    yield row("reliability", node, "cronbach_alpha", alpha, other_node=columns_level, flag=flag)
    r = correlation(sample.rows)
    if len(columns) > 2:
        yield from _adequacy(node, columns_level, columns, structure.kmo(r))
    yield from _components(node, columns_level, columns, structure.components(r))


def _adequacy(node: str, columns_level: str, columns: list[str], adequacy: structure.Adequacy) -> Iterator[Row]:
    flag = "I-SINGULAR" if adequacy.singular else "I-KMO" if adequacy.overall < KMO else ""
    yield row("kmo", node, "overall", adequacy.overall, other_node=columns_level, flag=flag)
    for member, value in zip(columns, adequacy.by_column):
        yield row("kmo", node, f"by_{columns_level}", value, other_node=member, flag="I-KMO" if value < KMO else "")


def _sphericity(nodes: Nodes, node: str, columns_level: str, members: list[str]) -> Iterator[Row]:
    sample = structure.complete_table(nodes.unit_means(members))
    test = structure.bartlett(correlation(sample.rows), len(sample.rows))
    yield row("bartlett", node, "chi2", test.statistic, other_node=columns_level, flag="unit_means")
    yield row("bartlett", node, "dof", test.dof, other_node=columns_level)
    yield row("bartlett", node, "p", test.p, other_node=columns_level)


def _components(node: str, columns_level: str, columns: list[str], principal: structure.Components) -> Iterator[Row]:
    """All eigenvalues; loadings of the components with an eigenvalue above 1, at least the first."""
    item = f"pca_{columns_level}"
    for k, (variance, share) in enumerate(zip(principal.variances, principal.explained), start=1):
        yield row(item, node, f"eigenvalue_{k}", variance)
        yield row(item, node, f"explained_{k}", share)
    for k in range(max(1, int((principal.variances > 1).sum()))):
        for member, loading in zip(columns, principal.loadings[:, k]):
            flag = "I-DIRECTION" if k == 0 and loading < 0 else ""
            yield row(item, node, f"loading_{k + 1}", loading, other_node=member, flag=flag)


def collinearity_rows(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """How far each leaf is a linear function of its siblings, and of all other leaves (redundancy)."""
    tree = nodes.index.design.tree
    families = [node for node in tree.inner if node != tree.root and not set(tree.children(node)) & set(tree.inner)]
    for node in [tree.root, *families]:
        if len(tree.leaves(node)) > 1:
            with refusals.catch(node, STRUCTURE):
                yield from _inflation(nodes, node, list(tree.leaves(node)))


def _inflation(nodes: Nodes, node: str, leaves: list[str]) -> Iterator[Row]:
    """VIF of each leaf given the others; pairs that are the same are named, and so is a lack of rows."""
    sample = structure.complete_table(nodes.pooled(leaves))
    columns = [leaves[j] for j in sample.columns]
    twin_pairs = structure.same_pairs(correlation(sample.rows))
    inflation = structure.vif(sample.rows)
    too_few_rows = len(sample.rows) < ROWS_PER_COLUMN * len(columns)
    for j, (leaf, value) in enumerate(zip(columns, inflation)):
        twins = [columns[k if i == j else i] for i, k in twin_pairs if j in (i, k)]
        tied = [sibling for sibling, size in zip(columns, inflation) if np.isinf(size) and sibling != leaf]
        exact = bool(twins) or (np.isinf(value) and not too_few_rows)
        flag = "I-COLLINEAR" if exact else "I-FEW" if too_few_rows else "I-VIF" if value > VIF else ""
        facts = {"location": ", ".join(twins or tied), "rows": len(sample.rows), "columns": len(columns)}
        yield row("collinearity", leaf, "vif", value, other_node=node, flag=flag, **facts)
        yield row("collinearity", leaf, "r2_others", 1 - 1 / value, other_node=node)
