"""Ids of firms, areas and products in one canonical form, whatever a spreadsheet or vendor made of them."""

from __future__ import annotations

import re

from .glyphs import half_width, visible
from .official_codes import uscc_valid
from .reading import Reading, refused

SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}")
WRAPPED = re.compile(r"=?\s*(?:\"+\s*([^\"]*?)\s*\"+|'\s*([^']*?)\s*')|=\s*(\S+)|'\s*(.+)")
EXCHANGES = "XSHE|XSHG|XBSE|SZSE|SHSE|BJSE|SSE|SZ|SH|SS|BJ|CN|深|沪|京"
WITH_EXCHANGE = re.compile(rf"(?:(?:{EXCHANGES})[.\-_: ]?([0-9]{{6}})|([0-9]{{6}})[.\-_: ]?(?:{EXCHANGES}|HA|SA))", re.IGNORECASE)
WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
NO_ID = frozenset({"nan", "none", "null", "<na>", "nat", "#n/a", "n/a", "#null!", "nil", "(null)", "(blank)", "(空)", "(空白)"})
STOCK_DIGITS = 6
HS_CHAPTERS = range(1, 98)
HS_RESERVED = 77

AREA_LENGTH = "area_length"
UNWRAPPED, EXCHANGE, DECIMAL_POINT, PADDED, BLANKS, WIDTH, CASE = (
    "quotes", "exchange", "decimal_point", "leading_zeros", "blanks", "full_width", "letter_case",
)  # fmt: skip


def no_id(text: str) -> bool:
    """Whether a text is how programs print a missing id (nan, None, NULL); 'NA' is none: it is Namibia's code."""
    return half_width(text).strip().lower() in NO_ID


def unwrapped(text: str) -> tuple[str, str]:
    """(the id without the marks a spreadsheet or a typist puts around it, the kind of repair or '')."""
    plain, repair = visible(half_width(text)), ""
    if plain != text:
        repair = WIDTH
    tight = re.sub(r"[\x00-\x20\x7f-\xa0]+", "", plain) if re.search(r"[0-9]", plain) else plain.strip()
    if tight != plain:
        repair = BLANKS
    match = WRAPPED.fullmatch(tight)
    if match and any(match.groups()):
        return next(part for part in match.groups() if part).strip(), UNWRAPPED
    return tight, repair


def stock_code(text: str) -> Reading:
    """The six digits of a listed firm, or an 18-character credit code; C06 where digits were lost, C03 where it is none.

    ="000001", '000003, 000004.SZ, SZ000005, 1, 1.0 and texts with blanks or full-width digits have one canonical form.
    """
    if no_id(text):
        return refused("C04")
    plain, repair = unwrapped(text)
    exchange = WITH_EXCHANGE.fullmatch(plain)
    if exchange:
        return Reading(exchange.group(1) or exchange.group(2), EXCHANGE)
    if (credit := _credit(plain, repair)) is not None:
        return credit
    number = WHOLE.fullmatch(plain)
    if number is None:
        return refused("C06" if SCIENTIFIC.fullmatch(plain) else "C03")
    digits = number.group(1)
    if len(digits) > STOCK_DIGITS or not int(digits):
        return refused("C06" if len(digits) > STOCK_DIGITS else "C03")
    if len(digits) < STOCK_DIGITS:
        return Reading(digits.zfill(STOCK_DIGITS), PADDED)
    return Reading(digits, DECIMAL_POINT if digits != plain else repair)


def padded(text: str, width: int) -> Reading:
    """Digits of a code made `width` long; any other text as it is, without what a spreadsheet put around it."""
    if no_id(text):
        return refused("C04")
    plain, repair = unwrapped(text)
    number = WHOLE.fullmatch(plain)
    if number is None:
        return refused("C06") if SCIENTIFIC.fullmatch(plain) else Reading(plain, repair)
    digits = number.group(1)
    if len(digits) < width:
        return Reading(digits.zfill(width), PADDED)
    return Reading(digits, DECIMAL_POINT if digits != plain else repair)


def credit_code(text: str) -> Reading:
    """A unified social credit code (GB 32100-2015); C06 for one that lost digits or whose check character is wrong, else C03."""
    plain, repair = unwrapped(text)
    if (match := _credit(plain, repair)) is not None:
        return match
    if SCIENTIFIC.fullmatch(plain) or re.fullmatch(r"[0-9]{15,20}(\.0+)?", plain) or re.fullmatch(r"[0-9A-Za-z]{16,20}", plain):
        return refused("C06")
    return refused("C03")


def _credit(plain: str, repair: str) -> Reading | None:
    """An 18-character code, or None for a text of another shape."""
    code = plain.replace("-", "").upper()
    if not re.fullmatch(r"[0-9A-Z]{18}", code):
        return None
    if not uscc_valid(code):
        return refused("C06")
    return Reading(code, repair or (CASE if code != plain else ""))


def firm_id(text: str) -> Reading:
    """An id of whatever kind a study uses: stock codes with an exchange and credit codes in their form, others as they are."""
    if no_id(text):
        return refused("C04")
    plain, repair = unwrapped(text)
    exchange = WITH_EXCHANGE.fullmatch(plain)
    if exchange:
        return Reading(exchange.group(1) or exchange.group(2), EXCHANGE)
    if re.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+[0-9]{2,}", plain):
        return refused("C06")
    if (credit := _credit(plain, repair)) is not None:
        return credit
    if re.fullmatch(r"[0-9]+\.0+", plain):
        return Reading(plain.split(".")[0], DECIMAL_POINT)
    if repair in (UNWRAPPED, WIDTH):
        return Reading(plain, repair)
    return Reading(text.strip(), BLANKS if text != text.strip() else "")


def hs6(text: str) -> Reading:
    """The six digits of a product of the Harmonised System: dots and blanks taken out, a lost leading zero put back (M25)."""
    plain, repair = unwrapped(text)
    code = re.sub(r"(?<=[0-9]{5})\.0+$", "", plain)
    dotted = re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}|[0-9]{4}\.[0-9]{2}", code)
    digits = code.replace(".", "") if dotted else code
    if re.fullmatch(r"[0-9]{5}", digits) and not dotted:
        digits, repair = "0" + digits, PADDED
    if SCIENTIFIC.fullmatch(plain):
        return refused("C06")
    if not re.fullmatch(r"[0-9]{6}", digits) or int(digits[:2]) not in HS_CHAPTERS or int(digits[:2]) == HS_RESERVED:
        return refused("C03")
    return Reading(digits, repair or (DECIMAL_POINT if digits != plain else ""))


def area_code(text: str) -> Reading:
    """Six digits of GB/T 2260 for a code of 2, 4, 6, 9 or 12 digits that ends in zeros; a name as it is."""
    plain, repair = unwrapped(text)
    number = WHOLE.fullmatch(plain)
    if number is None:
        return refused("C06") if SCIENTIFIC.fullmatch(plain) else Reading(text.strip(), repair if plain == text.strip() else "")
    digits = number.group(1)
    if len(digits) in (2, 4):
        return Reading(digits.ljust(6, "0"), AREA_LENGTH)
    if len(digits) in (9, 12) and not digits[6:].strip("0"):
        return Reading(digits[:6], AREA_LENGTH)
    if len(digits) != 6:
        return refused("C03")
    return Reading(digits, DECIMAL_POINT if digits != plain else repair)
