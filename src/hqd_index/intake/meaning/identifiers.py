"""Ids of firms, areas and products in one canonical form, whatever a spreadsheet or vendor made of them."""

from __future__ import annotations

import re

from .glyphs import half_width, without_format_characters
from .official_codes import uscc_valid
from .reading import CellReading, refused_reading

SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}")
QUOTED_CELL = re.compile(r"=?\s*(?:\"+\s*([^\"]*?)\s*\"+|'\s*([^']*?)\s*')|=\s*(\S+)|'\s*(.+)")
EXCHANGES = "XSHE|XSHG|XBSE|SZSE|SHSE|BJSE|SSE|SZ|SH|SS|BJ|CN|深|沪|京"
CODE_WITH_EXCHANGE = re.compile(
    rf"(?:(?:{EXCHANGES})[.\-_: ]?([0-9]{{6}})|([0-9]{{6}})[.\-_: ]?(?:{EXCHANGES}|HA|SA))", re.IGNORECASE
)
SHORT_WITH_EXCHANGE = re.compile(r"([0-9]{1,5})\.(?:XSHE|XSHG|XBSE|SZ|SH|SS|BJ)", re.IGNORECASE)
"""2594.SZ, whose zeros in front a spreadsheet took before the exchange was put behind."""
WHOLE_NUMBER = re.compile(r"([0-9]+)(?:\.0+)?")
NO_ID = frozenset({"nan", "none", "null", "<na>", "nat", "#n/a", "n/a", "#null!", "nil", "(null)", "(blank)", "(空)", "(空白)"})
STOCK_DIGITS = 6
HS_CHAPTERS = range(1, 98)
HS_RESERVED = 77

AREA_LENGTH = "area_length"
UNQUOTED, EXCHANGE, DECIMAL_POINT, LEADING_ZEROS, BLANKS, WIDTH, LETTER_CASE = (
    "quotes", "exchange", "decimal_point", "leading_zeros", "blanks", "full_width", "letter_case",
)  # fmt: skip


def is_no_id(cell: str) -> bool:
    """Whether a text is how programs print a missing id (nan, None, NULL); 'NA' is none: it is Namibia's code."""
    return half_width(cell).strip().lower() in NO_ID


def unquoted(cell: str) -> tuple[str, str]:
    """(the id without the marks a spreadsheet or a typist puts around it, the kind of repair or '')."""
    bare_cell, repair = without_format_characters(half_width(cell)), ""
    if bare_cell != cell:
        repair = WIDTH
    compact_cell = re.sub(r"[\x00-\x20\x7f-\xa0]+", "", bare_cell) if re.search(r"[0-9]", bare_cell) else bare_cell.strip()
    if compact_cell != bare_cell:
        repair = BLANKS
    match = QUOTED_CELL.fullmatch(compact_cell)
    if match and any(match.groups()):
        return next(group for group in match.groups() if group).strip(), UNQUOTED
    return compact_cell, repair


def stock_code(cell: str) -> CellReading:
    """The six digits of a listed firm, or an 18-character credit code; C06 where digits were lost, C03 where it is none.

    ="000001", '000003, 000004.SZ, SZ000005, 1, 1.0 and texts with blanks or full-width digits have one canonical form.
    """
    if is_no_id(cell):
        return refused_reading("C04")
    bare_cell, repair = unquoted(cell)
    if (listed := _listed_code(bare_cell)) is not None:
        return listed
    if (credit := _credit(bare_cell, repair)) is not None:
        return credit
    whole_number = WHOLE_NUMBER.fullmatch(bare_cell)
    if whole_number is None:
        return refused_reading("C06" if SCIENTIFIC.fullmatch(bare_cell) else "C03")
    digits = whole_number.group(1)
    if len(digits) > STOCK_DIGITS or not int(digits):
        return refused_reading("C06" if len(digits) > STOCK_DIGITS else "C03")
    if len(digits) < STOCK_DIGITS:
        return CellReading(digits.zfill(STOCK_DIGITS), LEADING_ZEROS)
    return CellReading(digits, DECIMAL_POINT if digits != bare_cell else repair)


def _listed_code(bare_cell: str) -> CellReading | None:
    """The digits of a stock code that is printed with its exchange; None for any other text."""
    if exchange := CODE_WITH_EXCHANGE.fullmatch(bare_cell):
        return CellReading(exchange.group(1) or exchange.group(2), EXCHANGE)
    if (exchange := SHORT_WITH_EXCHANGE.fullmatch(bare_cell)) and int(exchange.group(1)):
        return CellReading(exchange.group(1).zfill(STOCK_DIGITS), LEADING_ZEROS)
    return None


def padded_code(cell: str, digit_count: int) -> CellReading:
    """Digits of a code made `digit_count` long; any other text as it is, without what a spreadsheet put around it."""
    if is_no_id(cell):
        return refused_reading("C04")
    bare_cell, repair = unquoted(cell)
    whole_number = WHOLE_NUMBER.fullmatch(bare_cell)
    if whole_number is None:
        return refused_reading("C06") if SCIENTIFIC.fullmatch(bare_cell) else CellReading(bare_cell, repair)
    digits = whole_number.group(1)
    if len(digits) < digit_count:
        return CellReading(digits.zfill(digit_count), LEADING_ZEROS)
    return CellReading(digits, DECIMAL_POINT if digits != bare_cell else repair)


def credit_code(cell: str) -> CellReading:
    """A unified social credit code (GB 32100-2015); C06 for one that lost digits or whose check character is wrong, else C03."""
    bare_cell, repair = unquoted(cell)
    if (match := _credit(bare_cell, repair)) is not None:
        return match
    if (
        SCIENTIFIC.fullmatch(bare_cell)
        or re.fullmatch(r"[0-9]{15,20}(\.0+)?", bare_cell)
        or re.fullmatch(r"[0-9A-Za-z]{16,20}", bare_cell)
    ):
        return refused_reading("C06")
    return refused_reading("C03")


def _credit(bare_cell: str, repair: str) -> CellReading | None:
    """An 18-character code, or None for a text of another shape."""
    code = bare_cell.replace("-", "").upper()
    if not re.fullmatch(r"[0-9A-Z]{18}", code):
        return None
    if not uscc_valid(code):
        return refused_reading("C06")
    return CellReading(code, repair or (LETTER_CASE if code != bare_cell else ""))


def firm_id(cell: str) -> CellReading:
    """An id of whatever kind a study uses: stock codes with an exchange and credit codes in their form, others as they are."""
    if is_no_id(cell):
        return refused_reading("C04")
    bare_cell, repair = unquoted(cell)
    if (listed := _listed_code(bare_cell)) is not None:
        return listed
    if re.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+[0-9]{2,}", bare_cell):
        return refused_reading("C06")
    if (credit := _credit(bare_cell, repair)) is not None:
        return credit
    if re.fullmatch(r"[0-9]+\.0+", bare_cell):
        return CellReading(bare_cell.split(".")[0], DECIMAL_POINT)
    if repair in (UNQUOTED, WIDTH):
        return CellReading(bare_cell, repair)
    return CellReading(cell.strip(), BLANKS if cell != cell.strip() else "")


def hs6(cell: str) -> CellReading:
    """The six digits of a product of the Harmonised System: dots and blanks taken out, a lost leading zero put back (M25)."""
    bare_cell, repair = unquoted(cell)
    code = re.sub(r"(?<=[0-9]{5})\.0+$", "", bare_cell)
    dotted_code = re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}|[0-9]{4}\.[0-9]{2}", code)
    digits = code.replace(".", "") if dotted_code else code
    if re.fullmatch(r"[0-9]{5}", digits) and not dotted_code:
        digits, repair = "0" + digits, LEADING_ZEROS
    if SCIENTIFIC.fullmatch(bare_cell):
        return refused_reading("C06")
    if not re.fullmatch(r"[0-9]{6}", digits) or int(digits[:2]) not in HS_CHAPTERS or int(digits[:2]) == HS_RESERVED:
        return refused_reading("C03")
    return CellReading(digits, repair or (DECIMAL_POINT if digits != bare_cell else ""))


def area_code(cell: str) -> CellReading:
    """Six digits of GB/T 2260 for a code of 2, 4, 6, 9 or 12 digits that ends in zeros; a name as it is."""
    bare_cell, repair = unquoted(cell)
    whole_number = WHOLE_NUMBER.fullmatch(bare_cell)
    if whole_number is None:
        return (
            refused_reading("C06")
            if SCIENTIFIC.fullmatch(bare_cell)
            else CellReading(cell.strip(), repair if bare_cell == cell.strip() else "")
        )
    digits = whole_number.group(1)
    if len(digits) in (2, 4):
        return CellReading(digits.ljust(6, "0"), AREA_LENGTH)
    if len(digits) in (9, 12) and not digits[6:].strip("0"):
        return CellReading(digits[:6], AREA_LENGTH)
    if len(digits) != 6:
        return refused_reading("C03")
    return CellReading(digits, DECIMAL_POINT if digits != bare_cell else repair)
