"""Status by year against the published stock path, hand-worked spells, and names that must or must not match."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import Engine
from hqd_index.intake.srdi.firm_matching import firm_matches
from hqd_index.intake.srdi.list_checks import batch_notices
from hqd_index.intake.srdi.recognition_spells import Event, firm_spells, spells, stock
from hqd_index.intake.srdi.srdi_status import status_from_list
from hqd_index.intake.srdi.status_columns import status_from_columns, status_from_spells
from hqd_index.study.records import SrdiList
from hqd_index.study.srdi_levels import level_bits

# domain reference, data.md section 6: batch totals, and reviews passed with one count base (155 in 2022, 142 from 2023 on)
BATCHES = {1: 248, 2: 1584, 3: 2930, 4: 4357, 5: 3671, 6: 3012, 7: 3482}
STOCK = {2019: 248, 2020: 1832, 2021: 4762, 2022: 9026, 2023: 12179, 2024: 14691, 2025: 17590}


def national_list() -> pd.DataFrame:
    rows: list[tuple[str, int, str, str]] = []
    for batch, total in BATCHES.items():
        rows += [(f"{batch}-{n}", batch, f"{2018 + batch}-07-01", "recognised") for n in range(total)]
    for batch, passed in ((1, 155), (2, 1079), (3, 2430)):
        rows += [(f"{batch}-{n}", batch, f"{2021 + batch}-12-08", "passed_review") for n in range(passed)]
    rows += [(f"1-{n}", 1, "2023-06-30", "revoked") for n in range(142, 155)]
    # 3,916 of 4,499 passed in 2025: the 142 of batch 1 and 3,774 of batch 4
    rows += [(f"1-{n}", 1, "2025-12-08", "passed_review") for n in range(142)]
    rows += [(f"4-{n}", 4, "2025-12-08", "passed_review") for n in range(3774)]
    frame = pd.DataFrame(rows, columns=["firm_id", "batch", "announce_date", "status"])
    return frame.assign(level="national", valid_from=None, valid_to=None)


def test_the_stock_path_is_the_published_one():
    found = spells(national_list(), SrdiList(), 2025)
    assert stock(found, list(STOCK), ["national", "key_national"]) == STOCK


def test_records_of_one_day_do_not_depend_on_their_order():
    """Failed in the review and recognised anew on the same day: in force again, whichever row comes first."""
    rows = [("A", 1, "2019-06-01", "recognised"), ("A", 1, "2022-08-08", "failed_review"), ("A", 4, "2022-08-08", "recognised")]
    frame = pd.DataFrame(rows, columns=["firm_id", "batch", "announce_date", "status"])
    frame = frame.assign(level="national", valid_from=None, valid_to=None)
    for order in (frame, frame.iloc[::-1]):
        assert spells(order, SrdiList(), 2024)[["start", "end"]].to_numpy().tolist() == [[2019, 2021], [2022, 2024]]


def test_half_years_and_terms_come_from_the_dates_of_a_record():
    """B is announced in the second half of the year and has no batch; the term of C ends a day before its last year does."""
    rows = [
        ("A", 1, "2020-06-30", None, None),
        ("B", None, "2020-07-01", None, None),
        ("C", 3, "2020-07-01", "2020-01-01", "2022-12-30"),
    ]
    frame = pd.DataFrame(rows, columns=["firm_id", "batch", "announce_date", "valid_from", "valid_to"])
    found = spells(frame.assign(level="national", status="recognised"), SrdiList(treat_from="next_year_if_H2"), 2024)
    assert found[["firm_id", "start", "end"]].to_numpy().tolist() == [["A", 2020, 2022], ["B", 2021, 2022], ["C", 2020, 2021]]
    assert found["batch"].fillna(0).tolist() == [1, 0, 3]


def event(text: str) -> Event:
    date, status = text.split()
    year, month = date.split("-")
    return Event(int(year), int(month) >= 7, status)


@pytest.mark.parametrize(
    ("events", "settings", "wanted"),
    [
        (["2019-06 recognised"], {}, [(2019, 2021)]),
        (["2019-06 publicised"], {}, []),
        (["2019-06 recognised", "2022-09 passed_review"], {}, [(2019, 2024)]),
        (["2019-06 recognised", "2022-09 passed_review", "2025-09 passed_review"], {}, [(2019, 2027)]),
        (["2019-06 recognised", "2022-09 failed_review"], {}, [(2019, 2021)]),
        (["2019-06 recognised", "2020-09 revoked"], {}, [(2019, 2019)]),
        (["2019-06 recognised", "2019-09 revoked"], {}, [(2019, 2018)]),
        (["2019-06 recognised", "2020-01 renamed"], {}, [(2019, 2021)]),
        (["2019-06 recognised", "2023-07 recognised"], {}, [(2019, 2021), (2023, 2025)]),
        (["2019-06 recognised", "2022-07 recognised"], {}, [(2019, 2024)]),
        (["2020-11 recognised"], {"treat_from": "next_year_if_H2"}, [(2021, 2022)]),
        (["2019-06 recognised"], {"treat_from": "next_year_if_H2"}, [(2019, 2021)]),
        (["2019-06 recognised"], {"assume_review": "pass"}, [(2019, 9999)]),
        (["2019-06 recognised", "2022-09 failed_review"], {"assume_review": "pass"}, [(2019, 2021)]),
        (["2022-09 passed_review"], {}, []),
    ],
)
def test_spells_by_hand(events: list[str], settings: dict[str, Any], wanted: list[tuple[int, int]]):
    got = firm_spells([event(text) for text in events], SrdiList(**settings), 2024)
    assert [(start, end) for _, _, start, end in got] == wanted


FIRMS = pd.DataFrame(
    [
        ("A", "苏州甲(集团)有限公司"),
        ("B", "乙股份有限公司"),
        ("C", "丙有限公司"),
        ("D", "丙有限公司"),
        ("E", "*ST丁"),
        ("E", "丁"),
    ],
    columns=["firm_id", "firm_name"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "uscc", "firm"),
    [
        ("谁都不是", "B", "B"), ("乙股份有限公司", "X", None), ("苏州甲（集团） 有限公司", "", "A"),
        ("苏州甲（集团）有限责任公司", "", "A"), ("乙有限公司", "", "B"), ("丙有限公司", "", None), ("甲有限公司", "", None),
        ("丁", "", "E"), ("苏州申(集团)有限公司", "", None),
    ],
)  # fmt: skip
def test_names_match_only_when_certain(name: str, uscc: str, firm: str | None):
    records = pd.DataFrame({"name": [name], "uscc": [uscc]})
    assert firm_matches(records, FIRMS)["firm_id"].tolist() == [firm]


def records(*rows: tuple[str, str, int | None, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["uscc", "level", "batch", "announce_date", "status"])
    return frame.assign(name=frame["uscc"], file="list.csv", sheet="", row=range(2, 2 + len(frame)))


def firm_years(engine: Engine, *ids: str) -> str:
    rows = [(firm, year) for firm in ids for year in range(2018, 2024)]
    return engine.scan(pd.DataFrame(rows, columns=["firm_id", "year"]), "clean_firms")


def by_year(engine: Engine, table: str, firm: str, column: str) -> list[Any]:
    got = engine.collect(f"SELECT {column} FROM {table} WHERE firm_id = '{firm}' ORDER BY year")[column]
    return [list(one) if isinstance(one, np.ndarray) else one for one in got]


def test_firms_whose_spells_differ_in_one_thing_share_no_status(engine: Engine):
    """Of all firms together each has what it has alone."""
    first: tuple[Any, ...] = ("national", 1, 2019, 2019, 2021)
    spells_of_firms: dict[str, list[tuple[Any, ...]]] = {
        "A": [first], "same": [first], "level": [("provincial", *first[1:])], "batch": [("national", 2, *first[2:])],
        "recognised": [("national", 1, 2020, 2020, 2021)], "start": [("national", 1, 2019, 2020, 2021)],
        "end": [("national", 1, 2019, 2019, 2022)], "second": [first, ("provincial", None, 2020, 2020, 2022)],
        "undecided": [first], "later": [first],
    }  # fmt: skip
    rows = [(firm, *spell) for firm, firm_spells in spells_of_firms.items() for spell in firm_spells]
    all_spells = pd.DataFrame(rows, columns=["firm_id", "level", "batch", "first", "start", "end"]).astype({"batch": "Int64"})
    undecided = pd.DataFrame({"firm_id": ["undecided", "later"], "after": [2022, 2023]})
    firms = firm_years(engine, *spells_of_firms, "none")

    def status(*names: str) -> pd.DataFrame:
        spells_of_names, undecided_names = (frame[frame["firm_id"].isin(names)] for frame in (all_spells, undecided))
        table = engine.collect(status_from_spells(firms, spells_of_names, undecided_names, SrdiList(), engine))
        return table[table["firm_id"].isin(names)].astype(str).sort_values(["firm_id", "year"], ignore_index=True)

    together = status(*spells_of_firms)
    alone = pd.concat([status(firm) for firm in sorted(spells_of_firms)], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)
    texts = {firm: rows.drop(columns="firm_id").to_csv(index=False) for firm, rows in together.groupby("firm_id")}
    assert len(set(texts.values())) == len(texts) - 1 and texts["A"] == texts["same"]


def test_firm_years_carry_status_of_every_level(engine: Engine):
    rows = records(
        ("A", "provincial", None, "2018-03-01", "recognised"),
        ("A", "national", 1, "2019-06-01", "recognised"),
        ("B", "national", 9, "2024-06-01", "recognised"),
        ("Z", "national", 1, "2019-06-01", "recognised"),
    )
    status = status_from_list(firm_years(engine, "A", "B", "C"), rows, SrdiList(), 2023, engine)
    both, one, provincial = (level_bits(levels) for levels in (["national", "provincial"], ["national"], ["provincial"]))
    assert by_year(engine, status.firms, "A", "srdi_levels_valid") == [provincial, both, both, one, 0, 0]
    assert by_year(engine, status.firms, "A", "srdi_levels_to_date") == [provincial, both, both, both, both, both]
    assert by_year(engine, status.firms, "A", "srdi_level") == ["provincial", *["national"] * 5]
    assert by_year(engine, status.firms, "A", "srdi_valid") == [True] * 4 + [False] * 2
    assert by_year(engine, status.firms, "A", "srdi_first_year") == [2018] * 6
    for firm in ("B", "C"):  # B is recognised after the data end: never recognised as far as these data know
        assert by_year(engine, status.firms, firm, "srdi_any") == [False] * 6
        assert by_year(engine, status.firms, firm, "srdi_levels_ever") == [0] * 6
    assert status.unmatched_records["name"].tolist() == ["Z"]


def test_a_review_without_a_record_can_be_left_undecided(engine: Engine):
    rows = records(("A", "national", 1, "2019-06-01", "recognised"))
    status = status_from_list(firm_years(engine, "A"), rows, SrdiList(assume_review="drop"), 2023, engine)
    assert [None if pd.isna(one) else bool(one) for one in by_year(engine, status.firms, "A", "srdi_valid")] == [
        False, True, True, True, None, None
    ]  # fmt: skip


def test_status_from_the_firm_table_itself(engine: Engine):
    rows = [("A", year, "national" if year in (2019, 2020) else "none") for year in range(2018, 2023)]
    table = engine.scan(pd.DataFrame(rows, columns=["firm_id", "year", "srdi_level"]), "clean_firms")
    made = status_from_columns(table, engine)
    assert by_year(engine, made, "A", "srdi_valid") == [False, True, True, False, False]
    assert by_year(engine, made, "A", "srdi_ever") == [False, True, True, True, True]
    assert by_year(engine, made, "A", "srdi_levels_ever") == [level_bits(["national"])] * 5


def test_a_publicised_list_taken_for_the_recognised_one_is_told():
    rows = records(*[(f"F{n}", "national", 2, "2020-10-16", "publicised") for n in range(1744)])
    told = batch_notices(rows, {2: 1584}, SrdiList(), "list.csv")
    assert [notice.rule for notice in told] == ["SL01", "W09"]
    assert "1744" in told[0].zh and "1584" in told[0].zh and "公示" in told[0].zh
    recognised = rows.assign(status="recognised")
    assert batch_notices(recognised.head(1584), {2: 1584}, SrdiList(), "list.csv") == ()
    assert [notice.rule for notice in batch_notices(recognised.head(1583), {2: 1584}, SrdiList(), "list.csv")] == ["SL01"]
    both = pd.concat([rows.head(1580), recognised.head(1584)])
    told = batch_notices(both, {2: 1584}, SrdiList(), "list.csv")
    assert [notice.rule for notice in told] == ["SL02"] and "batch 2: 4 " in told[0].en
