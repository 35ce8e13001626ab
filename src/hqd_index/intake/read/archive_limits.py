"""Archives are measured before they are opened: size, density, number of members, document types."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

from ...errors import DataError

MAX_BYTES = 200 * 2**20
MAX_RATIO = 100
MAX_MEMBERS = 1000
SMALL = 2**20
HEAD = 4096


def check_archive(path: Path, where: str) -> None:
    """DataError S09 when a workbook's archive is too big, too dense, too split or declares XML entities."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > MAX_MEMBERS or total > MAX_BYTES:
            raise _beyond_limits(where, f"{len(members)} members, {total / 2**20:.0f} MB unpacked")
        for member in members:
            if member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1):
                raise _beyond_limits(where, f"{member.filename} is packed more than {MAX_RATIO}:1")
            if member.filename.lower().endswith((".xml", ".rels")) and _declares_entities(archive, member):
                raise _beyond_limits(where, f"{member.filename} declares a document type")


def _declares_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as stream:
        head = stream.read(HEAD).replace(b"\x00", b"").upper()
    return b"<!DOCTYPE" in head or b"<!ENTITY" in head


def check_gzip(path: Path, where: str) -> None:
    """DataError S09 when a gzipped text unpacks beyond the ratio."""
    packed, size = path.stat().st_size, 0
    with gzip.open(path, "rb") as file:
        while chunk := file.read(SMALL):
            size += len(chunk)
            if size > SMALL and size > MAX_RATIO * packed:
                raise _beyond_limits(where, f"packed more than {MAX_RATIO}:1")


def _beyond_limits(where: str, excess: str) -> DataError:
    bounds = f"{MAX_BYTES // 2**20} MB, {MAX_RATIO}:1, {MAX_MEMBERS}"
    return DataError(
        f"refused before opening: {excess} (limits {bounds}); save the sheet you need as a new workbook or csv",
        zh=f"打开前已拒绝:{excess}(上限 {bounds});请把需要的工作表另存为新的 xlsx 或 csv",
        where=where,
        rule="S09",
    )
