"""Stata and SPSS files as a sheet of cells."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import FILE_ROW
from ..layout.header_rows import canonical_name, known_labels
from ..meaning.unit_labels import unit_label
from ..records.intake_notice import Notice
from .reader import FileHead, SheetRequest
from .reading_limits import guarded
from .sheet_cells import SheetCells
from .stata_spss import ReadKind, StatFile, stat_file
from .text_reader import encoding_notices
from .typed_cells_text import typed_cells

OLD_FORMATS = {*range(104, 116)}
SPSS = (b"$FL2", b"$FL3")


def is_stata(head: FileHead) -> bool:
    """Whether the first bytes are those of a .dta file, new or old."""
    old = head.start[:1] and head.start[0] in OLD_FORMATS and head.start[1:4] in (b"\x01\x01\x00", b"\x02\x01\x00")
    return head.start.startswith(b"<stata_dta>") or bool(old)


def is_spss(head: FileHead) -> bool:
    """Whether the first bytes are those of a .sav file, compressed or not."""
    return head.start.startswith(SPSS)


def read_stata(request: SheetRequest) -> list[SheetCells]:
    """The variables of a .dta file in their order; DataError S02 without rows, S08 when damaged, S09 beyond the limits."""
    return _read(request, "dta")


def read_spss(request: SheetRequest) -> list[SheetCells]:
    """The same for a .sav file."""
    return _read(request, "sav")


def _read(request: SheetRequest, kind: ReadKind) -> list[SheetCells]:
    name, engine = request.file.name, request.engine
    known = known_labels(request.source, request.table)

    def keeps_numbers(label: str) -> bool:
        column = request.table.columns.get(canonical_name(label, known, request.table) or "")
        return column is not None and column.dtype in ("number", "integer")

    content = stat_file(request.file.path, kind, keeps_numbers, name)
    labels = _labels(content, known, request.table)
    with guarded(name):
        frame = pd.concat(content.blocks, ignore_index=True)
        numbered = engine.scan(frame.set_axis(_distinct(labels), axis=1).assign(**{FILE_ROW: range(1, len(frame) + 1)}))
    cells = typed_cells(request, numbered, labels, (*encoding_notices(name, content.encoding), *_undecoded(content, name)))
    return [replace(cells, units=_units(content))]


def _units(content: StatFile) -> tuple[tuple[int, str], ...]:
    """(place, unit) of the units that the longer labels of variables print: revenue, 营业收入(万元)."""
    return tuple((place, unit) for place, label in enumerate(content.long_names) for unit in unit_label(label).units)


def _labels(content: StatFile, known: dict[str, str], table: CanonicalTable) -> list[str]:
    """The variables' names; the longer label where it is the one that is known, and no name is known as the same column."""
    taken = {canonical_name(name, known, table) for name in content.names} | {None}
    return [
        label if canonical_name(name, known, table) is None and canonical_name(label, known, table) not in taken else name
        for name, label in zip(content.names, content.long_names)
    ]


def _distinct(labels: list[str]) -> list[str]:
    return [f"v{place}" for place in range(len(labels))]


def _undecoded(content: StatFile, location: str) -> tuple[Notice, ...]:
    if not content.undecoded:
        return ()
    count, encoding = content.undecoded, content.encoding
    en = f"{count} texts hold bytes that are not {encoding}, shown as \ufffd; they were cut off or mixed when the file was made"
    return (Notice("S03", location, en, f"有 {count} 处文本含非 {encoding} 字节,以 \ufffd 表示;生成文件时被截断或混用了编码"),)
