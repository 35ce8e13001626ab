"""Rows of a study's sources that lie on servers and clusters, and the files that they were written to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..study.records import Study
from .database_snapshot import DatabaseSnapshot
from .read.catalogue_reader import catalogue_snapshots
from .read.postgresql_reader import server_snapshots
from .read.raw_files import RawFile


def database_snapshots(study: Study, folder: Path, *, first_rows: int | None = None) -> dict[str, DatabaseSnapshot]:
    """The snapshot of each source that is no file, by source id, below `folder`."""
    return server_snapshots(study, folder, first_rows=first_rows) | catalogue_snapshots(study, folder, first_rows=first_rows)


def database_files(snapshots: Mapping[str, DatabaseSnapshot]) -> dict[str, list[RawFile]]:
    """The snapshots as files of their sources, by source id."""
    return {source_id: snapshot.files() for source_id, snapshot in snapshots.items()}
