"""What the index rests on, as one long table: columns, correlations, reliability, components, weights, known groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.column_statistics import bounds
from ...methods.treat import skew_and_kurtosis
from ...study.records import Study
from ..index_tables import SPIKE, Index, node_labels
from ..score_panel import Refusals, Row, node_values, table
from ..unit_groups import contrast, groupings
from .correlation_ratio import importance
from .diagnostic_rows import Nodes, row
from .indicator_coherence import collinearity_rows, correlation_rows, structure_rows
from .weight_concentration import SKEWED, concentration, recoded_shares
from .weight_diagnostics import weighing_rows

Array = NDArray[np.float64]
KURTOSIS = 3.5
"""Share of a column's total in one cell from which it counts as a spike."""
FACTOR = 2.0
"""How many times a share may differ before it is flagged."""
SIZE = 0.05


def diagnostics(study: Study, index: Index, *, groups: Mapping[str, str] | None = None) -> dict[str, pd.DataFrame]:
    """Tables `diagnostics` and `not_made` of sample `all`; `groups` is the study's own grouping of units."""
    tree, computed, refusals = index.design.tree, index.computed["all"], Refusals()
    nodes = Nodes(index, {node: node_values(index.design, computed, node) for node in tree.order})
    rows = [
        *_columns(nodes),
        *correlation_rows(nodes),
        *structure_rows(nodes, refusals),
        *collinearity_rows(nodes, refusals),
        *_weights(nodes),
        *weighing_rows(study, nodes),
        *_concentration(nodes),
        *_known_groups(nodes, groups),
    ]
    labels = node_labels(study)
    named = [one | {"node_zh": labels[one["node"]].zh, "node_en": labels[one["node"]].en} for one in rows]
    return {"diagnostics": table("diagnostics", named), "not_made": table("not_made", refusals.rows)}


# columns


def _columns(nodes: Nodes) -> Iterator[Row]:
    """Every leaf as it came: cells, gaps, negative cells, shape, and the part of its total in one cell."""
    index = nodes.index
    raw = index.indicators.query("sample == 'all'").set_index(["indicator", "year", "unit"])["raw"].sort_index()
    places = [f"{unit} {year}" for year in index.design.years for unit in index.units]
    for leaf in index.design.leaves:
        yield from _changed(index, leaf)
        known = raw.loc[leaf].reindex(pd.MultiIndex.from_product([index.design.years, index.units])).to_numpy(np.float64)
        yield from _column(leaf, known, nodes.values[leaf].ravel(), places)


def _changed(index: Index, leaf: str) -> Iterator[Row]:
    """Share of the cells that are imputed, and how many cells the treatment of outliers moved."""
    computed, at = index.computed["all"], index.design.leaves.index(leaf)
    filled, treated = computed.filled[..., at], computed.treated[..., at]
    imputed = float(computed.imputed[..., at].mean())
    yield row("column", leaf, "imputed_share", imputed, flag="I-IMPUTED" if imputed > 0 else "", found=imputed)
    yield row("column", leaf, "treated_cells", int(((treated != filled) & ~np.isnan(filled)).sum()))


def _column(leaf: str, raw: Array, normalised: Array, places: Sequence[str]) -> Iterator[Row]:
    known = raw[~np.isnan(raw)]
    gone = "I-EMPTY" if not len(known) else "I-CONST" if np.isnan(bounds(raw[:, None])[0][0, 0]) else ""
    yield row("column", leaf, "cells", len(known), flag=gone)
    missing = 1 - len(known) / len(raw)
    yield row("column", leaf, "missing_share", missing, flag="I-SPARSE" if 0.5 < missing < 1 else "")
    if gone:
        return
    negative = int((known < 0).sum())
    yield row("column", leaf, "negative_cells", negative, flag="I-NEGATIVE" if negative else "", count=negative)
    skewness, kurtosis = (float(moment[0, 0]) for moment in skew_and_kurtosis(known[:, None]))
    extreme = abs(skewness) >= SKEWED and kurtosis >= KURTOSIS
    farthest = places[int(np.nanargmax(np.abs(raw - np.median(known))))]
    yield row("column", leaf, "skewness", skewness, flag="I-SKEW" if extreme else "", where=farthest)
    yield row("column", leaf, "kurtosis", kurtosis)
    whole = np.nansum(normalised)
    if whole > 0 and np.nanmin(normalised) >= 0:
        largest = float(np.nanmax(normalised) / whole)
        top = places[int(np.nanargmax(normalised))]
        yield row("column", leaf, "largest_cell_share", largest, flag="I-SPIKE" if largest > SPIKE else "", where=top)


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
        yield row("weight", node, "nominal", nominal)
        yield row("weight", node, "covariance_share", through[node])
        yield row("weight", node, "importance", value, flag="smoother")
        yield row("weight", node, "importance_share", share, flag="I-IMPORTANCE" if apart and share == share else "")


def _concentration(nodes: Nodes) -> Iterator[Row]:
    """How few leaves carry the weight, how much of it is skew, and what coding a direction otherwise would do to it."""
    index, design = nodes.index, nodes.index.design
    means = index.weights.groupby("node")[["share_global", "share_local", "skewness"]].mean().reindex(design.leaves)
    shares = means["share_global"].to_numpy()
    found = concentration(shares, means["skewness"].to_numpy())
    number = found.skewed_count / len(shares)
    heavy = found.skewed > FACTOR * number
    root = design.tree.root
    yield row("concentration", root, "top5_share", found.top5)
    yield row("concentration", root, "effective_number", found.effective_number)
    yield row("concentration", root, "skewed_indicators", found.skewed_count)
    yield row("concentration", root, "skewed_share", found.skewed, flag="I-CONCENTRATED" if heavy else "",
               number=number, weight=found.skewed)  # fmt: skip
    local = means["share_global" if design.flat is not None else "share_local"]
    for leaf, turned in recoded_shares(design, index.computed["all"]).items():
        share = float(local[leaf])
        moved = max(share, turned) > FACTOR * min(share, turned)
        yield row("recoding", leaf, "share", share)
        yield row("recoding", leaf, "share_if_recoded", turned, flag="I-RECODE" if moved else "", share=share, turned=turned)


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
            yield row("known_groups", node, "cliff_delta", found.delta, other=name, flag=flag)
            yield row("known_groups", node, "mann_whitney_u", found.u, other=name)
            yield row("known_groups", node, "p", found.p, other=name)
            yield row("known_groups", node, "n_first", found.first, other=name)
            yield row("known_groups", node, "n_second", found.second, other=name)
