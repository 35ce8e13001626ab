"""What runs in a process of a pool: pickled calls from its standard input as they come, lines and answers to its output."""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType
from typing import IO, Any, Literal, NoReturn

from ..interrupts import INTERRUPTED
from ..one_thread import keep_to_one_thread

LINE: Literal["line"] = "line"
RESULT: Literal["result"] = "result"
FAULT: Literal["fault"] = "fault"
PRELOAD = b"preload "
"""Begins a message of modules to import; a pickled call begins otherwise."""
COLLECTION = (20_000, 20, 20)
"""Objects made, and collections of the younger, before garbage is looked for: a stage makes frames, not circles of objects."""
GRACE = 5.0
"""Seconds in which a process that is asked to end may remove its scratch files."""


def main(preloaded_modules: Sequence[str]) -> None:
    """A process that was started for it: its output is for answers alone, what libraries print goes to the errors."""
    keep_to_one_thread()
    output = os.dup(1)
    os.dup2(2, 1)
    serve_calls(output, preloaded_modules)


def serve_calls(output_descriptor: int, preloaded_modules: Sequence[str] = ()) -> None:
    """Runs calls from the input as they come; while there are none, imports what they will need."""
    signal.signal(signal.SIGTERM, end_at_once)
    gc.set_threshold(*COLLECTION)
    output = os.fdopen(output_descriptor, "wb", buffering=0)
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_calls, args=(calls,), daemon=True).start()
    modules = deque(preloaded_modules)
    try:
        while True:
            try:
                payload = calls.get(block=not modules)
            except queue.Empty:
                import_for_good(modules.popleft())
                continue
            if payload.startswith(PRELOAD):
                modules.extend(payload.removeprefix(PRELOAD).decode().split())
                continue
            signal.signal(signal.SIGTERM, _end_in_order)
            send(output, _run_call(payload, output))
            signal.signal(signal.SIGTERM, end_at_once)
    except SystemExit:
        os._exit(INTERRUPTED)  # engines are closed by now; taken apart, the interpreter would print what libraries still hold


def import_for_good(module: str) -> None:
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
            send(output, (LINE, message))

    return send_message


def _read_calls(calls: queue.SimpleQueue[bytes]) -> NoReturn:
    """Calls from the input; when it closes, the parent has ended and this process ends."""
    source = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - no lock that the end of the interpreter would wait for
    while (payload := receive(source)) is not None:
        calls.put(payload)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(INTERRUPTED)


def _end_in_order(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """End by an exception: open engines remove their scratch files."""
    sys.exit(INTERRUPTED)


def end_at_once(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Between calls nothing is open, and taking the interpreter apart would take a second."""
    os._exit(INTERRUPTED)


def send(stream: IO[bytes], message: Any) -> None:
    """One message, pickled."""
    send_bytes(stream, pickle.dumps(message))


def send_bytes(stream: IO[bytes], payload: bytes) -> None:
    """One message: its length in eight bytes, then itself."""
    unsent_bytes = memoryview(len(payload).to_bytes(8, "big") + payload)
    while unsent_bytes:
        unsent_bytes = unsent_bytes[stream.write(unsent_bytes) :]


def receive(stream: IO[bytes]) -> bytes | None:
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
