"""The loop that runs the stages whose ingredients changed, and publishes what they made, whole or not at all."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, provenance
from ..errors import CheckError, DataError
from ..study.records import BATCHES_FILE
from ..study.source_paths import source_paths
from ..tables import check
from ..worker_pool import WorkerPool
from .compute import STAGE_BY_NAME, StageJob, StageResult
from .job_queue import JobQueue
from .stage_order import STAGES
from .stages import MEDIANS, MEDIANS_BEFORE, RunFolders, Stage

if TYPE_CHECKING:
    from ..study.records import Study
    from ..study.study_folder import LoadedStudy


@dataclass(frozen=True)
class Event:
    """One line of progress."""

    stage: str
    zh: str
    state: str  # started | done | cached | line (of a stage's own)
    seconds: float = 0.0
    rows: int = 0
    text: str = ""  # the line; of a stage that is done the ingredients that changed


@dataclass(frozen=True)
class Outcome:
    """What a run published; `fresh` is False when nothing had to run."""

    run: str
    folder: Path
    fresh: bool
    notices: tuple[str, ...]


def run(
    loaded: LoadedStudy, place: RunFolders, report_event: Callable[[Event], None], workers: WorkerPool | None = None
) -> Outcome:
    """Run what changed and publish; `latest` is the previous complete run until the last moment. No workers: in this process.

    HqdError of a stage (DataError where raw data are refused), CheckError where an input changed meanwhile, SetupError where
    another run writes the same results.
    """
    home = place.output_folder / loaded.study.name
    with provenance.locked(home):
        for torn_run in (home / "runs").glob(".tmp-*") if (home / "runs").is_dir() else ():
            shutil.rmtree(torn_run)
        return Runner(loaded, place, home, report_event, workers).run()


class Runner:
    """One run of the stages: keys, cache, tables so far."""

    def __init__(
        self,
        loaded: LoadedStudy,
        place: RunFolders,
        home: Path,
        report_event: Callable[[Event], None],
        workers: WorkerPool | None,
    ) -> None:
        self.loaded, self.study, self.place, self.home = loaded, loaded.study, place, home
        self.report_event, self.jobs = report_event, JobQueue(workers)
        self.cache = home.parent / ".cache"
        self.digests: dict[str, str] = {}
        self.origin: dict[str, tuple[str, str]] = {}
        self.keys: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.notices_by_stage: dict[str, list[str]] = {}
        self.config = section(self.study, "")
        self.inputs = input_digests(self.study, place)
        self.ingredients: dict[str, dict[str, str]] = {}
        self.previous = previous_ingredients(home)
        self.medians_before = published_manifest(home).get(MEDIANS, {})

    def run(self) -> Outcome:
        up_to_date = self._up_to_date()
        if up_to_date:
            return up_to_date
        (self.home / "runs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self.home / "runs") as name:
            folder = Path(name) / "run"
            (folder / "tables").mkdir(parents=True)
            try:
                self._stages(folder)
            except BaseException:
                self.jobs.stop()  # nobody writes into a folder that is being removed
                raise
            if input_digests(self.study, self.place) != self.inputs:
                raise CheckError(
                    "[S11] an input file changed during the run; run again", zh="[S11] 运行期间输入文件发生变化;请重新运行"
                )
            (folder / "config.json").write_text(json.dumps(self.config, indent=1, ensure_ascii=False) + "\n", "utf-8")
            run = self._run_id()
            published = provenance.publish(folder, self.home / "runs", run, self._manifest(folder))
        provenance.trim_cache(self.cache, [self.cache / stage / key for stage, key in self.keys.items()])
        return Outcome(run, published, True, tuple(self.notices))

    def _up_to_date(self) -> Outcome | None:
        """The published run that these ingredients would make again, if it is whole."""
        for stage in STAGES:
            key = self._key(stage)
            stored = provenance.cached(self.cache, stage.name, key)
            if stored is None:
                self.digests, self.keys = {}, {}
                return None
            self._remember(stage, key, stored)
        run = self._run_id()
        target = self.home / "runs" / run
        if not provenance.intact(target):
            self.digests, self.keys = {}, {}
            return None
        for stage in STAGES:
            self.report_event(Event(stage.name, stage.zh, "cached"))
        provenance.point_latest(self.home, run)
        notices = [notice for stage, key in self.keys.items() for notice in provenance.stored_notices(self.cache, stage, key)]
        return Outcome(run, target, False, tuple(notices))

    def _key(self, stage: Stage) -> str:
        config = {path: config_section(self.config, path) for path in stage.config_sections}
        inputs = self._input_digests(stage) if stage.reads else self.inputs
        digests = {
            f"config {path or '*'}": provenance.digest_text(provenance.canonical_json(values)) for path, values in config.items()
        }
        self.ingredients[stage.name] = digests | {f"table {name}": digest for name, digest in inputs.items()}
        self.ingredients[stage.name]["program"] = provenance.package_digest()
        return provenance.stage_key(stage.name, config, inputs)

    def _input_digests(self, stage: Stage) -> dict[str, str]:
        """Table -> digest of what a stage reads: what the stages before it made of that name."""
        return {
            name: digest
            for name, digest in self.digests.items()
            if stage.reads_table(name) and self.origin[name][0] in stage.prerequisites
        }

    def _changed_ingredients(self, stage: Stage) -> str:
        """The ingredients that differ from the last published run's; none known the first time."""
        previous, current = self.previous.get(stage.name), self.ingredients[stage.name]
        if previous is None:
            return "no earlier run" if self.study.study.language == "en" else "没有先前的运行"
        return ", ".join(name for name in sorted(previous.keys() | current.keys()) if previous.get(name) != current.get(name))

    def _remember(self, stage: Stage, key: str, stored: Mapping[str, str]) -> None:
        self.keys[stage.name] = key
        self.digests |= stored
        self.origin |= dict.fromkeys(stored, (stage.name, key))

    def _stages(self, folder: Path) -> None:
        """Every stage as soon as those before it are done and a process is free, in the order of the list."""
        waiting, finished = list(STAGES), set[str]()
        while waiting or self.jobs.busy:
            ready = [stage for stage in waiting if self.jobs.free and finished >= stage.prerequisites]
            if ready:
                waiting.remove(ready[0])
                if self._from_cache(ready[0], folder):
                    finished.add(ready[0].name)
                continue
            stage, result = self._next()
            self._finish(stage, result, folder)
            finished.add(stage.name)

    def _from_cache(self, stage: Stage, folder: Path) -> bool:
        """Whether the cache has the stage, whose tables are then in the run folder; otherwise it is started."""
        key = self._key(stage)
        stored = provenance.cached(self.cache, stage.name, key)
        damaged = [n for n, d in (stored or {}).items() if provenance.damaged(self.cache, stage.name, key, n, d)]
        self.notices_by_stage[stage.name] = (
            [f"cache {stage.name}/{key[:12]}: {damaged} damaged, computed again"] if damaged else []
        )
        self.keys[stage.name] = key
        if stored is not None and not damaged and not stage.publishes:
            self.report_event(Event(stage.name, stage.zh, "cached"))
            self.notices_by_stage[stage.name] += provenance.stored_notices(self.cache, stage.name, key)
            self._add_tables(stage, stored, folder)
            return True
        self.report_event(Event(stage.name, stage.zh, "started"))
        self.jobs.start(self._job(stage, key, folder))
        return False

    def _next(self) -> tuple[Stage, StageResult]:
        try:
            job, result = self.jobs.next(self._report_line)
        except DataError as error:
            self._reject(error)
            raise
        return STAGE_BY_NAME[job.stage], result

    def _job(self, stage: Stage, key: str, folder: Path) -> StageJob:
        names = sorted(self._input_digests(stage))
        paths = {name: provenance.table_path(self.cache, *self.origin[name], name) for name in names}
        facts = self._facts() | {MEDIANS_BEFORE: self.medians_before}
        return StageJob(stage.name, self.study, self.place, paths, self.cache, key, folder, facts)

    def _finish(self, stage: Stage, result: StageResult, folder: Path) -> None:
        self.seconds[stage.name] = result.seconds
        self.notices_by_stage[stage.name] += result.notices
        self.report_event(Event(stage.name, stage.zh, "done", result.seconds, result.rows, self._changed_ingredients(stage)))
        self._add_tables(stage, result.stored, folder)

    def _add_tables(self, stage: Stage, stored: Mapping[str, str], folder: Path) -> None:
        """A stage's tables known to those after it, and for people in the run folder."""
        key = self.keys[stage.name]
        self._remember(stage, key, stored)
        for name in stored:
            table = self.cache / stage.name / key / f"{name}.csv"
            if table.is_file():
                shutil.copyfile(table, folder / "tables" / table.name)

    @property
    def notices(self) -> list[str]:
        """What the stages noticed, in their order."""
        return [line for stage in STAGES for line in self.notices_by_stage.get(stage.name, [])]

    def _report_line(self, line: str) -> None:
        self.report_event(Event("", "", "line", text=line))

    def _reject(self, error: DataError) -> None:
        """A refused run leaves its quarantine beside the runs; `latest` stays what it was."""
        intake = getattr(error, "intake", None)
        if intake is None:
            return
        from ..report import write_quarantine

        folder = self.home / "rejected"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("quarantine", "ledger"):
            provenance.write_csv(check(name, intake.frames[name]), folder / f"{name}.csv")
        write_quarantine(self.study, intake.frames["quarantine"], intake.raw_rows, folder / "quarantine.xlsx")

    def _run_id(self) -> str:
        return provenance.digest_text(provenance.canonical_json([self.keys, self.study.study.language]))[:12]

    def _facts(self) -> dict[str, Any]:
        """What is known of the run before it ends; the page and workbook print it."""
        return {
            "run": self._run_id(),
            "program": f"hqd-index {__version__}",
            "study": self.study.name,
            "synthetic": self.study.study.synthetic,
            "seed": self.study.study.seed,
            "config": dict(sorted(self.loaded.files.items())),
            "inputs": self.inputs,
            "versions": provenance.versions(),
        }

    def _medians(self) -> dict[str, Any]:
        """Table -> column -> year -> median, as intake left them."""
        medians: dict[str, Any] = provenance.stored_facts(self.cache, "intake", self.keys["intake"]).get(MEDIANS, {})
        return medians

    def _manifest(self, folder: Path) -> dict[str, Any]:
        return self._facts() | {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "stages": {
                stage: {"key": key, "seconds": round(self.seconds.get(stage, 0.0), 3), "ingredients": self.ingredients[stage]}
                for stage, key in self.keys.items()
            },
            "notices": self.notices,
            MEDIANS: self._medians(),
            "files": provenance.file_digests(folder),
        }


def published_manifest(home: Path) -> dict[str, Any]:
    """The manifest of the published run; empty before the first."""
    try:
        manifest: dict[str, Any] = json.loads((home / "latest" / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def previous_ingredients(home: Path) -> dict[str, dict[str, str]]:
    """What each stage of the published run was made of; empty before the first."""
    return {stage: facts.get("ingredients", {}) for stage, facts in published_manifest(home).get("stages", {}).items()}


def section(study: Study, path: str) -> Any:
    """The part of the configuration at a dotted path, as plain JSON values; '' is all of it."""
    return config_section(study.model_dump(mode="json"), path)


def config_section(value: Any, path: str) -> Any:
    """The value at a dotted path of nested mappings."""
    for name in path.split(".") if path else ():
        value = value[name]
    return value


def input_digests(study: Study, place: RunFolders) -> dict[str, str]:
    """Relative path -> sha256 of every raw file the sources name, and of the files the list is checked against."""
    paths = {
        path for source in study.sources.sources.values() for path in source_paths(place.data, source.path)[0] if path.is_file()
    }
    if study.sources.srdi_list:
        list_files = (study.sources.srdi_list.batches or BATCHES_FILE, study.sources.srdi_list.provinces)
        paths |= {folder / name for name in list_files if name for folder in (place.data, place.configs)}
    names = {
        path: f"configs/{path.name}" if path.parent == place.configs else str(path.relative_to(place.data)) for path in paths
    }
    return {names[path]: provenance.digest_file(path) for path in sorted(paths) if path.is_file()}
