"""A study's design, resolved once: which function treats which columns, and how each family of nodes is weighed and joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..methods import choice as methods
from ..methods.choice import Choice, over
from ..study.models import Band, NodeChoices, Study, Weighting
from ..study.tree import Tree, tree_of

Array = NDArray[np.float64]
Span = str | tuple[int, int]
EQUAL = Choice(method="equal")


@dataclass(frozen=True)
class Columns:
    """Leaves that share the same choices: their positions, and the three functions that act on them."""

    positions: NDArray[np.intp]
    impute: Callable[..., Array]
    treat: Callable[..., Array]
    normalise: Callable[..., Array]
    span: Span
    direction: Array


@dataclass(frozen=True)
class Family:
    """A node and its children: how they are weighed (None: from the flat weights of the leaves) and aggregated."""

    node: str
    children: tuple[str, ...]
    method: str
    weigh: Callable[..., Array] | None
    span: Span
    aggregate: Callable[..., Array]
    additive: bool
    min_children: int


@dataclass(frozen=True)
class Plan:
    """All that decides an index, bound to functions; families stand children first."""

    tree: Tree
    years: tuple[int, ...]
    leaves: tuple[str, ...]
    columns: tuple[Columns, ...]
    families: tuple[Family, ...]
    flat: Family | None
    groups: NDArray[np.intp]


def plan(study: Study, years: Sequence[int], groups: Sequence[str]) -> Plan:
    """The resolved design for these years and units; `groups` names each unit's group."""
    tree = tree_of(study.indicators)
    leaves = tuple(tree.leaves(tree.root))
    weighting = study.weighting
    inner = [node for node in reversed(tree.order) if tree.children(node)]
    flat = weighting.weight.get("leaves")
    return Plan(
        tree=tree,
        years=tuple(years),
        leaves=leaves,
        columns=_columns(study, tree, leaves),
        families=tuple(_family(weighting, tree, node, flat is not None) for node in inner),
        flat=_flat(weighting, tree, leaves, flat) if flat else None,
        groups=np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1],
    )


def _columns(study: Study, tree: Tree, leaves: Sequence[str]) -> tuple[Columns, ...]:
    """Leaves grouped by equal choices, so that each function runs once on a block of columns."""
    groups: dict[tuple[int, ...], list[int]] = {}
    chosen = [_leaf_choices(study, tree, leaf) for leaf in leaves]
    for position, choices in enumerate(chosen):
        groups.setdefault(tuple(id(choice) for choice in choices), []).append(position)
    return tuple(_column_block(study, leaves, positions, chosen[positions[0]]) for positions in groups.values())


def _column_block(study: Study, leaves: Sequence[str], positions: list[int], choices: tuple[Choice, Choice, Choice]) -> Columns:
    names = [leaves[j] for j in positions]
    impute, treat, normalise = choices
    direction = [study.indicators.indicators[name].direction for name in names]
    return Columns(
        positions=np.array(positions),
        impute=methods.resolve(impute, names, family="impute", known=leaves),
        treat=methods.resolve(treat, names, family="treat", known=leaves),
        normalise=methods.resolve(normalise, names, family="normalise", known=leaves),
        span=over(normalise),
        direction=np.array([1.0 if isinstance(sign, Band) else float(sign) for sign in direction]),
    )


def _leaf_choices(study: Study, tree: Tree, leaf: str) -> tuple[Choice, Choice, Choice]:
    """(impute, treat, normalise) of a leaf; precedence indicator > branch > default; a band is a moderate indicator."""
    weighting = study.weighting
    own = weighting.indicators.get(leaf)
    branch = _branch(weighting, tree, leaf)

    def pick(part: str) -> Choice:
        found = (own and getattr(own, part)) or (branch and getattr(branch, part)) or getattr(weighting, part)
        assert isinstance(found, Choice)
        return found

    direction = study.indicators.indicators[leaf].direction
    if isinstance(direction, Band) and not (own and own.normalise):
        moderate = {"method": "moderate", "band": direction.band, "over": over(pick("normalise"))}
        return pick("impute"), pick("treat"), Choice.model_validate(moderate)
    return pick("impute"), pick("treat"), pick("normalise")


def _branch(weighting: Weighting, tree: Tree, leaf: str) -> NodeChoices | None:
    return weighting.branches.get(tree.parent(leaf) or "")


def _family(weighting: Weighting, tree: Tree, node: str, flat: bool) -> Family:
    """How one node's children are joined; precedence branch > level > default."""
    children = tuple(tree.children(node))
    level = tree.level(children[0])
    branch = weighting.branches.get(node, NodeChoices())
    weight = branch.weight or weighting.weight.get(level, EQUAL)
    aggregate = branch.aggregate or weighting.aggregate.get(level, Choice(method="arithmetic"))
    leafy = not any(tree.children(child) for child in children)
    return Family(
        node=node,
        children=children,
        method="flat" if flat else weight.method,
        weigh=None if flat else methods.resolve(weight, children, family="weight", known=tree.order),
        span=over(weight),
        aggregate=methods.resolve(aggregate, children, family="aggregate", known=tree.order),
        additive=aggregate.method == "arithmetic",
        min_children=min(weighting.coverage.min_children, len(children)) if leafy else len(children),
    )


def _flat(weighting: Weighting, tree: Tree, leaves: Sequence[str], choice: Choice) -> Family:
    return Family(
        node=tree.root,
        children=tuple(leaves),
        method=choice.method,
        weigh=methods.resolve(choice, leaves, family="weight"),
        span=over(choice),
        aggregate=methods.resolve(Choice(method="arithmetic"), leaves, family="aggregate"),
        additive=True,
        min_children=weighting.coverage.min_children,
    )
