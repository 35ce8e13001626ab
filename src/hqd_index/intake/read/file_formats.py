"""What a raw file is by its content: kind, digest, encoding, and whether it may be opened at all."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from ...errors import DataError

Kind = Literal["csv", "csv.gz", "xlsx", "xls", "dta", "parquet"]

EXTENSIONS: dict[str, Kind] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".gz": "csv.gz", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls",
    ".dta": "dta", ".parquet": "parquet",
}  # fmt: skip
OLD_STATA = {104, 105, 108, 110, 111, 112, 113, 114, 115}
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK = 1 << 20
LOOKS = {
    b"%pdf": ("PDF", "PDF"), b"$fl": ("SPSS .sav", "SPSS .sav"), b"pk": ("a zip of other files", "装着其他文件的 zip"),
    b"<": ("HTML/XML", "HTML/XML"), b"\xef\xbb\xbf": ("HTML/XML", "HTML/XML"),
}  # fmt: skip
PLAINLY_UTF8 = 16  # eight Chinese characters


@dataclass(frozen=True)
class TextSurvey:
    """The encoding of a text file and whether any cell of it is quoted."""

    encoding: str
    quotes: bool


def kind_of(path: Path, where: str) -> tuple[Kind, bool]:
    """The kind by content, and whether the extension says the same; DataError S10 when no reader fits."""
    with path.open("rb") as file:
        head = file.read(4096)
    kind = _by_content(path, head)
    if kind is None:
        found, found_zh = _looks_like(path, head)
        raise DataError(
            f"the content ({found}) is neither text, a workbook, Stata nor parquet; save it again as csv or xlsx",
            zh=f"文件内容({found_zh})不是文本、工作簿、Stata 或 parquet;请另存为 csv 或 xlsx",
            where=where,
            rule="S10",
        )
    return kind, EXTENSIONS.get(path.suffix.lower()) == kind


def _by_content(path: Path, head: bytes) -> Kind | None:
    if head.startswith(b"PK\x03\x04"):
        return "xlsx" if _has_workbook(path) else None
    for magic, kind in ((b"\xd0\xcf\x11\xe0", "xls"), (b"\x1f\x8b", "csv.gz"), (b"PAR1", "parquet")):
        if head.startswith(magic):
            return cast(Kind, kind)
    if head.startswith(b"<stata_dta>") or (head[:1] and head[0] in OLD_STATA and head[1:3] in (b"\x01\x01", b"\x02\x01")):
        return "dta"
    if head.startswith(UTF16):
        return "csv"
    if b"\x00" in head or re.match(rb"(\xef\xbb\xbf)?\s*(<!doctype|<html|<\?xml|%pdf)", head, re.IGNORECASE):
        return None
    return "csv"


def _has_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _looks_like(path: Path, head: bytes) -> tuple[str, str]:
    """What the content seems to be, en and zh."""
    start = head.lstrip().lower()
    if start.startswith(b"pk") and not zipfile.is_zipfile(path):
        return "a damaged or incomplete workbook", "损坏或不完整的工作簿"
    return next((names for mark, names in LOOKS.items() if start.startswith(mark)), ("binary", "二进制"))


def digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path: Path, kind: Kind) -> IO[bytes]:
    """The bytes of the text in a file, unpacked when it is gzipped."""
    return cast(IO[bytes], gzip.open(path, "rb")) if kind == "csv.gz" else path.open("rb")


def survey(path: Path, kind: Kind, declared: str, where: str) -> TextSurvey:
    """Encoding (utf-8, else gb18030; utf-16 only when declared) and quotes; DataError S03 for UTF-16 and NUL bytes."""
    guess = Utf8Guess() if declared == "auto" else None
    quotes, first, line = False, True, 1
    for chunk in _chunks(path, kind):
        if first and chunk.startswith(UTF16) and declared != "utf-16":
            raise _utf16(where)
        if b"\x00" in chunk and declared != "utf-16":
            raise bad_bytes(where, line + chunk[: chunk.index(b"\x00")].count(b"\n"), "NUL")
        quotes |= b'"' in chunk
        if guess:
            guess.feed(chunk)
        first, line = False, line + chunk.count(b"\n")
    return TextSurvey(guess.encoding if guess else declared, quotes)


class Utf8Guess:
    """utf-8 until a byte disproves it; a file that was plainly UTF-8 before its first bad byte stays UTF-8 (and bad)."""

    def __init__(self) -> None:
        self.encoding = "utf-8"
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._extra = 0  # bytes beyond one per character: GB18030 text hardly gets any past a UTF-8 decoder

    def feed(self, chunk: bytes) -> None:
        if self.encoding != "utf-8" or self._extra < 0:
            return
        try:
            self._extra += len(chunk) - len(self._decoder.decode(chunk))
        except UnicodeDecodeError as fault:
            self._extra += fault.start - len(fault.object[: fault.start].decode("utf-8"))
            if self._extra < PLAINLY_UTF8:
                self.encoding = "gb18030"
            self._extra = -1


def first_fault(path: Path, kind: Kind, encoding: str) -> int | None:
    """The line of the first byte that the encoding does not know, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in [*_chunks(path, kind), b""]:
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as fault:
            return line + fault.object[: fault.start].decode(encoding, "replace").count("\n")
    return None


def _chunks(path: Path, kind: Kind) -> Iterator[bytes]:
    with opened(path, kind) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _utf16(where: str) -> DataError:
    return DataError(
        "this file is UTF-16; save it as 'CSV UTF-8', or write `encoding: utf-16` for this source",
        zh="文件是 UTF-16 编码;请另存为“CSV UTF-8”,或在该数据源写 `encoding: utf-16`",
        where=where,
        rule="S03",
    )


def bad_bytes(where: str, line: int, tried: str) -> DataError:
    """S03 with the line where decoding stops."""
    return DataError(
        f"line {line} holds bytes that are not text ({tried}); mend that line and save the file as 'CSV UTF-8'",
        zh=f"第 {line} 行含有无法解码的字节({tried});请改正该行,再另存为“CSV UTF-8”",
        where=f"{where}:{line}",
        rule="S03",
    )
