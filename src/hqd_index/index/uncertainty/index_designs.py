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
from ..scoring_plan import FLAT_TREE_KEY, ScoringPlan, scoring_plan, scoring_plan_without

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
    refused_combinations: tuple[str, ...]

    def study_of_design(self, design_number: int) -> Study:
        """The study of one combination, what is left out still in its tree."""
        return _varied_study_of(self.study, self.factors, self.combinations[design_number])

    def label(self, design_number: int) -> str:
        """What differs from the base, e.g. `weight.indicators=critic, leave_out=inn3`; `base` if nothing."""
        options = zip(self.factors, self.combinations[design_number])
        return ", ".join(f"{short_path(factor.name)}={factor.labels[option]}" for factor, option in options if option) or "base"

    def design_numbers(self) -> dict[tuple[int, ...], int]:
        """Option numbers -> row of `combinations`."""
        return {tuple(combination): k for k, combination in enumerate(self.combinations.tolist())}


def designs_of(study: Study) -> Designs:
    """All combinations; an alternative that fits no combination is an error, never silently the default."""
    settings = study.uncertainty
    declared_factors = [_alternatives(study, path, options) for path, options in settings.alternatives.items()]
    factors = tuple(factor for factor in [*declared_factors, _omitted_node_factor(study, settings.leave_out)] if len(factor) > 1)
    valid_combinations, refused_combinations = _valid_combinations(study, factors)
    combinations = np.array(valid_combinations, dtype=np.intp).reshape(len(valid_combinations), len(factors))
    _check_combinations(factors, combinations, refused_combinations)
    return Designs(study, factors, combinations, tuple(dict.fromkeys(refused_combinations.values())))


def plans_by_number(designs: Designs, years: Sequence[int], unit_groups: Sequence[str]) -> Callable[[int], ScoringPlan]:
    """The resolved design of a combination by its number; what combinations have in common is resolved once."""

    @cache
    def full_plan(option_numbers: tuple[int, ...]) -> tuple[Study, ScoringPlan]:
        study = _varied_study_of(designs.study, designs.factors, option_numbers)
        return study, scoring_plan(study, years, unit_groups)

    @cache
    def of(design_number: int) -> ScoringPlan:
        numbers = designs.combinations[design_number].tolist()
        node = _dropped_node(designs.factors, numbers)
        full_options = [0 if factor.name == LEAVE_OUT else option for factor, option in zip(designs.factors, numbers)]
        study, design = full_plan(tuple(full_options))
        return design if node is None else scoring_plan_without(study, design, node)

    return of


def looped_methods(designs: Designs) -> list[str]:
    """Methods of any design that work through draws one by one, as `family method`."""
    studies = map(designs.study_of_design, range(len(designs.combinations)))
    choices = {choice_pair for study in studies for choice_pair in _choices(study.weighting)}
    return sorted({f"{family} {choice.method}" for family, choice in choices if not choice.batched})


def short_path(path: str) -> str:
    """A dotted path without the name of the file it is in."""
    return path.removeprefix("weighting.")


def _valid_combinations(study: Study, factors: Sequence[Factor]) -> tuple[list[tuple[int, ...]], dict[tuple[int, ...], str]]:
    """Combinations that hold together, and why each of the others does not."""
    combinations, reasons_by_combination = [], {}
    varied_factors = len(factors) - 1 if factors and factors[-1].name == LEAVE_OUT else len(factors)
    for options in product(*(range(len(factor)) for factor in factors[:varied_factors])):
        candidate = _varied_study_of(study, factors, options)
        fault = next((f"{'.'.join(map(str, f.path))}: {f.en}" for f in _faults(candidate) if not f.notice), "")
        for option in range(len(factors[-1])) if varied_factors < len(factors) else (0,):
            option_numbers = (*options, option)[: len(factors)]
            reason = fault or _reason_against_node(candidate, _dropped_node(factors, option_numbers))
            if reason:
                reasons_by_combination[option_numbers] = reason
            else:
                combinations.append(option_numbers)
    return combinations, reasons_by_combination


def _faults(study: Study) -> Iterator[Any]:
    """What is wrong with the tree of a study, else with its weighting."""
    tree_findings = list(tree_check.check(study))
    yield from tree_findings
    if all(finding.notice for finding in tree_findings):
        yield from weighting_check.check(study)


def _reason_against_node(study: Study, dropped_node: str | None) -> str:
    """Why a node cannot be left out of a study; empty when it can."""
    if dropped_node is None:
        return ""
    tree = tree_of(study.indicators)
    if dropped_node not in tree.order:
        return f"{dropped_node} is not in this tree"
    family = tree.parent(dropped_node) or ""
    sibling_count = len(tree.children(family)) - 1
    flat_choice = study.weighting.weight.get(FLAT_TREE_KEY)
    choice = flat_choice or family_choice(study.weighting, tree, family, "weight")[0]
    count = len(tree.leaves(tree.root)) - len(tree.leaves(dropped_node)) if flat_choice else sibling_count
    if sibling_count == 0 or not feasible(count, choice.options["floor"], choice.options["cap"]):
        return f"without {dropped_node} no weights are possible for the rest of {family}"
    return ""


def _check_combinations(
    factors: Sequence[Factor], combinations: NDArray[np.intp], reasons_by_combination: Mapping[tuple[int, ...], str]
) -> None:
    for position, factor in enumerate(factors):
        for option in sorted(set(range(len(factor))) - set(combinations[:, position].tolist())):
            if factor.name == LEAVE_OUT:
                continue
            reason = next(
                reason for option_numbers, reason in reasons_by_combination.items() if option_numbers[position] == option
            )
            raise ConfigError(
                f"{factor.name}: {factor.labels[option]} fits no combination of the other choices ({reason}); "
                "remove it, or add an alternative that it goes with",
                zh=f"{factor.name}:{factor.labels[option]} 与其他选择的任何组合都不相容({reason});请删去,或增加与之相容的备选",
                location="uncertainty.yaml",
            )


def _alternatives(study: Study, path: str, options: Sequence[Any]) -> Factor:
    """Each option checked as if it were written in the file; one that equals the study's own choice is not a second one."""
    if not SCORING.fullmatch(path):
        raise ConfigError(
            f"alternatives: {path} does not act on a panel once made; write weighting. ..., indicators.tree or "
            "indicators.indicators.ID.direction",
            zh=f"alternatives:{path} 不作用于已生成的面板;请写 weighting. ...、indicators.tree 或 "
            "indicators.indicators.ID.direction",
            location="uncertainty.yaml",
        )
    values = [_config_entry(vary(study, {path: option}), path) for option in options]
    base_value = _config_entry(study, path)
    alternatives = [
        option_value for k, option_value in enumerate(values) if option_value != base_value and option_value not in values[:k]
    ]
    labels = [_choice_text(option_value) for option_value in (base_value, *alternatives)]
    distinct_labels = tuple(label if labels.count(label) == 1 else f"{label} {k}" for k, label in enumerate(labels))
    return Factor(path, distinct_labels, ({}, *({path: option_value} for option_value in alternatives)))


def _omitted_node_factor(study: Study, levels: Sequence[str]) -> Factor:
    """Option k leaves one node of these levels out."""
    tree = tree_of(study.indicators)
    nodes = [node for node in tree.order if node != tree.root and tree.level(node) in levels]
    nodes = [node for node in nodes if len(tree.children(tree.parent(node) or "")) > 1]
    return Factor(LEAVE_OUT, ("none", *nodes), ({}, *({LEAVE_OUT: node} for node in nodes)))


def _varied_study_of(study: Study, factors: Sequence[Factor], option_numbers: Sequence[int] | NDArray[np.intp]) -> Study:
    """Longer paths are set last, so that a choice for one part holds within a choice for the whole."""
    changes = [value_change for factor, option in zip(factors, option_numbers) for value_change in factor.values[option].items()]
    for path, value in sorted(changes, key=lambda value_change: value_change[0].count(".")):
        if path != LEAVE_OUT:
            study = _entry_with_value(study, path.split("."), value)
    return study


def _dropped_node(factors: Sequence[Factor], option_numbers: Sequence[int] | NDArray[np.intp]) -> str | None:
    dropped_nodes = [
        factor.values[option][LEAVE_OUT] for factor, option in zip(factors, option_numbers) if LEAVE_OUT in factor.values[option]
    ]
    return dropped_nodes[0] if dropped_nodes else None


def _choices(weighting: Weighting) -> Iterator[tuple[str, BoundChoice]]:
    """Every choice that a weighting makes, with its family."""
    for record in (weighting, *weighting.branches.values(), *weighting.indicators.values()):
        for family in ("impute", "treat", "normalise", "weight", "aggregate"):
            config_entry = getattr(record, family, None)
            for choice in config_entry.values() if isinstance(config_entry, Mapping) else [config_entry]:
                if choice is not None:
                    yield family, choice


def _config_entry(config_entry: Any, path: str) -> Any:
    for step in path.split("."):
        config_entry = getattr(config_entry, step) if isinstance(config_entry, BaseModel) else config_entry.get(step)
    return config_entry


def _entry_with_value(config_entry: Any, path_steps: Sequence[str], new_value: Any) -> Any:
    """A copy of a checked record with one checked entry replaced."""
    if not path_steps:
        return new_value
    first_step, later_steps = path_steps[0], path_steps[1:]
    if isinstance(config_entry, BaseModel):
        return config_entry.model_copy(
            update={first_step: _entry_with_value(getattr(config_entry, first_step), later_steps, new_value)}
        )
    return {**config_entry, first_step: _entry_with_value(config_entry.get(first_step), later_steps, new_value)}


def _choice_text(choice: Any) -> str:
    """A choice as people call it: the method, and options that are not the default."""
    if not hasattr(choice, "method"):
        return str(choice)
    shown_options = {
        option_name: option_value
        for option_name, option_value in choice.options.items()
        if option_name in ("over", "to", "p", "max_points", "shift", "absolute") and option_value
    }
    default_options = {"over": "all_years", "to": (0.0, 1.0)}
    option_texts = [
        f"{option_name}={_plain_value(option_value)}"
        for option_name, option_value in shown_options.items()
        if _plain_value(option_value) != _plain_value(default_options.get(option_name))
    ]
    return " ".join([choice.method, *option_texts])


def _plain_value(option_value: Any) -> str:
    return (
        f"[{option_value[0]:g}, {option_value[1]:g}]"
        if isinstance(option_value, list | tuple) and len(option_value) == 2
        else str(option_value)
    )
