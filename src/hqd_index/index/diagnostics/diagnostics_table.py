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
from .coverage_rows import coverage_rows
from .diagnostic_rows import Nodes, row
from .indicator_coherence import collinearity_rows, correlation_rows, structure_rows
from .weight_concentration import SKEWNESS_LIMIT, concentration, mirrored_shares
from .weight_diagnostics import weight_rows

Array = NDArray[np.float64]
KURTOSIS = 3.5
"""Share of a column's total in one cell from which it counts as a spike."""
FACTOR = 2.0
"""How many times a share may differ before it is flagged."""
TEST_SIZE = 0.05


def diagnostics(
    study: Study, index: Index, *, study_groups: Mapping[str, str] | None = None, status_coverage: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Tables `diagnostics` and `not_made` of sample `all`; `study_groups` is the study's own grouping of units.

    `status_coverage` (indicator, coverage, coverage_srdi, coverage_others) is that of the rows behind each indicator.
    """
    nodes, refusals = _nodes(index), Refusals()
    rows = [
        *_column_rows(nodes),
        *coverage_rows(study, index, status_coverage),
        *correlation_rows(nodes),
        *structure_rows(nodes, refusals),
        *collinearity_rows(nodes, refusals),
        *_weight_comparison(nodes),
        *weight_rows(study, nodes),
        *_concentration(nodes),
        *_known_groups(nodes, study_groups),
    ]
    return {"diagnostics": _labelled_table(study, rows), "not_made": table("not_made", refusals.rows)}


def column_diagnostics(study: Study, index: Index, status_coverage: pd.DataFrame) -> pd.DataFrame:
    """The rows of `diagnostics` on the indicators' columns and their coverage alone: what the terminal's notices rest on."""
    return _labelled_table(study, [*_column_rows(_nodes(index)), *coverage_rows(study, index, status_coverage)])


def _nodes(index: Index) -> Nodes:
    index_arrays = index.arrays_by_sample["all"]
    return Nodes(index, {node: node_values(index.design, index_arrays, node) for node in index.design.tree.order})


def _labelled_table(study: Study, rows: Sequence[Row]) -> pd.DataFrame:
    labels = node_labels(study)
    labelled_rows = [
        diagnostic | {"node_zh": labels[diagnostic["node"]].zh, "node_en": labels[diagnostic["node"]].en} for diagnostic in rows
    ]
    return table("diagnostics", labelled_rows)


# columns


def _column_rows(nodes: Nodes) -> Iterator[Row]:
    """Every leaf as it came: cells, gaps, negative cells, shape, and the part of its total in one cell."""
    index = nodes.index
    raw_panel = index.indicators.query("sample == 'all'").set_index(["indicator", "year", "unit"])["raw"].sort_index()
    unit_year_labels = [f"{unit} {year}" for year in index.design.years for unit in index.units]
    for leaf in index.design.leaves:
        yield from _cell_changes(index, leaf)
        raw_values = (
            raw_panel.loc[leaf].reindex(pd.MultiIndex.from_product([index.design.years, index.units])).to_numpy(np.float64)
        )
        yield from _column_statistics(leaf, raw_values, nodes.values[leaf].ravel(), unit_year_labels)


def _cell_changes(index: Index, leaf: str) -> Iterator[Row]:
    """Share of the cells that are imputed, and how many cells the treatment of outliers moved."""
    index_arrays_of_sample, leaf_index = index.arrays_by_sample["all"], index.design.leaves.index(leaf)
    imputed_cells, treated = (
        index_arrays_of_sample.completed_values[..., leaf_index],
        index_arrays_of_sample.treated[..., leaf_index],
    )
    imputed_share = float(index_arrays_of_sample.is_imputed[..., leaf_index].mean())
    yield row(
        "column", leaf, "imputed_share", imputed_share, flag_code="I-IMPUTED" if imputed_share > 0 else "", found=imputed_share
    )
    yield row("column", leaf, "treated_cells", int(((treated != imputed_cells) & ~np.isnan(imputed_cells)).sum()))


def _column_statistics(leaf: str, raw_values: Array, normalised: Array, unit_year_labels: Sequence[str]) -> Iterator[Row]:
    known_values = raw_values[~np.isnan(raw_values)]
    absence_flag = "I-EMPTY" if not len(known_values) else "I-CONST" if np.isnan(bounds(raw_values[:, None])[0][0, 0]) else ""
    yield row("column", leaf, "cells", len(known_values), flag_code=absence_flag)
    missing_share = 1 - len(known_values) / len(raw_values)
    yield row("column", leaf, "missing_share", missing_share, flag_code="I-SPARSE" if 0.5 < missing_share < 1 else "")
    if absence_flag:
        return
    negative_count = int((known_values < 0).sum())
    yield row(
        "column", leaf, "negative_cells", negative_count, flag_code="I-NEGATIVE" if negative_count else "", count=negative_count
    )
    skewness, kurtosis = (float(moment[0, 0]) for moment in skew_and_kurtosis(known_values[:, None]))
    is_extreme = abs(skewness) >= SKEWNESS_LIMIT and kurtosis >= KURTOSIS
    farthest_label = unit_year_labels[int(np.nanargmax(np.abs(raw_values - np.median(known_values))))]
    yield row("column", leaf, "skewness", skewness, flag_code="I-SKEW" if is_extreme else "", location=farthest_label)
    yield row("column", leaf, "kurtosis", kurtosis)
    column_total = np.nansum(normalised)
    if column_total > 0 and np.nanmin(normalised) >= 0:
        largest_share = float(np.nanmax(normalised) / column_total)
        largest_label = unit_year_labels[int(np.nanargmax(normalised))]
        yield row(
            "column",
            leaf,
            "largest_cell_share",
            largest_share,
            flag_code="I-SPIKE" if largest_share > SPIKE else "",
            location=largest_label,
        )


# weights


def _weight_comparison(nodes: Nodes) -> Iterator[Row]:
    """Three weights that are never the same thing: nominal, share of covariance, and importance with its share of the level."""
    tree, index = nodes.index.design.tree, nodes.index
    nominal_share, effective_share = (
        index.weights.groupby("node")[column].mean().to_dict() for column in ("share_global", "effective")
    )
    root = nodes.values[tree.root].ravel()
    importances = {node: importance(nodes.values[node].ravel(), root) for node in tree.order if node != tree.root}
    for node, value in importances.items():
        level = [
            importances[other_importance] for other_importance in importances if tree.level(other_importance) == tree.level(node)
        ]
        total_importance = float(np.nansum(level))
        nominal, share = nominal_share[node], value / total_importance if total_importance > 0 else float("nan")
        is_disproportionate = nominal > 0 and not 1 / FACTOR <= share / nominal <= FACTOR
        yield row("weight", node, "nominal", nominal)
        yield row("weight", node, "covariance_share", effective_share[node])
        yield row("weight", node, "importance", value, flag_code="smoother")
        yield row(
            "weight", node, "importance_share", share, flag_code="I-IMPORTANCE" if is_disproportionate and share == share else ""
        )


def _concentration(nodes: Nodes) -> Iterator[Row]:
    """How few leaves carry the weight, how much of it is skew, and what coding a direction otherwise would do to it."""
    index, design = nodes.index, nodes.index.design
    mean_shares = index.weights.groupby("node")[["share_global", "share_local", "skewness"]].mean().reindex(design.leaves)
    shares = mean_shares["share_global"].to_numpy()
    weight_concentration = concentration(shares, mean_shares["skewness"].to_numpy())
    number = weight_concentration.skewed_count / len(shares)
    is_heavy = weight_concentration.skewed_columns > FACTOR * number
    root = design.tree.root
    yield row("concentration", root, "top5_share", weight_concentration.top_five_share)
    yield row("concentration", root, "effective_number", weight_concentration.effective_number)
    yield row("concentration", root, "skewed_indicators", weight_concentration.skewed_count)
    yield row(
        "concentration",
        root,
        "skewed_share",
        weight_concentration.skewed_columns,
        flag_code="I-CONCENTRATED" if is_heavy else "",
        number=number,
        weight=weight_concentration.skewed_columns,
    )
    share_column = mean_shares["share_global" if design.flat_family is not None else "share_local"]
    for leaf, mirrored_share in mirrored_shares(design, index.arrays_by_sample["all"]).items():
        share = float(share_column[leaf])
        is_shifted = max(share, mirrored_share) > FACTOR * min(share, mirrored_share)
        yield row("recoding", leaf, "share", share)
        yield row(
            "recoding",
            leaf,
            "share_if_recoded",
            mirrored_share,
            flag_code="I-RECODE" if is_shifted else "",
            share=share,
            turned=mirrored_share,
        )


# known groups


def _known_groups(nodes: Nodes, own_groups: Mapping[str, str] | None) -> Iterator[Row]:
    """High- against low-technology divisions on unit means; only where every unit is a division."""
    index = nodes.index
    group = groupings(index.units, own_groups).get("technology")
    if group is None:
        return
    inner_nodes = list(index.design.tree.inner)
    unit_means = nodes.unit_means(inner_nodes)
    for j, node in enumerate(inner_nodes):
        for comparison_name, upper_nodes, lower_units in (
            ("high > low", ("high",), ("low",)),
            ("high, medium_high > medium_low, low", ("high", "medium_high"), ("medium_low", "low")),
        ):
            is_upper = np.array([group[unit] in upper_nodes for unit in index.units])
            is_lower = np.array([group[unit] in lower_units for unit in index.units])
            test = contrast(unit_means[is_upper, j], unit_means[is_lower, j])
            flag_code = "I-GROUPS" if test.delta <= 0 else "I-GROUPS-WEAK" if test.p > TEST_SIZE else "unit_means"
            yield row("known_groups", node, "cliff_delta", test.delta, other_node=comparison_name, flag_code=flag_code)
            yield row("known_groups", node, "mann_whitney_u", test.u, other_node=comparison_name)
            yield row("known_groups", node, "p", test.p, other_node=comparison_name)
            yield row("known_groups", node, "n_first", test.first, other_node=comparison_name)
            yield row("known_groups", node, "n_second", test.second_group, other_node=comparison_name)
