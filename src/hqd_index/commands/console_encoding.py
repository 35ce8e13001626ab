"""What a terminal shows of characters that its encoding lacks: the nearest it has, never a question mark for a minus."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

HANDLER = "hqd_nearest"
NEAREST = {"−": "-", "–": "-", "—": "-", "•": "*", "²": "^2", "³": "^3", "✓": "v", "▲": "^", "▼": "v",
           "≥": ">=", "≤": "<=", "×": "x", "→": "->", "±": "+/-", "∓": "-/+",
           "⁺": "^+", "⁻": "^-", "’": "'", "“": '"', "”": '"', "…": "..."}  # fmt: skip


def nearest_text(character: str, encoding: str) -> str:
    """A character in an encoding: as it is, what stands for it, its letter without the mark, else a question mark."""
    for text in (character, NEAREST.get(character, "?"), unicodedata.normalize("NFKD", character)[0], "?"):
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            continue
        if text != "?":
            return text
    return "?"


def _nearest(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    characters = fault.object[fault.start : fault.end]
    return "".join(nearest_text(character, fault.encoding) for character in characters), fault.end


def use_nearest_characters() -> None:
    """From here on the output of this process never fails at a character, whatever its encoding."""
    codecs.register_error(HANDLER, _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
