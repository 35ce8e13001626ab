"""Stata and SPSS files as a sheet of cells."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import FILE_ROW
from ..layout.header_rows import canonical_name, known_labels
from ..meaning.unit_labels import is_weak, unit_label, units_in_cell
from ..records.intake_notice import Notice
from .reader import FileHead, SheetRequest
from .reading_limits import reading_errors
from .sheet_cells import SheetCells
from .stata_spss import StatFile, StatFormat, stat_file
from .text_reader import encoding_notices
from .typed_cells_text import typed_cells

OLD_FORMATS = {*range(104, 116)}
SPSS = (b"$FL2", b"$FL3")


def is_stata(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a .dta file, new or old."""
    has_old_header = (
        file_head.first_bytes[:1]
        and file_head.first_bytes[0] in OLD_FORMATS
        and file_head.first_bytes[1:4] in (b"\x01\x01\x00", b"\x02\x01\x00")
    )
    return file_head.first_bytes.startswith(b"<stata_dta>") or bool(has_old_header)


def is_spss(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a .sav file, compressed or not."""
    return file_head.first_bytes.startswith(SPSS)


def read_stata(request: SheetRequest) -> list[SheetCells]:
    """The variables of a .dta file in their order; DataError S02 without rows, S08 when damaged, S09 beyond the limits."""
    return _read_stat_file(request, "dta")


def read_spss(request: SheetRequest) -> list[SheetCells]:
    """The same for a .sav file."""
    return _read_stat_file(request, "sav")


def _read_stat_file(request: SheetRequest, stat_format: StatFormat) -> list[SheetCells]:
    name, engine = request.file.name, request.engine
    canonical_names = known_labels(request.source, request.table)

    def keeps_codes(label: str) -> bool:
        column = request.table.columns.get(canonical_name(label, canonical_names, request.table) or "")
        return column is not None and column.dtype in ("number", "integer")

    stat_content = stat_file(request.file.path, stat_format, keeps_codes, name)
    labels = _variable_labels(stat_content, canonical_names, request.table)
    with reading_errors(name):
        records = pd.concat(stat_content.frames, ignore_index=True)
        numbered_table = engine.scan(
            records.set_axis(_unique_names(labels), axis=1).assign(**{FILE_ROW: range(1, len(records) + 1)})
        )
    cells = typed_cells(
        request, numbered_table, labels, (*encoding_notices(name, stat_content.encoding), *_decoding_notices(stat_content, name))
    )
    return [replace(cells, units=_label_units(stat_content))]


def _label_units(stat_content: StatFile) -> tuple[tuple[int, str], ...]:
    """(place, unit) of the units that the longer labels of variables print, or are: 营业收入(万元), 万元."""
    return tuple(
        (column_index, unit)
        for column_index, label in enumerate(stat_content.long_names)
        for unit in unit_label(label).units or (units_in_cell(label) if not is_weak(label) else ())
    )


def _variable_labels(stat_content: StatFile, canonical_names: dict[str, str], table: CanonicalTable) -> list[str]:
    """The variables' names; the longer label where it is the one that is known, and no name is known as the same column."""
    used_names = {canonical_name(variable_name, canonical_names, table) for variable_name in stat_content.names} | {None}
    return [
        label
        if canonical_name(variable_name, canonical_names, table) is None
        and canonical_name(label, canonical_names, table) not in used_names
        else variable_name
        for variable_name, label in zip(stat_content.names, stat_content.long_names)
    ]


def _unique_names(labels: list[str]) -> list[str]:
    return [f"v{column_index}" for column_index in range(len(labels))]


def _decoding_notices(stat_content: StatFile, location: str) -> tuple[Notice, ...]:
    if not stat_content.undecoded_count:
        return ()
    count, encoding = stat_content.undecoded_count, stat_content.encoding
    en = f"{count} texts hold bytes that are not {encoding}, shown as \ufffd; they were cut off or mixed when the file was made"
    return (Notice("S03", location, en, f"有 {count} 处文本含非 {encoding} 字节,以 \ufffd 表示;生成文件时被截断或混用了编码"),)
