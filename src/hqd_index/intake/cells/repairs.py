"""Cells whose value is not as printed: what was done to them, how often, with an example."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

import pandas as pd

from ...engines import Engine, literal, quoted
from ...study.records import Label
from ..layout.row_ids import id_set
from ..layout.text_columns import FILE_SPAN, MARK_SEPARATOR, MARK_TERMINATOR, stored_number
from ..read.sheet_cells import ROW_SPAN
from .coded_columns import edition_sql
from .column_reading import SQL_TYPES, ColumnReading, SourceRepairs
from .doubtful_numbers import DECIMALS
from .unread_numbers import conversion_kind_sql

# kind: what it says (zh, en)
REPAIR_KINDS = {
    repair_kind: Label(zh=zh, en=en)
    for repair_kind, (zh, en) in {
        "unit": ("单位换算", "units converted"), "code": ("名称换成代码", "names turned into codes"),
        "category": ("类别", "categories"), "flag": ("是/否", "yes or no"), "values": ("按 values 替换",
        "replaced by `values`"),
        "leading_zeros": ("补前导零", "leading zeros put back"), "exchange": ("去掉交易所代码", "exchange taken off a code"),
        "quotes": ("去掉引号或等号", "quotes around a code"), "decimal_point": ("代码去掉小数点", "points in a code"),
        "blanks": ("代码去掉空白", "blanks in a code"), "full_width": ("全角字符", "full-width characters"),
        "letter_case": ("代码大小写", "letter case of a code"), "area_length": ("区划代码位数", "length of an area code"),
        "written_out": ("年份、日期或批次的写法", "years, dates or batches written out"), "date_serial": ("日期序号",
        "date serials"),
        "year_of_date": ("由日期取年份", "year taken from a date"), "no_day": ("日期缺日", "dates without a day"),
        "no_month": ("日期缺月", "dates without a month"), "separators": ("千分位与全角数字", "digit separators"),
        "unit_in_cell": ("单元格内的单位", "units inside cells"), "decimal_comma": ("小数逗号", "decimal commas"),
        "negatives": ("括号表示的负数", "negatives in brackets"),
        "missing_mark": ("缺失标记", "marks read as missing"), "zero_is_missing": ("0 按缺失", "zeros read as missing"),
        "blank_is_zero": ("空格按 0", "blanks read as zero"),
        "rounded": ("舍入到 8 位小数", "rounded to 8 decimals"),
        "filled_down": ("向下填充", "filled down"),
    }.items()
}  # fmt: skip
NUMBER_KINDS = ("unit_in_cell", "separators", "negatives", "decimal_comma", "values")
MOST_CONVERTED = 200_000  # cells whose texts are kept beside a run
COLUMNS = ["number", "column", "kind", "cells", "example_before", "example_after"]


def counted_repairs(sources: Sequence[SourceRepairs], removed_rids: pd.Series, engine: Engine) -> pd.DataFrame:
    """number (of the sheet), column, kind, cells, example_before, example_after over the raw rows that are not taken out."""
    is_used = f"rid NOT IN {id_set(removed_rids, engine)}"
    queries = [
        f"SELECT {source_index} AS source, * FROM ({query})"
        for source_index, source in enumerate(sources)
        for query in _queries(source)
    ]
    repair_counts = [
        counts(source_repairs, is_used, engine) for source_repairs in sources for counts in (_scaled_repairs, _coded_repairs)
    ]
    if queries:
        union_sql = " UNION ALL ".join(queries)
        lines = f", count(DISTINCT rid % {ROW_SPAN}) AS rows, count(DISTINCT rid // {ROW_SPAN}) AS columns"
        is_across = any(map(_is_across, sources))
        counts = engine.collect(
            f"""SELECT source, rid // {FILE_SPAN} AS number, "column", kind, count(*) AS cells{lines if is_across else ""},
                min(coalesce(before, '')) AS example_before,
                arg_min(coalesce(after, ''), coalesce(before, '') || chr(31) || coalesce(after, '')) AS example_after
                FROM ({union_sql}) WHERE {is_used} GROUP BY ALL"""
        )
        repair_counts.append(counts.assign(cells=[_cell_count(repair_row, sources) for repair_row in counts.to_dict("records")]))
    nonempty_counts = [repair_count for repair_count in repair_counts if len(repair_count)]
    if not nonempty_counts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(nonempty_counts, ignore_index=True)[COLUMNS].sort_values(COLUMNS[:3], ignore_index=True)


def converted_cells(
    sources: Sequence[SourceRepairs], repairs: pd.DataFrame, removed_rids: pd.Series, engine: Engine
) -> pd.DataFrame:
    """rid, column, text of the cells whose number is not the one they print, for `hqd explain`; none where they are too many.

    `repairs`: what `counted_repairs` gave, which says whether there are any.
    """
    cell_count = int(repairs.loc[repairs["kind"].isin(NUMBER_KINDS), "cells"].sum())
    if not 0 < cell_count <= MOST_CONVERTED:
        return pd.DataFrame({"rid": pd.Series(dtype="int64"), "column": [], "text": []})
    union_sql = " UNION ALL ".join(query for source in sources for query in _queries(source))
    kinds = ", ".join(map(literal, NUMBER_KINDS))
    return engine.collect(
        f"""SELECT rid, "column", before AS text FROM ({union_sql})
            WHERE kind IN ({kinds}) AND rid NOT IN {id_set(removed_rids, engine)} ORDER BY ALL"""
    )


def _cell_count(repair_row: Mapping[Hashable, Any], sources: Sequence[SourceRepairs]) -> int:
    """Cells of the sheet: a key of a sheet laid out across appears once in its row, what is across once in its header."""
    reshape, column = sources[repair_row["source"]].layout, repair_row["column"]
    if reshape is None or not reshape.across or column in (reshape.value, *reshape.columns.values()):
        return int(repair_row["cells"])
    return int(repair_row["columns"] if column in reshape.across else repair_row["rows"])


def _queries(repairs: SourceRepairs) -> Iterator[str]:
    """SQL of rid, column, kind, before, after for every kind of repair but units."""
    text_rows, column_reading = repairs.text_rows, repairs.column_reading
    for name in _coded_names(repairs) if _is_across(repairs) else ():
        cell = f"t.{quoted(name)}"
        yield f"""SELECT t.rid, {literal(name)} AS "column", l.kind, {cell} AS before, CAST(l.code AS VARCHAR) AS after
            FROM {text_rows} AS t JOIN {repairs.codes_by_column[name]} AS l
            ON {cell} = l.text AND {edition_sql(name, column_reading)} = l.edition WHERE l.kind <> ''"""
    for name, converted_cells in repairs.conversions.items():
        conversion_table = column_reading.engine.scan(converted_cells)
        cell = f"t.{quoted(name)}"
        kind_sql = conversion_kind_sql(cell)
        yield f"""SELECT t.rid, {literal(name)} AS "column", {kind_sql} AS kind, {cell} AS before, l.number AS after
            FROM {text_rows} AS t JOIN {conversion_table} AS l ON {cell} = l.text AND t.rid // {FILE_SPAN} = l.sheet"""
    yield from _declared_repair_queries(repairs)
    yield from repairs.queries
    yield f"""SELECT rid, split_part(mark, '{MARK_SEPARATOR}', 1) AS "column", 'missing_mark' AS kind,
        split_part(mark, '{MARK_SEPARATOR}', 2) AS before, '' AS after
        FROM (SELECT rid, unnest(string_split(rtrim(marks, '{MARK_TERMINATOR}'), '{MARK_TERMINATOR}')) AS mark
        FROM {repairs.row_facts} WHERE marks <> '')"""


def _is_across(repairs: SourceRepairs) -> bool:
    return repairs.layout is not None and bool(repairs.layout.across)


def _coded_names(repairs: SourceRepairs) -> list[str]:
    return [name for name in repairs.repaired_columns if name not in repairs.column_reading.source.constants]


def _coded_repairs(repairs: SourceRepairs, is_used: str, engine: Engine) -> pd.DataFrame:
    """Cells of coded columns whose code is not their text, counted by text before their codes are looked up."""
    names = [] if _is_across(repairs) else _coded_names(repairs)
    queries = [
        f"""SELECT number, {literal(name)} AS "column", l.kind, sum(cells) AS cells, min(t.text) AS example_before,
            arg_min(coalesce(l.code, ''), t.text || chr(31) || coalesce(l.code, '')) AS example_after FROM (
                SELECT rid // {FILE_SPAN} AS number, t.{quoted(name)} AS text,
                    {edition_sql(name, repairs.column_reading)} AS edition, count(*) AS cells
                FROM {repairs.text_rows} AS t WHERE {is_used} GROUP BY ALL) AS t
            JOIN {repairs.codes_by_column[name]} AS l ON t.text = l.text AND t.edition = l.edition
            WHERE l.kind <> '' GROUP BY number, l.kind"""
        for name in names
    ]
    return engine.collect(" UNION ALL ".join(queries)).astype({"cells": "int64"}) if queries else pd.DataFrame(columns=COLUMNS)


def _declared_repair_queries(repairs: SourceRepairs) -> Iterator[str]:
    """What the study says of its number columns: texts replaced, zeros that mean missing, decimal commas; blanks filled down."""
    text_rows, column_reading, source = repairs.text_rows, repairs.column_reading, repairs.column_reading.source
    number_columns = [
        column_name
        for column_name in column_reading.present_columns
        if column_reading.table.columns[column_name].dtype in ("number", "integer")
    ]
    for column_name in number_columns:
        cell, column = quoted(column_name), literal(column_name)
        text_and_typed = f"FROM {text_rows} AS t JOIN {repairs.typed_rows} AS y USING (rid)"
        if (replacements := source.values.get(column_name, {})) and column_name not in repairs.codes_by_column:
            value_list = ", ".join(map(literal, replacements))
            yield f"""SELECT t.rid, {column} AS "column", 'values' AS kind, t.{cell} AS before, CAST(y.{cell} AS VARCHAR) AS after
                {text_and_typed} WHERE t.{cell} IN ({value_list})"""
        if column_name in source.zero_is_missing:
            yield f"""SELECT t.rid, {column} AS "column", 'zero_is_missing' AS kind, t.{cell} AS before, '' AS after
                {text_and_typed} WHERE TRY_CAST(t.{cell} AS DOUBLE) = 0 AND y.{cell} IS NULL"""
        if column_name in source.blank_is_zero:
            yield f"""SELECT t.rid, {column} AS "column", 'blank_is_zero' AS kind, '' AS before, '0' AS after
                {text_and_typed} WHERE t.{cell} IS NULL AND y.{cell} = 0"""
        if source.decimal == ",":
            yield f"""SELECT t.rid, {column} AS "column", 'decimal_comma' AS kind, t.{cell} AS before,
                CAST(y.{cell} AS VARCHAR) AS after
                {text_and_typed} WHERE regexp_matches(t.{cell}, '[,. ]') AND y.{cell} IS NOT NULL"""
    yield from _rounded_queries(repairs, number_columns)
    if repairs.printed_rows != text_rows:
        for column_name in source.fill_down:
            cell = quoted(column_name)
            yield f"""SELECT t.rid, {literal(column_name)} AS "column", 'filled_down' AS kind, '' AS before, t.{cell} AS after
                FROM {text_rows} AS t JOIN {repairs.printed_rows} AS p USING (rid) WHERE p.{cell} IS NULL
                AND t.{cell} IS NOT NULL"""


def _rounded_queries(repairs: SourceRepairs, number_columns: Sequence[str]) -> Iterator[str]:
    """Numbers with more decimals than a table of decimals keeps, in columns that are not converted (those are counted)."""
    column_reading, text_rows = repairs.column_reading, repairs.text_rows
    names = [column_name for column_name in number_columns if not any(column_reading.units.shifts(column_name).values())]
    if column_reading.number_type != "decimal" or not names:
        return
    conditions = [
        "false"
        if column_reading.has_few_decimals(column_name)
        else _is_rounded(quoted(stored_number(column_name)), column_reading.stored_numbers[column_name])
        if column_reading.is_stored(column_name)
        else _too_many_decimals(quoted(column_name))
        for column_name in names
    ]
    names = [column_name for column_name, condition in zip(names, conditions) if condition != "false"]
    if len(names) > 1 or not all(map(column_reading.is_stored, names)):  # one that is stored is looked at but once
        any_long = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in conditions if condition != "false")
        rows = column_reading.stored_rows or text_rows
        names = list(compress(names, column_reading.engine.collect(f"SELECT {any_long} FROM {rows}").iloc[0]))
    for column_name in names:
        cell = quoted(column_name)
        if column_reading.is_stored(column_name):
            yield _rounded_stored_numbers(column_name, column_reading)
            continue
        yield f"""SELECT t.rid, {literal(column_name)} AS "column", 'rounded' AS kind, t.{cell} AS before,
            CAST(y.{cell} AS VARCHAR) AS after FROM {text_rows} AS t JOIN {repairs.typed_rows} AS y USING (rid)
            WHERE {_too_many_decimals(f"t.{cell}")} AND y.{cell} IS NOT NULL
            AND (NOT contains(lower(t.{cell}), 'e') OR TRY_CAST(t.{cell} AS DOUBLE) <> CAST(y.{cell} AS DOUBLE))"""


def _rounded_stored_numbers(column_name: str, column_reading: ColumnReading) -> str:
    """The same of a stored number, which needs no other table."""
    number, cell = quoted(stored_number(column_name)), f"t.{quoted(column_name)}"
    rounded_number = column_reading.stored_number_sql(column_name, f"t.{number}")
    if column_name in column_reading.source.zero_is_missing:
        rounded_number = f"NULLIF({rounded_number}, 0)"
    return f"""SELECT rid, {literal(column_name)} AS "column", 'rounded' AS kind, before, CAST(after AS VARCHAR) AS after
        FROM (SELECT t.rid, {cell} AS before, {rounded_number} AS after FROM {column_reading.stored_rows} AS t
        WHERE {_is_rounded(f"t.{number}", column_reading.stored_numbers[column_name])})
        WHERE {_too_many_decimals("before")} AND after IS NOT NULL"""


def _is_rounded(number: str, kind: str) -> str:
    """Whether a stored number may have more decimals; its text decides."""
    if kind == "double":
        in_decimals = (
            f"CAST(TRY_CAST({number} AS {sql_type}) AS DOUBLE)" for sql_type in ("DECIMAL(18,2)", SQL_TYPES["decimal"])
        )
        return " AND ".join(f"{decimals} IS DISTINCT FROM {number}" for decimals in in_decimals)
    return f"TRY_CAST({number} AS {SQL_TYPES['decimal']}) IS DISTINCT FROM {number}" if kind == "decimal" else "false"


def _too_many_decimals(cell: str) -> str:
    return f"length({cell}) > {DECIMALS + 1} AND length(rtrim(split_part({cell}, '.', 2), '0')) > {DECIMALS}"


def _scaled_repairs(repairs: SourceRepairs, is_used: str, engine: Engine) -> pd.DataFrame:
    """Cells that were multiplied by a power of ten; 0 stays 0 in every unit."""
    names = [
        column_name
        for column_name in repairs.column_reading.units.choices
        if any(repairs.column_reading.units.shifts(column_name).values())
        and column_name not in repairs.column_reading.source.constants
    ]
    if not names:
        return pd.DataFrame(columns=COLUMNS)
    rows = _scaled_counts(repairs, names, is_used, engine)
    printed_texts = _printed_texts(
        repairs,
        [(sheet_number, column_name, smallest_value) for sheet_number, column_name, _, smallest_value in rows],
        is_used,
        engine,
    )
    stored_units = {column_name: repairs.column_reading.table.columns[column_name].unit for column_name in names}
    return pd.DataFrame(
        [
            (
                sheet_number,
                column_name,
                "unit",
                cell_total,
                f"{printed_text} {repairs.column_reading.units.choices[column_name][sheet_number].unit}",
                f"{plain_number(smallest_value)} {stored_units[column_name]}",
            )
            for (sheet_number, column_name, cell_total, smallest_value), printed_text in zip(rows, printed_texts)
        ],
        columns=COLUMNS,
    )


def _scaled_counts(repairs: SourceRepairs, names: Sequence[str], is_used: str, engine: Engine) -> list[tuple[int, str, int, str]]:
    """Sheet, column, number of its scaled cells and the least of them."""
    filter_clauses = [f"FILTER (WHERE {quoted(column_name)} <> 0)" for column_name in names]
    count_sql = ", ".join(f"count(*) {condition}" for condition in filter_clauses)
    least_sql = ", ".join(
        f"CAST(min({quoted(column_name)}) {condition} AS VARCHAR)" for column_name, condition in zip(names, filter_clauses)
    )
    counts = engine.collect(
        f"""SELECT rid // {FILE_SPAN} AS number, {count_sql}, {least_sql} FROM {repairs.typed_rows} WHERE {is_used}
            GROUP BY 1 ORDER BY 1"""
    ).set_axis(range(2 * len(names) + 1), axis=1)
    rows = []
    for column_index, column_name in enumerate(names, start=1):
        choices = repairs.column_reading.units.choices[column_name]
        for sheet_number, cell_total, smallest_value in counts[[0, column_index, column_index + len(names)]].itertuples(
            index=False
        ):
            if cell_total and choices[int(sheet_number)].power_of_ten:
                rows.append((int(sheet_number), column_name, int(cell_total), str(smallest_value)))
    return rows


def _printed_texts(
    repairs: SourceRepairs, examples: Sequence[tuple[int, str, str]], is_used: str, engine: Engine
) -> Sequence[str]:
    """The first text of the cells of a sheet and column that hold a value: the same under any order of rows."""
    if not examples:
        return ()
    is_example = {
        f"example_{example_index}": f"({quoted(column_name)} = {literal(smallest_value)} AND rid // {FILE_SPAN} = {sheet_number})"
        for example_index, (sheet_number, column_name, smallest_value) in enumerate(examples)
    }
    example_columns = ", ".join(f"{condition} AS {name}" for name, condition in is_example.items())
    example_rows = engine.query(
        f"SELECT rid, {example_columns} FROM {repairs.typed_rows} WHERE {is_used} AND ({' OR '.join(is_example.values())})"
    )
    texts = ", ".join(
        f"min(t.{quoted(column_name)}) FILTER (WHERE e.{name})" for name, (_, column_name, _) in zip(is_example, examples)
    )
    printed_texts = engine.collect(f"SELECT {texts} FROM {repairs.text_rows} AS t JOIN {example_rows} AS e USING (rid)")
    return [str(printed_text) for printed_text in printed_texts.iloc[0]]


def plain_number(cell: str) -> str:
    """The number without zeros at the end of its fraction."""
    return cell.rstrip("0").rstrip(".") if "." in cell and "e" not in cell.lower() else cell
