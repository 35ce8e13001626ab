"""Values of a long table: each read in the unit of its own row, name or header; what is no number is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...engines.duckdb import Engine, literal, quoted
from ..cells.column_reading import Exact, comma_decimal_sql, number_sql, replaced_sql
from ..cells.column_units import raise_stopping, unit_notices
from ..cells.unread_numbers import allowed_conversions, in_marks_of, number_findings
from ..meaning.numbers import diagnose, has_decimal_commas
from ..meaning.unit_choice import PrintedUnits, UnitChoice, chosen_unit
from ..meaning.units import exponent
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import joined_findings, rule_findings
from .long_names import NameReading, row_unit
from .long_source import NAME, UNIT, VALUE, LongSource
from .text_columns import FILE_SPAN, Sheet


@dataclass(frozen=True)
class LongValues:
    """Cells with column and power of ten (engine table rid, canonical, shift ...); units by name, label of the row and sheet."""

    placed: str
    units: Mapping[tuple[int, str, int], UnitChoice]
    notices: tuple[Notice, ...]


def placed_values(cells: str, names: Sequence[NameReading], sheets: Sequence[Sheet], shape: LongSource) -> LongValues:
    """Each cell of a known name with its column and the power of ten of its unit.

    DataError W11 where a printed unit of a column of money or counts was not used.
    """
    engine = shape.engine
    rows = [(reading.raw, reading.canonical, place) for place, reading in enumerate(names)]
    name_table = engine.scan(pd.DataFrame(rows, columns=["raw", "canonical", "place"]))
    label = f"coalesce(trim(t.{UNIT}), '')" if shape.reshape.units else "''"
    number = f"t.rid // {FILE_SPAN}"
    joined = f"{cells} AS t JOIN {name_table} AS n ON n.raw = t.{NAME}"
    kinds = engine.collect(
        f"""SELECT n.place, n.canonical, {label} AS label, {number} AS number, count(*) AS cells FROM {joined}
        GROUP BY ALL ORDER BY ALL"""
    )
    units = _units(kinds, names, {sheet.number: sheet for sheet in sheets}, shape)
    powers = [(*place, choice.shift) for place, choice in units.items()]
    power_table = engine.scan(pd.DataFrame(powers, columns=["place", "label", "number", "shift"]))
    placed = engine.query(
        f"""SELECT t.rid, n.canonical, p.place, p.label, p.number, p.shift FROM {joined}
        JOIN {power_table} AS p ON p.place = n.place AND p.label = {label} AND p.number = {number}"""
    )
    places = {sheet.number: _place(sheet) for sheet in sheets}
    messages = [("W11", places[sheet], message) for (_, _, sheet), choice in units.items() for message in choice.messages]
    raise_stopping(messages)
    return LongValues(placed, units, tuple(unit_notices(messages)))


def _units(
    kinds: pd.DataFrame, names: Sequence[NameReading], sheets: Mapping[int, Sheet], shape: LongSource
) -> dict[tuple[int, str, int], UnitChoice]:
    """(name, label of the row, sheet) -> the unit its cells are read in."""
    labels = {
        str(canonical): {str(label): int(cells) for label, cells in counts.groupby("label")["cells"].sum().items()}
        for canonical, counts in kinds.groupby("canonical")
    }
    units = {}
    for place, canonical, label, _, number in kinds[["place", "canonical", "label", "cells", "number"]].itertuples(index=False):
        unit, declared = shape.table.columns[canonical].unit, shape.source.units.get(canonical)
        printed = _printed(names[int(place)], sheets[int(number)])
        if declared is not None:
            choice = chosen_unit(canonical, unit, declared, printed)
        else:
            choice = row_unit(canonical, unit, str(label), labels[canonical], printed)
        units[int(place), str(label), int(number)] = choice
    return units


def _printed(reading: NameReading, sheet: Sheet) -> PrintedUnits:
    """What is printed around a value: behind its name, over the column of values, above the table."""
    header = sheet.header.printed.get(VALUE, PrintedUnits())
    return PrintedUnits(reading.units or header.label, header.row, header.above, reading.words, header.below)


def _place(sheet: Sheet) -> str:
    return f"{sheet.cells.file} [{sheet.cells.sheet}]" if sheet.cells.sheet else sheet.cells.file


def value_sql(shape: LongSource, shifts: Sequence[int], exact: Exact) -> str:
    """SQL of the number in t.VALUE (converted texts as c.number) under p.shift, column by column as the study says."""
    source = shape.source
    text = f"coalesce(c.number, {_meant(shape)})"
    cell = comma_decimal_sql(text) if source.decimal == "," else text
    cases = " ".join(f"WHEN {shift} THEN {number_sql(cell, shift, exact)}" for shift in sorted(set(shifts) or {0}))
    number = f"(CASE p.shift {cases} END)"
    zeros = ", ".join(literal(name) for name in source.zero_is_missing)
    return f"CASE WHEN p.canonical IN ({zeros}) THEN NULLIF({number}, 0) ELSE {number} END" if zeros else number


def _meant(shape: LongSource) -> str:
    """The cell with the study's `values` of its column in the place of texts."""
    cases = [
        f"WHEN {literal(name)} THEN {replaced_sql(f't.{VALUE}', values)}"
        for name, values in shape.source.values.items()
        if name in shape.columns
    ]
    return f"CASE p.canonical {' '.join(cases)} ELSE t.{VALUE} END" if cases else f"t.{VALUE}"


def unread_values(text: str, typed: str, values: LongValues, shape: LongSource) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(column, text, number of the cells that the study lets be converted; findings of the others)."""
    source = shape.source
    zeros = ", ".join(literal(name) for name in source.zero_is_missing) or "''"
    replaced = _replaced_pairs(shape)
    rows = shape.engine.collect(
        f"""SELECT t.rid, t.{NAME} AS "column", t.{VALUE} AS "value", p.place, p.label, p.number
        FROM {text} AS t JOIN {typed} AS y USING (rid) JOIN {values.placed} AS p USING (rid)
        WHERE t.{VALUE} IS NOT NULL AND y.{VALUE} IS NULL
        AND NOT (t.{NAME} IN ({zeros}) AND coalesce(TRY_CAST(t.{VALUE} AS DOUBLE), 1) = 0){replaced} ORDER BY t.rid"""
    )
    commas = {str(name) for name, texts in rows.groupby("column")["value"] if has_decimal_commas(set(texts))}
    conversions: list[tuple[str, str, str]] = []
    findings = []
    for (column, cell, place, label, number), cell_rows in rows.groupby(
        ["column", "value", "place", "label", "number"], sort=True
    ):
        name, unit = str(column), values.units[int(str(place)), str(label), int(str(number))].unit
        diagnosis = diagnose(str(cell), unit, comma_decimal=name in commas or source.decimal == ",")
        if diagnosis.proposed and allowed_conversions(source).get(diagnosis.conversion):
            conversions.append((name, str(cell), in_marks_of(source, diagnosis.proposed)))
        else:
            findings.append(number_findings(cell_rows[["rid", "column", "value"]], diagnosis, unit))
    frame = pd.DataFrame(conversions, columns=["canonical", "text", "number"]).drop_duplicates(["canonical", "text"])
    return frame, joined_findings(findings)


def _replaced_pairs(shape: LongSource) -> str:
    """Texts that the study reads as missing are no unread cells."""
    tests = []
    for name, values in shape.source.values.items():
        blank = ", ".join(literal(text) for text, meaning in values.items() if meaning == "")
        if name in shape.columns and blank:
            tests.append(f"NOT (t.{NAME} = {literal(name)} AND t.{VALUE} IN ({blank}))")
    return "".join(f" AND {test}" for test in tests)


def fraction_findings(text: str, typed: str, shape: LongSource) -> pd.DataFrame:
    """Fractions in columns of whole numbers: E06 for counts of patents and trademarks, else C01."""
    findings = []
    for name in shape.columns:
        column = shape.table.columns[name]
        if column.dtype != "integer":
            continue
        rows = shape.engine.collect(
            f"""SELECT y.rid, {literal(name)} AS "column", t.{VALUE} AS "value" FROM {typed} AS y JOIN {text} AS t USING (rid)
            WHERE y.{NAME} = {literal(name)} AND y.{VALUE} <> trunc(y.{VALUE}) ORDER BY y.rid"""
        )
        findings.append(rule_findings(rows, "E06" if column.unit == "件" else "C01"))
    return joined_findings(findings)


def in_one_unit(text: str, values: LongValues, engine: Engine) -> str:
    """The text rows with numbers of several units in the column's own, so that digits of two rows compare."""
    spread = engine.collect(f"SELECT canonical FROM {values.placed} GROUP BY 1 HAVING count(DISTINCT shift) > 1")["canonical"]
    if spread.empty:
        return text
    names = ", ".join(map(literal, spread))
    scaled = f"CAST(TRY_CAST(TRY_CAST(t.{VALUE} AS DECIMAL(28,8)) || 'e' || p.shift AS DECIMAL(38,12)) AS VARCHAR)"
    cell = f"CASE WHEN p.canonical IN ({names}) THEN coalesce({scaled}, t.{VALUE}) ELSE t.{VALUE} END"
    others = ", ".join(f"t.{quoted(name)}" for name in engine.types(text) if name != VALUE)
    return engine.query(f"SELECT {others}, {cell} AS {VALUE} FROM {text} AS t JOIN {values.placed} AS p USING (rid)")


def label_notices(cells: str, values: LongValues, shape: LongSource) -> list[Notice]:
    """W04 for labels of rows that lead nowhere, or to another scale than the numbers show, with the ratio of medians."""
    if not shape.reshape.units:
        return []
    year = "t.year" if "year" in shape.engine.types(cells) else "''"
    rows = shape.engine.collect(
        f"""SELECT p.canonical AS name, p.label, {year} AS year, count(*) AS cells,
        median(abs(TRY_CAST(t.{VALUE} AS DOUBLE))) AS middle, any_value(p.shift) AS shift
        FROM {cells} AS t JOIN {values.placed} AS p USING (rid) WHERE p.label <> '' GROUP BY ALL ORDER BY ALL"""
    )
    notices = []
    for name, labels in rows.groupby("name", sort=True):
        canonical = shape.table.columns[str(name)].unit
        unit = shape.source.units.get(str(name)) or _commonest(labels, canonical)
        median = labels.loc[labels["label"] == unit, "middle"].median()
        for label, mine in labels.groupby("label", sort=True):
            if exponent(str(label), unit) == 0 or exponent(str(label), canonical) is not None:
                continue
            years = ", ".join(sorted(set(mine["year"].astype(str))))
            ratio = f"{mine['middle'].median() / median:.3g}" if median > 0 else "-"
            en = f"{name}: unit label {label!r} in {years}, read as {unit!r}; ratio of medians {ratio}; nothing converted"
            zh = f"{name}:{years} 年单位标注为 {label!r},按 {unit!r} 读取;中位数之比 {ratio};未作换算"
            notices.append(Notice("W04", shape.location, en, zh))
    return notices


def _commonest(labels: pd.DataFrame, canonical: str) -> str:
    """The label that most cells carry among those that fit the column."""
    fitting = labels[[exponent(label, canonical) is not None for label in labels["label"]]]
    return str(fitting.groupby("label")["cells"].sum().sort_values(kind="stable").index[-1]) if len(fitting) else canonical


@dataclass(frozen=True)
class ReadValues:
    """A long table read: text rows with (`printed`) and without missing marks, typed rows, texts that were converted."""

    printed: str
    text: str
    typed: str
    conversions: pd.DataFrame


def repair_queries(read: ReadValues, values: LongValues, shape: LongSource) -> list[str]:
    """SQL of rid, column, kind, before, after for the values that are not as printed."""
    source = shape.source

    def cells(kind: str, condition: str, converted: str = "") -> str:
        return f"""SELECT t.rid, p.canonical AS "column", '{kind}' AS kind, t.{VALUE} AS before,
            CAST(y.{VALUE} AS VARCHAR) AS after FROM {read.text} AS t JOIN {read.typed} AS y USING (rid)
            JOIN {values.placed} AS p USING (rid) {converted} WHERE {condition}"""

    queries = [cells("unit", f"p.shift <> 0 AND y.{VALUE} <> 0")]
    if source.decimal == ",":
        queries.append(cells("decimal_comma", f"regexp_matches(t.{VALUE}, '[,. ]') AND y.{VALUE} IS NOT NULL"))
    if len(read.conversions):
        texts = shape.engine.scan(read.conversions)
        queries.append(cells("separators", "true", f"JOIN {texts} AS c ON c.canonical = p.canonical AND c.text = t.{VALUE}"))
    if zeros := ", ".join(literal(name) for name in source.zero_is_missing):
        is_zero = f"TRY_CAST(t.{VALUE} AS DOUBLE) = 0 AND y.{VALUE} IS NULL"
        queries.append(cells("zero_is_missing", f"p.canonical IN ({zeros}) AND {is_zero}"))
    for name, texts_by_meaning in source.values.items():
        if name in shape.columns:
            listed = ", ".join(map(literal, texts_by_meaning))
            queries.append(cells("values", f"p.canonical = {literal(name)} AND t.{VALUE} IN ({listed})"))
    if marks := ", ".join(literal(mark) for mark in source.missing if mark):
        queries.append(
            f"""SELECT t.rid, p.canonical AS "column", 'missing_mark' AS kind, t.{VALUE} AS before, '' AS after
            FROM {read.printed} AS t JOIN {values.placed} AS p USING (rid) WHERE t.{VALUE} IN ({marks})"""
        )
    return queries
