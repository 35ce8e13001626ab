"""Runs put in their place whole or not at all, `latest` or a scenario's pointer set to them, and one run by any of its names."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import provenance
from .errors import SetupError, unknown

LATEST = "latest"
"""Points at the last run of the study as its files say; a scenario's last run is beside it, as `latest-<scenario>`."""
MANIFEST = "manifest.json"
CONFIG = "config.json"
"""The configuration of a run with every default written out."""
PUBLISHED_NAME = "published_as"
"""The manifest's word for where people find the run: latest, latest-<scenario>, runs/<run>, quick."""
KEEP_RUNS = 5
UNFINISHED = ".tmp-"
"""Begins the name of a folder that is still being written; whoever holds the lock of the results may remove it."""


def scenario_pointer(scenario: str) -> str:
    """What points at the last run of a scenario."""
    return f"{LATEST}-{scenario}"


def run_folders(study_results: Path) -> dict[str, Path]:
    """Id -> folder of each whole run."""
    return {path.parent.name: path.parent for path in sorted((study_results / "runs").glob(f"*/{MANIFEST}"))}


def pointers(study_results: Path) -> dict[str, str]:
    """`latest`, `latest-<scenario>` -> id of the run each points at (a link, or a copy where links are not allowed)."""
    folders = [path for path in pointer_files(study_results) if path.is_dir()]
    return {
        path.name: path.resolve().name if path.is_symlink() else str(manifest_or_empty(path).get("run", "")) for path in folders
    }


def pointer_files(study_results: Path) -> list[Path]:
    """Everything of the pointers: links or copies, and the text files beside them."""
    return [path for path in sorted(study_results.glob(f"{LATEST}*")) if path.stem == LATEST or path.name.startswith("latest-")]


def manifest_or_empty(run_folder: Path) -> dict[str, Any]:
    """The manifest of a run; empty where it is absent or damaged."""
    try:
        manifest = json.loads((run_folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def runs_by_date(study_results: Path) -> list[tuple[Path, Mapping[str, Any]]]:
    """Folder and manifest of each whole run, the newest last; a damaged manifest is empty and comes first."""
    runs = [(folder, manifest_or_empty(folder)) for folder in run_folders(study_results).values()]
    return sorted(runs, key=lambda run: (str(run[1].get("made_at", "")), run[0].name))


def run_folder(study_results: Path, run_name: str = LATEST) -> Path:
    """The folder of the run that a name means: `latest`, `latest-<scenario>`, a scenario, or the beginning of an id.

    SetupError where none or several fit; it lists those there are.
    """
    runs, pointed = run_folders(study_results), pointers(study_results)
    whole_runs = [name for name in pointed if (study_results / name / MANIFEST).is_file()]
    pointer = next((name for name in (run_name, scenario_pointer(run_name)) if name in whole_runs), None)
    if pointer is not None:
        return study_results / pointer
    if not runs:
        raise SetupError(
            "there is no whole run; hqd run makes one", zh="没有完整的运行结果;请先执行 hqd run", location=str(study_results)
        )
    if run_name == LATEST:
        raise SetupError(
            "the study has not been run as its files say, only with --scenario or --set; hqd run makes `latest`",
            zh="尚无按配置文件原样的运行,只有带 --scenario 或 --set 的运行;执行 hqd run 可生成 latest",
            location=str(study_results),
        )
    fitting_ids = [run_id for run_id in runs if run_id.startswith(run_name)]
    if len(fitting_ids) == 1:
        return runs[fitting_ids[0]]
    if fitting_ids:
        candidates = ", ".join(fitting_ids)
        raise SetupError(
            f"{run_name!r} begins several runs: {candidates}",
            zh=f"以 {run_name!r} 开头的运行不止一个:{candidates}",
            location=str(study_results),
        )
    en, zh = unknown("run", run_name, [*pointed, *runs], kind_zh="运行")
    raise SetupError(en, zh=zh, location=str(study_results))


def publish(temporary: Path, runs: Path, run_id: str, manifest: Mapping[str, Any], *, pointer: str | None = LATEST) -> Path:
    """Write the manifest last, put the run in its place, point `latest` or a scenario's `pointer` at it, or nothing (None).

    A run with the same id was made of the same ingredients: it stays if it is whole and is replaced if it is not. Of the runs
    that nothing points at, the last few are kept.
    """
    _complete(temporary, manifest)
    target = runs / run_id
    if not provenance.intact(target, run_id):
        _replace_folder(temporary, target)
    if pointer is not None:
        point_at(runs.parent, run_id, pointer)
    for old_run in surplus_runs(runs):
        if old_run != target:
            shutil.rmtree(old_run)
    return target


def surplus_runs(runs: Path) -> list[Path]:
    """Runs beyond the last few that nothing points at."""
    whole_runs = [path for path in runs.iterdir() if path.is_dir() and not path.name.startswith(".")]
    pointed = set(pointers(runs.parent).values())
    by_age = sorted(whole_runs, key=lambda path: path.stat().st_mtime)
    return [path for path in by_age[:-KEEP_RUNS] if path.name not in pointed]


def publish_in_place(temporary: Path, target: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the manifest last and put the folder in the place of the one before, which is gone only when this one is whole."""
    _complete(temporary, manifest)
    if target.exists():
        target.rename(temporary.with_name("before"))  # removed with the temporary folder
    temporary.rename(target)
    return target


def _complete(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True), "utf-8")
    provenance.sync_folder(folder)


def _replace_folder(temporary: Path, target: Path) -> None:
    """A whole folder in the place of a broken one or of none; `target` exists at every moment if it did before."""
    if target.is_dir():
        (target / MANIFEST).unlink(missing_ok=True)  # from here on nobody takes it for a run
        for path in target.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    try:
        temporary.rename(target)  # an empty folder is replaced at once
    except OSError:  # on Windows none is
        target.rmdir()
        temporary.rename(target)


def point_at(study_folder: Path, run_id: str, pointer: str = LATEST) -> None:
    """`latest` -> runs/<run>: a relative symlink replaced at once, or a copy where links are not allowed.

    `latest.txt` holds the run's id and, on its second line, the SHA-256 of its manifest. `latest-<scenario>` is the same.
    """
    run_folder, link = study_folder / "runs" / run_id, study_folder / pointer
    new_link = study_folder / f".{pointer}.new"
    with contextlib.suppress(FileNotFoundError):
        new_link.unlink()
    try:
        new_link.symlink_to(Path("runs") / run_id)
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        new_link.replace(link)
    except (OSError, NotImplementedError):
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        shutil.copytree(run_folder, link)
    pointer_text = study_folder / f".{pointer}.txt.new"
    pointer_text.write_text(f"{run_id}\n{provenance.digest_file(run_folder / MANIFEST)}\n", "utf-8")
    pointer_text.replace(study_folder / f"{pointer}.txt")


def recorded_digest(study_folder: Path, run_id: str) -> str | None:
    """The SHA-256 that the text beside a pointer records of a run's manifest; None where none of them is of that run."""
    for path in (study_folder / f"{LATEST}.txt", *sorted(study_folder.glob(f"{LATEST}-*.txt"))):
        try:
            lines = path.read_text("utf-8").split()
        except OSError:
            continue
        if lines[:1] == [run_id] and len(lines) > 1:
            return lines[1]
    return None


def remove_unfinished(*folders: Path) -> list[Path]:
    """Removes what killed processes left half written in the folders, whose lock the caller holds; what was removed."""
    leftovers = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob(f"{UNFINISHED}*"))]
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)
    return leftovers
