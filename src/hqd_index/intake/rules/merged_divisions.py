"""Two divisions of GB/T 4754-2002 that one of 2011 succeeds: their rows become one, or half of it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ...engines import Engine, quoted
from ...study.records import Label
from ..cells.column_reading import SQL_TYPES, ParsedSource
from ..meaning.industries import industry
from ..meaning.industry_names import DIVISIONS_OF_2002, MERGED_2002
from ..meaning.units import unit_of
from ..records.intake_notice import Notice
from ..table_step import TableStep
from .rule_catalogue import joined_findings, rule_findings


def with_merged_divisions(source: ParsedSource, table_step: TableStep) -> ParsedSource:
    """The source with rubber and plastics of 2002 (29, 30) added up to C29 of one key, in a table whose rows are industries.

    Amounts and counts are sums where both are there; ratios and indices of the two have no sum and are missing. A key with only
    one of the two is a finding (E09): it is half of C29.
    """
    column = next(
        (key_column for key_column in table_step.table.key if table_step.table.columns[key_column].code == "industry"), None
    )
    if column is None or source.members is not None or not source.repairs:
        return source
    half_rows = _halves(source, column, table_step.engine)
    if half_rows.empty:
        return source
    keys = [key_column for key_column in table_step.table.key if key_column in table_step.engine.types(source.typed_rows)]
    rows = half_rows.merge(
        table_step.engine.collect(f"SELECT rid, {', '.join(map(quoted, keys))} FROM {source.typed_rows}"), on="rid"
    )
    groups = rows.groupby(keys, dropna=False)
    division_pairs = rows.assign(
        first=groups["rid"].transform("min"),
        divisions=groups["division"].transform("nunique"),
        size=groups["rid"].transform("size"),
    )
    single_halves = division_pairs[division_pairs["divisions"] == 1]
    half_findings = [
        _half_findings(single_halves, division_code, divisions, column) for division_code, divisions in MERGED_2002.items()
    ]
    merged_rows = division_pairs[(division_pairs["divisions"] == 2) & (division_pairs["size"] == 2)][["rid", "first"]]
    source = replace(source, findings=joined_findings([source.findings, *half_findings]))
    return _source_with_merged_rows(source, merged_rows, table_step) if len(merged_rows) else source


def _halves(source: ParsedSource, column: str, engine: Engine) -> pd.DataFrame:
    """rid, code, division, text of the rows whose division of 2002 is one of two that merge."""
    code_by_division = {division: division_code for division_code, divisions in MERGED_2002.items() for division in divisions}
    repairs = source.repairs[0]
    codes_table = repairs.codes_by_column.get(column)
    no_halves = pd.DataFrame({"rid": pd.Series(dtype="int64"), "division": []})
    if codes_table is None:
        return no_halves
    code_readings = engine.collect(f"SELECT text, edition, code FROM {codes_table} WHERE edition LIKE '%2002%' ORDER BY ALL")
    code_readings = code_readings[code_readings["code"].isin(code_by_division.values())]
    if code_readings.empty:
        return no_halves
    divisions = code_readings.assign(division=[industry(cell, "2002").edition_code[1:3] for cell in code_readings["text"]])
    division_table = engine.scan(divisions[["text", "code", "division"]])
    return engine.collect(
        f"""SELECT t.rid, d.code, d.division, d.text FROM {source.text_rows} AS t JOIN {division_table} AS d
            ON t.{quoted(column)} = d.text
        ORDER BY t.rid"""
    )


def _half_findings(divided_rows: pd.DataFrame, division_code: str, divisions: Sequence[str], column: str) -> pd.DataFrame:
    names = "、".join(DIVISIONS_OF_2002[division] for division in divisions)
    expectation = Label(
        zh=f"2002 版的两个行业({names})都有行:{division_code} 由它们合并而成,此处只有其一",
        en=f"rows of both divisions of 2002 ({names}), which make {division_code}; one is here",
    )
    mend = Label(
        zh="补上另一个行业的行,或把该行列入 out_of_scope", en="add the row of the other division, or leave this one out of scope"
    )
    half_rows = divided_rows[divided_rows["code"] == division_code].rename(columns={"text": "value"}).assign(column=column)
    return rule_findings(half_rows[["rid", "column", "value"]], "E09", expectation=expectation, remedy=mend)


def _source_with_merged_rows(source: ParsedSource, merged_rows: pd.DataFrame, table_step: TableStep) -> ParsedSource:
    engine = table_step.engine
    merged_table = engine.scan(merged_rows.astype("int64"))
    not_merged_sql = f"rid NOT IN (SELECT rid FROM {merged_table})"
    whole_row = 'CAST(NULL AS VARCHAR) AS "column"'
    members_sql = f"SELECT rid, rid AS member, {whole_row} FROM {source.typed_rows} WHERE {not_merged_sql}"
    members = f'{members_sql} UNION ALL SELECT "first" AS rid, rid AS member, {whole_row} FROM {merged_table}'
    tables = []
    lost_columns: set[str] = set()
    for rows, is_text in ((source.text_rows, True), (source.typed_rows, False)):
        columns = []
        for column_name in engine.types(rows):
            if column_name != "rid":
                sql, is_lost = _merged_cell(column_name, table_step, is_text=is_text)
                columns.append(f"{sql} AS {quoted(column_name)}")
                lost_columns |= {column_name} if is_lost else set()
        members_union = (
            f'SELECT p."first" AS rid, {", ".join(columns)} FROM {rows} AS t JOIN {merged_table} AS p USING (rid) '
            'GROUP BY p."first"'
        )
        tables.append(engine.query(f"SELECT * FROM {rows} WHERE {not_merged_sql} UNION ALL BY NAME {members_union}"))
    notices = (*source.notices, *_notices(len(merged_rows) // 2, sorted(lost_columns), table_step.name))
    return replace(
        source, text_rows=tables[0], typed_rows=tables[1], sheet_texts=None, members=engine.query(members), notices=notices
    )


def _merged_cell(column_name: str, table_step: TableStep, *, is_text: bool) -> tuple[str, bool]:
    """SQL of a cell of two rows, and whether two numbers have no sum."""
    cell, column = f"t.{quoted(column_name)}", table_step.table.columns.get(column_name)
    if column_name in table_step.table.key or column is None or column.dtype not in ("number", "integer"):
        return f"arg_min({cell}, t.rid)", False
    if is_text:
        return f"string_agg({cell}, ' + ' ORDER BY t.rid)", False
    sql_type = SQL_TYPES["decimal" if column.dtype == "integer" else table_step.number_type]
    unit = unit_of(column.unit)
    additive = unit is not None and "/" not in unit.measure and unit.measure != "ratio" and not unit.measure.startswith("index")
    if not additive:
        return f"CAST(NULL AS {sql_type})", True
    return f"CAST(CASE WHEN count({cell}) = 2 THEN sum({cell}) END AS {sql_type})", False


def _notices(merged_count: int, lost_columns: Sequence[str], location: str) -> list[Notice]:
    names = ", ".join(MERGED_2002)
    en = f"{merged_count} pairs of divisions of 2002 were added up ({names})"
    zh = f"{merged_count} 对 2002 版行业已合并相加({names})"
    if lost_columns:
        en, zh = f"{en}; no sum and missing there: {', '.join(lost_columns)}", f"{zh};不可相加、按缺失:{', '.join(lost_columns)}"
    return [Notice("E09", location, en, zh)]
