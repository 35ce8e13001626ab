"""CONTRIBUTING.md is true: its paths and tests exist, its diffs apply, and a step left out fails the test named beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .conftest import ROOT

PAGE = ROOT / "CONTRIBUTING.md"
TWIN = ROOT / "CONTRIBUTING.zh.md"
NAMES = {
    "method": "max_deviation", "indicator": "upg6", "rule": "E04b", "reader": "json", "analysis": "halves",
    "table": "score_change", "sentence": "index_spread",
}  # fmt: skip
"""What each diff adds, in their order: a failure must name it, or the command that was not run."""
SECTION = re.compile(r"^### .*?(?=^### |\Z)", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\| (\d+) (.*?) \| \**`(tests/[\w/]+\.py::\w+)`\** \|$", re.MULTILINE)
COMMAND = r"`(hqd [\w ]+|docs/\w+\.py)`"
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@dataclass(frozen=True)
class WorkedDiff:
    """A diff in pieces (file header, hunk, the step it belongs to), and by step what to do and the test that needs it."""

    pieces: tuple[tuple[str, str, int], ...]
    steps: Mapping[int, tuple[str, str]]

    def without(self, step: int) -> str:
        """The diff less the hunks of a step; 0 leaves out none."""
        text, header = "", ""
        for file, hunk, of_step in self.pieces:
            if of_step != step:
                text += (file if file != header else "") + hunk
                header = file
        return text

    def commands(self, step: int) -> Iterable[list[str]]:
        """What `hqd` or a script of the project is asked for in the steps that are no diff.

        Without a step, what its test reads: the test of the asking step is then in the same file.
        """
        diffed = {of_step for *_, of_step in self.pieces}
        for number, (task, test) in self.steps.items():
            is_read = not step or test.split("::")[0] == self.steps[step][1].split("::")[0]
            if number not in diffed and number != step and is_read:
                yield re.findall(COMMAND, task)[0].split()


def diffs_of(page: Path) -> dict[str, WorkedDiff]:
    return dict(zip(NAMES, map(diff_of, SECTION.findall(page.read_text("utf-8"))), strict=True))


def diff_of(text: str) -> WorkedDiff:
    pieces = []
    for file in re.split(r"^(?=--- )", re.search(r"```diff\n(.*?)```", text, re.DOTALL)[1], flags=re.MULTILINE)[1:]:  # type: ignore[index]
        header, *hunks = re.split(r"^(?=@@ )", file, flags=re.MULTILINE)
        pieces += [(header, hunk, int(re.match(r"@@ .*? @@ (\d+)\n", hunk)[1])) for hunk in hunks]  # type: ignore[index]
    return WorkedDiff(tuple(pieces), {int(number): (task, test) for number, task, test in STEP.findall(text)})


DIFFS = diffs_of(PAGE)


def git_apply(diff: str, folder: Path, *options: str) -> None:
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    command = ["git", "apply", "--whitespace=nowarn", *options, "-"]
    result = subprocess.run(command, cwd=folder, input=diff, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"{result.stderr}the code around changed: mend the diff on both pages"


def test_seven_kinds_have_their_diff_and_every_step_its_test() -> None:
    for name, diff in DIFFS.items():
        assert {step for *_, step in diff.pieces} <= set(diff.steps) == set(range(1, len(diff.steps) + 1)), name


@pytest.mark.parametrize("page", [PAGE, TWIN], ids=["en", "zh"])
def test_paths_and_tests_that_the_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    added = "\n".join(line[1:] for line in text.splitlines() if line.startswith("+"))
    new_files = set(re.findall(r"^\+\+ b/(\S+)", added, re.MULTILINE))
    for path, test in re.findall(r"`((?:src|tests|docs|configs)/[\w./]*)(?:::(\w+))?`", text):
        assert (ROOT / path).exists() or path in new_files, path
        source = (ROOT / path).read_text("utf-8") if (ROOT / path).is_file() else ""
        assert not test or f"def {test}(" in source + added, f"{path}::{test}"


def test_both_pages_have_the_same_diffs_and_steps() -> None:
    twin = diffs_of(TWIN)
    assert {name: diff.pieces for name, diff in DIFFS.items()} == {name: diff.pieces for name, diff in twin.items()}
    assert [[test for _, test in diff.steps.values()] for diff in (*DIFFS.values(), *twin.values())] == 2 * [
        [test for _, test in diff.steps.values()] for diff in DIFFS.values()
    ]


@pytest.mark.parametrize("name", DIFFS)
def test_the_diff_applies(name: str) -> None:
    git_apply(DIFFS[name].without(0), ROOT, "--check")


def test_hooks_are_local_and_run_what_lint_runs() -> None:
    """Nothing is fetched: each hook is a program of .venv that `make lint` runs with the same words."""
    repositories = YAML(typ="safe").load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    lint = (ROOT / "Makefile").read_text("utf-8").replace("$(BIN)", ".venv/bin")
    assert [repository["repo"] for repository in repositories] == ["local"] and len(hooks) == 3
    assert all(hook["entry"] in lint and hook["language"] == "system" for hook in hooks)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the diffs touch and the tests need."""
    folder = tmp_path_factory.mktemp("copy") / "original"
    for name in ("src", "tests", "docs", "configs"):
        shutil.copytree(ROOT / name, folder / name)  # with what is compiled, which the copies then need not do again
    (folder / "data/processed").mkdir(parents=True)
    for path in (*ROOT.glob("*.*"), ROOT / "Makefile", ROOT / "data/processed/README.md"):
        if path.is_file():
            shutil.copy(path, folder / path.relative_to(ROOT))
    return folder


def copy_with(original: Path, folder: Path, diff: WorkedDiff, step: int) -> Path:
    """A copy with the diff applied but for one step."""
    shutil.copytree(original, folder)
    git_apply(diff.without(step), folder)
    for command in diff.commands(step):
        program = ["-c", "from hqd_index.cli import main; main()"] if command[0] == "hqd" else [command[0]]
        python(folder, *program, *command[1:])
    return folder


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, env=environment)


def outcome(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests)


@pytest.mark.slow
def test_the_known_answers_hold_with_all_diffs_together(original: Path, tmp_path: Path) -> None:
    """Also where a diff still applies, but calls what has another name by now."""
    folder = Path(shutil.copytree(original, tmp_path / "copy"))
    for diff in DIFFS.values():
        git_apply(diff.without(0), folder)
    known_answers = dict.fromkeys(re.findall(r"\*\*`(tests/.*?)`\*\*", PAGE.read_text("utf-8")))
    result = outcome(folder, *known_answers)
    assert len(known_answers) == len(DIFFS) - 1 and result.returncode == 0, result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFS)
def test_with_every_step_its_tests_and_the_linter_pass(original: Path, tmp_path: Path, name: str) -> None:
    folder = copy_with(original, tmp_path / "copy", DIFFS[name], 0)
    result = outcome(folder, *dict.fromkeys(test for _, test in DIFFS[name].steps.values()))
    assert result.returncode == 0, result.stdout
    lint = python(folder, "-m", "ruff", "check", ".")
    assert lint.returncode == 0, lint.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("name", "step"), [(name, step) for name, diff in DIFFS.items() for step in diff.steps])
def test_a_step_left_out_fails_the_test_beside_it(original: Path, tmp_path: Path, name: str, step: int) -> None:
    folder = copy_with(original, tmp_path / "copy", DIFFS[name], step)
    task, test = DIFFS[name].steps[step]
    result = outcome(folder, test)
    output = result.stdout + result.stderr
    assert result.returncode != 0, f"{test} passes without step {step}"
    missing = [NAMES[name], *re.findall(COMMAND, task)]
    assert any(text in output.replace(test, "").replace(str(folder), "") for text in missing), output
