"""Cells of number columns that hold no plain number: why, which the study lets be converted, and what is proposed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from ...engines import literal, quoted
from ...study.records import Label, Source
from ..layout.text_columns import FILE_SPAN, stored_number
from ..meaning.glyphs import half_width
from ..meaning.numbers import Diagnosis, diagnose, has_decimal_commas
from ..records.intake_notice import Notice
from ..rules.rule_catalogue import expected_text, joined_findings, rule_findings
from .column_reading import ColumnReading
from .column_units import ColumnUnits

DECIMAL_COMMA = Label(
    zh='该列用逗号作小数点:请在该数据源写 decimal: ","', en='the column has decimal commas: write decimal: "," at the source'
)
NEGATIVES = Label(
    zh="若括号(或末尾的减号)表示负数,请在该数据源写 parse_negatives: true;否则在 values 中写明其含义",
    en="if brackets (or a minus behind) mean a negative number, write parse_negatives: true at the source; "
    "else say what they mean under `values`",
)
NEGATIVE_FORM = re.compile(r"^[(（].*[)）]$|-$")
WORD_IN_CELL = re.compile("[^0-9０-９,，.． 　'+＋－−‐‑‒–﹣-]")
CONVERSION_KINDS = {
    "unit_in_cell": Label(zh="单元格内的单位", en="units inside cells"),
    "negatives": Label(zh="括号表示的负数", en="negatives in brackets"),
    "separators": Label(zh="千分位", en="digit separators"),
    "full_width": Label(zh="全角数字", en="full-width digits"),
}
MENDS = {"decimal": DECIMAL_COMMA, "negatives": NEGATIVES}


def unreadable_cells(
    text_rows: str, typed_rows: str, column_reading: ColumnReading, codes_by_column: Mapping[str, str]
) -> pd.DataFrame:
    """rid, column, value of the filled cells that are not plain numbers; cells that were looked up have findings of their own."""
    queries = []
    for name in _columns_with_unread_cells(text_rows, typed_rows, column_reading):
        cell, meaning_sql = quoted(name), column_reading.meaning_sql(name, quoted(name))
        not_looked_up = f" AND {cell} NOT IN (SELECT text FROM {codes_by_column[name]})" if name in codes_by_column else ""
        queries.append(
            f"""SELECT rid, {literal(name)} AS "column", {cell} AS "value" FROM {text_rows}
            WHERE ({meaning_sql}) IS NOT NULL AND ({column_reading.number_sql(name, meaning_sql)}) IS NULL{not_looked_up}"""
        )
    if not queries:
        return pd.DataFrame({"rid": pd.Series(dtype="int64"), "column": [], "value": []})
    return column_reading.engine.collect(" UNION ALL ".join(queries) + ' ORDER BY rid, "column"')


def _columns_with_unread_cells(text_rows: str, typed_rows: str, column_reading: ColumnReading) -> list[str]:
    """The columns with fewer numbers than filled cells."""
    column_names = [
        column_name
        for column_name in column_reading.present_columns
        if column_reading.is_numeric(column_name) and not column_reading.reads_every_number(column_name)
    ]
    if not column_names:
        return []
    filled_cells = [
        stored_number(column_name) if column_reading.is_stored(column_name) else column_name for column_name in column_names
    ]
    filled_counts, number_counts = (
        column_reading.engine.collect(f"SELECT {', '.join(f'count({quoted(cell)})' for cell in cells)} FROM {row_table}").iloc[0]
        for cells, row_table in ((filled_cells, column_reading.stored_rows or text_rows), (column_names, typed_rows))
    )
    return [
        column_name
        for column_name, filled_count, number_count in zip(column_names, filled_counts, number_counts)
        if number_count < filled_count
    ]


def diagnoses(unread_cells: pd.DataFrame, column_reading: ColumnReading) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """(column -> text, number and sheet of the cells that config allows to convert; findings of the others)."""
    source = column_reading.source
    conversions: dict[str, list[tuple[str, str, int]]] = {}
    findings = []
    accepted_conversions = allowed_conversions(source)
    comma_columns = {
        str(column_name)
        for column_name, column_cells in unread_cells.groupby("column")["value"]
        if has_decimal_commas(set(column_cells))
    }
    cells_by_sheet = unread_cells.assign(number=unread_cells["rid"] // FILE_SPAN)
    for (column, cell, sheet), conversion_rows in cells_by_sheet.groupby(["column", "value", "number"], sort=True):
        column_name, sheet_number = str(column), int(str(sheet))
        unit = column_reading.units.unit(column_name, sheet_number)
        diagnosis = diagnose(str(cell), unit, comma_decimal=column_name in comma_columns or source.decimal == ",")
        if diagnosis.proposed_number and accepted_conversions.get(diagnosis.conversion):
            conversions.setdefault(column_name, []).append(
                (str(cell), with_decimal_mark(source, diagnosis.proposed_number), sheet_number)
            )
        else:
            findings.append(number_findings(conversion_rows, diagnosis, unit))
    frames = {
        column_name: pd.DataFrame(conversion_rows, columns=["text", "number", "sheet"])
        for column_name, conversion_rows in conversions.items()
    }
    return frames, joined_findings(findings)


def allowed_conversions(source: Source) -> dict[str, bool]:
    """Which conversions the study lets be done."""
    return {"separators": source.parse_separators, "units": source.parse_units, "negatives": source.parse_negatives}


def conversion_kind_sql(cell: str) -> str:
    """SQL of the kind of repair that made a number of a cell: negatives, unit_in_cell or separators."""
    return (
        f"CASE WHEN regexp_matches({cell}, {literal(NEGATIVE_FORM.pattern)}) THEN 'negatives' "
        f"WHEN regexp_matches({cell}, {literal(WORD_IN_CELL.pattern)}) THEN 'unit_in_cell' ELSE 'separators' END"
    )


def with_decimal_mark(source: Source, number_text: str) -> str:
    """A plain number as the source writes numbers."""
    return number_text.replace(".", source.decimal)


def number_findings(diagnosed_cells: pd.DataFrame, diagnosis: Diagnosis, unit: str) -> pd.DataFrame:
    """Findings of cells with one diagnosis."""
    proposed_number = None if diagnosis.conversion == "negatives" else diagnosis.proposed_number  # it may be a note's mark
    expectation = expected_text(diagnosis.rule, proposed_number, unit)
    return rule_findings(diagnosed_cells, diagnosis.rule, expectation=expectation, remedy=MENDS.get(diagnosis.conversion))


def conversion_notices(conversions: Mapping[str, pd.DataFrame], units: ColumnUnits, location: str) -> list[Notice]:
    """How many texts of each kind config let the program convert, unit words first, and the first of each with its number.

    The number is in the unit of the sheet, as the cells around it are.
    """
    texts_by_kind: dict[str, dict[str, str]] = {kind: {} for kind in CONVERSION_KINDS}
    for name, conversion in sorted(conversions.items()):
        for cell in conversion.itertuples():
            number_text = f"{cell.number} {units.unit(name, int(str(cell.sheet)))}".rstrip()
            texts_by_kind[_conversion_kind(str(cell.text))].setdefault(f"{name} {cell.text!r}", number_text)
    examples = {kind: next(iter(texts.items())) for kind, texts in texts_by_kind.items() if texts}
    if not examples:
        return []
    kind_count = sum(map(len, texts_by_kind.values()))
    zh, en = (
        separator.join(
            f"{CONVERSION_KINDS[kind][language]} {len(texts_by_kind[kind])}{kinds_word}{cell} -> {number_text}"
            for kind, (cell, number_text) in examples.items()
        )
        for language, separator, kinds_word in (("zh", ";", " 种,如 "), ("en", "; ", ", e.g. "))
    )
    return [Notice("C08", location, f"{kind_count} kinds of cells converted: {en}", f"已换算 {kind_count} 种单元格:{zh}")]


def _conversion_kind(cell: str) -> str:
    """Which of CONVERSION_KINDS a text is; a unit word counts before a separator beside it."""
    if NEGATIVE_FORM.search(cell):
        return "negatives"
    if WORD_IN_CELL.search(cell):
        return "unit_in_cell"
    return "separators" if any(separator in half_width(cell) for separator in ",' ") else "full_width"
