"""Parquet files as a sheet of cells."""

from __future__ import annotations

from .reader import FileHead, SheetRequest
from .sheet_cells import SheetCells
from .typed_cells_text import FILE_ROW, typed_cells


def is_parquet(head: FileHead) -> bool:
    """Whether the first bytes are those of a parquet file."""
    return head.start.startswith(b"PAR1")


def read_parquet(request: SheetRequest) -> SheetCells:
    """The columns of a parquet file in their order; DataError S02 without rows."""
    numbered = request.engine.scan_numbered(request.file.path)
    labels = [name for name in request.engine.types(numbered) if name != FILE_ROW]
    return typed_cells(request, numbered, labels)
