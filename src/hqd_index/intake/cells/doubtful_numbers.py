"""Numbers that were read and cannot stay: fractions of whole things, digits that are lost, plain numbers beside percentages."""

from __future__ import annotations

from itertools import compress

import pandas as pd

from ...engines import literal, quoted
from ...study.records import Label
from ..layout.text_columns import FILE_SPAN, stored_number
from ..meaning.units import unit_of
from ..rules.rule_catalogue import joined_findings, rule_findings
from .column_reading import ColumnReading

INTEGER_LIMIT = 2**31 - 1
DECIMALS = 8  # of SQL_TYPES["decimal"]
SMALL = 5e-5  # below it, half a unit of the last decimal is more than LOST
LOST = 1e-4  # of a number, by rounding to DECIMALS
TOO_SMALL = Label(
    zh=f"{DECIMALS} 位小数以内的数(该表只保留这么多,此数会失去有效数字)",
    en=f"at most {DECIMALS} decimals, which is what the table keeps: digits of this number would be lost",
)
SMALLER_UNIT = Label(zh="请在 `tables` 中给该列写更小的单位", en="declare a smaller unit of the column in `tables`")
PERCENT_OR_SHARE = Label(
    zh="与同列其他单元格一样带 %,或都不带(此数没有:是百分数还是比例?)",
    en="% as in the other cells of the column, or in none (this one has none: percent or share?)",
)
SAME_FORM = Label(zh="同列写法一致:都带 % 或都不带", en="write the column in one form: % in every cell, or in none")


def doubtful_number_findings(
    text_rows: str, typed_rows: str, unread_cells: pd.DataFrame, column_reading: ColumnReading
) -> pd.DataFrame:
    """Findings of cells that hold a plain number; `unread` are the cells that hold none (rid, column, value)."""
    return joined_findings(
        [
            _fractions(text_rows, typed_rows, column_reading),
            *_lost_digits(text_rows, typed_rows, column_reading),
            *_beside_percents(text_rows, unread_cells, column_reading),
        ]
    )


def _fractions(text_rows: str, typed_rows: str, column_reading: ColumnReading) -> pd.DataFrame:
    """Fractions and giants in whole-number columns: E06 for counts of patents and trademarks, else C01; C02."""
    conditions = {
        column_name: f"abs({cell}) > {INTEGER_LIMIT}"
        if column_reading.is_whole(column_name)
        else f"({cell} <> trunc({cell}) OR abs({cell}) > {INTEGER_LIMIT})"
        for column_name in column_reading.present_columns
        if column_reading.table.columns[column_name].dtype == "integer" and (cell := f"y.{quoted(column_name)}")
    }
    if not conditions:
        return joined_findings([])
    any_broken = ", ".join(f"coalesce(bool_or({sql}), false)" for sql in conditions.values())
    broken_columns = column_reading.engine.collect(f"SELECT {any_broken} FROM {typed_rows} AS y").iloc[0]
    findings = []
    for column_name in compress(conditions, broken_columns):
        cell_rows = column_reading.engine.collect(
            f"""SELECT y.rid, {literal(column_name)} AS "column", t.{quoted(column_name)} AS "value",
            abs(y.{quoted(column_name)}) > {INTEGER_LIMIT} AS giant FROM {typed_rows} AS y JOIN {text_rows} AS t USING (rid)
            WHERE {conditions[column_name]} ORDER BY y.rid"""
        )
        findings.append(rule_findings(cell_rows[cell_rows["giant"]], "C02"))
        findings.append(
            rule_findings(
                cell_rows[~cell_rows["giant"]], "E06" if column_reading.table.columns[column_name].unit == "件" else "C01"
            )
        )
    return joined_findings(findings)


def _lost_digits(text_rows: str, typed_rows: str, column_reading: ColumnReading) -> list[pd.DataFrame]:
    """C02 for numbers so small that rounding to the decimals of the table changes them by more than LOST, in columns below 1."""
    numbers = [
        column_name
        for column_name in column_reading.present_columns
        if column_reading.table.columns[column_name].dtype == "number" and not column_reading.has_few_decimals(column_name)
    ]
    if column_reading.number_type != "decimal" or not numbers:
        return []
    are_stored = all(column_reading.reads_every_number(column_name) for column_name in numbers)  # in the unit of the table
    columns = [stored_number(column_name) if are_stored else column_name for column_name in numbers]
    any_small = ", ".join(
        f"coalesce(bool_or(abs({quoted(column)}) < {SMALL}) AND max(abs({quoted(column)})) < 1, false)" for column in columns
    )
    rows = column_reading.stored_rows if are_stored else typed_rows
    small_columns = column_reading.engine.collect(f"SELECT {any_small} FROM {rows}").iloc[0]
    findings = []
    for column_name in compress(numbers, small_columns):
        powers = column_reading.units.shifts(column_name)
        cases = " ".join(f"WHEN {sheet_number} THEN 1e{shift}" for sheet_number, shift in powers.items())
        power = f"CASE t.rid // {FILE_SPAN} {cases} ELSE 1 END" if any(powers.values()) else "1"
        number_sql = f"TRY_CAST(t.{quoted(column_name)} AS DOUBLE) * {power}"
        cell_rows = column_reading.engine.collect(
            f"""SELECT y.rid, {literal(column_name)} AS "column", t.{quoted(column_name)} AS "value"
            FROM (SELECT rid, {quoted(column_name)} AS kept FROM {typed_rows} WHERE abs({quoted(column_name)}) < {SMALL}) AS y
            JOIN {text_rows} AS t USING (rid) WHERE abs({number_sql} - y.kept) > {LOST} * abs({number_sql}) ORDER BY y.rid"""
        )
        findings.append(rule_findings(cell_rows, "C02", expectation=TOO_SMALL, remedy=SMALLER_UNIT))
    return findings


def _beside_percents(text_rows: str, unread_cells: pd.DataFrame, column_reading: ColumnReading) -> list[pd.DataFrame]:
    """C08 for numbers up to 1 in a column of percentages some cells of which bear a sign of them."""
    percent_cells = unread_cells[unread_cells["value"].astype("str").str.strip().str.endswith(("%", "％"))]
    findings = []
    for (column, sheet), _ in percent_cells.groupby([percent_cells["column"], percent_cells["rid"] // FILE_SPAN], sort=True):
        quoted_column = quoted(str(column))
        unit = unit_of(column_reading.table.columns[str(column)].unit)
        if unit is None or unit.measure != "ratio":
            continue
        number_sql = f"TRY_CAST({quoted_column} AS DOUBLE)"
        cell_rows = column_reading.engine.collect(
            f"""SELECT rid, {literal(str(column))} AS "column", {quoted_column} AS "value" FROM {text_rows}
            WHERE rid // {FILE_SPAN} = {sheet} AND abs({number_sql}) <= 1 AND {number_sql} <> 0 ORDER BY rid"""
        )
        findings.append(rule_findings(cell_rows, "C08", expectation=PERCENT_OR_SHARE, remedy=SAME_FORM))
    return findings
