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
from ...study.hidden_files import is_hidden
from .reader import FileHead, SheetRequest
from .reading_limits import (
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_UNPACKED,
    SMALL_FILE_BYTES,
    damaged_file_error,
    reading_error,
    reading_errors,
    size_limit_error,
)
from .sheet_cells import SheetCells
from .workbooks.package_xml import check_packing, encrypted

CHUNK_BYTES = 1 << 20
MemberReader = Callable[[SheetRequest], list[SheetCells]]


def is_gzip(file_head: FileHead) -> bool:
    """Whether the first bytes are those of a gzip file."""
    return file_head.first_bytes.startswith(b"\x1f\x8b")


def is_zip(file_head: FileHead) -> bool:
    """Whether the first bytes are those of an archive, which is no workbook (those are tried first)."""
    return file_head.first_bytes.startswith(b"PK\x03\x04")


def gzip_reader(read_member: MemberReader) -> MemberReader:
    """Reads what is inside a gzip file; DataError S08 when it is cut or damaged, S09 when it unpacks beyond the limits."""

    def read_gzip(request: SheetRequest) -> list[SheetCells]:
        path, location = request.file.path, request.file.name
        name = Path(location).name.removesuffix(".gz")
        with (
            reading_errors(location),
            gzip.open(path, "rb") as gzip_stream,
            _unpacked_file(cast(IO[bytes], gzip_stream), name, path.stat().st_size, request) as unpacked_path,
        ):
            return read_member(replace(request, file=replace(request.file, path=unpacked_path), depth=request.depth + 1))

    return read_gzip


def zip_reader(read_member: MemberReader) -> MemberReader:
    """Reads the files inside an archive, or those that the path behind its name fits; each is a sheet of the archive.

    Raises ConfigError S01 when none fits; DataError S08 and S09 as for other packed files.
    """

    def read_zip(request: SheetRequest) -> list[SheetCells]:
        file, location = request.file, request.file.name
        with reading_errors(location), zipfile.ZipFile(file.path) as archive:
            sheets: list[SheetCells] = []
            for archive_member in _members(archive, file.members, location):
                content_name = member_name(archive_member)
                with (
                    archive.open(archive_member) as member_stream,
                    _unpacked_file(member_stream, content_name, archive_member.compress_size, request) as unpacked_path,
                ):
                    member_file = replace(file, path=unpacked_path, name=f"{location}/{content_name}", members=None)
                    member_cells = read_member(replace(request, file=member_file, depth=request.depth + 1))
                sheets += [
                    replace(sheet_cells, file=location, sheet="/".join(filter(None, (content_name, sheet_cells.sheet))))
                    for sheet_cells in member_cells
                ]
            return sheets

    return read_zip


def member_name(archive_member: zipfile.ZipInfo) -> str:
    """The name of a member; one not marked as UTF-8 was written in the code page of the writer's system."""
    if archive_member.flag_bits & 0x800:
        return archive_member.filename
    try:
        return archive_member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return archive_member.filename


def _members(archive: zipfile.ZipFile, pattern: str | None, location: str) -> list[zipfile.ZipInfo]:
    file_members = [archive_member for archive_member in archive.infolist() if not archive_member.is_dir()]
    if len(file_members) > MAX_MEMBERS:
        raise size_limit_error(location, f"{len(file_members)} members")
    names = {member_name(archive_member): archive_member for archive_member in file_members}
    visible_members = {member: archive_member for member, archive_member in names.items() if not is_hidden(member)}
    matching_names = sorted(member for member in visible_members if pattern is None or fnmatchcase(member, pattern))
    if not matching_names and pattern is not None:
        en, zh = unknown("member", pattern, visible_members, kind_zh="压缩包成员")
        raise ConfigError(en, zh=zh, location=location, rule="S01")
    if not matching_names:
        raise damaged_file_error(location, "no file inside")
    chosen_members = [visible_members[member] for member in matching_names]
    if any(archive_member.flag_bits & 1 for archive_member in chosen_members):
        raise encrypted(location)
    check_packing(chosen_members, location)
    return chosen_members


@contextmanager
def _unpacked_file(packed_stream: IO[bytes], content_name: str, packed_bytes: int, request: SheetRequest) -> Iterator[Path]:
    """The unpacked content as a file in the engine's folder while the block runs; DataError S09 beyond the limits."""
    location, unpacked_bytes = request.file.name, 0
    if PurePosixPath(content_name).suffix.lower() in (".zip", ".rar", ".7z") or request.depth > 1:
        raise reading_error(
            location,
            f"an archive inside an archive: {content_name}",
            f"压缩包内还有压缩包:{content_name}",
            "unpack it once",
            "请先解压一层",
        )
    unpacked_path = request.engine.folder / f"{request.engine.new_name()}{PurePosixPath(content_name).suffix}"
    with unpacked_path.open("wb") as unpacked_file:
        while chunk := packed_stream.read(CHUNK_BYTES):
            unpacked_bytes += len(chunk)
            if unpacked_bytes > MAX_UNPACKED or (
                unpacked_bytes > SMALL_FILE_BYTES and unpacked_bytes > MAX_RATIO * max(packed_bytes, 1)
            ):
                raise size_limit_error(location, f"packed more than {MAX_RATIO}:1 or larger than {MAX_UNPACKED >> 30} GB")
            unpacked_file.write(chunk)
    try:
        yield unpacked_path
    finally:
        unpacked_path.unlink(missing_ok=True)
