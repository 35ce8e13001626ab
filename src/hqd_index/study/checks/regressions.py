"""regressions.yaml against the rest: controls that are no ingredients of the index, names and years that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...canonical import SRDI_LEVELS
from ..columns import Columns, behind, known_columns, numerator, tables
from ..document import Place
from ..findings import Finding, bound, unknown_name
from ..models import Density, SpecificationChoice, Study
from ..tree import tree_of
from .formulas import scored, unit_missing

CRITERIA = "criteria"


def check(study: Study) -> Iterator[Finding]:
    """Faults of regressions.yaml; the tree and the indicators must be sound."""
    yield from _controls(study)
    yield from _specifications(study)
    yield from _density(study, ("regressions", "density"), study.regressions.density)
    yield from _moderators_of_h8(study)
    for position, effects in enumerate(study.regressions.multiverse.fixed_effects):
        yield from _effects(study, ("regressions", "multiverse", "fixed_effects", position), effects)
    said = study.regressions.contribution
    for part, year in (("from_year", said.from_year), ("to_year", said.to_year)):
        if year is not None:
            yield from _years(study, ("regressions", "contribution", part), (year, year))


def _moderators_of_h8(study: Study) -> Iterator[Finding]:
    said = study.regressions
    for position, name in enumerate(said.hypotheses.moderators if said.hypotheses else ()):
        if name not in said.moderators:
            path = ("regressions", "hypotheses", "moderators", position)
            yield unknown_name(path, ("moderator", "调节变量"), name, said.moderators)


def _controls(study: Study) -> Iterator[Finding]:
    known, defined = known_columns(study), tables(study)
    ingredients = _ingredients(study, known)
    for name, control in study.regressions.controls.items():
        path = ("regressions", "controls", name)
        if control.table not in known:
            yield unknown_name((*path, "table"), ("table", "数据表"), control.table, known)
            continue
        columns = known[control.table]
        yield from unit_missing(study, (*path, "table"), control.table, {*columns, *defined[control.table].key})
        formula, faults = bound((*path, "formula"), control.formula, columns, aggregate=True, wanted="number", elsewhere=known)
        yield from faults
        if formula:
            yield from _overlap(study, (*path, "formula"), name, behind(formula, columns), ingredients)


def _ingredients(study: Study, known: Mapping[str, Columns]) -> dict[str, frozenset[str]]:
    """Scored indicator -> the raw columns of its numerators."""
    found = {}
    for name, leaf in scored(study).items():
        columns = known.get(leaf.table, {})
        formula, _ = bound((), leaf.formula, columns, aggregate=True, wanted="number")
        if formula:
            found[name] = numerator(formula.tree, columns)
    return found


def _overlap(
    study: Study, path: Place, name: str, used: frozenset[str], ingredients: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    """A control made of what an indicator measures; columns of size and keys are exempt."""
    exempt = {*study.indicators.scale, *study.study.unit.by, "year", "firm_id"}
    for leaf, columns in ingredients.items():
        for column in sorted(used & columns - exempt):
            yield Finding(path, f"control {name} uses {column}, an ingredient of indicator {leaf}; take another control, "
                          f"leave {leaf} out, or list {column} under scale: if it only measures size",
                          f"控制变量 {name} 用到了 {column},而它是指标 {leaf} 的组成部分;请换控制变量、去掉 {leaf},"
                          f"或在 {column} 仅表示规模时把它写入 scale:")  # fmt: skip


def _specifications(study: Study) -> Iterator[Finding]:
    said, nodes = study.regressions, tree_of(study.indicators).order
    ids = [specification.id for specification in said.specifications]
    headlines = [specification.id for specification in said.specifications if specification.headline]
    for position, specification in enumerate(said.specifications):
        path = ("regressions", "specifications", position)
        if specification.id in ids[:position]:
            yield Finding(
                (*path, "id"), f"specification {specification.id!r} is written twice", f"规格 {specification.id!r} 写了两次"
            )
        if specification.headline and specification.id in headlines[1:]:
            yield Finding((*path, "headline"), f"one headline at most; {headlines[0]!r} is one already",
                          f"headline 至多一个;{headlines[0]!r} 已是")  # fmt: skip
        yield from _specification(study, path, specification, nodes)


def _specification(study: Study, path: Place, said: SpecificationChoice, nodes: Sequence[str]) -> Iterator[Finding]:
    for position, outcome in enumerate(said.outcomes):
        if outcome not in nodes:
            yield unknown_name((*path, "outcomes", position), ("node", "节点"), outcome, nodes)
    for position, control in enumerate(said.controls if isinstance(said.controls, tuple) else ()):
        if control not in study.regressions.controls:
            yield unknown_name((*path, "controls", position), ("control", "控制变量"), control, study.regressions.controls)
    if said.scenario is not None and study.scenarios and said.scenario not in study.scenarios:
        yield unknown_name((*path, "scenario"), ("scenario", "情景"), said.scenario, study.scenarios)
    if said.scenario is not None and said.headline:
        yield Finding((*path, "headline"), "the headline is estimated on the study's own index; take `scenario` out",
                      "主设定以本研究自己的指数为结果变量;请去掉 scenario")  # fmt: skip
    if said.density is not None:
        yield from _density(study, (*path, "density"), said.density)
    if said.years is not None:
        yield from _years(study, (*path, "years"), said.years)
    yield from _effects(study, (*path, "fixed_effects"), said.fixed_effects)


def _effects(study: Study, path: Place, effects: Sequence[str]) -> Iterator[Finding]:
    """Group x year effects need the group of each unit, and hold those of the years."""
    if "group_year" not in effects:
        return
    place = (*path, effects.index("group_year"))
    if study.study.unit.groups is None:
        yield Finding(place, "group_year needs the group of each unit; in study.yaml write under unit: groups: technology "
                      "(or factor, region, or {table: .., column: ..}), or take group_year out",
                      "group_year 需要每个单元所属的组;请在 study.yaml 的 unit 下写 groups: technology"
                      "(或 factor、region、{table: .., column: ..}),或去掉 group_year")  # fmt: skip
    if "year" in effects:
        yield Finding(place, "group_year holds the year effects already; take year out",
                      "group_year 已含年份固定效应;请去掉 year")  # fmt: skip


def _density(study: Study, path: Place, said: Density) -> Iterator[Finding]:
    criteria = "sources" in study.model_fields_set and study.sources.status is not None
    known = (CRITERIA,) if criteria else SRDI_LEVELS[1:]
    if not said.levels:
        yield Finding((*path, "levels"), "name at least one level", "至少写一个层级")
    for position, level in enumerate(said.levels):
        if level not in known:
            yield unknown_name((*path, "levels", position), ("level", "层级"), level, known)


def _years(study: Study, path: Place, years: tuple[int, int]) -> Iterator[Finding]:
    first, last = study.study.years
    if not first <= years[0] <= years[1] <= last:
        yield Finding(path, f"{years[0]}-{years[1]} does not lie inside the study's years {first}-{last}",
                      f"{years[0]}-{years[1]} 不在研究年份 {first}-{last} 之内")  # fmt: skip
