"""The loop that runs the stages whose ingredients changed, and publishes what they made, whole or not at all."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, provenance
from ..errors import CheckError, DataError, full_disk_named
from ..file_lock import locked
from ..progress import Progress
from ..publishing import (
    CONFIG,
    LATEST,
    PUBLISHED_NAME,
    UNFINISHED,
    manifest_or_empty,
    point_at,
    publish,
    publish_in_place,
    remove_unfinished,
    scenario_pointer,
)
from ..scratch_folder import remove_abandoned_scratch
from ..tables import check
from ..workers import WorkerPool
from .compute import STAGE_BY_NAME, StageJob, StageProgress, StageResult
from .job_queue import JobQueue
from .run_inputs import database_snapshots, earlier_seconds, input_digests, previous_ingredients
from .stage_order import STAGES, quick_stages
from .stages import DATABASES, MEDIANS, MEDIANS_BEFORE, QUARANTINE_LIST, RunFolders, Stage

if TYPE_CHECKING:
    from ..study.records import Study
    from ..study.study_folder import LoadedStudy


@dataclass(frozen=True)
class Event:
    """One line of progress."""

    stage: str
    zh: str
    state: str  # started | progress | done | cached | line (of a stage's own)
    seconds: float = 0.0  # it took; of one that started what it took in the last run, 0 where that is not known
    rows: int = 0
    text: str = ""  # the line; of a stage that is done the ingredients that changed
    progress: Progress | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run published, below the study's folder of results; `fresh` is False when nothing had to run.

    `name`: latest, latest-<scenario>, runs/<run> of a study changed on the command line, or quick.
    """

    run: str
    results: Path
    folder: Path
    fresh: bool
    notices: tuple[str, ...]
    name: str = LATEST


QUICK_FOLDER = "quick"
"""Where a quick run publishes, beside `latest`, which it leaves alone."""
KEYLESS_SETTINGS = ("memory", "outputs")
"""Settings of study.yaml that decide no number: what is published rests on them, no other stage does."""

EXACTNESS = {
    "duckdb": "duckdb: the same bytes in every run on one machine",
    "spark": "spark: sums of decimals exact, sums of doubles to 1e-9 relative",
}
"""What an engine promises of a run's numbers."""


def run(
    loaded_study: LoadedStudy,
    run_folders: RunFolders,
    report_event: Callable[[Event], None],
    workers: WorkerPool | None = None,
    *,
    quick: bool = False,
) -> Outcome:
    """Run what changed and publish; `latest` is the previous complete run until the last moment. No workers: in this process.

    `quick`: scores, weights and the headline alone, published in the folder `quick` beside `latest`.

    HqdError of a stage (DataError where raw data are refused), CheckError where an input changed meanwhile, SetupError where
    another run writes below the same folder of results.
    """
    results = run_folders.output_folder
    home = results / loaded_study.study.name
    with locked(results), full_disk_named(results, Path(tempfile.gettempdir())):
        remove_unfinished(home / "runs", results / ".cache")
        remove_abandoned_scratch()
        return Runner(loaded_study, run_folders, home, report_event, workers, quick=quick).run()


class Runner:
    """One run of the stages: keys, cache, tables so far."""

    def __init__(
        self,
        loaded_study: LoadedStudy,
        run_folders: RunFolders,
        results_folder: Path,
        report_event: Callable[[Event], None],
        workers: WorkerPool | None,
        *,
        quick: bool = False,
    ) -> None:
        self.loaded_study, self.study, self.place, self.home = loaded_study, loaded_study.study, run_folders, results_folder
        self.report_event, self.jobs = report_event, JobQueue(workers, loaded_study.study)
        self.quick, self.stages = quick, quick_stages(loaded_study.study) if quick else STAGES
        self.cache = results_folder.parent / ".cache"
        self.digests: dict[str, str] = {}
        self.origin: dict[str, tuple[str, str]] = {}
        self.keys: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.notices_by_stage: dict[str, list[str]] = {}
        self.config = section(self.study, "")
        self.databases = database_snapshots(self.study, self.cache / "postgresql")
        self.inputs = self._digests_of_inputs()
        self.ingredients: dict[str, dict[str, str]] = {}
        self.old_ingredients = previous_ingredients(results_folder)
        self.earlier_seconds = earlier_seconds(results_folder)
        self.medians_before = manifest_or_empty(results_folder / LATEST).get(MEDIANS, {})

    def run(self) -> Outcome:
        up_to_date = self._up_to_date()
        if up_to_date:
            return up_to_date
        (self.home / "runs").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=self.home / "runs") as folder_name:
            folder = Path(folder_name) / "run"
            (folder / "tables").mkdir(parents=True)
            try:
                self._stages(folder)
            except BaseException:
                self.jobs.stop()  # nobody writes into a folder that is being removed
                raise
            if self._digests_of_inputs() != self.inputs:
                raise CheckError(
                    "[S11] an input file changed during the run; run again", zh="[S11] 运行期间输入文件发生变化;请重新运行"
                )
            (folder / CONFIG).write_text(json.dumps(self.config, indent=1, ensure_ascii=False) + "\n", "utf-8")
            run_id = self._run_id()
            if self.quick:
                published_run = publish_in_place(folder, self.home / QUICK_FOLDER, self._manifest(folder))
            else:
                published_run = publish(folder, self.home / "runs", run_id, self._manifest(folder), pointer=self.pointer)
        used_entries = [self.cache / stage / stage_key for stage, stage_key in self.keys.items()]
        used_entries += [Path(snapshot.path).parent for snapshot in self.databases.values()]
        provenance.trim_cache(self.cache, used_entries)
        return Outcome(run_id, self.home, published_run, True, tuple(self.notices), self.published_name)

    @property
    def pointer(self) -> str | None:
        """What is set to the run: `latest` where the study is as its files say, a scenario's name beside it; else nothing."""
        if self.loaded_study.changes:
            return None
        return LATEST if self.loaded_study.scenario is None else scenario_pointer(self.loaded_study.scenario)

    @property
    def published_name(self) -> str:
        """Where people find the run, below the study's folder of results."""
        return QUICK_FOLDER if self.quick else self.pointer or f"runs/{self._run_id()}"

    def _digests_of_inputs(self) -> dict[str, str]:
        """Name -> digest of every raw file, and of what was read of servers, which cannot change any more."""
        snapshots = {snapshot.name: snapshot.digest for snapshot in self.databases.values()}
        return input_digests(self.study, self.place) | snapshots

    def _up_to_date(self) -> Outcome | None:
        """The published run that these ingredients would make again, if it is whole."""
        for stage in self.stages:
            stage_key = self._stage_key(stage)
            digest_by_table = provenance.cached(self.cache, stage.name, stage_key)
            if digest_by_table is None:
                self.digests, self.keys = {}, {}
                return None
            self._record_stage(stage, stage_key, digest_by_table)
        run = self._run_id()
        target = self.home / QUICK_FOLDER if self.quick else self.home / "runs" / run
        if not provenance.intact(target, run):
            self.digests, self.keys = {}, {}
            return None
        for stage in self.stages:
            self.report_event(Event(stage.name, stage.zh, "cached"))
        if self.pointer is not None and not self.quick:
            point_at(self.home, run, self.pointer)
        notices = [
            notice for stage, stage_key in self.keys.items() for notice in provenance.stored_notices(self.cache, stage, stage_key)
        ]
        return Outcome(run, self.home, target, False, tuple(notices), self.published_name)

    def _stage_key(self, stage: Stage) -> str:
        config = {path: config_section(self.config, path) for path in stage.config_sections}
        inputs = self._input_digests(stage) if stage.reads else self.inputs
        digests = {
            f"config {path or '*'}": provenance.digest_text(provenance.canonical_json(section_values))
            for path, section_values in config.items()
        }
        self.ingredients[stage.name] = digests | {f"table {table_name}": digest for table_name, digest in inputs.items()}
        self.ingredients[stage.name]["program"] = provenance.package_digest()
        return provenance.stage_key(stage.name, config, inputs)

    def _input_digests(self, stage: Stage) -> dict[str, str]:
        """Table -> digest of what a stage reads: what the stages before it made of that name."""
        return {
            table_name: digest
            for table_name, digest in self.digests.items()
            if stage.reads_table(table_name) and self.origin[table_name][0] in stage.prerequisites
        }

    def _changed_ingredients(self, stage: Stage) -> str:
        """The ingredients that differ from the last published run's; none known the first time."""
        old_ingredients, new_ingredients = self.old_ingredients.get(stage.name), self.ingredients[stage.name]
        if old_ingredients is None:
            return "no earlier run" if self.study.study.language == "en" else "没有先前的运行"
        return ", ".join(
            ingredient
            for ingredient in sorted(old_ingredients.keys() | new_ingredients.keys())
            if old_ingredients.get(ingredient) != new_ingredients.get(ingredient)
        )

    def _record_stage(self, stage: Stage, stage_key: str, digest_by_table: Mapping[str, str]) -> None:
        self.keys[stage.name] = stage_key
        self.digests |= digest_by_table
        self.origin |= dict.fromkeys(digest_by_table, (stage.name, stage_key))

    def _stages(self, folder: Path) -> None:
        """Every stage as soon as those before it are done and a process is free, in the order of the list."""
        open_stages, finished_names = list(self.stages), set[str]()
        while open_stages or self.jobs.busy:
            startable_stages = [stage for stage in open_stages if self.jobs.free and finished_names >= stage.prerequisites]
            if startable_stages:
                open_stages.remove(startable_stages[0])
                if self._from_cache(startable_stages[0], folder):
                    finished_names.add(startable_stages[0].name)
                continue
            stage, stage_result = self._next_result()
            self._finish(stage, stage_result, folder)
            finished_names.add(stage.name)

    def _from_cache(self, stage: Stage, folder: Path) -> bool:
        """Whether the cache has the stage, whose tables are then in the run folder; otherwise it is started."""
        key = self._stage_key(stage)
        digest_by_table = provenance.cached(self.cache, stage.name, key)
        damaged_files = provenance.damaged_files(self.cache, stage.name, key)
        self.notices_by_stage[stage.name] = [self._cache_notice(stage.name, key, damaged_files)] if damaged_files else []
        self.keys[stage.name] = key
        if digest_by_table is not None and not damaged_files and not stage.publishes:
            self.report_event(Event(stage.name, stage.zh, "cached"))
            self.notices_by_stage[stage.name] += provenance.stored_notices(self.cache, stage.name, key)
            self._add_tables(stage, digest_by_table, folder)
            return True
        self.report_event(Event(stage.name, stage.zh, "started", self.earlier_seconds.get(stage.name, 0.0)))
        self.jobs.start(self._job(stage, key, folder))
        return False

    def _cache_notice(self, stage_name: str, key: str, damaged_files: Sequence[str]) -> str:
        entry, files = f"{stage_name}/{key[:12]}", ", ".join(damaged_files)
        if self.study.study.language == "en":
            return f"cache {entry}: {files} damaged, computed again"
        return f"缓存 {entry}:{files} 已损坏,重新计算"

    def _next_result(self) -> tuple[Stage, StageResult]:
        try:
            job, stage_result = self.jobs.next(self._report_message)
        except DataError as error:
            self._reject(error)
            raise
        return STAGE_BY_NAME[job.stage], stage_result

    def _job(self, stage: Stage, stage_key: str, folder: Path) -> StageJob:
        table_names = sorted(self._input_digests(stage))
        paths = {
            table_name: provenance.table_path(self.cache, *self.origin[table_name], table_name) for table_name in table_names
        }
        facts = self._run_facts() | {MEDIANS_BEFORE: self.medians_before}
        if stage.name == "intake":
            facts |= {DATABASES: self.databases}
        if self.quick:
            facts |= {QUARANTINE_LIST: f"{QUICK_FOLDER}/tables/quarantine.csv"}
        return StageJob(stage.name, self.study, self.place, paths, self.cache, stage_key, folder, facts)

    def _finish(self, stage: Stage, stage_result: StageResult, folder: Path) -> None:
        self.seconds[stage.name] = stage_result.seconds
        self.notices_by_stage[stage.name] += stage_result.notices
        self.report_event(
            Event(stage.name, stage.zh, "done", stage_result.seconds, stage_result.rows, self._changed_ingredients(stage))
        )
        self._add_tables(stage, stage_result.stored, folder)

    def _add_tables(self, stage: Stage, digest_by_table: Mapping[str, str], folder: Path) -> None:
        """A stage's tables known to those after it, and for people in the run folder."""
        key = self.keys[stage.name]
        self._record_stage(stage, key, digest_by_table)
        for name in digest_by_table:
            csv_path = self.cache / stage.name / key / f"{name}.csv"
            if csv_path.is_file():
                shutil.copyfile(csv_path, folder / "tables" / csv_path.name)

    @property
    def notices(self) -> list[str]:
        """What the stages noticed, in their order."""
        return [notice for stage in self.stages for notice in self.notices_by_stage.get(stage.name, [])]

    def _report_message(self, message: str | StageProgress) -> None:
        if isinstance(message, str):
            self.report_event(Event("", "", "line", text=message))
        else:
            stage = STAGE_BY_NAME[message.stage]
            self.report_event(Event(stage.name, stage.zh, "progress", progress=message.progress))

    def _reject(self, error: DataError) -> None:
        """A refused run leaves its quarantine beside the runs; `latest` stays what it was."""
        intake = getattr(error, "intake", None)
        if intake is None:
            return
        from ..report.workbook.quarantine_workbook import write_quarantine

        folder = self.home / "rejected"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("quarantine", "ledger"):
            provenance.write_csv(check(name, intake.frames[name]), folder / f"{name}.csv")
        write_quarantine(self.study, intake.frames["quarantine"], intake.raw_rows, folder / "quarantine.xlsx")

    def _run_id(self) -> str:
        """Of what the run is made of and how it differs from the study's files; known when a stage that publishes starts."""
        keys = {stage.name: self.keys.get(stage.name) for stage in self.stages if not stage.publishes}
        ingredients = [keys, self.config, self.loaded_study.variant, provenance.package_digest()]
        return provenance.digest_text(provenance.canonical_json(ingredients))[:12]

    def _run_facts(self) -> dict[str, Any]:
        """What is known of the run before it ends; the page and workbook print it."""
        return {
            "run": self._run_id(),
            PUBLISHED_NAME: self.published_name,
            "program": f"hqd-index {__version__}",
            "study": self.study.name,
            **self.loaded_study.variant,
            "synthetic": self.study.study.synthetic,
            "seed": self.study.study.seed,
            "config": dict(sorted(self.loaded_study.files.items())),
            "inputs": self.inputs,
            "versions": provenance.versions(),
        }

    def _medians(self) -> dict[str, Any]:
        """Table -> column -> year -> median, as intake left them."""
        medians: dict[str, Any] = provenance.stored_facts(self.cache, "intake", self.keys["intake"]).get(MEDIANS, {})
        return medians

    def _manifest(self, folder: Path) -> dict[str, Any]:
        return self._run_facts() | {
            "made_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "engine": EXACTNESS[self.study.study.engine],
            "python": platform.python_version(),
            "platform": platform.platform(),
            "stages": {
                stage: {
                    "key": stage_key,
                    "seconds": round(self.seconds.get(stage, 0.0), 3),
                    "ingredients": self.ingredients[stage],
                }
                for stage, stage_key in self.keys.items()
            },
            "notices": self.notices,
            MEDIANS: self._medians(),
            **({DATABASES: {one.name: one.origin() for one in self.databases.values()}} if self.databases else {}),
            "files": provenance.file_digests(folder),
        }


def section(study: Study, path: str) -> Any:
    """The part of the configuration at a dotted path, as plain JSON values; '' is all of it."""
    return config_section(study.model_dump(mode="json"), path)


def config_section(section: Any, path: str) -> Any:
    """The value at a dotted path of nested mappings; of `study` without what decides no number."""
    for name in path.split(".") if path else ():
        section = section[name]
    if path == "study":
        return {name: setting for name, setting in section.items() if name not in KEYLESS_SETTINGS}
    return section
