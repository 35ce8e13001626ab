"""The account of one score: every node below it as shares x children, every indicator as raw, treated and normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..engines import open_engine
from ..errors import CheckError
from ..index.build import IndexArrays
from ..index.index_tables import Index, build_index
from ..study.choices import family_choice, leaf_choice
from ..study.indicator_tree import Tree, tree_of
from .name_lookup import matching_node, unit_of, year_of
from .normalising_steps import normalising
from .published import Published
from .raw_values import RawValue, raw_values

TOLERANCE = 1e-9
"""Largest difference from the published score, which is written in full: sums in another order move the last digits."""


@dataclass(frozen=True)
class Child:
    """A child with its share among those present, its score (0-100, or a leaf's normalised value x 100), and the product."""

    node: str
    share: float
    value: float
    part: float


@dataclass(frozen=True)
class Node:
    """A node's score with its children; `additive`: the parts add up to it. `rescaled`: shares of absent children moved."""

    node: str
    score: float
    weight: str
    aggregate: str
    additive: bool
    rescaled: bool
    children: tuple[Child, ...]

    @property
    def sum(self) -> float:
        """What the parts add up to."""
        return sum(child.part for child in self.children)


@dataclass(frozen=True)
class Leaf:
    """An indicator of the unit-year step by step; `steps` writes the normalising with its numbers."""

    leaf: str
    value: float
    treated: float
    normalised: float
    imputed: bool
    impute: str
    treat: str
    normalise: str
    steps: str
    raw: RawValue


@dataclass(frozen=True)
class Account:
    """Everything one score is made of."""

    published: Published
    unit: str
    unit_zh: str
    unit_en: str
    year: int
    sample: str
    node: str
    n_firms: int | None
    nodes: tuple[Node, ...]
    leaves: tuple[Leaf, ...]


def account(published_study: Published, unit: str, year: int, node: str | None = None, *, sample: str = "all") -> Account:
    """The account of a published score; CheckError (exit 4) where it does not come out as published (1e-9)."""
    study, tree = published_study.study, tree_of(published_study.study.indicators)
    with open_engine(memory=study.study.memory) as engine:
        stored_paths = {stage: published_study.stored(stage) for stage in ("intake", "panel", "firms")}
        panel, labels_of_units = (engine.collect(engine.scan(stored_paths["panel"][table])) for table in ("panel", "unit_names"))
        unit_id, node_id = unit_of(unit, labels_of_units, study), matching_node(node, study, tree)
        built_index = build_index(study, panel, labels_of_units)
        cell_index = (built_index.design.years.index(year_of(year, built_index.design.years)), built_index.units.index(unit_id))
        nodes_below = _subtree_nodes(tree, node_id)
        nodes = tuple(
            _node_account(published_study, built_index, sample, child_node, cell_index)
            for child_node in nodes_below
            if tree.children(child_node)
        )
        leaves = [child_node for child_node in nodes_below if not tree.children(child_node)]
        raw_values_of_leaves = raw_values(
            study,
            engine,
            stored_paths["firms"],
            leaves,
            unit_id,
            year,
            sample=sample,
            intake_paths=stored_paths["intake"],
        )
        leaf_accounts = tuple(
            _leaf_account(published_study, built_index, sample, leaf, cell_index, raw_values_of_leaves[leaf]) for leaf in leaves
        )
    zh, en = _unit_names(labels_of_units, unit_id)
    firms = panel.query("sample == @sample and unit == @unit_id and year == @year")
    score_account = Account(published_study, unit_id, zh, en, year, sample, node_id, _fewest_firms(firms), nodes, leaf_accounts)
    _verify(score_account)
    return score_account


def _subtree_nodes(tree: Tree, node: str) -> list[str]:
    """A node and all below it, parents before children."""
    return [node, *(descendant for child in tree.children(node) for descendant in _subtree_nodes(tree, child))]


def _unit_names(labels_of_units: pd.DataFrame, unit: str) -> tuple[str, str]:
    """(Chinese, English) name of a unit."""
    row = labels_of_units[labels_of_units["unit"] == unit].iloc[0]
    return str(row["unit_zh"]), str(row["unit_en"])


def _fewest_firms(coverage_rows: pd.DataFrame) -> int | None:
    """The most firms that a value of the unit-year rests on; None without firms."""
    return None if coverage_rows["n_firms"].isna().all() else int(coverage_rows["n_firms"].max())


def _array_entry(array: np.ndarray, cell_index: tuple[int, int]) -> np.ndarray:
    """The entry of (T or 1, U or 1, ...) that holds for a year and a unit."""
    return array[min(cell_index[0], array.shape[0] - 1), min(cell_index[1], array.shape[1] - 1)]


def _node_account(published_study: Published, built_index: Index, sample: str, node: str, cell_index: tuple[int, int]) -> Node:
    study, design = published_study.study, built_index.design
    index_arrays = built_index.arrays_by_sample[sample]
    family = next(family for family in design.families if family.node == node)
    values = np.array([_node_value(built_index, index_arrays, child, cell_index) for child in family.children])
    shares = np.where(np.isnan(values), 0.0, _array_entry(index_arrays.shares[node], cell_index))
    is_rescaled = bool(np.isnan(values).any())
    total = shares.sum()
    shares = shares / total if is_rescaled and total > 0 else shares
    child_contributions = np.where(np.isnan(values), 0.0, values) * shares
    children = zip(family.children, shares, values, child_contributions)
    return Node(
        node=node,
        score=100 * float(index_arrays.scores[node][cell_index]),
        weight=family.method,
        aggregate=family_choice(study.weighting, design.tree, node, "aggregate")[0].method,
        additive=family.additive,
        rescaled=is_rescaled,
        children=tuple(
            Child(child, float(child_score), 100 * float(child_share), 100 * float(p))
            for child, child_score, child_share, p in children
        ),
    )


def _node_value(built_index: Index, index_arrays: IndexArrays, node: str, cell_index: tuple[int, int]) -> float:
    """A node's score or a leaf's normalised value."""
    if node in index_arrays.scores:
        return float(index_arrays.scores[node][cell_index])
    return float(index_arrays.normalised[*cell_index, built_index.design.leaves.index(node)])


def _leaf_account(
    published_study: Published, built_index: Index, sample: str, leaf: str, cell_index: tuple[int, int], raw_value: RawValue
) -> Leaf:
    study, design, index_arrays = published_study.study, built_index.design, built_index.arrays_by_sample[sample]
    place = design.leaves.index(leaf)
    cell = {
        stage_name: float(getattr(index_arrays, stage_name)[*cell_index, place])
        for stage_name in ("completed_values", "treated", "normalised")
    }
    impute, treat, normalise = (leaf_choice(study, design.tree, leaf, family)[0] for family in ("impute", "treat", "normalise"))
    reference = built_index.arrays_by_sample["all"].treated[..., place]
    direction = study.indicators.indicators[leaf].direction
    steps = normalising(normalise, cell["treated"], cell["normalised"], reference, design.years, cell_index[0], direction)
    return Leaf(
        leaf=leaf,
        value=float("nan") if index_arrays.is_imputed[*cell_index, place] else cell["completed_values"],
        treated=cell["treated"],
        normalised=cell["normalised"],
        imputed=bool(index_arrays.is_imputed[*cell_index, place]),
        impute=impute.method,
        treat=treat.method,
        normalise=normalise.method,
        steps=steps,
        raw=raw_value,
    )


def _verify(score_account: Account) -> None:
    """Every score is the published one, every sum adds up to it, every raw value is what its formula gives."""
    scores = _row_of_account(score_account, score_account.published.table("scores")).set_index("node")["score"]
    cells = _row_of_account(score_account, score_account.published.table("indicators")).set_index("indicator")
    comparisons: Mapping[str, tuple[float, float]] = {
        **{node.node: (node.score, scores[node.node]) for node in score_account.nodes},
        **{f"{n.node} (sum)": (n.sum, n.score) for n in score_account.nodes if n.additive and not np.isnan(n.score)},
        **{leaf.leaf: (leaf.normalised, cells["normalised"][leaf.leaf]) for leaf in score_account.leaves},
        **{
            f"{leaf.leaf} (raw)": (leaf.raw.value, cells["raw"][leaf.leaf])
            for leaf in score_account.leaves
            if not (leaf.imputed or leaf.raw.is_withheld)
        },
    }
    differences = {
        comparison_name: compared_values
        for comparison_name, compared_values in comparisons.items()
        if not _is_equal(*compared_values)
    }
    if differences:
        comparison_name, (computed_value, published_value) = next(iter(differences.items()))
        raise CheckError(
            f"{comparison_name}: {computed_value!r} here, {published_value!r} published; run hqd verify",
            zh=f"{comparison_name}:此处算得 {computed_value!r},已发布的是 {published_value!r};请执行 hqd verify",
            location=str(score_account.published.folder),
        )


def _row_of_account(score_account: Account, published_table: pd.DataFrame) -> pd.DataFrame:
    return published_table[
        (published_table["sample"] == score_account.sample)
        & (published_table["unit"] == score_account.unit)
        & (published_table["year"] == score_account.year)
    ]


def _is_equal(computed_value: float, published_value: float) -> bool:
    return (np.isnan(computed_value) and np.isnan(published_value)) or abs(computed_value - published_value) <= TOLERANCE * max(
        1.0, abs(published_value)
    )
