"""The runs of a study: whole ones by id and by date, what `latest` and its siblings point at, one run by any of its names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import SetupError, unknown

LATEST = "latest"
"""Points at the last run of the study as its files say; a scenario's last run is beside it, as `latest-<scenario>`."""
MANIFEST = "manifest.json"
CONFIG = "config.json"
"""The configuration of a run with every default written out."""
PUBLISHED_NAME = "published_as"
"""The manifest's word for where people find the run: latest, latest-<scenario>, runs/<run>, quick."""


def scenario_pointer(scenario: str) -> str:
    """What points at the last run of a scenario."""
    return f"{LATEST}-{scenario}"


def run_folders(study_results: Path) -> dict[str, Path]:
    """Id -> folder of each whole run."""
    return {path.parent.name: path.parent for path in sorted((study_results / "runs").glob(f"*/{MANIFEST}"))}


def pointers(study_results: Path) -> dict[str, str]:
    """`latest`, `latest-<scenario>` -> id of the run each points at (a link, or a copy where links are not allowed)."""
    folders = [path for path in sorted(study_results.glob(f"{LATEST}*")) if (path / MANIFEST).is_file()]
    run_ids = {path.name: str(manifest_or_empty(path).get("run", path.resolve().name)) for path in folders}
    return {name: run_id for name, run_id in run_ids.items() if name == LATEST or name.startswith(f"{LATEST}-")}


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
    pointer = next((name for name in (run_name, scenario_pointer(run_name)) if name in pointed), None)
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
