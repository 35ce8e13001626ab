"""regressions.yaml against the rest: controls and mediators that are no ingredients of the index, names and years that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...canonical import SRDI_LEVELS
from ..column_facts import Columns, column_facts, numerator_columns, source_columns, study_tables
from ..indicator_tree import tree_of
from ..records import Control, Density, FirmVariable, SpecificationChoice, Study
from ..srdi_levels import CRITERIA
from ..study_findings import Finding, bound_formula, unknown_name
from ..yaml_document import Place
from .formula_checks import missing_unit_columns, scored_indicators, treatment_columns

SECTIONS = (
    ("mediators", "mediator", "机制变量"),
    ("instruments", "instrument", "工具变量"),
    ("thresholds", "threshold variable", "门槛变量"),
)
"""Variables whose names may not be those of controls or nodes."""


def check(study: Study) -> Iterator[Finding]:
    """Faults of regressions.yaml; the tree and the indicators must be sound."""
    yield from _outside_variables(study, "controls", study.regressions.controls, ("control", "控制变量"))
    yield from _outside_variables(study, "mediators", study.regressions.mediators, ("mediator", "机制变量"))
    yield from _outside_variables(study, "instruments", study.regressions.instruments, ("instrument", "工具变量"))
    yield from _names_in_use(study)
    yield from _other_formulas(study)
    yield from _specifications(study)
    yield from _density(study, ("regressions", "density"), study.regressions.density)
    yield from _moderators_of_h8(study)
    for position, effects in enumerate(study.regressions.multiverse.fixed_effects):
        yield from _effect_findings(study, ("regressions", "multiverse", "fixed_effects", position), effects)
    contribution = study.regressions.contribution
    for part, year in (("from_year", contribution.from_year), ("to_year", contribution.to_year)):
        if year is not None:
            yield from _year_findings(study, ("regressions", "contribution", part), (year, year))


def _moderators_of_h8(study: Study) -> Iterator[Finding]:
    regressions = study.regressions
    for position, name in enumerate(regressions.hypotheses.moderators if regressions.hypotheses else ()):
        if name not in regressions.moderators:
            path = ("regressions", "hypotheses", "moderators", position)
            yield unknown_name(path, ("moderator", "调节变量"), name, regressions.moderators)


def _outside_variables(study: Study, section: str, variables: Mapping[str, Control], label: tuple[str, str]) -> Iterator[Finding]:
    """Controls or mediators: their formulas bind, and none is made of what the index measures."""
    facts, schemas = column_facts(study), study_tables(study)
    ingredients = _ingredients(study, facts)
    for name, variable in variables.items():
        path = ("regressions", section, name)
        if variable.table not in facts:
            yield unknown_name((*path, "table"), ("table", "数据表"), variable.table, facts)
            continue
        columns = facts[variable.table]
        yield from missing_unit_columns(study, (*path, "table"), variable.table, {*columns, *schemas[variable.table].key})
        formula, errors = bound_formula(
            (*path, "formula"), variable.formula, columns, aggregate=True, needed_type="number", elsewhere=facts
        )
        yield from errors
        if formula:
            variable_columns = source_columns(formula, columns)
            yield from _overlap(study, (*path, "formula"), (name, label), variable_columns, ingredients)
            if section == "mediators":
                yield from _treatment(study, (*path, "formula"), name, variable_columns)


def _other_formulas(study: Study) -> Iterator[Finding]:
    """Moderators, shocks and outcomes of firms: formulas bind, and the column of an outcome's size exists."""
    facts, regressions = column_facts(study), study.regressions
    shocks = regressions.resilience
    aggregates = {
        (section, name): formula
        for section in ("moderators", "thresholds")
        for name, formula in getattr(regressions, section).items()
    }
    aggregates |= {("resilience", "level"): shocks.level, ("resilience", "exposure"): shocks.exposure} if shocks else {}
    for place, variable in aggregates.items():
        if variable.table in facts:
            path = ("regressions", *place, "formula")
            columns = facts[variable.table]
            yield from bound_formula(path, variable.formula, columns, aggregate=True, needed_type="number", elsewhere=facts)[1]
    for name, outcome in regressions.events.outcomes.items() if "firms" in facts else ():
        path, columns = ("regressions", "events", "outcomes", name), facts["firms"]
        yield from bound_formula((*path, "formula"), outcome.formula, columns, aggregate=False, needed_type="number")[1]
        if outcome.size not in columns:
            yield unknown_name((*path, "size"), ("column", "列"), outcome.size, columns)
    for firm_place, firm_variable in _firm_variables(study) if "firms" in facts else ():
        firm_path = ("regressions", "events", *firm_place, "formula")
        yield from bound_formula(firm_path, firm_variable.formula, facts["firms"], aggregate=False, needed_type="number")[1]


def _firm_variables(study: Study) -> Iterator[tuple[Place, FirmVariable]]:
    """The instrument and the covariates of firms, each with its place under `events`."""
    events = study.regressions.events
    if events.instrument:
        yield ("instrument",), events.instrument
    for name, covariate in (events.balancing.covariates if events.balancing else {}).items():
        yield ("balancing", "covariates", name), covariate


def _treatment(study: Study, path: Place, mediator: str, variable_columns: frozenset[str]) -> Iterator[Finding]:
    """A mediator made of recognition is the density over again."""
    for column in sorted(variable_columns & treatment_columns(study)):
        yield Finding(
            path,
            f"mediator {mediator}: {column} is a column of the treatment, which does not pass on its own effect; "
            "take another column",
            f"机制变量 {mediator}:{column} 是处理变量,不能传导自身的作用;请换用其他列",
        )


def _names_in_use(study: Study) -> Iterator[Finding]:
    """A mediator, instrument or threshold variable shares no name with a control or a node: tables tell them apart by it."""
    nodes = {*tree_of(study.indicators).order, *study.indicators.indicators}
    reserved_names = ((study.regressions.controls, "control", "控制变量"), (nodes, "node", "指标树节点"))
    for section, label, label_zh in SECTIONS:
        for name in getattr(study.regressions, section):
            for named_entries, role, role_zh in reserved_names:
                if name in named_entries:
                    yield Finding(("regressions", section, name),
                                  f"{name} is the name of a {role} too; give the {label} another",
                                  f"{name} 同时是{role_zh}的名称;请给{label_zh}另取名称")  # fmt: skip


def _ingredients(study: Study, columns_by_table: Mapping[str, Columns]) -> dict[str, frozenset[str]]:
    """Scored indicator -> the raw columns of its numerators."""
    ingredients = {}
    for indicator_id, leaf in scored_indicators(study).items():
        columns = columns_by_table.get(leaf.table, {})
        formula, _ = bound_formula((), leaf.formula, columns, aggregate=True, needed_type="number")
        if formula:
            ingredients[indicator_id] = numerator_columns(formula.tree, columns)
    return ingredients


def _overlap(
    study: Study,
    path: Place,
    variable: tuple[str, tuple[str, str]],
    variable_columns: frozenset[str],
    ingredients: Mapping[str, frozenset[str]],
) -> Iterator[Finding]:
    """A control or mediator (name, and what it is) made of what an indicator measures; columns of size and keys are exempt."""
    name, (role, role_zh) = variable
    exempt_columns = {*study.indicators.scale, *study.study.unit.by, "year", "firm_id"}
    for leaf, columns in ingredients.items():
        for column in sorted(variable_columns & columns - exempt_columns):
            yield Finding(path, f"{role} {name} uses {column}, an ingredient of indicator {leaf}; take another {role}, "
                          f"leave {leaf} out, or list {column} under scale: if it only measures size",
                          f"{role_zh} {name} 用到了 {column},而它是指标 {leaf} 的组成部分;请换{role_zh}、去掉 {leaf},"
                          f"或在 {column} 仅表示规模时把它写入 scale:")  # fmt: skip


def _specifications(study: Study) -> Iterator[Finding]:
    regressions, nodes = study.regressions, tree_of(study.indicators).order
    ids = [specification.id for specification in regressions.specifications]
    headlines = [specification.id for specification in regressions.specifications if specification.headline]
    for position, specification in enumerate(regressions.specifications):
        path = ("regressions", "specifications", position)
        if specification.id in ids[:position]:
            yield Finding(
                (*path, "id"), f"specification {specification.id!r} is written twice", f"规格 {specification.id!r} 写了两次"
            )
        if specification.headline and specification.id in headlines[1:]:
            yield Finding((*path, "headline"), f"one headline at most; {headlines[0]!r} is one already",
                          f"headline 至多一个;{headlines[0]!r} 已是")  # fmt: skip
        yield from _specification(study, path, specification, nodes)


def _specification(study: Study, path: Place, specification: SpecificationChoice, nodes: Sequence[str]) -> Iterator[Finding]:
    for position, outcome in enumerate(specification.outcomes):
        if outcome not in nodes:
            yield unknown_name((*path, "outcomes", position), ("node", "节点"), outcome, nodes)
    for position, control in enumerate(specification.controls if isinstance(specification.controls, tuple) else ()):
        if control not in study.regressions.controls:
            yield unknown_name((*path, "controls", position), ("control", "控制变量"), control, study.regressions.controls)
    if specification.scenario is not None and study.scenarios and specification.scenario not in study.scenarios:
        yield unknown_name((*path, "scenario"), ("scenario", "情景"), specification.scenario, study.scenarios)
    if specification.scenario is not None and specification.headline:
        yield Finding((*path, "headline"), "the headline is estimated on the study's own index; take `scenario` out",
                      "主设定以本研究自己的指数为结果变量;请去掉 scenario")  # fmt: skip
    if specification.density is not None:
        yield from _density(study, (*path, "density"), specification.density)
    if specification.years is not None:
        yield from _year_findings(study, (*path, "years"), specification.years)
    yield from _effect_findings(study, (*path, "fixed_effects"), specification.fixed_effects)


def _effect_findings(study: Study, path: Place, effects: Sequence[str]) -> Iterator[Finding]:
    """Group x year effects need the group of each unit, and hold those of the years."""
    if "group_year" not in effects:
        return
    yaml_path = (*path, effects.index("group_year"))
    if study.study.unit.groups is None:
        yield Finding(yaml_path, "group_year needs the group of each unit; in study.yaml write under unit: groups: technology "
                      "(or factor, region, or {table: .., column: ..}), or take group_year out",
                      "group_year 需要每个单元所属的组;请在 study.yaml 的 unit 下写 groups: technology"
                      "(或 factor、region、{table: .., column: ..}),或去掉 group_year")  # fmt: skip
    if "year" in effects:
        yield Finding(yaml_path, "group_year holds the year effects already; take year out",
                      "group_year 已含年份固定效应;请去掉 year")  # fmt: skip


def _density(study: Study, path: Place, density: Density) -> Iterator[Finding]:
    criteria = "sources" in study.model_fields_set and study.sources.status is not None
    levels = (CRITERIA,) if criteria else SRDI_LEVELS[1:]
    if not density.levels:
        yield Finding((*path, "levels"), "name at least one level", "至少写一个层级")
    for position, level in enumerate(density.levels):
        if level not in levels:
            yield unknown_name((*path, "levels", position), ("level", "层级"), level, levels)


def _year_findings(study: Study, path: Place, years: tuple[int, int]) -> Iterator[Finding]:
    first_year, last_year = study.study.years
    if not first_year <= years[0] <= years[1] <= last_year:
        yield Finding(path, f"{years[0]}-{years[1]} does not lie inside the study's years {first_year}-{last_year}",
                      f"{years[0]}-{years[1]} 不在研究年份 {first_year}-{last_year} 之内")  # fmt: skip
