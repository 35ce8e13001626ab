"""A run that is killed, interrupted or out of disk leaves the previous results whole, and the next run succeeds (F50)."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hqd_index.demo import write_demo
from hqd_index.provenance import intact

from .small import QUICK, ROOT, Place, run

TRIES = 20
"""Kills at random moments; torn results showed in 8 of 40 tries when files were written in place."""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    folder = tmp_path_factory.mktemp("crash")
    write_demo(folder / "raw", seed=6, firms=1500)
    return Place(ROOT / "configs", folder / "raw", folder / "out").copy(folder / "study")


def command(place: Place, *more: str) -> list[str]:
    sets = [part for change in QUICK for part in ("--set", change)]
    where = ["--study", str(place.configs), "--data", str(place.data), "--out", str(place.out)]
    return [str(Path(sys.executable).parent / "hqd"), "run", *where, *sets, *more]


def started(place: Place, *more: str, **options) -> subprocess.Popen:
    return subprocess.Popen(command(place, *more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_killed_at_random_latest_stays_whole(place, capsys):
    assert run(capsys, place).code == 0
    stream = random.Random(1)
    killed = 0
    for number in range(TRIES):
        process = started(place, "--set", f"study.seed={number}")
        time.sleep(stream.uniform(1.0, 12.0))
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        assert intact(place.latest), f"try {number}"
    assert killed > TRIES / 4
    assert run(capsys, place, "--set", "study.seed=99").code == 0
    assert not list(place.out.glob("demo/runs/.tmp-*"))


@pytest.mark.slow
def test_interrupted_by_the_user(place, capsys):
    run(capsys, place)
    before = place.latest.readlink()
    process = started(place, "--set", "study.seed=77")
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert place.latest.readlink() == before and intact(place.latest)


@pytest.mark.slow
def test_no_room_on_the_disk_is_told(place, capsys):
    """Files may not grow past 200 kB: what a full disk does to a writer."""
    run(capsys, place)
    before = place.latest.readlink()
    limited = ["bash", "-c", 'ulimit -f 200; exec "$@"', "-", *command(place, "--set", "study.seed=55")]
    ended = subprocess.run(limited, capture_output=True, text=True)
    assert ended.returncode == 5, ended.stderr
    assert "Traceback" not in ended.stderr
    assert place.latest.readlink() == before and intact(place.latest)
