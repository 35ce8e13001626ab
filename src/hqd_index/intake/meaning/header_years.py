"""Years as labels: over columns, as names of sheets."""

from __future__ import annotations

import re

YEAR = re.compile(r"(?:FY)?((?:19|20)\d{2})(?:\.0+)?(?:年度?|A|-12-31|/12/31|1231)?(?:[(（\[].*[)）\]])?", re.IGNORECASE)
REPUBLICAN_YEAR = re.compile(r"(?:中[华華])?民[国國]?\s*([0-9]{1,3})\s*年?")
FIRST_REPUBLICAN_YEAR = 1912


def with_western_year(text: str) -> str:
    """The text with the year of the Republican calendar that it begins with in the Western one: 民國108年度 -> 2019年度."""
    match = REPUBLICAN_YEAR.match(text)
    return f"{FIRST_REPUBLICAN_YEAR - 1 + int(match.group(1))}年{text[match.end() :]}" if match else text


def year_of(label: str) -> str | None:
    """The year that a label is (2019, 2019年, FY2019, 2019-12-31, 民國108年), or None."""
    match = YEAR.fullmatch(with_western_year("".join(label.split())))
    return match.group(1) if match else None
