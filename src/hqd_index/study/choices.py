"""Which choice holds where: indicator over branch over level over default, each replaced whole."""

from __future__ import annotations

from typing import Any

from ..methods.choice import BoundChoice, Choice, bind
from .indicator_tree import Tree
from .records import Band, Study, Weighting
from .yaml_document import Place

FLAT = "leaves"
DEFAULTS = {
    "weight": bind(Choice(method="equal"), "weight"),
    "aggregate": bind(Choice(method="arithmetic"), "aggregate"),
}


def leaf_choice(study: Study, tree: Tree, leaf: str, part: str) -> tuple[BoundChoice, Place]:
    """How a leaf is imputed, treated or normalised, and where that is written; a band is a moderate indicator."""
    weighting, parent = study.weighting, tree.parent(leaf) or ""
    indicator_choice = getattr(weighting.indicators.get(leaf), part, None)
    branch = getattr(weighting.branches.get(parent), part, None)
    if indicator_choice is not None:
        return indicator_choice, ("weighting", "indicators", leaf, part)
    place: Place = ("weighting", "branches", parent, part) if branch is not None else ("weighting", part)
    choice: BoundChoice = branch if branch is not None else getattr(weighting, part)
    direction = study.indicators.indicators[leaf].direction
    if part == "normalise" and isinstance(direction, Band):
        options: dict[str, Any] = {"band": list(direction.band), "over": choice.over}
        choice = bind(Choice(method="moderate", **options), "normalise")
        place = ("indicators", "indicators", leaf, "direction")
    return choice, place


def year_by_year(study: Study, tree: Tree) -> list[tuple[str, Place]]:
    """Methods that normalise or weigh each year by itself, and where that is written: such scores do not compare over years."""
    placed_choices = [leaf_choice(study, tree, leaf, "normalise") for leaf in tree.leaves(tree.root)]
    flat = study.weighting.weight.get(FLAT)
    if flat is not None:
        placed_choices.append((flat, ("weighting", "weight", FLAT)))
    else:
        placed_choices += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner]
    places = {place: choice.method for choice, place in placed_choices if choice.over == "each_year"}
    return [(method, place) for place, method in places.items()]


def family_choice(weighting: Weighting, tree: Tree, node: str, part: str) -> tuple[BoundChoice, Place]:
    """How a node's children are weighed or aggregated, and where that is written."""
    branch = getattr(weighting.branches.get(node), part, None)
    if branch is not None:
        return branch, ("weighting", "branches", node, part)
    level = tree.level(tree.children(node)[0])
    return getattr(weighting, part).get(level, DEFAULTS[part]), ("weighting", part, level)
