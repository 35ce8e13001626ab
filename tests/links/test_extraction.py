"""Extraction and supply shocks: by hand on three sectors, against the tables solved again, at the bounds of a real table."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.links.extraction import (
    CASES,
    Inverses,
    extracted,
    extraction,
    imports_at_home,
    imports_withheld,
    withheld,
)
from hqd_index.links.iotable import IoTable, read_io
from hqd_index.links.network import coefficients
from hqd_index.tables import conform

from .tables import china_42

HAND = 1e-12
"""Fractions worked by hand: rounding only."""
SOLVED = 1e-9
"""Relative: 42 numbers of 1e8 through two inverses."""


def three_sectors() -> IoTable:
    """Outputs 100, 100, 100; a sells to b, b to c, c to nobody; a alone is imported, by b and by final users.

    A_d: a -> b .5, b -> c .4. So L = [[1, .5, .2], [0, 1, .4], [0, 0, 1]], which is also G here.
    """
    flows = np.array([[0.0, 50.0, 0.0], [0.0, 0.0, 40.0], [0.0, 0.0, 0.0]])
    imported = np.array([[0.0, 20.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    home, home_imported = np.array([50.0, 60.0, 100.0]), np.array([10.0, 0.0, 0.0])
    return IoTable(2020, ("a", "b", "c"), flows, imported, home, home_imported, np.zeros(3))


def test_three_sectors_by_hand() -> None:
    inverses = Inverses(three_sectors())
    assert inverses.leontief == pytest.approx(np.array([[1, 0.5, 0.2], [0, 1, 0.4], [0, 0, 1]]), abs=HAND)
    # without c, b sells 40 less and so a 20 less; without b, a sells 50 less; a buys of nobody
    assert extracted(inverses, 1.0) == pytest.approx(np.array([[-100, -50, -20], [0, -100, -40], [0, 0, -100]]), abs=100 * HAND)
    # a tenth less of a is 10: b uses half of a's sales and makes 5 less, c uses .4 of b's and makes 2 less
    assert withheld(inverses, 0.1) == pytest.approx(np.array([[-10, 0, 0], [-5, -10, 0], [-2, -4, -10]]), abs=100 * HAND)
    # imports of a are 20 for b and 10 final: without them b makes 20 less and c 8 less; at home a would make 30 more
    assert imports_withheld(inverses, 1.0)[:, 0] == pytest.approx([0, -20, -8], abs=100 * HAND)
    assert imports_at_home(inverses, 1.0)[:, 0] == pytest.approx([30, 0, 0], abs=100 * HAND)
    rows = conform("extraction", extraction(three_sectors(), 0.1, {"a": ("甲", "A")})).set_index(["sector", "case"])
    lost = rows.loc[("c", "extraction")]
    assert lost["own"] == pytest.approx(-100)
    assert lost["others"] == pytest.approx(-60) and lost["others_share"] == pytest.approx(-0.3) and lost["most_affected"] == "b"
    # value added per unit: a 1, b .3, c .6 of 190 in all; c takes 60 + .3 x 40 + 20 with it
    assert lost["value_added_share"] == pytest.approx(-92 / 190)
    assert (
        rows.loc[("a", "imports_home"), "own_share"] == pytest.approx(0.3) and rows.loc[("a", "extraction"), "sector_zh"] == "甲"
    )
    assert pd.isna(rows.loc[("a", "extraction"), "most_affected"])


@pytest.fixture(scope="module")
def china(shared) -> IoTable:
    with open_engine() as engine:
        return read_io(engine, engine.scan(china_42(shared, 2020)))[2020]


def test_extraction_is_the_table_solved_without_the_sector(china: IoTable) -> None:
    inverses = Inverses(china)
    inputs, final = coefficients(china.domestic, china.output), china.home_domestic + china.exports
    for j in (1, 11, 19):
        rest = np.arange(len(china.codes)) != j
        solved = np.linalg.solve(np.eye(rest.sum()) - inputs[np.ix_(rest, rest)], final[rest])
        assert china.output[rest] + extracted(inverses, 1.0)[rest, j] == pytest.approx(solved, rel=SOLVED)


def test_imports_made_at_home_are_the_table_solved_without_them(china: IoTable) -> None:
    inverses = Inverses(china)
    for j in (5, 11, 19):
        flows, final = china.domestic.copy(), china.home_domestic + china.exports
        flows[j] += china.imported_flows[j]
        final[j] += china.home_imported[j]
        solved = np.linalg.solve(np.eye(len(final)) - coefficients(flows, china.output), final)
        assert china.output + imports_at_home(inverses, 1.0)[:, j] == pytest.approx(solved, rel=SOLVED)


def test_a_supplier_withheld_keeps_the_allocations_of_all_others(china: IoTable) -> None:
    """Ghosh with j fixed: each other sector's output is its own primary inputs plus what the others allot to it."""
    inverses, j = Inverses(china), 11
    output = china.output + withheld(inverses, 0.1)[:, j]
    assert output[j] == pytest.approx(0.9 * china.output[j])
    allotted = output @ (china.domestic / np.where(china.output > 0, china.output, 1)[:, None])
    primary = china.output - china.domestic.sum(axis=0)
    rest = np.arange(len(output)) != j
    assert output[rest] == pytest.approx((allotted + primary)[rest], rel=SOLVED)


def test_no_case_takes_more_than_there_is(china: IoTable) -> None:
    rows = conform("extraction", extraction(china, 0.1, {}))
    assert len(rows) == 42 * len(CASES)
    shares = rows[~rows["case"].eq("imports_home")][["own_share", "others_share", "value_added_share", "most_affected_share"]]
    assert shares.min().min() >= -1 - SOLVED and shares.max().max() <= SOLVED
    tenth = rows.pivot(index="sector", columns="case", values="others")
    assert tenth["shock_leontief"].to_numpy() == pytest.approx(tenth["extraction"].to_numpy() / 10, rel=SOLVED)
    assert rows["assumption_zh"].notna().all() and rows["assumption_en"].str.isascii().all()
