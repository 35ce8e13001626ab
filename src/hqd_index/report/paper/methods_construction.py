"""The methods section on the construction of the index: impute, treat, normalise, weigh, join, cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...methods import FAMILIES
from ...methods.choice import BoundChoice
from ..bilingual import BLANK_TEXT, Bilingual
from ..label_catalogue import LEVEL_LABELS
from ..results import Results
from ..wording import together, wording
from .citations import method_mark
from .prose_blocks import Block, formula_block, prose

LEVELLED = ("weight", "aggregate")
"""Steps that are chosen level by level."""


def construction_blocks(results: Results) -> Iterator[Block]:
    """The steps in the order the index is built, each with its formula, then what holds for missing values."""
    weighting = results.study.weighting
    for family in ("impute", "treat", "normalise"):
        choice = getattr(weighting, family)
        if choice.method != "none":
            yield prose(_step(family, choice))
            yield from _formula_blocks(choice)
    for family in LEVELLED:
        choices = _used_levels(results, getattr(weighting, family))
        yield prose(*(_step(family, group[0][1], [level for level, _ in group]) for group in _grouped(choices)))
        yield from _formula_blocks(*choices.values())
    yield prose(*_branches(results), *_coverage(results))


def _used_levels(results: Results, choices: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of levels that the run's tree has, `leaves` for all indicators at once."""
    levels = {results.tree.level(node) for node in results.tree.order} | {"leaves"}
    chosen_levels = {level: choice for level, choice in choices.items() if level in levels}
    return chosen_levels or dict(choices)


def _grouped(choices: Mapping[str, Any]) -> list[list[tuple[str, Any]]]:
    """Levels with one method together: options apart, but for weights that are given."""
    groups: dict[Any, list[tuple[str, Any]]] = {}
    for level, choice in choices.items():
        key = choice.method if choice.method == "given" else (choice.method, repr(sorted(choice.options.items(), key=str)))
        groups.setdefault(key, []).append((level, choice))
    return list(groups.values())


def _step(family: str, choice: BoundChoice, levels: list[str] | None = None) -> Bilingual:
    """One sentence: what is done at this step, with its options and source."""
    method = FAMILIES[family][choice.method]
    level_text = together([level_name(level) for level in levels or []])
    if family == "weight" and choice.method in ("equal", "given"):
        capital = Bilingual(level_text.zh, f"{level_text.en[:1].upper()}{level_text.en[1:]}")
        return wording(f"methods.step.weight.{choice.method}", levels=capital if choice.method == "equal" else level_text)
    mark = method_mark(method.source)
    if family == "aggregate":
        level_text = Bilingual(level_text.zh, f"{level_text.en[:1].upper()}{level_text.en[1:]}")
    return wording(
        f"methods.step.{family}",
        levels=level_text,
        method=Bilingual(method.label_zh, method.label_en),
        over=_years(choice),
        options=_options(choice, method),
        cites=wording("methods.step.cites", marks=mark) if mark else BLANK_TEXT,
    )


def level_name(level: str) -> Bilingual:
    """A level as prose names it; one of the study's own in quotation marks."""
    return LEVEL_LABELS.get(level) or wording("methods.level.weighed.other", level=level)


def _years(choice: BoundChoice) -> Bilingual:
    """Over which years statistics are taken, where the choice says so."""
    years_over = choice.options.get("over")
    if years_over is None:
        return BLANK_TEXT
    if str(years_over) in ("all_years", "each_year"):
        return wording(f"methods.step.over.{years_over}")
    first_and_last = list(years_over) if isinstance(years_over, tuple | list) else [years_over]
    return wording("methods.step.over.years", years="–".join(str(year) for year in first_and_last))


def _options(choice: BoundChoice, method: Any) -> Bilingual:
    """Numbers and words that differ from what is usual; tables of weights are in Table 1."""
    usual = {name: parameter.default for name, parameter in method.options.items()} | {"over": None, "floor": 0.0, "cap": 1.0}
    shown = [
        f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in sorted(choice.options.items())
        if name != "over" and isinstance(value, int | float | str) and not isinstance(value, bool) and value != usual.get(name)
    ]
    text = ", ".join(shown)
    return wording("methods.step.options", options=text) if shown else BLANK_TEXT


def _formula_blocks(*choices: BoundChoice) -> Iterator[Block]:
    """The formula of each method as it is set, once; those of a combination's parts before its own."""
    formulas = [bound_choice.formula for choice in choices for bound_choice in (*choice.parts, choice)]
    yield from map(formula_block, dict.fromkeys(formulas))


def _branches(results: Results) -> Iterator[Bilingual]:
    """Branches of the tree with methods of their own."""
    for node, branch in results.study.weighting.branches.items():
        methods = [FAMILIES[family][choice.method] for family in LEVELLED if (choice := getattr(branch, family)) is not None]
        if methods:
            labels = together([Bilingual(method.label_zh, method.label_en) for method in methods])
            yield wording("methods.step.branch", node=results.name(node), methods=labels)


def _coverage(results: Results) -> Iterator[Bilingual]:
    """What a score needs, and how scores are published."""
    rule = results.study.weighting.coverage
    key = "one" if rule.min_children <= 1 else "many"
    yield wording(f"methods.coverage.{key}", min=rule.min_children, covered=rule.rank_from)
    yield wording("methods.coverage.scores")
