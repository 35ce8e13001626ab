"""Which choice holds where: indicator over branch over level over default, each replaced whole."""

from __future__ import annotations

from typing import Any

from ..methods.choice import BoundChoice, Choice, bind
from .indicator_tree import Tree
from .records import Band, Study, Weighting
from .yaml_document import Place

FLAT_TREE_KEY = "leaves"
DEFAULTS = {
    "weight": bind(Choice(method="equal"), "weight"),
    "aggregate": bind(Choice(method="arithmetic"), "aggregate"),
}


def leaf_choice(study: Study, tree: Tree, leaf: str, method_role: str) -> tuple[BoundChoice, Place]:
    """How a leaf is imputed, treated or normalised, and where that is written; a band is a moderate indicator."""
    weighting, parent = study.weighting, tree.parent(leaf) or ""
    indicator_choice = getattr(weighting.indicators.get(leaf), method_role, None)
    branch_choice = getattr(weighting.branches.get(parent), method_role, None)
    if indicator_choice is not None:
        return indicator_choice, ("weighting", "indicators", leaf, method_role)
    yaml_path: Place = ("weighting", "branches", parent, method_role) if branch_choice is not None else ("weighting", method_role)
    choice: BoundChoice = branch_choice if branch_choice is not None else getattr(weighting, method_role)
    direction = study.indicators.indicators[leaf].direction
    if method_role == "normalise" and isinstance(direction, Band):
        options: dict[str, Any] = {"band": list(direction.band), "over": choice.over}
        choice = bind(Choice(method="moderate", **options), "normalise")
        yaml_path = ("indicators", "indicators", leaf, "direction")
    return choice, yaml_path


def yearly_choices(study: Study, tree: Tree) -> list[tuple[str, Place]]:
    """Methods that normalise or weigh each year by itself, and where that is written: such scores do not compare over years."""
    choices_and_paths = [leaf_choice(study, tree, leaf, "normalise") for leaf in tree.leaves(tree.root)]
    flat_choice = study.weighting.weight.get(FLAT_TREE_KEY)
    if flat_choice is not None:
        choices_and_paths.append((flat_choice, ("weighting", "weight", FLAT_TREE_KEY)))
    else:
        choices_and_paths += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner]
    method_by_path = {yaml_path: choice.method for choice, yaml_path in choices_and_paths if choice.over == "each_year"}
    return [(method, yaml_path) for yaml_path, method in method_by_path.items()]


def family_choice(weighting: Weighting, tree: Tree, node: str, method_role: str) -> tuple[BoundChoice, Place]:
    """How a node's children are weighed or aggregated, and where that is written."""
    branch_choice = getattr(weighting.branches.get(node), method_role, None)
    if branch_choice is not None:
        return branch_choice, ("weighting", "branches", node, method_role)
    level = tree.level(tree.children(node)[0])
    return getattr(weighting, method_role).get(level, DEFAULTS[method_role]), ("weighting", method_role, level)
