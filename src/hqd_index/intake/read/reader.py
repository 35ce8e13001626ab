"""What a reader of one format is, and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...canonical import CanonicalTable
from ...engines import Engine
from ...study.records import Source
from .raw_files import RawFile
from .sheet_cells import SheetCells


@dataclass(frozen=True)
class SheetRequest:
    """A file, what the study says of its source, the table it belongs to, and the engine that takes the cells."""

    file: RawFile
    source: Source
    table: CanonicalTable
    engine: Engine
    depth: int = 0  # how many archives it was unpacked from
    is_preview: bool = False  # whether the cells are looked at once


@dataclass(frozen=True)
class FileHead:
    """A file and its first bytes, by which its format is recognised."""

    path: Path
    first_bytes: bytes


@dataclass(frozen=True)
class Reader:
    """One format: the endings it usually has, whether a file's first bytes are of it, and how its sheets are read."""

    extensions: tuple[str, ...]
    recognises_format: Callable[[FileHead], bool]
    read_sheets: Callable[[SheetRequest], list[SheetCells]]
