"""A process that runs stages for another one: pickled jobs in, what they said and did (or the fault that stopped them) out."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from types import FrameType
from typing import IO, Any, Literal, NoReturn

from .compute import Done, Job, compute

SAID: Literal["said"] = "said"
DONE: Literal["done"] = "done"
FAULT: Literal["fault"] = "fault"
GRACE = 5.0
"""Seconds in which a process that is told to end may remove its scratch files."""
AHEAD = (
    "duckdb",
    "pandera.pandas",
    "hqd_index.intake",
    "pandera.backends.pandas.builtin_checks",  # loaded by the first check of a table
    "hqd_index.links",
    "networkx",
    *(
        f"hqd_index.{part}"
        for part in ("panel", "index.scenario_tables", "index.uncertainty.rank_uncertainty", "models", "report")
    ),
)
"""What stages import, in the order of need; loaded while no job is there."""


class Hand:
    """A process of this program that takes one job at a time; it ends by itself when the process that started it does."""

    def __init__(self, heard: queue.SimpleQueue[tuple[Hand, str, Any]]) -> None:
        self._heard = heard
        command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
        # a session of its own: what an interrupt at the terminal means is for the parent to say
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, job: Job) -> None:
        """Give the process a job; what it says of it comes into the queue."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the process is gone: the queue has word of it
            _send(self._process.stdin, job)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while (payload := _receive(self._process.stdout)) is not None:
            kind, found = pickle.loads(payload)
            self._heard.put((self, kind, found))
        code = self._process.wait()
        self._heard.put((self, FAULT, RuntimeError(f"a process that ran stages ended with code {code}")))

    def end(self) -> None:
        """Tell the process to end; `wait` for it afterwards."""
        self._process.terminate()

    def wait(self) -> None:
        """Returns when the process is gone."""
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


def main() -> None:
    """Runs jobs from the input as they come; while there are none, imports what they will need."""
    signal.signal(signal.SIGTERM, _vanish)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(jobs,), daemon=True).start()
    ahead = list(AHEAD)
    while True:
        try:
            job: Job = pickle.loads(jobs.get(block=not ahead))
        except queue.Empty:
            _load(ahead.pop(0))
            continue
        signal.signal(signal.SIGTERM, _leave)
        _send(out, _done(job, out))
        signal.signal(signal.SIGTERM, _vanish)


def _load(module: str) -> None:
    """Import without looking for garbage, of which there is none; what came in is for good, and is never looked through later."""
    gc.disable()
    importlib.import_module(module)
    gc.freeze()
    gc.enable()


def _done(job: Job, out: IO[bytes]) -> tuple[str, Done | Exception]:
    try:
        return DONE, compute(job, lambda line: _send(out, (SAID, line)))
    except Exception as fault:
        fault.add_note(traceback.format_exc())
        return FAULT, fault


def _take(jobs: queue.SimpleQueue[bytes]) -> NoReturn:
    """Jobs from the input; when it closes, the parent is gone and this process ends."""
    source = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - no lock that the end of the interpreter would wait for
    while (payload := _receive(source)) is not None:
        jobs.put(payload)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(130)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End in order: open engines remove their scratch files."""
    sys.exit(130)


def _vanish(number: int, frame: FrameType | None) -> NoReturn:
    """End at once: between jobs nothing is open, and taking the interpreter apart would take a second."""
    os._exit(130)


def _send(stream: IO[bytes], message: Any) -> None:
    payload = pickle.dumps(message)
    whole = memoryview(len(payload).to_bytes(8, "big") + payload)
    while whole:
        whole = whole[stream.write(whole) :]


def _receive(stream: IO[bytes]) -> bytes | None:
    """One message from a stream without buffer; None when the other end is closed."""
    size = int.from_bytes(_exactly(stream, 8), "big")
    payload = _exactly(stream, size)
    return payload if size and len(payload) == size else None


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """So many bytes, or fewer where the stream ends."""
    parts: list[bytes] = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
