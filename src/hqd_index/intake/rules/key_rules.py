"""C04 and E07: every key column is filled, and a statement is of 31 December."""

from __future__ import annotations

import pandas as pd

from ...engines.duckdb import literal, quoted
from ..table_step import Step
from .rule_catalogue import finding, joined


def blank_keys(step: Step, text: str) -> pd.DataFrame:
    held = step.engine.types(text)
    parts = []
    for name in step.table.key:
        blank = f"{quoted(name)} IS NULL" if name in held else "true"
        rows = step.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {text} WHERE {blank} ORDER BY rid"""
        )
        parts.append(finding(rows, "C04"))
    return joined(parts)


def not_year_end(step: Step, typed: str, text: str) -> pd.DataFrame:
    if "statement_date" not in step.engine.types(typed):
        return joined([])
    rows = step.engine.collect(
        f"""SELECT rid, 'statement_date' AS "column", t.statement_date AS "value" FROM {typed} AS y
        JOIN {text} AS t USING (rid) WHERE month(y.statement_date) <> 12 OR day(y.statement_date) <> 31 ORDER BY rid"""
    )
    return finding(rows, "E07")
