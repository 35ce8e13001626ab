"""The designs that a study declares to be as defensible as its own: choices per dotted path, and parts left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ...errors import ConfigError
from ...methods.choice import BoundChoice
from ...methods.shares import feasible
from ...study.checks import tree_checks as tree_check
from ...study.checks import weighting_checks as weighting_check
from ...study.choices import family_choice
from ...study.indicator_tree import tree_of
from ...study.records import Study, Weighting
from ...study.varied_study import vary
from ..scoring_plan import FLAT, Plan, left_out, plan

LEAVE_OUT = "leave_out"
SCORING = re.compile(r"weighting(\..+)?|indicators\.(tree|profile|indicators\.[^.]+\.direction)")
"""Entries of a study that act once the panel is made."""


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
        """The study of one combination, what is left out still in its tree."""
        return _made(self.study, self.factors, self.combinations[number])

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
    factors = tuple(factor for factor in [*declared, _left_out(study, settings.leave_out)] if len(factor) > 1)
    kept, refused = _sorted_out(study, factors)
    combinations = np.array(kept, dtype=np.intp).reshape(len(kept), len(factors))
    _refuse_misfits(factors, combinations, refused)
    return Designs(study, factors, combinations, tuple(dict.fromkeys(refused.values())))


def planned(designs: Designs, years: Sequence[int], groups: Sequence[str]) -> Callable[[int], Plan]:
    """The resolved design of a combination by its number; what combinations have in common is resolved once."""

    @cache
    def whole(numbers: tuple[int, ...]) -> tuple[Study, Plan]:
        study = _made(designs.study, designs.factors, numbers)
        return study, plan(study, years, groups)

    @cache
    def of(number: int) -> Plan:
        numbers = designs.combinations[number].tolist()
        node = _without(designs.factors, numbers)
        kept = [0 if factor.name == LEAVE_OUT else option for factor, option in zip(designs.factors, numbers)]
        study, design = whole(tuple(kept))
        return design if node is None else left_out(study, design, node)

    return of


def looped(designs: Designs) -> list[str]:
    """Methods of any design that work through draws one by one, as `family method`."""
    made = map(designs.made, range(len(designs.combinations)))
    chosen = {pair for study in made for pair in _choices(study.weighting)}
    return sorted({f"{family} {choice.method}" for family, choice in chosen if not choice.batched})


def short(path: str) -> str:
    return path.removeprefix("weighting.")


def _sorted_out(study: Study, factors: Sequence[Factor]) -> tuple[list[tuple[int, ...]], dict[tuple[int, ...], str]]:
    """Combinations that hold together, and why each of the others does not."""
    kept, refused = [], {}
    last = len(factors) - 1 if factors and factors[-1].name == LEAVE_OUT else len(factors)
    for chosen in product(*(range(len(factor)) for factor in factors[:last])):
        made = _made(study, factors, chosen)
        fault = next((f"{'.'.join(map(str, f.path))}: {f.en}" for f in _faults(made) if not f.notice), "")
        for option in range(len(factors[-1])) if last < len(factors) else (0,):
            numbers = (*chosen, option)[: len(factors)]
            reason = fault or _misfit(made, _without(factors, numbers))
            if reason:
                refused[numbers] = reason
            else:
                kept.append(numbers)
    return kept, refused


def _faults(study: Study) -> Iterator[Any]:
    """What is wrong with the tree of a study, else with its weighting."""
    found = list(tree_check.check(study))
    yield from found
    if all(finding.notice for finding in found):
        yield from weighting_check.check(study)


def _misfit(study: Study, without: str | None) -> str:
    """Why a node cannot be left out of a study; empty when it can."""
    if without is None:
        return ""
    tree = tree_of(study.indicators)
    if without not in tree.order:
        return f"{without} is not in this tree"
    family = tree.parent(without) or ""
    rest = len(tree.children(family)) - 1
    flat = study.weighting.weight.get(FLAT)
    choice = flat or family_choice(study.weighting, tree, family, "weight")[0]
    count = len(tree.leaves(tree.root)) - len(tree.leaves(without)) if flat else rest
    if rest == 0 or not feasible(count, choice.options["floor"], choice.options["cap"]):
        return f"without {without} no weights are possible for the rest of {family}"
    return ""


def _refuse_misfits(factors: Sequence[Factor], combinations: NDArray[np.intp], refused: Mapping[tuple[int, ...], str]) -> None:
    for position, factor in enumerate(factors):
        for option in sorted(set(range(len(factor))) - set(combinations[:, position].tolist())):
            if factor.name == LEAVE_OUT:
                continue
            why = next(reason for numbers, reason in refused.items() if numbers[position] == option)
            raise ConfigError(
                f"{factor.name}: {factor.labels[option]} fits no combination of the other choices ({why}); "
                "remove it, or add an alternative that it goes with",
                zh=f"{factor.name}:{factor.labels[option]} 与其他选择的任何组合都不相容({why});请删去,或增加与之相容的备选",
                where="uncertainty.yaml",
            )


def _alternatives(study: Study, path: str, options: Sequence[Any]) -> Factor:
    """Each option checked as if the file said it; one that equals the study's own choice is not a second one."""
    if not SCORING.fullmatch(path):
        raise ConfigError(
            f"alternatives: {path} does not act on a panel once made; write weighting. ..., indicators.tree or "
            "indicators.indicators.ID.direction",
            zh=f"alternatives:{path} 不作用于已生成的面板;请写 weighting. ...、indicators.tree 或 "
            "indicators.indicators.ID.direction",
            where="uncertainty.yaml",
        )
    made = [_at(vary(study, {path: option}), path) for option in options]
    own = _at(study, path)
    others = [value for k, value in enumerate(made) if value != own and value not in made[:k]]
    labels = [_label(value) for value in (own, *others)]
    distinct = tuple(label if labels.count(label) == 1 else f"{label} {k}" for k, label in enumerate(labels))
    return Factor(path, distinct, ({}, *({path: value} for value in others)))


def _left_out(study: Study, levels: Sequence[str]) -> Factor:
    """Option k leaves one node of these levels out."""
    tree = tree_of(study.indicators)
    nodes = [node for node in tree.order if node != tree.root and tree.level(node) in levels]
    nodes = [node for node in nodes if len(tree.children(tree.parent(node) or "")) > 1]
    return Factor(LEAVE_OUT, ("none", *nodes), ({}, *({LEAVE_OUT: node} for node in nodes)))


def _made(study: Study, factors: Sequence[Factor], numbers: Sequence[int] | NDArray[np.intp]) -> Study:
    """Longer paths are set last, so that a choice for one part holds within a choice for the whole."""
    changes = [change for factor, option in zip(factors, numbers) for change in factor.values[option].items()]
    for path, value in sorted(changes, key=lambda change: change[0].count(".")):
        if path != LEAVE_OUT:
            study = _with(study, path.split("."), value)
    return study


def _without(factors: Sequence[Factor], numbers: Sequence[int] | NDArray[np.intp]) -> str | None:
    found = [factor.values[option][LEAVE_OUT] for factor, option in zip(factors, numbers) if LEAVE_OUT in factor.values[option]]
    return found[0] if found else None


def _choices(weighting: Weighting) -> Iterator[tuple[str, BoundChoice]]:
    """Every choice that a weighting makes, with its family."""
    for record in (weighting, *weighting.branches.values(), *weighting.indicators.values()):
        for family in ("impute", "treat", "normalise", "weight", "aggregate"):
            found = getattr(record, family, None)
            for choice in found.values() if isinstance(found, Mapping) else [found]:
                if choice is not None:
                    yield family, choice


def _at(entry: Any, path: str) -> Any:
    for step in path.split("."):
        entry = getattr(entry, step) if isinstance(entry, BaseModel) else entry.get(step)
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
