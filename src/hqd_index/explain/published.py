"""The published run of a study: its manifest, the tables people read, and the cached tables behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, Faults, SetupError
from ..pipeline import RunFolders, section
from ..provenance import cached, canonical_json, digest_text, manifest_of, table_path
from ..publishing import CONFIG, LATEST, run_folder, runs_by_date, scenario_pointer
from ..study.records import Study
from ..study.study_folder import LoadedStudy
from ..study.varied_study import study_of_json, vary

COMPARED_SECTIONS = (
    "study", "sources", "rules", "columns", "indicators", "weighting", "regressions.density", "regressions.density_source",
)  # fmt: skip
"""The parts of a study that a score depends on."""


@dataclass(frozen=True)
class Published:
    """The study, the folder of its published run, what the manifest says, and the cache that holds each stage's tables."""

    study: Study
    folder: Path
    manifest: Mapping[str, Any]
    cache: Path

    def table(self, table_name: str) -> pd.DataFrame:
        """A table as people read it."""
        path = self.folder / "tables" / f"{table_name}.csv"
        return pd.read_csv(path, dtype={"unit": str}, encoding="utf-8-sig")

    def stored(self, stage: str) -> dict[str, Path]:
        """name -> parquet file of a stage's tables; SetupError where the cache no longer holds them."""
        key = self.manifest["stages"][stage]["key"]
        table_names = cached(self.cache, stage, key)
        if table_names is None:
            raise SetupError(
                f"the stored tables of stage {stage} are gone; run hqd run again",
                zh=f"阶段 {stage} 的中间结果已不在缓存中;请重新执行 hqd run",
                location=str(self.cache),
            )
        return {table_name: table_path(self.cache, stage, key, table_name) for table_name in table_names}


def published(loaded_study: LoadedStudy, run_folders: RunFolders, run_name: str | None = None) -> Published:
    """A published run: the one named, read by its own configuration, or else the one of this study.

    Without a name it is what `latest` or the scenario's pointer is set to; of a study changed on the command line the newest run
    with those changes. ConfigError (exit 2) where the study has changed since in what a score depends on.
    """
    home, cache = run_folders.output_folder / loaded_study.study.name, run_folders.output_folder / ".cache"
    if run_name is not None:
        folder = run_folder(home, run_name)
        return Published(_study_of_run(folder, loaded_study.study.study.language), folder, manifest_of(folder), cache)
    folder = _newest_match(home, loaded_study)
    manifest = manifest_of(folder)
    changes = _changed_sections(loaded_study.study, manifest)
    if changes:
        raise ConfigError(
            f"the study differs from the published run in: {', '.join(changes)}; run hqd run, or name a run: --run RUN (hqd runs "
            "lists them)",
            zh=f"当前配置与已发布的结果不一致:{'、'.join(changes)};请重新执行 hqd run,或用 --run 指定一次运行"
            "(hqd runs 列出全部运行)",
            location=str(folder),
        )
    return Published(loaded_study.study, folder, manifest, cache)


def _newest_match(home: Path, loaded_study: LoadedStudy) -> Path:
    """What the study's pointer is set to; of a study changed on the command line its newest run, if there is one."""
    if not loaded_study.changes:
        return run_folder(home, LATEST if loaded_study.scenario is None else scenario_pointer(loaded_study.scenario))
    matches = [folder for folder, manifest in runs_by_date(home) if manifest and same_study(loaded_study.study, manifest)]
    return matches[-1] if matches else run_folder(home)


def _study_of_run(folder: Path, language: str) -> Study:
    """The study that a run was made of, in a language; SetupError where it cannot be read."""
    try:
        return vary(study_of_json((folder / CONFIG).read_bytes()), {"study.language": language})
    except (OSError, ValueError, Faults) as fault:
        raise SetupError(
            "its configuration cannot be read by this version of the program; hqd run makes the run again",
            zh="本版本程序无法读取该次运行的配置;执行 hqd run 可重新生成",
            location=str(folder / CONFIG),
        ) from fault


def same_study(study: Study, manifest: Mapping[str, Any]) -> bool:
    """Whether a run was made with this configuration, in all that a score depends on."""
    return not _changed_sections(study, manifest)


def _changed_sections(study: Study, manifest: Mapping[str, Any]) -> list[str]:
    """The parts a score depends on whose digest is not that of the run; the language of the output is no such part."""
    run_digests = {
        ingredient: digest
        for stage_facts in manifest["stages"].values()
        for ingredient, digest in stage_facts["ingredients"].items()
        if ingredient.startswith("config ")
    }
    variants = [vary(study, {"study.language": language}) for language in ("zh", "en")]
    return [
        path
        for path in COMPARED_SECTIONS
        if run_digests.get(f"config {path}") not in {_digest(variant, path) for variant in variants}
    ]


def _digest(study: Study, path: str) -> str:
    return digest_text(canonical_json(section(study, path)))
