"""The records of a large text as the engine keeps them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ....engines import Engine
from ...layout.text_columns import WIDE
from ..delimited_text import RecordCounts, RecordShape
from ..reader import SheetRequest
from ..sheet_cells import TypedCells
from ..typed_cells_text import STORED_KINDS, TEXT_TYPES
from .plain_lines import LineFiles, write_plain_lines
from .text_blocks import BLOCK_BYTES, utf8_blocks
from .typed_text import TextRows, line_pattern, number_kinds, number_places, plain_kinds, typed_text_cells

LARGE_TEXT = 2**25
"""Bytes; a smaller text is as fast to read again as a file of typed columns."""
SAMPLE_ROWS = 20_000
SAMPLE_BYTES = 1 << 22


def is_large_text(request: SheetRequest, column_count: int) -> bool:
    """Whether a text is turned into typed columns before it is read."""
    is_table = request.source.reshape is None and 1 < column_count <= WIDE and not request.is_preview
    return is_table and request.engine.takes_large_texts and request.file.path.stat().st_size >= LARGE_TEXT


def stored_lines(
    request: SheetRequest, encoding: str, record_shape: RecordShape, labels: Sequence[str]
) -> tuple[RecordCounts, TypedCells]:
    """The lines of a text without quotes as typed cells; UnicodeDecodeError for bytes that the encoding does not know."""
    engine = request.engine
    line_path, sample_path = (engine.folder / f"{engine.new_name()}.txt" for _ in range(2))
    sample_bytes = SAMPLE_BYTES * BLOCK_BYTES // max(request.file.path.stat().st_size, 1)
    with line_path.open("wb") as lines, sample_path.open("wb") as sample:
        files = LineFiles(lines, sample, sample_bytes)
        counts = write_plain_lines(utf8_blocks(request.file.path, encoding), files, record_shape, request.file.name)
    text_rows, numbers = _read_lines(line_path, sample_path, record_shape, number_places(labels, request), engine)
    text_rows = replace(text_rows, excluded_ids=[excluded_row.row for excluded_row in counts.excluded_rows])
    typed_cells = typed_text_cells(text_rows, numbers, engine)
    engine.drop([text_rows.relation, text_rows.sample])
    line_path.unlink()
    sample_path.unlink()
    return counts, typed_cells


def _read_lines(
    line_path: Path, sample_path: Path, record_shape: RecordShape, places: Collection[int], engine: Engine
) -> tuple[TextRows, dict[int, str]]:
    """The rows of lines with numbers read where every line has plain texts of them, and the kinds of the columns of numbers."""
    width, delimiter, first_row = record_shape.field_count, record_shape.delimiter, record_shape.header_row + 1
    sample = engine.scan_lines(sample_path, width, delimiter, first_row, {})
    numbers = number_kinds(sample, places, engine)
    plain = plain_kinds(sample, numbers, engine)
    is_plain = bool(plain) and engine.all_lines_match(line_path, line_pattern(plain, width, delimiter))
    types = {place: TEXT_TYPES[STORED_KINDS[kind]] for place, kind in plain.items()} if is_plain else {}
    relation = engine.scan_lines(line_path, width, delimiter, first_row, types)
    return TextRows(relation, sample, width, read_places=tuple(types)), numbers


def stored_records(request: SheetRequest, csv_path: Path, delimiter: str, labels: Sequence[str]) -> TypedCells:
    """The same of records that were written with their rows."""
    engine = request.engine
    relation = engine.scan_records(csv_path, len(labels), delimiter)
    text_rows = TextRows(relation, f"(SELECT * FROM {relation} LIMIT {SAMPLE_ROWS})", len(labels))
    numbers = number_kinds(text_rows.sample, number_places(labels, request), engine)
    typed_cells = typed_text_cells(text_rows, numbers, engine)
    engine.drop([relation])
    csv_path.unlink()
    return typed_cells
