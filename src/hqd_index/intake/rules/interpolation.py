"""M29: values between two observed years that lie exactly on a line, as interpolation makes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, literal, quoted
from .rule_catalogue import joined_findings, rule_findings

FEWEST = 3  # interior points in a row
EXACT = 1e-9  # of the largest of three values: sums of printed decimals in binary


def inside_straight_lines(values: np.ndarray, unit: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Which values are inside a stretch of three or more on a sloping line; rows sorted by unit and year."""
    inside = np.zeros(len(values), dtype=bool)
    if len(values) < FEWEST + 2:
        return inside
    steps = np.diff(values)
    next_year = (unit[1:] == unit[:-1]) & (np.diff(year) == 1)
    size = np.maximum.reduce([np.abs(values[:-2]), np.abs(values[1:-1]), np.abs(values[2:])])
    straight = (np.abs(np.diff(steps)) <= EXACT * size) & (np.abs(steps[1:]) > EXACT * size)
    inside[1:-1] = straight & next_year[1:] & next_year[:-1]
    ends = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    for start, stop in zip(ends[::2], ends[1::2]):
        inside[start:stop] = stop - start >= FEWEST
    return inside


def interpolation_findings(rows: str, text: str, table: CanonicalTable, engine: Engine) -> pd.DataFrame:
    """Warnings for the cells of a table of published series (one row per unit and year) that look interpolated."""
    columns = engine.types(rows)
    numbers = [name for name, column in table.columns.items() if column.dtype == "number" and name in columns]
    units = [name for name in table.key if name != "year"]
    if table.rows_per_unit != "one" or "year" not in columns or not numbers or not set(units) <= set(columns):
        return joined_findings([])
    cells = ", ".join(f"CAST({quoted(name)} AS DOUBLE) AS {quoted(name)}" for name in numbers)
    unit = "concat_ws('|', " + ", ".join(map(quoted, units)) + ")"
    frame = engine.collect(f"SELECT rid, {unit} AS unit, CAST(year AS INTEGER) AS year, {cells} FROM {rows} ORDER BY unit, year")
    findings = []
    for name in numbers:
        filled_cells = frame[["rid", "unit", "year", name]].dropna()
        inside = inside_straight_lines(
            filled_cells[name].to_numpy(), filled_cells["unit"].to_numpy(), filled_cells["year"].to_numpy()
        )
        if inside.any():
            row_ids = engine.scan(filled_cells.loc[inside, ["rid"]])
            cell_sql = f'SELECT rid, {literal(name)} AS "column", {quoted(name)} AS "value" FROM {text}'
            interpolated_cells = engine.collect(f"{cell_sql} WHERE rid IN (SELECT rid FROM {row_ids}) ORDER BY rid")
            findings.append(rule_findings(interpolated_cells, "M29", severity="warning"))
    return joined_findings(findings)
