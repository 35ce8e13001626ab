"""SRDI density given as data: its formulas bind, and every measure that a regression asks for is there."""

from __future__ import annotations

from collections.abc import Iterator

from ..column_facts import column_facts, study_tables
from ..records import DensitySource, Study
from ..study_findings import Finding, bound_formula, unknown_name
from ..yaml_document import Place
from .formula_checks import missing_unit_columns

PATH: Place = ("regressions", "density_source")


def check(study: Study) -> Iterator[Finding]:
    """Faults of regressions.density_source; none where the study has none."""
    source = study.regressions.density_source
    if source is None:
        return
    yield from _formulas(study, source)
    densities = {("regressions", "density"): study.regressions.density} | {
        ("regressions", "specifications", position, "density"): specification.density
        for position, specification in enumerate(study.regressions.specifications)
        if specification.density is not None
    }
    for path, density in densities.items():
        if density.measure not in source.measures:
            yield Finding(path if density is not study.regressions.density else PATH, *_absent_measure(source, density.measure))


def _formulas(study: Study, source: DensitySource) -> Iterator[Finding]:
    facts = column_facts(study)
    if source.table not in facts:
        yield unknown_name((*PATH, "table"), ("table", "数据表"), source.table, facts)
        return
    columns = facts[source.table]
    yield from missing_unit_columns(study, (*PATH, "table"), source.table, {*columns, *study_tables(study)[source.table].key})
    for name, formula in source.formulas.items():
        _, errors = bound_formula((*PATH, name), formula, columns, aggregate=True, needed_type="number", elsewhere=facts)
        yield from errors


def _absent_measure(source: DensitySource, measure: str) -> tuple[str, str]:
    mend = {"count": "count, or n_srdi and n_firms", "ihs": "n_srdi"}.get(measure, measure)
    mend_zh = {"count": "count,或 n_srdi 与 n_firms", "ihs": "n_srdi"}.get(measure, measure)
    en, zh = f"density_source gives no {measure}; write {mend} there", f"density_source 没有给出 {measure};请写 {mend_zh}"
    measures = ", ".join(sorted(source.measures))
    return (f"{en}, or take a measure that it gives: {measures}", f"{zh},或改用已给出的口径:{measures}") if measures else (en, zh)
