"""A study's design, resolved once: which function treats which columns, and how each family of nodes is weighed and joined."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..methods.choice import BoundChoice, Choice, bind
from ..study.choices import family_choice, leaf_choice
from ..study.indicator_tree import Tree, tree_of
from ..study.records import Band, Study

Array = NDArray[np.float64]
Span = str | tuple[int, int]
COLUMN_STEPS = ("impute", "treat", "normalise")
FLAT_TREE_KEY = "leaves"
ARITHMETIC = bind(Choice(method="arithmetic"), "aggregate")


@dataclass(frozen=True)
class Columns:
    """Leaves that share the same choices: their positions, and the three functions that act on them."""

    positions: NDArray[np.intp]
    impute_columns: Callable[..., Array]
    treat: Callable[..., Array]
    normalise: Callable[..., Array]
    span: Span
    direction: Array


@dataclass(frozen=True)
class Family:
    """A node and its children: how they are weighed (None: from the flat weights of the leaves) and aggregated.

    `ignores_values`: the weights depend only on which children have values. `rowwise`: a row's score depends on no other row.
    `key`: families with equal keys have equal weights on equal values.
    """

    node: str
    children: tuple[str, ...]
    method: str
    weigh_children: Callable[..., Array] | None
    span: Span
    aggregate: Callable[..., Array]
    additive: bool
    min_children: int
    is_leaf_family: bool
    ignores_values: bool
    rowwise: bool
    key: Hashable

    @cached_property
    def constant_shares(self) -> Array:
        """The shares (1, 1, 1, k) of a family that ignores values and has no empty child."""
        assert self.weigh_children is not None
        return self.weigh_children(np.zeros((1, len(self.children)))).reshape(1, 1, 1, -1)


@dataclass(frozen=True)
class ScoringPlan:
    """All that decides an index, bound to functions; families in order, children before parents.

    `leaves` are those that are imputed, treated and normalised; one that is left out is among them, but in no family.
    `scaling`: plans with equal scaling give equal normalised values.
    """

    tree: Tree
    years: tuple[int, ...]
    leaves: tuple[str, ...]
    scaling: Hashable
    columns: tuple[Columns, ...]
    families: tuple[Family, ...]
    flat_family: Family | None
    groups: NDArray[np.intp]

    def leaf_positions(self, leaves: Sequence[str]) -> NDArray[np.intp]:
        """Positions of some leaves among all."""
        return np.array([self._position_of_leaf[leaf] for leaf in leaves])

    @cached_property
    def _position_of_leaf(self) -> dict[str, int]:
        return {leaf: leaf_position for leaf_position, leaf in enumerate(self.leaves)}

    @cached_property
    def sums(self) -> frozenset[str]:
        """Nodes whose score is a weighted sum of leaves."""
        weighted_sums: set[str] = set()
        for family in self.families:
            if family.additive and (family.is_leaf_family or weighted_sums.issuperset(family.children)):
                weighted_sums.add(family.node)
        return frozenset(weighted_sums)


def scoring_plan(study: Study, years: Sequence[int], groups: Sequence[str]) -> ScoringPlan:
    """The resolved design for these years and units; `groups` names each unit's group."""
    tree = tree_of(study.indicators)
    leaves = tree.leaves(tree.root)
    choices = {leaf: tuple(leaf_choice(study, tree, leaf, column_step)[0] for column_step in COLUMN_STEPS) for leaf in leaves}
    return ScoringPlan(
        tree=tree,
        years=tuple(years),
        leaves=leaves,
        scaling=(leaves, tuple(choices.values()), tuple(_sign(study, leaf) for leaf in leaves)),
        columns=_column_choices(study, leaves, choices),
        families=tuple(_family(study, tree, node, tree.children(node)) for node in reversed(tree.inner)),
        flat_family=_flat_family(study, tree, leaves),
        groups=np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1],
    )


def scoring_plan_without(study: Study, design: ScoringPlan, node: str) -> ScoringPlan:
    """The design without a node and what is below it, whose weight the rest of its family carries."""
    tree = _tree_without(design.tree, node)
    parent = design.tree.parent(node) or ""
    families = [
        _family(study, design.tree, parent, tree.children(parent)) if family.node == parent else family
        for family in design.families
        if family.node in tree.links
    ]
    return replace(
        design, tree=tree, families=tuple(families), flat_family=_flat_family(study, design.tree, tree.leaves(tree.root))
    )


def _tree_without(tree: Tree, dropped_node: str) -> Tree:
    """The tree without a node and what is below it."""
    links = {node: tuple(child for child in children if child != dropped_node) for node, children in tree.links.items()}
    reduced_tree = Tree(tree.root, links, tree.levels)
    return Tree(tree.root, {node: links[node] for node in reduced_tree.inner}, tree.levels)


def _column_choices(study: Study, leaves: Sequence[str], choices: dict[str, tuple[BoundChoice, ...]]) -> tuple[Columns, ...]:
    """Leaves grouped by equal choices, so that each function runs once on a block of columns."""
    leaves_by_choice: dict[tuple[BoundChoice, ...], list[int]] = {}
    for position, leaf in enumerate(leaves):
        leaves_by_choice.setdefault(choices[leaf], []).append(position)
    return tuple(
        _column_block(study, leaves, leaf_positions, *column_choices)
        for column_choices, leaf_positions in leaves_by_choice.items()
    )


def _column_block(
    study: Study,
    leaves: Sequence[str],
    leaf_positions: list[int],
    impute_choice: BoundChoice,
    treat: BoundChoice,
    normalise: BoundChoice,
) -> Columns:
    names = [leaves[j] for j in leaf_positions]
    return Columns(
        positions=np.array(leaf_positions),
        impute_columns=impute_choice.for_children(names, valid_ids=leaves),
        treat=treat.for_children(names, valid_ids=leaves),
        normalise=normalise.for_children(names, valid_ids=leaves),
        span=normalise.over,
        direction=np.array([_sign(study, choice_name) for choice_name in names]),
    )


def _sign(study: Study, leaf: str) -> float:
    """1 where more is better, -1 where less is; a band gives its own scale."""
    direction = study.indicators.indicators[leaf].direction
    return 1.0 if isinstance(direction, Band) else float(direction)


def _family(study: Study, tree: Tree, node: str, children: Sequence[str]) -> Family:
    """How the children of one node are joined, where some may be left out: then one less must be there."""
    weighting, siblings = study.weighting, tree.children(node)
    is_leaf_family = not any(tree.children(child) for child in siblings)
    min_present = min(weighting.coverage.min_children, len(siblings)) if is_leaf_family else len(siblings)
    weight = family_choice(weighting, tree, node, "weight")[0]
    aggregate = family_choice(weighting, tree, node, "aggregate")[0]
    has_flat_weights = FLAT_TREE_KEY in weighting.weight
    return Family(
        node=node,
        children=tuple(children),
        method="flat" if has_flat_weights else weight.method,
        weigh_children=None if has_flat_weights else _weight_functions(weight, tree, siblings, children),
        span=weight.over,
        aggregate=aggregate.for_children(siblings, valid_ids=tree.order),
        additive=aggregate.method == "arithmetic",
        min_children=max(1, min_present - len(siblings) + len(children)),
        is_leaf_family=is_leaf_family,
        ignores_values=weight.ignores_values,
        rowwise="reference" not in aggregate.definition.context,
        key=(siblings, tuple(children), weight),
    )


def _flat_family(study: Study, tree: Tree, children: Sequence[str]) -> Family | None:
    """All leaves as one family, where they are weighed together."""
    choice = study.weighting.weight.get(FLAT_TREE_KEY)
    if choice is None:
        return None
    all_leaves = tree.leaves(tree.root)
    return Family(
        node=tree.root,
        children=tuple(children),
        method=choice.method,
        weigh_children=_weight_functions(choice, tree, all_leaves, children),
        span=choice.over,
        aggregate=ARITHMETIC.for_children(all_leaves),
        additive=True,
        min_children=study.weighting.coverage.min_children,
        is_leaf_family=True,
        ignores_values=choice.ignores_values,
        rowwise=True,
        key=(all_leaves, tuple(children), choice),
    )


def _weight_functions(
    choice: BoundChoice, tree: Tree, all_leaves: Sequence[str], children: Sequence[str]
) -> Callable[..., Array]:
    """The weights of `children`: those of every child where the others' columns are empty, which weigh nothing."""
    if len(all_leaves) == len(children) or not choice.names_children:
        return choice.for_children(children, valid_ids=tree.order)
    weigh_all = choice.for_children(all_leaves, valid_ids=tree.order)
    child_positions = [all_leaves.index(child) for child in children]

    def weigh_children(child_values: Array) -> Array:
        padded_values = np.full((*child_values.shape[:-1], len(all_leaves)), np.nan)
        padded_values[..., child_positions] = child_values
        return np.take(weigh_all(padded_values), child_positions, axis=-1)

    return weigh_children
