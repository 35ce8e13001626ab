"""A clean table with the books of its files, and the form in which it is published."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, quoted
from ..layout.text_columns import FILE_SPAN, Sheet
from .intake_notice import Notice
from .row_ledger import OUT_OF_SCOPE, QUARANTINED


@dataclass(frozen=True)
class CleanTable:
    """A clean table (`rid`, canonical columns), its text twin, findings, rows taken out, and the books of its files."""

    name: str
    table: CanonicalTable
    clean: str
    text: str
    findings: pd.DataFrame
    removed: pd.DataFrame
    files: pd.DataFrame
    rows_in: dict[int, int]
    sheets: tuple[Sheet, ...]
    notices: tuple[Notice, ...]

    @property
    def quarantined_share(self) -> float:
        """Quarantined rows over the rows in scope."""
        gone = self.removed["outcome"].value_counts()
        scope = sum(self.rows_in.values()) - int(gone.get(OUT_OF_SCOPE, 0))
        return int(gone.get(QUARANTINED, 0)) / scope if scope else 0.0


def published_table(one: CleanTable, engine: Engine) -> str:
    """Published types (whole numbers as INTEGER) and the row id as text: digest, sheet, row."""
    columns = []
    for name in engine.types(one.clean):
        column = one.table.columns.get(name)
        cell = f"y.{quoted(name)}"
        if name != "rid":
            columns.append(f"CAST({cell} AS INTEGER) AS {quoted(name)}" if column and column.dtype == "integer" else cell)
    files = engine.scan(one.files.assign(prefix=_row_id_prefixes(one.files))[["number", "prefix"]])
    row_id = f"f.prefix || CAST(y.rid % {FILE_SPAN} AS VARCHAR) AS row_id"
    sql = f"SELECT {', '.join([*columns, row_id])} FROM {one.clean} AS y JOIN {files} AS f ON f.number = y.rid // {FILE_SPAN}"
    order = f" ORDER BY {', '.join(f'y.{quoted(name)}' for name in one.table.key)}" if one.table.key else ""
    make = engine.view if one.name == "firms" else engine.query  # the firm table is made with its status
    return make(sql + order, f"clean_{one.name}")


def _row_id_prefixes(files: pd.DataFrame) -> pd.Series:
    """digest:sheet: of each file; a file that stands twice in the folder gets its number too."""
    twice = files.groupby(["digest", "sheet"]).cumcount()
    suffix = twice.map(lambda n: f"({n + 1})" if n else "")
    return files["digest"].str[:12] + suffix + ":" + files["sheet"] + ":"
