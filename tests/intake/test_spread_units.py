"""Units that number formats print, put into the labels of a sheet that is laid out otherwise."""

from __future__ import annotations

import pytest

from hqd_index.intake.read.spread_units import with_units_in_first_cells, with_units_in_labels
from hqd_index.intake.read.workbooks.shown_numbers import UNIT_MARK, YUAN_SIGN

Rows = list[list[str]]


def shown(*rows: str) -> Rows:
    """Cells apart by |, a number and the unit of its format by ~."""
    return [row.replace("~", UNIT_MARK).split("|") for row in rows]


@pytest.mark.parametrize(
    ("rows", "header_row", "expected"),
    [
        (shown("地区|产值", "甲|5~万元", "乙|6~万元"), 1, shown("地区|产值(万元)", "甲|5", "乙|6")),
        (shown("地区|产值", "甲|5~万元|7~元"), 1, shown("地区|产值(万元)", "甲|5|7")),
        (shown("地区|", "甲|5~亿元"), 1, shown("地区|", "甲|5")),
        (shown("地区|产值(亿元)", "甲|5~亿元"), 1, shown("地区|产值(亿元)", "甲|5")),
        (shown("单位：万元|", "地区|产值", f"甲|5~{YUAN_SIGN}"), 2, shown("单位：万元|", "地区|产值", "甲|5")),
        (shown("表一|", "地区|产值", f"甲|5~{YUAN_SIGN}"), 2, shown("表一|", f"地区|产值({YUAN_SIGN})", "甲|5")),
        (shown("单位：万元|", "地区|人口", "甲|5~人"), 2, shown("单位：万元|", "地区|人口(人)", "甲|5")),
    ],
)
def test_a_label_says_the_unit_of_its_column(rows: Rows, header_row: int, expected: Rows) -> None:
    assert with_units_in_labels(rows, range(len(rows[-1])), header_row) == expected


def test_a_first_cell_says_the_unit_of_its_row() -> None:
    rows = shown("指标|2019|2020", "产值|5~万元|6~万元", "|人口|7~人")
    assert with_units_in_first_cells(rows) == shown("指标|2019|2020", "产值(万元)|5|6", "|人口(人)|7")
    assert with_units_in_first_cells(shown("指标|2019|2020", "产值|5~万元|6")) == shown("指标|2019|2020", "产值|5万元|6")
