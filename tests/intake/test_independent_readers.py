"""Every shared file is read cell by cell as an independent reader shows it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hqd_index.canonical import CanonicalTable
from hqd_index.engines import open_engine
from hqd_index.intake.read.raw_files import RawFile
from hqd_index.intake.read.reader import SheetRequest
from hqd_index.intake.read.readers import read_sheets
from hqd_index.intake.read.sheet_cells import ROW_SPAN
from hqd_index.study.records import Source

TABLE = CanonicalTable((), {})
SHARED = Path(__file__).resolve().parents[3] / "shared"
WHOLE_UP_TO = 1e15


def shared_files(*folders: str) -> list[str]:
    """Files of the shared folders in a format that an independent reader shows."""
    endings = (".csv", ".csv.gz", ".xlsx", ".dta")
    return sorted(
        str(path.relative_to(SHARED))
        for folder in folders
        for path in (SHARED / folder).rglob("*")
        if path.name.endswith(endings) and "configs" not in path.parts
    )


FILES = shared_files("data", "cases")


def text_of(cell: Any) -> str:
    """A typed cell as a person would type it."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < WHOLE_UP_TO else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def rows_of(path: Path) -> Iterator[list[str]]:
    """The rows of a file by csv, openpyxl or pyreadstat."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, data_only=True)
        yield from ([text_of(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True))
    elif path.suffix == ".dta":
        pyreadstat = pytest.importorskip("pyreadstat")
        frame, about = pyreadstat.read_dta(str(path), apply_value_formats=True, formats_as_category=False)
        single = [name for name, storage in about.readstat_variable_types.items() if storage == "float"]
        frame = frame.assign(**{name: frame[name].astype("float32").astype(str).astype(float) for name in single})
        yield list(about.column_names)
        yield from ([text_of(cell) for cell in row] for row in frame.itertuples(index=False))
    else:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
        try:
            text = plain.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = plain.decode("gb18030")
        yield from csv.reader(io.StringIO(text, newline=""))


@pytest.mark.parametrize("name", FILES)
def test_no_cell_is_read_differently(name: str):
    path = SHARED / name
    wanted = dict(enumerate(rows_of(path), 1))
    source = Source.model_validate({"path": path.name, "table": "t", "header_row": 1, "sheet": None})
    with open_engine() as engine:
        [cells] = read_sheets(SheetRequest(RawFile(path, path.name, "0" * 64), source, TABLE, engine))
        frame = engine.collect(f"SELECT * FROM {cells.table} ORDER BY row")
    read = {int(row[0]): [cell or "" for cell in row[1:]] for row in frame.itertuples(index=False, name=None)}
    aside = {row.row: row for row in cells.excluded_rows if row.row < ROW_SPAN}
    labels = [label.strip() for label in wanted[1]]
    assert all(label in (printed, labels[0]) for label, printed in zip(cells.labels, labels))  # merged titles are in each cell
    assert not any(labels[len(cells.labels) :])
    last = max(read)
    assert read.keys() | aside.keys() | {1} == wanted.keys() - {n for n in wanted if n > last and not any(wanted[n])}
    for n, row in read.items():
        expected = [cell.replace("\r\n", "\n") for cell in wanted[n]]
        assert row == [*expected, *[""] * (len(row) - len(expected))], (name, n)
    for n, row in aside.items():
        ragged = len(wanted[n]) != len(cells.labels)
        assert row.reason == "header" or not any(wanted[n]) or ragged or len(row.cells) == 1, (name, n)  # type: ignore[attr-defined]
