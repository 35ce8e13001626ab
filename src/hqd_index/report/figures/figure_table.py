"""The numbers of a chart as a table, its names in both languages, its values in full; and which row a mark draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..bilingual import Bilingual
from ..grids.grid import Column, Grid
from ..number_format import is_missing
from ..wording import wordings
from . import charts

HEADERS = wordings("headers.figure")  # fmt: skip
"""Columns of a chart's rows that readers see; the others place or colour marks."""


def figure_table(chart: Any, title: Bilingual, sources: tuple[str, ...], pairs: Mapping[str, Bilingual]) -> Grid:
    """The rows that a chart draws, of the layer with most of the columns."""
    rows, titles = _shown_rows(chart), charts.axis_titles(chart)
    columns = list(rows.columns)
    formats = {column: "4" if pd.api.types.is_numeric_dtype(rows[column]) else "text" for column in columns}
    cells = [
        tuple(_cell(content, formats[column], pairs) for column, content in zip(columns, record))
        for record in rows.itertuples(index=False)
    ]
    headers = [pairs.get(titles.get(column, ""), HEADERS[column]) for column in columns]
    return Grid(title, tuple(Column(header, formats[column]) for header, column in zip(headers, columns)), tuple(cells), sources)


def with_rows(chart: Any) -> Any:
    """The chart whose marks carry, as their description, the row of the figure's table that they draw."""
    shown = _shown_rows(chart)
    columns = list(shown.columns)
    return charts.numbered(chart, columns, shown.drop_duplicates().assign(row=lambda rows: [f"row {k}" for k in rows.index]))


def _shown_rows(chart: Any) -> pd.DataFrame:
    """What readers see of the layer with most of the columns."""
    rows = max((part.data for part in charts.parts(chart) if isinstance(part.data, pd.DataFrame)), key=_richness)
    return rows[[column for column in HEADERS if column in rows.columns]].reset_index(drop=True)


def _richness(rows: pd.DataFrame) -> tuple[int, int]:
    return len(HEADERS.keys() & set(rows.columns)), len(rows)


def _cell(content: Any, cell_format: str, pairs: Mapping[str, Bilingual]) -> Any:
    if cell_format == "text":
        return pairs.get(str(content), str(content))
    return None if is_missing(content) else float(content)
