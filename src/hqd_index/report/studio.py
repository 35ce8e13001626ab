"""Drawing beside the rest of the report: the renderer holds Python's lock, so it works in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

HANDS = 2
"""Processes that draw."""
SCRIPT = Path(__file__).with_name("renderer.py")


class Studio:
    """Takes drawing jobs and gives futures; its processes start with the first jobs and end with the block."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=HANDS)
        self._own = threading.local()
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._threads.shutdown(wait=True, cancel_futures=fault is not None)
        for process in self._started:
            process.communicate()  # closes its input, which ends it

    def svg(self, spec: str) -> Future[str]:
        """A Vega-Lite specification as SVG."""
        return self._threads.submit(self._asked, "svg", {"spec": spec})

    def prints(self, drawn: str, pdf: Path, png: Path, *, scale: float, ppi: float) -> Future[str]:
        """An SVG as a PDF file of its own size, and `scale` times that as a PNG file."""
        options = {"drawn": drawn, "pdf": str(pdf), "png": str(png), "scale": scale, "ppi": ppi}
        return self._threads.submit(self._asked, "prints", options)

    def _asked(self, job: str, options: dict[str, Any]) -> str:
        """The answer of this thread's process."""
        process = self._process()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps([job, options]) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the drawing process ended with code {process.wait()}")
        answer = json.loads(line)
        if "fault" in answer:
            raise RuntimeError(f"drawing failed: {answer['fault']}")
        return str(answer["made"])

    def _process(self) -> subprocess.Popen[str]:
        if not hasattr(self._own, "process"):
            command = [sys.executable, "-P", str(SCRIPT)]  # -P: the package's own modules shadow nothing there
            self._own.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="ascii"
            )
            self._started.append(self._own.process)
        process: subprocess.Popen[str] = self._own.process
        return process
