"""Columns of codes, categories, flags and dates: each distinct text is looked up once."""

from __future__ import annotations

import pandas as pd

from ...engines.duckdb import literal, quoted
from ..layout.text_columns import is_plain_text
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .coded_text import code_reader
from .column_reading import ColumnReading


def coded_columns(text: str, reading: ColumnReading) -> tuple[dict[str, str], pd.DataFrame]:
    """Column -> engine table (text, edition, code) of a coded column, and findings of texts that stand for nothing."""
    tables: dict[str, str] = {}
    findings: list[pd.DataFrame] = []
    for name in reading.present:
        is_plain = is_plain_text(name, reading.table) and name not in reading.source.values
        if reading.is_numeric(name) or is_plain:
            continue
        frame = _codes_by_text(text, name, reading)
        tables[name] = reading.engine.scan(frame)
        if (frame["rule"] != "").any():
            findings.append(_unknown_text_findings(text, name, tables[name], reading))
    return tables, joined_findings(findings)


def _codes_by_text(text: str, name: str, reading: ColumnReading) -> pd.DataFrame:
    """text, edition, code, rule, suggestion of each distinct text of a column."""
    cell = quoted(name)
    pairs = f"SELECT DISTINCT {cell} AS text, {edition_sql(name, reading)} AS edition FROM {text} AS t"
    distinct_texts = reading.engine.collect(f"{pairs} WHERE {cell} IS NOT NULL ORDER BY ALL")
    aliases = reading.source.values.get(name, {})
    column = reading.table.columns[name]
    readings = [
        code_reader(column, aliases, edition)(cell_text)
        for cell_text, edition in zip(distinct_texts["text"], distinct_texts["edition"])
    ]
    codes = [(code_reading.value, code_reading.rule, code_reading.suggestion or "") for code_reading in readings]
    return distinct_texts.join(pd.DataFrame(codes, columns=["code", "rule", "suggestion"], dtype=object))


def edition_sql(name: str, reading: ColumnReading) -> str:
    """SQL for the edition that an industry code is of, an empty text where the column has none."""
    edition = reading.table.columns[name].code == "industry" and "industry_version" in reading.present
    return "coalesce(t.industry_version, '')" if edition else "''"


def _unknown_text_findings(text: str, name: str, codes_table: str, reading: ColumnReading) -> pd.DataFrame:
    cell = f"t.{quoted(name)}"
    rows = reading.engine.collect(
        f"""SELECT t.rid, {literal(name)} AS "column", {cell} AS "value", l.rule, l.suggestion FROM {text} AS t
        JOIN {codes_table} AS l ON {cell} = l.text AND {edition_sql(name, reading)} = l.edition
        WHERE l.rule <> '' ORDER BY t.rid"""
    )
    groups = rows.groupby(["rule", "suggestion"], sort=True)
    return joined_findings(
        [
            rule_findings(group_rows, str(rule), expected=expected_text(str(rule), str(suggestion)))
            for (rule, suggestion), group_rows in groups
        ]
    )
