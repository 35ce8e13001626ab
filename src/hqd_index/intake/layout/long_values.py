"""Values of a long table: each read in the unit of its own row, name or header; what is no number is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...engines import Engine, literal, quoted
from ..cells.column_reading import NumberType, comma_decimal_sql, number_sql, replaced_sql
from ..cells.column_units import raise_stopping, unit_notices
from ..cells.unread_numbers import allowed_conversions, conversion_kind_sql, number_findings, with_decimal_mark
from ..meaning.numbers import diagnose, has_decimal_commas
from ..meaning.unit_choice import PrintedUnits, UnitChoice, chosen_unit
from ..meaning.units import exponent
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import joined_findings, rule_findings
from .long_names import NameReading, row_unit
from .long_source import NAME_COLUMN, UNIT_COLUMN, VALUE_COLUMN, LongSource
from .text_columns import FILE_SPAN, Sheet

CONVERSION_COLUMNS = ["canonical", "text", "place", "label", "sheet", "number"]
"""Of a text that the study lets be converted: the number is one of the unit that its cells are read in."""


def conversion_join(conversion_table: str) -> str:
    """SQL of the condition that c is the conversion of the cell t.VALUE under the unit of p."""
    return (
        f"{conversion_table} AS c ON c.canonical = p.canonical AND c.text = t.{VALUE_COLUMN} "
        "AND c.place = p.place AND c.label = p.label AND c.sheet = p.number"
    )


@dataclass(frozen=True)
class LongValues:
    """Cells with column and power of ten (engine table rid, canonical, shift ...); units by name, label of the row and sheet."""

    placed_names: str
    units: Mapping[tuple[int, str, int], UnitChoice]
    notices: tuple[Notice, ...]


def placed_values(
    cell_table: str, name_readings: Sequence[NameReading], sheets: Sequence[Sheet], long_source: LongSource
) -> LongValues:
    """Each cell of a known name with its column and the power of ten of its unit.

    DataError W11 where a printed unit of a column of money or counts was not used.
    """
    engine = long_source.engine
    rows = [
        (name_reading.printed_name, name_reading.canonical_name, name_index)
        for name_index, name_reading in enumerate(name_readings)
    ]
    name_table = engine.scan(pd.DataFrame(rows, columns=["raw", "canonical", "place"]))
    label = f"coalesce(trim(t.{UNIT_COLUMN}), '')" if long_source.reshape.units else "''"
    sheet_sql = f"t.rid // {FILE_SPAN}"
    joined_sql = f"{cell_table} AS t JOIN {name_table} AS n ON n.raw = t.{NAME_COLUMN}"
    label_counts = engine.collect(
        f"""SELECT n.place, n.canonical, {label} AS label, {sheet_sql} AS number, count(*) AS cells FROM {joined_sql}
        GROUP BY ALL ORDER BY ALL"""
    )
    units = _units_of_names(label_counts, name_readings, {sheet.sheet_number: sheet for sheet in sheets}, long_source)
    powers = [(*name_index, choice.power_of_ten) for name_index, choice in units.items()]
    power_table = engine.scan(pd.DataFrame(powers, columns=["place", "label", "number", "shift"]))
    placed_names = engine.query(
        f"""SELECT t.rid, n.canonical, p.place, p.label, p.number, p.shift FROM {joined_sql}
        JOIN {power_table} AS p ON p.place = n.place AND p.label = {label} AND p.number = {sheet_sql}"""
    )
    sheet_locations = {sheet.sheet_number: _sheet_location(sheet) for sheet in sheets}
    messages = [
        ("W11", sheet_locations[sheet], message) for (_, _, sheet), choice in units.items() for message in choice.messages
    ]
    raise_stopping(messages)
    return LongValues(placed_names, units, tuple(unit_notices(messages)))


def _units_of_names(
    label_counts: pd.DataFrame, name_readings: Sequence[NameReading], sheets: Mapping[int, Sheet], long_source: LongSource
) -> dict[tuple[int, str, int], UnitChoice]:
    """(name, label of the row, sheet) -> the unit its cells are read in."""
    labels = {
        str(canonical_name): {
            str(label): int(cell_total) for label, cell_total in counts_by_label.groupby("label")["cells"].sum().items()
        }
        for canonical_name, counts_by_label in label_counts.groupby("canonical")
    }
    units = {}
    for name_index, canonical_name, label, _, sheet_number in label_counts[
        ["place", "canonical", "label", "cells", "number"]
    ].itertuples(index=False):
        unit, declared_unit = long_source.table.columns[canonical_name].unit, long_source.source.units.get(canonical_name)
        printed_units = _units_of_name(name_readings[int(name_index)], sheets[int(sheet_number)])
        if declared_unit is not None:
            choice = chosen_unit(canonical_name, unit, declared_unit, printed_units)
        else:
            choice = row_unit(canonical_name, unit, str(label), labels[canonical_name], printed_units)
        units[int(name_index), str(label), int(sheet_number)] = choice
    return units


def _units_of_name(name_reading: NameReading, sheet: Sheet) -> PrintedUnits:
    """What is printed around a value: behind its name, over the column of values, above the table."""
    header = sheet.header.printed_units.get(VALUE_COLUMN, PrintedUnits())
    return replace(header, label=name_reading.units or header.label, unread_words=name_reading.unread_words)


def _sheet_location(sheet: Sheet) -> str:
    return f"{sheet.cells.file} [{sheet.cells.sheet}]" if sheet.cells.sheet else sheet.cells.file


def value_sql(long_source: LongSource, shifts: Sequence[int], number_type: NumberType) -> str:
    """SQL of the number in t.VALUE (converted texts as c.number) under p.shift, column by column as the study says."""
    source = long_source.source
    text_sql = f"coalesce(c.number, {_meaning_sql(long_source)})"
    cell = comma_decimal_sql(text_sql) if source.decimal == "," else text_sql
    when_clauses = " ".join(
        f"WHEN {power_of_ten} THEN {number_sql(cell, power_of_ten, number_type)}" for power_of_ten in sorted(set(shifts) or {0})
    )
    shifted_sql = f"(CASE p.shift {when_clauses} END)"
    zeros = ", ".join(literal(column_name) for column_name in source.zero_is_missing)
    return f"CASE WHEN p.canonical IN ({zeros}) THEN NULLIF({shifted_sql}, 0) ELSE {shifted_sql} END" if zeros else shifted_sql


def _meaning_sql(long_source: LongSource) -> str:
    """The cell with the study's `replacements` of its column in the place of texts."""
    when_clauses = [
        f"WHEN {literal(column_name)} THEN {replaced_sql(f't.{VALUE_COLUMN}', replacements)}"
        for column_name, replacements in long_source.source.values.items()
        if column_name in long_source.columns
    ]
    return f"CASE p.canonical {' '.join(when_clauses)} ELSE t.{VALUE_COLUMN} END" if when_clauses else f"t.{VALUE_COLUMN}"


def unread_values(
    text_rows: str, typed_rows: str, long_values: LongValues, long_source: LongSource
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(CONVERSION_COLUMNS of the cells that the study lets be converted, findings of the others)."""
    source = long_source.source
    zeros = ", ".join(literal(column_name) for column_name in source.zero_is_missing) or "''"
    replaced_condition = _replaced_pairs(long_source)
    rows = long_source.engine.collect(
        f"""SELECT t.rid, t.{NAME_COLUMN} AS "column", t.{VALUE_COLUMN} AS "value", p.place, p.label, p.number
        FROM {text_rows} AS t JOIN {typed_rows} AS y USING (rid) JOIN {long_values.placed_names} AS p USING (rid)
        WHERE t.{VALUE_COLUMN} IS NOT NULL AND y.{VALUE_COLUMN} IS NULL
        AND NOT (t.{NAME_COLUMN} IN ({zeros})
        AND coalesce(TRY_CAST(t.{VALUE_COLUMN} AS DOUBLE), 1) = 0){replaced_condition} ORDER BY t.rid"""
    )
    comma_columns = {
        str(column_name) for column_name, column_cells in rows.groupby("column")["value"] if has_decimal_commas(set(column_cells))
    }
    conversions: list[tuple[str, str, int, str, int, str]] = []
    findings = []
    for (column, cell, name_index, label, sheet_number), cell_rows in rows.groupby(
        ["column", "value", "place", "label", "number"], sort=True
    ):
        column_name, unit = str(column), long_values.units[int(str(name_index)), str(label), int(str(sheet_number))].unit
        diagnosis = diagnose(str(cell), unit, comma_decimal=column_name in comma_columns or source.decimal == ",")
        if diagnosis.proposed_number and allowed_conversions(source).get(diagnosis.conversion):
            number_text = with_decimal_mark(source, diagnosis.proposed_number)
            conversions.append((column_name, str(cell), int(str(name_index)), str(label), int(str(sheet_number)), number_text))
        else:
            findings.append(number_findings(cell_rows[["rid", "column", "value"]], diagnosis, unit))
    return pd.DataFrame(conversions, columns=CONVERSION_COLUMNS), joined_findings(findings)


def _replaced_pairs(long_source: LongSource) -> str:
    """Texts that the study reads as missing are no unread cells."""
    tests = []
    for name, values in long_source.source.values.items():
        blank_cells = ", ".join(literal(cell) for cell, meaning in values.items() if meaning == "")
        if name in long_source.columns and blank_cells:
            tests.append(f"NOT (t.{NAME_COLUMN} = {literal(name)} AND t.{VALUE_COLUMN} IN ({blank_cells}))")
    return "".join(f" AND {condition}" for condition in tests)


def fraction_findings(text_rows: str, typed_rows: str, long_source: LongSource) -> pd.DataFrame:
    """Fractions in columns of whole numbers: E06 for counts of patents and trademarks, else C01."""
    findings = []
    for name in long_source.columns:
        column = long_source.table.columns[name]
        if column.dtype != "integer":
            continue
        cell_rows = long_source.engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE_COLUMN} AS "value" FROM {typed_rows} AS y
                JOIN {text_rows} AS t USING (rid)
            WHERE y.{NAME_COLUMN} = {literal(name)} AND y.{VALUE_COLUMN} <> trunc(y.{VALUE_COLUMN}) ORDER BY y.rid"""
        )
        findings.append(rule_findings(cell_rows, "E06" if column.unit == "件" else "C01"))
    return joined_findings(findings)


def rows_in_one_unit(text_rows: str, long_values: LongValues, engine: Engine) -> str:
    """The text rows with numbers of several units in the column's own, so that digits of two rows compare."""
    mixed_names = engine.collect(f"SELECT canonical FROM {long_values.placed_names} GROUP BY 1 HAVING count(DISTINCT shift) > 1")[
        "canonical"
    ]
    if mixed_names.empty:
        return text_rows
    names = ", ".join(map(literal, mixed_names))
    scaled_sql = f"CAST(TRY_CAST(TRY_CAST(t.{VALUE_COLUMN} AS DECIMAL(28,8)) || 'e' || p.shift AS DECIMAL(38,12)) AS VARCHAR)"
    cell = f"CASE WHEN p.canonical IN ({names}) THEN coalesce({scaled_sql}, t.{VALUE_COLUMN}) ELSE t.{VALUE_COLUMN} END"
    other_columns = ", ".join(
        f"t.{quoted(column_name)}" for column_name in engine.types(text_rows) if column_name != VALUE_COLUMN
    )
    return engine.query(
        f"SELECT {other_columns}, {cell} AS {VALUE_COLUMN} FROM {text_rows} AS t JOIN {long_values.placed_names} AS p USING (rid)"
    )


def label_notices(cell_table: str, long_values: LongValues, long_source: LongSource) -> list[Notice]:
    """W04 for labels of rows that lead nowhere, or to another scale than the numbers show, with the ratio of medians."""
    if not long_source.reshape.units:
        return []
    year = "t.year" if "year" in long_source.engine.types(cell_table) else "''"
    rows = long_source.engine.collect(
        f"""SELECT p.canonical AS name, p.label, {year} AS year, count(*) AS cells,
        median(abs(TRY_CAST(t.{VALUE_COLUMN} AS DOUBLE))) AS middle, any_value(p.shift) AS shift
        FROM {cell_table} AS t JOIN {long_values.placed_names} AS p USING (rid) WHERE p.label <> '' GROUP BY ALL ORDER BY ALL"""
    )
    notices = []
    for name, labels in rows.groupby("name", sort=True):
        canonical_unit = long_source.table.columns[str(name)].unit
        unit = long_source.source.units.get(str(name)) or _most_frequent_label(labels, canonical_unit)
        median = labels.loc[labels["label"] == unit, "middle"].median()
        for label, label_rows in labels.groupby("label", sort=True):
            if exponent(str(label), unit) == 0 or exponent(str(label), canonical_unit) is not None:
                continue
            years = ", ".join(sorted(set(label_rows["year"].astype(str))))
            ratio = f"{label_rows['middle'].median() / median:.3g}" if median > 0 else "-"
            en = f"{name}: unit label {label!r} in {years}, read as {unit!r}; ratio of medians {ratio}; nothing converted"
            zh = f"{name}:{years} 年单位标注为 {label!r},按 {unit!r} 读取;中位数之比 {ratio};未作换算"
            notices.append(Notice("W04", long_source.location, en, zh))
    return notices


def _most_frequent_label(labels: pd.DataFrame, canonical_unit: str) -> str:
    """The label that most cells carry among those that fit the column."""
    convertible_labels = labels[[exponent(label, canonical_unit) is not None for label in labels["label"]]]
    return (
        str(convertible_labels.groupby("label")["cells"].sum().sort_values(kind="stable").index[-1])
        if len(convertible_labels)
        else canonical_unit
    )


@dataclass(frozen=True)
class LongReading:
    """A long table read: text rows with (`printed_rows`) and without missing marks, typed rows, texts that were converted."""

    printed_rows: str
    text_rows: str
    typed_rows: str
    conversions: pd.DataFrame


def repair_queries(long_reading: LongReading, long_values: LongValues, long_source: LongSource) -> list[str]:
    """SQL of rid, column, kind, before, after for the values that are not as printed."""
    source = long_source.source

    def cells(kind_sql: str, condition: str, conversion_sql: str = "") -> str:
        return f"""SELECT t.rid, p.canonical AS "column", {kind_sql} AS kind, t.{VALUE_COLUMN} AS before,
            CAST(y.{VALUE_COLUMN} AS VARCHAR) AS after FROM {long_reading.text_rows} AS t
            JOIN {long_reading.typed_rows} AS y USING (rid)
            JOIN {long_values.placed_names} AS p USING (rid) {conversion_sql} WHERE {condition}"""

    queries = [cells(literal("unit"), f"p.shift <> 0 AND y.{VALUE_COLUMN} <> 0")]
    if source.decimal == ",":
        queries.append(
            cells(literal("decimal_comma"), f"regexp_matches(t.{VALUE_COLUMN}, '[,. ]') AND y.{VALUE_COLUMN} IS NOT NULL")
        )
    if len(long_reading.conversions):
        converted_cells = long_source.engine.scan(long_reading.conversions)
        queries.append(cells(conversion_kind_sql(f"t.{VALUE_COLUMN}"), "true", f"JOIN {conversion_join(converted_cells)}"))
    if zeros := ", ".join(literal(column_name) for column_name in source.zero_is_missing):
        is_zero = f"TRY_CAST(t.{VALUE_COLUMN} AS DOUBLE) = 0 AND y.{VALUE_COLUMN} IS NULL"
        queries.append(cells(literal("zero_is_missing"), f"p.canonical IN ({zeros}) AND {is_zero}"))
    for column_name, texts_by_meaning in source.values.items():
        if column_name in long_source.columns:
            cell_list = ", ".join(map(literal, texts_by_meaning))
            queries.append(
                cells(literal("values"), f"p.canonical = {literal(column_name)} AND t.{VALUE_COLUMN} IN ({cell_list})")
            )
    if marks := ", ".join(literal(missing_mark) for missing_mark in source.missing if missing_mark):
        queries.append(
            f"""SELECT t.rid, p.canonical AS "column", 'missing_mark' AS kind, t.{VALUE_COLUMN} AS before, '' AS after
            FROM {long_reading.printed_rows} AS t JOIN {long_values.placed_names} AS p USING (rid)
            WHERE t.{VALUE_COLUMN} IN ({marks})"""
        )
    return queries
