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

SCRIPT = Path(__file__).with_name("renderer.py")


class Studio:
    """Takes drawing jobs and gives futures: one process makes SVG from charts, two others the files for print.

    Apart, because getting ready takes long: the one needs an engine for JavaScript, the others their fonts.
    """

    def __init__(self) -> None:
        self._charts, self._press = _Desk(1), _Desk(2)

    def __enter__(self) -> Studio:
        self.svg("{}")  # wakes the engine, which is ready when the first chart is
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        for desk in (self._charts, self._press):
            desk.close(cancel=fault is not None)

    def svg(self, spec: str) -> Future[str]:
        """A Vega-Lite specification as SVG."""
        return self._charts.ask("svg", {"spec": spec})

    def prints(self, drawn: str, pdf: Path, png: Path, *, scale: float, ppi: float) -> Future[str]:
        """An SVG as a PDF file of its own size, and `scale` times that as a PNG file."""
        options = {"drawn": drawn, "pdf": str(pdf), "png": str(png), "scale": scale, "ppi": ppi}
        return self._press.ask("prints", options)


class _Desk:
    """Processes that draw one thing after another, each started by its first."""

    def __init__(self, processes: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=processes)
        self._own = threading.local()
        self._started: list[subprocess.Popen[str]] = []

    def ask(self, job: str, options: dict[str, Any]) -> Future[str]:
        return self._threads.submit(self._asked, job, options)

    def close(self, *, cancel: bool) -> None:
        self._threads.shutdown(wait=True, cancel_futures=cancel)
        for process in self._started:
            process.communicate()  # closes its input, which ends it

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
