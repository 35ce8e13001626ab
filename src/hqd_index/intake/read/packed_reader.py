"""Zipped and gzipped files: unpacked within bounds, then read as what is inside."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ...errors import ConfigError, unknown
from .hidden_files import is_hidden
from .reader import FileHead, SheetRequest
from .reading_limits import MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED, SMALL, damaged, guarded, too_big, trouble
from .sheet_cells import SheetCells
from .workbooks.package_xml import check_packing, encrypted

CHUNK = 1 << 20
ReadInside = Callable[[SheetRequest], list[SheetCells]]


def is_gzip(head: FileHead) -> bool:
    """Whether the first bytes are those of a gzip file."""
    return head.start.startswith(b"\x1f\x8b")


def is_zip(head: FileHead) -> bool:
    """Whether the first bytes are those of an archive, which is no workbook (those are tried first)."""
    return head.start.startswith(b"PK\x03\x04")


def gzip_reader(read_inside: ReadInside) -> ReadInside:
    """Reads what is inside a gzip file; DataError S08 when it is cut or damaged, S09 when it unpacks beyond the limits."""

    def read(request: SheetRequest) -> list[SheetCells]:
        path, location = request.file.path, request.file.name
        name = Path(location).name.removesuffix(".gz")
        with (
            guarded(location),
            gzip.open(path, "rb") as stream,
            _unpacked(cast(IO[bytes], stream), name, path.stat().st_size, request) as inside,
        ):
            return read_inside(replace(request, file=replace(request.file, path=inside), depth=request.depth + 1))

    return read


def zip_reader(read_inside: ReadInside) -> ReadInside:
    """Reads the files inside an archive, or those that the path behind its name fits; each is a sheet of the archive.

    Raises ConfigError S01 when none fits; DataError S08 and S09 as for other packed files.
    """

    def read(request: SheetRequest) -> list[SheetCells]:
        file, location = request.file, request.file.name
        with guarded(location), zipfile.ZipFile(file.path) as archive:
            cells: list[SheetCells] = []
            for member in _members(archive, file.members, location):
                name = member_name(member)
                with archive.open(member) as stream, _unpacked(stream, name, member.compress_size, request) as inside:
                    within = replace(file, path=inside, name=f"{location}/{name}", members=None)
                    read_now = read_inside(replace(request, file=within, depth=request.depth + 1))
                cells += [replace(one, file=location, sheet="/".join(filter(None, (name, one.sheet)))) for one in read_now]
            return cells

    return read


def member_name(member: zipfile.ZipInfo) -> str:
    """The name of a member; one not marked as UTF-8 was written in the code page of the writer's system."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename


def _members(archive: zipfile.ZipFile, pattern: str | None, location: str) -> list[zipfile.ZipInfo]:
    every = [member for member in archive.infolist() if not member.is_dir()]
    if len(every) > MAX_MEMBERS:
        raise too_big(location, f"{len(every)} members")
    names = {member_name(member): member for member in every}
    readable = {name: member for name, member in names.items() if not is_hidden(name)}
    fitting = sorted(name for name in readable if pattern is None or fnmatchcase(name, pattern))
    if not fitting and pattern is not None:
        en, zh = unknown("member", pattern, readable, kind_zh="压缩包成员")
        raise ConfigError(en, zh=zh, location=location, rule="S01")
    if not fitting:
        raise damaged(location, "no file inside")
    chosen = [readable[name] for name in fitting]
    if any(member.flag_bits & 1 for member in chosen):
        raise encrypted(location)
    check_packing(chosen, location)
    return chosen


@contextmanager
def _unpacked(stream: IO[bytes], name: str, packed: int, request: SheetRequest) -> Iterator[Path]:
    """The unpacked content as a file in the engine's folder while the block runs; DataError S09 beyond the limits."""
    location, size = request.file.name, 0
    if PurePosixPath(name).suffix.lower() in (".zip", ".rar", ".7z") or request.depth > 1:
        raise trouble(location, f"an archive inside an archive: {name}", f"压缩包内还有压缩包:{name}", "unpack it once",
                      "请先解压一层")  # fmt: skip
    target = request.engine.folder / f"{request.engine.new_name()}{PurePosixPath(name).suffix}"
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_UNPACKED or (size > SMALL and size > MAX_RATIO * max(packed, 1)):
                raise too_big(location, f"packed more than {MAX_RATIO}:1 or larger than {MAX_UNPACKED >> 30} GB")
            out.write(chunk)
    try:
        yield target
    finally:
        target.unlink(missing_ok=True)
