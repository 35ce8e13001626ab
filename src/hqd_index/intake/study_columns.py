"""The tables a study reads, how exact they are kept, and which of their columns it computes with."""

from __future__ import annotations

from collections.abc import Iterator

from ..canonical import CanonicalTable
from ..canonical_types import rows_per_unit
from ..errors import ConfigError, unknown
from ..expressions import parse
from ..study.column_facts import column_facts, source_columns, study_tables
from ..study.indicator_tree import tree_of
from ..study.records import Study
from .cells.column_reading import NumberType


def table_of(study: Study, table_name: str) -> CanonicalTable:
    """The schema of a table in this study; ConfigError when neither the program nor the study knows it."""
    schemas = study_tables(study)
    if table_name not in schemas:
        en, zh = unknown("table", table_name, schemas, kind_zh="表")
        raise ConfigError(f"{en}; or define it under `tables`", zh=f"{zh};也可在 `tables` 中定义", location="sources.yaml")
    return schemas[table_name]


def exactness(study: Study, table: CanonicalTable) -> NumberType:
    """double where a unit-year has one row, decimal where sums must not depend on order."""
    return "double" if rows_per_unit(table, study.study.unit.by) == "one" else "decimal"


def needed_columns(study: Study, table_name: str, table: CanonicalTable) -> frozenset[str]:
    """Raw columns of a table behind scored indicators, controls, mediators and units; status columns are derived."""
    columns = column_facts(study)[table_name]
    column_names = {key_column for key_column in study.study.unit.by if table_name == "firms"}
    for formula in _formulas(study, table_name):
        column_names |= source_columns(parse(formula, columns=columns, aggregate=True), columns)
    return frozenset(column for column in column_names if column in table.columns and not column.startswith("srdi_"))


def _formulas(study: Study, table: str) -> Iterator[str]:
    tree = tree_of(study.indicators)
    for leaf in tree.leaves(tree.root):
        if study.indicators.indicators[leaf].table == table:
            yield study.indicators.indicators[leaf].formula
    for outside_variable in (*study.regressions.controls.values(), *study.regressions.mediators.values()):
        if outside_variable.table == table:
            yield outside_variable.formula
