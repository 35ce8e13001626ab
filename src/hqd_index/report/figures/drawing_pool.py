"""Drawing beside the rest of the report: the renderer holds Python's lock, so it works in a process of its own."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from ...renderer import print_files, svg
from ...workers import WorkerPool


class DrawingPool:
    """Takes drawing jobs and gives futures, from one process: getting ready, with its engine for JavaScript, takes long."""

    def __init__(self) -> None:
        self._renderer = WorkerPool(1, preloaded_modules=("vl_convert", "pypdfium2", "PIL.Image"))

    def __enter__(self) -> Self:
        self._renderer.__enter__()
        self.svg("{}")  # wakes the engine, which is ready when the first chart is
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._renderer.__exit__(error_type, error, trace)

    def svg(self, spec: str) -> Future[str]:
        """A Vega-Lite specification as SVG."""
        return self._renderer.submit(svg, spec)

    def print_files(self, drawing: str, pdf: Path, png: Path, *, scale: float, ppi: float) -> Future[None]:
        """An SVG as a PDF file of its own size, and `scale` times that as a PNG file."""
        return self._renderer.submit(print_files, drawing, pdf, png, scale, ppi)
