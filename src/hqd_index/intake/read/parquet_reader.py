"""Parquet and feather files as a sheet of cells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...engines.database_files import parquet_size
from ...errors import CapacityError, PlanError, SetupError
from .raw_files import RawFile
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_COLUMNS, MAX_RATIO, damaged_file_error, reading_errors, reason, size_limit_error
from .sheet_cells import SheetCells
from .typed_cells_text import typed_cells

DENSITY_CHECK_CELLS = 20_000_000  # cells; below it no file is too dense
FEATHER_1 = b"FEA1"
CONVERT = "import sys; from arro3.io import read_ipc, write_parquet; write_parquet(read_ipc(sys.argv[1]), sys.argv[2])"
CONVERT_SECONDS = 600


def is_parquet(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a parquet file."""
    return file_head.first_bytes.startswith((b"PAR1", b"PARE"))


def is_feather(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a feather (Arrow) file."""
    return file_head.first_bytes.startswith((b"ARROW1", FEATHER_1))


def read_parquet(request: SheetRequest) -> list[SheetCells]:
    """The columns of a parquet file in their order; DataError S02 without rows, S08 when damaged, S09 beyond the limits."""
    return [parquet_cells(request, request.file.path)]


def read_feather(request: SheetRequest) -> list[SheetCells]:
    """The same for feather, which is first written as parquet, batch by batch, in a process of its own.

    The library takes lengths in a damaged file for true, and ends its process when there is not so much memory.
    """
    file, engine = request.file, request.engine
    parquet_path = engine.folder / f"{engine.new_name()}.parquet"
    with reading_errors(file.name):
        with file.path.open("rb") as feather_file:
            if feather_file.read(4) == FEATHER_1:
                raise damaged_file_error(file.name, "feather version 1, which today's programs no longer read")
        import arro3.io  # noqa: F401 - reported here when it is missing

        command = [sys.executable, "-P", "-c", CONVERT, str(file.path), str(parquet_path)]
        conversion = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=CONVERT_SECONDS, check=False
        )
        if conversion.returncode:
            error_lines = conversion.stderr.strip().splitlines() or [f"code {conversion.returncode}"]
            raise damaged_file_error(file.name, error_lines[-1][:200] if conversion.returncode > 0 else error_lines[0][:200])
    cells = parquet_cells(request, parquet_path)
    parquet_path.unlink()
    return [cells]


@contextmanager
def stored_rows_errors(files: Iterable[RawFile]) -> Iterator[None]:
    """DataError S08 for what rows of parquet files raise when they are read, which may be long after their file was opened."""
    names = [file.name for file in files if _is_stored_as_parquet(file.path)]
    if not names:
        yield
        return
    location = ", ".join(names)
    with reading_errors(location):
        try:
            yield
        except (CapacityError, PlanError):
            raise
        except SetupError as fault:  # how the engine reports that a file ends too soon
            raise damaged_file_error(location, reason(fault.__cause__ or fault)) from None


def _is_stored_as_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PAR1", b"PARE")


def parquet_cells(request: SheetRequest, path: Path, sheet: str = "") -> SheetCells:
    """The rows of a parquet file as a sheet of the file asked for; DataError S08 when it is damaged, S09 beyond the limits."""
    engine, location = request.engine, request.file.name
    with reading_errors(location):
        row_count, columns = parquet_size(path)
        _check_size(path, row_count, columns, location)
        try:
            return replace(typed_cells(request, engine.scan_numbered(path)), sheet=sheet)
        except (CapacityError, PlanError):
            raise
        except SetupError as fault:  # how the engine reports that a file ends too soon
            raise damaged_file_error(location, reason(fault.__cause__ or fault)) from None


def _check_size(path: Path, row_count: int, columns: int, location: str) -> None:
    file_bytes = path.stat().st_size
    if columns > MAX_COLUMNS:
        raise size_limit_error(location, f"{columns} columns", f"{columns} 列")
    if row_count * columns > max(DENSITY_CHECK_CELLS, MAX_RATIO * file_bytes):
        raise size_limit_error(
            location,
            f"{row_count} rows x {columns} columns in {file_bytes} bytes",
            f"{file_bytes} 字节中有 {row_count} 行 x {columns} 列",
        )
