"""Links of firms: partners by name, partners that stay, concentration with anonymous ones, which are partners of nobody."""

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.links.firm_links import firm_links

ROWS = [
    # supplier, customer, year, focal, share, anonymous
    ("S1", "A", 2020, "customer", 30.0, False), ("S2", "A", 2020, "customer", 20.0, False),
    ("S1", "A", 2021, "customer", 40.0, False), ("S3", "A", 2021, "customer", 10.0, False),
    ("X9", "A", 2021, "customer", 50.0, True), ("供应商二", "A", 2021, "customer", 5.0, False),
    ("S1", "B", 2021, "supplier", 25.0, False),
]  # fmt: skip
LINKS = pd.DataFrame(ROWS, columns=["supplier_id", "customer_id", "year", "focal", "share", "anonymous"])


def listed(links: pd.DataFrame) -> tuple[pd.DataFrame, object]:
    with open_engine() as engine:
        rows, reason = firm_links(engine, engine.scan(links))
    return rows.set_index(["firm_id", "year"]), reason


def test_partners_by_hand() -> None:
    rows, reason = listed(LINKS)
    assert reason is None and "X9" not in rows.index.get_level_values(0) and "供应商二" not in rows.index.get_level_values(0)
    a20, a21, s1 = rows.loc[("A", 2020)], rows.loc[("A", 2021)], rows.loc[("S1", 2021)]
    assert (a20["suppliers"], a20["customers"], a21["suppliers"], a21["anonymous_suppliers"]) == (2, 0, 2, 2)
    assert pd.isna(a20["repeated_suppliers"]) and a21["repeated_suppliers"] == 0.5  # S1 stays, S3 is new
    assert a21["supplier_share"] == 105 and a21["supplier_hhi"] == pytest.approx(0.16 + 0.01 + 0.25 + 0.0025)
    # S1 sells to A (which disclosed it) and to B; it disclosed one customer itself, and A alone was there the year before
    assert (s1["customers"], s1["repeated_customers"], s1["customer_share"]) == (2, 0.5, 25)
    assert s1["customer_hhi"] == pytest.approx(0.0625) and rows.loc[("B", 2021), "suppliers"] == 1


def test_without_shares_partners_are_counted_and_the_rest_is_said() -> None:
    rows, reason = listed(LINKS[["supplier_id", "customer_id", "year"]])
    assert reason is not None and rows.loc[("A", 2021), "suppliers"] == 3 and rows["supplier_hhi"].isna().all()
    assert rows.loc[("A", 2021), "anonymous_suppliers"] == 1  # the label alone gives it away
