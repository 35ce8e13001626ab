"""Years as labels: over columns, as names of sheets, beside the measure in one label."""

from __future__ import annotations

import re

from .unit_labels import label_and_unit

YEAR = re.compile(r"(?:FY)?((?:19|20)\d{2})(?:\.0+)?(?:年度?|A|-12-31|/12/31|1231)?(?:[(（\[].*[)）\]])?", re.IGNORECASE)
PERIOD_TAG = re.compile(r"\s*\[\s*(?:报告期|年度|截止日期)\s*\]\s*[:：]?\s*([^\n\[]+)")
GROUP_STATEMENT = re.compile(r"\s*\[\s*报表类型\s*\]\s*[:：]?\s*合并报表[^\n\[]*")
PERIOD_YEAR = re.compile(r"((?:19|20)\d{2})(?:年报|年度?|年末|[-/]12[-/]31|1231)?")
YEAR_IN_LABEL = re.compile(
    r"[(（\[_\-\s]*(?<!\d)((?:19|20)\d{2})(?!\d|\s*年?\s*(?:不变|可比|价|基期|[=＝]|[-~—至到]\s*\d))\s*"
    r"(?:年末|年报|年度?)?[)）\]_\-\s]*"
)
OTHER_BRACKETS = re.compile(r"[(（\[](?!\s*(?:19|20)\d{2}\s*年?度?\s*[)）\]])[^()（）\[\]]*[)）\]]")
FOUR_DIGITS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
REPUBLICAN_YEAR = re.compile(r"(?:中[华華])?民[国國]?\s*([0-9]{1,3})\s*年?")
FIRST_REPUBLICAN_YEAR = 1912


def with_western_year(label_text: str) -> str:
    """The text with the year of the Republican calendar that it begins with in the Western one: 民國108年度 -> 2019年度."""
    match = REPUBLICAN_YEAR.match(label_text)
    return f"{FIRST_REPUBLICAN_YEAR - 1 + int(match.group(1))}年{label_text[match.end() :]}" if match else label_text


def year_of(label: str) -> str | None:
    """The year that a label is (2019, 2019年, FY2019, 2019-12-31, 民國108年), or None."""
    match = YEAR.fullmatch(with_western_year("".join(label.split())))
    return match.group(1) if match else None


def measure_and_year(label: str) -> tuple[str, str] | None:
    """A label of a measure in one year taken apart: GDP2019, 2019年营业收入(万元), Wind's [报告期] 2021年报; else None.

    A year in brackets that hold more than it (2015年价) is none of the measure's, and a label with two years has no one year.
    """
    if (tag := PERIOD_TAG.search(label)) is not None:
        period = PERIOD_YEAR.fullmatch(tag.group(1).strip())
        measure_name, unit = label_and_unit(GROUP_STATEMENT.sub("", label[: tag.start()] + label[tag.end() :]).strip())
        return (f"{measure_name}({unit})" if unit else measure_name, period.group(1)) if period else None
    bare_label = OTHER_BRACKETS.sub(lambda match: "x" * len(match.group(0)), label)
    years = list(YEAR_IN_LABEL.finditer(bare_label))
    if len(years) != 1 or len(FOUR_DIGITS.findall(bare_label)) != 1:
        return None
    measure_name = (label[: years[0].start()] + " " + label[years[0].end() :]).strip(" _-")
    return (" ".join(measure_name.split()), years[0].group(1)) if any(map(str.isalpha, measure_name)) else None
