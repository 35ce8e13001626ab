"""Where tests find the project, the shared reference data and one run of the demo that all of them share."""

import gc
import os
import pickle
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from hqd_index import cli
from hqd_index.demo import write_demo
from hqd_index.pipeline import job_queue
from hqd_index.report.figures.drawing_pool import DrawingPool
from hqd_index.study import yaml_document
from hqd_index.workers import WorkerPool

from .small import FUZZ, QUICK, ROOT, DemoRun, Ended, Place, folder_once, run_quietly, without_network, write_changes


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and known answers beside the project; tests that need it skip without it."""
    folder = (ROOT / ".." / "shared").resolve()
    if not (folder / "reference").is_dir():
        pytest.skip("../shared (real data sets and known answers) is not beside the project")
    return folder


settings.register_profile("suite", deadline=None, derandomize=FUZZ == 1, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
"""Examples do not fail for the time they take on a busy machine; new ones are tried when HQD_FUZZ asks for more."""

threadpool_limits(limits=1)  # plugins of pytest load numpy before the package says that linear algebra takes one thread

os.environ["HQD_PROCESSES"] = "1"
"""Runs of a test stay in its process, which has imported everything; tests of several processes say so."""


@pytest.fixture(scope="module", autouse=True)
def old_objects_are_permanent() -> None:
    """statsmodels collects garbage at each of its tests: of what this module makes, not of all that was imported before."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def stages_thaw_nothing() -> Iterator[None]:
    """A stage ends by making all objects of its process young again: here those of all tests, seconds to look through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_queue, "gc", SimpleNamespace(freeze=lambda: None, unfreeze=lambda: None))
        yield


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def sound_yaml_is_parsed_once() -> Iterator[None]:
    """The shipped configs are loaded some hundred times, and half of that time is the parser's."""
    parse, known = yaml_document.read_text, dict[str, bytes]()

    def read_text(yaml_text: str, document: yaml_document.Document) -> yaml_document.Document:
        if document.places or document.faults:
            return parse(yaml_text, document)
        if yaml_text not in known:
            parse(yaml_text, document)
            if not document.faults:  # they name the file
                known[yaml_text] = pickle.dumps((document.value, document.places, document.raw))
            return document
        document.value, document.places, document.raw = pickle.loads(known[yaml_text])
        return document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_document, "read_text", read_text)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_renderer() -> Iterator[None]:
    """The process that draws is kept from run to run: getting ready takes it as long as drawing the figures of a small study."""
    renderers = list[WorkerPool]()

    def open_pool(pool: DrawingPool) -> None:
        if not renderers:
            fresh(pool)
            renderers.append(pool._renderer.__enter__())
        pool._renderer = Shared(renderers[0])  # type: ignore[assignment]

    fresh = DrawingPool.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DrawingPool, "__init__", open_pool)
        yield
    for renderer in renderers:
        renderer.stop()


class Shared:
    """A pool that outlives its `with` block, which waits for its own calls alone."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool, self._calls = pool, list[Future[Any]]()

    def submit(self, *call: Any) -> Future[Any]:
        self._calls.append(self._pool.submit(*call))
        return self._calls[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for call in self._calls:
            if error is not None:
                call.cancel()
        wait(self._calls)


@pytest.fixture(autouse=True)
def no_bug(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a bug of the program would be written, instead of the working folder; a test that ends with one there fails."""
    log = tmp_path_factory.getbasetemp() / "hqd-error.log"
    monkeypatch.setattr(cli, "LOG", log)
    yield log
    if log.exists():
        said = log.read_text("utf-8")
        log.unlink()
        pytest.fail(f"a bug of the program: {said}")


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The shipped configs with few draws and the raw files of a small demo, never run: a test copies them."""

    def write(folder: Path) -> None:
        write_demo(folder / "raw", seed=3, firms=1500)
        shutil.copytree(ROOT / "configs", folder / "configs")
        write_changes(folder / "configs", QUICK)

    return Place.in_folder(folder_once(tmp_path_factory, "demo-files", write))


@pytest.fixture(scope="session")
def demo_run(demo_files: Place, tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """The small demo run once for every worker: its published tables are read here, and a test that changes one copies it."""

    def write(folder: Path) -> None:
        with without_network() as attempts:
            ended = run_quietly(demo_files.copy(folder))
        (folder / "network.txt").write_text("\n".join(attempts), "utf-8")
        (folder / "ended.txt").write_text(f"{ended.code}\n{ended.said}", "utf-8")

    folder = folder_once(tmp_path_factory, "demo-run", write)
    code, _, said = (folder / "ended.txt").read_text("utf-8").partition("\n")
    return DemoRun(Place.in_folder(folder), Ended(int(code), said), (folder / "network.txt").read_text("utf-8"))
