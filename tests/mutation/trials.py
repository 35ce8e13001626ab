"""One mutant tried with its tests, in a process of its own: forked after the package is imported, or before where it must be."""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from .mutants import Mutant, mutated
from .nearest import PACKAGE, ROOT
from .planted import Functions, functions_by_file, plant

CPU_SECONDS, CLOCK_SECONDS = 60, 240.0
"""A mutant whose tests take longer hangs, which a user would see; sound tests take a tenth."""
NO_TESTS = 5
"""What pytest ends with where no test is left to run."""
IMPORT_ANEW = 77
"""What a child ends with whose mistake is outside functions."""
LIBRARIES = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "statsmodels.api", "statsmodels.stats.multitest", "duckdb", "sqlglot",
    "pandera.pandas", "pydantic", "ruamel.yaml", "hypothesis", "networkx", "openpyxl", "sklearn.linear_model", "pytest",
    "rapidfuzz", "pyreadstat", "linearmodels", "pyfixest", "typer", "rich.console",
)  # fmt: skip
IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"  # plugins of pytest come with the libraries
OPTIONS = [
    "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "--hypothesis-seed=0", "--no-header", "-W", IMPORTED,
]  # fmt: skip
KILLED, SURVIVED, HUNG, OUTSIDE = "killed", "survived", "hung", "outside functions"
SOUND = -1
"""Number of the mutant that is none."""


@dataclass(frozen=True)
class Result:
    """How the tests of a mutant ended, the seconds they took, the test that failed."""

    key: str
    ended: str
    seconds: float
    by: str
    tests: int


class MutatedSource(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports one module with a mistake in it."""

    def __init__(self, mutant: Mutant) -> None:
        name = "hqd_index." + mutant.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        super().__init__(name, str(PACKAGE / mutant.module))
        self.number = mutant.number

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> Any:
        return compile(mutated(Path(self.path).read_text("utf-8"), self.number), self.path, "exec", dont_inherit=True)


def prepare() -> None:
    """Import what every mutant's tests need, and nothing of the package."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "HQD_PROCESSES"):
        os.environ[variable] = "1"
    os.chdir(ROOT)
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    assert not any(name.split(".")[0] == "hqd_index" for name in sys.modules), "the package is imported before its mutants"


def cold_trial(mutant: Mutant, tests: Sequence[str], folder: Path) -> Result:
    """The module is imported with the mistake in it, and pytest collects the files of its tests."""

    def child() -> int:
        if mutant.number != SOUND:
            sys.meta_path.insert(0, MutatedSource(mutant))
        files = sorted({name.split("::")[0] for name in tests}) or ["tests/test_floors.py"]
        return int(pytest.main(["-x", *OPTIONS, f"--basetemp={folder / 'pytest'}", *files], plugins=[Chosen(tests)]))

    return _forked(mutant, tests, folder / "pytest.log", child)


class Chosen:
    """A plugin of pytest that keeps some tests, in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.place = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid])


Try = Callable[[Mutant, Sequence[str]], Result]


class WarmTrials:
    """A plugin of pytest: everything is imported and collected once, then `course` tries mutants in children of this process."""

    def __init__(self, folder: Path, course: Callable[[Try], None]) -> None:
        self._folder = folder
        self._course = course
        self._functions: Functions = {}
        self._items: dict[str, pytest.Item] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._functions = functions_by_file(PACKAGE)
        self._items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()  # or each child copies the pages of all that was imported when it collects garbage
        self._course(lambda mutant, tests: self._trial(session, mutant, tests))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            print(f"\nFAILED {report.nodeid}", flush=True)

    def _trial(self, session: pytest.Session, mutant: Mutant, tests: Sequence[str]) -> Result:
        def child() -> int:
            if mutant.number != SOUND and not plant(mutant, PACKAGE / mutant.module, self._functions):
                return IMPORT_ANEW
            items = [self._items[name] for name in tests if name in self._items]
            for item, following in zip(items, [*items[1:], None], strict=False):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    return 1
            return 0 if items else NO_TESTS

        return _forked(mutant, tests, self._folder / "pytest.log", child)


def warm_trials(folder: Path, files: Sequence[str], course: Callable[[Try], None]) -> None:
    """Runs `course` with a function that tries one mutant, in a child, so that this process imports nothing of the package."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        options = [*OPTIONS, "-s", f"--basetemp={folder / 'pytest'}"]
        os._exit(int(pytest.main([*options, *files], plugins=[WarmTrials(folder, course)])))
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit(f"the trials ended with {code}")


def _forked(mutant: Mutant, tests: Sequence[str], log: Path, work: Callable[[], int]) -> Result:
    """How the work ended in a child; OUTSIDE where the module must be imported with the mistake."""
    begun = time.monotonic()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _child(log, work)
    code = _exit_code(child, begun + CLOCK_SECONDS)
    ended = {None: HUNG, -signal.SIGXCPU: HUNG, 0: SURVIVED, NO_TESTS: SURVIVED, IMPORT_ANEW: OUTSIDE}.get(code, KILLED)
    by = _failed_test(log) if ended == KILLED else ""
    if ended == KILLED and not by:
        raise SystemExit(f"no test failed, and yet the trial ended with {code}: see {log}")
    return Result(mutant.key, ended, round(time.monotonic() - begun, 1), by, len(tests))


def _child(log: Path, work: Callable[[], int]) -> NoReturn:
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    code = 1
    with contextlib.suppress(BaseException):
        try:
            code = work()
        except BaseException as fault:
            print(f"ERROR {type(fault).__name__}: {fault}")
    sys.stdout.flush()
    os._exit(code)


def _exit_code(child: int, end: float) -> int | None:
    """None where the child does not end in time; it is killed with its own children."""
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _failed_test(log: Path) -> str:
    """The test that failed, as pytest names it; a crash where the interpreter died."""
    lines = log.read_text("utf-8", "replace").splitlines()
    marks = ("FAILED", "ERROR", "ImportError while", "Fatal Python error")
    return next((line[:160] for line in reversed(lines) if line.startswith(marks)), "")
