"""Years, dates and batches in the forms people print them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta

from .glyphs import half_width, without_format_characters
from .header_years import with_western_year
from .reading import CellReading, refused_reading

EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(21000, 80000)  # 1957 to 2119: 20214 is rather a year with a digit more, or a quarter, than a day of 1955
YEARS = range(1800, 2200)
YEARS_AS_SERIALS = range(1950, 2100)
DIGITS_ZH = {**{mark: str(value) for value, mark in enumerate("〇一二三四五六七八九")}, "零": "0", "○": "0", "O": "0", "两": "2"}
MONTHS = {
    name: place
    for place, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ENGLISH_BATCH = re.compile(
    rf"(?:the\s+)?(?:batch\s*(?:no\.?|#)?\s*0*([1-9][0-9]?)|0*([1-9][0-9]?)(?:st|nd|rd|th)(?:\s+batch)?|({'|'.join(ORDINALS)})(?:\s+batch)?)",
    re.IGNORECASE,
)

TEXT_YEAR, SERIAL, YEAR_OF_DATE, NO_DAY, NO_MONTH = (
    "written_out", "date_serial", "year_of_date", "no_day", "no_month",
)  # fmt: skip
FISCAL = r"(?:FY|CY|财年)?\s*"
YEAR_FORMS = (
    re.compile(rf"{FISCAL}([0-9]{{4}})(?:\.0+)?\s*(?:年度?|年报|财年|会计年度|A|年末|年底)?", re.IGNORECASE),
    re.compile(r"([0-9]{4})(?:[-/.年]?12[-/.月]?(?:31日?)?)(?:[ T]0?0:00(:00(\.0+)?)?)?"),
)
FIRST_OF_JANUARY = re.compile(r"([0-9]{4})(?:-0?1-0?1|/0?1/0?1|0101|年0?1月0?1日)(?:[ T]0?0:00(:00(\.0+)?)?)?")
MONTH_PATTERN = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?|([0-9]{4})(0[1-9]|1[0-2])|([0-9]{4})\s*[-/年]?\s*(?:[Qq第]\s*[1-4一二三四]\s*(?:季度?)?|[1-4一二三四]\s*(?:季度?|[Qq]))"
)


def read_year(cell: str, *, openings: bool = False) -> CellReading:
    """A calendar year: 2019, 2019年, 2019年度, 2019.0, 2019-12-31, 2019-12, ２０１９, 二〇一九年, 民国108年, or a date serial.

    A month or another day is refused (C01) with the year as a proposal; 1 January stands for its year, as programs print
    one, unless `openings` (the column also holds 31 December: 1 January is an opening balance).
    """
    normalised_cell = _normalised_cell(cell)
    if re.fullmatch(r"[0-9]{4}", cell):
        return CellReading(cell)
    for year_form in YEAR_FORMS:
        if (match := year_form.fullmatch(normalised_cell)) and int(match.group(1)) in YEARS:
            return CellReading(match.group(1), YEAR_OF_DATE if year_form is YEAR_FORMS[1] else TEXT_YEAR)
    if (match := FIRST_OF_JANUARY.fullmatch(normalised_cell)) and not openings:
        return CellReading(match.group(1), YEAR_OF_DATE)
    if (serial := _serial(normalised_cell)) is not None:
        if (serial.month, serial.day) == (12, 31) or ((serial.month, serial.day) == (1, 1) and not openings):
            return CellReading(str(serial.year), SERIAL)
        return refused_reading("C01", str(serial.year))
    cell_in_digits = _with_arabic_digits(normalised_cell)
    if cell_in_digits != normalised_cell and (match := YEAR_FORMS[0].fullmatch(cell_in_digits)):
        return CellReading(match.group(1), TEXT_YEAR)
    date_reading = calendar_date(cell)
    if date_reading.value and (misformatted_year := _year_formatted_as_date(date_reading.value)) is not None:
        return refused_reading("C01", misformatted_year)
    if date_reading.value:
        year_end_day = date_reading.value.endswith("-12-31") and date_reading.repair not in (NO_DAY, NO_MONTH)
        return (
            CellReading(date_reading.value[:4], YEAR_OF_DATE) if year_end_day else refused_reading("C01", date_reading.value[:4])
        )
    if match := MONTH_PATTERN.fullmatch(normalised_cell):
        return refused_reading(
            "C01", next(digit_group for digit_group in match.groups() if digit_group and len(digit_group) == 4)
        )
    return refused_reading("C01")


def _year_formatted_as_date(iso_date: str) -> str | None:
    """'2020' for 1905-07-12, which a spreadsheet shows for the number 2020 under a format of dates; None for other days."""
    serial = (date.fromisoformat(iso_date) - EXCEL_EPOCH).days
    return str(serial) if serial in YEARS_AS_SERIALS else None


def year_of_event(cell: str) -> CellReading:
    """The year of a founding, listing or grant: of whatever day or month is printed."""
    date_reading = calendar_date(cell)
    if date_reading.value and _year_formatted_as_date(date_reading.value) is not None:
        return CellReading(date_reading.value[:4], YEAR_OF_DATE)
    year_reading = read_year(cell)
    return (
        CellReading(year_reading.suggestion, YEAR_OF_DATE)
        if year_reading.value is None and year_reading.suggestion
        else year_reading
    )


def has_year_ends(date_texts: Collection[str]) -> bool:
    """Whether any of the texts is a 31 December, so that 1 January is an opening balance."""
    for cell in date_texts:
        serial = _serial(_normalised_cell(cell))
        if re.match(r"[0-9]{4}[-/年]?12[-/月]?31", _normalised_cell(cell)) or (serial and (serial.month, serial.day) == (12, 31)):
            return True
    return False


def calendar_date(cell: str) -> CellReading:
    """ISO text of a date: 2023-12-31, 2023/12/31, 2023.12.31, 20231231, 2023年12月31日, 31dec2023, a serial; a time after it.

    Without a day or month the first one is used and reported. Day and month that could be either are refused (C07).
    """
    normalised_cell = re.sub(
        r"(?<=[0-9])(?:T|\s+)[0-9]{1,2}:[0-9]{2}.*$|\s*(?:星期|周)[一二三四五六日天]$|\s+\(?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*\)?$",
        "",
        _normalised_cell(cell),
    )
    if (serial := _serial(normalised_cell)) is not None:
        return CellReading(serial.isoformat(), SERIAL)
    for candidate in dict.fromkeys((normalised_cell, _with_arabic_digits(normalised_cell))):
        if (match := re.fullmatch(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?", candidate)) or (
            match := re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", candidate)
        ):
            return _iso(
                match.group(1), match.group(2), match.group(3), "" if match.group(0) == cell and "-" in cell else TEXT_YEAR
            )
        if (match := re.fullmatch(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*月?(?:份)?", candidate)) or (
            match := re.fullmatch(r"([0-9]{4})(0[1-9]|1[0-2])", candidate)
        ):
            return _iso(match.group(1), match.group(2), "1", NO_DAY)
        if (match := re.fullmatch(r"([0-9]{4})\s*年度?", candidate)) and int(match.group(1)) in YEARS:
            return _iso(match.group(1), "1", "1", NO_MONTH)
    return _named_month(normalised_cell) or _day_first(normalised_cell) or refused_reading("C07")


def year_end(cell: str) -> CellReading:
    """The date of a yearly statement: without a day the last of December, without a month too; any other month as printed."""
    match = calendar_date(cell)
    if match.value and (match.repair == NO_MONTH or (match.repair == NO_DAY and match.value[5:7] == "12")):
        return CellReading(f"{match.value[:4]}-12-31", match.repair)
    return match


def batch(cell: str) -> CellReading:
    """The number of a batch: 4, 4.0, 第四批, 第4批次, 四, 批次4, 2022年第四批, 第四批(2022年), 4th, batch 4, the fourth batch."""
    normalised_cell = _normalised_cell(cell).replace(" ", "")
    if re.fullmatch(r"[0-9]{1,3}", cell):
        return CellReading(cell)
    if (ordinal := _english_ordinal(_normalised_cell(cell))) is not None:
        return CellReading(ordinal, TEXT_YEAR)
    without_year = re.sub(r"^\(?[0-9]{4}年?度?\)?|\(?[0-9]{4}年?度?\)?$", "", normalised_cell)
    match = re.fullmatch(
        r"(?:国家级?|省级?)?(?:专精特新)?(?:\"?小巨人\"?)?(?:企业)?(?:第|批次:?)?([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:\.0+)?(?:批次?)?(?:次)?(?:企业|名单|公示|公告)?",
        without_year,
    )
    if match is None:
        return refused_reading("C01")
    batch_number = match.group(1) if match.group(1).isdigit() else str(_chinese_count(match.group(1)))
    return CellReading(str(int(batch_number)), TEXT_YEAR) if int(batch_number) else refused_reading("C01")


def _english_ordinal(cell: str) -> str | None:
    """The number of 3rd, third, batch 3, batch no. 3, the third batch."""
    match = ENGLISH_BATCH.fullmatch(cell)
    if match is None:
        return None
    number, ordinal, word = match.groups()
    return str(ORDINALS.index(word.lower()) + 1) if word else str(int(number or ordinal))


def _normalised_cell(cell: str) -> str:
    return with_western_year(without_format_characters(half_width(cell)).strip().strip("'\"").strip())


def _serial(cell: str) -> date | None:
    """The day a spreadsheet's serial stands for; a fraction is a time of that day."""
    match = re.fullmatch(r"([0-9]{5})(?:\.[0-9]+)?", cell)
    return EXCEL_EPOCH + timedelta(days=int(match.group(1))) if match and int(match.group(1)) in SERIALS else None


def _iso(year_text: str, month: str, day: str, repair: str) -> CellReading:
    try:
        return CellReading(date(int(year_text), int(month), int(day)).isoformat(), repair)
    except ValueError:
        return refused_reading("C07")


def _named_month(cell: str) -> CellReading | None:
    """31dec2023, 19-Jul-21 (no: two digits), July 19, 2021, 19 July 2021, Jul 2021."""
    words_and_numbers = re.findall(r"[A-Za-z]+|[0-9]+", cell)
    month_numbers = [
        MONTHS[date_word[:3].lower()]
        for date_word in words_and_numbers
        if date_word.isalpha() and date_word[:3].lower() in MONTHS
    ]
    other_words = [date_word for date_word in words_and_numbers if date_word.isalpha() and date_word[:3].lower() not in MONTHS]
    years = [date_word for date_word in words_and_numbers if re.fullmatch(r"[0-9]{4}", date_word)]
    days = [date_word for date_word in words_and_numbers if re.fullmatch(r"[0-9]{1,2}", date_word)]
    if (
        len(month_numbers) != 1
        or len(years) != 1
        or len(days) > 1
        or any(date_word.lower() not in ("st", "nd", "rd", "th", "of") for date_word in other_words)
    ):
        return None
    return _iso(years[0], str(month_numbers[0]), days[0] if days else "1", TEXT_YEAR if days else NO_DAY)


def _day_first(cell: str) -> CellReading | None:
    """31/12/2023 and 12/31/2023, where only one reading is a date; 5/6/2021 is refused."""
    match = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", cell)
    if match is None:
        return None
    first_number, second_number, year_text = match.groups()
    if first_number != second_number and int(first_number) <= 12 and int(second_number) <= 12:
        return None
    day, month = (first_number, second_number) if int(first_number) > 12 else (second_number, first_number)
    return _iso(year_text, month, day, TEXT_YEAR)


def _with_arabic_digits(cell: str) -> str:
    """二〇二一年七月十九日 -> 2021年7月19日."""
    years = re.sub(
        r"[〇○零一二三四五六七八九]{4}(?=年|$)", lambda match: "".join(DIGITS_ZH[digit] for digit in match.group(0)), cell
    )
    return re.sub(r"[一二三四五六七八九十]{1,3}(?=[月日号])", lambda match: str(_chinese_count(match.group(0))), years)


def _chinese_count(cell: str) -> int:
    """The number of Chinese numerals up to 99: 四, 十, 十一, 二十三."""
    if "十" not in cell:
        return int(DIGITS_ZH[cell]) if cell in DIGITS_ZH else 0
    tens_digit, _, ones_digit = cell.partition("十")
    return (int(DIGITS_ZH.get(tens_digit, "1")) if tens_digit else 1) * 10 + (
        int(DIGITS_ZH.get(ones_digit, "0")) if ones_digit else 0
    )
