"""A large text file as blocks of whole lines in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 1 << 20
UTF8_MARK = b"\xef\xbb\xbf"
ASCII_END = 0x80
THREE_BYTES = 0x800  # characters from here on have so many in UTF-8, those below two
BLOCK_ENCODINGS = ("utf-8", "gb18030")


def utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """Whole lines, each with a feed at its end, as UTF-8; a byte order mark of UTF-8 is left out.

    Raises UnicodeDecodeError for bytes that the encoding, one of BLOCK_ENCODINGS, does not know.
    """
    for line_block in _line_blocks(path):
        if encoding == "gb18030":
            yield gb18030_to_utf8(line_block)
        else:
            line_block.decode("utf-8")
            yield line_block


def _line_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of whole lines; any kind of line end becomes a feed, as no byte of a longer character looks like one."""
    open_line = b""
    with path.open("rb") as file:
        if file.read(len(UTF8_MARK)) != UTF8_MARK:
            file.seek(0)
        while chunk := file.read(BLOCK_BYTES):
            read_bytes = open_line + chunk
            line_end = max(read_bytes.rfind(b"\n"), read_bytes.rfind(b"\r", 0, len(read_bytes) - 1)) + 1
            open_line = read_bytes[line_end:]
            if line_end:
                yield _with_feeds(read_bytes[:line_end])
    if open_line:
        yield _with_feeds(open_line if open_line.endswith((b"\n", b"\r")) else open_line + b"\n")


def _with_feeds(line_block: bytes) -> bytes:
    return line_block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in line_block else line_block


def gb18030_to_utf8(line_block: bytes) -> bytes:
    """The same text in UTF-8; UnicodeDecodeError for bytes that are no GB18030.

    Characters of two bytes above ASCII, as nearly all are, are looked up, all others copied; a block with any other character
    goes through the codec, which takes ten times as long for an ASCII character as copying does.
    """
    block_bytes = np.frombuffer(line_block, np.uint8)
    above_ascii = np.flatnonzero(block_bytes >= ASCII_END)
    if not len(above_ascii):
        return line_block
    leads, trails = above_ascii[::2], above_ascii[1::2]
    if len(leads) > len(trails) or (trails - leads != 1).any():  # half of a character looks like ASCII
        return line_block.decode("gb18030").encode("utf-8")
    characters = _two_byte_characters()[block_bytes[leads].astype(np.uint16) << 8 | block_bytes[trails]]
    if not characters.all():
        return line_block.decode("gb18030").encode("utf-8")
    has_third_byte = characters >= THREE_BYTES
    ends = leads + 1 + np.cumsum(has_third_byte)
    utf8_bytes = np.empty(len(block_bytes) + int(has_third_byte.sum()), np.uint8)
    is_copied = np.ones(len(utf8_bytes), bool)
    is_copied[ends[has_third_byte] - 2] = False
    utf8_bytes[is_copied] = block_bytes
    utf8_bytes[ends] = 0x80 | characters & 0x3F
    utf8_bytes[ends - 1] = np.where(has_third_byte, 0x80 | characters >> 6 & 0x3F, 0xC0 | characters >> 6)
    utf8_bytes[ends[has_third_byte] - 2] = 0xE0 | characters[has_third_byte] >> 12
    return utf8_bytes.tobytes()


@cache
def _two_byte_characters() -> npt.NDArray[np.uint16]:
    """The character of every pair of bytes above ASCII in GB18030, 0 where there is none."""
    characters = np.zeros(1 << 16, np.uint16)
    for pair in range(0x8180, 1 << 16):
        character = pair.to_bytes(2, "big").decode("gb18030", "ignore")
        if pair & ASCII_END and len(character) == 1:
            characters[pair] = ord(character)
    return characters
