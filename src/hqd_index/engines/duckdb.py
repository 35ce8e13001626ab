"""The embedded engine: tables by name, SQL in, frames out; it sees no file but what `scan` was given."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd
from sqlglot import exp

from ..errors import CapacityError, SetupError
from ..scratch_folder import ScratchFolder, link_or_copy
from .contract import FILE_ROW, ColumnFunction
from .sql_text import literal, quoted

SETTINGS = {
    "enable_progress_bar": "false",  # it prints to piped stdout
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
    "parquet_metadata_cache": "true",
}

PARQUET = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
"""Packed encodings: two thirds of the time of the writer's defaults, in smaller files that are read twice as fast."""

DISK_FULL = "No space left"
SPILL_FULL = "failed to offload data block"  # no room to spill: the engine calls it a lack of memory
NO_NULL, NO_DELIMITER = "nullstr = '\x01hqd\x01'", "\x02hqd"
"""Of texts in which every cell is one, and of lines that are read whole."""
SHORT_TEXT = 2**25
"""Bytes."""
FIRST_ROWS = 100_000
BLOCK_VECTORS = 10
"""Of 2,048 rows each."""
FIRST_ROW = 1
"""The one row that no other comes before."""
FRAME = "hqd_frame"
"""What a frame is called while SQL reads it."""

VALUE_TYPES = {
    "DECIMAL": "decimal", "DOUBLE": "double", "FLOAT": "double", "VARCHAR": "text", "BOOLEAN": "flag", "DATE": "date",
    "TIMESTAMP": "date", "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "HUGEINT": "integer", "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
}  # fmt: skip


class DuckDBEngine:
    """A private database with its own scratch folder; close it (or use `with`) to remove both."""

    dialect = "duckdb"
    takes_large_texts = True

    def __init__(self, *, threads: int | None = None, memory: str | None = None) -> None:
        self._scratch = ScratchFolder()
        self.folder = self._scratch.path
        self._names = count(1)
        self._stored_files: dict[str, Path] = {}
        self._column_types: dict[str, dict[str, str]] = {}
        self._connection = duckdb.connect()
        for setting, value in SETTINGS.items():
            self._connection.execute(f"SET {setting} = {value}")
        if threads is not None:
            self._connection.execute(f"SET threads = {int(threads)}")
        if memory is not None:
            self._connection.execute(f"SET memory_limit = {literal(memory)}")
        self._connection.execute(f"SET temp_directory = {literal(str(self.folder / 'spill'))}")
        self._connection.execute(f"SET allowed_directories = [{literal(str(self.folder))}]")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET allowed_configs = ['threads']")
        self._connection.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()
        self._scratch.remove()

    @contextmanager
    def second_connection(self, rows_of: str | None = None) -> Iterator[Self]:  # noqa: ARG002 - here all tables are alike
        """A second connection to the same tables, for a thread of its own."""
        clone = copy.copy(self)
        clone._connection = self._connection.cursor()
        try:
            yield clone
        finally:
            clone._connection.close()

    def new_name(self) -> str:
        """A table name not used before in this engine."""
        return f"t{next(self._names)}"

    def scan(self, source: Path | pd.DataFrame, name: str | None = None) -> str:
        """The name of a table with the rows of a frame, or of a view that reads the columns asked for from parquet."""
        if isinstance(source, Path):
            files = sorted(source.glob("*.parquet")) if source.is_dir() else [source]
            file_list = ", ".join(literal(str(self._admitted_file(file))) for file in files)
            return self.view(f"SELECT * FROM read_parquet([{file_list}])", name)
        with self._registered_name(source) as content:
            return self.query(f"SELECT * FROM {quoted(content)}", name)

    def scan_numbered(self, source: Path, table_name: str | None = None) -> str:
        """A view of a parquet file's rows with their position in it as FILE_ROW."""
        scratch_path = literal(str(self._admitted_file(source)))
        columns = f"file_row_number + 1 AS {quoted(FILE_ROW)}, * EXCLUDE (file_row_number)"
        return self.view(f"SELECT {columns} FROM read_parquet({scratch_path}, file_row_number = true)", table_name)

    def scan_records(self, source: Path, width: int, delimiter: str = ",", table_name: str | None = None) -> str:
        """Rectangular UTF-8 text in this engine's folder (RFC 4180, no header): `row`, then c0, c1 ... as text.

        A view; a table where the text is so short that it is cheaper to hold than to parse for every pass.
        """
        fields = ", ".join(["'row': 'BIGINT'", *(f"'c{k}': 'VARCHAR'" for k in range(width))])
        options = f"header = false, auto_detect = false, delim = {literal(delimiter)}, columns = {{{fields}}}"
        quotes = "quote = '\"', escape = '\"', nullstr = '\x01hqd\x01', new_line = '\\n'"
        rows = f"SELECT * FROM read_csv({literal(str(source))}, {options}, {quotes})"
        return self.query(rows, table_name) if source.stat().st_size < SHORT_TEXT else self.view(rows, table_name)

    def scan_lines(self, source: Path, width: int, delimiter: str, first_row: int, numbers: Mapping[int, str]) -> str:
        """A view of rectangular UTF-8 text in this engine's folder without quotes: `row`, from `first_row`, then c0, c1 ...

        `numbers`: place -> SQL type of cells that are read as numbers, n2 ..., and are missing where they are empty.
        """
        texts = [f"'c{place}'" for place in range(width) if place not in numbers]
        fields = [f"'n{place}': '{numbers[place]}'" if place in numbers else f"'c{place}': 'VARCHAR'" for place in range(width)]
        missing = f"nullstr = '', force_not_null = [{', '.join(texts)}]" if numbers else NO_NULL
        lines = _read_lines_sql(source, delimiter, ", ".join(fields), missing)
        return self.view(f"SELECT row_number() OVER () + {first_row - 1} AS row, * FROM {lines}")

    def all_lines_match(self, source: Path, pattern: str) -> bool:
        """Whether a regular expression matches each line of UTF-8 text in this engine's folder, the whole of it."""
        lines = _read_lines_sql(source, NO_DELIMITER, "'line': 'VARCHAR'", NO_NULL)
        other_lines = f"SELECT count(*) FROM {lines} WHERE NOT regexp_full_match(line, {literal(pattern)})"
        return not self._run(other_lines).fetchall()[0][0]

    def query(self, sql: str | exp.Expression, table_name: str | None = None) -> str:
        """The name of a table that holds the result."""
        table = table_name or self.new_name()
        self._column_types.pop(table, None)
        self._run(f"CREATE OR REPLACE TABLE {quoted(table)} AS {self._text(sql)}")
        return table

    def view(self, sql: str | exp.Expression, view_name: str | None = None) -> str:
        """The name of a query that is computed when it is read; drop nothing it reads."""
        view = view_name or self.new_name()
        self._column_types.pop(view, None)
        self._run(f"CREATE OR REPLACE VIEW {quoted(view)} AS {self._text(sql)}")
        return view

    def store(
        self,
        sql: str | exp.Expression,
        table_name: str,
        key: Sequence[str] = (),
        *,
        extends: str | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> str:
        """The name of a view of a parquet file in the scratch folder that holds the result, rows in the order of the key.

        It takes no memory, however large. Rows that arrive in order, as most files have them, are not sorted: the first of them
        tell whether to try, and the file tells whether all of them did.
        """
        query = f"SELECT * REPLACE ({_enumerations_sql(constants)}) FROM ({self._text(sql)})" if constants else self._text(sql)
        path = self._file_in_order(f"SELECT * FROM {quoted(extends)}" if extends else query, query, key)
        if path is None:
            path = self._scratch_parquet(f"{query} ORDER BY {', '.join(map(quoted, key))}")
        self._stored_files[table_name] = path
        return self.view(f"SELECT * FROM read_parquet({literal(str(path))})", table_name)

    def _file_in_order(self, first_query: str, query: str, key: Sequence[str]) -> Path | None:
        """A file of the rows as they come, where they come in the order of the key; `first_query` gives the keys of the first."""
        with self._one_thread():  # joins of several threads leave the order of their rows to chance
            if not self._is_in_order(f"{first_query} LIMIT {FIRST_ROWS}", key):
                return None
            path = self._scratch_parquet(query)
            if self._is_in_order(f"SELECT * FROM read_parquet({literal(str(path))})", key):
                return path
        path.unlink()
        return None

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        threads = int(self._run("SELECT current_setting('threads')").fetchall()[0][0])
        self._run("SET threads = 1")
        try:
            yield
        finally:
            self._run(f"SET threads = {threads}")

    def _scratch_parquet(self, query: str) -> Path:
        path = self.folder / f"{self.new_name()}.parquet"
        self._run(f"COPY ({query}) TO {literal(str(path))} ({PARQUET})")
        return path

    def _is_in_order(self, query: str, key: Sequence[str]) -> bool:
        """Whether one thread meets the rows of a query in the order of the key; any order is that of no key."""
        if not key:
            return True
        rows = f"SELECT {_comparisons_sql(key)} FROM ({query})"
        other_rows = f"SELECT count(*) FROM ({rows}) WHERE NOT coalesce(is_next OR is_same, false)"
        return self._run(other_rows).fetchall()[0][0] <= FIRST_ROW

    def repeated_keys(self, relation: str, key: Sequence[str]) -> str:
        """A table of the keys that several rows have: keys in order follow each other, others are counted."""
        keys = ", ".join(map(quoted, key))
        rows_with_keys = f"{relation} WHERE {' AND '.join(f'{quoted(column)} IS NOT NULL' for column in key)}"
        with self._one_thread():
            if self._is_in_order(f"SELECT {keys} FROM {rows_with_keys} LIMIT {FIRST_ROWS}", key):
                rows = f"SELECT {keys}, {_comparisons_sql(key)} FROM {rows_with_keys}"
                same_keys = self.query(f"SELECT * FROM ({rows}) WHERE NOT coalesce(is_next, false)")
                other_rows = f"SELECT count(*) FROM {same_keys} WHERE NOT coalesce(is_same, false)"
                if self._run(other_rows).fetchall()[0][0] <= FIRST_ROW:
                    return self.query(f"SELECT DISTINCT {keys} FROM {same_keys} WHERE is_same")
        return self.query(f"SELECT {keys} FROM {rows_with_keys} GROUP BY {keys} HAVING count(*) > 1")

    def rows_in_order(self, relation: str, key: Sequence[str]) -> str | None:
        """The rows as they are stored, with what `_comparisons_sql` says of them, if the first are in the order of the key."""
        keys = ", ".join(map(quoted, key))
        if not self._is_in_order(f"SELECT {keys} FROM {relation} LIMIT {FIRST_ROWS}", key):
            return None
        return self.view(f"SELECT *, {_comparisons_sql(key)} FROM {relation}")

    def increasing_spans(self, relation: str, column: str, width: int) -> pd.DataFrame | None:
        """n, first and last of the whole numbers by value // width; None where one is not larger than the one before it."""
        steps = f"SELECT {quoted(column)} AS v, {quoted(column)} > lag({quoted(column)}) OVER () AS up FROM {quoted(relation)}"
        spans = f"SELECT v // {width} AS span, count(*) AS n, min(v) AS first, max(v) AS last, coalesce(bool_and(up), true) AS up"
        rows = self._run(f"{spans} FROM ({steps}) GROUP BY span ORDER BY span").df().set_index("span")
        return rows[["n", "first", "last"]] if rows["up"].all() else None

    def with_function(
        self, table_name: str, key: Sequence[str], function: ColumnFunction, column: str, view_name: str | None = None
    ) -> str:
        """A view of a table with the column that a function makes of all its rows, put beside them by position."""
        rows = self.query(f"SELECT * FROM {quoted(table_name)} ORDER BY {', '.join(map(quoted, key)) or 'ALL'}")
        columns = ", ".join(quoted(name) for name, kind in self.types(rows).items() if kind != "list")
        values = self.scan(pd.DataFrame({column: function(self.collect(f"SELECT {columns} FROM {rows}"))}))
        return self.view(f"SELECT * FROM {rows} POSITIONAL JOIN {values}", view_name)

    def collect(self, source: str | exp.Expression) -> pd.DataFrame:
        """A table (by name) or the result of a query, as a frame; decimals arrive as float64."""
        is_name = isinstance(source, str) and source.isidentifier()
        return self._run(f"SELECT * FROM {quoted(str(source))}" if is_name else self._text(source)).df()

    def blocks(self, table_name: str) -> Iterator[pd.DataFrame]:
        """The rows of a relation in their order, some ten thousand at a time: a list that outgrows memory is written so."""
        with self.second_connection() as reader:  # another query on the same one would end this
            rows = reader._run(f"SELECT * FROM {quoted(table_name)}")
            while len(block := rows.fetch_df_chunk(BLOCK_VECTORS)):
                yield block

    def types(self, table_name: str) -> dict[str, str]:
        """Column -> decimal | double | integer | text | flag | date | list of a table."""
        return {column: value_type(sql_type) for column, sql_type in self.sql_types(table_name).items()}

    def sql_types(self, table_name: str) -> dict[str, str]:
        """Column -> the engine's own type of a table."""
        if table_name not in self._column_types:
            rows = self._run(f"DESCRIBE {quoted(table_name)}").fetchall()
            self._column_types[table_name] = {row[0]: row[1] for row in rows}
        return dict(self._column_types[table_name])

    def count(self, table_name: str) -> int:
        """The number of rows of a table."""
        return int(self._run(f"SELECT count(*) FROM {quoted(table_name)}").fetchall()[0][0])

    def write(self, source: str | pd.DataFrame, path: Path, key: Sequence[str] = ()) -> None:
        """A table, or the rows of a frame, as a parquet file, rows in the order of the key."""
        order = f" ORDER BY {', '.join(map(quoted, key))}" if key else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str) and source in self._stored_files and not key:
            link_or_copy(self._stored_files[source], path)
            return
        with self._registered_name(source) as source_name:
            shutil.move(self._scratch_parquet(f"SELECT * FROM {quoted(source_name)}{order}"), path)

    @contextmanager
    def _registered_name(self, source: str | pd.DataFrame) -> Iterator[str]:
        """The name under which SQL finds a table, or a frame for the length of the block."""
        if isinstance(source, str):
            yield source
            return
        self._connection.register(FRAME, source)
        try:
            yield FRAME
        finally:
            self._connection.unregister(FRAME)

    def names(self) -> list[str]:
        """All tables and views."""
        return [relation_name for relation_name, _ in self._relations()]

    def drop(self, table_names: Iterable[str]) -> None:
        """Removes tables and views; those that are not there are no fault."""
        relation_types = dict(self._relations())
        for name in table_names:
            if name in relation_types:
                self._run(f"DROP {relation_types[name]} {quoted(name)}")
                self._column_types.pop(name, None)
            if path := self._stored_files.pop(name, None):
                path.unlink()

    def keep_only(self, table_names: Collection[str]) -> None:
        """Removes every other table and view, and the scratch files that views were read from."""
        self.drop(relation_name for relation_name in self.names() if relation_name not in table_names)
        for path in self.folder.glob("t*.txt"):
            path.unlink()

    def _relations(self) -> list[tuple[str, str]]:
        tables = "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE NOT internal"
        views = "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE NOT internal"
        return self._run(f"{tables} UNION ALL {views} ORDER BY 1").fetchall()

    def _admitted_file(self, source: Path) -> Path:
        """The file under the one folder the database may read."""
        scratch_path = self.folder / f"{self.new_name()}{source.suffix}"
        link_or_copy(source.resolve(), scratch_path)
        return scratch_path

    def _text(self, sql: str | exp.Expression) -> str:
        return sql if isinstance(sql, str) else sql.sql(dialect=self.dialect)

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.OutOfMemoryException as fault:
            raise (_disk_error(self.folder) if SPILL_FULL in str(fault) else _memory_error(fault)) from fault
        except duckdb.IOException as fault:
            if DISK_FULL in str(fault):
                raise _disk_error(self.folder) from fault
            raise SetupError(
                f"the engine cannot read or write: {fault}", zh=f"引擎无法读写:{fault}", location=str(self.folder)
            ) from fault


def _read_lines_sql(source: Path, delimiter: str, fields: str, missing: str) -> str:
    """The fields of the lines of a text without quotes."""
    options = f"header = false, auto_detect = false, delim = {literal(delimiter)}, columns = {{{fields}}}"
    return f"read_csv({literal(str(source))}, {options}, quote = '', escape = '', new_line = '\\n', {missing})"


def _enumerations_sql(constants: Mapping[str, str]) -> str:
    """Texts as members of enumerations, which a file holds by number: it would look each text up among those it has."""
    return ", ".join(f"CAST({literal(text)} AS ENUM({literal(text)})) AS {quoted(name)}" for name, text in constants.items())


def _comparisons_sql(key: Sequence[str]) -> str:
    """Whether the key of a row comes after that of the row before it, and whether it is the same; neither is so of the first.

    Column by column, as keys in one take twice as long to compare, and without a value before the first, at a third of the time.
    """
    pairs = [(quoted(column), f"lag({quoted(column)}) OVER ()") for column in key]
    is_next = "false"
    for value, previous_value in reversed(pairs):
        is_next = f"({value} > {previous_value} OR ({value} = {previous_value} AND {is_next}))"
    is_same = " AND ".join(f"{value} = {previous_value}" for value, previous_value in pairs)
    return f"{is_next} AS is_next, {is_same} AS is_same"


def _memory_error(fault: Exception) -> CapacityError:
    engine_text = str(fault).splitlines()[0]
    return CapacityError(
        f"the engine has too little memory ({engine_text}); write more in study.yaml, as in `memory: 4GiB`, or leave the key out",
        zh=f"引擎的内存不足({engine_text});请在 study.yaml 中写更大的数,如 `memory: 4GiB`,或不写此项",
        location="study.yaml: memory",
    )


def _disk_error(folder: Path) -> CapacityError:
    return CapacityError(
        "the disk of the scratch folder is full; free space there, or name another folder in TMPDIR",
        zh="临时文件夹所在的磁盘已满;请腾出空间,或用 TMPDIR 指定别的文件夹",
        location=str(folder),
    )


def value_type(sql_type: str) -> str:
    """decimal | double | integer | text | flag | date | list of an SQL type."""
    if sql_type.endswith("]"):
        return "list"
    if sql_type.startswith("TIMESTAMP"):
        return "date"
    return VALUE_TYPES.get(sql_type.partition("(")[0], "text")
