"""The stages from raw files to published run, and the loop that runs only those whose ingredients changed."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import __version__, provenance
from .errors import CheckError, DataError, HqdError
from .tables import TABLES, check

if TYPE_CHECKING:
    from .engines.duckdb import Engine
    from .study.load import Loaded
    from .study.models import Study

Table = pd.DataFrame | str
"""A frame, or the name of a table in the engine."""


@dataclass(frozen=True)
class Place:
    """Where a study is read and written."""

    configs: Path
    data: Path
    out: Path


@dataclass
class Context:
    """What a stage may see: the study, the engine, and the tables it declared to read."""

    study: Study
    place: Place
    engine: Engine
    tables: dict[str, str]
    folder: Path
    manifest: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    say: Callable[[str], None] = print

    def frame(self, name: str) -> pd.DataFrame:
        return self.engine.collect(self.tables[name])

    def matching(self, prefix: str) -> dict[str, str]:
        """Tables whose name begins with `prefix`, by the rest of the name."""
        return {name.removeprefix(prefix): table for name, table in self.tables.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Stage:
    """A function with the tables it reads (patterns) and the parts of the study it heeds (dotted paths)."""

    name: str
    zh: str
    run: Callable[[Context], Mapping[str, Table]]
    reads: tuple[str, ...] = ()
    heeds: tuple[str, ...] = ()


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


# the stages


def intake(context: Context) -> dict[str, Table]:
    """Raw files -> clean tables, ledger, quarantine."""
    from .intake import GateError, intake_lines
    from .intake import intake as read_all

    language = context.study.study.language
    full = context.place.out / context.study.name
    try:
        result = read_all(context.study, context.engine, context.place.data, context.place.configs)
    except GateError as fault:
        for line in intake_lines(fault.intake, language, str(full / "rejected" / "quarantine.xlsx")):
            context.say(line)
        raise
    for line in intake_lines(result, language, str(full / "latest" / "quarantine.xlsx")):
        if line.startswith("["):  # the counts of a file; what was wrong with its rows stands in the quarantine workbook
            context.say(line)
    context.notices.extend(_notice(notice, language) for notice in result.notices)
    clean: dict[str, Table] = {f"clean_{name}": table for name, table in result.tables.items()}
    return clean | dict(result.frames) | {"raw_rows": result.raw_rows}


def links(context: Context) -> dict[str, Table]:
    """Input-output and trade tables -> columns by industry, the network, chokepoints, weights between industries."""
    from .links import links as linked

    return dict(linked(context.study, context.engine, context.matching("clean_")))


def firms(context: Context) -> dict[str, Table]:
    """Clean tables, with what links made of them -> tables with status and derived columns; the production functions behind."""
    from .firms.status import with_status
    from .firms.tfp import FUNCTIONS, production
    from .panel import derive

    clean = context.matching("clean_") | {"linkages": context.tables["linkages"]}
    tables = derive(context.study, context.engine, clean, FUNCTIONS)
    ready = with_status(context.study, context.engine, tables)
    made: dict[str, Table] = {f"ready_{name}": table for name, table in ready.items()}
    return made | {"elasticities": production(context.study, context.engine, tables)}


def panel(context: Context) -> dict[str, Table]:
    """Tables -> unit-years: indicators of both samples, density, controls, names of units, descriptives."""
    from .intake.codes import official_names
    from .panel import build_panel, descriptives, unit_names

    made = build_panel(context.study, context.engine, context.matching("ready_"))
    names = unit_names(context.study, context.engine, context.matching("ready_"), made.values, official_names())
    return {
        "panel": made.values,
        "density": made.density,
        "controls": made.controls,
        "shocks": made.shocks,
        "moderators": made.moderators,
        "unit_names": names,
        "descriptives": descriptives(context.study, made),
    }


def index(context: Context) -> dict[str, Table]:
    """Panel -> scores, weights, indicators step by step, and the same for every scenario."""
    from .index.compare import scenarios
    from .index.diagnose import diagnostics
    from .index.dynamics import dynamics
    from .index.frames import build_index

    names = context.frame("unit_names")
    built = build_index(context.study, context.frame("panel"), names)
    compared = scenarios(context.study, context.frame("panel"), names, built)
    groups = dict(zip(names["unit"].astype(str), names["group"].astype(str)))
    said = diagnostics(context.study, built, groups=groups)
    links, density = context.frame("io_links"), context.frame("density")
    moved = dynamics(
        context.study, built, links if len(links) else None, context.study.study.seed, groups=groups, density=density
    )
    return {
        **moved,
        **said,
        "not_made": pd.concat([said["not_made"], moved["not_made"]], ignore_index=True),
        "scores": built.scores,
        "weights": pd.concat([built.weights, compared.weights], ignore_index=True),
        "indicators": built.indicators,
        "scenarios": compared.scenarios,
        "scenario_agreement": compared.agreement,
        "scenario_ranges": compared.ranges,
    }


def uncertainty(context: Context) -> dict[str, Table]:
    """The panel scored in every declared design, with weights and firms drawn again: how sure the ranks are."""
    from .index.uncertainty import Firms, stream
    from .index.uncertainty import uncertainty as how_sure
    from .panel import firm_draws

    study = context.study
    if study.uncertainty.draws == 0:
        return {}
    drawn = firm_draws(study, context.engine, context.matching("ready_"), stream(study, "uncertainty.firms"))
    firms = Firms(drawn.values, drawn.years, drawn.units, drawn.indicators) if drawn else None
    return dict(how_sure(study, context.frame("panel"), context.frame("unit_names"), firms))


def events(context: Context) -> dict[str, Table]:
    """Firms and shocks -> event studies, sources of change, falls and recovery: what does not rest on the index."""
    from .models import event_tables

    firms = context.matching("ready_").get("firms")
    return dict(event_tables(context.study, context.engine, firms, context.frame("shocks"), context.frame("density")))


def models(context: Context) -> dict[str, Table]:
    """Scores and density -> regressions, channels, contribution, verdicts, multiverse."""
    from .models import Inputs, study_tables

    names = ("scores", "indicators", "density", "controls", "io_links", "moderators", "sources", "firm_cells")
    frames = {name: context.frame(name) for name in names} | {"weights": context.frame("weights").query("scenario == 'base'")}
    designs = {name: context.frame(name) for name in ("design_scores", "designs") if name in context.tables}
    return dict(study_tables(context.study, Inputs(**frames, **designs)))


def report(context: Context) -> dict[str, Table]:
    """Every table -> page, workbook, README; and the codebook of what was written."""
    from .codebook import codebook
    from .report import summary, write_report

    frames = {name: context.frame(name) for name in context.tables if name in TABLES or name in ("raw_rows", "controls")}
    reasons = [context.frame(name) for name in context.tables if name.startswith("not_made_")]
    frames["not_made"] = pd.concat(reasons, ignore_index=True).drop_duplicates()
    frames["codebook"] = codebook(context.study, frames)
    write_report(context.study, frames, context.manifest, context.folder)
    lines = summary(context.study, frames, context.place.out / context.study.name / "latest")
    (context.folder / "summary.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return {"codebook": frames["codebook"], "not_made": frames["not_made"]}


STAGES: tuple[Stage, ...] = (
    Stage("intake", "读入与校验", intake, heeds=("study", "sources", "rules")),
    Stage("links", "产业链联系", links, reads=("clean_*",), heeds=("study", "sources", "columns")),
    Stage(
        "firms", "企业特征", firms, reads=("clean_*", "linkages"), heeds=("study", "sources", "columns", "regressions.density")
    ),
    Stage(
        "panel",
        "行业面板",
        panel,
        reads=("ready_*",),
        heeds=(
            "study",
            "indicators",
            "scenarios",
            "regressions.density",
            "regressions.controls",
            "regressions.resilience",
            "regressions.moderators",
        ),
    ),
    Stage(
        "index",
        "指数",
        index,
        reads=("panel", "unit_names", "density", "io_links"),
        heeds=("study", "indicators", "weighting", "scenarios"),
    ),
    Stage(
        "uncertainty",
        "不确定性",
        uncertainty,
        reads=("panel", "unit_names", "ready_firms"),
        heeds=("study", "indicators", "weighting", "uncertainty"),
    ),
    Stage(
        "events",
        "企业事件与冲击",
        events,
        reads=("ready_firms", "shocks", "density"),
        heeds=("study", "regressions"),
    ),
    Stage(
        "models",
        "回归与贡献",
        models,
        reads=(
            "scores",
            "weights",
            "indicators",
            "density",
            "controls",
            "io_links",
            "moderators",
            "sources",
            "firm_cells",
            "design_scores",
            "designs",
        ),
        heeds=("study", "indicators", "weighting", "regressions"),
    ),
    Stage("report", "报告", report, reads=("*",), heeds=("",)),
)


# the loop


def run(loaded: Loaded, place: Place, tell: Callable[[Event], None]) -> Outcome:
    """Run what changed and publish; `latest` is the previous complete run until the last moment."""
    from threadpoolctl import threadpool_limits

    home = place.out / loaded.study.name
    with provenance.locked(home), threadpool_limits(limits=1):  # sums of products depend on how threads share them
        for torn in (home / "runs").glob(".tmp-*") if (home / "runs").is_dir() else ():
            shutil.rmtree(torn)
        return Runner(loaded, place, home, tell).run()


class Runner:
    """One run of the stages: keys, cache, tables so far."""

    def __init__(self, loaded: Loaded, place: Place, home: Path, tell: Callable[[Event], None]) -> None:
        from .engines.duckdb import Engine

        self.loaded, self.study, self.place, self.home, self.tell = loaded, loaded.study, place, home, tell
        self.cache = home.parent / ".cache"
        self.engine = Engine()
        self.digests: dict[str, str] = {}
        self.origin: dict[str, tuple[str, str]] = {}
        self.keys: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.notices: list[str] = []
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
            for stage in STAGES:
                self._stage(stage, folder)
            if input_digests(self.study, self.place) != self.inputs:
                raise CheckError(
                    "[S11] an input file changed during the run; run again", zh="[S11] 运行期间输入文件发生变化;请重新运行"
                )
            whole = section(self.study, "")
            (folder / "config.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
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
        return Outcome(run, target, False, ())

    def _key(self, stage: Stage) -> str:
        config = {path: section(self.study, path) for path in stage.heeds}
        read = {name: digest for name, digest in self.digests.items() if _read_by(stage, name)} if stage.reads else self.inputs
        told = {f"config {path or '*'}": provenance.digest_text(provenance.canonical_json(part)) for path, part in config.items()}
        self.ingredients[stage.name] = told | {f"table {name}": digest for name, digest in read.items()}
        self.ingredients[stage.name]["program"] = provenance.package_digest()
        return provenance.stage_key(stage.name, config, read)

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

    def _stage(self, stage: Stage, folder: Path) -> None:
        """Take a stage from the cache or run it; its tables stand in the run folder when it ends."""
        key = self._key(stage)
        stored = provenance.cached(self.cache, stage.name, key)
        broken = [n for n, d in (stored or {}).items() if provenance.damaged(self.cache, stage.name, key, n, d)]
        if broken:
            self.notices.append(f"cache {stage.name}/{key[:12]}: {broken} damaged, computed again")
        if stored is None or broken or stage.name == "report":
            stored = self._compute(stage, key, folder)
        else:
            self.tell(Event(stage.name, stage.zh, "cached"))
        self._remember(stage, key, stored)
        for name in stored:
            table = self.cache / stage.name / key / f"{name}.csv"
            if table.is_file():
                shutil.copyfile(table, folder / "tables" / table.name)

    def _compute(self, stage: Stage, key: str, folder: Path) -> dict[str, str]:
        self.tell(Event(stage.name, stage.zh, "started"))
        started = time.perf_counter()
        names = [name for name in self.digests if _read_by(stage, name)]
        tables = {name: self.engine.scan(provenance.table_path(self.cache, *self.origin[name], name), name) for name in names}
        self.keys[stage.name] = key
        context = Context(self.study, self.place, self.engine, tables, folder, self._facts(), self.notices, self._say)
        try:
            made = stage.run(context)
        except DataError as fault:
            self._reject(fault)
            raise
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self._cache_folder()) as name:
            written = Path(name) / "entry"
            written.mkdir()
            rows = sum(self._write(table, frame, written) for table, frame in _by_stage(stage, made).items())
            stored = provenance.store(self.cache, stage.name, key, written)
        self.seconds[stage.name] = time.perf_counter() - started
        self.tell(Event(stage.name, stage.zh, "done", self.seconds[stage.name], rows, self._why(stage)))
        return stored

    def _say(self, line: str) -> None:
        self.tell(Event("", "", "said", why=line))

    def _cache_folder(self) -> Path:
        self.cache.mkdir(parents=True, exist_ok=True)
        return self.cache

    def _write(self, name: str, table: Table, folder: Path) -> int:
        """One table into the cache: parquet for the next stage, CSV for people when it has a contract; its rows."""
        if isinstance(table, pd.DataFrame):
            checked = check(name, table) if name in TABLES else table
            if name in TABLES:
                provenance.write_csv(checked, folder / f"{name}.csv")
            table = self.engine.scan(checked)
        self.engine.write(table, folder / f"{name}.parquet")
        return self.engine.count(table)

    def _reject(self, fault: DataError) -> None:
        """A refused run leaves its quarantine beside the runs; `latest` stays what it was."""
        found = getattr(fault, "intake", None)
        if found is None:
            return
        from .report import write_quarantine

        folder = self.home / "rejected"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("quarantine", "ledger"):
            provenance.write_csv(check(name, found.frames[name]), folder / f"{name}.csv")
        write_quarantine(self.study, found.frames["quarantine"], found.raw_rows, folder / "quarantine.xlsx")

    def _run_id(self) -> str:
        return provenance.digest_text(provenance.canonical_json([self.keys, section(self.study, "study.language")]))[:12]

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


def _by_stage(stage: Stage, made: Mapping[str, Table]) -> dict[str, Table]:
    """A stage's tables; its reasons for what it could not make wait under its name until the report joins them."""
    own = f"not_made_{stage.name}" if stage is not STAGES[-1] else "not_made"
    return {own if name == "not_made" else name: table for name, table in made.items()}


def _read_by(stage: Stage, name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in stage.reads)


def previous_ingredients(home: Path) -> dict[str, dict[str, str]]:
    """What each stage of the published run was made of; empty before the first."""
    try:
        manifest = json.loads((home / "latest" / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {stage: facts.get("ingredients", {}) for stage, facts in manifest["stages"].items()}


def section(study: Study, path: str) -> Any:
    """The part of the configuration at a dotted path, as plain JSON values; '' is all of it."""
    value = study.model_dump(mode="json")
    for part in path.split(".") if path else ():
        value = value[part]
    return value


def input_digests(study: Study, place: Place) -> dict[str, str]:
    """Relative path -> sha256 of every raw file the sources name, and of the batch list."""
    paths = {path for source in study.sources.sources.values() for path in place.data.glob(source.path) if path.is_file()}
    if study.sources.srdi_list:
        paths |= {folder / study.sources.srdi_list.batches for folder in (place.data, place.configs)}
    return {path.name if path.parent == place.configs else str(path.relative_to(place.data)): provenance.digest_file(path)
            for path in sorted(paths) if path.is_file()}  # fmt: skip


def _notice(notice: Any, language: str) -> str:
    return (
        notice.text(language) if isinstance(notice, HqdError) else f"[{notice.rule}] {notice.where}: {getattr(notice, language)}"
    )
