"""What a run reads from outside, by digest: raw files, the files a recognition list is checked against, tables of servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .. import provenance
from ..study.records import BATCHES_FILE
from ..study.source_paths import database_name, source_paths
from .stages import RunFolders

if TYPE_CHECKING:
    from ..intake import DatabaseSnapshot
    from ..study.records import Study


def database_snapshots(study: Study, folder: Path) -> Mapping[str, DatabaseSnapshot]:
    """What the sources on servers hold, by source id, below a folder; a study of files alone imports nothing for it."""
    if not any(database_name(source.path) for source in study.sources.sources.values()):
        return {}
    from ..intake import database_snapshots as read_snapshots

    return read_snapshots(study, folder)


def input_digests(study: Study, run_folders: RunFolders) -> dict[str, str]:
    """Relative path -> sha256 of every raw file the sources name, and of the files the list is checked against.

    The name of a link out of the data folder says so: whatever its content, no stored intake fits, and reading refuses it (S12).
    """
    root = run_folders.data.resolve()
    paths = {
        path
        for source in study.sources.sources.values()
        for path in source_paths(run_folders.data, source.path)[0]
        if path.is_file()
    }
    if study.sources.srdi_list:
        list_files = (study.sources.srdi_list.batches or BATCHES_FILE, study.sources.srdi_list.provinces)
        paths |= {
            folder / file_name for file_name in list_files if file_name for folder in (run_folders.data, run_folders.configs)
        }
    names = {
        path: f"configs/{path.name}" if path.parent == run_folders.configs else str(path.relative_to(run_folders.data))
        for path in paths
    }
    links = {path for path in paths if path.parent != run_folders.configs and not path.resolve().is_relative_to(root)}
    names |= {path: f"{names[path]} -> {path.resolve()}" for path in links}
    return {names[path]: provenance.digest_file(path) for path in sorted(paths) if path.is_file()}
