"""M29: values between two observed years that lie exactly on a line, as interpolation makes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, literal, quoted
from .rule_catalogue import joined_findings, rule_findings

MIN_INTERIOR_POINTS = 3  # interior points in a row
RELATIVE_TOLERANCE = 1e-9  # of the largest of three values: sums of printed decimals in binary


def interior_of_straight_lines(series_values: np.ndarray, unit: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Which values are inside a stretch of three or more on a sloping line; rows sorted by unit and year."""
    is_interior = np.zeros(len(series_values), dtype=bool)
    if len(series_values) < MIN_INTERIOR_POINTS + 2:
        return is_interior
    differences = np.diff(series_values)
    next_year = (unit[1:] == unit[:-1]) & (np.diff(year) == 1)
    magnitudes = np.maximum.reduce([np.abs(series_values[:-2]), np.abs(series_values[1:-1]), np.abs(series_values[2:])])
    is_straight = (np.abs(np.diff(differences)) <= RELATIVE_TOLERANCE * magnitudes) & (
        np.abs(differences[1:]) > RELATIVE_TOLERANCE * magnitudes
    )
    is_interior[1:-1] = is_straight & next_year[1:] & next_year[:-1]
    run_bounds = np.flatnonzero(np.diff(np.concatenate([[0], is_interior.astype(np.int8), [0]])))
    for run_start, run_end in zip(run_bounds[::2], run_bounds[1::2]):
        is_interior[run_start:run_end] = run_end - run_start >= MIN_INTERIOR_POINTS
    return is_interior


def interpolation_findings(typed_rows: str, text_rows: str, table: CanonicalTable, engine: Engine) -> pd.DataFrame:
    """Warnings for the cells of a table of published series (one row per unit and year) that look interpolated."""
    columns = engine.types(typed_rows)
    numbers = [
        column_name for column_name, column in table.columns.items() if column.dtype == "number" and column_name in columns
    ]
    units = [column_name for column_name in table.key if column_name != "year"]
    if table.rows_per_unit != "one" or "year" not in columns or not numbers or not set(units) <= set(columns):
        return joined_findings([])
    cells = ", ".join(f"CAST({quoted(column_name)} AS DOUBLE) AS {quoted(column_name)}" for column_name in numbers)
    unit = "concat_ws('|', " + ", ".join(map(quoted, units)) + ")"
    frame = engine.collect(
        f"SELECT rid, {unit} AS unit, CAST(year AS INTEGER) AS year, {cells} FROM {typed_rows} ORDER BY unit, year"
    )
    findings = []
    for column_name in numbers:
        filled_cells = frame[["rid", "unit", "year", column_name]].dropna()
        is_interior = interior_of_straight_lines(
            filled_cells[column_name].to_numpy(), filled_cells["unit"].to_numpy(), filled_cells["year"].to_numpy()
        )
        if is_interior.any():
            row_ids = engine.scan(filled_cells.loc[is_interior, ["rid"]])
            cell_sql = f'SELECT rid, {literal(column_name)} AS "column", {quoted(column_name)} AS "value" FROM {text_rows}'
            interpolated_cells = engine.collect(f"{cell_sql} WHERE rid IN (SELECT rid FROM {row_ids}) ORDER BY rid")
            findings.append(rule_findings(interpolated_cells, "M29", severity="warning"))
    return joined_findings(findings)
