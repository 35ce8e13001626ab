"""Runs killed at boundaries of stages and at random moments, as a group or one process of it, under jumping clocks (F50)."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from hqd_index import provenance
from hqd_index.errors import HqdError
from hqd_index.pipeline import STAGES

from ..small import examples, write_changes
from .small_firms import SmallStudy, write_small_study
from .test_fault_table import clean  # noqa: F401 - a fixture

NAMES = [stage.name for stage in STAGES]
LIMIT = 120.0
CLOCK = """
import sys, time
offset = [0.0]
for name in ("time", "time_ns"):
    def jumping(real=getattr(time, name), scale=1 if name == "time" else 10**9, calls=[0]):
        calls[0] += 1
        return real() + ((-1) ** calls[0]) * 86400 * 400 * scale
    setattr(time, name, jumping)
sys.argv[1:] = {arguments!r}
from hqd_index.__main__ import main
main()
"""
"""The command under a clock that goes back and forth by 400 days at every look."""


@dataclass(frozen=True)
class Kill:
    """When a run is killed, who is, and what was found afterwards."""

    stage: str  # the one whose end was reported last; '' before any
    delay: float  # seconds after that
    processes: int
    target: str  # group, parent, child
    clock: bool = False  # whether the clock jumped


def kills(count: int, seed: int) -> Iterator[Kill]:
    """Each boundary of stages once for each number of processes and target in turn, then moments at random."""
    draw = random.Random(seed)
    targets = [(1, "parent"), (2, "group"), (2, "parent"), (2, "child")]
    boundaries = [Kill(name, 0.0, *target) for name in ["", *NAMES] for target in targets]
    draw.shuffle(boundaries)
    yield from boundaries[: max(0, count - count // 4)]
    for _ in range(count - min(len(boundaries), max(0, count - count // 4))):
        yield Kill(draw.choice(["", *NAMES[:-1]]), draw.uniform(0, 1.5), *draw.choice(targets), clock=draw.random() < 0.25)


def started(study: SmallStudy, kill: Kill, seed: int) -> subprocess.Popen[str]:
    """A run whose every stage is stale, in a process group of its own."""
    write_changes(study.configs, [f"study.seed={seed}"])
    arguments = study.arguments("--processes", str(kill.processes), "--lang", "en")
    code = (
        CLOCK.format(arguments=arguments)
        if kill.clock
        else f"import sys; sys.argv[1:] = {arguments!r}\nfrom hqd_index.__main__ import main\nmain()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("HQD_PROCESSES", None)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        cwd=study.folder, start_new_session=True,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """Processes that a process started and that still run."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def killed(process: subprocess.Popen[str], kill: Kill) -> int:
    """Waits for the moment, kills, and gives the exit code of the command itself."""
    assert process.stdout
    if kill.stage:
        for line in process.stdout:
            if line.startswith("[") and line.partition("]")[0].endswith(kill.stage):
                break
    time.sleep(kill.delay)
    family = children(process.pid)
    if kill.target == "child" and family:
        _end(family[0])
    else:
        process.kill()
        for child in family if kill.target == "group" else []:
            _end(child)
    process.communicate(timeout=LIMIT)
    return process.returncode


def _end(pid: int) -> None:
    """Kills a process that may just have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def fault_after(study: SmallStudy, kill: Kill, code: int) -> str:
    """What is wrong after a kill, '' where nothing is: `latest` is whole, is what its pointer says, and holds the last lock."""
    allowed = {0, -signal.SIGKILL, *([5] if kill.target == "child" else [])}  # no child yet: the command itself is killed
    if code not in allowed:
        return f"exit {code}"
    latest = study.home / "latest"
    if not latest.is_dir():
        return "latest dangles"
    try:
        manifest = provenance.manifest_of(latest)
    except HqdError as fault:
        return str(fault)
    if not provenance.intact(latest):
        return "latest is torn"
    pointed, digest = (study.home / "latest.txt").read_text("utf-8").split()
    if pointed == manifest["run"] and provenance.digest_file(latest / "manifest.json") != digest:
        return "latest.txt and the manifest differ"
    return ""


def trial(study: SmallStudy, kill: Kill, seed: int) -> str:
    """What is wrong after one kill."""
    return fault_after(study, kill, killed(started(study, kill, seed), kill))


def recovered(study: SmallStudy, seed: int) -> str:
    """What is wrong with the run after the kills, '' where it is whole and leaves nothing of those before."""
    write_changes(study.configs, [f"study.seed={seed}"])
    code, said = study.run()
    leftovers = list(study.out.rglob(".tmp-*"))
    if code or leftovers or not provenance.intact(study.home / "latest"):
        return f"exit {code}, left: {leftovers}\n{said}"
    return ""


@pytest.mark.slow
def test_killed_at_any_moment_latest_stays_whole(clean: SmallStudy, tmp_path: Path) -> None:  # noqa: F811
    study = clean.copy(tmp_path / "study")
    wrong = [(kill, fault) for n, kill in enumerate(kills(examples(12), seed=16)) if (fault := trial(study, kill, 100 + n))]
    assert not wrong
    assert recovered(study, 99) == ""


def main(folder: Path, count: int, seed: int) -> int:
    """`count` kills, each a line of folder/kills.jsonl; those that are there are not repeated. 1 where one left a fault."""
    log = folder / "kills.jsonl"
    results = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    study = SmallStudy(folder / "study")
    if not study.folder.exists():
        write_small_study(study.folder)
        assert study.run()[0] == 0
    for n, kill in enumerate(kills(count, seed)):
        if n < len(results):
            continue
        results.append({**asdict(kill), "fault": trial(study, kill, 1000 * seed + n)})
        if n % 10 == 9:
            results[-1]["fault"] = results[-1]["fault"] or recovered(study, 10**6 + n)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(results[-1]) + "\n")
    faults = [result for result in results if result["fault"]]
    print(f"seed {seed}: {len(results)} kills, {len(faults)} left a fault", *faults, sep="\n")
    return int(bool(faults))
