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
from ..tables import check
from .compute import BY_NAME, Done, Job
from .crew import Crew
from .plan import STAGES
from .stages import Place, Stage

if TYPE_CHECKING:
    from ..study.records import Study
    from ..study.study_folder import Loaded


@dataclass(frozen=True)
class Event:
    """One line of progress."""

    stage: str
    zh: str
    state: str  # started | done | cached | said (a line of a stage's own, in `why`)
    seconds: float = 0.0
    rows: int = 0
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind; `fresh` is False when nothing had to run."""

    run: str
    folder: Path
    fresh: bool
    notices: tuple[str, ...]


def run(loaded: Loaded, place: Place, tell: Callable[[Event], None], crew: Crew | None = None) -> Outcome:
    """Run what changed and publish; `latest` is the previous complete run until the last moment. No crew: in this process."""
    home = place.out / loaded.study.name
    with provenance.locked(home):
        for torn in (home / "runs").glob(".tmp-*") if (home / "runs").is_dir() else ():
            shutil.rmtree(torn)
        return Runner(loaded, place, home, tell, crew or Crew()).run()


class Runner:
    """One run of the stages: keys, cache, tables so far."""

    def __init__(self, loaded: Loaded, place: Place, home: Path, tell: Callable[[Event], None], crew: Crew) -> None:
        self.loaded, self.study, self.place, self.home, self.tell = loaded, loaded.study, place, home, tell
        self.crew = crew
        self.cache = home.parent / ".cache"
        self.digests: dict[str, str] = {}
        self.origin: dict[str, tuple[str, str]] = {}
        self.keys: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.told: dict[str, list[str]] = {}
        self.config = section(self.study, "")
        self.inputs = input_digests(self.study, place)
        self.ingredients: dict[str, dict[str, str]] = {}
        self.before = previous_ingredients(home)

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
                self.crew.stop()  # nobody writes into a folder that is being removed
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
            self.tell(Event(stage.name, stage.zh, "cached"))
        provenance.point_latest(self.home, run)
        told = [notice for stage, key in self.keys.items() for notice in provenance.noticed(self.cache, stage, key)]
        return Outcome(run, target, False, tuple(told))

    def _key(self, stage: Stage) -> str:
        config = {path: part(self.config, path) for path in stage.heeds}
        read = self._read(stage) if stage.reads else self.inputs
        told = {f"config {path or '*'}": provenance.digest_text(provenance.canonical_json(part)) for path, part in config.items()}
        self.ingredients[stage.name] = told | {f"table {name}": digest for name, digest in read.items()}
        self.ingredients[stage.name]["program"] = provenance.package_digest()
        return provenance.stage_key(stage.name, config, read)

    def _read(self, stage: Stage) -> dict[str, str]:
        """Table -> digest of what a stage reads: what the stages before it made of that name."""
        return {
            name: digest for name, digest in self.digests.items() if stage.read(name) and self.origin[name][0] in stage.before
        }

    def _why(self, stage: Stage) -> str:
        """The ingredients that differ from the last published run's; none known the first time."""
        before, now = self.before.get(stage.name), self.ingredients[stage.name]
        if before is None:
            return "no earlier run" if self.study.study.language == "en" else "没有先前的运行"
        return ", ".join(name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name))

    def _remember(self, stage: Stage, key: str, stored: Mapping[str, str]) -> None:
        self.keys[stage.name] = key
        self.digests |= stored
        self.origin |= dict.fromkeys(stored, (stage.name, key))

    def _stages(self, folder: Path) -> None:
        """Every stage as soon as those before it are done and somebody is free, in the order of the list."""
        waiting, finished = list(STAGES), set[str]()
        while waiting or self.crew.busy:
            ready = [stage for stage in waiting if self.crew.free and finished >= stage.before]
            if ready:
                waiting.remove(ready[0])
                if self._stored(ready[0], folder):
                    finished.add(ready[0].name)
                continue
            stage, done = self._next()
            self._finish(stage, done, folder)
            finished.add(stage.name)

    def _stored(self, stage: Stage, folder: Path) -> bool:
        """Whether the cache has the stage, whose tables then stand in the run folder; otherwise it is started."""
        key = self._key(stage)
        stored = provenance.cached(self.cache, stage.name, key)
        broken = [n for n, d in (stored or {}).items() if provenance.damaged(self.cache, stage.name, key, n, d)]
        self.told[stage.name] = [f"cache {stage.name}/{key[:12]}: {broken} damaged, computed again"] if broken else []
        self.keys[stage.name] = key
        if stored is not None and not broken and not stage.publishes:
            self.tell(Event(stage.name, stage.zh, "cached"))
            self.told[stage.name] += provenance.noticed(self.cache, stage.name, key)
            self._put(stage, stored, folder)
            return True
        self.tell(Event(stage.name, stage.zh, "started"))
        self.crew.start(self._job(stage, key, folder))
        return False

    def _next(self) -> tuple[Stage, Done]:
        try:
            job, done = self.crew.next(self._say)
        except DataError as fault:
            self._reject(fault)
            raise
        return BY_NAME[job.stage], done

    def _job(self, stage: Stage, key: str, folder: Path) -> Job:
        names = sorted(self._read(stage))
        paths = {name: provenance.table_path(self.cache, *self.origin[name], name) for name in names}
        return Job(stage.name, self.study, self.place, paths, self.cache, key, folder, self._facts())

    def _finish(self, stage: Stage, done: Done, folder: Path) -> None:
        self.seconds[stage.name] = done.seconds
        self.told[stage.name] += done.notices
        self.tell(Event(stage.name, stage.zh, "done", done.seconds, done.rows, self._why(stage)))
        self._put(stage, done.stored, folder)

    def _put(self, stage: Stage, stored: Mapping[str, str], folder: Path) -> None:
        """A stage's tables known to those after it, and for people in the run folder."""
        key = self.keys[stage.name]
        self._remember(stage, key, stored)
        for name in stored:
            table = self.cache / stage.name / key / f"{name}.csv"
            if table.is_file():
                shutil.copyfile(table, folder / "tables" / table.name)

    @property
    def notices(self) -> list[str]:
        """What the stages told, in their order."""
        return [line for stage in STAGES for line in self.told.get(stage.name, [])]

    def _say(self, line: str) -> None:
        self.tell(Event("", "", "said", why=line))

    def _reject(self, fault: DataError) -> None:
        """A refused run leaves its quarantine beside the runs; `latest` stays what it was."""
        found = getattr(fault, "intake", None)
        if found is None:
            return
        from ..report import write_quarantine

        folder = self.home / "rejected"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("quarantine", "ledger"):
            provenance.write_csv(check(name, found.frames[name]), folder / f"{name}.csv")
        write_quarantine(self.study, found.frames["quarantine"], found.raw_rows, folder / "quarantine.xlsx")

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
            "files": provenance.file_digests(folder),
        }


def previous_ingredients(home: Path) -> dict[str, dict[str, str]]:
    """What each stage of the published run was made of; empty before the first."""
    try:
        manifest = json.loads((home / "latest" / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {stage: facts.get("ingredients", {}) for stage, facts in manifest["stages"].items()}


def section(study: Study, path: str) -> Any:
    """The part of the configuration at a dotted path, as plain JSON values; '' is all of it."""
    return part(study.model_dump(mode="json"), path)


def part(value: Any, path: str) -> Any:
    """What stands at a dotted path of nested mappings."""
    for name in path.split(".") if path else ():
        value = value[name]
    return value


def input_digests(study: Study, place: Place) -> dict[str, str]:
    """Relative path -> sha256 of every raw file the sources name, and of the files the list is checked against."""
    paths = {path for source in study.sources.sources.values() for path in place.data.glob(source.path) if path.is_file()}
    if study.sources.srdi_list:
        named = (study.sources.srdi_list.batches, study.sources.srdi_list.provinces)
        paths |= {folder / name for name in named if name for folder in (place.data, place.configs)}
    names = {
        path: f"configs/{path.name}" if path.parent == place.configs else str(path.relative_to(place.data)) for path in paths
    }
    return {names[path]: provenance.digest_file(path) for path in sorted(paths) if path.is_file()}
