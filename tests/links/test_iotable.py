"""Reading input-output tables: both forms, split and joined sectors, incomplete crosswalks."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import DataError
from hqd_index.links import network as net
from hqd_index.links.iotable import crosswalk, proportional, read_io

from .tables import china_153, two_sectors

HAND = 1e-12


def rows(table=None):
    """The two-sector table as rows of canonical table io."""
    table = table or two_sectors()
    out = []
    for origin, flows, home in (
        ("domestic", table.domestic, table.home_domestic),
        ("imported", table.imported_flows, table.home_imported),
    ):
        for i, supplier in enumerate(table.codes):
            out += [(2020, supplier, user, "intermediate", origin, flows[i, j]) for j, user in enumerate(table.codes)]
            out += [
                (2020, supplier, "FU1", "final_cons", origin, home[i] + 2),
                (2020, supplier, "FU2", "inventory", origin, -2.0),
            ]
    out += [(2020, code, "EX", "export", "domestic", value) for code, value in zip(table.codes, table.exports)]
    out += [(2020, code, "EX", "export", "imported", 7.0) for code in table.codes]  # re-exports, used by nobody at home
    return pd.DataFrame(out, columns=["year", "from_code", "to_code", "use", "origin", "value"])


def read(frame, sectors=None):
    with open_engine() as engine:
        return read_io(engine, engine.scan(frame), sectors)[2020]


def test_rows_become_the_table_in_any_order():
    shuffled = read(rows().sample(frac=1, random_state=1))
    table = two_sectors()
    for name in ("domestic", "imported_flows", "home_domestic", "home_imported", "exports", "output", "imports"):
        assert getattr(shuffled, name) == pytest.approx(getattr(table, name), abs=HAND), name


def test_competitive_form_spreads_imports_over_uses_at_home():
    """Imports 30 of 90 used at home: a third of every use; the second sector re-exports 5 of what it imports."""
    table = proportional(
        2020,
        ("a", "b"),
        flows=np.array([[20.0, 30.0], [40.0, 10.0]]),
        home_uses=np.array([40.0, 0.0]),
        exports=np.array([10.0, 20.0]),
        imports=np.array([30.0, 55.0]),
    )
    assert table.imported_flows == pytest.approx(np.array([[20 / 3, 10], [40, 10]]), abs=HAND)
    assert table.exports == pytest.approx([10, 15], abs=HAND)
    assert table.output == pytest.approx([20 + 30 + 40 + 10 - 30, 40 + 10 + 20 - 55], abs=HAND)


def test_competitive_table_of_china_keeps_imports(shared):
    frame = china_153(shared, 2018)
    with open_engine() as engine:
        table = read_io(engine, engine.scan(frame))[2018]
    printed = frame[frame["use"] == "import"].set_index("from_code")["value"].reindex(table.codes)
    beyond = np.maximum(printed.to_numpy() - table.absorption, 0)
    assert table.imports + beyond == pytest.approx(printed.to_numpy(), rel=1e-9)
    assert (table.domestic >= 0).all()


def test_mixed_forms_are_refused():
    mixed = rows()
    mixed.loc[0, "origin"] = "total"
    with pytest.raises(DataError, match="total"):
        read(mixed)


def test_a_split_sector_gives_each_industry_its_ratios():
    sectors = pd.DataFrame({"from_code": ["a", "a", "b"], "to_code": ["C36", "C37", "C39"], "weight": [0.7, 0.3, 1.0]})
    split, table = read(rows(), sectors), two_sectors()
    assert split.codes == ("C36", "C37", "C39")
    assert split.output == pytest.approx([70, 30, 100], abs=HAND)
    for measure in (net.imported_input_share, net.dva_export_share, net.upstreamness, net.self_sufficiency):
        assert measure(split) == pytest.approx(measure(table)[[0, 0, 1]], abs=1e-10), measure.__name__
    assert net.complete_consumption(split, {"C39"})[:2] == pytest.approx(net.complete_consumption(table, {"b"})[[0, 0]], abs=HAND)


def test_joined_sectors_add_up():
    sectors = pd.DataFrame({"from_code": ["a", "b"], "to_code": ["C13", "C13"], "weight": [1.0, 1.0]})
    joined = read(rows(), sectors)
    assert joined.output == pytest.approx([200], abs=HAND)
    assert net.imported_input_share(joined) == pytest.approx([100 * 20 / 120], abs=100 * HAND)


def test_incomplete_or_unbalanced_crosswalks_are_refused():
    with pytest.raises(DataError, match=r"IO04.*b"):
        read(rows(), pd.DataFrame({"from_code": ["a"], "to_code": ["C13"], "weight": [1.0]}))
    frame = pd.DataFrame({"from_system": "io2", "from_code": ["a", "a", "b"], "to_system": "gbt4754",
                          "to_code": ["C13", "C14", "C15"], "weight": [0.5, 0.4, 1.0]})  # fmt: skip
    with open_engine() as engine, pytest.raises(DataError, match=r"XW01.*0.9"):
        crosswalk(engine, {"crosswalks": engine.scan(frame)}, "io2", "gbt4754")
