"""Stata and SPSS files by ReadStat: numbers, dates and labels as those programs show them, text decoded by trial."""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..meaning.numbers import says_missing
from .reading_limits import MAX_COLUMNS, MAX_RATIO, damaged_file_error, reading_errors, size_limit_error

BYTES = "ISO-8859-1"
"""Text is taken byte by byte and decoded here: old files say nothing, or the wrong thing, about their encoding."""

TEXT_ENCODINGS = ("utf-8", "gb18030")
BLOCK_CELLS = 2_000_000
DENSITY_CHECK_CELLS = 20_000_000  # cells; below it no file is too dense
STATA_START = datetime(1960, 1, 1)
SPSS_START = datetime(1582, 10, 14)
SPSS_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR")
LAST_SECOND = 86400 * 366 * 9000.0

StatFormat = Literal["dta", "sav"]


@dataclass(frozen=True)
class StatFile:
    """Column names, what the file calls them at length ('' where it does not), frames of the records in blocks, remarks."""

    names: tuple[str, ...]
    long_names: tuple[str, ...]
    frames: tuple[pd.DataFrame, ...]
    records: int
    encoding: str
    undecoded_count: int


def stat_file(path: Path, stat_format: StatFormat, keeps_codes: Callable[[str], bool], location: str) -> StatFile:
    """The records of a file; `keeps_codes(name)` says for which labelled columns the codes are wanted, not the labels.

    Raises DataError S08 with ReadStat's reason for a damaged file, S09 for one beyond the limits.
    """
    with reading_errors(location):
        declared_encoding, metadata = _metadata(path, stat_format)
        if None in metadata.column_names:
            raise damaged_file_error(location, "a variable without a name")
        columns, records = metadata.number_columns, metadata.number_rows or 0
        _check_size(path, columns, records, location)
        raw_blocks = list(_raw_blocks(path, stat_format, columns, records))
        decoder = _Decoder(declared_encoding, _byte_strings(metadata, raw_blocks))
        variable_names = tuple(decoder(variable_name) for variable_name in metadata.column_names)
        long_names = tuple(decoder(label or "") for label in metadata.column_labels)
        displayed_cells = _DisplayedCells(
            metadata,
            stat_format,
            decoder,
            {raw_name: keeps_codes(variable_name) for raw_name, variable_name in zip(metadata.column_names, variable_names)},
        )
        block_frames = tuple(displayed_cells.frame(raw_block) for raw_block in raw_blocks)
        record_count = sum(len(raw_block) for raw_block in block_frames)
        return StatFile(variable_names, long_names, block_frames, record_count, decoder.encoding, decoder.undecoded_count)


def _metadata(path: Path, stat_format: StatFormat) -> tuple[str | None, Any]:
    """(the encoding a file declares, its metadata with text as bytes)."""
    _, metadata = _reader(stat_format)(path, metadataonly=True, encoding=BYTES)
    try:
        declared_encoding = _reader(stat_format)(path, metadataonly=True)[1].file_encoding
    except Exception:  # text that its declared encoding does not know
        declared_encoding = None
    return declared_encoding, metadata


def _reader(stat_format: StatFormat) -> Any:
    import pyreadstat

    return pyreadstat.read_dta if stat_format == "dta" else pyreadstat.read_sav


def _check_size(path: Path, columns: int, records: int, location: str) -> None:
    file_bytes = path.stat().st_size
    if columns > MAX_COLUMNS:
        raise size_limit_error(location, f"{columns} columns", f"{columns} 列")
    if columns * records > max(DENSITY_CHECK_CELLS, MAX_RATIO * file_bytes):
        raise size_limit_error(
            location,
            f"{records} records x {columns} columns in {file_bytes} bytes",
            f"{file_bytes} 字节中有 {records} 行 x {columns} 列",
        )


def _raw_blocks(path: Path, stat_format: StatFormat, columns: int, records: int) -> Iterator[dict[str, list[Any]]]:
    options = {"encoding": BYTES, "disable_datetime_conversion": True, "output_format": "dict"}
    block_rows = max(BLOCK_CELLS // max(columns, 1), 1)
    if records <= block_rows:
        yield _reader(stat_format)(path, **options)[0]
        return
    for first_row in range(0, records, block_rows):
        yield _reader(stat_format)(path, row_offset=first_row, row_limit=min(block_rows, records - first_row), **options)[0]


def _byte_strings(metadata: Any, raw_blocks: Sequence[Mapping[str, list[Any]]]) -> Iterator[str]:
    """Every text of the file that is not ASCII, once or more."""
    yield from metadata.column_names
    yield from (byte_string for byte_string in metadata.column_labels if byte_string)
    for labels in metadata.value_labels.values():
        yield from map(str, labels.values())
    for block in raw_blocks:
        for variable_name, variable_cells in block.items():
            if metadata.readstat_variable_types.get(variable_name) == "string":
                yield from (
                    byte_string for byte_string in dict.fromkeys(variable_cells) if byte_string and not byte_string.isascii()
                )


class _Decoder:
    """Bytes to text: the declared encoding where it is one that is seldom wrong, else UTF-8, else GB18030."""

    def __init__(self, declared_encoding: str | None, byte_strings: Iterator[str]) -> None:
        candidate_encodings = (
            [multibyte_encoding, *TEXT_ENCODINGS]
            if (multibyte_encoding := _multibyte_encoding(declared_encoding))
            else list(TEXT_ENCODINGS)
        )
        encoded_strings = {byte_string.encode("latin-1") for byte_string in byte_strings if not byte_string.isascii()}
        self.encoding = next(
            (
                encoding_name
                for encoding_name in candidate_encodings
                if all(_is_decodable(encoded_string, encoding_name) for encoded_string in encoded_strings)
            ),
            None,
        ) or _least_faulty_encoding(encoded_strings)
        self.undecoded_count = sum(not _is_decodable(encoded_string, self.encoding) for encoded_string in encoded_strings)

    def __call__(self, byte_string: str) -> str:
        return byte_string if byte_string.isascii() else byte_string.encode("latin-1").decode(self.encoding, "replace")


def _multibyte_encoding(declared_encoding: str | None) -> str | None:
    """A declared encoding of several bytes per character; one of single bytes fits any bytes and says nothing."""
    try:
        codec_name = codecs.lookup(declared_encoding or "").name
    except LookupError:
        return None
    return codec_name if codec_name.startswith(("utf-8", "gb", "big5", "euc", "shift")) else None


def _is_decodable(encoded_string: bytes, encoding: str) -> bool:
    try:
        encoded_string.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _least_faulty_encoding(encoded_strings: set[bytes]) -> str:
    return min(
        TEXT_ENCODINGS,
        key=lambda encoding_name: sum(not _is_decodable(encoded_string, encoding_name) for encoded_string in encoded_strings),
    )


class _DisplayedCells:
    """Cells of a block as their program shows them: labels, dates, numbers of single precision as they were typed."""

    def __init__(self, metadata: Any, stat_format: StatFormat, decoder: _Decoder, keeps_codes: Mapping[str, bool]) -> None:
        self.metadata, self.stat_format, self.decoder, self.keeps_codes = metadata, stat_format, decoder, keeps_codes

    def frame(self, raw_block: Mapping[str, list[Any]]) -> pd.DataFrame:
        columns = [self._column(variable_name, variable_cells) for variable_name, variable_cells in raw_block.items()]
        return pd.DataFrame({f"c{column_index}": column for column_index, column in enumerate(columns)})

    def _column(self, variable_name: str, variable_cells: list[Any]) -> Any:
        storage = self.metadata.readstat_variable_types.get(variable_name)
        if storage == "string":
            text_by_cell = {cell: self.decoder(cell) for cell in dict.fromkeys(variable_cells) if cell}
            return np.array([text_by_cell.get(cell, "") for cell in variable_cells], dtype=object)
        format_date = _date_reader(self.metadata.original_variable_types.get(variable_name) or "", self.stat_format)
        labels = self._labels(variable_name)
        if self.keeps_codes.get(variable_name):  # a number column keeps its numbers, but for those that are labelled as missing
            labels = {code: label for code, label in labels.items() if says_missing(label)}
        if format_date or labels:
            number_as_typed = _as_typed if storage == "float" else lambda number: number
            text_by_cell = {
                cell: labels.get(cell) or self._number_text(number_as_typed(cell), format_date)
                for cell in dict.fromkeys(variable_cells)
            }
            return np.array([text_by_cell[cell] for cell in variable_cells], dtype=object)
        return np.array(variable_cells, dtype="float32" if storage == "float" else "float64")

    def _labels(self, variable_name: str) -> dict[float, str]:
        """The label set that the column names, whatever other columns are called."""
        labels = self.metadata.value_labels.get(self.metadata.variable_to_label.get(variable_name), {})
        return {float(code): self.decoder(str(label)) for code, label in labels.items() if isinstance(code, int | float)}

    @staticmethod
    def _number_text(number: float | None, format_date: Callable[[float], str] | None) -> str:
        if number is None or math.isnan(number):
            return ""
        if format_date:
            return format_date(number)
        return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _as_typed(number: float | None) -> float | None:
    """A number of single precision as it was typed: 0.1, not 0.10000000149."""
    return None if number is None else float(str(np.float32(number)))


def _date_reader(display_format: str, stat_format: StatFormat) -> Callable[[float], str] | None:
    """How numbers of a display format are shown, for formats of dates; None for others."""
    if stat_format == "sav":
        if display_format.upper().startswith("DATETIME") or display_format.upper().startswith("YMDHMS"):
            return lambda number: _moment(SPSS_START, number)
        return (lambda number: _moment(SPSS_START, number)[:10]) if display_format.upper().startswith(SPSS_DATES) else None
    stata_format = display_format.replace("-", "")
    return next((format_date for prefix, format_date in STATA_DATES.items() if stata_format.startswith(prefix)), None)


def _moment(epoch: datetime, seconds: float) -> str:
    if abs(seconds) > LAST_SECOND:
        return repr(seconds)
    moment = epoch + timedelta(seconds=round(seconds))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")


def _year_and_period(periods_since_1960: float, periods_per_year: int) -> tuple[int, int]:
    """(year, part of the year from 1) of a count of parts since 1960."""
    return 1960 + int(periods_since_1960) // periods_per_year, int(periods_since_1960) % periods_per_year + 1


STATA_DATES: dict[str, Callable[[float], str]] = {
    "%td": lambda number: _moment(STATA_START, number * 86400),
    "%d": lambda number: _moment(STATA_START, number * 86400),
    "%tc": lambda number: _moment(STATA_START, number / 1000),
    "%tC": lambda number: _moment(STATA_START, number / 1000),
    "%tm": lambda number: "{}-{:02d}".format(*_year_and_period(number, 12)),
    "%tq": lambda number: "{}Q{}".format(*_year_and_period(number, 4)),
    "%th": lambda number: "{}H{}".format(*_year_and_period(number, 2)),
    "%tw": lambda number: "{}W{}".format(*_year_and_period(number, 52)),
    "%ty": lambda number: str(int(number)),
}
