"""The encoding of a text file, how many lines it has, and the lines that it cannot decode."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError
from .reading_limits import MAX_LINE, size_limit_error

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHUNK_BYTES = 1 << 20
MIN_MULTIBYTE_EXCESS = 16  # eight Chinese characters
HEAD_BYTES = 1 << 12
TWO_BYTES = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
FIRST_OF_GB2312 = 0xA1  # second bytes of the usual Chinese characters begin here
UNLIKELY = 0.3  # of the characters below it: in Big5 about 0.4, in Latin-1 nearly all
UTF8_CHINESE = re.compile(rb"(?<![\x80-\xff])(?:[\xe3-\xe9][\x80-\xbf]{2}|\xef\xbc[\x80-\xbf]){2,}(?![\x80-\xff])")
MOST_UTF8_TEXTS = 1  # different ones: two characters of GB18030 are hardly ever such, and no two texts
PIECES, PIECE_BYTES = 64, 1 << 16  # in which a file is looked at for them
HALF_NUL = 0.3  # of the bytes at even or odd places: UTF-16 without a mark of it


@dataclass(frozen=True)
class TextSurvey:
    """The encoding of a text file, whether any cell of it is quoted, and how many lines it has, with or without an end."""

    encoding: str
    has_quotes: bool
    lines: int


def survey_text(path: Path, declared_encoding: str, location: str) -> TextSurvey:
    """Encoding (utf-16 by its mark or its NULs, utf-8, else gb18030), quotes and lines.

    Raises DataError S03 for NUL bytes, S09 for a line beyond the limits.
    """
    with path.open("rb") as file:
        first_bytes = file.read(HEAD_BYTES)
    utf16_variant = (
        declared_encoding
        if declared_encoding == "utf-16"
        else wide_encoding(first_bytes)
        if declared_encoding == "auto"
        else None
    )
    if utf16_variant:
        return _utf16_survey(path, utf16_variant, location)
    guess = Utf8Guess() if declared_encoding == "auto" else None
    has_quotes, line_ends, last_byte, open_line = False, 0, b"", 0
    for chunk in _chunks(path):
        if b"\x00" in chunk:
            raise decoding_error(location, line_ends + chunk[: chunk.index(b"\x00")].count(b"\n") + 1, "NUL")
        has_quotes |= b'"' in chunk
        if guess:
            guess.add_chunk(chunk)
        line_ends += _line_ends(chunk, last_byte)
        open_line = _open_line(chunk, open_line, location)
        last_byte = chunk[-1:]
    if guess and guess.encoding == "gb18030":
        _refuse_unlikely_gb18030(path, location)
        _refuse_two_encodings(path, location)
    return TextSurvey(
        guess.encoding if guess else declared_encoding, has_quotes, line_ends + (last_byte not in (b"", b"\n", b"\r"))
    )


def _refuse_unlikely_gb18030(path: Path, location: str) -> None:
    """DataError S03 where the two-byte characters are hardly Chinese: é before a letter in Latin-1, characters of Big5."""
    with path.open("rb") as file:
        byte_pairs = TWO_BYTES.findall(file.read(CHUNK_BYTES))
    if sum(byte_pair[-1] < FIRST_OF_GB2312 for byte_pair in byte_pairs) > UNLIKELY * len(byte_pairs):
        raise DataError(
            "the text is neither UTF-8 nor, by its characters, GB18030 (Latin-1 or Big5?); save the file as 'CSV UTF-8', "
            "or write `encoding: gb18030` at the source if it is",
            zh="文本既不是 UTF-8,从用字看也不像 GB18030(可能是 Latin-1 或 Big5);请另存为“CSV UTF-8”,"
            "若确为该编码请在数据源写 `encoding: gb18030`",
            location=location,
            rule="S03",
        )


def _refuse_two_encodings(path: Path, location: str) -> None:
    """DataError S03 where texts in a file of GB18030 are Chinese in UTF-8: two exports, one behind the other."""
    size = path.stat().st_size
    utf8_texts: dict[bytes, int] = {}  # with the place of each
    with path.open("rb") as file:
        for place in range(0, size, max(PIECE_BYTES, size // PIECES)):
            file.seek(place)
            lines = file.read(PIECE_BYTES)
            first_line_end = lines.find(b"\n") if place else 0  # a piece may begin within a character
            for match in UTF8_CHINESE.finditer(lines, max(first_line_end, 0)):
                utf8_texts.setdefault(match[0], place + match.start())
        if len(utf8_texts) <= MOST_UTF8_TEXTS:
            return
        file.seek(0)
        first_line = file.read(min(utf8_texts.values())).count(b"\n") + 1
    raise DataError(
        f"texts of two encodings are in the file: line {first_line} is UTF-8, others are GB18030; two exports may have been put "
        "together: save each as 'CSV UTF-8' first",
        zh=f"文件中混有两种编码:第 {first_line} 行是 UTF-8,其他行是 GB18030;可能由两份导出文件拼接而成,"
        "请先将各份分别另存为“CSV UTF-8”再合并",
        location=f"{location}:{first_line}",
        rule="S03",
    )


def _line_ends(chunk: bytes, last_byte: bytes) -> int:
    """How many lines end in a chunk; a return with a feed behind it is one end."""
    line_ends = chunk.count(b"\n")
    if b"\r" in chunk or last_byte == b"\r":
        line_ends += chunk.count(b"\r") - chunk.count(b"\r\n") - (last_byte == b"\r" and chunk.startswith(b"\n"))
    return line_ends


def _open_line(chunk: bytes, open_bytes: int, location: str) -> int:
    """Bytes of the line that a chunk leaves open; DataError S09 when it is beyond the limits."""
    last_line_end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    length = len(chunk) - last_line_end - 1 if last_line_end >= 0 else open_bytes + len(chunk)
    if length > MAX_LINE:
        raise size_limit_error(location, f"a line of more than {MAX_LINE >> 20} MB", f"有一行超过 {MAX_LINE >> 20} MB")
    return length


def wide_encoding(first_bytes: bytes) -> str | None:
    """The kind of UTF-16 that a file's first bytes are by their mark, or by NULs at every other place."""
    if first_bytes.startswith(UTF16):
        return "utf-16"
    half_length = len(first_bytes) / 2
    if half_length >= 4:
        for encoding, nul_position in (("utf-16-le", 1), ("utf-16-be", 0)):
            if first_bytes[nul_position::2].count(0) > HALF_NUL * half_length and not first_bytes[1 - nul_position :: 2].count(0):
                return encoding
    return None


def _utf16_survey(path: Path, encoding: str, location: str) -> TextSurvey:
    """The same for UTF-16, counted on the text: its bytes hold those of line ends by chance."""
    decoder = codecs.getincrementaldecoder(encoding)()
    has_quotes, line_ends, last_byte, open_line = False, 0, b"", 0
    for chunk in [*_chunks(path), b""]:
        try:
            utf8_chunk = decoder.decode(chunk, final=not chunk).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as fault:
            raise decoding_error(location, line_ends + 1, encoding) from fault
        if b"\x00" in utf8_chunk:
            raise decoding_error(location, line_ends + utf8_chunk[: utf8_chunk.index(b"\x00")].count(b"\n") + 1, "NUL")
        has_quotes |= b'"' in utf8_chunk
        line_ends += _line_ends(utf8_chunk, last_byte)
        open_line = _open_line(utf8_chunk, open_line, location)
        last_byte = utf8_chunk[-1:] or last_byte
    return TextSurvey(encoding, has_quotes, line_ends + (last_byte not in (b"", b"\n", b"\r")))


class Utf8Guess:
    """utf-8 until a byte disproves it; a file that was plainly UTF-8 before its first bad byte stays UTF-8 (and bad)."""

    def __init__(self) -> None:
        self.encoding = "utf-8"
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._excess_bytes = 0  # bytes beyond one per character: GB18030 text hardly gets any past a UTF-8 decoder

    def add_chunk(self, chunk: bytes) -> None:
        if self.encoding != "utf-8" or self._excess_bytes < 0:
            return
        try:
            self._excess_bytes += len(chunk) - len(self._decoder.decode(chunk))
        except UnicodeDecodeError as fault:
            self._excess_bytes += fault.start - len(fault.object[: fault.start].decode("utf-8"))
            if self._excess_bytes < MIN_MULTIBYTE_EXCESS:
                self.encoding = "gb18030"
            self._excess_bytes = -1


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
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def decoding_error(location: str, line_number: int, encoding: str) -> DataError:
    """S03 with the line where decoding stops."""
    return DataError(
        f"line {line_number} holds bytes that are not text ({encoding}); mend that line and save the file as 'CSV UTF-8'",
        zh=f"第 {line_number} 行含有无法解码的字节({encoding});请改正该行,再另存为“CSV UTF-8”",
        location=f"{location}:{line_number}",
        rule="S03",
    )
