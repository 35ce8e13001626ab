"""Which modules are mutated and which tests reach which lines: python -m tests.mutation.nearest --state FOLDER [TESTS]."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hqd_index"
DOOR = ("delimited_text", "text_encoding", "text_reader", "typed_cells_text", "sheet_cells", "stata_spss", "spread_units")
FOLDERS = ("methods", "models/kernels", "expressions", "intake/cells", "intake/meaning")
MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in [
        *(path for folder in FOLDERS for path in (PACKAGE / folder).glob("*.py")),
        *(PACKAGE / "intake" / "read" / f"{name}.py" for name in DOOR),
        PACKAGE / "intake" / "records" / "row_ledger.py", PACKAGE / "intake" / "records" / "physical_rows.py",
    ]
    if path.name != "__init__.py"
)  # fmt: skip
"""Methods, inference kernels, expressions, what is read at the door, and the ledger."""
TESTS = (
    "tests/methods", "tests/models", "tests/intake", "tests/attack", "tests/study", "tests/test_expressions.py",
    "tests/index/test_build.py", "tests/index/test_degenerate.py", "tests/index/test_properties.py", "tests/test_degenerate.py",
    "tests/test_edges.py", "tests/test_singular_matrices.py", "tests/test_units.py", "tests/test_second_opinion.py",
    "tests/index/test_weight_diagnostics.py", "tests/index/test_correlation_structure.py", "tests/index/test_index_designs.py",
    "tests/index/test_design_draws.py", "tests/firms", "tests/panel/test_holes.py", "tests/panel/test_panel.py", "tests/faults",
)  # fmt: skip
"""The modules' own tests and those of their references; no run of the whole demo."""
SECONDS = 30.0
"""Of tests for one mutant, the quickest first."""
REACHED = "reached.json"


class Reach:
    """A plugin of pytest: lines of the modules that each test runs, and its seconds of the processor, written after each file."""

    def __init__(self, file: Path, *, is_resumed: bool) -> None:
        self._file, self._is_resumed = file, is_resumed
        stored = json.loads(file.read_text("utf-8")) if file.exists() else {"seconds": {}, "setup": {}, "lines": {}}
        self._stored: dict[str, dict[str, list[str]]] = stored["lines"]
        self.seconds: dict[str, float] = stored["seconds"]
        self.setup: dict[str, float] = stored["setup"]
        self.lines: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._names = {str(PACKAGE / module): module for module in MODULES}
        self._current: set[tuple[str, int]] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._is_resumed:
            items[:] = [item for item in items if item.nodeid not in self.seconds]

    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        if nextitem is None or nextitem.path != item.path:
            self.write()

    def write(self) -> None:
        """What is known now."""
        for name, reached in self.lines.items():
            for module, line in sorted(reached):
                names = self._stored.setdefault(module, {}).setdefault(str(line), [])
                names += [] if name in names else [name]
        self.lines.clear()
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({"seconds": self.seconds, "setup": self.setup, "lines": self._stored}), "utf-8")
        part.replace(self._file)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """What a fixture runs counts for all tests of the file: it may be made once."""
        file = item.nodeid.split("::")[0]
        seconds = yield from self._traced(file)
        self.setup[file] = max(seconds, self.setup.get(file, 0.0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self.seconds[item.nodeid] = yield from self._traced(item.nodeid)

    def _traced(self, name: str) -> Generator[None, None, float]:
        self._current, begun = self.lines[name], sum(os.times()[:4])
        threading.settrace(self._call)  # tables are read in threads
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(lambda *_: None)
        return sum(os.times()[:4]) - begun

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        module = self._names.get(frame.f_code.co_filename)
        return None if module is None else self._line_of(module)

    def _line_of(self, module: str) -> Any:
        current = self._current

        def line(frame: FrameType, _event: str, _argument: Any) -> Any:
            current.add((module, frame.f_lineno))
            return line

        return line


class NearestTests:
    """The tests of a line, as a run of `main` wrote them down."""

    def __init__(self, folder: Path) -> None:
        stored = json.loads((folder / REACHED).read_text("utf-8"))
        self._seconds: dict[str, float] = stored["seconds"]
        self._setup: dict[str, float] = stored["setup"]
        self._lines: dict[str, dict[str, list[str]]] = stored["lines"]

    def of(self, module: str, line: int, seconds: float = SECONDS) -> list[str]:
        """Tests that run the line, the quickest first, within so many seconds.

        For a line outside functions those of files that import its module, then those that run lines of it, then those of its
        folder, whose modules take its constants.
        """
        lines = self._lines.get(module, {})
        groups = (
            [set(lines[str(line)])]
            if str(line) in lines
            else [self._importing(module), self._reaching(module), self._reaching(Path(module).parent)]
        )
        chosen: dict[str, None] = {}
        files: set[str] = set()
        total = 0.0
        for group in groups:
            tests = {test for name in group for test in self._tests(name)} - chosen.keys()
            for test in sorted(tests, key=lambda one: (self._cost(one), one)):
                total += self._seconds[test] + (0 if test.split("::")[0] in files else self._setup.get(test.split("::")[0], 0))
                if total > seconds and chosen:
                    break
                chosen[test] = None
                files.add(test.split("::")[0])
        return list(chosen)

    def _importing(self, module: str) -> set[str]:
        """Tests of the files that import a module by its name."""
        name = "hqd_index." + module.removesuffix(".py").replace("/", ".")
        files = {test.split("::")[0] for test in self._seconds}
        importing = {file for file in files if f"from {name} import" in (ROOT / file).read_text("utf-8")}
        return {test for test in self._seconds if test.split("::")[0] in importing}

    def _cost(self, test: str) -> float:
        """Seconds of a test alone, what its file makes for all of its tests included."""
        return self._seconds[test] + self._setup.get(test.split("::")[0], 0.0)

    def _reaching(self, place: str | Path) -> set[str]:
        """Tests and files that reach a line of a module, or of the modules of a folder."""
        modules = [place] if isinstance(place, str) else [name for name in self._lines if Path(name).parent == place]
        return {name for module in modules for found in self._lines.get(module, {}).values() for name in found}

    def _tests(self, name: str) -> list[str]:
        return [name] if "::" in name else [test for test in self._seconds if test.startswith(f"{name}::")]


def main() -> int:
    """Run the tests under a tracer and write what each reaches; those that are known are not run again unless they are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.nearest")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("tests", nargs="*", help="only these, added to what is known")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    reach = Reach(options.state / REACHED, is_resumed=not options.tests)
    tests = options.tests or [path for path in TESTS if (ROOT / path).exists()]
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", "--hypothesis-seed=0", *tests], plugins=[reach])
    reach.write()
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
