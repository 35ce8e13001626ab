"""Trade indicators of three countries and three products, worked by hand, and their identities on random flows."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import DataError
from hqd_index.links import trade
from hqd_index.links.chokepoints import chokepoint_verdicts
from hqd_index.study.records import Links

HAND = 1e-12
ADDS_UP = 1e-9
"""1e4 times sums of a few thousand shares."""

HOME = Links(home="A", unit_value_winsor=0)
WALK = pd.DataFrame(
    {
        "from_code": ["000001", "000002", "000002", "000003"],
        "to_code": ["C13", "C13", "C14", "C14"],
        "weight": [1.0, 0.5, 0.5, 1.0],
    }
)
# exports of A: 30, 0, 2; of B: 5, 40, 0; of C: 15, 10, 8
FLOWS = pd.DataFrame(
    [
        ("A", "B", "000001", 10.0, 5.0), ("A", "C", "000001", 20.0, 5.0), ("B", "A", "000001", 5.0, 5.0),
        ("C", "B", "000001", 15.0, None), ("B", "A", "000002", 30.0, 3.0), ("B", "C", "000002", 10.0, 1.0),
        ("C", "A", "000002", 10.0, 1.0), ("C", "A", "000003", 8.0, 8.0), ("A", "B", "000003", 2.0, 1.0),
        ("A", "A", "000003", 99.0, 1.0),  # a flow into the same country is no trade
    ],
    columns=["exporter", "importer", "hs6", "value", "quantity"],
).assign(year=2020, hs_rev="HS17")  # fmt: skip
INCOMES = pd.DataFrame({"country": list("ABC"), "year": 2020, "gdp_per_capita": [10.0, 20.0, 40.0]})


@pytest.fixture
def goods():
    with open_engine() as engine:
        return trade.products(engine, engine.scan(FLOWS), HOME).set_index("hs6")


def test_products_by_hand(goods):
    assert goods["imports"].tolist() == [5, 40, 8]
    assert goods["exports"].tolist() == [30, 0, 2]
    assert goods["hhi_import"].to_numpy() == pytest.approx([1, 0.75**2 + 0.25**2, 1], abs=HAND)
    assert goods["hhi_world"].to_numpy() == pytest.approx([0.36 + 0.01 + 0.09, 0.68, 0.68], abs=HAND)
    assert goods["top_source"].tolist() == ["B", "B", "C"]
    assert goods["top_share"].to_numpy() == pytest.approx([1, 0.75, 1], abs=HAND)
    assert goods["unit_value"].to_numpy() == pytest.approx([3, np.nan, 2], abs=HAND, nan_ok=True)
    assert goods["unit_value_world"].to_numpy() == pytest.approx([35 / 15, 10, 10 / 9], abs=HAND)
    assert goods["control_risk_share"].isna().all()
    assert (goods["extra_bloc_share"] == 1).all()


def test_shares_of_named_countries():
    rule = {"control_risk_countries": ["C"], "bloc": ["B"]}
    with open_engine() as engine:
        goods = trade.products(engine, engine.scan(FLOWS), Links(home="A", chokepoint=rule))
    assert goods["control_risk_share"].to_numpy() == pytest.approx([0, 0.25, 1], abs=HAND)
    assert goods["extra_bloc_share"].to_numpy() == pytest.approx([0, 0.25, 1], abs=HAND)


def test_industries_by_hand(goods):
    with open_engine() as engine:
        prody = trade.prody(engine, engine.scan(FLOWS), engine.scan(INCOMES), 2020)
    rated = goods.reset_index().assign(chokepoint=[0.0, 1.0, 1.0], input_share=1.0).merge(prody, on="hs6")
    out = trade.trade_by_industry(trade.with_industry(rated, WALK), winsor=0).set_index("industry_code")
    assert out["exports_usd"].tolist() == [30, 2]
    assert out["imports_usd"].tolist() == [25, 28]
    assert out["trade_competitiveness"].to_numpy() == pytest.approx([5 / 55, -26 / 30], abs=HAND)
    assert out["import_source_hhi"].to_numpy() == pytest.approx([(5 + 20 * 0.625) / 25, (20 * 0.625 + 8) / 28], abs=HAND)
    assert out["chokepoint_share"].to_numpy() == pytest.approx([80, 100], abs=100 * HAND)
    # A sells only 000001 of C13 and only 000003 of C14; its shares of exports are 30/32 and 2/32
    first = (30 / 32 * 10 + 5 / 45 * 20 + 15 / 33 * 40) / (30 / 32 + 5 / 45 + 15 / 33)
    third = (2 / 32 * 10 + 8 / 33 * 40) / (2 / 32 + 8 / 33)
    assert out["export_sophistication"].to_numpy() == pytest.approx(np.log([first, third]), abs=HAND)
    assert out["unit_value_premium"].to_numpy() == pytest.approx(np.log([9 / 7, 1.8]), abs=HAND)


def test_consumer_goods_do_not_count_as_inputs(goods):
    rated = goods.reset_index().assign(chokepoint=0.0, prody=1.0, input_share=[0.0, 1.0, 0.5])
    out = trade.trade_by_industry(trade.with_industry(rated, WALK), winsor=0)
    assert out["import_source_hhi"].to_numpy() == pytest.approx([0.625, (20 * 0.625 + 4) / 24], abs=HAND)


def test_nrca_and_balassa_by_hand():
    with open_engine() as engine:
        exports = trade.exports_by_country(engine, engine.scan(FLOWS), WALK)
    wide = exports.pivot(index="country", columns="industry_code", values="exports")
    assert wide.to_numpy().tolist() == [[30, 2], [25, 20], [20, 13]]
    found = trade.comparative_advantage(exports, "A")
    assert found["nrca"].to_numpy() == pytest.approx(1e4 * np.array([1, -1]) * (30 / 110 - 32 * 75 / 110**2), abs=1e4 * HAND)
    assert found["balassa"].to_numpy() == pytest.approx([30 / 32 / (75 / 110), 2 / 32 / (35 / 110)], abs=HAND)
    assert trade.comparative_advantage(exports, "nowhere").empty


def test_nrca_sums_to_zero_over_industries_and_countries():
    values = np.random.default_rng(5).lognormal(3, 2, (40, 31))
    found = trade.nrca(values)
    assert np.abs(found.sum(axis=0)).max() < ADDS_UP
    assert np.abs(found.sum(axis=1)).max() < ADDS_UP
    more = trade.balassa(values) > 1
    assert ((found > 0) == more).all()


def test_nothing_traded_is_missing():
    assert np.isnan(trade.trade_competitiveness(np.zeros(1), np.zeros(1))).all()
    assert np.isnan(trade.nrca(np.zeros((2, 2)))).all()
    assert trade.balassa(np.array([[1.0, 0.0], [0.0, 0.0]])) == pytest.approx(
        np.array([[1, np.nan], [np.nan, np.nan]]), nan_ok=True
    )


def test_premium_is_limited_by_products_not_by_their_industries():
    """Eleven products with logs 0..10, one of them in ten industries: the 10% quantile is that of eleven values, 1."""
    rows = pd.DataFrame({"year": 2020, "hs6": [f"{k:06d}" for k in range(11)], "unit_value": np.exp(np.arange(11.0))})
    rows = pd.concat([rows.assign(unit_value_world=1.0), *[rows.iloc[[0]].assign(unit_value_world=1.0)] * 9], ignore_index=True)
    found = trade.log_premium(rows, winsor=0.1)
    assert found.iloc[:11].to_numpy() == pytest.approx(np.clip(np.arange(11), 1, 9), abs=HAND)
    assert found.iloc[11:].to_numpy() == pytest.approx(1, abs=HAND)


def test_mixed_revisions_are_refused():
    mixed = FLOWS.assign(hs_rev=["HS12", *["HS17"] * 9])
    with open_engine() as engine, pytest.raises(DataError, match="HS12, HS17"):
        trade.revision(engine, engine.scan(mixed))


def random_flows(seed, countries=6, products=30):
    rng = np.random.default_rng(seed)
    keys = [(e, i, p, y) for e in range(countries) for i in range(countries) for p in range(products) for y in (2019, 2020)
            if e != i and rng.random() < 0.6]  # fmt: skip
    frame = pd.DataFrame(keys, columns=["exporter", "importer", "hs6", "year"])
    frame = frame.astype({"exporter": str, "importer": str}).assign(hs6=frame["hs6"].map("{:06d}".format), hs_rev="HS17")
    return frame.assign(value=rng.lognormal(5, 2, len(frame)).round(3), quantity=rng.lognormal(3, 1, len(frame)).round(3))


def exact(engine, frame):
    columns = "* REPLACE (CAST(value AS DECIMAL(28, 8)) AS value, CAST(quantity AS DECIMAL(28, 8)) AS quantity)"
    return engine.query(f"SELECT {columns} FROM {engine.scan(frame)}")


def everything(frame, threads):
    links = Links(home="1", chokepoint={"control_risk_countries": ["2"]})
    incomes = pd.DataFrame({"country": [str(c) for c in range(5)], "year": 2019, "gdp_per_capita": np.linspace(900, 7e4, 5)})
    walk = pd.DataFrame(
        {"from_code": [f"{p:06d}" for p in range(30)], "to_code": [f"C{13 + p % 4}" for p in range(30)], "weight": 1.0}
    )
    with open_engine(threads=threads) as engine:
        flows = exact(engine, frame)
        goods = chokepoint_verdicts(trade.products(engine, flows, links), links.chokepoint)
        goods = goods.merge(trade.prody(engine, flows, engine.scan(incomes), 2019), on="hs6", how="left")
        exports = trade.exports_by_country(engine, flows, walk)
    return trade.trade_by_industry(trade.with_industry(goods.assign(input_share=1.0), walk), winsor=0.05), exports, goods


def test_any_row_order_and_thread_count_gives_the_same_bytes():
    frame = random_flows(1)
    first = everything(frame, threads=1)
    for seed in range(3):
        again = everything(frame.sample(frac=1, random_state=seed), threads=2)
        for one, other in zip(first, again):
            pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_products_against_another_implementation():
    """The same numbers by pandas group-by on random flows."""
    frame = random_flows(2)
    _, _, goods = everything(frame, threads=1)
    found = goods.set_index(["year", "hs6"])
    bought = frame[frame["importer"] == "1"].groupby(["year", "hs6"])
    hhi = bought["value"].agg(lambda v: ((v / v.sum()) ** 2).sum())
    assert found.loc[hhi.index, "hhi_import"].to_numpy() == pytest.approx(hhi.to_numpy(), rel=1e-12)
    sold = frame.groupby(["year", "hs6", "exporter"])["value"].sum()
    world = sold.groupby(["year", "hs6"]).agg(lambda v: ((v / v.sum()) ** 2).sum())
    assert found["hhi_world"].to_numpy() == pytest.approx(world.reindex(found.index).to_numpy(), rel=1e-12)
    base = frame[frame["year"] == 2019].pivot_table(index="exporter", columns="hs6", values="value", aggfunc="sum").fillna(0)
    share = base.div(base.sum(axis=1), axis=0).loc[[str(c) for c in range(5)]]
    prody = share.mul(np.linspace(900, 7e4, 5), axis=0).sum() / share.sum()
    assert found["prody"].to_numpy() == pytest.approx(prody.reindex(found.index.get_level_values("hs6")).to_numpy(), rel=1e-12)
