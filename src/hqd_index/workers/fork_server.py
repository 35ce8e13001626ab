"""A process that imports what stages need and forks itself for each worker, so that the imports are paid for once.

Linux alone: elsewhere a fork is not safe or not there. The process has one thread as long as it lives; its forks belong to the
caller, who has their pipes, and their ends are asked of it, since a system tells them to a parent only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Literal, NoReturn

from ..one_thread import keep_to_one_thread
from .worker_process import end_at_once, import_for_good, serve_calls

AVAILABLE = sys.platform == "linux"
PRELOAD: Literal["preload"] = "preload"
FORK: Literal["fork"] = "fork"
EXIT_CODE: Literal["exit_code"] = "exit_code"
RUNNING = "running"
MESSAGE_BYTES = 65_536
POLL_SECONDS = 0.005


class ServerEndedError(RuntimeError):
    """The process that forks was ended from outside."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class ForkServer:
    """The caller's side: forks of a process that has imported `first_modules`, and from the second fork on `modules` too."""

    def __init__(self, first_modules: Sequence[str], modules: Sequence[str]) -> None:
        self._control, server_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = f"{server_end.fileno()}, {tuple(first_modules)!r}, {tuple(modules)!r}"
        command = [sys.executable, "-P", "-c", f"from {__name__} import main; main({arguments})"]
        with server_end:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, pass_fds=[server_end.fileno()], start_new_session=True
            )
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    def preload(self, modules: Iterable[str]) -> None:
        """Further modules to import; to be given before the first fork."""
        self._ask(f"{PRELOAD} {' '.join(modules)}")

    def fork(self) -> ForkedProcess:
        """A new process that serves calls; ServerEndedError where there is none to fork."""
        (call_reader, call_writer), (answer_reader, answer_writer) = os.pipe(), os.pipe()
        try:
            answer = self._ask(FORK, (call_reader, answer_writer))
        except ServerEndedError:
            os.close(call_writer)
            os.close(answer_reader)
            raise
        finally:
            os.close(call_reader)
            os.close(answer_writer)
        pid, has_every_module = answer.split()
        return ForkedProcess(self, int(pid), call_writer, answer_reader, has_every_module=has_every_module == "1")

    def exit_code(self, pid: int) -> int | None:
        """As in `subprocess`: of a fork that has ended; None while it runs. An end is told once."""
        answer = self._ask(f"{EXIT_CODE} {pid}")
        return None if answer == RUNNING else int(answer)

    def close(self) -> None:
        """End the process; its forks must have ended, or live on without it."""
        self._control.close()
        self._process.wait()

    def _ask(self, message: str, descriptors: Sequence[int] = ()) -> str:
        with self._lock:
            try:
                socket.send_fds(self._control, [message.encode()], descriptors)
                answer = self._control.recv(MESSAGE_BYTES)
            except OSError:
                answer = b""
        if not answer:
            raise ServerEndedError(self._process.wait())
        return answer.decode()


class ForkedProcess:
    """A fork with its pipes; what a pool needs of a `subprocess.Popen`."""

    def __init__(self, server: ForkServer, pid: int, call_writer: int, answer_reader: int, *, has_every_module: bool) -> None:
        self._server, self.pid, self.has_every_module = server, pid, has_every_module
        self.stdin, self.stdout = os.fdopen(call_writer, "wb", buffering=0), os.fdopen(answer_reader, "rb", buffering=0)
        self.returncode: int | None = None
        self._lock = threading.Lock()  # an end is told once, and a number that was told may be another's soon

    def terminate(self) -> None:
        self._send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; subprocess.TimeoutExpired after so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fork", timeout or 0.0)
            time.sleep(POLL_SECONDS)
        assert self.returncode is not None
        return self.returncode

    def _poll(self) -> int | None:
        with self._lock:
            if self.returncode is None:
                try:
                    self.returncode = self._server.exit_code(self.pid)
                except ServerEndedError as fault:  # nobody is there to say when it ends
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.pid, signal.SIGKILL)
                    self.returncode = fault.code
            return self.returncode

    def _send_signal(self, signal_number: signal.Signals) -> None:
        with self._lock, contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, signal_number)


def main(descriptor: int, first_modules: Sequence[str], modules: Sequence[str]) -> NoReturn:
    """Imports, and between imports answers; ends when the caller does."""
    keep_to_one_thread()  # a fork of a process whose libraries have threads would wait for them
    signal.signal(signal.SIGTERM, end_at_once)
    os.dup2(2, 1)  # what libraries print is no answer
    control = socket.socket(fileno=descriptor)
    for module in first_modules:
        import_for_good(module)
    waiting_modules, fork_count = deque(modules), 0
    while True:
        if waiting_modules and not select.select([control], [], [], 0)[0]:
            import_for_good(waiting_modules.popleft())
            continue
        message, descriptors, _flags, _address = socket.recv_fds(control, MESSAGE_BYTES, 2)
        kind, _, text = message.decode().partition(" ")
        if kind == PRELOAD:
            waiting_modules.extend(text.split())
            answer = str(PRELOAD)
        elif kind == FORK:
            while fork_count and waiting_modules:
                import_for_good(waiting_modules.popleft())
            fork_count += 1
            answer = f"{_fork(control, *descriptors)} {int(not waiting_modules)}"
        elif kind == EXIT_CODE:
            answer = _exit_code(int(text))
        else:
            os._exit(0)
        control.send(answer.encode())


def _fork(control: socket.socket, call_reader: int, answer_writer: int) -> int:
    """The number of a new process that serves calls; it never returns there."""
    pid = os.fork()
    if pid == 0:
        control.close()
        os.setsid()  # as of a process that is started: what an interrupt at the terminal means is for the caller to decide
        os.dup2(call_reader, 0)
        os.close(call_reader)
        serve_calls(answer_writer)
        os._exit(0)
    os.close(call_reader)
    os.close(answer_writer)
    return pid


def _exit_code(pid: int) -> str:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return str(os.waitstatus_to_exitcode(status)) if ended else RUNNING
