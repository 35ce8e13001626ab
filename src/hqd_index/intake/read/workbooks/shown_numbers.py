"""What a number format makes of a stored number: dates, percentages, scaled numbers, leading zeros, a unit behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

UNIT_MARK = "\x1f"
"""Between a shown number and the unit its format prints behind it; no office document can hold this mark itself."""

LARGEST_EXACT_INTEGER = 1e15  # a spreadsheet keeps 15 digits: longer numbers are shown as they are stored, 9.11e+17
LAST_DAY_SERIAL = 2958466  # of year 9999
DATE_IDS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
BUILT_IN = {9: "0%", 10: "0.00%"} | dict.fromkeys(DATE_IDS, "yyyy-mm-dd")
ELAPSED_TIME = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
FORMAT_TOKENS = re.compile(r'"([^"]*)"|[\\!](.)|_.|\*.|\[([^\]]*)\]|(.)', re.DOTALL)
GENERAL_FORMAT = re.compile(r"general|G/通用格式", re.IGNORECASE)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")


@dataclass(frozen=True)
class Section:
    """One of the parts of a format between semicolons."""

    condition: tuple[str, float] | None
    is_date: bool
    power_of_ten: int  # the number is shown times 10^shift
    suffix: str
    zeros: int  # digits it is filled up to


def number_text(stored_number: str) -> str:
    """A stored number as a person would type it: whole numbers without a point."""
    if stored_number.isdigit() and len(stored_number) < 16 and (stored_number[0] != "0" or stored_number == "0"):
        return stored_number
    number = float(stored_number)
    if number.is_integer() and abs(number) < LARGEST_EXACT_INTEGER:
        return str(int(number))
    return repr(number)


def displayed_number(stored_number: str, format_code: str, *, from_1904: bool) -> str:
    """The text a sheet shows for a stored number, in full precision, UNIT_MARK and unit behind it where the format prints one."""
    sections = format_sections(format_code)
    if sections is None:
        return number_text(stored_number)
    number = float(stored_number)
    section = _section_for(number, sections)
    if section.is_date:
        return _date_text(number, from_1904) or number_text(stored_number)
    shown_text = number_text(stored_number)
    if section.power_of_ten:
        shown_text = _scaled_text(shown_text, section.power_of_ten)
    if section.zeros and shown_text.isdigit():
        shown_text = shown_text.zfill(section.zeros)
    return shown_text + (UNIT_MARK + section.suffix if section.suffix else "")


def _scaled_text(number_text: str, power_of_ten: int) -> str:
    try:
        scaled_number = Decimal(number_text).scaleb(power_of_ten)
    except InvalidOperation:
        return number_text
    decimal_text = format(scaled_number, "f")
    return decimal_text.rstrip("0").rstrip(".") if "." in decimal_text else decimal_text


def _section_for(number: float, sections: tuple[Section, ...]) -> Section:
    for section in sections:
        if section.condition is not None:
            comparison_sign, threshold = section.condition
            comparisons = {
                "<": number < threshold,
                ">": number > threshold,
                "=": number == threshold,
                "<=": number <= threshold,
                ">=": number >= threshold,
                "<>": number != threshold,
            }
            if comparisons[comparison_sign]:
                return section
    if any(section.condition for section in sections):
        return next((section for section in sections if section.condition is None), sections[0])
    if number < 0 and len(sections) > 1:
        return sections[1]
    if number == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


@lru_cache(maxsize=4096)
def format_sections(format_code: str) -> tuple[Section, ...] | None:
    """The sections of a format, or None when it shows plain numbers."""
    if format_code in ("", "@") or format_code.lower() == "general":
        return None
    sections = tuple(_format_section(format_part) for format_part in _format_parts(format_code)[:3])
    shows_plain_number = all(
        not (section.is_date or section.power_of_ten or section.suffix or section.zeros) for section in sections
    )
    return None if shows_plain_number else sections


def _format_parts(format_code: str) -> list[str]:
    format_parts, in_quotes, is_escaped = [""], False, False
    for character in format_code:
        if character == ";" and not in_quotes and not is_escaped:
            format_parts.append("")
            continue
        in_quotes ^= character == '"' and not is_escaped
        is_escaped = character == "\\" and not is_escaped
        format_parts[-1] += character
    return format_parts


def _format_section(format_code: str) -> Section:
    format_code = GENERAL_FORMAT.sub("0.#", format_code)
    condition, digits, prefix, suffix, percents, decimal_position = None, "", "", "", 0, None
    is_date = bool(ELAPSED_TIME.search(format_code))
    for quoted_literal, escaped_character, bracket, character in FORMAT_TOKENS.findall(format_code):
        if bracket:
            condition_match = CONDITION.fullmatch(bracket.strip())
            condition = (condition_match.group(1), float(condition_match.group(2))) if condition_match else condition
            suffix += bracket[1:].partition("-")[0] if bracket.startswith("$") else ""
        elif quoted_literal or escaped_character:
            if escaped_character == "." and digits:
                decimal_position = len(digits)
            suffix += quoted_literal or escaped_character
        elif character and character in "0#?.,":
            prefix, digits, suffix = prefix if digits else suffix, digits + character, ""
        elif character == "%":
            percents, suffix = percents + 1, suffix + "%"
        elif character and character in "yYmMdDhHsS":
            is_date = True
        elif character and (not character.isascii() or character == "$"):
            suffix += character
    if is_date or not digits:
        return Section(condition, is_date, 0, "", 0)
    power_of_ten = 3 * (len(digits) - len(digits.rstrip(",")))
    if decimal_position is not None:
        power_of_ten += sum(character in "0#?" for character in digits[decimal_position:])
    zeros = len(digits) if set(digits) == {"0"} and len(digits) > 1 and decimal_position is None else 0
    return Section(
        condition, False, 2 * percents - power_of_ten, _printed_currency(prefix) + _suffix_unit(suffix, power_of_ten), zeros
    )


YUAN_SIGN = "¥"
CURRENCY_SIGNS = {
    "¥": YUAN_SIGN, "￥": YUAN_SIGN, "$": "US$", "US$": "US$", "€": "EUR", "£": "GBP", "HK$": "HKD", "円": "JPY",
}  # fmt: skip
SCALE_SUFFIXES = {("K", 3): "千", ("k", 3): "千", ("M", 6): "百万", ("m", 6): "百万", ("B", 9): "十亿", ("bn", 9): "十亿"}
"""Letters behind numbers that the format itself divides by a power of ten."""


def _printed_currency(format_text: str) -> str:
    """The currency whose sign a format prints, or ''."""
    return CURRENCY_SIGNS.get(format_text.strip(" ()-+_"), "")


def _suffix_unit(suffix: str, power_of_ten: int) -> str:
    """The text behind the digits when it can be a unit or magnitude: blanks and bare punctuation say nothing."""
    suffix = SCALE_SUFFIXES.get((suffix.strip(), power_of_ten), suffix)
    if currency_sign := _printed_currency(suffix):
        return currency_sign
    return suffix.strip() if any(character.isalpha() or character in "%‰" for character in suffix) else ""


def _date_text(serial: float, from_1904: bool) -> str | None:
    """The date of a serial as ISO text, with the time where it has one; a time alone when there is no day."""
    if not 0 <= serial < LAST_DAY_SERIAL:
        return None
    if serial < 1 and not from_1904:
        return (datetime(1900, 1, 1) + timedelta(seconds=round(serial * 86400))).time().isoformat()
    day_zero = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    moment = day_zero + timedelta(days=int(serial), seconds=round((serial - int(serial)) * 86400))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")


def resolved_units(
    sheet_rows: list[list[str]], columns: Collection[int], first_data_row: int, stated_units: Mapping[int, str]
) -> tuple[list[list[str]], tuple[tuple[int, str], ...]]:
    """Rows without UNIT_MARK, and (column, unit) where a number format prints the unit of a column that states none.

    A column whose numbers all carry one unit, or the stated one, is read in it; where units differ within a column they stay
    in the cells, and so do percent signs beside bare numbers up to 1. Rows up to `first_data_row` are labels.
    """
    printed_units: list[tuple[int, str]] = []
    for column in sorted(columns):
        units = {
            _printed_unit(sheet_row[column])
            for sheet_row in sheet_rows[first_data_row:]
            if column < len(sheet_row) and _has_number(sheet_row[column])
        }
        unit = stated_units.get(column)
        is_uniform = units <= {"", unit, YUAN_SIGN} if unit else len(units) == 1 or units == {"", YUAN_SIGN}
        is_uniform = is_uniform and not ("%" in units and _has_bare_share(sheet_rows[first_data_row:], column))
        if is_uniform and not unit:
            printed_units += [(column, unit_name) for unit_name in units if unit_name]
        for sheet_row in sheet_rows:
            if column < len(sheet_row) and UNIT_MARK in sheet_row[column]:
                number_text, _, suffix = sheet_row[column].partition(UNIT_MARK)
                sheet_row[column] = number_text if is_uniform else number_text + suffix
    return sheet_rows, tuple(printed_units)


def _has_bare_share(sheet_rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether a number up to 1 has no unit behind it: beside percentages it may be a share that nobody formatted."""
    cells = [row[column] for row in sheet_rows if column < len(row)]
    return any(UNIT_MARK not in cell and _has_number(cell) and 0 < abs(float(cell)) <= 1 for cell in cells)


def _printed_unit(cell: str) -> str:
    return cell.partition(UNIT_MARK)[2]


def _has_number(cell: str) -> bool:
    try:
        float(cell.partition(UNIT_MARK)[0])
    except ValueError:
        return False
    return True
