"""Processes of this program that run functions for it: pickled calls in; lines of progress and a result, or a fault, out.

`concurrent.futures.ProcessPoolExecutor` is not used: a process that it spawns runs the caller's main script again, so that a
script without a `__main__` guard fails and one from standard input cannot be found.
"""

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
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType, TracebackType
from typing import IO, Any, Literal, NoReturn, Self

from .interrupts import INTERRUPTED

LINE: Literal["line"] = "line"
RESULT: Literal["result"] = "result"
FAULT: Literal["fault"] = "fault"
PRELOAD = b"preload "
"""Begins a message of modules to import; a pickled call begins otherwise."""
COLLECTION = (20_000, 20, 20)
"""Objects made, and collections of the younger, before garbage is looked for: a stage makes frames, not circles of objects."""
GRACE = 5.0
"""Seconds in which a process that is asked to end may remove its scratch files."""


class WorkerEnded(RuntimeError):
    """A process ended before it had answered: killed from outside, or out of memory."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)

    def __str__(self) -> str:
        return f"signal {-self.code}" if self.code < 0 else f"code {self.code}"


class WorkerPool:
    """Futures of calls that run in `processes` other processes, which import the modules of `preload` while no call is waiting.

    The first process starts with the `with` block, so that it is ready when the first call is, and imports what that needs
    (`first_preloaded`) before the rest; the others start with that call. A process ends by itself when the one that started it
    does, however that ended.
    """

    def __init__(self, processes: int, *, preloaded_modules: Sequence[str] = (), first_preloaded: Sequence[str] = ()) -> None:
        self.processes = processes
        self._preload, self._first_preloaded = tuple(preloaded_modules), tuple(first_preloaded)
        self._threads = ThreadPoolExecutor(max_workers=processes)
        self._workers: list[_Worker] = []
        self._idle: deque[_Worker] = deque()

    def __enter__(self) -> Self:
        self._start_workers(1)
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._threads.shutdown(wait=True)
        self.stop()

    def preload(self, modules: Sequence[str]) -> None:
        """Further modules that processes import while no call is waiting; to be given before the first call."""
        self._preload += tuple(modules)
        for worker in self._workers:
            worker.preload(modules)

    def submit(
        self, callee: Callable[..., Any], *arguments: Any, line_listener: Callable[[Any], None] | None = None
    ) -> Future[Any]:
        """The call's result, or what it raised; `WorkerEnded` where the process ended before.

        With a `line_listener` the function gets one argument more, a function for lines of text or other messages, which reach
        the listener in a thread of their own before the future is done.
        """
        self._start_workers(self.processes)
        return self._threads.submit(self._call_worker, (callee, arguments, line_listener is not None), line_listener)

    def stop(self) -> None:
        """End every process; calls that are running or waiting are lost."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.close()

    def _start_workers(self, worker_count: int) -> None:
        while len(self._workers) < worker_count:
            worker = _Worker(self._preload if self._workers else self._first_preloaded + self._preload)
            self._workers.append(worker)
            self._idle.append(worker)

    def _call_worker(self, call: tuple[Any, ...], line_listener: Callable[[Any], None] | None) -> Any:
        worker = self._idle.popleft()
        try:
            return worker.call(call, line_listener)
        finally:
            self._idle.append(worker)


class _Worker:
    """One process, which takes one call at a time."""

    def __init__(self, preloaded_modules: tuple[str, ...]) -> None:
        command = [sys.executable, "-P", "-c", f"from {__name__} import main; main({preloaded_modules!r})"]
        # a session of its own: what an interrupt at the terminal means is for the parent to decide
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    def preload(self, modules: Sequence[str]) -> None:
        """Tell an idle process what else to import."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            _send_bytes(self._process.stdin, PRELOAD + " ".join(modules).encode())

    def call(self, call: tuple[Any, ...], line_listener: Callable[[Any], None] | None) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # the process has ended: its output has, too
            _send(self._process.stdin, call)
        while (payload := _receive(self._process.stdout)) is not None:
            message, answer = pickle.loads(payload)
            if message == RESULT:
                return answer
            if message == FAULT:
                raise answer
            assert line_listener is not None
            line_listener(answer)
        raise WorkerEnded(self._process.wait())

    def terminate(self) -> None:
        """Ask the process to end; `wait` for it afterwards."""
        self._process.terminate()

    def wait(self) -> None:
        """Returns when the process has ended."""
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Close the pipes, which no thread reads any more."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def main(preloaded_modules: Sequence[str]) -> None:
    """Runs calls from the input as they come; while there are none, imports what they will need."""
    signal.signal(signal.SIGTERM, _end_at_once)
    gc.set_threshold(*COLLECTION)
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_calls, args=(calls,), daemon=True).start()
    modules = deque(preloaded_modules)
    try:
        while True:
            try:
                payload = calls.get(block=not modules)
            except queue.Empty:
                _import_for_good(modules.popleft())
                continue
            if payload.startswith(PRELOAD):
                modules.extend(payload.removeprefix(PRELOAD).decode().split())
                continue
            signal.signal(signal.SIGTERM, _end_in_order)
            _send(output, _run_call(payload, output))
            signal.signal(signal.SIGTERM, _end_at_once)
    except SystemExit:
        os._exit(INTERRUPTED)  # engines are closed by now; taken apart, the interpreter would print what libraries still hold


def _import_for_good(module: str) -> None:
    """Import without garbage collection, for there is none; imported objects are permanent, and are never searched later."""
    gc.disable()
    importlib.import_module(module)
    gc.freeze()
    gc.enable()


def _run_call(payload: bytes, output: IO[bytes]) -> tuple[str, Any]:
    gc.freeze()  # what earlier calls imported is permanent, too: only what this one makes is looked at
    try:
        callee, arguments, has_listener = pickle.loads(payload)
        listener_argument = (_sender(output),) if has_listener else ()
        return RESULT, callee(*arguments, *listener_argument)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return FAULT, error


def _sender(output: IO[bytes]) -> Callable[[Any], None]:
    """A function for messages, from any thread, each whole before the next."""
    lock = threading.Lock()

    def send_message(message: Any) -> None:
        with lock:
            _send(output, (LINE, message))

    return send_message


def _read_calls(calls: queue.SimpleQueue[bytes]) -> NoReturn:
    """Calls from the input; when it closes, the parent has ended and this process ends."""
    source = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - no lock that the end of the interpreter would wait for
    while (payload := _receive(source)) is not None:
        calls.put(payload)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(INTERRUPTED)


def _end_in_order(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """End by an exception: open engines remove their scratch files."""
    sys.exit(INTERRUPTED)


def _end_at_once(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Between calls nothing is open, and taking the interpreter apart would take a second."""
    os._exit(INTERRUPTED)


def _send(stream: IO[bytes], message: Any) -> None:
    _send_bytes(stream, pickle.dumps(message))


def _send_bytes(stream: IO[bytes], payload: bytes) -> None:
    unsent_bytes = memoryview(len(payload).to_bytes(8, "big") + payload)
    while unsent_bytes:
        unsent_bytes = unsent_bytes[stream.write(unsent_bytes) :]


def _receive(stream: IO[bytes]) -> bytes | None:
    """One message from a stream without buffer; None when the other end is closed."""
    size = int.from_bytes(_read_exactly(stream, 8), "big")
    payload = _read_exactly(stream, size)
    return payload if size and len(payload) == size else None


def _read_exactly(stream: IO[bytes], byte_count: int) -> bytes:
    """So many bytes, or fewer where the stream ends."""
    blocks: list[bytes] = []
    while byte_count and (chunk := stream.read(byte_count)):
        blocks.append(chunk)
        byte_count -= len(chunk)
    return b"".join(blocks)
