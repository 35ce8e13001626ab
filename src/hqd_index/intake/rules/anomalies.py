"""What looks odd in a clean table as a whole: units that jump, chains that break, digits and ratios that people chose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ..cells.column_reading import DECIMAL
from ..layout.text_columns import FILE_SPAN
from ..records.intake_notice import Notice
from .unit_jumps import file_jumps, jump_notices, year_jumps

LISTED_UNITS = 5
MEDIAN_BYTES = 160_000_000
WIDE_BYTES, NARROW_BYTES = 16, 8  # of a decimal of 28 digits, and of any other number
BENFORD_ROWS = 1000
BENFORD_LIMIT = 0.015  # mean absolute deviation of first digits that Nigrini (2012) calls nonconformity
CUT_OFFS = (3.0, 6.0, 10.0)
BAND = 0.1
BUNCHING_RATIO = 2.0
BUNCHED_ROWS = 30
HEAPS = (10, 30, 50)  # % of staff: the steps of the recognition criteria
PRICE_LINKS = {"industry": ("ppi", "industry_code", ""), "deflators": ("value", "code", "series")}


@dataclass(frozen=True)
class Anomalies:
    """What was noticed of a table, and the medians of its columns by year (column -> year -> median), kept for the next run."""

    notices: tuple[Notice, ...]
    medians: dict[str, dict[int, float]]


def table_anomalies(
    table_name: str, typed_rows: str, table: CanonicalTable, engine: Engine, files: Mapping[int, str]
) -> Anomalies:
    """W04 for medians that jump by a unit's factor, W07 for first digits of revenue, W08 for bunched R&D ratios, DF01.

    `files`: the names of the files by the number that row ids begin with.
    """
    columns = engine.types(typed_rows)
    measured_columns = _measured_columns(table, columns) if "year" in columns else []
    medians: dict[str, dict[tuple[int, ...], float]] = {}
    for columns_at_once in _column_groups(measured_columns, typed_rows, engine):
        medians |= _medians_by(["year"], typed_rows, columns_at_once, engine)
    notices: list[Notice] = []
    for column, year_medians in medians.items():
        notices += jump_notices(column, year_jumps({year: median for (year,), median in year_medians.items()}), table_name)
    notices += _file_notices(table_name, typed_rows, measured_columns, engine, files)
    if table_name == "firms" and "revenue" in columns:
        notices += _benford_notices(table_name, typed_rows, engine)
    if table_name == "firms" and {"revenue", "rd_exp"} <= set(columns):
        notices += _bunching_notices(table_name, typed_rows, engine)
    if table_name == "firms" and {"employees", "rd_staff"} <= set(columns):
        notices += _heaping_notices(table_name, typed_rows, engine)
    if table_name in PRICE_LINKS and {PRICE_LINKS[table_name][0], "year"} <= set(columns):
        notices += _broken_chain_notices(table_name, typed_rows, engine)
    kept_medians = {
        column: {year: median for (year,), median in year_medians.items()} for column, year_medians in medians.items()
    }
    return Anomalies(tuple(notices), kept_medians)


def _column_groups(columns: Sequence[str], typed_rows: str, engine: Engine) -> list[list[str]]:
    """As many columns at a time as have MEDIAN_BYTES: a median keeps every value that it is the middle of."""
    row_count, sql_types = engine.count(typed_rows) if columns else 0, engine.sql_types(typed_rows)
    groups: list[list[str]] = []
    group_bytes = 0
    for column in columns:
        column_bytes = row_count * (WIDE_BYTES if sql_types[column] == DECIMAL else NARROW_BYTES)
        if not groups or group_bytes + column_bytes > MEDIAN_BYTES:
            groups.append([])
            group_bytes = 0
        groups[-1].append(column)
        group_bytes += column_bytes
    return groups


def _measured_columns(table: CanonicalTable, columns: Collection[str]) -> list[str]:
    """Number columns that have a unit and are no share: those whose scale a unit decides."""
    numbers = [
        column_name
        for column_name, column in table.columns.items()
        if column.dtype in ("number", "integer") and column_name in columns
    ]
    return [
        column_name
        for column_name in numbers
        if column_name not in table.key and not table.columns[column_name].share and table.columns[column_name].unit
    ]


def _medians_by(
    group_columns: Sequence[str], typed_rows: str, columns: Sequence[str], engine: Engine
) -> dict[str, dict[tuple[int, ...], float]]:
    """Column -> key -> median of its positive cells, where there are FEW or more; keys are year, or file and year."""
    if not columns:
        return {}
    sql = {"year": "CAST(year AS INTEGER)", "file": f"rid // {FILE_SPAN}"}
    key_sql = ", ".join(f"{sql[group_column]} AS {group_column}" for group_column in group_columns)
    positive_sql = ", ".join(
        f"CASE WHEN {quoted(column_name)} > 0 THEN {quoted(column_name)} END AS {quoted(column_name)}" for column_name in columns
    )
    medians = ", ".join(f"count({quoted(column_name)}), CAST(median({quoted(column_name)}) AS DOUBLE)" for column_name in columns)
    group_keys = ", ".join(group_columns)
    medians_and_counts = engine.collect(
        f"SELECT {group_keys}, {medians} FROM (SELECT {key_sql}, {positive_sql} FROM {typed_rows}) GROUP BY "
        f"{group_keys} ORDER BY {group_keys}"
    ).set_axis(range(len(group_columns) + 2 * len(columns)), axis=1)
    medians_by_column: dict[str, dict[tuple[int, ...], float]] = {column_name: {} for column_name in columns}
    for row in medians_and_counts.dropna(subset=[*range(len(group_columns))]).itertuples(index=False):
        group_column = tuple(int(median) for median in row[: len(group_columns)])
        for column_index, column_name in enumerate(columns):
            cell_count, median = row[len(group_columns) + 2 * column_index], row[len(group_columns) + 2 * column_index + 1]
            if cell_count >= LISTED_UNITS:
                medians_by_column[column_name][group_column] = float(median)
    return medians_by_column


def _file_notices(
    table_name: str, typed_rows: str, columns: Sequence[str], engine: Engine, files: Mapping[int, str]
) -> Iterator[Notice]:
    """W04 for files on another scale than the others that hold the same years."""
    if len(files) < 2 or "rid" not in engine.types(typed_rows):
        return
    for column, medians in _medians_by(["file", "year"], typed_rows, columns, engine).items():
        medians_by_file: dict[str, dict[int, float]] = {}
        for (sheet_number, year), median in medians.items():
            medians_by_file.setdefault(files.get(sheet_number, str(sheet_number)), {})[year] = median
        yield from jump_notices(column, file_jumps(medians_by_file), table_name, are_files=True)


def _benford_notices(table_name: str, typed_rows: str, engine: Engine) -> list[Notice]:
    digit = "substr(regexp_replace(CAST(CAST(revenue AS DOUBLE) AS VARCHAR), '^[0.]+', ''), 1, 1)"
    counts = engine.collect(f"SELECT {digit} AS digit, count(*) AS n FROM {typed_rows} WHERE revenue > 0 GROUP BY 1 ORDER BY 1")
    digit_total = int(counts["n"].sum())
    if digit_total < BENFORD_ROWS:
        return []
    shares = (
        counts.set_index("digit")["n"]
        .reindex([str(leading_digit) for leading_digit in range(1, 10)])
        .fillna(0)
        .to_numpy(dtype=float)
        / digit_total
    )
    deviation = float(np.abs(shares - np.log10(1 + 1 / np.arange(1, 10))).mean())
    if deviation <= BENFORD_LIMIT:
        return []
    en = f"first digits of revenue stray from Benford's law (mean deviation {deviation:.3f}, limit {BENFORD_LIMIT})"
    zh = f"营业收入首位数字偏离 Benford 分布(平均偏差 {deviation:.3f},界限 {BENFORD_LIMIT})"
    return [Notice("W07", table_name, en, zh)]


def _bunching_notices(table_name: str, typed_rows: str, engine: Engine) -> list[Notice]:
    """W08: at least twice as many firm-years just above a policy cut-off of R&D intensity as just below it."""
    ratio = "100 * CAST(rd_exp AS DOUBLE) / NULLIF(CAST(revenue AS DOUBLE), 0)"
    bands = [band for cut_off in CUT_OFFS for band in ((cut_off, cut_off + BAND), (cut_off - BAND, cut_off))]
    counts_sql = ", ".join(
        f"count(*) FILTER (WHERE r >= {lower_bound} AND r < {upper_bound})" for lower_bound, upper_bound in bands
    )
    band_counts = engine.collect(f"SELECT {counts_sql} FROM (SELECT {ratio} AS r FROM {typed_rows})")
    counts = [int(band_count) for band_count in band_counts.iloc[0]]
    notices = []
    for cut_off, count_above, count_below in zip(CUT_OFFS, counts[::2], counts[1::2]):
        if count_above >= BUNCHED_ROWS and count_above >= BUNCHING_RATIO * count_below:
            en = (
                f"R&D intensity bunches at the cut-off {cut_off:g}%: {count_above} firm-years just above, "
                f"{count_below} just below"
            )
            zh = f"研发强度在政策门槛 {cut_off:g}% 处扎堆:略高于门槛 {count_above} 个,略低于门槛 {count_below} 个"
            notices.append(Notice("W08", table_name, en, zh))
    return notices


def _heaping_notices(table_name: str, typed_rows: str, engine: Engine) -> list[Notice]:
    """W08: firm-years whose R&D staff are exactly 10, 30 or 50% of all, twice as many as one head away from that share.

    Small firms are often exactly at a tenth because heads are whole; as many of them are then one head above or below.
    """
    distances = [f"abs(rd_staff - {percentage} * employees / 100)" for percentage in HEAPS]
    counts_sql = ", ".join(
        f"count(*) FILTER (WHERE {distance} = {head_difference})" for distance in distances for head_difference in (0, 1)
    )
    heap_counts = engine.collect(f"SELECT {counts_sql} FROM {typed_rows} WHERE rd_staff > 0 AND employees >= 20")
    counts = [int(heap_count) for heap_count in heap_counts.iloc[0]]
    notices = []
    for percentage, exact_count, neighbour_count in zip(HEAPS, counts[::2], counts[1::2]):
        if exact_count >= BUNCHED_ROWS and exact_count >= BUNCHING_RATIO * neighbour_count / 2:
            en = (
                f"R&D staff are exactly {percentage}% of all in {exact_count} firm-years, one head more or less in "
                f"{neighbour_count}"
            )
            zh = f"研发人员占比恰为 {percentage}% 的企业-年有 {exact_count} 个,只差一人的有 {neighbour_count} 个"
            notices.append(Notice("W08", table_name, en, zh))
    return notices


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
