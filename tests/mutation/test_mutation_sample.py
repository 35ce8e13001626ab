"""A sample of what `make attack` does with 600 mutants: each is planted, tried once, and argued where no test can kill it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .argued import argued, table
from .mutants import mutants
from .nearest import MODULES, PACKAGE, ROOT
from .run import main, population, sample, summary
from .trials import KILLED, SURVIVED

PLANTED = """
import sys
from hqd_index.methods.shares import feasible
from hqd_index.methods import weight
from tests.mutation.mutants import mutants
from tests.mutation.nearest import PACKAGE
from tests.mutation.planted import functions_by_file, plant
path = PACKAGE / "methods/shares.py"
functions = functions_by_file(PACKAGE)
everyone = mutants("methods/shares.py", path.read_text("utf-8"))
constant = next(one for one in everyone if one.code.startswith("SUM_TOLERANCE"))
inside = next(one for one in everyone if one.code.startswith("return floor <= cap") and one.change.startswith("Lt "))
assert feasible(2, 0.5, 0.5) and not plant(constant, path, functions)
assert plant(inside, path, functions)
print(feasible(2, 0.5, 0.5))
"""


def test_a_mistake_is_planted_in_the_functions_that_others_hold_and_only_there() -> None:
    """`floor <= cap` turned into `<` in the function imported before; a constant of the module needs another import."""
    ended = subprocess.run([sys.executable, "-c", PLANTED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "False\n"), ended.stderr


def test_what_is_argued_is_a_mutant_of_today_and_stands_on_both_pages() -> None:
    modules = {module for module, _, _ in argued()}
    assert modules <= set(MODULES)
    known = {
        (one.module, one.code, one.change) for module in modules for one in mutants(module, (PACKAGE / module).read_text("utf-8"))
    }
    assert [key for key in argued() if key not in known] == []
    for language in ("en", "zh"):
        assert table(language) in (ROOT / "docs" / language / "reliability.md").read_text("utf-8")


def test_the_sample_is_that_of_its_seed_and_what_is_done_is_not_done_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = sample(population(), 5, 16)
    assert drawn == sample(population(), 5, 16) != sample(population(), 5, 17)
    survivor = next(mutant for mutant in drawn if (mutant.module, mutant.code, mutant.change) not in argued())
    lines = [json.dumps({"key": mutant.key, "ended": SURVIVED if mutant == survivor else KILLED}) for mutant in drawn]
    (tmp_path / "mutants.jsonl").write_text("\n".join(lines), "utf-8")
    assert main(["--state", str(tmp_path), "--count", "5"]) == 1  # below 85%
    said = capsys.readouterr().out
    assert said.startswith("seed 16: 5 of ") and "4 of    5 killed (80.0%)" in said and survivor.key in said
    assert summary({mutant.key: {"ended": KILLED} for mutant in drawn}, drawn) == 0


@pytest.mark.slow
def test_mutants_of_a_module_are_tried_with_the_tests_that_reach_their_lines(tmp_path: Path) -> None:
    for arguments in (
        ["nearest", "--state", str(tmp_path), "tests/methods/test_thresholds.py"],
        ["run", "--state", str(tmp_path), "--module", "methods/weight.py"],
        ["run", "--state", str(tmp_path), "--module", "methods/weight.py"],
    ):
        ended = subprocess.run(
            [sys.executable, "-m", f"tests.mutation.{arguments[0]}", *arguments[1:]],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    results = [json.loads(line) for line in (tmp_path / "mutants.jsonl").read_text("utf-8").splitlines()]
    assert len(results) == len({result["key"] for result in results}) > 5, ended.stderr
    killed = [result for result in results if result["ended"] == KILLED]
    assert killed and all("test_thresholds" in result["by"] for result in killed)
    assert f"{len(killed)} of {len(results):4d} killed" in ended.stdout
