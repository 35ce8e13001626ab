"""Table `priority`: nodes of the chain with their flags, and vulnerability x centrality x (1 - SRDI coverage)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ..study.records import Study
from ..tables import conform, empty
from .absences import Absence
from .chain_flags import FLAGS, PROBLEMS, any_rule, flags
from .chain_nodes import INDUSTRY, PRODUCT, industry_nodes, product_nodes
from .flag_evidence import evidence
from .flag_stability import agreement, chokepoint_settings, industry_stability, of_industries
from .node_names import node_names, product_texts

VULNERABILITY = {"import_hhi": 1, "self_sufficiency": -1, "control_risk_share": 1}
"""Part of vulnerability -> its sign."""
FACTORS = ("vulnerability", "centrality", "srdi_coverage")
NEEDS = {
    "import_hhi": ("进口来源集中度", "import-source concentration"),
    "self_sufficiency": ("自给率", "self-sufficiency"),
    "control_risk_share": ("管制风险国家份额", "share of countries of control risk"),
    "betweenness": ("中介中心性", "betweenness"),
    "n_srdi": ("专精特新企业数", "number of SRDI firms"),
}


def priority(study: Study, frames: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[Absence]]:
    """Rows of every industry, and of every product flagged as a chokepoint, by year; and what could not be had.

    A missing part of vulnerability is left out of its mean and named; a missing factor leaves priority empty.
    """
    industries = industry_nodes(study, frames)
    if industries.empty:
        return empty("priority"), [NO_NODES]
    products = frames["chokepoints"]
    settings = chokepoint_settings(products, study.columns.links.chokepoint, study.lists.neighbours)
    industry_flags = flags(industries, study.lists.flags)
    stability = industry_stability(
        industries, industry_flags, study.lists, [of_industries(industries, products, verdict) for verdict in settings]
    )
    industry_rows = industries.drop(columns="chokepoint").join(industry_flags).assign(stability=stability, kind=INDUSTRY)
    blocks = [with_factors(industry_rows, study.lists.target)]
    if len(products):
        product_rows = product_nodes(products, industries).assign(kind=PRODUCT)
        verdicts = [agreement(verdict, products["chokepoint"].astype("float64")) for verdict in settings]
        product_rows = product_rows.assign(stability=pd.concat(verdicts, axis=1).mean(axis=1).to_numpy())
        product_rows = with_factors(product_rows, study.lists.target)
        blocks.append(product_rows[product_rows["chokepoint"] == 1])
    rows = pd.concat(blocks, ignore_index=True)
    return _published(study, frames, rows), absences(industries)


def with_factors(nodes: pd.DataFrame, target: int) -> pd.DataFrame:
    """Nodes of one kind with vulnerability, centrality, srdi_coverage, priority and what is missing, within their year."""
    parts = pd.DataFrame({part: percentile_rank(nodes, part, sign) for part, sign in VULNERABILITY.items()})
    coverage = (nodes["n_srdi"] / target).clip(upper=1.0)
    centrality = percentile_rank(nodes, "betweenness", 1)
    vulnerability = parts.mean(axis=1)
    return nodes.assign(
        vulnerability=vulnerability,
        centrality=centrality,
        srdi_coverage=coverage,
        priority=vulnerability * centrality * (1 - coverage),
        target=target,
        **_missing_parts(nodes),
    )


def percentile_rank(nodes: pd.DataFrame, column: str, sign: int) -> pd.Series:
    """Rank over the nodes of the year, divided by their number, ties sharing their mean rank: in (0, 1]; NaN stays NaN."""
    return (sign * nodes[column]).groupby(nodes["year"]).rank(pct=True)


def absences(industries: pd.DataFrame) -> list[Absence]:
    """A row for each part of priority that no node has in any year."""
    return [
        Absence("priority", (f"没有{NEEDS[part][0]}:{zh}", f"no {NEEDS[part][1]}: {en}"), mend)
        for part, (zh, en, mend) in PART_ABSENCES.items()
        if industries[part].isna().all()
    ]


def contradictions(rows: pd.DataFrame, language: str) -> list[str]:
    """A notice for nodes that are chokepoint and strong in the latest year."""
    last = rows[rows["contradiction"] & (rows["year"] == rows["year"].max())]
    if last.empty:
        return []
    names = ", ".join(last["node"])
    if language == "en":
        return [f"priority: {names} are chokepoint and strong at once; check trade data and crosswalk (priority.csv)"]
    return [f"优先级清单:{names} 同时是卡点和长板;请核对贸易数据与代码对照(priority.csv)"]


def _missing_parts(nodes: pd.DataFrame) -> dict[str, pd.Series]:
    """missing_zh, missing_en: the parts and factors that a node lacks; missing where it has all."""
    lacking = nodes[list(NEEDS)].isna().to_numpy()
    texts = {}
    for k, (column, comma) in enumerate((("missing_zh", "、"), ("missing_en", ", "))):
        words = [pair[k] for pair in NEEDS.values()]
        cells = [comma.join(word for word, is_lacking in zip(words, row) if is_lacking) or None for row in lacking]
        texts[column] = pd.Series(cells, index=nodes.index, dtype=object)
    return texts


def _published(study: Study, frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> pd.DataFrame:
    ranks = rows.groupby(["kind", "year"])["priority"].rank(method="min", ascending=False)
    names = node_names(rows, frames["unit_names"], frames["chain_names"])
    problem = any_rule(*(rows[flag] for flag in PROBLEMS if flag in rows))
    texts = evidence(study, rows.join(product_texts(rows["products"], frames["chain_names"])))
    listed_rows = rows.assign(
        rank=ranks.astype("Int64"),
        problem=problem.astype("Int64"),
        contradiction=rows["chokepoint"].eq(1) & rows["strong"].eq(1),
        **{flag: rows[flag].astype("Int64") for flag in FLAGS},
        **{column: names[column] for column in ("node_zh", "node_en")},
        **{column: texts[column] for column in ("evidence_zh", "evidence_en")},
        **{count: rows[count].astype("Int64") for count in ("n_srdi", "n_products", "n_chokepoints")},
        n_firms=rows["n_firms"].round().astype("Int64"),
    )
    return conform("priority", listed_rows[[column for column in empty("priority").columns if column in listed_rows]])


def flagged(rows: pd.DataFrame, year: int) -> Sequence[str]:
    """Industries with a flag that calls for action in a year."""
    return list(rows.loc[(rows["kind"] == INDUSTRY) & (rows["year"] == year) & rows["problem"].eq(1), "node"])


NO_NODES = Absence(
    "priority",
    (
        "没有可作为节点的行业:既没有投入产出表和贸易数据,单元也不是行业",
        "no industries to list: no input-output or trade table, and units are no industries",
    ),
    ("提供投入产出表(io)或 HS6 贸易数据(trade_hs6)", "give a source for table io or trade_hs6"),
)
IO_MEND = ("在 sources.yaml 中加入读入表 io 的来源", "add a source for table io to sources.yaml")
TRADE_MEND = ("在 sources.yaml 中加入读入表 trade_hs6 的来源", "add a source for table trade_hs6 to sources.yaml")
RISK_MEND = (
    "在 columns.yaml 的 links.chokepoint.control_risk_countries 写国家代码",
    "list countries under links.chokepoint.control_risk_countries in columns.yaml",
)
FIRMS_MEND = ("以行业为单元,并提供企业表与名单", "make industries the units, and give firms and a recognition list")
PART_ABSENCES = {
    "import_hhi": ("没有 HS6 贸易数据", "no trade_hs6", TRADE_MEND),
    "self_sufficiency": ("没有投入产出表", "no input-output table", IO_MEND),
    "betweenness": ("没有投入产出表,优先级留空", "no input-output table, so priority is empty", IO_MEND),
    "control_risk_share": ("没有列出管制风险国家", "no countries of control risk are listed", RISK_MEND),
    "n_srdi": ("没有按行业的企业数,优先级留空", "not known by industry, so priority is empty", FIRMS_MEND),
}
