"""One stage from tables in the cache to tables in the cache: all it needs is in its job, so that it can run anywhere."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import provenance
from ..progress import Progress, listening
from ..publishing import UNFINISHED
from ..tables import TABLES, check
from .stage_order import QUICK_ONLY, STAGES
from .stages import Context, RunFolders, Table

if TYPE_CHECKING:
    from ..engines import Engine
    from ..study.records import Study

STAGE_BY_NAME = {stage.name: stage for stage in (*STAGES, *QUICK_ONLY)}


@dataclass(frozen=True)
class StageJob:
    """A stage to run: its study, where its tables lie (name -> parquet), and where those it makes belong."""

    stage: str
    study: Study
    place: RunFolders
    tables: Mapping[str, Path]
    cache: Path
    key: str
    folder: Path
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class StageProgress:
    """How far a stage is."""

    stage: str
    progress: Progress


NO_RESULTS = ("not_made", "chain_names")
"""Tables that a stage writes where a study has nothing for it, too: why it made nothing, and official names."""


@dataclass(frozen=True)
class StageResult:
    """What a stage left in the cache (name -> digest), how many rows of results, its notices, and how long it took."""

    stored: Mapping[str, str]
    rows: int
    notices: tuple[str, ...]
    seconds: float


def compute(job: StageJob, send: Callable[[str | StageProgress], None] = print) -> StageResult:
    """The stage run; its tables are in the cache under its key, whole or not at all. Linear algebra: one thread, by the caller.

    `send` gets the stage's lines, and how far it is.
    """
    from ..engines import open_engine

    start_time = time.perf_counter()
    stage = STAGE_BY_NAME[job.stage]
    job.cache.mkdir(parents=True, exist_ok=True)
    with (
        listening(lambda progress: send(StageProgress(job.stage, progress))),
        open_engine(job.study.study) as engine,
        tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=job.cache) as folder_name,
    ):
        tables = {folder_name: engine.scan(path, folder_name) for folder_name, path in job.tables.items()}
        context = Context(job.study, job.place, engine, tables, job.folder, dict(job.facts), report_line=send)
        outputs = stage.run(context)
        entry = Path(folder_name) / "entry"
        entry.mkdir()
        row_counts = {name: _write(engine, name, content, entry) for name, content in _by_stage(job.stage, outputs).items()}
        provenance.write_notices(entry, context.notices)
        provenance.write_facts(entry, context.facts)
        digest_by_table = provenance.store(job.cache, job.stage, job.key, entry)
    row_total = sum(row_count for name, row_count in row_counts.items() if not name.startswith(NO_RESULTS))
    return StageResult(digest_by_table, row_total, tuple(context.notices), time.perf_counter() - start_time)


def _write(engine: Engine, table_name: str, content: Table, folder: Path) -> int:
    """One table into a folder: parquet for the next stage, CSV for people when it has a contract; its rows."""
    if isinstance(content, str):
        row_count = engine.count(content)
        if table_name in TABLES:  # a list without a key, whose rows can be judged some at a time
            blocks = (check(table_name, block) for block in engine.blocks(content))
            provenance.write_csv_blocks(blocks, folder / f"{table_name}.csv")
    else:
        row_count = len(content)
        if table_name in TABLES:
            content = check(table_name, content)
            provenance.write_csv(content, folder / f"{table_name}.csv")
    engine.write(content, folder / f"{table_name}.parquet")
    return row_count


def _by_stage(stage: str, outputs: Mapping[str, Table]) -> dict[str, Table]:
    """A stage's tables; its reasons for what it could not make wait under its name until the last stage joins them."""
    last_stages = (STAGES[-1].name, QUICK_ONLY[-1].name)
    reasons = "not_made" if stage in last_stages else f"not_made_{stage}"
    return {reasons if table_name == "not_made" else table_name: content for table_name, content in outputs.items()}
