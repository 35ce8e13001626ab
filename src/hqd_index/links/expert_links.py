"""An expert's list of who supplies whom among a study's own segments, products or classes, checked against its nodes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine
from ..errors import DataError
from ..tables import conform
from .chain_names import Names, with_names
from .link_results import Reason


def expert_links(engine: Engine, tables: Mapping[str, str], names: Names) -> pd.DataFrame:
    """Table expert_links from chain_links, with names and stages of its nodes; `share` 0-1, missing where none is given.

    DataError CL01 where a node supplies itself, CL02 where a node is not in table chain_nodes, so that it has no name.
    """
    links = engine.collect(f"SELECT * FROM {tables['chain_links']} ORDER BY from_node, to_node")
    own_links = links[links["from_node"] == links["to_node"]]
    if len(own_links):
        node = str(own_links["from_node"].iloc[0])
        raise DataError(
            f"chain_links: {node} supplies itself ({len(own_links)} rows so); take these rows out",
            zh=f"chain_links:{node} 以自己为供应方(共 {len(own_links)} 行);请删去这些行",
            location="chain_links",
            rule="CL01",
        )
    stages = _stages(engine, tables)
    unknown = sorted({*links["from_node"], *links["to_node"]} - stages.keys() - names.keys())
    if unknown:
        raise DataError(
            f"chain_links: nodes without a name: {', '.join(unknown[:5])} ({len(unknown)} in all); give them rows in chain_nodes",
            zh=f"chain_links:以下节点没有名称:{'、'.join(unknown[:5])}(共 {len(unknown)} 个);请在 chain_nodes 中各写一行",
            location="chain_links",
            rule="CL02",
        )
    share = links["share"].astype("float64") / 100 if "share" in links else float("nan")
    rows = pd.DataFrame(
        {
            "supplier": links["from_node"].astype(str),
            "sector": links["to_node"].astype(str),
            "supplier_stage": links["from_node"].map(stages),
            "sector_stage": links["to_node"].map(stages),
            "share": share,
            "grounds": links["source"].astype(str),
            "as_of": pd.to_datetime(links["as_of"]).dt.strftime("%Y-%m-%d"),
        }
    )
    return conform("expert_links", with_names(with_names(rows, "sector", names), "supplier", names))


def _stages(engine: Engine, tables: Mapping[str, str]) -> dict[str, str | None]:
    """Node -> its stage, None where none is given; empty without table chain_nodes."""
    if "chain_nodes" not in tables:
        return {}
    has_stage = "stage" in engine.types(tables["chain_nodes"])
    rows = engine.collect(f"SELECT node, {'stage' if has_stage else 'NULL AS stage'} FROM {tables['chain_nodes']} ORDER BY node")
    return {str(node): stage if isinstance(stage, str) else None for node, stage in zip(rows["node"], rows["stage"])}


NO_EXPERT_LINKS = Reason(
    ("没有专家给出的节点联系", "no source feeds table chain_links"),
    (
        "要画自己的产业链环节,在 sources.yaml 中加入读入表 chain_nodes 与 chain_links 的来源",
        "for a map of segments of your own, add sources for tables chain_nodes and chain_links to sources.yaml",
    ),
)
