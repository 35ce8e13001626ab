"""Indicators, entropy weights and the within regression in plain pandas: a second implementation, to judge the demo by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.demo import Demo
from hqd_index.demo.effects import LEAF

from .traded import traded

KEY = ["industry_code", "year"]
SUBDIMENSIONS = {
    "innovation": ["inn1", "inn2", "inn3", "inn4", "inn5"],
    "brand": ["brd1", "brd2", "brd3", "brd4"],
    "upgrading": ["upg1", "upg2", "upg3", "upg4", "upg5"],
    "completeness": ["cmp1", "cmp2", "cmp3", "cmp4", "cmp5"],
    "advantage": ["adv1", "adv2", "adv4", "adv5"],
    "smoothness": ["smo1", "smo2", "smo3"],
}
SCORED = [leaf for leaves in SUBDIMENSIONS.values() for leaf in leaves]
DIGITAL = ("C39", "I63", "I64", "I65")


def indicators(demo: Demo, sample: str) -> pd.DataFrame:
    """Every indicator of configs/indicators.yaml of a sample by industry and year, as that file defines it."""
    return pd.concat([_of_firms(demo, sample), _of_tables(demo), _published(demo), traded(demo.world)], axis=1)


def _of_firms(demo: Demo, sample: str) -> pd.DataFrame:
    rows = demo.firms.sort_values(["firm_id", "year"]).copy()
    rows["tfp_revenue"] = rows["revenue"] * log_tfp(rows.set_index(KEY), price(demo)).to_numpy()
    for stock in ("inventory", "receivables"):
        earlier = rows.groupby("firm_id")[stock].shift()
        rows[f"{stock}_avg"] = ((rows[stock] + earlier) / 2).fillna(rows[stock])
    if sample == "leave_out":
        rows = rows[~rows["srdi_any"]]
    groups = rows.groupby(KEY)
    s = groups.sum(numeric_only=True)
    means = groups[["certified_intl", "top5_supplier_share", "top5_customer_share"]].mean()
    return pd.DataFrame(
        {
            "inn1": 100 * s.rd_exp / s.revenue,
            "inn2": 100 * s.rd_staff / s.employees,
            "inn3": 1e4 * s.inv_patents_valid / s.employees,
            "inn5": 100 * s.coapplied_patents / s.patents_total,
            "brd1": 1e8 * s.trademarks_valid / s.revenue,
            "brd2": 100 * means.certified_intl,
            "adv4": 100 * s.digital_invest / s.revenue,
            "adv5": 100 * s.overseas_rev / s.revenue,
            "upg1": s.tfp_revenue / s.revenue,
            "smo1": s.cogs / s.inventory_avg,
            "smo2": 365 * s.receivables_avg / s.revenue,
            "smo3": (means.top5_supplier_share + means.top5_customer_share) / 2,
        }
    )


def price(demo: Demo) -> pd.Series:
    """Producer prices, 2012 = 1."""
    links = demo.industry.set_index(KEY)["ppi"].unstack() / 100
    links[2012] = 1.0
    return links.cumprod(axis=1).stack()


def log_tfp(rows: pd.DataFrame, price: pd.Series) -> pd.Series:
    """Each firm against the mean firm of its industry and year, mean firms chained (Good, Nadiri & Sickles 1997)."""
    p = price.reindex(rows.index)
    cost = pd.DataFrame({"l": rows["payroll"], "k": 0.12 * rows["fixed_assets"], "m": rows["intermediate_inputs"]})
    share = cost.div(cost.sum(axis=1), axis=0)
    x = np.log(pd.DataFrame({"l": rows["employees"], "k": rows["fixed_assets"] / p, "m": rows["intermediate_inputs"] / p}))
    y = np.log(rows["revenue"] / p)
    usual_y, usual_x, usual_share = (part.groupby(level=KEY).mean() for part in (y, x, share))
    before = usual_share.groupby(level=0).shift()
    step = usual_y.groupby(level=0).diff() - ((usual_share + before) / 2 * usual_x.groupby(level=0).diff()).sum(axis=1)
    level = step.fillna(0.0).groupby(level=0).cumsum()
    middle_x, middle_share = usual_x.reindex(rows.index), usual_share.reindex(rows.index)
    own = y - usual_y.reindex(rows.index) - ((share + middle_share) / 2 * (x - middle_x)).sum(axis=1)
    return own + level.reindex(rows.index)


def _of_tables(demo: Demo) -> pd.DataFrame:
    i, t = demo.industry.set_index(KEY), demo.trade.set_index(KEY)
    real = i["revenue"] / price(demo)
    inputs = demo.io[demo.io["use"] == "intermediate"].rename(columns={"to_code": "industry_code"})
    used = inputs.groupby(KEY)["value"].sum().loc[i.index]
    imported = inputs[inputs["origin"] == "imported"].groupby(KEY)["value"].sum()
    return pd.DataFrame(
        {
            "inn4": 100 * i.newprod_rev / i.revenue,
            "brd4": 100 * t.proc_exports_usd / t.exports_usd,
            "upg2": 100 * i.va / i.gross_output,
            "upg3": i.energy_use / real,
            "upg4": 100 * i.co2 / real,
            "cmp1": i.n_subclass_active / i.n_subclass_total,
            "cmp2": 100 * i.dva_exports / i.gross_exports,
            "cmp3": 100 * imported / used,
            "adv2": (t.exports_usd - t.imports_usd) / (t.exports_usd + t.imports_usd),
        }
    )


def _published(demo: Demo) -> pd.DataFrame:
    """What profile `public` has instead of firms."""
    i = demo.industry.set_index(KEY)
    earlier = i[["inventory", "receivables"]].groupby(level=0).shift()
    average = ((i[["inventory", "receivables"]] + earlier) / 2).fillna(i[["inventory", "receivables"]])
    return pd.DataFrame(
        {
            "inn1_pub": 100 * i.rd_exp / i.revenue,
            "inn2_pub": 100 * i.rd_fte / (1e4 * i.employees_avg),
            "inn3_pub": i.inv_patents_valid / i.employees_avg,
            "adv4_io": _digital(demo.io).reindex(i.index),
            "adv5_pub": 100 * i.export_delivery_value / i.revenue,
            "smo1_pub": i.cogs / average.inventory,
            "smo2_pub": 365 * average.receivables / i.revenue,
            "smo5": i.capacity_util,
        }
    )


def _digital(io: pd.DataFrame) -> pd.Series:
    """Digital goods and services needed in all rounds per unit of output, an industry's own left out."""
    found = {}
    for year, rows in io.groupby("year"):
        between = rows[rows["use"] == "intermediate"].pivot_table("value", "from_code", "to_code", "sum", 0.0)
        output = rows[rows["origin"] == "domestic"].groupby("from_code")["value"].sum().loc[between.index]
        needed = np.linalg.inv(np.eye(len(output)) - (between / output).to_numpy()) - np.eye(len(output))
        table = pd.DataFrame(needed, index=between.index, columns=between.index)
        for code in between.index:
            found[code, year] = table.loc[[s for s in DIGITAL if s in table.index and s != code], code].sum()
    return pd.Series(found).rename_axis(KEY)


def normalised(values: pd.DataFrame, bounds: pd.DataFrame) -> pd.DataFrame:
    """Min-max on the pooled bounds of `bounds`, more is better; the leaves of the base profile."""
    values, bounds = values[SCORED], bounds[SCORED]
    low, high = bounds.min(), bounds.max()
    signs = pd.Series({id: leaf.sign for id, leaf in LEAF.items()})[values.columns]
    up = (values - low) / (high - low)
    return up.where(signs > 0, 1 - up, axis=1)


def weights(scores: pd.DataFrame) -> pd.Series:
    """Pooled entropy inside each sub-dimension, a sixth for each of those."""
    out = {}
    for leaves in SUBDIMENSIONS.values():
        p = scores[leaves] / scores[leaves].sum()
        evenness = -(p * np.log(p.where(p > 0, 1.0))).sum() / np.log(len(p))
        out |= ((1 - evenness) / (1 - evenness).sum() / 6).to_dict()
    return pd.Series(out)


def within(series: pd.Series) -> np.ndarray:
    """(industries, 2013-2024) without industry and year means."""
    wide = series.unstack("year").loc[:, 2013:].to_numpy()
    return wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()


def standardised_truth(demo: Demo, values: pd.DataFrame, effect: dict[str, float]) -> float:
    """The coefficient truth.json defines, with this run's weights and bounds, in within-standard deviations on `all`."""
    scores = normalised(values, values)
    share, span = weights(scores), (values.max() - values.min())[SCORED]
    coefficient = sum(share[id] * LEAF[id].sign * effect[id] / span[id] for id in share.index)
    index = (scores[share.index] * share).sum(axis=1)
    density = demo.density.set_index(KEY)["density_lag"]
    return float(coefficient * within(density).std() / within(index).std())


def slope(outcome: pd.Series, density: pd.Series) -> float:
    """Within coefficient of density."""
    x, y = within(density), within(outcome)
    return float((x * y).sum() / (x**2).sum())
