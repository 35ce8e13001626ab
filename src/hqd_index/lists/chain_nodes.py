"""Nodes of the chain with what is known of each in a year: industries, and the products of the trade data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..study.records import Study

NODE_YEAR = ["node", "year"]
INDUSTRY, PRODUCT = "industry", "product"
LINKAGE_FACTS = {
    "import_source_hhi": "import_hhi",
    "self_sufficiency": "self_sufficiency",
    "betweenness": "betweenness",
    "nrca": "nrca",
    "chokepoint_share": "chokepoint_import_share",
}
FACTS = (*LINKAGE_FACTS.values(), "control_risk_share", "world_share", "n_firms", "n_srdi")
"""Columns of a node that a flag or a factor of priority may need."""


def industry_nodes(study: Study, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """node, year, FACTS, chokepoint (1 where a product of the industry is one, 0, NaN), counts, products, blockage series.

    Rows are the industries of the linkages and, where units are industries, those of the density. A fact whose source is
    absent is NaN. `products` are the chokepoint products, most imported first;
    `z_<indicator>` and `days` are of the study's blockage indicators.
    """
    linkages = frames["linkages"].rename(columns={"industry_code": "node"})
    nodes = linkages[NODE_YEAR]
    if units_are_industries(study):
        nodes = pd.concat([nodes, frames["density"].rename(columns={"unit": "node"})[NODE_YEAR]])
    nodes = nodes.drop_duplicates().sort_values(NODE_YEAR, ignore_index=True)
    parts = [
        _linkage_facts(linkages),
        _world_shares(frames),
        _chokepoints_by_industry(frames["chokepoints"]),
    ]
    if units_are_industries(study):
        parts += [_firm_counts(frames), *_blockage_series(study, frames["indicators"])]
    for part in parts:
        nodes = nodes.merge(part, on=NODE_YEAR, how="left", validate="one_to_one")
    return nodes.reindex(columns=list(dict.fromkeys([*nodes.columns, *FACTS, "chokepoint", "products"])))


def product_nodes(products: pd.DataFrame, industries: pd.DataFrame) -> pd.DataFrame:
    """node (HS6), year, FACTS, chokepoint, industries of every product; firms are those of its industries, together.

    Self-sufficiency, NRCA and world share are not known of products; betweenness is that of the most central industry.
    """
    nodes = products.rename(columns={"hs6": "node", "hhi_import": "import_hhi", "centrality": "betweenness"})
    shares = by_industry(nodes[[*NODE_YEAR, "industries"]])
    counts = shares.merge(
        industries[[*NODE_YEAR, "n_firms", "n_srdi"]], left_on=["industry", "year"], right_on=NODE_YEAR, suffixes=("", "_of")
    )
    totals = counts.groupby(NODE_YEAR)[["n_firms", "n_srdi"]].sum(min_count=1)
    nodes = nodes.merge(totals.reset_index(), on=NODE_YEAR, how="left", validate="one_to_one")
    return nodes.astype({"chokepoint": "float64"}).reindex(columns=list(dict.fromkeys([*nodes.columns, *FACTS])))


def units_are_industries(study: Study) -> bool:
    """Whether a unit of the study is one industry, so that its firms are those of a node."""
    return study.study.unit.by == ("industry_code",)


def by_industry(nodes: pd.DataFrame) -> pd.DataFrame:
    """A row for each product and each of its industries, from codes joined by '+'."""
    product_rows = nodes.dropna(subset="industries").assign(industry=lambda rows: rows["industries"].str.split("+"))
    return product_rows.explode("industry", ignore_index=True)


def _linkage_facts(linkages: pd.DataFrame) -> pd.DataFrame:
    """The facts that the linkages have; the chokepoints' share of imports from % to 0-1."""
    facts = linkages.reindex(columns=[*NODE_YEAR, *LINKAGE_FACTS]).rename(columns=LINKAGE_FACTS)
    return facts.assign(chokepoint_import_share=facts["chokepoint_import_share"].astype("float64") / 100)


def _world_shares(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    shares = frames["export_shares"].rename(columns={"industry_code": "node"})
    return shares.reindex(columns=[*NODE_YEAR, "world_share"]).astype({"node": "str", "year": "int64", "world_share": "float64"})


def _chokepoints_by_industry(products: pd.DataFrame) -> pd.DataFrame:
    """chokepoint, n_chokepoints, n_products and products by industry and year; control_risk_share weighted by imports."""
    rows = by_industry(products.drop(columns="chokepoint").assign(is_chokepoint=products["chokepoint"].astype("float64")))
    rows = rows.assign(risk=rows["control_risk_share"] * rows["imports"])
    rows = rows.assign(weight=rows["imports"].where(rows["control_risk_share"].notna()))
    groups = rows.groupby(["industry", "year"])
    sums = groups[["risk", "weight"]].sum(min_count=1)
    summary = pd.DataFrame({"chokepoint": groups["is_chokepoint"].max(), "control_risk_share": sums["risk"] / sums["weight"]})
    summary["n_products"] = groups["is_chokepoint"].count()
    summary["n_chokepoints"] = groups["is_chokepoint"].sum(min_count=1)
    flagged = rows[rows["is_chokepoint"] == 1].sort_values(["imports", "hs6"], ascending=[False, True])
    summary["products"] = flagged.groupby(["industry", "year"])["hs6"].agg(", ".join)
    summary.index.names = NODE_YEAR
    return summary.reset_index().astype({"node": "str", "year": "int64"})


def _firm_counts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Firms and SRDI firms in force: official number of firms where the data have it, else those of the panel."""
    counts = frames["density"].rename(columns={"unit": "node"})[[*NODE_YEAR, "n_firms", "n_srdi"]]
    official = frames["coverage"].rename(columns={"unit": "node", "n_firms": "official"})[[*NODE_YEAR, "official"]]
    counts = counts.merge(official, on=NODE_YEAR, how="left", validate="one_to_one")
    firms = counts["official"].astype("float64").fillna(counts["n_firms"].astype("float64"))
    return counts.assign(n_firms=firms, n_srdi=counts["n_srdi"].astype("float64")).drop(columns="official")


def _blockage_series(study: Study, indicators: pd.DataFrame) -> Sequence[pd.DataFrame]:
    """z_<indicator> over the units of the year, more being better; days, and the change of each of the last years."""
    rules, rows = study.lists.flags, indicators[indicators["sample"] == "all"]
    parts = []
    for indicator in rules.blockage_indicators:
        direction = study.indicators.indicators[indicator].direction if indicator in study.indicators.indicators else None
        own_rows = rows[rows["indicator"] == indicator].rename(columns={"unit": "node"})
        if direction not in (1, -1) or own_rows.empty:
            continue
        by_year = own_rows.groupby("year")["raw"]
        z = direction * (own_rows["raw"] - by_year.transform("mean")) / by_year.transform("std").replace(0, np.nan)
        parts.append(own_rows[NODE_YEAR].assign(**{f"z_{indicator}": z}))
    days = rows[rows["indicator"] == rules.blockage_days].rename(columns={"unit": "node"}).sort_values(NODE_YEAR)
    if len(days):
        rising = days.groupby("node")["raw"].diff().gt(0).astype(float).where(days.groupby("node")["raw"].diff().notna())
        run = rising.groupby(days["node"]).rolling(rules.blockage_rising, min_periods=rules.blockage_rising).min()
        parts.append(days[NODE_YEAR].assign(days=days["raw"], days_rising=run.droplevel(0).reindex(days.index)))
    return parts
