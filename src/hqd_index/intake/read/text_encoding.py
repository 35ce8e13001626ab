"""The encoding of a text file and the lines that it cannot decode."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ...errors import DataError

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK = 1 << 20
PLAINLY_UTF8 = 16  # eight Chinese characters

Opener = Callable[[Path], IO[bytes]]
"""How the bytes of a text are had from its file."""


@dataclass(frozen=True)
class TextSurvey:
    """The encoding of a text file and whether any cell of it is quoted."""

    encoding: str
    quotes: bool


def plain_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file as they are."""
    return path.open("rb")


def unpacked_bytes(path: Path) -> IO[bytes]:
    """The bytes of a gzipped file, unpacked."""
    return cast(IO[bytes], gzip.open(path, "rb"))


def survey(path: Path, opener: Opener, declared: str, where: str) -> TextSurvey:
    """Encoding (utf-8, else gb18030; utf-16 only when declared) and quotes; DataError S03 for UTF-16 and NUL bytes."""
    guess = Utf8Guess() if declared == "auto" else None
    quotes, first, line = False, True, 1
    for chunk in _chunks(path, opener):
        if first and chunk.startswith(UTF16) and declared != "utf-16":
            raise _undeclared_utf16(where)
        if b"\x00" in chunk and declared != "utf-16":
            raise undecodable(where, line + chunk[: chunk.index(b"\x00")].count(b"\n"), "NUL")
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


def first_bad_line(path: Path, opener: Opener, encoding: str) -> int | None:
    """The line of the first byte that the encoding does not know, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in [*_chunks(path, opener), b""]:
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as fault:
            return line + fault.object[: fault.start].decode(encoding, "replace").count("\n")
    return None


def _chunks(path: Path, opener: Opener) -> Iterator[bytes]:
    with opener(path) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _undeclared_utf16(where: str) -> DataError:
    return DataError(
        "this file is UTF-16; save it as 'CSV UTF-8', or write `encoding: utf-16` for this source",
        zh="文件是 UTF-16 编码;请另存为“CSV UTF-8”,或在该数据源写 `encoding: utf-16`",
        where=where,
        rule="S03",
    )


def undecodable(where: str, line: int, encoding: str) -> DataError:
    """S03 with the line where decoding stops."""
    return DataError(
        f"line {line} holds bytes that are not text ({encoding}); mend that line and save the file as 'CSV UTF-8'",
        zh=f"第 {line} 行含有无法解码的字节({encoding});请改正该行,再另存为“CSV UTF-8”",
        where=f"{where}:{line}",
        rule="S03",
    )
