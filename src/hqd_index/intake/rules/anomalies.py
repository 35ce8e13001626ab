"""What looks odd in a clean table as a whole: units that jump, chains that break, digits and ratios that people chose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ..layout.sheet_texts import SheetTexts, printed_rows
from ..records.intake_notice import Notice
from .chosen_numbers import checks_of, row_counts
from .grouped_medians import MeasuredRows, medians_by_file, medians_by_year
from .missing_codes import MissingCode, missing_code_notices, missing_codes
from .unit_jumps import file_jumps, jump_notices, year_jumps

LISTED_UNITS = 5
PRICE_LINKS = {"industry": ("ppi", "industry_code", ""), "deflators": ("value", "code", "series")}


@dataclass(frozen=True)
class Anomalies:
    """What was noticed of a table, and the medians of its columns by year (column -> year -> median), kept for the next run."""

    notices: tuple[Notice, ...]
    medians: dict[str, dict[int, float]]


@dataclass(frozen=True)
class PrintedNumbers:
    """How numbers are printed: powers of ten by column and sheet, marks for missing, names of files by number, texts of rows.

    `all_rows`: the typed rows before any is taken out.
    """

    shifts: Mapping[str, Mapping[int, int]]
    missing_marks: tuple[str, ...]
    files: Mapping[int, str]
    text_rows: str
    all_rows: str
    sheet_texts: SheetTexts | None


def table_anomalies(
    table_name: str, typed_rows: str, table: CanonicalTable, engine: Engine, printed_numbers: PrintedNumbers
) -> Anomalies:
    """C09 for what looks like a code for missing, W04 for medians that jump by a unit's factor, W07, W08, DF01.

    A column with a code above its numbers has no medians: the code, and no unit, may be what moves them.
    """
    columns = engine.types(typed_rows)
    numbers = _number_columns(table, columns) if "rid" in columns else []
    codes = missing_codes(typed_rows, printed_numbers.all_rows, numbers, table, printed_numbers.shifts, engine)
    high_columns = {code.column for code in codes if code.code > 0}
    measured_columns = [
        column for column in (_measured_columns(table, columns) if "year" in columns else []) if column not in high_columns
    ]
    checks = checks_of(table_name, columns)
    counts = row_counts(typed_rows, checks, engine)
    medians: dict[str, dict[int, float]] = {}
    code_texts = [_printed_code(code, printed_numbers, engine) for code in codes]
    notices = missing_code_notices(codes, code_texts, table, printed_numbers.missing_marks, table_name)
    if measured_columns:
        measured = MeasuredRows(typed_rows, counts["rows"], measured_columns, engine)
        medians = medians_by_year(measured)
        for column, year_medians in medians.items():
            notices += jump_notices(column, year_jumps(year_medians), table_name)
        notices += _file_notices(table_name, measured, printed_numbers.files)
    notices += [notice for check in checks for notice in check.notices(table_name, counts)]
    if table_name in PRICE_LINKS and {PRICE_LINKS[table_name][0], "year"} <= set(columns):
        notices += _broken_chain_notices(table_name, typed_rows, engine)
    return Anomalies(tuple(notices), medians)


def _printed_code(code: MissingCode, printed_numbers: PrintedNumbers, engine: Engine) -> str:
    """A code as its first cell prints it, -99.0 for one: the text is what has to be declared."""
    cells = printed_rows(printed_numbers.text_rows, printed_numbers.sheet_texts, [code.first_rid], [code.column], engine)[
        code.column
    ]
    return str(cells.iloc[0]) if len(cells) and cells.notna().all() else f"{code.code:f}"


def _measured_columns(table: CanonicalTable, columns: Collection[str]) -> list[str]:
    """Number columns that have a unit and are no share: those whose scale a unit decides."""
    return [
        column_name
        for column_name in _number_columns(table, columns)
        if not table.columns[column_name].share and table.columns[column_name].unit
    ]


def _number_columns(table: CanonicalTable, columns: Collection[str]) -> list[str]:
    """Columns of numbers, without those of the key."""
    return [
        column_name
        for column_name, column in table.columns.items()
        if column.dtype in ("number", "integer") and column_name in columns and column_name not in table.key
    ]


def _file_notices(table_name: str, measured: MeasuredRows, files: Mapping[int, str]) -> Iterator[Notice]:
    """W04 for files on another scale than the others that hold the same years."""
    if len(files) < 2 or "rid" not in measured.engine.types(measured.rows):
        return
    for column, medians in medians_by_file(measured).items():
        medians_of_files: dict[str, dict[int, float]] = {}
        for (sheet_number, year), median in medians.items():
            medians_of_files.setdefault(files.get(sheet_number, str(sheet_number)), {})[year] = median
        yield from jump_notices(column, file_jumps(medians_of_files), table_name, are_files=True)


def _broken_chain_notices(table_name: str, typed_rows: str, engine: Engine) -> list[Notice]:
    """DF01: a price index of the previous year = 100 that lacks a year between its first and its last."""
    column, unit, series = PRICE_LINKS[table_name]
    series_name = f"{unit} || ' ' || {series}" if series else unit
    gaps = engine.collect(
        f"""SELECT {series_name} AS unit, max(year) - min(year) + 1 - count(DISTINCT year) AS gaps FROM {typed_rows}
        WHERE {quoted(column)} > 0 GROUP BY 1 HAVING gaps > 0 ORDER BY 1"""
    )
    if gaps.empty:
        return []
    unit_list = ", ".join(gaps["unit"].head(LISTED_UNITS)) + (" ..." if len(gaps) > LISTED_UNITS else "")
    en = f"{column}: years are missing inside the series of {len(gaps)} units ({unit_list}); real values beyond a gap are missing"
    zh = f"{column}:{len(gaps)} 个单位的序列中间缺年份({unit_list});缺口另一侧的不变价数值将为缺失"
    return [Notice("DF01", table_name, en, zh)]
