"""Indicators of flows between countries in plain pandas: a second implementation, to judge the demo by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.demo.world_trade import WorldTrade

KEY = ["industry_code", "year"]
GOOD = ["year", "hs6"]
CHOKEPOINT_HHI = 0.4


def traded(world: WorldTrade) -> pd.DataFrame:
    """adv1, upg5, brd3, cmp4, cmp5 by industry and year, 2012-2024."""
    walk = world.crosswalks.set_index("from_code")
    to = {system: rows["to_code"] for system, rows in walk.groupby("to_system")}
    flows = world.hs6.assign(industry_code=world.hs6["hs6"].map(to["gbt4754"]), kind=world.hs6["hs6"].map(to["bec"]))
    out = pd.DataFrame(
        {
            "brd3": _premium(flows),
            "upg5": _sophistication(flows, world.countries),
            "cmp4": _concentration(flows),
            "cmp5": _chokepoints(flows),
            "adv1": _advantage(flows),
        }
    )
    return out[out.index.get_level_values("year") >= 2012]


def _advantage(flows: pd.DataFrame) -> pd.Series:
    by_country = flows.groupby(["year", "exporter", "industry_code"])["value"].sum().unstack("exporter")
    total = by_country.sum(axis=1)
    years = total.groupby("year").transform("sum")
    home = by_country["CHN"].groupby("year").transform("sum")
    return (1e4 * (by_country["CHN"] / years - home * total / years**2)).swaplevel()


def _sophistication(flows: pd.DataFrame, countries: pd.DataFrame) -> pd.Series:
    base = flows[flows["year"] == 2012].groupby(["hs6", "exporter"])["value"].sum().unstack(fill_value=0.0)
    parts = base / base.sum()
    prody = (parts * countries.set_index("country")["gdp_per_capita"]).sum(axis=1) / parts.sum(axis=1)
    sold = flows[flows["exporter"] == "CHN"]
    return np.log(_mean(sold, sold["hs6"].map(prody)))


def _premium(flows: pd.DataFrame) -> pd.Series:
    priced = flows[flows["quantity"] > 0]
    world = priced.groupby(GOOD)[["value", "quantity"]].sum()
    home = priced[priced["exporter"] == "CHN"].groupby(GOOD)[["value", "quantity"]].sum()
    ratio = np.log(home["value"] / home["quantity"] / (world["value"] / world["quantity"]))
    sold = flows[flows["exporter"] == "CHN"]
    return _mean(sold, pd.Series(ratio.reindex(pd.MultiIndex.from_frame(sold[GOOD])).to_numpy(), index=sold.index))


def _concentration(flows: pd.DataFrame) -> pd.Series:
    bought = flows[flows["importer"] == "CHN"]
    shares = bought["value"] / bought.groupby(GOOD)["value"].transform("sum")
    hhi = (shares**2).groupby([bought["year"], bought["hs6"]]).transform("sum")
    inputs = bought["kind"] != "consumption"
    return _mean(bought[inputs], hhi[inputs])


def _chokepoints(flows: pd.DataFrame) -> pd.Series:
    """Share of imports in products bought from few, sold by few and hardly sold: in two of the last three years."""
    bought = flows[flows["importer"] == "CHN"].pivot_table("value", GOOD, "exporter", "sum", 0.0)
    made = flows.pivot_table("value", GOOD, "exporter", "sum", 0.0).loc[bought.index]
    few = _hhi(bought) > CHOKEPOINT_HHI
    few_makers = _hhi(made) > CHOKEPOINT_HHI
    raw = few & few_makers & (bought.sum(axis=1) > made["CHN"])
    lasting = raw.unstack("hs6").astype(float).rolling(3, min_periods=2).sum() >= 2
    imports = flows[flows["importer"] == "CHN"]
    return 100 * _mean(imports, imports.set_index(GOOD).index.map(lasting.stack(future_stack=True)).astype(float))


def _hhi(values: pd.DataFrame) -> pd.Series:
    return ((values.div(values.sum(axis=1), axis=0)) ** 2).sum(axis=1)


def _mean(rows: pd.DataFrame, values: pd.Series | pd.Index) -> pd.Series:
    """Mean by industry and year, weighted by the value of the flows."""
    weighed = rows.assign(product=rows["value"] * np.asarray(values)).groupby(KEY)[["product", "value"]].sum()
    return weighed["product"] / weighed["value"]
