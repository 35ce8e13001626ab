"""Locks that the system holds for a process and gives back when it ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .errors import SetupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCKED_BYTE = 1 << 30
"""On Windows a lock covers bytes: one far beyond what the file holds, so that the owner's number stays readable."""

OWNER_WRITES = 0.2
"""Seconds after which the owner has written its number: until then the file holds that of the owner before."""


class FileLock:
    """An exclusive lock on a file, which it creates and leaves there; a file without a living owner never blocks.

    Two processes that ask at once: one gets it. `release` it, or end the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1

    def acquire(self) -> bool:
        """Take the lock and write this process's number into the file; False where another process holds it."""
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            return False
        if not self._is_file_of(handle):  # removed by the last owner between the two steps
            os.close(handle)
            return self.acquire()
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return True

    def release(self) -> None:
        """Give the lock back; one that is not held is no fault."""
        if self._handle >= 0:
            os.close(self._handle)  # closing unlocks
            self._handle = -1

    def _is_file_of(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            return False

    def owner(self) -> str:
        """The number of the process that took the lock last; empty where it has not written it yet."""
        return self.path.read_text("ascii", "replace").strip()


def _lock(handle: int) -> None:
    """OSError where another process holds the lock."""
    if sys.platform == "win32":
        os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(results: Path) -> Iterator[None]:
    """One process at a time writes below a folder of results, whatever the study. SetupError (exit 5) names the other."""
    results.mkdir(parents=True, exist_ok=True)
    lock = FileLock(results / ".lock")
    if not lock.acquire():
        time.sleep(OWNER_WRITES)
        raise SetupError(
            f"another run (pid {lock.owner()}) is writing {results}; wait for it, stop it, or write elsewhere with --out",
            zh=f"另一个进程(pid {lock.owner()})正在写入 {results};请等待其结束、停止它,或用 --out 写到别处",
        )
    try:
        yield
    finally:
        lock.release()


def remove_lock(results: Path) -> None:
    """Removes the file of a lock that the caller holds; on Windows, where that is refused, it stays."""
    with contextlib.suppress(OSError):
        (results / ".lock").unlink()
