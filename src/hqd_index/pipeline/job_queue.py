"""Where stages run: in this process alone, or in the processes of a pool as these become free."""

from __future__ import annotations

import contextlib
import gc
import os
import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from ..errors import SetupError
from ..one_thread import one_thread
from ..workers import WorkerEnded, WorkerPool
from .compute import StageJob, StageProgress, StageResult, compute

if TYPE_CHECKING:
    from ..study.records import Study

Message = str | StageProgress
USEFUL_PROCESSES = 2
"""Processes beyond this find nothing to do for most of a run."""
INTAKE_MODULES = ("duckdb", "sqlglot.dialects.duckdb", "hqd_index.pandera_checks", "hqd_index.intake")
"""What the first stage imports, which runs alone: the first process that starts."""
PRELOAD = (
    "duckdb",
    "sqlglot.dialects.duckdb",  # loaded by its name, when the first formula is read
    "hqd_index.pandera_checks",
    *(f"hqd_index.{package}" for package in ("links", "panel", "index.scenario_tables")),
)
"""What the later stages of every study import, in the order of need."""


def stage_workers(processes: int | None = None) -> contextlib.AbstractContextManager[WorkerPool | None]:
    """A context with the processes that run stages, as many as serve on this machine; None in it where one process is enough."""
    count = processes or min(USEFUL_PROCESSES, os.cpu_count() or 1)
    if count == 1:
        return contextlib.nullcontext()
    return WorkerPool(count, preloaded_modules=PRELOAD, first_preloaded=INTAKE_MODULES)


def modules_of(study: Study) -> list[str]:
    """What the stages import that have something to do in this study, in the order of need."""
    tables = {source.table for source in study.sources.sources.values()}
    estimates = bool(study.regressions.specifications) or "firms" in tables
    conditions = {
        "networkx": "io" in tables,
        "hqd_index.index.uncertainty.rank_uncertainty": study.uncertainty.draws > 0,
        "hqd_index.models.model_tables": estimates,
        "statsmodels.stats.multitest": estimates,  # collects garbage at each test: its imports are to be permanent by then
        "hqd_index.report.outputs": True,
    }
    return [module for module, is_needed in conditions.items() if is_needed]


class JobQueue:
    """Starts jobs and returns their results as they come. Without workers a job runs in this process, when it is asked for."""

    def __init__(self, workers: WorkerPool | None, study: Study) -> None:
        self._workers = workers
        if workers is not None:
            workers.preload(modules_of(study))
        self._running: dict[Future[StageResult], StageJob] = {}
        self._messages: queue.SimpleQueue[Message | Future[StageResult]] = queue.SimpleQueue()
        self._inline_job: StageJob | None = None

    def stop(self) -> None:
        """End the workers; what they were doing is lost."""
        if self._workers is not None:
            self._workers.stop()

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return bool(self._running) or self._inline_job is not None

    @property
    def free(self) -> bool:
        """Whether a job can be started now."""
        return not self.busy if self._workers is None else len(self._running) < self._workers.processes

    def start(self, job: StageJob) -> None:
        """Start a job; a worker must be `free`."""
        if self._workers is None:
            self._inline_job = job
            return
        future = self._workers.submit(compute, job, line_listener=self._messages.put)
        self._running[future] = job
        future.add_done_callback(self._messages.put)

    def next(self, listener: Callable[[Message], None]) -> tuple[StageJob, StageResult]:
        """The next job that is done; raises what stopped it, SetupError where its process was ended from outside.

        `listener` gets the lines that jobs report meanwhile, and how far they are.
        """
        if self._inline_job is not None:
            job, self._inline_job = self._inline_job, None
            gc.freeze()  # statsmodels collects garbage at each of its tests: only what the stage makes is looked at
            try:
                with one_thread():  # workers keep to one from their start
                    return job, compute(job, listener)
            finally:
                gc.unfreeze()
        while isinstance(message := self._messages.get(), str | StageProgress):
            listener(message)
        job = self._running.pop(message)
        try:
            return job, message.result()
        except WorkerEnded as fault:
            raise SetupError(
                f"stage {job.stage}: its process was ended from outside ({fault}), as the system does when memory is short; "
                "nothing was published; close other programs and run again, or run with --processes 1",
                zh=f"阶段 {job.stage}:其进程被外部终止({fault}),内存不足时系统会这样做;未发布任何结果;"
                "请关闭其他程序后重新运行,或加 --processes 1",
            ) from fault
