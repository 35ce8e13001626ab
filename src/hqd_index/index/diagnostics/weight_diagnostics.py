"""What the weighting of each node reports of itself on the data: rows it rests on, consistency, components, targets missed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...methods.choice import BoundChoice
from ...study.choices import family_choice
from ...study.records import Study
from ..build import span_rows
from ..score_panel import Row
from ..scoring_plan import FLAT_TREE_KEY, Family
from .diagnostic_rows import Nodes, row

Array = NDArray[np.float64]
FEW_ROWS = 10
"""Rows below which weights drawn from data are flagged as resting on little (index_methods, section 0)."""


def weight_rows(study: Study, nodes: Nodes) -> Iterator[Row]:
    """Rows of `diagnostics`, item `weighing`: one set a node, or a year of a node where each year has its own weights."""
    design = nodes.index.design
    for family in (design.flat_family,) if design.flat_family else design.families:
        choice = (
            study.weighting.weight.get(FLAT_TREE_KEY) or family_choice(study.weighting, design.tree, family.node, "weight")[0]
        )
        child_values = np.stack([nodes.values[child] for child in family.children], axis=-1)
        if family.span == "each_year":
            for year, child_rows in zip(design.years, child_values):
                yield from _method_rows(nodes, family, choice, child_rows, f"_{year}")
        else:
            yield from _method_rows(nodes, family, choice, span_rows(child_values, family.span, design.years), "")
        yield from _years_of_weights(nodes, family, choice)


def _method_rows(nodes: Nodes, family: Family, choice: BoundChoice, child_rows: Array, suffix: str) -> Iterator[Row]:
    if not family.ignores_values:
        column_count = int((~np.isnan(child_rows)).any(axis=-1).sum())
        yield row(
            "weighing",
            family.node,
            f"rows{suffix}",
            column_count,
            flag_code="I-ROWS" if column_count < FEW_ROWS else "",
            rows=column_count,
        )
    for method_note in choice.notes(family.children, child_rows, valid_ids=nodes.index.design.tree.order):
        child = "" if method_note.child is None else family.children[method_note.child]
        yield row(
            "weighing",
            family.node,
            f"{method_note.quantity}{suffix}",
            method_note.value,
            other_node=child,
            flag_code=method_note.flag,
            found=method_note.value,
        )


def _years_of_weights(nodes: Nodes, family: Family, choice: BoundChoice) -> Iterator[Row]:
    """The scatter degree of one year is the plain variant, and is called so."""
    years, span = nodes.index.design.years, family.span
    years_in_span = [year for year in years if isinstance(span, str) or span[0] <= year <= span[1]]
    if choice.method == "scatter" and (len(years_in_span) == 1 or span == "each_year"):
        yield row("weighing", family.node, "years", 1, flag_code="I-ONE-YEAR")
