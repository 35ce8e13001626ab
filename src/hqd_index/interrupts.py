"""Ctrl-C: the first raises KeyboardInterrupt once, further ones wait for what it set going, and the third ends at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

INTERRUPTED = 130
PATIENCE = 3
"""Interrupts after which nothing is tidied up any more."""


@dataclass
class Interrupt:
    """Whether the user has interrupted, and how often; a library may have made another exception of it."""

    count: int = 0

    @property
    def asked(self) -> bool:
        return self.count > 0


@contextlib.contextmanager
def interruptible() -> Iterator[Interrupt]:
    """SIGINT counted and raised once within the block; in a thread that gets no signals nothing changes."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def on_signal(_signal_number: int, _frame: FrameType | None) -> None:
        interrupt.count += 1
        if interrupt.count == 1:
            raise KeyboardInterrupt
        if interrupt.count >= PATIENCE:
            os._exit(INTERRUPTED)

    previous_handler = signal.signal(signal.SIGINT, on_signal)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, previous_handler)
