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

from .reading_limits import MAX_COLUMNS, MAX_RATIO, guarded, too_big

BYTES = "ISO-8859-1"
"""Text is taken byte by byte and decoded here: old files say nothing, or the wrong thing, about their encoding."""

TRIALS = ("utf-8", "gb18030")
BLOCK_CELLS = 2_000_000
LARGE = 20_000_000  # cells; below it no file is too dense
STATA_START = datetime(1960, 1, 1)
SPSS_START = datetime(1582, 10, 14)
SPSS_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR")
LAST_SECOND = 86400 * 366 * 9000.0

ReadKind = Literal["dta", "sav"]


@dataclass(frozen=True)
class StatFile:
    """Column names, what the file calls them at length ('' where it does not), frames of the records in blocks, remarks."""

    names: tuple[str, ...]
    long_names: tuple[str, ...]
    blocks: tuple[pd.DataFrame, ...]
    records: int
    encoding: str
    undecoded: int

    @property
    def decoded(self) -> bool:
        """Whether text was in another encoding than UTF-8."""
        return self.encoding != "utf-8"


def stat_file(path: Path, kind: ReadKind, keeps_numbers: Callable[[str], bool], location: str) -> StatFile:
    """The records of a file; `keeps_numbers(name)` says for which labelled columns the codes are wanted, not the labels.

    Raises DataError S08 with ReadStat's reason for a damaged file, S09 for one beyond the limits.
    """
    with guarded(location):
        declared, about = _metadata(path, kind)
        columns, records = about.number_columns, about.number_rows or 0
        _check_size(path, columns, records, location)
        read = list(_raw_blocks(path, kind, columns, records))
        decoder = _Decoder(declared, _texts(about, read))
        names = tuple(decoder(name) for name in about.column_names)
        long_names = tuple(decoder(text or "") for text in about.column_labels)
        shown = _Shown(about, kind, decoder, {raw: keeps_numbers(name) for raw, name in zip(about.column_names, names)})
        blocks = tuple(shown.frame(block) for block in read)
        count = sum(len(block) for block in blocks)
        return StatFile(names, long_names, blocks, count, decoder.encoding, decoder.undecoded)


def _metadata(path: Path, kind: ReadKind) -> tuple[str | None, Any]:
    """(the encoding a file declares, its metadata with text as bytes)."""
    _, about = _reader(kind)(path, metadataonly=True, encoding=BYTES)
    try:
        declared = _reader(kind)(path, metadataonly=True)[1].file_encoding
    except Exception:  # text that its declared encoding does not know
        declared = None
    return declared, about


def _reader(kind: ReadKind) -> Any:
    import pyreadstat

    return pyreadstat.read_dta if kind == "dta" else pyreadstat.read_sav


def _check_size(path: Path, columns: int, records: int, location: str) -> None:
    size = path.stat().st_size
    if columns > MAX_COLUMNS:
        raise too_big(location, f"{columns} columns", f"{columns} 列")
    if columns * records > max(LARGE, MAX_RATIO * size):
        raise too_big(
            location, f"{records} records x {columns} columns in {size} bytes", f"{size} 字节中有 {records} 行 x {columns} 列"
        )


def _raw_blocks(path: Path, kind: ReadKind, columns: int, records: int) -> Iterator[dict[str, list[Any]]]:
    options = {"encoding": BYTES, "disable_datetime_conversion": True, "output_format": "dict"}
    step = max(BLOCK_CELLS // max(columns, 1), 1)
    if records <= step:
        yield _reader(kind)(path, **options)[0]
        return
    for first in range(0, records, step):
        yield _reader(kind)(path, row_offset=first, row_limit=min(step, records - first), **options)[0]


def _texts(about: Any, blocks: Sequence[Mapping[str, list[Any]]]) -> Iterator[str]:
    """Every text of the file that is not ASCII, once or more."""
    yield from about.column_names
    yield from (text for text in about.column_labels if text)
    for labels in about.value_labels.values():
        yield from map(str, labels.values())
    for block in blocks:
        for name, cells in block.items():
            if about.readstat_variable_types.get(name) == "string":
                yield from (text for text in dict.fromkeys(cells) if text and not text.isascii())


class _Decoder:
    """Bytes to text: the declared encoding where it is one that is seldom wrong, else UTF-8, else GB18030."""

    def __init__(self, declared: str | None, texts: Iterator[str]) -> None:
        trials = [known, *TRIALS] if (known := _known(declared)) else list(TRIALS)
        every = {text.encode("latin-1") for text in texts if not text.isascii()}
        self.encoding = next((name for name in trials if all(_decodes(one, name) for one in every)), None) or _fewest(every)
        self.undecoded = sum(not _decodes(one, self.encoding) for one in every)

    def __call__(self, text: str) -> str:
        return text if text.isascii() else text.encode("latin-1").decode(self.encoding, "replace")


def _known(declared: str | None) -> str | None:
    """A declared encoding of several bytes per character; one of single bytes fits any bytes and says nothing."""
    try:
        name = codecs.lookup(declared or "").name
    except LookupError:
        return None
    return name if name.startswith(("utf-8", "gb", "big5", "euc", "shift")) else None


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _fewest(texts: set[bytes]) -> str:
    return min(TRIALS, key=lambda name: sum(not _decodes(text, name) for text in texts))


class _Shown:
    """Cells of a block as their program shows them: labels, dates, numbers of single precision as they were typed."""

    def __init__(self, about: Any, kind: ReadKind, decoder: _Decoder, keeps_numbers: Mapping[str, bool]) -> None:
        self.about, self.kind, self.decoder, self.keeps_numbers = about, kind, decoder, keeps_numbers

    def frame(self, block: Mapping[str, list[Any]]) -> pd.DataFrame:
        columns = [self._column(name, cells) for name, cells in block.items()]
        return pd.DataFrame({f"c{place}": column for place, column in enumerate(columns)})

    def _column(self, name: str, cells: list[Any]) -> Any:
        storage = self.about.readstat_variable_types.get(name)
        if storage == "string":
            texts = {text: self.decoder(text) for text in dict.fromkeys(cells) if text}
            return np.array([texts.get(text, "") for text in cells], dtype=object)
        as_date = _date_reader(self.about.original_variable_types.get(name) or "", self.kind)
        labels = {} if self.keeps_numbers.get(name) else self._labels(name)
        if as_date or labels:
            texts = {number: labels.get(number) or self._number(number, as_date) for number in dict.fromkeys(cells)}
            return np.array([texts[number] for number in cells], dtype=object)
        return np.array(cells, dtype="float32" if storage == "float" else "float64")

    def _labels(self, name: str) -> dict[float, str]:
        """The label set that the column names, whatever other columns are called."""
        labels = self.about.value_labels.get(self.about.variable_to_label.get(name), {})
        return {float(code): self.decoder(str(text)) for code, text in labels.items() if isinstance(code, int | float)}

    @staticmethod
    def _number(number: float | None, as_date: Callable[[float], str] | None) -> str:
        if number is None or math.isnan(number):
            return ""
        if as_date:
            return as_date(number)
        return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _date_reader(form: str, kind: ReadKind) -> Callable[[float], str] | None:
    """How numbers of a display format are shown, for formats of dates; None for others."""
    if kind == "sav":
        if form.upper().startswith("DATETIME") or form.upper().startswith("YMDHMS"):
            return lambda number: _moment(SPSS_START, number)
        return (lambda number: _moment(SPSS_START, number)[:10]) if form.upper().startswith(SPSS_DATES) else None
    plain = form.replace("-", "")
    return next((read for mark, read in STATA_DATES.items() if plain.startswith(mark)), None)


def _moment(start: datetime, seconds: float) -> str:
    if abs(seconds) > LAST_SECOND:
        return repr(seconds)
    moment = start + timedelta(seconds=round(seconds))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")


def _parts(number: float, per_year: int) -> tuple[int, int]:
    """(year, part of the year from 1) of a count of parts since 1960."""
    return 1960 + int(number) // per_year, int(number) % per_year + 1


STATA_DATES: dict[str, Callable[[float], str]] = {
    "%td": lambda number: _moment(STATA_START, number * 86400),
    "%d": lambda number: _moment(STATA_START, number * 86400),
    "%tc": lambda number: _moment(STATA_START, number / 1000),
    "%tC": lambda number: _moment(STATA_START, number / 1000),
    "%tm": lambda number: "{}-{:02d}".format(*_parts(number, 12)),
    "%tq": lambda number: "{}Q{}".format(*_parts(number, 4)),
    "%th": lambda number: "{}H{}".format(*_parts(number, 2)),
    "%tw": lambda number: "{}W{}".format(*_parts(number, 52)),
    "%ty": lambda number: str(int(number)),
}
