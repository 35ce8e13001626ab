"""Removing what can be made again: old runs, the cache beyond its limit, or all results; never raw data."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

from .. import provenance
from ..errors import SetupError
from ..file_lock import locked, remove_lock
from ..publishing import KEEP_RUNS, UNFINISHED, remove_unfinished
from ..scratch_folder import remove_abandoned_scratch

RESULTS = ("runs", "latest", "latest.txt", "rejected", "quick")
"""What the program puts into a study's folder of results; nothing else there is touched."""


def clean(results: Path, *, everything: bool = False, raw: Path | None = None) -> list[tuple[Path, int]]:
    """What was removed below a folder of results, with the bytes freed.

    Old runs beyond the last few and the cache beyond its limit; with `everything` all runs of all studies and the whole
    cache. SetupError (exit 5) where raw data lies inside what would go, or a run is being written.
    """
    studies = sorted(path for path in results.glob("*/") if (path / "runs").is_dir() and not path.name.startswith("."))
    cache = results / ".cache"
    if everything and raw is not None:
        _refuse_raw(raw, [cache, *(study_results / folder_name for study_results in studies for folder_name in RESULTS)])
    freed_folders: list[tuple[Path, int]] = []
    with locked(results) if results.is_dir() else contextlib.nullcontext():
        remove_abandoned_scratch()
        for study_results in studies:
            removed_folders = [study_results / folder_name for folder_name in RESULTS] if everything else _old_runs(study_results)
            freed_folders += [(path, _remove(path)) for path in removed_folders if path.exists() or path.is_symlink()]
        if everything:
            remove_lock(results)
            return [*freed_folders, (cache, _remove(cache))] if cache.is_dir() else freed_folders
        size_before = _size(cache)
        remove_unfinished(cache)
        provenance.trim_cache(cache, [entry for study_results in studies for entry in _in_use(study_results, cache)])
        freed = size_before - _size(cache)
    return [*freed_folders, (cache, freed)] if freed else freed_folders


def _old_runs(study_results: Path) -> list[Path]:
    """Runs beyond the last few, and torn ones; never the published one."""
    runs = [path for path in (study_results / "runs").iterdir() if path.is_dir()]
    torn_runs = [path for path in runs if path.name.startswith(UNFINISHED)]
    complete_runs = sorted((path for path in runs if path not in torn_runs), key=lambda path: path.stat().st_mtime)
    published_run = (study_results / "latest").resolve()
    return torn_runs + [path for path in complete_runs[:-KEEP_RUNS] if path.resolve() != published_run]


def _in_use(study_results: Path, cache: Path) -> list[Path]:
    """The cache entries behind the published run, which hqd explain reads."""
    try:
        stage_entries = json.loads((study_results / "latest" / "manifest.json").read_text("utf-8"))["stages"]
    except (OSError, ValueError, KeyError):
        return []
    return [cache / stage / stage_facts["key"] for stage, stage_facts in stage_entries.items()]


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
