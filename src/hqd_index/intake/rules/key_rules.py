"""C04 and E07: every key column is filled, and a statement is of 31 December."""

from __future__ import annotations

import pandas as pd

from ...engines import literal, quoted
from ..table_step import TableStep
from .rule_catalogue import joined_findings, rule_findings


def blank_key_findings(table_step: TableStep, text_rows: str) -> pd.DataFrame:
    """C04 for each key cell that is blank."""
    columns = table_step.engine.types(text_rows)
    findings = []
    key = table_step.table.key
    for key_column in key if "year" in columns else [key_column for key_column in key if key_column != "year"]:
        is_blank = f"{quoted(key_column)} IS NULL" if key_column in columns else "true"
        cell_rows = table_step.engine.collect(
            f"""SELECT rid, {literal(key_column)} AS "column", '' AS "value" FROM {text_rows} WHERE {is_blank} ORDER BY rid"""
        )
        findings.append(rule_findings(cell_rows, "C04"))
    return joined_findings(findings)


def year_end_findings(table_step: TableStep, typed_rows: str, text_rows: str) -> pd.DataFrame:
    """E07 for each statement date other than 31 December."""
    if "statement_date" not in table_step.engine.types(typed_rows):
        return joined_findings([])
    rows = table_step.engine.collect(
        f"""SELECT rid, 'statement_date' AS "column", t.statement_date AS "value" FROM {typed_rows} AS y
        JOIN {text_rows} AS t USING (rid) WHERE month(y.statement_date) <> 12 OR day(y.statement_date) <> 31 ORDER BY rid"""
    )
    return rule_findings(rows, "E07")
