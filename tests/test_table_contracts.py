"""What a published table may hold, and what of it is a fault of the program."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from hqd_index import tables
from hqd_index.errors import CheckError
from hqd_index.tables import Table, check, conform, empty, schema

NAME = "every_kind"
KINDS = {"unit": "text", "year": "int", "value": "number", "rest": "number?", "part": "share?", "odds": "p", "note": "text?"}
ROWS = {
    "unit": ["C13", "C13", "C14"],
    "year": [2020, 2021, 2020],
    "value": [1.5, float("inf"), -2],
    "rest": [None, float("-inf"), 3],
    "part": [None, -1e-9, 1 + 1e-9],
    "odds": [0.0, 0.5, 1.0],
    "note": ["", None, "a"],
}


@pytest.fixture(autouse=True)
def every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.TABLES, NAME, Table("各类", "Every kind", ("unit", "year"), KINDS))


def test_a_table_of_allowed_values_is_as_pandera_gives_it_back() -> None:
    content = pd.DataFrame(ROWS).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(check(NAME, content), schema(NAME).validate(conform(NAME, content)))
    assert check(NAME, empty(NAME)).empty


@pytest.mark.parametrize(
    ("column", "values", "case"),
    [
        ("unit", [None, "C13", "C14"], "unit"),
        ("year", [2020, 2021, None], "year"),
        ("value", [1.5, None, 2], "value"),
        ("part", [None, -2e-9, 1], "part"),
        ("part", [None, 0, 1.0001], "part"),
        ("part", [None, 0, float("inf")], "part"),
        ("odds", [0, 0.5, None], "odds"),
        ("odds", [-0.001, 0.5, 1], "odds"),
        ("odds", [0, 0.5, 1.001], "odds"),
        ("year", [2020, 2020, 2020], "unit"),
    ],
)
def test_a_value_that_the_contract_does_not_allow_ends_the_run(column: str, values: list[Any], case: str) -> None:
    with pytest.raises(CheckError, match=rf"every_kind breaks its contract \(\d+ cases\): {case}: "):
        check(NAME, pd.DataFrame(ROWS | {column: values}))


def test_what_is_written_into_an_empty_table_is_not_in_the_next_one() -> None:
    ledger = empty("ledger")
    ledger.loc[0, "file"] = "a"
    assert empty("ledger").empty
