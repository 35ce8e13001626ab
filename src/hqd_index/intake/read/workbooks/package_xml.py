"""Parts of a zipped office document, fed to an event parser that refuses document types and entities."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ....errors import DataError
from ..reading_limits import MAX_BYTES, MAX_MEMBERS, MAX_RATIO, SMALL, guarded, too_big, trouble

CHUNK = 1 << 16
ENCRYPTED = 1  # bit of a member's flags

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


class Enough(Exception):
    """What was looked for has been found; the rest of the part is not read."""


@contextmanager
def opened_package(path: Path, location: str) -> Iterator[zipfile.ZipFile]:
    """An archive within the limits, none of whose parts declares a document type; DataError S08, S09."""
    with guarded(location), zipfile.ZipFile(path) as archive:
        check_members(archive.infolist(), location)
        for member in archive.infolist():
            if not member.is_dir():
                _refuse_document_type(archive, member, location)
        yield archive


def check_members(members: list[zipfile.ZipInfo], location: str) -> None:
    """DataError when an archive is too big, too dense or too split (S09), or needs a password (S08)."""
    total = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or total > MAX_BYTES:
        raise too_big(location, f"{len(members)} members, {total / 2**20:.0f} MB unpacked")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise encrypted(location)
    check_packing(members, location)


def check_packing(members: list[zipfile.ZipInfo], location: str) -> None:
    """DataError S09 when a member unpacks to many times its size."""
    for member in members:
        if member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise too_big(location, f"{member.filename} is packed more than {MAX_RATIO}:1")


def encrypted(location: str) -> DataError:
    """S08: a password is needed."""
    return trouble(location, "the file is encrypted", "文件已加密", "save it again without a password", "去掉密码后另存")


def _refuse_document_type(archive: zipfile.ZipFile, member: zipfile.ZipInfo, location: str) -> None:
    """S09 for a document type, which can only stand before the root element; parts that are no XML pass."""

    def stop(*_: Any) -> None:
        raise Enough

    try:
        parsed(archive, member.filename, stop, location=f"{location} [{member.filename}]")
    except expat.ExpatError:
        return


def parsed(
    archive: zipfile.ZipFile, part: str, start: Start, end: End | None = None, text: End | None = None, *, location: str
) -> None:
    """Feeds a part to the handlers, names without their prefix of the root; ends early when a handler raises Enough."""
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 1 << 16

    def refuse(*_: Any) -> None:
        raise too_big(location, "it declares a document type or entities", "含有文档类型或实体声明")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    if end:
        parser.EndElementHandler = end
    if text:
        parser.CharacterDataHandler = text
    with archive.open(part) as stream:
        try:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except Enough:
            return


def elements(archive: zipfile.ZipFile, part: str, location: str) -> list[tuple[str, Mapping[str, str]]]:
    """(local name, attributes by local name) of every element of a small part, in order."""
    listed: list[tuple[str, Mapping[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        listed.append((local(name), {local(key): value for key, value in attributes.items()}))

    parsed(archive, part, start, location=location)
    return listed


def local(name: str) -> str:
    """The name without its prefix."""
    return name.rpartition(":")[2]
