"""Exact medians of positive cells by year, or by file and year, in bounded memory at any number of rows.

A median holds every value that it is the middle of. Where those of one column would take more than MEDIAN_BYTES, a sample
brackets each median first; one pass then counts the cells below a bracket and lists those inside it, among which the middle
ones are found by rank. A median that its bracket misses, or whose group the sample has too few rows of, is found among all
cells of its group by the same pass, which spills to disk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...engines import Engine, quoted
from ..cells.column_reading import DECIMAL
from ..layout.text_columns import FILE_SPAN

FEWEST_CELLS = 5  # positive cells of a group that has a median
MEDIAN_BYTES = 160_000_000
WIDE_BYTES, NARROW_BYTES = 16, 8  # of a decimal of 28 digits, and of any other number
SAMPLE_ROWS = 250_000
SAMPLE_STEPS = (61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521)
"""Primes, of which no number of years per firm is a multiple: each year has its share of the sample."""
DEVIATIONS = 4.0  # of a rank in the sample: one bracket in sixteen thousand misses
KEYS = {"year": "CAST(year AS INTEGER)", "file": f"rid // {FILE_SPAN}"}

ENDS = ("low", "high")

GroupMedians = dict[str, dict[tuple[int, ...], float]]
"""Column -> key -> median; keys are (year,), or (file, year)."""


@dataclass(frozen=True)
class MeasuredRows:
    """Typed rows, how many they are, and the number columns whose medians are asked for."""

    rows: str
    row_count: int
    columns: Sequence[str]
    engine: Engine


def medians_by_year(measured: MeasuredRows) -> dict[str, dict[int, float]]:
    """Column -> year -> median of its positive cells, where there are FEWEST_CELLS or more."""
    return {
        column: {year: median for (year,), median in year_medians.items()}
        for column, year_medians in _medians(("year",), measured).items()
    }


def medians_by_file(measured: MeasuredRows) -> GroupMedians:
    """Column -> (file, year) -> median of its positive cells, where there are FEWEST_CELLS or more."""
    medians: GroupMedians = {column: {} for column in measured.columns}
    for rows_of_files in _file_batches(measured):
        for column, file_medians in _medians(("file", "year"), rows_of_files).items():
            medians[column] |= file_medians
    return medians


def _file_batches(measured: MeasuredRows) -> Iterator[MeasuredRows]:
    """Consecutive files together up to the rows whose medians are taken at once; a larger file alone."""
    row_limit = MEDIAN_BYTES // NARROW_BYTES
    if measured.row_count <= row_limit:
        yield measured
        return
    file_counts = measured.engine.collect(
        f"SELECT {KEYS['file']} AS file, count(*) AS n FROM {measured.rows} GROUP BY 1 ORDER BY 1"
    ).astype("int64")
    batch_numbers = file_counts["n"].cumsum() // row_limit
    for _, batch in file_counts.groupby(batch_numbers):
        first_rid, end_rid = int(batch["file"].min()) * FILE_SPAN, (int(batch["file"].max()) + 1) * FILE_SPAN
        rows = measured.engine.view(f"SELECT * FROM {measured.rows} WHERE rid >= {first_rid} AND rid < {end_rid}")
        yield MeasuredRows(rows, int(batch["n"].sum()), measured.columns, measured.engine)


def _medians(keys: Sequence[str], measured: MeasuredRows) -> GroupMedians:
    """Columns that fit at once by the engine's median, others within brackets."""
    sql_types = measured.engine.sql_types(measured.rows)
    value_bytes = {column: WIDE_BYTES if sql_types[column] == DECIMAL else NARROW_BYTES for column in measured.columns}
    is_large = {column: measured.row_count * value_bytes[column] > MEDIAN_BYTES for column in measured.columns}
    medians: GroupMedians = {}
    small_columns = [column for column in measured.columns if not is_large[column]]
    for columns in _columns_at_once(small_columns, value_bytes, measured.row_count):
        medians |= _engine_medians(keys, measured, columns)
    large_columns = [column for column in measured.columns if is_large[column]]
    if large_columns:
        groups = measured.engine.collect(f"SELECT DISTINCT {_key_sql(keys)} FROM {measured.rows} WHERE year IS NOT NULL")
        for columns in _columns_at_once(large_columns, value_bytes, SAMPLE_ROWS):
            sample = _sample(keys, measured, columns)
            medians |= {column: _bracketed_medians(keys, measured, column, groups, sample) for column in columns}
    return {column: medians[column] for column in measured.columns}


def _columns_at_once(columns: Sequence[str], value_bytes: dict[str, int], row_count: int) -> list[list[str]]:
    """Columns in groups of MEDIAN_BYTES."""
    groups: list[list[str]] = []
    group_bytes = 0
    for column in columns:
        column_bytes = row_count * value_bytes[column]
        if not groups or group_bytes + column_bytes > MEDIAN_BYTES:
            groups.append([])
            group_bytes = 0
        groups[-1].append(column)
        group_bytes += column_bytes
    return groups


def _key_sql(keys: Sequence[str]) -> str:
    return ", ".join(f"{KEYS[key]} AS {key}" for key in keys)


def _engine_medians(keys: Sequence[str], measured: MeasuredRows, columns: Sequence[str]) -> GroupMedians:
    """The engine's own medians, one pass for all columns."""
    positive_cells = ", ".join(f"CASE WHEN {name} > 0 THEN {name} END AS {name}" for name in map(quoted, columns))
    medians = ", ".join(f"count({name}), CAST(median({name}) AS DOUBLE)" for name in map(quoted, columns))
    key_list = ", ".join(keys)
    rows = f"SELECT {_key_sql(keys)}, {positive_cells} FROM {measured.rows}"
    medians_and_counts = measured.engine.collect(
        f"SELECT {key_list}, {medians} FROM ({rows}) GROUP BY {key_list} ORDER BY {key_list}"
    )
    by_position = medians_and_counts.set_axis(range(medians_and_counts.shape[1]), axis=1)
    key_positions = [*range(len(keys))]
    return {
        column: _by_key(by_position[[*key_positions, len(keys) + 2 * position, len(keys) + 2 * position + 1]])
        for position, column in enumerate(columns)
    }


def _by_key(medians: pd.DataFrame) -> dict[tuple[int, ...], float]:
    """Key -> median, from columns of keys, the number of cells and the median."""
    return {
        tuple(int(key) for key in keys): float(median)
        for *keys, cell_count, median in medians.dropna().itertuples(index=False)
        if cell_count >= FEWEST_CELLS
    }


def _sample(keys: Sequence[str], measured: MeasuredRows, columns: Sequence[str]) -> pd.DataFrame:
    """Every so many rows, by their ids, as doubles."""
    fewest = measured.row_count // SAMPLE_ROWS
    step = next((prime for prime in SAMPLE_STEPS if prime >= fewest), SAMPLE_STEPS[-1])
    cells = ", ".join(f"CAST({name} AS DOUBLE) AS {name}" for name in map(quoted, columns))
    rows = f"SELECT {_key_sql(keys)}, {cells} FROM {measured.rows} WHERE rid % {step} = 0"
    return measured.engine.collect(f"SELECT * FROM ({rows}) WHERE year IS NOT NULL")


def _brackets(keys: Sequence[str], column: str, sample: pd.DataFrame) -> pd.DataFrame:
    """The values (keys, low, high) between which the median of a group is, for groups with enough rows in the sample."""
    brackets = []
    for key, cells in sample.loc[sample[column] > 0, [*keys, column]].groupby(list(keys)):
        distance = DEVIATIONS * math.sqrt(len(cells)) / 2
        low, high = math.floor(len(cells) / 2 - distance), math.ceil(len(cells) / 2 + distance)
        if low >= 0 and high < len(cells):
            values = np.partition(cells[column].to_numpy(), (low, high))
            brackets.append((*key, values[low], values[high]))
    return pd.DataFrame(brackets, columns=[*keys, *ENDS])


def _bracketed_medians(
    keys: Sequence[str], measured: MeasuredRows, column: str, groups: pd.DataFrame, sample: pd.DataFrame
) -> dict[tuple[int, ...], float]:
    """The medians of one column; those of groups without a bracket, or not within it, among all cells of the group."""
    brackets = _brackets(keys, column, sample)
    medians = _medians_within(keys, measured, column, brackets)
    medians = medians[medians["is_inside"].astype(bool)]
    other_groups = groups.merge(medians[[*keys]], how="left", indicator=True).query("_merge == 'left_only'")[[*keys]]
    if not other_groups.empty:
        medians = pd.concat([medians, _medians_within(keys, measured, column, other_groups)])
    return _by_key(medians[[*keys, "cell_count", "median"]].sort_values([*keys]))


def _medians_within(keys: Sequence[str], measured: MeasuredRows, column: str, brackets: pd.DataFrame) -> pd.DataFrame:
    """Keys, cell_count, is_inside and median of a column's positive cells, for the groups that `brackets` has.

    Where it has keys alone, without low and high, all cells are inside.
    """
    engine, sql_type, key_list = measured.engine, measured.engine.sql_types(measured.rows)[column], ", ".join(keys)
    has_ends = "low" in brackets
    ends = "".join(f", TRY_CAST({end} AS {sql_type}) AS {end}" for end in ENDS if has_ends)
    bracket_table = engine.scan(brackets.astype(dict.fromkeys(keys, "int64")))
    positive_cells = f"SELECT {_key_sql(keys)}, {quoted(column)} AS cell FROM {measured.rows} WHERE {quoted(column)} > 0"
    cells = f"({positive_cells}) JOIN (SELECT {key_list}{ends} FROM {bracket_table}) USING ({key_list})"
    medians = engine.collect(_middle_values(key_list, cells, has_ends=has_ends))
    engine.drop([bracket_table])
    return medians


def _middle_values(key_list: str, cells: str, *, has_ends: bool) -> str:
    """SQL of the median of `cells` (keys, cell, low, high): the engine's own of the one or two middle values among those inside.

    The cells are written out twice: the engine would hold all rows of a common table that is read twice.
    """
    below, inside = ("cell < low", "cell >= low AND cell <= high") if has_ends else ("false", "true")
    return f"""
    WITH counts AS (
        SELECT {key_list}, count(*) AS cell_count, sum(CAST({below} AS INTEGER)) AS cells_below
        FROM {cells} GROUP BY {key_list}),
    numbers AS (
        SELECT {key_list}, cell, count(*) AS n FROM {cells} WHERE {inside}
        GROUP BY {key_list}, cell),
    ranks AS (
        SELECT {key_list}, cell, n, cell_count, cells_below + sum(n) OVER (PARTITION BY {key_list} ORDER BY cell) AS last_rank
        FROM numbers JOIN counts USING ({key_list})),
    middle AS (
        SELECT {key_list}, CAST(median(cell) AS DOUBLE) AS median, min(last_rank - n) AS ranks_below, max(last_rank) AS last_rank
        FROM ranks WHERE 2 * last_rank >= cell_count AND 2 * (last_rank - n) <= cell_count GROUP BY {key_list})
    SELECT {key_list}, cell_count, median,
        coalesce(2 * ranks_below < cell_count AND 2 * last_rank > cell_count, false) AS is_inside
    FROM counts LEFT JOIN middle USING ({key_list}) ORDER BY {key_list}"""
