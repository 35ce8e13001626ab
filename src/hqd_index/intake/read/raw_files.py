"""Raw files of a source as sheets of text cells in the engine, each cell with file, sheet and row."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine
from ...errors import CheckError, ConfigError, DataError, SetupError, closest
from ...study.records import Source
from ..cells.units_of_measure import UNITS
from ..layout.header_rows import PEEK, canonical_of, find_header, known_labels, sub_headers
from ..records.intake_notice import Notice
from .archive_limits import check_archive, check_gzip
from .binary_files import parquet_table, stata_table
from .delimited_text import Shape, Written, delimiter_of, records, set_aside, write_plain, write_records
from .file_formats import Kind, bad_bytes, digest, first_fault, kind_of, opened, survey
from .sheet_cells import BLANK, HEADER, NOTE, Cells, SetAside
from .workbook_grid import filled_header, read_grid, refuse_merged


@dataclass(frozen=True)
class RawFile:
    """A file of a source: its place under the data root, and its digest before reading."""

    path: Path
    name: str
    digest: str


@dataclass(frozen=True)
class Layout:
    """Where the header stands (row from 1), its labels, how many rows below are labels too, and units they name."""

    row: int
    labels: tuple[str, ...]
    below: int
    units: tuple[tuple[int, str], ...] = ()


def locate(source: Source, data_root: Path, where: str) -> list[RawFile]:
    """The files of a source in name order; ConfigError S01 (with the nearest name) or S12 when none may be read."""
    root = data_root.resolve()
    try:
        found = sorted(path for path in root.glob(source.path) if path.is_file() or path.is_symlink())
    except (NotImplementedError, ValueError):
        raise _outside(source.path, where) from None
    if not found:
        if source.optional:
            return []
        raise _missing(source.path, root, where)
    for path in found:
        if not path.resolve().is_relative_to(root):
            raise _outside(source.path, where)
    return [RawFile(path, path.relative_to(root).as_posix(), _digest(path)) for path in found]


def _outside(path: str, where: str) -> ConfigError:
    return ConfigError(
        f"{path} leads out of the data folder; copy the file into it and write its path from there",
        zh=f"{path} 指向数据目录之外;请把文件复制到数据目录中,并写相对路径",
        where=where,
        rule="S12",
    )


def _digest(path: Path) -> str:
    try:
        return digest(path)
    except OSError as fault:
        raise SetupError(
            f"cannot read the file: {fault.strerror}; close it elsewhere or check its permissions",
            zh=f"无法读取文件:{fault.strerror};请关闭占用它的程序或检查权限",
            where=path.name,
            rule="S01",
        ) from fault


def _missing(wanted: str, root: Path, where: str) -> ConfigError:
    there = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    near = closest(wanted, there)
    listed = ", ".join(sorted(there)[:10]) or "-"
    return ConfigError(
        f"no file {wanted!r} in the data folder; " + (f"did you mean {near!r}?" if near else f"there are: {listed}"),
        zh=f"数据目录中没有文件 {wanted!r};" + (f"您是不是想写 {near!r}?" if near else f"现有文件:{listed}"),
        where=where,
        rule="S01",
    )


def unchanged(files: Sequence[RawFile]) -> None:
    """CheckError S11 when a file is no longer what was read."""
    changed = [file.name for file in files if not file.path.exists() or digest(file.path) != file.digest]
    if changed:
        raise CheckError(
            f"changed while being read: {', '.join(changed)}; run again when nobody writes to it",
            zh=f"读取过程中文件被改动:{', '.join(changed)};请在无人写入时重新运行",
            where=changed[0],
            rule="S11",
        )


def read(file: RawFile, source: Source, table: CanonicalTable, engine: Engine) -> Cells:
    """The sheet of a file that a source means, every cell as text."""
    kind, named_so = kind_of(file.path, file.name)
    told = [] if named_so else [_misnamed(file, kind)]
    if kind in ("csv", "csv.gz"):
        return _read_text(file, kind, source, table, engine, told)
    if kind in ("xlsx", "xls"):
        return _read_workbook(file, kind, source, table, engine, told)
    return _read_binary(file, kind, engine, told)


def _misnamed(file: RawFile, kind: Kind) -> Notice:
    return Notice("S10", file.name, f"read as {kind}, whatever its extension says", f"扩展名与内容不符,已按 {kind} 读取")


def layout(rows: Sequence[Sequence[str]], source: Source, table: CanonicalTable, where: str) -> Layout:
    """Header row, labels and label rows below it; DataError S02 when there is nothing under the header."""
    known = known_labels(source, table)
    place = find_header(rows, known) if source.header_row == "auto" else source.header_row - 1
    if place >= len(rows) or not any(label.strip() for label in rows[place]):
        raise empty(where)
    labels = tuple(label.strip() for label in rows[place])
    numbers = {name for name, column in table.columns.items() if column.dtype in ("number", "integer")}
    numeric = [k for k, label in enumerate(labels) if canonical_of(label, known) in numbers]
    below = sub_headers(rows[place + 1 :], numeric)
    printed = [(k, cell.strip()) for row in rows[place + 1 : place + 1 + below] for k, cell in enumerate(row)]
    return Layout(place + 1, labels, below, tuple((k, unit) for k, unit in printed if unit in UNITS))


def empty(where: str) -> DataError:
    """S02: nothing to read."""
    return DataError(
        "0 rows under the header; fill the file, or mark the source `optional: true` and remove it",
        zh="表头之下 0 行;请补充数据,或把该数据源写成 `optional: true` 并移走文件",
        where=where,
        rule="S02",
    )


def _read_text(file: RawFile, kind: Kind, source: Source, table: CanonicalTable, engine: Engine, told: list[Notice]) -> Cells:
    if kind == "csv.gz":
        check_gzip(file.path, file.name)
    seen = survey(file.path, kind, source.encoding, file.name)
    target = engine.folder / f"{engine.new_name()}.txt"
    try:
        with _text(file, kind, seen.encoding) as text:
            lines = list(islice(text, PEEK))
        delimiter = delimiter_of(lines)
        found = layout(list(islice(records(lines, delimiter), PEEK)), source, table, file.name)
        shape = Shape(delimiter, len(found.labels), found.row + found.below)
        with _text(file, kind, seen.encoding) as text, target.open("w", encoding="utf-8", newline="\n") as out:
            parsed = records(text, delimiter)
            written = write_records(parsed, out, shape) if seen.quotes else write_plain(text, out, shape)
    except UnicodeDecodeError as fault:
        line = first_fault(file.path, kind, seen.encoding) or 1
        raise bad_bytes(file.name, line, "utf-8 / gb18030" if source.encoding == "auto" else seen.encoding) from fault
    told = [*told, *_told_encoding(file, seen.encoding)]
    cells = engine.scan_records(target, len(found.labels), delimiter)
    _refuse_shifted(written, len(found.labels), file.name)
    below = [SetAside(found.row + k, (), HEADER) for k in range(1, found.below + 1)]
    return _cells(file, "", found, cells, written, below, told)


def _cells(
    file: RawFile, sheet: str, found: Layout, table: str, written: Written, below: Sequence[SetAside], told: Sequence[Notice]
) -> Cells:
    aside = (*below, *written.aside)
    return Cells(
        file.name,
        sheet,
        file.digest,
        found.labels,
        found.row,
        table,
        written.kept,
        aside,
        tuple(told),
        found.units,
        written.padded,
    )


@contextmanager
def _text(file: RawFile, kind: Kind, encoding: str) -> Iterator[IO[str]]:
    signed = "utf-8-sig" if encoding == "utf-8" else encoding
    with opened(file.path, kind) as raw, io.TextIOWrapper(raw, encoding=signed, newline=None) as text:
        yield text


def _told_encoding(file: RawFile, encoding: str) -> list[Notice]:
    if encoding == "utf-8":
        return []
    return [Notice("S03", file.name, f"read as {encoding}", f"按 {encoding} 编码读取")]


def _read_workbook(file: RawFile, kind: Kind, source: Source, table: CanonicalTable, engine: Engine, told: list[Notice]) -> Cells:
    if kind == "xlsx":
        check_archive(file.path, file.name)
    grid = read_grid(file.path, source.sheet, file.name, xml=kind == "xlsx")
    where = f"{file.name} [{grid.name}]"
    found = layout(filled_header(grid, PEEK), source, table, where)
    top = found.row + found.below
    below = [SetAside(found.row + k, tuple(grid.rows[found.row + k - 1]), HEADER) for k in range(1, found.below + 1)]
    notes = [n for n, row in enumerate(grid.rows, 1) if set_aside(n, row).reason in (BLANK, NOTE)]
    refuse_merged(grid, top, notes, where)
    if len(grid.rows) <= top:
        raise empty(where)
    target = engine.folder / f"{engine.new_name()}.txt"
    with target.open("w", encoding="utf-8", newline="\n") as out:
        written = write_records(grid.rows, out, Shape(",", len(found.labels), top))
    return _cells(file, grid.name, found, engine.scan_records(target, len(found.labels)), written, below, told)


def _read_binary(file: RawFile, kind: Kind, engine: Engine, told: list[Notice]) -> Cells:
    if kind == "parquet":
        cells, labels = parquet_table(file.path, engine)
    else:
        cells, labels, old = stata_table(file.path, engine, file.name)
        told = [*told, *(_told_encoding(file, "gb18030") if old else [])]
    kept = engine.count(cells)
    if kept == 0:
        raise empty(file.name)
    return Cells(file.name, "", file.digest, labels, 1, cells, kept, (), tuple(told))


def _refuse_shifted(written: Written, width: int, where: str) -> None:
    widths = {len(row.cells) for row in written.aside if row.rule}
    if written.kept == 0 and not widths:
        raise empty(where)
    if written.kept == 0 and len(widths) == 1:
        found = widths.pop()
        raise DataError(
            f"every row has {found} fields but the header has {width}; mend the header or the separator",
            zh=f"所有数据行都是 {found} 个字段,而表头是 {width} 个;请改正表头或分隔符",
            where=where,
            rule="S04",
        )
