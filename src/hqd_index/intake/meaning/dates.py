"""Years, dates and batches in the forms people print them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta

from .glyphs import half_width, visible
from .reading import Reading, refused

EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(21000, 80000)  # 1957 to 2119: 20214 is rather a year with a digit more, or a quarter, than a day of 1955
YEARS = range(1800, 2200)
DIGITS_ZH = {**{mark: str(value) for value, mark in enumerate("〇一二三四五六七八九")}, "零": "0", "○": "0", "O": "0", "两": "2"}
MONTHS = {
    name: place
    for place, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}

AS_TEXT, SERIAL, OF_A_DATE, NO_DAY, NO_MONTH = (
    "written_out", "date_serial", "year_of_date", "no_day", "no_month",
)  # fmt: skip
FISCAL = r"(?:FY|CY|财年)?\s*"
YEAR_FORMS = (
    re.compile(rf"{FISCAL}([0-9]{{4}})(?:\.0+)?\s*(?:年度?|年报|财年|会计年度|A|年末|年底)?", re.IGNORECASE),
    re.compile(r"([0-9]{4})(?:[-/.年]?12[-/.月]?(?:31日?)?)(?:[ T]0?0:00(:00(\.0+)?)?)?"),
)
FIRST_OF_JANUARY = re.compile(r"([0-9]{4})(?:-0?1-0?1|/0?1/0?1|0101|年0?1月0?1日)(?:[ T]0?0:00(:00(\.0+)?)?)?")
MONTHLY = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?|([0-9]{4})(0[1-9]|1[0-2])|([0-9]{4})\s*[-/年]?\s*(?:[Qq第]\s*[1-4一二三四]\s*(?:季度?)?|[1-4一二三四]\s*(?:季度?|[Qq]))"
)


def year(text: str, *, openings: bool = False) -> Reading:
    """A calendar year: 2019, 2019年, 2019年度, 2019.0, 2019-12-31, 2019-12, ２０１９, 二〇一九年, or a date serial.

    A month or another day is refused (C01) with the year as a proposal; 1 January stands for its year, as programs print
    one, unless `openings` (the column also holds 31 December: 1 January is an opening balance).
    """
    plain = _plain(text)
    if re.fullmatch(r"[0-9]{4}", text):
        return Reading(text)
    for form in YEAR_FORMS:
        if (match := form.fullmatch(plain)) and int(match.group(1)) in YEARS:
            return Reading(match.group(1), OF_A_DATE if form is YEAR_FORMS[1] else AS_TEXT)
    if (match := FIRST_OF_JANUARY.fullmatch(plain)) and not openings:
        return Reading(match.group(1), OF_A_DATE)
    if (serial := _serial(plain)) is not None:
        if (serial.month, serial.day) == (12, 31) or ((serial.month, serial.day) == (1, 1) and not openings):
            return Reading(str(serial.year), SERIAL)
        return refused("C01", str(serial.year))
    in_digits = _in_digits(plain)
    if in_digits != plain and (match := YEAR_FORMS[0].fullmatch(in_digits)):
        return Reading(match.group(1), AS_TEXT)
    dated = calendar_date(text)
    if dated.value:
        year_end_day = dated.value.endswith("-12-31") and dated.repair not in (NO_DAY, NO_MONTH)
        return Reading(dated.value[:4], OF_A_DATE) if year_end_day else refused("C01", dated.value[:4])
    if match := MONTHLY.fullmatch(plain):
        return refused("C01", next(part for part in match.groups() if part and len(part) == 4))
    return refused("C01")


def year_of_event(text: str) -> Reading:
    """The year of a founding, listing or grant: of whatever day or month is printed."""
    reading = year(text)
    return Reading(reading.suggestion, OF_A_DATE) if reading.value is None and reading.suggestion else reading


def has_year_ends(texts: Collection[str]) -> bool:
    """Whether any of the texts is a 31 December, so that 1 January is an opening balance."""
    for text in texts:
        serial = _serial(_plain(text))
        if re.match(r"[0-9]{4}[-/年]?12[-/月]?31", _plain(text)) or (serial and (serial.month, serial.day) == (12, 31)):
            return True
    return False


def calendar_date(text: str) -> Reading:
    """ISO text of a date: 2023-12-31, 2023/12/31, 2023.12.31, 20231231, 2023年12月31日, 31dec2023, a serial; a time after it.

    Without a day or month the first one is used and told. Day and month that could be either are refused (C07).
    """
    plain = re.sub(
        r"(?<=[0-9])(?:T|\s+)[0-9]{1,2}:[0-9]{2}.*$|\s*(?:星期|周)[一二三四五六日天]$|\s+\(?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*\)?$",
        "",
        _plain(text),
    )
    if (serial := _serial(plain)) is not None:
        return Reading(serial.isoformat(), SERIAL)
    for candidate in dict.fromkeys((plain, _in_digits(plain))):
        if (match := re.fullmatch(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?", candidate)) or (
            match := re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", candidate)
        ):
            return _iso(match.group(1), match.group(2), match.group(3), "" if match.group(0) == text and "-" in text else AS_TEXT)
        if (match := re.fullmatch(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*月?(?:份)?", candidate)) or (
            match := re.fullmatch(r"([0-9]{4})(0[1-9]|1[0-2])", candidate)
        ):
            return _iso(match.group(1), match.group(2), "1", NO_DAY)
        if (match := re.fullmatch(r"([0-9]{4})\s*年度?", candidate)) and int(match.group(1)) in YEARS:
            return _iso(match.group(1), "1", "1", NO_MONTH)
    return _named_month(plain) or _day_first(plain) or refused("C07")


def year_end(text: str) -> Reading:
    """The date of a yearly statement: without a day the last of December, without a month too; any other month as printed."""
    match = calendar_date(text)
    if match.value and (match.repair == NO_MONTH or (match.repair == NO_DAY and match.value[5:7] == "12")):
        return Reading(f"{match.value[:4]}-12-31", match.repair)
    return match


def batch(text: str) -> Reading:
    """The number of a batch: 4, 4.0, 第四批, 第4批次, 四, 批次4, 2022年第四批, 第四批(2022年)."""
    plain = _plain(text).replace(" ", "")
    if re.fullmatch(r"[0-9]{1,3}", text):
        return Reading(text)
    inner = re.sub(r"^\(?[0-9]{4}年?度?\)?|\(?[0-9]{4}年?度?\)?$", "", plain)
    match = re.fullmatch(
        r"(?:国家级?|省级?)?(?:专精特新)?(?:\"?小巨人\"?)?(?:企业)?(?:第|批次:?)?([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:\.0+)?(?:批次?)?(?:次)?(?:企业|名单|公示|公告)?",
        inner,
    )
    if match is None:
        return refused("C01")
    number = match.group(1) if match.group(1).isdigit() else str(_counted(match.group(1)))
    return Reading(str(int(number)), AS_TEXT) if int(number) else refused("C01")


def _plain(text: str) -> str:
    return visible(half_width(text)).strip().strip("'\"").strip()


def _serial(text: str) -> date | None:
    """The day a spreadsheet's serial stands for; a fraction is a time of that day."""
    match = re.fullmatch(r"([0-9]{5})(?:\.[0-9]+)?", text)
    return EXCEL_EPOCH + timedelta(days=int(match.group(1))) if match and int(match.group(1)) in SERIALS else None


def _iso(year_text: str, month: str, day: str, repair: str) -> Reading:
    try:
        return Reading(date(int(year_text), int(month), int(day)).isoformat(), repair)
    except ValueError:
        return refused("C07")


def _named_month(text: str) -> Reading | None:
    """31dec2023, 19-Jul-21 (no: two digits), July 19, 2021, 19 July 2021, Jul 2021."""
    words = re.findall(r"[A-Za-z]+|[0-9]+", text)
    months = [MONTHS[word[:3].lower()] for word in words if word.isalpha() and word[:3].lower() in MONTHS]
    other_words = [word for word in words if word.isalpha() and word[:3].lower() not in MONTHS]
    years = [word for word in words if re.fullmatch(r"[0-9]{4}", word)]
    days = [word for word in words if re.fullmatch(r"[0-9]{1,2}", word)]
    if (
        len(months) != 1
        or len(years) != 1
        or len(days) > 1
        or any(word.lower() not in ("st", "nd", "rd", "th", "of") for word in other_words)
    ):
        return None
    return _iso(years[0], str(months[0]), days[0] if days else "1", AS_TEXT if days else NO_DAY)


def _day_first(text: str) -> Reading | None:
    """31/12/2023 and 12/31/2023, where only one reading is a date; 5/6/2021 is refused."""
    match = re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", text)
    if match is None:
        return None
    first, second, year_text = match.groups()
    if first != second and int(first) <= 12 and int(second) <= 12:
        return None
    day, month = (first, second) if int(first) > 12 else (second, first)
    return _iso(year_text, month, day, AS_TEXT)


def _in_digits(text: str) -> str:
    """二〇二一年七月十九日 -> 2021年7月19日."""
    years = re.sub(
        r"[〇○零一二三四五六七八九]{4}(?=年|$)", lambda match: "".join(DIGITS_ZH[mark] for mark in match.group(0)), text
    )
    return re.sub(r"[一二三四五六七八九十]{1,3}(?=[月日号])", lambda match: str(_counted(match.group(0))), years)


def _counted(text: str) -> int:
    """The number of Chinese numerals up to 99: 四, 十, 十一, 二十三."""
    if "十" not in text:
        return int(DIGITS_ZH[text]) if text in DIGITS_ZH else 0
    tens, _, ones = text.partition("十")
    return (int(DIGITS_ZH.get(tens, "1")) if tens else 1) * 10 + (int(DIGITS_ZH.get(ones, "0")) if ones else 0)
