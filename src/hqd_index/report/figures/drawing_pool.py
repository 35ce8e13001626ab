"""Drawing beside the rest of the report: the renderer holds Python's lock, so it works in processes of its own."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from ...renderer import print_files, svg
from ...workers import WorkerPool


class DrawingPool:
    """Takes drawing jobs and gives futures: one process makes SVG from charts, two others the files for print.

    Two pools, because getting ready takes long: the one needs an engine for JavaScript, the other its fonts.
    """

    def __init__(self) -> None:
        self._charts = WorkerPool(1, preloaded_modules=("vl_convert",))
        self._press = WorkerPool(2, preloaded_modules=("vl_convert", "pypdfium2"))

    def __enter__(self) -> Self:
        self._charts.__enter__()
        self.svg("{}")  # wakes the engine, which is ready when the first chart is
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pool in (self._charts, self._press):
            pool.__exit__(error_type, error, trace)

    def svg(self, spec: str) -> Future[str]:
        """A Vega-Lite specification as SVG."""
        return self._charts.submit(svg, spec)

    def print_files(self, drawing: str, pdf: Path, png: Path, *, scale: float, ppi: float) -> Future[None]:
        """An SVG as a PDF file of its own size, and `scale` times that as a PNG file."""
        return self._press.submit(print_files, drawing, pdf, png, scale, ppi)
