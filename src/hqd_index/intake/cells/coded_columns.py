"""Columns of codes, categories, flags, dates and years: each distinct text is looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ...engines.duckdb import literal, quoted
from ..layout.text_columns import is_plain_text
from ..meaning import dates
from ..meaning.reading import Reading
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .coded_text import CodedColumn, code_reader, is_batch, is_year
from .column_reading import ColumnReading

PLAIN_YEAR, PLAIN_BATCH = "[0-9]{4}", "[0-9]{1,3}"
INCOMPLETE = {
    dates.NO_DAY: ("dates without a day: the first of the month is used", "个日期没有日,按当月 1 日读取"),
    dates.NO_MONTH: ("dates without a month: 1 January is used", "个日期没有月份,按 1 月 1 日读取"),
}  # fmt: skip


@dataclass(frozen=True)
class CodedColumns:
    """Column -> engine table (text, edition, code, kind ...), and what came up.

    Findings of texts that stand for nothing; rows out of scope (rid, reason); the columns in which a value is not as printed.
    """

    tables: Mapping[str, str]
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    repaired: tuple[str, ...]


def coded_columns(text: str, reading: ColumnReading, location: str) -> CodedColumns:
    """The readings of every coded column; of columns of years and batches only the texts that are no plain numbers."""
    tables: dict[str, str] = {}
    findings: list[pd.DataFrame] = []
    out_of_scope = [pd.DataFrame(columns=["rid", "reason"])]
    notices: list[Notice] = []
    repaired: list[str] = []
    for name in filter(lambda column: is_coded(column, reading), reading.present):
        frame = _codes_by_text(text, name, reading)
        if frame.empty and reading.is_numeric(name):
            continue
        tables[name] = reading.engine.scan(frame)
        if (frame["rule"] != "").any():
            findings.append(_unknown_text_findings(text, name, tables[name], reading))
        if (frame["scope"] != "").any():
            out_of_scope.append(_out_of_scope_rows(text, name, tables[name], reading))
        if (frame["kind"] != "").any():
            repaired.append(name)
            notices += _incomplete_date_notices(name, frame, location)
    scope_rows = pd.concat(out_of_scope, ignore_index=True)
    return CodedColumns(tables, joined_findings(findings), scope_rows, tuple(notices), tuple(repaired))


def is_coded(name: str, reading: ColumnReading) -> bool:
    """Whether the texts of a column are looked up: every column but numbers and plain text."""
    column = reading.table.columns[name]
    if reading.is_numeric(name):
        return is_year(name, column) or is_batch(name, column)
    return name in reading.source.pad or name in reading.source.values or not is_plain_text(name, reading.table)


def edition_sql(name: str, reading: ColumnReading) -> str:
    """The edition of the industry code of a row, '' where the column has none."""
    edition = reading.table.columns[name].code == "industry" and "industry_version" in reading.present
    return "coalesce(t.industry_version, '')" if edition else "''"


def _codes_by_text(text: str, name: str, reading: ColumnReading) -> pd.DataFrame:
    """text, edition, code, kind, rule, suggestion, scope of each distinct text of a column."""
    cell, column = quoted(name), reading.table.columns[name]
    pairs = f"SELECT DISTINCT {cell} AS text, {edition_sql(name, reading)} AS edition FROM {text} AS t"
    condition = f"{cell} IS NOT NULL{_odd_texts_sql(name, reading)}"
    distinct_texts = reading.engine.collect(f"{pairs} WHERE {condition} ORDER BY ALL")
    year_ends = is_year(name, column) and dates.has_year_ends(list(distinct_texts["text"]))
    rows = []
    for edition, texts in distinct_texts.groupby("edition", sort=False)["text"]:
        in_key, values = name in reading.table.key, reading.source.values.get(name, {})
        coded = CodedColumn(name, column, in_key, str(edition), reading.source.pad.get(name), values, year_ends)
        read_text = code_reader(coded)
        rows += [(cell_text, edition, *_fields(read_text(cell_text))) for cell_text in texts]
    columns = ["text", "edition", "code", "kind", "rule", "suggestion", "scope"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _odd_texts_sql(name: str, reading: ColumnReading) -> str:
    """For columns of years and batches: the texts that are no plain numbers, or that the study replaces."""
    if not reading.is_numeric(name):
        return ""
    cell = quoted(name)
    plain = PLAIN_YEAR if is_year(name, reading.table.columns[name]) else PLAIN_BATCH
    replaced = ", ".join(map(literal, reading.source.values.get(name, {}))) or "NULL"
    return f" AND (NOT regexp_full_match({cell}, '{plain}') OR coalesce({cell} IN ({replaced}), false))"


def _fields(code: Reading) -> tuple[str | None, str, str, str, str]:
    return code.value, code.repair, code.rule, code.suggestion or "", code.scope


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


def _out_of_scope_rows(text: str, name: str, codes_table: str, reading: ColumnReading) -> pd.DataFrame:
    return reading.engine.collect(
        f"""SELECT t.rid, l.scope AS reason FROM {text} AS t JOIN {codes_table} AS l ON t.{quoted(name)} = l.text
        AND {edition_sql(name, reading)} = l.edition WHERE l.scope <> '' ORDER BY t.rid"""
    )


def _incomplete_date_notices(name: str, frame: pd.DataFrame, location: str) -> list[Notice]:
    """Dates that lack a part, with an example."""
    notices = []
    for kind, (en, zh) in INCOMPLETE.items():
        incomplete = frame[frame["kind"] == kind]
        if len(incomplete):
            example = f"{incomplete['text'].iloc[0]} -> {incomplete['code'].iloc[0]}"
            count = len(incomplete)
            notices.append(Notice("C07", location, f"{name}: {count} {en} ({example})", f"{name}:{count} {zh}({example})"))
    return notices
