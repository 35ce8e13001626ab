"""Mutants drawn from the modules whose numbers count, each tried with its nearest tests and the references.

    python -m tests.mutation.nearest --state FOLDER
    python -m tests.mutation.run --state FOLDER [--seed 16] [--count 600] [--module methods/weight.py] [--again]

The first finds which tests reach which line. One process imports the package, collects the tests, and is forked for every
mutant, whose functions get their mistake there; where it is outside functions the module is imported anew. Each result is a
line of FOLDER/mutants.jsonl; what is in it is not tried again, so that an interrupted run goes on. `--again` tries the
survivors once more with more tests, after tests were written for them; `--anew` imports the package for each. Survivors that no
test can kill are argued in argued.yaml.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .argued import argued
from .mutants import Mutant, mutants
from .nearest import MODULES, PACKAGE, NearestTests
from .trials import HUNG, KILLED, OUTSIDE, SOUND, SURVIVED, Result, Try, cold_trial, prepare, warm_trials

FIRST_SECONDS, AGAIN_SECONDS = 8.0, 30.0
"""Of tests for a mutant when it is tried first, and again."""


def population() -> list[Mutant]:
    """Every mutant of every module that is tried."""
    return [one for module in MODULES for one in mutants(module, (PACKAGE / module).read_text("utf-8"))]


def sample(everyone: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """The mutants that a seed draws."""
    return random.Random(seed).sample(everyone, min(count, len(everyone)))


def results(file: Path) -> dict[str, dict[str, Any]]:
    """The last result of each mutant, by its key."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return {result["key"]: result for result in map(json.loads, lines)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--module", default="")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--anew", action="store_true", help="import the package for each mutant; slow")
    parser.add_argument("--seconds", type=float, default=0.0, help="of tests for each mutant; 8 at first, 30 again")
    options = parser.parse_args(arguments)
    folder = options.state.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    everyone = population()
    drawn = sample(everyone, options.count, options.seed)
    print(f"seed {options.seed}: {len(drawn)} of {len(everyone)} mutants in {len(MODULES)} modules", flush=True)
    chosen = [mutant for mutant in drawn if mutant.module.startswith(options.module)]
    before = results(folder / "mutants.jsonl")
    hopeless = argued() if options.again else {}
    due = [
        one for one in chosen if one.key not in before or (options.again and before[one.key]["ended"] == SURVIVED)
        if (one.module, one.code, one.change) not in hopeless
    ]  # fmt: skip
    if due:
        prepare()
        seconds = options.seconds or (AGAIN_SECONDS if options.again else FIRST_SECONDS)
        _try(due, folder, is_anew=options.anew, seconds=seconds)
    return summary(results(folder / "mutants.jsonl"), chosen)


def _try(due: Sequence[Mutant], folder: Path, *, is_anew: bool, seconds: float) -> None:
    """Tries mutants, after a sound module with the same tests; those outside functions last, in modules imported anew."""
    nearest = NearestTests(folder)
    tests = {mutant: nearest.of(mutant.module, mutant.line, seconds) for mutant in due}
    settled: set[str] = set()
    file = folder / "settled.txt"  # by children of this process

    def course(trial: Try) -> None:
        sound = Mutant(due[0].module, SOUND, 0, "no change")
        if (end := trial(sound, tests[due[0]])).ended != SURVIVED:
            raise SystemExit(f"the tests fail without a mutant ({end.ended} {end.by})")
        for mutant in due:
            if mutant.key in settled:
                continue
            result = trial(mutant, tests[mutant])
            if result.ended != OUTSIDE:
                _write(folder / "mutants.jsonl", result)
                with file.open("a", encoding="utf-8") as stream:
                    stream.write(mutant.key + "\n")

    file.write_text("", "utf-8")
    if not is_anew:
        warm_trials(folder, sorted({name.split("::")[0] for names in tests.values() for name in names}), course)
        settled |= set(file.read_text("utf-8").splitlines())
    if len(settled) < len(due):
        course(lambda mutant, names: cold_trial(mutant, names, folder))


def _write(file: Path, result: Result) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(dataclasses.asdict(result), ensure_ascii=False) + "\n")
    print(f"{result.ended:9s}{result.seconds:6.1f} s  {result.key}", flush=True)


def summary(done: dict[str, dict[str, Any]], chosen: Sequence[Mutant]) -> int:
    """Prints what was killed by part and in all, and the survivors with what is argued for them; 1 below the goal."""
    tried = [mutant for mutant in chosen if mutant.key in done]
    parts = sorted({_part(mutant) for mutant in tried})
    for part in parts:
        print(_share(part, [mutant for mutant in tried if _part(mutant) == part], done))
    print(_share("all", tried, done))
    arguments = argued()
    alive = [mutant for mutant in tried if done[mutant.key]["ended"] == SURVIVED]
    equal = [mutant for mutant in alive if (mutant.module, mutant.code, mutant.change) in arguments]
    print(f"{len(alive)} survive, {len(equal)} of them argued in argued.yaml; the others:")
    print(*(f"{mutant.key}    {mutant.code}" for mutant in alive if mutant not in equal), sep="\n")
    return int(_killed(tried, done) < GOAL * len(tried))


GOAL = 0.85


def _part(mutant: Mutant) -> str:
    return Path(mutant.module).parent.as_posix()


def _killed(tried: Sequence[Mutant], done: dict[str, dict[str, Any]]) -> int:
    return sum(done[mutant.key]["ended"] in (KILLED, HUNG) for mutant in tried)


def _share(name: str, tried: Sequence[Mutant], done: dict[str, dict[str, Any]]) -> str:
    killed = _killed(tried, done)
    return f"{name:20s}{killed:5d} of {len(tried):4d} killed ({killed / max(1, len(tried)):.1%})"


if __name__ == "__main__":
    sys.exit(main())
