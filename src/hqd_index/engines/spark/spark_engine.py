"""The firm floor on a cluster: relations that files of a large table, or what was made of them, are in are Spark's.

Every other relation is small and stays in an embedded engine; a plan that reads one of Spark's runs there, with the small ones it
needs sent over as parquet. Results come back the same way, so that a frame has the types that it has from the embedded engine.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import pandas as pd
from sqlglot import exp

from ..contract import FILE_ROW, ColumnFunction
from ..duckdb import DuckDBEngine, value_type
from ..sql_text import quoted
from .spark_faults import spark_faults
from .spark_plan import parsed_plan, spark_sql, tables_of
from .spark_session import spark_session
from .spark_settings import SparkSettings

LARGE_TABLES = frozenset({"firms"})
"""The tables whose rows can outgrow a machine."""
NO_TEXT = "\x01hqd\x01"
SQL_TYPES = {
    "string": "VARCHAR", "double": "DOUBLE", "float": "FLOAT", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP",
    "timestamp_ntz": "TIMESTAMP", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT",
    "void": "VOID",
}  # fmt: skip


@dataclass
class _Cluster:
    """What all connections of one engine share: the session, Spark's relations with their types, small ones sent over."""

    settings: SparkSettings
    folder: Path
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock)
    session: Any = None

    def started_session(self) -> Any:
        with self.lock:
            if self.session is None:
                self.session = spark_session(self.settings)
            return self.session


class SparkEngine:
    """An engine with relations on a cluster and small ones beside it; close it (or use `with`) to remove both."""

    def __init__(self, settings: SparkSettings, *, threads: int | None = None) -> None:
        self._small = DuckDBEngine(threads=threads)
        self.folder = self._small.folder
        shared_folder = self.folder if settings.folder is None else Path(settings.folder).resolve() / self.folder.name
        self._cluster = _Cluster(settings, shared_folder)
        self._reads_large_table = False

    @property
    def takes_large_texts(self) -> bool:
        return not self._reads_large_table

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._cluster.session is not None:
            for name in self._cluster.types.keys() | self._cluster.sent.keys():
                self._cluster.session.catalog.dropTempView(name)
        self._small.close()
        shutil.rmtree(self._cluster.folder, ignore_errors=True)

    @contextmanager
    def second_connection(self, rows_of: str | None = None) -> Iterator[Self]:
        """A second connection to the same relations; it reads files on the cluster if they are of a large table."""
        clone = copy.copy(self)
        if rows_of is not None:
            clone._reads_large_table = rows_of in LARGE_TABLES
        with self._small.second_connection() as clone._small:
            yield clone

    def new_name(self) -> str:
        return self._small.new_name()

    def scan(self, source: Path | pd.DataFrame, name: str | None = None) -> str:
        """A frame or a file stays here; a folder of files is what a cluster wrote."""
        if isinstance(source, Path) and source.is_dir():
            return self._keep(self._read(source), name)
        return self._small_relation(self._small.scan(source, name))

    def scan_numbered(self, source: Path, table_name: str | None = None) -> str:
        if not self._reads_large_table:
            return self._small_relation(self._small.scan_numbered(source, table_name))
        with spark_faults():
            rows = self._cluster.started_session().read.parquet(str(source.resolve()))
            return self._keep(rows.selectExpr(f"_metadata.row_index + 1 AS `{FILE_ROW}`", "*"), table_name)

    def scan_records(self, source: Path, width: int, delimiter: str = ",", table_name: str | None = None) -> str:
        if not self._reads_large_table:
            return self._small_relation(self._small.scan_records(source, width, delimiter, table_name))
        schema = ", ".join(["row BIGINT", *(f"c{column} STRING" for column in range(width))])
        options = {"sep": delimiter, "quote": '"', "escape": '"', "nullValue": NO_TEXT, "emptyValue": "", "multiLine": "true",
                   "lineSep": "\n", "mode": "FAILFAST", "maxCharsPerColumn": "-1", "maxColumns": "100000"}  # fmt: skip
        with spark_faults():
            rows = self._cluster.started_session().read.schema(schema).options(**options).csv(str(source))
            return self._keep(rows, table_name)

    def scan_lines(self, source: Path, width: int, delimiter: str, first_row: int, numbers: Mapping[int, str]) -> str:
        return self._small_relation(self._small.scan_lines(source, width, delimiter, first_row, numbers))

    def all_lines_match(self, source: Path, pattern: str) -> bool:
        return self._small.all_lines_match(source, pattern)

    def query(self, sql: str | exp.Expression, table_name: str | None = None) -> str:
        plan = parsed_plan(sql)
        if not self._is_large(plan):
            return self._small_relation(self._small.query(sql, table_name))
        with spark_faults():
            return self._keep(self._read(self._written(self._rows(plan))), table_name)

    def view(self, sql: str | exp.Expression, view_name: str | None = None) -> str:
        plan = parsed_plan(sql)
        if not self._is_large(plan):
            return self._small_relation(self._small.view(sql, view_name))
        with spark_faults():
            return self._keep(self._rows(plan), view_name)

    def store(
        self,
        sql: str | exp.Expression,
        table_name: str,
        key: Sequence[str] = (),
        *,
        extends: str | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> str:
        """The result as files of the cluster, rows in the order of the key."""
        plan = parsed_plan(sql)
        if not self._is_large(plan):
            return self._small_relation(self._small.store(sql, table_name, key, extends=extends, constants=constants))
        with spark_faults():
            rows = self._rows(plan)
            ordered_rows = rows.orderBy(*(f"`{column}`" for column in key)) if key else rows
            return self._keep(self._read(self._written(ordered_rows)), table_name)

    def repeated_keys(self, relation: str, key: Sequence[str]) -> str:
        keys = ", ".join(map(quoted, key))
        if relation not in self._cluster.types:
            return self._small_relation(self._small.repeated_keys(relation, key))
        are_known = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in key)
        return self.query(f"SELECT {keys} FROM {relation} WHERE {are_known} GROUP BY {keys} HAVING count(*) > 1")

    def rows_in_order(self, relation: str, key: Sequence[str]) -> str | None:
        """Of the small relations alone: those of the cluster have no order."""
        if relation in self._cluster.types:
            return None
        rows = self._small.rows_in_order(relation, key)
        return rows and self._small_relation(rows)

    def increasing_spans(self, relation: str, column: str, width: int) -> pd.DataFrame | None:
        """Of the small relations alone: those of the cluster have no order."""
        return None if relation in self._cluster.types else self._small.increasing_spans(relation, column, width)

    def with_function(
        self, table_name: str, key: Sequence[str], function: ColumnFunction, column: str, view_name: str | None = None
    ) -> str:
        """The rows collected in the order of their key, and what the function makes of them joined on by it."""
        if table_name not in self._cluster.types:
            return self._small_relation(self._small.with_function(table_name, key, function, column, view_name))
        columns = ", ".join(quoted(name) for name, kind in self.types(table_name).items() if kind != "list")
        key_list = ", ".join(map(quoted, key))
        frame = self.collect(f"SELECT {columns} FROM {quoted(table_name)} ORDER BY {key_list}")
        values = self.scan(frame[list(key)].assign(**{column: function(frame)}))
        conditions = " AND ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in key)
        selected_columns = ", ".join(f"a.{quoted(name)}" for name in self.types(table_name))
        return self.view(
            f"SELECT {selected_columns}, b.{quoted(column)} FROM {quoted(table_name)} AS a "
            f"LEFT JOIN {quoted(values)} AS b ON {conditions}",
            view_name,
        )

    def blocks(self, table_name: str) -> Iterator[pd.DataFrame]:
        if not self._is_large(parsed_plan(f"SELECT * FROM {quoted(table_name)}")):
            yield from self._small.blocks(table_name)
            return
        yield self.collect(table_name)

    def collect(self, source: str | exp.Expression) -> pd.DataFrame:
        is_name = isinstance(source, str) and source.isidentifier()
        plan = parsed_plan(f"SELECT * FROM {quoted(str(source))}" if is_name else source)
        if not self._is_large(plan):
            return self._small.collect(source)
        with spark_faults():
            folder = self._written(self._rows(plan))
        table = self._small.scan(folder)
        frame = self._small.collect(table)
        self._small.drop([table])
        shutil.rmtree(folder)
        return frame

    def types(self, table_name: str) -> dict[str, str]:
        if table_name not in self._cluster.types:
            return self._small.types(table_name)
        return {column: value_type(sql_type) for column, sql_type in self._cluster.types[table_name].items()}

    def sql_types(self, table_name: str) -> dict[str, str]:
        return self._cluster.types.get(table_name) or self._small.sql_types(table_name)

    def count(self, table_name: str) -> int:
        if table_name not in self._cluster.types:
            return self._small.count(table_name)
        with spark_faults():
            return int(self._cluster.started_session().table(f"`{table_name}`").count())

    def write(self, source: str | pd.DataFrame, path: Path, key: Sequence[str] = ()) -> None:
        """A relation of the cluster as a folder of parquet files."""
        if not isinstance(source, str) or source not in self._cluster.types:
            self._small.write(source, path, key)
            return
        with spark_faults():
            rows = self._cluster.started_session().table(f"`{source}`")
            write_parts(rows.orderBy(*(f"`{column}`" for column in key)) if key else rows, path)

    def names(self) -> list[str]:
        return sorted({*self._small.names(), *self._cluster.types})

    def drop(self, table_names: Iterable[str]) -> None:
        for name in table_names:
            self._forget(name)
            self._small.drop([name])

    def keep_only(self, table_names: Collection[str]) -> None:
        """Removes other relations; what Spark's views were read from stays until the engine is closed."""
        self.drop([name for name in self.names() if name not in table_names])
        if not self._cluster.types:
            self._small.keep_only(table_names)

    def _is_large(self, plan: exp.Expression) -> bool:
        return not tables_of(plan).isdisjoint(self._cluster.types)

    def _rows(self, plan: exp.Expression) -> Any:
        """The plan's rows as Spark will compute them."""
        schema = {name: self._cluster.types.get(name) or self._sent_types(name) for name in tables_of(plan)}
        return self._cluster.started_session().sql(spark_sql(plan, schema))

    def _sent_types(self, name: str) -> dict[str, str]:
        """The types of a small relation on the cluster, to which it is sent when it is first needed."""
        with self._cluster.lock:
            if name not in self._cluster.sent:
                path = self._cluster.folder / "sent" / f"{self.new_name()}.parquet"
                self._small.write(name, path)
                columns = [
                    f"NULL AS `{column}`" if sql_type.strip('"') == "NULL" else f"`{column}`"  # parquet has no type for nothing
                    for column, sql_type in self._small.sql_types(name).items()
                ]
                rows = self._cluster.started_session().read.parquet(str(path)).selectExpr(*columns)
                rows.createOrReplaceTempView(f"`{name}`")
                self._cluster.sent[name] = _types_of(rows)
            return self._cluster.sent[name]

    def _keep(self, rows: Any, name: str | None) -> str:
        """Rows as a relation of the cluster."""
        table = name or self.new_name()
        with self._cluster.lock:
            self._small.drop([table])
            self._cluster.sent.pop(table, None)
            rows.createOrReplaceTempView(f"`{table}`")
            self._cluster.types[table] = _types_of(rows)
        return table

    def _small_relation(self, name: str) -> str:
        """The name of a relation that is new in the embedded engine."""
        self._forget(name)
        return name

    def _forget(self, name: str) -> None:
        with self._cluster.lock:
            is_known = self._cluster.types.pop(name, None) or self._cluster.sent.pop(name, None)
            if is_known and self._cluster.session is not None:
                self._cluster.session.catalog.dropTempView(name)

    def _read(self, folder: Path) -> Any:
        with spark_faults():
            return self._cluster.started_session().read.parquet(str(folder))

    def _written(self, rows: Any) -> Path:
        """The folder of parquet files that holds the rows, in their order."""
        folder = self._cluster.folder / "rows" / self.new_name()
        write_parts(rows, folder)
        return folder


def _types_of(rows: Any) -> dict[str, str]:
    """Column -> SQL type, as the embedded engine names it."""
    return {column.name: _sql_type(column.dataType.simpleString()) for column in rows.schema.fields}


def _sql_type(spark_type: str) -> str:
    if spark_type.startswith("decimal"):
        return spark_type.upper()
    if spark_type.startswith("array<"):
        return f"{_sql_type(spark_type[6:-1])}[]"
    return SQL_TYPES.get(spark_type, spark_type.upper())


def write_parts(rows: Any, folder: Path) -> None:
    """Rows as parquet files whose names follow the order of the rows and are the same each time."""
    columns = [
        f"CAST(`{column.name}` AS INT) AS `{column.name}`" if column.dataType.simpleString() == "void" else f"`{column.name}`"
        for column in rows.schema.fields
    ]
    rows.selectExpr(*columns).write.mode("overwrite").parquet(str(folder))
    for position, part in enumerate(sorted(folder.glob("part-*.parquet"))):
        part.rename(folder / f"part-{position:05}.parquet")
    for checksum in folder.glob(".*.crc"):
        checksum.unlink()
