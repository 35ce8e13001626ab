"""The tables a study reads, how exact they are kept, and which of their columns it computes with."""

from __future__ import annotations

from ..canonical import CanonicalTable
from ..canonical_types import rows_per_unit
from ..errors import ConfigError, unknown
from ..study.column_facts import study_tables
from ..study.column_uses import RawColumn, column_uses, derived_ingredients
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


def used_raw_columns(study: Study) -> frozenset[RawColumn]:
    """The raw columns of all tables behind what a run computes."""
    return derived_ingredients(study).union(*(use.raw_columns for use in column_uses(study)))


def needed_columns(study: Study, raw_columns: frozenset[RawColumn], table_name: str, table: CanonicalTable) -> frozenset[str]:
    """Those `raw_columns` that a table has, its unit among them; status columns of firms are derived."""
    return unit_columns(study, table_name) | frozenset(
        column
        for column_table, column in raw_columns
        if column_table == table_name and column in table.columns and not is_status_column(column_table, column)
    )


def unit_columns(study: Study, table_name: str) -> frozenset[str]:
    """The columns of the firm table that say which unit a firm belongs to: none of them may be absent."""
    return frozenset(study.study.unit.by) if table_name == "firms" else frozenset()


def is_status_column(table_name: str, column: str) -> bool:
    """Whether a column of the firm table comes from the recognition list."""
    return table_name == "firms" and column.startswith("srdi_")
