"""Published tables as they are: a grid per table of the contract, with the codebook's names in the header."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..tables import TABLES
from .grids import Column, Grid
from .results import Results
from .words import NOTHING, Pair

KINDS = {"text": "text", "int": "int", "number": "4", "share": "4", "p": "4", "flag": "text"}
WIDTHS = {"text": 18, "int": 10, "4": 12, "year": 8}
YEARS = ("year", "from_year", "to_year", "io_year")
LONGEST = 1_500
"""Rows of a sheet made to be read; of a longer table it shows the latest year, and at most so many rows, and says so."""
PLACES = 5
"""Obstacles shown per unit."""


def published(name: str) -> Callable[[Results], Grid | None]:
    """The grid of a table; a long one shows its latest year only."""

    def grid(results: Results) -> Grid | None:
        rows = results.table(name)
        if rows.empty or name not in TABLES:
            return None
        kept, note = _latest(rows, name)
        columns = [column for column in TABLES[name].columns if column in rows.columns and not _twin(column, results.language)]
        names = labels(results, name)
        header = [_header(column, TABLES[name].columns[column], names) for column in columns]
        flags = {column: kept[column].astype(str) for column in columns if TABLES[name].columns[column].startswith("flag")}
        values = list(kept[columns].assign(**flags).itertuples(index=False, name=None))
        return Grid(Pair(TABLES[name].zh, TABLES[name].en), tuple(header), tuple(values), (name,), note)

    return grid


def _latest(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, Pair]:
    """The rows to show and what is left out."""
    if name == "obstacles":
        rows = rows[rows["place"].notna() & (rows["place"] <= PLACES)]
    if len(rows) <= LONGEST:
        return rows, NOTHING
    kept, zh, en = rows, "", ""
    if "year" in rows.columns and rows["year"].notna().any():
        last = rows["year"].max()
        kept, zh, en = rows[rows["year"] == last], f"只列 {last} 年", f"{last} only"
    if len(kept) > LONGEST:
        kept, zh, en = kept.head(LONGEST), f"只列前 {LONGEST} 行", f"the first {LONGEST} rows only"
    return kept, Pair(f"{zh}；全部见 tables/{name}.csv。", f"{en}; all are in tables/{name}.csv.")


def _twin(column: str, language: str) -> bool:
    """Whether a column holds the other language's text."""
    return column.endswith("_en" if language == "zh" else "_zh")


def labels(results: Results, name: str) -> dict[str, Pair]:
    """column -> its names in the codebook."""
    book = results.table("codebook")
    rows = book[book["table"] == name] if len(book) else book
    return {row["column"]: Pair(row["label_zh"], row["label_en"]) for row in rows.to_dict("records")}


def _header(column: str, kind: str, names: dict[str, Pair]) -> Column:
    label = names.get(column, Pair(column, column))
    title = label if label.zh != column else Pair(column, column)
    style = "year" if column in YEARS else KINDS.get(kind.rstrip("?"), "text")
    return Column(title, style, WIDTHS.get(style, 12))
