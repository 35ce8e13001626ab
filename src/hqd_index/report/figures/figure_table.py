"""The numbers of a chart as a table, its names in both languages, its values in full; and which row a mark draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt
import pandas as pd

from ..bilingual import Bilingual
from ..grids.grid import Column, Grid
from ..number_format import is_missing
from ..wording import wordings

HEADERS = wordings("headers.figure")  # fmt: skip
"""Columns of a chart's rows that readers see; the others place or colour marks."""


def figure_table(chart: Any, title: Bilingual, sources: tuple[str, ...], pairs: Mapping[str, Bilingual]) -> Grid:
    """The rows that a chart draws, of the layer with most of the columns."""
    rows, titles = _shown_rows(chart), _axis_titles(chart)
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
    return _described(chart, columns, shown.drop_duplicates().assign(row=lambda rows: [f"row {k}" for k in rows.index]))


def _described(chart: Any, columns: list[str], numbers: pd.DataFrame) -> Any:
    copy = chart.copy(deep=False)
    if isinstance(chart.data, pd.DataFrame) and set(columns) <= set(chart.data.columns):
        copy.data = chart.data.merge(numbers, on=columns, how="left")
    parts = [name for name in ("layer", "vconcat") if hasattr(chart, name)]
    for name in parts:
        setattr(copy, name, [_described(part, columns, numbers) for part in getattr(chart, name)])
    if parts or (isinstance(copy.data, pd.DataFrame) and "row" not in copy.data.columns):
        return copy
    return copy.encode(description=alt.Description("row:N"))


def _shown_rows(chart: Any) -> pd.DataFrame:
    """What readers see of the layer with most of the columns."""
    rows = max((part.data for part in _parts(chart) if isinstance(part.data, pd.DataFrame)), key=_richness)
    return rows[[column for column in HEADERS if column in rows.columns]].reset_index(drop=True)


def _richness(rows: pd.DataFrame) -> tuple[int, int]:
    return len(HEADERS.keys() & set(rows.columns)), len(rows)


def _parts(chart: Any) -> Iterator[Any]:
    """The chart and every chart in it."""
    yield chart
    for part in (*getattr(chart, "layer", ()), *getattr(chart, "vconcat", ())):
        yield from _parts(part)


def _axis_titles(chart: Any) -> dict[str, str]:
    """x and value -> title of the axis that the first chart draws them on."""
    titles: dict[str, str] = {}
    for part in _parts(chart):
        for channel in ("x", "y"):
            axis = getattr(getattr(part, "encoding", None), channel, None)
            if isinstance(axis, (alt.X, alt.Y)) and isinstance(axis["title"], str):
                titles.setdefault(str(axis["shorthand"]).split(":")[0], axis["title"])
    return {column: title for column, title in titles.items() if column in ("x", "value")}


def _cell(content: Any, cell_format: str, pairs: Mapping[str, Bilingual]) -> Any:
    if cell_format == "text":
        return pairs.get(str(content), str(content))
    return None if is_missing(content) else float(content)
