"""The numbers of a chart as a table: its names in both languages, its values in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ..bilingual import Bilingual
from ..grids.grid import Column, Grid
from ..number_format import is_missing
from ..wording import wordings

HEADERS = wordings("headers.figure")  # fmt: skip
"""Columns of a chart's rows that readers see; the others place or colour marks."""


def figure_table(chart: Any, title: Bilingual, sources: tuple[str, ...], pairs: Mapping[str, Bilingual]) -> Grid:
    """The rows that a chart draws, of the layer with most of the columns."""
    rows = max(_frames(chart), key=lambda frame: (len(HEADERS.keys() & set(frame.columns)), len(frame)))
    columns = [column for column in HEADERS if column in rows.columns]
    formats = {column: "4" if pd.api.types.is_numeric_dtype(rows[column]) else "text" for column in columns}
    cells = [
        tuple(_cell(content, formats[column], pairs) for column, content in zip(columns, record))
        for record in rows[columns].itertuples(index=False)
    ]
    return Grid(title, tuple(Column(HEADERS[column], formats[column]) for column in columns), tuple(cells), sources)


def _frames(chart: Any) -> Iterator[pd.DataFrame]:
    for part in (chart, *getattr(chart, "layer", ()), *getattr(chart, "vconcat", ())):
        if isinstance(part.data, pd.DataFrame):
            yield part.data
        if part is not chart:
            yield from _frames(part) if hasattr(part, "layer") else ()


def _cell(content: Any, cell_format: str, pairs: Mapping[str, Bilingual]) -> Any:
    if cell_format == "text":
        return pairs.get(str(content), str(content))
    return None if is_missing(content) else float(content)
