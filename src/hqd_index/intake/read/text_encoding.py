"""The encoding of a text file, how many lines it has, and the lines that it cannot decode."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError
from .reading_limits import MAX_LINE, too_big

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK = 1 << 20
PLAINLY_UTF8 = 16  # eight Chinese characters
HEAD = 1 << 12
HALF_NUL = 0.3  # of the bytes at even or odd places: UTF-16 without a mark of it


@dataclass(frozen=True)
class TextSurvey:
    """The encoding of a text file, whether any cell of it is quoted, and how many lines it has, with or without an end."""

    encoding: str
    quotes: bool
    lines: int


def survey(path: Path, declared: str, location: str) -> TextSurvey:
    """Encoding (utf-16 by its mark or its NULs, utf-8, else gb18030), quotes and lines.

    Raises DataError S03 for NUL bytes, S09 for a line beyond the limits.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    wide = declared if declared == "utf-16" else wide_encoding(head) if declared == "auto" else None
    if wide:
        return _survey_wide(path, wide, location)
    guess = Utf8Guess() if declared == "auto" else None
    quotes, ends, last, open_line = False, 0, b"", 0
    for chunk in _chunks(path):
        if b"\x00" in chunk:
            raise undecodable(location, ends + chunk[: chunk.index(b"\x00")].count(b"\n") + 1, "NUL")
        quotes |= b'"' in chunk
        if guess:
            guess.feed(chunk)
        ends += _line_ends(chunk, last)
        open_line = _open_line(chunk, open_line, location)
        last = chunk[-1:]
    return TextSurvey(guess.encoding if guess else declared, quotes, ends + (last not in (b"", b"\n", b"\r")))


def _line_ends(chunk: bytes, before: bytes) -> int:
    """How many lines end in a chunk; a return with a feed behind it is one end."""
    ends = chunk.count(b"\n")
    if b"\r" in chunk or before == b"\r":
        ends += chunk.count(b"\r") - chunk.count(b"\r\n") - (before == b"\r" and chunk.startswith(b"\n"))
    return ends


def _open_line(chunk: bytes, before: int, location: str) -> int:
    """Bytes of the line that a chunk leaves open; DataError S09 when it is beyond the limits."""
    end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    length = len(chunk) - end - 1 if end >= 0 else before + len(chunk)
    if length > MAX_LINE:
        raise too_big(location, f"a line of more than {MAX_LINE >> 20} MB", f"有一行超过 {MAX_LINE >> 20} MB")
    return length


def wide_encoding(head: bytes) -> str | None:
    """The kind of UTF-16 that a file's first bytes are by their mark, or by NULs at every other place."""
    if head.startswith(UTF16):
        return "utf-16"
    half = len(head) / 2
    if half >= 4:
        for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
            if head[first::2].count(0) > HALF_NUL * half and not head[1 - first :: 2].count(0):
                return encoding
    return None


def _survey_wide(path: Path, encoding: str, location: str) -> TextSurvey:
    """The same for UTF-16, counted on the text: its bytes hold those of line ends by chance."""
    decoder = codecs.getincrementaldecoder(encoding)()
    quotes, ends, last, open_line = False, 0, b"", 0
    for chunk in [*_chunks(path), b""]:
        try:
            plain = decoder.decode(chunk, final=not chunk).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as fault:
            raise undecodable(location, ends + 1, encoding) from fault
        if b"\x00" in plain:
            raise undecodable(location, ends + plain[: plain.index(b"\x00")].count(b"\n") + 1, "NUL")
        quotes |= b'"' in plain
        ends += _line_ends(plain, last)
        open_line = _open_line(plain, open_line, location)
        last = plain[-1:] or last
    return TextSurvey(encoding, quotes, ends + (last not in (b"", b"\n", b"\r")))


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


def first_bad_line(path: Path, encoding: str) -> int | None:
    """The line of the first byte that the encoding does not know, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for chunk in [*_chunks(path), b""]:
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as fault:
            return line + fault.object[: fault.start].decode(encoding, "replace").count("\n")
    return None


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def undecodable(location: str, line: int, encoding: str) -> DataError:
    """S03 with the line where decoding stops."""
    return DataError(
        f"line {line} holds bytes that are not text ({encoding}); mend that line and save the file as 'CSV UTF-8'",
        zh=f"第 {line} 行含有无法解码的字节({encoding});请改正该行,再另存为“CSV UTF-8”",
        location=f"{location}:{line}",
        rule="S03",
    )
