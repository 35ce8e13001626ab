"""Tables of a cluster's catalogue as parquet files: what a study's sources ask for, copied by the cluster itself."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import closing
from pathlib import Path

from ...engines import Catalogue, open_catalogue
from ...engines.database_files import parquet_size
from ...errors import ConfigError
from ...publishing import UNFINISHED
from ...study.records import Study
from ...study.source_paths import CATALOGUE_PREFIX, catalogue_table
from ..database_snapshot import DatabaseSnapshot, meant_columns, where_sql
from ..study_columns import table_of
from .raw_files import file_digest


def catalogue_snapshots(study: Study, folder: Path, *, first_rows: int | None = None) -> dict[str, DatabaseSnapshot]:
    """The snapshot of each source that is a table of the cluster's catalogue, by source id, below `folder`.

    ConfigError S01 where the table or a column of `where` is missing, SetupError where the cluster reports a fault; what is half
    written then is removed.
    """
    names = {id: catalogue_table(source.path) for id, source in study.sources.sources.items()}
    tables = {source_id: table for source_id, table in names.items() if table is not None}
    if not tables:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as scratch,
        closing(open_catalogue(study.study)) as catalogue,
    ):
        return {
            source_id: _snapshot(study, source_id, table, catalogue, Path(scratch) / source_id, folder, first_rows)
            for source_id, table in tables.items()
        }


def _snapshot(
    study: Study, source_id: str, table: str, catalogue: Catalogue, scratch: Path, folder: Path, first_rows: int | None
) -> DatabaseSnapshot:
    """The rows of a source in a folder named by their digest."""
    source, location = study.sources.sources[source_id], f"sources.yaml sources.{source_id}"
    types = catalogue.columns(table, f"{location}.path")
    absent = [column for column in source.where if column not in types]
    if absent:
        raise ConfigError(
            f"no column {absent[0]!r} in {table}; there are: {', '.join(types)}",
            zh=f"{table} 中没有列 {absent[0]!r};现有:{'、'.join(types)}",
            location=f"{location}.where",
            rule="S01",
        )
    columns = meant_columns(source, table_of(study, source.table), list(types)) or list(types)
    limit = f" LIMIT {first_rows}" if first_rows is not None else ""
    query = catalogue.copy(table, {column: types[column] for column in columns}, where_sql(source.where) + limit, scratch)
    rows = {path.name: parquet_size(path)[0] for path in sorted(scratch.glob("*.parquet"))}
    parts = tuple((name, file_digest(scratch / name)) for name, count in rows.items() if count) or tuple(
        (name, file_digest(scratch / name)) for name in list(rows)[:1]
    )
    digest = hashlib.sha256("".join(part_digest for _, part_digest in parts).encode()).hexdigest()
    target = folder / digest / "rows"
    if not target.is_dir():
        target.parent.mkdir(exist_ok=True)
        scratch.replace(target)
    return DatabaseSnapshot(
        f"{CATALOGUE_PREFIX}{table}", str(target), digest, sum(rows.values()), query, "", table, catalogue.version, parts
    )
