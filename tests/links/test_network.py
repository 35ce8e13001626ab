"""Input-output indicators: by hand on two sectors, by identities on the tables of China, PageRank by a linear solve."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import DataError
from hqd_index.links import network as net
from hqd_index.links.iotable import IoTable, read_io

from .tables import china_42, china_153, published, two_sectors

HAND = 1e-12
"""Fractions worked by hand: rounding only."""
ADDS_UP = 1e-9
"""Relative; 42 to 153 numbers of 1e8 are added and inverted in doubles."""
PRINTED = 1e-7
"""Relative; the tables themselves print outputs that miss the sum of their cells by up to 7e-9."""

FOUR_DECIMALS = 5e-4
"""Sums of six numbers that rest on coefficients rounded to four decimals."""


@pytest.fixture(scope="module", params=[(2018, 42), (2020, 42), (2018, 153), (2020, 153)], ids=str)
def real(request, shared):
    year, sectors = request.param
    rows = (china_42 if sectors == 42 else china_153)(shared, year)
    with open_engine() as engine:
        return read_io(engine, engine.scan(rows))[year], published(shared, year, sectors)


def test_two_sectors_by_hand():
    table = two_sectors()
    assert net.leontief(table) == pytest.approx(np.array([[1.5, 0.5], [2 / 3, 4 / 3]]), abs=HAND)
    assert net.dva_export_share(table) == pytest.approx([100 * (0.45 + 1 / 3), 100 * (0.15 + 2 / 3)], abs=100 * HAND)
    assert net.vertical_specialisation(table) == pytest.approx([100 * 0.65 / 3, 100 * 0.55 / 3], abs=100 * HAND)
    assert net.imported_input_share(table) == pytest.approx([1000 / 70, 20], abs=100 * HAND)
    assert net.self_sufficiency(table) == pytest.approx([90 / 110, 80 / 90], abs=HAND)
    # D = [[25/110, 40/110], [45/90, 10/90]], determinant of I - D 50/99
    assert net.upstreamness(table) == pytest.approx([2.48, 2.52], abs=HAND)
    # A = [[.25, .4], [.45, .1]], determinant of I - A .495; what a itself uses of a does not count, and leaves it no supplier
    assert net.complete_consumption(table, {"a"}) == pytest.approx([np.nan, 0.4 / 0.495], abs=HAND, nan_ok=True)
    assert net.complete_consumption(table, {"a", "b"}) == pytest.approx([0.45 / 0.495, 0.4 / 0.495], abs=HAND)
    assert np.isnan(net.complete_consumption(table, {"I65"})).all()


GERMANY_1995 = np.array([
    [1131, 25480, 1, 607, 710, 762, 15219], [7930, 304584, 64167, 41082, 11981, 30360, 619342],
    [426, 7334, 3875, 5296, 23457, 9155, 196063], [3559, 72717, 14190, 74399, 10835, 21008, 343355],
    [3637, 96115, 31027, 65755, 193176, 34223, 268554], [1552, 14986, 1747, 11225, 15058, 22070, 442280],
], dtype=float)  # fmt: skip
"""Agriculture, manufacturing, construction, trade, business and other services; final uses last; million euro."""


def test_linkages_are_those_published():
    """Eurostat (2008), Manual of Supply, Use and Input-Output Tables, table 15.4 (flows) and 15.20 (linkages, p. 507).

    Backward linkages as transcribed in the tests of the R package iotables to four decimals. Forward linkages as its
    documentation prints them, from output coefficients rounded to four decimals: FOUR_DECIMALS allows for that.
    """
    flows, final = GERMANY_1995[:, :-1], GERMANY_1995[:, -1]
    table = IoTable(1995, tuple("abcdef"), flows, np.zeros((6, 6)), final, np.zeros(6), np.zeros(6))
    assert table.output == pytest.approx([43910, 1079446, 245606, 540063, 692487, 508918])
    rows = net.network(table, ())
    assert rows["output_multiplier"].round(4).tolist() == [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782]
    forward = rows["forward_multiplier"].to_numpy()
    assert forward == pytest.approx([2.1128, 1.6909, 1.3559, 1.5850, 2.1040, 1.2105], abs=FOUR_DECIMALS)
    # agriculture and manufacturing alone are above both means, 1.6561 and 1.6764
    assert rows["backward_linkage"].mean() == pytest.approx(1) and rows["key_sector"].tolist() == [True] * 2 + [False] * 4


def test_multipliers_have_one_mean_by_output(real):
    """sum_i x_i (G 1)_i = sum_j x_j (1 L)_j, since x_i g_ij = l_ij x_j."""
    table, _ = real
    rows = net.network(table, ())
    weights = rows["gross_output"] / rows["gross_output"].sum()
    assert weights @ rows["forward_multiplier"] == pytest.approx(weights @ rows["output_multiplier"], rel=ADDS_UP)


def test_main_inputs_are_the_largest_cells_of_a_column(real):
    table, _ = real
    rows = net.main_inputs(table, 3)
    user = rows[rows["sector"] == table.codes[10]]
    column = pd.Series(table.domestic[:, 10], index=table.codes).drop(table.codes[10]).nlargest(3)
    assert user["supplier"].tolist() == list(column.index) and user["value"].tolist() == column.tolist()
    assert user["share"].to_numpy() == pytest.approx(column.to_numpy() / table.domestic[:, 10].sum())


def test_outputs_are_those_printed(real):
    table, printed = real
    assert table.output == pytest.approx(printed["output"].to_numpy(), rel=PRINTED)
    inputs = net.coefficients(table.domestic + table.imported_flows, table.output)
    assert (1 - inputs.sum(axis=0)) * table.output == pytest.approx(printed["value_added"].to_numpy(), rel=PRINTED, abs=1)


def test_hawkins_simon(real):
    table, _ = real
    assert np.abs(np.linalg.eigvals(net.coefficients(table.domestic + table.imported_flows, table.output))).max() < 1
    assert (net.leontief(table) >= -HAND).all()


def test_leontief_gives_back_output_and_ghosh_inputs(real):
    table, _ = real
    final = table.home_domestic + table.exports
    assert net.leontief(table) @ final == pytest.approx(table.output, rel=ADDS_UP)
    primary = table.output - table.domestic.sum(axis=0)
    assert primary @ net.ghosh(table) == pytest.approx(table.output, rel=ADDS_UP)
    both = table.output[:, None] * net.ghosh(table)
    assert np.abs(both - net.leontief(table) * table.output[None, :]).max() <= ADDS_UP * np.abs(both).max()


def test_exports_hold_domestic_and_foreign_value(real):
    table, _ = real
    assert net.dva_export_share(table) + net.vertical_specialisation(table) == pytest.approx(100, rel=ADDS_UP)


def test_domestic_and_imported_content_is_all_final_demand(real):
    """Value added in all final uses of domestic goods is GDP; with the imported content it is the final uses themselves."""
    table, _ = real
    final = table.home_domestic + table.exports
    gdp = table.output.sum() - (table.domestic + table.imported_flows).sum()
    assert net.dva_export_share(table) / 100 @ final == pytest.approx(gdp, rel=ADDS_UP)
    assert net.vertical_specialisation(table) / 100 @ final == pytest.approx(table.imported_flows.sum(), rel=ADDS_UP)


def test_upstreamness_counts_the_rounds(real):
    """U = 1 f + 2 D f + 3 D^2 f + ... with f the share of final use at home, summed round by round."""
    table, _ = real
    found = net.upstreamness(table)
    assert np.nanmin(found) >= 1
    steps = net.allocations(table.domestic + table.imported_flows, table.absorption)
    share = 1 - steps.sum(axis=1)
    total, term = np.zeros(len(share)), share
    for distance in range(1, 400):
        total, term = total + distance * term, steps @ term
    assert found == pytest.approx(total, rel=ADDS_UP)


def test_pagerank_is_the_stationary_share():
    """r = (1 - .85) / n + .85 (shares of inputs) r, solved directly; no sector of this table is without suppliers."""
    table = two_sectors()
    inputs = net.coefficients(table.domestic, table.output)
    np.fill_diagonal(inputs, 0)
    solved = np.linalg.solve(np.eye(2) - 0.85 * inputs / inputs.sum(axis=0), np.full(2, 0.15 / 2))
    assert net.centrality(table).pagerank == pytest.approx(solved, abs=1e-12)


def test_pagerank_on_a_real_table(shared):
    with open_engine() as engine:
        table = read_io(engine, engine.scan(china_42(shared, 2018)))[2018]
    inputs = net.coefficients(table.domestic, table.output)
    np.fill_diagonal(inputs, 0)
    n = len(inputs)
    into = inputs.sum(axis=0)
    walk = np.where(into > 0, inputs / np.where(into > 0, into, 1), 1 / n)
    solved = np.linalg.solve(np.eye(n) - 0.85 * walk, np.full(n, 0.15 / n))
    assert net.centrality(table).pagerank == pytest.approx(solved, abs=1e-10)


def test_betweenness_follows_the_strong_links():
    """c needs .1 of a and .5 of b, b needs .5 of a: a reaches c through b (1/.5 + 1/.5 < 1/.1), one of the two ordered pairs."""
    flows = np.array([[0, 5.0, 1.0], [0, 0, 5.0], [0, 0, 0]])
    table = IoTable(2020, ("a", "b", "c"), flows, np.zeros((3, 3)), np.array([4.0, 5, 10]), np.zeros(3), np.zeros(3))
    assert net.centrality(table).betweenness == pytest.approx([0, 0.5, 0], abs=HAND)


def test_weights_between_units(real):
    table, _ = real
    everyone = net.io_links(table, table.codes)
    assert (everyone["from_unit"] != everyone["to_unit"]).all()
    own = pd.Series(np.diag(table.domestic) / table.domestic.sum(axis=0), index=table.codes)
    assert (everyone.groupby("to_unit")["upstream"].sum() + own).to_numpy() == pytest.approx(1, rel=ADDS_UP)
    sold = table.domestic.sum(axis=1)
    others = everyone.groupby("from_unit")["downstream"].sum().to_numpy() * sold
    assert others + np.diag(table.domestic) == pytest.approx(sold, rel=ADDS_UP)
    some = net.io_links(table, table.codes[:3])
    kept = everyone.merge(some, on=["year", "from_unit", "to_unit"], suffixes=("", "_some"))
    assert len(some) == 6
    assert (kept["leontief"] == kept["leontief_some"]).all()


def test_a_sector_without_output_is_missing_not_zero():
    table = two_sectors()
    parts = ("domestic", "imported_flows", "home_domestic", "home_imported", "exports")
    idle = replace(table, codes=("a", "b", "c"), **{name: np.pad(getattr(table, name), (0, 1)) for name in parts})
    for measure in (net.dva_export_share, net.upstreamness, net.self_sufficiency, net.imported_input_share):
        assert np.isnan(measure(idle)[2])
        assert measure(idle)[:2] == pytest.approx(measure(table), abs=100 * HAND)


def test_inputs_beyond_output_are_refused():
    table = replace(two_sectors(), home_domestic=np.array([-45.0, -40.0]), exports=np.zeros(2))
    with pytest.raises(DataError, match="IO02"):
        net.leontief(table)
