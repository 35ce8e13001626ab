"""Parquet files and database files as the embedded engine sees them, each opened for one look and closed again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import duckdb

from .duckdb import SETTINGS
from .sql_text import literal, quoted


def parquet_size(path: Path) -> tuple[int, int]:
    """(rows, columns) that a parquet file says it has."""
    with _metadata_database(os.getpid()).cursor() as database:
        metadata_table = f"parquet_file_metadata({literal(str(path))})"
        row_count = database.execute(f"SELECT num_rows FROM {metadata_table}").fetchall()[0][0]
        columns = database.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
        return int(row_count), len(columns)


@lru_cache(maxsize=1)
def _metadata_database(process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001 - a forked process opens its own
    """One database for a look at any number of files: to open one for each takes longer than the look."""
    database = duckdb.connect(config={"threads": 1})
    for setting, setting_value in SETTINGS.items():
        if setting != "parquet_metadata_cache":  # a file may be written anew under its name
            database.execute(f"SET {setting} = {setting_value}")
    return database


def database_tables(path: Path) -> list[str]:
    """The tables of a database file."""
    with _closed_database(path) as database:
        sql = "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND schema_name = 'main' ORDER BY 1"
        return [table_name for (table_name,) in database.execute(sql).fetchall()]


def copy_database_table(path: Path, table_name: str, target: Path) -> None:
    """A table of a database file as a parquet file."""
    with _closed_database(path, target.parent) as database:
        database.execute(f"COPY (SELECT * FROM {quoted(table_name)}) TO {literal(str(target))} (FORMAT parquet)")


@contextmanager
def _closed_database(path: Path | None = None, folder: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own: to a database file, for reading only and seeing no other file but in `folder`; else to none."""
    database = duckdb.connect() if path is None else duckdb.connect(str(path), read_only=True)
    try:
        for setting, setting_value in SETTINGS.items():
            database.execute(f"SET {setting} = {setting_value}")
        if path is not None:
            database.execute(f"SET allowed_directories = [{literal(str(folder))}]" if folder else "SET allowed_directories = []")
            database.execute("SET enable_external_access = false")
        yield database
    finally:
        database.close()
