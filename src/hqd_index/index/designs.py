"""The designs that a study declares to be as defensible as its own: choices per dotted path, and parts left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, HqdError
from ..study.models import Study
from ..study.tree import tree_of
from ..study.vary import vary

LEAVE_OUT = "leave_out"


@dataclass(frozen=True)
class Factor:
    """Something that could have been chosen otherwise; option 0 is the study's own choice."""

    name: str
    labels: tuple[str, ...]
    changes: tuple[Mapping[str, Any], ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Designs:
    """Every valid combination of options: `combinations (c, factors)` of option numbers, the base first, and its study."""

    factors: tuple[Factor, ...]
    combinations: NDArray[np.intp]
    studies: tuple[Study, ...]
    refused: tuple[tuple[str, str], ...]

    def label(self, number: int) -> str:
        """What differs from the base, e.g. `weight.indicators=critic, leave_out=inn3`; `base` if nothing."""
        chosen = zip(self.factors, self.combinations[number])
        return ", ".join(f"{_short(f.name)}={f.labels[option]}" for f, option in chosen if option) or "base"


def factors_of(study: Study) -> tuple[Factor, ...]:
    """The alternatives of uncertainty.yaml as factors, and one factor for the part that is left out."""
    settings = study.uncertainty
    made = [_alternatives(study, path, options) for path, options in settings.alternatives.items()]
    left = _left_out(study, settings.leave_out)
    return tuple(factor for factor in [*made, *([left] if left else [])] if len(factor) > 1)


def designs_of(study: Study) -> Designs:
    """All combinations that hold together; an alternative that fits no combination is an error, never silently the default."""
    factors = factors_of(study)
    kept, studies, refused = [], [], []
    for numbers in product(*(range(len(factor)) for factor in factors)):
        changes: dict[str, Any] = {}
        for factor, option in zip(factors, numbers):
            changes |= factor.changes[option]
        try:
            studies.append(vary(study, changes) if changes else study)
            kept.append(numbers)
        except HqdError as fault:
            refused.append((", ".join(f.labels[o] for f, o in zip(factors, numbers)), str(fault)))
    combinations = np.array(kept, dtype=np.intp).reshape(len(kept), len(factors))
    for position, factor in enumerate(factors):
        for option, label in enumerate(factor.labels):
            if option not in combinations[:, position]:
                raise ConfigError(
                    f"uncertainty.yaml: {factor.name}: {label} fits no combination of the other choices",
                    zh=f"uncertainty.yaml:{factor.name}:{label} 与其他选择的任何组合都不相容",
                )
    return Designs(factors, combinations, tuple(studies), tuple(refused))


def _alternatives(study: Study, path: str, options: Sequence[Any]) -> Factor:
    own = _at(study, path)
    others = [option for option in options if _plain(option) != own and not _covers(own, option)]
    labels = [_label(own), *(_label(option) for option in others)]
    return Factor(path, _distinct(labels), ({}, *({path: option} for option in others)))


def _left_out(study: Study, levels: Sequence[str]) -> Factor | None:
    """Option k drops one node; the rest of its family carries its weight, however few are left."""
    tree = tree_of(study.indicators)
    nodes = [node for node in tree.order if node != tree.root and tree.level(node) in levels]
    nodes = [node for node in nodes if len(tree.children(tree.parent(node) or "")) > 1]
    if not nodes:
        return None
    few = {**study.weighting.coverage.model_dump(), "min_children": 1}
    without = [{"indicators.tree": _without(study.indicators.tree, node), "weighting.coverage": few} for node in nodes]
    return Factor(LEAVE_OUT, ("none", *nodes), ({}, *without))


def _without(below: Any, node: str) -> Any:
    if isinstance(below, Mapping):
        return {child: _without(deeper, node) for child, deeper in below.items() if child != node}
    return [child for child in below if child != node]


def _at(study: Study, path: str) -> Any:
    value: Any = study.model_dump(mode="json")
    for part in path.split("."):
        value = value[part]
    return value


def _plain(option: Any) -> Any:
    return dict(option) if isinstance(option, Mapping) else option


def _covers(own: Any, option: Any) -> bool:
    """Whether an option says the same as the study's own choice once defaults are written out."""
    return (
        isinstance(own, Mapping) and isinstance(option, Mapping) and all(own.get(key) == value for key, value in option.items())
    )


def _label(choice: Any) -> str:
    if isinstance(choice, Mapping) and "method" in choice:
        extras = [
            f"{key}={value}" for key, value in choice.items() if key in ("to", "over", "p", "max_points") and value != "all_years"
        ]
        return " ".join([str(choice["method"]), *(e for e in extras if e not in ("to=[0.0, 1.0]",))])
    return str(choice)


def _distinct(labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(label if labels.count(label) == 1 else f"{label} #{k}" for k, label in enumerate(labels))


def _short(path: str) -> str:
    return path.removeprefix("weighting.")
