"""Removing what can be made again: old runs, the cache beyond its limit, or all results; never raw data."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from .. import provenance
from ..errors import SetupError
from ..file_lock import locked, remove_lock
from ..publishing import UNFINISHED, manifest_or_empty, pointer_files, pointers, remove_unfinished, surplus_runs
from ..scratch_folder import remove_abandoned_scratch

RESULTS = ("runs", "rejected", "quick")
"""What the program puts into a study's folder of results besides `latest` and its siblings; nothing else there is touched."""


def clean(results: Path, *, everything: bool = False, raw: Path | None = None) -> list[tuple[Path, int]]:
    """What was removed below a folder of results, with the bytes freed.

    Old runs beyond the last few and the cache beyond its limit; with `everything` all runs of all studies and the whole
    cache. SetupError (exit 5) where raw data lies inside what would go, or a run is being written.
    """
    studies = sorted(path for path in results.glob("*/") if (path / "runs").is_dir() and not path.name.startswith("."))
    cache = results / ".cache"
    if everything and raw is not None:
        _refuse_raw(raw, [cache, *(path for study_results in studies for path in _results_of(study_results))])
    freed_folders: list[tuple[Path, int]] = []
    with locked(results) if results.is_dir() else contextlib.nullcontext():
        remove_abandoned_scratch()
        for study_results in studies:
            removed_folders = _results_of(study_results) if everything else _old_runs(study_results)
            freed_folders += [(path, _remove(path)) for path in removed_folders if path.exists() or path.is_symlink()]
        if everything:
            remove_lock(results)
            return [*freed_folders, (cache, _remove(cache))] if cache.is_dir() else freed_folders
        size_before = _size(cache)
        remove_unfinished(cache)
        provenance.trim_cache(cache, [entry for study_results in studies for entry in _in_use(study_results, cache)])
        freed = size_before - _size(cache)
    return [*freed_folders, (cache, freed)] if freed else freed_folders


def _results_of(study_results: Path) -> list[Path]:
    return [*pointer_files(study_results), *(study_results / folder_name for folder_name in RESULTS)]


def _old_runs(study_results: Path) -> list[Path]:
    """Runs beyond the last few, and torn ones; never one that `latest` or a scenario's pointer is set to."""
    runs = study_results / "runs"
    return [*(path for path in sorted(runs.iterdir()) if path.name.startswith(UNFINISHED)), *surplus_runs(runs)]


def _in_use(study_results: Path, cache: Path) -> list[Path]:
    """The cache entries behind the published runs, which hqd explain reads."""
    manifests = [manifest_or_empty(study_results / pointer) for pointer in pointers(study_results)]
    return [
        cache / stage / stage_facts["key"]
        for manifest in manifests
        for stage, stage_facts in manifest.get("stages", {}).items()
        if "key" in stage_facts
    ]


def _refuse_raw(raw_folder: Path, removed_folders: list[Path]) -> None:
    enclosing_folder = next((path for path in removed_folders if raw_folder.resolve().is_relative_to(path.resolve())), None)
    if enclosing_folder is not None:
        raise SetupError(
            f"the raw data {raw_folder} lie inside {enclosing_folder}; nothing was removed",
            zh=f"原始数据 {raw_folder} 位于 {enclosing_folder} 之内;未删除任何内容",
        )


def _size(path: Path) -> int:
    if path.is_symlink() or not path.exists():
        return 0
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _remove(path: Path) -> int:
    """The bytes freed by removing a file, a link or a folder."""
    size = _size(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    return size
