"""Years as labels: over columns, as names of sheets."""

from __future__ import annotations

import re

YEAR = re.compile(r"(?:FY)?((?:19|20)\d{2})(?:\.0+)?(?:年度?|A|E|-12-31|/12/31|1231)?(?:[(（\[].*[)）\]])?", re.IGNORECASE)


def year_of(label: str) -> str | None:
    """The year that a label is (2019, 2019年, FY2019, 2019-12-31), or None."""
    match = YEAR.fullmatch("".join(label.split()))
    return match.group(1) if match else None
