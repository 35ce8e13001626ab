"""Tables of a cluster's catalogue: what they hold, and rows of them as files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlglot

from ...errors import ConfigError, closest
from ..sql_text import quoted
from .spark_engine import SQL_TYPES, write_parts
from .spark_faults import spark_faults
from .spark_session import spark_session
from .spark_settings import SparkSettings

LISTED = 10


class SparkCatalogue:
    """The catalogue that a cluster's session sees; a Spark that this started is ended by `close`."""

    def __init__(self, settings: SparkSettings) -> None:
        pyspark = sys.modules.get("pyspark")
        self._is_own = pyspark is None or pyspark.SparkContext._active_spark_context is None
        self._session: Any = spark_session(settings)

    def close(self) -> None:
        if self._is_own:
            self._session.sparkContext.stop()

    @property
    def version(self) -> str:
        return f"Spark {self._session.version}"

    def columns(self, table: str, location: str) -> dict[str, str]:
        """Column -> Spark's type of a table or view; ConfigError S01 with the nearest name where there is none."""
        with spark_faults():
            if not self._session.catalog.tableExists(table):
                raise self._no_such_table(table, location)
            return {column.name: column.dataType.simpleString() for column in self._session.table(table).schema.fields}

    def copy(self, table: str, columns: Mapping[str, str], rows: str, folder: Path) -> str:
        """The query whose rows are now parquet files of the folder; `rows` is what follows FROM, in the embedded dialect."""
        selected = ", ".join(_selected(name, spark_type) for name, spark_type in columns.items())
        relation = ".".join(map(quoted, table.split(".")))
        query = sqlglot.transpile(f"SELECT {selected} FROM {relation}{rows}", read="duckdb", write="spark")[0]
        with spark_faults():
            write_parts(self._session.sql(query), folder)
        return query

    def _no_such_table(self, table: str, location: str) -> ConfigError:
        catalog = self._session.catalog
        database = table.rpartition(".")[0] or catalog.currentDatabase()
        names = sorted(known.name for known in catalog.listTables(database)) if catalog.databaseExists(database) else []
        nearest = closest(table.rpartition(".")[2], names)
        hint_en = f"did you mean {nearest!r}?" if nearest else f"{database} has: {', '.join(names[:LISTED]) or '-'}"
        hint_zh = f"您是不是想写 {nearest!r}?" if nearest else f"{database} 中有:{'、'.join(names[:LISTED]) or '-'}"
        return ConfigError(
            f"the catalogue of the cluster has no table {table!r}; {hint_en}",
            zh=f"集群的目录中没有表 {table!r};{hint_zh}",
            location=location,
            rule="S01",
        )


def _selected(name: str, spark_type: str) -> str:
    """A column as files keep it: what is no number, text, flag or date becomes text."""
    is_plain = spark_type in SQL_TYPES or spark_type.startswith("decimal")
    return quoted(name) if is_plain else f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}"
