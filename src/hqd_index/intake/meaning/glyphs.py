"""Forms of the same character: half-width for full-width, plain for invisible; never one that changes a number."""

from __future__ import annotations

import unicodedata

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20, 0xFFE5: 0xA5, 0xFF04: 0x24}
BRACKETS = {ord(bracket): plain for bracket, plain in zip("﹙﹚﹝﹞［］｛｝〔〕【】", "()()[]{}[][]")}
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212\uff0d\ufe63"), "-")

TRADITIONAL = {ord(old): new for old, new in zip("萬億圓幣噸個戶臺輛項條種隻畝頃時單", "万亿圆币吨个户台辆项条种只亩顷时单")}
"""Traditional forms of the characters that units and their labels are written with."""


def simplified(unit_text: str) -> str:
    """The text with the characters of units in their simplified forms: 萬元 -> 万元."""
    return unit_text.translate(TRADITIONAL)


def half_width(cell: str) -> str:
    """Full-width letters, digits, marks and blanks made half-width, other brackets made square; no digit is composed.

    NFKC would also turn 12.3① into 12.31 and 1234² into 12342: those stay.
    """
    return cell if cell.isascii() else cell.translate(FULL_WIDTH).translate(BRACKETS).translate(DASHES)


def without_format_characters(cell: str) -> str:
    """The text without marks that show nothing (zero-width blanks, byte order marks, direction marks)."""
    if cell.isprintable():
        return cell
    return "".join(character for character in cell if unicodedata.category(character) != "Cf")


def normalised_label(label: str) -> str:
    """A label without blanks, line breaks, invisible marks and case, full-width and traditional forms made plain."""
    normalised = simplified(unicodedata.normalize("NFKC", label))
    return without_format_characters("".join(normalised.split())).lower()
