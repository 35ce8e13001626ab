"""Parquet and feather files as a sheet of cells."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ...engines.duckdb import parquet_size
from ...errors import SetupError
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, MAX_RATIO, damaged, guarded, reason, too_big
from .sheet_cells import SheetCells
from .typed_cells_text import typed_cells

LARGE = 20_000_000  # cells; below it no file is too dense
FEATHER_1 = b"FEA1"
CONVERT = "import sys; from arro3.io import read_ipc, write_parquet; write_parquet(read_ipc(sys.argv[1]), sys.argv[2])"
CONVERT_SECONDS = 600


def is_parquet(head: FileHead) -> bool:
    """Whether the first bytes are those of a parquet file."""
    return head.start.startswith((b"PAR1", b"PARE"))


def is_feather(head: FileHead) -> bool:
    """Whether the first bytes are those of a feather (Arrow) file."""
    return head.start.startswith((b"ARROW1", FEATHER_1))


def read_parquet(request: SheetRequest) -> list[SheetCells]:
    """The columns of a parquet file in their order; DataError S02 without rows, S08 when damaged, S09 beyond the limits."""
    return [parquet_cells(request, request.file.path)]


def read_feather(request: SheetRequest) -> list[SheetCells]:
    """The same for feather, which is first written as parquet, batch by batch, in a process of its own.

    The library takes lengths in a damaged file for true, and ends its process when there is not so much memory.
    """
    file, engine = request.file, request.engine
    target = engine.folder / f"{engine.new_name()}.parquet"
    with guarded(file.name):
        with file.path.open("rb") as stream:
            if stream.read(4) == FEATHER_1:
                raise damaged(file.name, "feather version 1, which today's programs no longer read")
        import arro3.io  # noqa: F401 - told here when it is missing

        command = [sys.executable, "-P", "-c", CONVERT, str(file.path), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=CONVERT_SECONDS, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
            raise damaged(file.name, lines[-1][:200] if done.returncode > 0 else lines[0][:200])
    cells = parquet_cells(request, target)
    target.unlink()
    return [cells]


def parquet_cells(request: SheetRequest, path: Path, sheet: str = "") -> SheetCells:
    """The rows of a parquet file as a sheet of the file asked for; DataError S08 when it is damaged, S09 beyond the limits."""
    engine, location = request.engine, request.file.name
    with guarded(location):
        rows, columns = parquet_size(path)
        _check_size(path, rows, columns, location)
        try:
            return replace(typed_cells(request, engine.scan_numbered(path)), sheet=sheet)
        except SetupError as fault:  # how the engine reports that a file ends too soon, and a full disk
            if "space left" in fault.en:
                raise
            raise damaged(location, reason(fault.__cause__ or fault)) from None


def _check_size(path: Path, rows: int, columns: int, location: str) -> None:
    size = path.stat().st_size
    if columns > MAX_COLUMNS:
        raise too_big(location, f"{columns} columns", f"{columns} 列")
    if rows * columns > max(LARGE, MAX_RATIO * size):
        raise too_big(location, f"{rows} rows x {columns} columns in {size} bytes", f"{size} 字节中有 {rows} 行 x {columns} 列")
