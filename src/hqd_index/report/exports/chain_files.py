"""chain/: the chain map as GraphML, JSON and SVG: flags and factors of the latest year, links of every table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..number_format import is_missing
from ..page.chain_map import chain_map
from ..results import Results
from .chain_drawing import chain_svg

NODE_COLUMNS = {
    "year": "int", "rank": "int", "priority": "double", "vulnerability": "double", "centrality": "double",
    "srdi_coverage": "double", "n_srdi": "int", "self_sufficiency": "double", "import_hhi": "double", "betweenness": "double",
    "nrca": "double", "chokepoint": "int", "gap": "int", "blockage": "int", "weak": "int", "strong": "int",
}  # fmt: skip
LINK_COLUMNS = {"year": "int", "upstream": "double", "downstream": "double"}
NAMES = {"name_zh": "string", "name_en": "string"}


def write_chain(results: Results, folder: Path) -> list[Path]:
    """chain/chain.graphml, chain.json and, where there is a map, chain.svg; nothing without input-output links."""
    if results.table("io_links").empty:
        return []
    nodes, links = chain_nodes(results), chain_links(results)
    chain = folder / "chain"
    chain.mkdir(exist_ok=True)
    graph, tree = chain / "chain.graphml", chain / "chain.json"
    years = chain_years(nodes, links)
    graph.write_text(graphml(years, nodes, links), "utf-8")
    content = {"years": years, "nodes": nodes, "links": links}
    tree.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")
    drawing = chain_map(results)
    if drawing is None:
        return [graph, tree]
    picture = chain / "chain.svg"
    picture.write_text(chain_svg(results, drawing), "utf-8")
    return [graph, tree, picture]


def chain_nodes(results: Results) -> list[dict[str, Any]]:
    """id, names and what table priority knows of each industry in its latest year; what is not known is left out."""
    rows = results.table("priority")
    rows = rows[(rows["kind"] == "industry") & (rows["year"] == rows["year"].max())] if len(rows) else rows
    known = {str(record["node"]): record for record in rows.to_dict("records")}
    links = results.table("io_links")
    nodes = []
    for unit in sorted({*links["from_unit"], *links["to_unit"]}):
        name, record = results.unit_name(unit), known.get(unit, {})
        facts = {column: _plain(record.get(column), dtype) for column, dtype in NODE_COLUMNS.items()}
        present = {column: fact for column, fact in facts.items() if fact is not None}
        nodes.append({"id": unit, "name_zh": name.zh, "name_en": name.en} | present)
    return nodes


def chain_links(results: Results) -> list[dict[str, Any]]:
    """source (the supplier), target, year of the table, share of the user's inputs and of the supplier's sales."""
    return [
        {"source": record["from_unit"], "target": record["to_unit"]}
        | {column: _plain(record[column], dtype) for column, dtype in LINK_COLUMNS.items()}
        for record in results.table("io_links").to_dict("records")
    ]


def chain_years(nodes: list[dict[str, Any]], links: list[dict[str, Any]]) -> dict[str, list[int]]:
    """The years of which the nodes' figures are, and those of the tables that the links are from."""
    return {
        "nodes": sorted({node["year"] for node in nodes if "year" in node}),
        "links": sorted({link["year"] for link in links}),
    }


def graphml(years: Mapping[str, list[int]], nodes: list[dict[str, Any]], links: list[dict[str, Any]]) -> str:
    """The directed graph in GraphML (Brandes et al. 2002), readable by Gephi, igraph and networkx; a link for each year."""
    keys = [("graph", f"{part}_years", "string") for part in years]
    keys += [("node", column, dtype) for column, dtype in (NAMES | NODE_COLUMNS).items()]
    keys += [("edge", column, dtype) for column, dtype in LINK_COLUMNS.items()]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [
        f'<key id="{domain}_{column}" for="{domain}" attr.name="{column}" attr.type="{dtype}"/>' for domain, column, dtype in keys
    ]
    lines.append('<graph id="chain" edgedefault="directed">')
    lines.append(_data("graph", {f"{part}_years": ", ".join(map(str, of_part)) for part, of_part in years.items()}))
    lines += [f"<node id={quoteattr(node['id'])}>{_data('node', node)}</node>" for node in nodes]
    lines += [
        f"<edge source={quoteattr(link['source'])} target={quoteattr(link['target'])}>{_data('edge', link)}</edge>"
        for link in links
    ]
    return "\n".join([*lines, "</graph>", "</graphml>", ""])


def _data(domain: str, facts: Mapping[str, Any]) -> str:
    return "".join(
        f'<data key="{domain}_{column}">{escape(str(fact))}</data>'
        for column, fact in facts.items()
        if column not in ("id", "source", "target")
    )


def _plain(fact: Any, dtype: str) -> int | float | None:
    if is_missing(fact):
        return None
    return int(fact) if dtype == "int" else float(fact)
