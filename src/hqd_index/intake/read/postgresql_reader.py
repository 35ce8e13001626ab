"""Tables of a PostgreSQL server as parquet files: what a study's sources ask for, in one read-only snapshot of each server.

The driver (ADBC) gives Arrow batches, which go to parquet as they come; columns and filters are asked of the server.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...canonical import CanonicalTable
from ...engines import literal, quoted
from ...engines.database_files import parquet_size
from ...errors import ConfigError, HqdError, SetupError, closest
from ...publishing import UNFINISHED
from ...study.records import Source, Study
from ...study.source_paths import database_name
from ..database_snapshot import DatabaseSnapshot, meant_columns, where_sql
from ..study_columns import table_of
from .raw_files import file_digest

DSN_PREFIX = "HQD_DSN_"
"""A server's connection string is the environment variable of this beginning and its name in capitals."""
EXTRA = "hqd-index[postgresql]"
CONNECT_SECONDS = "20"
AS_IT_IS = {
    "smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "character varying", "character", "date",
    "timestamp without time zone", "timestamp with time zone", "numeric",
}  # fmt: skip
"""Types that arrive as they are; the server writes all others as text."""
SNAPSHOT = """SELECT pg_current_snapshot()::text, current_database()::text, current_setting('server_version')"""
SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL extra_float_digits = 1",
)


def server_snapshots(study: Study, folder: Path, *, first_rows: int | None = None) -> dict[str, DatabaseSnapshot]:
    """The snapshot of each source that lies on a server, by source id, below `folder`; the sources of a server share one.

    SetupError (exit 5) where driver, address, connection or table are missing; a connection that is lost leaves nothing behind.
    """
    source_ids_by_server: dict[str, list[str]] = {}
    for source_id, source in study.sources.sources.items():
        if server := database_name(source.path):
            source_ids_by_server.setdefault(server, []).append(source_id)
    snapshots: dict[str, DatabaseSnapshot] = {}
    for server, source_ids in source_ids_by_server.items():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as scratch, _transaction(server) as transaction:
            for source_id in source_ids:
                snapshots[source_id] = transaction.snapshot(study, source_id, Path(scratch), folder, first_rows)
    return snapshots


@contextmanager
def _transaction(server: str) -> Iterator[_Transaction]:
    """A read-only transaction that sees the server as it is at its first query."""
    dsn, location = _dsn(server), f"postgresql:{server}"
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as fault:
        raise SetupError(
            f"the driver for PostgreSQL is missing; install it with: pip install '{EXTRA}'",
            zh=f"缺少 PostgreSQL 的驱动;请执行:pip install '{EXTRA}'",
            location=location,
        ) from fault
    os.environ.setdefault("PGCONNECT_TIMEOUT", CONNECT_SECONDS)
    try:
        connection = dbapi.connect(dsn, autocommit=False)
    except Exception as fault:
        raise SetupError(
            f"cannot connect to {location}: {_reason(fault, dsn)}; check {DSN_PREFIX}{server.upper()} and the server",
            zh=f"无法连接 {location}:{_reason(fault, dsn)};请检查 {DSN_PREFIX}{server.upper()} 与服务器",
            location=location,
        ) from None
    try:
        yield _Transaction(connection, server, dsn)
    finally:
        connection.close()


def _dsn(server: str) -> str:
    variable = f"{DSN_PREFIX}{server.upper()}"
    if dsn := os.environ.get(variable):
        return dsn
    raise SetupError(
        f"the environment variable {variable} is not set; set it to the address, as postgresql://user@host/database (a password "
        "belongs there or in ~/.pgpass, never in YAML)",
        zh=f"未设置环境变量 {variable};请设为地址,如 postgresql://用户@主机/数据库(密码写在其中或 ~/.pgpass,不写入 YAML)",
        location=f"postgresql:{server}",
    )


def _reason(fault: BaseException, dsn: str) -> str:
    """The first line of what the driver says, without the address, which may hold a password."""
    lines = str(fault).replace(dsn, "...").strip().splitlines() or [type(fault).__name__]
    return lines[0][:200]


class _Transaction:
    """One connection in its transaction."""

    def __init__(self, connection: Any, server: str, dsn: str) -> None:
        self._connection, self._server, self._dsn = connection, server, dsn
        with self._faults(f"postgresql:{server}"):
            for setting in SETTINGS:
                with connection.cursor() as cursor:
                    cursor.execute(setting)
            self._facts = self._rows(SNAPSHOT)[0]

    @contextmanager
    def _faults(self, location: str) -> Iterator[None]:
        """What the driver raises, as a SetupError; nothing that was read is kept."""
        try:
            yield
        except (HqdError, OSError):
            raise
        except Exception as fault:
            reason = _reason(fault, self._dsn)
            raise SetupError(
                f"reading failed: {reason}; nothing of it was kept: run again when the server can be reached",
                zh=f"读取失败:{reason};未保留任何已读内容,请在服务器可用时重新运行",
                location=location,
                rule="S01",
            ) from None

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        from arro3.core import RecordBatchReader

        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            table = RecordBatchReader.from_arrow(cursor.fetch_arrow()).read_all()
        columns = [[cell.as_py() for cell in table.column(position)] for position in range(table.num_columns)]
        return list(zip(*columns))

    def snapshot(self, study: Study, source_id: str, scratch: Path, folder: Path, first_rows: int | None) -> DatabaseSnapshot:
        """The rows of a source as a parquet file named by its digest."""
        from arro3.core import RecordBatchReader
        from arro3.io import write_parquet

        source, location = study.sources.sources[source_id], f"sources.yaml sources.{source_id}"
        with self._faults(location):
            schema, name = self._table(source, location)
            query = self._query(source, table_of(study, source.table), f"{quoted(schema)}.{quoted(name)}", location)
            if first_rows is not None:
                query += f" LIMIT {first_rows}"
            path = scratch / f"{source_id}.parquet"
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                write_parquet(RecordBatchReader.from_arrow(cursor.fetch_arrow()), str(path))
        digest = file_digest(path)
        target = folder / digest / "rows.parquet"
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        rows, _ = parquet_size(target)
        snapshot, database, version = self._facts
        return DatabaseSnapshot(
            f"postgresql:{self._server}/{schema}.{name}", str(target), digest, rows, query, snapshot, database, version
        )

    def _table(self, source: Source, location: str) -> tuple[str, str]:
        """Schema and name of the table or view that `sheet:` means, or of the only one."""
        found = self._rows(
            "SELECT table_schema::text, table_name::text FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        )
        asked_for = source.sheet
        names = [f"{schema}.{name}" for schema, name in found]
        matches = [(schema, name) for schema, name in found if asked_for in (None, f"{schema}.{name}", name)]
        if len(matches) == 1:
            return matches[0]
        listed = ", ".join(names[:10]) or "-"
        nearest = closest(asked_for, names) if asked_for and not matches else None
        hint_en = f"did you mean {nearest!r}?" if nearest else f"name one with `sheet:`; there are: {listed}"
        hint_zh = f"您是不是想写 {nearest!r}?" if nearest else f"请用 `sheet:` 写明;现有:{listed}"
        raise ConfigError(
            f"{len(matches)} tables {asked_for or ''} in {source.path}; {hint_en}",
            zh=f"{source.path} 中有 {len(matches)} 个表 {asked_for or ''};{hint_zh}",
            location=location,
            rule="S01",
        )

    def _query(self, source: Source, table: CanonicalTable, relation: str, location: str) -> str:
        """The columns that the source means, in the order of the table, where its bounds hold, ordered by the primary key."""
        types = dict(self._rows(
            "SELECT attname::text, regexp_replace(format_type(atttypid, NULL), '\\(.*', '') FROM pg_attribute "
            f"WHERE attrelid = {literal(relation)}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ))  # fmt: skip
        columns = meant_columns(source, table, list(types)) or list(types)
        selected = [quoted(c) if types[c] in AS_IT_IS else f"CAST({quoted(c)} AS text) AS {quoted(c)}" for c in columns]
        absent = [column for column in source.where if column not in types]
        if absent:
            raise ConfigError(
                f"no column {absent[0]!r} in {relation}; there are: {', '.join(types)}",
                zh=f"{relation} 中没有列 {absent[0]!r};现有:{'、'.join(types)}",
                location=f"{location}.where",
                rule="S01",
            )
        key = self._rows(
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            f"WHERE i.indrelid = {literal(relation)}::regclass AND i.indisprimary "
            "ORDER BY array_position(i.indkey::int2[], a.attnum)"
        )
        order = [quoted(column) for (column,) in key] or [str(position) for position in range(1, len(columns) + 1)]
        return f"SELECT {', '.join(selected)} FROM {relation}{where_sql(source.where)} ORDER BY {', '.join(order)}"
