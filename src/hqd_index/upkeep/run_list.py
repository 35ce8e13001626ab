"""The runs of a study in the order of their dates: what points at each, and how it differs from the study as its files say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..publishing import CONFIG, LATEST, pointers, run_folder, runs_by_date
from .difference import Text, config_changes


@dataclass(frozen=True)
class ListedRun:
    """A run: id, time (ISO, UTC; '' where the manifest is damaged), what points at it, its scenario and other differences."""

    run: str
    made_at: str
    names: tuple[str, ...]
    scenario: Text | None
    is_changed: bool
    differences: tuple[Text, ...]


def run_list(study_results: Path) -> list[ListedRun]:
    """Every whole run, the newest first; SetupError where there is none."""
    runs = runs_by_date(study_results)
    if not runs:
        run_folder(study_results)
    pointed = pointers(study_results)
    base_folder = study_results / LATEST if LATEST in pointed else None
    base_manifest = next((manifest for folder, manifest in runs if folder.name == pointed.get(LATEST)), {})
    return [
        ListedRun(
            run=folder.name,
            made_at=str(manifest.get("made_at", "")),
            names=tuple(name for name, run_id in pointed.items() if run_id == folder.name),
            scenario=_scenario_name(manifest),
            is_changed=bool(manifest.get("changes")),
            differences=tuple(_differences((base_folder, base_manifest), (folder, manifest)))
            if base_folder is not None and folder.name != pointed[LATEST]
            else (),
        )
        for folder, manifest in reversed(runs)
    ]


def _scenario_name(manifest: Mapping[str, Any]) -> Text | None:
    scenario = manifest.get("scenario")
    return (str(scenario.get("zh", "")), str(scenario.get("en", ""))) if scenario else None


def _differences(base: tuple[Path, Mapping[str, Any]], listed: tuple[Path, Mapping[str, Any]]) -> Iterator[Text]:
    """Entries of the configuration, then how many raw files and whether the program differ."""
    configs = [_config_of(folder) for folder, _ in (base, listed)]
    designs = [{part: section for part, section in config.items() if part != "scenarios"} for config in configs]
    for change in config_changes(*designs):
        line = "{}: {} -> {}".format(*change)
        yield line, line
    inputs = [manifest.get("inputs", {}) for _, manifest in (base, listed)]
    changed_files = [name for name in sorted({*inputs[0], *inputs[1]}) if inputs[0].get(name) != inputs[1].get(name)]
    if changed_files:
        yield (f"{len(changed_files)} 个数据文件不同", f"{len(changed_files)} data file{'s' * (len(changed_files) > 1)} differ"
               f"{'s' * (len(changed_files) == 1)}")  # fmt: skip
    if len({_program_of(manifest) for _, manifest in (base, listed)}) > 1:
        yield "程序版本不同", "made by another version of the program"


def _config_of(folder: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _program_of(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Version and digest of the program that made a run."""
    ingredients = manifest.get("stages", {}).get("intake", {}).get("ingredients", {})
    return str(manifest.get("program")), str(ingredients.get("program"))
