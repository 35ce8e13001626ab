"""Parts of a zipped office document, fed to an event parser that refuses document types and entities."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ....errors import DataError
from ..reading_limits import MAX_BYTES, MAX_MEMBERS, MAX_RATIO, SMALL_FILE_BYTES, reading_error, reading_errors, size_limit_error

CHUNK_BYTES = 1 << 16
ENCRYPTED = 1  # bit of a member's flags

StartHandler = Callable[[str, dict[str, str]], None]
EndHandler = Callable[[str], None]


class StopParsing(Exception):
    """What was looked for has been found; the rest of the part is not read."""


@contextmanager
def open_package(path: Path, location: str) -> Iterator[zipfile.ZipFile]:
    """An archive within the limits, none of whose parts declares a document type; DataError S08, S09."""
    with reading_errors(location), zipfile.ZipFile(path) as archive:
        check_members(archive.infolist(), location)
        for member in archive.infolist():
            if not member.is_dir():
                _refuse_document_type(archive, member, location)
        yield archive


def check_members(members: list[zipfile.ZipInfo], location: str) -> None:
    """DataError when an archive is too big, too dense or too split (S09), or needs a password (S08)."""
    unpacked_bytes = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked_bytes > MAX_BYTES:
        raise size_limit_error(location, f"{len(members)} members, {unpacked_bytes / 2**20:.0f} MB unpacked")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise encrypted(location)
    check_packing(members, location)


def check_packing(members: list[zipfile.ZipInfo], location: str) -> None:
    """DataError S09 when a member unpacks to many times its size."""
    for member in members:
        if member.file_size > SMALL_FILE_BYTES and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise size_limit_error(location, f"{member.filename} is packed more than {MAX_RATIO}:1")


def encrypted(location: str) -> DataError:
    """S08: a password is needed."""
    return reading_error(location, "the file is encrypted", "文件已加密", "save it again without a password", "去掉密码后另存")


def _refuse_document_type(archive: zipfile.ZipFile, member: zipfile.ZipInfo, location: str) -> None:
    """S09 for a document type, which can only precede the root element; parts that are no XML pass."""

    def refuse_doctype(*_: Any) -> None:
        raise StopParsing

    try:
        parse_part(archive, member.filename, refuse_doctype, location=f"{location} [{member.filename}]")
    except expat.ExpatError:
        return


def parse_part(
    archive: zipfile.ZipFile,
    part_name: str,
    start_element: StartHandler,
    end_element: EndHandler | None = None,
    character_data: EndHandler | None = None,
    *,
    location: str,
) -> None:
    """Feeds a part to the handlers, names without their prefix of the root; ends early when a handler raises Enough."""
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 1 << 16

    def refuse_entities(*_: Any) -> None:
        raise size_limit_error(location, "it declares a document type or entities", "含有文档类型或实体声明")

    parser.StartDoctypeDeclHandler = refuse_entities
    parser.EntityDeclHandler = refuse_entities
    parser.StartElementHandler = start_element
    if end_element:
        parser.EndElementHandler = end_element
    if character_data:
        parser.CharacterDataHandler = character_data
    with archive.open(part_name) as part_stream:
        try:
            while chunk := part_stream.read(CHUNK_BYTES):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except StopParsing:
            return


def part_elements(archive: zipfile.ZipFile, part_name: str, location: str) -> list[tuple[str, Mapping[str, str]]]:
    """(local name, attributes by local name) of every element of a small part, in order."""
    found_elements: list[tuple[str, Mapping[str, str]]] = []

    def start_element(element_name: str, attributes: dict[str, str]) -> None:
        found_elements.append(
            (
                local_name(element_name),
                {local_name(attribute_name): attribute_value for attribute_name, attribute_value in attributes.items()},
            )
        )

    parse_part(archive, part_name, start_element, location=location)
    return found_elements


def local_name(qualified_name: str) -> str:
    """The name without its prefix."""
    return qualified_name.rpartition(":")[2]
