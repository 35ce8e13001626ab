"""Indicators, entropy weights and the within regression in plain pandas: a second implementation, to judge the demo by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.demo import Demo
from hqd_index.demo.effects import LEAF

KEY = ["industry_code", "year"]
SUBDIMENSIONS = {
    "innovation": ["inn1", "inn2", "inn3", "inn4", "inn5"],
    "brand": ["brd1", "brd2", "brd4"],
    "upgrading": ["upg2", "upg3", "upg4"],
    "completeness": ["cmp1", "cmp2", "cmp3"],
    "advantage": ["adv2", "adv4", "adv5"],
    "smoothness": ["smo1", "smo2", "smo3"],
}


def indicators(demo: Demo, sample: str) -> pd.DataFrame:
    """The 20 indicators of a sample by industry and year, as configs/indicators.yaml defines them."""
    return pd.concat([_of_firms(demo.firms, sample), _of_tables(demo)], axis=1)


def _of_firms(firms: pd.DataFrame, sample: str) -> pd.DataFrame:
    rows = firms.sort_values(["firm_id", "year"]).copy()
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
            "smo1": s.cogs / s.inventory_avg,
            "smo2": 365 * s.receivables_avg / s.revenue,
            "smo3": (means.top5_supplier_share + means.top5_customer_share) / 2,
        }
    )


def _of_tables(demo: Demo) -> pd.DataFrame:
    i, t = demo.industry.set_index(KEY), demo.trade.set_index(KEY)
    links = i["ppi"].unstack() / 100
    links[2012] = 1.0
    real = i["revenue"] / links.cumprod(axis=1).stack()
    inputs = demo.io[demo.io["use"] == "intermediate"].rename(columns={"to_code": "industry_code"})
    used = inputs.groupby(KEY)["value"].sum()
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


def normalised(values: pd.DataFrame, bounds: pd.DataFrame) -> pd.DataFrame:
    """Min-max on the pooled bounds of `bounds`, more is better."""
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
    share, span = weights(scores), values.max() - values.min()
    coefficient = sum(share[id] * LEAF[id].sign * effect[id] / span[id] for id in share.index)
    index = (scores[share.index] * share).sum(axis=1)
    density = demo.density.set_index(KEY)["density_lag"]
    return float(coefficient * within(density).std() / within(index).std())


def slope(outcome: pd.Series, density: pd.Series) -> float:
    """Within coefficient of density."""
    x, y = within(density), within(outcome)
    return float((x * y).sum() / (x**2).sum())
