"""The designs that a study declares to be as defensible as its own: choices per dotted path, and parts left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ..errors import ConfigError
from ..methods.choice import compatible
from ..study.models import Study, Weighting
from ..study.tree import tree_of
from ..study.vary import vary

LEAVE_OUT = "leave_out"


@dataclass(frozen=True)
class Factor:
    """Something that could have been chosen otherwise: option 0 is the study's own choice, `values` by dotted path."""

    name: str
    labels: tuple[str, ...]
    values: tuple[Mapping[str, Any], ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Designs:
    """Every combination of options that holds together: `combinations (c, factors)` of option numbers, the base first."""

    study: Study
    factors: tuple[Factor, ...]
    combinations: NDArray[np.intp]
    refused: tuple[str, ...]

    def made(self, number: int) -> Study:
        """The study of one combination."""
        changed = self.study
        for factor, option in zip(self.factors, self.combinations[number]):
            for path, value in factor.values[option].items():
                changed = _with(changed, path.split("."), value)
        return changed

    def label(self, number: int) -> str:
        """What differs from the base, e.g. `weight.indicators=critic, leave_out=inn3`; `base` if nothing."""
        chosen = zip(self.factors, self.combinations[number])
        return ", ".join(f"{short(f.name)}={f.labels[option]}" for f, option in chosen if option) or "base"

    def number_of(self) -> dict[tuple[int, ...], int]:
        """Option numbers -> row of `combinations`."""
        return {tuple(row): k for k, row in enumerate(self.combinations.tolist())}


def designs_of(study: Study) -> Designs:
    """All combinations; an alternative that fits no combination is an error, never silently the default."""
    settings = study.uncertainty
    declared = [_alternatives(study, path, options) for path, options in settings.alternatives.items()]
    factors = tuple(factor for factor in [*declared, *_left_out(study, settings.leave_out)] if len(factor) > 1)
    kept, refused = [], []
    for numbers in product(*(range(len(factor)) for factor in factors)):
        fault = _clash(study, factors, numbers)
        if fault:
            refused.append(fault)
        else:
            kept.append(numbers)
    combinations = np.array(kept, dtype=np.intp).reshape(len(kept), len(factors))
    for position, factor in enumerate(factors):
        for option in set(range(len(factor))) - set(combinations[:, position].tolist()):
            raise ConfigError(
                f"{factor.name}: {factor.labels[option]} fits no combination of the other choices",
                zh=f"{factor.name}:{factor.labels[option]} 与其他选择的任何组合都不相容",
                where="uncertainty.yaml",
            )
    return Designs(study, factors, combinations, tuple(dict.fromkeys(refused)))


def short(path: str) -> str:
    return path.removeprefix("weighting.")


def _alternatives(study: Study, path: str, options: Sequence[Any]) -> Factor:
    """Each option checked as if the file said it; one that equals the study's own choice is not a second one."""
    own = _at(study, path)
    made = [_at(vary(study, {path: option}), path) for option in options]
    others = [value for value in dict.fromkeys(made) if value != own]
    labels = [_label(value) for value in (own, *others)]
    distinct = tuple(label if labels.count(label) == 1 else f"{label} {k}" for k, label in enumerate(labels))
    return Factor(path, distinct, ({}, *({path: value} for value in others)))


def _left_out(study: Study, levels: Sequence[str]) -> list[Factor]:
    """Option k drops one node; the rest of its family carries its weight, however few are left."""
    tree = tree_of(study.indicators)
    nodes = [node for node in tree.order if node != tree.root and tree.level(node) in levels]
    nodes = [node for node in nodes if len(tree.children(tree.parent(node) or "")) > 1]
    few = study.weighting.coverage.model_copy(update={"min_children": 1})
    values = [{"indicators.tree": _without(study.indicators.tree, node), "weighting.coverage": few} for node in nodes]
    return [Factor(LEAVE_OUT, ("none", *nodes), ({}, *values))]


def _without(below: Any, node: str) -> Any:
    if isinstance(below, Mapping):
        return {child: _without(deeper, node) for child, deeper in below.items() if child != node}
    return [child for child in below if child != node]


def _clash(study: Study, factors: Sequence[Factor], numbers: Sequence[int]) -> str:
    """Why the weighting of a combination does not hold together; empty when it does."""
    weighting = study.weighting
    for factor, option in zip(factors, numbers):
        for path, value in factor.values[option].items():
            if path.startswith("weighting."):
                weighting = _with(weighting, path.split(".")[1:], value)
    try:
        _compatible(weighting)
    except ConfigError as fault:
        return fault.text("en")
    return ""


def _compatible(weighting: Weighting) -> None:
    for family in ("weight", "aggregate"):
        for choice in getattr(weighting, family).values():
            compatible(weighting.normalise, choice, family=family)


def _at(entry: Any, path: str) -> Any:
    for step in path.split("."):
        entry = getattr(entry, step) if isinstance(entry, BaseModel) else entry[step]
    return entry


def _with(entry: Any, steps: Sequence[str], value: Any) -> Any:
    """A copy of a checked record with one checked entry replaced."""
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(entry, BaseModel):
        return entry.model_copy(update={first: _with(getattr(entry, first), rest, value)})
    return {**entry, first: _with(entry.get(first), rest, value)}


def _label(choice: Any) -> str:
    """A choice as people call it: the method, and options that are not the default."""
    if not hasattr(choice, "method"):
        return str(choice)
    telling = {k: v for k, v in choice.options.items() if k in ("over", "to", "p", "max_points", "shift", "absolute") and v}
    usual = {"over": "all_years", "to": (0.0, 1.0)}
    extras = [f"{k}={_plain(v)}" for k, v in telling.items() if _plain(v) != _plain(usual.get(k))]
    return " ".join([choice.method, *extras])


def _plain(value: Any) -> str:
    return f"[{value[0]:g}, {value[1]:g}]" if isinstance(value, list | tuple) and len(value) == 2 else str(value)
