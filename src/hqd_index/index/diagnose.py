"""What the index rests on, as one long table: columns, correlations, reliability, components, weights, known groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..methods.columns import bounds, correlation
from ..methods.treat import skew_and_kurtosis
from ..study.models import Label, Study
from . import structure
from .concentration import SKEWED, concentration, recoded_shares
from .frames import Index
from .groups import contrast, groupings
from .importance import importance
from .notes import note
from .scored import Item, Refusals, Row, node_values, table

Array = NDArray[np.float64]
HIGH, OPPOSED = 0.9, -0.4
KURTOSIS = 3.5
ALPHA, KMO, VIF = 0.7, 0.5, 10.0
SPIKE = 0.9
"""Share of a column's total in one cell from which it counts as a spike."""
FACTOR = 2.0
"""How many times a share may differ before it is flagged."""
SIZE = 0.05

MORE = Label(zh="补充单位或年份,或减少指标", en="add units or years, or use fewer indicators")
STRUCTURE = Item("structure", "diagnostics", Label(zh="信度与主成分", en="reliability and components"), MORE)
BARTLETT = Item("bartlett", "diagnostics", Label(zh="Bartlett 球形检验", en="Bartlett's test"), MORE)


@dataclass(frozen=True)
class Nodes:
    """Values (T, U) of every node of sample `all`, leaves normalised; tables of several nodes over unit-years or unit means."""

    index: Index
    values: Mapping[str, Array]

    def pooled(self, nodes: Sequence[str]) -> Array:
        return np.stack([self.values[node].ravel() for node in nodes], axis=-1)

    def unit_means(self, nodes: Sequence[str]) -> Array:
        stacked = np.stack([self.values[node] for node in nodes], axis=-1)
        count = (~np.isnan(stacked)).sum(axis=0)
        return np.where(count > 0, np.nansum(stacked, axis=0) / np.maximum(count, 1), np.nan)


def diagnostics(study: Study, index: Index, *, groups: Mapping[str, str] | None = None) -> dict[str, pd.DataFrame]:
    """Tables `diagnostics` and `not_made` of sample `all`; `groups` is the study's own grouping of units."""
    tree, computed, refusals = index.design.tree, index.computed["all"], Refusals()
    nodes = Nodes(index, {node: node_values(index.design, computed, node) for node in tree.order})
    rows = [
        *_columns(nodes),
        *_correlations(nodes),
        *_structure(nodes, refusals),
        *_collinearity(nodes, refusals),
        *_weights(nodes),
        *_concentration(nodes),
        *_known_groups(nodes, groups),
    ]
    return {"diagnostics": table("diagnostics", rows), "not_made": table("not_made", refusals.rows)}


def _row(item: str, node: str, quantity: str, value: float, *, other: str = "", flag: str = "", **facts: object) -> Row:
    """`flag` is kept only if it is a code (I-...); any other key of NOTES is a note without a flag."""
    zh, en = note(flag, other=other, **facts)
    code = flag if flag.startswith("I-") else ""
    head = {"item": item, "node": node, "other": other, "quantity": quantity, "value": float(value)}
    return head | {"flag": code, "note_zh": zh, "note_en": en}


# columns


def _columns(nodes: Nodes) -> Iterator[Row]:
    """Every leaf as it came: cells, gaps, negative cells, shape, and the part of its total in one cell."""
    index = nodes.index
    raw = index.indicators.query("sample == 'all'").set_index(["indicator", "year", "unit"])["raw"].sort_index()
    places = [f"{unit} {year}" for year in index.design.years for unit in index.units]
    for leaf in index.design.leaves:
        known = raw.loc[leaf].reindex(pd.MultiIndex.from_product([index.design.years, index.units])).to_numpy(np.float64)
        yield from _column(leaf, known, nodes.values[leaf].ravel(), places)


def _column(leaf: str, raw: Array, normalised: Array, places: Sequence[str]) -> Iterator[Row]:
    known = raw[~np.isnan(raw)]
    gone = "I-EMPTY" if not len(known) else "I-CONST" if np.isnan(bounds(raw[:, None])[0][0, 0]) else ""
    yield _row("column", leaf, "cells", len(known), flag=gone)
    missing = 1 - len(known) / len(raw)
    yield _row("column", leaf, "missing_share", missing, flag="I-SPARSE" if 0.5 < missing < 1 else "")
    if gone:
        return
    negative = int((known < 0).sum())
    yield _row("column", leaf, "negative_cells", negative, flag="I-NEGATIVE" if negative else "", count=negative)
    skewness, kurtosis = (float(moment[0, 0]) for moment in skew_and_kurtosis(known[:, None]))
    extreme = abs(skewness) >= SKEWED and kurtosis >= KURTOSIS
    farthest = places[int(np.nanargmax(np.abs(raw - np.median(known))))]
    yield _row("column", leaf, "skewness", skewness, flag="I-SKEW" if extreme else "", where=farthest)
    yield _row("column", leaf, "kurtosis", kurtosis)
    whole = np.nansum(normalised)
    if whole > 0 and np.nanmin(normalised) >= 0:
        largest = float(np.nanmax(normalised) / whole)
        top = places[int(np.nanargmax(normalised))]
        yield _row("column", leaf, "largest_cell_share", largest, flag="I-SPIKE" if largest > SPIKE else "", where=top)


# correlations


def _correlations(nodes: Nodes) -> Iterator[Row]:
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
                yield _row("correlation", first, "pearson", pearson[j, k], other=second, flag=flag)
                yield _row("correlation", first, "spearman", spearman[j, k], other=second)
                yield _row("correlation", first, "n", common[j, k], other=second)


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


# reliability, adequacy, components


def _structure(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
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
    yield _row("reliability", node, "rows", len(found.rows), other=kind, flag="pooled")
    yield _row("reliability", node, "columns", len(kept), other=kind)
    alpha = structure.cronbach(found.rows)
    flag = "I-DIRECTION" if alpha < 0 else "I-ALPHA" if alpha < ALPHA else ""
    yield _row("reliability", node, "cronbach_alpha", alpha, other=kind, flag=flag)
    r = correlation(found.rows)
    if len(kept) > 2:
        yield from _adequacy(node, kind, kept, structure.kmo(r))
    yield from _components(node, kind, kept, structure.components(r))


def _adequacy(node: str, kind: str, kept: list[str], found: structure.Adequacy) -> Iterator[Row]:
    flag = "I-SINGULAR" if found.singular else "I-KMO" if found.overall < KMO else ""
    yield _row("kmo", node, "overall", found.overall, other=kind, flag=flag)
    for member, value in zip(kept, found.by_column):
        yield _row("kmo", node, f"by_{kind}", value, other=member, flag="I-KMO" if value < KMO else "")


def _sphericity(nodes: Nodes, node: str, kind: str, members: list[str]) -> Iterator[Row]:
    found = structure.usable(nodes.unit_means(members))
    test = structure.bartlett(correlation(found.rows), len(found.rows))
    yield _row("bartlett", node, "chi2", test.statistic, other=kind, flag="unit_means")
    yield _row("bartlett", node, "dof", test.dof, other=kind)
    yield _row("bartlett", node, "p", test.p, other=kind)


def _components(node: str, kind: str, kept: list[str], found: structure.Components) -> Iterator[Row]:
    """All eigenvalues; loadings of the components with an eigenvalue above 1, at least the first."""
    item = f"pca_{kind}"
    for k, (variance, share) in enumerate(zip(found.variances, found.explained), start=1):
        yield _row(item, node, f"eigenvalue_{k}", variance)
        yield _row(item, node, f"explained_{k}", share)
    for k in range(max(1, int((found.variances > 1).sum()))):
        for member, loading in zip(kept, found.loadings[:, k]):
            flag = "I-DIRECTION" if k == 0 and loading < 0 else ""
            yield _row(item, node, f"loading_{k + 1}", loading, other=member, flag=flag)


def _collinearity(nodes: Nodes, refusals: Refusals) -> Iterator[Row]:
    """How far each leaf is a linear function of all other leaves (redundancy), pairs that are the same named."""
    root, leaves = nodes.index.design.tree.root, list(nodes.index.design.leaves)
    with refusals.caught(root, STRUCTURE):
        found = structure.usable(nodes.pooled(leaves))
        kept = [leaves[j] for j in found.columns]
        same = structure.same_pairs(correlation(found.rows))
        inflation = structure.vif(found.rows)
        tied = [kept[j] for j in np.flatnonzero(np.isinf(inflation))]
        for j, (leaf, value) in enumerate(zip(kept, inflation)):
            twins = [kept[k if i == j else i] for i, k in same if j in (i, k)]
            flag = "I-COLLINEAR" if np.isinf(value) else "I-VIF" if value > VIF else ""
            where = ", ".join(twins or [other for other in tied if other != leaf])
            yield _row("collinearity", leaf, "vif", value, flag=flag, where=where)
            yield _row("collinearity", leaf, "r2_others", 1 - 1 / value)


# weights


def _weights(nodes: Nodes) -> Iterator[Row]:
    """Three weights that are never the same thing: nominal, share of covariance, and importance with its share of the level."""
    tree, index = nodes.index.design.tree, nodes.index
    nominal_share, through = (index.weights.groupby("node")[column].mean().to_dict() for column in ("share_global", "effective"))
    root = nodes.values[tree.root].ravel()
    moved = {node: importance(nodes.values[node].ravel(), root) for node in tree.order if node != tree.root}
    for node, value in moved.items():
        level = [moved[other] for other in moved if tree.level(other) == tree.level(node)]
        whole = float(np.nansum(level))
        nominal, share = nominal_share[node], value / whole if whole > 0 else float("nan")
        apart = nominal > 0 and not 1 / FACTOR <= share / nominal <= FACTOR
        yield _row("weight", node, "nominal", nominal)
        yield _row("weight", node, "covariance_share", through[node])
        yield _row("weight", node, "importance", value, flag="smoother")
        yield _row("weight", node, "importance_share", share, flag="I-IMPORTANCE" if apart and share == share else "")


def _concentration(nodes: Nodes) -> Iterator[Row]:
    """How few leaves carry the weight, how much of it is skew, and what coding a direction otherwise would do to it."""
    index, design = nodes.index, nodes.index.design
    means = index.weights.groupby("node")[["share_global", "share_local", "skewness"]].mean().reindex(design.leaves)
    shares = means["share_global"].to_numpy()
    found = concentration(shares, means["skewness"].to_numpy())
    number = found.skewed_count / len(shares)
    heavy = found.skewed > FACTOR * number
    root = design.tree.root
    yield _row("concentration", root, "top5_share", found.top5)
    yield _row("concentration", root, "effective_number", found.effective_number)
    yield _row("concentration", root, "skewed_indicators", found.skewed_count)
    yield _row("concentration", root, "skewed_share", found.skewed, flag="I-CONCENTRATED" if heavy else "",
               number=number, weight=found.skewed)  # fmt: skip
    local = means["share_global" if design.flat is not None else "share_local"]
    for leaf, turned in recoded_shares(design, index.computed["all"]).items():
        share = float(local[leaf])
        moved = max(share, turned) > FACTOR * min(share, turned)
        yield _row("recoding", leaf, "share", share)
        yield _row("recoding", leaf, "share_if_recoded", turned, flag="I-RECODE" if moved else "", share=share, turned=turned)


# known groups


def _known_groups(nodes: Nodes, own: Mapping[str, str] | None) -> Iterator[Row]:
    """High- against low-technology divisions on unit means; only where every unit is a division."""
    index = nodes.index
    group = groupings(index.units, own).get("technology")
    if group is None:
        return
    inner = list(index.design.tree.inner)
    means = nodes.unit_means(inner)
    for j, node in enumerate(inner):
        for name, upper, lower in (
            ("high > low", ("high",), ("low",)),
            ("high, medium_high > medium_low, low", ("high", "medium_high"), ("medium_low", "low")),
        ):
            first = np.array([group[unit] in upper for unit in index.units])
            second = np.array([group[unit] in lower for unit in index.units])
            found = contrast(means[first, j], means[second, j])
            flag = "I-GROUPS" if found.delta <= 0 else "I-GROUPS-WEAK" if found.p > SIZE else "unit_means"
            yield _row("known_groups", node, "cliff_delta", found.delta, other=name, flag=flag)
            yield _row("known_groups", node, "mann_whitney_u", found.u, other=name)
            yield _row("known_groups", node, "p", found.p, other=name)
            yield _row("known_groups", node, "n_first", found.first, other=name)
            yield _row("known_groups", node, "n_second", found.second, other=name)
