"""The row rules of a table: bound to its rows, judged, and the rows they are judged among."""

from __future__ import annotations

import pandas as pd

from ..table_step import TableStep
from .row_rules import BoundRule, TableRows, bound_rules, rule_flags, rule_violations, rules_of_severity, with_all_columns

ROWS_FOLLOWED = 200_000
"""From so many rows on it pays to ask whether they come in the order of their key."""


def broken_rules(table_step: TableStep, typed_rows: str) -> tuple[pd.DataFrame, list[BoundRule]]:
    """The rules that keep a row out, and rid and name of each that a row breaks."""
    complete_rows, rules = table_rules(table_step, typed_rows, "error")
    return rule_violations(rule_flags(complete_rows, rules, table_step.engine), rules), rules


def table_rules(table_step: TableStep, typed_rows: str, *severities: str) -> tuple[str, list[BoundRule]]:
    """The rows with every column that a rule may name, and the rules of the severities."""
    complete_rows = with_all_columns(typed_rows, table_step.table, table_step.number_type, table_step.engine)
    rules = bound_rules(
        table_step.study,
        table_step.name,
        table_step.table,
        table_step.engine.types(complete_rows),
        has_unique_keys="error" not in severities,  # errors are looked for first, and duplicates after them
    )
    return complete_rows, rules_of_severity(rules, *severities)


def followed_rows(table_step: TableStep, with_faults: str, removed_rids: pd.Series, row_count: int) -> TableRows | None:
    """The rows as they came, with every column that a rule may name; None of so few that looking at their order costs more."""
    if row_count < ROWS_FOLLOWED:
        return None
    rows = with_all_columns(with_faults, table_step.table, table_step.number_type, table_step.engine)
    return TableRows(rows, table_step.table.key, removed_rids)
