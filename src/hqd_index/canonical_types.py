"""What a study makes of a canonical table: its own key and columns, and the types its formulas see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from .canonical import FIRMS, INDUSTRY_PANEL, VERSION, CanonicalTable, Column, Rows, text


def extended(builtin_table: CanonicalTable | None, key: tuple[str, ...], columns: Mapping[str, Column]) -> CanonicalTable:
    """The table with a study's own columns added; its own key replaces the built-in one when it names one.

    A key column that nobody describes is the canonical one of that name (a province is a province), else text; an industry comes
    with the edition of its code.
    """
    table = builtin_table or CanonicalTable(key=key)
    standard = {**INDUSTRY_PANEL.columns, **FIRMS.columns}
    keys = {key_column: standard.get(key_column, text(key_column, key_column)) for key_column in key}
    if "industry_version" not in table.columns and any(column.code == "industry" for column in keys.values()):
        keys["industry_version"] = VERSION
    return replace(table, key=key or table.key, columns={**keys, **table.columns, **columns})


def rows_per_unit(table: CanonicalTable, unit: Collection[str]) -> Rows:
    """one when no two rows of the table can fall into the same unit-year, so that a sum has a single term."""
    return "one" if table.key and set(table.key) <= {*unit, "year"} else "many"


def expression_types(table: CanonicalTable, unit: Collection[str]) -> dict[str, str]:
    """Column -> decimal | double | integer | text | flag | date, as the clean table holds it."""
    exact = "double" if rows_per_unit(table, unit) == "one" else "decimal"
    return {column_name: exact if column.dtype == "number" else column.dtype for column_name, column in table.columns.items()}
