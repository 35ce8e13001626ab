"""Who runs the stages: this process alone, or several that take them as they become ready."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from .apart import DONE, SAID, Hand
from .compute import Done, Job, compute

USEFUL = 2
"""Processes beyond this find nothing to do for most of a run."""


def useful() -> int:
    """How many processes serve a run on this machine."""
    return min(USEFUL, os.cpu_count() or 1)


class Crew:
    """Takes jobs and gives back what they did. With one process a job runs in this one, when it is asked for.

    The first of several processes starts with the `with` block, so that it is ready when the first job is; the others start
    with the first job.
    """

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._heard: queue.SimpleQueue[tuple[Hand, str, Any]] = queue.SimpleQueue()
        self._hands: list[Hand] = []
        self._idle: list[Hand] = []
        self._at: dict[Hand, Job] = {}
        self._own: Job | None = None

    def __enter__(self) -> Self:
        if self._size > 1:
            self._more(1)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process of the crew; what they were doing is lost."""
        for hand in self._hands:
            hand.end()
        for hand in self._hands:
            hand.wait()

    @property
    def free(self) -> bool:
        """Whether a job can be started now."""
        return bool(self._idle) if self._hands else self._own is None

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return bool(self._at) or self._own is not None

    def start(self, job: Job) -> None:
        """Start a job; somebody must be `free`."""
        if not self._hands:
            self._own = job
            return
        self._more(self._size - len(self._hands))
        hand = self._idle.pop(0)
        self._at[hand] = job
        hand.start(job)

    def next(self, say: Callable[[str], None]) -> tuple[Job, Done]:
        """The next job that is done; raises what stopped it. `say` gets the lines jobs have to say before."""
        if self._own is not None:
            job, self._own = self._own, None
            return job, compute(job, say)
        while True:
            hand, kind, found = self._heard.get()
            if kind == SAID:
                say(found)
            elif kind == DONE:
                self._idle.append(hand)
                return self._at.pop(hand), found
            else:
                raise found

    def _more(self, count: int) -> None:
        fresh = [Hand(self._heard) for _ in range(count)]
        self._hands += fresh
        self._idle += fresh
