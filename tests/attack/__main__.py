"""`make attack`: every section at length, one after another, with a printed seed; what a section has done is not done again.

    python -m tests.attack --state FOLDER [--seed 16] [--scale 1.0] [SECTION...]

Sections: faults (the whole table), files (damaged at random, of every format), texts (formulas and configuration), kills, leaks,
mutants. FOLDER/attack.jsonl has a line for each piece of work; `--scale 0.01` is a hundredth of the work. Exit 1 on any fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..faults.small_firms import write_small_study
from ..faults.test_killed_runs import main as kill_runs
from .hostile_text import faults_of
from .leaks import holdings, leak, own_temporary_folder, runs
from .mutated_files import trials

ROOT = Path(__file__).resolve().parents[2]
FILE_PIECES, FILE_SECONDS = 12, 600
TEXT_PIECES, TEXT_COUNT = 100, 1000


@dataclass(frozen=True)
class Attack:
    """Where its state is, the seed, and how much of the whole is done."""

    state: Path
    seed: int
    scale: float

    def size(self, whole: int) -> int:
        return max(1, round(whole * self.scale))

    def done(self, section: str) -> list[dict[str, Any]]:
        """What is written down of a section."""
        log = self.state / "attack.jsonl"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["section"] == section]

    def write(self, section: str, **result: Any) -> None:
        with (self.state / "attack.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"section": section, **result}, ensure_ascii=False) + "\n")


def fault_table(attack: Attack) -> bool:
    """Every row of the fault table, those that run to the end included."""
    if not attack.done("faults"):
        code = _pytest("tests/faults/test_fault_table.py", f"--junitxml={attack.state / 'faults.xml'}")
        attack.write("faults", code=code)
    return attack.done("faults")[-1]["code"] == 0


def files(attack: Attack) -> bool:
    """Files damaged at random, ten minutes a piece, two hours in all."""
    for piece in range(len(attack.done("files")), FILE_PIECES):
        begun, tried, faults = time.monotonic(), 0, []
        for trial in trials(FILE_SECONDS * attack.scale, attack.seed * 1000 + piece):
            tried += 1
            faults += [[trial.case, trial.damage, trial.fault]] if trial.fault else []
        attack.write("files", tried=tried, faults=faults, seconds=round(time.monotonic() - begun))
    return not any(entry["faults"] for entry in attack.done("files"))


def texts(attack: Attack) -> bool:
    """100,000 formulas and as many configuration files."""
    folder = attack.state / "texts"
    folder.mkdir(exist_ok=True)
    for piece in range(len(attack.done("texts")), TEXT_PIECES):
        count = attack.size(TEXT_COUNT)
        attack.write("texts", tried=2 * count, faults=faults_of(count, attack.seed * 1000 + piece, folder))
    return not any(entry["faults"] for entry in attack.done("texts"))


def kills(attack: Attack) -> bool:
    """200 kills of runs."""
    return kill_runs(attack.state, attack.size(200), attack.seed) == 0


def leaks(attack: Attack) -> bool:
    """500 studies in a row."""
    if not attack.done("leaks"):
        with own_temporary_folder(attack.state / "temporary"):
            study = write_small_study(attack.state / "leaks")
            before, course = holdings(), list(runs(study, attack.size(500)))
        ends = {"before": before.__dict__, "first": course[0].__dict__, "last": course[-1].__dict__}
        attack.write("leaks", studies=len(course), leak=leak(course), **ends)
    return not attack.done("leaks")[-1]["leak"]


def mutants(attack: Attack) -> bool:
    """600 mutants, after the tests that reach each line are known."""
    if not (attack.state / "reached.json").exists():
        _module("tests.mutation.nearest", "--state", str(attack.state))
    count = str(attack.size(600))
    return _module("tests.mutation.run", "--state", str(attack.state), "--seed", str(attack.seed), "--count", count) == 0


SECTIONS: dict[str, Callable[[Attack], bool]] = {
    "faults": fault_table, "files": files, "texts": texts, "kills": kills, "leaks": leaks, "mutants": mutants,
}  # fmt: skip


def _check_seed(parser: argparse.ArgumentParser, attack: Attack) -> None:
    """What a folder has of one seed is not gone on with by another."""
    file = attack.state / "seed.txt"
    if file.exists() and int(file.read_text()) != attack.seed:
        parser.error(f"{attack.state} was begun with --seed {file.read_text()}; go on with it, or take another folder")
    file.write_text(str(attack.seed))


def _pytest(*arguments: str) -> int:
    return _module("pytest", "-q", "-p", "no:cacheprovider", *arguments)


def _module(name: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", name, *arguments], cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sections; 1 when one found a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], default=[])
    options = parser.parse_args(arguments)
    options.state.mkdir(parents=True, exist_ok=True)
    attack = Attack(options.state.resolve(), options.seed, options.scale)
    _check_seed(parser, attack)
    ends = {}
    for name in options.sections or SECTIONS:
        print(f"{name}, seed {attack.seed}", flush=True)
        ends[name] = SECTIONS[name](attack)
    print(*(f"{name}: {'no fault' if is_well else 'FAULT'}" for name, is_well in ends.items()), sep="\n")
    return int(not all(ends.values()))


if __name__ == "__main__":
    sys.exit(main())
