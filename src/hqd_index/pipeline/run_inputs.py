"""What a run finds when it begins: files and tables of servers, by digest, and the run before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .. import provenance
from ..publishing import LATEST, manifest_or_empty
from ..study.records import BATCHES_FILE
from ..study.source_paths import is_stored_elsewhere, source_paths
from .stages import RunFolders

if TYPE_CHECKING:
    from ..intake import DatabaseSnapshot
    from ..study.records import Study


def database_snapshots(study: Study, folder: Path) -> Mapping[str, DatabaseSnapshot]:
    """What the sources on servers hold, by source id, below a folder; a study of files alone imports nothing for it."""
    if not any(is_stored_elsewhere(source.path) for source in study.sources.sources.values()):
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
    return {names[path]: provenance.digest_input(path) for path in sorted(paths) if path.is_file()}


def previous_ingredients(results_folder: Path) -> dict[str, dict[str, str]]:
    """What each stage of the published run was made of; empty before the first."""
    return {
        stage: stage_facts.get("ingredients", {})
        for stage, stage_facts in manifest_or_empty(results_folder / LATEST).get("stages", {}).items()
    }


def earlier_seconds(results_folder: Path) -> dict[str, float]:
    """How long each stage took in the published run that made it anew."""
    stages = manifest_or_empty(results_folder / LATEST).get("stages", {})
    return {stage: float(stage_facts.get("seconds", 0.0)) for stage, stage_facts in stages.items()}
