"""How far long work is: counted where it is done, told to whoever listens in this process, and to nobody where nobody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

INTERVAL = 0.2
"""Seconds between two messages of one piece of work."""
Item = TypeVar("Item")


@dataclass(frozen=True)
class Progress:
    """So many parts of so many, what they are (zh, en), and the rows read so far where rows are read.

    `share` is that of the work where parts are of different size (files by bytes), else None.
    """

    zh: str
    en: str
    finished: int
    total: int
    rows: int = 0
    share: float | None = None

    @property
    def fraction(self) -> float:
        """Between 0 and 1."""
        return self.share if self.share is not None else self.finished / self.total if self.total else 1.0


Listener = Callable[[Progress], None]
_listeners: list[Listener] = []
_lock = threading.Lock()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Progress of this process goes to the listener while the block runs, one message at a time."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@dataclass
class Counter:
    """Counts the parts of one piece of work, from any thread; `size` is what all parts weigh together (0: each the same)."""

    zh: str
    en: str
    total: int
    size: float = 0.0
    finished: int = 0
    rows: int = 0
    finished_size: float = 0.0
    reported_at: float = field(default_factory=time.monotonic)

    def add(self, parts: int = 1, *, rows: int = 0, size: float = 0.0) -> None:
        """Some parts more are done."""
        with _lock:
            self.finished, self.rows, self.finished_size = self.finished + parts, self.rows + rows, self.finished_size + size
            if not _listeners or time.monotonic() - self.reported_at < INTERVAL:
                return
            self.reported_at = time.monotonic()
            share = min(1.0, self.finished_size / self.size) if self.size else None
            _listeners[-1](Progress(self.zh, self.en, self.finished, self.total, self.rows, share))


def counted(items: Sequence[Item], zh: str, en: str) -> Iterator[Item]:
    """The items, each counted when the next is asked for."""
    counter = Counter(zh, en, len(items))
    for item in items:
        yield item
        counter.add()
