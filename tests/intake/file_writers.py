"""The same typed table written in every format that is read, by libraries other than the readers' where there are any."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import duckdb
import openpyxl
import pandas as pd
import pytest

Table = Sequence[Sequence[Any]]
"""Labels, then rows of text, int, float, date or None; a column holds one type."""


def text_of(cell: Any) -> str:
    """A cell as a person types it."""
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def as_csv(encoding: str = "utf-8", delimiter: str = ",", newline: str = "\n") -> Callable[[Path, Table], None]:
    def write(path: Path, table: Table) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(
            [[text_of(cell) for cell in row] for row in table]
        )
        path.write_bytes(text.getvalue().encode(encoding))

    return write


def as_xlsx(path: Path, table: Table) -> None:
    book = openpyxl.Workbook()
    for row in table:
        book.active.append(list(row))
    for row in book.active.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # '=1' and '#N/A' stay text
    book.save(path)


def as_ods(path: Path, table: Table) -> None:
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in table)
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet>"
    content += (
        f'<table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", '<?xml version="1.0" encoding="UTF-8"?>' + content)


def _ods_cell(cell: Any) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{cell}"/>'
    if isinstance(cell, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'
    value = f'office:value-type="string" office:string-value={quoteattr(cell)}'
    return f"<table:table-cell {value}><text:p>{escape(cell)}</text:p></table:table-cell>"


def frame_of(table: Table) -> pd.DataFrame:
    """The table with whole numbers as nullable integers and dates as dates."""
    frame = pd.DataFrame([list(row) for row in table[1:]], columns=list(table[0]), dtype=object)
    for name in frame:
        kinds = {type(cell) for cell in frame[name] if cell is not None}
        if kinds == {int}:
            frame[name] = frame[name].astype("Int64")
        elif kinds == {float}:
            frame[name] = frame[name].astype("float64")
    return frame


def as_dta(version: int) -> Callable[[Path, Table], None]:
    """pyreadstat's numbering: 8 writes format 113, 12 writes 115, 13 to 15 write 117 to 119."""

    def write(path: Path, table: Table) -> None:
        pyreadstat = pytest.importorskip("pyreadstat")
        frame = frame_of(table)
        names = [f"v{place}" for place in range(len(frame.columns))]
        pyreadstat.write_dta(frame.set_axis(names, axis=1), str(path), version=version, column_labels=list(frame.columns))

    return write


def as_sav(path: Path, table: Table) -> None:
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = frame_of(table)
    names = [f"v{place}" for place in range(len(frame.columns))]
    pyreadstat.write_sav(frame.set_axis(names, axis=1), str(path), column_labels=list(frame.columns))


def as_parquet(path: Path, table: Table) -> None:
    with duckdb.connect() as database:
        _in_database(database, table)
        database.execute(f"COPY t TO '{path}' (FORMAT parquet)")


def as_feather(path: Path, table: Table) -> None:
    arro3 = pytest.importorskip("arro3.io")
    middle = path.with_suffix(".parquet")
    as_parquet(middle, table)
    arro3.write_ipc(arro3.read_parquet(str(middle)), str(path))
    middle.unlink()


def as_duckdb(path: Path, table: Table) -> None:
    with duckdb.connect(str(path)) as database:
        _in_database(database, table)


def as_sqlite(path: Path, table: Table) -> None:
    database = sqlite3.connect(path)
    database.execute(f"CREATE TABLE t ({', '.join(map(_quoted, table[0]))})")
    marks = ", ".join("?" * len(table[0]))
    rows = [[cell.isoformat() if isinstance(cell, date) else cell for cell in row] for row in table[1:]]
    database.executemany(f"INSERT INTO t VALUES ({marks})", rows)
    database.commit()
    database.close()


def _in_database(database: duckdb.DuckDBPyConnection, table: Table) -> None:
    types = {int: "BIGINT", float: "DOUBLE", date: "DATE"}
    columns = []
    for place, label in enumerate(table[0]):
        kinds = {type(row[place]) for row in table[1:] if row[place] is not None}
        columns.append(f"{_quoted(label)} {types.get(kinds.pop(), 'VARCHAR') if len(kinds) == 1 else 'VARCHAR'}")
    database.execute(f"CREATE TABLE t ({', '.join(columns)})")
    marks = ", ".join("?" * len(table[0]))
    for row in table[1:]:
        database.execute(f"INSERT INTO t VALUES ({marks})", list(row))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def gzipped(write: Callable[[Path, Table], None]) -> Callable[[Path, Table], None]:
    def packed(path: Path, table: Table) -> None:
        inside = path.with_suffix("")
        write(inside, table)
        path.write_bytes(gzip.compress(inside.read_bytes()))
        inside.unlink()

    return packed


def zipped(write: Callable[[Path, Table], None], name: str) -> Callable[[Path, Table], None]:
    def packed(path: Path, table: Table) -> None:
        inside = path.with_name(name)
        write(inside, table)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inside, name)
        inside.unlink()

    return packed


# name of the case: (format by content, file name, how it is written)
WRITERS: dict[str, tuple[str, str, Callable[[Path, Table], None]]] = {
    "utf-8": ("csv", "a.csv", as_csv()),
    "utf-8 with a mark": ("csv", "a.csv", as_csv("utf-8-sig")),
    "gb18030": ("csv", "a.csv", as_csv("gb18030")),
    "utf-16": ("csv", "a.csv", as_csv("utf-16")),
    "utf-16-le": ("csv", "a.csv", as_csv("utf-16-le")),
    "utf-16-be": ("csv", "a.csv", as_csv("utf-16-be")),
    "tabs": ("csv", "a.tsv", as_csv("utf-16", "\t", "\r\n")),
    "semicolons": ("csv", "a.txt", as_csv("gb18030", ";", "\r\n")),
    "xlsx": ("xlsx", "a.xlsx", as_xlsx),
    "ods": ("ods", "a.ods", as_ods),
    "dta 117": ("dta", "a.dta", as_dta(13)),
    "dta 118": ("dta", "a.dta", as_dta(14)),
    "dta 119": ("dta", "a.dta", as_dta(15)),
    "sav": ("sav", "a.sav", as_sav),
    "parquet": ("parquet", "a.parquet", as_parquet),
    "feather": ("feather", "a.feather", as_feather),
    "sqlite": ("sqlite", "a.sqlite", as_sqlite),
    "duckdb": ("duckdb", "a.duckdb", as_duckdb),
    "csv.gz": ("gz", "a.csv.gz", gzipped(as_csv("gb18030"))),
    "dta.gz": ("gz", "a.dta.gz", gzipped(as_dta(14))),
    "csv in zip": ("zip", "a.zip", zipped(as_csv(), "甲.csv")),
    "xlsx in zip": ("zip", "a.zip", zipped(as_xlsx, "甲.xlsx")),
    "another ending": ("xlsx", "a.csv", as_xlsx),
}
