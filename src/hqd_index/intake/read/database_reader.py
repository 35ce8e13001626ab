"""A table of a SQLite or DuckDB database as a sheet of cells; `sheet:` names the table where there are several."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ...engines.database_files import copy_database_table, database_tables
from ..layout.header_rows import header_layout, no_rows
from .delimited_text import RecordWriter
from .parquet_reader import parquet_cells
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, damaged_file_error, reading_errors, size_limit_error
from .sheet_cells import SheetCells
from .workbooks.sheet_grid import Grid, SheetName, Workbook, chosen_sheets
from .workbooks.shown_numbers import number_text

SQLITE = b"SQLite format 3\x00"
DUCKDB = b"DUCK"  # after a checksum of eight bytes
TEXT_ENCODINGS = ("utf-8", "gb18030")
STEPS = 100_000  # of SQLite's machine between two looks at the clock
QUERY_SECONDS = 600


def is_sqlite(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a SQLite database."""
    return file_head.first_bytes.startswith(SQLITE)


def is_duckdb(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a DuckDB database."""
    return file_head.first_bytes[8:12] == DUCKDB


def read_sqlite(request: SheetRequest) -> list[SheetCells]:
    """The rows of a table in the order in which they were put in; DataError S02, S08 (damaged, several tables), S09."""
    file, location = request.file, request.file.name
    with reading_errors(location), closing(_open_database(file.path)) as database:
        _refuse_damaged(file.path, database, location)
        table_query = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        table_names = [table_name.decode("utf-8", "replace") for (table_name,) in table_query]
        return [_sqlite_table(request, database, table_name) for table_name in _chosen_tables(table_names, request)]


def _open_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    database.text_factory = bytes
    database.execute("PRAGMA trusted_schema = OFF")
    deadline = time.monotonic() + QUERY_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    return database


def _refuse_damaged(path: Path, database: sqlite3.Connection, location: str) -> None:
    """S08 for a file shorter than its pages, which would be read as zeros, and for pages that contradict each other."""
    with path.open("rb") as file:
        header_bytes = file.read(32)
    page_size = int.from_bytes(header_bytes[16:18], "big")
    if (65536 if page_size == 1 else page_size) * int.from_bytes(header_bytes[28:32], "big") > path.stat().st_size:
        raise damaged_file_error(location, "the end of the file is missing")
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != b"ok":
        raise damaged_file_error(location, verdict.decode("utf-8", "replace"))


def _chosen_tables(table_names: list[Any], request: SheetRequest) -> list[str]:
    location = request.file.name
    text_names = [table_name for table_name in table_names if table_name]
    if not text_names:
        raise damaged_file_error(location, "no table")
    table_book = Workbook(
        tuple(SheetName(table_name, True) for table_name in text_names), lambda table_name: Grid(table_name, []), lambda _: True
    )
    return chosen_sheets(table_book, request.source.sheet, location)


def _sqlite_table(request: SheetRequest, database: sqlite3.Connection, table_name: str) -> SheetCells:
    engine, location = request.engine, f"{request.file.name} [{table_name}]"
    quoted_name = '"' + table_name.replace('"', '""') + '"'
    rows = database.execute(f"SELECT * FROM {quoted_name}")
    labels = [_cell_text(column[0], location) for column in rows.description]
    if len(labels) > MAX_COLUMNS:
        raise size_limit_error(location, f"{len(labels)} columns", f"{len(labels)} 列")
    layout = header_layout([labels], request.source, request.table, location)
    csv_path = engine.folder / f"{engine.new_name()}.txt"
    row_count = 0
    with csv_path.open("w", encoding="utf-8", newline="\n") as csv_file:
        writer = RecordWriter(csv_file)
        for row_count, row_cells in enumerate(_text_rows(rows, location), 1):
            writer.write_row(row_count + 1, row_cells)
    if not row_count:
        raise no_rows(location)
    return SheetCells(
        request.file.name,
        table_name,
        request.file.digest,
        layout.labels,
        1,
        engine.scan_records(csv_path, len(labels)),
        row_count,
    )


def _text_rows(cursor: sqlite3.Cursor, location: str) -> Iterator[list[str]]:
    for row in cursor:
        yield [_cell_text(cell, location) for cell in row]


def _cell_text(cell: object, location: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return number_text(repr(cell))
    if isinstance(cell, bytes):
        for encoding in TEXT_ENCODINGS:
            try:
                return cell.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise damaged_file_error(location, "a cell holds bytes that are no text")
    return str(cell)


def read_duckdb(request: SheetRequest) -> list[SheetCells]:
    """The same for a table of a DuckDB database, which is opened for reading only and may read no other file."""
    file, engine = request.file, request.engine
    sheet_cells = []
    with reading_errors(file.name):
        for table_name in _chosen_tables(database_tables(file.path), request):
            parquet_path = engine.folder / f"{engine.new_name()}.parquet"
            copy_database_table(file.path, table_name, parquet_path)
            sheet_cells.append(parquet_cells(request, parquet_path, table_name))
            parquet_path.unlink()
    return sheet_cells
