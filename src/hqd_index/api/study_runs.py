"""A study loaded and run from Python, and the tables of a run as frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, SetupError, unknown
from ..one_thread import one_thread
from ..pipeline import Event, RunFolders, stage_workers
from ..pipeline import run as run_pipeline
from ..study.study_folder import LoadedStudy
from ..study.study_folder import load_study as load_study_folder
from ..tables import TABLES

SHOWN_ROWS = 10


@dataclass(frozen=True)
class Run:
    """A published run: its folder, what its manifest says, and its tables, each read as it is first asked for."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The run's id."""
        return str(self.manifest["run"])

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """The tables that this run holds."""
        return tuple(sorted(path.stem for path in (self.folder / "tables").glob("*.csv")))

    def table(self, name: str) -> pd.DataFrame:
        """A table by its contract: texts stay texts, codes keep their zeros. ConfigError for one there is not."""
        if name not in self.table_names:
            en, zh = unknown("table", name, self.table_names, kind_zh="表")
            raise ConfigError(en, zh=zh, location=str(self.folder))
        columns = TABLES[name].columns if name in TABLES else {}
        texts = {column: "str" for column, kind in columns.items() if kind.rstrip("?") == "text"}
        return pd.read_csv(self.folder / "tables" / f"{name}.csv", encoding="utf-8-sig", dtype=texts)

    @cached_property
    def scores(self) -> pd.DataFrame:
        return self.table("scores")

    def ranking(self, year: int | None = None) -> pd.DataFrame:
        """Units by rank of the index in a year, the last by default: rank, unit, names, score, coverage, flag."""
        weights = self.table("weights")
        roots = set(weights["parent"].dropna()) - set(weights["node"])
        rows = self.scores[(self.scores["sample"] == "all") & self.scores["node"].isin(roots)]
        rows = rows[rows["year"] == (rows["year"].max() if year is None else year)]
        columns = ["rank", "unit", "unit_zh", "unit_en", "score", "coverage", "flag"]
        return rows[columns].sort_values(["rank", "unit"], ignore_index=True)

    def __repr__(self) -> str:
        return f"run {self.name}: {len(self.table_names)} tables in {self.folder}\n{self.ranking().head(SHOWN_ROWS)}"

    def _repr_html_(self) -> str:
        return f"<p>run {self.name}, {len(self.table_names)} tables</p>{self.ranking().head(SHOWN_ROWS).to_html(index=False)}"


def load_study(folder: str | Path, *, scenario: str | None = None, changes: Sequence[str] = ()) -> LoadedStudy:
    """The study in a folder of YAML, with a scenario and changes such as `weighting.weight.indicators={method: equal}`.

    `.study` holds the checked records, `.notices` what is worth knowing. Faults of ConfigError: every fault of every file.
    """
    return load_study_folder(Path(folder), scenario=scenario, overrides=tuple(changes))


def run(
    study: LoadedStudy | str | Path,
    data: str | Path = "data/raw",
    out: str | Path = "data/processed",
    *,
    quick: bool = False,
    processes: int = 1,
    progress: Callable[[Event], None] | None = None,
) -> Run:
    """Raw files to a published run, as `hqd run` makes it: only what changed is computed again.

    `study`: a folder, or what `load_study` gives. `quick`: scores, ranks, weights and headline alone. `processes`: worker
    processes; with 1 the stages run in this one. Linear algebra runs on one thread meanwhile.
    """
    loaded_study = study if isinstance(study, LoadedStudy) else load_study(study)
    folders = RunFolders(loaded_study.folder.resolve(), Path(data).resolve(), Path(out).resolve())
    with one_thread(), stage_workers(processes) as workers:
        outcome = run_pipeline(loaded_study, folders, progress or _ignored, workers, quick=quick)
    return read_run(outcome.folder)


def _ignored(_event: Event) -> None:
    """No progress is shown."""


def read_run(folder: str | Path) -> Run:
    """The run in a folder that holds manifest.json and tables/, such as data/processed/demo/latest; SetupError where none is."""
    path = Path(folder)
    try:
        manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SetupError(
            "no run here: manifest.json cannot be read; name the folder of a run, such as data/processed/demo/latest",
            zh="这里没有运行结果:读不到 manifest.json;请写运行的文件夹,如 data/processed/demo/latest",
            location=str(path),
        ) from fault
    return Run(path.resolve(), manifest)
