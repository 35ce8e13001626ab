"""Worker processes: results, lines and faults come back, and no process outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hqd_index.workers import WorkerEnded, WorkerPool, fork_server

SOON = 30.0
"""Seconds; a process that sees its input close ends in milliseconds where no other waits for the processor."""
PARENT = """
import sys, time
from hqd_index.workers import WorkerPool
with WorkerPool(2, first_preloaded=MODULES) as pool:
    pool.submit(time.sleep, 600), pool.submit(time.sleep, 600)
    while len(pool._workers) < 2:
        time.sleep(0.01)
    print(*[worker._process.pid for worker in pool._workers], *[pool._server.pid] if pool._server else [], flush=True)
    time.sleep(600)
"""
STARTS = {"started": (), "forked": ("json",)}
"""Modules to import first by the way in which processes begin: forks are made where there are such modules, on Linux."""


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + SOON
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(alive, pids))


def divide(number: int, report_line: Callable[[str], None]) -> float:
    report_line(f"dividing by {number}")
    report_line("now")
    return 1 / number


@pytest.fixture(autouse=True)
def _processes_find_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]))


@pytest.fixture(params=list(STARTS))
def pool(request: pytest.FixtureRequest):
    with WorkerPool(2, first_preloaded=STARTS[request.param]) as pool:
        yield pool


def test_results_and_lines_come_in_order(pool: WorkerPool) -> None:
    lines: list[str] = []
    assert pool.submit(divide, 4, line_listener=lines.append).result() == 0.25
    assert lines == ["dividing by 4", "now"]
    assert [future.result() for future in [pool.submit(abs, -number) for number in range(7)]] == list(range(7))


def test_a_fault_is_raised_here_with_its_traceback(pool: WorkerPool) -> None:
    lines: list[str] = []
    with pytest.raises(ZeroDivisionError) as raised:
        pool.submit(divide, 0, line_listener=lines.append).result()
    assert lines == ["dividing by 0", "now"] and "return 1 / number" in "".join(raised.value.__notes__)
    assert pool.submit(abs, -1).result() == 1


def test_a_process_that_ends_by_itself_is_an_error(pool: WorkerPool) -> None:
    with pytest.raises(WorkerEnded, match="code 3"):
        pool.submit(os._exit, 3).result()


def test_what_a_library_prints_is_no_answer(pool: WorkerPool) -> None:
    assert pool.submit(print, "hello").result() is None


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_stop_ends_what_is_running(pool: WorkerPool) -> None:
    future = pool.submit(time.sleep, 60)
    deadline = time.monotonic() + SOON
    while not pool._workers and time.monotonic() < deadline:
        time.sleep(0.01)
    pids = [worker._process.pid for worker in pool._workers] + ([pool._server.pid] if pool._server else [])
    pool.stop()
    assert gone(pids) and future.done()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("start", list(STARTS))
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_its_parent(end: signal.Signals, start: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("MODULES", repr(STARTS[start]))], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) >= 2 and all(map(alive, pids))
    parent.send_signal(end)
    parent.communicate()
    assert gone(pids)


@pytest.mark.skipif(not fork_server.AVAILABLE, reason="forks are made on Linux")
def test_the_first_fork_lacks_what_is_imported_meanwhile_and_ends_after_its_call() -> None:
    with WorkerPool(1, preloaded_modules=["wave"], first_preloaded=["json"]) as pool:
        first, *later = [pool.submit(imported, "wave").result() for _ in range(3)]
    assert first[0] != later[0][0] and later[0] == later[1], "one process for every later call"
    assert later[0][1]


@pytest.mark.skipif(not fork_server.AVAILABLE, reason="forks are made on Linux")
def test_a_killed_fork_and_a_killed_server_are_named() -> None:
    with WorkerPool(2, first_preloaded=["json"]) as pool:
        with pytest.raises(WorkerEnded, match="signal 9"):
            pool.submit(os.kill, 0, signal.SIGKILL).result()
        assert pool.submit(abs, -1).result() == 1, "another fork has taken its place"
        assert pool._server is not None
        os.kill(pool._server.pid, signal.SIGKILL)
        assert pool.submit(abs, -1).result() == 1, "a fork lives on without the server"
        with pytest.raises(WorkerEnded, match="signal 9"):
            [call.result() for call in [pool.submit(time.sleep, 0.2), pool.submit(abs, -1)]]


def imported(module: str) -> tuple[int, bool]:
    """The process's number and whether it has the module."""
    return os.getpid(), module in sys.modules
