"""chain/ read back: by networkx and as JSON."""

import json
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pandas as pd

from hqd_index.report.exports.chain_files import write_chain
from hqd_index.report.results import Results

from .test_chain_map import UNITS, chained, priorities


def test_graphml_is_what_networkx_reads(results: Results, tmp_path: Path) -> None:
    """Four industries, twelve links; what is not known is left out, never 0."""
    shown = chained(results, priority=priorities(2022))
    assert [path.name for path in write_chain(shown, tmp_path)] == ["chain.graphml", "chain.json", "chain.svg"]
    graph = nx.read_graphml(tmp_path / "chain" / "chain.graphml")
    assert set(graph) == set(UNITS) and graph.is_directed() and graph.number_of_edges() == 12
    assert graph.nodes["C13"]["srdi_coverage"] == 0.45 and graph.nodes["C13"]["chokepoint"] == 1
    assert graph.nodes["C13"]["name_zh"] == results.unit_name("C13").zh and "chokepoint" not in graph.nodes["C39"]
    assert graph.edges["C13", "C17"]["upstream"] == 0.1 and graph.edges["C13", "C17"]["year"] == 2018
    tree = json.loads((tmp_path / "chain" / "chain.json").read_text("utf-8"))
    assert {node["id"]: node.get("weak") for node in tree["nodes"]} == {"C13": 0, "C17": 1, "C26": 0, "C39": 0}
    assert len(tree["links"]) == 12


def test_links_of_every_year_say_their_year(results: Results, tmp_path: Path) -> None:
    """Tables of 2018 and 2020: twelve links of each between the same pairs, beside nodes of 2022."""
    shown = chained(results, priority=priorities(2022))
    first = shown.table("io_links")
    write_chain(chained(results, priority=priorities(2022), io_links=pd.concat([first, first.assign(year=2020)])), tmp_path)
    graph = nx.read_graphml(tmp_path / "chain" / "chain.graphml")
    assert sorted(link["year"] for link in graph.get_edge_data("C13", "C17").values()) == [2018, 2020]
    assert graph.graph["nodes_years"] == "2022" and graph.graph["links_years"] == "2018, 2020"
    tree = json.loads((tmp_path / "chain" / "chain.json").read_text("utf-8"))
    assert tree["years"] == {"nodes": [2022], "links": [2018, 2020]} and len(tree["links"]) == 24


def test_without_links_nothing_is_written(results: Results, tmp_path: Path) -> None:
    assert write_chain(results, tmp_path) == [] and not (tmp_path / "chain").exists()


def test_the_picture_stands_alone(results: Results, tmp_path: Path) -> None:
    """Well-formed, with the year, a circle and a name for each industry, the colour of a flag, and nothing from elsewhere."""
    write_chain(chained(results, priority=priorities(2020)), tmp_path)
    text = (tmp_path / "chain" / "chain.svg").read_text("utf-8")
    tree = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert len(tree.findall(f"{space}text")) == 2 + len(UNITS) and "2020" in text and "#b03a2e" in text
    assert len(tree.findall(f"{space}circle")) == len(UNITS) + 2  # two of them have coverage
    assert "href" not in text and "<script" not in text
