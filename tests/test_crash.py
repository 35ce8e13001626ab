"""A run that is interrupted or out of disk leaves the previous results whole (F50); tests/faults has those that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hqd_index.provenance import intact

from .small import DemoRun, Place, run_arguments


@pytest.fixture
def place(demo_run: DemoRun, tmp_path: Path) -> Place:
    return demo_run.place.copy_run(tmp_path)


def command(place: Place, *more: str) -> list[str]:
    return [str(Path(sys.executable).parent / "hqd"), *run_arguments(place, *more)]


def started(place: Place, seed: int) -> subprocess.Popen:
    """A run in two processes, of which only the first is known here."""
    return subprocess.Popen(
        command(place.change(f"study.seed={seed}"), "--processes", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place.out.parent,
    )


def after(process: subprocess.Popen, stage: str) -> None:
    """Returns when the command has told that the stage is done, whatever the speed of the machine."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.startswith("[") and line.partition("]")[0].endswith(stage):
            return
    raise AssertionError("".join([*seen, process.stderr.read()]))


@pytest.mark.slow
def test_interrupted_by_the_user(place):
    before = place.latest.readlink()
    process = started(place, 77)
    after(process, "panel")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert place.latest.readlink() == before and intact(place.latest)


@pytest.mark.slow
def test_no_room_on_the_disk_is_told(place):
    """Files may not grow past 200 kB: what a full disk does to a writer."""
    before = place.latest.readlink()
    limited = ["bash", "-c", 'ulimit -f 200; exec "$@"', "-", *command(place.change("study.seed=55"))]
    ended = subprocess.run(limited, capture_output=True, text=True, cwd=place.out.parent)
    assert ended.returncode == 5, ended.stderr
    assert "Traceback" not in ended.stderr
    assert place.latest.readlink() == before and intact(place.latest)
    assert not (place.out.parent / "hqd-error.log").exists()
