"""What a number format makes of a stored number: dates, percentages, scaled numbers, leading zeros, a unit behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

UNIT_MARK = "\x1f"
"""Between a shown number and the unit its format prints behind it; no office document can hold this mark itself."""

WHOLE_UP_TO = 1e15  # a spreadsheet keeps 15 digits: longer numbers are shown as they are stored, 9.11e+17
LAST_DAY = 2958466  # of year 9999
DATE_IDS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
BUILT_IN = {9: "0%", 10: "0.00%"} | dict.fromkeys(DATE_IDS, "yyyy-mm-dd")
ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
PARTS = re.compile(r'"([^"]*)"|[\\!](.)|_.|\*.|\[([^\]]*)\]|(.)', re.DOTALL)
GENERAL = re.compile(r"general|G/通用格式", re.IGNORECASE)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")


@dataclass(frozen=True)
class Section:
    """One of the parts of a format between semicolons."""

    condition: tuple[str, float] | None
    is_date: bool
    shift: int  # the number is shown times 10^shift
    suffix: str
    zeros: int  # digits it is filled up to


def number_text(raw: str) -> str:
    """A stored number as a person would type it: whole numbers without a point."""
    if raw.isdigit() and len(raw) < 16 and (raw[0] != "0" or raw == "0"):
        return raw
    value = float(raw)
    if value.is_integer() and abs(value) < WHOLE_UP_TO:
        return str(int(value))
    return repr(value)


def shown(raw: str, code: str, *, from_1904: bool) -> str:
    """The text a sheet shows for a stored number, in full precision, UNIT_MARK and unit behind it where the format prints one."""
    sections = format_sections(code)
    if sections is None:
        return number_text(raw)
    value = float(raw)
    section = _section_for(value, sections)
    if section.is_date:
        return _date_text(value, from_1904) or number_text(raw)
    text = number_text(raw)
    if section.shift:
        text = _shifted(text, section.shift)
    if section.zeros and text.isdigit():
        text = text.zfill(section.zeros)
    return text + (UNIT_MARK + section.suffix if section.suffix else "")


def _shifted(text: str, shift: int) -> str:
    try:
        moved = Decimal(text).scaleb(shift)
    except InvalidOperation:
        return text
    plain = format(moved, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _section_for(value: float, sections: tuple[Section, ...]) -> Section:
    for section in sections:
        if section.condition is not None:
            sign, bound = section.condition
            holds = {"<": value < bound, ">": value > bound, "=": value == bound, "<=": value <= bound, ">=": value >= bound,
                     "<>": value != bound}  # fmt: skip
            if holds[sign]:
                return section
    if any(section.condition for section in sections):
        return next((section for section in sections if section.condition is None), sections[0])
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


@lru_cache(maxsize=4096)
def format_sections(code: str) -> tuple[Section, ...] | None:
    """The sections of a format, or None when it shows plain numbers."""
    if code in ("", "@") or code.lower() == "general":
        return None
    sections = tuple(_section(part) for part in _split(code)[:3])
    plain = all(not (one.is_date or one.shift or one.suffix or one.zeros) for one in sections)
    return None if plain else sections


def _split(code: str) -> list[str]:
    parts, quoted, escaped = [""], False, False
    for mark in code:
        if mark == ";" and not quoted and not escaped:
            parts.append("")
            continue
        quoted ^= mark == '"' and not escaped
        escaped = mark == "\\" and not escaped
        parts[-1] += mark
    return parts


def _section(code: str) -> Section:
    code = GENERAL.sub("0.#", code)
    condition, digits, behind, percents, dot_at = None, "", "", 0, None
    is_date = bool(ELAPSED.search(code))
    for text, escaped, bracket, mark in PARTS.findall(code):
        if bracket:
            found = CONDITION.fullmatch(bracket.strip())
            condition = (found.group(1), float(found.group(2))) if found else condition
        elif text or escaped:
            if escaped == "." and digits:
                dot_at = len(digits)
            behind += text or escaped
        elif mark and mark in "0#?.,":
            digits, behind = digits + mark, ""
        elif mark == "%":
            percents, behind = percents + 1, behind + "%"
        elif mark and mark in "yYmMdDhHsS":
            is_date = True
        elif mark and not mark.isascii():
            behind += mark
    if is_date or not digits:
        return Section(condition, is_date, 0, "", 0)
    scaled = 3 * (len(digits) - len(digits.rstrip(",")))
    if dot_at is not None:
        scaled += sum(mark in "0#?" for mark in digits[dot_at:])
    zeros = len(digits) if set(digits) == {"0"} and len(digits) > 1 and dot_at is None else 0
    return Section(condition, False, 2 * percents - scaled, _unit(behind), zeros)


def _unit(text: str) -> str:
    """The text behind the digits when it can be a unit or magnitude: blanks and bare punctuation say nothing."""
    return text.strip() if any(mark.isalpha() or mark in "%‰" for mark in text) else ""


def _date_text(serial: float, from_1904: bool) -> str | None:
    """The date of a serial as ISO text, with the time where it has one; a time alone when there is no day."""
    if not 0 <= serial < LAST_DAY:
        return None
    if serial < 1 and not from_1904:
        return (datetime(1900, 1, 1) + timedelta(seconds=round(serial * 86400))).time().isoformat()
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    moment = first + timedelta(days=int(serial), seconds=round((serial - int(serial)) * 86400))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")


def resolved_units(
    rows: list[list[str]], columns: Collection[int], top: int, stated: Mapping[int, str]
) -> tuple[list[list[str]], tuple[tuple[int, str], ...]]:
    """Rows without UNIT_MARK, and (column, unit) where a number format prints the unit of a column that states none.

    A column whose numbers all carry one unit, or the stated one, is read in it; where units differ within a column they stay
    in the cells. Rows up to `top` are labels.
    """
    printed: list[tuple[int, str]] = []
    for column in sorted(columns):
        units = {_unit_behind(row[column]) for row in rows[top:] if column < len(row) and _has_number(row[column])}
        unit = stated.get(column)
        plain = units <= {"", unit} if unit else len(units) == 1
        if plain and not unit:
            printed += [(column, name) for name in units if name]
        for row in rows:
            if column < len(row) and UNIT_MARK in row[column]:
                number, _, behind = row[column].partition(UNIT_MARK)
                row[column] = number if plain else number + behind
    return rows, tuple(printed)


def _unit_behind(cell: str) -> str:
    return cell.partition(UNIT_MARK)[2]


def _has_number(cell: str) -> bool:
    try:
        float(cell.partition(UNIT_MARK)[0])
    except ValueError:
        return False
    return True
