"""How the indicators of an index hang together, row by row: correlation, reliability, adequacy, components, collinearity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...methods.column_statistics import correlation
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row
from . import correlation_structure as structure
from .diagnostic_rows import Nodes, row

HIGH_CORRELATION, NEGATIVE_CORRELATION = 0.9, -0.4
ALPHA, KMO, VIF = 0.7, 0.5, 10.0
ROWS_PER_COLUMN = 5
"""Rows a column needs before its regression on all others shows more than chance (Hair, Black, Babin and Anderson 2019)."""

MORE_DATA_REMEDY = Label(zh="补充单位或年份,或减少指标", en="add units or years, or use fewer indicators")
STRUCTURE = RefusableItem("structure", "diagnostics", Label(zh="信度与主成分", en="reliability and components"), MORE_DATA_REMEDY)
BARTLETT = RefusableItem("bartlett", "diagnostics", Label(zh="Bartlett 球形检验", en="Bartlett's test"), MORE_DATA_REMEDY)


def correlation_rows(nodes: Nodes) -> Iterator[Row]:
    """Pearson, Spearman and common cells of all pairs within a level, and of each node with those above it."""
    tree = nodes.index.design.tree
    values = nodes.pooled(tree.order)
    pearson, spearman, common_cell_counts = correlation(values), structure.spearman(values), structure.common_cells(values)
    for j, first_node in enumerate(tree.order):
        ancestors = set(_ancestors(nodes, first_node))
        for k, second_node in enumerate(tree.order):
            level = tree.level(first_node) == tree.level(second_node)
            if (level and j < k) or second_node in ancestors:
                siblings = tree.parent(first_node) == tree.parent(second_node)
                flag_code = pair_flag(float(pearson[j, k]), siblings=siblings) if level else ""
                yield row("correlation", first_node, "pearson", pearson[j, k], other_node=second_node, flag_code=flag_code)
                yield row("correlation", first_node, "spearman", spearman[j, k], other_node=second_node)
                yield row("correlation", first_node, "n", common_cell_counts[j, k], other_node=second_node)


def _ancestors(nodes: Nodes, node: str) -> Iterator[str]:
    tree = nodes.index.design.tree
    ancestor = tree.parent(node)
    while ancestor:
        yield ancestor
        ancestor = tree.parent(ancestor)


def pair_flag(
    pair_correlation: float, *, siblings: bool, high: float = HIGH_CORRELATION, negative_limit: float = NEGATIVE_CORRELATION
) -> str:
    """I-REDUNDANT for |r| above `high`, I-TRADEOFF for r below `negative_limit` inside one branch, else empty."""
    if abs(pair_correlation) > high:
        return "I-REDUNDANT"
    return "I-TRADEOFF" if siblings and pair_correlation < negative_limit else ""


def structure_rows(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """Alpha, KMO, Bartlett and principal components of each node's children, and of all leaves below it."""
    tree = nodes.index.design.tree
    for node in tree.inner:
        members_by_level = {"children": list(tree.children(node)), "leaves": list(tree.leaves(node))}
        for columns_level, members in members_by_level.items():
            if len(members) < 2 or (columns_level == "leaves" and members == members_by_level["children"]):
                continue
            with refusals.refusing(node, STRUCTURE):
                yield from _structure_of_members(nodes, node, columns_level, members)
            with refusals.refusing(node, BARTLETT):
                yield from _sphericity(nodes, node, columns_level, members)


def _structure_of_members(nodes: Nodes, node: str, columns_level: str, members: list[str]) -> Iterator[Row]:
    sample = structure.complete_table(nodes.pooled(members))
    columns = [members[j] for j in sample.columns]
    yield row("reliability", node, "rows", len(sample.rows), other_node=columns_level, flag_code="pooled")
    yield row("reliability", node, "columns", len(columns), other_node=columns_level)
    alpha = structure.cronbach(sample.rows)
    flag_code = "I-DIRECTION" if alpha < 0 else "I-ALPHA" if alpha < ALPHA else ""
    yield row("reliability", node, "cronbach_alpha", alpha, other_node=columns_level, flag_code=flag_code)
    r = correlation(sample.rows)
    if len(columns) > 2:
        yield from _adequacy(node, columns_level, columns, structure.kmo(r))
    yield from _components(node, columns_level, columns, structure.components(r))


def _adequacy(node: str, columns_level: str, columns: list[str], adequacy: structure.Adequacy) -> Iterator[Row]:
    flag_code = "I-SINGULAR" if adequacy.singular else "I-KMO" if adequacy.overall < KMO else ""
    yield row("kmo", node, "overall", adequacy.overall, other_node=columns_level, flag_code=flag_code)
    for member, value in zip(columns, adequacy.adequacy_by_column):
        yield row("kmo", node, f"by_{columns_level}", value, other_node=member, flag_code="I-KMO" if value < KMO else "")


def _sphericity(nodes: Nodes, node: str, columns_level: str, members: list[str]) -> Iterator[Row]:
    sample = structure.complete_table(nodes.unit_means(members))
    test = structure.bartlett(correlation(sample.rows), len(sample.rows))
    yield row("bartlett", node, "chi2", test.statistic, other_node=columns_level, flag_code="unit_means")
    yield row("bartlett", node, "dof", test.dof, other_node=columns_level)
    yield row("bartlett", node, "p", test.p, other_node=columns_level)


def _components(node: str, columns_level: str, columns: list[str], principal: structure.Components) -> Iterator[Row]:
    """All eigenvalues; loadings of the components with an eigenvalue above 1, at least the first."""
    item_name = f"pca_{columns_level}"
    for k, (variance, share) in enumerate(zip(principal.variances, principal.explained_shares), start=1):
        yield row(item_name, node, f"eigenvalue_{k}", variance)
        yield row(item_name, node, f"explained_{k}", share)
    for k in range(max(1, int((principal.variances > 1).sum()))):
        for member, loading in zip(columns, principal.loadings[:, k]):
            flag_code = "I-DIRECTION" if k == 0 and loading < 0 else ""
            yield row(item_name, node, f"loading_{k + 1}", loading, other_node=member, flag_code=flag_code)


def collinearity_rows(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """How far each leaf is a linear function of its siblings, and of all other leaves (redundancy)."""
    tree = nodes.index.design.tree
    families = [node for node in tree.inner if node != tree.root and not set(tree.children(node)) & set(tree.inner)]
    for node in [tree.root, *families]:
        if len(tree.leaves(node)) > 1:
            with refusals.refusing(node, STRUCTURE):
                yield from _inflation(nodes, node, list(tree.leaves(node)))


def _inflation(nodes: Nodes, node: str, leaves: list[str]) -> Iterator[Row]:
    """VIF of each leaf given the others; pairs that are the same are named, and so is a lack of rows."""
    sample = structure.complete_table(nodes.pooled(leaves))
    columns = [leaves[j] for j in sample.columns]
    twin_pairs = structure.identical_column_pairs(correlation(sample.rows))
    inflation = structure.vif(sample.rows)
    too_few_rows = len(sample.rows) < ROWS_PER_COLUMN * len(columns)
    for j, (leaf, value) in enumerate(zip(columns, inflation)):
        identical_columns = [columns[k if i == j else i] for i, k in twin_pairs if j in (i, k)]
        collinear_siblings = [
            sibling for sibling, factor_of_column in zip(columns, inflation) if np.isinf(factor_of_column) and sibling != leaf
        ]
        is_exact = bool(identical_columns) or (np.isinf(value) and not too_few_rows)
        flag_code = "I-COLLINEAR" if is_exact else "I-FEW" if too_few_rows else "I-VIF" if value > VIF else ""
        row_facts = {
            "location": ", ".join(identical_columns or collinear_siblings),
            "rows": len(sample.rows),
            "columns": len(columns),
        }
        yield row("collinearity", leaf, "vif", value, other_node=node, flag_code=flag_code, **row_facts)
        yield row("collinearity", leaf, "r2_others", 1 - 1 / value, other_node=node)
