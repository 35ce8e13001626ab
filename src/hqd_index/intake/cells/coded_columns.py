"""Columns of codes, categories, flags, dates and years: each distinct text is looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ...engines import literal, quoted
from ..layout.text_columns import is_plain_text
from ..meaning import dates
from ..meaning.identifiers import STOCK_DIGITS
from ..meaning.official_codes import valid_credit_codes
from ..meaning.reading import CellReading
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import MEND_YEAR, expected_text, joined_findings, rule_findings
from .coded_text import CodedColumn, code_reader, is_batch, is_year
from .column_reading import ColumnReading

EDITION = "industry_version"
YEAR_PATTERN, BATCH_PATTERN = "[0-9]{4}", "[0-9]{1,3}"
INCOMPLETE = {
    dates.NO_DAY: ("dates without a day: the first of the month is used", "个日期没有日,按当月 1 日读取"),
    dates.NO_MONTH: ("dates without a month: 1 January is used", "个日期没有月份,按 1 月 1 日读取"),
}  # fmt: skip


@dataclass(frozen=True)
class CodedColumns:
    """Column -> engine table (text, edition, code, kind ...) of the texts that are not their own code, and what came up.

    Findings of texts that stand for nothing; rows out of scope (rid, reason); the columns in which a value is not as printed.
    """

    tables: Mapping[str, str]
    findings: pd.DataFrame
    out_of_scope: pd.DataFrame
    notices: tuple[Notice, ...]
    repaired_columns: tuple[str, ...]


def coded_columns(text_rows: str, column_reading: ColumnReading, location: str) -> CodedColumns:
    """The readings of every coded column; of columns of years and batches only the texts that are no plain numbers."""
    code_tables: dict[str, str] = {}
    findings: list[pd.DataFrame] = []
    out_of_scope = [pd.DataFrame(columns=["rid", "reason"])]
    notices: list[Notice] = []
    repaired_columns: list[str] = []
    for column_name in filter(lambda column: is_coded(column, column_reading), column_reading.present_columns):
        code_table = _codes_by_text(text_rows, column_name, column_reading)
        if code_table.empty and column_reading.is_numeric(column_name):
            continue
        if not column_reading.is_numeric(column_name):
            code_table = _exceptions(code_table)
            if code_table.empty:
                continue
        code_tables[column_name] = column_reading.engine.scan(code_table)
        if (code_table["rule"] != "").any():
            findings.append(_unknown_text_findings(text_rows, column_name, code_tables[column_name], column_reading))
        if (code_table["scope"] != "").any():
            out_of_scope.append(_out_of_scope_rows(text_rows, column_name, code_tables[column_name], column_reading))
        if (code_table["kind"] != "").any():
            repaired_columns.append(column_name)
            notices += _incomplete_date_notices(column_name, code_table, location)
    scope_rows = pd.concat(out_of_scope, ignore_index=True)
    return CodedColumns(code_tables, joined_findings(findings), scope_rows, tuple(notices), tuple(repaired_columns))


def _exceptions(code_table: pd.DataFrame) -> pd.DataFrame:
    """The texts that are not their own code, or of which anything else is to be said; divisions of 2002 may merge."""
    has_remark = (code_table[["kind", "rule", "scope"]] != "").any(axis=1)
    return code_table[has_remark | (code_table["code"] != code_table["text"]) | code_table["edition"].str.contains("2002")]


def is_coded(column_name: str, column_reading: ColumnReading) -> bool:
    """Whether the texts of a column are looked up: every column but numbers and plain text."""
    column = column_reading.table.columns[column_name]
    if column_reading.is_numeric(column_name):
        return is_year(column_name, column) or is_batch(column_name, column)
    return (
        column_name in column_reading.source.pad
        or column_name in column_reading.source.values
        or not is_plain_text(column_name, column_reading.table)
    )


def edition_sql(column_name: str, column_reading: ColumnReading) -> str:
    """The edition of the industry code of a row, '' where the column has none; the study's word for it is compared once."""
    edition = _common_edition(column_name, column_reading)
    return f"coalesce(t.{EDITION}, '')" if edition is None else literal(edition)


def code_join_sql(column_name: str, column_reading: ColumnReading, codes: str, alias: str) -> str:
    """The join of the rows `t` with the code of each, if its text is not its own.

    Of one edition each text is grouped to one row, which it is already: then the engine leaves the join out of every pass that
    asks for no code.
    """
    cell = f"t.{quoted(column_name)}"
    if _common_edition(column_name, column_reading) is None:
        edition = edition_sql(column_name, column_reading)
        return f"LEFT JOIN {codes} AS {alias} ON {cell} = {alias}.text AND {edition} = {alias}.edition"
    return f"LEFT JOIN (SELECT text, min(code) AS code FROM {codes} GROUP BY text) AS {alias} ON {cell} = {alias}.text"


def _common_edition(column_name: str, column_reading: ColumnReading) -> str | None:
    """The edition of a column that is the same in every row."""
    if column_reading.table.columns[column_name].code != "industry" or EDITION not in column_reading.present_columns:
        return ""
    return column_reading.source.constants.get(EDITION)


def _codes_by_text(text_rows: str, column_name: str, column_reading: ColumnReading) -> pd.DataFrame:
    """text, edition, code, kind, rule, suggestion, scope of each distinct text of a column."""
    column, distinct_texts = column_reading.table.columns[column_name], _distinct_texts(text_rows, column_name, column_reading)
    source = column_reading.source
    has_firm_ids = column.code in ("firm", "uscc") and source.pad.get(column_name, STOCK_DIGITS) == STOCK_DIGITS
    if has_firm_ids and column_name not in source.values:  # most ids are read as they are printed
        distinct_texts = distinct_texts[~valid_credit_codes(distinct_texts["text"].tolist())]
    year_ends = is_year(column_name, column) and dates.has_year_ends(list(distinct_texts["text"]))
    rows = []
    for edition, edition_cells in distinct_texts.groupby("edition", sort=False)["text"]:
        in_key, values_of_column = column_name in column_reading.table.key, column_reading.source.values.get(column_name, {})
        coded_column = CodedColumn(
            column_name, column, in_key, str(edition), column_reading.source.pad.get(column_name), values_of_column, year_ends
        )
        read_cell = code_reader(coded_column)
        rows += [(cell_text, edition, *_fields(read_cell(cell_text))) for cell_text in edition_cells]
    columns = ["text", "edition", "code", "kind", "rule", "suggestion", "scope"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _distinct_texts(text_rows: str, column_name: str, column_reading: ColumnReading) -> pd.DataFrame:
    """text and edition of a column, each pair once and in order; of years and batches those that are no plain numbers.

    An edition that all rows share is not read from each.
    """
    cell, edition = quoted(column_name), _common_edition(column_name, column_reading)
    row_edition = f", {edition_sql(column_name, column_reading)} AS edition" if edition is None else ""
    distinct_texts = column_reading.engine.collect(
        f"SELECT DISTINCT {cell} AS text{row_edition} FROM {text_rows} AS t WHERE {cell} IS NOT NULL ORDER BY ALL"
    )
    if edition is not None:
        distinct_texts["edition"] = edition
    if not column_reading.is_numeric(column_name):
        return distinct_texts
    number_pattern = YEAR_PATTERN if is_year(column_name, column_reading.table.columns[column_name]) else BATCH_PATTERN
    is_replaced = distinct_texts["text"].isin(list(column_reading.source.values.get(column_name, {})))
    return distinct_texts[is_replaced | ~distinct_texts["text"].astype("str").str.fullmatch(number_pattern)]


def _fields(code: CellReading) -> tuple[str | None, str, str, str, str]:
    return code.value, code.repair, code.rule, code.suggestion or "", code.scope


def _unknown_text_findings(text_rows: str, column_name: str, codes_table: str, column_reading: ColumnReading) -> pd.DataFrame:
    cell = f"t.{quoted(column_name)}"
    rows = column_reading.engine.collect(
        f"""SELECT t.rid, {literal(column_name)} AS "column", {cell} AS "value", l.rule, l.suggestion FROM {text_rows} AS t
        JOIN {codes_table} AS l ON {cell} = l.text AND {edition_sql(column_name, column_reading)} = l.edition
        WHERE l.rule <> '' ORDER BY t.rid"""
    )
    has_years = is_year(column_name, column_reading.table.columns[column_name])
    return joined_findings(
        [
            rule_findings(
                group_rows,
                str(rule),
                expectation=expected_text(str(rule), str(suggestion), is_year=has_years),
                remedy=MEND_YEAR if has_years and rule == "C01" else None,
            )
            for (rule, suggestion), group_rows in rows.groupby(["rule", "suggestion"], sort=True)
        ]
    )


def _out_of_scope_rows(text_rows: str, column_name: str, codes_table: str, column_reading: ColumnReading) -> pd.DataFrame:
    return column_reading.engine.collect(
        f"""SELECT t.rid, l.scope AS reason FROM {text_rows} AS t JOIN {codes_table} AS l ON t.{quoted(column_name)} = l.text
        AND {edition_sql(column_name, column_reading)} = l.edition WHERE l.scope <> '' ORDER BY t.rid"""
    )


def _incomplete_date_notices(column_name: str, date_rows: pd.DataFrame, location: str) -> list[Notice]:
    """Dates that lack a part, with an example."""
    notices = []
    for incompleteness, (en, zh) in INCOMPLETE.items():
        incomplete_rows = date_rows[date_rows["kind"] == incompleteness]
        if len(incomplete_rows):
            example_text = f"{incomplete_rows['text'].iloc[0]} -> {incomplete_rows['code'].iloc[0]}"
            incomplete_count = len(incomplete_rows)
            notices.append(
                Notice(
                    "C07",
                    location,
                    f"{column_name}: {incomplete_count} {en} ({example_text})",
                    f"{column_name}:{incomplete_count} {zh}({example_text})",
                )
            )
    return notices
