"""Years, dates and batches in the forms people print them; a month is no year, and nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.intake.meaning.dates import EXCEL_EPOCH, batch, calendar_date, has_year_ends, read_year, year_end, year_of_event


@pytest.mark.parametrize(
    "text",
    ["2019", "2019年", "2019.0", "2019年度", "2019/12/31", "2019-12-31", "20191231", "2019.12.31", "２０１９", "2019-12",
    "2019年12月", "二〇一九年",
     "2019-12-31 00:00:00", "43830", "43830.0", "FY2019", "2019A", "2019年报", "2019 年", "'2019", "2019-01-01", "2019年末",
     "二○一九"],
)  # fmt: skip
def test_ways_to_print_a_year(text: str):
    assert read_year(text).value == "2019"
    assert bool(read_year(text).repair) == (text != "2019")


@pytest.mark.parametrize(
    ("text", "proposal"),
    [("2019-06", "2019"), ("2019年6月", "2019"), ("201906", "2019"), ("2019-06-30", "2019"), ("43646", "2019"), ("2019Q4",
    "2019"),
     ("2019年第四季度", "2019"), ("2018-2019", None), ("2019E", None), ("abc", None), ("99999", None), ("2019①", None), ("19",
     None)],
)  # fmt: skip
def test_what_is_no_year_is_refused_with_the_right_proposal(text: str, proposal: str | None):
    assert (read_year(text).value, read_year(text).rule, read_year(text).suggestion) == (None, "C01", proposal)


def test_first_of_january_is_an_opening_balance_beside_year_ends():
    assert read_year("2019-01-01", openings=True).value is None
    assert has_year_ends(["2018-12-31", "2019-01-01"]) and has_year_ends(["43830"]) and not has_year_ends(["2019-01-01", "2019"])


@pytest.mark.parametrize(
    "text",
    ["2021-07-19", "2021年7月19日", "2021.07.19", "44396", "44396.0", "44396.5", "20210719", "2021/7/19", "2021-07-19 00:00:00",
    "19/7/2021",
     "2021-07-19T00:00:00Z", "19jul2021", "July 19, 2021", "19 July 2021", "二〇二一年七月十九日", "２０２１年７月１９日",
     "2021年07月19日 星期一",
     "7/19/2021"],
)  # fmt: skip
def test_ways_to_print_a_date(text: str):
    assert calendar_date(text).value == "2021-07-19"
    assert bool(calendar_date(text).repair) == (text != "2021-07-19")


def test_of_day_and_month_one_above_twelve_is_the_day():
    assert [calendar_date(text).value for text in ("12/13/2023", "13/12/2023", "12/12/2023")] == ["2023-12-13"] * 2 + [
        "2023-12-12"
    ]


@pytest.mark.parametrize(
    "text",
    ["5/6/2021", "12/11/2021", "二〇二一年二三月一日", "2021-13-01", "x", "1e5", "7月19日", "2021-02-30", "19-Jul-21", "123"],
)
def test_what_may_be_two_dates_or_none_is_refused(text: str):
    assert (calendar_date(text).value, calendar_date(text).rule) == (None, "C07")


@pytest.mark.parametrize(
    ("text", "value", "repair"),
    [("2021年7月", "2021-07-01", "no_day"), ("2021-07", "2021-07-01", "no_day"), ("Jul 2021", "2021-07-01", "no_day"),
     ("2021年", "2021-01-01", "no_month")],
)  # fmt: skip
def test_a_date_without_a_day_uses_its_year(text: str, value: str, repair: str):
    assert (calendar_date(text).value, calendar_date(text).repair) == (value, repair)


def test_statements_without_a_day_are_of_the_year_end():
    assert [year_end(text).value for text in ("2019-12", "2019", "2019年", "2019-06", "2019-12-31")] == [
        "2019-12-31", None, "2019-12-31", "2019-06-01", "2019-12-31",
    ]  # fmt: skip


@given(st.dates(date(1960, 1, 1), date(2090, 12, 31)))
def test_serials_are_days_since_the_epoch(day: date):
    assert calendar_date(str((day - EXCEL_EPOCH) // timedelta(days=1))).value == day.isoformat()


@pytest.mark.parametrize(
    ("text", "number"),
    [("4", "4"), ("4.0", "4"), ("第四批", "4"), ("第4批", "4"), ("四", "4"), ("第四批次", "4"), ("批次4", "4"), ("2022年第四批",
    "4"),
     ("第四批(2022年)", "4"), ("第十批", "10"), ("第十一批", "11"), ("第二十三批", "23"), ("第０４批", "4"), ("国家级第四批",
     "4"), ("x", None),
     ("2022", None), ("第四", "4"), ("第批", None), ("3rd", "3"), ("2nd batch", "2"), ("Batch No. 3", "3"),
     ("the fourth batch", "4"),
     ("3rd, 4th", None), ("0th", None)],
)  # fmt: skip
def test_batches(text: str, number: str | None):
    assert batch(text).value == number


@pytest.mark.parametrize("text", ["2010", "2010-05-06", "2010年5月", "2010-05", "40304", "2010年5月6日", "2010Q2"])
def test_a_founding_or_listing_is_of_the_year_of_its_day(text: str):
    assert year_of_event(text).value == "2010"


def test_what_has_no_year_has_none():
    assert year_of_event("约2010").value is None and year_of_event("2010-2011").value is None
