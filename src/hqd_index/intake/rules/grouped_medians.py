"""Exact medians of positive cells by year, or by file and year, in bounded memory at any number of rows.

A median holds every value that it is the middle of, and beside other work many of them do not fit. In large tables a sample
brackets each median first; one pass counts the cells below the brackets of several columns and gathers those inside, few in a
hundred, of which the middle ones are found by rank. A median that its bracket misses, or whose group the sample has too few
rows of, is found among all cells of its group by the engine, which spills to disk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...engines import Engine, count_where, quoted
from ..layout.text_columns import FILE_SPAN

FEWEST_CELLS = 5  # positive cells of a group that has a median
LARGE_ROWS = 5_000_000
CELLS_AT_ONCE = 20_000_000  # of which the engine takes medians in one pass
BATCH_ROWS = 20_000_000  # of files whose medians are taken at once
COLUMNS_AT_ONCE = 20
CELLS_INSIDE = 6_000_000  # of brackets that are fetched at once
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
    """Consecutive files together up to BATCH_ROWS; a larger file alone."""
    if measured.row_count <= BATCH_ROWS:
        yield measured
        return
    file_counts = measured.engine.collect(
        f"SELECT {KEYS['file']} AS file, count(*) AS n FROM {measured.rows} GROUP BY 1 ORDER BY 1"
    ).astype("int64")
    batch_numbers = file_counts["n"].cumsum() // BATCH_ROWS
    for _, batch in file_counts.groupby(batch_numbers):
        first_rid, end_rid = int(batch["file"].min()) * FILE_SPAN, (int(batch["file"].max()) + 1) * FILE_SPAN
        rows = measured.engine.view(f"SELECT * FROM {measured.rows} WHERE rid >= {first_rid} AND rid < {end_rid}")
        yield MeasuredRows(rows, int(batch["n"].sum()), measured.columns, measured.engine)


def _medians(keys: Sequence[str], measured: MeasuredRows) -> GroupMedians:
    """Those of large tables within brackets, others by the engine's median."""
    is_large = measured.row_count >= LARGE_ROWS
    columns_at_once = COLUMNS_AT_ONCE if is_large else max(1, CELLS_AT_ONCE // max(1, measured.row_count))
    medians: GroupMedians = {}
    for first in range(0, len(measured.columns), columns_at_once):
        some_columns = replace(measured, columns=measured.columns[first : first + columns_at_once])
        medians |= _bracketed_medians(keys, some_columns) if is_large else _engine_medians(keys, some_columns)
    return medians


def _key_sql(keys: Sequence[str]) -> str:
    return ", ".join(f"{KEYS[key]} AS {key}" for key in keys)


def _engine_medians(keys: Sequence[str], measured: MeasuredRows) -> GroupMedians:
    """The engine's own medians, one pass for all columns."""
    cells = ", ".join(
        f"CASE WHEN {quoted(column)} > 0 THEN CAST({quoted(column)} AS DOUBLE) END AS cell_{position}"
        for position, column in enumerate(measured.columns)
    )
    medians = ", ".join(f"count(cell_{position}), median(cell_{position})" for position in range(len(measured.columns)))
    key_list = ", ".join(keys)
    medians_and_counts = measured.engine.collect(
        f"SELECT {key_list}, {medians} FROM (SELECT {_key_sql(keys)}, {cells} FROM {measured.rows}) "
        f"GROUP BY {key_list} ORDER BY {key_list}"
    )
    by_position = medians_and_counts.set_axis(range(medians_and_counts.shape[1]), axis=1)
    key_positions = [*range(len(keys))]
    return {
        column: _by_key(by_position[[*key_positions, len(keys) + 2 * position, len(keys) + 2 * position + 1]])
        for position, column in enumerate(measured.columns)
    }


def _by_key(medians: pd.DataFrame) -> dict[tuple[int, ...], float]:
    """Key -> median, from columns of keys, the number of cells and the median."""
    return {
        tuple(int(key) for key in keys): float(median)
        for *keys, cell_count, median in medians.dropna().itertuples(index=False)
        if cell_count >= FEWEST_CELLS
    }


def _bracketed_medians(keys: Sequence[str], measured: MeasuredRows) -> GroupMedians:
    """The medians of columns; those of groups without a bracket, or not within it, among all cells of the group."""
    groups = measured.engine.collect(
        f"SELECT DISTINCT {_key_sql(keys)} FROM {measured.rows} WHERE year IS NOT NULL ORDER BY {', '.join(keys)}"
    ).astype("int64")
    sample = _sample(keys, measured)
    brackets = {column: _brackets(keys, column, sample) for column in measured.columns}
    medians: GroupMedians = {}
    for columns in _columns_together(brackets, measured.row_count / max(1, len(sample))):
        cells = _cells_inside(keys, replace(measured, columns=columns), groups, brackets)
        for position, column in enumerate(columns):
            column_medians = _middle_cells(keys, position, cells)
            other_groups = groups.merge(column_medians[[*keys]], how="left", indicator=True).query("_merge == 'left_only'")[
                [*keys]
            ]
            if not other_groups.empty:
                column_medians = pd.concat([column_medians, _medians_of_groups(keys, measured, column, other_groups)])
            medians[column] = _by_key(column_medians.sort_values([*keys]))
    return medians


def _sample(keys: Sequence[str], measured: MeasuredRows) -> pd.DataFrame:
    """Every so many rows, by their ids, as doubles."""
    fewest = measured.row_count // SAMPLE_ROWS
    step = next((prime for prime in SAMPLE_STEPS if prime >= fewest), SAMPLE_STEPS[-1])
    cells = ", ".join(f"CAST({name} AS DOUBLE) AS {name}" for name in map(quoted, measured.columns))
    rows = f"SELECT {_key_sql(keys)}, {cells} FROM {measured.rows} WHERE rid % {step} = 0"
    return measured.engine.collect(f"SELECT * FROM ({rows}) WHERE year IS NOT NULL")


def _brackets(keys: Sequence[str], column: str, sample: pd.DataFrame) -> pd.DataFrame:
    """The values between which the median of a group is, for groups with enough rows in the sample: keys, low, high.

    `cells`: how many of the sample are inside.
    """
    brackets = []
    for key, cells in sample.loc[sample[column] > 0, [*keys, column]].groupby(list(keys)):
        distance = DEVIATIONS * math.sqrt(len(cells)) / 2
        low, high = math.floor(len(cells) / 2 - distance), math.ceil(len(cells) / 2 + distance)
        if low >= 0 and high < len(cells):
            values = np.partition(cells[column].to_numpy(), (low, high))
            inside = (values >= values[low]) & (values <= values[high])
            brackets.append((*key, values[low], values[high], int(inside.sum())))
    types = dict.fromkeys([*keys, "cells"], "int64") | dict.fromkeys(ENDS, "float64")
    return pd.DataFrame(brackets, columns=[*keys, *ENDS, "cells"]).astype(types)


def _columns_together(brackets: Mapping[str, pd.DataFrame], sample_step: float) -> list[list[str]]:
    """Columns whose cells inside of brackets are fetched in one pass: as many as memory holds, in their order."""
    groups: list[list[str]] = []
    cell_count = math.inf
    for column, column_brackets in brackets.items():
        column_cells = sample_step * int(column_brackets["cells"].sum())
        if cell_count + column_cells > CELLS_INSIDE:
            groups.append([])
            cell_count = 0.0
        groups[-1].append(column)
        cell_count += column_cells
    return groups


def _cells_inside(
    keys: Sequence[str], measured: MeasuredRows, groups: pd.DataFrame, brackets: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Keys and, of the k-th column, the positive cells (count_k), those below its bracket (below_k) and inside it (cells_k)."""
    ends = groups
    for position, column in enumerate(measured.columns):
        column_ends = brackets[column][[*keys, *ENDS]].rename(columns={end: f"{end}_{position}" for end in ENDS})
        ends = ends.merge(column_ends, how="left", on=[*keys])
    end_table = measured.engine.scan(ends)
    columns = []
    for position in range(len(measured.columns)):
        cell, (low, high) = f"cell_{position}", (_end_sql(end, position, measured) for end in ENDS)
        is_positive, is_below = f"{cell} > 0", f"{cell} > 0 AND {cell} < {low}"
        columns.append(f"{count_where(is_positive)} AS count_{position}, {count_where(is_below)} AS below_{position}")
        is_inside = f"{cell} IS NOT NULL AND {cell} >= {low} AND {cell} <= {high}"  # the first says so to other engines
        columns.append(f"list({cell}) FILTER (WHERE {is_inside}) AS cells_{position}")
    row_cells = ", ".join(f"{quoted(column)} AS cell_{position}" for position, column in enumerate(measured.columns))
    key_list = ", ".join(keys)
    rows = f"(SELECT {_key_sql(keys)}, {row_cells} FROM {measured.rows}) JOIN {end_table} USING ({key_list})"
    inside = measured.engine.collect(
        f"SELECT {key_list}, {', '.join(columns)} FROM {rows} GROUP BY {key_list} ORDER BY {key_list}"
    )
    measured.engine.drop([end_table])
    return inside


def _end_sql(end: str, position: int, measured: MeasuredRows) -> str:
    """An end of a bracket in the type of its column, so that a decimal is not compared as a double."""
    return f"TRY_CAST({end}_{position} AS {measured.engine.sql_types(measured.rows)[measured.columns[position]]})"


def _middle_cells(keys: Sequence[str], position: int, inside: pd.DataFrame) -> pd.DataFrame:
    """Keys, cell_count and median of a column, of the groups whose one or two middle cells are inside the bracket."""
    medians = []
    for *key, cell_count, below_count, cells in inside[
        [*keys, f"count_{position}", f"below_{position}", f"cells_{position}"]
    ].itertuples(index=False, name=None):
        lower, upper = ((int(cell_count) - odd) // 2 - int(below_count) for odd in (1, 0))  # places inside the bracket
        if isinstance(cells, np.ndarray) and lower >= 0 and upper < len(cells):
            values = np.partition(np.asarray(cells, dtype="float64"), (lower, upper))
            medians.append((*key, int(cell_count), (values[lower] + values[upper]) / 2))
    return pd.DataFrame(medians, columns=[*keys, "cell_count", "median"]).astype(dict.fromkeys(keys, "int64"))


def _medians_of_groups(keys: Sequence[str], measured: MeasuredRows, column: str, groups: pd.DataFrame) -> pd.DataFrame:
    """Keys, cell_count and median of the positive cells of some groups: the middle among numbers and how often each is there.

    The cells are written out twice: the engine would hold all rows of a common table that is read twice.
    """
    engine, key_list = measured.engine, ", ".join(keys)
    group_table = engine.scan(groups)
    positive_cells = f"SELECT {_key_sql(keys)}, {quoted(column)} AS cell FROM {measured.rows} WHERE {quoted(column)} > 0"
    cells = f"({positive_cells}) JOIN {group_table} USING ({key_list})"
    medians = engine.collect(f"""
    WITH counts AS (SELECT {key_list}, count(*) AS cell_count FROM {cells} GROUP BY {key_list}),
    numbers AS (SELECT {key_list}, cell, count(*) AS n FROM {cells} GROUP BY {key_list}, cell),
    ranks AS (
        SELECT {key_list}, cell, n, cell_count, sum(n) OVER (PARTITION BY {key_list} ORDER BY cell) AS last_rank
        FROM numbers JOIN counts USING ({key_list}))
    SELECT {key_list}, min(cell_count) AS cell_count, median(CAST(cell AS DOUBLE)) AS median
    FROM ranks WHERE 2 * last_rank >= cell_count AND 2 * (last_rank - n) <= cell_count GROUP BY {key_list} ORDER BY {key_list}""")
    engine.drop([group_table])
    return medians
