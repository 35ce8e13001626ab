"""Mutants drawn from the modules whose numbers count, each tried with its nearest tests and the references.

    python -m tests.mutation.nearest --state FOLDER
    python -m tests.mutation.run --state FOLDER [--seed 16] [--count 600] [--module methods/weight.py] [--again]

The first finds which tests reach which line. One process imports the libraries once and is forked for every mutant. Each
result is a line of FOLDER/mutants.jsonl; what is in it is not tried again, so that an interrupted run goes on. `--again`
tries the survivors anew, after tests were written for them.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from .mutants import Mutant, mutants, mutated
from .nearest import MODULES, NearestTests
from .nearest import SECONDS as TEST_SECONDS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hqd_index"
SECONDS = 5 * TEST_SECONDS
"""A mutant whose tests take longer hangs, which a user would see."""
NO_TESTS = 5
"""What pytest ends with where no test is left to run."""
LIBRARIES = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "statsmodels.api", "statsmodels.stats.multitest", "duckdb", "sqlglot",
    "pandera.pandas", "pydantic", "ruamel.yaml", "hypothesis", "networkx", "openpyxl", "sklearn.linear_model", "pytest",
    "rapidfuzz", "pyreadstat", "linearmodels", "typer", "rich.console",
)  # fmt: skip
IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"  # plugins of pytest come with the libraries
KILLED, SURVIVED, HUNG = "killed", "survived", "hung"


class MutatedSource(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Imports one module from another text than its file's."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        super().__init__(name, str(path))
        self.text = text

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> Any:
        return compile(self.text, self.path, "exec")


def population() -> list[Mutant]:
    """Every mutant of every module that is tried."""
    return [one for module in MODULES for one in mutants(module, (PACKAGE / module).read_text("utf-8"))]


class Chosen:
    """A plugin of pytest that keeps some tests, in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.place = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid])


def try_mutant(mutant: Mutant, tests: Sequence[str], log: Path) -> tuple[str, float]:
    """How its tests ended, in a process of its own, and the seconds they took."""
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _run_tests(mutant, tests, log)
    while time.monotonic() - begun < SECONDS:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return (SURVIVED if code in (0, NO_TESTS) else KILLED), time.monotonic() - begun
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return HUNG, time.monotonic() - begun


def _run_tests(mutant: Mutant, tests: Sequence[str], log: Path) -> NoReturn:
    """Never returns: the process ends with pytest's code."""
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    path = PACKAGE / mutant.module
    name = "hqd_index." + mutant.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if mutant.number >= 0:
        sys.meta_path.insert(0, MutatedSource(name, path, mutated(path.read_text("utf-8"), mutant.number)))
    import pytest

    files = sorted({name.split("::")[0] for name in tests}) or ["tests/test_floors.py"]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", "--hypothesis-seed=0", "--no-header", "-W", IMPORTED]
    code = pytest.main([*options, *files], plugins=[Chosen(tests)])
    sys.stdout.flush()
    os._exit(int(code))


def reason(log: Path) -> str:
    """The test that failed, as pytest names it."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return next((line[:160] for line in reversed(lines) if line.startswith(("FAILED", "ERROR", "ImportError while"))), "")


def results(state: Path) -> dict[str, dict[str, Any]]:
    """The last result of each mutant, by its key."""
    lines = state.read_text("utf-8").splitlines() if state.exists() else []
    return {result["key"]: result for result in map(json.loads, lines)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--module", default="")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args(arguments)
    options.state.mkdir(parents=True, exist_ok=True)
    file, log = options.state / "mutants.jsonl", options.state / "pytest.log"
    everyone = population()
    drawn = random.Random(options.seed).sample(everyone, min(options.count, len(everyone)))
    chosen = [mutant for mutant in drawn if mutant.module.startswith(options.module)]
    done = results(file)
    print(f"seed {options.seed}: {len(drawn)} of {len(everyone)} mutants in {len(MODULES)} modules", flush=True)
    _prepare()
    nearest = NearestTests(options.state)
    sound = Mutant("methods/weight.py", -1, 0, "no change")
    if (end := try_mutant(sound, nearest.of(sound.module, sound.line), log)[0]) != SURVIVED:
        raise SystemExit(f"the tests fail without a mutant ({end}): see {log}")
    for mutant in chosen:
        before = done.get(mutant.key)
        if before and not (options.again and before["ended"] == SURVIVED):
            continue
        ended, seconds = try_mutant(mutant, nearest.of(mutant.module, mutant.line), log)
        if ended == KILLED and not reason(log):
            raise SystemExit(f"no test failed, and yet pytest did: see {log}")
        result = {"key": mutant.key, "ended": ended, "seconds": round(seconds, 1), "by": "" if ended != KILLED else reason(log)}
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(result, ensure_ascii=False) + "\n")
        print(f"{ended:9s}{seconds:6.1f} s  {mutant.key}", flush=True)
    return _summary(results(file), chosen)


def _prepare() -> None:
    """Import what every mutant's tests need, and nothing of the package."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "HQD_PROCESSES"):
        os.environ[variable] = "1"
    os.chdir(ROOT)
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    assert not any(name.split(".")[0] == "hqd_index" for name in sys.modules), "the package is imported before its mutants"


def _summary(done: dict[str, dict[str, Any]], chosen: list[Mutant]) -> int:
    ends = [done[mutant.key]["ended"] for mutant in chosen if mutant.key in done]
    alive = [mutant.key for mutant in chosen if done.get(mutant.key, {}).get("ended") == SURVIVED]
    print(f"{len(ends)} tried, {len(ends) - len(alive)} killed ({(len(ends) - len(alive)) / max(1, len(ends)):.1%}), survivors:")
    print("\n".join(alive))
    return 0


if __name__ == "__main__":
    sys.exit(main())
