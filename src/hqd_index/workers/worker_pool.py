"""Processes of this program that run functions for it: pickled calls in; lines of progress and a result, or a fault, out.

`concurrent.futures.ProcessPoolExecutor` is not used: a process that it spawns runs the caller's main script again, so that a
script without a `__main__` guard fails and one from standard input cannot be found.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from ..interrupts import INTERRUPTED
from . import fork_server, worker_process
from .fork_server import ForkedProcess, ForkServer, ServerEndedError
from .worker_process import FAULT, GRACE, PRELOAD, RESULT, receive, send, send_bytes


class WorkerEnded(RuntimeError):
    """A process ended before it had answered: killed from outside, or out of memory."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)

    def __str__(self) -> str:
        return f"signal {-self.code}" if self.code < 0 else f"code {self.code}"


class WorkerPool:
    """Futures of calls that run in up to `processes` other processes, which have imported `preloaded_modules`.

    With `first_preloaded`, what the first call needs, workers are forks of one process where the system has them: it imports
    these modules, forks for the first call, and imports the rest meanwhile; the fork that lacks the rest serves that call alone.
    Otherwise each worker is started, the first with the `with` block and the others with the first call, and imports while no
    call is waiting. A process ends by itself when the one that started it does, however that ended.
    """

    def __init__(self, processes: int, *, preloaded_modules: Sequence[str] = (), first_preloaded: Sequence[str] = ()) -> None:
        self.processes = processes
        self._preload, self._first_preloaded = tuple(preloaded_modules), tuple(first_preloaded)
        self._threads = ThreadPoolExecutor(max_workers=processes)
        self._server: ForkServer | None = None
        self._workers: list[_Worker] = []
        self._idle: deque[_Worker] = deque()
        self._lock, self._is_stopped = threading.Lock(), False

    def __enter__(self) -> Self:
        if self._first_preloaded and fork_server.AVAILABLE:
            self._server = ForkServer(self._first_preloaded, self._preload)
        else:
            self._start_workers(1)
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._threads.shutdown(wait=True)
        self.stop()

    def preload(self, modules: Sequence[str]) -> None:
        """Further modules that processes import while no call is waiting; to be given before the first call."""
        self._preload += tuple(modules)
        if self._server is not None:
            with contextlib.suppress(ServerEndedError):  # the first call says so
                self._server.preload(modules)
        for worker in self._workers:
            worker.preload(modules)

    def submit(
        self, callee: Callable[..., Any], *arguments: Any, line_listener: Callable[[Any], None] | None = None
    ) -> Future[Any]:
        """The call's result, or what it raised; `WorkerEnded` where the process ended before.

        With a `line_listener` the function gets one argument more, a function for lines of text or other messages, which reach
        the listener in a thread of their own before the future is done.
        """
        if self._server is None:
            self._start_workers(self.processes)
        return self._threads.submit(self._call_worker, (callee, arguments, line_listener is not None), line_listener)

    def stop(self) -> None:
        """End every process; calls that are running or waiting are lost."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_stopped = True
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
        self._threads.shutdown(wait=True)
        for worker in workers:
            worker.close()
        if self._server is not None:
            self._server.close()
            self._server = None

    def _start_workers(self, worker_count: int) -> None:
        while len(self._workers) < worker_count:
            modules = self._preload if self._workers else self._first_preloaded + self._preload
            worker = _Worker(_started_process(modules))
            self._workers.append(worker)
            self._idle.append(worker)

    def _new_worker(self) -> _Worker:
        with self._lock:
            if self._is_stopped:
                raise WorkerEnded(INTERRUPTED)
            try:
                process = self._server.fork() if self._server is not None else _started_process(self._preload)
            except ServerEndedError as fault:
                raise WorkerEnded(fault.code) from fault
            self._workers.append(_Worker(process))
            return self._workers[-1]

    def _call_worker(self, call: tuple[Any, ...], line_listener: Callable[[Any], None] | None) -> Any:
        try:
            worker = self._idle.popleft()
        except IndexError:
            worker = self._new_worker()
        is_of_use = worker.has_every_module  # otherwise the next call gets a fork that has them
        try:
            return worker.call(call, line_listener)
        except WorkerEnded:
            is_of_use = False
            raise
        finally:
            self._idle.append(worker) if is_of_use else self._remove(worker)

    def _remove(self, worker: _Worker) -> None:
        with self._lock:
            if worker not in self._workers:  # being stopped
                return
            self._workers.remove(worker)
        worker.terminate()
        worker.wait()
        worker.close()


class _Worker:
    """One process, which takes one call at a time."""

    def __init__(self, process: subprocess.Popen[bytes] | ForkedProcess) -> None:
        self._process = process
        self.has_every_module = not isinstance(process, ForkedProcess) or process.has_every_module

    def preload(self, modules: Sequence[str]) -> None:
        """Tell an idle process what else to import."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            send_bytes(self._process.stdin, PRELOAD + " ".join(modules).encode())

    def call(self, call: tuple[Any, ...], line_listener: Callable[[Any], None] | None) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # the process has ended: its output has, too
            send(self._process.stdin, call)
        while (payload := receive(self._process.stdout)) is not None:
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


def _started_process(modules: tuple[str, ...]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", f"from {worker_process.__name__} import main; main({modules!r})"]
    # a session of its own: what an interrupt at the terminal means is for the parent to decide
    return subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
