"""How the indicators of an index hang together, told row by row: correlation, reliability, adequacy, components, collinearity."""

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
"""Rows a column needs before its regression on all others says more than chance (Hair, Black, Babin and Anderson 2019)."""

MORE = Label(zh="补充单位或年份,或减少指标", en="add units or years, or use fewer indicators")
STRUCTURE = Item("structure", "diagnostics", Label(zh="信度与主成分", en="reliability and components"), MORE)
BARTLETT = Item("bartlett", "diagnostics", Label(zh="Bartlett 球形检验", en="Bartlett's test"), MORE)


def correlation_rows(nodes: Nodes) -> Iterator[Row]:
    """Pearson, Spearman and common cells of all pairs within a level, and of each node with those above it."""
    tree = nodes.index.design.tree
    values = nodes.pooled(tree.order)
    pearson, spearman, common = correlation(values), structure.spearman(values), structure.common_cells(values)
    for j, first in enumerate(tree.order):
        above = set(_ancestors(nodes, first))
        for k, second in enumerate(tree.order):
            level = tree.level(first) == tree.level(second)
            if (level and j < k) or second in above:
                siblings = tree.parent(first) == tree.parent(second)
                flag = pair_flag(float(pearson[j, k]), siblings=siblings) if level else ""
                yield row("correlation", first, "pearson", pearson[j, k], other=second, flag=flag)
                yield row("correlation", first, "spearman", spearman[j, k], other=second)
                yield row("correlation", first, "n", common[j, k], other=second)


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
        for kind, members in below.items():
            if len(members) < 2 or (kind == "leaves" and members == below["children"]):
                continue
            with refusals.caught(node, STRUCTURE):
                yield from _one_structure(nodes, node, kind, members)
            with refusals.caught(node, BARTLETT):
                yield from _sphericity(nodes, node, kind, members)


def _one_structure(nodes: Nodes, node: str, kind: str, members: list[str]) -> Iterator[Row]:
    found = structure.usable(nodes.pooled(members))
    kept = [members[j] for j in found.columns]
    yield row("reliability", node, "rows", len(found.rows), other=kind, flag="pooled")
    yield row("reliability", node, "columns", len(kept), other=kind)
    alpha = structure.cronbach(found.rows)
    flag = "I-DIRECTION" if alpha < 0 else "I-ALPHA" if alpha < ALPHA else ""
    yield row("reliability", node, "cronbach_alpha", alpha, other=kind, flag=flag)
    r = correlation(found.rows)
    if len(kept) > 2:
        yield from _adequacy(node, kind, kept, structure.kmo(r))
    yield from _components(node, kind, kept, structure.components(r))


def _adequacy(node: str, kind: str, kept: list[str], found: structure.Adequacy) -> Iterator[Row]:
    flag = "I-SINGULAR" if found.singular else "I-KMO" if found.overall < KMO else ""
    yield row("kmo", node, "overall", found.overall, other=kind, flag=flag)
    for member, value in zip(kept, found.by_column):
        yield row("kmo", node, f"by_{kind}", value, other=member, flag="I-KMO" if value < KMO else "")


def _sphericity(nodes: Nodes, node: str, kind: str, members: list[str]) -> Iterator[Row]:
    found = structure.usable(nodes.unit_means(members))
    test = structure.bartlett(correlation(found.rows), len(found.rows))
    yield row("bartlett", node, "chi2", test.statistic, other=kind, flag="unit_means")
    yield row("bartlett", node, "dof", test.dof, other=kind)
    yield row("bartlett", node, "p", test.p, other=kind)


def _components(node: str, kind: str, kept: list[str], found: structure.Components) -> Iterator[Row]:
    """All eigenvalues; loadings of the components with an eigenvalue above 1, at least the first."""
    item = f"pca_{kind}"
    for k, (variance, share) in enumerate(zip(found.variances, found.explained), start=1):
        yield row(item, node, f"eigenvalue_{k}", variance)
        yield row(item, node, f"explained_{k}", share)
    for k in range(max(1, int((found.variances > 1).sum()))):
        for member, loading in zip(kept, found.loadings[:, k]):
            flag = "I-DIRECTION" if k == 0 and loading < 0 else ""
            yield row(item, node, f"loading_{k + 1}", loading, other=member, flag=flag)


def collinearity_rows(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """How far each leaf is a linear function of its siblings, and of all other leaves (redundancy)."""
    tree = nodes.index.design.tree
    families = [node for node in tree.inner if node != tree.root and not set(tree.children(node)) & set(tree.inner)]
    for node in [tree.root, *families]:
        if len(tree.leaves(node)) > 1:
            with refusals.caught(node, STRUCTURE):
                yield from _inflation(nodes, node, list(tree.leaves(node)))


def _inflation(nodes: Nodes, node: str, leaves: list[str]) -> Iterator[Row]:
    """VIF of each leaf given the others; pairs that are the same are named, and so is a lack of rows to tell by."""
    found = structure.usable(nodes.pooled(leaves))
    kept = [leaves[j] for j in found.columns]
    same = structure.same_pairs(correlation(found.rows))
    inflation = structure.vif(found.rows)
    few = len(found.rows) < ROWS_PER_COLUMN * len(kept)
    for j, (leaf, value) in enumerate(zip(kept, inflation)):
        twins = [kept[k if i == j else i] for i, k in same if j in (i, k)]
        tied = [other for other, size in zip(kept, inflation) if np.isinf(size) and other != leaf]
        exact = bool(twins) or (np.isinf(value) and not few)
        flag = "I-COLLINEAR" if exact else "I-FEW" if few else "I-VIF" if value > VIF else ""
        facts = {"where": ", ".join(twins or tied), "rows": len(found.rows), "columns": len(kept)}
        yield row("collinearity", leaf, "vif", value, other=node, flag=flag, **facts)
        yield row("collinearity", leaf, "r2_others", 1 - 1 / value, other=node)
