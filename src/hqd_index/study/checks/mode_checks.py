"""modes.yaml against the rest: formulas that bind, items and columns that exist, years inside the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..column_facts import Columns, column_facts, study_tables
from ..records import ModeItem, ModePath, PathIndicator, Study
from ..study_findings import Finding, bound_formula, unknown_name
from ..yaml_document import Place

AXES = ("tech", "market", "safety", "efficiency")


def check(study: Study) -> Iterator[Finding]:
    """Faults of modes.yaml; a file without items says nothing and has none."""
    if not study.modes.items:
        return
    facts = column_facts(study)
    for name, item in study.modes.items.items():
        yield from _item_findings(study, ("modes", "items", name), item, facts)
    yield from _axes(study)
    for name in ("focus", "capability", "integration"):
        yield from _path(study, ("modes", "paths", name), getattr(study.modes.paths, name), facts.get("firms", {}))
    yield from _years_inside_study(study, ("modes", "norm", "base_years"), study.modes.norm.base_years)


def _item_findings(study: Study, path: Place, item: ModeItem, columns_by_table: Mapping[str, Columns]) -> Iterator[Finding]:
    if item.table not in columns_by_table:
        yield unknown_name((*path, "table"), ("table", "数据表"), item.table, columns_by_table)
        return
    key = set(study_tables(study)[item.table].key)
    absent_columns = sorted(key - {*columns_by_table.get("firms", {}), "year"})
    if absent_columns:
        yield Finding((*path, "table"),
                      f"firms carry no {', '.join(absent_columns)}, the key of table {item.table}; take another table",
                      f"企业表没有列 {'、'.join(absent_columns)}(数据表 {item.table} 的主键);请换用别的表")  # fmt: skip
    yield from bound_formula(
        (*path, "formula"),
        item.formula,
        columns_by_table[item.table],
        aggregate=False,
        needed_type="any",
        elsewhere=columns_by_table,
    )[1]
    if item.fixed is not None:
        yield from _years_inside_study(study, (*path, "fixed"), (item.fixed, item.fixed))


def _axes(study: Study) -> Iterator[Finding]:
    """Items of an axis exist, and are enough."""
    for name in AXES:
        axis, path = getattr(study.modes.axes, name), ("modes", "axes", name)
        for item_list in ("items", "shown_only"):
            for item_index, item in enumerate(getattr(axis, item_list)):
                if item.removeprefix("-") not in study.modes.items:
                    yaml_path = (*path, item_list, item_index)
                    yield unknown_name(yaml_path, ("item", "测度项"), item.removeprefix("-"), study.modes.items)
        if len(axis.items) < axis.min_items:
            yield Finding((*path, "items"), f"{len(axis.items)} items, and min_items asks for {axis.min_items}; name more",
                          f"只有 {len(axis.items)} 项,而 min_items 要求 {axis.min_items} 项;请补足")  # fmt: skip


def _path(study: Study, path: Place, mode_path: ModePath, firms: Columns) -> Iterator[Finding]:
    for name, indicator in mode_path.indicators.items():
        yaml_path = (*path, "indicators", name)
        yield from _measured_items(study, (*yaml_path, "of"), indicator)
        if indicator.within is not None and indicator.within not in firms:
            yield unknown_name((*yaml_path, "within"), ("column", "列"), indicator.within, firms)


def _measured_items(study: Study, path: Place, indicator: PathIndicator) -> Iterator[Finding]:
    """Items, or one axis."""
    names = {*study.modes.items, *(AXES if len(indicator.of) == 1 else ())}
    for position, name in enumerate(indicator.of):
        if name not in names:
            yield unknown_name((*path, position), ("item", "测度项"), name, names)


def _years_inside_study(study: Study, path: Place, years: tuple[int, int]) -> Iterator[Finding]:
    first_year, last_year = study.study.years
    if not first_year <= years[0] <= years[1] <= last_year:
        yield Finding(path, f"{years[0]}-{years[1]} does not lie inside the study's years {first_year}-{last_year}",
                      f"{years[0]}-{years[1]} 不在研究年份 {first_year}-{last_year} 之内")  # fmt: skip
